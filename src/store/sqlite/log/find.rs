//! Which deliveries a page of the log shows.
//!
//! Every filter that can be rare has an index that ends with the row's place in time, so a page
//! is read from that index, newest first, until it is full. Where several filters are given, the
//! rarest leads (counted up to a limit) and the others are checked row by row.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};

use super::lead::{Lead, Start, blob};
use crate::log::DeliveriesQuery;
use crate::sqlite::backfill::first_of;
use crate::sqlite::first_id;
use crate::sqlite::schema::{EVENT, event_of};
use crate::{State, term};
use domain::id::EventId;

// In tests both are so small that random histories go all ways.
/// Rows up to which the rarer of two filters is looked for.
const COUNTED: i64 = if cfg!(test) { 3 } else { 20_000 };
/// How far times may be out of order with the rows (a clock set back a little), in milliseconds.
const SLACK_MS: i64 = 60_000;

/// Deliveries that one slice of a whole result looks at, at most.
const WINDOW: i64 = if cfg!(test) { 4 } else { 10_000 };

/// What every delivery of the page has to meet.
pub(super) struct Filter {
    /// Keys from here…
    from: i64,
    /// … to below here.
    below: i64,
    /// When deliveries were created at the earliest and the latest, where there are earlier and later ones.
    since: Option<i64>,
    until: Option<i64>,
    conditions: String,
    values: Vec<Value>,
    /// Whether a condition is about the event.
    of_event: bool,
    /// Whether it is known that more than [`WINDOW`] deliveries are between its keys.
    pub(super) is_wide: bool,
}

/// Keys of the deliveries that a query is for: newest first, at most one more than its limit.
pub(super) fn keys(connection: &Connection, query: &DeliveriesQuery) -> rusqlite::Result<Vec<i64>> {
    let mut filter = Filter::new(connection, query)?;
    let limit = query.limit() + 1;
    if let Some(keys) = filter.newest_if_many(connection, query, limit)? {
        return Ok(keys);
    }
    let mut keys = Vec::new();
    for lead in filter.starts(connection, query)? {
        keys.extend(filter.find(connection, &lead, Order::Newest, limit)?);
    }
    keys.sort_unstable_by(|a, b| b.cmp(a));
    keys.truncate(limit);
    Ok(keys)
}

/// Up to `limit` keys of the deliveries that a query is for, oldest first, between two keys
/// (both excluded), and the key after which to go on: `None` at the end. One call looks at
/// [`WINDOW`] deliveries at most, so it may find none and yet there are more.
pub(crate) fn slice(
    connection: &Connection,
    query: &DeliveriesQuery,
    after: i64,
    below: i64,
    limit: usize,
) -> rusqlite::Result<(Vec<i64>, Option<i64>)> {
    let mut filter = Filter::new(connection, query)?;
    filter.begin_since(connection)?;
    // Within a window the deliveries themselves are as quick a lead as any index.
    let starts = match filter.named(connection, query)? {
        Some(starts) => starts,
        None => vec![Lead::All],
    };
    filter.from = filter.from.max(after.saturating_add(1));
    let last = filter.below.min(below);
    if starts.is_empty() || filter.from >= last {
        return Ok((Vec::new(), None));
    }
    let end: Option<i64> = connection
        .prepare_cached(
            "SELECT key FROM deliveries WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT 1 OFFSET ?3",
        )?
        .query_row((filter.from, last, WINDOW), |row| row.get(0))
        .optional()?;
    filter.below = end.unwrap_or(last);
    let mut keys = Vec::new();
    for lead in &starts {
        keys.extend(filter.find(connection, lead, Order::Oldest, limit)?);
    }
    keys.sort_unstable();
    keys.truncate(limit);
    let full = keys.last().copied().filter(|_| keys.len() == limit);
    Ok((keys, full.or(end.map(|end| end - 1))))
}

/// How many deliveries a query is for, counted up to `most`.
pub(super) fn count_up_to(
    connection: &Connection,
    query: &DeliveriesQuery,
    most: u64,
) -> rusqlite::Result<u64> {
    let mut filter = Filter::new(connection, query)?;
    let leads = filter.starts(connection, query)?;
    filter.count_up_to(connection, &leads, most)
}

/// How many deliveries a query is for; `sendable`: leaving out those whose body is gone.
pub(super) fn count(
    connection: &Connection,
    query: &DeliveriesQuery,
    sendable: bool,
) -> rusqlite::Result<u64> {
    let mut filter = Filter::new(connection, query)?;
    if sendable {
        let has_body = format!("EXISTS (SELECT 1 FROM bodies WHERE event = d.key & -{EVENT})");
        filter.require(&has_body, None);
    }
    let mut count = 0;
    for lead in filter.starts(connection, query)? {
        count += filter.count_all(connection, &lead)?;
    }
    Ok(count.cast_unsigned())
}

