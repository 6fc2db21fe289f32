//! What tests of the worker share: a spool, an endpoint and a worker process, all real.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
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

/// How long a condition may take on a machine that does ten other things.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until `condition` gives something.
pub fn wait_for<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
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
        let folder = tempfile::tempdir().expect("a temporary folder");
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
        self.revision += 1;
        let allow = ["127.0.0.0/8".to_owned()];
        Config::from_json(document.to_string().as_bytes(), self.revision, &allow)
            .map(|config| config.with_max_in_flight(max_in_flight))
            .and_then(|config| config.publish(&self.spool, false))
            .expect("published");
        self.waker.wake_if_asleep();
        self.revision
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
        let fields = EventHeader {
            id,
            timestamp: now,
            network: 1,
            site: 3,
            delay: 0,
            flags,
            data: head.len() as u32..body.len() as u32 - 1,
            name,
            source: "test",
            only,
        };
        // As the plugin's outbox does where the disk has no room.
        wait_for("room in the journal", || {
            fields.write(self.writer.begin());
            self.try_append(KIND_EVENT, body.as_bytes())
        });
        id
    }

    pub fn request(&mut self, request: &Request) {
        self.writer.begin();
        self.append(KIND_REQUEST, &serde_json::to_vec(request).expect("JSON"));
    }

    /// A record as a version to come may write it.
    pub fn write_unknown(&mut self, kind: u8, body: &[u8]) {
        self.writer.begin();
        self.append(kind, body);
    }

    fn append(&mut self, kind: u8, body: &[u8]) {
        self.try_append(kind, body).expect("room in the journal");
    }

    /// None where the disk is full.
    fn try_append(&mut self, kind: u8, body: &[u8]) -> Option<()> {
        self.writer.fields_done();
        self.writer.buffer().extend_from_slice(body);
        let options = AppendOptions { sync: false, max_record: 1 << 20 };
        match self.writer.append(&self.spool, &SystemClock, kind, self.revision, options) {
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
pub struct Worker {
    child: Child,
}

impl Worker {
    fn start(spool: PathBuf) -> Self {
        let mut command = Command::new(PROGRAM);
        command.stderr(Stdio::null());
        Self::run(command, spool)
    }

    fn run(mut command: Command, spool: PathBuf) -> Self {
        command.arg("--spool").arg(spool).arg("--foreground").stdin(Stdio::null());
        Self { child: command.spawn().expect("a worker") }
    }

    pub fn kill(mut self) {
        self.child.kill().expect("SIGKILL");
        self.child.wait().expect("its end");
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_raw(self.child.id() as i32).expect("a pid");
        rustix::process::kill_process(pid, signal).expect("the signal");
    }

    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("its state").is_some()
    }

    /// Waits for its end; whether that was a success.
    pub fn ended(&mut self) -> bool {
        wait_for("the worker's end", || self.child.try_wait().expect("its state")).success()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Received {
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Received {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    pub fn id(&self) -> EventId {
        self.header("webhook-id").expect("webhook-id").parse().expect("an id")
    }
}

/// An HTTP server on loopback that keeps what it gets. The path says how it answers:
/// `/status/503`, `/hang`; anything else gets 204.
pub struct Endpoint {
    pub port: u16,
    received: Arc<Mutex<Vec<Received>>>,
    status: Arc<Mutex<Option<u16>>>,
}

impl Endpoint {
    pub fn new() -> Self {
        Self::with(|_| ())
    }

    /// One that does `something` with each request before it answers.
    pub fn with(something: impl Fn(&Received) + Send + Sync + 'static) -> Self {
        let something: Arc<dyn Fn(&Received) + Send + Sync> = Arc::new(something);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let endpoint = Self { port, received: Arc::default(), status: Arc::default() };
        let (received, status) = (Arc::clone(&endpoint.received), Arc::clone(&endpoint.status));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (received, status) = (Arc::clone(&received), Arc::clone(&status));
                let something = Arc::clone(&something);
                std::thread::spawn(move || serve(&stream, &received, &status, &*something));
            }
        });
        endpoint
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// From now on everything is answered with this status.
    pub fn answer(&self, status: u16) {
        *self.status.lock().expect("no panic") = Some(status);
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().expect("no panic").clone()
    }

    pub fn received_at(&self, path: &str) -> Vec<Received> {
        self.received().into_iter().filter(|request| request.path == path).collect()
    }
}

fn serve(
    stream: &TcpStream,
    received: &Mutex<Vec<Received>>,
    status: &Mutex<Option<u16>>,
    something: &(dyn Fn(&Received) + Send + Sync),
) {
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader) {
        let path = request.path.clone();
        received.lock().expect("no panic").push(request.clone());
        something(&request);
        let fixed = *status.lock().expect("no panic");
        if path.starts_with("/hang") && fixed.is_none() {
            std::thread::sleep(Duration::from_secs(120));
            return;
        }
        let by_path = path.strip_prefix("/status/").and_then(|status| status.parse().ok());
        let status = fixed.or(by_path).unwrap_or(204);
        let answer = format!("HTTP/1.1 {status} Any\r\ncontent-length: 0\r\n\r\n");
        if (&mut &*stream).write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn read(reader: &mut impl BufRead) -> Option<Received> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.push((name.to_lowercase(), value.to_owned()));
    }
    let mut request = Received { path, headers, body: Vec::new() };
    let length = request.header("content-length").and_then(|length| length.parse().ok());
    reader.take(length.unwrap_or(0)).read_to_end(&mut request.body).ok()?;
    Some(request)
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
