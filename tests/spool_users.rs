//! Who may work in a spool, and whose its files are. As root, with www-data and others as real
//! users; as anybody else, with what that user has.

mod harness;

use std::os::unix::fs::{MetadataExt as _, PermissionsExt, chown};
use std::path::Path;

use harness::{ChildProcess, Harness};
use tempfile::TempDir;
use webhooks::spool::{Spool, SpoolError};

/// Debian's web server; any number does where it has no name.
const WWW: u32 = 33;
const MEMBER: u32 = 54_321;
const STRANGER: u32 = 54_322;

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A spool of this mode, in a folder that everybody may pass. As root it is www-data's.
fn spool(mode: u32) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let spool = folder.path().join("spool");
    std::fs::create_dir(&spool).unwrap();
    if is_root() {
        chown(&spool, Some(WWW), Some(WWW)).unwrap();
    }
    std::fs::set_permissions(&spool, PermissionsExt::from_mode(mode)).unwrap();
    folder
}

/// Owner, group and mode of everything in the spool.
fn everything(spool: &Path) -> Vec<(String, u32, u32, u32)> {
    let mut found = Vec::new();
    for folder in [spool.to_owned(), spool.join("journal"), spool.join("corrupt")] {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let entry = entry.unwrap();
            let metadata = entry.metadata().unwrap();
            let name = entry.file_name().into_string().unwrap();
            found.push((name, metadata.uid(), metadata.gid(), metadata.mode() & 0o7777));
        }
    }
    found
}

/// A child that works in the spool as this user, under this umask.
fn spawn(harness: &Harness, spool: &Path, user: Option<&str>, umask: &str) -> ChildProcess {
    let mut child = harness.spawn();
    child.expect(&format!("umask {umask}"), "ok");
    if let Some(user) = user {
        child.expect(&format!("user {user}"), "ok");
    }
    child.expect(&format!("open {}", spool.display()), "ok");
    child
}

/// Has a child make one file of each sort.
fn make_everything(harness: &Harness, spool: &Path, user: Option<&str>, umask: &str) {
    let mut child = spawn(harness, spool, user, umask);
    child.expect("create worker.log", "ok");
    child.expect("publish config.json", "ok");
    child.expect("wake", "ok");
    child.expect("append event", "ok");
    child.expect("folder corrupt", "ok");
}

#[test]
fn modes_do_not_depend_on_the_umask() {
    let harness = Harness::new();
    for umask in ["000", "022", "277"] {
        for (mode, file, folder) in [(0o700, 0o600, 0o700), (0o2770, 0o660, 0o2770)] {
            let spool = spool(mode);
            let path = spool.path().join("spool");
            make_everything(&harness, &path, None, umask);
            let owner = path.metadata().unwrap();
            let found = everything(&path);
            assert_eq!(found.len(), 6, "{found:?}");
            for (name, uid, gid, mode) in found {
                // The folder's owner, also where root made it.
                assert_eq!((uid, gid), (owner.uid(), owner.gid()), "{name}");
                let expected = match name.as_str() {
                    "journal" | "corrupt" => folder,
                    // Holds secrets.
                    "config.json" => 0o600,
                    _ => file,
                };
                assert_eq!(mode, expected, "{name} under {umask}");
            }
        }
    }
}

#[test]
fn root_and_www_data_work_in_one_spool() {
    let (spool, harness) = (spool(0o700), Harness::new());
    let path = spool.path().join("spool");
    let users = if is_root() { [None, Some("33 33")] } else { [None, None] };
    // Each as the first, and each after the other.
    for (first, second) in [(users[0], users[1]), (users[1], users[0])] {
        make_everything(&harness, &path, first, "022");
        make_everything(&harness, &path, second, "022");
        let mut reader = harness.spawn();
        if let Some(user) = users[1] {
            reader.expect(&format!("user {user}"), "ok");
        }
        reader.expect(&format!("open {}", path.display()), "ok");
        reader.expect("show config.json", "ok published");
        assert_eq!(reader.say("read"), "ok event event");
        // Of two dead writers, and deleted by whoever the worker runs as.
        assert_eq!(reader.say("tidy"), "ok 2");
        std::fs::remove_dir_all(path.join("journal")).unwrap();
        for name in ["worker.log", "config.json", "wake"] {
            std::fs::remove_file(path.join(name)).unwrap();
        }
    }
}

