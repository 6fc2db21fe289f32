//! One seeded run: dispatch while all goes wrong, heal, wait, examine.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mysql::prelude::Queryable as _;
use rustix::process::Signal;
use testkit::process::wait_for;
use testkit::random::Random;
use webhooks::id::EventId;
use webhooks::journal::{self, SegmentId};

use crate::accounts::Accounts;
use crate::disk;
use crate::endpoint::Endpoint;
use crate::fault::{self, Fault};
use crate::findings::{Evidence, Findings};
use crate::front::Front;
use crate::gateway::Gateways;
use crate::nodes::{DATABASE, Nodes, Place, Template};
use crate::server::{Parts, Server};
use crate::test_webhooks;
use crate::visitors::Visitors;

/// Events that a run has to have at least.
pub(crate) const LEAST_EVENTS: usize = 1000;
/// The same of a run with a database alone, in which half as much happens.
pub(crate) const LEAST_EVENTS_OF_TWO: usize = 500;
/// How long the webhooks have to come to rest once all has healed.
const REST: Duration = Duration::from_secs(90);
/// How long the nodes need to find out that one of them could not write what the others did.
const VOTE: Duration = Duration::from_secs(3);
/// A server that is removed has not been read for so long.
const UNREAD: Duration = Duration::from_millis(700);

/// What each server dispatches at least while there is no database.
const DISPATCHED_ALONE: usize = 10;

/// What a run is about.
pub(crate) struct Setting<'a> {
    pub(crate) parts: &'a Parts,
    pub(crate) template: &'a Template,
    pub(crate) servers: usize,
    /// No faults, only load.
    pub(crate) calm: bool,
}

/// Runs a seed: `out` gets what can be checked again, `folder` is the run's own.
pub(crate) fn run(
    seed: u64,
    setting: &Setting<'_>,
    folder: &Path,
    out: &Path,
) -> Result<Findings, String> {
    let _ = fs::remove_dir_all(out);
    fs::create_dir_all(out).map_err(|error| format!("{}: {error}", out.display()))?;
    setting.parts.user.make_folder(folder).map_err(|error| error.to_string())?;
    let outcome = Run::begin(seed, setting, folder, out).and_then(|mut run| {
        let outcome = run.fail().and_then(|()| run.heal()).and_then(|()| run.examine());
        if !outcome.as_ref().is_ok_and(|findings| findings.deviations.is_empty()) {
            run.keep();
        }
        outcome
    });
    let _ = fs::remove_dir_all(folder);
    outcome
}

struct Run<'a> {
    seed: u64,
    setting: &'a Setting<'a>,
    folder: PathBuf,
    out: PathBuf,
    random: Random,
    endpoint: Endpoint,
    // Before the nodes, as the gateways look at these.
    _gateways: Gateways,
    nodes: Nodes,
    servers: Vec<Server>,
    _front: Option<Front>,
    visitors: Option<Visitors>,
    /// What was under way when something was cut off, in all: so much may have come twice.
    under_way: u64,
    kills: u64,
    diary: File,
    begun: Instant,
}

impl<'a> Run<'a> {
    fn begin(
        seed: u64,
        setting: &'a Setting<'a>,
        folder: &Path,
        out: &Path,
    ) -> Result<Self, String> {
        let io = |error: std::io::Error| error.to_string();
        let begun = Instant::now();
        let endpoint = Endpoint::open(seed, &out.join("received.txt")).map_err(io)?;
        let nodes = Nodes::start(setting.template, folder, Place::Memory)?;
        let sockets = nodes.0.iter().map(crate::nodes::Node::socket).collect();
        let gateways = Gateways::open(setting.servers, sockets).map_err(io)?;
        let mut servers = Vec::new();
        for number in 1..=setting.servers {
            let folder = folder.join(format!("server{number}"));
            let mut server = Server::new(number, seed, setting.parts, &folder)?;
            server.start_fpm()?;
            servers.push(server);
        }
        let (user, wordpress) = (setting.parts.user, setting.parts.wordpress.as_deref());
        let front = match wordpress {
            Some(wordpress) => Some(Front::start(folder, wordpress, &servers, user)?),
            None => None,
        };
        let mut run = Self {
            seed,
            setting,
            folder: folder.to_owned(),
            out: out.to_owned(),
            random: Random::new(seed),
            endpoint,
            _gateways: gateways,
            nodes,
            servers,
            _front: front,
            visitors: None,
            under_way: 0,
            kills: 0,
            diary: File::create(out.join("diary.txt")).map_err(io)?,
            begun,
        };
        run.note("the database is there");
        run.publish()?;
        run.note("published");
        for server in &mut run.servers {
            server.start_worker()?;
            server.start_producer()?;
        }
        if wordpress.is_some() {
            user.make_folder(&folder.join("visitors")).map_err(io)?;
            run.visitors = Some(Visitors::start(seed, &folder.join("visitors")));
        }
        Ok(run)
    }

