//! What the store holds, and how a delivery gets into a state.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::backfill::Backfill;
use crate::bulk::Bulk;
use crate::{
    Announcement, Attempt, ClockReading, Health, Latencies, Person, SpoolId, State, WebhookKey,
};
use domain::event::{Event, Flags};
use domain::id::{DeliveryId, EventId};
use journal::SegmentId;

/// Distance between the keys of two events; those of an event's deliveries lie between.
pub(super) const EVENT: i64 = 1 << 16;
pub(super) const HOUR_MS: i64 = 3_600_000;

/// Everything.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tables {
    /// By key, which rises with every event.
    pub(crate) events: BTreeMap<i64, StoredEvent>,
    /// By key: in the order of the events, and of an event in that in which they were added.
    pub(crate) deliveries: BTreeMap<i64, Delivery>,
    /// Keys of events that were given, however many of them are left.
    pub(super) events_ever: i64,
    pub(super) webhooks: Vec<StoredWebhook>,
    pub(super) hours: BTreeMap<(i64, WebhookKey), StoredHour>,
    pub(super) positions: BTreeMap<(SpoolId, SegmentId), u64>,
    pub(super) deferred: Vec<Vec<u8>>,
    pub(super) wishes: Vec<Wish>,
    pub(super) announcements: BTreeMap<i64, Announcement>,
    /// The highest number that an announcement ever had.
    pub(super) announced: i64,
    pub(super) clock: Option<ClockReading>,
    /// Oldest first.
    pub(super) changes: Vec<StoredChange>,
    /// Until when ids of idempotency keys are kept whose events are gone.
    pub(super) spent: BTreeMap<EventId, i64>,
    pub(super) deaths: Vec<Death>,
    /// Names of servers that ever wrote something.
    pub(super) servers: Vec<String>,
}

/// An event as it was taken in.
#[derive(Debug, Clone)]
pub(crate) struct StoredEvent {
    /// Without its body once that was pruned or forgotten.
    pub(crate) event: Arc<Event>,
    pub(super) terms: Vec<String>,
    /// When it was taken in, in Unix milliseconds.
    pub(super) created: i64,
    pub(super) server: String,
    /// The key of its next delivery.
    pub(super) next: i64,
}

impl StoredEvent {
    pub(super) fn has_body(&self) -> bool {
        !self.event.body.is_empty()
    }

    /// Whether it is about a person: by its payload, or where that is gone by what it is found by.
    pub(super) fn is_about(&self, person: &Person) -> bool {
        if self.has_body() {
            person.occurs_in(&self.event.body)
        } else {
            person.occurs_in_terms(&self.terms)
        }
    }
}

/// A delivery.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) key: i64,
    pub(crate) id: DeliveryId,
    /// Key of its event.
    pub(crate) event: i64,
    pub(crate) webhook: WebhookKey,
    pub(crate) state: State,
    pub(crate) test: bool,
    pub(crate) site: u64,
    pub(crate) due: i64,
    pub(super) settled: Option<i64>,
    pub(super) reason: Option<String>,
    /// Attempts of the present schedule.
    pub(super) attempts: u32,
    /// All attempts.
    pub(super) made: Vec<Arc<Made>>,
    /// What was sent, where it is not the event's own.
    pub(super) request_body: Option<Arc<[u8]>>,
    pub(super) last_failure: Option<String>,
    pub(super) last_status: Option<u16>,
    /// Deaths of workers while it was under way, and while nothing else was.
    pub(crate) deaths: u32,
    pub(super) alone: u32,
}

/// An attempt that was made.
#[derive(Debug, Clone)]
pub(super) struct Made {
    pub(super) attempt: Attempt,
    /// What the delivery became, and when it is due.
    pub(super) next: State,
    pub(super) next_at: Option<i64>,
    pub(super) server: String,
}

/// A webhook that ever had a delivery or a state.
#[derive(Debug, Clone)]
pub(super) struct StoredWebhook {
    pub(super) key: WebhookKey,
    pub(super) id: String,
    pub(super) delivered: i64,
    pub(super) failed: i64,
    pub(super) last_attempt: Option<i64>,
    pub(super) last_success: Option<i64>,
    pub(super) health: Option<Health>,
    pub(super) host: Option<String>,
    /// The site that had its turn last.
    pub(super) site: Option<u64>,
}

/// What happened to a webhook in an hour.
#[derive(Debug, Clone, Default)]
pub(super) struct StoredHour {
    pub(super) delivered: i64,
    pub(super) failed: i64,
    pub(super) latencies: Latencies,
}

/// A wish to be forgotten, and how far it has come.
#[derive(Debug, Clone)]
pub(super) struct Wish {
    pub(super) token: String,
    pub(super) person: Person,
    /// Key of the last event that was looked at.
    pub(super) after: i64,
    pub(super) erased: u64,
}

/// A change of many deliveries, and how far it has come.
#[derive(Debug, Clone)]
pub(super) struct StoredChange {
    pub(super) asked_for: AskedFor,
    pub(super) changed: u64,
    /// Between which keys there is something left to do, both excluded.
    pub(super) after: i64,
    pub(super) below: i64,
    pub(super) asked: i64,
    pub(super) ended: Option<i64>,
}

