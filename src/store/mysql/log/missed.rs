//! How many events a webhook has not had.

use std::time::Instant;

use ::mysql::{Row, Value};

use super::filter::{SLACK_MS, first_key};
use super::reads::{Answer, Reads, column, id, marks};
use crate::State;
use crate::backfill::{BackfillQuery, MissedCount};
use domain::event::{Event, Flags};
use domain::id::EventId;

/// Bodies that one statement reads.
const BODIES: usize = 50;
/// Events that are looked at between two looks at the time.
const WINDOW: usize = 1_000;

/// How many events a webhook has not had, have a body, and are `wanted`, which is asked with the body
/// where `with_bodies`. Stops at `until`.
pub(super) fn count(
    reads: &mut Reads<'_>,
    query: &BackfillQuery,
    with_bodies: bool,
    until: Instant,
    wants: &dyn Fn(&Event) -> bool,
) -> Answer<MissedCount> {
    let webhook: Option<u64> = reads.first(
        "SELECT `key` FROM {webhooks} WHERE id = ?",
        vec![query.webhook_id.as_bytes().into()],
    )?;
    let mut from = query.since.map_or(0, |since| first_key(since.saturating_sub(SLACK_MS)));
    let mut last = i64::MAX.cast_unsigned();
    if let Some(event) = query.event_id {
        let key: Option<u64> = reads
            .first("SELECT `key` FROM {events} WHERE id = ?", vec![event.as_bytes().into()])?;
        let Some(key) = key else { return Ok(MissedCount::default()) };
        (from, last) = (key, key + 1);
    }
    let mut count = MissedCount::default();
    loop {
        if Instant::now() > until {
            count.more = true;
            return Ok(count);
        }
        let end: Option<u64> = reads.first(
            &format!(
                "SELECT `key` FROM {{events}} FORCE INDEX (PRIMARY) WHERE `key` >= ? AND `key` < ?
                 ORDER BY `key` LIMIT 1 OFFSET {WINDOW}"
            ),
            vec![from.into(), last.into()],
        )?;
        let below = end.unwrap_or(last);
        let mut missed = events(reads, query, webhook.unwrap_or(0), from, below)?;
        for chunk in missed.chunks_mut(BODIES) {
            if with_bodies {
                read_bodies(reads, chunk)?;
            }
            count.events += chunk.iter().filter(|(_, event)| wants(event)).count() as u64;
        }
        match end {
            Some(end) => from = end,
            None => return Ok(count),
        }
    }
}

/// Those between two keys, the second of them excluded, without their bodies.
fn events(
    reads: &mut Reads<'_>,
    query: &BackfillQuery,
    webhook: u64,
    from: u64,
    below: u64,
) -> Answer<Vec<(u64, Event)>> {
    let (mut narrowed, mut values) = (String::new(), vec![Value::from(from), below.into()]);
    for (condition, time) in [(">=", query.since), ("<=", query.until)] {
        if let Some(time) = time {
            narrowed += &format!(" AND e.created {condition} ?");
            values.push(time.into());
        }
    }
    let sql = format!(
        "SELECT e.`key`, e.id, e.name, e.timestamp, e.network, e.site, e.source, e.flags, e.revision,
             e.data_start, e.data_end
         FROM {{events}} e FORCE INDEX (PRIMARY)
         WHERE e.`key` >= ? AND e.`key` < ? AND e.flags & {test} = 0{narrowed}
             AND NOT EXISTS (SELECT 1 FROM {{deliveries}} d
                 WHERE d.event = e.`key` AND d.webhook = {webhook} AND d.state <> {skipped})
             AND EXISTS (SELECT 1 FROM {{bodies}} b WHERE b.event = e.`key`)",
        test = Flags::TEST.bits(),
        skipped = State::Skipped as u8,
    );
    reads.rows::<Row>(&sql, values)?.into_iter().map(of_row).collect()
}

/// Gives events their bodies.
fn read_bodies(reads: &mut Reads<'_>, of: &mut [(u64, Event)]) -> Answer<()> {
    let values = of.iter().map(|(key, _)| Value::from(*key)).collect();
    let sql = format!("SELECT event, body FROM {{bodies}} WHERE event IN ({})", marks(of.len()));
    for (key, body) in reads.rows::<(u64, Vec<u8>)>(&sql, values)? {
        if let Some((_, event)) = of.iter_mut().find(|(of, _)| *of == key) {
            event.body = body.into();
        }
    }
    Ok(())
}

/// An event without its body, and its key.
fn of_row(mut row: Row) -> Answer<(u64, Event)> {
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
    Ok((column(row, 0)?, event))
}
