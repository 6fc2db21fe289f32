//! SQLite under the conformance suite.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use crate::clock::ManualClock;
use crate::spool::Spool;
use crate::store::Store;
use crate::store::conformance::{Fixture, NOON, conformance};
use crate::store::log::Log;

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
}

impl Fixture for InSpool {
    fn open(&self) -> Box<dyn Store> {
        Box::new(super::open(&self.spool, None, self.clock()).unwrap())
    }

    fn log(&self) -> Log {
        Log::open(&self.spool, None).unwrap().unwrap()
    }

    fn clock(&self) -> Arc<ManualClock> {
        Arc::clone(&self.clock)
    }
}

conformance!(InSpool::new());
