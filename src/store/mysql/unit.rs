//! What one transaction writes. It is kept until the transaction's end, so that the transaction has
//! nothing but writes, and the same can be sent again where a connection was lost. What is read
//! meanwhile is read outside of it, and looked at as if this were written; rows that somebody else
//! has changed since then are a conflict.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ::mysql::Value;
use serde_json::Value as Json;

use super::address::Server;
use super::changes::{self, Changed};
use super::connection::Writes;
use super::counters::Counters;
use super::prune;
use super::row::{Delivery, Owner, Place};
use crate::{Result, State, StoreError, WebhookKey};
use domain::event::{Event, Flags};
use domain::id::{DeliveryId, EventId};

/// Most rows of one statement.
pub(super) const MOST_ROWS: usize = 256;

/// An event to be added.
pub(super) struct EventRow {
    pub(super) key: u64,
    pub(super) event: Event,
    pub(super) created: i64,
    pub(super) terms: Vec<String>,
    /// Number of the next delivery.
    pub(super) next: u16,
}

/// A statement as it is.
pub(super) struct Statement {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
    /// How many rows it has to find, where anything else means that somebody came first.
    pub(super) rows: Option<u64>,
}

/// Rows to be added, by as many statements as they need.
pub(super) struct Insert {
    /// Table and columns.
    pub(super) into: String,
    pub(super) rows: Vec<Vec<Value>>,
    /// What stands behind the values.
    pub(super) then: &'static str,
}

/// A change of many deliveries, or a backfill, as the database is to have it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct BulkRow {
    pub(super) token: String,
    pub(super) action: String,
    pub(super) query: String,
    pub(super) matched: u64,
    pub(super) changed: u64,
    pub(super) after: Place,
    pub(super) below: u64,
    pub(super) asked: i64,
    pub(super) ended: Option<i64>,
}

/// How far a wish to be forgotten is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Forgotten {
    /// Key of the last event that was looked at.
    pub(super) after: u64,
    /// How many were erased.
    pub(super) erased: u64,
    /// How many workers had searched their journals when the first was looked at.
    pub(super) searched: u64,
}

/// The writes of one transaction.
#[derive(Default)]
pub(super) struct Unit {
    pub(super) deliveries: BTreeMap<Place, Changed>,
    pub(super) places: HashMap<DeliveryId, Place>,
    /// How many of a webhook's deliveries that wait in the database have been changed.
    pub(super) changed: HashMap<WebhookKey, usize>,
    pub(super) events: Vec<EventRow>,
    pub(super) keys: HashMap<EventId, usize>,
    /// Where further deliveries of events go that are there already: their next numbers.
    pub(super) further: HashMap<EventId, Further>,
    pub(super) attempts: Vec<Vec<Value>>,
    pub(super) requests: BTreeMap<Place, Vec<u8>>,
    pub(super) webhooks: BTreeMap<String, WebhookKey>,
    pub(super) healths: BTreeMap<WebhookKey, String>,
    pub(super) lanes: BTreeSet<WebhookKey>,
    pub(super) positions: BTreeMap<[u8; 16], Option<u64>>,
    pub(super) counters: Counters,
    pub(super) bulks: BTreeMap<String, BulkRow>,
    /// How far wishes to be forgotten are; none: they are fulfilled.
    pub(super) forgetting: BTreeMap<String, Option<Forgotten>>,
    /// Wishes to be forgotten that are new: token and person.
    pub(super) wishes: Vec<(String, String)>,
    /// Events whose bodies are gone, and those that are gone themselves.
    pub(super) erased: BTreeSet<u64>,
    pub(super) gone: BTreeSet<u64>,
    pub(super) announcements: Vec<Vec<Value>>,
    pub(super) announced: Option<u64>,
    pub(super) deferred: Vec<Vec<Value>>,
    pub(super) next_deferred: Option<u64>,
    pub(super) deaths: Vec<i64>,
    pub(super) shift: Option<i64>,
    pub(super) pruned: Option<prune::Progress>,
    pub(super) given: Option<u64>,
    pub(super) revision: Option<u64>,
    /// What is rare.
    pub(super) statements: Vec<Statement>,
    /// What a move brings, of any table.
    pub(super) inserts: Vec<Insert>,
}

/// An event that is in the database, and gets deliveries more.
#[derive(Debug, Clone)]
pub(super) struct Further {
    pub(super) key: u64,
    pub(super) next: u16,
    pub(super) name: String,
    pub(super) site: u64,
    pub(super) test: bool,
}