    fn publish(&mut self) -> Result<(), String> {
        let file = self.folder.join("webhooks.json");
        let document = test_webhooks::document(|webhook| self.endpoint.url(webhook));
        fs::write(&file, document.to_string()).map_err(|error| error.to_string())?;
        let file = file.display().to_string();
        for server in &self.servers {
            server.php("publish.php", &[&file, "1"])?;
        }
        Ok(())
    }

    /// Lets everything go wrong.
    fn fail(&mut self) -> Result<(), String> {
        let plan = match self.setting.calm {
            true => Vec::new(),
            false => fault::plan(&mut self.random, self.nodes.0.len(), self.servers.len()),
        };
        std::thread::sleep(Duration::from_secs(2));
        for (fault, pause) in plan {
            if let Some(server) = fault.server()
                && self.servers[server].is_removed()
            {
                continue;
            }
            self.note(&format!("{fault:?}"));
            self.make(fault).map_err(|error| format!("{fault:?}: {error}"))?;
            std::thread::sleep(pause);
            self.servers.iter_mut().try_for_each(Server::look_at_worker)?;
        }
        let least = if self.servers.len() > 2 { LEAST_EVENTS } else { LEAST_EVENTS_OF_TWO };
        wait_for("enough events", || {
            self.accounts().is_ok_and(|accounts| accounts.dispatched.len() >= least)
        })
    }

    fn make(&mut self, fault: Fault) -> Result<(), String> {
        match fault {
            Fault::KillWorker(server, after) => {
                self.kill_worker(server)?;
                std::thread::sleep(after);
                self.servers[server].start_worker()?;
            }
            Fault::KillFpm(server, after) => {
                self.servers[server].kill_fpm()?;
                self.kills += 1;
                std::thread::sleep(after);
                self.servers[server].start_fpm()?;
            }
            Fault::StopWorker(server, lasts) => {
                self.stop_worker(server)?;
                std::thread::sleep(lasts);
                if let Some(worker) = self.servers[server].worker() {
                    worker.signal(Signal::CONT);
                }
            }
            Fault::StopFpm(server, lasts) => {
                self.servers[server].signal_fpm(Signal::STOP);
                std::thread::sleep(lasts);
                self.servers[server].signal_fpm(Signal::CONT);
            }
            Fault::KillNode(node, after) => {
                self.count_under_way()?;
                self.nodes.0[node].kill()?;
                self.kills += 1;
                std::thread::sleep(after);
                self.await_dispatches()?;
                self.nodes.0[node].start_again()?;
                self.nodes.heal()?;
            }
            Fault::RestartNode(node) => {
                self.count_under_way()?;
                self.nodes.0[node].end()?;
                self.await_dispatches()?;
                self.nodes.0[node].start_again()?;
                self.nodes.heal()?;
            }
            Fault::StopNode(node, lasts) => {
                self.count_under_way()?;
                self.nodes.0[node].stop()?;
                std::thread::sleep(lasts);
                self.nodes.0[node].go_on();
                self.nodes.heal()?;
            }
            Fault::Isolate(node, lasts) => {
                self.count_under_way()?;
                self.nodes.0[node].isolate(true)?;
                std::thread::sleep(lasts);
                self.nodes.0[node].isolate(false)?;
                self.nodes.heal()?;
            }
            Fault::KillOthers(node, after) => {
                self.count_under_way()?;
                let others = (0..self.nodes.0.len()).filter(|other| *other != node);
                for other in others.clone() {
                    self.nodes.0[other].kill()?;
                    self.kills += 1;
                }
                std::thread::sleep(after);
                for other in others {
                    self.nodes.0[other].start_again()?;
                }
                self.nodes.heal()?;
            }
            Fault::KillAllNodes(after) => {
                self.count_under_way()?;
                self.kills += self.nodes.0.len() as u64;
                self.nodes.kill_all()?;
                std::thread::sleep(after);
                self.nodes.start_all()?;
            }
            Fault::ReadOnly(node, lasts) => {
                self.count_under_way()?;
                self.nodes.0[node].read_only(true)?;
                std::thread::sleep(lasts);
                self.nodes.0[node].read_only(false)?;
            }
            Fault::FillDisk(node, lasts) => {
                self.count_under_way()?;
                self.nodes.0[node].fill_disk();
                std::thread::sleep(lasts);
                self.nodes.0[node].free_disk();
                // The others may have found it inconsistent: it then runs on, alone, until people start
                // it anew.
                std::thread::sleep(VOTE);
                if self.nodes.0.len() > 1 && !self.nodes.0[node].is_ready() {
                    self.nodes.0[node].kill()?;
                    self.nodes.0[node].start_again()?;
                }
                self.nodes.heal()?;
            }
            Fault::SetClock(server, seconds) => {
                self.kill_worker(server)?;
                let server = &mut self.servers[server];
                server.kill_fpm()?;
                server.end_producer()?;
                server.set_clock(seconds);
                server.start_fpm()?;
                server.start_worker()?;
                server.start_producer()?;
            }
            Fault::Remove(server) => {
                self.stop_worker(server)?;
                std::thread::sleep(UNREAD);
                self.servers[server].remove()?;
                self.kills += 2;
            }
        }
        Ok(())
    }

