//! What was under way when a worker died, and what is known of such deaths.

use rusqlite::{Connection, OptionalExtension, params};

use super::claim::Waiting;
use super::error::SqliteError;
use super::transaction::SqliteTransaction;
use crate::{Claim, Result, State, Suspects, WebhookKey, is_deadly};

/// Deaths count as repeated within this time, in milliseconds.
const HOUR_MS: i64 = 3_600_000;
/// How long deaths are kept, in milliseconds.
const KEPT_MS: i64 = 24 * HOUR_MS;

/// The first of a webhook's suspects.
static FIRST: &str = "SELECT key, id, due, attempts, attempted, deaths FROM deliveries
     INDEXED BY deliveries_suspect WHERE webhook = ?1 AND state = 0 AND deaths > 0
     ORDER BY deaths DESC, due LIMIT 1";
/// The first delivery of an ordered webhook.
static HEAD: &str = "SELECT key, id, due, attempts, attempted, deaths FROM deliveries
     INDEXED BY deliveries_state WHERE webhook = ?1 AND state = 0 ORDER BY key LIMIT 1";

/// What a starting worker finds of the one before.
pub(super) struct After {
    pub(super) reclaimed: u64,
    pub(super) suspects: bool,
    /// Webhook and key of a delivery that stays claimed, to be recorded as deadly.
    pub(super) deadly: Option<(WebhookKey, i64)>,
}

/// Whatever is still claimed was under way when a worker died: it is suspected, and waits to be
/// tried one at a time.
pub(super) fn after_a_death(
    connection: &Connection,
    webhooks: &[WebhookKey],
) -> rusqlite::Result<After> {
    let mut claimed = connection.prepare(
        "SELECT key, deaths, deaths_alone FROM deliveries INDEXED BY deliveries_state
         WHERE webhook = ?1 AND state = ?2",
    )?;
    let mut under_way: Vec<(WebhookKey, i64, u32, u32)> = Vec::new();
    for webhook in webhooks {
        let mut rows = claimed.query((webhook.0, State::Delivering as u8))?;
        while let Some(row) = rows.next()? {
            under_way.push((*webhook, row.get(0)?, row.get(1)?, row.get(2)?));
        }
    }
    let alone = u32::from(under_way.len() == 1);
    let mut after = After { reclaimed: 0, suspects: false, deadly: None };
    let mut update = connection.prepare(
        "UPDATE deliveries SET state = ?2, deaths = ?3, deaths_alone = ?4 WHERE key = ?1",
    )?;
    for (webhook, key, deaths, deaths_alone) in under_way {
        let (deaths, deaths_alone) = (deaths.saturating_add(1), deaths_alone + alone);
        let is_deadly = alone > 0 && is_deadly(deaths_alone);
        let state = if is_deadly { State::Delivering } else { State::Pending };
        update.execute(params![key, state as u8, deaths, deaths_alone])?;
        if is_deadly {
            after.deadly = Some((webhook, key));
        } else {
            after.reclaimed += 1;
        }
    }
    after.suspects = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM deliveries INDEXED BY deliveries_suspect
             WHERE state = 0 AND deaths > 0)",
        [],
        |row| row.get(0),
    )?;
    Ok(after)
}

impl SqliteTransaction<'_> {
    /// The claim of a delivery that is claimed already.
    pub(super) fn claimed(&mut self, webhook: WebhookKey, key: i64) -> Result<Claim> {
        let waiting = self
            .statements
            .get("SELECT key, id, due, attempts, attempted FROM deliveries WHERE key = ?1")
            .and_then(|select| {
                select.query_row([key], |row| {
                    let due: i64 = row.get(2)?;
                    Waiting::read(row, due + self.memory.shift)
                })
            })
            .map_err(SqliteError::from);
        let claim = waiting.and_then(|waiting| self.take(webhook, &waiting));
        self.context("reading a delivery", claim)
    }

    pub(super) fn try_suspects(&mut self) -> Result<Vec<Suspects>, SqliteError> {
        let webhooks: Vec<i64> = self
            .statements
            .get(
                "SELECT webhook FROM deliveries INDEXED BY deliveries_suspect
                 WHERE state = 0 AND deaths > 0 GROUP BY webhook",
            )?
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        let mut suspects = Vec::new();
        for webhook in webhooks {
            let (due, deaths): (i64, u32) = self
                .statements
                .get(FIRST)?
                .query_row([webhook], |row| Ok((row.get(2)?, row.get(5)?)))?;
            let due = due + self.memory.shift;
            suspects.push(Suspects { webhook: WebhookKey(webhook), due, deaths });
        }
        suspects.sort_by_key(|one| (std::cmp::Reverse(one.deaths), one.due, one.webhook));
        Ok(suspects)
    }

    pub(super) fn try_claim_suspect(
        &mut self,
        webhook: WebhookKey,
        now: i64,
        ordered: bool,
    ) -> Result<Option<Claim>, SqliteError> {
        let shift = self.memory.shift;
        let first = self
            .statements
            .get(if ordered { HEAD } else { FIRST })?
            .query_row([webhook.0], |row| {
                let due = row.get::<_, i64>(2)? + shift;
                let may_go = due <= now && row.get::<_, u32>(5)? > 0;
                may_go.then(|| Waiting::read(row, due)).transpose()
            })
            .optional()?
            .flatten();
        first.map(|first| self.take(webhook, &first)).transpose()
    }

    pub(super) fn try_release_all(&mut self) -> Result<u64, SqliteError> {
        let webhooks: Vec<_> = self.memory.webhooks.values().copied().collect();
        let mut released = 0;
        for webhook in webhooks {
            released += self
                .statements
                .get(
                    "UPDATE deliveries INDEXED BY deliveries_state SET state = ?3
                     WHERE webhook = ?1 AND state = ?2",
                )?
                .execute((webhook.0, State::Delivering as u8, State::Pending as u8))?
                as u64;
        }
        Ok(released)
    }

    pub(super) fn try_note_death(&mut self, now: i64, under_way: u64) -> Result<u64, SqliteError> {
        let server = self.server()?;
        self.statements
            .get("INSERT INTO worker_deaths (at, server, under_way) VALUES (?1, ?2, ?3)")?
            .execute(params![now, server, under_way.cast_signed()])?;
        let deaths: i64 = self
            .statements
            .get("SELECT count(*) FROM worker_deaths WHERE at > ?1 AND server = ?2")?
            .query_row((now - HOUR_MS, server), |row| row.get(0))?;
        Ok(deaths.cast_unsigned())
    }

    pub(super) fn prune_deaths(&mut self, now: i64) -> rusqlite::Result<()> {
        self.statements
            .get("DELETE FROM worker_deaths WHERE at < ?1")?
            .execute([now - KEPT_MS])
            .map(drop)
    }
}
