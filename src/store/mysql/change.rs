//! Many deliveries at once: resend, recover, hold, cancel.

use std::collections::HashSet;

use ::mysql::Value;

use super::ingest::{code, settled};
use super::row::Delivery;
use super::transaction::{MysqlTransaction, list};
use crate::sqlite::{first_id, from_states};
use crate::{Result, Selection, State, WebhookKey};

/// What a change writes.
pub(super) struct Change<'a> {
    pub(super) to: State,
    /// By the database's clock.
    pub(super) due: i64,
    pub(super) reason: Option<&'a str>,
    pub(super) now: i64,
}

impl MysqlTransaction<'_> {
    /// A delivery whose body is gone can't be sent again, so it never becomes `pending`.
    pub(super) fn try_change(
        &mut self,
        which: &Selection,
        to: State,
        due: i64,
        reason: Option<&str>,
    ) -> Result<u64> {
        let change = Change { to, due: due - self.shift(), reason, now: self.clock.unix_ms() };
        let states = from_states(&which.states, to);
        let webhook = match &which.webhook {
            Some(id) => match self.known_webhook(id)? {
                Some(key) => Some(key),
                None => return Ok(0),
            },
            None => None,
        };
        if states.is_empty() {
            return Ok(0);
        }
        let since = first_id(which.since.unwrap_or(0));
        let mut changed = 0;
        let parts: Vec<&[_]> =
            if which.ids.is_empty() { vec![&[]] } else { which.ids.chunks(PART).collect() };
        for ids in parts {
            let (sql, values) = conditions(ids, webhook, &states, since.as_bytes(), which);
            let wanted: HashSet<_> = ids.iter().copied().collect();
            let is = |row: &Delivery| {
                (wanted.is_empty() || wanted.contains(&row.id))
                    && webhook.is_none_or(|webhook| row.webhook == webhook)
                    && states.contains(&row.state)
                    && row.id >= since
                    && which.reason.as_ref().is_none_or(|it| row.reason.as_ref() == Some(it))
                    && !row.reason.as_ref().is_some_and(|reason| which.except.contains(reason))
            };
            let rows = self.find(&sql, values, &is)?;
            changed += self.change_rows(rows, &change)?.len() as u64;
        }
        Ok(changed)
    }

    /// Changes those of these deliveries that can be; which of them.
    pub(super) fn change_rows(
        &mut self,
        rows: Vec<Delivery>,
        change: &Change<'_>,
    ) -> Result<Vec<Delivery>> {
        let mut changed = Vec::with_capacity(rows.len());
        let bodies = if change.to == State::Pending {
            Some(self.with_body(rows.iter().map(|row| row.place.0).collect())?)
        } else {
            None
        };
        for row in rows {
            if bodies.as_ref().is_some_and(|bodies| !bodies.contains(&row.place.0)) {
                continue;
            }
            let mut after = row.clone();
            after.put(change.to, change.due);
            after.settled = settled(change.to, change.now);
            after.reason = change.reason.map(code);
            if change.to == State::Pending {
                after.attempts = 0;
                (after.deaths, after.deaths_alone) = (after.deaths.min(1), 0);
            }
            if !row.test {
                let (from, to) = (Some(row.state), Some(change.to));
                self.unit.counters.counted.moved(row.webhook, from, to, 1, change.now);
            }
            self.change_to(&row, after);
            changed.push(row);
        }
        Ok(changed)
    }
}

/// Ids that one statement asks for.
const PART: usize = 500;

fn conditions(
    ids: &[domain::id::DeliveryId],
    webhook: Option<WebhookKey>,
    states: &[State],
    since: &[u8],
    which: &Selection,
) -> (String, Vec<Value>) {
    let numbers: Vec<_> = states.iter().map(|state| (*state as u8).to_string()).collect();
    let mut sql = format!("WHERE d.state IN ({}) AND d.id >= ?", numbers.join(", "));
    let mut values = vec![since.into()];
    if let Some(webhook) = webhook {
        sql += " AND d.webhook = ?";
        values.push(webhook.0.into());
    }
    if !ids.is_empty() {
        let (places, ids) = list(ids.iter().map(|id| id.as_bytes().as_slice().into()));
        sql += &format!(" AND d.id IN ({places})");
        values.extend(ids);
    }
    if let Some(reason) = &which.reason {
        sql += " AND d.reason = ?";
        values.push(reason.as_str().into());
    }
    if !which.except.is_empty() {
        let (places, except) = list(which.except.iter().map(|reason| reason.as_str().into()));
        sql += &format!(" AND (d.reason IS NULL OR d.reason NOT IN ({places}))");
        values.extend(except);
    }
    (sql, values)
}
