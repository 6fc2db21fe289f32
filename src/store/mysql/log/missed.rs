//! Events that a webhook has not had, in the order in which they were taken in.

use std::time::Instant;

use ::mysql::{Row, Value};

use super::reads::{Answer, Reads, column, id, marks};
use crate::State;
use crate::backfill::{BackfillQuery, Missed, MissedCount};
use domain::event::{Event, Flags};
use domain::id::{DeliveryId, EventId};

/// Bytes of bodies of one stretch, unless one alone has more.
const MOST_BYTES: usize = 4 << 20;
/// Bodies that one statement reads.
const BODIES: usize = 50;
/// Events that are looked at between two looks at the time.
const WINDOW: usize = 1000;

/// When the body of an event is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bodies {
    /// Never.
    Never,
    /// Before it is asked whether the event is wanted.
    Asked,
    /// Once it is known that it is.
    #[allow(dead_code, reason = "for what makes the deliveries of a backfill, which is on its way")]
    Given,
}

/// Between which keys of events to look, both excluded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Between {
    pub(crate) after: u64,
    pub(crate) below: u64,
}

/// How many events a webhook has not had; stops where it takes longer than that.
pub(super) fn count(
    reads: &mut Reads<'_>,
    query: &BackfillQuery,
    with_bodies: bool,
    until: Instant,
    wants: &dyn Fn(&Event) -> bool,
) -> Answer<MissedCount> {
    let bodies = if with_bodies { Bodies::Asked } else { Bodies::Never };
    let all = Between { after: 0, below: i64::MAX.cast_unsigned() };
    let mut left = Some(between(reads, query, all)?);
    let mut count = MissedCount::default();
    while let Some(between) = left {
        if Instant::now() > until {
            count.more = true;
            break;
        }
        let (missed, next) = stretch(reads, query, between, WINDOW, bodies, wants)?;
        count.events += missed.len() as u64;
        left = next.map(|after| Between { after, ..between });
    }
    Ok(count)
}

/// Narrows keys to the events that a query can be for.
pub(crate) fn between(
    reads: &mut Reads<'_>,
    query: &BackfillQuery,
    all: Between,
) -> Answer<Between> {
    let Between { mut after, mut below } = all;
    if let Some(event) = query.event_id {
        let key: Option<u64> = reads
            .first("SELECT `key` FROM {events} WHERE id = ?", vec![event.as_bytes().into()])?;
        let Some(key) = key else { return Ok(Between { after: 0, below: 0 }) };
        (after, below) = (after.max(key.saturating_sub(1)), below.min(key + 1));
    }
    if let Some(since) = query.since {
        after = after.max(first_of(reads, since)?.saturating_sub(1));
    }
    if let Some(until) = query.until {
        below = below.min(first_of(reads, until.saturating_add(1))?);
    }
    Ok(Between { after, below })
}

