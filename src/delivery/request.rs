//! One request: sent, answered, judged.

use std::io::{self, Read};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ureq::http::{HeaderMap, Method, Request, Response, Uri, header};
use ureq::{Agent, Body, Error};

use super::guard::Refusal;
use super::trace::{self, Trace};
use crate::attempt::{Failure, Phase};

/// What is kept of a response's body, in bytes.
pub const KEPT_BODY: usize = 16 * 1024;
/// What is read of it beyond that, so that the connection can be used again, in bytes.
const DRAINED_BODY: u64 = 48 * 1024;
/// Longest head of a response, in bytes.
pub const MAX_RESPONSE_HEADERS: usize = 32 * 1024;
/// What is kept of a response header's value, in bytes.
const KEPT_HEADER: usize = 1024;

/// Code of the guard's refusal.
pub(super) const ADDRESS_REFUSED: &str = "address_refused";

/// Response headers that are kept: what helps to find out why, and no cookies.
const KEPT_HEADERS: &[&str] = &[
    "allow",
    "cf-ray",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "location",
    "retry-after",
    "server",
    "via",
    "www-authenticate",
    "x-amz-cf-id",
    "x-amzn-requestid",
    "x-correlation-id",
    "x-request-id",
    "x-vercel-id",
];

/// What came of a request.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) address: Option<String>,
    pub(super) status: Option<u16>,
    pub(super) failure: Option<Failure>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    pub(super) reconnected: bool,
}

/// Sends a request, and once more on a new connection where a kept-alive one turns out to have
/// been closed by the endpoint. Everything ends within `limit`.
pub(super) fn send(
    agent: &Agent,
    uri: &Uri,
    headers: HeaderMap,
    body: &[u8],
    limit: Duration,
) -> Outcome {
    let begun = Instant::now();
    let build = |headers| {
        let mut request = Request::new(body);
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri.clone();
        *request.headers_mut() = headers;
        request
    };
    trace::begin(false);
    let first = agent.run(build(headers.clone()));
    let stale = matches!(&first, Err(error) if was_stale(error, &trace::current()));
    let response = if stale {
        trace::begin(true);
        let left = limit.saturating_sub(begun.elapsed());
        let request = agent.configure_request(build(headers)).timeout_global(Some(left)).build();
        agent.run(request)
    } else {
        first
    };
    let mut outcome = Outcome { reconnected: stale, ..Outcome::default() };
    match response {
        Ok(response) => read_response(response, &mut outcome),
        Err(error) => outcome.failure = Some(describe(&error, &trace::current())),
    }
    outcome.address = trace::current().peer.map(|peer| peer.to_string());
    outcome
}

/// A kept-alive connection that the endpoint closed while the request was on its way.
fn was_stale(error: &Error, trace: &Trace) -> bool {
    let Error::Io(error) = error else {
        return false;
    };
    trace.reused && !trace.answered && is_closing(error)
}

fn is_closing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::NotConnected
            | io::ErrorKind::UnexpectedEof
    )
}

fn read_response(response: Response<Body>, outcome: &mut Outcome) {
    let (head, body) = response.into_parts();
    outcome.status = Some(head.status.as_u16());
    outcome.headers = KEPT_HEADERS
        .iter()
        .filter_map(|&name| head.headers.get(name).map(|value| (name, value)))
        .map(|(name, value)| {
            let value = &value.as_bytes()[..value.len().min(KEPT_HEADER)];
            (name.to_owned(), String::from_utf8_lossy(value).into_owned())
        })
        .collect();
    outcome.failure =
        judge_status(head.status.as_u16(), head.headers.get(header::LOCATION).is_some());
    trace::enter(Phase::RecvBody);
    let mut reader = body.into_reader();
    let kept = (&mut reader).take(KEPT_BODY as u64).read_to_end(&mut outcome.body);
    match kept {
        Ok(KEPT_BODY) => {
            // Whether the rest comes changes nothing but whether the connection is kept.
            let _ = io::copy(&mut reader.take(DRAINED_BODY), &mut io::sink());
        }
        Ok(_) => {}
        // A status that says no is the better explanation of the two.
        Err(error) if outcome.failure.is_none() => {
            outcome.failure = Some(describe(&Error::from(error), &trace::current()));
        }
        Err(_) => {}
    }
}

