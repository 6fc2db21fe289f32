//! Connections of our own below ureq: it keeps the protocol, timeouts and pool, we open the
//! socket.
//!
//! What ureq's own connectors don't give: the address connected to, also of a pooled
//! connection; whether it was pooled, and whether a byte of the response arrived (a kept-alive
//! connection that the endpoint has closed is tried again on a new one); a second judgement of
//! the address before a connection is used again; trust in the system's roots *and* a CA file,
//! built once for all; headers and body in one write; and no buffers on idle connections.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::net::RecvFlags;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use ureq::Error;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

use super::buffers::WireBuffers;
use super::guard::Guard;
use super::proxy::Proxy;
use super::resolve::Names;
use super::trace;
use crate::attempt::Phase;

/// Longest time to open a connection, TLS included.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Age at which a connection is not used again: its name may lead elsewhere by now.
pub const MAX_AGE: Duration = Duration::from_secs(60);
/// A socket's timeout is set in steps of this, so that it is set once and not at every read.
/// It is the most by which a timeout can be late.
const TIMEOUT_STEP: Duration = Duration::from_millis(250);

/// Opens connections for one webhook.
pub(super) struct WireConnector {
    pub(super) guard: Arc<Guard>,
    pub(super) names: Arc<Names>,
    /// Trust, where the URL is `https:`.
    pub(super) tls: Option<Arc<ClientConfig>>,
    pub(super) proxy: Option<Arc<Proxy>>,
}

impl fmt::Debug for WireConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WireConnector").finish_non_exhaustive()
    }
}

impl Connector for WireConnector {
    type Out = Wire;

    fn connect(&self, details: &ConnectionDetails, _: Option<()>) -> Result<Option<Wire>, Error> {
        trace::update(|trace| {
            trace.phase = Phase::Connect;
            trace.fresh_only = false;
        });
        let deadline = Instant::now() + *details.timeout.after;
        let timed = |error: io::Error| from_io(error, details.timeout);
        let host = details.uri.host().ok_or_else(|| Error::BadUri("no host".into()))?;
        let proxy = self.proxy.as_ref().filter(|proxy| !proxy.is_bypassed(host));
        let mut socket = match proxy {
            Some(proxy) => proxy.open(&self.names, &details.addrs, deadline).map_err(timed)?,
            None => Socket::open(&details.addrs, deadline).map_err(timed)?,
        };
        let peer = socket.peer;
        let stream = if details.needs_tls() {
            let tls = self.tls.as_ref().ok_or(Error::TlsRequired)?;
            let name = host.trim_start_matches('[').trim_end_matches(']');
            let name = ServerName::try_from(name.to_owned())
                .map_err(|_| Error::Tls("the host is no name that a certificate can have"))?;
            let mut session = ClientConnection::new(Arc::clone(tls), name)
                .map_err(|error| Error::Io(io::Error::other(error)))?;
            while session.is_handshaking() {
                session.complete_io(&mut socket).map_err(timed)?;
            }
            Stream::Tls(Box::new(StreamOwned::new(session, socket)))
        } else {
            Stream::Plain(socket)
        };
        Ok(Some(Wire {
            stream,
            buffers: WireBuffers::default(),
            peer,
            host: host.into(),
            // What is behind a proxy was judged by the resolver; the proxy itself is exempt.
            guard: proxy.is_none().then(|| Arc::clone(&self.guard)),
            born: Instant::now(),
            requests: 0,
            waiting: false,
        }))
    }
}

/// A connection as ureq sees it.
pub(super) struct Wire {
    stream: Stream,
    buffers: WireBuffers,
    peer: SocketAddr,
    host: Box<str>,
    guard: Option<Arc<Guard>>,
    born: Instant,
    /// Requests begun on it.
    requests: u32,
    /// The last thing done was reading: what is sent next begins another request.
    waiting: bool,
}

enum Stream {
    Plain(Socket),
    Tls(Box<StreamOwned<ClientConnection, Socket>>),
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("peer", &self.peer).finish_non_exhaustive()
    }
}

