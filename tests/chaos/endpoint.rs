//! The endpoints: a port for each webhook, in whichever mood it is.
//!
//! Whatever the mood, a request that came in whole is judged: its signature, its body, whether
//! it is one of this webhook's. Accepted is what was answered with 2xx to the end.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rustix::net::{AddressFamily, SocketType, sockopt};

use crate::test_webhooks;
use testkit::http::Request;
use testkit::payload::{self, Number};
use testkit::signature::{Key, signers};

/// How often an endpoint looks at its mood.
const TICK: Duration = Duration::from_millis(10);

/// Longer than the webhooks' timeout.
const HANG: Duration = Duration::from_secs(2);

/// How an endpoint behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Well,
    /// Nobody listens.
    Refuse,
    /// No answer for two seconds, then a closed connection.
    Hang,
    /// RST once the request is in.
    Reset,
    /// RST in the middle of the request's body.
    ResetInBody,
    Status(u16),
    /// Bytes that are no HTTP.
    Garbage,
    /// 200, and half of the body that it announces.
    CloseMidBody,
}

/// The bad ones that pass.
pub(crate) const MOODS: [Mood; 9] = [
    Mood::Refuse,
    Mood::Hang,
    Mood::Reset,
    Mood::ResetInBody,
    Mood::Status(500),
    Mood::Status(429),
    Mood::Status(302),
    Mood::Garbage,
    Mood::CloseMidBody,
];

/// A request that came in whole.
#[derive(Debug, Clone)]
pub(crate) struct Receipt {
    pub(crate) webhook: &'static str,
    pub(crate) id: String,
    pub(crate) number: Number,
    /// Answered with 2xx.
    pub(crate) accepted: bool,
    /// What is wrong with it.
    pub(crate) fault: Option<String>,
    /// Which of the webhook's secrets signed it, in the order in which they were made.
    pub(crate) signers: Vec<usize>,
}

struct Shared {
    seed: u64,
    keys: Mutex<HashMap<&'static str, Vec<Key>>>,
    receipts: Mutex<Receipts>,
}

struct Receipts {
    list: Vec<Receipt>,
    /// `received.txt`: a line for each accepted request, and for each that is not as it should.
    file: File,
}

struct Door {
    port: u16,
    mood: Arc<Mutex<(Mood, Option<Instant>)>>,
    /// Bound and never listening: while nobody listens, nobody else gets the port.
    _reservation: OwnedFd,
}

pub(crate) struct Endpoints {
    doors: HashMap<&'static str, Door>,
    shared: Arc<Shared>,
}

impl Endpoints {
    /// Opens an endpoint for each of `webhooks`; what they accept is written to `file`.
    pub(crate) fn open(
        seed: u64,
        webhooks: impl Iterator<Item = &'static str>,
        file: &Path,
    ) -> io::Result<Self> {
        let receipts = Mutex::new(Receipts { list: Vec::new(), file: File::create(file)? });
        let shared = Arc::new(Shared { seed, keys: Mutex::default(), receipts });
        let mut doors = HashMap::new();
        for webhook in webhooks {
            let reservation = bind(0)?;
            let port = SocketAddrV4::try_from(rustix::net::getsockname(&reservation)?)?.port();
            let mood = Arc::new(Mutex::new((Mood::Well, None)));
            let door = Door { port, mood: Arc::clone(&mood), _reservation: reservation };
            doors.insert(webhook, door);
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || listen(webhook, port, &mood, &shared));
        }
        Ok(Self { doors, shared })
    }

    pub(crate) fn url(&self, webhook: &str) -> String {
        self.doors
            .get(webhook)
            .map_or_else(String::new, |door| format!("http://127.0.0.1:{}/{webhook}", door.port))
    }

    /// Sets an endpoint's mood, for a time or for good.
    pub(crate) fn set(&self, webhook: &str, mood: Mood, lasts: Option<Duration>) {
        if let Some(door) = self.doors.get(webhook) {
            *door.mood.lock() = (mood, lasts.map(|lasts| Instant::now() + lasts));
        }
    }

    /// From now on a webhook's requests may be signed with these (newest first).
    pub(crate) fn know(&self, webhook: &'static str, secrets: &[String]) {
        let keys = secrets.iter().rev().filter_map(|secret| Key::of(secret)).collect();
        self.shared.keys.lock().insert(webhook, keys);
    }

    pub(crate) fn receipts(&self) -> Vec<Receipt> {
        self.shared.receipts.lock().list.clone()
    }
}

/// A socket bound to a port of loopback (0: any) that others may be bound to as well.
fn bind(port: u16) -> io::Result<OwnedFd> {
    let socket = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None)?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    sockopt::set_socket_reuseport(&socket, true)?;
    rustix::net::bind(&socket, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, port))?;
    Ok(socket)
}

