//! What tests of the worker share: a spool, an endpoint and a worker process, all real.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
pub use testkit::http::Request as Received;
use testkit::process::{self, Process};
use testkit::server::{Server, respond};
use webhooks::clock::{Clock, SystemClock};
use webhooks::config::Config;
use webhooks::event::{EventHeader, Flags};
use webhooks::id::EventId;
use webhooks::journal::wake::Waker;
use webhooks::journal::{AppendOptions, KIND_EVENT, KIND_REQUEST, Writer};
use webhooks::spool::Spool;
use webhooks::store::log::Log;
use webhooks::worker::Request;

pub const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Waits until `condition` gives something.
pub fn wait_for<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let mut found = None;
    let waited = process::wait_for(what, || {
        found = condition();
        found.is_some()
    });
    waited.unwrap_or_else(|vain| panic!("{vain}"));
    found.expect("what was waited for")
}

/// A network: its spool, and this process's way into the journal.
pub struct Network {
    pub folder: tempfile::TempDir,
    pub spool: Spool,
    writer: Writer,
    waker: Waker,
    revision: u64,
}

impl Network {
    pub fn new() -> Self {
        Self::within(tempfile::tempdir().expect("a temporary folder"))
    }

    /// One whose spool is this folder.
    pub fn within(folder: tempfile::TempDir) -> Self {
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o700)).expect("mode");
        let spool = Spool::open(folder.path()).expect("a spool");
        let waker = Waker::open(&spool).expect("the wake page");
        Self { folder, spool, writer: Writer::new(), waker, revision: 0 }
    }

    /// Publishes webhooks (a list), loopback allowed.
    pub fn publish(&mut self, webhooks: &Value) -> u64 {
        self.publish_document(&json!({ "webhooks": webhooks }))
    }

    pub fn publish_document(&mut self, document: &Value) -> u64 {
        self.publish_within(document, None)
    }

    /// Publishes with a limit of requests under way at once.
    pub fn publish_within(&mut self, document: &Value, max_in_flight: Option<u32>) -> u64 {
        self.publish_with(document, |config| config.with_max_in_flight(max_in_flight))
    }

    /// Publishes with settings of the process that does so.
    pub fn publish_with(
        &mut self,
        document: &Value,
        settings: impl FnOnce(Config) -> Config,
    ) -> u64 {
        self.revision += 1;
        let allow = ["127.0.0.0/8".to_owned()];
        Config::from_json(document.to_string().as_bytes(), self.revision, &allow)
            .map(settings)
            .and_then(|config| config.publish(&self.spool, false))
            .expect("published");
        self.waker.wake_if_asleep();
        self.revision
    }

    /// As where a PHP process ends: what is dispatched from now on goes into another segment.
    pub fn end_segment(&mut self) {
        self.writer = Writer::new();
    }

    /// The spool's files in one of its folders that contain this text, or all of them.
    pub fn files(&self, folder: &str, text: &str) -> Vec<PathBuf> {
        let Ok(files) = std::fs::read_dir(self.folder.path().join(folder)) else {
            return Vec::new();
        };
        let contains = |file: &PathBuf| {
            let bytes = std::fs::read(file).unwrap_or_default();
            text.is_empty() || bytes.windows(text.len()).any(|bytes| bytes == text.as_bytes())
        };
        files.map(|file| file.expect("a file").path()).filter(contains).collect()
    }

    pub fn dispatch(&mut self, name: &str) -> EventId {
        self.dispatch_with(name, Flags::default(), "")
    }

    /// Dispatches an event with this `data`.
    pub fn dispatch_data(&mut self, name: &str, data: &Value) -> EventId {
        self.dispatch_whole(name, Flags::default(), "", data)
    }

    pub fn dispatch_with(&mut self, name: &str, flags: Flags, only: &str) -> EventId {
        self.dispatch_whole(name, flags, only, &json!({"n": 1}))
    }

    fn dispatch_whole(&mut self, name: &str, flags: Flags, only: &str, data: &Value) -> EventId {
        let now = SystemClock.unix_ms();
        let id = EventId::at(now);
        let head = format!(r#"{{"id":"{id}","type":"{name}","data":"#);
        let body = format!("{head}{data}}}");
        let data = head.len() as u32..body.len() as u32 - 1;
        let header = EventHeader {
            id,
            timestamp: now,
            flags,
            data,
            name,
            source: "test",
            only,
            ..EventHeader::example()
        };
        // As the plugin's outbox does where the disk has no room.
        wait_for("room in the journal", || {
            self.try_append(KIND_EVENT, &header.to_bytes(), body.as_bytes())
        });
        id
    }

    pub fn request(&mut self, request: &Request) {
        self.append(KIND_REQUEST, &serde_json::to_vec(request).expect("JSON"));
    }

    /// A record as a version to come may write it.
    pub fn write_unknown(&mut self, kind: u8, body: &[u8]) {
        self.append(kind, body);
    }

    fn append(&mut self, kind: u8, body: &[u8]) {
        self.try_append(kind, b"", body).expect("room in the journal");
    }

    /// None where the disk is full.
    fn try_append(&mut self, kind: u8, fields: &[u8], body: &[u8]) -> Option<()> {
        let mut record = self.writer.record(kind, self.revision, fields, body);
        let options = AppendOptions { sync: false, max_record: 1 << 20 };
        match self.writer.append(&self.spool, &SystemClock, &mut record, options) {
            Err(error) if error.is_full() => return None,
            appended => appended.map(drop).expect("appended"),
        }
        self.waker.wake_if_asleep();
        Some(())
    }

    pub fn worker(&self) -> Worker {
        Worker::start(self.folder.path().to_owned())
    }

    /// A worker that this command runs, whose last arguments are yet to come.
    pub fn worker_by(&self, command: Command) -> Worker {
        Worker::run(command, self.folder.path().to_owned())
    }

    /// Runs a worker with `--once` to its end.
    pub fn work_once(&self) {
        let output = command(self.folder.path().to_owned(), "--once").output().expect("a worker");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// The log; `None` while no worker has made a store.
    pub fn log(&self) -> Option<Log> {
        Log::open(&self.spool, None).expect("a readable store")
    }

    /// `webhooks_deliveries()` for this query.
    pub fn deliveries(&self, query: &Value) -> Vec<Value> {
        let Some(mut log) = self.log() else { return Vec::new() };
        let query = serde_json::from_value(query.clone()).expect("a query");
        let page = log.deliveries(&query).expect("deliveries");
        let page = serde_json::to_value(page).expect("JSON");
        page["deliveries"].as_array().expect("a list").clone()
    }

    pub fn states(&self, query: &Value) -> Vec<String> {
        let state = |delivery: &Value| delivery["state"].as_str().expect("a state").to_owned();
        self.deliveries(query).iter().map(state).collect()
    }

    pub fn stats(&self, webhook: &str) -> Value {
        let Some(mut log) = self.log() else { return Value::Null };
        let query = serde_json::from_value(json!({})).expect("a query");
        let stats = serde_json::to_value(log.stats(&query, SystemClock.unix_ms()).expect("stats"))
            .expect("JSON");
        stats[webhook].clone()
    }

    pub fn announcements(&self) -> Vec<Value> {
        let Some(mut log) = self.log() else { return Vec::new() };
        let list = serde_json::to_value(log.announcements(0).expect("announcements"));
        list.expect("JSON").as_array().expect("a list").clone()
    }
}

/// The worker's program.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_webhooks-worker");

fn command(spool: PathBuf, mode: &str) -> Command {
    let mut command = Command::new(PROGRAM);
    command.arg("--spool").arg(spool).arg(mode);
    command
}

/// A worker process, killed when dropped.
pub struct Worker(Process);

impl Worker {
    fn start(spool: PathBuf) -> Self {
        let mut command = Command::new(PROGRAM);
        command.stderr(Stdio::null());
        Self::run(command, spool)
    }

    fn run(mut command: Command, spool: PathBuf) -> Self {
        command.arg("--spool").arg(spool).arg("--foreground").stdin(Stdio::null());
        Self(Process::start(&mut command).expect("a worker"))
    }

    pub fn kill(mut self) {
        self.0.kill().expect("SIGKILL and its end");
    }

    pub fn pid(&self) -> u32 {
        self.0.id()
    }

    pub fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(self.0.pid(), signal).expect("the signal");
    }

    pub fn has_ended(&mut self) -> bool {
        self.0.ended().expect("its state").is_some()
    }

    /// Waits for its end; whether that was a success.
    pub fn ended(&mut self) -> bool {
        wait_for("the worker's end", || self.0.ended().expect("its state")).success()
    }
}

