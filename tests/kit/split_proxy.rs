//! A proxy that sends plain reads to a node which may lag and all else to the one that writes, as
//! ProxySQL, MaxScale and MySQL Router do it: each statement by itself, a transaction as a whole, and
//! what is prepared is prepared on both. It knows as much of MySQL's protocol as that takes: users
//! without a password, no compression, no TLS, packets below 16 MiB.

use std::collections::HashMap;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// Of a client's capabilities: no packet between the parts of an answer.
const DEPRECATE_EOF: u32 = 1 << 24;
/// A packet with more is one of several.
const LARGEST: usize = 0xff_ffff;

/// Commands of the protocol.
const QUIT: u8 = 0x01;
const QUERY: u8 = 0x03;
const PREPARE: u8 = 0x16;
const EXECUTE: u8 = 0x17;
const LONG_DATA: u8 = 0x18;
const CLOSE: u8 = 0x19;
const RESET: u8 = 0x1a;

/// Runs until the process ends.
pub struct SplitProxy {
    /// Where it listens, on loopback.
    pub port: u16,
    reads: Arc<AtomicU64>,
}

impl SplitProxy {
    /// Starts one before these two ports of loopback: where writes go, and where plain reads go.
    ///
    /// # Errors
    /// Where no port is free.
    pub fn start(writes: u16, reads: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let counted = Arc::<AtomicU64>::default();
        let proxy = Self { port, reads: Arc::clone(&counted) };
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let counted = Arc::clone(&counted);
                thread::spawn(move || {
                    let Some(mut way) = Way::begin(client, [writes, reads], counted) else {
                        return;
                    };
                    while way.carry().is_some() {}
                });
            }
        });
        Ok(proxy)
    }

    /// How many reads went elsewhere than writes.
    pub fn reads(&self) -> u64 {
        self.reads.load(Ordering::SeqCst)
    }
}

/// One of the two nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum To {
    Writes,
    Reads,
}

/// Whether an answer is for the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tell {
    Client,
    Nobody,
}

/// What was prepared.
#[derive(Debug, Clone, Copy)]
struct Prepared {
    /// Its id where reads go.
    id: u32,
    is_read: bool,
}

/// One client's way. It ends where any of the three ends.
struct Way {
    client: TcpStream,
    writes: TcpStream,
    reads: TcpStream,
    has_eof: bool,
    is_in_transaction: bool,
    /// By the id that the client knows, which is that of where writes go.
    prepared: HashMap<u32, Prepared>,
    counted: Arc<AtomicU64>,
}

