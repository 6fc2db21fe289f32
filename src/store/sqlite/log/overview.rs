//! All webhooks together. Of the events only the last ones are looked at: the index of a million
//! names would take longer to read than the rest of a page.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::HOUR_MS;
use crate::Latencies;
use crate::log::row::{Hour, percentiles};
use crate::log::{EventCount, Overview, OverviewQuery, SAMPLED, SiteCount, most};
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
    let hour = |hour| Hour { hour: rfc3339(hour * HOUR_MS), delivered: 0, failed: 0 };
    let mut hours: Vec<_> = (first..=last).map(hour).collect();
    let mut latencies = Latencies::default();
    let mut rows = connection.prepare_cached(
        "SELECT hour, delivered, failed, latencies FROM hours WHERE hour BETWEEN ?1 AND ?2",
    )?;
    let mut rows = rows.query((first, last))?;
    while let Some(row) = rows.next()? {
        let of = &mut hours[(row.get::<_, i64>(0)? - first) as usize];
        of.delivered += row.get::<_, i64>(1)?;
        of.failed += row.get::<_, i64>(2)?;
        if let Some(bytes) = row.get_ref(3)?.as_blob_or_null()? {
            latencies.add(&Latencies::from_bytes(bytes));
        }
    }
    let (p50_ms, p95_ms) = percentiles(&latencies);
    let (mut sites, mut events): (HashMap<i64, usize>, HashMap<String, usize>) = Default::default();
    let mut sampled = 0;
    let mut newest = connection.prepare_cached(
        "SELECT name, site FROM events WHERE created >= ?1 AND flags & ?2 = 0
         ORDER BY key DESC LIMIT ?3",
    )?;
    let of_period = params![first * HOUR_MS, Flags::TEST.bits(), SAMPLED as i64];
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
