//! What `webhooks_status()` tells about the store.

use std::collections::HashMap;

use ::mysql::Value;

use super::outages;
use super::reads::{Answer, Reads, id};
use crate::SpoolId;
use crate::log::{Lately, NEWEST, NOTICED, Noticed, StoreSummary, WorkerRow};
use journal::SegmentId;

/// The tables that have most of a store's bytes.
const LARGE: [&str; 6] = ["events", "bodies", "terms", "deliveries", "requests", "attempts"];
/// Records of later versions that are counted: they may be many, and one is enough.
const MOST_DEFERRED: u32 = 1_000;
/// Positions that are read: a spool has a segment for each process.
const MOST_POSITIONS: u32 = 100_000;
/// Workers that are told of.
const MOST_WORKERS: u32 = 100;
/// Deaths that are read.
const MOST_DEATHS: u32 = 10_000;

/// Reads it; positions, deaths and deferred records are those of a spool's worker.
pub(super) fn read(
    reads: &mut Reads<'_>,
    spool: Option<SpoolId>,
    database: &str,
    schema: u32,
) -> Answer<StoreSummary> {
    let worker = worker(reads, spool)?;
    let shift = shift(reads, spool)?;
    let of_worker = || vec![Value::from(worker)];
    let segments: Vec<(Vec<u8>, u64)> = reads.rows(
        &format!(
            "SELECT segment, `offset` FROM {{positions}} WHERE worker = ? LIMIT {MOST_POSITIONS}"
        ),
        of_worker(),
    )?;
    let mut positions = HashMap::with_capacity(segments.len());
    for (segment, offset) in segments {
        positions.insert(SegmentId(id(segment)?), offset);
    }
    let last: Option<i64> =
        reads.first("SELECT last FROM {announced} WHERE one = 1", Vec::new())?;
    Ok(StoreSummary {
        schema,
        size: size(reads, database)?,
        announcements: last.unwrap_or(0),
        positions,
        deaths: reads.rows(
            &format!(
                "SELECT at FROM {{worker_deaths}} WHERE worker = ? ORDER BY at LIMIT {MOST_DEATHS}"
            ),
            of_worker(),
        )?,
        deferred: reads
            .first(
                &format!(
                    "SELECT COUNT(*) FROM
                         (SELECT 1 FROM {{deferred}} WHERE worker = ? LIMIT {MOST_DEFERRED}) counted"
                ),
                of_worker(),
            )?
            .unwrap_or(0),
        lately: lately(reads)?,
        waiting_since: outages::waiting_since(reads, shift)?,
        workers: workers(reads)?,
    })
}

/// All workers (of those without a version none was one: a log was moved here by them, or they wrote
/// into it elsewhere), with how many webhooks each sends for: its lanes count while its lease holds.
fn workers(reads: &mut Reads<'_>) -> Answer<Vec<WorkerRow>> {
    let found: Vec<(String, String, bool, u64)> = reads.rows(
        &format!(
            "SELECT w.server, w.version, w.alive,
                 (SELECT COUNT(*) FROM {{lanes}} l JOIN {{webhooks}} h ON h.`key` = l.webhook
                  WHERE l.holder = w.`key` AND l.epoch = w.epoch AND w.alive = 1)
             FROM {{workers}} w WHERE w.version <> '' ORDER BY w.alive DESC, w.server, w.`key` LIMIT {MOST_WORKERS}"
        ),
        Vec::new(),
    )?;
    let row = |(server, version, alive, lanes)| WorkerRow { server, version, alive, lanes };
    Ok(found.into_iter().map(row).collect())
}

/// The key of a spool's worker; 0, which is nobody's: it has none.
fn worker(reads: &mut Reads<'_>, spool: Option<SpoolId>) -> Answer<u64> {
    let Some(spool) = spool else { return Ok(0) };
    let key = reads
        .first("SELECT `key` FROM {workers} WHERE spool = ?", vec![Value::from(&spool.0[..])])?;
    Ok(key.unwrap_or(0))
}

/// What due times are behind by.
pub(super) fn shift(reads: &mut Reads<'_>, spool: Option<SpoolId>) -> Answer<i64> {
    let Some(spool) = spool else { return Ok(0) };
    let shift = reads.first(
        "SELECT c.shift FROM {clocks} c JOIN {workers} w ON w.`key` = c.worker WHERE w.spool = ?",
        vec![Value::from(&spool.0[..])],
    )?;
    Ok(shift.unwrap_or(0))
}

/// Bytes of the tables, as the server estimates them. Each is asked for by its name: the database of a
/// network has a million others.
fn size(reads: &mut Reads<'_>, database: &str) -> Answer<u64> {
    let (mut parts, mut values) = (Vec::new(), Vec::new());
    for table in LARGE {
        parts.push(
            "SELECT data_length + index_length FROM information_schema.tables
             WHERE table_schema = ? AND table_name = ?",
        );
        let name = reads.table(table).replace('`', "");
        values.extend([Value::from(database), Value::from(name)]);
    }
    let sizes: Vec<Option<u64>> = reads.rows(&parts.join(" UNION ALL "), values)?;
    Ok(sizes.into_iter().flatten().sum())
}

/// What the worker announced of the kinds in [`NOTICED`].
fn lately(reads: &mut Reads<'_>) -> Answer<Lately> {
    let found: Vec<(String, i64, String)> = reads.rows(
        &format!(
            "SELECT code, at, params FROM
                 (SELECT * FROM {{announcements}} ORDER BY number DESC LIMIT {NEWEST}) newest
             WHERE code IN (?, ?, ?, ?) ORDER BY number"
        ),
        NOTICED.iter().map(|code| Value::from(*code)).collect(),
    )?;
    let noticed = found.into_iter().map(|(code, at, params)| {
        let params: serde_json::Value = serde_json::from_str(&params).unwrap_or_default();
        Noticed { code, at, seconds: params["seconds"].as_i64().unwrap_or(0) }
    });
    Ok(Lately::new(noticed.collect()))
}
