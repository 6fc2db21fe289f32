//! The worker on a MariaDB of the test's own: from the journal to the endpoint and the rows.

mod support;
#[path = "../src/store/mysql/test_server.rs"]
#[allow(dead_code, unreachable_pub, reason = "the store's own tests use the rest")]
mod test_server;

use std::collections::HashSet;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use support::{Network, PROGRAM, Worker, wait_for, webhook};
use test_server::TestServer;
use webhooks::id::EventId;
use webhooks::store::State;
use webhooks::store::log::{DeliveriesQuery, Log};
use webhooks::worker::away;
// Of these the server's file is made.
use webhooks::store::mysql::{Connection, Endpoint, Password, Server, Tls};

/// As a database is that is not to lose what it said it has.
const DURABLE: [&str; 1] = ["--innodb-flush-log-at-trx-commit=1"];

fn address(database: &TestServer) -> String {
    format!("mysql://root@localhost/store?prefix=wp_&socket={}", database.socket().display())
}

fn worker(network: &Network, database: &TestServer) -> Worker {
    let mut command = Command::new(PROGRAM);
    let log = std::env::var_os("SHOW").map_or_else(Stdio::null, |_| Stdio::inherit());
    command.arg("--store").arg(address(database)).stderr(log);
    network.worker_by(command)
}

fn log(network: &Network, database: &TestServer) -> Option<Log> {
    Log::open(&network.spool, Some(&address(database))).expect("a readable store")
}

/// How many deliveries are in a state, as the log counts them.
fn count(network: &Network, database: &TestServer, state: State) -> u64 {
    let Some(mut log) = log(network, database) else { return 0 };
    let query = DeliveriesQuery { state: vec![state], ..DeliveriesQuery::default() };
    log.count_all(&query).expect("a count")
}

fn dispatch(network: &mut Network, events: usize) -> HashSet<EventId> {
    (0..events).map(|_| network.dispatch("payment_received")).collect()
}

fn received(endpoint: &support::Endpoint) -> HashSet<EventId> {
    endpoint.received().iter().map(support::Received::id).collect()
}

#[test]
fn events_go_from_the_journal_through_the_database_to_the_endpoint() {
    let database = TestServer::start(&DURABLE);
    let (mut network, endpoint) = (Network::new(), support::Endpoint::new());
    let fails = json!({"retries": [1, 1, 1, 1, 1, 1, 1, 1]});
    network.publish(&json!([
        webhook("crm", &endpoint.url("/crm"), &["*"], &json!({})),
        webhook("ordered", &endpoint.url("/ordered"), &["*"], &json!({"ordered": true})),
        webhook("fails", &endpoint.url("/status/503"), &["payment_refunded"], &fails),
    ]));
    let worker = worker(&network, &database);
    let mut sent = dispatch(&mut network, 50);
    sent.insert(network.dispatch("payment_refunded"));
    wait_for("102 deliveries", || {
        (count(&network, &database, State::Delivered) == 102).then_some(())
    });
    wait_for("a second attempt", || (endpoint.received_at("/status/503").len() > 1).then_some(()));
    endpoint.answer(200);
    wait_for("all", || (count(&network, &database, State::Delivered) == 103).then_some(()));
    assert_eq!(received(&endpoint), sent);
    let order: Vec<_> =
        endpoint.received_at("/ordered").iter().map(support::Received::id).collect();
    assert_eq!(order.len(), 51);
    let mut log = log(&network, &database).expect("a store");
    let query = serde_json::from_value(json!({"webhook_id": "ordered", "limit": 100})).unwrap();
    let page: Value = serde_json::to_value(log.deliveries(&query).unwrap()).unwrap();
    let written: Vec<EventId> = page["deliveries"]
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .map(|row| row["event_id"].as_str().unwrap().parse().unwrap())
        .collect();
    assert_eq!(order, written, "in the order in which they were taken in");
    let stats = serde_json::to_value(log.stats(&Default::default(), now()).unwrap()).unwrap();
    assert_eq!((&stats["crm"]["delivered"], &stats["crm"]["pending"]), (&json!(51), &json!(0)));
    drop(worker);
}

