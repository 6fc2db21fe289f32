//! The step by which a temporary file gets a name that nothing bears yet.
//!
//! `renameat2` with `RENAME_NOREPLACE` does it at once where it can: not on file systems that know
//! no such flag (ZFS before 2.2 answers `EINVAL`), not on kernels or under sandboxes that know no
//! such call (`ENOSYS`, `EPERM`). There a file gets its name by `link` and loses the other one by
//! `unlink`, and a folder, which can have no second name, is renamed under a lock.

use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags, RenameFlags, Stat};
use rustix::io::Errno;

use super::{Folder, cannot_here, temp_file};

/// Gives the file `from` the name `to`.
///
/// # Errors
/// `EEXIST` where something bears the name; else what the system says.
pub(super) fn give_to_file(folder: &Folder, from: &str, to: &str) -> rustix::io::Result<()> {
    match rustix::fs::renameat_with(folder, from, folder, to, RenameFlags::NOREPLACE) {
        Err(error) if cannot_here(error) => {
            rustix::fs::linkat(folder, from, folder, to, AtFlags::empty())?;
            // It has its name. Whoever opens it takes the other one away, should we not get to it.
            let _ = rustix::fs::unlinkat(folder, from, AtFlags::empty());
            Ok(())
        }
        renamed => renamed,
    }
}

/// Gives the empty folder `from` the name `to`.
///
/// # Errors
/// As for [`give_to_file`].
pub(super) fn give_to_folder(folder: &Folder, from: &str, to: &str) -> rustix::io::Result<()> {
    match rustix::fs::renameat_with(folder, from, folder, to, RenameFlags::NOREPLACE) {
        Err(error) if cannot_here(error) => rename_alone(folder, from, to),
        renamed => renamed,
    }
}

/// A rename takes the place of an empty folder, and another process may just have made one: so
/// they look and rename one after the other.
fn rename_alone(folder: &Folder, from: &str, to: &str) -> rustix::io::Result<()> {
    // Opened anew, since a lock belongs to the open file, which other threads have as well.
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let lock = rustix::fs::openat(folder, ".", flags, Mode::empty())?;
    rustix::io::retry_on_intr(|| rustix::fs::flock(&lock, FlockOperation::LockExclusive))?;
    match rustix::fs::statat(folder, to, AtFlags::SYMLINK_NOFOLLOW) {
        Err(Errno::NOENT) => rustix::fs::renameat(folder, from, folder, to),
        Ok(_) => Err(Errno::EXIST),
        Err(error) => Err(error),
    }
}

/// Takes the temporary file's name away from a file that has got its own by now, where its maker
/// was interrupted between the two steps of [`give_to_file`], or is between them. What has a second
/// name elsewhere keeps it, and is refused.
#[cold]
pub(super) fn finish(folder: &Folder, file: &Stat) {
    for name in folder.list().unwrap_or_default().iter().filter(|name| temp_file::is_name(name)) {
        let same = rustix::fs::statat(folder, &**name, AtFlags::SYMLINK_NOFOLLOW)
            .is_ok_and(|it| (it.st_dev, it.st_ino) == (file.st_dev, file.st_ino));
        if same {
            // Its maker may have been faster.
            let _ = rustix::fs::unlinkat(folder, &**name, AtFlags::empty());
        }
    }
}
