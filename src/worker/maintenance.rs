//! Maintenance: room on the disk, segments that are done with, old deliveries.

use super::WorkerError;
use super::engine::Worker;
use super::request::FORGOTTEN;
use store::bulk::BulkStep;
use store::{self, Forgetting, Store};

/// How often old things are pruned, in milliseconds, and how many in one step.
pub(super) const PRUNE_MS: i64 = 60_000;
const PRUNE_STEP: usize = 500;
/// Time without work, in milliseconds, after which the worker gives back memory that only makes it
/// quicker: a longer pause than those between a page's events.
pub(super) const REST_MS: i64 = 30_000;
/// Nothing is pruned by age before a machine has run for so long, in nanoseconds: right after it
/// started, its clock may still be wrong, and nobody knows by how much.
const BOOTED_NS: u64 = 3600 * 1_000_000_000;
/// Payloads that are searched for a person in one step.
const FORGET_STEP: usize = 500;
/// Deliveries of a whole result that are changed in one step.
const CHANGE_STEP: usize = 500;

impl<S: Store> Worker<S> {
    /// Deletes segments that are read to the end, once the commits of what they held would
    /// survive a power cut. A step that fails is made again.
    pub(super) fn retire(&mut self, now: i64) -> Result<(), WorkerError> {
        if self.batch.moves() {
            return Ok(());
        }
        if self.retirement.syncing().is_none() {
            let commits = self.store.commits();
            self.retirement.found(self.reader.finished()?, commits, now);
        }
        if let Some((finished, commits)) = self.retirement.syncing() {
            if !self.store.is_durable(commits)? {
                self.retirement.wait_for_disk(now);
                return Ok(());
            }
            self.reader.remove(finished)?;
            self.retirement.removed(now);
        }
        self.retirement.vanished(self.reader.vanished());
        self.forget_positions()
    }

    /// Deletes all that is read to the end before the worker leaves.
    pub(super) fn retire_all(&mut self) -> Result<(), WorkerError> {
        if self.batch.moves() {
            return Ok(());
        }
        let finished = self.reader.finished()?;
        self.store.make_durable()?;
        self.reader.remove(&finished)?;
        self.retirement.vanished([finished, self.reader.vanished()].concat());
        self.forget_positions()
    }

    fn forget_positions(&mut self) -> Result<(), WorkerError> {
        let gone = self.retirement.gone();
        if !gone.is_empty() {
            store::commit(&mut self.store, &mut |tx| {
                gone.iter().try_for_each(|segment| tx.forget_position(*segment))
            })?;
            self.retirement.forgotten();
        }
        Ok(())
    }

    /// One small step of pruning, when there is nothing else to do.
    pub(super) fn prune(&mut self, now: i64) -> Result<(), WorkerError> {
        const DAY: i64 = 24 * 3600 * 1000;
        if self.clock.monotonic_ns() < BOOTED_NS {
            return Ok(());
        }
        let Some(active) = self.active.as_ref().filter(|_| now >= self.next_prune) else {
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
        self.next_prune = if more { now } else { now + PRUNE_MS };
        Ok(())
    }

    /// Gives back memory once there was nothing to do for [`REST_MS`].
    pub(super) fn rest(&mut self, now: i64) {
        if self.rest_at.take_if(|at| *at <= now).is_some() {
            self.store.rest();
            delivery::io::give_memory_back();
        }
    }

    /// A step of the changes of whole results, oldest first. What is new and due has its turn
    /// between two of them.
    pub(super) fn change(&mut self, now: i64) -> Result<bool, WorkerError> {
        if !self.changes || self.reserve.is_full() {
            return Ok(false);
        }
        let schedule = &self.schedule;
        let (mut step, mut due) = (BulkStep::default(), Vec::new());
        store::commit(&mut self.store, &mut |tx| {
            due.clear();
            step = tx.step_bulk(now, CHANGE_STEP)?;
            for key in &step.webhooks {
                due.push((*key, tx.next_due(*key, schedule.is_ordered(*key))?));
            }
            Ok(())
        })?;
        for (key, due) in due {
            self.schedule.set_due(key, due, now);
        }
        self.changes = step.more;
        Ok(true)
    }

    /// A step towards forgetting whoever asked for it. Everything that was in the journal before
    /// the wish is in the store by now; once the store has no trace, neither may the journal's
    /// read parts, what was set aside, or the store's own log.
    pub(super) fn forget(&mut self) -> Result<bool, WorkerError> {
        if let Some((token, events)) = self.forgotten.take() {
            if !self.store.truncate_wal()? {
                self.forgotten = Some((token, events));
                return Ok(false); // A reader is in the way, for two seconds at most.
            }
            let params = [("token", token.into()), ("events", events.into())];
            self.announce(FORGOTTEN, params);
            return Ok(true);
        }
        // A batch that still waits for its config is not in the store.
        if !self.forgets || self.batch.moves() {
            return Ok(false);
        }
        let mut forgetting = Forgetting::Nothing;
        store::commit(&mut self.store, &mut |tx| {
            forgetting = tx.forget(FORGET_STEP)?;
            Ok(())
        })?;
        match forgetting {
            Forgetting::Nothing => self.forgets = false,
            Forgetting::UnderWay => {}
            Forgetting::Done { token, person, events } => {
                tracing::info!(events, "payloads erased on request");
                self.store.make_durable()?;
                self.reader.scrub(|bytes| person.occurs_in(bytes))?;
                self.forgotten = Some((token, events));
            }
        }
        Ok(true)
    }
}
