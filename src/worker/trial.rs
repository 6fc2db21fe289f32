//! Little by little: deliveries that were under way when a worker died.
//!
//! Whatever ends the worker (memory, a stack, the kernel, a person) leaves behind what it had
//! under way; one of that may be the cause, and would be met again by the next worker, and the
//! next. So the store marks it all as suspect, and suspects are tried one after the other, beside
//! everything else. Thousands would take their turns for minutes so; whatever this worker has
//! survived is a reason to try more of them at a time, up to [`MOST`]. One that was under way at a
//! second death is *accused*: it is tried once all requests have come back, and nothing else begins
//! until it has. If a second worker dies while it alone is under way, it is the delivery's doing: the
//! store hands it out as deadly, and it fails
//! ([`Failure::WORKER_DIED`](store::Failure::WORKER_DIED)). Whoever was one of many is only
//! ever tried again, however often workers are killed.

use std::collections::HashMap;
use std::sync::Arc;

use super::WorkerError;
use super::engine::Worker;
use super::pool::{self, Completed, Job};
use domain::id::DeliveryId;
use store::{self, Attempt, Claim, Failure, Next, Phase, Selection, State, Store, Suspects};

/// A suspect that takes longer no longer holds up the next one, in milliseconds: an endpoint that
/// hangs kills nobody, and there may be thousands behind it.
const SLOW_MS: i64 = 5000;
/// A worker tries nothing before it has lived for so long, in milliseconds: where somebody kills
/// one after the other, what they happen to be at is no cause.
const SETTLE_MS: i64 = 1000;
/// When suspects whose webhooks may not send are looked at again, in milliseconds.
const AGAIN_MS: i64 = 1000;
/// Deaths that make a suspect an accused.
const ACCUSED: u32 = 2;
/// As many suspects are tried one at a time.
const ONE_BY_ONE: u32 = 8;
/// Most suspects that are tried at a time: each of them is accused if it ends in a death.
const MOST: u32 = 32;

/// Where the trying stands.
#[derive(Debug)]
pub(super) struct Trials {
    stage: Stage,
    /// Suspects that this worker has survived.
    survived: u32,
}

#[derive(Debug)]
enum Stage {
    /// There are no suspects.
    None,
    /// There may be some, to be looked at from this time on (Unix milliseconds).
    Waiting(i64),
    /// One is accused: it is tried once nothing else is under way.
    Draining,
    /// Some are under way.
    Trying {
        deliveries: Vec<DeliveryId>,
        /// Since when, in Unix milliseconds.
        since: i64,
        /// Nothing else may begin meanwhile.
        alone: bool,
    },
}

impl Trials {
    /// Those of a worker that begins at `now`; whether it found suspects.
    pub(super) const fn new(suspects: bool, now: i64) -> Self {
        let stage = if suspects { Stage::Waiting(now) } else { Stage::None };
        Self { stage, survived: 0 }
    }

    /// Whether there is nothing to be tried.
    pub(super) const fn is_none(&self) -> bool {
        matches!(self.stage, Stage::None)
    }

    /// Whether nothing but a trial may begin.
    pub(super) const fn holds_up_others(&self) -> bool {
        matches!(self.stage, Stage::Draining | Stage::Trying { alone: true, .. })
    }

    /// Whether there is nothing to be tried, or nothing that could be before a later time.
    pub(super) const fn are_caught_up(&self, now: i64) -> bool {
        match self.stage {
            Stage::None => true,
            Stage::Waiting(at) => at > now,
            Stage::Draining | Stage::Trying { .. } => false,
        }
    }

    /// When there is something to do by itself.
    pub(super) const fn wake_at(&self) -> Option<i64> {
        match self.stage {
            Stage::Waiting(at) => Some(at),
            Stage::Trying { since, alone: false, .. } => Some(since + SLOW_MS),
            Stage::None | Stage::Draining | Stage::Trying { .. } => None,
        }
    }

    /// A worker that is to stay begins to work.
    pub(super) fn settle(&mut self, now: i64) {
        if let Stage::Waiting(at) = &mut self.stage {
            *at = (*at).max(now + SETTLE_MS);
        }
    }

    /// There may be suspects that were not known of: somebody had them sent again.
    pub(super) fn look(&mut self, now: i64) {
        if self.is_none() {
            self.stage = Stage::Waiting(now);
        }
    }