/// A server that keeps what it gets. The path says how it answers: `/status/503`, `/hang`;
/// anything else gets 204.
pub struct Endpoint {
    pub port: u16,
    server: Server,
    status: Arc<Mutex<Option<u16>>>,
}

impl Endpoint {
    pub fn new() -> Self {
        Self::with(|_| ())
    }

    /// One that does `something` with each request before it answers.
    pub fn with(something: impl Fn(&Received) + Send + Sync + 'static) -> Self {
        let status = Arc::<Mutex<Option<u16>>>::default();
        let fixed = Arc::clone(&status);
        let server = Server::start(move |request, to| {
            something(request);
            let fixed = *fixed.lock().expect("no panic");
            if request.path.starts_with("/hang") && fixed.is_none() {
                std::thread::sleep(Duration::from_secs(120));
                return false;
            }
            let by_path =
                request.path.strip_prefix("/status/").and_then(|status| status.parse().ok());
            let status = fixed.or(by_path).unwrap_or(204);
            respond(to, &format!("{status} Any"), "", b"")
        });
        Self { port: server.address.port(), server, status }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// From now on everything is answered with this status.
    pub fn answer(&self, status: u16) {
        *self.status.lock().expect("no panic") = Some(status);
    }

    pub fn received(&self) -> Vec<Received> {
        self.server.received()
    }

    pub fn received_at(&self, path: &str) -> Vec<Received> {
        self.received().into_iter().filter(|request| request.path == path).collect()
    }
}

/// A webhook that gets `events` at `url`, with further members.
pub fn webhook(id: &str, url: &str, events: &[&str], more: &Value) -> Value {
    let mut webhook = json!({
        "id": id, "name": id, "url": url, "events": events, "secrets": [{ "secret": SECRET }],
    });
    let members = webhook.as_object_mut().expect("an object");
    members.extend(more.as_object().cloned().unwrap_or_default());
    webhook
}
