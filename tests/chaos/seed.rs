//! One seeded run: dispatch while all goes wrong, heal, wait, examine.

use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::json;
use webhooks::clock::{Clock as _, SystemClock};
use webhooks::id::EventId;
use webhooks::journal::wake::Waker;
use webhooks::journal::{self, AppendOptions, KIND_REQUEST, Writer};
use webhooks::spool::Spool;
use webhooks::store::log::{Log, WebhookStats};
use webhooks::worker::Request;

use crate::damage;
use crate::disk::Disk;
use crate::endpoint::{Endpoints, Mood};
use crate::fault::{self, Fault};
use crate::findings::{AloneAtDeaths, Evidence, Findings};
use crate::producer::{Accounts, Php, Producer};
use crate::test_webhooks::{Expected, TEST_WEBHOOKS, TestWebhooks};
use crate::worker::Workers;
use testkit::process::{Process, wait_for};
use testkit::random::Random;

/// Events that a run has to have at least.
pub(crate) const LEAST_EVENTS: usize = 1000;
/// Dispatching processes at once.
const PRODUCERS: usize = 4;
/// In this time something comes together for a worker to take in.
const BACKLOG: Duration = Duration::from_millis(300);
/// How long the webhooks have to come to rest once all has healed.
const REST: Duration = Duration::from_secs(120);

/// The built parts that are tried.
pub(crate) struct Parts {
    pub(crate) worker: PathBuf,
    pub(crate) extension: PathBuf,
}

/// Runs a seed in `folder`, which is made anew.
pub(crate) fn run(seed: u64, parts: &Parts, folder: &Path) -> Result<Findings, String> {
    let _ = std::fs::remove_dir_all(folder);
    let io = |error: std::io::Error| error.to_string();
    std::fs::create_dir_all(folder.join("producers")).map_err(io)?;
    let disk = Disk::mount(&folder.join("disk")).map_err(io)?;
    let outcome = Run::begin(seed, parts, folder, &disk).and_then(|mut run| {
        run.fail()?;
        run.heal()?;
        run.examine()
    });
    if !outcome.as_ref().is_ok_and(|findings| findings.deviations.is_empty()) {
        // The disk goes with this process; what is on it may explain the failure.
        let kept =
            std::process::Command::new("cp").arg("-a").arg(disk.spool()).arg(folder).status();
        if !kept.is_ok_and(|status| status.success()) {
            return outcome.map_err(|error| format!("{error} (and its spool could not be kept)"));
        }
    }
    outcome
}

struct Run<'d> {
    seed: u64,
    folder: PathBuf,
    disk: &'d Disk,
    spool: Spool,
    random: Random,
    endpoints: Endpoints,
    webhooks: TestWebhooks,
    revision: u64,
    php: Php,
    workers: Workers,
    worker: Process,
    producers: Vec<Producer>,
    /// Producers started so far: their numbers.
    started: u64,
    destroyed: Vec<EventId>,
    alone: AloneAtDeaths,
    kills: u64,
    /// What was done, for people.
    diary: File,
    begun: Instant,
}

impl<'d> Run<'d> {
    fn begin(seed: u64, parts: &Parts, folder: &Path, disk: &'d Disk) -> Result<Self, String> {
        let io = |error: std::io::Error| error.to_string();
        let mut random = Random::new(seed);
        let received = folder.join("received.txt");
        let endpoints =
            Endpoints::open(seed, TEST_WEBHOOKS.iter().map(|webhook| webhook.name), &received)
                .map_err(io)?;
        endpoints.set("removed", Mood::Refuse, None);
        let webhooks = TestWebhooks::new(&mut random, |webhook| endpoints.url(webhook));
        let spool = Spool::open(&disk.spool()).map_err(|error| error.to_string())?;
        let workers = Workers::new(&parts.worker, spool.path(), folder).map_err(io)?;
        let mut run = Self {
            seed,
            folder: folder.to_owned(),
            disk,
            php: Php::new(&parts.extension, spool.path(), folder).map_err(io)?,
            spool,
            random,
            endpoints,
            webhooks,
            revision: 0,
            worker: workers.start(false).map_err(io)?,
            workers,
            producers: Vec::new(),
            started: 0,
            destroyed: Vec::new(),
            alone: AloneAtDeaths::new(),
            kills: 0,
            diary: File::create(folder.join("diary.txt")).map_err(io)?,
            begun: Instant::now(),
        };
        run.publish()?;
        Ok(run)
    }

