//! What of the store is kept in memory: what nobody else can change while the lease holds, and what
//! is looked at again where it turns out to be old.

use std::collections::HashMap;
use std::sync::Weak;

use super::prune;
use super::row::{Delivery, Owner};
use super::unit::Unit;
use crate::counted::HOUR_MS;
use crate::{Latencies, State, WebhookKey};
use domain::event::Event;
use domain::id::DeliveryId;

/// Who may send what waits for a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    /// This worker, under its present lease.
    Mine,
    /// Nobody; whose it was, if anybody's.
    Free(Option<Owner>),
    /// Another worker that is alive.
    Others,
}

/// See the module.
#[derive(Default)]
pub(super) struct Memory {
    pub(super) webhooks: HashMap<String, WebhookKey>,
    /// How far the journal was read, by what was committed.
    pub(super) positions: HashMap<[u8; 16], u64>,
    /// The highest key of an event that this worker gave, or found.
    pub(super) last_event: u64,
    /// What this worker's wall clock stands before the database's.
    pub(super) shift: i64,
    /// The site that was asked last, of webhooks that have claimed.
    pub(super) sites: HashMap<WebhookKey, u64>,
    /// What this worker has claimed.
    pub(super) held: HashMap<DeliveryId, Delivery>,
    pub(super) lanes: HashMap<WebhookKey, Lane>,
    /// This worker's own, of late hours.
    pub(super) latencies: HashMap<(i64, WebhookKey), Latencies>,
    /// Events that claims under way hold: every webhook's claim shares the one body.
    pub(super) events: HashMap<u64, Weak<Event>>,
    pub(super) pruned: prune::Progress,
    /// Key of the last event that was looked at to give its body up.
    pub(super) given: u64,
    /// Of the config that this worker goes by.
    pub(super) revision: u64,
    /// The newest one by which another worker goes that lives.
    pub(super) newest: u64,
    /// What comes in was there before, some of it: it is looked for before it is added.
    pub(super) is_careful: bool,
}

impl Memory {
    /// Follows a unit that was committed.
    pub(super) fn follow(&mut self, unit: Unit, me: Owner) {
        for changed in unit.deliveries.into_values() {
            let after = changed.after.filter(|it| it.state == State::Delivering && it.owner == me);
            match (after, changed.before) {
                (Some(after), _) => drop(self.held.insert(after.id, after)),
                (None, Some(before)) => drop(self.held.remove(&before.id)),
                (None, None) => {}
            }
        }
        self.webhooks.extend(unit.webhooks);
        for (segment, offset) in unit.positions {
            match offset {
                Some(offset) => drop(self.positions.insert(segment, offset)),
                None => drop(self.positions.remove(&segment)),
            }
        }
        self.lanes.extend(unit.lanes.into_iter().map(|webhook| (webhook, Lane::Mine)));
        if let Some((newest, _)) = unit.counters.latencies.keys().next_back().copied() {
            self.latencies.extend(unit.counters.latencies);
            self.latencies.retain(|(hour, _), _| *hour >= newest - 1);
        }
        self.shift = unit.shift.unwrap_or(self.shift);
        self.pruned = unit.pruned.unwrap_or(self.pruned);
        self.revision = unit.revision.unwrap_or(self.revision);
        self.given = unit.given.unwrap_or(self.given);
        self.is_careful = false;
    }

    /// Forgets what may be old: somebody else changed a row.
    pub(super) fn doubt(&mut self) {
        self.held.clear();
        self.lanes.retain(|_, lane| *lane == Lane::Mine);
        self.pruned = prune::Progress::default();
        self.given = 0;
        self.sites.clear();
        self.is_careful = true;
    }

    /// The lease is another one: nothing that was this worker's is.
    pub(super) fn lost_lease(&mut self) {
        self.doubt();
        self.lanes.clear();
    }
}

/// The hour of a time.
pub(super) fn hour(unix_ms: i64) -> i64 {
    unix_ms.div_euclid(HOUR_MS)
}
