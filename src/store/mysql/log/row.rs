//! Rows of the tables, as the log shows them.

use ::mysql::{Row, Value};

use super::filter::Key;
use super::reads::{Answer, Reads, column, id};
use crate::State;
use crate::log::row::{created, milliseconds};
use crate::log::{AttemptRow, BulkRow, DeliveryDetail, DeliveryRow};
use domain::bytes::{Bytes, Headers};
use domain::clock::rfc3339;
use domain::id::{DeliveryId, EventId};

/// Deliveries that one statement reads.
const AT_ONCE: usize = 201;

const DELIVERY: &str = "SELECT d.event, d.number, d.id, e.id, d.name, w.id, d.site, e.source, d.state,
         d.reason, d.test, d.due, d.settled, d.attempted, d.last_status, d.last_failure, d.duration_us
     FROM {deliveries} d FORCE INDEX (PRIMARY)
     STRAIGHT_JOIN {events} e ON e.`key` = d.event
     STRAIGHT_JOIN {webhooks} w ON w.`key` = d.webhook
     WHERE ";

/// A change of a whole result.
pub(super) fn bulk(mut row: Row) -> Answer<BulkRow> {
    Ok(BulkRow {
        id: column(&mut row, 0)?,
        action: column(&mut row, 1)?,
        query: serde_json::from_str(&column::<String>(&mut row, 2)?).unwrap_or_default(),
        matched: column(&mut row, 3)?,
        changed: column(&mut row, 4)?,
        asked: rfc3339(column(&mut row, 5)?),
        ended: column::<Option<i64>>(&mut row, 6)?.map(rfc3339),
    })
}

/// The deliveries with these keys, for a list, in their order. `shift`: what due times are behind by.
pub(super) fn deliveries(
    reads: &mut Reads<'_>,
    keys: &[Key],
    shift: i64,
) -> Answer<Vec<DeliveryRow>> {
    let mut found: Vec<(Key, DeliveryRow)> = Vec::with_capacity(keys.len());
    for keys in keys.chunks(AT_ONCE) {
        let places: Vec<_> = keys
            .iter()
            .map(|(event, number)| format!("(d.event = {event} AND d.number = {number})"))
            .collect();
        let sql = format!("{DELIVERY}({})", places.join(" OR "));
        for row in reads.rows::<Row>(&sql, Vec::new())? {
            found.push(delivery(row, shift)?);
        }
    }
    let mut places: std::collections::HashMap<Key, DeliveryRow> = found.into_iter().collect();
    // One that was pruned since its key was found is none any more.
    Ok(keys.iter().filter_map(|key| places.remove(key)).collect())
}

fn delivery(mut row: Row, shift: i64) -> Answer<(Key, DeliveryRow)> {
    let row = &mut row;
    let key = (column(row, 0)?, column(row, 1)?);
    let delivery = DeliveryId::from_bytes(id(column(row, 2)?)?);
    let state = State::from_number(column(row, 8)?).unwrap_or(State::Failed);
    let due: i64 = column(row, 11)?;
    let shown = DeliveryRow {
        id: delivery,
        event_id: EventId::from_bytes(id(column(row, 3)?)?),
        event: column(row, 4)?,
        webhook_id: column(row, 5)?,
        site_id: column(row, 6)?,
        source: column(row, 7)?,
        state,
        reason: column(row, 9)?,
        test: column(row, 10)?,
        created: rfc3339(created(delivery)),
        due: (state == State::Pending).then(|| rfc3339(due.saturating_add(shift))),
        settled: column::<Option<i64>>(row, 12)?.map(rfc3339),
        attempts: column(row, 13)?,
        last_status: column(row, 14)?,
        last_failure: column(row, 15)?,
        duration_ms: column::<Option<i64>>(row, 16)?.map(milliseconds),
    };
    Ok((key, shown))
}

/// The delivery with this key, with its attempts and its body; `None`: it is gone.
pub(super) fn detail(
    reads: &mut Reads<'_>,
    key: Key,
    shift: i64,
) -> Answer<Option<DeliveryDetail>> {
    let Some(delivery) = deliveries(reads, &[key], shift)?.pop() else { return Ok(None) };
    let (event, number) = key;
    let values = || vec![Value::from(event), Value::from(number)];
    let attempts_made = reads
        .rows::<Row>(
            "SELECT a.number, a.started, a.duration_us, a.address, a.status, a.failure,
                 a.request_headers, a.response_headers, a.response_body, a.reconnected, a.next,
                 a.next_at, a.url, w.server, a.waited_for, a.remark, a.method
             FROM {attempts} a LEFT JOIN {workers} w ON w.`key` = a.server
             WHERE a.event = ? AND a.delivery = ? ORDER BY a.number",
            values(),
        )?
        .into_iter()
        .map(attempt)
        .collect::<Answer<Vec<_>>>()?;
    let own: Option<Vec<u8>> =
        reads.first("SELECT body FROM {requests} WHERE event = ? AND delivery = ?", values())?;
    let body = match own {
        Some(body) => Some(body),
        None => reads.first("SELECT body FROM {bodies} WHERE event = ?", vec![event.into()])?,
    };
    let content_type = attempts_made
        .iter()
        .rev()
        .find_map(|attempt| attempt.request_headers.get("content-type"))
        .unwrap_or("application/json")
        .to_owned();
    let server = reads.first(
        "SELECT w.server FROM {events} e JOIN {workers} w ON w.`key` = e.server
         WHERE e.`key` = ? AND w.server <> ''
             AND (SELECT COUNT(DISTINCT server) FROM {workers}) > 1",
        vec![event.into()],
    )?;
    Ok(Some(DeliveryDetail {
        delivery,
        body: body.map(Bytes),
        content_type,
        attempts_made,
        server,
    }))
}

fn attempt(mut row: Row) -> Answer<AttemptRow> {
    let row = &mut row;
    let next = State::from_number(column(row, 10)?).unwrap_or(State::Failed);
    let failure: Option<String> = column(row, 5)?;
    let remark: Option<String> = column(row, 15)?;
    let server: Option<String> = column(row, 13)?;
    Ok(AttemptRow {
        number: column(row, 0)?,
        started: rfc3339(column(row, 1)?),
        duration_ms: milliseconds(column(row, 2)?),
        url: column(row, 12)?,
        method: column(row, 16)?,
        address: column(row, 3)?,
        status: column(row, 4)?,
        failure: failure.and_then(|json| serde_json::from_str(&json).ok()),
        request_headers: Headers::from_json(&column::<String>(row, 6)?),
        response_headers: Headers::from_json(&column::<String>(row, 7)?),
        response_body: Bytes(column(row, 8)?),
        reconnected: column(row, 9)?,
        remark: remark.and_then(|json| serde_json::from_str(&json).ok()),
        waited_for: column(row, 14)?,
        server: server.filter(|name| !name.is_empty()),
        next: if next == State::Pending { "retry" } else { next.as_str() },
        next_at: column::<Option<i64>>(row, 11)?.map(rfc3339),
    })
}
