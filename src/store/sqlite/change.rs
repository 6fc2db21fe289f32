//! Many deliveries at once: resend, recover, hold, cancel.

use rusqlite::{Connection, OptionalExtension, params};

use super::error::SqliteError;
use super::ingest::settled;
use super::schema::EVENT;
use super::transaction::SqliteTransaction;
use crate::{Selection, State, WebhookKey};
use domain::id::DeliveryId;

/// The statement by which deliveries get into a state; whose, is said by parameters from ?7 on.
macro_rules! update {
    ($table:literal, $whose:literal $(, $returning:literal)?) => {
        concat!(
            "UPDATE ", $table, " SET state = ?1, due = iif(?1 = 0, ?2, due), settled = ?3,
                 reason = ?4, attempts = iif(?1 = 0, 0, attempts),
                 deaths = iif(?1 = 0, min(deaths, 1), deaths),
                 deaths_alone = iif(?1 = 0, 0, deaths_alone)
             WHERE ", $whose, " AND (?5 IS NULL OR reason = ?5)
                 AND coalesce(reason, '') NOT IN (SELECT value FROM json_each(?6))
                 AND (?1 <> 0 OR EXISTS (SELECT 1 FROM bodies WHERE event = key & -268435456))",
            $(" ", $returning)?
        )
    };
}

/// What a change writes.
pub(super) struct Change<'a> {
    pub(super) to: State,
    /// Before the clock's shift is added.
    pub(super) due: i64,
    pub(super) reason: Option<&'a str>,
    pub(super) now: i64,
}

impl SqliteTransaction<'_> {
    /// A delivery whose body is gone can't be sent again, so it never becomes `pending`.
    pub(super) fn try_change(
        &mut self,
        which: &Selection,
        to: State,
        due: i64,
        reason: Option<&str>,
    ) -> Result<u64, SqliteError> {
        let change = Change { to, due: due - self.memory.shift, reason, now: self.clock.unix_ms() };
        let webhooks: Vec<WebhookKey> = match &which.webhook {
            Some(id) => self.memory.webhooks.get(id).copied().into_iter().collect(),
            None => self.memory.webhooks.values().copied().collect(),
        };
        let states = from_states(&which.states, to);
        let since = first_id(which.since.unwrap_or(0));
        let mut changed = 0;
        if which.ids.is_empty() {
            for webhook in webhooks {
                for &from in &states {
                    changed += self.change_all(webhook, from, since, which, &change)?;
                }
            }
        } else {
            for id in which.ids.iter().filter(|id| **id >= since) {
                changed += self.change_one(*id, &webhooks, &states, which, &change)?;
            }
        }
        Ok(changed)
    }

    fn change_one(
        &mut self,
        id: DeliveryId,
        webhooks: &[WebhookKey],
        states: &[State],
        which: &Selection,
        change: &Change<'_>,
    ) -> Result<u64, SqliteError> {
        let found: Option<(i64, i64, u8, bool)> = self
            .statements
            .get("SELECT key, webhook, state, test FROM deliveries WHERE id = ?1")?
            .query_row([id.as_bytes()], |row| row.try_into())
            .optional()?;
        let Some((key, webhook, from, test)) = found else { return Ok(0) };
        let webhook = WebhookKey(webhook);
        let Some(from) = State::from_number(from).filter(|from| states.contains(from)) else {
            return Ok(0);
        };
        if !webhooks.contains(&webhook) {
            return Ok(0);
        }
        self.change_row((key, from, test), webhook, which, change).map(u64::from)
    }

    /// Changes one delivery: its key, its state, and whether it is a test. What else is selected
    /// by is its reason.
    pub(super) fn change_row(
        &mut self,
        (key, from, test): (i64, State, bool),
        webhook: WebhookKey,
        which: &Selection,
        change: &Change<'_>,
    ) -> Result<bool, SqliteError> {
        let changed = self.statements.get(update!("deliveries", "key = ?7"))?.execute(params![
            change.to as u8,
            change.due,
            settled(change.to, change.now),
            change.reason,
            which.reason,
            list(&which.except),
            key,
        ])?;
        if changed > 0 && !test {
            self.counters.counted.moved(webhook, Some(from), Some(change.to), 1, change.now);
        }
        Ok(changed > 0)
    }

    fn change_all(
        &mut self,
        webhook: WebhookKey,
        from: State,
        since: DeliveryId,
        which: &Selection,
        change: &Change<'_>,
    ) -> Result<u64, SqliteError> {
        let (mut changed, mut tests) = (0, 0);
        let mut rows = self
            .statements
            .get(update!(
                "deliveries INDEXED BY deliveries_state",
                "webhook = ?7 AND state = ?8 AND id >= ?9",
                "RETURNING test"
            ))?
            .query(params![
                change.to as u8,
                change.due,
                settled(change.to, change.now),
                change.reason,
                which.reason,
                list(&which.except),
                webhook.0,
                from as u8,
                since.as_bytes(),
            ])?;
        while let Some(row) = rows.next()? {
            changed += 1;
            tests += row.get::<_, i64>(0)?;
        }
        drop(rows);
        self.counters.counted.moved(
            webhook,
            Some(from),
            Some(change.to),
            changed - tests,
            change.now,
        );
        Ok(changed.cast_unsigned())
    }
}