impl Wire {
    fn socket(&mut self) -> &mut Socket {
        match &mut self.stream {
            Stream::Plain(socket) => socket,
            Stream::Tls(stream) => &mut stream.sock,
        }
    }

    fn flush(&mut self, timeout: NextTimeout) -> Result<(), Error> {
        self.socket().deadline = Instant::now() + *timeout.after;
        let pending = self.buffers.pending();
        let written = match &mut self.stream {
            Stream::Plain(socket) => socket.write_all(pending),
            Stream::Tls(stream) => stream.write_all(pending).and_then(|()| stream.flush()),
        };
        self.buffers.sent();
        written.map_err(|error| from_io(error, timeout))
    }
}

impl Transport for Wire {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    /// Gathers: headers and a body of ordinary size leave in one write, one packet and one TLS
    /// record. ureq reads once all is sent, which is when the rest is flushed.
    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let begins = self.requests == 0 || self.waiting;
        if begins {
            self.requests += 1;
            self.waiting = false;
        }
        let (peer, reused) = (self.peer, self.requests > 1);
        trace::update(|trace| {
            if begins {
                (trace.peer, trace.reused, trace.answered) = (Some(peer), reused, false);
            }
            trace.phase = if begins { Phase::SendRequest } else { Phase::SendBody };
        });
        self.buffers.filled(amount);
        if self.buffers.is_full() { self.flush(timeout) } else { Ok(()) }
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        if !self.buffers.pending().is_empty() {
            self.flush(timeout)?;
        }
        if !self.waiting {
            self.waiting = true;
            trace::enter(Phase::RecvResponse);
        }
        self.socket().deadline = Instant::now() + *timeout.after;
        let room = self.buffers.input_append_buf();
        let read = match &mut self.stream {
            Stream::Plain(socket) => socket.read(room),
            Stream::Tls(stream) => stream.read(room),
        };
        let amount = read.map_err(|error| from_io(error, timeout))?;
        self.buffers.input_appended(amount);
        if amount > 0 {
            trace::update(|trace| trace.answered = true);
        }
        Ok(amount > 0)
    }

    /// Asked before a connection goes into the pool and when it is to leave it again.
    fn is_open(&mut self) -> bool {
        self.buffers.release();
        if trace::fresh_only() || self.born.elapsed() >= MAX_AGE {
            return false;
        }
        let (peer, host) = (self.peer, &self.host);
        if self.guard.as_ref().is_some_and(|guard| guard.judge(host, peer).is_err()) {
            return false;
        }
        self.socket().is_quiet()
    }

    fn is_tls(&self) -> bool {
        matches!(self.stream, Stream::Tls(_))
    }
}

/// A TCP connection whose reads and writes end at a deadline.
pub(super) struct Socket {
    tcp: TcpStream,
    peer: SocketAddr,
    pub(super) deadline: Instant,
    read_timeout: Duration,
    write_timeout: Duration,
}

