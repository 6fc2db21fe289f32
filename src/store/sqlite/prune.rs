//! What is too old goes, in small steps.

use rusqlite::params;

use super::error::SqliteError;
use super::schema::EVENT;
use super::transaction::SqliteTransaction;
use crate::log::{CLOCK_SET, Lately, Noticed};
use crate::{State, WebhookKey};
use domain::id::EventId;

/// Of this many pages one may stay free for what comes next, instead of going back to the
/// system: moving pages about costs as much as writing them.
const FREE_SHARE: i64 = 16;
/// How long the id of an event with an idempotency key is kept after the event, in milliseconds:
/// three years, within which shops still import, synchronise and refund their payments.
const SPENT_MS: i64 = 3 * 366 * 24 * HOUR_MS;
/// Most such ids: some 50 MB. Beyond it the oldest go first.
const MOST_SPENT: i64 = 1_000_000;
/// Hours for which counters are kept: 30 days, the most that `webhooks_stats()` lists.
const HOURS: i64 = 720;
const HOUR_MS: i64 = 3_600_000;

/// How far the pass under way has come: keys of the last events looked at, `None` at the end.
pub(super) struct Progress {
    bodies: Option<i64>,
    rows: Option<i64>,
}

impl Default for Progress {
    fn default() -> Self {
        Self { bodies: Some(0), rows: Some(0) }
    }
}

/// A delivery of an event that may be old enough.
struct Old {
    key: i64,
    webhook: WebhookKey,
    state: u8,
    settled: Option<i64>,
    test: bool,
}

