//! What the log shows, in the array shapes of `stubs/webhooks.stub.php`.

use std::ops::RangeInclusive;

use serde::ser::{SerializeStruct as _, Serializer};

use super::{HOUR_MS, StatsField};
use crate::{Failure, Latencies, State};
use domain::attempt::Remark;
use domain::bytes::{Bytes, Headers};
use domain::clock::rfc3339;
use domain::id::{DeliveryId, EventId};

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
    pub method: Option<String>,
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

/// A worker of those that share a store (`StoreWorker` of the stub).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[allow(missing_docs, reason = "the stub says what each key means")]
pub struct WorkerRow {
    pub server: String,
    pub version: String,
    pub alive: bool,
    pub lanes: u64,
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

/// Deliveries of a webhook whose last attempt failed in the same way.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[allow(missing_docs, reason = "the stub says what each key means")]
pub struct FailureGroup {
    pub webhook_id: String,
    pub code: String,
    pub status: Option<u16>,
    pub host: Option<String>,
    pub count: i64,
    pub failed: i64,
    pub waiting: i64,
    pub held: i64,
    pub since: String,
    pub last: String,
    pub example: DeliveryId,
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
    pub(crate) fn new(hours: RangeInclusive<i64>) -> Self {
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

    /// Only these of its keys.
    #[must_use]
    pub fn only<'a>(&'a self, fields: &'a [StatsField]) -> SomeStats<'a> {
        SomeStats { all: self, fields }
    }

    /// How long the requests of these hours took.
    pub(crate) fn set_latencies(&mut self, latencies: &Latencies) {
        (self.p50_ms, self.p95_ms) = percentiles(latencies);
    }
}

/// Some keys of [`WebhookStats`], in the order in which they were asked for: PHP makes an array of each webhook.
#[derive(Debug, Clone, Copy)]
pub struct SomeStats<'a> {
    all: &'a WebhookStats,
    fields: &'a [StatsField],
}

impl serde::Serialize for SomeStats<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let all = self.all;
        let mut some = serializer.serialize_struct("SomeStats", self.fields.len())?;
        for field in self.fields {
            match field {
                StatsField::Delivered => some.serialize_field("delivered", &all.delivered),
                StatsField::Failed => some.serialize_field("failed", &all.failed),
                StatsField::Pending => some.serialize_field("pending", &all.pending),
                StatsField::Held => some.serialize_field("held", &all.held),
                StatsField::Hours => some.serialize_field("hours", &all.hours),
                StatsField::P50Ms => some.serialize_field("p50_ms", &all.p50_ms),
                StatsField::P95Ms => some.serialize_field("p95_ms", &all.p95_ms),
                StatsField::LastAttempt => some.serialize_field("last_attempt", &all.last_attempt),
                StatsField::LastSuccess => some.serialize_field("last_success", &all.last_success),
                StatsField::FailingSince => {
                    some.serialize_field("failing_since", &all.failing_since)
                }
                StatsField::FailuresInRow => {
                    some.serialize_field("failures_in_row", &all.failures_in_row)
                }
                StatsField::Disabled => some.serialize_field("disabled", &all.disabled),
            }?;
        }
        some.end()
    }
}

/// The time within which half of the requests were answered, and 95 % of them, in milliseconds.
pub(crate) fn percentiles(latencies: &Latencies) -> (Option<f64>, Option<f64>) {
    let ms = |share| {
        latencies.percentile(share).map(|us| milliseconds(us.try_into().unwrap_or(i64::MAX)))
    };
    (ms(0.5), ms(0.95))
}

/// Microseconds as milliseconds.
pub(crate) fn milliseconds(microseconds: i64) -> f64 {
    microseconds as f64 / 1000.0
}

/// When a delivery was created: the first 48 bits of its id, in Unix milliseconds.
pub(crate) fn created(id: DeliveryId) -> i64 {
    (u128::from_be_bytes(*id.as_bytes()) >> 80) as i64
}
