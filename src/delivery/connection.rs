//! Connections: a socket, TLS on top of it where the URL says so, and whether it can be used
//! again.

use std::io::{self, Read};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use rustix::net::RecvFlags;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::trace::Trace;

/// Longest time to open a connection, TLS included.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Age at which a connection is not used again: its name may lead elsewhere by now.
pub const MAX_AGE: Duration = Duration::from_secs(60);

/// A connection to an endpoint.
pub(super) struct Connection {
    pub(super) stream: Stream,
    pub(super) peer: SocketAddr,
    /// It goes through the proxy, which is exempt from the guard's judgement.
    pub(super) proxied: bool,
    born: Instant,
}

/// What a connection is made of.
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Connection {
    /// A connection over a socket that is open.
    ///
    /// # Errors
    /// Where TLS fails.
    pub(super) async fn new(
        tcp: TcpStream,
        peer: SocketAddr,
        tls: Option<(TlsConnector, ServerName<'static>)>,
        proxied: bool,
    ) -> io::Result<Self> {
        let stream = match tls {
            None => Stream::Plain(tcp),
            Some((tls, name)) => Stream::Tls(Box::new(tls.connect(name, tcp).await?)),
        };
        Ok(Self { stream, peer, proxied, born: Instant::now() })
    }

    /// Whether another request may be sent on it: it is young, open, and nothing came that
    /// nobody asked for. An idle endpoint has nothing to say, so bytes mean that it is closing,
    /// or that the next answer would not be one to our request.
    pub(super) fn is_fit(&mut self) -> bool {
        self.born.elapsed() < MAX_AGE && self.stream.is_quiet()
    }
}

impl Stream {
    fn is_quiet(&mut self) -> bool {
        match self {
            Self::Plain(tcp) => is_quiet(tcp),
            Self::Tls(tls) => {
                let (tcp, session) = tls.get_mut();
                loop {
                    match session.process_new_packets() {
                        Ok(state)
                            if state.plaintext_bytes_to_read() == 0 && !state.peer_has_closed() => {
                        }
                        _ => return false,
                    }
                    if is_quiet(tcp) {
                        return true;
                    }
                    // Bytes of TLS may be a session's ticket, which says nothing.
                    if !matches!(session.read_tls(&mut Waiting(tcp)), Ok(1..)) {
                        return false;
                    }
                }
            }
        }
    }

    pub(super) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(tcp) => Pin::new(tcp).poll_read(cx, buffer),
            Self::Tls(tls) => Pin::new(tls).poll_read(cx, buffer),
        }
    }

    pub(super) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self {
            Self::Plain(tcp) => Pin::new(tcp).poll_write(cx, bytes),
            Self::Tls(tls) => Pin::new(tls).poll_write(cx, bytes),
        }
    }

    /// TLS keeps what it could not write at once.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(_) => Poll::Ready(Ok(())),
            Self::Tls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }
}

/// Whether a socket is open and nothing waits to be read. The system is asked, not tokio, which
/// learns of it only when it looks at all sockets again.
fn is_quiet(tcp: &TcpStream) -> bool {
    let flags = RecvFlags::PEEK | RecvFlags::DONTWAIT;
    matches!(rustix::net::recv(tcp, &mut [0_u8; 1], flags), Err(rustix::io::Errno::AGAIN))
}

/// What waits to be read from a socket.
struct Waiting<'a>(&'a TcpStream);

impl Read for Waiting<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::net::recv(self.0, buffer, RecvFlags::DONTWAIT)?.0)
    }
}

/// Connects to the first address that answers. Each but the last gets half of the time that is
/// left, so that one that swallows packets leaves time for the others.
///
/// # Errors
/// What the last one said.
pub(super) async fn connect(
    addresses: &[SocketAddr],
    deadline: Instant,
    trace: &mut Trace,
) -> io::Result<TcpStream> {
    let mut failure = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for (number, &peer) in (1..).zip(addresses) {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        let budget = if number == addresses.len() { left } else { left / 2 };
        trace.peer = Some(peer);
        match timeout(budget, TcpStream::connect(peer)).await {
            Ok(Ok(tcp)) => {
                tcp.set_nodelay(true)?;
                return Ok(tcp);
            }
            Ok(Err(error)) => failure = error,
            Err(_) => failure = io::ErrorKind::TimedOut.into(),
        }
    }
    Err(failure)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::{self, TcpListener};

    use super::*;
    use crate::io::runtime;

    /// Does `act` with both ends of an idle connection.
    fn idle(act: impl FnOnce(&mut Connection, net::TcpStream)) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let peer = listener.local_addr().unwrap();
        runtime().unwrap().block_on(async {
            let deadline = Instant::now() + CONNECT_TIMEOUT;
            let tcp = connect(&[peer], deadline, &mut Trace::new()).await.unwrap();
            let other_end = listener.accept().unwrap().0;
            act(&mut Connection::new(tcp, peer, None, false).await.unwrap(), other_end);
        });
    }

    /// Waits until what the other end did has arrived here.
    fn arrived(connection: &mut Connection) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while connection.stream.is_quiet() && Instant::now() < deadline {
            std::thread::yield_now();
        }
    }

    #[test]
    fn an_idle_connection_can_be_used_again() {
        idle(|connection, _other_end| assert!(connection.is_fit() && connection.is_fit()));
    }

    #[test]
    fn one_that_the_endpoint_closed_can_not() {
        idle(|connection, other_end| {
            drop(other_end);
            arrived(connection);
            assert!(!connection.is_fit());
        });
    }

    #[test]
    fn one_on_which_the_endpoint_went_on_talking_can_not() {
        idle(|connection, mut other_end| {
            other_end.write_all(b"HTTP/1.1 408 Request Timeout\r\n\r\n").unwrap();
            arrived(connection);
            assert!(!connection.is_fit());
        });
    }

    #[test]
    fn one_that_is_too_old_can_not() {
        idle(|connection, _other_end| {
            connection.born = Instant::now().checked_sub(MAX_AGE).unwrap();
            assert!(!connection.is_fit());
        });
    }
}
