//! Rows of the tables, as the log shows them.

use std::ops::RangeInclusive;

use rusqlite::{Connection, OptionalExtension, Row};

use crate::log::row::{created, milliseconds};
use crate::log::{AttemptRow, BulkRow, DeliveryDetail, DeliveryRow, DisabledSince, WebhookStats};
use crate::sqlite::schema::{DELIVERY, event_of};
use crate::{Disabled, Health, State};
use domain::bytes::{Bytes, Headers};
use domain::clock::rfc3339;
use domain::id::{DeliveryId, EventId};

/// A change of a whole result.
pub(super) fn bulk(row: &Row<'_>) -> rusqlite::Result<BulkRow> {
    Ok(BulkRow {
        id: row.get(0)?,
        action: row.get(1)?,
        query: serde_json::from_str(row.get_ref(2)?.as_str()?).unwrap_or_default(),
        matched: row.get(3)?,
        changed: row.get(4)?,
        asked: rfc3339(row.get(5)?),
        ended: row.get::<_, Option<i64>>(6)?.map(rfc3339),
    })
}

/// Counters and health of a webhook.
pub(super) fn stats(row: &Row<'_>, hours: RangeInclusive<i64>) -> rusqlite::Result<WebhookStats> {
    let Health { failing_since, failures_in_row, disabled, .. } =
        crate::sqlite::health(row.get(8)?);
    Ok(WebhookStats {
        delivered: row.get(2)?,
        failed: row.get(3)?,
        pending: row.get(4)?,
        held: row.get(5)?,
        last_attempt: row.get::<_, Option<i64>>(6)?.map(rfc3339),
        last_success: row.get::<_, Option<i64>>(7)?.map(rfc3339),
        failing_since: failing_since.map(rfc3339),
        failures_in_row,
        disabled: disabled.map(|Disabled { id, at, reason }| DisabledSince {
            id,
            at: rfc3339(at),
            reason,
        }),
        ..WebhookStats::new(hours)
    })
}

/// The delivery with this key, for a list.
pub(super) fn delivery(connection: &Connection, key: i64) -> rusqlite::Result<DeliveryRow> {
    connection
        .prepare_cached(
            "SELECT deliveries.id, events.id, name, webhooks.id, site, source, state, reason, test,
                 due + shift, settled, attempted, last_status, last_failure, duration_us
             FROM deliveries, clock
             JOIN webhooks ON webhooks.key = webhook
             JOIN events ON events.key = ?2
             WHERE deliveries.key = ?1",
        )?
        .query_row((key, event_of(key)), |row| {
            let id = DeliveryId::from_bytes(row.get(0)?);
            let state = State::from_number(row.get(6)?).unwrap_or(State::Failed);
            let due = Some(row.get(9)?).filter(|_| state == State::Pending);
            Ok(DeliveryRow {
                id,
                event_id: EventId::from_bytes(row.get(1)?),
                event: row.get(2)?,
                webhook_id: row.get(3)?,
                site_id: row.get(4)?,
                source: row.get(5)?,
                state,
                reason: row.get(7)?,
                test: row.get(8)?,
                created: rfc3339(created(id)),
                due: due.map(rfc3339),
                settled: row.get::<_, Option<i64>>(10)?.map(rfc3339),
                attempts: row.get(11)?,
                last_status: row.get(12)?,
                last_failure: row.get(13)?,
                duration_ms: row.get::<_, Option<i64>>(14)?.map(milliseconds),
            })
        })
}

/// The delivery with this key, with its attempts and its body.
pub(super) fn detail(connection: &Connection, key: i64) -> rusqlite::Result<DeliveryDetail> {
    let delivery = delivery(connection, key)?;
    let attempts_made = connection
        .prepare_cached(
            "SELECT attempts.key, started, duration_us, address, status, failure, request_headers,
                 response_headers, response_body, reconnected, next, next_at, url,
                 (SELECT name FROM servers WHERE servers.key = server), waited_for, remark,
                 method
             FROM attempts WHERE attempts.key > ?1 AND attempts.key < ?1 + ?2
             ORDER BY attempts.key",
        )?
        .query_map((key, DELIVERY), |row| attempt(row, key))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let body = connection
        .prepare_cached(
            "SELECT coalesce((SELECT body FROM requests WHERE delivery = ?1),
                 (SELECT body FROM bodies WHERE event = ?2))",
        )?
        .query_row((key, event_of(key)), |row| row.get::<_, Option<Vec<u8>>>(0))
        .optional()?
        .flatten();
    let content_type = attempts_made
        .iter()
        .rev()
        .find_map(|attempt| attempt.request_headers.get("content-type"))
        .unwrap_or("application/json")
        .to_owned();
    let server = connection
        .prepare_cached(
            "SELECT name FROM servers WHERE key = (SELECT server FROM events WHERE key = ?1)
                 AND (SELECT count(*) FROM servers) > 1",
        )?
        .query_row([event_of(key)], |row| row.get(0))
        .optional()?;
    Ok(DeliveryDetail { delivery, body: body.map(Bytes), content_type, attempts_made, server })
}

fn attempt(row: &Row<'_>, delivery: i64) -> rusqlite::Result<AttemptRow> {
    let next = State::from_number(row.get(10)?).unwrap_or(State::Failed);
    let failure: Option<String> = row.get(5)?;
    let remark: Option<String> = row.get(15)?;
    Ok(AttemptRow {
        number: row.get::<_, i64>(0)? - delivery,
        started: rfc3339(row.get(1)?),
        duration_ms: milliseconds(row.get(2)?),
        url: row.get(12)?,
        method: row.get(16)?,
        address: row.get(3)?,
        status: row.get(4)?,
        failure: failure.and_then(|json| serde_json::from_str(&json).ok()),
        request_headers: Headers::from_json(row.get_ref(6)?.as_str()?),
        response_headers: Headers::from_json(row.get_ref(7)?.as_str()?),
        response_body: Bytes(row.get(8)?),
        reconnected: row.get(9)?,
        remark: remark.and_then(|json| serde_json::from_str(&json).ok()),
        waited_for: row.get(14)?,
        server: row.get(13)?,
        next: if next == State::Pending { "retry" } else { next.as_str() },
        next_at: row.get::<_, Option<i64>>(11)?.map(rfc3339),
    })
}
