//! Counters and health by webhook. Each worker has counted apart: only the sum over all is a number
//! of something.

use std::collections::{BTreeMap, HashMap};

use ::mysql::{Row, Value};

use super::reads::{Answer, Reads, column, marks};
use crate::log::{DisabledSince, StatsQuery, WebhookStats};
use crate::{Disabled, Health, Latencies};
use domain::clock::rfc3339;

const HOUR_MS: i64 = 3_600_000;
/// Webhooks that a statement asks for by name; where more are wanted, all are read.
const MOST_NAMED: usize = 1_000;

/// How many webhooks there are.
pub(super) fn count(reads: &mut Reads<'_>) -> Answer<usize> {
    Ok(reads.first("SELECT COUNT(*) FROM {webhooks}", Vec::new())?.unwrap_or(0))
}

pub(super) fn read(
    reads: &mut Reads<'_>,
    query: &StatsQuery,
    now: i64,
) -> Answer<BTreeMap<String, WebhookStats>> {
    let last = now.div_euclid(HOUR_MS);
    let first = last - i64::from(query.hours) + 1;
    let named = query.webhook_ids.as_ref().filter(|ids| ids.len() <= MOST_NAMED);
    let (condition, values) = match named {
        Some(ids) if ids.is_empty() => ("FALSE".to_owned(), Vec::new()),
        Some(ids) => {
            let values = ids.iter().map(|id| Value::from(id.as_bytes())).collect();
            (format!("w.id IN ({})", marks(ids.len())), values)
        }
        None => ("TRUE".to_owned(), Vec::new()),
    };
    let sql = format!(
        "SELECT w.`key`, w.id, CAST(COALESCE(SUM(c.delivered), 0) AS SIGNED),
             CAST(COALESCE(SUM(c.failed), 0) AS SIGNED), CAST(COALESCE(SUM(c.pending), 0) AS SIGNED),
             CAST(COALESCE(SUM(c.held), 0) AS SIGNED), MAX(c.last_attempt), MAX(c.last_success),
             w.health
         FROM {{webhooks}} w LEFT JOIN {{counters}} c ON c.webhook = w.`key`
         WHERE {condition} GROUP BY w.`key`"
    );
    let (mut stats, mut ids) = (BTreeMap::new(), HashMap::new());
    for mut row in reads.rows::<Row>(&sql, values)? {
        let id: String = column(&mut row, 1)?;
        if named.as_ref().is_none_or(|ids| ids.contains(&id)) {
            ids.insert(column::<u64>(&mut row, 0)?, id.clone());
            stats.insert(id, of_row(&mut row, first, last)?);
        }
    }
    let mut latencies: HashMap<u64, Latencies> = HashMap::new();
    if query.hours > 0 && !ids.is_empty() {
        let narrowed = match named {
            Some(_) => {
                let keys: Vec<_> = ids.keys().map(u64::to_string).collect();
                format!("webhook IN ({})", keys.join(","))
            }
            None => "TRUE".to_owned(),
        };
        let sql = format!(
            "SELECT hour, webhook, delivered, failed, latencies FROM {{hours}}
             WHERE hour BETWEEN ? AND ? AND {narrowed}"
        );
        type Of = (i64, u64, i64, i64, Option<Vec<u8>>);
        for (hour, webhook, delivered, failed, bytes) in
            reads.rows::<Of>(&sql, vec![first.into(), last.into()])?
        {
            let Some(of) = ids.get(&webhook).and_then(|id| stats.get_mut(id)) else { continue };
            if let Some(of) = of.hours.get_mut((hour - first) as usize) {
                of.delivered += delivered;
                of.failed += failed;
            }
            if let Some(bytes) = bytes {
                latencies.entry(webhook).or_default().add(&Latencies::from_bytes(&bytes));
            }
        }
    }
    for (webhook, latencies) in latencies {
        if let Some(of) = ids.get(&webhook).and_then(|id| stats.get_mut(id)) {
            of.set_latencies(&latencies);
        }
    }
    for id in query.webhook_ids.iter().flatten() {
        stats.entry(id.clone()).or_insert_with(|| WebhookStats::new(first..=last));
    }
    Ok(stats)
}

fn of_row(row: &mut Row, first: i64, last: i64) -> Answer<WebhookStats> {
    let Health { failing_since, failures_in_row, disabled, .. } =
        crate::sqlite::health(column(row, 8)?);
    Ok(WebhookStats {
        delivered: column(row, 2)?,
        failed: column(row, 3)?,
        pending: column(row, 4)?,
        held: column(row, 5)?,
        last_attempt: column::<Option<i64>>(row, 6)?.map(rfc3339),
        last_success: column::<Option<i64>>(row, 7)?.map(rfc3339),
        failing_since: failing_since.map(rfc3339),
        failures_in_row,
        disabled: disabled.map(|Disabled { id, at, reason }| DisabledSince {
            id,
            at: rfc3339(at),
            reason,
        }),
        ..WebhookStats::new(first..=last)
    })
}
