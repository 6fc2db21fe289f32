//! A file that has no name yet that anybody looks for.
//!
//! Everything in a spool appears whole: made under a random name, given owner, mode and
//! content, then renamed. So root and www-data can open one file in the same moment, and neither
//! ever meets a file that the other is still handing over. See [`name`] for the last step.
//!
//! A process that dies between the two names leaves a temporary file behind. A temporary file is
//! locked as long as its maker lives, so whoever tidies up can tell; see [`Folder::sweep`].

use std::fs::File;
use std::io;

use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use super::{Folder, Privacy, SpoolError, name};

/// How a temporary file's name ends.
const SUFFIX: &str = ".draft";

/// A locked file under a random name, removed unless it is published.
#[derive(Debug)]
pub struct TempFile<'a> {
    folder: &'a Folder,
    name: String,
    file: Option<File>,
}

impl<'a> TempFile<'a> {
    /// A new, empty, locked temporary file.
    pub(super) fn begin(folder: &'a Folder, privacy: Privacy) -> Result<Self, SpoolError> {
        loop {
            let mut temp_file = Self { folder, name: random_name(folder)?, file: None };
            let flags =
                OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let file: File =
                rustix::fs::openat(folder, &*temp_file.name, flags, Mode::RUSR | Mode::WUSR)
                    .map_err(|error| {
                        folder.error(&temp_file.name, "create a file in the spool", error)
                    })?
                    .into();
            let mode = folder.policy().file_mode(privacy);
            let made = || {
                folder.policy().settle(&file, mode)?;
                match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
                    // A sweeper came between creation and lock: the temporary file is its, not
                    // ours.
                    Err(Errno::WOULDBLOCK) => Ok(false),
                    locked => locked.and_then(|()| Ok(rustix::fs::fstat(&file)?.st_nlink == 1)),
                }
            };
            let made = made().map_err(|error| {
                folder.error(&temp_file.name, "give a new file in the spool to its owner", error)
            });
            temp_file.file = Some(file);
            if made? {
                return Ok(temp_file);
            }
        }
    }

    /// The file, to be filled.
    pub fn file(&mut self) -> &mut File {
        self.file.as_mut().expect("a temporary file has its file until it is published")
    }

    /// Renames the temporary file to `name`, over whatever bore it (`replace`), or only where
    /// nothing does. The file stays locked until its last descriptor is closed.
    ///
    /// # Errors
    /// [`SpoolError::Exists`] where something bears the name; else what the system says.
    pub fn publish(mut self, name: &str, replace: bool) -> Result<File, SpoolError> {
        let named = if replace {
            rustix::fs::renameat(self.folder, &*self.name, self.folder, name)
        } else {
            name::give_to_file(self.folder, &self.name, name)
        };
        named.map_err(|error| match error {
            Errno::EXIST => SpoolError::Exists { path: self.folder.path().join(name) },
            _ => self.folder.error(name, "name a new file in the spool", error),
        })?;
        Ok(self.file.take().expect("published once"))
    }
}

impl Drop for TempFile<'_> {
    fn drop(&mut self) {
        if self.file.is_some() {
            // Nobody is waiting for the answer, and what stays is swept.
            let _ = rustix::fs::unlinkat(self.folder, &*self.name, AtFlags::empty());
        }
    }
}

/// Whether a file or folder of this name is a temporary file.
pub(super) fn is_name(name: &str) -> bool {
    name.starts_with('.') && name.ends_with(SUFFIX)
}

/// A name that nobody can foresee, and so nobody can plant.
pub(super) fn random_name(folder: &Folder) -> Result<String, SpoolError> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| {
        folder.error(
            "",
            "draw a random name for a file in the spool",
            io::Error::other(error.to_string()),
        )
    })?;
    Ok(format!(".{:032x}{SUFFIX}", u128::from_ne_bytes(random)))
}
