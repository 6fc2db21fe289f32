//! Endpoints that are as far away as real ones: thousands of requests are under way to them at once.
#![allow(dead_code, unreachable_pub, reason = "no test binary uses all of it")]

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

const ANSWER: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";

/// What is known of all of them.
#[derive(Default)]
struct Seen {
    /// How long an answer takes, in milliseconds.
    takes: AtomicU64,
    under_way: AtomicUsize,
    most_under_way: AtomicUsize,
    opened: AtomicUsize,
    connections: AtomicUsize,
    most_connections: AtomicUsize,
    /// By path and `webhook-id`.
    received: Mutex<HashMap<(String, String), usize>>,
}

/// One listener for all loopback addresses. Its thread ends with the process.
pub struct Far {
    port: u16,
    seen: Arc<Seen>,
}

impl Far {
    /// Endpoints that answer after so many milliseconds.
    pub fn answering_after(ms: u64) -> Self {
        let seen = Arc::new(Seen { takes: AtomicU64::new(ms), ..Seen::default() });
        let ours = Arc::clone(&seen);
        let (tell, port) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_io()
                .enable_time()
                .build()
                .expect("an event loop");
            runtime.block_on(async {
                let socket = TcpSocket::new_v4().expect("a socket");
                socket.bind(([0, 0, 0, 0], 0).into()).expect("a port");
                let listener = socket.listen(4096).expect("a queue");
                let _ = tell.send(listener.local_addr().expect("an address").port());
                loop {
                    let Ok((stream, _)) = listener.accept().await else { continue };
                    let seen = Arc::clone(&ours);
                    tokio::spawn(async move {
                        seen.opened.fetch_add(1, Ordering::SeqCst);
                        let now = seen.connections.fetch_add(1, Ordering::SeqCst) + 1;
                        seen.most_connections.fetch_max(now, Ordering::SeqCst);
                        let _ = converse(stream, &seen).await;
                        seen.connections.fetch_sub(1, Ordering::SeqCst);
                    });
                }
            });
        });
        Self { port: port.recv().expect("it listens"), seen }
    }

    /// The URL of the `number`th endpoint, each at an address of its own.
    pub fn url(&self, number: usize) -> String {
        format!("http://127.3.{}.{}:{}/{number}", number / 250, number % 250 + 1, self.port)
    }

    /// From now on an answer takes so long.
    pub fn answer_after(&self, ms: u64) {
        self.seen.takes.store(ms, Ordering::SeqCst);
    }

    /// Requests that are waiting for their answers.
    pub fn under_way(&self) -> usize {
        self.seen.under_way.load(Ordering::SeqCst)
    }

    /// Most of them that there were at once.
    pub fn most_under_way(&self) -> usize {
        self.seen.most_under_way.load(Ordering::SeqCst)
    }

    /// How many connections were ever opened.
    pub fn opened(&self) -> usize {
        self.seen.opened.load(Ordering::SeqCst)
    }

    /// Most connections that there were at once.
    pub fn most_connections(&self) -> usize {
        self.seen.most_connections.load(Ordering::SeqCst)
    }

    /// How many different deliveries came, and how many requests too many.
    pub fn received(&self) -> (usize, usize) {
        let received = self.seen.received.lock().unwrap_or_else(PoisonError::into_inner);
        (received.len(), received.values().sum::<usize>() - received.len())
    }
}

async fn converse(mut stream: TcpStream, seen: &Seen) -> io::Result<()> {
    let mut bytes = Vec::with_capacity(2048);
    loop {
        let end = loop {
            if let Some(end) = end_of(&bytes).filter(|end| *end <= bytes.len()) {
                break end;
            }
            if stream.read_buf(&mut bytes).await? == 0 {
                return Ok(());
            }
        };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        bytes.drain(..end);
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let id = field(&head, "webhook-id").unwrap_or_default().to_owned();
        let mut received = seen.received.lock().unwrap_or_else(PoisonError::into_inner);
        *received.entry((path, id)).or_default() += 1;
        drop(received);
        let now = seen.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        seen.most_under_way.fetch_max(now, Ordering::SeqCst);
        let takes = Duration::from_millis(seen.takes.load(Ordering::SeqCst));
        // Whoever goes away meanwhile is not under way any more.
        let gone = tokio::time::timeout(takes, stream.readable()).await;
        seen.under_way.fetch_sub(1, Ordering::SeqCst);
        if gone.is_ok() && stream.try_read_buf(&mut bytes).is_ok_and(|read| read == 0) {
            return Ok(());
        }
        stream.write_all(ANSWER).await?;
    }
}

/// Where the request that begins here ends, once its head is whole.
fn end_of(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
    let length = field(std::str::from_utf8(&bytes[..head]).ok()?, "content-length")?;
    Some(head + length.parse::<usize>().ok()?)
}

fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}
