//! Room on a full disk: a preallocated file that is given up so that the journal can be drained.
//!
//! While it is gone, no attempt begins (it might not be recorded) and dispatching processes are
//! told that the disk is full. What was accepted before stays safe: it is in the journal, and
//! moving it into the store needs no more room than the reserve had.

use crate::spool::{Privacy, Spool, SpoolError};

const RESERVE_FILE: &str = "reserve";
/// The reserve's size, in bytes, on a file system that is large enough.
const SIZE: u64 = 8 << 20;

/// The reserve of a spool.
#[derive(Debug)]
pub(super) struct Reserve {
    there: bool,
}

impl Reserve {
    /// Makes the reserve where there is none and room is left.
    pub(super) fn open(spool: &Spool) -> Self {
        let mut reserve = Self { there: false };
        reserve.restore(spool);
        reserve
    }

    /// Whether it is there: the disk is not full.
    pub(super) fn is_there(&self) -> bool {
        self.there
    }

    /// Gives its room back; `false` where that was done before.
    pub(super) fn give_up(&mut self, spool: &Spool) -> bool {
        if let Err(error) = spool.top().remove(RESERVE_FILE) {
            tracing::error!(%error, "the reserve can't be removed");
        }
        std::mem::replace(&mut self.there, false)
    }

    /// Makes it again, if there is room; whether it is there now.
    pub(super) fn restore(&mut self, spool: &Spool) -> bool {
        if !self.there {
            self.there = allocate(spool).is_ok();
            if !self.there {
                let _ = spool.top().remove(RESERVE_FILE);
            }
        }
        self.there
    }
}

/// Allocates the reserve anew: at most an eighth of the file system, so that it is never the
/// reserve that fills a small one, and with as much left free again, for those who append.
fn allocate(spool: &Spool) -> Result<(), SpoolError> {
    let top = spool.top();
    let error =
        |error: rustix::io::Errno| top.error(RESERVE_FILE, "set the disk's reserve aside", error);
    let system = rustix::fs::fstatvfs(top).map_err(error)?;
    let size = SIZE.min(system.f_blocks * system.f_frsize / 8);
    match top.open(RESERVE_FILE, crate::spool::Access::ReadWrite)? {
        Some(file) if file.metadata().is_ok_and(|file| file.len() >= size) => return Ok(()),
        Some(_) => top.remove(RESERVE_FILE)?,
        None => {}
    }
    if system.f_bavail * system.f_frsize < 2 * size {
        return Err(error(rustix::io::Errno::NOSPC));
    }
    let file = top.create(RESERVE_FILE, Privacy::Private)?;
    rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, size).map_err(error)
}
