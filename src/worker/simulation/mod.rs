//! Fourteen days in seconds: the worker's own rounds on an injected clock, with a real journal,
//! a real store and real requests to an endpoint whose outages follow that clock.

use std::collections::{BTreeMap, HashSet};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

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
use store::sqlite::{self, SqliteStore};
use store::{Durability, Loaded, Result, Store, StoreError, Transaction};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const START: i64 = 1_763_632_800_000;

/// When an endpoint of which webhook is out, in milliseconds after the start.
type Outages = Vec<(usize, std::ops::Range<i64>)>;

/// What an endpoint took (2xx), by path.
type Taken = Arc<Mutex<BTreeMap<String, Vec<String>>>>;

/// Which transactions another writer gets in the way of, so that they have to be made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Conflicts {
    None,
    /// Every third one.
    Some,
    /// Each, the first time.
    All,
}

/// The store on a disk that takes its time: what is committed is on it once the switch says so. And
/// there is another writer.
struct SlowDisk {
    store: SqliteStore,
    is_done: Arc<AtomicBool>,
    conflicts: Conflicts,
    transactions: u32,
    collided: u32,
}

impl Store for SlowDisk {
    fn transaction(
        &mut self,
        work: &mut dyn FnMut(&mut dyn Transaction) -> Result<()>,
    ) -> Result<()> {
        self.transactions += 1;
        let collides = match self.conflicts {
            Conflicts::None => false,
            Conflicts::Some => self.transactions.is_multiple_of(3),
            Conflicts::All => !self.transactions.is_multiple_of(2),
        };
        self.collided += u32::from(collides);
        self.store.transaction(&mut |tx| {
            work(tx)?;
            let (store, reason) = ("a test's".to_owned(), String::new());
            if collides { Err(StoreError::Conflict { store, reason }) } else { Ok(()) }
        })
    }

    fn load(&mut self) -> Result<Loaded> {
        self.store.load()
    }
}

impl Durability for SlowDisk {
    fn commits(&self) -> u64 {
        self.store.commits()
    }

    fn is_durable(&mut self, _commits: u64) -> Result<bool> {
        let is_done = self.is_done.load(Ordering::SeqCst);
        if is_done {
            // Not by the thread that does so beside the commits: it has another clock.
            self.store.make_durable()?;
        }
        Ok(is_done)
    }

    fn make_durable(&mut self) -> Result<()> {
        self.store.make_durable()
    }

    fn truncate_wal(&mut self) -> Result<bool> {
        self.store.truncate_wal()
    }
}

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

