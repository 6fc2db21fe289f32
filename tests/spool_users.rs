//! Who may work in a spool, and whose its files are. As root, with www-data and others as real
//! users; as anybody else, with what that user has.

mod puppet;

use std::os::unix::fs::{MetadataExt as _, PermissionsExt, chown};
use std::path::Path;

use puppet::Stage;
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

/// Has a puppet make one file of each sort, under this umask.
fn make_everything(stage: &Stage, spool: &Path, user: Option<&str>, umask: &str) {
    let mut puppet = stage.enter();
    puppet.expect(&format!("umask {umask}"), "ok");
    if let Some(user) = user {
        puppet.expect(&format!("user {user}"), "ok");
    }
    puppet.expect(&format!("open {}", spool.display()), "ok");
    puppet.expect("create worker.log", "ok");
    puppet.expect("publish config.json", "ok");
    puppet.expect("wake", "ok");
    puppet.expect("append event", "ok");
    puppet.expect("folder corrupt", "ok");
}

#[test]
fn modes_do_not_depend_on_the_umask() {
    let stage = Stage::new();
    for umask in ["000", "022", "277"] {
        for (mode, file, folder) in [(0o700, 0o600, 0o700), (0o2770, 0o660, 0o2770)] {
            let spool = spool(mode);
            let path = spool.path().join("spool");
            make_everything(&stage, &path, None, umask);
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
    let (spool, stage) = (spool(0o700), Stage::new());
    let path = spool.path().join("spool");
    let users = if is_root() { [None, Some("33 33")] } else { [None, None] };
    // Each as the first, and each after the other.
    for (first, second) in [(users[0], users[1]), (users[1], users[0])] {
        make_everything(&stage, &path, first, "022");
        make_everything(&stage, &path, second, "022");
        let mut reader = stage.enter();
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
    let (spool, stage) = (spool(0o700), Stage::new());
    let path = spool.path().join("spool");
    let mut puppets = [stage.enter(), stage.enter()];
    if is_root() {
        puppets[1].expect("user 33 33", "ok");
    }
    for puppet in &mut puppets {
        puppet.expect(&format!("open {}", path.display()), "ok");
    }
    for n in 0..200 {
        for puppet in &mut puppets {
            puppet.start(&format!("create file{n}"));
            puppet.start(&format!("folder folder{n}"));
        }
        for puppet in &mut puppets {
            assert_eq!((puppet.answer(), puppet.answer()), ("ok".into(), "ok".into()));
        }
    }
    let owner = path.metadata().unwrap().uid();
    let found = everything(&path);
    assert_eq!(found.len(), 400, "no draft is left");
    assert!(found.iter().all(|(_, uid, ..)| *uid == owner));
}

#[test]
fn members_of_the_group_share_a_spool_of_mode_2770() {
    let (spool, stage) = (spool(0o2770), Stage::new());
    let path = spool.path().join("spool");
    let member = is_root().then(|| format!("{MEMBER} {MEMBER},{WWW}"));
    make_everything(&stage, &path, member.as_deref(), "077");
    let group = path.metadata().unwrap().gid();
    for (name, uid, gid, mode) in everything(&path) {
        assert_eq!(gid, group, "{name}");
        if is_root() {
            assert_eq!(uid, MEMBER, "{name}");
            // The member can't give its file away, and the owner's worker has to read it.
            assert!(mode == 0o660 || mode == 0o2770, "{name} {mode:o}");
        }
    }
    let mut owner = stage.enter();
    if is_root() {
        owner.expect(&format!("user {WWW} {WWW}"), "ok");
    }
    owner.expect(&format!("open {}", path.display()), "ok");
    owner.expect("append event", "ok");
    owner.expect("show config.json", "ok published");
    assert_eq!(owner.say("read"), "ok event event");
    assert_eq!(owner.say("tidy"), "ok 1");
}

#[test]
fn a_user_without_rights_is_told_both_names_and_what_to_do() {
    let stage = Stage::new();
    if !is_root() {
        // Somebody else's folder that every system has.
        let error = Spool::open(Path::new("/root")).unwrap_err();
        let message = error.to_string();
        assert!(matches!(error, SpoolError::Foreign { .. }), "{message}");
        assert!(message.contains("root (uid 0)") && message.contains("chmod 2770"), "{message}");
        return;
    }
    let groups = [(0o700, format!("{STRANGER},{WWW}")), (0o2770, STRANGER.to_string())];
    for (mode, groups) in groups {
        let spool = spool(mode);
        let path = spool.path().join("spool");
        let mut stranger = stage.enter();
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
