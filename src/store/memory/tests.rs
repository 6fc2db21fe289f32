//! The store in memory under the conformance suite.

use std::sync::Arc;

use super::{MemoryLog, MemoryStore, Shared};
use crate::conformance::{Fixture, NOON, conformance};
use crate::log::Log;
use crate::{Origin, Store};
use domain::clock::ManualClock;

/// Tables with a clock.
pub(crate) struct InMemory {
    pub(crate) tables: Shared,
    clock: Arc<ManualClock>,
}

impl InMemory {
    /// Empty, with this clock.
    pub(crate) fn new(clock: Arc<ManualClock>) -> Self {
        Self { tables: Shared::default(), clock }
    }

    /// The writing side, with what only this engine can be asked for.
    pub(crate) fn memory_store(&self, origin: &Origin) -> MemoryStore {
        MemoryStore::new(Arc::clone(&self.tables), origin.clone(), self.clock())
    }
}

impl Fixture for InMemory {
    fn open_as(&self, origin: &Origin) -> Box<dyn Store> {
        Box::new(self.memory_store(origin))
    }

    fn log(&self) -> Log {
        Log::of(Box::new(MemoryLog(Arc::clone(&self.tables))))
    }

    fn clock(&self) -> Arc<ManualClock> {
        Arc::clone(&self.clock)
    }
}

conformance!(InMemory::new(Arc::new(ManualClock::at(NOON))));
