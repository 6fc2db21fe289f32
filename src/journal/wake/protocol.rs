//! What the two sides do with the word, whatever word it is: the worker's page, or the one of the
//! model that tries every order in which the two can meet (`model`).

use std::sync::atomic::{AtomicU32, Ordering, fence};
use std::time::Duration;

use rustix::thread::futex::{self, Timespec};

use super::Woken;

const ASLEEP: u32 = 1;
const TICKET: u32 = 2;

/// Who fences, for the model, which takes one fence away and has to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Writer,
    Worker,
}

/// A shared word, and the system's way to wait until it changes.
pub(super) trait Word {
    /// Without any order.
    fn load(&self) -> u32;

    /// All of these are `SeqCst`, and return what was there before.
    fn add(&self, value: u32) -> u32;
    fn and(&self, value: u32) -> u32;
    fn update(&self, change: fn(u32) -> u32) -> u32;

    /// Writes `new` where `old` is there.
    fn replace(&self, old: u32, new: u32);

    /// A fence, `SeqCst`.
    fn fence(&self, side: Side);

    /// Sleeps while the word is `expected`, until [`wake`](Self::wake), for `timeout` at most; may
    /// end for no reason.
    fn wait(&self, expected: u32, timeout: Option<Duration>);

    /// Wakes one that sleeps; whether there was one.
    fn wake(&self) -> bool;
}

impl Word for AtomicU32 {
    fn load(&self) -> u32 {
        self.load(Ordering::Relaxed)
    }

    fn add(&self, value: u32) -> u32 {
        self.fetch_add(value, Ordering::SeqCst)
    }

    fn and(&self, value: u32) -> u32 {
        self.fetch_and(value, Ordering::SeqCst)
    }

    fn update(&self, change: fn(u32) -> u32) -> u32 {
        let changed =
            self.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |old| Some(change(old)));
        // Never fails, as there is always an answer.
        changed.unwrap_or_default()
    }

    fn replace(&self, old: u32, new: u32) {
        let _ = self.compare_exchange(old, new, Ordering::SeqCst, Ordering::SeqCst);
    }

    fn fence(&self, _: Side) {
        fence(Ordering::SeqCst);
    }

    fn wait(&self, expected: u32, timeout: Option<Duration>) {
        let timeout = timeout.map(|timeout| Timespec {
            tv_sec: i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: timeout.subsec_nanos().into(),
        });
        // Called, called already, timed out, interrupted by a signal: the caller looks around in
        // any case. The futex is not a private one, as the caller is another process.
        let _ = futex::wait(self, futex::Flags::empty(), expected, timeout.as_ref());
    }

    fn wake(&self) -> bool {
        // A futex on memory that is mapped can't fail.
        futex::wake(self, futex::Flags::empty(), 1).is_ok_and(|woken| woken > 0)
    }
}

/// The writer's: after each append. `can_write`: whether the word can be changed, asked only where
/// that is to be done.
pub(super) fn call_if_asleep(word: &impl Word, can_write: impl FnOnce() -> bool) -> Woken {
    word.fence(Side::Writer);
    if word.load() & ASLEEP == 0 {
        return Woken::Awake;
    }
    if !can_write() {
        // One that sleeps is woken all the same; one that is about to sleep finds the record when it
        // looks again by itself.
        return if word.wake() { Woken::Woken } else { Woken::NobodySleeps };
    }
    call(word)
}

fn call(word: &impl Word) -> Woken {
    let called = word.add(TICKET).wrapping_add(TICKET);
    if !word.wake() {
        return Woken::NobodySleeps;
    }
    // It will run and look: spare the writers until then the system call. Not where the word has
    // changed since, for then it may be about to sleep again.
    word.replace(called, called & !ASLEEP);
    Woken::Woken
}

/// The worker's: says asleep, before the last look at the journal. Returns the word to wait on.
pub(super) fn prepare(word: &impl Word) -> u32 {
    const fn next(word: u32) -> u32 {
        word.wrapping_add(TICKET) | ASLEEP
    }
    let old = word.update(next);
    word.fence(Side::Worker);
    next(old)
}

/// The worker's: says awake.
pub(super) fn stay_awake(word: &impl Word) {
    word.and(!ASLEEP);
}
