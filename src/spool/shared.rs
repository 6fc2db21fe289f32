//! Folders that a mistaken `webhooks.spool` may name, and whose mode is nobody's to change.

use std::os::fd::AsFd;
use std::path::Path;

use rustix::fs::{Dir, Stat};

use super::temp_file;

/// Folders of the root that belong to no program alone (FHS 3.0, chapter 3).
const OF_ROOT: [&str; 21] = [
    "bin", "boot", "dev", "etc", "home", "lib", "lib32", "lib64", "libx32", "media", "mnt", "opt",
    "proc", "root", "run", "sbin", "srv", "sys", "tmp", "usr", "var",
];
/// The same below /var (chapter 5, and Debian's).
const OF_VAR: [&str; 17] = [
    "account", "backups", "cache", "crash", "games", "lib", "local", "lock", "log", "mail", "opt",
    "run", "snap", "spool", "tmp", "www", "yp",
];
/// How every name begins that is ever made in a spool.
const OURS: [&str; 9] = [
    "config.",
    "corrupt",
    "journal",
    "reserve",
    "store.sqlite",
    "subscriptions.json",
    "wake",
    "worker.",
    "lost+found", // of a disk of its own
];

/// Whether the folder is one of the system's or a home: something in it belongs to others, or
/// will. Links are followed, as /var/run leads to /run.
pub(super) fn is_of_the_system(path: &Path, stat: &Stat) -> bool {
    // Everybody may make files in it, and nobody remove another's: a folder such as /tmp.
    if stat.st_mode & 0o1002 == 0o1002 {
        return true;
    }
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let parts: Vec<_> = path.iter().skip(1).map(|part| part.to_string_lossy()).collect();
    match parts.iter().map(AsRef::as_ref).collect::<Vec<_>>()[..] {
        [] => true,
        [name] => OF_ROOT.contains(&name),
        ["home" | "usr" | "etc" | "dev" | "proc" | "sys" | "boot", _] => true,
        ["var", name] => OF_VAR.contains(&name),
        _ => false,
    }
}

/// Whether there is something in the folder that is not of a spool.
pub(super) fn holds_other_things(folder: impl AsFd) -> bool {
    let Ok(entries) = Dir::read_from(folder) else { return true };
    entries.filter_map(Result::ok).any(|entry| {
        let name = entry.file_name().to_string_lossy();
        let is_ours = temp_file::is_name(&name) || OURS.iter().any(|ours| name.starts_with(ours));
        !is_ours && name != "." && name != ".."
    })
}
