//! Backfills: events of the log that a webhook has not had, for a webhook that was added late or was
//! set up wrongly for a while.

use serde::{Deserialize, Serialize};

use super::Result;
use super::log::time;
use domain::event::Event;
use domain::id::{DeliveryId, EventId};

/// The word for a backfill among the changes of many deliveries.
pub const BACKFILL: &str = "backfill";

/// Which events a webhook is to be sent, and how fast. It has had an event of which it has a delivery
/// in any state but skipped.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "the stub says what each key means")]
pub struct BackfillQuery {
    pub webhook_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<EventId>,
    #[serde(skip_serializing_if = "Option::is_none", with = "time")]
    pub since: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none", with = "time")]
    pub until: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_minute: Option<u32>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub any_event: bool,
}

/// A wish that a webhook be sent what it has not had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backfill {
    /// Names it; chosen by whoever asks.
    pub token: String,
    /// Which events.
    pub query: BackfillQuery,
    /// How many there were when it was asked for, as far as they were counted.
    pub matched: u64,
}

impl Backfill {
    /// The reason that its deliveries have while they wait.
    pub fn reason(token: &str) -> String {
        format!("{BACKFILL}:{token}")
    }
}

/// An event that a webhook has not had.
#[derive(Debug, Clone)]
pub struct Missed {
    /// The event, with its body where that was asked for.
    pub event: Event,
    /// When it was taken in, in Unix milliseconds.
    pub created: i64,
    /// Its delivery to the webhook, where the webhook's condition once said no.
    pub skipped: Option<DeliveryId>,
}

/// The next events of a backfill.
#[derive(Debug, Clone)]
pub struct Stretch {
    /// Of which.
    pub token: String,
    /// What it is for.
    pub query: BackfillQuery,
    /// When it was asked for, in Unix milliseconds.
    pub asked: i64,
    /// How many deliveries it has made.
    pub made: u64,
    /// Oldest first.
    pub missed: Vec<Missed>,
    /// Where it goes on; none: this is its end.
    pub next: Option<i64>,
}

impl Stretch {
    /// When its delivery numbered `made` is due, in Unix milliseconds: at its rate from when it was
    /// asked for, and never before now.
    pub fn due(&self, made: u64, now: i64) -> i64 {
        let Some(rate) = self.query.per_minute.filter(|rate| *rate > 0) else { return now };
        let after = made.saturating_mul(60_000) / u64::from(rate);
        self.asked.saturating_add(i64::try_from(after).unwrap_or(i64::MAX)).max(now)
    }
}

/// How many events a webhook has not had.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct MissedCount {
    /// So many were counted.
    pub events: u64,
    /// Whether there may be more: counting them all would take too long.
    pub more: bool,
}

/// What a transaction does for backfills.
pub trait Backfills {
    /// Notes a backfill of the events that are there now. The same token a second time changes
    /// nothing.
    ///
    /// # Errors
    /// As for all methods of this trait: where the engine refused; the transaction is undone.
    fn begin_backfill(&mut self, backfill: &Backfill, now: i64) -> Result<()>;

    /// Looks at up to `limit` further events for the oldest backfill under way, and gives those that
    /// its webhook has not had, that have a body, and that `wants` says it is to get (of an event
    /// without its body). Tests are none of them. None: no backfill is under way.
    ///
    /// # Errors
    /// See [`begin_backfill`](Self::begin_backfill).
    fn look_back(
        &mut self,
        limit: usize,
        wants: &dyn Fn(&BackfillQuery, &Event) -> bool,
    ) -> Result<Option<Stretch>>;

    /// Notes that a backfill under way made so many deliveries more, and where it goes on; none: it
    /// has ended.
    ///
    /// # Errors
    /// See [`begin_backfill`](Self::begin_backfill).
    fn note_backfill(&mut self, token: &str, made: u64, next: Option<i64>, now: i64) -> Result<()>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_spreads_what_is_due_and_nothing_is_due_before_now() {
        let query = BackfillQuery { per_minute: Some(60), ..BackfillQuery::default() };
        let stretch = Stretch {
            token: String::new(),
            query,
            asked: 1000,
            made: 0,
            missed: vec![],
            next: None,
        };
        assert_eq!([0, 1, 5].map(|made| stretch.due(made, 1000)), [1000, 2000, 6000]);
        assert_eq!(stretch.due(1, 9000), 9000);
        let at_once = Stretch { query: BackfillQuery::default(), ..stretch };
        assert_eq!(at_once.due(7, 9000), 9000);
    }
}