fn now(mood: &Mutex<(Mood, Option<Instant>)>) -> Mood {
    let mut mood = mood.lock();
    if mood.1.is_some_and(|until| until <= Instant::now()) {
        *mood = (Mood::Well, None);
    }
    mood.0
}

/// Listens whenever the mood allows, for as long as the process lives.
fn listen(
    webhook: &'static str,
    port: u16,
    mood: &Arc<Mutex<(Mood, Option<Instant>)>>,
    shared: &Arc<Shared>,
) {
    loop {
        if now(mood) == Mood::Refuse {
            std::thread::sleep(TICK);
            continue;
        }
        let listener = bind(port).and_then(|socket| {
            rustix::net::listen(&socket, 128)?;
            Ok(TcpListener::from(socket))
        });
        let Ok(listener) = listener else { continue };
        if listener.set_nonblocking(true).is_err() {
            continue;
        }
        while now(mood) != Mood::Refuse {
            let Ok((stream, _)) = listener.accept() else {
                std::thread::sleep(TICK);
                continue;
            };
            let (mood, shared) = (Arc::clone(mood), Arc::clone(shared));
            std::thread::spawn(move || {
                // A worker that is killed in the middle is what this is about.
                let _ = converse(webhook, &stream, &mood, &shared);
            });
        }
    }
}

fn converse(
    webhook: &'static str,
    stream: &TcpStream,
    mood: &Mutex<(Mood, Option<Instant>)>,
    shared: &Shared,
) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut reader = BufReader::new(stream);
    loop {
        if now(mood) == Mood::ResetInBody {
            let _ = reader.read(&mut [0; 64])?;
            return reset(stream);
        }
        let Some(request) = Request::read(&mut reader)? else { return Ok(()) };
        let mood = now(mood);
        // Before the answer: what the worker calls delivered has to stand here already. A 2xx is
        // one, whatever becomes of the body behind it.
        let accepts = matches!(mood, Mood::Well | Mood::CloseMidBody);
        shared.take(examine(webhook, &request, shared, accepts))?;
        match mood {
            Mood::Well => answer(stream, "200 OK", "Thank you.\n")?,
            Mood::Status(429) => answer(stream, "429 Later\r\nRetry-After: 1", "Later.\n")?,
            Mood::Status(302) => answer(stream, "302 Found\r\nLocation: http://127.0.0.1/", "")?,
            Mood::Status(status) => answer(stream, &format!("{status} No"), "No, thank you.\n")?,
            Mood::Garbage => return (&*stream).write_all(&[0xff, 0, b'\n', 0x80].repeat(50)),
            Mood::CloseMidBody => {
                return (&*stream)
                    .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nThank");
            }
            Mood::Hang => {
                std::thread::sleep(HANG);
                return Ok(());
            }
            Mood::Reset | Mood::ResetInBody | Mood::Refuse => return reset(stream),
        }
    }
}

fn answer(mut stream: &TcpStream, head: &str, body: &str) -> io::Result<()> {
    let length = body.len();
    let answer = format!("HTTP/1.1 {head}\r\nContent-Length: {length}\r\n\r\n{body}");
    stream.write_all(answer.as_bytes())
}

/// Closes with RST instead of FIN.
fn reset(stream: &TcpStream) -> io::Result<()> {
    sockopt::set_socket_linger(stream, Some(Duration::ZERO))?;
    Ok(())
}

impl Shared {
    fn take(&self, receipt: Receipt) -> io::Result<()> {
        let mut receipts = self.receipts.lock();
        if receipt.accepted || receipt.fault.is_some() {
            let finding = if receipt.fault.is_none() { "valid" } else { "invalid" };
            writeln!(receipts.file, "{} {finding}", receipt.id)?;
        }
        receipts.list.push(receipt);
        Ok(())
    }
}

fn examine(webhook: &'static str, request: &Request, shared: &Shared, accepted: bool) -> Receipt {
    let header = |name: &str| request.header(name).unwrap_or_default();
    let id = header("webhook-id").to_owned();
    let mut receipt =
        Receipt { webhook, id, number: (0, 0), accepted, fault: None, signers: Vec::new() };
    let keys = shared.keys.lock();
    let keys = keys.get(webhook).map(Vec::as_slice).unwrap_or_default();
    let (timestamp, signatures) = (header("webhook-timestamp"), header("webhook-signature"));
    match signers(keys, &receipt.id, timestamp, signatures, &request.body) {
        Some(signers) => receipt.signers = signers,
        None => receipt.fault = Some(format!("signature {signatures} at {timestamp}")),
    }
    match payload::read(&test_webhooks::names(), shared.seed, webhook, &receipt.id, &request.body) {
        Ok(number) => receipt.number = number,
        Err(fault) => receipt.fault = Some(fault),
    }
    receipt
}
