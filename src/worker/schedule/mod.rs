//! Who may send next: one lane per webhook, served in turn.
//!
//! Pending deliveries live in the store; a lane only knows when its earliest one is due. So
//! memory grows with the number of webhooks, never with the backlog, and a webhook with 100,000
//! deliveries waiting takes one place in a row, like any other.
//!
//! What goes out at once is a *burst* of requests, made one after the other: of a webhook that is
//! well, as many as its endpoint answers in [`lane::RUN_US`]; of most of them that is one. To the
//! schedule a burst is one request under way, known by its first delivery; a failure ends it (see
//! [`pool`](super::pool)).
//!
//! A lane *waits* until it has something due and may send (its probe's time has come, its rate
//! allows it), is then *ready*, and is *full* while all the requests that it may have are under
//! way. As many requests are under way as the machine has room for ([`Limits`]), and what is ready
//! is served so that nobody waits for somebody else's backlog:
//!
//! - a lane with nothing under way goes before those that have something, and an eighth of all
//!   places is for such lanes alone;
//! - lanes whose last attempt failed or was slow, and those that have never succeeded yet, are
//!   *suspects*: they get at most half of the places, and a new one sends one request at a time;
//! - the lanes of one *origin* (scheme, host and port) get at most half of the places as well, and
//!   share them in the same way. A lane whose origin has none left stands apart until it has.
//!
//! Within each of these, lanes take turns.

mod lane;
mod share;
#[cfg(test)]
mod tests;
mod turn;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use self::lane::Place;
pub(super) use self::lane::{Lane, waits};
use self::share::Origin;
use self::turn::Burst;
pub(super) use self::turn::Turn;
use super::limits::Limits;
use domain::id::DeliveryId;
use domain::webhook::Webhook;
use store::{Health, WebhookKey, WebhookState};

/// After this many failures in a row a webhook is probed, one delivery at a time.
pub(super) const PROBE_AFTER: u32 = 5;

/// All lanes, and the requests that are under way.
#[derive(Debug)]
pub(super) struct Schedule {
    lanes: HashMap<WebhookKey, Lane>,
    keys: HashMap<String, WebhookKey>,
    waiting: BTreeSet<(i64, WebhookKey)>,
    /// By [`Row::number`].
    ready: [BTreeSet<(u64, WebhookKey)>; 4],
    /// The next number in a row.
    next_number: u64,
    /// Suspects are the next to be asked.
    suspects_turn: bool,
    limits: Limits,
    /// How many servers send what comes in as it comes in: this one, and others that share the store.
    servers: u32,
    /// Bursts may be long: see [`lane::LONG_RUN`].
    has_long_bursts: bool,
    origins: Vec<Origin>,
    origin_numbers: HashMap<String, usize>,
    under_way: HashMap<DeliveryId, Burst>,
    suspects: u32,
    /// What the bursts under way hold, in bytes.
    bytes: u64,
    /// Places of turns of which it is not known yet whether they fill them.
    held: u32,
}

impl Schedule {
    /// The schedule of a worker with these limits.
    pub(super) fn new(limits: Limits, webhooks: Vec<WebhookState>) -> Self {
        let keys = webhooks.iter().map(|state| (state.id.clone(), state.key)).collect();
        Self {
            keys,
            lanes: webhooks.into_iter().map(|state| (state.key, Lane::new(state))).collect(),
            waiting: BTreeSet::new(),
            ready: Default::default(),
            next_number: 0,
            suspects_turn: true,
            limits,
            servers: 1,
            has_long_bursts: false,
            origins: vec![Origin::default()],
            origin_numbers: HashMap::new(),
            under_way: HashMap::new(),
            held: 0,
            suspects: 0,
            bytes: 0,
        }
    }

    /// Lets bursts be long, where there is no place for another one: a round takes its time.
    pub(super) fn set_long_bursts(&mut self, long: bool) {
        self.has_long_bursts = long;
    }

    /// How much may be under way.
    pub(super) fn limits(&self) -> Limits {
        self.limits
    }

    /// Sets how much may be under way; what is under way already goes on.
    pub(super) fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Sets how many servers send: what a webhook may have under way at once they share.
    pub(super) fn set_servers(&mut self, servers: u32, now: i64) {
        let servers = servers.max(1);
        if std::mem::replace(&mut self.servers, servers) == servers {
            return;
        }
        let keys: Vec<_> = self.lanes.keys().copied().collect();
        for key in keys {
            if let Some(lane) = self.lanes.get_mut(&key) {
                lane.servers = servers;
            }
            self.place(key, now);
        }
    }

    /// The key of a webhook that is in the schedule.
    pub(super) fn key(&self, id: &str) -> Option<WebhookKey> {
        self.keys.get(id).copied()
    }

    /// A webhook's lane.
    pub(super) fn lane(&self, key: WebhookKey) -> Option<&Lane> {
        self.lanes.get(&key)
    }

    /// Whether a webhook's deliveries are made strictly in order.
    pub(super) fn is_ordered(&self, key: WebhookKey) -> bool {
        let webhook = self.lanes.get(&key).and_then(|lane| lane.webhook.as_ref());
        webhook.is_some_and(|webhook| webhook.ordered)
    }

    /// Every webhook's key and lane.
    pub(super) fn lanes(&self) -> impl Iterator<Item = (WebhookKey, &Lane)> {
        self.lanes.iter().map(|(key, lane)| (*key, lane))
    }

