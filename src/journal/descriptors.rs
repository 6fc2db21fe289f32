//! The descriptors that a forked child must not keep.
//!
//! A `flock` belongs to the open file, which parent and child share: a child that kept the
//! descriptor would keep a dead parent's segment owned, and its events unread at the tail, for
//! as long as it lives; a child that unlocked it would unlock the parent. So the child closes
//! it, first thing after the fork, in a handler that touches nothing but this table: it runs
//! in whatever state the fork caught the process, and takes no lock.

use std::os::fd::{AsFd, BorrowedFd, IntoRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, Ordering};

use rustix::process::Pid;

/// One writer per thread: more than any PHP server has.
pub(super) const MAX_OPEN: usize = 1024;
const FREE: RawFd = -1;

/// Every segment that this process has open. Whoever takes a descriptor out of the table, and
/// nobody else, closes it.
static OPEN: [AtomicI32; MAX_OPEN] = [const { AtomicI32::new(FREE) }; MAX_OPEN];
/// How many forks lie between the first process that wrote and this one.
static GENERATION: AtomicU32 = AtomicU32::new(0);
static HANDLED: AtomicBool = AtomicBool::new(false);

/// An open descriptor of this very process.
#[derive(Debug)]
pub(super) struct Kept {
    fd: RawFd,
    slot: usize,
    generation: u32,
    pid: Pid,
}

impl Kept {
    /// Enters `fd` into the table, or closes it where the table is full.
    pub(super) fn new(fd: OwnedFd) -> Option<Self> {
        handle_forks();
        let fd = fd.into_raw_fd();
        let take = |slot: &AtomicI32| {
            slot.compare_exchange(FREE, fd, Ordering::SeqCst, Ordering::SeqCst).is_ok()
        };
        let Some(slot) = OPEN.iter().position(take) else {
            close(fd);
            return None;
        };
        let generation = GENERATION.load(Ordering::SeqCst);
        Some(Self { fd, slot, generation, pid: rustix::process::getpid() })
    }

    /// Whether the process that opened it is this one. The pid as well: a child made by a bare
    /// `clone` runs no handlers.
    pub(super) fn is_ours(&self) -> bool {
        self.is_of_this_generation() && self.pid == rustix::process::getpid()
    }

    fn is_of_this_generation(&self) -> bool {
        self.generation == GENERATION.load(Ordering::Relaxed)
    }
}

impl AsFd for Kept {
    fn as_fd(&self) -> BorrowedFd<'_> {
        debug_assert!(self.is_of_this_generation());
        // SAFETY: the table owns the descriptor, and only `drop` takes it out in this process;
        // users ask `is_ours` first, so it is not that of a parent, closed after the fork.
        unsafe { BorrowedFd::borrow_raw(self.fd) }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // After a fork the number may already be another file's.
        if self.is_of_this_generation()
            && OPEN[self.slot]
                .compare_exchange(self.fd, FREE, Ordering::SeqCst, Ordering::SeqCst)
                .is_ok()
        {
            close(self.fd);
        }
    }
}

fn close(fd: RawFd) {
    // SAFETY: the caller took the descriptor out of the table, or never entered it, so it is
    // the only owner.
    unsafe { rustix::io::close(fd) }
}

/// Registers the handler, once per process tree: children inherit it.
fn handle_forks() {
    // A flag and not a `Once`: in a child whose parent was just registering in another thread,
    // a `Once` would wait for ever.
    if !HANDLED.swap(true, Ordering::SeqCst) {
        // SAFETY: the handler is a plain function that stays mapped as long as it is
        // registered, and is async-signal-safe (atomics and `close`).
        let failed = unsafe { libc::pthread_atfork(None, None, Some(after_fork_in_child)) };
        // Out of memory is the only failure; the pid check then stands alone.
        debug_assert_eq!(failed, 0);
    }
}

extern "C" fn after_fork_in_child() {
    GENERATION.fetch_add(1, Ordering::SeqCst);
    for slot in &OPEN {
        let fd = slot.swap(FREE, Ordering::SeqCst);
        if fd != FREE {
            close(fd);
        }
    }
    domain::id::reseed_after_fork();
}
