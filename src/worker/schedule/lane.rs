//! A webhook's lane: what may go out of it, and when.

use std::collections::VecDeque;
use std::sync::Arc;

use super::PROBE_AFTER;
use domain::webhook::{Per, Webhook};
use store::{Health, WebhookState};

/// Most requests of a burst, and how long all of them are to take, in microseconds: to have more
/// under way instead would gain less than that.
const RUN: u32 = 8;
const RUN_US: u64 = 8000;
/// The same where a round of the worker takes its time, as the store is on a server, and all the runs are
/// taken: meanwhile nobody hands out anything.
const LONG_RUN: u32 = 32;
const LONG_RUN_US: u64 = 50_000;
/// What a burst is taken to hold, in bytes, of a lane of which nothing is known.
const USUAL_BYTES: u64 = 4096;

/// What a delivery that was due waited for.
pub(crate) mod waits {
    /// The requests that the webhook may have at once were under way.
    pub(crate) const ENDPOINT: &str = "endpoint";
    /// The webhook's rate.
    pub(crate) const RATE: &str = "rate_limit";
    /// Its endpoint was failing, and was asked now and then.
    pub(crate) const PROBE: &str = "probe";
    /// Other webhooks had as many requests under way to the same host as it gets.
    pub(crate) const ORIGIN: &str = "origin";
    /// As much was under way as this machine has room for.
    pub(crate) const MACHINE: &str = "machine";
}

/// In which row a lane stands that is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) suspect: bool,
    /// Something of it is under way already.
    pub(super) more: bool,
}

impl Row {
    pub(super) const fn number(self) -> usize {
        self.suspect as usize + 2 * self.more as usize
    }
}

/// Where a lane stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Nothing is due, ever, as far as is known.
    Idle,
    /// Until this time (Unix milliseconds).
    Waiting(i64),
    /// In one of the rows, under this number.
    Ready(Row, u64),
    /// Beside its origin, which has no place left, under this number.
    Crowded(Row, u64),
    /// All its requests are under way.
    Full,
}

/// A webhook's place in the schedule.
#[derive(Debug)]
pub(crate) struct Lane {
    /// The webhook's id in the config.
    pub(crate) id: String,
    /// As configured; none once it was deleted.
    pub(crate) webhook: Option<Arc<Webhook>>,
    /// How it has been doing.
    pub(crate) health: Health,
    /// Where its requests go: a number of [`Schedule::origins`].
    pub(super) origin: usize,
    pub(super) next_due: Option<i64>,
    pub(super) in_flight: u32,
    /// How many servers send for it: each a share of the requests that it may have at once.
    pub(super) servers: u32,
    /// What a request has been taking lately, in microseconds.
    pub(super) takes: u64,
    /// What a delivery has been holding lately, in bytes.
    pub(super) bytes: u64,
    /// When requests were made within the rate's window, oldest first.
    pub(super) recent: VecDeque<i64>,
    pub(super) place: Place,
    /// When it came to where it stands.
    pub(super) since: i64,
    /// What keeps it, or last kept it, from sending what is due.
    pub(super) waits_for: Option<&'static str>,
}

impl Lane {
    pub(super) fn new(state: WebhookState) -> Self {
        Self {
            id: state.id,
            webhook: None,
            health: state.health,
            origin: 0,
            next_due: state.next_due,
            in_flight: 0,
            servers: 1,
            takes: RUN_US,
            bytes: USUAL_BYTES,
            recent: VecDeque::new(),
            place: Place::Idle,
            since: 0,
            waits_for: None,
        }
    }

    pub(super) fn is_suspect(&self) -> bool {
        self.health.is_suspect()
    }

    /// Whether neither its health nor what is configured keeps it from sending.
    pub(super) fn is_free(&self) -> bool {
        let free = |webhook: &Arc<Webhook>| !webhook.ordered && webhook.rate_limit.is_none();
        self.webhook.as_ref().is_some_and(free) && !self.is_suspect()
    }

    /// Most requests of one of its bursts.
    pub(super) fn burst(&self) -> u32 {
        self.as_many_as(RUN, RUN_US)
    }

    /// The same where there is no place for another burst.
    pub(super) fn long_burst(&self) -> u32 {
        self.as_many_as(LONG_RUN, LONG_RUN_US)
    }

    fn as_many_as(&self, most: u32, us: u64) -> u32 {
        let quick = u32::try_from(us / self.takes.max(1)).unwrap_or(most);
        if self.is_free() { quick.clamp(1, most) } else { 1 }
    }

    /// How many requests more it may have under way, whatever is due.
    pub(super) fn room(&self) -> u32 {
        self.room_beside(self.in_flight)
    }

    pub(super) fn room_beside(&self, in_flight: u32) -> u32 {
        let most = match &self.webhook {
            None => 0,
            Some(webhook) if webhook.ordered => 1,
            Some(_) if !self.health.proven || self.health.failures_in_row >= PROBE_AFTER => 1,
            // What waits in its lane one server sends, all by itself.
            Some(webhook) if !self.is_free() => webhook.concurrency,
            Some(webhook) => webhook.concurrency.div_ceil(self.servers),
        };
        most.saturating_sub(in_flight)
    }

    pub(super) fn row(&self) -> Row {
        Row { suspect: self.is_suspect(), more: self.in_flight > 0 }
    }

    /// How many requests the rate allows at `now`, and when the next one if none.
    pub(super) fn rate(&mut self, now: i64) -> Result<u32, i64> {
        let Some(rate) = self.webhook.as_ref().and_then(|webhook| webhook.rate_limit) else {
            return Ok(u32::MAX);
        };
        let window = match rate.per {
            Per::Second => 1000,
            Per::Minute => 60_000,
        };
        // A time in the future is one from before the wall clock was put back.
        self.recent.retain(|&sent| (now - window..=now).contains(&sent) && sent > now - window);
        match rate.count.saturating_sub(self.recent.len() as u32) {
            0 => Err(self.recent.front().map_or(now, |first| first + window)),
            free => Ok(free),
        }
    }

    /// When it may send next; none where nothing is due or nobody is there. Notes what keeps it
    /// from sending what is due.
    pub(super) fn ready_at(&mut self, now: i64) -> Option<i64> {
        let due = self.next_due?;
        let probe = self.health.probe_at.filter(|at| *at > due);
        let at = probe.unwrap_or(due);
        let free = self.rate(now).err().filter(|free| *free > at);
        if due > now {
            self.waits_for = None;
        } else if free.is_some() {
            self.waits_for = Some(waits::RATE);
        } else if probe.is_some_and(|at| at > now) {
            self.waits_for = Some(waits::PROBE);
        }
        Some(free.unwrap_or(at))
    }
}
