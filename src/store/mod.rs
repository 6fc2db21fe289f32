//! What happened: events, deliveries, attempts, webhooks' health, announcements.
//!
//! The worker alone writes ([`Store`]); PHP and the worker's own status read
//! ([`log::Log`]).
//! Everything that belongs together is written in one [`Transaction`]: the events of a batch of
//! records with the positions in the journal that they move, an attempt with the state and
//! counters that follow from it.

pub mod backfill;
mod batch;
pub mod bulk;
#[cfg(test)]
pub(crate) mod conformance;
mod durability;
mod error;
#[cfg(test)]
pub(crate) mod history;
mod latencies;
mod loaded;
pub mod log;
#[cfg(test)]
pub(crate) mod memory;
#[cfg(feature = "mysql")]
pub mod mysql;
mod origin;
mod person;
pub mod sqlite;
mod transaction;

use std::path::PathBuf;
use std::sync::Arc;

pub use batch::{Claimed, NewAttempt, NewDelivery, NewEvent, Wanted, Written};
pub use durability::Durability;
pub use error::{Result, StoreError};
pub use latencies::Latencies;
pub use loaded::{ClockReading, Loaded, WebhookState};
pub use origin::{Origin, SpoolId};
pub use person::Person;
pub use transaction::{Announcement, Forgetting, GivenUp, Keep, Selection, Suspects, Transaction};

pub use domain::attempt::{Attempt, Failure, Next, Phase};
pub use domain::claim::{Claim, WebhookKey};
use domain::clock::Clock;
pub use domain::health::{Disabled, Health};
pub use domain::state::{Forbidden, State};
use spool::Spool;

/// An id, reference or e-mail address in the form in which exact search compares it: without
/// white space around it, in lower case.
pub fn term(text: &str) -> String {
    text.trim().to_lowercase()
}

/// The writing side; exactly one exists per spool, in the worker.
pub trait Store: Durability {
    /// Runs `work` in one transaction: committed if it returns `Ok`, else undone as a whole.
    ///
    /// # Errors
    /// What `work` returned, or why the transaction could not begin or commit.
    fn transaction(
        &mut self,
        work: &mut dyn FnMut(&mut dyn Transaction) -> Result<()>,
    ) -> Result<()>;

    /// What a starting worker needs to know.
    ///
    /// # Errors
    /// Where the engine can't read.
    fn load(&mut self) -> Result<Loaded>;

    /// Gives up memory that only makes the engine quicker: the worker has had nothing to do for a
    /// while.
    fn rest(&mut self) {}
}

impl<S: Store + ?Sized> Store for Box<S> {
    fn transaction(
        &mut self,
        work: &mut dyn FnMut(&mut dyn Transaction) -> Result<()>,
    ) -> Result<()> {
        (**self).transaction(work)
    }

    fn load(&mut self) -> Result<Loaded> {
        (**self).load()
    }

    fn rest(&mut self) {
        (**self).rest();
    }
}

/// A store that was damaged and made way for a new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// Where it is now, with whatever belongs to it beside it.
    pub path: PathBuf,
    /// What the engine said of it.
    pub reason: String,
}

/// Opens the store that an address names (none: `store.sqlite` in the spool), made if it isn't
/// there, with the engine that the address names. A damaged one is set aside first, to be
/// announced, and an empty one takes its place.
///
/// # Errors
/// [`StoreError::Address`] for an engine that this version does not have; [`StoreError::Newer`], or
/// what the system refused.
pub fn open(
    spool: &Spool,
    address: Option<&str>,
    clock: Arc<dyn Clock>,
) -> Result<(Box<dyn Store>, Option<SetAside>)> {
    match engine(address)? {
        Engine::Sqlite => {
            let (store, set_aside) = sqlite::open_or_set_aside(spool, address, clock)?;
            Ok((Box::new(store), set_aside))
        }
    }
}

/// The engines of this version.
enum Engine {
    /// Embedded: `sqlite:/path`, or no address.
    Sqlite,
}

/// The engine that an address names.
fn engine(address: Option<&str>) -> Result<Engine> {
    match address.filter(|address| !address.is_empty()) {
        None => Ok(Engine::Sqlite),
        Some(address) => match address.split_once(':') {
            Some(("sqlite", _)) => Ok(Engine::Sqlite),
            _ => Err(StoreError::Address(address.to_owned())),
        },
    }
}

/// Times that a transaction is run again before a conflict is the caller's to deal with.
const MOST_CONFLICTS: u32 = 16;

/// Runs `work` in one transaction, and again as a whole while the store says that another writer
/// came first. So `work` begins with nothing and leaves what it found to be followed by its caller,
/// once this has returned.
///
/// # Errors
/// As [`Store::transaction`]; [`StoreError::Conflict`] where that never ends.
pub fn commit<S: Store + ?Sized>(
    store: &mut S,
    work: &mut dyn FnMut(&mut dyn Transaction) -> Result<()>,
) -> Result<()> {
    for _ in 0..MOST_CONFLICTS {
        match store.transaction(work) {
            Err(StoreError::Conflict { .. }) => {}
            other => return other,
        }
    }
    store.transaction(work)
}

/// Deaths after which a delivery that was alone under way at each of them is deadly: one may be
/// chance, as where somebody kills workers.
const DEATHS_ALONE: u32 = 2;

/// Whether a delivery is what kills workers: `alone` of them died while it was under way and
/// nothing else was. Who was one of many is never judged by that, however often.
pub fn is_deadly(alone: u32) -> bool {
    alone >= DEATHS_ALONE
}