/// The key below which a query's page begins.
pub(super) fn place(query: &DeliveriesQuery) -> i64 {
    query.cursor.map_or(i64::MAX, |cursor| i64::try_from(cursor).unwrap_or(i64::MAX))
}

/// In which order deliveries are looked for.
#[derive(Clone, Copy)]
enum Order {
    Newest,
    Oldest,
}

impl Filter {
    pub(super) fn new(connection: &Connection, query: &DeliveriesQuery) -> rusqlite::Result<Self> {
        let mut filter = Self {
            from: 0,
            below: place(query),
            since: None,
            until: None,
            is_wide: false,
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
        if let Some(code) = &query.failure {
            filter.require("+d.last_failure = ?", Some(Value::Text(code.clone())));
        }
        if let Some(status) = query.status {
            let status = if status == 0 { Value::Null } else { Value::Integer(status.into()) };
            filter.require("+d.last_status IS ?", Some(status));
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
        // What is true of all need not be looked up of each.
        if let Some(since) = query.since
            && is_any(connection, "id < ?", since)?
        {
            filter.since = Some(since);
            filter.require("+d.id >= ?", Some(blob(first_id(since))));
        }
        if let Some(until) = query.until
            && is_any(connection, "id >= ?", until.saturating_add(1))?
        {
            filter.until = Some(until);
            filter.require("+d.id < ?", Some(blob(first_id(until.saturating_add(1)))));
            // No delivery is there before its event, however late it was made of that.
            let after = first_of(connection, until.saturating_add(SLACK_MS))?;
            filter.below = filter.below.min(event_of(after.saturating_add(EVENT - 1)));
        }
        Ok(filter)
    }

    /// Where a search for a query begins.
    pub(super) fn starts(
        &mut self,
        connection: &Connection,
        query: &DeliveriesQuery,
    ) -> rusqlite::Result<Vec<Lead>> {
        match self.named(connection, query)? {
            Some(leads) => Ok(leads),
            None => self.leads(connection, query),
        }
    }

    /// Where a search begins that names its events; `None`: it names none.
    fn named(
        &mut self,
        connection: &Connection,
        query: &DeliveriesQuery,
    ) -> rusqlite::Result<Option<Vec<Lead>>> {
        let Some(text) = &query.search else {
            return query.event_id.map(|id| self.narrow_to(connection, id)).transpose();
        };
        // Beside an id that is asked for, the search has to lead to the same event.
        match (text.trim().parse::<EventId>(), query.event_id) {
            (Ok(found), Some(id)) if found != id => Ok(Some(Vec::new())),
            (Ok(found), _) => self.narrow_to(connection, found).map(Some),
            (Err(_), Some(id)) if self.narrow_to(connection, id)?.is_empty() => {
                Ok(Some(Vec::new()))
            }
            (Err(_), _) => Ok(Some(vec![Lead::Term(term(text))])),
        }
    }

    /// Leaves out what is older than a query's first delivery. To find that, all are looked at that were
    /// created since.
    fn begin_since(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        if let Some(since) = self.since {
            let first = first_made(connection, since, self.end())?;
            self.from = self.from.max(first.map_or(i64::MAX, event_of));
        }
        Ok(())
    }

    /// Before when deliveries were made, in Unix milliseconds.
    fn end(&self) -> i64 {
        self.until.map_or(i64::MAX, |until| until.saturating_add(1))
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

    /// A page of deliveries in a state that most have, where the newest of all fill it: `None` where they
    /// don't. Otherwise each webhook would be asked for its own.
    fn newest_if_many(
        &mut self,
        connection: &Connection,
        query: &DeliveriesQuery,
        limit: usize,
    ) -> rusqlite::Result<Option<Vec<i64>>> {
        let is_common = |state: &State| *state as u8 <= State::Delivered as u8;
        let named =
            query.webhook_id.is_some() || query.search.is_some() || query.event_id.is_some();
        if named || !query.state.iter().any(is_common) {
            return Ok(None);
        }
        let nearest = self.nearest(connection)?;
        let whole = self.from;
        self.from = nearest.unwrap_or(whole);
        let keys = self.find(connection, &Lead::All, Order::Newest, limit);
        self.from = whole;
        let keys = keys?;
        Ok((keys.len() == limit || nearest.is_none()).then_some(keys))
    }

    /// Key of the delivery behind the newest [`WINDOW`] between the filter's keys; `None`: there are no more.
    pub(super) fn nearest(&self, connection: &Connection) -> rusqlite::Result<Option<i64>> {
        connection
            .prepare_cached(
                "SELECT key FROM deliveries WHERE key >= ?1 AND key < ?2
                 ORDER BY key DESC LIMIT 1 OFFSET ?3",
            )?
            .query_row((self.from, self.below, WINDOW), |row| row.get(0))
            .optional()
    }

    /// Where a search for states begins that names no webhook. What is little is looked through. What is under way or in a state that few
    /// have is found in one step, and so is what waits, unless that is much: then, as with what was
    /// delivered, each webhook has its own newest.
    fn states(
        &self,
        connection: &Connection,
        query: &DeliveriesQuery,
    ) -> rusqlite::Result<Vec<Lead>> {
        if !self.is_wide && self.nearest(connection)?.is_none() {
            return Ok(vec![Lead::All]);
        }
        let mut leads = Vec::new();
        let mut each = Vec::new();
        for state in State::ALL.into_iter().filter(|state| query.state.contains(state)) {
            match state {
                State::Delivering => leads.push(Lead::UnderWay),
                State::Pending if self.count(connection, &Lead::Waiting)? < COUNTED => {
                    leads.push(Lead::Waiting);
                }
                State::Pending | State::Delivered => each.push(state),
                _ => leads.push(Lead::Rare(state)),
            }
        }
        if !each.is_empty() {
            let common = DeliveriesQuery { state: each, ..DeliveriesQuery::default() };
            leads.extend(arms(connection, &common)?);
        }
        Ok(leads)
    }

    /// The rarest of the filters that have an index.
    fn leads(
        &mut self,
        connection: &Connection,
        query: &DeliveriesQuery,
    ) -> rusqlite::Result<Vec<Lead>> {
        let mut ways = self.ways(connection, query)?;
        if let Some(since) = self.since {
            let created = Lead::Created(since, self.end());
            if self.count(connection, &created)? < COUNTED {
                ways.push(vec![created]);
            } else if let (rows, Some(way)) = self.rarest(connection, &ways)?
                && rows < COUNTED
            {
                // To find where they begin would take longer than to look at these few.
                return Ok(ways.swap_remove(way));
            } else {
                self.begin_since(connection)?;
                ways = self.ways(connection, query)?;
            }
        }
        if ways.len() < 2 {
            return Ok(ways.pop().unwrap_or_else(|| vec![Lead::All]));
        }
        let way = self.rarest(connection, &ways)?.1;
        Ok(way.map_or_else(|| vec![Lead::All], |way| ways.swap_remove(way)))
    }

    /// The filters that have an index, but for the time.
    fn ways(
        &self,
        connection: &Connection,
        query: &DeliveriesQuery,
    ) -> rusqlite::Result<Vec<Vec<Lead>>> {
        let mut ways = Vec::new();
        if query.webhook_id.is_some() {
            ways.push(arms(connection, query)?);
        } else if !query.state.is_empty() {
            ways.push(self.states(connection, query)?);
        }
        ways.extend(query.event.clone().map(|name| vec![Lead::Name(name)]));
        ways.extend(query.site_id.map(|site| vec![Lead::Site(site)]));
        ways.extend((query.test == Some(true)).then(|| vec![Lead::Tests]));
        Ok(ways)
    }

    /// Which way has the fewest rows, and how many it has, counted up to [`COUNTED`]; `None`: there is none.
    fn rarest(
        &self,
        connection: &Connection,
        ways: &[Vec<Lead>],
    ) -> rusqlite::Result<(i64, Option<usize>)> {
        let mut rarest = (COUNTED + 1, None);
        for (place, way) in ways.iter().enumerate() {
            let mut rows = 0;
            for lead in way {
                if rows >= rarest.0 {
                    break;
                }
                rows += self.count(connection, lead)?;
            }
            if rows < rarest.0 || rarest.1.is_none() {
                rarest = (rows, Some(place));
            }
        }
        Ok(rarest)
    }

    /// Rows that a lead gives, counted up to [`COUNTED`].
    fn count(&self, connection: &Connection, lead: &Lead) -> rusqlite::Result<i64> {
        let (rows, value) = match lead {
            Lead::Arm(webhook, state) => (
                format!("deliveries d WHERE webhook = ? AND state = {}", *state as u8),
                Value::Integer(*webhook),
            ),
            Lead::Created(since, end) => {
                let sql = format!(
                    "SELECT count(*) FROM (SELECT 1 FROM deliveries d INDEXED BY deliveries_id
                     WHERE id >= ? AND id < ? LIMIT {COUNTED})"
                );
                let between = [blob(first_id(*since)), blob(first_id(*end))];
                return connection
                    .prepare_cached(&sql)?
                    .query_row(params_from_iter(between), |row| row.get(0));
            }
            Lead::Name(name) => ("events WHERE name = ?".into(), Value::Text(name.clone())),
            Lead::Site(site) => ("events WHERE site = ?".into(), Value::Integer(*site)),
            // The number is for the form of the statement alone: a partial index takes no parameter.
            Lead::Rare(state) => (
                format!(
                    "deliveries d INDEXED BY deliveries_rare
                     WHERE state > 2 AND state = {} AND ? = 1",
                    *state as u8
                ),
                Value::Integer(1),
            ),
            Lead::Waiting => (
                "deliveries d INDEXED BY deliveries_due WHERE state = 0 AND ? = 1".into(),
                Value::Integer(1),
            ),
            Lead::UnderWay => return Ok(0),
            Lead::Tests => (
                "deliveries d INDEXED BY deliveries_test WHERE test = 1 AND ? = 1".into(),
                Value::Integer(1),
            ),
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
        order: Order,
        limit: usize,
    ) -> rusqlite::Result<Vec<i64>> {
        let (rows, leading, values) = self.rows(lead);
        let direction = match order {
            Order::Newest => "DESC",
            Order::Oldest => "ASC",
        };
        let leading = match leading {
            Some(column) => format!("{column} {direction},"),
            None => String::new(),
        };
        let sql =
            format!("SELECT d.key FROM {rows} ORDER BY {leading} d.key {direction} LIMIT {limit}");
        connection
            .prepare_cached(&sql)?
            .query_map(params_from_iter(values), |row| row.get(0))?
            .collect()
    }

    /// How many deliveries these leads give, counted up to `most`.
    pub(super) fn count_up_to(
        &self,
        connection: &Connection,
        leads: &[Lead],
        most: u64,
    ) -> rusqlite::Result<u64> {
        let mut count = 0;
        for lead in leads {
            if count >= most {
                break;
            }
            let (rows, _, values) = self.rows(lead);
            let sql = format!("SELECT count(*) FROM (SELECT 1 FROM {rows} LIMIT {})", most - count);
            count += connection
                .prepare_cached(&sql)?
                .query_row(params_from_iter(values), |row| row.get::<_, i64>(0))?
                .cast_unsigned();
        }
        Ok(count)
    }

    fn count_all(&self, connection: &Connection, lead: &Lead) -> rusqlite::Result<i64> {
        let (rows, _, values) = self.rows(lead);
        let sql = format!("SELECT count(*) FROM {rows}");
        connection.prepare_cached(&sql)?.query_row(params_from_iter(values), |row| row.get(0))
    }

    /// The rows that a lead leads to: SQL after FROM, the column that orders them before the
    /// delivery's key, and the values.
    pub(super) fn rows(&self, lead: &Lead) -> (String, Option<&'static str>, Vec<Value>) {
        let Start { tables, condition, plus, order, mut values } = lead.start(self.of_event);
        // With a lead of events, the deliveries of each are found by its key, never by the bounds.
        let (bounds, bound) = match lead {
            Lead::Name(_) | Lead::Site(_) => (" AND e.key >= ? AND e.key <= ?", true),
            Lead::Term(_) => (" AND t.event >= ? AND t.event <= ?", true),
            _ => ("", false),
        };
        if bound {
            values.extend([event_of(self.from).into(), event_of(self.below).into()]);
        }
        values.extend([self.from.into(), self.below.into()]);
        values.extend(self.values.iter().cloned());
        let rows = format!(
            "{tables} WHERE {condition}{bounds} AND {plus}d.key >= ? AND {plus}d.key < ?{}",
            self.conditions
        );
        (rows, order, values)
    }
}

/// Whether any delivery was created before or after a time, as `condition` says with an id.
fn is_any(connection: &Connection, condition: &str, unix_ms: i64) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(&format!(
            "SELECT EXISTS (SELECT 1 FROM deliveries INDEXED BY deliveries_id WHERE {condition})"
        ))?
        .query_row([blob(first_id(unix_ms))], |row| row.get(0))
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

/// Lowest key of the deliveries that were created from one time on and before another. It need not be that
/// of the first of them: a backfill makes deliveries of old events.
pub(super) fn first_made(
    connection: &Connection,
    since: i64,
    end: i64,
) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached(
            "SELECT min(key) FROM deliveries INDEXED BY deliveries_id WHERE id >= ?1 AND id < ?2",
        )?
        .query_row([first_id(since).as_bytes(), first_id(end).as_bytes()], |row| row.get(0))
}
