//! What the file system of a spool has left.

use rustix::fs::StatVfsMountFlags;

use super::{Spool, SpoolError};

/// What the file system of a spool has left for whoever is not root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Nothing can be written: it was mounted so, or the kernel made it so after an error.
    pub is_read_only: bool,
    /// Bytes.
    pub bytes: u64,
    /// Files and folders that can still be made; none: as many as there are bytes for.
    pub files: Option<u64>,
}

impl Spool {
    /// What its file system has left.
    ///
    /// # Errors
    /// Where the system does not say.
    pub fn room(&self) -> Result<Room, SpoolError> {
        let system = rustix::fs::fstatvfs(self.top())
            .map_err(|error| SpoolError::io(self.path(), "ask for the room in", error))?;
        Ok(Room {
            is_read_only: system.f_flag.contains(StatVfsMountFlags::RDONLY),
            bytes: system.f_bavail.saturating_mul(system.f_frsize),
            // Btrfs and others have no table of files.
            files: (system.f_files > 0).then_some(system.f_favail),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_folder_that_can_be_written_to_has_room() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o700)).expect("mode");
        let room = Spool::open(folder.path()).expect("a spool").room().expect("its room");
        assert!(!room.is_read_only && room.bytes > 0 && room.files.is_none_or(|files| files > 0));
    }
}
