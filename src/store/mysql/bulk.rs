//! Whole results of the log, changed in steps that hold up nothing else, by the worker that leads.
//! How far each is stands in the same transaction as what it changed, so that a worker that dies
//! repeats nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use ::mysql::Row;

use super::change::Change;
use super::log::{Reads, slice};
use super::record::json;
use super::row::{Cells, Delivery, Place};
use super::transaction::MysqlTransaction;
use super::unit::BulkRow;
use crate::backfill::BACKFILL;
use crate::bulk::{Action, Bulk, BulkStep};
use crate::log::DeliveriesQuery;
use crate::sqlite::from_states;
use crate::{Person, Result, StoreError};
use journal::SegmentId;

/// How long one that ended is shown, in milliseconds.
const SHOWN_MS: i64 = 24 * 3600 * 1000;
/// How long it is known that a wish was fulfilled, in milliseconds: for longer than a journal is kept.
const FULFILLED_MS: i64 = 30 * 24 * 3600 * 1000;
/// Of the columns of [`BulkRow`].
const COLUMNS: &str =
    "token, action, query, matched, changed, after_event, after_number, below, asked, ended";

impl MysqlTransaction<'_> {
    /// See [`Transaction::is_new_wish`](crate::Transaction::is_new_wish).
    pub(super) fn try_is_new_wish(
        &mut self,
        segment: SegmentId,
        offset: u64,
        now: i64,
    ) -> Result<bool> {
        let table = self.table("fulfilled");
        let place = || vec![segment.0.as_slice().into(), offset.into()];
        let sql = format!("SELECT 1 FROM {table} WHERE segment = ? AND `offset` = ?");
        let known: Vec<u8> = self.rows(&sql, place())?;
        if !known.is_empty() {
            return Ok(false);
        }
        let mut values = place();
        values.push(now.into());
        self.unit
            .run(format!("INSERT INTO {table} (segment, `offset`, at) VALUES (?, ?, ?)"), values);
        Ok(true)
    }

    pub(super) fn try_begin_bulk(&mut self, bulk: &Bulk, now: i64) -> Result<()> {
        let query = json(&bulk.query)?;
        self.begin(&bulk.token, bulk.action.as_str(), query, bulk.matched, now)
    }

    /// Notes a change of what there is now: what comes into being from here on is none of it.
    pub(super) fn begin(
        &mut self,
        token: &str,
        action: &str,
        query: String,
        matched: u64,
        now: i64,
    ) -> Result<()> {
        let table = self.table("bulks");
        let sql = format!("SELECT 1 FROM {table} WHERE token = ?");
        let known: Vec<u8> = self.rows(&sql, vec![token.into()])?;
        if !known.is_empty() || self.unit.bulks.contains_key(token) {
            return Ok(());
        }
        let sql = format!("SELECT COALESCE(MAX(`key`), 0) FROM {}", self.table("events"));
        let newest: Vec<u64> = self.rows(&sql, Vec::new())?;
        let new = self.unit.events.last().map_or(0, |event| event.key);
        let bulk = BulkRow {
            token: token.into(),
            action: action.into(),
            query,
            matched,
            changed: 0,
            after: (0, 0),
            below: 1 + newest.first().copied().unwrap_or(0).max(new),
            asked: now,
            ended: None,
        };
        self.unit.run(
            format!("INSERT INTO {table} ({COLUMNS}) VALUES (?, ?, ?, ?, 0, 0, 0, ?, ?, NULL)"),
            vec![
                bulk.token.as_str().into(),
                bulk.action.as_str().into(),
                bulk.query.as_str().into(),
                matched.into(),
                bulk.below.into(),
                now.into(),
            ],
        );
        self.unit.bulks.insert(token.to_owned(), bulk);
        Ok(())
    }

    /// The oldest that is under way and of which `is` says so.
    pub(super) fn open_bulk(&mut self, is: &dyn Fn(&BulkRow) -> bool) -> Result<Option<BulkRow>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM {} WHERE ended IS NULL ORDER BY asked, token LIMIT 100",
            self.table("bulks")
        );
        let mut open: Vec<BulkRow> = Vec::new();
        for mut row in self.rows::<Row>(&sql, Vec::new())? {
            open.extend(bulk_of(&mut row));
        }
        open.retain(|bulk| !self.unit.bulks.contains_key(&bulk.token));
        open.extend(self.unit.bulks.values().filter(|bulk| bulk.ended.is_none()).cloned());
        open.sort_by(|a, b| (a.asked, &a.token).cmp(&(b.asked, &b.token)));
        Ok(open.into_iter().find(|bulk| is(bulk)))
    }

    /// Notes how far one is; `next` is where it goes on, none: it has ended.
    pub(super) fn note_bulk(
        &mut self,
        mut bulk: BulkRow,
        changed: u64,
        next: Option<Place>,
        now: i64,
    ) {
        bulk.changed += changed;
        bulk.after = next.unwrap_or(bulk.after);
        bulk.ended = next.is_none().then_some(now);
        let sql = format!(
            "UPDATE {} SET changed = ?, after_event = ?, after_number = ?, ended = ? \
             WHERE token = ? AND ended IS NULL",
            self.table("bulks")
        );
        let values = vec![
            bulk.changed.into(),
            bulk.after.0.into(),
            bulk.after.1.into(),
            bulk.ended.into(),
            bulk.token.as_str().into(),
        ];
        self.unit.run_on_one(sql, values);
        self.unit.bulks.insert(bulk.token.clone(), bulk);
    }

    pub(super) fn try_step_bulk(&mut self, now: i64, limit: usize) -> Result<BulkStep> {
        let is = |bulk: &BulkRow| bulk.action != BACKFILL;
        let Some(bulk) = self.open_bulk(&is)? else { return Ok(BulkStep::default()) };
        if !self.leads()? {
            return Ok(BulkStep::default());
        }
        let refused = |reason| StoreError::Failed { action: "changing many deliveries", reason };
        let action = Action::from_word(&bulk.action)
            .ok_or_else(|| refused(format!("\"{}\" is no change", bulk.action)))?;
        let query: DeliveriesQuery = serde_json::from_str(&bulk.query)
            .map_err(|error| refused(format!("the query of a change: {error}")))?;
        let states = from_states(&query.state, action.to());
        let (rows, next) = if states.is_empty() {
            (Vec::new(), None)
        } else {
            // The query narrowed to what can be changed: nothing else need be looked at.
            let query = DeliveriesQuery { state: states, ..query };
            self.slice(&query, bulk.after, bulk.below, limit)?
        };
        let change = Change {
            to: action.to(),
            due: now - self.shift(),
            reason: action.reason(),
            now: self.clock.unix_ms(),
        };
        let changed = self.change_rows(rows, &change)?;
        let count = changed.len() as u64;
        let mut webhooks: Vec<_> = changed.into_iter().map(|row| row.webhook).collect();
        webhooks.sort_unstable();
        webhooks.dedup();
        self.note_bulk(bulk, count, next, now);
        let more = next.is_some() || self.open_bulk(&is)?.is_some();
        Ok(BulkStep { webhooks, more })
    }

    /// Up to `limit` deliveries that a query is for, oldest first, behind one place and of events
    /// below a key, and behind which place to go on: none at the end.
    fn slice(
        &mut self,
        query: &DeliveriesQuery,
        after: Place,
        below: u64,
        limit: usize,
    ) -> Result<(Vec<Delivery>, Option<Place>)> {
        let mut reads = Reads::unbounded(self.connection);
        let found = slice(&mut reads, query, after, below, limit);
        let (places, next) = found
            .map_err(|error| error.into_store_error(self.connection.server(), Duration::MAX))?;
        let events: BTreeSet<u64> = places.iter().map(|place| place.0).collect();
        let places: BTreeSet<Place> = places.into_iter().collect();
        let mut rows = self.deliveries_of(&events.into_iter().collect::<Vec<_>>())?;
        rows.retain(|row| places.contains(&row.place) && query.state.contains(&row.state));
        Ok((rows, next))
    }

    /// Those that ended long ago.
    pub(super) fn prune_bulks(&mut self) {
        let before = self.clock.unix_ms() - SHOWN_MS;
        let sql = format!("DELETE FROM {} WHERE ended < ?", self.table("bulks"));
        self.unit.run(sql, vec![before.into()]);
        let before = self.clock.unix_ms() - FULFILLED_MS;
        let sql = format!("DELETE FROM {} WHERE at < ?", self.table("fulfilled"));
        self.unit.run(sql, vec![before.into()]);
    }

    /// Those that look for a person: what was to be sent of theirs is given up by then.
    pub(super) fn erase_bulks(&mut self, person: &Person) -> Result<()> {
        let table = self.table("bulks");
        let queries: Vec<(String, String)> =
            self.rows(&format!("SELECT token, query FROM {table}"), Vec::new())?;
        for (token, query) in queries {
            if person.occurs_in(query.as_bytes()) {
                self.unit.run(format!("DELETE FROM {table} WHERE token = ?"), vec![token.into()]);
            }
        }
        Ok(())
    }
}

fn bulk_of(row: &mut Row) -> Option<BulkRow> {
    let mut cells = Cells { row, at: 0 };
    Some(BulkRow {
        token: cells.next()?,
        action: cells.next()?,
        query: cells.next()?,
        matched: cells.next()?,
        changed: cells.next()?,
        after: (cells.next()?, cells.next()?),
        below: cells.next()?,
        asked: cells.next()?,
        ended: cells.next()?,
    })
}
