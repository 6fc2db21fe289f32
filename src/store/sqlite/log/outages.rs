//! What is wrong with webhooks. All of it is asked for at each look at the status, so nothing here
//! takes longer with each webhook while all is well.

use std::collections::HashSet;

use rusqlite::Connection;

use crate::log::Outages;

/// Disabled webhooks that are named.
const MOST_DISABLED: usize = 100;
/// Webhooks whose last failure is looked at: that no name at all is found is seen by fewer.
const MOST_NAMES: usize = 50;
/// Webhooks of which it is asked since when something waits.
const MOST_WAITING: i64 = 100;
/// Failures in a row from which on an endpoint is down and not only slow at one attempt.
const DOWN: u32 = 2;

/// What is published has a host.
static DISABLED: &str = "SELECT id, health ->> '$.disabled.at' FROM webhooks
     WHERE instr(health, '\"disabled\":{') AND host IS NOT NULL";
/// Those that are well come in no order, and the first of them ends the search.
static HEALTH: &str = "SELECT key, id, host, health FROM webhooks
     WHERE health IS NOT NULL AND host IS NOT NULL";
/// A server of names that does not answer is a name that is not found, too. An attempt's key is its
/// delivery's and its number.
static NAME_NOT_FOUND: &str = "SELECT EXISTS (SELECT 1 FROM (
         SELECT key + attempted AS last FROM deliveries
         WHERE webhook = ?1 AND last_failure IN ('name_not_found', 'timeout') AND test = 0
             AND state IN (0, 1, 3, 4) LIMIT 1)
     JOIN attempts ON attempts.key = last
     WHERE failure ->> '$.phase' = 'resolve')";

/// What is wrong with webhooks, but for those that are left out.
pub(super) fn find(
    connection: &Connection,
    is_left_out: &dyn Fn(&str) -> bool,
) -> rusqlite::Result<Outages> {
    let mut outages = Outages::default();
    let mut disabled = connection.prepare_cached(DISABLED)?;
    let mut rows = disabled.query([])?;
    while let Some(row) = rows.next()?
        && outages.disabled.len() < MOST_DISABLED
    {
        outages.disabled.push((row.get(0)?, row.get(1)?));
    }
    drop(rows);
    let mut name_not_found = connection.prepare_cached(NAME_NOT_FOUND)?;
    let mut health = connection.prepare_cached(HEALTH)?;
    let mut rows = health.query([])?;
    let (mut hosts, mut asked, mut are_nameless) = (HashSet::new(), 0, true);
    while let Some(row) = rows.next()? {
        if is_left_out(row.get_ref(1)?.as_str()?) {
            continue;
        }
        let health = crate::sqlite::health(row.get(3)?);
        if health.disabled.is_some() {
            continue;
        }
        if health.failures_in_row < DOWN {
            return Ok(outages);
        }
        hosts.insert(row.get::<_, String>(2)?);
        if are_nameless && asked < MOST_NAMES {
            asked += 1;
            are_nameless = name_not_found.query_row([row.get::<_, i64>(0)?], |row| row.get(0))?;
        }
    }
    (outages.down, outages.are_nameless) = (hosts.len(), are_nameless);
    Ok(outages)
}

/// When the delivery was due that waits for longest.
pub(super) fn waiting_since(connection: &Connection) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached(
            "SELECT min((SELECT min(due) FROM deliveries INDEXED BY deliveries_due
                     WHERE webhook = waiting.key AND state = 0))
                 + (SELECT shift FROM clock)
             FROM (SELECT key FROM webhooks WHERE pending > 0 LIMIT ?1) AS waiting",
        )?
        .query_row([MOST_WAITING], |row| row.get(0))
}
