//! How many deliveries a change would be for.

use ::mysql::Value;

use super::find::numbers;
use super::reads::{Answer, Reads, marks};
use crate::sqlite::{first_id, from_states};
use crate::{Selection, State};

/// Ids that one statement asks for.
const AT_ONCE: usize = 1_000;

/// How many of the selected deliveries may become `to`: what is under way may not, and what has no body
/// can't be sent.
pub(super) fn selected(reads: &mut Reads<'_>, which: &Selection, to: State) -> Answer<u64> {
    let states = from_states(&which.states, to);
    if states.is_empty() {
        return Ok(0);
    }
    let mut condition = format!("d.state IN ({}) AND d.id >= ?", numbers(&states));
    let mut values = vec![Value::from(first_id(which.since.unwrap_or(0)).as_bytes())];
    if let Some(reason) = &which.reason {
        condition += " AND d.reason = ?";
        values.push(reason.as_bytes().into());
    }
    if !which.except.is_empty() {
        condition += &format!(" AND COALESCE(d.reason, '') NOT IN ({})", marks(which.except.len()));
        values.extend(which.except.iter().map(|reason| Value::from(reason.as_bytes())));
    }
    if to == State::Pending {
        condition += " AND EXISTS (SELECT 1 FROM {bodies} b WHERE b.event = d.event)";
    }
    let webhooks: Vec<u64> = match &which.webhook {
        Some(id) => {
            reads.rows("SELECT `key` FROM {webhooks} WHERE id = ?", vec![id.as_bytes().into()])?
        }
        None => reads.rows("SELECT `key` FROM {webhooks}", Vec::new())?,
    };
    if webhooks.is_empty() {
        return Ok(0);
    }
    let keys: Vec<_> = webhooks.iter().map(u64::to_string).collect();
    let of_webhooks = format!("d.webhook IN ({})", keys.join(","));
    if which.ids.is_empty() {
        let sql = format!(
            "SELECT COUNT(*) FROM {{deliveries}} d FORCE INDEX (state)
             WHERE {of_webhooks} AND {condition}"
        );
        return Ok(reads.first(&sql, values)?.unwrap_or(0));
    }
    let mut ids = which.ids.clone();
    ids.sort_unstable();
    ids.dedup();
    let mut count = 0;
    for ids in ids.chunks(AT_ONCE) {
        let sql = format!(
            "SELECT COUNT(*) FROM {{deliveries}} d FORCE INDEX (id)
             WHERE d.id IN ({}) AND {of_webhooks} AND {condition}",
            marks(ids.len())
        );
        let mut all: Vec<Value> = ids.iter().map(|id| Value::from(id.as_bytes())).collect();
        all.extend(values.iter().cloned());
        count += reads.first::<u64>(&sql, all)?.unwrap_or(0);
    }
    Ok(count)
}
