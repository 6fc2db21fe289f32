//! The writing side on a real MariaDB: the suite that every engine has to pass, and random histories.

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use super::log::MysqlLog;
use super::test_server::TestServer;
use super::{MysqlStore, Server};
use crate::conformance::{Fixture, NOON, committed, conformance};
use crate::log::Log;
use crate::{Origin, SpoolId, Store, Transaction, history};
use domain::clock::ManualClock;

/// One server for all tests of this process, which ends it.
fn server() -> &'static TestServer {
    static SERVER: OnceLock<TestServer> = OnceLock::new();
    SERVER.get_or_init(|| TestServer::start(&["--innodb-buffer-pool-size=128M"]))
}

/// What `work` comes to in a transaction that has to succeed.
pub(super) fn write<T>(
    store: &mut MysqlStore,
    work: impl FnMut(&mut dyn Transaction) -> crate::Result<T>,
) -> T {
    committed(store, work).unwrap()
}

/// Tables of a test's own.
pub(crate) struct Tables {
    server: Server,
    clock: Arc<ManualClock>,
}

impl Tables {
    pub(crate) fn new() -> Self {
        Self::by(Arc::new(ManualClock::at(NOON)))
    }

    /// With somebody else's clock.
    pub(crate) fn by(clock: Arc<ManualClock>) -> Self {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let prefix = format!("e{}_", LAST.fetch_add(1, Ordering::Relaxed));
        let server = Server { prefix, ..server().database() };
        Self { server, clock }
    }

    /// Those of a database.
    pub(super) fn of(server: Server) -> Self {
        Self { server, clock: Arc::new(ManualClock::at(NOON)) }
    }

    /// Where they are.
    pub(crate) fn server(&self) -> &Server {
        &self.server
    }

    pub(crate) fn store(&self, origin: &Origin) -> MysqlStore {
        let server = self.server.clone();
        let find = Box::new(move || Ok(server.clone()));
        MysqlStore::open_with(find, origin.clone(), self.clock(), false).unwrap()
    }
}

impl Fixture for Tables {
    fn open_as(&self, origin: &Origin) -> Box<dyn Store> {
        Box::new(self.store(origin))
    }

    fn log(&self) -> Log {
        let log = MysqlLog::open(&self.server, Some(SpoolId([5; 16]))).unwrap().unwrap();
        Log { engine: Box::new(log) }
    }

    fn clock(&self) -> Arc<ManualClock> {
        Arc::clone(&self.clock)
    }
}

conformance!(Tables::new());

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config {
        cases: 48,
        // Histories are found again by the seed that a failure prints.
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn random_histories(
        history in history::history(),
        queries in proptest::collection::vec(history::asked(), 4),
    ) {
        history::an_engine_does_what_the_model_does(&Tables::new(), &history, &queries);
    }
}
