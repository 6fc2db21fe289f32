//! A proxy that sends plain reads to a node which lags, and the rest to the one that writes: real servers,
//! and between them what such proxies do with the protocol (statements are routed one by one, a
//! transaction as a whole, and what is prepared is prepared on both).

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::test_server::TestServer;
use super::{Connection, Endpoint, MysqlStore, Server, migrate};
use crate::conformance::{NOON, attempt, claim, complete, event, ingest};
use crate::{NewDelivery, Next, Origin, State, Store as _, Transaction, Wanted, Written};
use domain::clock::ManualClock;
use domain::id::DeliveryId;

/// A packet whose values end with it: no more metadata behind it.
const DEPRECATE_EOF: u32 = 1 << 24;

/// Commands of the protocol.
const QUIT: u8 = 0x01;
const QUERY: u8 = 0x03;
const PREPARE: u8 = 0x16;
const EXECUTE: u8 = 0x17;
const CLOSE: u8 = 0x19;

/// One client's way.
struct Way {
    client: TcpStream,
    writes: TcpStream,
    lags: TcpStream,
    has_eof: bool,
    is_in_transaction: bool,
    /// By the id that the client knows: the other node's, and whether it is a plain read.
    statements: HashMap<u32, (u32, bool)>,
}

/// A packet with its head.
fn packet(from: &mut TcpStream) -> Option<Vec<u8>> {
    let mut packet = vec![0; 4];
    from.read_exact(&mut packet).ok()?;
    let length = u32::from_le_bytes([packet[0], packet[1], packet[2], 0]) as usize;
    packet.resize(4 + length, 0);
    from.read_exact(&mut packet[4..]).ok()?;
    Some(packet)
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

impl Way {
    fn begin(mut client: TcpStream, ports: [u16; 2]) -> Option<Self> {
        let [mut writes, mut lags] =
            ports.map(|port| TcpStream::connect(("127.0.0.1", port)).unwrap());
        client.write_all(&packet(&mut writes)?).ok()?;
        packet(&mut lags)?;
        // Without a password the answer is the same to both.
        let answer = packet(&mut client)?;
        let has_eof = number(&answer[4..8]) & DEPRECATE_EOF == 0;
        writes.write_all(&answer).ok()?;
        lags.write_all(&answer).ok()?;
        client.write_all(&packet(&mut writes)?).ok()?;
        assert_eq!(packet(&mut lags)?[4], 0, "logged in");
        let (is_in_transaction, statements) = (false, HashMap::new());
        Some(Self { client, writes, lags, has_eof, is_in_transaction, statements })
    }

    /// One more packet of an answer.
    fn next(&mut self, lags: bool, tell: bool) -> Option<Vec<u8>> {
        let packet = packet(if lags { &mut self.lags } else { &mut self.writes })?;
        if tell {
            self.client.write_all(&packet).ok()?;
        }
        Some(packet)
    }

    /// An answer to its end.
    fn answer(&mut self, lags: bool, tell: bool) -> Option<()> {
        let first = self.next(lags, tell)?;
        if matches!(first[4], 0x00 | 0xfe | 0xff) {
            return Some(());
        }
        for _ in 0..u32::from(first[4]) + u32::from(self.has_eof) {
            self.next(lags, tell)?;
        }
        while !matches!(self.next(lags, tell)?[4], 0xfe | 0xff) {}
        Some(())
    }

    /// The answer to what was to be prepared: its id.
    fn prepared(&mut self, lags: bool, tell: bool) -> Option<u32> {
        let first = self.next(lags, tell)?;
        if first[4] != 0 {
            return Some(0);
        }
        for count in
            [number(&first[11..13]), number(&first[9..11])].into_iter().filter(|it| *it > 0)
        {
            for _ in 0..count + u32::from(self.has_eof) {
                self.next(lags, tell)?;
            }
        }
        Some(number(&first[5..9]))
    }

    fn send(&mut self, lags: bool, packet: &[u8]) -> Option<()> {
        let to = if lags { &mut self.lags } else { &mut self.writes };
        to.write_all(packet).ok()
    }

    /// Carries one command.
    fn carry(&mut self) -> Option<()> {
        let mut command = packet(&mut self.client)?;
        let text = String::from_utf8_lossy(&command[5..]).into_owned();
        let is_read = text.starts_with("SELECT");
        match command[4] {
            QUIT => return None,
            QUERY if text.starts_with("SET") => {
                for lags in [false, true] {
                    self.send(lags, &command)?;
                    self.answer(lags, !lags)?;
                }
            }
            PREPARE => {
                self.send(false, &command)?;
                let id = self.prepared(false, true)?;
                self.send(true, &command)?;
                let other = self.prepared(true, false)?;
                self.statements.insert(id, (other, is_read));
            }
            CLOSE => self.send(false, &command)?,
            EXECUTE => {
                let (other, is_read) = self.statements[&number(&command[5..9])];
                let lags = is_read && !self.is_in_transaction;
                if lags {
                    command[5..9].copy_from_slice(&other.to_le_bytes());
                }
                self.send(lags, &command)?;
                self.answer(lags, true)?;
            }
            _ => {
                let lags = command[4] == QUERY && is_read && !self.is_in_transaction;
                self.is_in_transaction |= text == "START TRANSACTION";
                self.is_in_transaction &= !matches!(text.as_str(), "COMMIT" | "ROLLBACK");
                self.send(lags, &command)?;
                self.answer(lags, true)?;
            }
        }
        Some(())
    }
}

/// The proxy's address.
fn proxy(writes: &Server, lags: &Server) -> Server {
    let port = |server: &Server| match server.endpoint {
        Endpoint::Tcp(_, port) => port,
        Endpoint::Socket(_) => unreachable!("a user comes over TCP"),
    };
    let ports = [port(writes), port(lags)];
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let here = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for client in listener.incoming() {
            let Ok(client) = client else { return };
            thread::spawn(move || {
                let Some(mut way) = Way::begin(client, ports) else { return };
                while way.carry().is_some() {}
            });
        }
    });
    Server { endpoint: Endpoint::Tcp("127.0.0.1".into(), here), ..writes.clone() }
}

