//! Whole results of the log, changed in steps that hold up nothing else. How far each is stands
//! in the same transaction as what it changed, so that a worker that dies repeats nothing.

use rusqlite::{OptionalExtension, params};

use super::change::{Change, from_states};
use super::error::SqliteError;
use super::log::slice;
use super::transaction::SqliteTransaction;
use crate::backfill::BACKFILL;
use crate::bulk::{Action, Bulk, BulkStep};
use crate::log::DeliveriesQuery;
use crate::{Person, Selection, State, WebhookKey};

/// How long one that ended is shown, in milliseconds.
const SHOWN_MS: i64 = 24 * 3600 * 1000;

/// One that is under way.
struct Open {
    key: i64,
    action: Action,
    query: DeliveriesQuery,
    after: i64,
    below: i64,
}

impl SqliteTransaction<'_> {
    pub(super) fn try_begin_bulk(&mut self, bulk: &Bulk, now: i64) -> Result<(), SqliteError> {
        let query = serde_json::to_string(&bulk.query)
            .map_err(|error| SqliteError::Refused(error.to_string()))?;
        let last = "SELECT coalesce(max(key), 0) FROM deliveries";
        self.begin_change((&bulk.token, bulk.action.as_str(), &query), bulk.matched, last, now)
    }

    /// Notes a change of many deliveries: its token, its action and its query. What comes into being
    /// from here on, after the `last` key that there is, is none of it.
    pub(super) fn begin_change(
        &mut self,
        (token, action, query): (&str, &str, &str),
        matched: u64,
        last: &'static str,
        now: i64,
    ) -> Result<(), SqliteError> {
        let last: i64 = self.statements.get(last)?.query_row([], |row| row.get(0))?;
        self.statements
            .get(
                "INSERT OR IGNORE INTO bulks
                     (token, action, query, matched, changed, after, below, asked)
                 VALUES (?1, ?2, ?3, ?4, 0, 0, ?5, ?6)",
            )?
            .execute(params![token, action, query, matched.cast_signed(), last + 1, now])?;
        Ok(())
    }

    pub(super) fn try_step_bulk(
        &mut self,
        now: i64,
        limit: usize,
    ) -> Result<BulkStep, SqliteError> {
        let Some(open) = self.open_bulk()? else { return Ok(BulkStep::default()) };
        let states = from_states(&open.query.state, open.action.to());
        let (keys, after) = if states.is_empty() {
            (Vec::new(), None)
        } else {
            // The query narrowed to what can be changed: nothing else need be looked at.
            let query = DeliveriesQuery { state: states.clone(), ..open.query };
            slice(self.connection, &query, open.after, open.below, limit)?
        };
        let change = Change {
            to: open.action.to(),
            due: now - self.memory.shift,
            reason: open.action.reason(),
            now: self.clock.unix_ms(),
        };
        let mut step = BulkStep { webhooks: Vec::new(), more: true };
        let mut changed = 0;
        for key in keys {
            let found: Option<(i64, u8, bool)> = self
                .statements
                .get("SELECT webhook, state, test FROM deliveries WHERE key = ?1")?
                .query_row([key], |row| row.try_into())
                .optional()?;
            let Some((webhook, state, test)) = found else { continue };
            let Some(from) = State::from_number(state).filter(|it| states.contains(it)) else {
                continue;
            };
            let (row, webhook) = ((key, from, test), WebhookKey(webhook));
            if self.change_row(row, webhook, &Selection::default(), &change)? {
                changed += 1;
                step.webhooks.push(webhook);
            }
        }
        step.webhooks.sort_unstable();
        step.webhooks.dedup();
        self.statements
            .get(
                "UPDATE bulks SET changed = changed + ?2, after = coalesce(?3, after),
                     ended = iif(?3 IS NULL, ?4, NULL)
                 WHERE key = ?1",
            )?
            .execute(params![open.key, changed, after, now])?;
        if after.is_none() {
            step.more = self.open_bulk()?.is_some();
        }
        Ok(step)
    }

    fn open_bulk(&mut self) -> Result<Option<Open>, SqliteError> {
        let found: Option<(i64, String, String, i64, i64)> = self
            .statements
            .get(
                "SELECT key, action, query, after, below FROM bulks WHERE ended IS NULL
                     AND action <> ?1 ORDER BY key LIMIT 1",
            )?
            .query_row([BACKFILL], |row| row.try_into())
            .optional()?;
        let Some((key, action, query, after, below)) = found else { return Ok(None) };
        let action = Action::from_word(&action)
            .ok_or_else(|| SqliteError::Refused(format!("\"{action}\" is no change")))?;
        let query = serde_json::from_str(&query)
            .map_err(|error| SqliteError::Refused(format!("the query of a change: {error}")))?;
        Ok(Some(Open { key, action, query, after, below }))
    }

    /// Those that ended long ago.
    pub(super) fn prune_bulks(&mut self) -> Result<(), SqliteError> {
        let before = self.clock.unix_ms() - SHOWN_MS;
        self.statements.get("DELETE FROM bulks WHERE ended < ?1")?.execute([before])?;
        Ok(())
    }

    /// Those that look for a person: what was to be sent of theirs is given up by then.
    pub(super) fn erase_bulks(&mut self, person: &Person) -> Result<(), SqliteError> {
        let queries: Vec<(i64, String)> = self
            .statements
            .get("SELECT key, query FROM bulks")?
            .query_map([], |row| row.try_into())?
            .collect::<rusqlite::Result<_>>()?;
        for (key, query) in queries {
            if person.occurs_in(query.as_bytes()) {
                self.statements.get("DELETE FROM bulks WHERE key = ?1")?.execute([key])?;
            }
        }
        Ok(())
    }
}
