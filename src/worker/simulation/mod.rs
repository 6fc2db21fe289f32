//! Fourteen days in seconds: the worker's own rounds on an injected clock, with a real journal,
//! a real store and real requests to an endpoint whose outages follow that clock.

mod clocks;
mod conflicts;
mod disk;
mod endpoint;
mod outages;
mod rest;
mod suspects;

use std::collections::HashSet;
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use self::disk::{Conflicts, SlowDisk};
use self::endpoint::{Outages, Taken, endpoint};
use super::engine::Worker;
use super::lock::Holder;
use super::{Mode, Request};
use config::Config;
use domain::clock::{Clock, ManualClock, SystemClock};
use domain::event::EventHeader;
use domain::id::EventId;
use journal::{AppendOptions, KIND_EVENT, KIND_REQUEST, Writer};
use spool::Spool;
use store::log::Log;
use store::sqlite;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const START: i64 = 1_763_632_800_000;

/// A network with a worker, and time that passes when it is told to.
struct Simulation {
    folder: tempfile::TempDir,
    spool: Spool,
    clock: Arc<ManualClock>,
    worker: Worker<SlowDisk>,
    /// Whether the disk has what was committed.
    disk: Arc<AtomicBool>,
    conflicts: Conflicts,
    writer: Writer,
    taken: Taken,
    asked: Arc<Mutex<Vec<(i64, String)>>>,
    address: String,
}

impl Simulation {
    fn new(webhooks: impl Fn(&str) -> Value, outages: Outages) -> Self {
        Self::beside(Conflicts::Some, webhooks, outages)
    }

    /// With another writer in the way.
    fn beside(conflicts: Conflicts, webhooks: impl Fn(&str) -> Value, outages: Outages) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o700)).expect("mode");
        let spool = Spool::open(folder.path()).expect("a spool");
        let clock = Arc::new(ManualClock::at(START));
        let (taken, asked) = (Taken::default(), Arc::default());
        let address = endpoint(&clock, outages, &taken, &asked);
        publish(&spool, &webhooks(&address), 1);
        let disk = Arc::new(AtomicBool::new(true));
        let worker = start(&spool, &clock, &disk, conflicts);
        let writer = Writer::new();
        Self { folder, spool, clock, worker, disk, conflicts, writer, taken, asked, address }
    }

    /// Another worker takes the place of this one, which was killed.
    fn restart(&mut self) {
        self.worker = start(&self.spool, &self.clock, &self.disk, self.conflicts);
    }

    fn dispatch(&mut self, name: &str) -> String {
        self.dispatch_data(name, "{}")
    }

    fn dispatch_data(&mut self, name: &str, data: &str) -> String {
        self.dispatch_as(EventId::at(self.clock.unix_ms()), name, data)
    }

    fn dispatch_as(&mut self, id: EventId, name: &str, data: &str) -> String {
        let now = self.clock.unix_ms();
        let head = format!(r#"{{"id":"{id}","data":"#);
        let body = format!("{head}{data}}}");
        let data = head.len() as u32..body.len() as u32 - 1;
        let header =
            EventHeader { id, timestamp: now, site: 1, data, name, ..EventHeader::example() };
        self.append(KIND_EVENT, &header.to_bytes(), body.as_bytes());
        id.to_string()
    }

    fn request(&mut self, request: &Request) {
        self.append(KIND_REQUEST, b"", &serde_json::to_vec(request).expect("JSON"));
    }

    fn append(&mut self, kind: u8, fields: &[u8], body: &[u8]) {
        let mut record = self.writer.record(kind, 1, fields, body);
        let options = AppendOptions { sync: false, max_record: 1 << 20 };
        // Stamps order records within a boot of the machine, whatever time the worker lives in.
        self.writer.append(&self.spool, &SystemClock, &mut record, options).expect("appended");
    }

    /// Lets the worker go round until there is nothing to do at this time.
    fn settle(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.worker.round().expect("a round") || !self.worker.pool.is_idle() {
            assert!(Instant::now() < deadline, "the worker never comes to rest");
            std::thread::yield_now();
        }
    }

    /// Lets time pass until `until`, from due time to due time.
    fn pass(&mut self, until: i64) {
        loop {
            self.settle();
            let now = self.clock.unix_ms();
            let next = self.worker.schedule.wake_at().unwrap_or(until).min(until);
            if next <= now && now >= until {
                return;
            }
            self.clock.advance((next - now).max(1));
        }
    }

    fn log(&self) -> Log {
        Log::open(&self.spool, None).expect("readable").expect("a store")
    }

    fn stats(&self) -> Value {
        let query = serde_json::from_value(json!({})).expect("a query");
        let stats = self.log().stats(&query, self.clock.unix_ms()).expect("stats");
        serde_json::to_value(stats).expect("JSON")
    }

    /// How many deliveries are in a state.
    fn count(&self, state: &str) -> usize {
        let query = serde_json::from_value(json!({"state": state})).expect("a query");
        self.log().deliveries(&query).expect("deliveries").deliveries.len()
    }

    fn announced(&self) -> Vec<Value> {
        let list = self.log().announcements(0).expect("announcements");
        serde_json::to_value(list).expect("JSON").as_array().expect("a list").clone()
    }

    fn taken(&self, path: &str) -> Vec<String> {
        self.taken.lock().expect("no panic").get(path).cloned().unwrap_or_default()
    }
}

fn start(
    spool: &Spool,
    clock: &Arc<ManualClock>,
    disk: &Arc<AtomicBool>,
    conflicts: Conflicts,
) -> Worker<SlowDisk> {
    let clock = Arc::clone(clock) as Arc<dyn Clock>;
    let store = sqlite::open(spool, None, Arc::clone(&clock)).expect("a store");
    let is_done = Arc::clone(disk);
    let store = SlowDisk { store, is_done, conflicts, transactions: 0, collided: 0 };
    Worker::new(spool.clone(), store, clock).expect("a worker")
}

fn publish(spool: &Spool, document: &Value, revision: u64) {
    Config::from_json(document.to_string().as_bytes(), revision, &["127.0.0.1".to_owned()])
        .and_then(|config| config.publish(spool, false))
        .expect("published");
}

fn webhook(id: usize, address: &str, events: &[&str]) -> Value {
    json!({
        "id": id.to_string(), "url": format!("{address}/{id}"), "events": events,
        "signature": "none", "timeout": 60,
    })
}
