//! Workers behind a proxy that sends plain reads to a replica which lags: nothing of what they do may
//! rest on what it shows. A real primary, a real replica that has stopped following it, and between them
//! and the workers what such proxies do with the protocol.

mod support;
#[path = "../src/store/mysql/test_server.rs"]
#[allow(dead_code, unreachable_pub, reason = "the store's own tests use the rest")]
mod test_server;

use std::collections::HashSet;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::json;
use support::{Network, PROGRAM, Worker, wait_for, webhook};
use test_server::TestServer;
use testkit::split_proxy::SplitProxy;
use webhooks::id::EventId;
use webhooks::store::log::{DeliveriesQuery, Log};
// Of these the server's file is made.
use webhooks::store::mysql::{Connection, Endpoint, Password, Server, Tls, VERSION, migrate};

/// A primary, a replica that has its tables and nothing of what is in them, and a proxy before both.
struct Split {
    primary: TestServer,
    replica: TestServer,
    proxy: SplitProxy,
}

impl Split {
    fn start() -> Self {
        let primary = TestServer::start(&[
            "--innodb-flush-log-at-trx-commit=1",
            "--server-id=1",
            "--log-bin=binlog",
        ]);
        let replica = TestServer::start(&["--server-id=2", "--read-only=1"]);
        let [ports, copies] = [&primary, &replica]
            .map(|server| server.database_of_user("worker", "", "ALL ON store.*"))
            .map(|server| match server.endpoint {
                Endpoint::Tcp(_, port) => port,
                Endpoint::Socket(_) => unreachable!("a user comes over TCP"),
            });
        let mut here = Connection::open(&primary.database()).expect("the primary");
        let mut there = Connection::open(&replica.database()).expect("the replica");
        let run = |connection: &mut Connection, sql: String| {
            connection.execute(&sql, Vec::new()).unwrap_or_else(|error| panic!("{error}: {sql}"))
        };
        run(&mut here, "CREATE USER 'copy'@'%'".into());
        run(&mut here, "GRANT REPLICATION SLAVE ON *.* TO 'copy'@'%'".into());
        let at: Vec<String> =
            here.rows("SELECT @@gtid_binlog_pos", Vec::new()).expect("a position");
        run(&mut there, format!("SET GLOBAL gtid_slave_pos = '{}'", at[0]));
        run(
            &mut there,
            format!(
                "CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = {ports}, \
                 MASTER_USER = 'copy', MASTER_USE_GTID = slave_pos"
            ),
        );
        run(&mut there, "START SLAVE".into());
        migrate(&mut here).expect("tables");
        let sql = "SELECT COUNT(*) FROM information_schema.tables \
             WHERE table_schema = 'store' AND table_name = 'wp_webhooks_store_announced'";
        wait_for("tables on the replica", || {
            let found: Vec<u64> = there.rows(sql, Vec::new()).expect("a count");
            (found == [1]).then_some(())
        });
        let sql = "SELECT version FROM wp_webhooks_store_schema";
        wait_for("all of them", || {
            let found: Vec<u32> = there.rows(sql, Vec::new()).expect("a version");
            (found == [VERSION]).then_some(())
        });
        run(&mut there, "STOP SLAVE SQL_THREAD".into());
        let proxy = SplitProxy::start(ports, copies).expect("a proxy");
        Self { primary, replica, proxy }
    }

    /// Where workers find the database.
    fn address(&self) -> String {
        format!("mysql://worker@127.0.0.1:{}/store?prefix=wp_", self.proxy.port)
    }

    fn worker(&self, network: &Network) -> Worker {
        let mut command = Command::new(PROGRAM);
        let log = std::env::var_os("SHOW").map_or_else(Stdio::null, |_| Stdio::inherit());
        command.arg("--store").arg(self.address()).stderr(log);
        network.worker_by(command)
    }

    /// What a query finds where writes go.
    fn one(&self, sql: &str) -> u64 {
        number(&self.primary, sql)
    }

    fn delivered(&self) -> u64 {
        self.one("SELECT COUNT(*) FROM wp_webhooks_store_deliveries WHERE state = 2")
    }

    /// Nothing of it came to the replica, and pages are read there.
    fn assert_lags(&self, network: &Network) {
        assert_eq!(number(&self.replica, "SELECT COUNT(*) FROM wp_webhooks_store_events"), 0);
        assert_eq!(number(&self.replica, "SELECT COUNT(*) FROM wp_webhooks_store_workers"), 0);
        let before = self.proxy.reads();
        let mut log = Log::open(&network.spool, Some(&self.address())).unwrap().expect("a log");
        assert_eq!(log.count_all(&DeliveriesQuery::default()).unwrap(), 0);
        assert!(self.proxy.reads() > before, "pages are read where the proxy likes");
    }
}

fn number(server: &TestServer, sql: &str) -> u64 {
    let mut connection = Connection::open(&server.database()).expect("a connection");
    connection.rows(sql, Vec::new()).expect("a number")[0]
}

fn received(endpoint: &support::Endpoint) -> HashSet<EventId> {
    endpoint.received().iter().map(support::Received::id).collect()
}

