//! One transaction: the trait's methods, on the copy of the tables.

use std::sync::Arc;

use super::change::Change;
use super::tables::{Death, EVENT, HOUR_MS, StoredEvent, StoredWebhook, Tables, Wish};
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

pub(crate) struct MemoryTransaction<'s> {
    pub(crate) tables: &'s mut Tables,
    pub(super) clock: &'s dyn Clock,
    pub(super) origin: &'s Origin,
}

impl MemoryTransaction<'_> {
    /// Claims these deliveries, which another engine has chosen.
    pub(crate) fn take(&mut self, ids: &[DeliveryId]) -> Vec<Claim> {
        let key = |id: &DeliveryId| self.tables.delivery_by_id(*id).map(|it| it.key);
        let keys: Vec<_> = ids.iter().map(|id| key(id).expect("it is here too")).collect();
        keys.into_iter().map(|key| self.tables.take(key)).collect()
    }

    fn ingest_one(&mut self, new: &NewEvent<'_>, now: i64) -> bool {
        let NewEvent { event, terms, deliveries } = *new;
        let tables = &mut *self.tables;
        if tables.spent.contains_key(&event.id) || tables.event_by_id(event.id).is_some() {
            return false;
        }
        tables.events_ever += 1;
        let key = tables.events_ever * EVENT;
        let stored = StoredEvent {
            event: Arc::new(event.clone()),
            terms: terms.to_vec(),
            created: now,
            server: self.origin.server.clone(),
            next: key,
        };
        tables.know_server(&self.origin.server);
        tables.events.insert(key, stored);
        for delivery in deliveries {
            tables.add(key, delivery, self.clock.unix_ms());
        }
        true
    }
}

impl Backfills for MemoryTransaction<'_> {
    fn begin_backfill(&mut self, backfill: &Backfill, now: i64) -> Result<()> {
        self.tables.begin_backfill(backfill, now);
        Ok(())
    }

    fn look_back(
        &mut self,
        limit: usize,
        wants: &dyn Fn(&BackfillQuery, &Event) -> bool,
    ) -> Result<Option<Stretch>> {
        Ok(self.tables.look_back(limit, wants))
    }

    fn note_backfill(&mut self, token: &str, made: u64, next: Option<i64>, now: i64) -> Result<()> {
        self.tables.note_backfill(token, made, next, now);
        Ok(())
    }
}

