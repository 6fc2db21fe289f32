//! A small disk of its own for each run: a tmpfs, to be filled and freed.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rustix::mount::{MountFlags, UnmountFlags};

/// Large enough for a run, small enough to be filled in no time.
const SIZE: &std::ffi::CStr = c"size=48m,mode=0700";

pub(crate) struct Disk {
    mount: PathBuf,
}

impl Disk {
    /// Mounts an empty disk at `mount`, with a spool's folder on it.
    pub(crate) fn mount(mount: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(mount)?;
        rustix::mount::mount("chaos", mount, "tmpfs", MountFlags::empty(), SIZE).map_err(
            |error| {
                let message = format!(
                    "a tmpfs can't be mounted at {} ({error}), and without one no disk can be \
                     filled: run this as root, or where user namespaces are allowed",
                    mount.display()
                );
                io::Error::new(io::Error::from(error).kind(), message)
            },
        )?;
        let disk = Self { mount: mount.to_owned() };
        std::fs::create_dir(disk.spool())?;
        std::fs::set_permissions(disk.spool(), PermissionsExt::from_mode(0o700))?;
        Ok(disk)
    }

    pub(crate) fn spool(&self) -> PathBuf {
        self.mount.join("spool")
    }

    fn ballast(&self) -> PathBuf {
        self.mount.join("ballast")
    }

    /// Leaves not a byte.
    pub(crate) fn fill(&self) {
        let chunk = vec![0; 1 << 20];
        let Ok(mut ballast) = File::options().create(true).append(true).open(self.ballast()) else {
            return;
        };
        // Short writes bring it to the last page.
        while ballast.write(&chunk).is_ok_and(|written| written > 0) {}
    }

    pub(crate) fn free(&self) {
        let _ = std::fs::remove_file(self.ballast());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = rustix::mount::unmount(&self.mount, UnmountFlags::DETACH);
    }
}
