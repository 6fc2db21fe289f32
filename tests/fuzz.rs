//! Random input for everything that reads what others wrote: it may refuse, but neither panic nor
//! hang, and what it lets through has to be right.
//!
//! `FUZZ_CASES` says how many inputs each gets (20,000; `make fuzz` gives 1,000,000). Templates,
//! signatures and responses are in `delivery_fuzz`.

use std::collections::HashMap;
use std::fmt::Debug;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config as Settings, TestRunner};
use serde_json::{Value, json};
use webhooks::clock::SystemClock;
use webhooks::config::Config;
use webhooks::delivery::guard::{Guard, check_allow, check_url};
use webhooks::event::EventHeader;
use webhooks::journal::{
    AppendOptions, CORRUPT_FOLDER, JOURNAL_FOLDER, KIND_EVENT, Limit, OwnedRecord, Reader,
    SegmentId, Writer,
};
use webhooks::spool::Spool;

/// No input takes a thousandth of this.
const HANGS: Duration = Duration::from_secs(60);

/// Gives `test` as many inputs as were asked for; one that hangs ends the process.
fn fuzz<S: Strategy>(strategy: &S, test: impl Fn(&S::Value) -> Result<(), TestCaseError>)
where
    S::Value: Debug,
{
    let cases =
        std::env::var("FUZZ_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(20_000);
    let done = Arc::new(AtomicU64::new(0));
    let watched = Arc::downgrade(&done);
    std::thread::spawn(move || {
        let mut before = 0;
        loop {
            std::thread::sleep(HANGS);
            let Some(done) = watched.upgrade() else { return };
            let now = done.load(Ordering::Relaxed);
            if now == before {
                eprintln!("input number {now} hangs");
                std::process::abort();
            }
            before = now;
        }
    });
    let settings = Settings { cases, failure_persistence: None, ..Settings::default() };
    let outcome = TestRunner::new(settings).run(strategy, |input| {
        done.fetch_add(1, Ordering::Relaxed);
        test(&input)
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

/// What happens to a segment's bytes; places are fractions of its length.
#[derive(Debug, Clone)]
enum Damage {
    Flip(f64, u8),
    Cut(f64),
    Insert(f64, Vec<u8>),
    /// Some bytes once more, at another place.
    Copy(f64, f64, usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let place = 0.0..1.0;
    prop_oneof![
        4 => (place.clone(), 0..8u8).prop_map(|(at, bit)| Damage::Flip(at, bit)),
        1 => place.clone().prop_map(Damage::Cut),
        2 => (place.clone(), prop::collection::vec(any::<u8>(), 0..64))
            .prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        2 => (place.clone(), place, 0..400usize)
            .prop_map(|(from, to, length)| Damage::Copy(from, to, length)),
    ]
}

fn apply(damage: &Damage, bytes: &mut Vec<u8>) {
    let length = bytes.len();
    let place = |at: f64| (at * length as f64) as usize;
    match damage {
        Damage::Flip(at, bit) => {
            if let Some(byte) = bytes.get_mut(place(*at)) {
                *byte ^= 1 << bit;
            }
        }
        Damage::Cut(at) => bytes.truncate(place(*at)),
        Damage::Insert(at, more) => drop(bytes.splice(place(*at)..place(*at), more.clone())),
        Damage::Copy(from, to, length) => {
            let end = (place(*from) + length).min(bytes.len());
            let copy = bytes[place(*from)..end].to_vec();
            bytes.splice(place(*to)..place(*to), copy);
        }
    }
}

fn spool(folder: &Path) -> Spool {
    std::fs::set_permissions(folder, PermissionsExt::from_mode(0o700)).expect("mode");
    Spool::open(folder).expect("a spool")
}

fn read_all(spool: &Spool, positions: HashMap<SegmentId, u64>) -> Vec<OwnedRecord> {
    let mut reader = Reader::open(spool, positions).expect("a reader");
    let mut records = Vec::new();
    loop {
        let limit = Limit { records: 3, bytes: 1 << 20 };
        let batch = reader.read_batch(limit).expect("a batch");
        let (more, moves) = (batch.more, batch.moves());
        records.extend(batch.records);
        if !more && !moves {
            return records;
        }
    }
}

#[test]
fn a_damaged_segment_gives_its_own_records_or_none() {
    // In memory where that is possible: what is set aside is synced.
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
    let folder = folder.expect("a temporary folder");
    let spool = spool(folder.path());
    let mut writer = Writer::new();
    for size in [0, 7, 90, 300, 2000] {
        let mut record = writer.record(KIND_EVENT, 3, b"fields", &vec![b'x'; size]);
        let options = AppendOptions { sync: false, max_record: 1 << 20 };
        writer.append(&spool, &SystemClock, &mut record, options).expect("appended");
    }
    let journal = folder.path().join(JOURNAL_FOLDER);
    let path = std::fs::read_dir(&journal).expect("a folder").next().expect("a file");
    let path = path.expect("a file").path();
    drop(writer);
    let sound = std::fs::read(&path).expect("a segment");
    let written = read_all(&spool, HashMap::new());
    assert_eq!(written.len(), 5);
    let id = written[0].segment;

    let inputs = (prop::collection::vec(damage(), 1..6), prop::option::of(0..4000u64));
    fuzz(&inputs, |(damages, position)| {
        let mut bytes = sound.clone();
        damages.iter().for_each(|damage| apply(damage, &mut bytes));
        std::fs::remove_dir_all(folder.path().join(CORRUPT_FOLDER)).ok();
        std::fs::remove_file(&path).expect("removed");
        std::fs::write(&path, &bytes).expect("written");
        let positions = position.map(|position| (id, position)).into_iter().collect();
        for record in read_all(&spool, positions) {
            prop_assert!(written.contains(&record), "{record:?} was never written");
            let _ = EventHeader::read(record.fields(), record.body());
        }
        Ok(())
    });
}

#[test]
fn any_fields_are_read_or_refused() {
    let bytes = || prop::collection::vec(any::<u8>(), 0..200);
    fuzz(&(bytes(), bytes()), |(fields, body)| {
        if let Ok(read) = EventHeader::read(fields, body) {
            let mut again = Vec::new();
            read.write(&mut again);
            prop_assert_eq!(&again, fields);
        }
        Ok(())
    });
}

/// Any text, made of `parts` more often than not.
fn text(parts: &'static [&'static str]) -> impl Strategy<Value = String> {
    let part = prop_oneof![
        8 => prop::sample::select(parts).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
        1 => (0..u64::MAX).prop_map(|number| number.to_string()),
    ];
    prop::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

const URL: &[&str] = &[
    "https://",
    "http://",
    "HTTP:",
    "//",
    "/",
    "\\",
    "@",
    ":",
    "user:pass@",
    "?",
    "#",
    ".",
    "%",
    "%2e",
    "%00",
    "[",
    "]",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "127.0.0.1",
    "127.1",
    "0x7f.1",
    "0177.0.0.1",
    "2130706433",
    "10.0.0.1",
    "169.254.169.254",
    "192.168.1.1",
    "localhost",
    "example.com",
    "bücher.example",
    "xn--bcher-kva.example",
    "。",
    "１２７",
    "\u{ad}",
    "\t",
    "\n",
    " ",
    "\0",
    ":80",
    ":443",
    ":65536",
    "path",
    "..",
];

#[test]
fn no_spelling_of_a_private_address_passes_the_guard() {
    let guard = Guard::new(&[], None);
    fuzz(&text(URL), |text| {
        let _ = check_allow(text);
        let Ok(url) = check_url(text) else { return Ok(()) };
        prop_assert!(matches!(url.scheme(), "http" | "https"), "{text}");
        let host = url.host_str().unwrap_or_default();
        prop_assert!(!host.is_empty(), "{text}");
        let _ = guard.check_host(host);
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let Ok(address) = bare.parse::<IpAddr>() else { return Ok(()) };
        let inward = match address.to_canonical() {
            IpAddr::V4(it) => it.is_private() || it.is_loopback() || it.is_link_local(),
            IpAddr::V6(it) => it.is_loopback() || it.is_unique_local(),
        };
        let judged = guard.check_address(host, (address, 443).into());
        prop_assert!(!inward || judged.is_err(), "{text} reaches {address}");
        Ok(())
    });
}

const FIELDS: &[&str] = &[
    "id",
    "name",
    "url",
    "events",
    "sites",
    "network_events",
    "include_imports",
    "paused",
    "secrets",
    "signature",
    "headers",
    "format",
    "template",
    "content_type",
    "condition",
    "fields",
    "timeout",
    "retries",
    "concurrency",
    "rate_limit",
    "ordered",
    "log_bodies",
    "disable_after",
    "ca_file",
    "secret",
    "until",
    "value",
    "count",
    "per",
    "only",
    "except",
    "webhooks",
    "held",
    "retention",
    "proxy",
    "lookup",
    "block_external",
    "inbox",
    "v1",
    "installation",
    "unknown",
];
const WORDS: &[&str] = &[
    "",
    "all",
    "v1",
    "v1a",
    "none",
    "flat",
    "cloudevents",
    "template",
    "second",
    "minute",
    "*",
    "a_*",
    "https://crm.example/",
    "http://127.0.0.1/",
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "whsk_AA==",
    "data.n == 1",
    "{{ data.n }}",
    "application/json",
    "/ca.pem",
    "authorization",
    "\0",
    "ü",
];

/// Any JSON, with the config's own words in likely and unlikely places.
fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        4 => prop::sample::select(WORDS).prop_map(Value::from),
        2 => (-2..200i64).prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<String>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        let name = prop::sample::select(FIELDS).prop_map(str::to_owned);
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            3 => prop::collection::vec((name, inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

#[test]
fn any_config_is_taken_whole_or_refused() {
    let webhook = || {
        let field = (prop::sample::select(FIELDS), document());
        prop::collection::vec(field, 0..3).prop_map(|changes| {
            let mut webhook = json!({
                "id": "crm", "url": "https://crm.example/", "events": ["payment_*"],
                "secrets": [{"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}],
            });
            for (name, value) in changes {
                webhook[name] = value;
            }
            webhook
        })
    };
    let list = prop::collection::vec(webhook(), 0..3).prop_map(Value::from);
    let with_bytes = (prop_oneof![3 => list, 1 => document()], prop::option::of(0..400usize));
    fuzz(&with_bytes, |(document, cut)| {
        let mut text = document.to_string().into_bytes();
        text.truncate(cut.unwrap_or(text.len()));
        if let Ok(config) = Config::from_json(&text, 7, &[]) {
            let kept = serde_json::to_vec(&config).expect("JSON");
            let read: Config = serde_json::from_slice(&kept).expect("what was kept");
            prop_assert_eq!(read, config);
        }
        Ok(())
    });
}