fn judge_status(status: u16, has_location: bool) -> Option<Failure> {
    let (code, message) = match status {
        200..=299 => return None,
        300..=399 => {
            let to = if has_location { " to the address in \"location\"" } else { "" };
            let message =
                format!("redirect ({status}){to}: redirects are not followed, change the URL");
            ("redirect", message)
        }
        410 => ("gone", "the endpoint says that it is gone (410)".to_owned()),
        _ => ("status", format!("the endpoint answered {status}")),
    };
    Some(failure(Phase::RecvResponse, code, message))
}

pub(super) fn failure(phase: Phase, code: &str, message: impl Into<String>) -> Failure {
    Failure { phase, code: code.to_owned(), message: message.into() }
}

/// Turns what ureq says into a code and a sentence.
fn describe(error: &Error, trace: &Trace) -> Failure {
    let said = |text: &str| trace.said.clone().unwrap_or_else(|| Arc::from(text));
    let (code, message) = match error {
        Error::Timeout(_) => ("timeout", format!("no answer in time ({})", in_words(trace.phase))),
        Error::HostNotFound => {
            ("name_not_found", format!("the name has no address: {}", said("unknown")))
        }
        Error::Io(error) => return describe_io(error, trace),
        // ureq does not export this error's type.
        Error::Protocol(error) if error.to_string().ends_with("too many headers") => {
            ("too_large", "the answer has too many headers".to_owned())
        }
        Error::Protocol(error) => ("protocol", format!("the answer is not HTTP/1.1: {error}")),
        Error::Http(error) => ("protocol", format!("the answer is not HTTP/1.1: {error}")),
        Error::Decompress(_, error) => {
            ("protocol", format!("the answer can't be decompressed: {error}"))
        }
        Error::BodyStalled => ("protocol", "the answer's body is malformed".to_owned()),
        Error::LargeResponseHeader(..) => {
            ("too_large", format!("the answer's headers exceed {MAX_RESPONSE_HEADERS} bytes"))
        }
        Error::Tls(said) => ("tls", (*said).to_owned()),
        Error::Other(error) => match error.downcast_ref::<Refusal>() {
            Some(refusal) => (ADDRESS_REFUSED, refusal.to_string()),
            None => ("io", error.to_string()),
        },
        other => ("io", other.to_string()),
    };
    failure(trace.phase, code, message)
}

fn describe_io(error: &io::Error, trace: &Trace) -> Failure {
    if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return match tls {
            rustls::Error::InvalidCertificate(reason) => failure(
                trace.phase,
                "certificate",
                format!("the certificate is not trusted: {reason}"),
            ),
            other => failure(trace.phase, "tls", format!("TLS failed: {other}")),
        };
    }
    let (code, message) = match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            ("refused", "the endpoint refuses connections".to_owned())
        }
        io::ErrorKind::TimedOut => {
            ("timeout", format!("no answer in time ({})", in_words(trace.phase)))
        }
        _ if is_closing(error) => {
            ("reset", format!("the endpoint closed the connection ({})", in_words(trace.phase)))
        }
        _ => ("io", error.to_string()),
    };
    failure(trace.phase, code, message)
}

fn in_words(phase: Phase) -> &'static str {
    match phase {
        Phase::Prepare => "preparing",
        Phase::Resolve => "resolving the name",
        Phase::Connect => "connecting",
        Phase::SendRequest => "sending the request",
        Phase::SendBody => "sending the body",
        Phase::RecvResponse => "waiting for the response",
        Phase::RecvBody => "reading the response's body",
    }
}
