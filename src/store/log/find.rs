//! Which deliveries a page of the log shows.
//!
//! Every filter that can be rare has an index that ends with the row's place in time, so a page
//! is read from that index, newest first, until it is full. Where several filters are given, the
//! rarest leads (counted up to a limit) and the others are checked row by row.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};

use super::query::DeliveriesQuery;
use crate::id::{DeliveryId, EventId};
use crate::store::sqlite::first_id;
use crate::store::sqlite::schema::{EVENT, event_of};
use crate::store::{State, term};

/// Rows up to which the rarer of two filters is looked for.
const COUNTED: i64 = 2000;
/// How far ids may be out of order with the rows (rows of one millisecond, a clock set back a
/// little), in milliseconds.
const SLACK_MS: i64 = 60_000;

/// Where a search begins.
#[derive(Debug, Clone, PartialEq)]
enum Lead {
    /// The deliveries themselves, within the filter's keys.
    All,
    /// One webhook's deliveries in one state.
    Arm(i64, State),
    /// Events of a name.
    Name(String),
    /// Events about a site.
    Site(i64),
    /// Events that a term leads to.
    Term(String),
}

/// What every delivery of the page has to meet.
struct Filter {
    /// Keys from here…
    from: i64,
    /// … to below here.
    below: i64,
    conditions: String,
    values: Vec<Value>,
    /// Whether a condition is about the event.
    of_event: bool,
}

/// Keys of the deliveries that a query is for: newest first, at most one more than its limit.
pub(super) fn keys(connection: &Connection, query: &DeliveriesQuery) -> rusqlite::Result<Vec<i64>> {
    let mut filter = Filter::new(connection, query)?;
    let leads = match &query.search {
        Some(text) => match text.trim().parse::<EventId>() {
            Ok(id) => filter.narrow_to(connection, id)?,
            Err(_) => vec![Lead::Term(term(text))],
        },
        None => match query.event_id {
            Some(id) => filter.narrow_to(connection, id)?,
            None => filter.leads(connection, query)?,
        },
    };
    let limit = query.limit() + 1;
    let mut keys = Vec::new();
    for lead in &leads {
        keys.extend(filter.find(connection, lead, limit)?);
    }
    keys.sort_unstable_by(|a, b| b.cmp(a));
    keys.truncate(limit);
    Ok(keys)
}

impl Filter {
    fn new(connection: &Connection, query: &DeliveriesQuery) -> rusqlite::Result<Self> {
        let mut filter = Self {
            from: 0,
            below: query.cursor.unwrap_or(i64::MAX),
            conditions: String::new(),
            values: Vec::new(),
            of_event: query.event.is_some() || query.site_id.is_some(),
        };
        // The plus keeps SQLite from leaving the leading index for one of these columns.
        if let Some(id) = &query.webhook_id {
            filter.require("+d.webhook = ?", Some(webhook(connection, id)?.into()));
        }
        if !query.state.is_empty() {
            let numbers: Vec<_> = query.state.iter().map(|state| *state as u8).collect();
            filter.require(&format!("+d.state IN ({numbers:?})").replace(['[', ']'], ""), None);
        }
        if let Some(name) = &query.event {
            filter.require("+e.name = ?", Some(Value::Text(name.clone())));
        }
        if let Some(site) = query.site_id {
            filter.require("+e.site = ?", Some(Value::Integer(site)));
        }
        if let Some(test) = query.test {
            filter.require("+d.test = ?", Some(Value::Integer(test.into())));
        }
        if let Some(since) = query.since {
            filter.require("+d.id >= ?", Some(blob(first_id(since))));
            let first = key_at(connection, since.saturating_sub(SLACK_MS))?;
            filter.from = first.map_or(i64::MAX, event_of);
        }
        if let Some(until) = query.until {
            filter.require("+d.id < ?", Some(blob(first_id(until.saturating_add(1)))));
            if let Some(after) = key_at(connection, until.saturating_add(SLACK_MS))? {
                filter.below = filter.below.min(after);
            }
        }
        Ok(filter)
    }

    fn require(&mut self, condition: &str, value: Option<Value>) {
        self.conditions.push_str(" AND ");
        self.conditions.push_str(condition);
        self.values.extend(value);
    }

    /// Looks only at the deliveries of this event.
    fn narrow_to(&mut self, connection: &Connection, id: EventId) -> rusqlite::Result<Vec<Lead>> {
        let event: Option<i64> = connection
            .prepare_cached("SELECT key FROM events WHERE id = ?1")?
            .query_row([id.as_bytes()], |row| row.get(0))
            .optional()?;
        let Some(event) = event else { return Ok(Vec::new()) };
        self.from = self.from.max(event);
        self.below = self.below.min(event + EVENT);
        Ok(vec![Lead::All])
    }

    /// The rarest of the filters that have an index.
    fn leads(
        &self,
        connection: &Connection,
        query: &DeliveriesQuery,
    ) -> rusqlite::Result<Vec<Lead>> {
        let mut ways = Vec::new();
        if query.webhook_id.is_some() || !query.state.is_empty() {
            ways.push(arms(connection, query)?);
        }
        ways.extend(query.event.clone().map(|name| vec![Lead::Name(name)]));
        ways.extend(query.site_id.map(|site| vec![Lead::Site(site)]));
        if ways.len() < 2 {
            return Ok(ways.pop().unwrap_or_else(|| vec![Lead::All]));
        }
        let mut rarest = (COUNTED + 1, vec![Lead::All]);
        for way in ways {
            let mut rows = 0;
            for lead in &way {
                if rows >= rarest.0 {
                    break;
                }
                rows += self.count(connection, lead)?;
            }
            if rows < rarest.0 || rarest.1 == [Lead::All] {
                rarest = (rows, way);
            }
        }
        Ok(rarest.1)
    }