impl Transaction for MemoryTransaction<'_> {
    fn webhook(&mut self, id: &str) -> Result<WebhookKey> {
        if let Some(key) = self.tables.webhook(id) {
            return Ok(key);
        }
        let key = WebhookKey(self.tables.webhooks.len() as i64 + 1);
        self.tables.webhooks.push(StoredWebhook {
            key,
            id: id.to_owned(),
            delivered: 0,
            failed: 0,
            last_attempt: None,
            last_success: None,
            health: None,
            host: None,
            site: None,
        });
        Ok(key)
    }

    fn ingest(&mut self, events: &[NewEvent<'_>], now: i64) -> Result<Vec<bool>> {
        Ok(events.iter().map(|new| self.ingest_one(new, now)).collect())
    }

    fn add_deliveries(&mut self, deliveries: &[(EventId, NewDelivery)]) -> Result<()> {
        let now = self.clock.unix_ms();
        for (event, new) in deliveries {
            let Some(key) = self.tables.event_by_id(*event) else {
                let reason = format!("there is no event {event}");
                return Err(StoreError::Failed { action: "adding deliveries", reason });
            };
            self.tables.add(key, new, now);
        }
        Ok(())
    }

    fn set_position(&mut self, segment: SegmentId, offset: u64) -> Result<()> {
        self.tables.positions.insert((self.origin.spool, segment), offset);
        Ok(())
    }

    fn forget_position(&mut self, segment: SegmentId) -> Result<()> {
        self.tables.positions.remove(&(self.origin.spool, segment));
        Ok(())
    }

    fn defer(&mut self, _kind: u8, record: &[u8], _now: i64) -> Result<()> {
        self.tables.deferred.push(record.to_vec());
        Ok(())
    }

    fn claim(&mut self, wanted: &[Wanted], now: i64) -> Result<Vec<Claimed>> {
        let mut claim = |wanted: &Wanted| {
            let chosen = self.tables.choose(*wanted, now);
            let claims = chosen.into_iter().map(|key| self.tables.take(key)).collect();
            Claimed { claims, next_due: self.tables.next_due(wanted.webhook, wanted.ordered) }
        };
        Ok(wanted.iter().map(&mut claim).collect())
    }

    fn suspects(&mut self) -> Result<Vec<Suspects>> {
        Ok(self.tables.suspects())
    }

    fn claim_suspect(
        &mut self,
        webhook: WebhookKey,
        now: i64,
        ordered: bool,
    ) -> Result<Option<Claim>> {
        let first = self.tables.waiting(webhook, ordered, true).first().copied();
        let key = first.filter(|first| first.due <= now).map(|first| first.key);
        Ok(key.map(|key| self.tables.take(key)))
    }

    fn release(&mut self, delivery: DeliveryId, due: i64) -> Result<Written> {
        let Some(delivery) = self.tables.under_way(delivery) else { return Ok(Written::Lost) };
        (delivery.state, delivery.due) = (State::Pending, due);
        Ok(Written::Kept)
    }

    fn release_all(&mut self) -> Result<u64> {
        let all = self.tables.deliveries.values_mut();
        let mut released = 0;
        for delivery in all.filter(|it| it.state == State::Delivering) {
            delivery.state = State::Pending;
            released += 1;
        }
        Ok(released)
    }

    fn note_death(&mut self, now: i64, _under_way: u64) -> Result<u64> {
        let server = self.origin.server.clone();
        self.tables.know_server(&server);
        self.tables.deaths.push(Death { at: now, server });
        let is_recent = |it: &&Death| it.server == self.origin.server && it.at > now - HOUR_MS;
        Ok(self.tables.deaths.iter().filter(is_recent).count() as u64)
    }

    fn complete(&mut self, attempts: &[NewAttempt<'_>]) -> Result<Vec<Written>> {
        let record = |new| self.tables.record(new, &self.origin.server);
        Ok(attempts.iter().map(record).collect())
    }

    fn change(
        &mut self,
        which: &Selection,
        state: State,
        due: i64,
        reason: Option<&str>,
    ) -> Result<u64> {
        let change = Change { to: state, due, reason, now: self.clock.unix_ms() };
        let selected = self.tables.selected(which).into_iter();
        Ok(selected.filter(|key| self.tables.change_one(*key, change)).count() as u64)
    }

    fn shift_due(&mut self, by: i64, clock: ClockReading) -> Result<()> {
        self.tables.deliveries.values_mut().for_each(|it| it.due += by);
        let of_server = |it: &&mut Death| it.server == self.origin.server;
        self.tables.deaths.iter_mut().filter(of_server).for_each(|it| it.at += by);
        self.tables.clock = Some(clock);
        Ok(())
    }

    fn next_due(&mut self, webhook: WebhookKey, ordered: bool) -> Result<Option<i64>> {
        Ok(self.tables.next_due(webhook, ordered))
    }

    fn set_health(&mut self, webhook: WebhookKey, health: &Health) -> Result<()> {
        if let Some(webhook) = self.tables.webhook_mut(webhook) {
            webhook.health = Some(health.clone());
        }
        Ok(())
    }

    fn announce(&mut self, announcement: &Announcement) -> Result<i64> {
        self.tables.announced += 1;
        self.tables.announcements.insert(self.tables.announced, announcement.clone());
        Ok(self.tables.announced)
    }

    fn prune(&mut self, bodies_before: i64, rows_before: i64, limit: usize) -> Result<bool> {
        let now = self.clock.unix_ms();
        Ok(!self.tables.prune(bodies_before, rows_before, limit, now))
    }

    fn give_up(&mut self, keep: Keep, limit: usize) -> Result<GivenUp> {
        Ok(self.tables.give_up(keep, limit))
    }

    fn set_host(&mut self, webhook: WebhookKey, host: Option<&str>) -> Result<()> {
        if let Some(webhook) = self.tables.webhook_mut(webhook) {
            webhook.host = host.map(str::to_owned);
        }
        Ok(())
    }

    fn begin_bulk(&mut self, bulk: &Bulk, now: i64) -> Result<()> {
        self.tables.begin_bulk(bulk, now);
        Ok(())
    }

    fn step_bulk(&mut self, now: i64, limit: usize) -> Result<BulkStep> {
        Ok(self.tables.step_bulk(now, limit, self.clock.unix_ms()))
    }

    fn begin_forgetting(&mut self, token: &str, person: &Person) -> Result<()> {
        if self.tables.wishes.iter().all(|wish| wish.token != token) {
            let (token, person) = (token.to_owned(), person.clone());
            self.tables.wishes.push(Wish { token, person, after: -1, erased: 0 });
        }
        Ok(())
    }

    fn forget(&mut self, limit: usize) -> Result<Forgetting> {
        Ok(self.tables.forget(limit, self.clock.unix_ms()))
    }
}
