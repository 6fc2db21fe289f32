//! Deliveries that end the worker by what they are: one needs more memory than it may have, one
//! more stack, and of one the store refuses what came of it. Each fails, and costs nobody else.

mod support;

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;
use serde_json::{Value, json};
use support::{Endpoint, Network, PROGRAM, Worker, wait_for, webhook};
use webhooks::id::EventId;
use webhooks::worker::Request;

/// Events that harm nobody.
const HEALTHY: u64 = 1000;
/// What a worker may have beyond what it took for the healthy events alone, in KiB: less than half
/// of what a template may make of an event.
const SPARE: u64 = 5 << 10;
/// Where the worker runs short.
struct Short {
    folder: tempfile::TempDir,
    library: PathBuf,
    /// Stack of the threads that make requests, in bytes.
    stack: usize,
    /// Most memory of its own, in KiB.
    memory: Option<u64>,
}

impl Short {
    /// Of a stack that suffices for a healthy event, and hardly: how much that is the optimiser
    /// decides.
    fn of_stack(endpoint: &Endpoint) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let library = folder.path().join("small_stacks.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/killers/small_stacks.c");
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-o"])
            .arg(&library)
            .arg(source)
            .arg("-ldl")
            .status();
        assert!(built.expect("cc").success());
        let mut short = Self { folder, library, stack: 0, memory: None };
        let suffices = |short: &Self| {
            let mut network = Network::new();
            network.publish(&hooks(endpoint));
            network.dispatch("well");
            let mut worker = short.worker(&network);
            wait_for("a delivery, or an end", || {
                let delivered = network.stats("well")["delivered"] == json!(1);
                (delivered || worker.has_ended()).then_some(delivered)
            })
        };
        short.stack = (4..16)
            .map(|size| size << 14)
            .find(|stack| {
                short.stack = *stack;
                suffices(&short)
            })
            .expect("a stack that suffices")
            + (1 << 14);
        short
    }

    fn worker(&self, network: &Network) -> Worker {
        let mut command = Command::new("prlimit");
        if let Some(memory) = self.memory {
            command.arg(format!("--data={}", memory << 10));
        }
        let said = File::options().append(true).create(true).open(self.said()).expect("a file");
        command
            .arg(PROGRAM)
            .env("LD_PRELOAD", &self.library)
            .env("SMALL_STACK", self.stack.to_string());
        // Else each thread takes from the system what it does not use.
        command.env("MALLOC_ARENA_MAX", "1").stderr(said);
        network.worker_by(command)
    }

    /// What the workers said on their way out.
    fn said(&self) -> PathBuf {
        self.folder.path().join("said")
    }
}

/// Memory of its own that a process has, in KiB.
fn memory(worker: &Worker) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", worker.pid())).expect("a status");
    let line = status.lines().find(|line| line.starts_with("VmData:")).expect("VmData");
    line.split_whitespace().nth(1).expect("a number").parse().expect("a number")
}

/// Of every template that nests as deeply as one may: loops, brackets, and a long sum.
fn deepest_template() -> String {
    let sum = format!("{}1{}{}", "(".repeat(19), ")".repeat(19), " + 1".repeat(60));
    format!("{}{{{{ {sum} }}}}{}", "{% for a in [1] %}".repeat(38), "{% endfor %}".repeat(38))
}

fn hooks(endpoint: &Endpoint) -> Value {
    let template = |source: String| json!({"format": "template", "content_type": "text/plain", "template": source});
    // Three values of 3.6 MB, where 4 MiB are a value's limit.
    let large =
        "{% set a = data.text * 4 %}{% set b = data.text * 4 %}{% set c = data.text * 4 %}x";
    json!([
        webhook("memory", &endpoint.url("/memory"), &["memory"], &template(large.into())),
        webhook("stack", &endpoint.url("/stack"), &["stack"], &template(deepest_template())),
        webhook("store", &endpoint.url("/status/299"), &["store"], &json!({})),
        webhook("well", &endpoint.url("/well"), &["well"], &json!({})),
    ])
}

/// A network with all webhooks, and the healthy events; with the killers among them, if wished.
fn dispatch(network: &mut Network, with_killers: bool) -> HashSet<EventId> {
    let mut healthy = HashSet::new();
    for number in 0..HEALTHY {
        if with_killers && number == 100 {
            network.dispatch_data("memory", &json!({"text": "x".repeat(900_000)}));
        }
        if with_killers && number == 400 {
            network.dispatch("stack");
        }
        if with_killers && number == 700 {
            network.dispatch("store");
        }
        healthy.insert(network.dispatch("well"));
    }
    healthy
}

/// Waits until a worker has made its store.
fn wait_for_store(network: &Network) {
    wait_for("a store", || network.log().map(drop));
}