impl Unit {
    /// Whether there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        self.deliveries.is_empty()
            && self.events.is_empty()
            && self.attempts.is_empty()
            && self.requests.is_empty()
            && self.webhooks.is_empty()
            && self.healths.is_empty()
            && self.lanes.is_empty()
            && self.positions.is_empty()
            && self.counters.is_empty()
            && self.announcements.is_empty()
            && self.deferred.is_empty()
            && self.statements.is_empty()
            && self.inserts.iter().all(|insert| insert.rows.is_empty())
    }

    /// What a delivery is, where this unit says so.
    pub(super) fn delivery(&self, id: DeliveryId) -> Option<&Changed> {
        self.places.get(&id).and_then(|place| self.deliveries.get(place))
    }

    /// Notes what becomes of a delivery, which was `before` when it was read.
    pub(super) fn put(&mut self, before: Option<Delivery>, after: Delivery) {
        self.places.insert(after.id, after.place);
        self.count(before.as_ref());
        match self.deliveries.get_mut(&after.place) {
            Some(changed) => changed.after = Some(after),
            None => {
                self.deliveries.insert(after.place, Changed { before, after: Some(after) });
            }
        }
    }

    /// Notes that a delivery goes.
    pub(super) fn delete(&mut self, before: Delivery) {
        self.places.insert(before.id, before.place);
        self.count(Some(&before));
        self.deliveries
            .entry(before.place)
            .or_insert(Changed { before: Some(before), after: None })
            .after = None;
    }

    fn count(&mut self, before: Option<&Delivery>) {
        let new = before.filter(|before| !self.deliveries.contains_key(&before.place));
        if let Some(before) = new.filter(|before| before.state == State::Pending) {
            *self.changed.entry(before.webhook).or_default() += 1;
        }
    }

    /// A statement to be run as it is, whatever it finds.
    pub(super) fn run(&mut self, sql: String, values: Vec<Value>) {
        self.statements.push(Statement { sql, values, rows: None });
    }

    /// A statement that has to find one row.
    pub(super) fn run_on_one(&mut self, sql: String, values: Vec<Value>) {
        self.statements.push(Statement { sql, values, rows: Some(1) });
    }

    /// Deliveries that this unit turns into claims of their owner.
    pub(super) fn claimed(&self) -> Vec<Delivery> {
        let after = self.deliveries.values().filter_map(|changed| changed.after.as_ref());
        after.filter(|delivery| delivery.state == State::Delivering).cloned().collect()
    }

    /// Sends all of it. The order is that of every worker, so that two never wait for each other.
    pub(super) fn write(&self, writes: &mut Writes<'_>, server: &Server, me: Owner) -> Result<()> {
        let table = |name| server.table(name);
        let text = |text: &str| Value::from(text);
        insert(
            writes,
            &format!("INSERT INTO {} (`key`, id)", table("webhooks")),
            self.webhooks.iter().map(|(id, key)| vec![key.0.into(), text(id)]).collect(),
            "",
        )?;
        for Insert { into, rows, then } in &self.inserts {
            insert(writes, into, rows.clone(), then)?;
        }
        for event in self.events.chunks(MOST_ROWS) {
            self.write_events(writes, server, me, event)?;
        }
        changes::write(writes, server, me, self.deliveries.values())?;
        insert(
            writes,
            &format!(
                "INSERT INTO {} (event, delivery, number, server, started, duration_us, url, method, \
                 address, status, failure, waited_for, request_headers, response_headers, response_body, \
                 remark, reconnected, next, next_at)",
                table("attempts")
            ),
            self.attempts.clone(),
            "",
        )?;
        insert(
            writes,
            &format!("INSERT INTO {} (event, delivery, body)", table("requests")),
            self.requests
                .iter()
                .map(|(place, body)| vec![place.0.into(), place.1.into(), body.as_slice().into()])
                .collect(),
            " ON DUPLICATE KEY UPDATE body = VALUES(body)",
        )?;
        for (webhook, health) in &self.healths {
            let sql = format!("UPDATE {} SET health = ? WHERE `key` = ?", table("webhooks"));
            writes.execute(&sql, vec![text(health), webhook.0.into()])?;
        }
        self.counters.write(writes, server, me.worker)?;
        for statement in &self.statements {
            let found = writes.execute(&statement.sql, statement.values.clone())?;
            if statement.rows.is_some_and(|rows| rows != found) {
                return Err(conflict(server, "a row was another one by then"));
            }
        }
        insert(
            writes,
            &format!("INSERT INTO {} (worker, number, kind, created, record)", table("deferred")),
            self.deferred.clone(),
            "",
        )?;
        self.write_positions(writes, server, me)?;
        self.write_announcements(writes, server)
    }

    /// At the end, as all workers wait for the one row that has the last number.
    fn write_announcements(&self, writes: &mut Writes<'_>, server: &Server) -> Result<()> {
        let next = format!(
            "UPDATE {} SET last = LAST_INSERT_ID(last + 1) WHERE one = 1",
            server.table("announced")
        );
        let add = format!(
            "INSERT INTO {} (number, code, at, params) VALUES (LAST_INSERT_ID(), ?, ?, ?)",
            server.table("announcements")
        );
        for announcement in &self.announcements {
            writes.execute(&next, Vec::new())?;
            writes.execute(&add, announcement.clone())?;
        }
        Ok(())
    }

    fn write_events(
        &self,
        writes: &mut Writes<'_>,
        server: &Server,
        me: Owner,
        events: &[EventRow],
    ) -> Result<()> {
        let mut rows = Vec::with_capacity(events.len());
        for EventRow { key, event, created, terms, .. } in events {
            let terms = (!terms.is_empty()).then(|| Json::from(terms.as_slice()).to_string());
            rows.push(vec![
                (*key).into(),
                event.id.as_bytes().as_slice().into(),
                event.name.as_str().into(),
                event.timestamp.into(),
                event.network.into(),
                event.site.into(),
                event.source.as_str().into(),
                event.flags.bits().into(),
                event.revision.cast_signed().into(),
                (*created).into(),
                event.data.start.into(),
                event.data.end.into(),
                me.worker.into(),
                terms.into(),
            ]);
        }
        let into = format!(
            "INSERT INTO {} (`key`, id, name, timestamp, network, site, source, flags, revision, \
             created, data_start, data_end, server, terms)",
            server.table("events")
        );
        insert(writes, &into, rows, "")?;
        let bodies = events.iter().filter(|row| !row.event.body.is_empty());
        let body = |row: &EventRow| vec![row.key.into(), (&row.event.body[..]).into()];
        let into = format!("INSERT INTO {} (event, body)", server.table("bodies"));
        insert(writes, &into, bodies.map(body).collect(), "")?;
        let mut terms = BTreeSet::new();
        for row in events {
            terms.extend(row.terms.iter().map(|term| (term.as_str(), row.key)));
        }
        let into = format!("INSERT INTO {} (term, event)", server.table("terms"));
        let rows = terms.into_iter().map(|(term, event)| vec![term.into(), event.into()]);
        insert(writes, &into, rows.collect(), "").map(drop)
    }

    fn write_positions(&self, writes: &mut Writes<'_>, server: &Server, me: Owner) -> Result<()> {
        let table = server.table("positions");
        let (mut kept, mut forgotten) = (Vec::new(), Vec::new());
        for (segment, offset) in &self.positions {
            let segment = Value::from(segment.as_slice());
            match offset {
                Some(offset) => kept.push(vec![segment, me.worker.into(), (*offset).into()]),
                None => forgotten.push(segment),
            }
        }
        insert(
            writes,
            &format!("INSERT INTO {table} (segment, worker, `offset`)"),
            kept,
            " ON DUPLICATE KEY UPDATE `offset` = VALUES(`offset`)",
        )?;
        for segment in forgotten {
            let sql = format!("DELETE FROM {table} WHERE segment = ? AND worker = ?");
            writes.execute(&sql, vec![segment, me.worker.into()])?;
        }
        Ok(())
    }
}

