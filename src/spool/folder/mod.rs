//! A folder of the spool, and the only ways to reach what is in it.

mod check;
mod within;

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Dir, FlockOperation, Mode, OFlags, Stat, Timespec, Timestamps};
use rustix::io::Errno;

use crate::policy::Policy;
use crate::temp_file::{self, TempFile};
use crate::{SpoolError, behind_standard, name};

/// What an opened file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reading.
    Read,
    /// Reading and writing.
    ReadWrite,
    /// Writing at the end.
    Append,
}

/// Who may read a file that is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Privacy {
    /// Whoever works in this spool: 0600, or 0660 in a spool of mode 2770.
    Shared,
    /// Only the spool's owner: 0600 (secrets).
    Private,
}

/// What tells one version of a file from another without reading it. Two versions in a row, one
/// [replaced](Folder::replace) by the other, differ even where the clock is coarse: both are there
/// at once, so they have two inodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileVersion {
    device: u64,
    inode: u64,
    modified: (i64, i64),
    /// Size in bytes.
    pub size: u64,
}

impl FileVersion {
    fn of(stat: &Stat) -> Self {
        Self {
            device: stat.st_dev,
            inode: stat.st_ino,
            modified: (stat.st_mtime, stat.st_mtime_nsec),
            size: stat.st_size.unsigned_abs(),
        }
    }

    /// Milliseconds since it was modified, as seen at `unix_ms`; negative where the clock was
    /// set back.
    pub fn age_ms(&self, unix_ms: i64) -> i64 {
        unix_ms - self.modified.0 * 1000 - self.modified.1 / 1_000_000
    }
}

/// An open folder. Names are plain file names: they come from constants and from
/// [`list`](Self::list), never from a request.
#[derive(Debug)]
pub struct Folder {
    fd: OwnedFd,
    path: PathBuf,
    policy: Policy,
    /// The spool itself, and not a folder within it.
    is_top: bool,
}

impl AsFd for Folder {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Folder {
    pub(super) fn new(fd: OwnedFd, path: PathBuf, policy: Policy) -> Self {
        Self { fd, path, policy, is_top: true }
    }

    /// Its path, for messages.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// An operation on the file `name` of this folder that the system refused.
    pub fn error(
        &self,
        name: &str,
        action: &'static str,
        error: impl Into<io::Error>,
    ) -> SpoolError {
        SpoolError::io(&self.path.join(name), action, error)
    }

    /// Opens `name`, or answers `None` where there is no such file.
    ///
    /// # Errors
    /// Where it is not a plain file with one link and an owner that fits the spool, or can't be
    /// opened.
    pub fn open(&self, name: &str, access: Access) -> Result<Option<File>, SpoolError> {
        debug_assert!(!name.contains('/'), "{name}");
        let writes = access != Access::Read;
        let access = match access {
            Access::Read => OFlags::RDONLY,
            Access::ReadWrite => OFlags::RDWR,
            Access::Append => OFlags::WRONLY | OFlags::APPEND,
        };
        // NONBLOCK: a planted FIFO must not hold us up before it can be refused.
        let flags = access | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        loop {
            let opened = rustix::fs::openat(self, name, flags, Mode::empty());
            let file = match opened.and_then(behind_standard) {
                Ok(file) => file,
                Err(Errno::NOENT) => return Ok(None),
                Err(Errno::LOOP) => return Err(self.planted(name, "a symbolic link")),
                Err(Errno::NXIO) => return Err(self.planted(name, "a FIFO or a socket")),
                Err(Errno::ISDIR) => return Err(self.planted(name, "a folder")),
                Err(error) => return Err(self.error(name, "open a file in the spool", error)),
            };
            let inspect = || {
                rustix::fs::fstat(&file)
                    .map_err(|error| self.error(name, "inspect a file in the spool", error))
            };
            let mut stat = inspect()?;
            if stat.st_nlink == 2 {
                name::finish(self, &stat);
                stat = inspect()?;
            }
            if stat.st_nlink == 0 {
                // Replaced or removed since: look again who bears the name now.
                continue;
            }
            self.check(name, &stat, writes)?;
            return Ok(Some(file.into()));
        }
    }