fn now() -> i64 {
    use webhooks::clock::Clock as _;
    webhooks::clock::SystemClock.unix_ms()
}

#[test]
fn a_database_that_is_killed_under_load_loses_nothing() {
    let mut database = TestServer::start(&DURABLE);
    let (mut network, endpoint) = (
        Network::new(),
        support::Endpoint::with(|_| {
            thread::sleep(Duration::from_millis(20));
        }),
    );
    network.publish(&json!([webhook("crm", &endpoint.url("/crm"), &["*"], &json!({}))]));
    let mut worker = worker(&network, &database);
    let mut sent = HashSet::new();
    for round in 0..3 {
        sent.extend(dispatch(&mut network, 200));
        let enough = 200 * round + 20;
        wait_for("some of them", || (received(&endpoint).len() > enough).then_some(()));
        database.kill();
        // Requests go on, and what is under way ends.
        sent.extend(dispatch(&mut network, 100));
        thread::sleep(Duration::from_millis(500));
        assert!(!worker.has_ended());
        database.start_again();
    }
    let all = sent.len() as u64;
    wait_for("all of them", || (count(&network, &database, State::Delivered) == all).then_some(()));
    assert_eq!(received(&endpoint), sent);
    let again = endpoint.received().len() - sent.len();
    assert!(again <= 3 * 64, "{again} more than once");
    let mut log = log(&network, &database).expect("a store");
    let stats = serde_json::to_value(log.stats(&Default::default(), now()).unwrap()).unwrap();
    assert_eq!((&stats["crm"]["delivered"], &stats["crm"]["pending"]), (&json!(all), &json!(0)));
}

#[test]
fn a_dead_servers_retries_are_another_ones() {
    let database = TestServer::start(&DURABLE);
    let (mut one, mut two, endpoint) = (Network::new(), Network::new(), support::Endpoint::new());
    let retries = json!({"retries": vec![1; 50]});
    for network in [&mut one, &mut two] {
        network.publish(&json!([webhook("crm", &endpoint.url("/crm"), &["*"], &retries)]));
    }
    endpoint.answer(503);
    let (first, _second) = (worker(&one, &database), {
        wait_for("the first worker", || log(&one, &database).map(drop));
        worker(&two, &database)
    });
    let mut sent = dispatch(&mut one, 5);
    wait_for("attempts", || (received(&endpoint).len() == 5).then_some(()));
    sent.extend(dispatch(&mut two, 5));
    // An endpoint that fails gets one request at a time: the rest waits, for whoever has the webhook.
    let all = || log(&two, &database)?.count_all(&DeliveriesQuery::default()).ok();
    wait_for("the events of both", || (all()? == 10).then_some(()));
    first.kill();
    endpoint.answer(200);
    wait_for("all of them", || (count(&two, &database, State::Delivered) == 10).then_some(()));
    assert_eq!(received(&endpoint), sent);
}

#[test]
fn an_event_that_is_too_large_for_the_database_is_set_aside_and_the_others_go_on() {
    let database = TestServer::start(&[DURABLE[0], "--max-allowed-packet=1M"]);
    let (mut network, endpoint) = (Network::new(), support::Endpoint::new());
    network.publish(&json!([webhook("crm", &endpoint.url("/crm"), &["*"], &json!({}))]));
    let mut sent = dispatch(&mut network, 3);
    // Within what the journal takes, and more than a request of this server has room for.
    network.dispatch_data("payment_received", &json!({"text": "a".repeat((1 << 20) - 20_000)}));
    sent.extend(dispatch(&mut network, 3));
    let _worker = worker(&network, &database);
    wait_for("the others", || (count(&network, &database, State::Delivered) == 6).then_some(()));
    assert_eq!(received(&endpoint), sent);
    let aside = std::fs::read_dir(network.folder.path().join("corrupt")).unwrap().count();
    assert_eq!(aside, 1);
    let mut log = log(&network, &database).expect("a store");
    let news = log.announcements(0).unwrap();
    assert_eq!(news.iter().map(|news| news.code.as_str()).collect::<Vec<_>>(), ["corrupt_records"]);
}