impl Socket {
    /// Connects to the first address that answers. Each but the last gets half of the time that
    /// is left, so that one that swallows packets leaves time for the others.
    pub(super) fn open(addresses: &[SocketAddr], deadline: Instant) -> io::Result<Self> {
        let mut failure = io::Error::from(io::ErrorKind::AddrNotAvailable);
        for (i, &peer) in addresses.iter().enumerate() {
            let left = remaining(deadline)?;
            let budget = if i + 1 == addresses.len() { left } else { left / 2 };
            trace::update(|trace| trace.peer = Some(peer));
            match TcpStream::connect_timeout(&peer, budget) {
                Ok(tcp) => {
                    tcp.set_nodelay(true)?;
                    let (read_timeout, write_timeout) = (Duration::ZERO, Duration::ZERO);
                    return Ok(Self { tcp, peer, deadline, read_timeout, write_timeout });
                }
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    /// Whether the connection is open and nothing waits to be read: an idle endpoint has nothing
    /// to say, so bytes (a TLS close notification among them) mean that it is not idle.
    fn is_quiet(&self) -> bool {
        let flags = RecvFlags::PEEK | RecvFlags::DONTWAIT;
        matches!(rustix::net::recv(&self.tcp, &mut [0_u8; 1], flags), Err(rustix::io::Errno::AGAIN))
    }
}

fn remaining(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}

/// The timeout to set for what remains; also what is left of a deadline in steps.
fn stepped(left: Duration) -> Duration {
    let steps = left.as_nanos().div_ceil(TIMEOUT_STEP.as_nanos());
    TIMEOUT_STEP * u32::try_from(steps).unwrap_or(u32::MAX)
}

fn with_timeout(
    deadline: Instant,
    current: &mut Duration,
    set: impl Fn(Duration) -> io::Result<()>,
    mut act: impl FnMut() -> io::Result<usize>,
) -> io::Result<usize> {
    loop {
        let timeout = stepped(remaining(deadline)?);
        if timeout != *current {
            set(timeout)?;
            *current = timeout;
        }
        match act() {
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
                ) => {}
            done => return done,
        }
    }
}

impl Read for Socket {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let Self { tcp, deadline, read_timeout, .. } = self;
        let set = |timeout| tcp.set_read_timeout(Some(timeout));
        with_timeout(*deadline, read_timeout, set, || (&*tcp).read(buf))
    }
}

impl Write for Socket {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let Self { tcp, deadline, write_timeout, .. } = self;
        let set = |timeout| tcp.set_write_timeout(Some(timeout));
        with_timeout(*deadline, write_timeout, set, || (&*tcp).write(buf))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn from_io(error: io::Error, timeout: NextTimeout) -> Error {
    if error.kind() == io::ErrorKind::TimedOut {
        Error::Timeout(timeout.reason)
    } else {
        error.into()
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// Both ends of an idle connection that has served a request.
    fn idle(allow: &str) -> (Wire, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let deadline = Instant::now() + CONNECT_TIMEOUT;
        let socket = Socket::open(&[listener.local_addr().unwrap()], deadline).unwrap();
        let other_end = listener.accept().unwrap().0;
        let wire = Wire {
            peer: socket.peer,
            stream: Stream::Plain(socket),
            buffers: WireBuffers::default(),
            host: "a.test".into(),
            guard: Some(Arc::new(Guard::new(&[allow.to_owned()], None))),
            born: Instant::now(),
            requests: 1,
            waiting: true,
        };
        trace::begin(false);
        (wire, other_end)
    }

    /// Waits until what the other end did has arrived here.
    fn arrived(wire: &mut Wire) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while wire.socket().is_quiet() && Instant::now() < deadline {
            std::thread::yield_now();
        }
    }

    #[test]
    fn an_idle_connection_can_be_used_again() {
        let (mut wire, _other_end) = idle("127.0.0.1");
        assert!(wire.is_open() && wire.is_open());
    }

    #[test]
    fn one_that_the_endpoint_closed_can_not() {
        let (mut wire, other_end) = idle("127.0.0.1");
        drop(other_end);
        arrived(&mut wire);
        assert!(!wire.is_open());
    }

    #[test]
    fn one_on_which_the_endpoint_went_on_talking_can_not() {
        let (mut wire, mut other_end) = idle("127.0.0.1");
        other_end.write_all(b"HTTP/1.1 408 Request Timeout\r\n\r\n").unwrap();
        arrived(&mut wire);
        assert!(!wire.is_open());
    }

    #[test]
    fn one_that_is_too_old_can_not() {
        let (mut wire, _other_end) = idle("127.0.0.1");
        wire.born = Instant::now().checked_sub(MAX_AGE).unwrap();
        assert!(!wire.is_open());
    }

    #[test]
    fn one_to_an_address_that_is_refused_can_not() {
        let (mut wire, _other_end) = idle("10.0.0.0/8");
        assert!(!wire.is_open());
    }

    #[test]
    fn none_is_used_where_a_fresh_one_is_wanted() {
        let (mut wire, _other_end) = idle("127.0.0.1");
        trace::begin(true);
        assert!(!wire.is_open());
    }

    #[test]
    fn timeouts_are_set_in_steps() {
        let ms = Duration::from_millis;
        for (left, expected) in
            [(1, 250), (250, 250), (251, 500), (14_999, 15_000), (15_000, 15_000)]
        {
            assert_eq!(stepped(ms(left)), ms(expected));
        }
    }
}
