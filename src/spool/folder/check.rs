//! Who may have made what lies in a folder.

use rustix::fs::{FileType, Stat};

use super::Folder;
use crate::policy::Keeper;
use crate::{SpoolError, WAKE_FILE};

impl Folder {
    /// Who makes the file `name`: what tells the worker and PHP what to do comes from the owner
    /// alone, so that a member of the group can't put another one in its place.
    pub(super) fn keeper(&self, name: &str) -> Keeper {
        let is_common = !self.is_top || name == WAKE_FILE;
        if is_common { Keeper::Members } else { Keeper::Owner }
    }

    /// Refuses to make a file that everybody would refuse to read.
    pub(super) fn may_make(&self, name: &str) -> Result<(), SpoolError> {
        let me = rustix::process::geteuid();
        if self.keeper(name) == Keeper::Members || self.policy.is_owner_or_root(me) {
            return Ok(());
        }
        Err(SpoolError::owners_only(self.path.join(name), self.policy.owner().0))
    }

    pub(super) fn check(&self, name: &str, stat: &Stat, writes: bool) -> Result<(), SpoolError> {
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile if stat.st_nlink == 1 => {
                self.check_owner(name, stat, self.keeper(name), writes)
            }
            FileType::RegularFile => Err(self.planted(name, "a file with a second name elsewhere")),
            FileType::Symlink => Err(self.planted(name, "a symbolic link")),
            FileType::Directory => Err(self.planted(name, "a folder")),
            _ => Err(self.planted(name, "a FIFO, a socket or a device")),
        }
    }

    pub(super) fn check_owner(
        &self,
        name: &str,
        stat: &Stat,
        keeper: Keeper,
        writes: bool,
    ) -> Result<(), SpoolError> {
        if self.policy.fits(stat, keeper, writes) {
            return Ok(());
        }
        let (path, owner) = (self.path.join(name), self.policy.owner().0);
        Err(if self.policy.fits(stat, Keeper::Members, writes) {
            SpoolError::swapped(path, stat.st_uid, owner)
        } else {
            SpoolError::stray(path, stat.st_uid, owner)
        })
    }

    pub(super) fn planted(&self, name: &str, what: &'static str) -> SpoolError {
        SpoolError::Planted { path: self.path.join(name), what }
    }
}
