//! What fails, grouped by webhook and cause. Only what has failed lately is in that index with a
//! failure, so that a million other deliveries cost nothing.

use std::collections::BTreeMap;

use ::mysql::Value;

use super::filter::{Filter, Key};
use super::reads::{Answer, Reads, id};
use crate::State;
use crate::log::row::created;
use crate::log::{DeliveriesQuery, FailureGroup, FailuresQuery};
use domain::clock::rfc3339;
use domain::id::DeliveryId;

/// Most groups given at once.
const MOST: usize = 100;

/// What the index says of a group.
#[derive(Default)]
struct Sum {
    failed: i64,
    waiting: i64,
    held: i64,
    first: Option<Key>,
    last: Option<Key>,
}

impl Sum {
    fn count(&self) -> i64 {
        self.failed + self.waiting + self.held
    }
}

pub(super) fn groups(reads: &mut Reads<'_>, query: &FailuresQuery) -> Answer<Vec<FailureGroup>> {
    let since = DeliveriesQuery { since: query.since, ..DeliveriesQuery::default() };
    let mut filter = Filter::new(reads, &since)?;
    filter.begin_since(reads)?;
    let (mut condition, mut values) = filter.all(&super::filter::Lead::All);
    if let Some(webhook) = &query.webhook_id {
        let key: Option<u64> = reads
            .first("SELECT `key` FROM {webhooks} WHERE id = ?", vec![webhook.as_bytes().into()])?;
        condition += " AND d.webhook = ?";
        values.push(Value::from(key));
    }
    // The place of a delivery as one number: its event's key has 63 bits, which leaves none for its own.
    let sql = format!(
        "SELECT d.webhook, d.last_failure, d.failed_status, d.failed_state, COUNT(*),
             MIN(d.event), MAX(d.event)
         FROM {{deliveries}} d FORCE INDEX (failing)
         WHERE d.last_failure IS NOT NULL AND d.test = 0 AND d.failed_state IN (0, 1, 3, 4)
             AND {condition}
         GROUP BY d.webhook, d.last_failure, d.failed_status, d.failed_state"
    );
    type Row = (u64, String, Option<u16>, u8, i64, u64, u64);
    let mut sums: BTreeMap<(u64, String, Option<u16>), Sum> = BTreeMap::new();
    for (webhook, code, status, state, count, first, last) in reads.rows::<Row>(&sql, values)? {
        let sum = sums.entry((webhook, code, status)).or_default();
        match State::from_number(state) {
            Some(State::Failed) => sum.failed += count,
            Some(State::Held) => sum.held += count,
            _ => sum.waiting += count,
        }
        let (first, last) = ((first, 0), (last, u16::MAX));
        sum.first = Some(sum.first.map_or(first, |known| known.min(first)));
        sum.last = sum.last.max(Some(last));
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by_key(|(_, sum)| -sum.count());
    sums.truncate(MOST);
    sums.into_iter().filter_map(|(cause, sum)| group(reads, cause, &sum).transpose()).collect()
}

fn group(
    reads: &mut Reads<'_>,
    (webhook, code, status): (u64, String, Option<u16>),
    sum: &Sum,
) -> Answer<Option<FailureGroup>> {
    let mut of_event = |key: Option<Key>, direction: &str| -> Answer<Option<DeliveryId>> {
        let Some((event, _)) = key else { return Ok(None) };
        let sql = format!(
            "SELECT id FROM {{deliveries}} FORCE INDEX (PRIMARY)
             WHERE event = ? AND webhook = ? AND last_failure = ? AND last_status <=> ? AND test = 0
                 AND state IN (0, 1, 3, 4)
             ORDER BY number {direction} LIMIT 1"
        );
        let values =
            vec![event.into(), webhook.into(), code.as_bytes().into(), Value::from(status)];
        let found: Option<Vec<u8>> = reads.first(&sql, values)?;
        Ok(found.map(id).transpose()?.map(DeliveryId::from_bytes))
    };
    let (first, example) = (of_event(sum.first, "ASC")?, of_event(sum.last, "DESC")?);
    let of_webhook: Option<(String, Option<String>)> =
        reads.first("SELECT id, host FROM {webhooks} WHERE `key` = ?", vec![webhook.into()])?;
    // What was sent since it was counted is no failure any more.
    let (Some(first), Some(example), Some((webhook_id, host))) = (first, example, of_webhook)
    else {
        return Ok(None);
    };
    Ok(Some(FailureGroup {
        webhook_id,
        code,
        status,
        host,
        count: sum.count(),
        failed: sum.failed,
        waiting: sum.waiting,
        held: sum.held,
        since: rfc3339(created(first)),
        last: rfc3339(created(example)),
        example,
    }))
}