/// A packet with its head.
fn packet(from: &mut TcpStream) -> Option<Vec<u8>> {
    let mut packet = vec![0; 4];
    from.read_exact(&mut packet).ok()?;
    let length = number(&packet[..3]) as usize;
    packet.resize(4 + length, 0);
    from.read_exact(&mut packet[4..]).ok()?;
    (length < LARGEST).then_some(packet)
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

/// Whether a statement only reads.
fn is_read(sql: &str) -> bool {
    let reads = sql.trim_start_matches('(').starts_with("SELECT");
    reads && !sql.contains("FOR UPDATE") && !sql.contains("LOCK IN SHARE MODE")
}

impl Way {
    fn begin(mut client: TcpStream, ports: [u16; 2], counted: Arc<AtomicU64>) -> Option<Self> {
        let [mut writes, mut reads] = [
            TcpStream::connect((Ipv4Addr::LOCALHOST, ports[0])).ok()?,
            TcpStream::connect((Ipv4Addr::LOCALHOST, ports[1])).ok()?,
        ];
        for stream in [&client, &writes, &reads] {
            stream.set_nodelay(true).ok()?;
        }
        client.write_all(&packet(&mut writes)?).ok()?;
        packet(&mut reads)?;
        // Without a password the answer is the same to both.
        let answer = packet(&mut client)?;
        let has_eof = number(answer.get(4..8)?) & DEPRECATE_EOF == 0;
        writes.write_all(&answer).ok()?;
        reads.write_all(&answer).ok()?;
        client.write_all(&packet(&mut writes)?).ok()?;
        (packet(&mut reads)?.get(4) == Some(&0)).then_some(())?;
        let (is_in_transaction, prepared) = (false, HashMap::new());
        Some(Self { client, writes, reads, has_eof, is_in_transaction, prepared, counted })
    }

    fn node(&mut self, to: To) -> &mut TcpStream {
        match to {
            To::Writes => &mut self.writes,
            To::Reads => &mut self.reads,
        }
    }

    fn send(&mut self, to: To, packet: &[u8]) -> Option<()> {
        self.node(to).write_all(packet).ok()
    }

    /// One more packet of an answer; its first byte says what it is.
    fn next(&mut self, from: To, tell: Tell) -> Option<Vec<u8>> {
        let packet = packet(self.node(from))?;
        if tell == Tell::Client {
            self.client.write_all(&packet).ok()?;
        }
        (packet.len() > 4).then_some(packet)
    }

    /// An answer to its end.
    fn answer(&mut self, from: To, tell: Tell) -> Option<()> {
        let first = self.next(from, tell)?;
        if matches!(first[4], 0x00 | 0xff) {
            return Some(());
        }
        // A MariaDB says behind their number whether the columns follow: a client may know them already.
        let columns = if first.get(5) == Some(&0) { 0 } else { u32::from(first[4]) };
        for _ in 0..columns + u32::from(self.has_eof) {
            self.next(from, tell)?;
        }
        while !matches!(self.next(from, tell)?[4], 0xfe | 0xff) {}
        Some(())
    }

    /// The answer to what was to be prepared: its id; none where it was refused.
    fn await_prepared(&mut self, from: To, tell: Tell) -> Option<Option<u32>> {
        let first = self.next(from, tell)?;
        if first[4] != 0 {
            return Some(None);
        }
        for count in [number(first.get(11..13)?), number(first.get(9..11)?)] {
            let packets = if count > 0 { count + u32::from(self.has_eof) } else { 0 };
            for _ in 0..packets {
                self.next(from, tell)?;
            }
        }
        Some(Some(number(first.get(5..9)?)))
    }

    /// A command about something prepared, as the node of reads knows it.
    fn of_reads(&self, command: &[u8]) -> Option<Vec<u8>> {
        let known = self.prepared.get(&number(command.get(5..9)?))?;
        let mut command = command.to_vec();
        command[5..9].copy_from_slice(&known.id.to_le_bytes());
        Some(command)
    }

    /// Carries one command, with its answer.
    fn carry(&mut self) -> Option<()> {
        let command = packet(&mut self.client)?;
        let text = String::from_utf8_lossy(command.get(5..)?).into_owned();
        match command[4] {
            QUIT => None,
            QUERY if text.starts_with("SET") => {
                self.send(To::Reads, &command)?;
                self.answer(To::Reads, Tell::Nobody)?;
                self.send(To::Writes, &command)?;
                self.answer(To::Writes, Tell::Client)
            }
            QUERY => {
                let to = self.way_of(is_read(&text));
                self.is_in_transaction |= text == "START TRANSACTION" || text == "BEGIN";
                self.is_in_transaction &= text != "COMMIT" && text != "ROLLBACK";
                self.send(to, &command)?;
                self.answer(to, Tell::Client)
            }
            PREPARE => {
                self.send(To::Reads, &command)?;
                let there = self.await_prepared(To::Reads, Tell::Nobody)?;
                self.send(To::Writes, &command)?;
                let here = self.await_prepared(To::Writes, Tell::Client)?;
                if let (Some(here), Some(id)) = (here, there) {
                    self.prepared.insert(here, Prepared { id, is_read: is_read(&text) });
                }
                Some(())
            }
            EXECUTE => {
                let known = self.prepared.get(&number(command.get(5..9)?)).copied();
                let to = self.way_of(known.is_some_and(|known| known.is_read));
                let command = if to == To::Reads { self.of_reads(&command)? } else { command };
                self.send(to, &command)?;
                self.answer(to, Tell::Client)
            }
            LONG_DATA | CLOSE => {
                if let Some(command) = self.of_reads(&command) {
                    self.send(To::Reads, &command)?;
                }
                if command[4] == CLOSE {
                    self.prepared.remove(&number(command.get(5..9)?));
                }
                self.send(To::Writes, &command)
            }
            RESET => {
                if let Some(command) = self.of_reads(&command) {
                    self.send(To::Reads, &command)?;
                    self.answer(To::Reads, Tell::Nobody)?;
                }
                self.send(To::Writes, &command)?;
                self.answer(To::Writes, Tell::Client)
            }
            _ => {
                self.send(To::Writes, &command)?;
                self.answer(To::Writes, Tell::Client)
            }
        }
    }

    /// Where a statement goes.
    fn way_of(&self, is_read: bool) -> To {
        if !is_read || self.is_in_transaction {
            return To::Writes;
        }
        self.counted.fetch_add(1, Ordering::SeqCst);
        To::Reads
    }
}