    /// A delivery is not under way any more.
    pub(super) fn ended(&mut self, ended: DeliveryId, now: i64) {
        let Stage::Trying { deliveries, .. } = &mut self.stage else { return };
        let before = deliveries.len();
        deliveries.retain(|delivery| *delivery != ended);
        self.survived += (before - deliveries.len()) as u32;
        if deliveries.is_empty() {
            self.stage = Stage::Waiting(now);
        }
    }

    /// The wall clock was set by `ms`.
    pub(super) fn shift(&mut self, ms: i64) {
        match &mut self.stage {
            Stage::Waiting(at) => *at += ms,
            Stage::Trying { since, .. } => *since += ms,
            Stage::None | Stage::Draining => {}
        }
    }

    /// Whether the next ones may be tried, as far as those before them go. Those that hang have not
    /// killed in a time in which they would have.
    fn has_a_turn(&mut self, now: i64, is_idle: bool) -> bool {
        match &self.stage {
            Stage::None => false,
            Stage::Waiting(at) => *at <= now,
            Stage::Draining => is_idle,
            Stage::Trying { alone: true, .. } => false,
            Stage::Trying { deliveries, since, .. } => {
                let goes_on = now >= since + SLOW_MS;
                if goes_on {
                    self.survived += deliveries.len() as u32;
                    self.stage = Stage::Waiting(now);
                }
                goes_on
            }
        }
    }

    /// How many may be tried at a time.
    fn most(&self) -> usize {
        let most = if self.survived < ONE_BY_ONE { 1 } else { (self.survived / 4).min(MOST) };
        most as usize
    }

    /// None of them could be tried now.
    fn wait(&mut self, suspects: &[Suspects], now: i64) {
        self.stage = match suspects.iter().map(|one| one.due).min() {
            None => Stage::None,
            Some(due) => Stage::Waiting(due.max(now + AGAIN_MS)),
        };
    }
}

/// What the deaths of workers left behind.
#[derive(Debug)]
pub(super) struct Aftermath {
    pub(super) trials: Trials,
    /// At these deliveries workers died: they have failed, which is still to be recorded.
    pub(super) deadly: Vec<Claim>,
    /// How many were under way when the last worker ended.
    pub(super) left_behind: u64,
}

impl Aftermath {
    /// That of what a worker that begins at `now` found.
    pub(super) fn new(reclaimed: u64, suspects: bool, deadly: Vec<Claim>, now: i64) -> Self {
        let left_behind = reclaimed + deadly.len() as u64;
        Self { trials: Trials::new(suspects, now), deadly, left_behind }
    }

    /// Whether nothing is left of it.
    pub(super) fn is_over(&self) -> bool {
        self.trials.is_none() && self.deadly.is_empty()
    }
}

impl<S: Store> Worker<S> {
    /// Tries the next suspects, if their turn has come.
    pub(super) fn try_suspects(&mut self, now: i64) -> Result<bool, WorkerError> {
        let Some(active) = self.active.as_ref().filter(|_| !self.reserve.is_full()) else {
            return Ok(false);
        };
        if self.sends_nothing || !self.aftermath.trials.has_a_turn(now, self.pool.is_idle()) {
            return Ok(false);
        }
        let mut suspects = Vec::new();
        store::commit(&mut self.store, &mut |tx| {
            suspects = tx.suspects()?;
            Ok(())
        })?;
        let mut turns = Vec::new();
        for one in &suspects {
            if one.due <= now
                && let Some(turn) = self.schedule.turn_of(one.webhook, now)
            {
                turns.push((*one, turn));
            }
        }
        let alone = turns.first().is_some_and(|(one, _)| one.deaths >= ACCUSED);
        if alone && !self.pool.is_idle() {
            turns.iter().for_each(|(_, turn)| self.schedule.give_back(turn, now));
            self.aftermath.trials.stage = Stage::Draining;
            return Ok(false);
        }
        let most = if alone { 1 } else { self.aftermath.trials.most() };
        let mut claimed = HashMap::new();
        let committed = store::commit(&mut self.store, &mut |tx| {
            claimed.clear();
            for (_, turn) in &turns {
                if claimed.len() == most {
                    break;
                }
                if let Some(claim) = tx.claim_suspect(turn.key, now, turn.ordered)? {
                    claimed.insert(turn.key, (claim, tx.next_due(turn.key, turn.ordered)?));
                }
            }
            Ok(())
        });
        if let Err(error) = committed {
            turns.iter().for_each(|(_, turn)| self.schedule.give_back(turn, now));
            return Err(error.into());
        }
        let (mut deliveries, mut jobs) = (Vec::new(), Vec::new());
        for (_, turn) in &turns {
            let Some((claim, due)) = claimed.remove(&turn.key) else {
                self.schedule.give_back(turn, now);
                continue;
            };
            deliveries.push(claim.id);
            let burst = vec![claim];
            self.schedule.sent(turn, [pool::weigh(&burst)].into_iter(), due, now);
            let lane = self.schedule.lane(turn.key).and_then(|lane| lane.webhook.as_ref());
            let webhook = lane.map(Arc::clone);
            // It has a webhook, or there had been no turn.
            jobs.extend(webhook.map(|webhook| Job {
                burst,
                webhook,
                sender: Arc::clone(&active.sender),
                waited_for: None,
            }));
        }
        let Some(first) = deliveries.first() else {
            self.aftermath.trials.wait(&suspects, now);
            return Ok(false);
        };
        tracing::warn!(
            delivery = %first, count = deliveries.len(), alone,
            "trying what was under way when a worker died"
        );
        self.aftermath.trials.stage = Stage::Trying { deliveries, since: now, alone };
        self.pool.send(jobs);
        Ok(true)
    }
}