    /// Adds a webhook that the store has just numbered.
    pub(super) fn add(&mut self, key: WebhookKey, webhook: Arc<Webhook>) {
        self.keys.insert(webhook.id.clone(), key);
        let origin = self.origin(&webhook.url);
        let state =
            WebhookState { key, id: webhook.id.clone(), health: Health::default(), next_due: None };
        let lane = self.lanes.entry(key).or_insert_with(|| Lane::new(state));
        (lane.webhook, lane.origin, lane.servers) = (Some(webhook), origin, self.servers);
    }

    /// Sets or takes away what is configured for a webhook.
    pub(super) fn configure(&mut self, key: WebhookKey, webhook: Option<Arc<Webhook>>, now: i64) {
        let origin = webhook.as_ref().map(|webhook| self.origin(&webhook.url));
        // Out of its old origin's row, before it has another one.
        self.leave(key);
        if let Some(lane) = self.lanes.get_mut(&key) {
            lane.webhook = webhook;
            lane.origin = origin.unwrap_or(lane.origin);
            self.place(key, now);
        }
    }

    /// Notes when a webhook's earliest delivery is due now.
    pub(super) fn set_due(&mut self, key: WebhookKey, due: Option<i64>, now: i64) {
        if let Some(lane) = self.lanes.get_mut(&key) {
            lane.next_due = due;
            self.place(key, now);
        }
    }

    /// Notes a webhook's health.
    pub(super) fn set_health(&mut self, key: WebhookKey, health: Health, now: i64) {
        if let Some(lane) = self.lanes.get_mut(&key) {
            lane.health = health;
            self.place(key, now);
        }
    }

    /// The wall clock was put forward by `ms` (negative: back): what waits goes with it.
    pub(super) fn shift(&mut self, ms: i64, now: i64) {
        let keys: Vec<_> = self.lanes.keys().copied().collect();
        for key in keys {
            if let Some(lane) = self.lanes.get_mut(&key) {
                lane.next_due = lane.next_due.map(|due| due + ms);
                lane.recent.iter_mut().for_each(|sent| *sent += ms);
                lane.health.shift(ms);
                lane.since += ms;
            }
            self.place(key, now);
        }
    }

    /// When something becomes due by itself, in Unix milliseconds; none: only news wakes.
    pub(super) fn wake_at(&self) -> Option<i64> {
        self.waiting.first().map(|(at, _)| *at)
    }

    /// Whether nothing is pending, now or later.
    pub(super) fn is_idle(&self) -> bool {
        self.lanes.values().all(|lane| lane.next_due.is_none() || lane.webhook.is_none())
    }

    /// Whether nothing is due at `now`.
    pub(super) fn is_caught_up(&self, now: i64) -> bool {
        self.lanes.values().filter(|lane| lane.webhook.is_some()).all(|lane| match lane.place {
            Place::Idle => true,
            Place::Waiting(at) => at > now,
            Place::Ready(..) | Place::Crowded(..) | Place::Full => false,
        })
    }

    /// Puts a lane where it belongs; one that belongs where it is keeps its turn.
    fn place(&mut self, key: WebhookKey, now: i64) {
        let Some(lane) = self.lanes.get_mut(&key) else { return };
        let ready_at = lane.ready_at(now);
        let row = lane.row();
        let number = self.next_number;
        let place = match ready_at {
            None => Place::Idle,
            Some(_) if lane.room() == 0 => Place::Full,
            Some(at) if at > now => Place::Waiting(at),
            Some(_) if self.room_at_origin(key, row) == 0 => Place::Crowded(row, number),
            Some(_) => Place::Ready(row, number),
        };
        let Some(lane) = self.lanes.get_mut(&key) else { return };
        let stays = match (place, lane.place) {
            (Place::Ready(new, _), Place::Ready(old, _))
            | (Place::Crowded(new, _), Place::Crowded(old, _)) => new == old,
            (new, old) => new == old,
        };
        if stays {
            return;
        }
        match place {
            Place::Full if lane.next_due.is_some_and(|due| due <= now) => {
                lane.waits_for = Some(waits::ENDPOINT);
            }
            Place::Crowded(..) => lane.waits_for = Some(waits::ORIGIN),
            _ => {}
        }
        self.leave(key);
        let Some(lane) = self.lanes.get_mut(&key) else { return };
        (lane.place, lane.since) = (place, now);
        let origin = lane.origin;
        self.next_number += 1;
        match place {
            Place::Idle | Place::Full => {}
            Place::Waiting(at) => drop(self.waiting.insert((at, key))),
            Place::Ready(row, number) => drop(self.ready[row.number()].insert((number, key))),
            Place::Crowded(row, number) => {
                self.origins[origin].crowded[row.number()].insert((number, key));
            }
        }
    }

    /// Puts a lane that may not send where it belongs, behind the others.
    fn place_again(&mut self, key: WebhookKey, now: i64) {
        self.leave(key);
        self.place(key, now);
    }

    /// Takes a lane away from where it stands.
    fn leave(&mut self, key: WebhookKey) {
        let Some(lane) = self.lanes.get_mut(&key) else { return };
        match std::mem::replace(&mut lane.place, Place::Idle) {
            Place::Idle | Place::Full => {}
            Place::Waiting(at) => drop(self.waiting.remove(&(at, key))),
            Place::Ready(row, number) => drop(self.ready[row.number()].remove(&(number, key))),
            Place::Crowded(row, number) => {
                let crowded = &mut self.origins[lane.origin].crowded[row.number()];
                crowded.remove(&(number, key));
            }
        }
    }
}
