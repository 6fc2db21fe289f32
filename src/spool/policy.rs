//! Who may work in a spool, and what its files look like.

use std::path::Path;

use rustix::fd::AsFd;
use rustix::fs::{Gid, Mode, Stat, Uid};

use super::{Privacy, SpoolError};

/// Who makes a file in a spool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keeper {
    /// Whoever works in the spool: its owner, root, and (2770) the members of its group.
    Members,
    /// Its owner or root.
    Owner,
}

/// The owner and the openness of a spool, read from its folder.
#[derive(Debug, Clone, Copy)]
pub(super) struct Policy {
    uid: Uid,
    gid: Gid,
    /// The group's members work here too.
    shared: bool,
}

impl Policy {
    /// The policy that the spool at `path` states by its mode, where this process fits it.
    pub(super) fn of(path: &Path, stat: &Stat) -> Result<Self, SpoolError> {
        let mode = stat.st_mode & 0o7777;
        let shared = match mode {
            // Set-group-id alone is inherited from the folder above and harmless.
            0o0700 | 0o2700 => false,
            0o2770 => true,
            _ => return Err(SpoolError::Mode { path: path.to_owned(), mode }),
        };
        let policy =
            Self { uid: Uid::from_raw(stat.st_uid), gid: Gid::from_raw(stat.st_gid), shared };
        let me = rustix::process::geteuid();
        if policy.is_owner_or_root(me) || shared && is_member(policy.gid) {
            Ok(policy)
        } else {
            Err(SpoolError::foreign(path, stat.st_uid))
        }
    }

    pub(super) fn owner(&self) -> (u32, u32) {
        (self.uid.as_raw(), self.gid.as_raw())
    }

    /// Mode of a folder within the spool.
    pub(super) fn folder_mode(&self) -> Mode {
        Mode::from_raw_mode(if self.shared { 0o2770 } else { 0o700 })
    }

    /// Mode of a file that this process makes.
    pub(super) fn file_mode(&self, privacy: Privacy) -> Mode {
        let open = self.shared && privacy == Privacy::Shared;
        Mode::from_raw_mode(if open { 0o660 } else { 0o600 })
    }

    /// Whether `user` is the spool's owner or root.
    pub(super) fn is_owner_or_root(&self, user: Uid) -> bool {
        user.is_root() || user == self.uid
    }

    /// Gives what was just made its owner and mode, whatever the umask left.
    pub(super) fn settle(&self, made: impl AsFd, mode: Mode) -> rustix::io::Result<()> {
        if rustix::process::geteuid().is_root() {
            rustix::fs::fchown(&made, Some(self.uid), Some(self.gid))?;
        } else if self.shared {
            rustix::fs::fchown(&made, None, Some(self.gid))?;
        }
        rustix::fs::fchmod(&made, mode)
    }

    /// Whether something with this owner can have been made under this policy. What can't was
    /// moved in (a file of root's that www-data could rename, say) and is nobody's to touch:
    /// root would write to it, or give it away. What only the owner makes may also be root's
    /// where it is only read.
    pub(super) fn fits(&self, stat: &Stat, keeper: Keeper, writes: bool) -> bool {
        stat.st_uid == self.uid.as_raw()
            || match keeper {
                Keeper::Members => self.shared && stat.st_gid == self.gid.as_raw(),
                Keeper::Owner => stat.st_uid == 0 && !writes,
            }
    }
}

fn is_member(group: Gid) -> bool {
    rustix::process::getegid() == group
        || rustix::process::getgroups().is_ok_and(|groups| groups.contains(&group))
}

/// The name of a file system on which locks, shared memory or ownership can't be relied on;
/// numbers from `linux/magic.h` and `fs/smb/client/cifsglob.h`.
pub(super) fn refused_file_system(kind: rustix::fs::FsWord) -> Option<&'static str> {
    // The width and sign of the number differ between architectures; its low 32 bits don't.
    match kind as u32 {
        0x6969 => Some("NFS"),
        0xff53_4d42 | 0xfe53_4d42 | 0x517b => Some("CIFS"),
        0x0102_1997 => Some("9p"),
        0x6573_5546 => Some("FUSE"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn network_file_systems_are_refused_and_local_ones_are_not() {
        for (kind, name) in
            [(0x6969, "NFS"), (0xff53_4d42, "CIFS"), (0x0102_1997, "9p"), (0x6573_5546, "FUSE")]
        {
            assert_eq!(refused_file_system(kind), Some(name));
        }
        // CIFS as an architecture with signed 32-bit numbers shows it.
        assert_eq!(refused_file_system(i64::from(0xff53_4d42_u32 as i32)), Some("CIFS"));
        // ext, xfs, btrfs, tmpfs, overlayfs, zfs.
        for local in [0xef53, 0x5846_5342, 0x9123_683e, 0x0102_1994, 0x794c_7630, 0x2fc1_2fc1] {
            assert_eq!(refused_file_system(local), None);
        }
    }
}
