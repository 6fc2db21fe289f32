//! All webhooks together. Of the events only the last ones are looked at: the index of a million
//! names would take longer to read than the rest of a page.

use std::collections::HashMap;

use super::filter::{SLACK_MS, first_key};
use super::reads::{Answer, Reads, column};
use crate::Latencies;
use crate::log::row::{Hour, percentiles};
use crate::log::{EventCount, Overview, OverviewQuery, SiteCount, most};
use domain::clock::rfc3339;
use domain::event::Flags;

const HOUR_MS: i64 = 3_600_000;

pub(super) fn read(reads: &mut Reads<'_>, query: &OverviewQuery, now: i64) -> Answer<Overview> {
    let last = now.div_euclid(HOUR_MS);
    let first = last - i64::from(query.hours) + 1;
    let (pending, held) = reads
        .first(
            "SELECT CAST(COALESCE(SUM(pending), 0) AS SIGNED), CAST(COALESCE(SUM(held), 0) AS SIGNED)
             FROM {counters}",
            Vec::new(),
        )?
        .unwrap_or((0, 0));
    let hour = |hour| Hour { hour: rfc3339(hour * HOUR_MS), delivered: 0, failed: 0 };
    let mut hours: Vec<_> = (first..=last).map(hour).collect();
    let mut latencies = Latencies::default();
    let of_hours: Vec<(i64, i64, i64, Option<Vec<u8>>)> = reads.rows(
        "SELECT hour, delivered, failed, latencies FROM {hours} WHERE hour BETWEEN ? AND ?",
        vec![first.into(), last.into()],
    )?;
    for (hour, delivered, failed, bytes) in of_hours {
        if let Some(of) = hours.get_mut((hour - first) as usize) {
            of.delivered += delivered;
            of.failed += failed;
        }
        if let Some(bytes) = bytes {
            latencies.add(&Latencies::from_bytes(&bytes));
        }
    }
    let (p50_ms, p95_ms) = percentiles(&latencies);
    let begin = first * HOUR_MS;
    // Counted here: to group by texts the server would make a table of them.
    let (mut sites, mut events): (HashMap<i64, usize>, HashMap<String, usize>) = Default::default();
    let mut sampled = 0;
    reads.each(
        &format!(
            "SELECT name, site FROM {{events}} FORCE INDEX (PRIMARY)
             WHERE `key` >= ? AND created >= ? AND flags & ? = 0
             ORDER BY `key` DESC LIMIT {}",
            query.sample
        ),
        vec![
            // Where nothing happened lately, no old event is looked at.
            first_key(begin.saturating_sub(SLACK_MS)).into(),
            begin.into(),
            Flags::TEST.bits().into(),
        ],
        |mut row| {
            *events.entry(column(&mut row, 0)?).or_default() += 1;
            *sites.entry(column(&mut row, 1)?).or_default() += 1;
            sampled += 1;
            Ok(true)
        },
    )?;
    let sites = most(sites).into_iter().map(|(site_id, count)| SiteCount { site_id, count });
    let events = most(events).into_iter().map(|(event, count)| EventCount { event, count });
    let (sites, events) = (sites.collect(), events.collect());
    Ok(Overview { pending, held, hours, p50_ms, p95_ms, sampled, sites, events })
}