/// Events that a webhook has not had, oldest first, and the key after which to go on: none at the end.
/// One call looks at `limit` events.
pub(crate) fn stretch(
    reads: &mut Reads<'_>,
    query: &BackfillQuery,
    Between { after, below }: Between,
    limit: usize,
    bodies: Bodies,
    wants: &dyn Fn(&Event) -> bool,
) -> Answer<(Vec<Missed>, Option<u64>)> {
    let end: Option<u64> = reads.first(
        &format!(
            "SELECT `key` FROM {{events}} FORCE INDEX (PRIMARY) WHERE `key` > ? AND `key` < ?
             ORDER BY `key` LIMIT 1 OFFSET {}",
            limit.max(1)
        ),
        vec![after.into(), below.into()],
    )?;
    let webhook: Option<u64> = reads.first(
        "SELECT `key` FROM {webhooks} WHERE id = ?",
        vec![query.webhook_id.as_bytes().into()],
    )?;
    let webhook = webhook.unwrap_or(0);
    let of_webhook = format!("d.event = e.`key` AND d.webhook = {webhook}");
    let skipped = State::Skipped as u8;
    let found: Vec<Row> = reads.rows(
        &format!(
            "SELECT e.`key`, e.id, e.name, e.timestamp, e.network, e.site, e.source, e.flags,
                 e.revision, e.data_start, e.data_end, e.created,
                 (SELECT d.id FROM {{deliveries}} d WHERE {of_webhook} AND d.state = {skipped} LIMIT 1)
             FROM {{events}} e FORCE INDEX (PRIMARY)
             WHERE e.`key` > ? AND e.`key` < ? AND e.flags & {test} = 0
                 AND NOT EXISTS
                     (SELECT 1 FROM {{deliveries}} d WHERE {of_webhook} AND d.state <> {skipped})
                 AND EXISTS (SELECT 1 FROM {{bodies}} b WHERE b.event = e.`key`)
             ORDER BY e.`key`",
            test = Flags::TEST.bits(),
        ),
        vec![after.into(), end.unwrap_or(below).into()],
    )?;
    let found = found.into_iter().map(of_row).collect::<Answer<Vec<_>>>()?;
    let (mut missed, mut bytes) = (Vec::new(), 0);
    for chunk in found.chunks(BODIES) {
        let mut chunk: Vec<(u64, Missed)> = chunk.to_vec();
        if bodies == Bodies::Asked {
            read_bodies(reads, &mut chunk)?;
        }
        chunk.retain(|(_, one)| wants(&one.event));
        if bodies == Bodies::Given {
            read_bodies(reads, &mut chunk)?;
        }
        for (key, one) in chunk {
            bytes += one.event.body.len();
            missed.push(one);
            if bodies == Bodies::Given && bytes > MOST_BYTES {
                return Ok((missed, Some(key)));
            }
        }
    }
    Ok((missed, end.map(|end| end - 1)))
}

/// Gives events their bodies.
fn read_bodies(reads: &mut Reads<'_>, of: &mut [(u64, Missed)]) -> Answer<()> {
    if of.is_empty() {
        return Ok(());
    }
    let values = of.iter().map(|(key, _)| Value::from(*key)).collect();
    let sql = format!("SELECT event, body FROM {{bodies}} WHERE event IN ({})", marks(of.len()));
    for (event, body) in reads.rows::<(u64, Vec<u8>)>(&sql, values)? {
        if let Some((_, one)) = of.iter_mut().find(|(key, _)| *key == event) {
            one.event.body = body.into();
        }
    }
    Ok(())
}

/// An event without its body, and its key.
fn of_row(mut row: Row) -> Answer<(u64, Missed)> {
    let row = &mut row;
    let event = Event {
        id: EventId::from_bytes(id(column(row, 1)?)?),
        name: column(row, 2)?,
        timestamp: column(row, 3)?,
        network: column(row, 4)?,
        site: column(row, 5)?,
        source: column(row, 6)?,
        flags: Flags::from_bits(column(row, 7)?),
        revision: column::<i64>(row, 8)?.cast_unsigned(),
        data: column(row, 9)?..column(row, 10)?,
        body: [].into(),
    };
    let skipped = column::<Option<Vec<u8>>>(row, 12)?.map(id).transpose()?;
    let skipped = skipped.map(DeliveryId::from_bytes);
    Ok((column(row, 0)?, Missed { event, created: column(row, 11)?, skipped }))
}

/// Key of the first event that was taken in at this time or later; beyond all where there is none.
/// Keys rise with time, so it is found by halving.
fn first_of(reads: &mut Reads<'_>, unix_ms: i64) -> Answer<u64> {
    let last: Option<Option<u64>> = reads.first("SELECT MAX(`key`) FROM {events}", Vec::new())?;
    let (mut low, mut high) = (0, last.flatten().unwrap_or(0) + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        let found: Option<(u64, i64)> = reads.first(
            "SELECT `key`, created FROM {events} FORCE INDEX (PRIMARY) WHERE `key` >= ?
             ORDER BY `key` LIMIT 1",
            vec![middle.into()],
        )?;
        match found {
            Some((key, created)) if created < unix_ms => low = key + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}
