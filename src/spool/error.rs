//! What can be wrong with a spool, as messages to the person who can mend it.

use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

/// Why the spool, or something in it, can't be used. Every message names the path, whose it is
/// or who asked, and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpoolError {
    /// Nothing is there.
    #[error(
        "the spool {path} does not exist: create it for the web server's user (`install -d -m 0700 -o USER {word}`), or set webhooks.spool to where it is",
        path = path.display(),
        word = word(path)
    )]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// Something is there, but no folder.
    #[error("{path} is not a folder: move it away, or set webhooks.spool to another path", path = path.display())]
    NotAFolder {
        /// What is no folder.
        path: PathBuf,
    },
    /// This user has no business in this spool.
    #[error(
        "the spool {path} belongs to {owner}, and this process runs as {user}: run it as {owner}, or share the spool with a group that both are in (`chgrp GROUP {word} && chmod 2770 {word}`)",
        path = path.display(),
        word = word(path)
    )]
    Foreign {
        /// The spool.
        path: PathBuf,
        /// Name and number of its owner.
        owner: String,
        /// Name and number of the user that asked.
        user: String,
    },
    /// The folder's mode states none of the two policies.
    #[error(
        "the spool {path} has mode {mode:04o}: `chmod 0700 {word}` keeps it to its owner, `chmod 2770 {word}` opens it to its group; nothing else is accepted, as it holds personal data and secrets",
        path = path.display(),
        word = word(path)
    )]
    Mode {
        /// The spool.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The folder is somebody else's or the system's, and its mode has to stay as it is.
    #[error(
        "{path} can't be the spool: it is a folder of the system or holds other things; leave its mode as it is, make a folder for the spool alone (`install -d -m 0700 -o USER /var/lib/webhooks`, USER being the web server's), and set webhooks.spool to that",
        path = path.display()
    )]
    NotASpool {
        /// The folder.
        path: PathBuf,
    },
    /// Locks and shared memory don't hold there.
    #[error(
        "the spool {path} lies on {kind}, where locks and shared memory do not hold: set webhooks.spool to a folder on a local disk of this server",
        path = path.display()
    )]
    FileSystem {
        /// The spool.
        path: PathBuf,
        /// The file system.
        kind: &'static str,
    },
    /// A name in the spool is a link, a device, or a file with a second name elsewhere.
    #[error(
        "{path} is {what}, not a plain file of the spool's, and was left alone: find out who put it there, then remove it",
        path = path.display()
    )]
    Planted {
        /// What was found.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// A name in the spool belongs to somebody who does not work there.
    #[error(
        "{path} belongs to {user}, but the spool to {owner}, and was left alone: `chown {owner_name} {word}` if it is the spool's, else remove it",
        path = path.display(),
        word = word(path),
        owner_name = owner.split(' ').next().unwrap_or_default()
    )]
    Stray {
        /// What was found.
        path: PathBuf,
        /// Name and number of its owner.
        user: String,
        /// Name and number of the spool's owner.
        owner: String,
    },
    /// A file that only the owner makes is one of a member of the group.
    #[error(
        "{path} belongs to {user}, but may only be {owner}'s or root's, and was left alone: somebody of the group may have put it in the place of another; find out why, then remove it, and save any webhook, which publishes all of them anew",
        path = path.display()
    )]
    Swapped {
        /// The file.
        path: PathBuf,
        /// Name and number of the user whose it is.
        user: String,
        /// Name and number of the spool's owner.
        owner: String,
    },
    /// This user works in the spool, but not with this file.
    #[error(
        "only {owner} or root may make {path}, and this process runs as {user}: run it as {owner}",
        path = path.display()
    )]
    OwnersOnly {
        /// The file.
        path: PathBuf,
        /// Name and number of the spool's owner.
        owner: String,
        /// Name and number of the user that asked.
        user: String,
    },
    /// A file that was to be created is there already.
    #[error("{path} exists already", path = path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A file is larger than its reader takes.
    #[error("{path} has {size} bytes, more than the {limit} it may have: it is damaged or not the spool's; move it away", path = path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size in bytes.
        size: u64,
        /// What was accepted, in bytes.
        limit: u64,
    },
    /// The system refused.
    #[error("cannot {action} ({path}) as {user}: {source}{}", advice(source), path = path.display())]
    Io {
        /// What it was refused for.
        path: PathBuf,
        /// What was tried, as in "cannot …".
        action: &'static str,
        /// Name and number of the user that tried.
        user: String,
        /// What the system said.
        source: io::Error,
    },
}

impl SpoolError {
    /// An operation of this process that the system refused.
    pub fn io(path: &Path, action: &'static str, source: impl Into<io::Error>) -> Self {
        let (path, user) = (path.to_owned(), this_user());
        Self::Io { path, action, user, source: source.into() }
    }

