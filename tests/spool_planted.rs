//! What somebody planted in a spool leads nobody astray.

mod journal;

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;

use journal::{Journal, LIMIT, OPTIONS, append};
use webhooks::clock::SystemClock;
use webhooks::journal::wake::Waker;
use webhooks::journal::{JournalError, KIND_EVENT, Reader, Writer};
use webhooks::spool::{Access, Folder, Privacy, SpoolError};

/// Every name that anything opens in a spool.
const NAMES: [&str; 9] = [
    "wake",
    "worker.lock",
    "worker.start",
    "worker.log",
    "config.json",
    "config.lock",
    "subscriptions.json",
    "reserve",
    "store.sqlite",
];

const PRECIOUS: &str = "somebody else's";

/// A way to put something else where a file belongs, given a file outside of the spool.
type Plant = fn(&Path, &Path);

const PLANTS: [(&str, Plant); 5] = [
    ("a link", |target, at| symlink(target, at).unwrap()),
    ("a link to nowhere", |_, at| symlink("/nowhere/at/all", at).unwrap()),
    ("a second name", |target, at| std::fs::hard_link(target, at).unwrap()),
    ("a FIFO", |_, at| {
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mkfifoat(rustix::fs::CWD, at, mode).unwrap();
    }),
    ("a folder", |_, at| std::fs::create_dir(at).unwrap()),
];

fn precious(journal: &Journal) -> std::path::PathBuf {
    // Next to the spool, for a hard link has to be on the same file system.
    let target = journal.path().with_extension("precious");
    std::fs::write(&target, PRECIOUS).unwrap();
    std::fs::set_permissions(&target, PermissionsExt::from_mode(0o644)).unwrap();
    target
}

fn is_planted<T>(outcome: &Result<T, SpoolError>) -> bool {
    matches!(outcome, Err(SpoolError::Planted { .. }))
}

/// Tries all ways to a name, and expects each to refuse.
fn refuses(folder: &Folder, name: &str, plant: &str) {
    for access in [Access::Read, Access::ReadWrite, Access::Append] {
        assert!(is_planted(&folder.open(name, access)), "{plant} as {name}, {access:?}");
        let opened = folder.open_or_create(name, access, Privacy::Shared);
        assert!(is_planted(&opened), "{plant} as {name}, {access:?}");
    }
    assert!(is_planted(&folder.read(name, 1000)), "{plant} as {name}");
    assert!(is_planted(&folder.version(name)), "{plant} as {name}");
    let created = folder.create(name, Privacy::Private);
    assert!(matches!(created, Err(SpoolError::Exists { .. })), "{plant} as {name}");
}

#[test]
fn no_planted_file_is_opened_written_or_given_away() {
    for (plant, put) in PLANTS {
        let journal = Journal::new();
        let target = precious(&journal);
        let before = target.metadata().unwrap();
        for name in NAMES {
            put(&target, &journal.path().join(name));
            refuses(journal.spool.top(), name, plant);
        }
        assert!(is_planted(&Waker::open(&journal.spool)), "{plant}");
        // Replacing takes the name away from what bears it, and touches nothing else.
        for name in NAMES.into_iter().filter(|_| plant != "a folder") {
            journal.spool.top().replace(name, b"ours", Privacy::Private).unwrap();
            assert_eq!(journal.spool.top().read(name, 10).unwrap().unwrap(), b"ours");
        }
        assert_eq!(std::fs::read_to_string(&target).unwrap(), PRECIOUS, "{plant}");
        let after = target.metadata().unwrap();
        assert_eq!(after.permissions(), before.permissions(), "{plant}");
        std::fs::remove_file(target).unwrap();
    }
}

#[test]
fn no_folder_is_reached_through_a_link() {
    for name in ["journal", "corrupt"] {
        let journal = Journal::new();
        let elsewhere = tempfile::tempdir().unwrap();
        symlink(elsewhere.path(), journal.path().join(name)).unwrap();
        assert!(is_planted(&journal.spool.folder(name)), "{name}");
        assert!(Reader::open(&journal.spool, [].into()).is_err());
        if name == "journal" {
            let mut writer = Writer::new();
            let mut record = writer.begin(KIND_EVENT, 1, 0);
            let outcome = writer.append(&journal.spool, &SystemClock, &mut record, OPTIONS);
            assert!(matches!(outcome, Err(JournalError::Spool(SpoolError::Planted { .. }))));
        }
        assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    }
}