/// A worker with these arguments beside those of [`worker`].
fn worker_with(network: &Network, database: &TestServer, arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.arg("--store").arg(address(database)).arg("--spool").arg(network.folder.path());
    command.args(arguments).stdin(Stdio::null());
    command
}

/// How many attempts each worker made, by its number, which is in the order in which they first came.
fn attempts(database: &TestServer) -> Vec<(u16, u64)> {
    let mut connection = Connection::open(&database.database()).expect("a connection");
    let sql =
        "SELECT server, COUNT(*) FROM wp_webhooks_store_attempts GROUP BY server ORDER BY server";
    connection.rows(sql, Vec::new()).expect("attempts")
}

#[test]
fn a_server_without_a_way_out_takes_in_and_another_one_delivers() {
    let database = TestServer::start(&DURABLE);
    let (mut inner, mut outer, endpoint) =
        (Network::new(), Network::new(), support::Endpoint::new());
    for network in [&mut inner, &mut outer] {
        network.publish(&json!([
            webhook("crm", &endpoint.url("/crm"), &["*"], &json!({"retries": vec![1; 50]})),
            webhook("ordered", &endpoint.url("/ordered"), &["*"], &json!({"ordered": true})),
        ]));
    }
    let _inner = {
        let mut command = Command::new(PROGRAM);
        command.arg("--store").arg(address(&database)).arg("--take-in-only").stderr(Stdio::null());
        inner.worker_by(command)
    };
    let mut sent = dispatch(&mut inner, 20);
    let taken_in = || log(&inner, &database)?.count_all(&DeliveriesQuery::default()).ok();
    wait_for("all are taken in", || (taken_in()? == 40).then_some(()));
    // There is nobody yet who would send them, and one that takes in only has had every chance to.
    assert_eq!(count(&inner, &database, State::Pending), 40);
    assert_eq!(endpoint.received().len(), 0);
    let outside = worker(&outer, &database);
    wait_for("another server sends", || {
        (count(&inner, &database, State::Delivered) == 40).then_some(())
    });
    // Under load, with what comes in here while there is somebody who sends it.
    sent.extend(dispatch(&mut inner, 100));
    sent.extend(dispatch(&mut outer, 100));
    wait_for("all", || (count(&inner, &database, State::Delivered) == 440).then_some(()));
    assert_eq!(received(&endpoint), sent);
    assert_eq!(endpoint.received().len(), 440, "nothing came twice");
    assert_eq!(attempts(&database), [(2, 440)]);
    // One that takes in only takes over nothing.
    endpoint.answer(503);
    dispatch(&mut outer, 5);
    wait_for("a failure", || endpoint.received().len().checked_sub(441));
    outside.kill();
    endpoint.answer(200);
    let _again = worker(&outer, &database);
    wait_for("what failed", || (count(&inner, &database, State::Delivered) == 450).then_some(()));
    assert!(attempts(&database).iter().all(|(worker, _)| *worker == 2));
}

