//! All webhooks together. Of the events only the last ones are looked at: the index of a million
//! names would take longer to read than the rest of a page.

use std::collections::HashMap;
use std::hash::Hash;

use rusqlite::{Connection, OptionalExtension, params};

use super::HOUR_MS;
use crate::Latencies;
use crate::log::row::{Hour, percentiles};
use crate::log::{EventCount, NAMED, Overview, OverviewQuery, SiteCount};
use crate::sqlite::backfill::first_of;
use domain::clock::rfc3339;
use domain::event::Flags;

pub(super) fn read(
    connection: &Connection,
    query: &OverviewQuery,
    now: i64,
) -> rusqlite::Result<Overview> {
    let last = now.div_euclid(HOUR_MS);
    let first = last - i64::from(query.hours) + 1;
    let (pending, held) = connection
        .prepare_cached("SELECT coalesce(sum(pending), 0), coalesce(sum(held), 0) FROM webhooks")?
        .query_row([], |row| row.try_into())?;
    let mut hours = Vec::new();
    let mut latencies = Latencies::default();
    for hour in first..=last {
        let (delivered, failed) = add_hour(connection, hour, &mut latencies)?;
        hours.push(Hour { hour: rfc3339(hour * HOUR_MS), delivered, failed });
    }
    let (p50_ms, p95_ms) = percentiles(&latencies);
    let (mut sites, mut events): (HashMap<i64, usize>, HashMap<String, usize>) = Default::default();
    let mut sampled = 0;
    let mut newest = connection.prepare_cached(
        "SELECT name, site FROM events WHERE key >= ?1 AND created >= ?2 AND flags & ?3 = 0
         ORDER BY key DESC LIMIT ?4",
    )?;
    let begun = first * HOUR_MS;
    let oldest = first_of(connection, begun)?;
    let of_period = params![oldest, begun, Flags::TEST.bits(), query.sample as i64];
    let mut rows = newest.query(of_period)?;
    while let Some(row) = rows.next()? {
        let name = row.get_ref(0)?.as_str()?;
        match events.get_mut(name) {
            Some(count) => *count += 1,
            None => _ = events.insert(name.to_owned(), 1),
        }
        *sites.entry(row.get(1)?).or_default() += 1;
        sampled += 1;
    }
    let sites = most(sites).into_iter().map(|(site_id, count)| SiteCount { site_id, count });
    let events = most(events).into_iter().map(|(event, count)| EventCount { event, count });
    let (sites, events) = (sites.collect(), events.collect());
    Ok(Overview { pending, held, hours, p50_ms, p95_ms, sampled, sites, events })
}

/// What was delivered and failed in an hour; adds how long its requests took. One that is over has its
/// sums, and of any other the rows of all webhooks are added up.
fn add_hour(
    connection: &Connection,
    hour: i64,
    latencies: &mut Latencies,
) -> rusqlite::Result<(i64, i64)> {
    let summed = connection
        .prepare_cached("SELECT delivered, failed, latencies FROM network_hours WHERE hour = ?1")?
        .query_row([hour], |row| {
            latencies.add(&Latencies::from_bytes(row.get_ref(2)?.as_blob()?));
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    if let Some(sums) = summed {
        return Ok(sums);
    }
    let mut rows = connection
        .prepare_cached("SELECT delivered, failed, latencies FROM hours WHERE hour = ?1")?;
    let mut rows = rows.query([hour])?;
    let (mut delivered, mut failed) = (0, 0);
    while let Some(row) = rows.next()? {
        delivered += row.get::<_, i64>(0)?;
        failed += row.get::<_, i64>(1)?;
        if let Some(bytes) = row.get_ref(2)?.as_blob_or_null()? {
            latencies.add(&Latencies::from_bytes(bytes));
        }
    }
    Ok((delivered, failed))
}

/// Those that were counted most often, the most frequent first.
fn most<T: Hash + Ord>(counts: HashMap<T, usize>) -> Vec<(T, usize)> {
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_unstable_by(|(a, n), (b, m)| m.cmp(n).then_with(|| a.cmp(b)));
    counts.truncate(NAMED);
    counts
}
