//! A log that is copied with its database while it is at work: what waits in a copy is its origin's.
//! How many copies are made can be set: `COPIES=20 cargo test --test worker_copies`.

mod support;
#[path = "../src/store/mysql/test_server.rs"]
#[allow(dead_code, unreachable_pub, reason = "the store's own tests use the rest")]
mod test_server;

use std::collections::HashSet;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use support::{Network, PROGRAM, Worker, wait_for, webhook};
use test_server::TestServer;
use webhooks::id::EventId;
use webhooks::store::State;
use webhooks::store::log::{DeliveriesQuery, Log};
// Of these the server's file is made.
use webhooks::store::mysql::{Connection, Endpoint, Password, Server, Tls};

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

/// What the server answers to a script.
fn sql(database: &TestServer, script: &str) -> String {
    let mut client = Command::new("mariadb");
    client.arg(format!("--socket={}", database.socket().display()));
    client.args(["--user=root", "--skip-column-names", "store", "--execute", script]);
    let output = client.output().expect("mariadb: tests/network/install.sh network");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// Copies the log as it is at one moment, as a dump does; without the tables of bodies, where they are
/// to be left out.
fn copy(database: &TestServer, name: &str, with_bodies: bool) {
    let tables = sql(database, r"SHOW TABLES LIKE 'wp\\_webhooks\\_store\\_%'");
    let tables: Vec<_> = tables.lines().collect();
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
    let retries = json!({"retries": vec![1; 200]});
    json!([
        webhook("crm", &endpoint.url(&format!("/{path}")), &["payment_received"], &json!({})),
        webhook("fails", &endpoint.url("/status/503"), &["payment_refunded"], &retries),
        webhook("copied", &endpoint.url(&format!("/{path}-new")), &["account_created"], &json!({})),
    ])
}

#[test]
fn a_copy_sends_nothing_of_what_waits_in_it() {
    let copies = std::env::var("COPIES").ok().and_then(|it| it.parse().ok()).unwrap_or(3);
    let database = TestServer::start(&["--innodb-flush-log-at-trx-commit=1"]);
    let (mut network, endpoint) = (
        Network::new(),
        support::Endpoint::with(|_| std::thread::sleep(std::time::Duration::from_millis(30))),
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
        (0..5).for_each(|_| drop(network.dispatch("payment_refunded")));
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
        for state in [State::Pending, State::Delivering, State::Held] {
            assert_eq!(count(copied, address, state), 0, "{state:?}");
        }
        assert!(count(copied, address, State::Cancelled) > 0);
    }
    assert_eq!((other.received().len(), received(&other, "/crm-new").len()), (copies, copies));
    // And its origin goes on.
    wait_for("all at the origin", || (received(&endpoint, "/crm") == sent).then_some(()));
    assert_eq!(endpoint.received_at("/crm").len(), sent.len());
}
