//! One at a time: deliveries that were under way when a worker died.
//!
//! Whatever ends the worker (memory, a stack, the kernel, a person) leaves behind what it had
//! under way; one of that may be the cause, and would be met again by the next worker, and the
//! next. So the store marks it all as suspect, and suspects are tried one after the other, beside
//! everything else. One that was under way at a second death is *accused*: it is tried once all
//! requests have come back, and nothing else begins until it has. If a second worker dies while it
//! alone is under way, it is the delivery's doing: the store hands it out as deadly, and it fails
//! ([`Failure::WORKER_DIED`](store::Failure::WORKER_DIED)). Whoever was one of many is only
//! ever tried again, however often workers are killed.

use std::sync::Arc;

use super::WorkerError;
use super::engine::Worker;
use super::pool::{self, Completed, Job};
use domain::id::DeliveryId;
use store::{self, Attempt, Failure, Next, Phase, Selection, State, Store, Suspects};

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

/// Where the trying stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trials {
    /// There are no suspects.
    None,
    /// There may be some, to be looked at from this time on (Unix milliseconds).
    Waiting(i64),
    /// One is accused: it is tried once nothing else is under way.
    Draining,
    /// One is under way.
    Trying {
        delivery: DeliveryId,
        /// Since when, in Unix milliseconds.
        since: i64,
        /// Nothing else may begin meanwhile.
        alone: bool,
    },
}

impl Trials {
    /// Whether nothing but a trial may begin.
    pub(super) fn holds_up_others(self) -> bool {
        matches!(self, Self::Draining | Self::Trying { alone: true, .. })
    }

    /// Whether there is nothing to be tried, or nothing that could be before a later time.
    pub(super) fn are_caught_up(self, now: i64) -> bool {
        match self {
            Self::None => true,
            Self::Waiting(at) => at > now,
            Self::Draining | Self::Trying { .. } => false,
        }
    }

    /// When there is something to do by itself.
    pub(super) fn wake_at(self) -> Option<i64> {
        match self {
            Self::Waiting(at) => Some(at),
            Self::Trying { since, alone: false, .. } => Some(since + SLOW_MS),
            Self::None | Self::Draining | Self::Trying { .. } => None,
        }
    }

    /// A worker that is to stay begins to work.
    pub(super) fn settle(&mut self, now: i64) {
        if let Self::Waiting(at) = self {
            *at = (*at).max(now + SETTLE_MS);
        }
    }

    /// There may be suspects that were not known of: somebody had them sent again.
    pub(super) fn look(&mut self, now: i64) {
        if *self == Self::None {
            *self = Self::Waiting(now);
        }
    }

    /// A delivery is not under way any more.
    pub(super) fn ended(&mut self, ended: DeliveryId, now: i64) {
        if matches!(self, Self::Trying { delivery, .. } if *delivery == ended) {
            *self = Self::Waiting(now);
        }
    }

    /// The wall clock was set by `ms`.
    pub(super) fn shift(&mut self, ms: i64) {
        match self {
            Self::Waiting(at) => *at += ms,
            Self::Trying { since, .. } => *since += ms,
            Self::None | Self::Draining => {}
        }
    }
}

impl<S: Store> Worker<S> {
    /// Tries the next suspect, if its turn has come.
    pub(super) fn try_suspects(&mut self, now: i64) -> Result<bool, WorkerError> {
        match self.trials {
            Trials::None => return Ok(false),
            Trials::Waiting(at) if at > now => return Ok(false),
            Trials::Draining if !self.pool.is_idle() => return Ok(false),
            Trials::Trying { since, alone, .. } if alone || now < since + SLOW_MS => {
                return Ok(false);
            }
            _ => {}
        }
        let Some(active) = self.active.as_ref().filter(|_| !self.reserve.is_full()) else {
            return Ok(false);
        };
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
            self.trials = Trials::Draining;
            return Ok(false);
        }
        let (mut claim, mut due) = (None, None);
        let committed = store::commit(&mut self.store, &mut |tx| {
            (claim, due) = (None, None);
            for (_, turn) in &turns {
                claim = tx.claim_suspect(turn.key, now, turn.ordered)?;
                if claim.is_some() {
                    due = tx.next_due(turn.key, turn.ordered)?;
                    break;
                }
            }
            Ok(())
        });
        let webhook = claim.as_ref().map(|claim| claim.webhook).filter(|_| committed.is_ok());
        let (turn, others): (Vec<_>, Vec<_>) =
            turns.into_iter().map(|(_, turn)| turn).partition(|turn| Some(turn.key) == webhook);
        others.iter().for_each(|turn| self.schedule.give_back(turn, now));
        committed?;
        let Some(claim) = claim else {
            self.trials = Trials::later(&suspects, now);
            return Ok(false);
        };
        let lane = self.schedule.lane(claim.webhook).and_then(|lane| lane.webhook.as_ref());
        let (Some(turn), Some(webhook)) = (turn.first(), lane.map(Arc::clone)) else {
            return Ok(false);
        };
        tracing::warn!(delivery = %claim.id, alone, "trying what was under way when a worker died");
        self.trials = Trials::Trying { delivery: claim.id, since: now, alone };
        let (burst, sender) = (vec![claim], Arc::clone(&active.sender));
        self.schedule.sent(turn, [pool::weigh(&burst)].into_iter(), due, now);
        self.pool.send(vec![Job { burst, webhook, sender, waited_for: None }]);
        Ok(true)
    }
}

impl<S: Store> Worker<S> {
    /// Has deliveries at which workers died recorded as failed, as if an attempt had been made.
    pub(super) fn fail_the_deadly(&mut self, now: i64) -> Result<(), WorkerError> {
        let Some(active) = self.active.as_ref() else { return Ok(()) };
        while let Some(claim) = self.deadly.last() {
            let lane = self.schedule.lane(claim.webhook);
            let webhook = lane.and_then(|lane| active.routes.webhook(&lane.id)).cloned();
            let Some(webhook) = webhook else {
                let which = Selection { ids: vec![claim.id], ..Selection::default() };
                store::commit(&mut self.store, &mut |tx| {
                    tx.release(claim.id, claim.due)?;
                    tx.change(&which, State::Cancelled, now, Some("deleted")).map(drop)
                })?;
                self.deadly.pop();
                continue;
            };
            let Some(claim) = self.deadly.pop() else { break };
            tracing::error!(delivery = %claim.id, "workers died while it alone was under way: it fails");
            let offset = self.reading.offset;
            self.completed.push(Completed {
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
    Attempt {
        started: now,
        duration_us: 0,
        url: None,
        address: None,
        status: None,
        failure: Some(Failure {
            phase: Phase::Prepare,
            code: Failure::WORKER_DIED.into(),
            message: "the worker died each time that it made this attempt".into(),
        }),
        remark: None,
        response_headers: Vec::new(),
        response_body: Vec::new(),
        request_body: None,
        request_headers: Vec::new(),
        reconnected: false,
        waited_for: None,
        next: Next::Failed,
    }
}

impl Trials {
    /// None of them could be tried now.
    fn later(suspects: &[Suspects], now: i64) -> Self {
        match suspects.iter().map(|one| one.due).min() {
            None => Self::None,
            Some(due) => Self::Waiting(due.max(now + AGAIN_MS)),
        }
    }
}
