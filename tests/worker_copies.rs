//! A log that is copied with its database while it is at work: what waits in a copy is its origin's. And
//! one that is restored from a copy: what waited then is held. How many there are can be set:
//! `COPIES=20 RESTORES=20 cargo test --test worker_copies`.

mod support;
#[path = "../src/store/mysql/test_server.rs"]
#[allow(dead_code, unreachable_pub, reason = "the store's own tests use the rest")]
mod test_server;

use std::collections::{HashMap, HashSet};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Network, PROGRAM, Worker, wait_for, webhook};
use test_server::TestServer;
use webhooks::id::{DeliveryId, EventId};
use webhooks::store::State;
use webhooks::store::log::{DeliveriesQuery, DeliveryRow, Log};
// Of these the server's file is made.
use webhooks::store::mysql::{Connection, Endpoint, Password, Server, Tls};
use webhooks::worker::Request;

fn address(database: &TestServer, name: &str) -> String {
    format!("mysql://root@localhost/{name}?prefix=wp_&socket={}", database.socket().display())
}

fn worker(network: &Network, address: &str) -> Worker {
    let mut command = Command::new(PROGRAM);
    let log = std::env::var_os("SHOW").map_or_else(Stdio::null, |_| Stdio::inherit());
    command.arg("--store").arg(address).stderr(log);
    network.worker_by(command)
}

fn count(network: &Network, address: &str, state: State) -> u64 {
    let log = Log::open(&network.spool, Some(address)).expect("a readable store");
    let query = DeliveriesQuery { state: vec![state], ..DeliveriesQuery::default() };
    log.map_or(0, |mut log| log.count_all(&query).expect("a count"))
}

/// How many there are to be.
fn number(variable: &str, otherwise: usize) -> usize {
    std::env::var(variable).ok().and_then(|it| it.parse().ok()).unwrap_or(otherwise)
}

