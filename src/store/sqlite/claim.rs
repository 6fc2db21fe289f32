//! From `pending` to `delivering`, and back without an attempt.

use std::sync::{Arc, Weak};

use rusqlite::{OptionalExtension, Row, params};

use super::error::SqliteError;
use super::schema::event_of;
use super::statements::Statements;
use super::transaction::SqliteTransaction;
use crate::{Claim, Claimed, State, Wanted, WebhookKey, Written};
use domain::event::{Event, Flags};
use domain::id::{DeliveryId, EventId};

/// Events remembered before those whose claims are gone are dropped.
const MOST_EVENTS: usize = 1024;

static HEAD: &str = "SELECT key, id, due, attempts, attempted, deaths FROM deliveries
     INDEXED BY deliveries_state WHERE webhook = ?1 AND state = 0 ORDER BY key LIMIT ?2";
static DUE: &str = "SELECT key, id, due, attempts, attempted, deaths FROM deliveries
     INDEXED BY deliveries_due WHERE webhook = ?1 AND state = 0 AND deaths = 0
     ORDER BY due LIMIT ?2";

/// The first site after another one with something pending, and when that is due.
static SITE: &str = "SELECT turn_site, due FROM deliveries INDEXED BY deliveries_sites
     WHERE webhook = ?1 AND turn_site > ?2 AND state = 0 AND deaths = 0
     ORDER BY turn_site, due LIMIT 1";
static DUE_OF_SITE: &str = "SELECT key, id, due, attempts, attempted, deaths FROM deliveries
     INDEXED BY deliveries_sites WHERE webhook = ?1 AND turn_site = ?3 AND state = 0 AND deaths = 0
     ORDER BY due LIMIT ?2";
/// Sites that are asked beyond those that there is something to be claimed of: of most of them,
/// what is pending is due later.
const MORE_SITES: usize = 32;

/// When the earliest pending delivery may be attempted (`ordered`: the first one), by the
/// store's own reckoning.
pub(super) fn next_due(
    statements: &mut Statements<'_>,
    webhook: WebhookKey,
    ordered: bool,
) -> rusqlite::Result<Option<i64>> {
    statements
        .get(if ordered { HEAD } else { DUE })?
        .query_row((webhook.0, 1), |row| Ok((row.get(2)?, row.get::<_, u32>(5)?)))
        .optional()
        // A suspect at the head of an ordered webhook holds up the others until it was tried.
        .map(|first| first.filter(|(_, deaths)| *deaths == 0).map(|(due, _)| due))
}

/// A row of `deliveries` that can be claimed.
pub(super) struct Waiting {
    key: i64,
    id: DeliveryId,
    due: i64,
    attempts: u32,
    attempted: i64,
}

impl Waiting {
    /// From a row of key, id, due, attempts and attempted; `due` is by the clock.
    pub(super) fn read(row: &Row<'_>, due: i64) -> rusqlite::Result<Self> {
        Ok(Self {
            key: row.get(0)?,
            id: DeliveryId::from_bytes(row.get(1)?),
            due,
            attempts: row.get(3)?,
            attempted: row.get(4)?,
        })
    }
}