/// As SQL takes a list.
fn list(texts: &[String]) -> String {
    serde_json::Value::from(texts).to_string()
}

/// The states from which a selected delivery may become `to`. `delivering` begins with a claim
/// and ends with its attempt, whatever is wished meanwhile.
pub(crate) fn from_states(selected: &[State], to: State) -> Vec<State> {
    State::ALL
        .into_iter()
        .filter(|from| selected.is_empty() || selected.contains(from))
        .filter(|from| from.may_become(to) && ![*from, to].contains(&State::Delivering))
        .collect()
}

/// How many deliveries a change of these to `to` would be for; what is selected, and why, is
/// said at [`SqliteTransaction::try_change`].
pub(crate) fn count(
    connection: &Connection,
    which: &Selection,
    to: State,
) -> rusqlite::Result<u64> {
    let states: Vec<u8> =
        from_states(&which.states, to).into_iter().map(|state| state as u8).collect();
    let states = format!("{states:?}").replace(['[', ']'], "");
    let conditions = format!(
        "d.state IN ({states}) AND d.id >= ?1 AND (?2 IS NULL OR d.reason = ?2)
             AND coalesce(d.reason, '') NOT IN (SELECT value FROM json_each(?5))
             AND (?3 IS NULL OR d.webhook = (SELECT key FROM webhooks WHERE id = ?3))
             AND (?4 <> 0 OR EXISTS (SELECT 1 FROM bodies WHERE event = d.key & -{EVENT}))"
    );
    let since = first_id(which.since.unwrap_or(0));
    let mut count = 0;
    if which.ids.is_empty() {
        let sql = format!(
            "SELECT count(*) FROM webhooks w CROSS JOIN deliveries d INDEXED BY deliveries_state
             ON d.webhook = w.key WHERE {conditions}"
        );
        count += connection.query_row(
            &sql,
            params![since.as_bytes(), which.reason, which.webhook, to as u8, list(&which.except)],
            |row| row.get::<_, i64>(0),
        )?;
    } else {
        let sql = format!("SELECT count(*) FROM deliveries d WHERE d.id = ?6 AND {conditions}");
        let mut one = connection.prepare(&sql)?;
        for id in &which.ids {
            count += one.query_row(
                params![
                    since.as_bytes(),
                    which.reason,
                    which.webhook,
                    to as u8,
                    list(&which.except),
                    id.as_bytes()
                ],
                |row| row.get::<_, i64>(0),
            )?;
        }
    }
    Ok(count.cast_unsigned())
}

/// The lowest id of a delivery created at `unix_ms`: the first 48 bits are its creation time.
pub(crate) fn first_id(unix_ms: i64) -> DeliveryId {
    let mut bits = [0; 16];
    let ms = unix_ms.clamp(0, (1 << 48) - 1).cast_unsigned();
    bits[..8].copy_from_slice(&(ms << 16).to_be_bytes());
    DeliveryId::from_bytes(bits)
}