/// What the server answers to a script.
fn sql(database: &TestServer, script: &str) -> String {
    let mut client = Command::new("mariadb");
    client.arg(format!("--socket={}", database.socket().display()));
    client.args(["--user=root", "--skip-column-names", "store", "--execute", script]);
    let output = client.output().expect("mariadb: tests/network/install.sh network");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// Names of the store's tables.
fn tables(database: &TestServer) -> Vec<String> {
    let found = sql(database, r"SHOW TABLES LIKE 'wp\\_webhooks\\_store\\_%'");
    assert!(found.lines().count() > 10, "{found}");
    found.lines().map(str::to_owned).collect()
}

/// Puts back what a copy has.
fn restore(database: &TestServer, name: &str) {
    sql(database, &restoration(database, name));
}

/// The same in one transaction, of which a worker that runs sees nothing half done.
fn restore_at_once(database: &TestServer, name: &str) {
    sql(database, &format!("START TRANSACTION; {} COMMIT;", restoration(database, name)));
}

fn restoration(database: &TestServer, name: &str) -> String {
    let put_back = |table: &String| {
        format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM {name}.{table};")
    };
    tables(database).iter().map(put_back).collect()
}

/// Copies the log as it is at one moment, as a dump does; without the tables of bodies, where they are
/// to be left out.
fn copy(database: &TestServer, name: &str, with_bodies: bool) {
    let tables = tables(database);
    let is_left_out = |table: &str| {
        !with_bodies && ["_bodies", "_requests", "_attempts"].iter().any(|it| table.ends_with(it))
    };
    let mut script = format!("CREATE DATABASE {name};");
    let mut locks = Vec::new();
    for table in &tables {
        script += &format!("CREATE TABLE {name}.{table} LIKE {table};");
        locks.push(format!("{table} READ, {name}.{table} WRITE"));
    }
    script += &format!("LOCK TABLES {};", locks.join(", "));
    for table in tables.iter().filter(|table| !is_left_out(table)) {
        script += &format!("INSERT INTO {name}.{table} SELECT * FROM {table};");
    }
    sql(database, &(script + "UNLOCK TABLES;"));
}

fn received(endpoint: &support::Endpoint, path: &str) -> HashSet<EventId> {
    endpoint.received_at(path).iter().map(support::Received::id).collect()
}

/// A network with a webhook that is slow, and one that fails.
fn webhooks(endpoint: &support::Endpoint, path: &str) -> Value {
    let retries = json!({"retries": vec![5; 50]});
    json!([
        webhook("crm", &endpoint.url(&format!("/{path}")), &["payment_received"], &json!({})),
        webhook("fails", &endpoint.url("/status/503"), &["payment_refunded"], &retries),
        webhook("copied", &endpoint.url(&format!("/{path}-new")), &["account_created"], &json!({})),
    ])
}

#[test]
fn a_copy_sends_nothing_of_what_waits_in_it() {
    let copies = number("COPIES", 3);
    let database = TestServer::start(&["--innodb-flush-log-at-trx-commit=1"]);
    let (mut network, endpoint) = (
        Network::new(),
        support::Endpoint::with(|_| std::thread::sleep(Duration::from_millis(30))),
    );
    let (other, home) = (support::Endpoint::new(), "origin");
    let installation = |id: &str, place: &str| json!({"id": id, "fingerprint": place});
    network.publish_document(&json!({
        "webhooks": webhooks(&endpoint, "crm"),
        "installation": installation(home, "here"),
    }));
    let origin = address(&database, "store");
    let _worker = worker(&network, &origin);
    let mut sent = HashSet::new();
    let mut staging = Vec::new();
    for number in 0..copies {
        sent.extend((0..200).map(|_| network.dispatch("payment_received")));
        for _ in 0..5 {
            network.dispatch("payment_refunded");
        }
        wait_for("deliveries under way", || {
            (count(&network, &origin, State::Delivering) > 0
                && count(&network, &origin, State::Pending) > 0)
                .then_some(())
        });
        let name = format!("copy_{number}");
        copy(&database, &name, number % 2 == 0);
        let mut copied = Network::new();
        copied.publish_document(&json!({
            "webhooks": webhooks(&other, "crm"),
            "held": "network_elsewhere",
            "release": true,
        }));
        let address = address(&database, &name);
        let worker = worker(&copied, &address);
        staging.push((copied, address, worker));
    }
    // Nobody has said yet what it is. Its workers are gone, and what they had under way was taken over.
    for (copied, address, _) in &staging {
        wait_for("nothing that waits in a copy", || {
            let waits = [State::Pending, State::Delivering].map(|it| count(copied, address, it));
            (waits == [0, 0] && count(copied, address, State::Held) > 0).then_some(())
        });
    }
    assert_eq!(other.received().len(), 0);
    // It is a copy.
    for (number, (copied, address, _)) in staging.iter_mut().enumerate() {
        copied.publish_document(&json!({
            "webhooks": webhooks(&other, "crm"),
            "installation": installation(&format!("copy-{number}"), "there"),
        }));
        let own = copied.dispatch("account_created");
        wait_for("its own event", || received(&other, "/crm-new").contains(&own).then_some(()));
        wait_for("nothing that waits", || {
            let open = [State::Pending, State::Delivering, State::Held];
            (open.map(|state| count(copied, address, state)) == [0; 3]).then_some(())
        });
        assert!(count(copied, address, State::Cancelled) > 0);
    }
    assert_eq!((other.received().len(), received(&other, "/crm-new").len()), (copies, copies));
    // And its origin goes on.
    wait_for("all at the origin", || (received(&endpoint, "/crm") == sent).then_some(()));
    assert_eq!(endpoint.received_at("/crm").len(), sent.len());
}

/// Deliveries that are held, with why.
fn held(network: &Network, address: &str) -> Vec<(EventId, DeliveryId, String)> {
    let mut log =
        Log::open(&network.spool, Some(address)).expect("a readable store").expect("a store");
    let mut query = json!({"state": ["held"], "limit": 200});
    let mut all = Vec::new();
    loop {
        let page = log.deliveries(&serde_json::from_value(query.clone()).unwrap()).expect("a page");
        let row =
            |row: &DeliveryRow| (row.event_id, row.id, row.reason.clone().unwrap_or_default());
        all.extend(page.deliveries.iter().map(row));
        let Some(cursor) = page.cursor else { return all };
        query["cursor"] = cursor.into();
    }
}

/// Dispatches an event each `every_ms`, for longer than what a node may have lost that takes over for another one,
/// and waits until nothing is open and all of them arrived.
fn send_for_a_while(
    network: &mut Network,
    address: &str,
    endpoint: &support::Endpoint,
    every_ms: u64,
) -> HashSet<EventId> {
    let (mut since, begun) = (HashSet::new(), Instant::now());
    while begun.elapsed() < Duration::from_millis(6500) {
        since.insert(network.dispatch("payment_received"));
        std::thread::sleep(Duration::from_millis(every_ms));
    }
    wait_for("all of it", || {
        let open = [State::Pending, State::Delivering].map(|it| count(network, address, it));
        let arrived = times(endpoint);
        (open == [0, 0] && since.iter().all(|id| arrived.contains_key(id))).then_some(())
    });
    since
}

fn times(endpoint: &support::Endpoint) -> HashMap<EventId, usize> {
    let mut times = HashMap::new();
    for request in endpoint.received_at("/crm") {
        *times.entry(request.id()).or_default() += 1;
    }
    times
}

#[test]
fn what_waited_in_a_backup_is_held_where_it_is_restored() {
    let database = TestServer::start(&["--innodb-flush-log-at-trx-commit=1"]);
    let (mut network, endpoint) = (Network::new(), support::Endpoint::new());
    let retries = json!({"retries": vec![1; 50]});
    network.publish(&json!([webhook("crm", &endpoint.url("/crm"), &["*"], &retries)]));
    let address = address(&database, "store");
    let stop = |mut worker: Worker| {
        worker.signal(rustix::process::Signal::TERM);
        wait_for("the worker's end", || worker.has_ended().then_some(()));
    };
    for round in 0..number("RESTORES", 2) {
        let mut running = worker(&network, &address);
        endpoint.answer(503);
        let waited: HashSet<EventId> =
            (0..20).map(|_| network.dispatch("payment_received")).collect();
        wait_for("what waits", || {
            let waits = count(&network, &address, State::Pending) == 20;
            (waits && times(&endpoint).keys().any(|id| waited.contains(id))).then_some(())
        });
        let name = format!("dump_{round}");
        copy(&database, &name, round % 2 == 0);
        endpoint.answer(200);
        wait_for("what waited", || (count(&network, &address, State::Pending) == 0).then_some(()));
        send_for_a_while(&mut network, &address, &endpoint, 40);
        stop(running);
        restore(&database, &name);
        // It goes on all the time.
        let later: HashSet<EventId> =
            (0..30).map(|_| network.dispatch("payment_received")).collect();
        let before = times(&endpoint);
        assert!(waited.iter().all(|id| before.contains_key(id)));

        running = worker(&network, &address);
        let arrived = |of: &HashSet<EventId>| {
            let times = times(&endpoint);
            of.iter().all(|id| times.contains_key(id)).then_some(())
        };
        wait_for("what came later", || arrived(&later));
        let is_held = |id: &EventId| {
            let held = held(&network, &address);
            held.iter().any(|(event, _, reason)| event == id && reason == "restored_sent")
        };
        assert!(waited.iter().all(is_held));
        for (id, times) in times(&endpoint) {
            let expected = before.get(&id).copied().unwrap_or(1);
            assert_eq!(times, expected, "{id}: sent again, or not at all");
        }
        let told =
            "SELECT COUNT(*) FROM wp_webhooks_store_announcements WHERE code = 'store_restored'";
        assert_ne!(sql(&database, told).trim(), "0");

        // The next worker finds it as it is, and what comes is sent.
        stop(running);
        let kept = held(&network, &address).len();
        running = worker(&network, &address);
        let more: HashSet<EventId> = (0..5).map(|_| network.dispatch("payment_received")).collect();
        wait_for("what came then", || arrived(&more));
        assert_eq!(held(&network, &address).len(), kept);
        // A person decides: one is sent again, the others are not.
        let mut ids: Vec<DeliveryId> =
            held(&network, &address).into_iter().map(|(_, id, _)| id).collect();
        let again = held(&network, &address).into_iter().find(|(event, ..)| waited.contains(event));
        let (event, id, _) = again.expect("one of those that waited");
        ids.retain(|other| *other != id);
        network.request(&Request::Resend { ids: vec![id] });
        network.request(&Request::Cancel { ids });
        // Without a body nothing can be sent.
        if round % 2 == 0 {
            let sent = before[&event];
            wait_for("one that is sent again", || (times(&endpoint)[&event] > sent).then_some(()));
        } else {
            network.request(&Request::Cancel { ids: vec![id] });
        }
        wait_for("nothing that is held", || held(&network, &address).is_empty().then_some(()));
        stop(running);
    }
}

#[test]
fn a_backup_that_is_restored_under_a_worker_is_found_by_it_and_holds_for_the_next_one() {
    let database = TestServer::start(&["--innodb-flush-log-at-trx-commit=1"]);
    let (mut network, endpoint) = (Network::new(), support::Endpoint::new());
    let retries = json!({"retries": vec![1; 50]});
    network.publish(&json!([webhook("crm", &endpoint.url("/crm"), &["*"], &retries)]));
    let address = address(&database, "store");
    let mut running = worker(&network, &address);
    endpoint.answer(503);
    let waited: HashSet<EventId> = (0..10).map(|_| network.dispatch("payment_received")).collect();
    wait_for("what waits", || {
        let waits = count(&network, &address, State::Pending) == 10;
        (waits && !times(&endpoint).is_empty()).then_some(())
    });
    copy(&database, "dump", true);
    endpoint.answer(200);
    wait_for("what waited", || (count(&network, &address, State::Pending) == 0).then_some(()));
    let since = send_for_a_while(&mut network, &address, &endpoint, 100);
    let before = times(&endpoint);

    restore_at_once(&database, "dump");
    let all: HashSet<_> = waited.union(&since).copied().collect();
    let is_held = |network: &Network| {
        let held: HashSet<_> = held(network, &address)
            .into_iter()
            .filter(|(.., reason)| reason == "restored_sent")
            .map(|(event, ..)| event)
            .collect();
        (held == all).then_some(())
    };
    wait_for("what was sent to be held, and read again", || is_held(&network));
    let later = network.dispatch("payment_received");
    wait_for("what comes then", || times(&endpoint).contains_key(&later).then_some(()));
    assert!(!running.has_ended());

    // The next one has what the first made of it.
    running.signal(rustix::process::Signal::TERM);
    assert!(running.ended());
    let _next = worker(&network, &address);
    let last = network.dispatch("payment_received");
    wait_for("what comes last", || times(&endpoint).contains_key(&last).then_some(()));
    assert!(is_held(&network).is_some());
    for (id, times) in times(&endpoint) {
        assert_eq!(times, before.get(&id).copied().unwrap_or(1), "{id}: sent again");
    }
    let told = "SELECT COUNT(*) FROM wp_webhooks_store_announcements WHERE code = 'store_restored'";
    assert_eq!(sql(&database, told).trim(), "1", "it is told once");
}