impl SqliteTransaction<'_> {
    pub(super) fn try_claim(&mut self, wanted: Wanted, now: i64) -> Result<Claimed, SqliteError> {
        let Wanted { webhook, limit, ordered, .. } = wanted;
        let mut claims = Vec::new();
        if !ordered {
            let sites = self.sites_in_turn(webhook, now, wanted.most_sites())?;
            let share = limit / sites.len().max(1);
            for site in &sites {
                let site = Some(*site);
                self.claim_first(webhook, now, share.max(1), DUE_OF_SITE, site, &mut claims)?;
            }
        }
        let statement = if ordered { HEAD } else { DUE };
        self.claim_first(webhook, now, limit - claims.len(), statement, None, &mut claims)?;
        let next_due = next_due(&mut self.statements, webhook, ordered)?;
        Ok(Claimed { claims, next_due: next_due.map(|due| due + self.memory.shift) })
    }

    /// Up to `most` sites with something due, from behind the one that was asked last: with
    /// thousands of events of one site pending, another one's first does not wait for them.
    fn sites_in_turn(
        &mut self,
        webhook: WebhookKey,
        now: i64,
        most: usize,
    ) -> rusqlite::Result<Vec<i64>> {
        let begin = self.memory.sites.get(&webhook).copied().unwrap_or(i64::MIN);
        let (mut site, mut wrapped, mut sites) = (begin, false, Vec::new());
        for _ in 0..most + MORE_SITES {
            let next = self.statements.get(SITE)?;
            let next = next.query_row((webhook.0, site), |row| <(i64, i64)>::try_from(row));
            match next.optional()? {
                Some((next, _)) if wrapped && next > begin => break,
                Some((next, due)) => {
                    site = next;
                    if due + self.memory.shift <= now {
                        sites.push(next);
                    }
                }
                None if wrapped || begin == i64::MIN => break,
                None => (site, wrapped) = (i64::MIN, true),
            }
            if sites.len() == most {
                break;
            }
        }
        self.memory.sites.insert(webhook, site);
        Ok(sites)
    }

    /// Claims the first deliveries that a statement gives, as far as they are due.
    fn claim_first(
        &mut self,
        webhook: WebhookKey,
        now: i64,
        limit: usize,
        statement: &'static str,
        site: Option<i64>,
        claims: &mut Vec<Claim>,
    ) -> Result<(), SqliteError> {
        if limit == 0 {
            return Ok(());
        }
        let shift = self.memory.shift;
        let mut waiting = Vec::with_capacity(limit.min(64));
        {
            let most = i64::try_from(limit).unwrap_or(i64::MAX);
            let statement = self.statements.get(statement)?;
            let mut rows = match site {
                Some(site) => statement.query((webhook.0, most, site))?,
                None => statement.query((webhook.0, most))?,
            };
            while let Some(row) = rows.next()? {
                let due = row.get::<_, i64>(2)? + shift;
                // In either order nothing after the first one that isn't due may go before it, nor
                // after a suspect that is to be tried first.
                if due > now || row.get::<_, u32>(5)? > 0 {
                    break;
                }
                waiting.push(Waiting::read(row, due)?);
            }
        }
        for waiting in waiting {
            claims.push(self.take(webhook, &waiting)?);
        }
        Ok(())
    }

    pub(super) fn take(
        &mut self,
        webhook: WebhookKey,
        waiting: &Waiting,
    ) -> Result<Claim, SqliteError> {
        self.statements
            .get("UPDATE deliveries SET state = ?2 WHERE key = ?1")?
            .execute(params![waiting.key, State::Delivering as u8])?;
        let request_body = if waiting.attempted == 0 {
            None
        } else {
            self.statements
                .get("SELECT body FROM requests WHERE delivery = ?1")?
                .query_row([waiting.key], |row| Ok(Arc::from(row.get_ref(0)?.as_blob()?)))
                .optional()?
        };
        Ok(Claim {
            id: waiting.id,
            webhook,
            event: self.event(event_of(waiting.key))?,
            attempts: waiting.attempts,
            due: waiting.due,
            request_body,
        })
    }

    /// The event with this key, shared with all claims that hold it already.
    fn event(&mut self, key: i64) -> Result<Arc<Event>, SqliteError> {
        if let Some(event) = self.events.get(&key).and_then(Weak::upgrade) {
            return Ok(event);
        }
        let event = self
            .statements
            .get(
                "SELECT id, name, timestamp, network, site, source, flags, revision, data_start,
                     data_end, body
                 FROM events LEFT JOIN bodies ON bodies.event = events.key WHERE key = ?1",
            )?
            .query_row([key], |row| {
                let body = row.get_ref(10)?.as_blob_or_null()?.unwrap_or_default();
                Ok(Arc::new(Event {
                    id: EventId::from_bytes(row.get(0)?),
                    name: row.get(1)?,
                    timestamp: row.get(2)?,
                    network: row.get::<_, i64>(3)?.cast_unsigned(),
                    site: row.get::<_, i64>(4)?.cast_unsigned(),
                    source: row.get(5)?,
                    flags: Flags::from_bits(row.get(6)?),
                    revision: row.get::<_, i64>(7)?.cast_unsigned(),
                    data: row.get(8)?..row.get(9)?,
                    body: Arc::from(body),
                }))
            })?;
        if self.events.len() >= MOST_EVENTS {
            self.events.retain(|_, event| event.strong_count() > 0);
        }
        self.events.insert(key, Arc::downgrade(&event));
        Ok(event)
    }

    pub(super) fn try_release(
        &mut self,
        delivery: DeliveryId,
        due: i64,
    ) -> Result<Written, SqliteError> {
        let Some((key, _)) = self.under_way(delivery)? else { return Ok(Written::Lost) };
        self.statements
            .get("UPDATE deliveries SET state = ?2, due = ?3 WHERE key = ?1")?
            .execute(params![key, State::Pending as u8, due - self.memory.shift])?;
        Ok(Written::Kept)
    }
}
