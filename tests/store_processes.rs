//! The store among processes: writers that are killed, readers of other users, forks, a full
//! disk.

mod store;

use std::collections::BTreeMap;
use std::ffi::CString;
use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use rusqlite::Connection;
use store::{Place, SEGMENT, write_round};
use webhooks::store::log::{DeliveriesQuery, Log, StatsQuery};
use webhooks::store::{Durability as _, Store as _, StoreError, sqlite};

/// What an actor of this test plays, and where.
const PART: &str = "WEBHOOKS_TEST_STORE";
/// `www-data` on Debian: anybody but root.
const WWW_DATA: u32 = 33;

// SAFETY: the loader calls what is in this section before `main`, in a process that has a
// single thread; Rust's runtime needs no initialisation for what is done there.
#[used]
#[unsafe(link_section = ".init_array")]
static BEFORE_MAIN: extern "C" fn() = child_main;

/// Plays a part instead of running tests: a process with one thread, as PHP's and the worker's
/// writing side are.
extern "C" fn child_main() {
    let Ok(part) = std::env::var(PART) else { return };
    let (part, path) = part.split_once(' ').unwrap();
    let place = || Place::at(Path::new(path));
    let failed = std::panic::catch_unwind(|| match part {
        "write" => write(&place(), u64::MAX),
        "write-once" => write(&place(), 1),
        "read" => read(&place()),
        "fork" => fork(&place()),
        "fill" => fill(Path::new(path)),
        _ => unreachable!("{part}"),
    });
    std::process::exit(failed.is_err().into());
}

/// Writes rounds and says the number of each once it is committed.
fn write(place: &Place, rounds: u64) {
    let mut store = place.open().unwrap();
    let loaded = store.load().unwrap();
    let first = loaded.positions.get(&SEGMENT).copied().unwrap_or(0) + 1;
    for number in first..=first.saturating_add(rounds - 1) {
        write_round(&mut store, number).unwrap();
        if number % 7 == 0 {
            store.make_durable().unwrap();
        }
        say(number);
    }
}

/// Says how many deliveries the log has, whenever it is asked by a line.
fn read(place: &Place) {
    let mut log = place.log().unwrap().unwrap();
    for _ in std::io::stdin().lines() {
        say(count(&mut log));
    }
}

/// Reads, forks, and reads on in both.
fn fork(place: &Place) {
    let mut log = place.log().unwrap().unwrap();
    let before = count(&mut log);
    // SAFETY: this process has one thread, so that the child may do what the parent may.
    let child = unsafe { libc::fork() };
    assert_eq!(count(&mut log), before);
    if child == 0 {
        std::process::exit(0);
    }
    let mut status = -1;
    // SAFETY: the pointer is to a local variable that outlives the call.
    let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!((waited, status), (child, 0));
    // The child has closed nothing of ours.
    assert_eq!(count(&mut log), before);
    say(before);
}