#[test]
fn nothing_is_lost_sent_twice_or_out_of_order_where_reads_are_old() {
    let split = Split::start();
    let (mut network, endpoint) = (Network::new(), support::Endpoint::new());
    let fails = json!({"retries": vec![1; 20]});
    network.publish(&json!([
        webhook("crm", &endpoint.url("/crm"), &["payment_*"], &json!({})),
        webhook("ordered", &endpoint.url("/ordered"), &["payment_*"], &json!({"ordered": true})),
        webhook("fails", &endpoint.url("/status/503"), &["payment_refunded"], &fails),
    ]));
    let worker = split.worker(&network);
    let mut sent: HashSet<_> = (0..200).map(|_| network.dispatch("payment_received")).collect();
    sent.insert(network.dispatch("payment_refunded"));
    wait_for("402 deliveries", || (split.delivered() == 402).then_some(()));
    wait_for("a second attempt", || (endpoint.received_at("/status/503").len() > 1).then_some(()));
    endpoint.answer(200);
    wait_for("all", || (split.delivered() == 403).then_some(()));
    assert_eq!(received(&endpoint), sent);
    for path in ["/crm", "/ordered"] {
        assert_eq!(endpoint.received_at(path).len(), 201, "{path}: each once");
    }
    let order: Vec<EventId> =
        endpoint.received_at("/ordered").iter().map(support::Received::id).collect();
    let mut connection = Connection::open(&split.primary.database()).expect("a connection");
    let taken_in: Vec<Vec<u8>> = connection
        .rows("SELECT id FROM wp_webhooks_store_events ORDER BY `key`", Vec::new())
        .expect("events");
    let taken_in: Vec<_> = taken_in
        .into_iter()
        .map(|id| EventId::from_bytes(id.try_into().expect("16 bytes")))
        .collect();
    assert_eq!(order, taken_in);
    assert_eq!(
        split.one("SELECT CAST(SUM(delivered) AS UNSIGNED) FROM wp_webhooks_store_counters"),
        403
    );
    split.assert_lags(&network);
    drop(worker);
}

#[test]
fn a_worker_that_is_killed_goes_on_where_it_was_and_not_where_the_replica_is() {
    let split = Split::start();
    let (mut network, endpoint) =
        (Network::new(), support::Endpoint::with(|_| thread::sleep(Duration::from_millis(5))));
    network.publish(&json!([webhook("crm", &endpoint.url("/crm"), &["*"], &json!({}))]));
    let mut sent = HashSet::new();
    for round in 0..3 {
        let worker = split.worker(&network);
        sent.extend((0..200).map(|_| network.dispatch("payment_received")));
        let enough = 200 * round + 50;
        wait_for("some of them", || (received(&endpoint).len() > enough).then_some(()));
        worker.kill();
    }
    // Its lease, its positions and what it had under way are those of the primary.
    let _worker = split.worker(&network);
    wait_for("all of them", || (split.delivered() == 600).then_some(()));
    assert_eq!(received(&endpoint), sent);
    let again = endpoint.received().len() - sent.len();
    assert!(again <= 3 * 512, "{again} more than once: no more than was under way");
    assert_eq!(split.one("SELECT COUNT(*) FROM wp_webhooks_store_events"), 600);
    assert_eq!(split.one("SELECT epoch FROM wp_webhooks_store_workers"), 4);
    assert_eq!(split.one("SELECT COUNT(*) FROM wp_webhooks_store_deliveries WHERE state <> 2"), 0);
    split.assert_lags(&network);
}

#[test]
fn a_dead_servers_lanes_are_another_ones_where_the_replica_knows_neither() {
    let split = Split::start();
    let (mut one, mut two, endpoint) = (Network::new(), Network::new(), support::Endpoint::new());
    let retries = json!({"retries": vec![1; 50]});
    for network in [&mut one, &mut two] {
        network.publish(&json!([webhook("crm", &endpoint.url("/crm"), &["*"], &retries)]));
    }
    endpoint.answer(503);
    let first = split.worker(&one);
    wait_for("a worker", || {
        (split.one("SELECT COUNT(*) FROM wp_webhooks_store_workers") == 1).then_some(())
    });
    let second = split.worker(&two);
    let mut sent: HashSet<_> = (0..5).map(|_| one.dispatch("payment_received")).collect();
    wait_for("attempts", || (received(&endpoint).len() == 5).then_some(()));
    sent.extend((0..5).map(|_| two.dispatch("payment_received")));
    let sql = "SELECT COUNT(*) FROM wp_webhooks_store_deliveries";
    wait_for("the events of both", || (split.one(sql) == 10).then_some(()));
    let (taken_over, made) = (
        "SELECT COUNT(*) FROM wp_webhooks_store_workers WHERE alive = 1",
        endpoint.received().len(),
    );
    // Who lives is not taken for dead, as it would be by a replica that shows no beat.
    wait_for("more attempts", || (endpoint.received().len() > made + 2).then_some(()));
    assert_eq!(split.one(taken_over), 2);
    first.kill();
    endpoint.answer(200);
    wait_for("all of them", || (split.delivered() == 10).then_some(()));
    assert_eq!(received(&endpoint), sent);
    assert_eq!(split.one(taken_over), 1);
    split.assert_lags(&two);
    drop(second);
}
