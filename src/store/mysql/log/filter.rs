//! What a query asks of each delivery, as SQL.

use ::mysql::Value;

use super::reads::{Answer, Reads};
use crate::log::DeliveriesQuery;
use crate::sqlite::first_id;
use crate::{State, term};
use domain::id::EventId;

/// Where a delivery stands: its event's key, and its number there.
pub(crate) type Key = (u64, u16);

/// How far ids may be out of order with the rows (rows of one millisecond, clocks of several servers,
/// one set back a little), in milliseconds.
pub(super) const SLACK_MS: i64 = 60_000;

/// When the milliseconds in keys of events begin (2020), in Unix milliseconds, and how far they are
/// shifted: see `schema.rs`.
pub(super) const EPOCH: i64 = 1_577_836_800_000;
pub(super) const SHIFT: u32 = 22;

/// Where a search begins.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Lead {
    /// The deliveries themselves, within the filter's keys.
    All,
    /// Deliveries of webhooks in states.
    Arms(Vec<u64>, Vec<State>),
    /// Deliveries of tests.
    Tests,
    /// Deliveries of events of a name.
    Name(String),
    /// Deliveries of events about a site.
    Site(i64),
    /// Deliveries whose last attempt failed in a way.
    Failure(String),
    /// Deliveries of events that a term leads to.
    Term(String),
}

/// What a condition is about: a lead that says the same need not check it, and may find all that it
/// wants in its index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    Webhook,
    State,
    Failure,
    Name,
    Site,
    Test,
    Other,
}

/// In which order deliveries are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Newest,
    Oldest,
}

impl Order {
    /// What comes after ORDER BY.
    pub(super) const fn sql(self) -> &'static str {
        match self {
            Self::Newest => "d.event DESC, d.number DESC",
            Self::Oldest => "d.event, d.number",
        }
    }
}

/// What every delivery of the page has to meet.
#[derive(Debug, Clone)]
pub(super) struct Filter {
    /// Keys of events from here.
    pub(super) from: u64,
    /// Between which times deliveries were made, in Unix milliseconds, the later one excluded; `None`:
    /// since ever.
    made: Option<(i64, i64)>,
    /// Deliveries behind this one, where that is another place.
    after: Option<Key>,
    /// Deliveries to below here.
    pub(super) below: Key,
    pub(super) conditions: Vec<(About, &'static str, Vec<Value>)>,
}

impl Filter {
    pub(super) fn new(reads: &mut Reads<'_>, query: &DeliveriesQuery) -> Answer<Self> {
        let below = query.cursor.map_or((i64::MAX.cast_unsigned(), 0), place);
        let mut filter = Self { from: 0, made: None, after: None, below, conditions: Vec::new() };
        if let Some(id) = &query.webhook_id {
            let key: Option<u64> = reads
                .first("SELECT `key` FROM {webhooks} WHERE id = ?", vec![id.as_bytes().into()])?;
            filter.require(About::Webhook, "d.webhook = ?", vec![key.into()]);
        }
        if !query.state.is_empty() {
            let states = query.state.iter().map(|state| Value::from(*state as u8)).collect();
            // What the index of failures has of it, which has nothing else to read for it.
            let fails = query.failure.is_some();
            let condition = if fails { "d.failed_state IN (*)" } else { "d.state IN (*)" };
            filter.require(About::State, condition, states);
        }
        if let Some(code) = &query.failure {
            filter.require(About::Failure, "d.last_failure = ?", vec![code.as_bytes().into()]);
        }
        if let Some(status) = query.status {
            let status = Some(status).filter(|status| *status != 0);
            let fails = query.failure.is_some();
            let condition = if fails { "d.failed_status <=> ?" } else { "d.last_status <=> ?" };
            filter.require(About::Other, condition, vec![status.into()]);
        }
        if let Some(name) = &query.event {
            filter.require(About::Name, "d.name = ?", vec![name.as_bytes().into()]);
        }
        if let Some(site) = query.site_id {
            filter.require(About::Site, "d.site = ?", vec![site.into()]);
        }
        if let Some(test) = query.test {
            filter.require(About::Test, "d.test = ?", vec![test.into()]);
        }
        if let Some(since) = query.since {
            filter.require(About::Other, "d.id >= ?", vec![first_id(since).as_bytes().into()]);
            let end = query.until.map_or(i64::MAX, |until| until.saturating_add(1));
            filter.made = Some((since, end));
        }
        if let Some(until) = query.until {
            let end = first_id(until.saturating_add(1));
            filter.require(About::Other, "d.id < ?", vec![end.as_bytes().into()]);
            let near = until.saturating_add(SLACK_MS);
            // None: the newest is older, by its id at least.
            if let Some(key) = at_id(reads, near)? {
                filter.below = filter.below.min((key.max(first_key(near)), 0));
            }
        }
        Ok(filter)
    }

    pub(super) fn require(&mut self, about: About, sql: &'static str, values: Vec<Value>) {
        self.conditions.push((about, sql, values));
    }

    /// Whether only deliveries since a time are asked for.
    pub(super) fn has_begin(&self) -> bool {
        self.made.is_some()
    }

    /// The same, of events that came in since the time since which deliveries are asked for: nearly all
    /// of these are, and they are the newest. A backfill makes deliveries of older events.
    pub(super) fn without_backfills(&self) -> Self {
        let made = self.made.map_or(0, |(since, _)| first_key(since.saturating_sub(SLACK_MS)));
        Self { from: self.from.max(made), ..self.clone() }
    }