    /// Lets everything go wrong.
    fn fail(&mut self) -> Result<(), String> {
        for (fault, pause) in fault::plan(&mut self.random) {
            self.dispatch(60)?;
            self.note(&format!("{fault:?}"));
            self.make(fault)?;
            std::thread::sleep(pause);
            self.look_at_worker()?;
        }
        while Accounts::count(&self.folder.join("producers"), self.started) < LEAST_EVENTS {
            self.dispatch(60)?;
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Keeps [`PRODUCERS`] processes dispatching, each up to `most` events.
    fn dispatch(&mut self, most: u64) -> Result<(), String> {
        let mut going = Vec::new();
        for mut producer in std::mem::take(&mut self.producers) {
            if !producer.has_ended()? {
                going.push(producer);
            }
        }
        self.producers = going;
        while self.producers.len() < PRODUCERS {
            let count = self.random.between(1, most);
            let keyed = self.random.once_in(2);
            // From bursts to one event in 50 ms.
            let pace = *self.random.pick(&[0, 5000, 20_000, 50_000]).unwrap_or(&0);
            self.produce(count, keyed, pace)?;
        }
        Ok(())
    }

    fn produce(&mut self, count: u64, keyed: bool, pace_us: u64) -> Result<(), String> {
        let folder = self.folder.join("producers");
        let producer =
            Producer::start(&self.php, self.seed, self.started, count, keyed, pace_us, &folder)
                .map_err(|error| format!("php can't be started: {error}"))?;
        self.producers.push(producer);
        self.started += 1;
        Ok(())
    }

    fn make(&mut self, fault: Fault) -> Result<(), String> {
        match fault {
            Fault::KillWorker(after) => {
                self.kill_worker();
                std::thread::sleep(after);
                self.start_worker()?;
            }
            Fault::KillTwice(after) => {
                self.kill_worker();
                std::thread::sleep(BACKLOG);
                self.start_worker()?;
                std::thread::sleep(after);
                self.kill_worker();
                self.start_worker()?;
            }
            Fault::StopWorker(lasts) => {
                self.worker.stop()?;
                std::thread::sleep(lasts);
                self.worker.signal(Signal::CONT);
            }
            Fault::KillProducer => {
                let (php, seed) = (&self.php, self.seed);
                if let Some(producer) = self.producers.iter_mut().find(|producer| producer.keyed) {
                    producer.replace(php, seed)?;
                    self.kills += 1;
                }
            }
            Fault::StopProducer(lasts) => {
                let at = self.random.below(self.producers.len() as u64) as usize;
                if let Some(producer) = self.producers.get_mut(at) {
                    producer.process().stop()?;
                    std::thread::sleep(lasts);
                    producer.process().signal(Signal::CONT);
                }
            }
            Fault::FillDisk { lasts, kill } => {
                self.disk.fill();
                std::thread::sleep(lasts);
                if kill {
                    self.kill_worker();
                }
                self.disk.free();
                if kill {
                    self.start_worker()?;
                }
            }
            Fault::Damage => self.damage()?,
            Fault::Mood { webhook, mood, lasts } => {
                self.endpoints.set(webhook, mood, Some(lasts));
            }
            Fault::Gone => self.endpoints.set("gone", Mood::Status(410), None),
            Fault::SetClock(offset) => {
                self.workers.set_clock(offset).map_err(|error| error.to_string())?;
            }
            Fault::RotateSecret(webhook) => {
                self.webhooks.rotate(webhook, &mut self.random);
                self.try_publish();
            }
            Fault::Pause => {
                let paused = self.webhooks.is_paused("paused");
                self.webhooks.pause("paused", !paused);
                self.try_publish();
            }
            Fault::Hold => {
                self.webhooks.held =
                    if self.webhooks.held.is_none() { Some("deactivated") } else { None };
                self.try_publish();
            }
        }
        Ok(())
    }

    fn kill_worker(&mut self) {
        if let Err(error) = self.worker.kill() {
            self.note(&format!("the worker can't be killed: {error}"));
        }
        self.kills += 1;
        if let Err(error) = self.note_under_way() {
            self.note(&format!("what was under way is not known: {error}"));
        }
    }

    /// Notes what was alone under way when a worker was killed: only that may ever be convicted of
    /// it. A worker that was killed before it had looked at what it found noted no death, and leaves
    /// what was there behind once more: by the deaths that are known, it is the same one.
    fn note_under_way(&mut self) -> Result<(), String> {
        let text = |error: webhooks::store::StoreError| error.to_string();
        let mut log = self.log()?;
        let query = json!({ "state": "delivering", "limit": 2 });
        let query = serde_json::from_value(query).map_err(|error| error.to_string())?;
        let under_way = log.deliveries(&query).map_err(text)?.deliveries;
        if let [delivery] = &under_way[..] {
            let deaths = log.summary().map_err(text)?.deaths;
            self.alone.entry(delivery.event_id).or_default().insert(deaths);
        }
        Ok(())
    }

    /// The binary or one with a clock that can be set, as chance has it.
    fn start_worker(&mut self) -> Result<(), String> {
        let with_clock = self.random.once_in(2);
        self.note(if with_clock { "worker with a clock" } else { "worker" });
        self.worker = self.workers.start(with_clock).map_err(|error| error.to_string())?;
        Ok(())
    }

    /// A worker that could not start on a full disk is started again; none may end otherwise.
    fn look_at_worker(&mut self) -> Result<(), String> {
        match self.worker.ended().map_err(|error| error.to_string())? {
            Some(status) => Err(format!("the worker ended by itself ({status}): see worker.txt")),
            None => Ok(()),
        }
    }

    /// Destroys bytes of the journal that no worker has taken in.
    fn damage(&mut self) -> Result<(), String> {
        // Time for a tail to grow.
        self.worker.stop()?;
        std::thread::sleep(self.random.ms(50, 300));
        for producer in &mut self.producers {
            producer.process().stop()?;
        }
        // What it has read and not committed goes with it: the store's positions are what counts.
        self.kill_worker();
        let scratch = self.folder.join("scratch");
        let damage = damage::destroy(&self.spool, &scratch, &mut self.random)?;
        for producer in &mut self.producers {
            producer.process().signal(Signal::CONT);
        }
        if let Some(damage) = damage {
            self.note(&damage.what);
            self.destroyed.extend(damage.destroyed);
        }
        self.start_worker()
    }

    /// Publishes the webhooks as they are now, through PHP.
    fn publish(&mut self) -> Result<(), String> {
        // Whatever comes of it, requests may be signed with these from now on.
        for (webhook, secrets) in self.webhooks.secrets() {
            self.endpoints.know(webhook, secrets);
        }
        self.revision += 1;
        let file = self.folder.join("webhooks.json");
        let overlap_until = SystemClock.unix_ms() / 1000 + 3600;
        std::fs::write(&file, self.webhooks.document(overlap_until).to_string())
            .map_err(|error| error.to_string())?;
        self.php.publish(&file, self.revision)
    }

    /// [`publish`](Self::publish), which a full disk may prevent.
    fn try_publish(&mut self) {
        if let Err(error) = self.publish() {
            self.note(&format!("not published: {error}"));
        }
    }

    /// Ends all faults and waits until every delivery has ended as expected.
    fn heal(&mut self) -> Result<(), String> {
        self.note("heal");
        self.disk.free();
        self.workers.set_clock(0).map_err(|error| error.to_string())?;
        for webhook in
            TEST_WEBHOOKS.iter().filter(|webhook| webhook.expected != Expected::Cancelled)
        {
            self.endpoints.set(webhook.name, Mood::Well, None);
        }
        self.finish_producers()?;
        self.wait_for_journal()?;
        self.note("all is in the store");

        self.webhooks.held = None;
        self.webhooks.pause("paused", false);
        self.webhooks.delete("removed");
        for webhook in &TEST_WEBHOOKS {
            self.webhooks.rotate(webhook.name, &mut self.random);
        }
        self.publish()?;
        let disabling = self.stats()?.get("gone").and_then(|stats| stats.disabled.clone());
        let mut requests: Vec<_> = disabling
            .map(|disabled| Request::Enable { webhook: "gone".into(), disabling: disabled.id })
            .into_iter()
            .collect();
        for webhook in ["gone", "paused"] {
            requests.push(Request::Recover { webhook: webhook.into(), since: None });
        }
        self.request(&requests)?;
        // These have to be signed with the newest secrets.
        self.produce(40, false, 0)?;
        self.finish_producers()?;
        self.wait_for_journal()?;
        self.wait_for_rest()?;
        self.note("at rest");

        self.worker.signal(Signal::TERM);
        let worker = &mut self.worker;
        let mut status = None;
        wait_for("the worker's end", || {
            status = worker.ended().transpose();
            status.is_some()
        })?;
        match status.transpose().map_err(|error| error.to_string())? {
            Some(status) if !status.success() => Err(format!("the worker ended with {status}")),
            _ => Ok(()),
        }
    }

    fn finish_producers(&mut self) -> Result<(), String> {
        for mut producer in std::mem::take(&mut self.producers) {
            let mut ended = Ok(false);
            wait_for("a producer's end", || {
                ended = producer.has_ended();
                ended != Ok(false)
            })?;
            ended?;
        }
        Ok(())
    }

    fn wait_for_journal(&self) -> Result<(), String> {
        wait_for("the worker to read the journal to its end", || {
            let positions = self.log().and_then(|mut log| {
                log.summary().map(|summary| summary.positions).map_err(|error| error.to_string())
            });
            positions.is_ok_and(|positions| {
                journal::status(&self.spool, &positions)
                    .is_ok_and(|status| status.bytes_waiting == 0)
            })
        })
    }

    /// Waits until nothing is pending, nor held but what has to be. Where that takes too long
    /// the findings say what is not as it should be.
    fn wait_for_rest(&mut self) -> Result<(), String> {
        let deadline = Instant::now() + REST;
        while Instant::now() < deadline {
            self.look_at_worker()?;
            let stats = self.stats()?;
            let at_rest = |(webhook, stats): (&String, &WebhookStats)| {
                stats.pending == 0 && (stats.held == 0 || webhook == "parked")
            };
            if stats.iter().all(at_rest) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        self.note("never at rest");
        Ok(())
    }

    fn examine(&mut self) -> Result<Findings, String> {
        let accounts = Accounts::read(&self.folder.join("producers"), self.seed, self.started)?;
        let evidence = Evidence {
            folder: &self.folder,
            spool: &self.spool,
            accounts,
            receipts: self.endpoints.receipts(),
            destroyed: std::mem::take(&mut self.destroyed),
            alone: std::mem::take(&mut self.alone),
            kills: self.kills,
            last_producer: self.started - 1,
        };
        evidence.examine()
    }

    fn log(&self) -> Result<Log, String> {
        Log::open(&self.spool, None)
            .map_err(|error| error.to_string())?
            .ok_or_else(|| "there is no store".to_owned())
    }

    fn stats(&self) -> Result<HashMap<String, WebhookStats>, String> {
        let query = serde_json::from_value(json!({ "hours": 0 })).map_err(|it| it.to_string())?;
        let stats = self.log()?.stats(&query, SystemClock.unix_ms());
        Ok(stats.map_err(|error| error.to_string())?.into_iter().collect())
    }

    /// Asks the worker for these, as a person's click does.
    fn request(&self, requests: &[Request]) -> Result<(), String> {
        let mut writer = Writer::new();
        for request in requests {
            let body = serde_json::to_vec(request).map_err(|error| error.to_string())?;
            let mut record = writer.record(KIND_REQUEST, self.revision, b"", &body);
            let options = AppendOptions { sync: false, max_record: 1 << 20 };
            writer
                .append(&self.spool, &SystemClock, &mut record, options)
                .map_err(|error| error.to_string())?;
        }
        Waker::open(&self.spool).map_err(|error| error.to_string())?.wake_if_asleep();
        Ok(())
    }

    fn note(&mut self, what: &str) {
        let _ = writeln!(self.diary, "{:8.3} {what}", self.begun.elapsed().as_secs_f64());
    }
}