#[test]
fn a_planted_segment_is_reported_and_left_alone() {
    for (plant, put) in PLANTS {
        let journal = Journal::new();
        let target = precious(&journal);
        let mut writer = Writer::new();
        append(&journal, &mut writer, "ours");
        let name = "00112233445566778899aabbccddeeff.seg";
        let at = journal.path().join("journal").join(name);
        put(&target, &at);
        let mut reader = journal.reader();
        let batch = reader.read_batch(LIMIT).unwrap();
        assert_eq!(batch.records.len(), 1, "{plant}");
        assert_eq!(batch.stuck.len(), 1, "{plant}");
        assert_eq!(batch.stuck[0].name, name);
        assert!(reader.finished().unwrap().is_empty());
        assert!(at.symlink_metadata().is_ok(), "{plant}");
        assert_eq!(std::fs::read_to_string(&target).unwrap(), PRECIOUS, "{plant}");
        std::fs::remove_file(target).unwrap();
    }
}

#[test]
fn a_planted_draft_is_removed_and_what_it_points_to_is_not() {
    for (plant, put) in PLANTS {
        let journal = Journal::new();
        let target = precious(&journal);
        let at = journal.path().join(".planted.draft");
        put(&target, &at);
        journal.reader();
        // A link can't be locked, nor opened; it is no draft of ours.
        assert_eq!(at.symlink_metadata().is_ok(), plant.starts_with("a link"), "{plant}");
        assert_eq!(std::fs::read_to_string(&target).unwrap(), PRECIOUS, "{plant}");
        std::fs::remove_file(target).unwrap();
    }
}

#[test]
fn the_draft_of_a_living_process_is_not_swept() {
    let journal = Journal::new();
    let at = journal.path().join(".living.draft");
    let draft = File::create(&at).unwrap();
    rustix::fs::flock(&draft, rustix::fs::FlockOperation::LockExclusive).unwrap();
    journal.spool.top().sweep().unwrap();
    assert!(at.exists());
    drop(draft);
    journal.spool.top().sweep().unwrap();
    assert!(!at.exists());
}

#[test]
fn a_file_that_was_moved_in_is_not_ours() {
    let journal = Journal::new();
    let at = journal.path().join("worker.log");
    std::fs::write(&at, PRECIOUS).unwrap();
    if !rustix::process::geteuid().is_root() {
        // Nobody else can make this user's files; its own are welcome.
        assert!(journal.spool.top().open("worker.log", Access::Append).unwrap().is_some());
        return;
    }
    // As if the spool's owner had found a way to move root's file here, or the reverse.
    chown(&at, Some(33), None).unwrap();
    let error = journal.spool.top().open("worker.log", Access::Append).unwrap_err();
    let message = error.to_string();
    assert!(matches!(error, SpoolError::Stray { .. }), "{message}");
    assert!(message.contains("uid 33") && message.contains("chown root "), "{message}");
    assert_eq!(std::fs::read_to_string(&at).unwrap(), PRECIOUS);
}

#[test]
fn what_is_read_has_a_limit() {
    let journal = Journal::new();
    let top = journal.spool.top();
    top.replace("config.json", &[b'x'; 100], Privacy::Private).unwrap();
    assert_eq!(top.read("config.json", 100).unwrap().unwrap().len(), 100);
    let error = top.read("config.json", 99).unwrap_err();
    assert!(matches!(error, SpoolError::TooLarge { size: 100, limit: 99, .. }), "{error}");
    assert!(top.read("missing", 99).unwrap().is_none());
}

#[test]
fn a_stamp_changes_with_each_version() {
    let journal = Journal::new();
    let top = journal.spool.top();
    assert_eq!(top.version("subscriptions.json").unwrap(), None);
    let mut last = None;
    for version in 0..5 {
        top.replace("subscriptions.json", b"same size", Privacy::Shared).unwrap();
        let stamp = top.version("subscriptions.json").unwrap();
        assert_eq!(stamp.unwrap().size, 9);
        assert_eq!(top.version("subscriptions.json").unwrap(), stamp);
        assert_ne!(stamp, last, "version {version}");
        last = stamp;
    }
}

#[test]
fn one_of_many_creates_and_all_append_to_the_same_file() {
    let journal = Journal::new();
    let (spool, n) = (&journal.spool, 8);
    for round in 0..50 {
        let name = &format!("file{round}");
        std::thread::scope(|scope| {
            for _ in 0..n {
                scope.spawn(move || {
                    let top = spool.top();
                    let mut file =
                        top.open_or_create(name, Access::Append, Privacy::Shared).unwrap();
                    file.write_all(b"x").unwrap();
                });
            }
        });
        assert_eq!(spool.top().read(name, 100).unwrap().unwrap().len(), n);
    }
}