impl EventRow {
    pub(super) fn is_test(&self) -> bool {
        self.event.flags.has(Flags::TEST)
    }
}

/// Another writer came first.
pub(super) fn conflict(server: &Server, reason: &str) -> StoreError {
    StoreError::Conflict { store: server.to_string(), reason: reason.into() }
}

/// Adds rows by few statements, of which there are few texts: each is prepared once. How many the server
/// says there were.
pub(super) fn insert(
    writes: &mut Writes<'_>,
    into: &str,
    rows: Vec<Vec<Value>>,
    then: &str,
) -> Result<u64> {
    let mut found = 0;
    let mut rows = rows.into_iter().peekable();
    let mut left = rows.len();
    while left > 0 {
        // Powers of two, and halfway between two of them.
        let step = (1 << left.max(4).ilog2()) / 2;
        let most = if left < 8 { left } else { (left / step * step).min(MOST_ROWS) };
        let (mut part, mut bytes) = (Vec::with_capacity(most), 0);
        while part.len() < most
            && let Some(row) =
                rows.next_if(|row| part.is_empty() || bytes + size(row) <= writes.most())
        {
            bytes += size(&row);
            part.push(row);
        }
        left -= part.len();
        let row = format!("({})", vec!["?"; part[0].len()].join(", "));
        let sql = format!("{into} VALUES {}{then}", vec![row; part.len()].join(", "));
        found += writes.execute(&sql, part.into_iter().flatten().collect())?;
    }
    Ok(found)
}

/// Bytes of a row's values.
pub(super) fn size(row: &[Value]) -> usize {
    let bytes = |value: &Value| if let Value::Bytes(bytes) = value { bytes.len() + 4 } else { 8 };
    row.iter().map(bytes).sum()
}
