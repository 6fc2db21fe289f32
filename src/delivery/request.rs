//! One request: sent, answered, judged.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::{HeaderMap, header};
use rustls::pki_types::ServerName;
use tokio::time::{timeout, timeout_at};
use url::{Position, Url};

use super::answer::{Answer, MAX_BEFORE_STATUS, NoStatus};
use super::connection::{self, CONNECT_TIMEOUT, Connection};
use super::endpoints::Endpoints;
use super::exchange::{Output, exchange};
use super::guard::Guard;
use super::header::USER_AGENT;
use super::io::keep_swept;
use super::kept::{Kept, Origin};
use super::proxy::Proxy;
use super::resolve::{NameError, Names, NoAddress, resolve};
use super::tls::{Tls, TlsSettings};
use super::trace::Trace;
use domain::attempt::{Failure, Phase, Remark};
use domain::webhook::Method;

/// Code of the guard's refusal.
pub(super) const ADDRESS_REFUSED: &str = "address_refused";

/// Where requests of a webhook go, and by which way.
pub(super) struct Target {
    origin: Origin,
    /// As the header `host` has it.
    host: String,
    method: Method,
    tls: Option<Tls>,
    guard: Arc<Guard>,
    proxy: Option<Arc<Proxy>>,
}

/// What requests share.
pub(super) struct Network {
    pub(super) names: Arc<Names>,
    pub(super) kept: Arc<Kept>,
    pub(super) endpoints: Arc<Endpoints>,
    pub(super) tls: Arc<TlsSettings>,
    /// Most connections that are kept while nothing is under way on them.
    pub(super) most_kept: usize,
}

/// What came of a request.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) address: Option<String>,
    pub(super) status: Option<u16>,
    pub(super) failure: Option<Failure>,
    pub(super) remark: Option<Remark>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    pub(super) reconnected: bool,
}

/// Why a request has no status.
enum Broken {
    Address(NoAddress),
    /// The host is no name that a certificate can have.
    Name,
    Io(io::Error),
    Answer(NoStatus),
    Timeout,
}

impl Target {
    /// Of the scheme, host and port of a webhook's URL. Where it is `exempt`, guard and proxy have to be those of an exempt one.
    pub(super) fn new(
        url: &Url,
        method: Method,
        tls: Option<Tls>,
        guard: Arc<Guard>,
        proxy: Option<Arc<Proxy>>,
        exempt: bool,
    ) -> Self {
        let name = url.host_str().unwrap_or_default();
        let host = match url.port() {
            Some(port) => format!("{name}:{port}"),
            None => name.to_owned(),
        };
        let port = url.port_or_known_default().unwrap_or(80);
        let trust = tls.as_ref().map(|tls| tls.number);
        let origin = Origin { host: name.into(), port, trust, exempt };
        let proxy = proxy.filter(|proxy| !proxy.is_bypassed(&origin.host));
        Self { origin, host, method, tls, guard, proxy }
    }

