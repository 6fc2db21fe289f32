//! Room on a full disk: an allocated file that is given up so that the journal can be drained.
//!
//! While it is gone, no attempt begins (it might not be recorded) and dispatching processes are
//! told that the disk is full. What was accepted before stays safe: it is in the journal, and
//! moving it into the store needs no more room than the reserve had.
//!
//! Only a full disk or quota says that the disk is full. Where the reserve can't be made for
//! another reason, the worker does without it.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;

use rustix::fs::FallocateFlags;
use rustix::io::Errno;

use spool::{Access, Privacy, Spool, SpoolError, cannot_here, file_size_limit};

const RESERVE_FILE: &str = "reserve";
/// The reserve's size, in bytes, on a file system that is large enough.
const SIZE: u64 = 8 << 20;
/// Bytes that are written at once, where a file can't be allocated without.
const PART: usize = 256 << 10;

/// The reserve of a spool.
#[derive(Debug)]
pub(super) struct Reserve {
    full: bool,
}

impl Reserve {
    /// Makes the reserve where there is none and room is left.
    pub(super) fn open(spool: &Spool) -> Self {
        let mut reserve = Self { full: true };
        reserve.restore(spool);
        reserve
    }

    /// Whether the disk is full: there was no room for the reserve, or it had to be given up.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    /// Gives its room back; `false` where that was done before.
    pub(super) fn give_up(&mut self, spool: &Spool) -> bool {
        if let Err(error) = spool.top().remove(RESERVE_FILE) {
            tracing::error!(%error, "the reserve can't be removed");
        }
        !std::mem::replace(&mut self.full, true)
    }

    /// Makes it again, if there is room; whether the disk is no longer full.
    pub(super) fn restore(&mut self, spool: &Spool) -> bool {
        if self.full
            && let Err(error) = allocate(spool)
        {
            let _ = spool.top().remove(RESERVE_FILE);
            self.full = error.is_full();
            if !self.full {
                tracing::warn!(%error, "going on without a reserve for a full disk");
            }
        } else {
            self.full = false;
        }
        !self.full
    }
}

/// Whether so little room is left for those who append that they may find none with the next event:
/// less than the reserve takes. What can't be found out is enough.
pub(super) fn room_is_short(spool: &Spool) -> bool {
    let system = rustix::fs::fstatvfs(spool.top());
    system.is_ok_and(|system| {
        let size = SIZE.min(system.f_blocks * system.f_frsize / 8);
        system.f_bavail * system.f_frsize < size
    })
}

/// Allocates the reserve anew: at most an eighth of the file system, so that it is never the
/// reserve that fills a small one, and with as much left free again, for those who append.
fn allocate(spool: &Spool) -> Result<(), SpoolError> {
    let top = spool.top();
    let error = |error: io::Error| top.error(RESERVE_FILE, "set the disk's reserve aside", error);
    let system = rustix::fs::fstatvfs(top).map_err(|errno| error(errno.into()))?;
    let size = SIZE.min(system.f_blocks * system.f_frsize / 8);
    let size = size.min(file_size_limit().unwrap_or(size));
    match top.open(RESERVE_FILE, Access::ReadWrite)? {
        Some(file) if is_whole(&file, size).map_err(error)? => return Ok(()),
        Some(_) => top.remove(RESERVE_FILE)?,
        None => {}
    }
    if system.f_bavail * system.f_frsize < 2 * size {
        return Err(error(Errno::NOSPC.into()));
    }
    let file = top.create(RESERVE_FILE, Privacy::Private)?;
    let all = || rustix::fs::fallocate(&file, FallocateFlags::empty(), 0, size);
    match rustix::io::retry_on_intr(all) {
        // ZFS says yes and takes no room.
        Ok(()) if is_whole(&file, size).map_err(error)? => Ok(()),
        // ext3, JFS, ZFS before 2.1 and others can't.
        Err(errno) if !cannot_here(errno) => Err(error(errno.into())),
        _ => fill(&file, size).map_err(error),
    }
}

/// Whether the file has that many bytes, and room for them on the disk.
fn is_whole(file: &File, size: u64) -> io::Result<bool> {
    let file = file.metadata()?;
    // st_blocks counts units of 512 bytes (stat(3type)).
    Ok(file.len() >= size && file.blocks() * 512 >= size)
}

/// Takes the room by writing, what no file system can compress away.
fn fill(mut file: &File, size: u64) -> io::Result<()> {
    let mut part = vec![0; PART];
    let mut left = size as usize;
    while left > 0 {
        let some = left.min(PART);
        getrandom::fill(&mut part[..some]).map_err(|error| io::Error::other(error.to_string()))?;
        file.write_all(&part[..some])?;
        left -= some;
    }
    // What is only in memory has no room yet.
    file.sync_all()
}
