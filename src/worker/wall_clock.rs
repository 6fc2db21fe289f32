//! The wall clock, by which everything is due, and what is done when it was set.

use super::WorkerError;
use super::engine::Worker;
use domain::clock::{self, Clock};
use journal::Boot;
use store::log::CLOCK_SET;
use store::{self, ClockReading, Store};

/// A difference between wall clock and monotonic clock that is a jump, in milliseconds.
pub(super) const JUMP_MS: i64 = 30_000;
/// A jump that people are told of, in milliseconds: by so much a signature's time may be off where
/// it is verified (Standard Webhooks 1.0.0), so one of the two times was wrong.
const NOTICED_JUMP_MS: i64 = 300_000;

/// Where the wall clock stood when due times were right.
#[derive(Debug)]
pub(super) struct WallClock {
    pub(super) reading: ClockReading,
    kept: Kept,
}

/// Whether the store knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    InStore,
    NotYet,
}

impl WallClock {
    /// Of a worker that starts, whose store has kept a reading, or none.
    pub(super) fn new(clock: &dyn Clock, kept: Option<ClockReading>) -> Self {
        let now = ClockReading { boot: Boot::current(), offset: clock::offset(clock) };
        // Of another boot nothing can be said: its monotonic clock is another one.
        match kept.filter(|kept| kept.boot == now.boot && kept.boot.is_known()) {
            Some(reading) => Self { reading, kept: Kept::InStore },
            None => Self { reading: now, kept: Kept::NotYet },
        }
    }

    /// The time by the clock as it was then, in Unix milliseconds: what a worker notes by it goes with the
    /// clock once it is seen that that was set.
    pub(super) fn time(&self, clock: &dyn Clock) -> i64 {
        (clock.monotonic_ns() / 1_000_000).cast_signed() + self.reading.offset
    }
}

impl<S: Store> Worker<S> {
    /// Moves what waits with the wall clock when that was set, so that a retry in an hour stays
    /// one in an hour: neither a flood nor a standstill. Also when it was set while no worker
    /// ran: the store knows where the last one saw it.
    pub(super) fn look_at_clock(&mut self, now: i64) -> Result<(), WorkerError> {
        let known = self.wall_clock.reading;
        let reading = ClockReading { offset: clock::offset(&*self.clock), ..known };
        let jump = reading.offset - known.offset;
        if jump.abs() <= JUMP_MS {
            if self.wall_clock.kept == Kept::NotYet {
                store::commit(&mut self.store, &mut |tx| tx.shift_due(0, known))?;
                self.wall_clock.kept = Kept::InStore;
            }
            return Ok(());
        }
        tracing::warn!(seconds = jump / 1000, "the wall clock was set; due times go with it");
        let schedule = &self.schedule;
        store::commit(&mut self.store, &mut |tx| {
            tx.shift_due(jump, reading)?;
            for (key, lane) in schedule.lanes().filter(|(_, lane)| lane.health.has_times()) {
                let mut health = lane.health.clone();
                health.shift(jump);
                tx.set_health(key, &health)?;
            }
            Ok(())
        })?;
        self.schedule.shift(jump, now);
        self.aftermath.trials.shift(jump);
        self.maintenance.shift(jump);
        self.shift_kept(jump);
        self.idle_since += jump;
        self.next_config = now;
        self.wall_clock = WallClock { reading, kept: Kept::InStore };
        if jump.abs() > NOTICED_JUMP_MS {
            self.announce(CLOCK_SET, [("seconds", (jump / 1000).into())]);
        }
        Ok(())
    }
}