#[test]
fn a_server_that_is_drained_hands_over_its_journal_its_claims_and_its_lanes() {
    let database = TestServer::start(&DURABLE);
    let (mut leaving, mut staying) = (Network::new(), Network::new());
    let endpoint = support::Endpoint::with(|request| {
        if request.path == "/slow" {
            thread::sleep(Duration::from_secs(3));
        }
    });
    let ordered = json!({"ordered": true, "retries": vec![1; 50]});
    for network in [&mut leaving, &mut staying] {
        network.publish(&json!([
            webhook("crm", &endpoint.url("/crm"), &["payment_*"], &json!({"retries": vec![1; 50]})),
            webhook("ordered", &endpoint.url("/ordered"), &["payment_*"], &ordered),
            webhook("slow", &endpoint.url("/slow"), &["slow"], &json!({"retries": vec![1; 50]})),
        ]));
    }
    // It has lanes with retries, requests under way, and dies with more in its journal.
    endpoint.answer(503);
    let dying = worker(&leaving, &database);
    let mut sent = dispatch(&mut leaving, 10);
    let taken_in = || log(&staying, &database)?.count_all(&DeliveriesQuery::default()).ok();
    wait_for("all are taken in", || (taken_in()? == 20).then_some(()));
    wait_for("attempts", || (endpoint.received().len() >= 2).then_some(()));
    sent.insert(leaving.dispatch("slow"));
    wait_for("one under way", || (endpoint.received_at("/slow").len() == 1).then_some(()));
    dying.kill();
    let made = attempts(&database);
    sent.extend(dispatch(&mut leaving, 500));
    let staying_worker = worker(&staying, &database);
    let drained = worker_with(&leaving, &database, &["--drain"]).output().expect("a worker");
    let said = String::from_utf8_lossy(&drained.stdout);
    assert!(drained.status.success(), "{}", String::from_utf8_lossy(&drained.stderr));
    assert!(said.contains("drained"), "{said}");
    // All of it is the others' now: what was on this server's disk is needed no more.
    assert_eq!(taken_in(), Some(1021));
    assert_eq!(attempts(&database)[..1], made, "while it was drained it sent nothing");
    endpoint.answer(200);
    wait_for("all of them, without a lease's time", || {
        (count(&staying, &database, State::Delivered) == 1021).then_some(())
    });
    assert_eq!(received(&endpoint), sent);
    drop(staying_worker);

    // A server of its own has nobody who would go on with it, and says so.
    let mut alone = Command::new(PROGRAM);
    alone.arg("--spool").arg(leaving.folder.path()).arg("--drain");
    let refused = alone.output().expect("a worker");
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.contains("mysql:"), "{said}");
}

#[test]
fn what_a_server_may_not_take_in_is_not_called_drained() {
    let database = TestServer::start(&DURABLE);
    let mut network = Network::new();
    network.dispatch("payment_received");
    let drain = || worker_with(&network, &database, &["--drain"]).output().expect("a worker");
    let refused = drain();
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("publish the webhooks"), "{said}");
}

#[test]
fn a_database_without_room_keeps_nobody_from_taking_in() {
    // All tables lie in one file, which may not grow for ever.
    let tables = |most: &str| format!("--innodb-data-file-path=ibdata1:12M:autoextend:max:{most}");
    let mut database = TestServer::start(&["--innodb-file-per-table=0", &tables("48M")]);
    let (mut network, endpoint) = (Network::new(), support::Endpoint::new());
    network.publish(&json!([webhook("crm", &endpoint.url("/crm"), &["*"], &json!({}))]));
    let worker = worker(&network, &database);
    network.dispatch("payment_received");
    wait_for("one", || (count(&network, &database, State::Delivered) == 1).then_some(()));
    let mut root = Connection::open(&database.database()).unwrap();
    root.execute("CREATE TABLE filler (text LONGBLOB) ENGINE=InnoDB", Vec::new()).unwrap();
    while root.execute("INSERT INTO filler VALUES (REPEAT('a', 50000))", Vec::new()).is_ok() {}

    let data = json!("a".repeat(100_000));
    let spool = network.spool.clone();
    let away = || away::read(&spool);
    let mut dispatched = 1;
    let told = loop {
        assert!(dispatched < 200, "the database found room for all of it");
        network.dispatch_data("payment_received", &data);
        dispatched += 1;
        if let Some(told) = away() {
            break told;
        }
        thread::sleep(Duration::from_millis(100));
    };
    assert!(told.reason.contains("no room left in mysql://"), "{}", told.reason);
    // The spool's disk has room.
    let log = std::fs::read_to_string(network.folder.path().join("worker.log")).unwrap();
    assert!(!log.contains("the disk is full"), "{log}");
    database.kill();
    database.start_again_with(&["--innodb-file-per-table=0", &tables("480M")]);
    wait_for("all", || (count(&network, &database, State::Delivered) == dispatched).then_some(()));
    assert_eq!(away(), None);
    drop(worker);
}
