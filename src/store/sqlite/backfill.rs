//! Backfills: walking through the events that a webhook has not had, in the order in which they were
//! taken in. How far each is stands beside the changes of whole results.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::error::SqliteError;
use super::schema::EVENT;
use super::transaction::SqliteTransaction;
use crate::State;
use crate::backfill::{BACKFILL, Backfill, BackfillQuery, Missed, Stretch};
use domain::event::{Event, Flags};
use domain::id::{DeliveryId, EventId};

/// Bytes of bodies of one stretch, unless one alone has more.
const MOST_BYTES: usize = 4 << 20;

/// When the body of an event is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bodies {
    /// Never.
    Never,
    /// Before it is asked whether the event is wanted.
    Asked,
    /// Once it is known that it is.
    Given,
}

/// Between which keys of events to look, both excluded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Between {
    pub(crate) after: i64,
    pub(crate) below: i64,
}

impl SqliteTransaction<'_> {
    pub(super) fn try_begin_backfill(
        &mut self,
        backfill: &Backfill,
        now: i64,
    ) -> Result<(), SqliteError> {
        let query = serde_json::to_string(&backfill.query)
            .map_err(|error| SqliteError::Refused(error.to_string()))?;
        // What comes in later goes to the webhook by itself.
        let last = "SELECT coalesce(max(key), 0) FROM events";
        self.begin_change((&backfill.token, BACKFILL, &query), backfill.matched, last, now)
    }

    pub(super) fn try_look_back(
        &mut self,
        limit: usize,
        wants: &dyn Fn(&BackfillQuery, &Event) -> bool,
    ) -> Result<Option<Stretch>, SqliteError> {
        let found: Option<(String, String, i64, i64, i64, i64)> = self
            .statements
            .get(
                "SELECT token, query, changed, after, below, asked FROM bulks
                 WHERE ended IS NULL AND action = ?1 ORDER BY key LIMIT 1",
            )?
            .query_row([BACKFILL], |row| row.try_into())
            .optional()?;
        let Some((token, query, made, after, below, asked)) = found else { return Ok(None) };
        let query: BackfillQuery = serde_json::from_str(&query)
            .map_err(|error| SqliteError::Refused(format!("the query of a backfill: {error}")))?;
        let wanted = |event: &Event| wants(&query, event);
        let between = between(self.connection, &query, Between { after, below })?;
        let (missed, next) =
            stretch(self.connection, &query, between, limit, Bodies::Given, &wanted)?;
        let made = made.cast_unsigned();
        Ok(Some(Stretch { token, query, asked, made, missed, next }))
    }

    pub(super) fn try_note_backfill(
        &mut self,
        token: &str,
        made: u64,
        next: Option<i64>,
        now: i64,
    ) -> Result<(), SqliteError> {
        self.statements
            .get(
                "UPDATE bulks SET changed = changed + ?2, after = coalesce(?3, after),
                     ended = iif(?3 IS NULL, ?4, NULL)
                 WHERE token = ?1 AND action = ?5 AND ended IS NULL",
            )?
            .execute(params![token, made.cast_signed(), next, now, BACKFILL])?;
        Ok(())
    }
}

/// Narrows keys to the events that a query can be for.
pub(crate) fn between(
    connection: &Connection,
    query: &BackfillQuery,
    all: Between,
) -> rusqlite::Result<Between> {
    let Between { mut after, mut below } = all;
    if let Some(id) = query.event_id {
        let key: Option<i64> = connection
            .prepare_cached("SELECT key FROM events WHERE id = ?1")?
            .query_row([id.as_bytes()], |row| row.get(0))
            .optional()?;
        let key = key.unwrap_or(i64::MAX - 1);
        (after, below) = (after.max(key - 1), below.min(key + 1));
    }
    if let Some(since) = query.since {
        after = after.max(first_of(connection, since)? - 1);
    }
    if let Some(until) = query.until {
        below = below.min(first_of(connection, until.saturating_add(1))?);
    }
    Ok(Between { after, below })
}

