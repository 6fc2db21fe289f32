//! Which deliveries go out as they come in: claimed in the transaction that adds them, they are
//! never due, and need neither a second transaction nor a second look at the event.
//!
//! Only where that is nobody's loss: no lane waits for a thread, and of the webhook's own nothing
//! is due that came before.

use std::collections::HashMap;

use super::pool::{self, Done};
use super::schedule::{POOL, Schedule};
use crate::store::{Claim, WebhookKey};

/// The runs that can begin with one round's deliveries, and those that do.
#[derive(Default)]
pub(super) struct Places {
    now: i64,
    free: u32,
    /// Runs that came back in this round, which the schedule does not know of yet.
    ended: HashMap<WebhookKey, u32>,
    lanes: HashMap<WebhookKey, Lane>,
}

/// A webhook's share.
#[derive(Default)]
struct Lane {
    /// Runs that may begin, and those that do.
    room: u32,
    runs: u32,
    /// Most deliveries of one.
    run: u32,
    claims: Vec<Claim>,
}

impl Places {
    /// Those there are once the attempts of this round are recorded.
    pub(super) fn new(schedule: &Schedule, done: &[Done], now: i64) -> Self {
        let mut ended = HashMap::new();
        for done in done.iter().filter(|done| done.end.is_some()) {
            *ended.entry(done.claim.webhook).or_default() += 1;
        }
        let open = schedule.open_places(now);
        let free = open.map_or(0, |open| (open + ended.values().sum::<u32>()).min(POOL));
        Self { now, free, ended, lanes: HashMap::new() }
    }

    /// A webhook has just failed, or was slow: its deliveries wait.
    pub(super) fn close(&mut self, webhook: WebhookKey) {
        self.lanes.insert(webhook, Lane::default());
    }

    /// Whether a delivery of this webhook finds a place; [`put`](Self::put) takes it.
    pub(super) fn has(&mut self, schedule: &Schedule, webhook: WebhookKey) -> bool {
        let lane = self.lanes.entry(webhook).or_insert_with(|| {
            let ended = self.ended.get(&webhook).copied().unwrap_or(0);
            let (room, run) = schedule.room_at_once(webhook, ended, self.now);
            Lane { room, run, ..Lane::default() }
        });
        let begins = lane.runs < lane.room && self.free > 0;
        begins || lane.claims.len() < (lane.runs * lane.run) as usize
    }

    /// Gives a delivery the place that it [`has`](Self::has).
    pub(super) fn put(&mut self, claim: Claim) {
        let Some(lane) = self.lanes.get_mut(&claim.webhook) else { return };
        if lane.runs < lane.room && self.free > 0 {
            lane.runs += 1;
            self.free -= 1;
        }
        lane.claims.push(claim);
    }

    /// The runs to begin, by webhook.
    pub(super) fn into_runs(self) -> impl Iterator<Item = (WebhookKey, Vec<Vec<Claim>>)> {
        let begun = self.lanes.into_iter().filter(|(_, lane)| lane.runs > 0);
        begun.map(|(key, lane)| (key, pool::runs(lane.claims.into_iter(), lane.runs as usize)))
    }
}
