//! Folders within a folder.

use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;

use super::Folder;
use crate::policy::Keeper;
use crate::temp_file;
use crate::{SpoolError, behind_standard, name};

impl Folder {
    /// The folder `name` within this one, made if it isn't there.
    pub(crate) fn folder(&self, name: &str) -> Result<Self, SpoolError> {
        loop {
            if let Some(fd) = self.open_folder(name)? {
                let path = self.path.join(name);
                return Ok(Self { fd, path, policy: self.policy, is_top: false });
            }
            self.create_folder(name)?;
        }
    }

    fn open_folder(&self, name: &str) -> Result<Option<OwnedFd>, SpoolError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let opened = rustix::fs::openat(self, name, flags, Mode::empty());
        let fd = match opened.and_then(behind_standard) {
            Ok(fd) => fd,
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::NOTDIR | Errno::LOOP) => {
                return Err(self.planted(name, "a file or a link where a folder belongs"));
            }
            Err(error) => return Err(self.error(name, "open a folder of the spool", error)),
        };
        let stat = rustix::fs::fstat(&fd)
            .map_err(|error| self.error(name, "inspect a folder of the spool", error))?;
        self.check_owner(name, &stat, Keeper::Members, true)?;
        Ok(Some(fd))
    }

    /// Like a [`TempFile`]: whole before it has its name.
    fn create_folder(&self, name: &str) -> Result<(), SpoolError> {
        let temp_file = temp_file::random_name(self)?;
        let make = || {
            rustix::fs::mkdirat(self, &*temp_file, Mode::RWXU)?;
            // Whatever the umask took: it has to be entered.
            rustix::fs::chmodat(self, &*temp_file, Mode::RWXU, AtFlags::empty())?;
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let fd = rustix::fs::openat(self, &*temp_file, flags, Mode::empty())?;
            self.policy.settle(&fd, self.policy.folder_mode())?;
            name::give_to_folder(self, &temp_file, name)
        };
        let made = make();
        if made.is_err() {
            let _ = rustix::fs::unlinkat(self, &*temp_file, AtFlags::REMOVEDIR);
        }
        match made {
            // What is in the new folder can only be as durable as the folder.
            Ok(()) => self.sync(),
            // Another process was faster, or a sweeper between two of our steps: once more.
            Err(Errno::EXIST | Errno::NOENT) if self.is_there() => Ok(()),
            Err(error) => Err(self.error(name, "create a folder in the spool", error)),
        }
    }

    /// Whether this folder still has a name. In one that was removed nothing can be created.
    fn is_there(&self) -> bool {
        rustix::fs::fstat(self).is_ok_and(|stat| stat.st_nlink > 0)
    }
}
