//! One transaction: the trait's methods. They read outside of it and note what is to be written.

use std::sync::Arc;

use ::mysql::Value;
use ::mysql::prelude::FromRow;

use super::connection::Connection;
use super::ingest::code;
use super::memory::Memory;
use super::record::json;
use super::row::{COLUMNS, Delivery, Owner};
use super::unit::Unit;
use crate::backfill::{Backfill, BackfillQuery, Backfills, Stretch};
use crate::bulk::{Bulk, BulkStep};
use crate::{
    Announcement, Claim, Claimed, ClockReading, Forgetting, GivenUp, Health, Keep, NewAttempt,
    NewDelivery, NewEvent, Origin, Person, Result, Selection, State, StoreError, Suspects,
    Transaction, Wanted, WebhookKey, Written,
};
use domain::clock::Clock;
use domain::event::Event;
use domain::id::{DeliveryId, EventId};
use journal::SegmentId;

pub(super) struct MysqlTransaction<'s> {
    pub(super) connection: &'s mut Connection,
    pub(super) clock: &'s Arc<dyn Clock>,
    pub(super) me: Owner,
    pub(super) origin: &'s Origin,
    pub(super) memory: &'s mut Memory,
    pub(super) unit: Unit,
}

impl MysqlTransaction<'_> {
    pub(super) fn table(&self, name: &str) -> String {
        self.connection.server().table(name)
    }

    pub(super) fn rows<T: FromRow>(&mut self, sql: &str, values: Vec<Value>) -> Result<Vec<T>> {
        self.connection.rows(sql, values)
    }

    pub(super) fn shift(&self) -> i64 {
        self.unit.shift.unwrap_or(self.memory.shift)
    }

    /// How many of a webhook's deliveries that wait in the database have been changed: so many more a
    /// query has to find of those that wait.
    pub(super) fn changed_of(&self, webhook: WebhookKey) -> usize {
        self.unit.changed.get(&webhook).copied().unwrap_or(0)
    }

    pub(super) fn change_to(&mut self, before: &Delivery, after: Delivery) {
        self.unit.put(Some(before.clone()), after);
    }

    /// Deliveries as they are once this transaction is written, in order of their places: of those
    /// that a query finds in the database, and of those in this transaction of which `is` says so.
    pub(super) fn find(
        &mut self,
        conditions: &str,
        values: Vec<Value>,
        is: &dyn Fn(&Delivery) -> bool,
    ) -> Result<Vec<Delivery>> {
        self.find_some(conditions, values, is).map(|(rows, _)| rows)
    }

    /// [`find`](Self::find), with how many the query found.
    pub(super) fn find_some(
        &mut self,
        conditions: &str,
        values: Vec<Value>,
        is: &dyn Fn(&Delivery) -> bool,
    ) -> Result<(Vec<Delivery>, usize)> {
        let from = format!("{} d", self.table("deliveries"));
        self.find_from(&from, conditions, values, is)
    }

    /// [`find_some`](Self::find_some), with what stands before the conditions: the deliveries are `d`.
    pub(super) fn find_from(
        &mut self,
        from: &str,
        conditions: &str,
        values: Vec<Value>,
        is: &dyn Fn(&Delivery) -> bool,
    ) -> Result<(Vec<Delivery>, usize)> {
        let sql = format!("SELECT {COLUMNS} FROM {from} {conditions}");
        let mut rows: Vec<Delivery> = self.rows(&sql, values)?;
        let read = rows.len();
        rows.retain(|row| !self.unit.deliveries.contains_key(&row.place));
        let after = self.unit.deliveries.values().filter_map(|changed| changed.after.as_ref());
        rows.extend(after.filter(|row| is(row)).cloned());
        rows.sort_by_key(|row| row.place);
        Ok((rows, read))
    }

    pub(super) fn too_large(&self, bytes: usize, most: usize) -> StoreError {
        StoreError::TooLarge {
            store: self.connection.server().to_string(),
            reason: format!("{bytes} bytes, at most {most} are possible (max_allowed_packet)"),
        }
    }

    /// The key of a webhook, where it has one.
    pub(super) fn known_webhook(&mut self, id: &str) -> Result<Option<WebhookKey>> {
        if let Some(key) = self.unit.webhooks.get(id).or_else(|| self.memory.webhooks.get(id)) {
            return Ok(Some(*key));
        }
        let sql = format!("SELECT `key` FROM {} WHERE id = ?", self.table("webhooks"));
        let found: Vec<i64> = self.rows(&sql, vec![id.into()])?;
        let key = found.first().map(|key| WebhookKey(*key));
        if let Some(key) = key {
            self.memory.webhooks.insert(id.to_owned(), key);
        }
        Ok(key)
    }

    fn try_webhook(&mut self, id: &str) -> Result<WebhookKey> {
        if let Some(key) = self.known_webhook(id)? {
            return Ok(key);
        }
        let sql = format!("SELECT COALESCE(MAX(`key`), 0) FROM {}", self.table("webhooks"));
        let found: Vec<i64> = self.rows(&sql, Vec::new())?;
        let new = self.unit.webhooks.values().map(|key| key.0).max().unwrap_or(0);
        let key = WebhookKey(1 + found.first().copied().unwrap_or(0).max(new));
        self.unit.webhooks.insert(id.to_owned(), key);
        Ok(key)
    }

    fn try_defer(&mut self, kind: u8, record: &[u8], now: i64) -> Result<()> {
        let number = match self.unit.next_deferred {
            Some(number) => number,
            None => {
                let sql = format!(
                    "SELECT COALESCE(MAX(number), 0) + 1 FROM {} WHERE worker = ?",
                    self.table("deferred")
                );
                let found: Vec<u64> = self.rows(&sql, vec![self.me.worker.into()])?;
                found.first().copied().unwrap_or(1)
            }
        };
        let most = self.connection.largest();
        if record.len() > most {
            return Err(self.too_large(record.len(), most));
        }
        self.unit.next_deferred = Some(number + 1);
        self.unit.deferred.push(vec![
            self.me.worker.into(),
            number.into(),
            kind.into(),
            now.into(),
            record.into(),
        ]);
        Ok(())
    }

    fn try_announce(&mut self, announcement: &Announcement) -> Result<i64> {
        let table = self.table("announced");
        let last = match self.unit.announced {
            Some(last) => last,
            None => {
                let sql = format!("SELECT last FROM {table} WHERE one = 1");
                let found: Vec<u64> = self.rows(&sql, Vec::new())?;
                found.first().copied().unwrap_or(0)
            }
        };
        // Its number is given while it is written: who announces at the same moment may be first, and
        // then it is the next one.
        let number = last + 1;
        self.unit.announced = Some(number);
        self.unit.announcements.push(vec![
            code(&announcement.code).into(),
            announcement.at.into(),
            json(&announcement.params)?.into(),
        ]);
        Ok(number.cast_signed())
    }

    fn try_shift(&mut self, by: i64, clock: ClockReading) {
        let shift = self.shift() + by;
        self.unit.shift = Some(shift);
        self.unit.run(
            format!(
                "INSERT INTO {} (worker, boot, `offset`, shift) VALUES (?, ?, ?, ?) \
                 ON DUPLICATE KEY UPDATE boot = VALUES(boot), `offset` = VALUES(`offset`), \
                 shift = VALUES(shift)",
                self.table("clocks")
            ),
            vec![
                self.me.worker.into(),
                clock.boot.0.as_slice().into(),
                clock.offset.into(),
                shift.into(),
            ],
        );
        if by != 0 {
            // Else deaths under a clock that was ahead would count until that time is there.
            let table = self.table("worker_deaths");
            self.unit.run(
                format!("UPDATE {table} SET at = at + ? WHERE worker = ?"),
                vec![by.into(), self.me.worker.into()],
            );
        }
    }
}

