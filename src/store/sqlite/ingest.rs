//! Events and their deliveries, as they come in.

use rusqlite::{OptionalExtension, params};

use super::Current;
use super::error::SqliteError;
use super::record;
use super::schema::{DELIVERY, EVENT, event_of};
use super::transaction::SqliteTransaction;
use crate::{NewDelivery, NewEvent, State};
use domain::event::Flags;
use domain::id::EventId;

/// Statements that add so many terms of an event, the longest first.
const TERMS: [(usize, &str); 4] = [
    (
        8,
        "INSERT OR IGNORE INTO terms (event, term) VALUES (?1, ?2), (?1, ?3), (?1, ?4), (?1, ?5),
             (?1, ?6), (?1, ?7), (?1, ?8), (?1, ?9)",
    ),
    (4, "INSERT OR IGNORE INTO terms (event, term) VALUES (?1, ?2), (?1, ?3), (?1, ?4), (?1, ?5)"),
    (2, "INSERT OR IGNORE INTO terms (event, term) VALUES (?1, ?2), (?1, ?3)"),
    (1, "INSERT OR IGNORE INTO terms (event, term) VALUES (?1, ?2)"),
];

impl SqliteTransaction<'_> {
    /// An event with its deliveries; whether it was added.
    pub(super) fn try_ingest(&mut self, new: &NewEvent<'_>, now: i64) -> Result<bool, SqliteError> {
        let NewEvent { event, terms, deliveries } = *new;
        if event.id.is_from_key() && self.is_spent(event.id)? {
            return Ok(false);
        }
        let (key, server) = (self.memory.next_event, self.server()?);
        let added = self
            .statements
            .get(
                "INSERT INTO events (key, id, name, timestamp, network, site, source, flags,
                     revision, created, data_start, data_end, terms, server)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
                 ON CONFLICT (id) DO NOTHING",
            )?
            .execute(params![
                key,
                event.id.as_bytes(),
                event.name,
                event.timestamp,
                event.network.cast_signed(),
                event.site.cast_signed(),
                event.source,
                event.flags.bits(),
                event.revision.cast_signed(),
                now,
                event.data.start,
                event.data.end,
                (!terms.is_empty()).then(|| record::json(&terms)).transpose()?,
                server,
            ])?;
        if added == 0 {
            return Ok(false);
        }
        self.memory.next_event = key + EVENT;
        self.memory.current = Some(Current {
            id: event.id,
            next_delivery: key,
            test: event.flags.has(Flags::TEST),
            site: event.site.cast_signed(),
        });
        if !event.body.is_empty() {
            self.statements
                .get("INSERT INTO bodies (event, body) VALUES (?1, ?2)")?
                .execute(params![key, &event.body[..]])?;
        }
        self.add_terms(terms, key)?;
        for delivery in deliveries {
            self.try_deliver(event.id, delivery)?;
        }
        Ok(true)
    }

    /// By what exact search finds an event. Several rows of a statement cost less than as many
    /// statements.
    fn add_terms(&mut self, terms: &[String], event: i64) -> Result<(), SqliteError> {
        let mut left = terms;
        for (count, sql) in TERMS {
            while left.len() >= count {
                let (some, rest) = left.split_at(count);
                let insert = self.statements.get(sql)?;
                insert.raw_bind_parameter(1, event)?;
                for (at, term) in some.iter().enumerate() {
                    insert.raw_bind_parameter(at + 2, term)?;
                }
                insert.raw_execute()?;
                left = rest;
            }
        }
        Ok(())
    }

    pub(super) fn try_deliver(
        &mut self,
        event: EventId,
        delivery: &NewDelivery,
    ) -> Result<(), SqliteError> {
        let current = self.current(event)?;
        let key = current.next_delivery;
        if event_of(key) != event_of(key + DELIVERY) {
            return Err(SqliteError::Refused(format!(
                "{event} has 65,535 deliveries, which is the most"
            )));
        }
        let now = self.clock.unix_ms();
        let settled = settled(delivery.state, now);
        self.statements
            .get(
                "INSERT INTO deliveries (key, id, webhook, state, due, test, settled, reason,
                     last_failure, turn_site)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?
            .execute(params![
                key,
                delivery.id.as_bytes(),
                delivery.webhook.0,
                delivery.state as u8,
                delivery.due - self.memory.shift,
                current.test,
                settled,
                delivery.reason,
                delivery.failure,
                current.site,
            ])?;
        if !current.test {
            self.counters.counted.moved(delivery.webhook, None, Some(delivery.state), 1, now);
        }
        self.memory.current = Some(Current { next_delivery: key + DELIVERY, ..current });
        Ok(())
    }

    /// Whether an event that is never to happen again was here and is pruned.
    fn is_spent(&mut self, event: EventId) -> rusqlite::Result<bool> {
        self.statements
            .get("SELECT EXISTS (SELECT 1 FROM spent_keys WHERE event = ?1)")?
            .query_row([event.as_bytes()], |row| row.get(0))
    }

    /// Where the next delivery of an event goes; usually it is the event just added.
    fn current(&mut self, event: EventId) -> Result<Current, SqliteError> {
        if let Some(current) = self.memory.current.filter(|current| current.id == event) {
            return Ok(current);
        }
        let found = self
            .statements
            .get(
                "SELECT key, flags, (SELECT max(key) FROM deliveries
                     WHERE key >= events.key AND key < events.key + ?2), site
                 FROM events WHERE id = ?1",
            )?
            .query_row(params![event.as_bytes(), EVENT], |row| {
                let last: Option<i64> = row.get(2)?;
                Ok(Current {
                    id: event,
                    next_delivery: match last {
                        Some(last) => last + DELIVERY,
                        None => row.get(0)?,
                    },
                    test: Flags::from_bits(row.get(1)?).has(Flags::TEST),
                    site: row.get(3)?,
                })
            })
            .optional()?;
        found.ok_or_else(|| SqliteError::Refused(format!("there is no event {event}")))
    }
}

/// When a delivery that is in `state` since `now` was settled: a held one only waits.
pub(super) fn settled(state: State, now: i64) -> Option<i64> {
    (state.is_settled() && state != State::Held).then_some(now)
}
