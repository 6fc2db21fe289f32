//! One transaction: the trait's methods, each with the words for its failure.

use std::collections::HashMap;
use std::sync::Weak;

use rusqlite::{Connection, params};

use super::counters::Counters;
use super::error::{self, SqliteError};
use super::statements::Statements;
use super::{Memory, claim, prune, room};
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

pub(super) struct SqliteTransaction<'s> {
    pub(super) connection: &'s Connection,
    pub(super) address: &'s str,
    pub(super) clock: &'s dyn Clock,
    pub(super) origin: &'s Origin,
    pub(super) memory: &'s mut Memory,
    pub(super) events: &'s mut HashMap<i64, Weak<Event>>,
    pub(super) pruned: &'s mut prune::Progress,
    pub(super) given: &'s mut room::Given,
    /// Bytes of the file system.
    pub(super) capacity: u64,
    pub(super) statements: Statements<'s>,
    pub(super) counters: Counters,
}

impl SqliteTransaction<'_> {
    pub(super) fn context<T>(
        &self,
        action: &'static str,
        result: Result<T, SqliteError>,
    ) -> Result<T> {
        result.map_err(|trouble| match trouble {
            SqliteError::Engine(error) => error::from(self.connection, self.address, action, error),
            SqliteError::Refused(reason) => StoreError::Failed { action, reason },
            SqliteError::TooLarge(reason) => {
                StoreError::TooLarge { store: self.address.to_owned(), reason }
            }
        })
    }

    pub(super) fn commit(mut self) -> Result<()> {
        let mut write = || {
            self.counters.write(&mut self.statements)?;
            self.statements.get("COMMIT")?.execute([])
        };
        let result = write().map(drop).map_err(SqliteError::from);
        self.context("writing to the store", result)
    }

    fn try_webhook(&mut self, id: &str) -> rusqlite::Result<WebhookKey> {
        if let Some(key) = self.memory.webhooks.get(id) {
            return Ok(*key);
        }
        let key = self
            .statements
            .get("INSERT INTO webhooks (id) VALUES (?1)")?
            .insert([id])
            .map(WebhookKey)?;
        self.memory.webhooks.insert(id.to_owned(), key);
        Ok(key)
    }

    /// The store's number for this server.
    pub(super) fn server(&mut self) -> rusqlite::Result<i64> {
        if let Some(server) = self.memory.server {
            return Ok(server);
        }
        let name = &self.origin.server;
        self.statements.get("INSERT OR IGNORE INTO servers (name) VALUES (?1)")?.execute([name])?;
        let server = self
            .statements
            .get("SELECT key FROM servers WHERE name = ?1")?
            .query_row([name], |row| row.get(0))?;
        self.memory.server = Some(server);
        Ok(server)
    }

    fn try_shift(&mut self, by: i64, clock: ClockReading) -> rusqlite::Result<()> {
        // Every due time is kept relative to this one number: a million waiting deliveries move
        // by one small write.
        self.memory.shift += by;
        self.statements
            .get("UPDATE clock SET shift = ?1, boot = ?2, offset = ?3")?
            .execute(params![self.memory.shift, clock.boot.0, clock.offset])?;
        if by != 0 {
            // Else deaths under a clock that was ahead would count until that time is there.
            let server = self.server()?;
            self.statements
                .get("UPDATE worker_deaths SET at = at + ?1 WHERE server = ?2")?
                .execute(params![by, server])?;
        }
        Ok(())
    }

    fn try_announce(&mut self, announcement: &Announcement) -> Result<i64, SqliteError> {
        let params = serde_json::to_string(&announcement.params)
            .map_err(|error| SqliteError::Refused(error.to_string()))?;
        let insert = "INSERT INTO announcements (code, at, params) VALUES (?1, ?2, ?3)";
        Ok(self.statements.get(insert)?.insert(params![
            announcement.code,
            announcement.at,
            params
        ])?)
    }

    fn try_set_health(&mut self, webhook: WebhookKey, health: &Health) -> Result<(), SqliteError> {
        let health = serde_json::to_string(health)
            .map_err(|error| SqliteError::Refused(error.to_string()))?;
        self.statements
            .get("UPDATE webhooks SET health = ?2 WHERE key = ?1")?
            .execute(params![webhook.0, health])?;
        Ok(())
    }

    fn run(
        &mut self,
        sql: &'static str,
        params: impl rusqlite::Params,
    ) -> Result<usize, SqliteError> {
        Ok(self.statements.get(sql)?.execute(params)?)
    }
}

impl Backfills for SqliteTransaction<'_> {
    fn begin_backfill(&mut self, backfill: &Backfill, now: i64) -> Result<()> {
        let begun = self.try_begin_backfill(backfill, now);
        self.context("noting a backfill", begun)
    }

    fn look_back(
        &mut self,
        limit: usize,
        wants: &dyn Fn(&BackfillQuery, &Event) -> bool,
    ) -> Result<Option<Stretch>> {
        let stretch = self.try_look_back(limit, wants);
        self.context("looking for the events of a backfill", stretch)
    }

    fn note_backfill(&mut self, token: &str, made: u64, next: Option<i64>, now: i64) -> Result<()> {
        let noted = self.try_note_backfill(token, made, next, now);
        self.context("noting how far a backfill is", noted)
    }
}