    pub(super) fn foreign(path: &Path, owner: u32) -> Self {
        Self::Foreign { path: path.to_owned(), owner: user_name(owner), user: this_user() }
    }

    pub(super) fn stray(path: PathBuf, user: u32, owner: u32) -> Self {
        Self::Stray { path, user: user_name(user), owner: user_name(owner) }
    }

    pub(super) fn swapped(path: PathBuf, user: u32, owner: u32) -> Self {
        Self::Swapped { path, user: user_name(user), owner: user_name(owner) }
    }

    pub(super) fn owners_only(path: PathBuf, owner: u32) -> Self {
        Self::OwnersOnly { path, owner: user_name(owner), user: this_user() }
    }

    /// Whether the disk, or this user's share of it, is full: what passes when room is made.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Io { source, .. } if is_full(source))
    }
}

/// Whether `error` says that a disk or a quota is full: that it passes when room is made. Not
/// `EFBIG`, which is a limit of this process, and not what the file system can't do at all.
pub fn is_full(error: &io::Error) -> bool {
    let full = [Errno::NOSPC, Errno::DQUOT];
    Errno::from_io_error(error).is_some_and(|error| full.contains(&error))
}

/// Whether `error` says that this kernel (`ENOSYS`), a sandbox's filter (`EPERM`, `EACCES`,
/// `ENOSYS`) or the file system (`EOPNOTSUPP`, `EINVAL`) can't do what was asked at all, so that
/// an older way has to be gone. Where the reason is another one, that way meets it again.
pub fn cannot_here(error: Errno) -> bool {
    [Errno::NOSYS, Errno::PERM, Errno::ACCESS, Errno::OPNOTSUPP, Errno::INVAL].contains(&error)
}

/// What to do about the errors that have one usual cause.
pub fn advice(error: &io::Error) -> &'static str {
    match Errno::from_io_error(error) {
        Some(Errno::NOSPC) => "; make room on that file system",
        Some(Errno::DQUOT) => "; raise that user's quota, or make room",
        Some(Errno::ROFS) => "; mount it writable, or set webhooks.spool to another path",
        Some(Errno::ACCESS | Errno::PERM) => {
            "; check owner and mode of that path and of the folders above it"
        }
        Some(Errno::MFILE | Errno::NFILE) => "; raise the limit of open files (`ulimit -n`)",
        Some(Errno::FBIG) => {
            "; raise the limit of a file's size (`ulimit -f`, systemd's LimitFSIZE) for PHP and the worker"
        }
        _ => "",
    }
}

/// The user that this process acts as, by name and number.
pub fn this_user() -> String {
    user_name(rustix::process::geteuid().as_raw())
}

/// "www-data (uid 33)". Read from the file and not through NSS, whose modules have no place in
/// a web server's error path; a user that only a directory service knows stays a number.
pub fn user_name(uid: u32) -> String {
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then_some(name)
    });
    name.map_or_else(|| format!("uid {uid}"), |name| format!("{name} (uid {uid})"))
}

/// A path as one word of a POSIX shell: the commands in messages are copied and run as they are,
/// often by root.
fn word(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+,:@%=".contains(c);
    if text.starts_with('/') && text.chars().all(plain) {
        return text;
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_have_names_where_the_system_knows_them() {
        assert_eq!(user_name(0), "root (uid 0)");
        assert_eq!(user_name(3_999_999_999), "uid 3999999999");
    }

    #[test]
    fn full_disks_are_told_from_other_refusals() {
        let error = |errno: Errno| SpoolError::io(Path::new("/s"), "append", errno);
        assert!(error(Errno::NOSPC).is_full() && error(Errno::DQUOT).is_full());
        for other in [Errno::ACCESS, Errno::OPNOTSUPP, Errno::NOSYS, Errno::INVAL, Errno::FBIG] {
            assert!(!error(other).is_full(), "{other:?}");
        }
        let message = error(Errno::NOSPC).to_string();
        assert!(message.contains("/s") && message.contains("make room"), "{message}");
    }

    #[test]
    fn a_command_takes_the_path_as_one_word_whatever_is_in_it() {
        for (path, expected) in [
            ("/var/lib/webhooks", "/var/lib/webhooks"),
            ("/srv/my spool", "'/srv/my spool'"),
            ("/srv/a;id", "'/srv/a;id'"),
            ("/srv/$(id)/it's", r"'/srv/$(id)/it'\''s'"),
            ("-rf", "'-rf'"),
        ] {
            assert_eq!(word(Path::new(path)), expected);
            let missing = SpoolError::Missing { path: path.into() }.to_string();
            assert!(missing.contains(&format!("-o USER {expected}`")), "{missing}");
            let mode = SpoolError::Mode { path: path.into(), mode: 0o755 }.to_string();
            assert!(mode.contains(&format!("`chmod 0700 {expected}`")), "{mode}");
        }
    }
}