    /// The head of a request for the path and query of this URL, with the empty line behind it.
    fn head(&self, url: &Url, headers: &HeaderMap, length: usize) -> Vec<u8> {
        let path = &url[Position::BeforePath..Position::AfterQuery];
        let mut head = Vec::with_capacity(1024);
        let mut put = |parts: &[&[u8]]| parts.iter().for_each(|part| head.extend_from_slice(part));
        put(&[self.method.as_str().as_bytes(), b" ", path.as_bytes()]);
        put(&[b" HTTP/1.1\r\nhost: ", self.host.as_bytes()]);
        if !headers.contains_key(header::ACCEPT) {
            put(&[b"\r\naccept: */*"]);
        }
        let length = length.to_string();
        put(&[b"\r\naccept-encoding: identity\r\nuser-agent: ", USER_AGENT.as_bytes()]);
        put(&[b"\r\ncontent-length: ", length.as_bytes(), b"\r\n"]);
        for (name, value) in headers {
            put(&[name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"]);
        }
        put(&[b"\r\n"]);
        head
    }

    async fn open(
        &self,
        names: &Arc<Names>,
        addresses: &[std::net::SocketAddr],
        trace: &mut Trace,
    ) -> Result<Connection, Broken> {
        let deadline = Instant::now() + CONNECT_TIMEOUT;
        let host = &self.origin.host;
        let tls = match &self.tls {
            None => None,
            Some(tls) => {
                let name = host.trim_start_matches('[').trim_end_matches(']');
                let name = ServerName::try_from(name.to_owned()).map_err(|_| Broken::Name)?;
                Some((tls.connector.clone(), name))
            }
        };
        let tcp = match &self.proxy {
            Some(proxy) => proxy.open(names, addresses, deadline, trace).await,
            None => connection::connect(addresses, deadline, trace).await,
        }
        .map_err(Broken::Io)?;
        let peer = tcp.peer_addr().map_err(Broken::Io)?;
        Connection::new(tcp, peer, tls, self.proxy.is_some()).await.map_err(Broken::Io)
    }
}

/// Sends a request for the path and query of `url` to the target, and once more on a new connection where a kept-alive one turns out to have
/// been closed by the endpoint. Everything ends within `limit`.
pub(super) async fn send(
    target: &Target,
    network: &Network,
    url: &Url,
    headers: &HeaderMap,
    body: &[u8],
    limit: Duration,
) -> Outcome {
    let deadline = Instant::now() + limit;
    let mut output = Output::new(target.head(url, headers, body.len()), body);
    let (mut answer, mut trace) = (Answer::default(), Trace::new());
    let mut reconnected = false;
    let transfer =
        transfer(target, network, &mut output, &mut answer, &mut trace, &mut reconnected);
    let ended = timeout_at(deadline.into(), transfer).await.unwrap_or(Err(Broken::Timeout));
    let mut outcome = Outcome { reconnected, ..Outcome::default() };
    outcome.address = trace.peer.map(|peer| peer.to_string());
    let Some(status) = answer.status() else {
        let (_, _, no_status) = answer.into_parts();
        let broken = match (ended, no_status) {
            (Ok(()), Some(no_status))
            | (Err(Broken::Io(_)), Some(no_status @ NoStatus::Protocol(_))) => {
                Broken::Answer(no_status)
            }
            (Ok(()), None) => Broken::Answer(NoStatus::Ended),
            (Err(broken), _) => broken,
        };
        outcome.failure = Some(describe(&broken, trace.phase));
        return outcome;
    };
    if let Err(Broken::Timeout) = ended {
        let what = if answer.is_done() {
            "the endpoint did not take the rest of the request in time"
        } else {
            "the rest of the answer did not come in time"
        };
        answer.note("timeout", what);
        answer.end();
    }
    outcome.status = Some(status);
    outcome.failure = judge_status(status, answer.has_header("location"));
    outcome.headers = answer.kept_headers();
    (outcome.body, outcome.remark, _) = answer.into_parts();
    outcome
}

async fn transfer(
    target: &Target,
    network: &Network,
    output: &mut Output<'_>,
    answer: &mut Answer,
    trace: &mut Trace,
    reconnected: &mut bool,
) -> Result<(), Broken> {
    trace.phase = Phase::Resolve;
    let Origin { host, port, .. } = &target.origin;
    let addresses =
        resolve(&network.names, &target.guard, host, *port).await.map_err(Broken::Address)?;
    // Judged once more: the guard may have been another one when it was opened.
    let may_go =
        |kept: &Connection| kept.proxied || target.guard.check_address(host, kept.peer).is_ok();
    if let Some(mut kept) = network.kept.take(&target.origin, may_go) {
        (trace.peer, trace.reused) = (Some(kept.peer), true);
        let ended = exchange(&mut kept.stream, output, answer, trace).await;
        if !was_stale(&ended, answer) {
            keep(target, network, kept, output, answer);
            return ended.map_err(Broken::Io);
        }
        *reconnected = true;
        *answer = Answer::default();
        output.rewind();
    }
    trace.phase = Phase::Connect;
    trace.reused = false;
    let mut opened = open(target, network, &addresses, trace).await;
    if let Err(Broken::Io(error)) = &opened
        && is_out_of_descriptors(error)
    {
        network.kept.clear();
        opened = open(target, network, &addresses, trace).await;
    }
    let mut connection = opened?;
    let ended = exchange(&mut connection.stream, output, answer, trace).await;
    keep(target, network, connection, output, answer);
    ended.map_err(Broken::Io)
}

async fn open(
    target: &Target,
    network: &Network,
    addresses: &[std::net::SocketAddr],
    trace: &mut Trace,
) -> Result<Connection, Broken> {
    let opening = target.open(&network.names, addresses, trace);
    timeout(CONNECT_TIMEOUT, opening).await.unwrap_or(Err(Broken::Timeout))
}

/// Keeps a connection for the next request, where nothing speaks against it.
fn keep(
    target: &Target,
    network: &Network,
    connection: Connection,
    output: &Output<'_>,
    answer: &Answer,
) {
    if output.is_through()
        && answer.is_persistent()
        && network.kept.put(&target.origin, connection, network.most_kept)
    {
        keep_swept(network);
    }
}

/// A kept-alive connection that the endpoint closed while the request was on its way.
fn was_stale(ended: &io::Result<()>, answer: &Answer) -> bool {
    !answer.has_begun() && ended.as_ref().map_or_else(is_closing, |()| answer.status().is_none())
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

fn is_out_of_descriptors(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE))
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

/// Turns what happened into a code and a sentence.
fn describe(broken: &Broken, phase: Phase) -> Failure {
    let (code, message) = match broken {
        Broken::Timeout | Broken::Address(NoAddress::Name(NameError::Timeout)) => {
            ("timeout", format!("no answer in time ({})", in_words(phase)))
        }
        Broken::Address(NoAddress::Name(NameError::NotFound(said))) => {
            ("name_not_found", format!("the name has no address: {said}"))
        }
        Broken::Address(NoAddress::Name(NameError::NoThread(said))) => {
            ("internal", format!("no thread can be started to look the name up: {said}"))
        }
        Broken::Address(NoAddress::Refused(refusal)) => (ADDRESS_REFUSED, refusal.to_string()),
        Broken::Name => ("tls", "the host is no name that a certificate can have".to_owned()),
        Broken::Io(error) => return describe_io(error, phase),
        Broken::Answer(NoStatus::Protocol(what)) => {
            ("protocol", format!("the answer is not HTTP/1.1: {what}"))
        }
        Broken::Answer(NoStatus::TooLarge) => {
            ("too_large", format!("the answer's headers exceed {MAX_BEFORE_STATUS} bytes"))
        }
        Broken::Answer(NoStatus::Ended) => {
            ("reset", format!("the endpoint closed the connection ({})", in_words(phase)))
        }
    };
    failure(phase, code, message)
}

fn describe_io(error: &io::Error, phase: Phase) -> Failure {
    if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return match tls {
            rustls::Error::InvalidCertificate(reason) => {
                let reason = untrusted(reason);
                failure(phase, "certificate", format!("the certificate is not trusted: {reason}"))
            }
            other => failure(phase, "tls", format!("TLS failed: {other}")),
        };
    }
    let (code, message) = match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            ("refused", "the endpoint refuses connections".to_owned())
        }
        io::ErrorKind::TimedOut => ("timeout", format!("no answer in time ({})", in_words(phase))),
        _ if is_closing(error) => {
            ("reset", format!("the endpoint closed the connection ({})", in_words(phase)))
        }
        _ => ("io", error.to_string()),
    };
    failure(phase, code, message)
}

/// Why a certificate is not trusted. What `openssl req -x509` makes is an authority's, which no
/// client but a few (curl is one) takes as an endpoint's own, and the library has no words for it.
fn untrusted(reason: &rustls::CertificateError) -> String {
    match reason {
        rustls::CertificateError::Other(other)
            if format!("{other:?}").contains("CaUsedAsEndEntity") =>
        {
            "it says that it is an authority's (CA:TRUE); make one for the endpoint, with \
             basicConstraints=CA:FALSE, and have ca_file name that or its authority"
                .to_owned()
        }
        other => other.to_string(),
    }
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
