//! Events and their deliveries, as they come in.

use std::collections::HashSet;

use super::row::{Delivery, Owner};
use super::schema;
use super::transaction::{MysqlTransaction, list};
use super::unit::{EventRow, Further};
use crate::{NewDelivery, NewEvent, Result, State, StoreError};
use domain::event::Flags;
use domain::id::EventId;

/// Ids that one statement asks for.
const ASKED: usize = 1000;

impl MysqlTransaction<'_> {
    /// Which of these events are added: those that are not there.
    pub(super) fn try_ingest(&mut self, events: &[NewEvent<'_>], now: i64) -> Result<Vec<bool>> {
        self.check_sizes(events)?;
        let known = self.known(events)?;
        let mut added = Vec::with_capacity(events.len());
        for NewEvent { event, terms, deliveries } in events {
            if known.contains(&event.id) || self.unit.keys.contains_key(&event.id) {
                added.push(false);
                continue;
            }
            let key = schema::next_event(self.memory.last_event, self.me.worker, now);
            self.memory.last_event = key;
            self.unit.keys.insert(event.id, self.unit.events.len());
            self.unit.events.push(EventRow {
                key,
                event: (*event).clone(),
                created: now,
                terms: terms.to_vec(),
                next: 0,
            });
            for delivery in *deliveries {
                self.deliver(event.id, delivery)?;
            }
            added.push(true);
        }
        Ok(added)
    }

    /// Those that are there, or were: of ids that are made from a key always, of others only where a
    /// part of what comes in is there already, which the first try to add it shows.
    fn known(&mut self, events: &[NewEvent<'_>]) -> Result<HashSet<EventId>> {
        let mut known = HashSet::new();
        let careful = self.memory.is_careful;
        let ids: Vec<_> = events.iter().map(|new| new.event.id).collect();
        let asked: Vec<_> = ids.iter().filter(|id| careful || id.is_from_key()).collect();
        let tables = [("events", "id"), ("spent_keys", "event")];
        for (table, column) in tables {
            let asked = asked.iter().filter(|id| table == "events" || id.is_from_key());
            let asked: Vec<_> = asked.collect();
            for asked in asked.chunks(ASKED) {
                let (places, values) = list(asked.iter().map(|id| id.as_bytes().as_slice().into()));
                let sql = format!(
                    "SELECT {column} FROM {} WHERE {column} IN ({places})",
                    self.table(table)
                );
                let found: Vec<Vec<u8>> = self.rows(&sql, values)?;
                known.extend(found.into_iter().filter_map(id));
            }
        }
        Ok(known)
    }

    /// Refuses what no statement can carry, before anything of it is noted.
    fn check_sizes(&self, events: &[NewEvent<'_>]) -> Result<()> {
        let most = self.connection.largest();
        match events.iter().map(|new| new.event.body.len()).max() {
            Some(bytes) if bytes > most => Err(self.too_large(bytes, most)),
            _ => Ok(()),
        }
    }

    pub(super) fn deliver(&mut self, event: EventId, new: &NewDelivery) -> Result<()> {
        let Further { key, next, name, site, test } = match self.unit.keys.get(&event) {
            Some(at) => {
                let row = &self.unit.events[*at];
                let (key, next, test) = (row.key, row.next, row.is_test());
                Further { key, next, name: row.event.name.clone(), site: row.event.site, test }
            }
            None => self.further(event)?,
        };
        let Some(after) = next.checked_add(1) else {
            return Err(StoreError::Failed {
                action: "adding deliveries",
                reason: format!("{event} has 65,535 deliveries, which is the most"),
            });
        };
        let now = self.clock.unix_ms();
        let is_claimed = new.state == State::Delivering;
        let waits = is_claimed || new.state == State::Pending;
        let delivery = Delivery {
            place: (key, next),
            id: new.id,
            webhook: new.webhook,
            name,
            site,
            state: new.state,
            owner: if is_claimed { self.me } else { Owner::NOBODY },
            due: if waits { new.due - self.shift() } else { 0 },
            test,
            attempts: 0,
            attempted: 0,
            settled: settled(new.state, now),
            reason: new.reason.as_deref().map(code),
            last_status: None,
            last_failure: new.failure.as_deref().map(code),
            duration_us: None,
            deaths: 0,
            deaths_alone: 0,
        };
        if !test {
            self.unit.counters.counted.moved(new.webhook, None, Some(new.state), 1, now);
        }
        self.unit.put(None, delivery);
        match self.unit.keys.get(&event) {
            Some(at) => self.unit.events[*at].next = after,
            None => {
                if let Some(further) = self.unit.further.get_mut(&event) {
                    further.next = after;
                }
            }
        }
        Ok(())
    }

    /// An event that is in the database.
    fn further(&mut self, event: EventId) -> Result<Further> {
        if let Some(further) = self.unit.further.get(&event) {
            return Ok(further.clone());
        }
        let sql = format!(
            "SELECT e.`key`, e.name, e.site, e.flags, \
                 (SELECT MAX(number) + 1 FROM {} WHERE event = e.`key`) \
             FROM {} e WHERE e.id = ?",
            self.table("deliveries"),
            self.table("events")
        );
        let found: Vec<(u64, String, u64, u16, Option<u16>)> =
            self.rows(&sql, vec![event.as_bytes().as_slice().into()])?;
        let Some((key, name, site, flags, next)) = found.into_iter().next() else {
            return Err(StoreError::Failed {
                action: "adding deliveries",
                reason: format!("there is no event {event}"),
            });
        };
        let test = Flags::from_bits(flags).has(Flags::TEST);
        let further = Further { key, next: next.unwrap_or(0), name, site, test };
        self.unit.further.insert(event, further.clone());
        Ok(further)
    }
}

/// When a delivery that is in `state` since `now` was settled: a held one only waits.
pub(super) fn settled(state: State, now: i64) -> Option<i64> {
    (state.is_settled() && state != State::Held).then_some(now)
}

/// A code as its column takes it: some of them are sentences.
pub(super) fn code(text: &str) -> String {
    text.chars().take(CODE).collect()
}

/// Characters of a code.
const CODE: usize = 64;

fn id(bytes: Vec<u8>) -> Option<EventId> {
    bytes.try_into().ok().map(EventId::from_bytes)
}
