//! What fails, grouped by webhook and cause. The index holds nothing but what fails, in the order
//! of the groups, so that a million other deliveries cost nothing.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use super::find::first_made;
use crate::State;
use crate::log::row::created;
use crate::log::{FailureGroup, FailuresQuery};
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
    first: Option<i64>,
    last: Option<i64>,
}

impl Sum {
    fn count(&self) -> i64 {
        self.failed + self.waiting + self.held
    }
}

pub(super) fn groups(
    connection: &Connection,
    query: &FailuresQuery,
) -> rusqlite::Result<Vec<FailureGroup>> {
    let from = match query.since {
        Some(since) => first_made(connection, since, i64::MAX)?.unwrap_or(i64::MAX),
        None => 0,
    };
    let of_webhook = match query.webhook_id {
        Some(_) => "webhook = (SELECT key FROM webhooks WHERE id = ?1)",
        None => "?1 IS NULL",
    };
    let mut rows = connection.prepare_cached(&format!(
        "SELECT webhook, last_failure, last_status, state, count(*), min(key), max(key)
         FROM deliveries INDEXED BY deliveries_failing
         WHERE last_failure IS NOT NULL AND test = 0 AND state IN (0, 1, 3, 4)
             AND {of_webhook} AND key >= ?2
         GROUP BY webhook, last_failure, last_status, state"
    ))?;
    let mut rows = rows.query(params![query.webhook_id, from])?;
    let mut sums: BTreeMap<(i64, String, Option<u16>), Sum> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let sum = sums.entry((row.get(0)?, row.get(1)?, row.get(2)?)).or_default();
        let count: i64 = row.get(4)?;
        match State::from_number(row.get(3)?) {
            Some(State::Failed) => sum.failed += count,
            Some(State::Held) => sum.held += count,
            _ => sum.waiting += count,
        }
        let (first, last): (i64, i64) = (row.get(5)?, row.get(6)?);
        sum.first = Some(sum.first.map_or(first, |known| known.min(first)));
        sum.last = sum.last.max(Some(last));
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by_key(|(_, sum)| -sum.count());
    sums.truncate(MOST);
    sums.into_iter().map(|(cause, sum)| group(connection, cause, &sum)).collect()
}

fn group(
    connection: &Connection,
    (webhook, code, status): (i64, String, Option<u16>),
    sum: &Sum,
) -> rusqlite::Result<FailureGroup> {
    let id = |key: Option<i64>| {
        connection
            .prepare_cached("SELECT id FROM deliveries WHERE key = ?1")?
            .query_row([key], |row| row.get(0))
            .map(DeliveryId::from_bytes)
    };
    let (first, example) = (id(sum.first)?, id(sum.last)?);
    let (webhook_id, host) = connection
        .prepare_cached("SELECT id, host FROM webhooks WHERE key = ?1")?
        .query_row([webhook], |row| row.try_into())?;
    Ok(FailureGroup {
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
    })
}
