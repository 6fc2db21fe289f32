//! Rows of `deliveries`.

use ::mysql::prelude::{FromRow, FromValue};
use ::mysql::{FromRowError, Row, Value};
use serde_json::{Value as Json, json};

use crate::{State, WebhookKey};
use domain::id::DeliveryId;

/// An event's key, and a delivery's number among those of the event.
pub(super) type Place = (u64, u16);

/// Whose a delivery is while it is being delivered, and under which lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Owner {
    pub(super) worker: u16,
    pub(super) epoch: u64,
}

impl Owner {
    pub(super) const NOBODY: Self = Self { worker: 0, epoch: 0 };
}

/// A delivery.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Delivery {
    pub(super) place: Place,
    pub(super) id: DeliveryId,
    pub(super) webhook: WebhookKey,
    pub(super) name: String,
    pub(super) site: u64,
    pub(super) state: State,
    pub(super) owner: Owner,
    /// By the database's clock; 0 where it waits for nothing.
    pub(super) due: i64,
    pub(super) test: bool,
    pub(super) attempts: u32,
    pub(super) attempted: u32,
    pub(super) settled: Option<i64>,
    pub(super) reason: Option<String>,
    pub(super) last_status: Option<u16>,
    pub(super) last_failure: Option<String>,
    pub(super) duration_us: Option<u64>,
    pub(super) deaths: u32,
    pub(super) deaths_alone: u32,
}

/// The columns of [`Delivery`], of a table `d`.
pub(super) const COLUMNS: &str = "d.event, d.number, d.id, d.webhook, d.name, d.site, d.state, \
     d.owner, d.epoch, d.due, d.test, d.attempts, d.attempted, d.settled, d.reason, d.last_status, \
     d.last_failure, d.duration_us, d.deaths, d.deaths_alone";

/// Columns that follow from the others, for the indexes of what waits and of what failed: see 2.sql.
pub(super) const DERIVED: &str = "pending_of, pending_due, failed_status, failed_state";

/// Sets them in an UPDATE, behind what it sets of the others.
pub(super) const DERIVE: &str = "pending_of = IF(state = 0, webhook, NULL), \
     pending_due = IF(state = 0, due, NULL), \
     failed_status = IF(last_failure IS NULL, NULL, last_status), \
     failed_state = IF(last_failure IS NULL, NULL, state)";

/// Their values.
pub(super) fn derived(
    state: u8,
    webhook: i64,
    due: i64,
    has_failure: bool,
    last_status: Value,
) -> [Value; 4] {
    let (status, of) = (last_status, Value::from(state));
    let (failed_status, failed_state) =
        if has_failure { (status, of) } else { (Value::NULL, Value::NULL) };
    let is_pending = state == State::Pending as u8;
    let pending = |value: i64| is_pending.then_some(value).into();
    [pending(webhook), pending(due), failed_status, failed_state]
}

/// How [`Delivery::change`] is read by the server: names and types of its elements.
pub(super) const CHANGE: [(&str, &str); 18] = [
    ("event", "BIGINT UNSIGNED"),
    ("number", "SMALLINT UNSIGNED"),
    ("was", "TINYINT UNSIGNED"),
    ("was_owner", "SMALLINT UNSIGNED"),
    ("was_epoch", "BIGINT UNSIGNED"),
    ("state", "TINYINT UNSIGNED"),
    ("owner", "SMALLINT UNSIGNED"),
    ("epoch", "BIGINT UNSIGNED"),
    ("due", "BIGINT"),
    ("attempts", "INT UNSIGNED"),
    ("attempted", "INT UNSIGNED"),
    ("settled", "BIGINT"),
    ("reason", "VARCHAR(64)"),
    ("last_status", "SMALLINT UNSIGNED"),
    ("last_failure", "VARCHAR(64)"),
    ("duration_us", "BIGINT UNSIGNED"),
    ("deaths", "INT UNSIGNED"),
    ("deaths_alone", "INT UNSIGNED"),
];

impl Delivery {
    /// Whether it is waiting, and nobody suspects it.
    pub(super) fn waits(&self) -> bool {
        self.state == State::Pending && self.deaths == 0
    }

    /// Whether it waits to be tried with care.
    pub(super) fn is_suspect(&self) -> bool {
        self.state == State::Pending && self.deaths > 0
    }

    /// Moves it to a state in which it belongs to nobody and, unless it is to be `pending`, waits
    /// for nothing.
    pub(super) fn put(&mut self, state: State, due: i64) {
        self.state = state;
        self.owner = Owner::NOBODY;
        self.due = if state == State::Pending { due } else { 0 };
    }

    /// The values of [`DERIVED`].
    pub(super) fn derived(&self) -> [Value; 4] {
        let (state, has_failure) = (self.state as u8, self.last_failure.is_some());
        derived(state, self.webhook.0, self.due, has_failure, self.last_status.into())
    }

    /// What becomes of the row, with what it has to be like before; see [`CHANGE`].
    pub(super) fn change(&self, before: &Self) -> Json {
        json!([
            self.place.0,
            self.place.1,
            before.state as u8,
            before.owner.worker,
            before.owner.epoch,
            self.state as u8,
            self.owner.worker,
            self.owner.epoch,
            self.due,
            self.attempts,
            self.attempted,
            self.settled,
            self.reason,
            self.last_status,
            self.last_failure,
            self.duration_us,
            self.deaths,
            self.deaths_alone,
        ])
    }
}

impl FromRow for Delivery {
    fn from_row_opt(mut row: Row) -> Result<Self, FromRowError> {
        let read = |row: &mut Row| {
            let mut cells = Cells { row, at: 0 };
            Some(Self {
                place: (cells.next()?, cells.next()?),
                id: DeliveryId::from_bytes(cells.next::<Vec<u8>>()?.try_into().ok()?),
                webhook: WebhookKey(cells.next()?),
                name: cells.next()?,
                site: cells.next()?,
                state: State::from_number(cells.next()?)?,
                owner: Owner { worker: cells.next()?, epoch: cells.next()? },
                due: cells.next()?,
                test: cells.next()?,
                attempts: cells.next()?,
                attempted: cells.next()?,
                settled: cells.next()?,
                reason: cells.next()?,
                last_status: cells.next()?,
                last_failure: cells.next()?,
                duration_us: cells.next()?,
                deaths: cells.next()?,
                deaths_alone: cells.next()?,
            })
        };
        match read(&mut row) {
            Some(delivery) => Ok(delivery),
            None => Err(FromRowError(row)),
        }
    }
}

/// The cells of a row, one after the other.
pub(super) struct Cells<'a> {
    pub(super) row: &'a mut Row,
    pub(super) at: usize,
}

impl Cells<'_> {
    /// The next one; none where it is not of this type.
    pub(super) fn next<T: FromValue>(&mut self) -> Option<T> {
        let cell = self.row.take_opt(self.at)?;
        self.at += 1;
        cell.ok()
    }
}