/// Fills a small file system of its own until a round does not fit, then makes room again.
fn fill(path: &Path) {
    mount_tmpfs(path, "16m,mode=0700");
    let place = Place::at(path);
    let mut store = place.open().unwrap();
    let ballast = path.join("ballast");
    let mut number = 1;
    write_round(&mut store, number).unwrap();
    // ENOSPC, whichever page it meets, ends it.
    let _ = fs::File::create(&ballast).unwrap().write_all(&vec![0; 64 << 20]);
    let full = loop {
        match write_round(&mut store, number + 1) {
            Ok(()) => number += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(full, StoreError::Full { .. }), "{full:?}");
    assert!(full.to_string().starts_with("no room left in sqlite:"), "{full}");
    check(path, number);
    fs::remove_file(ballast).unwrap();
    write_round(&mut store, number + 1).unwrap();
    check(path, number + 1);
    say(number);
}

fn mount_tmpfs(path: &Path, options: &str) {
    let path = CString::new(path.to_str().unwrap()).unwrap();
    let options = CString::new(format!("size={options}")).unwrap();
    // SAFETY: strings that end with NUL and outlive the calls; the process has one thread, whose
    // mount namespace becomes its own before anything is mounted.
    unsafe {
        assert_eq!(libc::unshare(libc::CLONE_NEWNS), 0, "{}", std::io::Error::last_os_error());
        let private = libc::MS_REC | libc::MS_PRIVATE;
        let (none, root) = (std::ptr::null(), c"/".as_ptr());
        // In a chroot the root is no mount point; who made it keeps its mounts private.
        assert!(
            libc::mount(none, root, none, private, std::ptr::null()) == 0
                || std::io::Error::last_os_error().raw_os_error() == Some(libc::EINVAL)
        );
        let tmpfs = c"tmpfs".as_ptr();
        assert_eq!(libc::mount(tmpfs, path.as_ptr(), tmpfs, 0, options.as_ptr().cast()), 0);
    }
}

#[allow(clippy::print_stdout, reason = "an actor's stdout is its line to the test")]
fn say(what: u64) {
    println!("{what}");
}

fn count(log: &mut Log) -> u64 {
    let mut query = DeliveriesQuery { limit: Some(200), ..Default::default() };
    let mut count = 0;
    loop {
        let page = log.deliveries(&query).unwrap();
        count += page.deliveries.len() as u64;
        let Some(cursor) = page.cursor else { return count };
        let next = serde_json::json!({ "cursor": cursor, "limit": 200 });
        query = serde_json::from_value(next).unwrap();
    }
}

/// A process that plays a part.
struct Actor {
    child: Child,
    says: BufReader<ChildStdout>,
}

impl Actor {
    fn new(part: &str, path: &Path, user: Option<u32>) -> Self {
        // By this name other users can start it too, wherever the build's folder lies.
        let mut command = Command::new("/proc/self/exe");
        command.env(PART, format!("{part} {}", path.display()));
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        if let Some(user) = user {
            command.uid(user).gid(user);
        }
        let mut child = command.spawn().unwrap();
        let says = BufReader::new(child.stdout.take().unwrap());
        Self { child, says }
    }

    /// The next number that it says; `None` once it has ended.
    fn hear(&mut self) -> Option<u64> {
        let mut line = String::new();
        self.says.read_line(&mut line).unwrap();
        line.trim().parse().ok()
    }

    fn ask(&mut self) -> u64 {
        writeln!(self.child.stdin.as_mut().unwrap()).unwrap();
        self.hear().unwrap()
    }

    fn leaves(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Everything in the store is what `rounds` whole rounds wrote.
fn check(path: &Path, rounds: u64) {
    let connection = Connection::open(path.join("store.sqlite")).unwrap();
    let sound: String =
        connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    let rounds = rounds.cast_signed();
    assert_eq!(number("SELECT offset FROM positions"), rounds);
    assert_eq!(number("SELECT count(*) FROM events"), rounds);
    assert_eq!(number("SELECT count(*) FROM bodies"), rounds);
    assert_eq!(number("SELECT count(*) FROM deliveries"), 2 * rounds);
    assert_eq!(number("SELECT count(*) FROM attempts"), rounds);
    assert_eq!(number("SELECT count(*) FROM deliveries WHERE state = 2"), rounds);
    assert_eq!(number("SELECT sum(delivered) FROM webhooks"), rounds);
    assert_eq!(number("SELECT sum(delivered) FROM hours"), rounds);
    assert_eq!(number("SELECT sum(pending) FROM webhooks"), rounds);
}

/// Owner, group and mode of every file in a folder.
fn files(path: &Path) -> BTreeMap<String, (u32, u32, u32)> {
    let entry = |entry: std::io::Result<fs::DirEntry>| {
        let entry = entry.unwrap();
        let meta = entry.metadata().unwrap();
        let name = entry.file_name().into_string().unwrap();
        (name, (meta.uid(), meta.gid(), meta.mode() & 0o7777))
    };
    fs::read_dir(path).unwrap().map(entry).collect()
}

#[test]
fn a_killed_writer_leaves_whole_transactions() {
    let place = Place::new();
    let mut said = 0;
    for kill in 0..12 {
        let mut writer = Actor::new("write", place.path(), None);
        for _ in 0..=kill * 5 {
            said = writer.hear().unwrap();
        }
        drop(writer);
        let mut store = place.open().unwrap();
        let rounds = store.load().unwrap().positions[&SEGMENT];
        // What it said was committed is there; of the round under way everything or nothing.
        assert!(rounds >= said, "{rounds} of {said}");
        drop(store);
        check(place.path(), rounds);
    }
}

#[test]
fn readers_of_another_user_make_no_file_and_hinder_no_writer() {
    // Root reads (wp-cli) what www-data's worker writes.
    let place = Place::new();
    std::os::unix::fs::chown(place.path(), Some(WWW_DATA), Some(WWW_DATA)).unwrap();
    assert!(place.log().unwrap().is_none());
    assert!(files(place.path()).is_empty());

    let mut writer = Actor::new("write-once", place.path(), Some(WWW_DATA));
    assert_eq!(writer.hear(), Some(1));
    writer.leaves();
    let left = files(place.path());
    let names: Vec<_> = left.keys().map(String::as_str).collect();
    assert_eq!(names, ["store.sqlite", "store.sqlite-shm", "store.sqlite-wal"]);
    assert!(left.values().all(|file| *file == (WWW_DATA, WWW_DATA, 0o600)), "{left:?}");

    // Opened after the writer left…
    let mut reader = Actor::new("read", place.path(), None);
    assert_eq!(reader.ask(), 2);
    assert_eq!(files(place.path()), left);
    // … it sees what the next writer adds, and is no obstacle to it.
    let mut writer = Actor::new("write", place.path(), Some(WWW_DATA));
    while writer.hear().unwrap() < 20 {}
    assert!(reader.ask() >= 40);
    let mut late = Actor::new("read", place.path(), None);
    assert!(late.ask() >= 40);
    drop(writer);
    let rounds = reader.ask() / 2;
    assert_eq!(late.ask() / 2, rounds);
    assert_eq!(files(place.path()), left);
    let mut writer = Actor::new("write-once", place.path(), Some(WWW_DATA));
    assert_eq!(writer.hear(), Some(rounds + 1));
    writer.leaves();
    assert_eq!(reader.ask(), 2 * rounds + 2);
    check(place.path(), rounds + 1);
}

#[test]
fn members_of_the_spools_group_share_the_store() {
    let place = Place::new();
    std::os::unix::fs::chown(place.path(), Some(0), Some(WWW_DATA)).unwrap();
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o2770)).unwrap();
    let mut writer = Actor::new("write-once", place.path(), None);
    assert_eq!(writer.hear(), Some(1));
    writer.leaves();
    let left = files(place.path());
    assert!(left.values().all(|file| *file == (0, WWW_DATA, 0o660)), "{left:?}");
    let mut reader = Actor::new("read", place.path(), Some(WWW_DATA));
    assert_eq!(reader.ask(), 2);
    // A worker of the group takes over.
    let mut writer = Actor::new("write-once", place.path(), Some(WWW_DATA));
    assert_eq!(writer.hear(), Some(2));
    assert_eq!(reader.ask(), 4);
    writer.leaves();
    assert_eq!(files(place.path()), left);
    check(place.path(), 2);
}

#[test]
fn a_forked_process_reads_on_by_itself() {
    let place = Place::new();
    let mut writer = Actor::new("write", place.path(), None);
    while writer.hear().unwrap() < 3 {}
    drop(writer);
    let mut actor = Actor::new("fork", place.path(), None);
    assert!(actor.hear().unwrap() >= 6);
    actor.leaves();
}

#[test]
fn a_full_disk_undoes_the_transaction_and_no_more() {
    let place = Place::new();
    let mut actor = Actor::new("fill", place.path(), None);
    assert!(actor.hear().is_some());
    actor.leaves();
}

#[test]
fn a_reader_finds_the_store_that_took_the_place_of_a_damaged_one() {
    let place = Place::new();
    let mut store = place.open().unwrap();
    write_round(&mut store, 1).unwrap();
    let mut log = place.log().unwrap().unwrap();
    assert_eq!(count(&mut log), 2);
    drop(store);
    sqlite::set_aside(place.spool(), None, &webhooks::clock::SystemClock).unwrap();
    let error = log.stats(&StatsQuery::default(), 0).unwrap_err().to_string();
    assert!(error.contains("store.sqlite is gone"), "{error}");
    let store = place.open().unwrap();
    assert_eq!(count(&mut log), 0);
    drop(store);
    assert!(log.stats(&StatsQuery::default(), 0).unwrap().is_empty());
}
