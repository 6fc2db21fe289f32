//! Maintenance: room on the disk, segments that are done with, old deliveries.

use super::WorkerError;
use super::engine::Worker;
use super::retirement::Retirement;
use super::room::Room;
use store::{self, Store};

/// How often old things are pruned, in milliseconds, and how many in one step.
const PRUNE_MS: i64 = 60_000;
const PRUNE_STEP: usize = 500;
/// What is done beside deliveries, and when.
pub(super) struct Maintenance {
    pub(super) retirement: Retirement,
    pub(super) room: Room,
    /// When old things are pruned next, in Unix milliseconds.
    next_prune: i64,
}

impl Maintenance {
    /// Of a worker that starts.
    pub(super) fn new(now: i64) -> Self {
        let next_prune = now + PRUNE_MS;
        Self { retirement: Retirement::new(), room: Room::new(now), next_prune }
    }

    /// The wall clock was set by `ms`.
    pub(super) fn shift(&mut self, ms: i64) {
        self.retirement.shift(ms);
        self.room.shift(ms);
        self.next_prune += ms;
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
            self.intake.reader.remove(finished)?;
            self.maintenance.retirement.removed(now);
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
        self.intake.reader.remove(&finished)?;
        self.maintenance.retirement.vanished([finished, self.intake.reader.vanished()].concat());
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
}