#[test]
fn root_and_www_data_make_the_same_files_in_the_same_moment() {
    let (spool, harness) = (spool(0o700), Harness::new());
    let path = spool.path().join("spool");
    let mut children = [harness.spawn(), harness.spawn()];
    if is_root() {
        children[1].expect("user 33 33", "ok");
    }
    for child in &mut children {
        child.expect(&format!("open {}", path.display()), "ok");
    }
    for n in 0..200 {
        for child in &mut children {
            child.start(&format!("create file{n}"));
            child.start(&format!("folder folder{n}"));
        }
        for child in &mut children {
            assert_eq!((child.answer(), child.answer()), ("ok".into(), "ok".into()));
        }
    }
    let owner = path.metadata().unwrap().uid();
    let found = everything(&path);
    assert_eq!(found.len(), 400, "no draft is left");
    assert!(found.iter().all(|(_, uid, ..)| *uid == owner));
}

#[test]
fn members_of_the_group_share_a_spool_of_mode_2770() {
    let (spool, harness) = (spool(0o2770), Harness::new());
    let path = spool.path().join("spool");
    let member = is_root().then(|| format!("{MEMBER} {MEMBER},{WWW}"));
    let mut child = spawn(&harness, &path, member.as_deref(), "077");
    child.expect("wake", "ok");
    child.expect("append event", "ok");
    child.expect("folder corrupt", "ok");
    let group = path.metadata().unwrap().gid();
    for (name, uid, gid, mode) in everything(&path) {
        assert_eq!(gid, group, "{name}");
        if is_root() {
            assert_eq!(uid, MEMBER, "{name}");
            // The member can't give its file away, and the owner's worker has to read it.
            assert!(mode == 0o660 || mode == 0o2770, "{name} {mode:o}");
        }
    }
    let www = is_root().then(|| format!("{WWW} {WWW}"));
    let mut owner = spawn(&harness, &path, www.as_deref(), "022");
    owner.expect("append event", "ok");
    owner.expect("publish config.json", "ok");
    assert_eq!(owner.say("wake"), child.say("wake"), "both use the member's file");
    child.hang_up();
    while !child.answer().is_empty() {}
    assert_eq!(owner.say("read"), "ok event event");
    assert_eq!(owner.say("tidy"), "ok 1");
}

#[test]
fn a_member_of_the_group_can_not_put_a_file_of_its_own_in_the_place_of_the_owners() {
    if !is_root() {
        return; // There is no other user to be.
    }
    let (spool, harness) = (spool(0o2770), Harness::new());
    let path = spool.path().join("spool");
    let www = format!("{WWW} {WWW}");
    let mut owner = spawn(&harness, &path, Some(&www), "022");
    let names = [
        "config.json",
        "subscriptions.json",
        "config.lock",
        "reserve",
        "worker.mark",
        "worker.lock",
        "worker.start",
        "worker.log",
        "store.sqlite",
        "store.sqlite-wal",
        "store.sqlite-shm",
    ];
    let member = format!("{MEMBER} {MEMBER},{WWW}");
    let mut member = spawn(&harness, &path, Some(&member), "022");
    for name in names {
        // It may not make one for nobody to read,
        let said = member.say(&format!("publish {name}"));
        assert!(said.contains("only") && said.contains("(uid 33) or root may make"), "{said}");
        assert!(!path.join(name).exists(), "{name}");
        // and what it plants by other means is refused by everybody.
        owner.expect(&format!("publish {name}"), "ok");
        owner.expect(&format!("show {name}"), "ok published");
        std::fs::remove_file(path.join(name)).unwrap();
        std::fs::write(path.join(name), "planted").unwrap();
        chown(path.join(name), Some(MEMBER), Some(WWW)).unwrap();
        std::fs::set_permissions(path.join(name), PermissionsExt::from_mode(0o660)).unwrap();
        let mut root = spawn(&harness, &path, None, "022");
        for child in [&mut owner, &mut member, &mut root] {
            for verb in ["show", "create", "stamp"] {
                let said = child.say(&format!("{verb} {name}"));
                assert!(said.contains(&format!("belongs to uid {MEMBER}")), "{verb} {said}");
                assert!(said.contains("somebody of the group") && said.contains("remove it"));
            }
        }
        // Until the owner, or root, puts it right.
        root.expect(&format!("publish {name}"), "ok");
        owner.expect(&format!("show {name}"), "ok published");
    }
}

