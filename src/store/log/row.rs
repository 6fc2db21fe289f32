//! What the log shows, in the array shapes of `stubs/webhooks.stub.php`.

use std::ops::RangeInclusive;

use rusqlite::{Connection, OptionalExtension, Row};

use super::HOUR_MS;
use crate::attempt::Remark;
use crate::bytes::{Bytes, Headers};
use crate::clock::rfc3339;
use crate::id::{DeliveryId, EventId};
use crate::store::sqlite::schema::{DELIVERY, event_of};
use crate::store::{Disabled, Failure, Health, Latencies, State};

/// A page of the log.
#[derive(Debug, serde::Serialize)]
pub struct Page {
    /// Newest first.
    pub deliveries: Vec<DeliveryRow>,
    /// Gives the next page; none: this was the last.
    pub cursor: Option<String>,
}

/// A delivery in a list (`Delivery` of the stub). Times are RFC 3339.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[allow(missing_docs, reason = "the stub says what each key means")]
pub struct DeliveryRow {
    pub id: DeliveryId,
    pub event_id: EventId,
    pub event: String,
    pub webhook_id: String,
    pub site_id: i64,
    pub source: String,
    pub state: State,
    pub reason: Option<String>,
    pub test: bool,
    pub created: String,
    pub due: Option<String>,
    pub settled: Option<String>,
    pub attempts: u32,
    pub last_status: Option<u16>,
    pub last_failure: Option<String>,
    pub duration_ms: Option<f64>,
}

/// A delivery with everything.
#[derive(Debug, serde::Serialize)]
pub struct DeliveryDetail {
    /// What lists show.
    #[serde(flatten)]
    pub delivery: DeliveryRow,
    /// The request's body; none once it was pruned or forgotten.
    pub body: Option<Bytes>,
    /// Content type of the request.
    pub content_type: String,
    /// Oldest first.
    pub attempts_made: Vec<AttemptRow>,
    /// The server that took the event in, where the store knows several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
}

/// An attempt (`Attempt` of the stub).
#[derive(Debug, serde::Serialize)]
#[allow(missing_docs, reason = "the stub says what each key means")]
pub struct AttemptRow {
    pub number: i64,
    pub started: String,
    pub duration_ms: f64,
    pub url: Option<String>,
    pub address: Option<String>,
    pub status: Option<u16>,
    pub failure: Option<Failure>,
    pub request_headers: Headers,
    pub response_headers: Headers,
    pub response_body: Bytes,
    pub reconnected: bool,
    pub remark: Option<Remark>,
    pub waited_for: Option<String>,
    pub server: Option<String>,
    /// `delivered`, `retry`, `failed`, `held` or `cancelled`.
    pub next: &'static str,
    pub next_at: Option<String>,
}

/// A change of a whole result (`Bulk` of the stub).
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[allow(missing_docs, reason = "the stub says what each key means")]
pub struct BulkRow {
    pub id: String,
    pub action: String,
    pub query: serde_json::Value,
    pub matched: i64,
    pub changed: i64,
    pub asked: String,
    pub ended: Option<String>,
}

impl BulkRow {
    pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            action: row.get(1)?,
            query: serde_json::from_str(row.get_ref(2)?.as_str()?).unwrap_or_default(),
            matched: row.get(3)?,
            changed: row.get(4)?,
            asked: rfc3339(row.get(5)?),
            ended: row.get::<_, Option<i64>>(6)?.map(rfc3339),
        })
    }
}

/// Counters and health of a webhook.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[allow(missing_docs, reason = "the stub says what each key means")]
pub struct WebhookStats {
    pub delivered: i64,
    pub failed: i64,
    pub pending: i64,
    pub held: i64,
    pub hours: Vec<Hour>,
    pub p50_ms: Option<f64>,
    pub p95_ms: Option<f64>,
    pub last_attempt: Option<String>,
    pub last_success: Option<String>,
    pub failing_since: Option<String>,
    pub failures_in_row: u32,
    pub disabled: Option<DisabledSince>,
}

/// What happened in an hour.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[allow(missing_docs, reason = "the stub says what each key means")]
pub struct Hour {
    pub hour: String,
    pub delivered: i64,
    pub failed: i64,
}

/// Why and since when a webhook is switched off.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[allow(missing_docs, reason = "the stub says what each key means")]
pub struct DisabledSince {
    pub id: String,
    pub at: String,
    pub reason: String,
}

impl WebhookStats {
    /// Of a webhook to which nothing has happened; every hour is listed.
    pub(super) fn new(hours: RangeInclusive<i64>) -> Self {
        let hour = |hour| Hour { hour: rfc3339(hour * HOUR_MS), delivered: 0, failed: 0 };
        Self {
            delivered: 0,
            failed: 0,
            pending: 0,
            held: 0,
            hours: hours.map(hour).collect(),
            p50_ms: None,
            p95_ms: None,
            last_attempt: None,
            last_success: None,
            failing_since: None,
            failures_in_row: 0,
            disabled: None,
        }
    }

    /// How long the requests of these hours took.
    pub(super) fn set_latencies(&mut self, latencies: &Latencies) {
        let ms = |share| {
            latencies.percentile(share).map(|us| milliseconds(us.try_into().unwrap_or(i64::MAX)))
        };
        (self.p50_ms, self.p95_ms) = (ms(0.5), ms(0.95));
    }

    pub(super) fn from_row(row: &Row<'_>, hours: RangeInclusive<i64>) -> rusqlite::Result<Self> {
        let Health { failing_since, failures_in_row, disabled, .. } =
            crate::store::sqlite::health(row.get(8)?);
        Ok(Self {
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
            ..Self::new(hours)
        })
    }
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
                 (SELECT name FROM servers WHERE servers.key = server), waited_for, remark
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

/// Microseconds as milliseconds.
pub(super) fn milliseconds(microseconds: i64) -> f64 {
    microseconds as f64 / 1000.0
}

/// When a delivery was created: the first 48 bits of its id, in Unix milliseconds.
pub(super) fn created(id: DeliveryId) -> i64 {
    (u128::from_be_bytes(*id.as_bytes()) >> 80) as i64
}
