//! Time, injectable.
//!
//! Two clocks are needed and never mixed: the wall clock for what people and endpoints read
//! (`timestamp`, due times, log), and the monotonic clock for order within a boot and for
//! durations. Everything that waits or schedules takes a [`Clock`], so that a test can jump
//! hours in either direction.

use std::sync::atomic::{AtomicI64, Ordering};

/// The two readings that the worker and the journal need.
pub trait Clock: Send + Sync {
    /// Milliseconds since the Unix epoch (wall clock; may jump).
    fn unix_ms(&self) -> i64;
    /// Nanoseconds of `CLOCK_MONOTONIC` (never jumps; starts anew at each boot).
    fn monotonic_ns(&self) -> u64;
}

/// The machine's own clocks, read through the vDSO.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn unix_ms(&self) -> i64 {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
        now.tv_sec * 1000 + now.tv_nsec / 1_000_000
    }

    fn monotonic_ns(&self) -> u64 {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        now.tv_sec.cast_unsigned() * 1_000_000_000 + now.tv_nsec.cast_unsigned()
    }
}

/// A clock that stands still until a test moves it.
#[derive(Debug, Default)]
pub struct ManualClock {
    unix_ms: AtomicI64,
    monotonic_ns: AtomicI64,
}

impl ManualClock {
    /// A clock that shows `unix_ms` (and a monotonic reading of zero).
    pub fn at(unix_ms: i64) -> Self {
        let clock = Self::default();
        clock.unix_ms.store(unix_ms, Ordering::SeqCst);
        clock
    }

    /// Lets `ms` milliseconds pass on both clocks.
    pub fn advance(&self, ms: i64) {
        self.unix_ms.fetch_add(ms, Ordering::SeqCst);
        self.monotonic_ns.fetch_add(ms * 1_000_000, Ordering::SeqCst);
    }

    /// Sets the wall clock by `ms` (negative: back) while no time passes.
    pub fn jump(&self, ms: i64) {
        self.unix_ms.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn unix_ms(&self) -> i64 {
        self.unix_ms.load(Ordering::SeqCst)
    }

    fn monotonic_ns(&self) -> u64 {
        self.monotonic_ns.load(Ordering::SeqCst).cast_unsigned()
    }
}
