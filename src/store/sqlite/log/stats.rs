//! Counters of each webhook, and what happened in its last hours.

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;

use rusqlite::{Connection, OptionalExtension, Row};

use super::{HOUR_MS, row};
use crate::Latencies;
use crate::log::{StatsQuery, WebhookStats};

/// One in so many webhooks: of fewer, each hour is looked up, and of more, the hours of all are read.
const FEW: usize = 4;

/// How many webhooks there are.
pub(super) fn count(connection: &Connection) -> rusqlite::Result<usize> {
    let count: i64 = connection
        .prepare_cached("SELECT count(*) FROM webhooks")?
        .query_row([], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

pub(super) fn read(
    connection: &Connection,
    query: &StatsQuery,
    now: i64,
) -> rusqlite::Result<BTreeMap<String, WebhookStats>> {
    let last = now.div_euclid(HOUR_MS);
    let hours = last - i64::from(query.hours) + 1..=last;
    let mut found = webhooks(connection, query, &hours)?;
    if query.hours > 0 {
        if found.len() * FEW < count(connection)? {
            look_up(connection, &hours, &mut found)?;
        } else {
            read_all(connection, &hours, &mut found)?;
        }
    }
    let mut stats: BTreeMap<_, _> = found.into_values().map(Counted::finish).collect();
    for id in query.webhook_ids.iter().flatten() {
        stats.entry(id.clone()).or_insert_with(|| WebhookStats::new(hours.clone()));
    }
    Ok(stats)
}

/// A webhook, while its hours are added up.
struct Counted {
    id: String,
    stats: WebhookStats,
    latencies: Latencies,
}

impl Counted {
    /// `row`: what is left of an hour after its number and its webhook; `place`: which of the hours it is.
    fn add(&mut self, place: usize, row: &Row<'_>) -> rusqlite::Result<()> {
        let hour = &mut self.stats.hours[place];
        (hour.delivered, hour.failed) = (row.get(2)?, row.get(3)?);
        if let Some(bytes) = row.get_ref(4)?.as_blob_or_null()? {
            self.latencies.add(&Latencies::from_bytes(bytes));
        }
        Ok(())
    }

    fn finish(mut self) -> (String, WebhookStats) {
        self.stats.set_latencies(&self.latencies);
        (self.id, self.stats)
    }
}

/// The webhooks that are asked for, by key.
fn webhooks(
    connection: &Connection,
    query: &StatsQuery,
    hours: &RangeInclusive<i64>,
) -> rusqlite::Result<HashMap<i64, Counted>> {
    const COLUMNS: &str = "SELECT key, id, delivered, failed, pending, held, last_attempt,
        last_success, health FROM webhooks";
    let counted = |row: &Row<'_>| {
        let stats = row::stats(row, hours.clone())?;
        Ok((row.get(0)?, Counted { id: row.get(1)?, stats, latencies: Latencies::default() }))
    };
    let Some(ids) = &query.webhook_ids else {
        return connection.prepare_cached(COLUMNS)?.query_map([], counted)?.collect();
    };
    let mut one = connection.prepare_cached(&format!("{COLUMNS} WHERE id = ?1"))?;
    let found = ids.iter().map(|id| one.query_row([id], counted).optional());
    found.filter_map(Result::transpose).collect()
}

/// Looks up each hour of a few webhooks.
fn look_up(
    connection: &Connection,
    hours: &RangeInclusive<i64>,
    found: &mut HashMap<i64, Counted>,
) -> rusqlite::Result<()> {
    let mut one = connection.prepare_cached(
        "SELECT hour, webhook, delivered, failed, latencies FROM hours
         WHERE hour = ?1 AND webhook = ?2",
    )?;
    for (place, hour) in hours.clone().enumerate() {
        for (webhook, counted) in &mut *found {
            let mut rows = one.query((hour, webhook))?;
            if let Some(row) = rows.next()? {
                counted.add(place, row)?;
            }
        }
    }
    Ok(())
}

/// Reads the hours of all webhooks, and takes those of the found ones.
fn read_all(
    connection: &Connection,
    hours: &RangeInclusive<i64>,
    found: &mut HashMap<i64, Counted>,
) -> rusqlite::Result<()> {
    let mut all = connection.prepare_cached(
        "SELECT hour, webhook, delivered, failed, latencies FROM hours
         WHERE hour BETWEEN ?1 AND ?2",
    )?;
    let mut rows = all.query((hours.start(), hours.end()))?;
    while let Some(row) = rows.next()? {
        if let Some(counted) = found.get_mut(&row.get(1)?) {
            counted.add((row.get::<_, i64>(0)? - hours.start()) as usize, row)?;
        }
    }
    Ok(())
}
