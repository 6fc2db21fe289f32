//! What is moved from a store to another engine: an event, a webhook and a change of a whole result as
//! both know them, and the tables of which the rows are taken as they are.

use ::mysql::Value;

/// An event with all that belongs to it.
pub(crate) struct MovedEvent {
    pub(crate) key: i64,
    pub(crate) id: Vec<u8>,
    pub(crate) name: String,
    pub(crate) site: u64,
    pub(crate) created: i64,
    /// The server that took it in.
    pub(crate) server: Option<String>,
    /// `timestamp, network, source, flags, revision, data_start, data_end`
    pub(crate) columns: Vec<Value>,
    pub(crate) terms: Option<String>,
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) deliveries: Vec<MovedDelivery>,
}

/// A delivery with its attempts.
pub(crate) struct MovedDelivery {
    pub(crate) number: u16,
    pub(crate) id: Vec<u8>,
    /// The webhook's key in this store.
    pub(crate) webhook: i64,
    pub(crate) state: u8,
    /// By this server's clock, in Unix milliseconds.
    pub(crate) due: i64,
    pub(crate) reason: Option<String>,
    pub(crate) last_failure: Option<String>,
    /// `test, attempts, attempted, settled, last_status, duration_us, deaths, deaths_alone`
    pub(crate) columns: Vec<Value>,
    pub(crate) request: Option<Vec<u8>>,
    pub(crate) attempts: Vec<MovedAttempt>,
}

/// An attempt.
pub(crate) struct MovedAttempt {
    pub(crate) number: u32,
    /// The server that made it.
    pub(crate) server: Option<String>,
    /// `started, duration_us, url, method, address, status, failure, waited_for, request_headers,
    /// response_headers, response_body, remark, reconnected, next, next_at`
    pub(crate) columns: Vec<Value>,
}

/// A webhook with its counters.
pub(crate) struct MovedWebhook {
    pub(crate) key: i64,
    pub(crate) id: String,
    pub(crate) host: Option<String>,
    pub(crate) health: Option<String>,
    /// `delivered, failed, pending, held, last_attempt, last_success`
    pub(crate) counters: Vec<Value>,
}

/// A change of a whole result, with places as another engine can find them.
pub(crate) struct MovedBulk {
    /// `token, action, query, matched, changed, asked, ended`
    pub(crate) columns: Vec<Value>,
    /// Id of the last event that was looked at, at least in part, and the number of the last delivery
    /// of it; none: none was.
    pub(crate) after: Option<(Vec<u8>, u16)>,
    /// Id of the last event that it is for; none: there is none.
    pub(crate) last: Option<Vec<u8>>,
}

impl MovedEvent {
    /// About how many bytes it has.
    pub(super) fn bytes(&self) -> usize {
        let attempts = self.deliveries.iter().flat_map(|delivery| &delivery.attempts);
        let columns = attempts.flat_map(|attempt| &attempt.columns).map(|value| match value {
            Value::Bytes(bytes) => bytes.len(),
            _ => 8,
        });
        let requests = self.deliveries.iter().filter_map(|delivery| delivery.request.as_ref());
        columns.sum::<usize>()
            + requests.map(Vec::len).sum::<usize>()
            + self.body.as_ref().map_or(0, Vec::len)
            + 200 * (1 + self.deliveries.len())
    }
}

/// Tables that are moved row by row, beside the events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rest {
    /// `hour, webhook, delivered, failed, latencies`
    Hours,
    /// `event, until`
    SpentKeys,
    /// `kind, created, record`
    Deferred,
    /// `at, under_way`
    Deaths,
    /// `code, at, params`; a row's number is its own.
    Announcements,
    /// `token, person, erased`
    Forgetting,
}
