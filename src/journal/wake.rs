//! The word by which a writer knows that the worker sleeps.
//!
//! A shared page holds one 32-bit word: bit 0 says *asleep*, the rest is a ticket that changes
//! with every call to wake. The worker sets the bit, fences, looks at the journal once more, and
//! only then waits (futex) for the word to change. A writer appends, fences, and loads the
//! word. By the two fences one of them sees the other: the worker the record, or the writer the
//! bit. So an append costs no second system call while the worker is awake, and none is missed
//! when it is not. The ticket catches the writer that calls between the worker's last look and
//! its wait: the word is no longer the one that the worker means to wait on.
//!
//! A worker that leaves, leaves the bit set: every writer from then on tries to wake, finds that
//! nobody slept, and asks whether there is a worker at all.
//!
//! `model` tries every order in which the two can meet, and fails where one fence is missing.
//!
//! A second word of the page says that the disk is full: the worker has given up its reserve so
//! that the journal can be drained, and until it has it back nothing new is to be accepted.
//!
//! A third one is the worker's beat: the second of the monotonic clock at which it was last at work.
//! It sleeps for a minute at most, so one that is much older is that of a worker that hangs.
//!
//! *What if somebody cuts the file?* Touching a mapped page whose file has become shorter is a
//! SIGBUS. The size is checked when it is mapped, and who can cut it later is the spool's owner
//! (or group), by the file's mode; the worst that gets them is to kill processes that work for
//! them: their own worker, and root's `php` run in their site. There is no seal against it
//! on a disk file, and a handler for SIGBUS has no place in PHP's process. It is accepted, and
//! SECURITY.md says so. A page that finds no room when it is written to is asked first
//! ([`Page::has_room`]).

#[cfg(test)]
mod model;
mod protocol;

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::fd::AsFd;
use rustix::fs::FallocateFlags;
use rustix::mm::{Advice, MapFlags, ProtFlags};

use self::protocol::Word as _;
use spool::{Access, Privacy, Spool, SpoolError, WAKE_FILE, cannot_here};

/// Bytes of the file: a page wherever we run; only the first twelve are used.
const SIZE: usize = 4096;

/// What came of a call to wake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Woken {
    /// The worker was not asleep, and will look at the journal before it sleeps.
    Awake,
    /// It slept, and was woken.
    Woken,
    /// The word says asleep, but nobody waited: about to sleep, or gone. Ask the worker's lock.
    NobodySleeps,
}

/// The writer's side: one per process.
#[derive(Debug)]
pub struct Waker {
    page: Page,
}

impl Waker {
    /// Maps the word of `spool`, made if it isn't there.
    ///
    /// # Errors
    /// Where the file can't be opened, made, brought to its size, or mapped.
    pub fn open(spool: &Spool) -> Result<Self, SpoolError> {
        Ok(Self { page: Page::open(spool)? })
    }

    /// To be called after each append. One load while the worker is awake.
    pub fn wake_if_asleep(&self) -> Woken {
        protocol::call_if_asleep(self.page.word(), || self.page.has_room())
    }

    /// Whether the worker has said that the disk is full. One load.
    pub fn is_full(&self) -> bool {
        self.page.words().full.load(Ordering::Relaxed) != 0
    }
}

/// What the worker of a spool has said, beside whether it sleeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Said {
    /// The disk is full.
    pub full: bool,
    /// When it was last at work, in seconds of the monotonic clock; 0: never on this page.
    pub beat: u32,
}

/// What the worker of `spool` has said. Makes nothing that isn't there.
pub fn said(spool: &Spool) -> Said {
    if !spool.top().version(WAKE_FILE).is_ok_and(|stamp| stamp.is_some()) {
        return Said::default();
    }
    Waker::open(spool).map_or_else(
        |_| Said::default(),
        |waker| Said {
            full: waker.is_full(),
            beat: waker.page.words().beat.load(Ordering::Relaxed),
        },
    )
}

/// The worker's side.
#[derive(Debug)]
pub struct Sleeper {
    page: Arc<Page>,
    /// The word to wait on, once prepared.
    expected: u32,
}

impl Sleeper {
    /// Maps the word of `spool`, made if it isn't there, and says awake.
    ///
    /// # Errors
    /// See [`Waker::open`].
    pub fn open(spool: &Spool) -> Result<Self, SpoolError> {
        let page = Arc::new(Page::open(spool)?);
        protocol::stay_awake(page.word());
        Ok(Self { page, expected: 0 })
    }

    /// Says asleep. Now look once more at everything that could be a reason to stay awake (the
    /// journal, a flag that a signal handler sets); then [`wait`](Self::wait), or
    /// [`stay_awake`](Self::stay_awake).
    pub fn prepare(&mut self) {
        self.expected = protocol::prepare(self.page.word());
    }

    /// Sleeps until called, or for `timeout`, and says awake.
    pub fn wait(&mut self, timeout: Option<Duration>) {
        self.page.word().wait(self.expected, timeout);
        self.stay_awake();
    }

    /// Takes [`prepare`](Self::prepare) back.
    pub fn stay_awake(&mut self) {
        protocol::stay_awake(self.page.word());
    }

