//! Figures of several servers on one database: `make bench NAME=cluster`.
//!
//! The database lies on the machine's own disk, with `innodb_flush_log_at_trx_commit = 1`. All parts share
//! the machine: database, workers, PHP and the endpoint.

#![allow(clippy::print_stdout, reason = "figures are printed as they come")]

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use mysql::prelude::Queryable as _;
use parking_lot::Mutex;
use serde_json::{Value, json};
use testkit::process::{Process, wait_for};
use testkit::server::{Server as Endpoint, respond};
use webhooks::clock::{Clock as _, SystemClock};

use crate::gateway::Gateways;
use crate::nodes::{DATABASE, Node, Nodes, Place, Template};
use crate::server::{Parts, Server};

/// The events of the webhook that is well, of the one whose requests are timed and of the one that fails.
const WELL: &str = "payment_received";
const TIMED: &str = "timed";
const FAILING: &str = "failing";
/// Where nginx listens.
const SINK: u16 = 8081;
/// A lease, in seconds (src/store/mysql/watch.rs).
const LEASE: f64 = 15.0;

/// A figure, what it has to be and what it ought to be; whether more is better.
struct Figure {
    key: &'static str,
    value: f64,
    must: f64,
    aim: f64,
    more_is_better: bool,
}

/// What is measured on one database of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// One worker on one MariaDB.
    Single,
    /// What a dead worker leaves, on one MariaDB.
    Takeover,
    /// Three workers on three nodes.
    Galera,
}

impl Part {
    pub(crate) const ALL: [Self; 3] = [Self::Single, Self::Takeover, Self::Galera];

    /// The one of a name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == name)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Takeover => "takeover",
            Self::Galera => "galera",
        }
    }
}

