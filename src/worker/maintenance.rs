//! Maintenance: room on the disk, segments that are done with, old deliveries.

use super::WorkerError;
use super::engine::Worker;
use super::retirement::Retirement;
use super::room::Room;
use store::{self, Store};

/// How often old things are pruned, in milliseconds, and how many in one step.
const PRUNE_MS: i64 = 60_000;
const PRUNE_STEP: usize = 500;
/// The pause between two steps of pruning where nothing else is to be done, in milliseconds.
const PRUNE_AGAIN_MS: i64 = 50;
/// Time without work, in milliseconds, after which the worker gives back memory that only makes it
/// quicker: a longer pause than those between a page's events.
const REST_MS: i64 = 30_000;
/// Nothing is pruned by age before a machine has run for so long, in nanoseconds: right after it
/// started, its clock may still be wrong, and nobody knows by how much.
const BOOTED_NS: u64 = 3600 * 1_000_000_000;
/// What is done beside deliveries, and when.
pub(super) struct Maintenance {
    pub(super) retirement: Retirement,
    pub(super) room: Room,
    /// When old things are pruned next, in Unix milliseconds.
    next_prune: i64,
    /// When memory is given back, if there is nothing to do until then; none once that is done.
    rest_at: Option<i64>,
}

impl Maintenance {
    /// Of a worker that starts.
    pub(super) fn new(now: i64) -> Self {
        Self {
            retirement: Retirement::new(),
            room: Room::new(now),
            next_prune: now + PRUNE_MS,
            rest_at: None,
        }
    }

    /// There was something to do.
    pub(super) fn worked(&mut self, now: i64) {
        self.rest_at = Some(now + REST_MS);
    }

    /// When there is something to do next for a worker at rest, which may prune or not.
    pub(super) fn wake_at(&self, now: i64, may_prune: bool) -> Option<i64> {
        // There is more to prune, or hours to sum up: soon, and in steps that leave room for others.
        let prune = (may_prune && self.next_prune <= now).then_some(now + PRUNE_AGAIN_MS);
        [self.room.wake_at(), self.rest_at, prune].into_iter().flatten().min()
    }

    /// The wall clock was set by `ms`.
    pub(super) fn shift(&mut self, ms: i64) {
        self.retirement.shift(ms);
        self.room.shift(ms);
        self.next_prune += ms;
        self.rest_at = self.rest_at.map(|at| at + ms);
    }
}

impl<S: Store> Worker<S> {
    /// Deletes segments that are read to the end, once the commits of what they held would
    /// survive a power cut. A step that fails is made again.
    pub(super) fn retire(&mut self, now: i64) -> Result<(), WorkerError> {
        if self.intake.batch.moves() {
            return Ok(());
        }
        if self.maintenance.retirement.syncing().is_none() {
            let commits = self.store.commits();
            self.maintenance.retirement.found(self.intake.reader.finished()?, commits, now);
        }
        if let Some((finished, commits)) = self.maintenance.retirement.syncing() {
            if !self.store.is_durable(commits)? {
                self.maintenance.retirement.wait_for_disk(now);
                return Ok(());
            }
            let finished = finished.to_vec();
            let gone = self.leave_journal(&finished, now)?;
            self.maintenance.retirement.removed(gone, now);
        }
        self.maintenance.retirement.vanished(self.intake.reader.vanished());
        self.forget_positions()
    }

    /// Deletes all that is read to the end before the worker leaves.
    pub(super) fn retire_all(&mut self) -> Result<(), WorkerError> {
        if self.intake.batch.moves() {
            return Ok(());
        }
        let finished = self.intake.reader.finished()?;
        self.store.make_durable()?;
        let gone = self.leave_journal(&finished, self.clock.unix_ms())?;
        self.maintenance.retirement.vanished([gone, self.intake.reader.vanished()].concat());
        self.forget_positions()
    }

    fn forget_positions(&mut self) -> Result<(), WorkerError> {
        let gone = self.maintenance.retirement.gone();
        if !gone.is_empty() {
            store::commit(&mut self.store, &mut |tx| {
                gone.iter().try_for_each(|segment| tx.forget_position(*segment))
            })?;
            self.maintenance.retirement.forgotten();
        }
        Ok(())
    }

    /// One small step of pruning, when there is nothing else to do.
    pub(super) fn prune(&mut self, now: i64) -> Result<(), WorkerError> {
        const DAY: i64 = 24 * 3600 * 1000;
        let Some(active) = self.active.as_ref().filter(|_| now >= self.maintenance.next_prune)
        else {
            return Ok(());
        };
        if self.clock.monotonic_ns() < BOOTED_NS {
            self.maintenance.next_prune = now + PRUNE_MS;
            return Ok(());
        }
        let retention = active.config.retention;
        let bodies_before = now - i64::from(retention.bodies_days) * DAY;
        let rows_before = now - i64::from(retention.deliveries_days) * DAY;
        let mut more = false;
        store::commit(&mut self.store, &mut |tx| {
            more = tx.prune(bodies_before, rows_before, PRUNE_STEP)?;
            Ok(())
        })?;
        self.maintenance.next_prune = if more { now } else { now + PRUNE_MS };
        Ok(())
    }

    /// Gives back memory once there was nothing to do for [`REST_MS`].
    pub(super) fn rest(&mut self, now: i64) {
        if self.maintenance.rest_at.take_if(|at| *at <= now).is_some() {
            self.store.rest();
            delivery::io::give_memory_back();
        }
    }
}