/// Events that a webhook has not had, oldest first, and the key after which to go on: none at the end.
/// One call looks at `limit` events.
pub(crate) fn stretch(
    connection: &Connection,
    query: &BackfillQuery,
    Between { after, below }: Between,
    limit: usize,
    bodies: Bodies,
    wants: &dyn Fn(&Event) -> bool,
) -> rusqlite::Result<(Vec<Missed>, Option<i64>)> {
    let end: Option<i64> = connection
        .prepare_cached(
            "SELECT key FROM events WHERE key > ?1 AND key < ?2 ORDER BY key LIMIT 1 OFFSET ?3",
        )?
        .query_row(params![after, below, limit.max(1) as i64], |row| row.get(0))
        .optional()?;
    let webhook: Option<i64> = connection
        .prepare_cached("SELECT key FROM webhooks WHERE id = ?1")?
        .query_row([&query.webhook_id], |row| row.get(0))
        .optional()?;
    let of_webhook = format!("d.key >= e.key AND d.key < e.key + {EVENT} AND d.webhook = ?1");
    let skipped = State::Skipped as u8;
    let mut events = connection.prepare_cached(&format!(
        "SELECT e.key, e.id, e.name, e.timestamp, e.network, e.site, e.source, e.flags, e.revision,
             e.data_start, e.data_end, e.created,
             (SELECT d.id FROM deliveries d WHERE {of_webhook} AND d.state = {skipped} LIMIT 1)
         FROM events e
         WHERE e.key > ?2 AND e.key < ?3 AND e.flags & {test} = 0
             AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE {of_webhook} AND d.state <> {skipped})
             AND EXISTS (SELECT 1 FROM bodies b WHERE b.event = e.key)
         ORDER BY e.key",
        test = Flags::TEST.bits(),
    ))?;
    let mut body = connection.prepare_cached("SELECT body FROM bodies WHERE event = ?1")?;
    let mut rows = events.query(params![webhook, after, end.unwrap_or(below)])?;
    let (mut missed, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let mut one = of_row(row)?;
        let key: i64 = row.get(0)?;
        let mut read = || body.query_row([key], |row| row.get::<_, Vec<u8>>(0));
        if bodies == Bodies::Asked {
            one.event.body = read()?.into();
        }
        if !wants(&one.event) {
            continue;
        }
        if bodies == Bodies::Given {
            one.event.body = read()?.into();
            bytes += one.event.body.len();
        }
        missed.push(one);
        if bytes > MOST_BYTES {
            return Ok((missed, Some(key)));
        }
    }
    Ok((missed, end.map(|end| end - 1)))
}

/// An event without its body.
fn of_row(row: &Row<'_>) -> rusqlite::Result<Missed> {
    let event = Event {
        id: EventId::from_bytes(row.get(1)?),
        name: row.get(2)?,
        timestamp: row.get(3)?,
        network: row.get::<_, i64>(4)?.cast_unsigned(),
        site: row.get::<_, i64>(5)?.cast_unsigned(),
        source: row.get(6)?,
        flags: Flags::from_bits(row.get(7)?),
        revision: row.get::<_, i64>(8)?.cast_unsigned(),
        data: row.get(9)?..row.get(10)?,
        body: [].into(),
    };
    let skipped = row.get::<_, Option<[u8; 16]>>(12)?.map(DeliveryId::from_bytes);
    Ok(Missed { event, created: row.get(11)?, skipped })
}

/// Key of the first event that was taken in at this time or later; beyond all where there is none.
/// Keys rise with time, so it is found by halving.
pub(crate) fn first_of(connection: &Connection, unix_ms: i64) -> rusqlite::Result<i64> {
    let last: Option<i64> =
        connection.query_row("SELECT max(key) FROM events", [], |row| row.get(0))?;
    let (mut low, mut high) = (0, last.unwrap_or(0) + 1);
    let mut at = connection
        .prepare_cached("SELECT key, created FROM events WHERE key >= ?1 ORDER BY key LIMIT 1")?;
    while low < high {
        let middle = low + (high - low) / 2;
        let found: Option<(i64, i64)> = at.query_row([middle], |row| row.try_into()).optional()?;
        match found {
            Some((key, created)) if created < unix_ms => low = key + 1,
            _ => high = middle,
        }
    }
    Ok(if last.is_some_and(|last| low <= last) { low } else { i64::MAX })
}
