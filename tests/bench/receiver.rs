//! The endpoint that verifies: keeps every request with the time at which it was there, and says
//! afterwards whether signatures, bodies and ids are those that they have to be.
//!
//! Nothing is read of a request but where it ends, nor verified, while time is taken: that would
//! be the machine's time too.

use std::collections::HashMap;
use std::io::{Error, ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::time::{ClockId, clock_gettime};
use serde_json::value::RawValue;

use crate::Result;
use testkit::http::Request;
use testkit::process::wait_for;
use testkit::server::accept;
use testkit::signature::{Key, signers};

/// A request, and when it was there whole (`CLOCK_MONOTONIC`, which is PHP's hrtime).
pub(crate) struct Arrival {
    pub(crate) at: u64,
    pub(crate) bytes: Vec<u8>,
}

impl Arrival {
    pub(crate) fn request(&self) -> Result<Request> {
        Ok(Request::read(&mut &self.bytes[..])?.ok_or("no request")?)
    }
}

/// Where requests get no answer.
const HANGS: &str = "hangs";
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/// More bytes than a request has.
const REQUEST: usize = 5 << 10;

/// See the module. Its threads end with the process.
pub(crate) struct Receiver {
    port: u16,
    arrivals: Arc<Mutex<Arrivals>>,
}

/// One behind the other, in memory that is there before time is taken: to get a new page from
/// the system takes as long as the rest of a request.
struct Arrivals {
    bytes: Vec<u8>,
    /// When each was there, and where it ends.
    each: Vec<(u64, usize)>,
}

impl Arrivals {
    fn new(requests: usize) -> Self {
        let mut bytes = vec![1; requests * REQUEST];
        bytes.clear();
        Self { bytes, each: Vec::with_capacity(requests) }
    }

    fn push(&mut self, at: u64, request: &[u8]) {
        self.bytes.extend_from_slice(request);
        self.each.push((at, self.bytes.len()));
    }

    fn take(&mut self) -> Vec<Arrival> {
        let mut begin = 0;
        let arrivals = self.each.drain(..).map(|(at, end)| {
            let bytes = self.bytes[std::mem::replace(&mut begin, end)..end].to_vec();
            Arrival { at, bytes }
        });
        let arrivals = arrivals.collect();
        self.bytes.clear();
        arrivals
    }
}

impl Receiver {
    /// One that keeps so many requests at a time.
    pub(crate) fn start(requests: usize) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let arrivals = Arc::new(Mutex::new(Arrivals::new(requests)));
        let receiver = Self { port: listener.local_addr()?.port(), arrivals };
        let arrivals = Arc::clone(&receiver.arrivals);
        accept(listener, move |stream| {
            // A worker that ends cuts its connections.
            let _ = converse(&stream, &arrivals);
        });
        Ok(receiver)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// Of a webhook whose every request hangs.
    pub(crate) fn hanging_url(&self) -> String {
        format!("{}{HANGS}", self.url())
    }

    fn arrivals(&self) -> MutexGuard<'_, Arrivals> {
        self.arrivals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until so many requests are there.
    pub(crate) fn wait(&self, count: usize) -> Result {
        Ok(wait_for("the receiver has all requests", || self.arrivals().each.len() >= count)?)
    }

    /// Waits until so many requests are there, and gives them away. To copy them takes time.
    pub(crate) fn take(&self, count: usize) -> Result<Vec<Arrival>> {
        self.wait(count)?;
        Ok(self.arrivals().take())
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        // Its threads go on, without this memory.
        *self.arrivals() = Arrivals::new(0);
    }
}

fn converse(mut stream: &TcpStream, arrivals: &Mutex<Arrivals>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let hangs = format!("POST /{HANGS} ");
    let mut bytes = vec![0; 64 << 10];
    while let Some(length) = read(stream, &mut bytes)? {
        let request = &bytes[..length];
        if request.starts_with(hangs.as_bytes()) {
            // Until the other side gives up.
            return stream.read(&mut [0]).map(drop);
        }
        let mut arrivals = arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        arrivals.push(monotonic_ns(), request);
        drop(arrivals);
        stream.write_all(ANSWER)?;
    }
    Ok(())
}

/// One request, as it came: its length, or `None` where the connection was closed before it. Who
/// sends it waits for the answer, so nothing comes behind it.
fn read(mut stream: &TcpStream, bytes: &mut [u8]) -> std::io::Result<Option<usize>> {
    let mut filled = 0;
    loop {
        let more = stream.read(&mut bytes[filled..])?;
        filled += more;
        match length(&bytes[..filled]) {
            Some(length) if filled >= length => return Ok(Some(length)),
            _ if more > 0 => {}
            _ if filled == 0 => return Ok(None),
            _ => return Err(Error::new(ErrorKind::UnexpectedEof, "cut, or too long")),
        }
    }
}

/// Bytes of the request that begins here, once its head is whole.
pub(crate) fn length(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
    let body = std::str::from_utf8(&bytes[..head]).ok()?.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse::<usize>().ok()).flatten()
    })?;
    Some(head + body)
}

pub(crate) fn monotonic_ns() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec.unsigned_abs() * 1_000_000_000 + now.tv_nsec.unsigned_abs()
}

/// The id of the event of a request that a key signed, and whose body is the event's with this payload.
pub(crate) fn verified<'a>(request: &'a Request, keys: &[Key], data: &str) -> Result<&'a str> {
    #[derive(serde::Deserialize)]
    struct Envelope<'a> {
        id: &'a str,
        #[serde(borrow)]
        data: &'a RawValue,
    }
    let header = |name: &str| request.header(name).unwrap_or_default();
    let (id, timestamp) = (header("webhook-id"), header("webhook-timestamp"));
    let signature = header("webhook-signature");
    if signers(keys, id, timestamp, signature, &request.body).is_none() {
        return Err(format!("a request whose signature is wrong: {id} {signature}").into());
    }
    let envelope: Envelope<'_> = serde_json::from_slice(&request.body)?;
    if envelope.id != id || envelope.data.get() != data {
        return Err(format!("a body that is not the event's: {id}").into());
    }
    Ok(id)
}

/// Checks that these are one request for each of `count` events, each signed with `secret`, with
/// the payload as json_encode() writes it; gives back when each was there.
pub(crate) fn verify(
    arrivals: &[Arrival],
    secret: &str,
    count: usize,
    data: &str,
) -> Result<HashMap<String, u64>> {
    let keys: Vec<_> = Key::of(secret).into_iter().collect();
    let mut at = HashMap::new();
    for arrival in arrivals {
        let request = arrival.request()?;
        if (&*request.method, &*request.path) != ("POST", "/") {
            let Request { method, path, .. } = request;
            return Err(format!("a request that is no POST to /: {method} {path}").into());
        }
        let id = verified(&request, &keys, data)?;
        if at.insert(id.to_owned(), arrival.at).is_some() {
            return Err(format!("{id} was received twice").into());
        }
    }
    if at.len() == count { Ok(at) } else { Err(format!("{} of {count} events", at.len()).into()) }
}
