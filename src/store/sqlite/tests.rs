//! SQLite under the conformance suite.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use crate::conformance::{Fixture, NOON, conformance};
use crate::log::Log;
use crate::{Origin, Store, history};
use domain::clock::ManualClock;
use spool::Spool;

/// A store in a spool of its own.
pub(crate) struct InSpool {
    spool: Spool,
    clock: Arc<ManualClock>,
    _folder: tempfile::TempDir,
}

impl InSpool {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let spool = Spool::open(folder.path()).unwrap();
        Self { spool, clock: Arc::new(ManualClock::at(NOON)), _folder: folder }
    }

    /// The reading side, with all that SQLite can be asked.
    pub(crate) fn sqlite_log(&self) -> super::SqliteLog {
        super::SqliteLog::open(&self.spool, None).unwrap().unwrap()
    }
}

impl Fixture for InSpool {
    fn open_as(&self, origin: &Origin) -> Box<dyn Store> {
        Box::new(super::files::open_as(&self.spool, None, origin.clone(), self.clock()).unwrap())
    }

    fn log(&self) -> Log {
        Log::open(&self.spool, None).unwrap().unwrap()
    }

    fn clock(&self) -> Arc<ManualClock> {
        Arc::clone(&self.clock)
    }
}

conformance!(InSpool::new());

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config {
        cases: 96,
        // Histories are found again by the seed that a failure prints.
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn random_histories(
        history in history::history(),
        queries in proptest::collection::vec(history::asked(), 4),
    ) {
        history::an_engine_does_what_the_model_does(&InSpool::new(), &history, &queries);
    }
}