    /// Leaves out the events before the first that has a delivery of the time that is asked for. The
    /// index says it, without the rows, but all that were made in that time are looked at.
    pub(super) fn begin_since(&mut self, reads: &mut Reads<'_>) -> Answer<()> {
        let Some((since, end)) = self.made else { return Ok(()) };
        let first: Option<Option<u64>> = reads.first(
            "SELECT MIN(event) FROM {deliveries} FORCE INDEX (id) WHERE id >= ? AND id < ?",
            vec![first_id(since).as_bytes().into(), first_id(end).as_bytes().into()],
        )?;
        self.from = self.from.max(first.flatten().unwrap_or(i64::MAX.cast_unsigned()));
        Ok(())
    }

    /// Looks only behind this delivery.
    pub(super) fn begin_behind(&mut self, after: Key) {
        if after.0 >= self.from {
            self.from = after.0;
            self.after = Some(after);
        }
    }

    /// The same keys, whatever is asked of them.
    pub(super) fn without_conditions(&self) -> Self {
        Self { conditions: Vec::new(), ..self.clone() }
    }

    /// Where a search begins that names its events; `Some(None)`: there are none of that name, `None`:
    /// it names none.
    pub(super) fn named(
        &mut self,
        reads: &mut Reads<'_>,
        query: &DeliveriesQuery,
    ) -> Answer<Option<Option<Lead>>> {
        let Some(text) = &query.search else {
            return match query.event_id {
                Some(id) => self.narrow_to(reads, id).map(Some),
                None => Ok(None),
            };
        };
        // Beside an id that is asked for, the search has to lead to the same event.
        match (text.trim().parse::<EventId>(), query.event_id) {
            (Ok(found), Some(id)) if found != id => Ok(Some(None)),
            (Ok(found), _) => self.narrow_to(reads, found).map(Some),
            (Err(_), Some(id)) if self.narrow_to(reads, id)?.is_none() => Ok(Some(None)),
            (Err(_), _) => Ok(Some(Some(Lead::Term(term(text))))),
        }
    }

    /// Looks only at the deliveries of this event; `None`: there is no such event.
    fn narrow_to(&mut self, reads: &mut Reads<'_>, id: EventId) -> Answer<Option<Lead>> {
        let event: Option<u64> =
            reads.first("SELECT `key` FROM {events} WHERE id = ?", vec![id.as_bytes().into()])?;
        let Some(event) = event else { return Ok(None) };
        self.from = self.from.max(event);
        self.below = self.below.min((event + 1, 0));
        Ok(Some(Lead::All))
    }

    /// Between which keys, as a condition.
    pub(super) fn bounds(&self) -> String {
        let (event, number) = self.below;
        let mut sql = format!("d.event >= {}", self.from);
        if number == 0 {
            sql += &format!(" AND d.event < {event}");
        } else {
            sql +=
                &format!(" AND d.event <= {event} AND (d.event < {event} OR d.number < {number})");
        }
        if let Some((event, number)) = self.after {
            sql += &format!(" AND (d.event > {event} OR d.number > {number})");
        }
        sql
    }

    /// The conditions but those about what a lead says already.
    pub(super) fn conditions_but(&self, said: &[About]) -> (String, Vec<Value>) {
        let (mut sql, mut values) = (String::from("TRUE"), Vec::new());
        for (_, condition, of) in self.conditions.iter().filter(|(about, ..)| !said.contains(about))
        {
            sql += " AND ";
            sql += &condition.replace('*', &super::reads::marks(of.len()));
            values.extend(of.iter().cloned());
        }
        (sql, values)
    }

    /// Bounds and conditions of what a lead leads to.
    pub(super) fn all(&self, lead: &Lead) -> (String, Vec<Value>) {
        let said: &[About] = match lead {
            Lead::Arms(..) => &[About::Webhook, About::State],
            Lead::Tests => &[About::Test],
            Lead::Name(_) => &[About::Name],
            Lead::Site(_) => &[About::Site],
            Lead::Failure(_) => &[About::Failure],
            Lead::All | Lead::Term(_) => &[],
        };
        let (conditions, values) = self.conditions_but(said);
        (format!("{} AND {conditions}", self.bounds()), values)
    }
}

/// The event of the first delivery whose id says that it was made at this time or later.
fn at_id(reads: &mut Reads<'_>, unix_ms: i64) -> Answer<Option<u64>> {
    reads.first(
        "SELECT event FROM {deliveries} FORCE INDEX (id) WHERE id >= ? ORDER BY id LIMIT 1",
        vec![first_id(unix_ms).as_bytes().into()],
    )
}

/// The lowest key of an event that was taken in at this time.
pub(super) fn first_key(unix_ms: i64) -> u64 {
    let ms = unix_ms.saturating_sub(EPOCH).clamp(0, (1 << 41) - 1);
    ms.cast_unsigned() << SHIFT
}

/// The cursor that leads on from a delivery.
pub(super) fn cursor((event, number): Key) -> u128 {
    u128::from(event) << 16 | u128::from(number)
}

/// Where a cursor leads on from.
pub(super) fn place(cursor: u128) -> Key {
    let most = u128::from(i64::MAX.cast_unsigned());
    ((cursor >> 16).min(most) as u64, cursor as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_back_to_its_delivery() {
        for key in [(1, 0), (1, u16::MAX), (i64::MAX.cast_unsigned(), 7)] {
            assert_eq!(place(cursor(key)), key);
        }
    }

    #[test]
    fn keys_begin_in_2020_and_rise_with_time() {
        assert_eq!(first_key(0), 0);
        assert_eq!(first_key(EPOCH + 1), 1 << 22);
        assert!(first_key(i64::MAX) < 1 << 63);
    }
}