    /// While there is no database: no dispatch waits for one, as none is there before these returned. That
    /// none is refused is judged in the end.
    fn await_dispatches(&self) -> Result<(), String> {
        if self.nodes.0.len() > 1 {
            return Ok(());
        }
        for server in self.servers.iter().filter(|server| !server.is_removed()) {
            let dispatched = || -> Result<usize, String> {
                let mut accounts = Accounts::default();
                accounts.read(&server.accounts(), self.seed)?;
                Ok(accounts.dispatched.len())
            };
            let before = dispatched()?;
            wait_for("dispatches while there is no database", || {
                dispatched().is_ok_and(|now| now >= before + DISPATCHED_ALONE)
            })?;
        }
        Ok(())
    }

    /// Stops a worker and counts what it had under way: another one may send that again.
    fn stop_worker(&mut self, server: usize) -> Result<(), String> {
        if let Some(worker) = self.servers[server].worker() {
            worker.stop()?;
        }
        self.count_under_way()
    }

    fn kill_worker(&mut self, server: usize) -> Result<(), String> {
        self.stop_worker(server)?;
        self.kills += 1;
        self.servers[server].kill_worker()
    }

    /// What workers had claimed when something is cut off.
    fn count_under_way(&mut self) -> Result<(), String> {
        let mut root = self.nodes.root()?;
        let sql =
            format!("SELECT COUNT(*) FROM {DATABASE}.wp_webhooks_store_deliveries WHERE state = 1");
        // Before a worker has made its tables, nothing is.
        let count: u64 = root.query_first(sql).ok().flatten().unwrap_or(0);
        self.under_way += count;
        self.note(&format!("{count} under way"));
        Ok(())
    }

    /// Ends all faults and waits until every delivery has ended.
    fn heal(&mut self) -> Result<(), String> {
        self.note("heal");
        self.nodes.heal()?;
        if let Some(visitors) = &mut self.visitors {
            visitors.end()?;
            let (answered, failed) = visitors.pages();
            self.note(&format!("visitors: {answered} pages, {failed} requests without an answer"));
        }
        for server in self.servers.iter_mut().filter(|server| !server.is_removed()) {
            server.end_producer()?;
        }
        self.note("nobody dispatches any more");
        wait_for("the workers to read their journals to the end", || {
            self.is_read().unwrap_or(false)
        })?;
        self.note("all is in the store");
        let deadline = Instant::now() + REST;
        while self.waiting()? > 0 && Instant::now() < deadline {
            self.servers.iter_mut().try_for_each(Server::look_at_worker)?;
            std::thread::sleep(Duration::from_millis(100));
        }
        let waiting = self.waiting()?;
        self.note(&format!("{waiting} wait"));
        for server in &mut self.servers {
            server.end_worker()?;
        }
        Ok(())
    }