impl<S: Store> Worker<S> {
    /// Has deliveries at which workers died recorded as failed, as if an attempt had been made.
    pub(super) fn fail_the_deadly(&mut self, now: i64) -> Result<(), WorkerError> {
        let Some(active) = self.active.as_ref() else { return Ok(()) };
        while let Some(claim) = self.aftermath.deadly.last() {
            let lane = self.schedule.lane(claim.webhook);
            let webhook = lane.and_then(|lane| active.routes.webhook(&lane.id)).cloned();
            let Some(webhook) = webhook else {
                let which = Selection { ids: vec![claim.id], ..Selection::default() };
                store::commit(&mut self.store, &mut |tx| {
                    tx.release(claim.id, claim.due)?;
                    tx.change(&which, State::Cancelled, now, Some("deleted")).map(drop)
                })?;
                self.aftermath.deadly.pop();
                continue;
            };
            let Some(claim) = self.aftermath.deadly.pop() else { break };
            tracing::error!(delivery = %claim.id, "workers died while it alone was under way: it fails");
            let offset = self.wall_clock.reading.offset;
            self.intake.completed.push(Completed {
                claim,
                attempt: death(now),
                end: None,
                webhook,
                offset,
            });
        }
        Ok(())
    }
}

/// What stands in the log in place of an attempt that no worker came back from.
fn death(now: i64) -> Attempt {
    let failure = Failure {
        phase: Phase::Prepare,
        code: Failure::WORKER_DIED.into(),
        message: "the worker died each time that it made this attempt".into(),
    };
    Attempt::without_request(now, Some(failure), Next::Failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tries as many as may be tried at a time; their ids.
    fn begin(trials: &mut Trials, left: usize, now: i64) -> Vec<DeliveryId> {
        assert!(trials.has_a_turn(now, false));
        let ids: Vec<_> = (0..trials.most().min(left)).map(|_| DeliveryId::at(now)).collect();
        trials.stage = Stage::Trying { deliveries: ids.clone(), since: now, alone: false };
        assert!(!trials.has_a_turn(now, true));
        ids
    }

    #[test]
    fn thousands_are_tried_one_by_one_until_eight_did_no_harm() {
        let (mut trials, mut left, mut sizes) = (Trials::new(true, 0), 4000, Vec::new());
        while left > 0 {
            let ids = begin(&mut trials, left, 0);
            ids.iter().for_each(|id| trials.ended(*id, 0));
            left -= ids.len();
            sizes.push(ids.len());
        }
        assert_eq!(sizes[..10], [1, 1, 1, 1, 1, 1, 1, 1, 2, 2]);
        assert!(sizes.is_sorted_by(|a, b| a <= b || *b < 32) && sizes.contains(&32));
        assert!(sizes.len() < 200, "{} times 200 ms", sizes.len());
    }

    #[test]
    fn those_that_hang_hold_up_the_others_for_five_seconds() {
        let (mut trials, mut now) = (Trials::new(true, 0), 0);
        for _ in 0..ONE_BY_ONE {
            begin(&mut trials, 100, now);
            assert_eq!(trials.wake_at(), Some(now + SLOW_MS));
            now += SLOW_MS;
        }
        assert_eq!(begin(&mut trials, 100, now).len(), 2);
    }
}