    /// Rows that a lead gives, counted up to [`COUNTED`].
    fn count(&self, connection: &Connection, lead: &Lead) -> rusqlite::Result<i64> {
        let (rows, value) = match lead {
            Lead::Arm(webhook, state) => (
                format!("deliveries d WHERE webhook = ? AND state = {}", *state as u8),
                Value::Integer(*webhook),
            ),
            Lead::Name(name) => ("events WHERE name = ?".into(), Value::Text(name.clone())),
            Lead::Site(site) => ("events WHERE site = ?".into(), Value::Integer(*site)),
            Lead::All | Lead::Term(_) => return Ok(COUNTED),
        };
        let sql = format!(
            "SELECT count(*) FROM (SELECT 1 FROM {rows} AND key >= ? AND key < ? LIMIT {COUNTED})"
        );
        let values = [value, event_of(self.from).into(), self.below.into()];
        connection.prepare_cached(&sql)?.query_row(params_from_iter(values), |row| row.get(0))
    }

    fn find(
        &self,
        connection: &Connection,
        lead: &Lead,
        limit: usize,
    ) -> rusqlite::Result<Vec<i64>> {
        let event = if self.of_event {
            format!("CROSS JOIN events e ON e.key = d.key & -{EVENT}")
        } else {
            String::new()
        };
        let deliveries =
            format!("CROSS JOIN deliveries d ON d.key >= e.key AND d.key < e.key + {EVENT}");
        let (tables, condition, plus, order, value) = match lead {
            Lead::All => (format!("deliveries d {event}"), "1".into(), "", "", None),
            Lead::Arm(webhook, state) => (
                format!("deliveries d INDEXED BY deliveries_state {event}"),
                format!("d.webhook = ? AND d.state = {}", *state as u8),
                "",
                "",
                Some(Value::Integer(*webhook)),
            ),
            Lead::Name(name) => (
                format!("events e INDEXED BY events_name {deliveries}"),
                "e.name = ?".into(),
                "+",
                "e.key DESC,",
                Some(Value::Text(name.clone())),
            ),
            Lead::Site(site) => (
                format!("events e INDEXED BY events_site {deliveries}"),
                "e.site = ?".into(),
                "+",
                "e.key DESC,",
                Some(Value::Integer(*site)),
            ),
            Lead::Term(term) => (
                format!("terms t CROSS JOIN events e ON e.key = t.event {deliveries}"),
                "t.term = ?".into(),
                "+",
                "t.event DESC,",
                Some(Value::Text(term.clone())),
            ),
        };
        // With a lead of events, the deliveries of each are found by its key, never by the bounds.
        let (bounds, bound) = match lead {
            Lead::Name(_) | Lead::Site(_) => (" AND e.key >= ? AND e.key <= ?", true),
            Lead::Term(_) => (" AND t.event >= ? AND t.event <= ?", true),
            Lead::All | Lead::Arm(..) => ("", false),
        };
        let sql = format!(
            "SELECT d.key FROM {tables}
             WHERE {condition}{bounds} AND {plus}d.key >= ? AND {plus}d.key < ?{}
             ORDER BY {order} d.key DESC LIMIT {limit}",
            self.conditions
        );
        let mut values: Vec<Value> = value.into_iter().collect();
        if bound {
            values.extend([event_of(self.from).into(), event_of(self.below).into()]);
        }
        values.extend([self.from.into(), self.below.into()]);
        values.extend(self.values.iter().cloned());
        connection
            .prepare_cached(&sql)?
            .query_map(params_from_iter(values), |row| row.get(0))?
            .collect()
    }
}

/// The pairs of webhook and state that a query asks for.
fn arms(connection: &Connection, query: &DeliveriesQuery) -> rusqlite::Result<Vec<Lead>> {
    let webhooks: Vec<i64> = match &query.webhook_id {
        Some(id) => webhook(connection, id)?.into_iter().collect(),
        None => connection
            .prepare_cached("SELECT key FROM webhooks")?
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?,
    };
    // Each once, however often it was named.
    let asked = |state: &State| query.state.is_empty() || query.state.contains(state);
    let states: Vec<_> = State::ALL.into_iter().filter(asked).collect();
    let pair = |webhook| states.iter().map(move |state| Lead::Arm(webhook, *state));
    Ok(webhooks.into_iter().flat_map(pair).collect())
}

fn webhook(connection: &Connection, id: &str) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT key FROM webhooks WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()
}

/// Key of the first delivery that was created at this time or later.
fn key_at(connection: &Connection, unix_ms: i64) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT key FROM deliveries WHERE id >= ?1 ORDER BY id LIMIT 1")?
        .query_row([first_id(unix_ms).as_bytes()], |row| row.get(0))
        .optional()
}

fn blob(id: DeliveryId) -> Value {
    Value::Blob(id.as_bytes().to_vec())
}