    /// Whether every server that is left has had its journal read.
    fn is_read(&self) -> Result<bool, String> {
        let positions = self.positions()?;
        for server in self.servers.iter().filter(|server| !server.is_removed()) {
            let status =
                journal::status(server.spool(), &positions).map_err(|it| it.to_string())?;
            if status.bytes_waiting > 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Deliveries that are neither settled nor held.
    fn waiting(&self) -> Result<u64, String> {
        let mut root = self.nodes.root()?;
        let sql = format!(
            "SELECT COUNT(*) FROM {DATABASE}.wp_webhooks_store_deliveries WHERE state IN (0, 1)"
        );
        let count = root.query_first(sql).map_err(|error| error.to_string())?;
        Ok(count.unwrap_or(0))
    }

    fn positions(&self) -> Result<HashMap<SegmentId, u64>, String> {
        let mut root = self.nodes.root()?;
        let sql = format!("SELECT segment, `offset` FROM {DATABASE}.wp_webhooks_store_positions");
        let rows: Vec<(Vec<u8>, u64)> = root.query(sql).map_err(|error| error.to_string())?;
        let of =
            |(segment, offset): (Vec<u8>, u64)| Some((SegmentId(segment.try_into().ok()?), offset));
        Ok(rows.into_iter().filter_map(of).collect())
    }

    /// Ids of all events that the store has.
    fn stored(&self) -> Result<HashSet<EventId>, String> {
        let mut root = self.nodes.root()?;
        let sql = format!("SELECT id FROM {DATABASE}.wp_webhooks_store_events");
        let rows: Vec<Vec<u8>> = root.query(sql).map_err(|error| error.to_string())?;
        let id = |row: Vec<u8>| row.try_into().ok().map(EventId::from_bytes);
        Ok(rows.into_iter().filter_map(id).collect())
    }

    fn accounts(&self) -> Result<Accounts, String> {
        let mut accounts = Accounts::default();
        for server in &self.servers {
            accounts.read(&server.accounts(), self.seed)?;
        }
        if self.visitors.is_some() {
            accounts.read(&self.folder.join("visitors"), self.seed)?;
        }
        Ok(accounts)
    }

    /// What stands on the disks of removed servers alone, behind what the store had taken in.
    fn destroyed(&self) -> Result<HashSet<EventId>, String> {
        let (positions, stored) = (self.positions()?, self.stored()?);
        let mut destroyed = HashSet::new();
        for server in self.servers.iter().filter(|server| server.is_removed()) {
            let scratch = self.folder.join("scratch");
            let unread = disk::unread(server.spool(), positions.clone(), &scratch)?;
            destroyed.extend(unread.into_iter().filter(|id| !stored.contains(id)));
        }
        Ok(destroyed)
    }

    fn examine(&mut self) -> Result<Findings, String> {
        let evidence = Evidence {
            out: &self.out,
            spool: self.servers[0].spool(),
            nodes: &self.nodes,
            accounts: self.accounts()?,
            receipts: self.endpoint.receipts(),
            destroyed: self.destroyed()?,
            under_way: self.under_way,
            kills: self.kills,
            servers: self.servers.len(),
        };
        let findings = evidence.examine();
        self.note("examined");
        findings
    }

    /// Keeps what may explain a failure.
    fn keep(&self) {
        let kept = self.out.join("kept");
        let _ = fs::create_dir_all(&kept);
        for server in &self.servers {
            let folder = self.folder.join(format!("server{}", server.number));
            let _ = std::process::Command::new("cp").arg("-a").arg(folder).arg(&kept).status();
        }
        for node in &self.nodes.0 {
            let log = self.folder.join(format!("node{}/log.err", node.number));
            let _ = fs::copy(log, kept.join(format!("node{}.log", node.number)));
        }
        let rows = self.rows_to_keep().unwrap_or_else(|error| error);
        let _ = fs::write(kept.join("rows.txt"), rows);
    }

    /// What the store has of workers, and of deliveries that have not ended, as text.
    fn rows_to_keep(&self) -> Result<String, String> {
        let mut root = self.nodes.root()?;
        let mut text = String::new();
        for rows in ["workers", "lanes", "clocks", "webhooks", "deliveries WHERE state IN (0, 1)"] {
            text += &format!("{rows}\n");
            let sql = format!("SELECT * FROM {DATABASE}.wp_webhooks_store_{rows}");
            let found: Vec<mysql::Row> = root.query(sql).map_err(|error| error.to_string())?;
            for row in found {
                for (column, value) in row.columns_ref().iter().zip(row.clone().unwrap()) {
                    text += &format!("  {}={}", column.name_str(), value.as_sql(true));
                }
                text += "\n";
            }
        }
        Ok(text)
    }

    fn note(&mut self, what: &str) {
        let _ = writeln!(self.diary, "{:8.3} {what}", self.begun.elapsed().as_secs_f64());
    }
}

impl Fault {
    /// Whose server's fault it is.
    const fn server(self) -> Option<usize> {
        match self {
            Self::KillWorker(server, _)
            | Self::KillFpm(server, _)
            | Self::StopWorker(server, _)
            | Self::StopFpm(server, _)
            | Self::SetClock(server, _)
            | Self::Remove(server) => Some(server),
            _ => None,
        }
    }
}
