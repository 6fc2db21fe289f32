//! Where a search of deliveries begins, and how its statement does.

use rusqlite::types::Value;

use crate::State;
use crate::sqlite::first_id;
use crate::sqlite::schema::EVENT;
use domain::id::DeliveryId;

/// Where a search begins.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Lead {
    /// The deliveries themselves, within the filter's keys.
    All,
    /// One webhook's deliveries in one state.
    Arm(i64, State),
    /// Deliveries in one of the states that few have (above 2), whichever webhook they are of.
    Rare(State),
    /// Deliveries that wait for an attempt, whichever webhook they are of: not in order.
    Waiting,
    /// Deliveries that are under way, whichever webhook they are of: not in order.
    UnderWay,
    /// Deliveries of tests.
    Tests,
    /// Deliveries that were created between two times, of which the second is out: not in order.
    Created(i64, i64),
    /// Events of a name.
    Name(String),
    /// Events about a site.
    Site(i64),
    /// Events that a term leads to.
    Term(String),
}

/// What a lead's statement begins with.
pub(super) struct Start {
    /// After FROM.
    pub(super) tables: String,
    /// What its index is asked for.
    pub(super) condition: String,
    /// Keeps SQLite from leaving that index for the deliveries' keys, where that is put before them.
    pub(super) plus: &'static str,
    /// The column that orders the rows before the delivery's key.
    pub(super) order: Option<&'static str>,
    /// Of the condition.
    pub(super) values: Vec<Value>,
}

impl Lead {
    /// `of_event`: another condition is about the event.
    pub(super) fn start(&self, of_event: bool) -> Start {
        let event = if of_event {
            format!("CROSS JOIN events e ON e.key = d.key & -{EVENT}")
        } else {
            String::new()
        };
        let deliveries =
            format!("CROSS JOIN deliveries d ON d.key >= e.key AND d.key < e.key + {EVENT}");
        let (tables, condition, plus, order, values) = match self {
            Lead::All => (format!("deliveries d {event}"), "1".into(), "", None, vec![]),
            Lead::Tests => (
                format!("deliveries d INDEXED BY deliveries_test {event}"),
                "d.test = 1".into(),
                "",
                None,
                vec![],
            ),
            Lead::Rare(state) => (
                format!("deliveries d INDEXED BY deliveries_rare {event}"),
                format!("d.state > 2 AND d.state = {}", *state as u8),
                "",
                None,
                vec![],
            ),
            Lead::Waiting => (
                format!("deliveries d INDEXED BY deliveries_due {event}"),
                "d.state = 0".into(),
                "",
                None,
                vec![],
            ),
            Lead::UnderWay => (
                format!(
                    "webhooks w CROSS JOIN deliveries d INDEXED BY deliveries_state
                         ON d.webhook = w.key {event}"
                ),
                format!("d.state = {}", State::Delivering as u8),
                "",
                None,
                vec![],
            ),
            Lead::Created(since, end) => (
                format!("deliveries d INDEXED BY deliveries_id {event}"),
                "d.id >= ? AND d.id < ?".into(),
                "+",
                None,
                vec![blob(first_id(*since)), blob(first_id(*end))],
            ),
            Lead::Arm(webhook, state) => (
                format!("deliveries d INDEXED BY deliveries_state {event}"),
                format!("d.webhook = ? AND d.state = {}", *state as u8),
                "",
                None,
                vec![Value::Integer(*webhook)],
            ),
            Lead::Name(name) => (
                format!("events e INDEXED BY events_name {deliveries}"),
                "e.name = ?".into(),
                "+",
                Some("e.key"),
                vec![Value::Text(name.clone())],
            ),
            Lead::Site(site) => (
                format!("events e INDEXED BY events_site {deliveries}"),
                "e.site = ?".into(),
                "+",
                Some("e.key"),
                vec![Value::Integer(*site)],
            ),
            Lead::Term(term) => (
                if of_event {
                    format!("terms t CROSS JOIN events e ON e.key = t.event {deliveries}")
                } else {
                    format!(
                        "terms t CROSS JOIN deliveries d
                         ON d.key >= t.event AND d.key < t.event + {EVENT}"
                    )
                },
                "t.term = ?".into(),
                "+",
                Some("t.event"),
                vec![Value::Text(term.clone())],
            ),
        };
        Start { tables, condition, plus, order, values }
    }
}

/// An id as SQLite compares it.
pub(super) fn blob(id: DeliveryId) -> Value {
    Value::Blob(id.as_bytes().to_vec())
}
