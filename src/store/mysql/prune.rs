//! What is too old goes, in small steps, by the worker that leads.

use std::collections::BTreeMap;

use ::mysql::Value;

use super::ingest::settled;
use super::memory::hour;
use super::row::Delivery;
use super::transaction::{MysqlTransaction, list};
use crate::log::{CLOCK_SET, Lately, Noticed};
use crate::{Result, State};
use domain::id::EventId;

/// How long the id of an event with an idempotency key is kept after the event, in milliseconds:
/// three years, within which shops still import, synchronise and refund their payments.
const SPENT_MS: i64 = 3 * 366 * 24 * 3_600_000;
/// Most such ids: some 50 MB. Beyond it the oldest go first.
const MOST_SPENT: u64 = 1_000_000;
const HOUR_MS: i64 = 3_600_000;
/// Hours for which counters are kept: 30 days, the most that `webhooks_stats()` lists.
const HOURS: i64 = 720;

/// How far the pass under way has come: keys of the last events looked at, `None` at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Progress {
    bodies: Option<u64>,
    rows: Option<u64>,
}

impl Default for Progress {
    fn default() -> Self {
        Self { bodies: Some(0), rows: Some(0) }
    }
}

impl MysqlTransaction<'_> {
    pub(super) fn try_prune(
        &mut self,
        bodies_before: i64,
        rows_before: i64,
        limit: usize,
    ) -> Result<bool> {
        if !self.leads()? {
            return Ok(false);
        }
        let limit = limit.max(1);
        let ahead = self.set_ahead()?;
        let (bodies_before, rows_before) = (bodies_before - ahead, rows_before - ahead);
        let mut progress = self.unit.pruned.unwrap_or(self.memory.pruned);
        if let Some(after) = progress.bodies {
            progress.bodies = self.prune_bodies(after, bodies_before, limit)?;
        }
        if let Some(after) = progress.rows {
            progress.rows = self.prune_rows(after, rows_before, limit)?;
        }
        let more = progress.bodies.is_some() || progress.rows.is_some();
        if !more {
            self.prune_sums(rows_before, self.clock.unix_ms() - ahead)?;
            self.prune_bulks();
            progress = Progress::default();
        }
        self.unit.pruned = Some(progress);
        Ok(more)
    }

    /// Looks at the next `limit` events that have a body, after the one with key `after`, and
    /// says where to go on, if any was old enough to go on at all.
    fn prune_bodies(&mut self, after: u64, before: i64, limit: usize) -> Result<Option<u64>> {
        let sql = format!(
            "SELECT b.event, e.created FROM {} b JOIN {} e ON e.`key` = b.event \
             WHERE b.event > ? ORDER BY b.event LIMIT ?",
            self.table("bodies"),
            self.table("events")
        );
        let candidates: Vec<(u64, i64)> = self.rows(&sql, vec![after.into(), limit.into()])?;
        let now = self.clock.unix_ms();
        let on = candidates.iter().rev().find(|(_, created)| goes_on(*created, before, now));
        let on = on.map(|(event, _)| *event);
        let old: Vec<u64> = candidates
            .into_iter()
            .filter(|(event, created)| *created < before && !self.unit.erased.contains(event))
            .map(|(event, _)| event)
            .collect();
        // Whatever may still be sent, or sent again, keeps its body.
        let needed = |row: &Delivery| {
            !matches!(row.state, State::Delivered | State::Cancelled | State::Skipped)
                || row.settled.is_some_and(|settled| settled >= before)
        };
        let of = self.by_event(&old)?;
        let erased: Vec<u64> = old
            .iter()
            .filter(|event| !of.get(event).is_some_and(|rows| rows.iter().any(needed)))
            .copied()
            .collect();
        self.erase_bodies(&erased);
        Ok(on)
    }

    /// Removes the bodies of events: their own, those made of them, and those that came back.
    pub(super) fn erase_bodies(&mut self, events: &[u64]) {
        if events.is_empty() {
            return;
        }
        let (places, values) = list(events.iter().map(|event| Value::from(*event)));
        for sql in [
            format!("DELETE FROM {} WHERE event IN ({places})", self.table("bodies")),
            format!("DELETE FROM {} WHERE event IN ({places})", self.table("requests")),
            format!(
                "UPDATE {} SET response_body = '' WHERE event IN ({places})",
                self.table("attempts")
            ),
        ] {
            self.unit.run(sql, values.clone());
        }
        self.unit.erased.extend(events);
    }

    /// Exact search finds these events no more.
    pub(super) fn erase_terms(&mut self, events: &[u64]) -> Result<()> {
        let (places, values) = list(events.iter().map(|event| Value::from(*event)));
        let sql = format!(
            "SELECT `key`, terms FROM {} WHERE `key` IN ({places}) AND terms IS NOT NULL",
            self.table("events")
        );
        let found: Vec<(u64, String)> = self.rows(&sql, values)?;
        for (event, terms) in found {
            let Ok(terms) = serde_json::from_str::<Vec<String>>(&terms) else { continue };
            let (places, mut values) = list(terms.into_iter().map(Value::from));
            values.push(event.into());
            let table = self.table("terms");
            self.unit
                .run(format!("DELETE FROM {table} WHERE term IN ({places}) AND event = ?"), values);
        }
        Ok(())
    }

    /// Deliveries of events, as they are once this transaction is written.
    pub(super) fn deliveries_of(&mut self, events: &[u64]) -> Result<Vec<Delivery>> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let (places, values) = list(events.iter().map(|event| Value::from(*event)));
        let of = |row: &Delivery| events.contains(&row.place.0);
        self.find(&format!("WHERE d.event IN ({places})"), values, &of)
    }

    fn by_event(&mut self, events: &[u64]) -> Result<BTreeMap<u64, Vec<Delivery>>> {
        let mut all: BTreeMap<u64, Vec<Delivery>> = BTreeMap::new();
        for row in self.deliveries_of(events)? {
            all.entry(row.place.0).or_default().push(row);
        }
        Ok(all)
    }

    /// Looks at the next `limit` events, as [`prune_bodies`](Self::prune_bodies) does.
    fn prune_rows(&mut self, after: u64, before: i64, limit: usize) -> Result<Option<u64>> {
        let sql = format!(
            "SELECT `key`, created, id FROM {} WHERE `key` > ? ORDER BY `key` LIMIT ?",
            self.table("events")
        );
        let mut candidates: Vec<(u64, i64, Vec<u8>)> =
            self.rows(&sql, vec![after.into(), limit.into()])?;
        let now = self.clock.unix_ms();
        let on = candidates.iter().rev().find(|(_, created, _)| goes_on(*created, before, now));
        let on = on.map(|(event, ..)| *event);
        candidates
            .retain(|(event, created, _)| *created < before && !self.unit.gone.contains(event));
        let events: Vec<u64> = candidates.iter().map(|(event, ..)| *event).collect();
        let mut of = self.by_event(&events)?;
        let (mut gone, mut spent) = (Vec::new(), Vec::new());
        for (event, _, id) in candidates {
            let mut kept = 0;
            let (mut old, rows) = (Vec::new(), of.remove(&event).unwrap_or_default());
            for row in rows {
                if row.settled.is_some_and(|settled| settled < before) {
                    old.push(row);
                    continue;
                }
                kept += 1;
                if row.state == State::Held {
                    self.expire(&row, now);
                }
            }
            for row in old {
                if kept > 0 {
                    self.erase_attempts(&row);
                }
                self.unit.delete(row);
            }
            if kept == 0 {
                gone.push(event);
                let id = id.try_into().ok().map(EventId::from_bytes);
                spent.extend(id.filter(EventId::is_from_key));
            }
        }
        self.remove_events(&gone)?;
        for id in spent {
            let sql = format!(
                "INSERT INTO {} (event, `until`) VALUES (?, ?) \
                 ON DUPLICATE KEY UPDATE `until` = VALUES(`until`)",
                self.table("spent_keys")
            );
            self.unit.run(sql, vec![id.as_bytes().as_slice().into(), (now + SPENT_MS).into()]);
        }
        Ok(on)
    }

    /// Removes events of which no delivery is left.
    fn remove_events(&mut self, events: &[u64]) -> Result<()> {
        if events.is_empty() {
            return Ok(());
        }
        self.erase_terms(events)?;
        let (places, values) = list(events.iter().map(|event| Value::from(*event)));
        for (table, column) in
            [("attempts", "event"), ("requests", "event"), ("bodies", "event"), ("events", "`key`")]
        {
            let sql = format!("DELETE FROM {} WHERE {column} IN ({places})", self.table(table));
            self.unit.run(sql, values.clone());
        }
        self.unit.gone.extend(events);
        self.unit.erased.extend(events);
        Ok(())
    }

    /// What belongs to one delivery of an event that stays.
    fn erase_attempts(&mut self, delivery: &Delivery) {
        for table in ["attempts", "requests"] {
            let sql = format!("DELETE FROM {} WHERE event = ? AND delivery = ?", self.table(table));
            self.unit.run(sql, vec![delivery.place.0.into(), delivery.place.1.into()]);
        }
    }

    /// Held for longer than the log goes back: it stays in the log for one more such time.
    fn expire(&mut self, delivery: &Delivery, now: i64) {
        let mut after = delivery.clone();
        after.put(State::Expired, 0);
        after.settled = settled(State::Expired, now);
        if !delivery.test {
            let (from, to) = (Some(State::Held), Some(State::Expired));
            self.unit.counters.counted.moved(delivery.webhook, from, to, 1, now);
        }
        self.change_to(delivery, after);
    }

    /// Counters, announcements and spent keys that are too old.
    fn prune_sums(&mut self, before: i64, now: i64) -> Result<()> {
        let oldest = hour(now) - HOURS;
        let sql = format!("DELETE FROM {} WHERE hour < ?", self.table("hours"));
        self.unit.run(sql, vec![oldest.into()]);
        self.prune_announcements(before)?;
        self.prune_deaths(now);
        let table = self.table("spent_keys");
        self.unit.run(format!("DELETE FROM {table} WHERE `until` < ?"), vec![now.into()]);
        let sql = format!("SELECT `until` FROM {table} ORDER BY `until` DESC LIMIT 1 OFFSET ?");
        let beyond: Vec<i64> = self.rows(&sql, vec![MOST_SPENT.into()])?;
        if let Some(until) = beyond.first() {
            let sql = format!("DELETE FROM {table} WHERE `until` <= ?");
            self.unit.run(sql, vec![(*until).into()]);
        }
        Ok(())
    }

    /// By how much the clock is ahead of what is known to be right; see [`Lately::set_ahead`].
    fn set_ahead(&mut self) -> Result<i64> {
        let jumps = self.jumps()?.into_iter().rev();
        let jumps =
            jumps.map(|(_, at, seconds)| Noticed { code: CLOCK_SET.into(), at, seconds }).collect();
        Ok(Lately::new(jumps).set_ahead(self.clock.unix_ms()))
    }

    /// What was announced of the clock, newest first: number, when, and by how many seconds it was set.
    fn jumps(&mut self) -> Result<Vec<(u64, i64, i64)>> {
        let sql = format!(
            "SELECT number, at, params FROM {} WHERE code = ? ORDER BY number DESC",
            self.table("announcements")
        );
        let found: Vec<(u64, i64, String)> = self.rows(&sql, vec![CLOCK_SET.into()])?;
        let read = |(number, at, params): (u64, i64, String)| {
            let params: serde_json::Value = serde_json::from_str(&params).unwrap_or_default();
            (number, at, params["seconds"].as_i64().unwrap_or(0))
        };
        Ok(found.into_iter().map(read).collect())
    }

    /// Announcements that are too old by the clock as it stands now. One that was made before the clock
    /// was set is as much older, or younger, by now: else the announcement that it was set back by a
    /// month goes as soon as it is right again, and only that it was set ahead by a month is left.
    fn prune_announcements(&mut self, before: i64) -> Result<()> {
        let table = self.table("announcements");
        let jumps = self.jumps()?.into_iter().map(|(number, _, seconds)| (number, seconds));
        let (mut set_since, mut below) = (0, i64::MAX.cast_unsigned());
        for (from, seconds) in jumps.chain([(0, 0)]) {
            self.unit.run(
                format!("DELETE FROM {table} WHERE number >= ? AND number < ? AND at < ?"),
                vec![from.into(), below.into(), before.saturating_sub(set_since).into()],
            );
            set_since += seconds * 1000;
            below = from;
        }
        Ok(())
    }
}

/// Whether the pass goes on behind an event: it was old enough, or it came in while the clock was
/// ahead, and must not keep what lies behind it from going.
fn goes_on(created: i64, before: i64, now: i64) -> bool {
    created < before || created > now + HOUR_MS
}