    /// Opens `name`, made empty if it isn't there.
    ///
    /// # Errors
    /// See [`open`](Self::open) and [`create`](Self::create).
    pub fn open_or_create(
        &self,
        name: &str,
        access: Access,
        privacy: Privacy,
    ) -> Result<File, SpoolError> {
        loop {
            if let Some(file) = self.open(name, access)? {
                return Ok(file);
            }
            // Opened once more after it was made: as asked for, and whoever made it.
            match self.create(name, privacy) {
                Ok(_) | Err(SpoolError::Exists { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Makes `name`, open for reading and writing.
    ///
    /// # Errors
    /// [`SpoolError::Exists`] where something bears that name; where the disk is full, the
    /// folder is not writable for this user, or this user may not make that file.
    pub fn create(&self, name: &str, privacy: Privacy) -> Result<File, SpoolError> {
        self.may_make(name)?;
        let file = self.temp_file(privacy)?.publish(name, false)?;
        rustix::fs::flock(&file, FlockOperation::Unlock)
            .map_err(|error| self.error(name, "unlock a file in the spool", error))?;
        Ok(file)
    }

    /// A new file without its name; see [`TempFile`].
    ///
    /// # Errors
    /// Where the folder can't be written.
    pub fn temp_file(&self, privacy: Privacy) -> Result<TempFile<'_>, SpoolError> {
        TempFile::begin(self, privacy)
    }

    /// All of `name`, or `None` where there is no such file.
    ///
    /// # Errors
    /// See [`open`](Self::open); [`SpoolError::TooLarge`] over `limit` bytes.
    pub fn read(&self, name: &str, limit: u64) -> Result<Option<Vec<u8>>, SpoolError> {
        let Some(file) = self.open(name, Access::Read)? else { return Ok(None) };
        let mut bytes = Vec::new();
        let failed = |error| self.error(name, "read a file in the spool", error);
        let size = file.metadata().map_err(failed)?.len();
        // The limit binds what is read, not what was announced: the file may grow meanwhile.
        (&file).take(limit + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > limit {
            return Err(SpoolError::TooLarge { path: self.path.join(name), size, limit });
        }
        Ok(Some(bytes))
    }

    /// Makes `bytes` the content of `name`, at once and durably: a reader, also one after a
    /// power cut, finds the old content or the new.
    ///
    /// # Errors
    /// Where the disk is full, the folder is not writable for this user, or this user may not
    /// make that file; `name` is then as it was.
    pub fn replace(&self, name: &str, bytes: &[u8], privacy: Privacy) -> Result<(), SpoolError> {
        self.may_make(name)?;
        let mut temp_file = self.temp_file(privacy)?;
        let file = temp_file.file();
        file.write_all(bytes)
            .and_then(|()| file.sync_all())
            .map_err(|error| self.error(name, "write a file in the spool", error))?;
        temp_file.publish(name, true)?;
        self.sync()
    }

    /// Which version of `name` is there, by a single `stat`.
    ///
    /// # Errors
    /// Where it is not a plain file of the spool's, or the folder can't be searched.
    pub fn version(&self, name: &str) -> Result<Option<FileVersion>, SpoolError> {
        let mut finished = false;
        loop {
            let stat = match rustix::fs::statat(self, name, AtFlags::SYMLINK_NOFOLLOW) {
                // Replaced between the look-up and the look: see `open`.
                Ok(stat) if stat.st_nlink == 0 => continue,
                Ok(stat) => stat,
                Err(Errno::NOENT) => return Ok(None),
                Err(error) => return Err(self.error(name, "inspect a file in the spool", error)),
            };
            if stat.st_nlink == 2 && !std::mem::replace(&mut finished, true) {
                name::finish(self, &stat);
                continue;
            }
            self.check(name, &stat, false)?;
            return Ok(Some(FileVersion::of(&stat)));
        }
    }

    /// Which version of the folder itself is there: another one after each name that came or
    /// went, as far as the clock tells.
    ///
    /// # Errors
    /// Where the system does not say.
    pub fn own_version(&self) -> Result<FileVersion, SpoolError> {
        let stat = rustix::fs::fstat(self)
            .map_err(|error| self.error("", "inspect a folder of the spool", error))?;
        Ok(FileVersion::of(&stat))
    }

    /// Whether the folder `name` is the one of this [own version](Self::own_version), and as it was
    /// then. A single `stat`; in doubt it is not.
    pub fn has_unchanged(&self, name: &str, version: FileVersion) -> bool {
        rustix::fs::statat(self, name, AtFlags::SYMLINK_NOFOLLOW)
            .is_ok_and(|stat| FileVersion::of(&stat) == version)
    }

    /// Renames `from` to `to`, over whatever bears that name.
    ///
    /// # Errors
    /// Where `from` isn't there, or the folder is not writable for this user.
    pub fn rename(&self, from: &str, to: &str) -> Result<(), SpoolError> {
        rustix::fs::renameat(self, from, self, to)
            .map_err(|error| self.error(from, "rename a file in the spool", error))
    }

    /// Moves `name` to another folder of the spool, over whatever bears that name there.
    ///
    /// # Errors
    /// Where `name` isn't there, or one of the folders is not writable for this user.
    pub fn move_to(&self, name: &str, folder: &Self) -> Result<(), SpoolError> {
        rustix::fs::renameat(self, name, folder, name)
            .map_err(|error| self.error(name, "move a file in the spool", error))
    }

    /// Notes when `name` was modified, in Unix milliseconds: what [`FileVersion::age_ms`] goes by.
    ///
    /// # Errors
    /// Where `name` isn't there, or is not this user's.
    pub fn set_modified(&self, name: &str, unix_ms: i64) -> Result<(), SpoolError> {
        let time = Timespec {
            tv_sec: unix_ms.div_euclid(1000),
            tv_nsec: unix_ms.rem_euclid(1000) * 1_000_000,
        };
        let times = Timestamps { last_access: time, last_modification: time };
        rustix::fs::utimensat(self, name, &times, AtFlags::SYMLINK_NOFOLLOW)
            .map_err(|error| self.error(name, "note the time of a file in the spool", error))
    }

    /// Removes the file `name`; that it is gone already is no error.
    ///
    /// # Errors
    /// Where the folder is not writable for this user.
    pub fn remove(&self, name: &str) -> Result<(), SpoolError> {
        match rustix::fs::unlinkat(self, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(self.error(name, "remove a file from the spool", error)),
        }
    }

    /// The names in the folder, in no order. Those that aren't UTF-8 can't be ours.
    ///
    /// # Errors
    /// Where it can't be read.
    pub fn list(&self) -> Result<Vec<String>, SpoolError> {
        let failed = |error| self.error("", "list a folder of the spool", error);
        let mut names = Vec::new();
        for entry in Dir::read_from(self).map_err(failed)? {
            if let Ok(name) = entry.map_err(failed)?.file_name().to_str()
                && name != "."
                && name != ".."
            {
                names.push(name.to_owned());
            }
        }
        Ok(names)
    }

    /// Makes what was created, renamed or removed here survive a power cut.
    ///
    /// # Errors
    /// Where the disk refused.
    pub fn sync(&self) -> Result<(), SpoolError> {
        rustix::fs::fsync(self).map_err(|error| self.error("", "sync a folder of the spool", error))
    }

    /// Removes the temporary files of processes that died before they gave them a name. For the
    /// worker: once is enough, and one process.
    ///
    /// # Errors
    /// Where the folder can't be read or written.
    pub fn sweep(&self) -> Result<(), SpoolError> {
        self.sweep_among(&self.list()?)
    }

    /// [`sweep`](Self::sweep), where the names are known already.
    ///
    /// # Errors
    /// As it.
    pub fn sweep_among(&self, names: &[String]) -> Result<(), SpoolError> {
        for name in names.iter().filter(|name| temp_file::is_name(name)) {
            self.sweep_one(name)?;
        }
        Ok(())
    }

    fn sweep_one(&self, name: &str) -> Result<(), SpoolError> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        // What can't be opened is not a temporary file of ours, or gone.
        let Ok(temp_file) = rustix::fs::openat(self, name, flags, Mode::empty()) else {
            return Ok(());
        };
        // Removed under the lock: a maker that was about to lock it sees that it lost it.
        if rustix::fs::flock(&temp_file, FlockOperation::NonBlockingLockExclusive).is_err() {
            return Ok(());
        }
        match rustix::fs::unlinkat(self, name, AtFlags::empty()) {
            Err(Errno::ISDIR) => {
                // A folder is never full before it has its name.
                let _ = rustix::fs::unlinkat(self, name, AtFlags::REMOVEDIR);
                Ok(())
            }
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(self.error(name, "remove a left-over file from the spool", error)),
        }
    }
}