impl Transaction for SqliteTransaction<'_> {
    fn webhook(&mut self, id: &str) -> Result<WebhookKey> {
        let key = self.try_webhook(id).map_err(SqliteError::from);
        self.context("adding a webhook", key)
    }

    fn best_batch(&self) -> usize {
        1
    }

    fn ingest(&mut self, events: &[NewEvent<'_>], now: i64) -> Result<Vec<bool>> {
        let ingested = events.iter().map(|new| self.try_ingest(new, now)).collect();
        self.context("adding events", ingested)
    }

    fn add_deliveries(&mut self, deliveries: &[(EventId, NewDelivery)]) -> Result<()> {
        let added = deliveries.iter().try_for_each(|(event, new)| self.try_deliver(*event, new));
        self.context("adding deliveries", added)
    }

    fn set_position(&mut self, segment: SegmentId, offset: u64) -> Result<()> {
        let set = self.run(
            "INSERT INTO positions (spool, segment, offset) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET offset = excluded.offset",
            params![self.origin.spool.0, segment.0, offset.cast_signed()],
        );
        self.context("moving a segment's position", set.map(drop))
    }

    fn forget_position(&mut self, segment: SegmentId) -> Result<()> {
        let forgotten = self.run(
            "DELETE FROM positions WHERE spool = ?1 AND segment = ?2",
            [self.origin.spool.0, segment.0],
        );
        self.context("forgetting a segment", forgotten.map(drop))
    }

    fn defer(&mut self, kind: u8, record: &[u8], now: i64) -> Result<()> {
        let kept = self.run(
            "INSERT INTO deferred (kind, created, record) VALUES (?1, ?2, ?3)",
            params![kind, now, record],
        );
        self.context("keeping a record for a later version", kept.map(drop))
    }

    fn claim(&mut self, wanted: &[Wanted], now: i64) -> Result<Vec<Claimed>> {
        let claimed = wanted.iter().map(|wanted| self.try_claim(*wanted, now)).collect();
        self.context("claiming deliveries", claimed)
    }

    fn release(&mut self, delivery: DeliveryId, due: i64) -> Result<Written> {
        let released = self.try_release(delivery, due);
        self.context("releasing a delivery", released)
    }

    fn complete(&mut self, attempts: &[NewAttempt<'_>]) -> Result<Vec<Written>> {
        let mut complete = |new| {
            let recorded = self.try_record(new);
            match self.context("recording an attempt", recorded) {
                Err(StoreError::TooLarge { reason, .. }) => Ok(Written::TooLarge { reason }),
                other => other,
            }
        };
        attempts.iter().map(&mut complete).collect()
    }

    fn suspects(&mut self) -> Result<Vec<Suspects>> {
        let suspects = self.try_suspects();
        self.context("reading suspects", suspects)
    }

    fn claim_suspect(
        &mut self,
        webhook: WebhookKey,
        now: i64,
        ordered: bool,
    ) -> Result<Option<Claim>> {
        let claimed = self.try_claim_suspect(webhook, now, ordered);
        self.context("claiming a suspect", claimed)
    }

    fn release_all(&mut self) -> Result<u64> {
        let released = self.try_release_all();
        self.context("releasing deliveries", released)
    }

    fn note_death(&mut self, now: i64, under_way: u64) -> Result<u64> {
        let noted = self.try_note_death(now, under_way);
        self.context("noting a worker's death", noted)
    }

    fn change(
        &mut self,
        which: &Selection,
        state: State,
        due: i64,
        reason: Option<&str>,
    ) -> Result<u64> {
        let changed = self.try_change(which, state, due, reason);
        self.context("changing deliveries", changed)
    }

    fn shift_due(&mut self, by: i64, clock: ClockReading) -> Result<()> {
        let shifted = self.try_shift(by, clock).map_err(SqliteError::from);
        self.context("moving due times", shifted)
    }

    fn next_due(&mut self, webhook: WebhookKey, ordered: bool) -> Result<Option<i64>> {
        let due = claim::next_due(&mut self.statements, webhook, ordered)
            .map(|due| due.map(|due| due + self.memory.shift))
            .map_err(SqliteError::from);
        self.context("reading due times", due)
    }

    fn set_health(&mut self, webhook: WebhookKey, health: &Health) -> Result<()> {
        let set = self.try_set_health(webhook, health);
        self.context("writing a webhook's health", set)
    }

    fn announce(&mut self, announcement: &Announcement) -> Result<i64> {
        let number = self.try_announce(announcement);
        self.context("adding an announcement", number)
    }

    fn prune(&mut self, bodies_before: i64, rows_before: i64, limit: usize) -> Result<bool> {
        let more = self.try_prune(bodies_before, rows_before, limit);
        self.context("pruning", more)
    }

    fn give_up(&mut self, keep: Keep, limit: usize) -> Result<GivenUp> {
        let given = self.try_give_up(keep, limit);
        self.context("making room", given)
    }

    fn set_host(&mut self, webhook: WebhookKey, host: Option<&str>) -> Result<()> {
        let set = self.run(
            "UPDATE webhooks SET host = ?2 WHERE key = ?1 AND host IS NOT ?2",
            params![webhook.0, host],
        );
        self.context("writing a webhook's host", set.map(drop))
    }

    fn begin_bulk(&mut self, bulk: &Bulk, now: i64) -> Result<()> {
        let begun = self.try_begin_bulk(bulk, now);
        self.context("noting a change of many deliveries", begun)
    }

    fn step_bulk(&mut self, now: i64, limit: usize) -> Result<BulkStep> {
        let step = self.try_step_bulk(now, limit);
        self.context("changing many deliveries", step)
    }

    fn begin_forgetting(&mut self, token: &str, person: &Person) -> Result<()> {
        let begun = self.try_begin_forgetting(token, person);
        self.context("noting a wish to be forgotten", begun)
    }

    fn forget(&mut self, limit: usize) -> Result<Forgetting> {
        let forgotten = self.try_forget(limit);
        self.context("forgetting a person", forgotten)
    }
}
