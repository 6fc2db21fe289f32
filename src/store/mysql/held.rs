//! What this worker has under way: taken with its events, given back, and found again.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use ::mysql::Row;

use super::row::{Cells, Delivery, Owner, Place};
use super::transaction::{MysqlTransaction, list};
use crate::{Claim, Result, State, Written};
use domain::event::{Event, Flags};
use domain::id::{DeliveryId, EventId};

/// Events remembered before those whose claims are gone are dropped.
const MOST_EVENTS: usize = 4096;
/// Events that are read by one statement: bodies are large.
const READ: usize = 200;

impl MysqlTransaction<'_> {
    /// Claims these, in this order.
    pub(super) fn take<'d>(
        &mut self,
        rows: impl Iterator<Item = &'d Delivery> + Clone,
    ) -> Result<Vec<Claim>> {
        let events = self.events(rows.clone().map(|row| row.place.0).collect())?;
        let requests = self.requests(rows.clone().filter(|row| row.attempted > 0))?;
        let mut claims = Vec::new();
        for row in rows {
            let Some(event) = events.get(&row.place.0) else { continue };
            claims.push(Claim {
                id: row.id,
                webhook: row.webhook,
                event: Arc::clone(event),
                attempts: row.attempts,
                due: row.due + self.shift(),
                request_body: requests.get(&row.place).map(Arc::clone),
            });
            let mut after = row.clone();
            (after.state, after.owner) = (State::Delivering, self.me);
            self.change_to(row, after);
        }
        Ok(claims)
    }

    /// Events with their bodies, shared with all claims that hold them already.
    fn events(&mut self, keys: BTreeSet<u64>) -> Result<HashMap<u64, Arc<Event>>> {
        let mut events = HashMap::new();
        for row in &self.unit.events {
            if keys.contains(&row.key) {
                events.insert(row.key, Arc::new(row.event.clone()));
            }
        }
        let known = |key: &u64| self.memory.events.get(key).and_then(|event| event.upgrade());
        events.extend(keys.iter().filter_map(|key| known(key).map(|event| (*key, event))));
        let missing: Vec<_> = keys.into_iter().filter(|key| !events.contains_key(key)).collect();
        for missing in missing.chunks(READ) {
            let (places, values) = list(missing.iter().map(|key| (*key).into()));
            let sql = format!(
                "SELECT e.`key`, e.id, e.name, e.timestamp, e.network, e.site, e.source, e.flags, \
                     e.revision, e.data_start, e.data_end, b.body \
                 FROM {} e LEFT JOIN {} b ON b.event = e.`key` WHERE e.`key` IN ({places})",
                self.table("events"),
                self.table("bodies")
            );
            for mut row in self.rows::<Row>(&sql, values)? {
                if let Some((key, mut event)) = event_of(&mut row) {
                    if self.unit.erased.contains(&key) {
                        event.body = [].into();
                    }
                    events.insert(key, Arc::new(event));
                }
            }
        }
        if self.memory.events.len() >= MOST_EVENTS {
            self.memory.events.retain(|_, event| event.strong_count() > 0);
        }
        let weak = events.iter().map(|(key, event)| (*key, Arc::downgrade(event)));
        self.memory.events.extend(weak);
        Ok(events)
    }

    /// Bodies that were made for deliveries, where they are not the event's own.
    fn requests<'d>(
        &mut self,
        of: impl Iterator<Item = &'d Delivery>,
    ) -> Result<HashMap<Place, Arc<[u8]>>> {
        let places: Vec<Place> = of.map(|row| row.place).collect();
        let mut requests = HashMap::new();
        for part in places.chunks(READ) {
            let (list, values) = list(part.iter().map(|place| place.0.into()));
            let sql = format!(
                "SELECT event, delivery, body FROM {} WHERE event IN ({list})",
                self.table("requests")
            );
            let found: Vec<(u64, u16, Vec<u8>)> = self.rows(&sql, values)?;
            for (event, delivery, body) in found {
                if !self.unit.erased.contains(&event) {
                    requests.insert((event, delivery), Arc::from(body));
                }
            }
        }
        Ok(requests)
    }

    pub(super) fn try_release(&mut self, delivery: DeliveryId, due: i64) -> Result<Written> {
        let rows = self.under_way(&[delivery])?;
        let Some(row) = rows.get(&delivery) else { return Ok(Written::Lost) };
        let mut after = row.clone();
        after.put(State::Pending, due - self.shift());
        self.change_to(row, after);
        Ok(Written::Kept)
    }

    /// What a worker has claimed, under leases of which a condition is true. The index by state leads to
    /// it: of all webhooks little is under way.
    pub(super) fn claimed_by(
        &mut self,
        worker: u16,
        epochs: &str,
        epoch: u64,
        is: &dyn Fn(&Delivery) -> bool,
    ) -> Result<Vec<Delivery>> {
        let from = format!(
            "{} w STRAIGHT_JOIN {} d FORCE INDEX (state) ON d.webhook = w.`key` AND d.state = 1",
            self.table("webhooks"),
            self.table("deliveries")
        );
        let conditions = format!("WHERE d.owner = ? AND {epochs}");
        let values = vec![worker.into(), epoch.into()];
        self.find_from(&from, &conditions, values, is).map(|(rows, _)| rows)
    }

    /// What a worker had claimed under leases before this one goes back.
    pub(super) fn give_back(&mut self, worker: Owner) -> Result<()> {
        let rows = self.claimed_by(worker.worker, "d.epoch < ?", worker.epoch, &|_| false)?;
        for row in &rows {
            let mut after = row.clone();
            (after.state, after.owner) = (State::Pending, Owner::NOBODY);
            self.change_to(row, after);
        }
        Ok(())
    }

    pub(super) fn try_release_all(&mut self) -> Result<u64> {
        let me = self.me;
        let is_mine = |row: &Delivery| row.state == State::Delivering && row.owner == me;
        let rows = self.claimed_by(me.worker, "d.epoch = ?", me.epoch, &is_mine)?;
        for row in &rows {
            let mut after = row.clone();
            (after.state, after.owner) = (State::Pending, Owner::NOBODY);
            self.change_to(row, after);
        }
        Ok(rows.len() as u64)
    }

    /// Those of these deliveries that are this worker's.
    pub(super) fn under_way(
        &mut self,
        ids: &[DeliveryId],
    ) -> Result<HashMap<DeliveryId, Delivery>> {
        let (mut rows, mut asked) = (HashMap::new(), Vec::new());
        for id in ids {
            let known = match self.unit.delivery(*id) {
                Some(changed) => changed.after.as_ref(),
                None => match self.memory.held.get(id) {
                    Some(held) => Some(held),
                    None => {
                        asked.push(*id);
                        continue;
                    }
                },
            };
            rows.extend(known.map(|row| (*id, row.clone())));
        }
        for asked in asked.chunks(READ) {
            let (places, values) = list(asked.iter().map(|id| id.as_bytes().as_slice().into()));
            let found = self.find(&format!("WHERE d.id IN ({places})"), values, &|_| false)?;
            rows.extend(found.into_iter().map(|row| (row.id, row)));
        }
        let me = self.me;
        rows.retain(|_, row| row.state == State::Delivering && row.owner == me);
        Ok(rows)
    }
}

/// An event of a row with its key, columns as in [`MysqlTransaction::events`].
pub(super) fn event_of(row: &mut Row) -> Option<(u64, Event)> {
    let mut cells = Cells { row, at: 0 };
    let key = cells.next()?;
    let event = Event {
        id: EventId::from_bytes(cells.next::<Vec<u8>>()?.try_into().ok()?),
        name: cells.next()?,
        timestamp: cells.next()?,
        network: cells.next()?,
        site: cells.next()?,
        source: cells.next()?,
        flags: Flags::from_bits(cells.next()?),
        revision: cells.next::<i64>()?.cast_unsigned(),
        data: cells.next()?..cells.next()?,
        body: cells.next::<Option<Vec<u8>>>()?.unwrap_or_default().into(),
    };
    Some((key, event))
}
