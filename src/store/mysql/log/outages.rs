//! What is wrong with webhooks. All of it is asked for at each look at the status, so nothing here
//! takes longer with each webhook while all is well.

use std::collections::HashSet;

use super::reads::{Answer, Reads};
use crate::log::Outages;

/// Disabled webhooks that are named.
const MOST_DISABLED: usize = 100;
/// Webhooks whose last failure is looked at: that no name at all is found is seen by fewer.
const MOST_NAMES: usize = 50;
/// Webhooks of which it is asked since when something waits.
const MOST_WAITING: usize = 100;
/// Failures in a row from which on an endpoint is down and not only slow at one attempt.
const DOWN: u32 = 2;
/// Webhooks that are read at once; the first of them that is well ends the search.
const AT_ONCE: usize = 100;

/// What is wrong with webhooks, but for those that are left out.
pub(super) fn find(reads: &mut Reads<'_>, is_left_out: &dyn Fn(&str) -> bool) -> Answer<Outages> {
    let mut outages = Outages::default();
    // What is published has a host.
    let disabled: Vec<(String, String)> = reads.rows(
        &format!(
            "SELECT id, health FROM {{webhooks}}
             WHERE INSTR(health, ?) AND host IS NOT NULL ORDER BY `key` LIMIT {MOST_DISABLED}"
        ),
        vec!["\"disabled\":{".into()],
    )?;
    for (id, health) in disabled {
        if let Some(disabled) = crate::sqlite::health(Some(health)).disabled {
            outages.disabled.push((id, disabled.at));
        }
    }
    let (mut hosts, mut asked, mut are_nameless) = (HashSet::new(), 0, true);
    let mut behind = 0;
    loop {
        let webhooks: Vec<(u64, String, String, String)> = reads.rows(
            &format!(
                "SELECT `key`, id, host, health FROM {{webhooks}}
                 WHERE `key` > ? AND health IS NOT NULL AND host IS NOT NULL
                 ORDER BY `key` LIMIT {AT_ONCE}"
            ),
            vec![behind.into()],
        )?;
        let Some(last) = webhooks.last().map(|(key, ..)| *key) else { break };
        behind = last;
        for (key, id, host, health) in webhooks {
            let health = crate::sqlite::health(Some(health));
            if is_left_out(&id) || health.disabled.is_some() {
                continue;
            }
            if health.failures_in_row < DOWN {
                return Ok(outages);
            }
            hosts.insert(host);
            if are_nameless && asked < MOST_NAMES {
                asked += 1;
                are_nameless = is_nameless(reads, key)?;
            }
        }
    }
    (outages.down, outages.are_nameless) = (hosts.len(), are_nameless);
    Ok(outages)
}

/// Whether a webhook's name was not found at its last attempt. A server of names that does not answer
/// is a name that is not found, too.
fn is_nameless(reads: &mut Reads<'_>, webhook: u64) -> Answer<bool> {
    let failure: Option<Option<String>> = reads.first(
        "SELECT a.failure FROM
             (SELECT event, number, attempted FROM {deliveries} FORCE INDEX (failing)
              WHERE last_failure IN ('name_not_found', 'timeout') AND webhook = ? AND test = 0
                  AND failed_state IN (0, 1, 3, 4) LIMIT 1) last
         JOIN {attempts} a ON a.event = last.event AND a.delivery = last.number
             AND a.number = last.attempted",
        vec![webhook.into()],
    )?;
    let failure: Option<serde_json::Value> =
        failure.flatten().and_then(|json| serde_json::from_str(&json).ok());
    Ok(failure.is_some_and(|failure| failure["phase"] == "resolve"))
}

/// When the delivery was due that waits for longest. `shift`: what due times are behind by.
pub(super) fn waiting_since(reads: &mut Reads<'_>, shift: i64) -> Answer<Option<i64>> {
    let webhooks: Vec<u64> = reads.rows(
        &format!(
            "SELECT webhook FROM {{counters}} GROUP BY webhook HAVING SUM(pending) > 0
             LIMIT {MOST_WAITING}"
        ),
        Vec::new(),
    )?;
    let parts: Vec<_> = webhooks
        .iter()
        .map(|webhook| {
            format!(
                "(SELECT MIN(due) FROM {{deliveries}} FORCE INDEX (state)
                 WHERE webhook = {webhook} AND state = 0)"
            )
        })
        .collect();
    if parts.is_empty() {
        return Ok(None);
    }
    let due: Vec<Option<i64>> = reads.rows(&parts.join(" UNION ALL "), Vec::new())?;
    Ok(due.into_iter().flatten().min().map(|due| due.saturating_add(shift)))
}