/// From now on SQLite finds an answer 299 too large, unless what it came with is left out.
fn refuse_an_answer(network: &Network) {
    let path = network.folder.path().join("store.sqlite");
    let connection = rusqlite::Connection::open(path).expect("the store");
    connection.busy_timeout(std::time::Duration::from_secs(60)).expect("patience");
    connection
        .execute_batch(
            "CREATE TRIGGER refuse BEFORE INSERT ON attempts
             WHEN NEW.status = 299 AND NEW.response_headers <> '[]'
             BEGIN SELECT zeroblob(1000000001); END",
        )
        .expect("a trigger");
}

/// Deliveries in a state.
fn under_way(network: &Network) -> HashSet<EventId> {
    let claimed = network.deliveries(&json!({"state": "delivering", "limit": 200}));
    let id = |delivery: &Value| delivery["event_id"].as_str().expect("an id").parse();
    claimed.iter().map(|delivery| id(delivery).expect("an id")).collect()
}

#[test]
fn no_memory_no_stack_and_a_store_that_refuses_cost_one_delivery_each() {
    let endpoint = Endpoint::new();
    let mut short = Short::of_stack(&endpoint);
    // What the healthy ones take.
    let mut probe = Network::new();
    probe.publish(&hooks(&endpoint));
    let worker = short.worker(&probe);
    dispatch(&mut probe, false);
    let mut most = 0;
    wait_for("the healthy events alone", || {
        most = most.max(memory(&worker));
        (probe.stats("well")["delivered"] == json!(HEALTHY)).then_some(())
    });
    drop(worker);
    short.memory = Some(most + SPARE);

    let before = endpoint.received().len();
    let mut network = Network::new();
    network.publish(&hooks(&endpoint));
    let mut worker = short.worker(&network);
    wait_for_store(&network);
    refuse_an_answer(&network);
    let healthy = dispatch(&mut network, true);
    let mut deaths: Vec<HashSet<EventId>> = Vec::new();
    let killers = ["memory", "stack", "store"];
    wait_for("all deliveries", || {
        if worker.has_ended() {
            deaths.push(under_way(&network));
            worker = short.worker(&network);
        }
        let failed = killers.map(|killer| network.stats(killer)["failed"].clone());
        let well = network.stats("well");
        (failed == [1, 1, 1] && well["delivered"] == json!(HEALTHY)).then_some(())
    });

    let said = fs::read_to_string(short.said()).expect("what the workers said");
    assert!(said.contains("memory allocation of "), "{said}");
    assert!(said.contains("has overflowed its stack"), "{said}");
    // Twice alone each, and at most twice in company before.
    assert!((4..=8).contains(&deaths.len()), "{} deaths", deaths.len());
    let mut counts: HashMap<EventId, usize> = HashMap::new();
    for request in endpoint.received().iter().skip(before).filter(|it| it.path == "/well") {
        *counts.entry(request.id()).or_default() += 1;
    }
    assert_eq!(counts.keys().copied().collect::<HashSet<_>>(), healthy);
    for (id, count) in &counts {
        let at_deaths = deaths.iter().filter(|ids| ids.contains(id)).count();
        assert!(*count <= 1 + at_deaths, "{id} came {count} times, {at_deaths} deaths");
    }
    // The endpoint had it, and has it once: what the store can't keep is not sent again.
    assert_eq!(endpoint.received_at("/status/299").len(), 1);
    assert!(
        endpoint.received_at("/memory").is_empty() && endpoint.received_at("/stack").is_empty()
    );
    let reasons: HashMap<_, _> = network
        .deliveries(&json!({"state": "failed"}))
        .iter()
        .map(|it| (it["webhook_id"].clone(), it["reason"].clone()))
        .collect();
    let expected = [("memory", "worker_died"), ("stack", "worker_died"), ("store", "too_large")];
    assert_eq!(reasons, expected.map(|(hook, why)| (json!(hook), json!(why))).into());
    let told = network.announcements();
    let failed = told.iter().filter(|one| one["code"] == "delivery_failed").count();
    assert_eq!(failed, killers.len());
    assert!(told.iter().any(|one| one["code"] == "worker_dies"), "{told:?}");

    // With room for it, what failed is delivered when a person sends it again.
    assert!(!worker.has_ended());
    worker.signal(Signal::TERM);
    assert!(worker.ended());
    let failed = network.deliveries(&json!({"state": "failed"}));
    let ids = failed.iter().filter(|it| it["reason"] == "worker_died");
    let ids = ids.map(|it| it["id"].as_str().expect("an id").parse().expect("an id")).collect();
    network.request(&Request::Resend { ids });
    let worker = network.worker();
    wait_for("what was sent again", || {
        let sent = ["memory", "stack"].map(|it| network.stats(it)["delivered"].clone());
        (sent == [1, 1]).then_some(())
    });
    drop(worker);
}