/// What a change of many deliveries is.
#[derive(Debug, Clone)]
pub(super) enum AskedFor {
    Bulk(Bulk),
    Backfill(Backfill),
}

impl AskedFor {
    pub(super) fn token(&self) -> &str {
        match self {
            Self::Bulk(bulk) => &bulk.token,
            Self::Backfill(backfill) => &backfill.token,
        }
    }

    /// Its query as JSON.
    pub(super) fn query(&self) -> serde_json::Value {
        let query = match self {
            Self::Bulk(bulk) => serde_json::to_value(&bulk.query),
            Self::Backfill(backfill) => serde_json::to_value(&backfill.query),
        };
        query.expect("a query is JSON")
    }
}

impl StoredChange {
    pub(super) fn token(&self) -> &str {
        self.asked_for.token()
    }

    /// Notes what was done; `next` none: that was its end.
    pub(super) fn note(&mut self, changed: u64, next: Option<i64>, now: i64) {
        self.changed += changed;
        match next {
            Some(next) => self.after = next,
            None => self.ended = Some(now),
        }
    }
}

/// The death of a worker.
#[derive(Debug, Clone)]
pub(super) struct Death {
    pub(super) at: i64,
    pub(super) server: String,
}

impl Tables {
    pub(super) fn webhook(&self, id: &str) -> Option<WebhookKey> {
        self.webhooks.iter().find(|webhook| webhook.id == id).map(|webhook| webhook.key)
    }

    pub(super) fn webhook_of(&self, key: WebhookKey) -> &StoredWebhook {
        self.webhooks.iter().find(|webhook| webhook.key == key).expect("every key was given here")
    }

    pub(super) fn webhook_mut(&mut self, key: WebhookKey) -> Option<&mut StoredWebhook> {
        self.webhooks.iter_mut().find(|webhook| webhook.key == key)
    }

    pub(super) fn event_by_id(&self, id: EventId) -> Option<i64> {
        self.events.iter().find(|(_, stored)| stored.event.id == id).map(|(key, _)| *key)
    }

    pub(super) fn delivery_by_id(&self, id: DeliveryId) -> Option<&Delivery> {
        self.deliveries.values().find(|delivery| delivery.id == id)
    }

    pub(super) fn deliveries_of(&self, event: i64) -> impl Iterator<Item = &Delivery> {
        self.deliveries.range(event..event + EVENT).map(|(_, delivery)| delivery)
    }

    pub(super) fn has_body(&self, delivery: &Delivery) -> bool {
        self.events[&delivery.event].has_body()
    }

    /// Notes that a server wrote something.
    pub(super) fn know_server(&mut self, name: &str) {
        if !self.servers.iter().any(|known| known == name) {
            self.servers.push(name.to_owned());
        }
    }

    /// Adds a delivery of an event that is here.
    pub(super) fn add(&mut self, event: i64, new: &crate::NewDelivery, now: i64) {
        let stored = self.events.get_mut(&event).expect("the caller found it");
        let key = stored.next;
        stored.next += 1;
        let delivery = Delivery {
            key,
            id: new.id,
            event,
            webhook: new.webhook,
            state: new.state,
            test: stored.event.flags.has(Flags::TEST),
            site: stored.event.site,
            due: new.due,
            settled: None,
            reason: new.reason.clone(),
            attempts: 0,
            made: Vec::new(),
            request_body: None,
            last_failure: new.failure.clone(),
            last_status: None,
            deaths: 0,
            alone: 0,
        };
        self.deliveries.insert(key, delivery);
        self.enter(key, new.state, now);
    }

    /// A delivery is in a state since `now`: when it was settled, and what is counted.
    pub(super) fn enter(&mut self, key: i64, state: State, now: i64) {
        let delivery = self.deliveries.get_mut(&key).expect("the caller found it");
        delivery.state = state;
        delivery.settled = (state.is_settled() && state != State::Held).then_some(now);
        let (webhook, test) = (delivery.webhook, delivery.test);
        let (delivered, failed) = match state {
            State::Delivered if !test => (1, 0),
            State::Failed if !test => (0, 1),
            _ => return,
        };
        if let Some(webhook) = self.webhook_mut(webhook) {
            webhook.delivered += delivered;
            webhook.failed += failed;
        }
        let hour = self.hours.entry((now.div_euclid(HOUR_MS), webhook)).or_default();
        hour.delivered += delivered;
        hour.failed += failed;
    }

    /// Erases the bodies of an event: its own, those made of it, and those that came back.
    pub(super) fn erase_bodies(&mut self, event: i64) {
        let stored = self.events.get_mut(&event).expect("the caller found it");
        stored.event = Arc::new(Event { body: [].into(), ..(*stored.event).clone() });
        for (_, delivery) in self.deliveries.range_mut(event..event + EVENT) {
            delivery.request_body = None;
            for made in &mut delivery.made {
                Arc::make_mut(made).attempt.response_body.clear();
            }
        }
    }
}
