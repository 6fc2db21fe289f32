//! The spool: the one folder in which PHP and the worker meet.
//!
//! The folder's mode is the policy. 0700: one user, whose files are all 0600. 2770: the
//! members of its group too, files 0660. Nobody else gets in, and root leaves files that
//! belong to the folder's owner, so that `sudo wp …` never locks out the web server.
//!
//! The owner may be less trusted than the process that opens a file (root's `php` works in a
//! spool of www-data). So the path is resolved once; from then on every name is opened relative
//! to a descriptor, links are never followed, and what is not a plain file with a single link
//! and the right owner is refused.

mod error;
mod folder;
mod limit;
mod name;
mod policy;
mod room;
mod shared;
mod temp_file;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags};
use rustix::io::Errno;

pub use error::{SpoolError, advice, cannot_here, is_full, this_user, user_name};
pub use folder::{Access, FileVersion, Folder, Privacy};
pub use limit::file_size as file_size_limit;
pub use room::Room;
pub use temp_file::TempFile;

use self::policy::Policy;

fn not_a_spool(path: &Path) -> SpoolError {
    SpoolError::NotASpool { path: path.to_owned() }
}

/// The file of the page, in the spool.
pub const WAKE_FILE: &str = "wake";

/// An open spool. Clones share its descriptor.
#[derive(Debug, Clone)]
pub struct Spool {
    top: Arc<Folder>,
}

impl Spool {
    /// Opens the spool at `path`. The path itself is the administrator's word, so links in it
    /// are followed; nothing below it is trusted like that.
    ///
    /// # Errors
    /// Where it is missing or not a folder, where its mode is neither 0700 nor 2770 (said in other
    /// words where it is a folder of the system's or of other things), where this user is neither
    /// root nor its owner nor (2770) in its group, and where it lies on a file system that can't
    /// keep the promises of locks and shared memory: NFS, CIFS, 9p, FUSE.
    pub fn open(path: &Path) -> Result<Self, SpoolError> {
        // Before anything is written here.
        limit::survive();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = rustix::fs::open(path, flags, Mode::empty()).map_err(|error| match error {
            Errno::NOENT => SpoolError::Missing { path: path.to_owned() },
            Errno::NOTDIR => SpoolError::NotAFolder { path: path.to_owned() },
            // Who may not even list it is told whose it is.
            Errno::ACCESS => match rustix::fs::statat(CWD, path, AtFlags::empty()) {
                Ok(stat) if shared::is_of_the_system(path, &stat) => not_a_spool(path),
                Ok(stat) => SpoolError::foreign(path, stat.st_uid),
                Err(_) => SpoolError::io(path, "open the spool", error),
            },
            _ => SpoolError::io(path, "open the spool", error),
        })?;
        let failed = |error| SpoolError::io(path, "inspect the spool", error);
        let stat = rustix::fs::fstat(&fd).map_err(failed)?;
        debug_assert_eq!(FileType::from_raw_mode(stat.st_mode), FileType::Directory);
        let kind = rustix::fs::fstatfs(&fd).map_err(failed)?.f_type;
        if let Some(kind) = policy::refused_file_system(kind) {
            return Err(SpoolError::FileSystem { path: path.to_owned(), kind });
        }
        let policy = Policy::of(path, &stat).map_err(|error| {
            // Whoever mistook the folder is not to be told to change it.
            let mistaken = shared::is_of_the_system(path, &stat)
                || matches!(error, SpoolError::Mode { .. }) && shared::holds_other_things(&fd);
            if mistaken { not_a_spool(path) } else { error }
        })?;
        Ok(Self { top: Arc::new(Folder::new(fd, path.to_owned(), policy)) })
    }

    /// Where it was opened.
    pub fn path(&self) -> &Path {
        self.top.path()
    }

    /// The user and group (numbers) that own the folder: what root has to become before it
    /// works here for long.
    pub fn owner(&self) -> (u32, u32) {
        self.top.policy().owner()
    }

    /// The spool's own files.
    pub fn top(&self) -> &Folder {
        &self.top
    }

    /// The folder `name` within the spool (`journal`, `corrupt`), made if it isn't there.
    ///
    /// # Errors
    /// Where `name` is something else than a folder of the spool's owner, or can't be made.
    pub fn folder(&self, name: &str) -> Result<Folder, SpoolError> {
        self.top.folder(name)
    }

    /// The path of `name` in the spool, for messages.
    pub fn path_of(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.path().join(Path::new(name.as_ref()))
    }
}
