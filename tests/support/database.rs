//! What tests of workers on a MariaDB share: the server, with what is in it, and workers on it.
#![allow(dead_code, reason = "each test file uses its own part")]

#[path = "../../src/store/mysql/test_server.rs"]
#[allow(unreachable_pub, reason = "the store's own tests use it as it is")]
mod test_server;

use std::process::{Command, Stdio};

use crate::support::{Network, PROGRAM, Worker, wait_for};
use test_server::TestServer;
use webhooks::store::State;
use webhooks::store::log::{DeliveriesQuery, Log};
// Of these the server's file is made.
pub(crate) use webhooks::store::mysql::{Connection, Endpoint, Password, Server, Tls};

/// A MariaDB of the test's own.
pub(crate) struct Database(TestServer);

impl Database {
    pub(crate) fn new() -> Self {
        Self(TestServer::start(&[]))
    }

    pub(crate) fn address(&self) -> String {
        format!("mysql://root@localhost/store?prefix=wp_&socket={}", self.0.socket().display())
    }

    /// A worker of this network on it. What it says is shown where SHOW is set.
    pub(crate) fn worker(&self, network: &Network) -> Worker {
        let mut command = Command::new(PROGRAM);
        let log = std::env::var_os("SHOW").map_or_else(Stdio::null, |_| Stdio::inherit());
        command.arg("--store").arg(self.address()).stderr(log);
        network.worker_by(command)
    }

    /// The log as a process of this network reads it; none: no worker has made the tables yet.
    pub(crate) fn log(&self, network: &Network) -> Option<Log> {
        Log::open(&network.spool, Some(&self.address())).expect("a readable store")
    }

    /// How many deliveries a state has.
    pub(crate) fn number_of(&self, network: &Network, state: State) -> Option<usize> {
        let query = DeliveriesQuery { state: vec![state], ..DeliveriesQuery::default() };
        self.log(network)?.count_all(&query).ok().map(|number| number as usize)
    }

    /// Waits until so many deliveries were made.
    pub(crate) fn wait_for_delivered(&self, network: &Network, number: usize) {
        let delivered = || self.number_of(network, State::Delivered);
        wait_for("deliveries", || (delivered()? == number).then_some(()));
    }

    pub(crate) fn connection(&self) -> Connection {
        Connection::open(&self.0.database()).expect("a connection")
    }

    /// Runs statements, in which `{}` is what the names of the store's tables begin with.
    pub(crate) fn execute(&self, statements: &[&str]) {
        let mut connection = self.connection();
        for sql in statements {
            connection.execute(&sql.replace("{}", "wp_webhooks_store_"), Vec::new()).expect(sql);
        }
    }

    /// The one number that such a query finds; -1 while no worker has made the tables.
    pub(crate) fn number(&self, sql: &str) -> i64 {
        let sql = sql.replace("{}", "wp_webhooks_store_");
        match self.connection().rows(&sql, Vec::new()) {
            Err(error) if error.to_string().contains("error 1146") => -1,
            found => found.expect(&sql)[0],
        }
    }

    /// Every table of the store.
    pub(crate) fn tables(&self) -> Vec<String> {
        let sql = "SELECT table_name FROM information_schema.tables \
                   WHERE table_schema = DATABASE() AND table_name LIKE 'wp\\_webhooks\\_store\\_%'";
        self.connection().rows(sql, Vec::new()).expect("tables")
    }
}
