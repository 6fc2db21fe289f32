//! An endpoint whose outages follow the simulation's clock.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use super::START;
use domain::clock::{Clock, ManualClock};

/// When an endpoint of which webhook is out, in milliseconds after the start.
pub(super) type Outages = Vec<(usize, std::ops::Range<i64>)>;

/// What an endpoint took (2xx), by path.
pub(super) type Taken = Arc<Mutex<BTreeMap<String, Vec<String>>>>;

/// An endpoint on loopback; returns its address. The path `/N` is webhook N's.
pub(super) fn endpoint(
    clock: &Arc<ManualClock>,
    outages: Outages,
    taken: &Taken,
    asked: &Arc<Mutex<Vec<(i64, String)>>>,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let (clock, taken, asked) = (Arc::clone(clock), Arc::clone(taken), Arc::clone(asked));
    let outages = Arc::new(outages);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (clock, taken, asked) =
                (Arc::clone(&clock), Arc::clone(&taken), Arc::clone(&asked));
            let outages = Arc::clone(&outages);
            std::thread::spawn(move || {
                let mut reader = BufReader::new(&stream);
                while let Some((path, id)) = read(&mut reader) {
                    let at = clock.unix_ms() - START;
                    let webhook = path.trim_start_matches('/').parse().unwrap_or(usize::MAX);
                    let out =
                        outages.iter().any(|(who, when)| *who == webhook && when.contains(&at));
                    asked.lock().expect("no panic").push((at, path.clone()));
                    if !out {
                        taken.lock().expect("no panic").entry(path).or_default().push(id);
                    }
                    if answer(&stream, if out { 503 } else { 204 }).is_none() {
                        return;
                    }
                }
            });
        }
    });
    address
}

fn read(reader: &mut impl BufRead) -> Option<(String, String)> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let (mut id, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "webhook-id" => value.clone_into(&mut id),
            "content-length" => length = value.parse().ok()?,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((path, id))
}

fn answer(mut stream: &TcpStream, status: u16) -> Option<()> {
    let answer = format!("HTTP/1.1 {status} Any\r\ncontent-length: 0\r\n\r\n");
    stream.write_all(answer.as_bytes()).ok()
}
