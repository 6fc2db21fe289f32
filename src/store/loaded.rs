//! What a starting worker finds.

use std::collections::HashMap;

use crate::{Claim, Health, WebhookKey};
use journal::{Boot, SegmentId};

/// What a starting worker finds; see [`Store::load`](crate::Store::load).
#[derive(Debug, Default)]
pub struct Loaded {
    /// How far each segment of the journal was ingested, in bytes.
    pub positions: HashMap<SegmentId, u64>,
    /// Whether this is the first time that this journal leads into the store, so that it can't have
    /// lost anything of it.
    pub is_first: bool,
    /// The spool was a copy of another one, and has been given an identity of its own.
    pub is_copy: bool,
    /// Every webhook that ever had a delivery or a state, with its backlog.
    pub webhooks: Vec<WebhookState>,
    /// The clock by which due times are right, once one was noted.
    pub clock: Option<ClockReading>,
    /// Deliveries that a dead worker had claimed, returned to `pending` by this call. They are
    /// suspects from now on: [`Transaction::claim`](crate::Transaction::claim) passes them over.
    pub reclaimed: u64,
    /// Whether there are suspects, of this death or of one before.
    pub suspects: bool,
    /// What was alone under way when workers died, once too often ([`is_deadly`](crate::is_deadly)). It is claimed
    /// for the caller, who records its failure in place of an attempt.
    pub deadly: Vec<Claim>,
}

/// Where the wall clock stood. A difference later on in the same boot is how far it was set,
/// whether a worker ran meanwhile or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockReading {
    /// The boot.
    pub boot: Boot,
    /// See [`domain::clock::offset`].
    pub offset: i64,
}

/// A webhook as the store knows it.
#[derive(Debug, Clone)]
pub struct WebhookState {
    /// The store's number.
    pub key: WebhookKey,
    /// The id in the config.
    pub id: String,
    /// How it has been doing.
    pub health: Health,
    /// When its earliest pending delivery is due, in Unix milliseconds.
    pub next_due: Option<i64>,
}

/// What a store has of events that it is asked about; see [`Store::recorded`](crate::Store::recorded).
#[derive(Debug, Default)]
pub struct Recorded {
    /// Their deliveries.
    pub deliveries: Vec<RecordedDelivery>,
    /// When the newest of all its events came in, in Unix milliseconds; 0: it has none.
    pub newest: i64,
}

/// A delivery, as far as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedDelivery {
    /// The event.
    pub event: domain::id::EventId,
    /// The webhook's id.
    pub webhook: String,
    /// The delivery.
    pub delivery: domain::id::DeliveryId,
    /// Whether an attempt of it that succeeded is recorded.
    pub is_delivered: bool,
}
