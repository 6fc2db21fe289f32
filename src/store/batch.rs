//! What goes into a transaction by the batch, and what comes of it.

use crate::{Attempt, Claim, State, WebhookKey};
use domain::event::Event;
use domain::id::DeliveryId;

/// A delivery to be made.
#[derive(Debug, Clone)]
pub struct NewDelivery {
    /// Its id.
    pub id: DeliveryId,
    /// To which webhook.
    pub webhook: WebhookKey,
    /// `Pending`, `Held`, `Skipped` or `Failed`; `Delivering` where it is claimed at once.
    pub state: State,
    /// When it may be attempted, in Unix milliseconds.
    pub due: i64,
    /// A code for a state that needs one (`paused`, `disabled`, `condition`, …).
    pub reason: Option<String>,
    /// Code of the failure, where it is `Failed` at once.
    pub failure: Option<String>,
}

/// An event that comes in; see [`Transaction::ingest`](crate::Transaction::ingest).
#[derive(Debug, Clone, Copy)]
pub struct NewEvent<'a> {
    /// The event.
    pub event: &'a Event,
    /// For exact search: ids, references and e-mail addresses as [`term`](crate::term) gives them.
    pub terms: &'a [String],
    /// A delivery for each webhook that gets it.
    pub deliveries: &'a [NewDelivery],
}

/// What is to be claimed of a webhook; see [`Transaction::claim`](crate::Transaction::claim).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// The webhook.
    pub webhook: WebhookKey,
    /// How many at most.
    pub limit: usize,
    /// How many of them go out one after the other: a site's turn is as long.
    pub burst: usize,
    /// Whether its deliveries go out in the order of their events.
    pub ordered: bool,
}

impl Wanted {
    /// Sites that have a turn, at most.
    pub(crate) fn most_sites(&self) -> usize {
        self.limit.div_ceil(self.burst.max(1))
    }
}

/// What was claimed of a webhook; see [`Transaction::claim`](crate::Transaction::claim).
#[derive(Debug, Clone)]
pub struct Claimed {
    /// The deliveries, in the order in which they go out.
    pub claims: Vec<Claim>,
    /// When the next one is due, as [`Transaction::next_due`](crate::Transaction::next_due) says it.
    pub next_due: Option<i64>,
}

/// An attempt that was made; see [`Transaction::complete`](crate::Transaction::complete).
#[derive(Debug, Clone, Copy)]
pub struct NewAttempt<'a> {
    /// Of what it was made.
    pub claim: &'a Claim,
    /// What came of it.
    pub attempt: &'a Attempt,
    /// A code for a state that needs one.
    pub reason: Option<&'a str>,
}

/// What became of something that was to be written about a claimed delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// It is in the store.
    Kept,
    /// The delivery is not the caller's (any more): somebody else has recorded an attempt of it, or
    /// it is gone. Nothing was written, and nothing has to be done.
    Lost,
    /// More than the engine can keep in one place. Nothing was written, and the delivery is still
    /// the caller's.
    TooLarge {
        /// What the engine said.
        reason: String,
    },
}