impl SqliteTransaction<'_> {
    pub(super) fn try_prune(
        &mut self,
        bodies_before: i64,
        rows_before: i64,
        limit: usize,
    ) -> Result<bool, SqliteError> {
        // First, as a whole log takes long to prune.
        let sums = self.sum_hours()?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX).max(1);
        let ahead = self.set_ahead()?;
        let (bodies_before, rows_before) = (bodies_before - ahead, rows_before - ahead);
        if let Some(after) = self.pruned.bodies {
            self.pruned.bodies = self.prune_bodies(after, bodies_before, limit)?;
        }
        if let Some(after) = self.pruned.rows {
            self.pruned.rows = self.prune_rows(after, rows_before, limit)?;
        }
        let more = self.pruned.bodies.is_some() || self.pruned.rows.is_some();
        if !more {
            self.prune_sums(rows_before, self.clock.unix_ms() - ahead)?;
            self.prune_bulks()?;
            *self.pruned = Progress::default();
        }
        let free = self.shrink(limit)?;
        Ok(more || sums || free)
    }

    /// Looks at the next `limit` events that have a body, after the one with key `after`, and
    /// says where to go on, if any was old enough to go on at all.
    fn prune_bodies(
        &mut self,
        after: i64,
        before: i64,
        limit: i64,
    ) -> Result<Option<i64>, SqliteError> {
        let candidates: Vec<(i64, i64)> = self
            .statements
            .get(
                "SELECT event, created FROM bodies JOIN events ON key = event
                 WHERE event > ?1 ORDER BY event LIMIT ?2",
            )?
            .query_map((after, limit), |row| row.try_into())?
            .collect::<rusqlite::Result<_>>()?;
        let mut last = None;
        let now = self.clock.unix_ms();
        for (event, created) in candidates {
            if created >= before {
                last = goes_on_behind(event, created, now).or(last);
                continue;
            }
            last = Some(event);
            // Whatever may still be sent, or sent again, keeps its body.
            let needed: bool = self
                .statements
                .get(
                    "SELECT EXISTS (SELECT 1 FROM deliveries WHERE key >= ?1 AND key < ?1 + ?2
                         AND (state NOT IN (2, 5, 6) OR settled >= ?3))",
                )?
                .query_row((event, EVENT, before), |row| row.get(0))?;
            if !needed {
                self.erase_bodies(event)?;
            }
        }
        Ok(last)
    }

    /// Removes the bodies of an event: its own, those made of it, and those that came back.
    pub(super) fn erase_bodies(&mut self, event: i64) -> rusqlite::Result<()> {
        for sql in [
            "DELETE FROM bodies WHERE event = ?1 AND ?2 > 0",
            "DELETE FROM requests WHERE delivery >= ?1 AND delivery < ?1 + ?2",
            "UPDATE attempts SET response_body = x'' WHERE key >= ?1 AND key < ?1 + ?2",
        ] {
            self.statements.get(sql)?.execute((event, EVENT))?;
        }
        Ok(())
    }

    /// Exact search finds an event no more.
    pub(super) fn erase_terms(&mut self, event: i64) -> rusqlite::Result<()> {
        self.statements
            .get(
                "DELETE FROM terms WHERE event = ?1 AND term IN
                     (SELECT value FROM json_each((SELECT terms FROM events WHERE key = ?1)))",
            )?
            .execute([event])
            .map(drop)
    }

    /// Looks at the next `limit` events, as [`prune_bodies`](Self::prune_bodies) does.
    fn prune_rows(
        &mut self,
        after: i64,
        before: i64,
        limit: i64,
    ) -> Result<Option<i64>, SqliteError> {
        let candidates: Vec<(i64, i64)> = self
            .statements
            .get("SELECT key, created FROM events WHERE key > ?1 ORDER BY key LIMIT ?2")?
            .query_map((after, limit), |row| row.try_into())?
            .collect::<rusqlite::Result<_>>()?;
        let mut last = None;
        let now = self.clock.unix_ms();
        for (event, created) in candidates {
            if created < before {
                last = Some(event);
                self.prune_event(event, before)?;
            } else {
                last = goes_on_behind(event, created, now).or(last);
            }
        }
        Ok(last)
    }

    /// By how much the clock is ahead of what is known to be right; see [`Lately::set_ahead`].
    fn set_ahead(&mut self) -> rusqlite::Result<i64> {
        let jumps = self
            .statements
            .get(
                "SELECT at, coalesce(params ->> '$.seconds', 0) FROM announcements
                 WHERE code = ?1 ORDER BY number",
            )?
            .query_map([CLOCK_SET], |row| {
                Ok(Noticed { code: CLOCK_SET.into(), at: row.get(0)?, seconds: row.get(1)? })
            })?
            .collect::<rusqlite::Result<_>>()?;
        Ok(Lately::new(jumps).set_ahead(self.clock.unix_ms()))
    }

    /// Counters, announcements and spent keys that are too old.
    fn prune_sums(&mut self, before: i64, now: i64) -> Result<(), SqliteError> {
        let oldest = now.div_euclid(HOUR_MS) - HOURS;
        self.statements.get("DELETE FROM hours WHERE hour < ?1")?.execute([oldest])?;
        self.statements.get("DELETE FROM network_hours WHERE hour < ?1")?.execute([oldest])?;
        self.prune_announcements(before)?;
        self.prune_deaths(now)?;
        self.statements.get("DELETE FROM spent_keys WHERE until < ?1")?.execute([now])?;
        self.statements
            .get(
                "DELETE FROM spent_keys WHERE until <=
                     (SELECT until FROM spent_keys ORDER BY until DESC LIMIT 1 OFFSET ?1)",
            )?
            .execute([MOST_SPENT])?;
        Ok(())
    }

    /// Announcements that are too old by the clock as it stands now. One that was made before the clock
    /// was set is as much older, or younger, by now: else the announcement that it was set back by a
    /// month goes as soon as it is right again, and only that it was set ahead by a month is left.
    fn prune_announcements(&mut self, before: i64) -> Result<(), SqliteError> {
        let jumps: Vec<(i64, i64)> = self
            .statements
            .get(
                "SELECT number, coalesce(params ->> '$.seconds', 0) FROM announcements
                 WHERE code = ?1 ORDER BY number DESC",
            )?
            .query_map([CLOCK_SET], |row| row.try_into())?
            .collect::<rusqlite::Result<_>>()?;
        let (mut set_since, mut below) = (0, i64::MAX);
        for (from, seconds) in jumps.into_iter().chain([(0, 0)]) {
            self.statements
                .get("DELETE FROM announcements WHERE number >= ?1 AND number < ?2 AND at < ?3")?
                .execute((from, below, before.saturating_sub(set_since)))?;
            set_since += seconds * 1000;
            below = from;
        }
        Ok(())
    }

    fn prune_event(&mut self, event: i64, before: i64) -> Result<(), SqliteError> {
        let deliveries: Vec<Old> = self
            .statements
            .get(
                "SELECT key, webhook, state, settled, test FROM deliveries
                 WHERE key >= ?1 AND key < ?1 + ?2",
            )?
            .query_map((event, EVENT), |row| {
                Ok(Old {
                    key: row.get(0)?,
                    webhook: WebhookKey(row.get(1)?),
                    state: row.get(2)?,
                    settled: row.get(3)?,
                    test: row.get(4)?,
                })
            })?
            .collect::<rusqlite::Result<_>>()?;
        let mut kept = 0;
        for delivery in &deliveries {
            if delivery.settled.is_some_and(|settled| settled < before) {
                self.delete_delivery(delivery.key)?;
                continue;
            }
            kept += 1;
            if delivery.state == State::Held as u8 {
                self.expire(delivery)?;
            }
        }
        if kept == 0 {
            self.erase_terms(event)?;
            self.spend(event)?;
            for sql in ["DELETE FROM bodies WHERE event = ?1", "DELETE FROM events WHERE key = ?1"]
            {
                self.statements.get(sql)?.execute([event])?;
            }
        }
        Ok(())
    }

    /// Keeps the id of an event with an idempotency key.
    fn spend(&mut self, event: i64) -> rusqlite::Result<()> {
        let id = self
            .statements
            .get("SELECT id FROM events WHERE key = ?1")?
            .query_row([event], |row| row.get(0))
            .map(EventId::from_bytes)?;
        if !id.is_from_key() {
            return Ok(());
        }
        let until = self.clock.unix_ms() + SPENT_MS;
        self.statements
            .get(
                "INSERT INTO spent_keys (event, until) VALUES (?1, ?2)
                 ON CONFLICT DO UPDATE SET until = excluded.until",
            )?
            .execute(params![id.as_bytes(), until])
            .map(drop)
    }

    fn delete_delivery(&mut self, key: i64) -> rusqlite::Result<()> {
        self.statements
            .get("DELETE FROM attempts WHERE key > ?1 AND key < ?1 + ?2")?
            .execute((key, super::schema::DELIVERY))?;
        for sql in
            ["DELETE FROM requests WHERE delivery = ?1", "DELETE FROM deliveries WHERE key = ?1"]
        {
            self.statements.get(sql)?.execute([key])?;
        }
        Ok(())
    }

    /// Held for longer than the log goes back: it stays in the log for one more such time.
    fn expire(&mut self, delivery: &Old) -> rusqlite::Result<()> {
        let now = self.clock.unix_ms();
        self.statements
            .get("UPDATE deliveries SET state = ?2, settled = ?3 WHERE key = ?1")?
            .execute(params![delivery.key, State::Expired as u8, now])?;
        if !delivery.test {
            let (from, to) = (Some(State::Held), Some(State::Expired));
            self.counters.counted.moved(delivery.webhook, from, to, 1, now);
        }
        Ok(())
    }

    /// Gives up to `limit` free pages back to the file system; whether there are more to give.
    pub(super) fn shrink(&mut self, limit: i64) -> Result<bool, SqliteError> {
        let pages: i64 =
            self.statements.get("PRAGMA page_count")?.query_row([], |row| row.get(0))?;
        let free: i64 =
            self.statements.get("PRAGMA freelist_count")?.query_row([], |row| row.get(0))?;
        let surplus = free - pages / FREE_SHARE;
        if surplus <= 0 {
            return Ok(false);
        }
        let step = surplus.min(limit);
        // Every row that the pragma gives is a page moved; it has to be read to its end.
        let sql = format!("PRAGMA incremental_vacuum({step})");
        let mut vacuum = self.connection.prepare(&sql)?;
        let mut moved = vacuum.query([])?;
        while moved.next()?.is_some() {}
        Ok(surplus > step)
    }
}

/// An event that came in while the clock was ahead stays until that time is there, and must not keep
/// what lies behind it from going.
fn goes_on_behind(event: i64, created: i64, now: i64) -> Option<i64> {
    (created > now + HOUR_MS).then_some(event)
}