/// An endpoint on loopback; returns its address. The path `/N` is webhook N's.
fn endpoint(
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

fn webhook(id: usize, address: &str, events: &[&str]) -> Value {
    json!({
        "id": id.to_string(), "url": format!("{address}/{id}"), "events": events,
        "signature": "none", "timeout": 60,
    })
}

#[test]
#[allow(clippy::print_stdout, reason = "the table is what a person runs this for")]
fn fourteen_days_with_outages_of_a_minute_an_hour_and_six_days() {
    let mut outages: Outages = Vec::new();
    for day in 0..14 {
        outages
            .extend((3..6).map(|who| (who, day * DAY + 5 * HOUR..day * DAY + 5 * HOUR + MINUTE)));
    }
    outages.extend((6..9).map(|who| (who, 4 * DAY..4 * DAY + HOUR)));
    outages.push((9, 2 * DAY..8 * DAY));
    let hooks = |address: &str| {
        (0..10).map(|id| webhook(id, address, &["hourly", "webhook_disabled"])).collect()
    };
    let mut simulation = Simulation::new(hooks, outages);
    let mut sent = HashSet::new();
    let mut enabled_at = None;
    for hour in 0..14 * 24 {
        simulation.pass(START + hour * HOUR);
        sent.insert(simulation.dispatch("hourly"));
        // On the tenth day a person reads the announcement, sees the endpoint well, and enables.
        if hour == 9 * 24 + 10 {
            let disabled = simulation.stats()["9"]["disabled"].clone();
            let disabling = disabled["id"].as_str().expect("disabled").to_owned();
            enabled_at = disabled["at"].as_str().map(str::to_owned);
            simulation.request(&Request::Enable { webhook: "9".into(), disabling });
            simulation.request(&Request::Recover { webhook: "9".into(), since: None });
        }
    }
    simulation.pass(START + 14 * DAY);

    let stats = simulation.stats();
    let announced = simulation.announced();
    let count = |code: &str| announced.iter().filter(|one| one["code"] == code).count();
    println!("webhook  outage   delivered   still held  distinct ids taken  requests");
    for (id, outage) in
        (0..10).zip(["—", "—", "—", "1 min", "1 min", "1 min", "1 h", "1 h", "1 h", "6 d"])
    {
        let of = &stats[id.to_string()];
        let taken: HashSet<_> = simulation.taken(&format!("/{id}")).into_iter().collect();
        let asked = simulation.asked.lock().expect("no panic");
        let requests = asked.iter().filter(|(_, path)| *path == format!("/{id}")).count();
        println!(
            "{id:>7}  {outage:<6} {:>10} {:>11} {:>19} {requests:>9}",
            of["delivered"],
            of["held"],
            taken.len()
        );
        assert!(sent.is_subset(&taken), "webhook {id} got every event");
        assert_eq!((&of["pending"], &of["held"]), (&json!(0), &json!(0)), "webhook {id}");
        assert!(of["disabled"].is_null());
    }
    println!(
        "disabled and announced: {} (at {}), enabled: {}, deliveries that had run out of attempts: {}",
        count("webhook_disabled"),
        enabled_at.as_deref().unwrap_or("never"),
        count("webhook_enabled"),
        count("delivery_failed"),
    );
    assert_eq!((count("webhook_disabled"), count("webhook_enabled")), (1, 1));
    // The outage began on the second day, so five days of nothing but failures end on the seventh.
    assert!(enabled_at.is_some_and(|at| at.starts_with("2025-11-27T")));
    // The event of it reached everybody who was well.
    for id in 0..9 {
        let news = simulation.taken(&format!("/{id}")).len() - sent.len();
        assert_eq!(news, 1, "webhook_disabled at webhook {id}");
    }
}

/// What two days leave behind in which everything happens once: schedule, deliveries with their
/// attempts, announcements; without what is another at every run: ids, and times, as retries vary
/// by chance.
fn after_two_days(conflicts: Conflicts) -> Vec<String> {
    let hooks = |address: &str| -> Vec<Value> {
        let hook = |id, more: Value| {
            let mut hook = webhook(id, address, &["hourly", "webhook_disabled"]);
            (hook["retries"], hook["concurrency"]) = (json!([1, 1, 1]), json!(1));
            more.as_object().expect("members").iter().for_each(|(name, value)| {
                hook[name] = value.clone();
            });
            hook
        };
        let ordered = json!({"ordered": true, "retries": vec![1; 50]});
        vec![
            hook(0, json!({})),
            hook(1, json!({"disable_after": 10 * 3600 + 1800})),
            hook(2, ordered),
            hook(3, json!({"rate_limit": {"count": 1, "per": "minute"}})),
        ]
    };
    let outages =
        vec![(1, 5 * HOUR..28 * HOUR), (2, 3 * HOUR..6 * HOUR), (0, 47 * HOUR..51 * HOUR)];
    let mut simulation = Simulation::beside(conflicts, |it| hooks(it).into(), outages);
    for hour in 0..48 {
        simulation.pass(START + hour * HOUR);
        let id = EventId::from_key("hourly", 1, &(hour / 2).to_string());
        simulation.dispatch_as(id, "hourly", "{}");
        simulation.dispatch("hourly");
        match hour {
            20 => {
                simulation.settle();
                let mut less = hooks(&simulation.address);
                less.pop();
                publish(&simulation.spool, &less.into(), 2);
                simulation.worker.next_config = 0;
            }
            30 => {
                let disabled = &simulation.stats()["1"]["disabled"];
                let disabling = disabled["id"].as_str().expect("disabled").to_owned();
                simulation.request(&Request::Enable { webhook: "1".into(), disabling });
                simulation.request(&Request::Recover { webhook: "1".into(), since: None });
            }
            35 => simulation.clock.jump(10 * MINUTE),
            40 => simulation.restart(),
            _ => {}
        }
    }
    simulation.pass(START + 50 * HOUR);
    let collided = simulation.worker.store.collided;
    assert_eq!(collided > 0, conflicts != Conflicts::None, "{collided} conflicts");

    let mut left = simulation.worker.schedule.known();
    let (mut log, mut cursor) = (simulation.log(), None);
    loop {
        let asked = cursor.map_or(json!({}), |cursor: String| json!({"cursor": cursor}));
        let query = serde_json::from_value(asked).expect("a query");
        let page = log.deliveries(&query).expect("deliveries");
        for row in page.deliveries {
            let detail = log.delivery(&row.id).expect("a delivery").expect("it is there");
            let made: Vec<_> = detail
                .attempts_made
                .iter()
                .map(|made| (made.number, made.status, made.next))
                .collect();
            left.push(format!(
                "{} of {} to {}: {:?} {:?}, due: {}, settled: {}, {made:?}",
                row.event,
                row.created,
                row.webhook_id,
                row.state,
                row.reason,
                row.due.is_some(),
                row.settled.is_some()
            ));
        }
        cursor = page.cursor;
        if cursor.is_none() {
            break;
        }
    }
    left.extend(simulation.announced().iter().map(|one| one["code"].to_string()));
    left
}

#[test]
fn another_writer_in_the_way_of_every_transaction_changes_nothing() {
    let alone = after_two_days(Conflicts::None);
    for word in ["Delivered", "Failed", "Cancelled", "webhook_disabled", "webhook_enabled"] {
        assert!(alone.iter().any(|line| line.contains(word)), "{word} happened");
    }
    let beside = after_two_days(Conflicts::All);
    for (alone, beside) in alone.iter().zip(&beside) {
        assert_eq!(alone, beside);
    }
    assert_eq!(alone.len(), beside.len());
}

#[test]
fn an_event_that_comes_twice_in_one_round_goes_out_once() {
    let mut simulation = Simulation::new(
        |address| (0..2).map(|id| webhook(id, address, &["hourly"])).collect(),
        Outages::new(),
    );
    let mut sent = vec![simulation.dispatch("hourly")];
    simulation.pass(START + MINUTE);
    // Both webhooks are proven, so these go out as they come in.
    for number in 0..3 {
        let id = EventId::from_key("hourly", 1, &number.to_string());
        sent.extend((0..3).map(|_| simulation.dispatch_as(id, "hourly", "{}")));
    }
    simulation.settle();
    let again = EventId::from_key("hourly", 1, "1");
    simulation.dispatch_as(again, "hourly", "{}");
    simulation.pass(START + HOUR);
    let expected: HashSet<_> = sent.into_iter().collect();
    for path in ["/0", "/1"] {
        let taken = simulation.taken(path);
        assert_eq!(taken.len(), expected.len(), "{path}");
        assert_eq!(taken.into_iter().collect::<HashSet<_>>(), expected, "{path}");
    }
    assert_eq!(simulation.count("delivered"), 2 * expected.len());
    assert!(simulation.worker.schedule.is_idle() && simulation.worker.pool.is_idle());
}

#[test]
fn a_clock_that_jumps_hours_neither_floods_nor_stalls() {
    let restarts = [false, true].into_iter();
    for (jump, restart) in restarts.flat_map(|it| [(6 * HOUR, it), (-6 * HOUR, it)]) {
        let outage = vec![(0, 0..10 * MINUTE), (0, jump..jump + 10 * MINUTE)];
        let mut simulation =
            Simulation::new(|address| json!([webhook(0, address, &["hourly"])]), outage);
        let ids: HashSet<_> = (0..20).map(|_| simulation.dispatch("hourly")).collect();
        simulation.pass(START + MINUTE);
        let before = simulation.asked.lock().expect("no panic").len();
        simulation.clock.jump(jump);
        if restart {
            simulation.restart();
        }
        simulation.settle();
        let at_once = simulation.asked.lock().expect("no panic").len() - before;
        assert!(at_once <= 1, "{at_once} requests because the clock was set");
        simulation.pass(START + jump + 2 * HOUR);
        let taken: HashSet<_> = simulation.taken("/0").into_iter().collect();
        assert_eq!(taken, ids, "after a jump of {jump} ms, restarted: {restart}");
    }
}

#[test]
fn a_clock_that_was_set_is_told_until_it_is_right_again() {
    // Also by more than announcements are kept for.
    let jumps = [7 * DAY, -7 * DAY, 40 * DAY, -40 * DAY, 400 * DAY, -400 * DAY];
    for (jump, restart) in jumps.into_iter().flat_map(|jump| [(jump, false), (jump, true)]) {
        let mut simulation =
            Simulation::new(|address| json!([webhook(0, address, &["never"])]), Vec::new());
        let set = |simulation: &mut Simulation, by: i64| {
            simulation.clock.jump(by);
            if restart {
                simulation.restart();
            }
            simulation.settle();
            let summary = simulation.log().summary().expect("a summary");
            (summary.lately.clock_set(simulation.clock.unix_ms()), summary.deaths)
        };
        let (told, _) = set(&mut simulation, 0);
        assert_eq!(told, None, "nothing was set");
        let (told, _) = set(&mut simulation, jump);
        let told = told.unwrap_or_else(|| panic!("{jump} ms, restarted: {restart}"));
        assert_eq!((told.seconds * 1000, told.at), (jump, simulation.clock.unix_ms()));
        // Workers that die under that clock died lately under the other one, too.
        simulation.worker.note_death(&Holder::default()).expect("noted");
        simulation.clock.advance(10 * MINUTE);
        let (told, deaths) = set(&mut simulation, -jump);
        assert_eq!(told, None, "it is right again");
        assert_eq!(deaths, [simulation.clock.unix_ms() - 10 * MINUTE]);
        // A step that no signature notices is nobody's concern.
        assert_eq!(set(&mut simulation, MINUTE).0, None);
    }
}

#[test]
fn a_backlog_of_hanging_webhooks_is_behind_everybody_else() {
    // The deliveries of ten dead webhooks fill the store; then one that is well gets its events.
    let hooks = |address: &str| {
        let mut hooks: Vec<_> = (0..10).map(|id| webhook(id, address, &["dead"])).collect();
        hooks.push(webhook(10, address, &["well"]));
        Value::from(hooks)
    };
    let outages = (0..10).map(|id| (id, 0..DAY)).collect();
    let mut simulation = Simulation::new(hooks, outages);
    for _ in 0..10_000 {
        simulation.dispatch("dead");
    }
    simulation.settle();
    let asked = simulation.asked.lock().expect("no panic").len();
    assert!(asked <= 10 * 5, "{asked} requests to the dead before they are probed");
    let ids: HashSet<_> = (0..100).map(|_| simulation.dispatch("well")).collect();
    simulation.settle();
    assert_eq!(simulation.taken("/10").into_iter().collect::<HashSet<_>>(), ids);
    let stats = simulation.stats();
    assert_eq!(stats["0"]["pending"], json!(10_000), "what waits uses up no attempts");
    assert!(simulation.folder.path().exists());
}

#[test]
fn what_is_left_of_a_burst_that_failed_goes_where_the_config_says() {
    for (held, state, requests) in [(None, "pending", 5), (Some("deactivated"), "held", 2)] {
        let hooks = |address: &str| {
            let mut hook = webhook(0, address, &["hourly"]);
            hook["concurrency"] = json!(1);
            json!([hook])
        };
        let mut simulation = Simulation::new(hooks, vec![(0, HOUR..2 * HOUR)]);
        simulation.dispatch("hourly");
        simulation.settle();
        let key = simulation.worker.schedule.key("0").expect("a lane");
        (0..20).for_each(|_| simulation.worker.schedule.took(key, 100));
        simulation.clock.advance(HOUR);
        (0..4).for_each(|_| drop(simulation.dispatch("hourly")));
        assert!(simulation.worker.round().expect("a round"));
        assert_eq!(simulation.count("delivering"), 4, "one burst");
        let document = json!({"webhooks": hooks(&simulation.address), "held": held});
        publish(&simulation.spool, &document, 2);
        simulation.worker.next_config = 0;
        simulation.settle();
        assert_eq!(simulation.count(state), 4);
        let asked = simulation.asked.lock().expect("no panic").len();
        assert_eq!(asked, requests, "one, the first of the burst, and whoever is pending");
    }
}

#[test]
fn every_attempt_that_was_made_wakes_the_worker() {
    const LONG: Duration = Duration::from_secs(60);
    let hooks =
        |address: &str| json!([webhook(0, address, &["dead"]), webhook(1, address, &["well"])]);
    for event in ["well", "dead"] {
        let mut simulation = Simulation::new(hooks, vec![(0, 0..DAY)]);
        simulation.dispatch(event);
        simulation.worker.sleeper.prepare();
        assert!(simulation.worker.round().expect("a round"));
        let begun = Instant::now();
        simulation.worker.sleeper.wait(Some(LONG));
        assert!(begun.elapsed() < LONG, "{event}: the worker slept on");
        simulation.settle();
        assert_eq!(simulation.taken("/1").len(), usize::from(event != "dead"));
    }
}

/// How long it takes, by the injected clock and the worker's own waits, until the journal is
/// empty, in milliseconds.
fn time_until_the_journal_is_empty(simulation: &mut Simulation) -> i64 {
    let begun = simulation.clock.unix_ms();
    let journal = simulation.folder.path().join("journal");
    loop {
        simulation.settle();
        let now = simulation.clock.unix_ms();
        if std::fs::read_dir(&journal).expect("the journal").next().is_none() {
            return now - begun;
        }
        assert!(now - begun < HOUR, "the journal never becomes empty");
        let wait = simulation.worker.time_to_wait(now, Mode::Foreground);
        simulation.clock.advance(i64::try_from(wait.as_millis()).expect("a wait"));
    }
}

#[test]
fn segments_that_end_while_others_wait_for_the_disk_need_no_rescan() {
    let mut simulation =
        Simulation::new(|address| json!([webhook(0, address, &["hourly"])]), Vec::new());
    simulation.disk.store(false, Ordering::SeqCst);
    simulation.dispatch("hourly");
    simulation.writer = Writer::new();
    simulation.settle();
    simulation.clock.advance(2000);
    simulation.settle();
    assert!(simulation.worker.retirement.syncing().is_some(), "the first waits for the disk");
    simulation.dispatch("hourly");
    simulation.writer = Writer::new();
    simulation.settle();
    simulation.disk.store(true, Ordering::SeqCst);
    let took = time_until_the_journal_is_empty(&mut simulation);
    assert!(took < 5000, "{took} ms");
}

#[test]
fn more_segments_than_go_at_once_need_no_rescan() {
    let mut simulation =
        Simulation::new(|address| json!([webhook(0, address, &["hourly"])]), Vec::new());
    for _ in 0..300 {
        simulation.dispatch("hourly");
        simulation.writer = Writer::new();
    }
    let took = time_until_the_journal_is_empty(&mut simulation);
    assert!(took < 5000, "{took} ms");
    assert_eq!(simulation.taken("/0").len(), 300);
}

#[test]
fn an_attempt_that_the_store_can_not_keep_fails_and_the_worker_goes_on() {
    let hooks = |address: &str| {
        let mut flat = webhook(0, address, &["large"]);
        flat["format"] = json!("flat");
        json!([flat, webhook(1, address, &["small"])])
    };
    let mut simulation = Simulation::new(hooks, Vec::new());
    simulation.dispatch_data("large", &format!(r#"{{"a":"{}"}}"#, "x".repeat(50_000)));
    assert!(simulation.worker.round().expect("a round"));
    // The event is in the store; its request's own body does not find a place there any more.
    simulation.worker.store.store.take_at_most(20_000);
    simulation.dispatch("small");
    simulation.settle();
    assert_eq!((simulation.taken("/0").len(), simulation.taken("/1").len()), (1, 1));
    let stats = simulation.stats();
    assert_eq!((&stats["0"]["failed"], &stats["1"]["delivered"]), (&json!(1), &json!(1)));
    let query = serde_json::from_value(json!({"state": "failed"})).expect("a query");
    let failed = simulation.log().deliveries(&query).expect("deliveries").deliveries.remove(0);
    assert_eq!(
        (failed.reason.as_deref(), failed.last_failure.as_deref()),
        (Some("too_large"), Some("too_large"))
    );
    assert_eq!(simulation.announced()[0]["code"], "delivery_failed");
    // It is not sent again by whoever comes next, either.
    simulation.restart();
    simulation.settle();
    assert_eq!(simulation.taken("/0").len(), 1);
}

#[test]
fn an_accused_delivery_is_tried_while_nothing_else_is_under_way() {
    let hooks =
        |address: &str| json!([webhook(0, address, &["first"]), webhook(1, address, &["other"])]);
    let mut simulation = Simulation::new(hooks, Vec::new());
    simulation.dispatch("first");
    simulation.dispatch("other");
    let die = |simulation: &mut Simulation| {
        // The requests are made, and nobody records them.
        assert!(simulation.worker.round().expect("a round"));
        simulation.restart();
    };
    die(&mut simulation);
    assert_eq!(simulation.count("pending"), 2);
    // A suspect goes beside whatever is new; both are under way at the next death.
    simulation.dispatch("other");
    die(&mut simulation);
    assert!(simulation.worker.round().expect("a round"));
    assert!(simulation.worker.trials.holds_up_others(), "{:?}", simulation.worker.trials);
    assert_eq!(simulation.count("delivering"), 1);
    simulation.dispatch("other");
    while simulation.worker.trials.holds_up_others() {
        assert!(simulation.count("delivering") <= 1, "another one beside it");
        simulation.worker.round().expect("a round");
    }
    simulation.settle();
    assert_eq!(simulation.count("delivered"), 4);
    assert!(simulation.worker.trials.is_none());
}
