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
mod counted;
mod durability;
mod error;
#[cfg(test)]
pub(crate) mod history;
mod latencies;
mod left_behind;
mod loaded;
pub mod log;
#[cfg(test)]
pub(crate) mod memory;
#[cfg(feature = "mysql")]
pub mod moving;
#[cfg(feature = "mysql")]
pub mod mysql;
mod origin;
mod others;
mod person;
pub mod sqlite;
mod transaction;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use batch::{Claimed, NewAttempt, NewDelivery, NewEvent, Wanted, Written};
pub use durability::Durability;
pub use error::{Result, StoreError};
pub use latencies::Latencies;
pub use left_behind::{LeftBehind, Mark, left_behind};
pub use loaded::{ClockReading, Loaded, Recorded, RecordedDelivery, WebhookState};
pub use origin::{Origin, Place, SpoolId};
pub use others::{Leaving, News};
pub use person::Person;
pub use transaction::{Announcement, Forgetting, GivenUp, Keep, Selection, Suspects, Transaction};

pub use domain::attempt::{Attempt, Failure, Next, Phase};
pub use domain::claim::{Claim, WebhookKey};
use domain::clock::Clock;
pub use domain::health::{Disabled, Health};
use domain::id::EventId;
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

    /// From now on nothing is sent from here: what waits, and what workers leave behind that die, is
    /// for others. Called before [`load`](Self::load).
    fn only_takes_in(&mut self) {}

    /// Says how it leaves, right before it is dropped.
    fn leaves(&mut self, leaving: Leaving) {
        let _ = leaving;
    }

    /// Gives up memory that only makes the engine quicker: the worker has had nothing to do for a
    /// while.
    fn rest(&mut self) {}

    /// Whether a transaction costs much by itself, whatever it holds, as on a server: few large ones are
    /// better then than many small ones.
    fn wants_few_commits(&self) -> bool {
        false
    }

    /// How often [`look_at_others`](Self::look_at_others) is to be called; `None` where nobody else
    /// ever writes.
    fn looks_every(&self) -> Option<Duration> {
        None
    }

    /// What it has of these events. Asked by a worker that remembers by itself what it sent, where the
    /// store may be set back ([`Durability::may_go_back`]).
    ///
    /// # Errors
    /// Where the engine can't read.
    fn recorded(&mut self, events: &[EventId]) -> Result<Recorded> {
        let _ = events;
        Ok(Recorded::default())
    }

    /// Says which installation writes here from now on, by its id. A store that lies in a database is
    /// copied with it: what waits in one that was another installation's is not this one's to send, so
    /// all of it is cancelled ([`COPIED`]), and how many those were is returned. Called again where it
    /// failed, it goes on.
    ///
    /// # Errors
    /// Where the engine can't read or write.
    fn belong_to(&mut self, installation: &str) -> Result<u64> {
        let _ = installation;
        Ok(0)
    }

    /// Looks at what other writers did, lets them know that this one is alive, and takes over what a
    /// dead one left behind.
    ///
    /// # Errors
    /// Where the engine can't read or write.
    fn look_at_others(&mut self) -> Result<News> {
        Ok(News::default())
    }
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

    fn only_takes_in(&mut self) {
        (**self).only_takes_in();
    }

    fn leaves(&mut self, leaving: Leaving) {
        (**self).leaves(leaving);
    }

    fn rest(&mut self) {
        (**self).rest();
    }

    fn wants_few_commits(&self) -> bool {
        (**self).wants_few_commits()
    }

    fn looks_every(&self) -> Option<Duration> {
        (**self).looks_every()
    }

    fn recorded(&mut self, events: &[EventId]) -> Result<Recorded> {
        (**self).recorded(events)
    }

    fn belong_to(&mut self, installation: &str) -> Result<u64> {
        (**self).belong_to(installation)
    }

    fn look_at_others(&mut self) -> Result<News> {
        (**self).look_at_others()
    }
}

/// Reason of a delivery that was cancelled, as it waited in a store that was copied with its database.
pub const COPIED: &str = "copied";

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
        #[cfg(feature = "mysql")]
        Engine::Mysql => {
            Ok((Box::new(mysql::open(spool, address.unwrap_or_default(), clock)?), None))
        }
    }
}

/// The address of a store in the network's own database.
pub const NETWORK: &str = "mysql:";

/// Whether an address names a store on a server, to which each process has a connection.
pub fn is_on_a_server(address: Option<&str>) -> bool {
    address.is_some_and(|address| address.starts_with("mysql:"))
}

/// An address as it may be shown: without what stands before a host's `@`, where somebody may have
/// put a password, and without options.
pub fn without_credentials(address: &str) -> String {
    let address = address.split_once('?').map_or(address, |(address, _)| address);
    match address.split_once("//") {
        Some((scheme, rest)) => {
            let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
            format!("{scheme}//{rest}")
        }
        None => address.to_owned(),
    }
}

/// The engines of this version.
enum Engine {
    /// Embedded: `sqlite:/path`, or no address.
    Sqlite,
    /// A server: `mysql:` or `mysql://…`.
    #[cfg(feature = "mysql")]
    Mysql,
}

/// The engine that an address names.
fn engine(address: Option<&str>) -> Result<Engine> {
    match address.filter(|address| !address.is_empty()) {
        None => Ok(Engine::Sqlite),
        Some(address) => match address.split_once(':') {
            Some(("sqlite", _)) => Ok(Engine::Sqlite),
            #[cfg(feature = "mysql")]
            Some(("mysql", _)) => Ok(Engine::Mysql),
            _ => Err(StoreError::Address(without_credentials(address))),
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

#[cfg(test)]
mod tests {
    use super::without_credentials;

    #[test]
    fn an_address_is_shown_without_what_may_be_a_password() {
        for (address, shown) in [
            ("sqlite:/var/lib/webhooks/store.sqlite", "sqlite:/var/lib/webhooks/store.sqlite"),
            ("mysql:", "mysql:"),
            ("mysql://u:hun/ter2@db:3306/w?password=hunter2", "mysql://db:3306/w"),
            ("mysqls://u:hunter@2@db/w", "mysqls://db/w"),
            ("mysql://db/w", "mysql://db/w"),
        ] {
            assert_eq!(without_credentials(address), shown);
            assert!(!without_credentials(address).contains("hunter"));
        }
    }
}