/// Measures these parts, prints a table and writes it to `out`/cluster.json (of one part:
/// cluster-NAME.json). `template` makes a database of so many nodes.
pub(crate) fn run(
    parts: &Parts,
    which: &[Part],
    template: impl Fn(usize) -> Result<Template, String>,
    folder: &Path,
    out: &Path,
) -> Result<(), String> {
    let does = |part| which.contains(&part);
    let (mut figures, mut notes) = (Vec::new(), Vec::<String>::new());
    let mut note = |text: String| {
        println!("    {text}");
        notes.push(text);
    };
    let mut add = |key, value, must, aim, more_is_better| {
        println!("  {key:<36} {value:.2}");
        figures.push(Figure { key, value, must, aim, more_is_better });
    };
    let single = template(1)?;
    if does(Part::Single) {
        println!("one worker, MariaDB");
        let mut bed = Bed::start(parts, &single, &folder.join("single"), 1)?;
        bed.flood(2000, 0)?;
        let mut rates = Vec::new();
        for _ in 0..3 {
            let (before, cpu) = (bed.costs()?, bed.cpu());
            rates.push(bed.flood(20_000, 0)?);
            note(format!("at full rate, an event: {}", bed.cost_since(&before, 20_000.0)?));
            note(format!("µs of a processor, an event: {}", bed.cpu_since(&cpu, 20_000.0)));
        }
        add("deliveries_per_second_mariadb", median(&mut rates), 4000.0, 9000.0, true);
        let before = bed.costs()?;
        let mut latencies = bed.latencies(3000, 10_000_000)?;
        note(format!("at 100/s, an event: {}", bed.cost_since(&before, 3000.0)?));
        latencies.sort_by(f64::total_cmp);
        let percentile = |of: f64| latencies[(latencies.len() as f64 * of) as usize];
        add("latency_p50_ms_mariadb", percentile(0.5), 3.0, 2.0, false);
        add("latency_p99_ms_mariadb", percentile(0.99), 20.0, 8.0, false);
        note(format!("the database then has, an event: {}", bed.sizes()?));
        let (with, without) = bed.request_costs(parts, folder)?;
        note(format!("a dispatch (p50): mysql: {with:.0} ns, sqlite {without:.0} ns"));
        add("dispatch_beside_sqlite", with / without, 1.05, 1.0, false);
    }
    if does(Part::Takeover) {
        println!("takeover, MariaDB");
        let mut took = Vec::new();
        for round in 0..3 {
            let path = folder.join(format!("takeover{round}"));
            let mut bed = Bed::start(parts, &single, &path, 2)?;
            took.push(bed.takeover()?);
        }
        note(format!("takeovers after the lease, s: {took:.2?}"));
        add("takeover_s", took.iter().copied().fold(0.0, f64::max), 5.0, 1.0, false);
    }
    if does(Part::Galera) {
        println!("three workers, three nodes of Galera");
        let cluster = template(3)?;
        let mut bed = Bed::start(parts, &cluster, &folder.join("cluster"), 3)?;
        bed.flood(3000, 0)?;
        let before = bed.conflicts()?;
        let mut rates = Vec::new();
        for _ in 0..3 {
            let cpu = bed.cpu();
            rates.push(bed.flood(18_000, 0)?);
            note(format!("µs of a processor, an event: {}", bed.cpu_since(&cpu, 18_000.0)));
        }
        let after = bed.conflicts()?;
        add("deliveries_per_second_galera", median(&mut rates), 2500.0, 5000.0, true);
        let before_steady = bed.conflicts()?;
        bed.flood(1500, 20_000_000)?;
        let steady = bed.conflicts()?;
        let per_1000 = |from: (u64, u64), to: (u64, u64)| {
            (to.0 - from.0) as f64 * 1000.0 / (to.1 - from.1).max(1) as f64
        };
        note(format!(
            "1213 in 1,000 transactions at full rate: {:.2} of {} commits; steady: {} of {}",
            per_1000(before, after),
            after.1 - before.1,
            steady.0 - before_steady.0,
            steady.1 - before_steady.1,
        ));
        add("conflicts_in_1000_galera", per_1000(before_steady, steady), 2.0, 0.0, false);
    }
    println!("\n{:<36} {:>10} {:>10} {:>10}", "", "measured", "must", "aim");
    for Figure { key, value, must, aim, more_is_better } in &figures {
        let reaches = |goal: &f64| if *more_is_better { value >= goal } else { value <= goal };
        let verdict = if reaches(aim) {
            "aim"
        } else if reaches(must) {
            "must"
        } else {
            "MISSED"
        };
        println!("{key:<36} {value:>10.2} {must:>10} {aim:>10}  {verdict}");
    }
    let results: Value = figures
        .iter()
        .map(|figure| (figure.key.to_owned(), json!(figure.value)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let results = json!({ "figures": results, "notes": notes });
    let file = match which {
        [one] => format!("cluster-{}.json", one.name()),
        _ => "cluster.json".into(),
    };
    fs::write(out.join(file), format!("{results:#}\n"))
        .map_err(|error| format!("{}: {error}", out.display()))
}

/// An nginx that takes everything.
fn nginx(folder: &Path) -> Result<Process, String> {
    let io = |error: std::io::Error| error.to_string();
    let dir = folder.join("nginx").display().to_string();
    fs::create_dir_all(&dir).map_err(io)?;
    let config = format!(
        "daemon off;\nmaster_process off;\npid \"{dir}/pid\";\nerror_log \"{dir}/log\";\n\
         events {{ worker_connections 1024; }}\n\
         http {{\n\taccess_log off;\n\tkeepalive_requests 1000000;\n\tclient_body_temp_path \"{dir}/body\";\n\
         \tfastcgi_temp_path \"{dir}/fastcgi\";\n\tproxy_temp_path \"{dir}/proxy\";\n\
         \tuwsgi_temp_path \"{dir}/uwsgi\";\n\tscgi_temp_path \"{dir}/scgi\";\n\
         \tserver {{\n\t\tlisten 127.0.0.1:{SINK};\n\t\tlocation / {{ return 204; }}\n\t}}\n}}\n"
    );
    let file = folder.join("nginx/nginx.conf");
    fs::write(&file, config).map_err(io)?;
    let mut command = std::process::Command::new("nginx");
    command.arg("-p").arg(&dir).arg("-c").arg(&file).arg("-e").arg(format!("{dir}/log"));
    let process = Process::start(&mut command).map_err(|error| format!("nginx: {error}"))?;
    wait_for("nginx", || std::net::TcpStream::connect(("127.0.0.1", SINK)).is_ok())?;
    Ok(process)
}

/// What a process has taken of the processors, in seconds.
fn seconds(id: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let fields = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    // In hundredths of a second: user's and system's time, the 14th and 15th of all fields.
    let ticks = fields.split(' ').skip(11).take(2).filter_map(|it| it.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Servers, a database and an endpoint.
struct Bed {
    endpoint: Arc<Arrivals>,
    /// Where requests go that are only counted: nginx takes next to nothing of the processors.
    nginx: Process,
    _door: Endpoint,
    _gateways: Gateways,
    nodes: Nodes,
    servers: Vec<Server>,
    delivered: u64,
}

/// What came to the endpoint.
#[derive(Default)]
struct Arrivals {
    /// When an event's request was read, by its id, in nanoseconds of the monotonic clock; kept while
    /// `keeps` holds.
    at: Mutex<HashMap<String, u64>>,
    keeps: AtomicBool,
    /// The webhook that fails does.
    fails: AtomicBool,
}

impl Bed {
    fn start(
        parts: &Parts,
        template: &Template,
        folder: &Path,
        servers: usize,
    ) -> Result<Self, String> {
        let io = |error: std::io::Error| error.to_string();
        parts.user.make_folder(folder).map_err(io)?;
        let nodes = Nodes::start(template, folder, Place::Disk)?;
        let sockets = nodes.0.iter().map(Node::socket).collect();
        let gateways = Gateways::open(servers, sockets).map_err(io)?;
        let endpoint = Arc::<Arrivals>::default();
        let arrivals = Arc::clone(&endpoint);
        let door = Endpoint::unkept(move |request, to| {
            if arrivals.keeps.load(Ordering::Relaxed) {
                let id = request.header("webhook-id").unwrap_or_default().to_owned();
                arrivals.at.lock().entry(id).or_insert_with(|| SystemClock.monotonic_ns());
            }
            let is_refused = request.path == "/failing" && arrivals.fails.load(Ordering::Relaxed);
            respond(to, if is_refused { "503 Later" } else { "204 Taken" }, "", b"")
        });
        let nginx = nginx(folder)?;
        let webhook = |id: &str, event: &str, address: &str| {
            json!({
                "id": id, "name": id, "url": format!("http://{address}/{id}"), "events": [event],
                "secrets": [{ "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" }],
                "retries": vec![1; 50], "disable_after": 0, "concurrency": 64,
            })
        };
        let here = door.address.to_string();
        let document = json!({ "webhooks": [
            webhook("well", WELL, &format!("127.0.0.1:{SINK}")),
            webhook("timed", TIMED, &here),
            webhook("failing", FAILING, &here),
        ] });
        let file = folder.join("webhooks.json");
        fs::write(&file, document.to_string()).map_err(io)?;
        let mut all = Vec::new();
        for number in 1..=servers {
            let mut server =
                Server::new(number, 0, parts, &folder.join(format!("server{number}")))?;
            server.php("publish.php", &[&file.display().to_string(), "1"])?;
            let payment = "tests/payloads/ultimate-multisite-payment_received.json";
            fs::copy(payment, server.folder().join("run/payment.json")).map_err(io)?;
            server.start_worker()?;
            all.push(server);
        }
        Ok(Self {
            endpoint,
            nginx,
            _door: door,
            _gateways: gateways,
            nodes,
            servers: all,
            delivered: 0,
        })
    }

    /// Dispatches on all servers at once, one each `every` nanoseconds on each of them, and waits until
    /// all is recorded: deliveries a second.
    fn flood(&mut self, count: u64, every: u64) -> Result<f64, String> {
        self.flood_of(WELL, count, every)
    }

    fn flood_of(&mut self, event: &str, count: u64, every: u64) -> Result<f64, String> {
        let each = count / self.servers.len() as u64;
        self.delivered += each * self.servers.len() as u64;
        let begun = Instant::now();
        self.dispatch(event, each, every)?;
        self.await_recorded()?;
        Ok(count as f64 / begun.elapsed().as_secs_f64())
    }

    /// Runs flood.php on all servers to its end.
    fn dispatch(&self, event: &str, each: u64, every: u64) -> Result<(), String> {
        std::thread::scope(|scope| {
            let threads: Vec<_> = self
                .servers
                .iter()
                .map(|server| {
                    scope.spawn(move || {
                        let file = server.folder().join("run/flood.txt").display().to_string();
                        let (each, every) = (each.to_string(), every.to_string());
                        server.php("flood.php", &[event, &each, &every, &file])
                    })
                })
                .collect();
            for thread in threads {
                thread.join().map_err(|_| "a thread panicked")??;
            }
            Ok(())
        })
    }

    fn await_recorded(&self) -> Result<(), String> {
        let mut root = self.nodes.root()?;
        let sql = format!(
            "SELECT CAST(COALESCE(SUM(c.delivered), 0) AS SIGNED) FROM {DATABASE}.wp_webhooks_store_counters c \
             JOIN {DATABASE}.wp_webhooks_store_webhooks w ON w.`key` = c.webhook WHERE w.id <> 'failing'"
        );
        wait_for("all deliveries are recorded", || {
            let found: Result<Option<u64>, _> = root.query_first(&sql);
            std::thread::sleep(Duration::from_millis(20));
            found.ok().flatten().is_some_and(|found| found >= self.delivered)
        })
    }

    /// From the return of a dispatch to the endpoint, in milliseconds.
    fn latencies(&mut self, count: u64, every: u64) -> Result<Vec<f64>, String> {
        self.endpoint.keeps.store(true, Ordering::Relaxed);
        self.flood_of(TIMED, count, every)?;
        self.endpoint.keeps.store(false, Ordering::Relaxed);
        let arrived = std::mem::take(&mut *self.endpoint.at.lock());
        let returned = fs::read_to_string(self.servers[0].folder().join("run/flood.txt"))
            .map_err(|error| error.to_string())?;
        let latency = |line: &str| {
            let mut words = line.split(' ');
            let at = arrived.get(words.next()?)?;
            let returned: u64 = words.next()?.parse().ok()?;
            Some(at.saturating_sub(returned) as f64 / 1e6)
        };
        let all: Vec<_> = returned.lines().filter_map(latency).collect();
        if all.len() as u64 == count { Ok(all) } else { Err("events did not arrive".into()) }
    }

    /// p50 of a dispatch with the store on this database and with one in the spool, in nanoseconds.
    fn request_costs(&self, parts: &Parts, folder: &Path) -> Result<(f64, f64), String> {
        let plain = Server::plain(parts, &folder.join("plain"))?;
        let io = |error: std::io::Error| error.to_string();
        let from = self.servers[0].folder();
        fs::copy(from.join("run/payment.json"), plain.folder().join("run/payment.json"))
            .map_err(io)?;
        let document = from.with_file_name("webhooks.json").display().to_string();
        plain.php("publish.php", &[&document, "1"])?;
        // The worker of this one would be awake, which costs nothing, and use the processor.
        let measure = |server: &Server| -> Result<f64, String> {
            let file = server.folder().join("run/cost.txt").display().to_string();
            server.php("flood.php", &["unwatched", "1", "0", &file])?;
            server.php("flood.php", &[WELL, "4000", "0", &file])?;
            let text = fs::read_to_string(&file).map_err(io)?;
            let mut took: Vec<f64> =
                text.lines().filter_map(|line| line.split(' ').nth(2)?.parse().ok()).collect();
            Ok(median(&mut took))
        };
        let other = Server::on_database(parts, &folder.join("other"))?;
        fs::copy(from.join("run/payment.json"), other.folder().join("run/payment.json"))
            .map_err(io)?;
        other.php("publish.php", &[&document, "1"])?;
        let (mut with, mut without) = (Vec::new(), Vec::new());
        for _ in 0..7 {
            with.push(measure(&other)?);
            without.push(measure(&plain)?);
        }
        Ok((median(&mut with), median(&mut without)))
    }

    /// Seconds from the end of a dead worker's lease until another one sends what waited in its lane.
    fn takeover(&mut self) -> Result<f64, String> {
        self.flood(200, 0)?;
        self.endpoint.fails.store(true, Ordering::Relaxed);
        let file = self.servers[0].folder().join("run/flood.txt").display().to_string();
        self.servers[0].php("flood.php", &[FAILING, "20", "0", &file])?;
        // It has the lane once it has tried.
        let mut root = self.nodes.root()?;
        let sql = format!(
            "SELECT COUNT(*) FROM {DATABASE}.wp_webhooks_store_attempts WHERE status = 503"
        );
        wait_for("attempts that failed", || {
            root.query_first::<u64, _>(&sql).is_ok_and(|found| found >= Some(3))
        })?;
        self.servers[0].kill_worker()?;
        let killed = Instant::now();
        self.endpoint.fails.store(false, Ordering::Relaxed);
        self.endpoint.at.lock().clear();
        self.endpoint.keeps.store(true, Ordering::Relaxed);
        wait_for("another worker sends", || !self.endpoint.at.lock().is_empty())?;
        Ok((killed.elapsed().as_secs_f64() - LEASE).max(0.0))
    }

    /// Transactions that the cluster refused, and those that it committed.
    fn conflicts(&self) -> Result<(u64, u64), String> {
        let mut sum = (0, 0);
        for node in &self.nodes.0 {
            let mut root = node.root(Duration::from_secs(10))?;
            let status = |root: &mut mysql::Conn, name: &str| -> u64 {
                let sql = format!("SHOW GLOBAL STATUS LIKE '{name}'");
                let row: Option<(String, String)> = root.query_first(sql).ok().flatten();
                row.and_then(|row| row.1.parse().ok()).unwrap_or(0)
            };
            sum.0 += status(&mut root, "wsrep_local_cert_failures")
                + status(&mut root, "wsrep_local_bf_aborts");
            sum.1 += status(&mut root, "wsrep_local_commits");
        }
        Ok(sum)
    }

    /// What the database counts of its work.
    fn costs(&self) -> Result<HashMap<String, f64>, String> {
        let mut root = self.nodes.root()?;
        let rows: Vec<(String, String)> =
            root.query("SHOW GLOBAL STATUS").map_err(|error| error.to_string())?;
        Ok(rows.into_iter().filter_map(|(name, value)| Some((name, value.parse().ok()?))).collect())
    }

    fn cost_since(&self, before: &HashMap<String, f64>, events: f64) -> Result<String, String> {
        let after = self.costs()?;
        let each = |name: &str| {
            let value = |of: &HashMap<String, f64>| of.get(name).copied().unwrap_or(0.0);
            (value(&after) - value(before)) / events
        };
        Ok(format!(
            "{:.2} statements ({:.2} of them commits), {:.2} rows inserted, {:.2} updated, {:.2} deleted, {:.1} read; \
             {:.0} bytes in and {:.0} out, {:.0} bytes of redo log, {:.2} of its fsyncs",
            each("Questions"),
            each("Com_commit"),
            each("Innodb_rows_inserted"),
            each("Innodb_rows_updated"),
            each("Innodb_rows_deleted"),
            each("Innodb_rows_read"),
            each("Bytes_received"),
            each("Bytes_sent"),
            each("Innodb_os_log_written"),
            each("Innodb_data_fsyncs"),
        ))
    }

    /// What each kind of process has taken of the processors so far, in seconds.
    fn cpu(&self) -> [(&'static str, f64); 4] {
        let all = |ids: &mut dyn Iterator<Item = u32>| -> f64 { ids.map(seconds).sum() };
        [
            ("worker", all(&mut self.servers.iter().filter_map(Server::worker_id))),
            ("database", all(&mut self.nodes.0.iter().filter_map(Node::id))),
            ("nginx", seconds(self.nginx.id())),
            ("this program, with the way to the database", seconds(std::process::id())),
        ]
    }

    fn cpu_since(&self, before: &[(&'static str, f64); 4], events: f64) -> String {
        let each = self.cpu().map(|(name, after)| {
            let before = before.iter().find(|(it, _)| *it == name).map_or(0.0, |(_, it)| *it);
            format!("{name} {:.0}", (after - before) * 1e6 / events)
        });
        each.join(", ")
    }

    /// Bytes of each table, an event.
    fn sizes(&self) -> Result<String, String> {
        let mut root = self.nodes.root()?;
        let told = |error: mysql::Error| error.to_string();
        let tables: Vec<String> = root
            .query(format!("SHOW TABLES FROM {DATABASE} LIKE 'wp\\_webhooks\\_store\\_%'"))
            .map_err(told)?;
        for table in &tables {
            root.query_drop(format!("ANALYZE TABLE {DATABASE}.`{table}`")).map_err(told)?;
        }
        let rows: Vec<(String, u64, u64)> = root
            .query(format!(
                "SELECT table_name, data_length, index_length FROM information_schema.tables \
                 WHERE table_schema = '{DATABASE}' AND table_name LIKE 'wp\\_webhooks\\_store\\_%' \
                 AND table_rows > 1000 ORDER BY table_name"
            ))
            .map_err(told)?;
        let count = self.delivered as f64;
        let row = |(name, data, index): &(String, u64, u64)| {
            let name = name.trim_start_matches("wp_webhooks_store_");
            format!("{name} {:.0} + {:.0}", *data as f64 / count, *index as f64 / count)
        };
        Ok(rows.iter().map(row).collect::<Vec<_>>().join(", "))
    }
}
