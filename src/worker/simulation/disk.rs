//! The store of a simulation: a disk that takes its time, and another writer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use store::sqlite::SqliteStore;
use store::{Durability, Loaded, Result, Store, StoreError, Transaction};

/// Which transactions another writer gets in the way of, so that they have to be made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Conflicts {
    None,
    /// Every third one.
    Some,
    /// Each, the first time.
    All,
}

/// The store on a disk that takes its time: what is committed is on it once the switch says so. And
/// there is another writer.
pub(super) struct SlowDisk {
    pub(super) store: SqliteStore,
    pub(super) is_done: Arc<AtomicBool>,
    pub(super) conflicts: Conflicts,
    pub(super) transactions: u32,
    pub(super) collided: u32,
}

impl Store for SlowDisk {
    fn transaction(
        &mut self,
        work: &mut dyn FnMut(&mut dyn Transaction) -> Result<()>,
    ) -> Result<()> {
        self.transactions += 1;
        let collides = match self.conflicts {
            Conflicts::None => false,
            Conflicts::Some => self.transactions.is_multiple_of(3),
            Conflicts::All => !self.transactions.is_multiple_of(2),
        };
        self.collided += u32::from(collides);
        self.store.transaction(&mut |tx| {
            work(tx)?;
            let (store, reason) = ("a test's".to_owned(), String::new());
            if collides { Err(StoreError::Conflict { store, reason }) } else { Ok(()) }
        })
    }

    fn load(&mut self) -> Result<Loaded> {
        self.store.load()
    }

    fn rest(&mut self) {
        self.store.rest();
    }
}

impl Durability for SlowDisk {
    fn commits(&self) -> u64 {
        self.store.commits()
    }

    fn is_durable(&mut self, _commits: u64) -> Result<bool> {
        let is_done = self.is_done.load(Ordering::SeqCst);
        if is_done {
            // Not by the thread that does so beside the commits: it has another clock.
            self.store.make_durable()?;
        }
        Ok(is_done)
    }

    fn make_durable(&mut self) -> Result<()> {
        self.store.make_durable()
    }

    fn truncate_wal(&mut self) -> Result<bool> {
        self.store.truncate_wal()
    }
}
