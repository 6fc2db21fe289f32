//! Room on the disk: the reserve, the store's budget, and what goes so that deliveries go on.

use super::WorkerError;
use super::engine::Worker;
use super::reserve;
use store::{self, GivenUp, Keep, Store};

/// How often it is looked whether the store keeps to its budget, in milliseconds.
const BUDGET_MS: i64 = 1000;
/// And after so many bytes of events.
const GROWTH: u64 = 1 << 20;
/// Events that are given up in one step.
const STEP: usize = 500;
/// The same while the disk is full, and most steps of a round: there is little room to write about
/// what goes.
const FULL_STEP: usize = 64;
const MOST_STEPS: usize = 100;

/// When the room is looked at.
#[derive(Debug)]
pub(super) struct Room {
    /// In Unix milliseconds.
    next: i64,
    /// Bytes of events that came into the store since it was looked at.
    grown: u64,
    /// The last look found too little, or was not done.
    is_scarce: bool,
    /// When it may be told again that some of the log had to go, in Unix milliseconds.
    next_news: i64,
}

impl Room {
    pub(super) fn new(now: i64) -> Self {
        Self { next: now, grown: 0, is_scarce: false, next_news: now }
    }

    /// So many bytes came into the store: after a few large events its size has to be looked at.
    pub(super) fn note_growth(&mut self, bytes: u64, now: i64) {
        self.grown += bytes;
        if self.grown >= GROWTH {
            self.next = self.next.min(now);
        }
    }

    /// Until when the worker may sleep for all that is to be done here.
    pub(super) fn wake_at(&self) -> Option<i64> {
        self.is_scarce.then_some(self.next)
    }

    /// The wall clock was set by `ms`.
    pub(super) fn shift(&mut self, ms: i64) {
        self.next += ms;
        self.next_news += ms;
    }
}

impl<S: Store> Worker<S> {
    /// Makes the reserve again when there is room for it. The store's log may be what fills the
    /// disk: without commits it would never become shorter. So may what was delivered: nothing
    /// waits for as long as that can be given up.
    pub(super) fn look_at_disk(&mut self, now: i64) -> Result<(), WorkerError> {
        if !self.reserve.is_full() {
            return Ok(());
        }
        self.free_kept()?;
        let mut given = GivenUp::default();
        for _ in 0..MOST_STEPS {
            if self.reserve.restore(&self.spool)
                || (self.store.truncate_wal()? && self.reserve.restore(&self.spool))
            {
                tracing::info!("there is room on the disk again");
                self.sleeper.set_full(false);
                break;
            }
            let step = self.give_up(Keep::Least, FULL_STEP)?;
            given.events += step.events;
            if !step.more {
                break;
            }
        }
        self.tell_what_was_given_up(given, "disk", now);
        Ok(())
    }

    /// Keeps the store within its budget, in steps that hold up nothing else.
    pub(super) fn keep_budget(&mut self, now: i64) -> Result<(), WorkerError> {
        let Some(active) = self.active.as_ref().filter(|_| now >= self.maintenance.room.next)
        else {
            return Ok(());
        };
        let keep = active.config.retention.bytes.map_or(Keep::Half, Keep::Bytes);
        // Whoever appends finds no room before the worker does, which needs little.
        let mut is_short = reserve::room_is_short(&self.spool);
        if is_short && self.free_kept()? {
            is_short = reserve::room_is_short(&self.spool);
        }
        let (keep, why) = if is_short { (Keep::Least, "disk") } else { (keep, "budget") };
        let given = self.give_up(keep, if is_short { FULL_STEP } else { STEP })?;
        if is_short {
            // A reader in the way is gone at the next step.
            self.store.truncate_wal()?;
        }
        self.maintenance.room.next = if given.more { now } else { now + BUDGET_MS };
        self.maintenance.room.grown = 0;
        self.maintenance.room.is_scarce = is_short || given.more;
        self.tell_what_was_given_up(given, why, now);
        Ok(())
    }

    fn give_up(&mut self, keep: Keep, limit: usize) -> Result<GivenUp, WorkerError> {
        let mut given = GivenUp::default();
        store::commit(&mut self.store, &mut |tx| {
            given = tx.give_up(keep, limit)?;
            Ok(())
        })?;
        Ok(given)
    }

    /// Announces it: once a day, since a budget that is reached is so from then on.
    fn tell_what_was_given_up(&mut self, given: GivenUp, why: &str, now: i64) {
        const DAY: i64 = 24 * 3600 * 1000;
        if given.events == 0 {
            return;
        }
        tracing::info!(events = given.events, why, "what was delivered is given up to make room");
        if now >= self.maintenance.room.next_news {
            self.maintenance.room.next_news = now + DAY;
            self.announce("log_shortened", [("reason", why.into())]);
        }
    }
}
