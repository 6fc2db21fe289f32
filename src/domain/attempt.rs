//! One attempt of a delivery, as recorded.

use serde::{Deserialize, Serialize};

use crate::state::State;
use crate::webhook::Method;

/// An attempt: one request (or the reason why none could be made).
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// When it began, in Unix milliseconds.
    pub started: i64,
    /// How long it took, in microseconds.
    pub duration_us: u64,
    /// The URL that was sent to, without userinfo, fragment and the values of its query; none
    /// where no request was made.
    pub url: Option<String>,
    /// The request's method; none where none was made.
    pub method: Option<Method>,
    /// The address connected to (`203.0.113.7:443`).
    pub address: Option<String>,
    /// Status of the response, where one came.
    pub status: Option<u16>,
    /// Why it failed; `None` is success (2xx).
    pub failure: Option<Failure>,
    /// What was wrong behind the status line, which decides nothing.
    pub remark: Option<Remark>,
    /// Response headers of the allow list, lower-case names.
    pub response_headers: Vec<(String, String)>,
    /// The first 16 KiB of the response's body, as it came (it may be binary).
    pub response_body: Vec<u8>,
    /// The request's body, where it is not the event's own (format other than `standard`).
    pub request_body: Option<Vec<u8>>,
    /// The request's headers, values of secret ones replaced by dots.
    pub request_headers: Vec<(String, String)>,
    /// A kept-alive connection had been closed by the endpoint; sent again on a new one.
    pub reconnected: bool,
    /// A short code of what it waited for after it was due; none: for nothing, or not known.
    pub waited_for: Option<&'static str>,
    /// What happens next.
    pub next: Next,
}

impl Attempt {
    /// One that began at `started` (Unix milliseconds) and made no request.
    pub fn without_request(started: i64, failure: Option<Failure>, next: Next) -> Self {
        Self {
            started,
            duration_us: 0,
            url: None,
            method: None,
            address: None,
            status: None,
            failure,
            remark: None,
            response_headers: Vec::new(),
            response_body: Vec::new(),
            request_body: None,
            request_headers: Vec::new(),
            reconnected: false,
            waited_for: None,
            next,
        }
    }
}

/// Why an attempt failed: a code with parameters, which PHP turns into a sentence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// Where in the request it failed.
    pub phase: Phase,
    /// A code: `status`, `redirect`, `gone`, `name_not_found`, `refused`, `reset`, `timeout`,
    /// `certificate`, `tls`, `protocol`, `address_refused`, `template`, `condition`, `too_large`,
    /// `io`; where no request could be made also `url`, `header`, `secret`, `proxy`, `body`,
    /// `pruned` (the event's body is no longer kept), `internal` and `worker_died`.
    pub code: String,
    /// What was said, for people; never a secret or a payload.
    pub message: String,
}

/// What was wrong with an answer behind its status line: the endpoint has accepted (or refused)
/// all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// A code: `cut`, `timeout`, `header`, `body`, `too_large`, `surplus` (more than one answer),
    /// `unread` (the endpoint did not take the whole request) or `io`.
    pub code: String,
    /// The same in a sentence, for people.
    pub message: String,
}

/// The phases of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Before any request: format, template, signature.
    Prepare,
    /// The name's addresses, and whether they may be used.
    Resolve,
    /// TCP and TLS.
    Connect,
    /// Sending the headers.
    SendRequest,
    /// Sending the body.
    SendBody,
    /// Waiting for the response's status and headers.
    RecvResponse,
    /// Reading the response's body.
    RecvBody,
}

impl Failure {
    /// Code of a delivery at which workers died.
    pub const WORKER_DIED: &str = "worker_died";
}

impl Phase {
    /// The word used in the store, in JSON and in PHP.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::SendRequest => "send_request",
            Self::SendBody => "send_body",
            Self::RecvResponse => "recv_response",
            Self::RecvBody => "recv_body",
        }
    }
}

/// What happens after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The endpoint took it.
    Delivered,
    /// Another attempt, due at this time (Unix milliseconds).
    Retry(i64),
    /// No further attempt.
    Failed,
    /// The webhook is paused or disabled now.
    Held,
    /// The webhook is gone.
    Cancelled,
}

impl Next {
    /// The state that the delivery gets, and when it is due again (Unix milliseconds).
    pub const fn state(self) -> (State, Option<i64>) {
        match self {
            Self::Delivered => (State::Delivered, None),
            Self::Retry(due) => (State::Pending, Some(due)),
            Self::Failed => (State::Failed, None),
            Self::Held => (State::Held, None),
            Self::Cancelled => (State::Cancelled, None),
        }
    }
}
