//! `webhooks-worker migrate`: from a spool's file to a MariaDB of the test's own, killed again and again.

mod support;
#[path = "../src/store/mysql/test_server.rs"]
#[allow(dead_code, unreachable_pub, reason = "the store's own tests use the rest")]
mod test_server;

use std::collections::{HashMap, HashSet};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::json;
use support::{Network, PROGRAM, Worker, wait_for, webhook};
use test_server::TestServer;
use webhooks::id::EventId;
use webhooks::store::State;
use webhooks::store::log::{DeliveriesQuery, Log};
// Of these the server's file is made.
use webhooks::store::mysql::{Connection, Endpoint, Password, Server, Tls};

fn address(database: &TestServer) -> String {
    format!("mysql://root@localhost/store?prefix=wp_&socket={}", database.socket().display())
}

fn migration(network: &Network, database: &TestServer) -> Command {
    let mut command = Command::new(PROGRAM);
    command.arg("migrate").arg("--spool").arg(network.spool.path());
    command.args(["--to", &address(database)]);
    command
}

fn start(network: &Network, database: &TestServer) -> Child {
    let mut command = migration(network, database);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the worker's program")
}

fn migrate(network: &Network, database: &TestServer) -> String {
    let Output { status, stdout, stderr } = migration(network, database).output().expect("it runs");
    let said = String::from_utf8_lossy(&stdout).into_owned();
    assert!(status.success(), "{said}{}", String::from_utf8_lossy(&stderr));
    said
}

fn worker(network: &Network, database: &TestServer) -> Worker {
    let mut command = Command::new(PROGRAM);
    command.arg("--store").arg(address(database)).stderr(Stdio::null());
    network.worker_by(command)
}

fn count(network: &Network, database: &TestServer, state: Option<State>) -> u64 {
    let log = Log::open(&network.spool, Some(&address(database))).expect("a readable store");
    let Some(mut log) = log else { return 0 };
    let state = state.into_iter().collect();
    log.count_all(&DeliveriesQuery { state, ..DeliveriesQuery::default() }).expect("a count")
}

fn times(endpoint: &support::Endpoint, path: &str) -> HashMap<EventId, usize> {
    let mut times = HashMap::new();
    for request in endpoint.received_at(path) {
        *times.entry(request.id()).or_default() += 1;
    }
    times
}

#[test]
fn a_log_is_moved_though_the_move_is_killed_again_and_again() {
    let database = TestServer::start(&["--innodb-flush-log-at-trx-commit=1"]);
    let (mut network, endpoint) = (Network::new(), support::Endpoint::new());
    network.publish(&json!([
        webhook("crm", &endpoint.url("/crm"), &["*"], &json!({})),
        webhook(
            "waits",
            &endpoint.url("/status/503"),
            &["payment_refunded"],
            &json!({"retries": vec![2; 50]})
        ),
    ]));
    let mut old = network.worker();
    let mut sent: HashSet<EventId> =
        (0..1500).map(|_| network.dispatch("payment_received")).collect();
    let waiting: HashSet<EventId> = (0..20).map(|_| network.dispatch("payment_refunded")).collect();
    sent.extend(&waiting);
    wait_for("all at the first webhook", || {
        (times(&endpoint, "/crm").len() == sent.len()).then_some(())
    });
    wait_for("attempts at the other", || {
        (!endpoint.received_at("/status/503").is_empty()).then_some(())
    });
    // It waits for a worker that runs, which is asked to leave.
    let mut first = start(&network, &database);
    let mut meanwhile = HashSet::new();
    meanwhile.insert(network.dispatch("payment_received"));
    old.signal(rustix::process::Signal::TERM);
    wait_for("the worker's end", || old.has_ended().then_some(()));
    for milliseconds in [60, 10, 90, 150, 40, 250, 120, 200] {
        thread::sleep(Duration::from_millis(milliseconds));
        meanwhile.insert(network.dispatch("payment_received"));
        let _ = first.kill();
        let _ = first.wait();
        first = start(&network, &database);
    }
    let _ = first.kill();
    let _ = first.wait();
    let came_to_its_end = !network.spool.path().join("store.sqlite").exists()
        && !network.spool.path().join("store.sqlite.moving").exists();
    if !came_to_its_end {
        let said = migrate(&network, &database);
        assert!(said.contains("The log was moved:"), "{said}");
    }
    assert!(network.spool.path().join("store.sqlite.moved").exists());
    // Whoever would go on with the old one is told.
    let refused =
        Command::new(PROGRAM).arg("--once").arg("--spool").arg(network.spool.path()).output();
    let refused = String::from_utf8(refused.expect("it runs").stderr).expect("text");
    assert!(refused.contains("was moved into a database"), "{refused}");

    let before = times(&endpoint, "/crm");
    endpoint.answer(200);
    let new = worker(&network, &database);
    let all = (sent.len() + waiting.len() + meanwhile.len()) as u64;
    wait_for("all of it", || {
        (count(&network, &database, Some(State::Delivered)) == all).then_some(())
    });
    assert_eq!(count(&network, &database, None), all);
    let crm = times(&endpoint, "/crm");
    for id in &meanwhile {
        assert_eq!(crm.get(id), Some(&1), "{id}, dispatched meanwhile");
    }
    // One that was recorded as delivered was not sent again: at most what the worker had under way.
    let again = before.iter().filter(|(id, times)| crm[*id] > **times).count();
    assert_eq!((crm.len(), again), (sent.len() + meanwhile.len(), 0));
    drop(new);
}

#[test]
fn a_database_that_is_away_is_waited_for() {
    let mut database = TestServer::start(&["--innodb-flush-log-at-trx-commit=1"]);
    let mut network = Network::new();
    network.publish(&json!([webhook("crm", "http://127.0.0.1:1/", &["*"], &json!({}))]));
    let all = 3000;
    for _ in 0..all {
        network.dispatch("payment_received");
    }
    network.work_once();
    let mut moving = start(&network, &database);
    let events = || -> Option<u64> {
        let mut connection = Connection::open(&database.database()).ok()?;
        let sql = "SELECT COUNT(*) FROM wp_webhooks_store_events";
        connection.rows(sql, Vec::new()).ok()?.pop()
    };
    wait_for("some of them", || events().filter(|count| *count > 0));
    database.kill();
    thread::sleep(Duration::from_millis(300));
    database.start_again();
    let status = moving.wait().expect("its end");
    assert!(status.success());
    assert_eq!(count(&network, &database, None), all);
}

#[test]
fn what_can_not_be_moved_is_said() {
    let database = TestServer::start(&[]);
    let network = Network::new();
    let said = |arguments: &[&str]| {
        let output =
            Command::new(PROGRAM).arg("migrate").args(arguments).output().expect("it runs");
        assert!(!output.status.success());
        String::from_utf8(output.stderr).expect("text")
    };
    let spool = network.spool.path().display().to_string();
    let said_of = |to: &str| said(&["--spool", &spool, "--to", to]);
    assert!(said(&["--to", "mysql:"]).contains("--spool DIR is missing"));
    assert!(said(&["--spool", &spool]).contains("--to mysql: is missing"));
    assert!(said_of("sqlite:/x").contains("is no store"));
    assert!(said_of(&address(&database)).contains("there is no store: "));
    assert!(
        said(&["--from", &format!("sqlite:{spool}/other.sqlite"), "--to", &address(&database)])
            .contains("other.sqlite")
    );
    network.work_once();
    assert!(said_of("mysql:").contains("does not name it yet"));
    assert!(said_of("mysql://root@127.0.0.1:9/store").contains("can't be reached"));
}
