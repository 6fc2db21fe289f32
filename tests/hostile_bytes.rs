//! Bytes from outside that are made to hurt: what endpoints answer, and a journal that somebody
//! damaged on purpose. Neither takes more than 64 MiB and a second of processor time.

mod delivery_server;
mod journal;
mod limits;

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;

use delivery_server::*;
use journal::{Journal, LIMIT, append};
use limits::{delivered_within_limits, within_limits};
use serde_json::json;
use webhooks::clock::SystemClock;
use webhooks::journal::Writer;

/// What a record begins with.
const MAGIC: [u8; 4] = [0xf5, 0xc0, 0xff, 0xc1];

/// Whether an answer is taken as a 2xx, and what came of it is bounded.
fn answered(what: &str, answer: Vec<u8>, in_drips: bool) -> bool {
    let server = Server::raw(move |mut stream| {
        let mut reader = std::io::BufReader::new(stream.try_clone().unwrap());
        let _ = Request::read(&mut reader);
        let _ = stream.set_nodelay(true);
        let pieces = if in_drips { 1 } else { answer.len() };
        for piece in answer.chunks(pieces) {
            if stream.write_all(piece).is_err() {
                return;
            }
        }
        let _ = stream.shutdown(std::net::Shutdown::Write);
        // Until the other side has what it wants.
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    });
    let hook = webhook(&server.url(), json!({"timeout": 60}));
    delivered_within_limits(what, |done| {
        let sender = sender();
        let attempt = sender.send(&hook, &claim(), &SystemClock);
        done();
        assert!(attempt.response_body.len() <= 16 << 10, "{what}");
        let headers: usize = attempt.response_headers.iter().map(|(_, value)| value.len()).sum();
        assert!(headers <= 32 << 10, "{what}");
        attempt.failure.is_none()
    })
}

#[test]
fn no_answer_takes_a_second() {
    let ok = "HTTP/1.1 200 OK\r\n";
    let many = |piece: &str| piece.repeat(1_000_000 / piece.len());
    let chunked = format!("{ok}transfer-encoding: chunked\r\n\r\n");
    let all = [
        ("one header of a megabyte", format!("{ok}a: {}", many("b")), true),
        ("short headers", format!("{ok}{}\r\n", many("a: b\r\n")), true),
        ("kept headers", format!("{ok}{}\r\n", many("via: b\r\n")), true),
        ("folded lines", format!("{ok}via: b\r\n{}\r\n", many(" b\r\n")), true),
        ("a reason", format!("HTTP/1.1 200 {}", many("O")), false),
        ("interim answers", many("HTTP/1.1 100 C\r\n\r\n"), false),
        ("interim headers", format!("HTTP/1.1 103 H\r\n{}", many("a: b\r\n")), false),
        ("chunks of a byte", format!("{chunked}{}", many("1\r\na\r\n")), true),
        ("extensions", format!("{chunked}{}", many("1;a=b\r\na\r\n")), true),
        ("one extension", format!("{chunked}1;{}", many("a")), true),
        ("trailers", format!("{chunked}0\r\n{}", many("a: b\r\n")), true),
        ("a chunk's size", format!("{chunked}{}", many("0")), true),
        ("more answers", many(&format!("{ok}content-length: 0\r\n\r\n")), true),
        ("a body without end", format!("{ok}\r\n{}", many("x")), true),
        ("no answer", many("x"), false),
        ("an empty line", many("\r\n"), false),
    ];
    for (what, answer, is_accepted) in all {
        assert_eq!(answered(what, answer.clone().into_bytes(), false), is_accepted, "{what}");
    }
}

#[test]
fn an_answer_that_comes_byte_by_byte_takes_no_second() {
    let ok = "HTTP/1.1 200 OK\r\n";
    let chunks = "1\r\na\r\n".repeat(60_000);
    let chunked = format!("{ok}transfer-encoding: chunked\r\n\r\n{chunks}0\r\n\r\n");
    assert!(answered("chunks in drips", chunked.into_bytes(), true));
    let interim = "HTTP/1.1 103 Early\r\nlink: a\r\n\r\n".repeat(12_000);
    let answer = format!("{interim}{ok}content-length: 0\r\n\r\n");
    assert!(answered("interim answers in drips", answer.into_bytes(), true));
}

/// A journal with one segment of small events, whose writer is gone.
fn journal(events: usize) -> (Journal, fs::File) {
    let journal = Journal::in_memory();
    let mut writer = Writer::new();
    for number in 0..events {
        append(&journal, &mut writer, &format!("{number:06}"));
    }
    drop(writer);
    let path = journal.segments().remove(0);
    let file = fs::File::options().read(true).write(true).open(path).unwrap();
    (journal, file)
}

/// Reads a journal to its end: how many records, and damaged parts, there are.
fn read(what: &str, journal: Journal) -> (usize, usize, usize) {
    within_limits(what, move || {
        let mut reader = journal.reader();
        let (mut records, mut parts) = (0, 0);
        loop {
            let batch = reader.read_batch(LIMIT).unwrap();
            if !batch.moves() {
                break;
            }
            records += batch.records.len();
            parts += batch.corrupt.len();
        }
        (records, parts, journal.corrupt().len())
    })
}

/// A head that says that its record is so long.
fn head(length: u32) -> Vec<u8> {
    let mut head = MAGIC.to_vec();
    head.extend(length.to_le_bytes());
    head.extend([1, 1, 0, 0]);
    head.extend(0_u32.to_le_bytes());
    head
}

#[test]
fn heads_everywhere_had_all_that_follows_read_for_each() {
    // Each where a record may begin, and none of them one.
    let (journal, file) = journal(3);
    let end = file.metadata().unwrap().len();
    let size = 1_000_000_u32;
    let mut bytes = Vec::new();
    while bytes.len() + 40 < size as usize {
        let left = size - bytes.len() as u32;
        bytes.extend(head(left));
    }
    bytes.resize(size as usize, 0);
    file.write_all_at(&bytes, end).unwrap();
    let (records, parts, copies) = read("heads everywhere", journal);
    assert_eq!((records, parts, copies), (3, 1, 1));
}

#[test]
fn damage_in_every_other_record_is_kept_in_few_copies() {
    let (journal, file) = journal(20_000);
    let size = file.metadata().unwrap().len();
    // All of these records are of one length.
    let length = (size - 72) / 20_000;
    for number in (0..20_000).step_by(2) {
        file.write_all_at(b"x", 72 + number * length + 34).unwrap();
    }
    let (records, parts, copies) = read("damage everywhere", journal);
    assert_eq!(records, 10_000);
    assert!((1..=65).contains(&parts) && copies == parts, "{parts} parts, {copies} copies");
}