fn events(connection: &mut Connection) -> u64 {
    let sql = format!("SELECT COUNT(*) FROM {}", connection.server().table("events"));
    connection.rows(&sql, Vec::new()).unwrap()[0]
}

/// Runs a transaction, once: nothing that it read may be old.
fn once<T>(
    store: &mut MysqlStore,
    mut work: impl FnMut(&mut dyn Transaction) -> crate::Result<T>,
) -> T {
    let mut out = None;
    store
        .transaction(&mut |t| {
            out = Some(work(t)?);
            Ok(())
        })
        .unwrap();
    out.unwrap()
}

#[test]
fn what_was_written_is_read_where_it_was_written() {
    let servers = [1, 2].map(|id| TestServer::start(&[&format!("--server-id={id}")]));
    let [writes, lags] =
        [&servers[0], &servers[1]].map(|it| it.database_of_user("worker", "", "ALL ON store.*"));
    // The tables have got there, and nothing since.
    migrate(&mut Connection::open(&lags).unwrap()).unwrap();
    let through = proxy(&writes, &lags);
    let find = through.clone();
    let clock = Arc::new(ManualClock::at(NOON));
    let find = Box::new(move || Ok(find.clone()));
    let mut store = MysqlStore::open_with(find, Origin::example(5, "web1"), clock, false).unwrap();

    let webhook = once(&mut store, |t| t.webhook("crm"));
    for _ in 0..3 {
        let (id, state) = (DeliveryId::at(NOON), State::Pending);
        let new = NewDelivery { id, webhook, state, due: NOON, reason: None, failure: None };
        assert!(once(&mut store, |t| ingest(
            t,
            &event(NOON),
            NOON,
            &[],
            std::slice::from_ref(&new)
        )));
        let wanted = Wanted { webhook, limit: 9, ordered: false };
        let claims = once(&mut store, |t| claim(t, wanted, NOON));
        assert_eq!(claims.iter().map(|claim| claim.id).collect::<Vec<_>>(), [id]);
        let done = attempt(NOON, Next::Delivered);
        assert_eq!(once(&mut store, |t| complete(t, &claims[0], &done, None)), Written::Kept);
        store.look_at_others().unwrap();
    }
    // So much for the worker. A page is read wherever the proxy likes.
    let mut page = Connection::open_for_reading(&through, Duration::from_secs(5)).unwrap();
    assert_eq!(events(&mut page), 0);
    assert_eq!(events(&mut Connection::open(&writes).unwrap()), 3);
    assert_eq!(events(&mut Connection::open(&through).unwrap()), 3);
}