#[test]
fn what_root_put_into_a_spool_by_hand_is_read_and_not_written() {
    if !is_root() {
        return; // There is no root's file to have.
    }
    for mode in [0o700, 0o2770] {
        let (spool, harness) = (spool(mode), Harness::new());
        let path = spool.path().join("spool");
        std::fs::write(path.join("config.json"), "restored").unwrap();
        std::fs::set_permissions(path.join("config.json"), PermissionsExt::from_mode(0o644))
            .unwrap();
        for user in [None, Some(format!("{WWW} {WWW}"))] {
            let mut child = spawn(&harness, &path, user.as_deref(), "022");
            child.expect("show config.json", "ok restored");
            child.expect("create config.json", "error");
        }
    }
}

#[test]
fn the_mode_of_a_folder_of_the_system_is_nobodys_to_change() {
    let mut folders = ["/", "/tmp", "/var/tmp", "/var/lib", "/var", "/home", "/etc", "/usr/lib"]
        .map(|folder| Path::new(folder).to_owned())
        .to_vec();
    folders.extend(Path::new("/dev/shm").exists().then(|| "/dev/shm".into()));
    // Whose it is says nothing of it: a folder such as /tmp, links to one, a website.
    let own = tempfile::tempdir().unwrap();
    let own = own.path();
    for (name, mode) in [("scratch", 0o1777), ("site", 0o755), ("home", 0o750)] {
        std::fs::create_dir(own.join(name)).unwrap();
        std::fs::set_permissions(own.join(name), PermissionsExt::from_mode(mode)).unwrap();
        folders.push(own.join(name));
    }
    std::fs::write(own.join("site/index.php"), "").unwrap();
    std::fs::write(own.join("home/.profile"), "").unwrap();
    std::os::unix::fs::symlink("/var/lib", own.join("link")).unwrap();
    folders.push(own.join("link"));
    for folder in folders {
        let message = Spool::open(&folder).unwrap_err().to_string();
        assert!(message.starts_with(&format!("{} can't be the spool", folder.display())));
        assert!(!message.contains("chmod") && !message.contains("chgrp"), "{message}");
        assert!(message.contains("install -d -m 0700 -o USER /var/lib/webhooks"), "{message}");
    }
    // One that holds a spool, and one that is new, may be told its right mode.
    for made in ["journal", ""] {
        let own = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(own.path().join(made)).unwrap();
        std::fs::set_permissions(own.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let message = Spool::open(own.path()).unwrap_err().to_string();
        assert!(message.contains("chmod 0700"), "{message}");
    }
}

#[test]
fn a_user_without_rights_is_told_both_names_and_what_to_do() {
    let harness = Harness::new();
    if !is_root() {
        // Somebody else's folder that every system has, and that must stay as it is.
        let error = Spool::open(Path::new("/root")).unwrap_err();
        let message = error.to_string();
        assert!(matches!(error, SpoolError::NotASpool { .. }), "{message}");
        assert!(message.contains("/root") && !message.contains("chmod"), "{message}");
        return;
    }
    let groups = [(0o700, format!("{STRANGER},{WWW}")), (0o2770, STRANGER.to_string())];
    for (mode, groups) in groups {
        let spool = spool(mode);
        let path = spool.path().join("spool");
        let mut stranger = harness.spawn();
        stranger.expect(&format!("user {STRANGER} {groups}"), "ok");
        let said = stranger.say(&format!("open {}", path.display()));
        assert!(said.starts_with("error the spool"), "{said}");
        let owner = said.contains("uid 33)") || said.contains("belongs to uid 33,");
        assert!(owner && said.contains(&format!("runs as uid {STRANGER}")), "{said}");
        assert!(said.contains("chmod 2770") && said.contains(&*path.to_string_lossy()), "{said}");
        assert!(everything(&path).is_empty());
    }
}

#[test]
fn a_spool_that_is_not_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    assert!(matches!(Spool::open(&missing), Err(SpoolError::Missing { .. })));
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert!(matches!(Spool::open(&file), Err(SpoolError::NotAFolder { .. })));
    for mode in [0o755, 0o750, 0o770, 0o701, 0o2750, 0o777, 0o1700, 0o3770] {
        let spool = spool(mode);
        let error = Spool::open(&spool.path().join("spool")).unwrap_err();
        let message = error.to_string();
        assert!(matches!(error, SpoolError::Mode { mode: found, .. } if found == mode));
        assert!(message.contains(&format!("{mode:04o}")) && message.contains("chmod 0700"));
    }
    // Inherited from the folder above, and harmless.
    Spool::open(&spool(0o2700).path().join("spool")).unwrap();
}