    /// The last word of a worker that leaves, after it gave up its lock: writers from now on
    /// find nobody asleep and ask the lock. Look at the journal once more after this.
    pub fn leave(&mut self) {
        self.prepare();
    }

    /// Tells writers whether the disk is full.
    pub fn set_full(&self, full: bool) {
        self.page.words().full.store(full.into(), Ordering::Relaxed);
    }

    /// Says that the worker is at work, at this reading of the monotonic clock.
    pub fn beat(&self, monotonic_ns: u64) {
        let second = (monotonic_ns / 1_000_000_000) as u32;
        self.page.words().beat.store(second.max(1), Ordering::Relaxed);
    }

    /// What other threads and signal handlers of this process wake the worker with.
    pub fn handle(&self) -> WakeHandle {
        WakeHandle { page: Arc::clone(&self.page) }
    }
}

/// Wakes the worker from within its own process.
#[derive(Debug, Clone)]
pub struct WakeHandle {
    page: Arc<Page>,
}

impl WakeHandle {
    /// Ends the [`Sleeper::wait`] that is under way, or the one that was prepared. Like a
    /// writer, leave the news first where the worker looks after [`Sleeper::prepare`]. Safe in a
    /// signal handler: atomic operations and at most one system call.
    pub fn wake(&self) {
        protocol::call_if_asleep(self.page.word(), || true);
    }
}

/// Makes the file as long as it has to be: only ever longer, as another process may have it
/// mapped; and allocated, as touching a page that finds no room on the disk is a SIGBUS as well.
fn allocate(file: &File) -> io::Result<()> {
    let whole = || rustix::fs::fallocate(file, FallocateFlags::empty(), 0, SIZE as u64);
    match rustix::io::retry_on_intr(whole) {
        // Not every file system can allocate without writing. Not the words: they may be in use.
        Err(error) if cannot_here(error) => {
            file.write_all_at(&[0; SIZE - size_of::<Words>()], size_of::<Words>() as u64)
        }
        outcome => Ok(outcome?),
    }
}

/// The mapped page.
#[derive(Debug)]
struct Page(NonNull<Words>);

#[derive(Debug)]
#[repr(C)]
struct Words {
    asleep: AtomicU32,
    full: AtomicU32,
    beat: AtomicU32,
}

// SAFETY: the page is only ever used through a reference to atomics.
unsafe impl Send for Page {}
// SAFETY: as above.
unsafe impl Sync for Page {}

impl Page {
    fn open(spool: &Spool) -> Result<Self, SpoolError> {
        let top = spool.top();
        let file = top.open_or_create(WAKE_FILE, Access::ReadWrite, Privacy::Shared)?;
        let map = || {
            allocate(&file)?;
            Ok(Self::map(&file)?)
        };
        map().map_err(|error: io::Error| top.error(WAKE_FILE, "map a file of the spool", error))
    }

    fn map(file: impl AsFd) -> rustix::io::Result<Self> {
        let (protection, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED);
        // SAFETY: a new mapping at an address of the kernel's choice, of a file that is as long.
        let page =
            unsafe { rustix::mm::mmap(std::ptr::null_mut(), SIZE, protection, flags, file, 0)? };
        // A mapping is never at address zero, unless asked for.
        Ok(Self(NonNull::new(page.cast()).ok_or(rustix::io::Errno::INVAL)?))
    }

    /// Whether the page can be written to. A file system that writes each block to a new place (Btrfs)
    /// needs room even for one that is there; on a full one the write itself would be a SIGBUS. Kernels
    /// before 5.14 don't say.
    fn has_room(&self) -> bool {
        // SAFETY: mapped by `map`, with this length; the pages keep what they hold.
        let populated = unsafe {
            rustix::mm::madvise(self.0.as_ptr().cast(), SIZE, Advice::LinuxPopulateWrite)
        };
        populated != Err(rustix::io::Errno::FAULT)
    }

    fn words(&self) -> &Words {
        // SAFETY: mapped, aligned and initialised (any bits are a u32) until dropped; other
        // processes change it by atomic operations only.
        unsafe { self.0.as_ref() }
    }

    fn word(&self) -> &AtomicU32 {
        &self.words().asleep
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // SAFETY: mapped by `map`, with this length, and no reference outlives `self`.
        let unmapped = unsafe { rustix::mm::munmap(self.0.as_ptr().cast(), SIZE) };
        debug_assert!(unmapped.is_ok());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_can_not_be_written_is_known_before_it_is_touched() {
        let file = rustix::fs::memfd_create("page", rustix::fs::MemfdFlags::empty()).unwrap();
        let file = File::from(file);
        allocate(&file).unwrap();
        let page = Page::map(&file).unwrap();
        assert!(page.has_room());
        // What a full Btrfs does to the next write, done to any file system's page.
        file.set_len(0).unwrap();
        assert!(!page.has_room());
    }

    #[test]
    fn a_writer_without_room_wakes_and_leaves_the_word() {
        let word = AtomicU32::new(0);
        let asleep = protocol::prepare(&word);
        assert_eq!(protocol::call_if_asleep(&word, || false), Woken::NobodySleeps);
        assert_eq!(word.load(Ordering::Relaxed), asleep);
    }
}