/// Placeholders of an IN list and its values. There are few lengths, as each makes another
/// statement to be prepared: the last value stands there until the next power of two.
pub(super) fn list(values: impl IntoIterator<Item = Value>) -> (String, Vec<Value>) {
    let mut values: Vec<Value> = values.into_iter().collect();
    if let Some(last) = values.last().cloned() {
        values.resize(values.len().next_power_of_two(), last);
    }
    (vec!["?"; values.len()].join(", "), values)
}

impl Backfills for MysqlTransaction<'_> {
    fn begin_backfill(&mut self, backfill: &Backfill, now: i64) -> Result<()> {
        self.try_begin_backfill(backfill, now)
    }

    fn look_back(
        &mut self,
        limit: usize,
        wants: &dyn Fn(&BackfillQuery, &Event) -> bool,
    ) -> Result<Option<Stretch>> {
        self.try_look_back(limit, wants)
    }

    fn note_backfill(&mut self, token: &str, made: u64, next: Option<i64>, now: i64) -> Result<()> {
        self.try_note_backfill(token, made, next, now)
    }
}

impl Transaction for MysqlTransaction<'_> {
    fn webhook(&mut self, id: &str) -> Result<WebhookKey> {
        self.try_webhook(id)
    }

    fn note_config(&mut self, revision: u64) -> Result<bool> {
        self.try_note_config(revision)
    }

    fn ingest(&mut self, events: &[NewEvent<'_>], now: i64) -> Result<Vec<bool>> {
        self.try_ingest(events, now)
    }

    fn add_deliveries(&mut self, deliveries: &[(EventId, NewDelivery)]) -> Result<()> {
        deliveries.iter().try_for_each(|(event, new)| self.deliver(*event, new))
    }

    fn set_position(&mut self, segment: SegmentId, offset: u64) -> Result<()> {
        self.unit.positions.insert(segment.0, Some(offset));
        Ok(())
    }

    fn forget_position(&mut self, segment: SegmentId) -> Result<()> {
        self.unit.positions.insert(segment.0, None);
        Ok(())
    }

    fn defer(&mut self, kind: u8, record: &[u8], now: i64) -> Result<()> {
        self.try_defer(kind, record, now)
    }

    fn claim(&mut self, wanted: &[Wanted], now: i64) -> Result<Vec<Claimed>> {
        self.try_claim(wanted, now)
    }

    fn suspects(&mut self) -> Result<Vec<Suspects>> {
        self.try_suspects()
    }

    fn claim_suspect(
        &mut self,
        webhook: WebhookKey,
        now: i64,
        ordered: bool,
    ) -> Result<Option<Claim>> {
        self.try_claim_suspect(webhook, now, ordered)
    }

    fn release(&mut self, delivery: DeliveryId, due: i64) -> Result<Written> {
        self.try_release(delivery, due)
    }

    fn release_all(&mut self) -> Result<u64> {
        self.try_release_all()
    }

    fn note_death(&mut self, now: i64, under_way: u64) -> Result<u64> {
        self.try_note_death(now, under_way)
    }

    fn complete(&mut self, attempts: &[NewAttempt<'_>]) -> Result<Vec<Written>> {
        self.try_complete(attempts)
    }

    fn change(
        &mut self,
        which: &Selection,
        state: State,
        due: i64,
        reason: Option<&str>,
    ) -> Result<u64> {
        self.try_change(which, state, due, reason)
    }

    fn shift_due(&mut self, by: i64, clock: ClockReading) -> Result<()> {
        self.try_shift(by, clock);
        Ok(())
    }

    fn next_due(&mut self, webhook: WebhookKey, ordered: bool) -> Result<Option<i64>> {
        Ok(self.try_next_due_of(&[(webhook, ordered)])?.pop().flatten())
    }

    fn next_due_of(&mut self, of: &[(WebhookKey, bool)]) -> Result<Vec<Option<i64>>> {
        self.try_next_due_of(of)
    }

    fn set_health(&mut self, webhook: WebhookKey, health: &Health) -> Result<()> {
        self.unit.healths.insert(webhook, json(health)?);
        Ok(())
    }

    fn announce(&mut self, announcement: &Announcement) -> Result<i64> {
        self.try_announce(announcement)
    }

    fn prune(&mut self, bodies_before: i64, rows_before: i64, limit: usize) -> Result<bool> {
        self.try_prune(bodies_before, rows_before, limit)
    }

    fn give_up(&mut self, keep: Keep, limit: usize) -> Result<GivenUp> {
        self.try_give_up(keep, limit)
    }

    fn set_host(&mut self, webhook: WebhookKey, host: Option<&str>) -> Result<()> {
        let sql = format!(
            "UPDATE {} SET host = ? WHERE `key` = ? AND NOT host <=> ?",
            self.table("webhooks")
        );
        self.unit.run(sql, vec![host.into(), webhook.0.into(), host.into()]);
        Ok(())
    }

    fn is_new_wish(&mut self, segment: SegmentId, offset: u64, now: i64) -> Result<bool> {
        self.try_is_new_wish(segment, offset, now)
    }

    fn begin_bulk(&mut self, bulk: &Bulk, now: i64) -> Result<()> {
        self.try_begin_bulk(bulk, now)
    }

    fn step_bulk(&mut self, now: i64, limit: usize) -> Result<BulkStep> {
        self.try_step_bulk(now, limit)
    }

    fn begin_forgetting(&mut self, token: &str, person: &Person) -> Result<()> {
        self.try_begin_forgetting(token, person)
    }

    fn wishes_to_search(&mut self) -> Result<Vec<(String, Person)>> {
        self.try_wishes_to_search()
    }

    fn note_searched(&mut self, tokens: &[String]) -> Result<()> {
        self.try_note_searched(tokens);
        Ok(())
    }

    fn forget(&mut self, limit: usize) -> Result<Forgetting> {
        self.try_forget(limit)
    }
}
