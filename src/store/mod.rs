//! What happened: events, deliveries, attempts, webhooks' health, announcements.
//!
//! The worker alone writes ([`Store`]); PHP and the worker's own status read
//! ([`log::Log`]).
//! Everything that belongs together is written in one [`Transaction`]: the events of a batch of
//! records with the positions in the journal that they move, an attempt with the state and
//! counters that follow from it.

pub mod backfill;
pub mod bulk;
#[cfg(test)]
pub(crate) mod conformance;
#[cfg(test)]
pub(crate) mod history;
mod latencies;
pub mod log;
#[cfg(feature = "mysql")]
pub mod mysql;
mod origin;
mod person;
pub mod sqlite;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

pub use latencies::Latencies;
pub use origin::{Origin, SpoolId};
pub use person::Person;

use self::backfill::Backfills;
use self::bulk::{Bulk, BulkStep};
pub use domain::attempt::{Attempt, Failure, Next, Phase};
pub use domain::claim::{Claim, WebhookKey};
use domain::clock::Clock;
use domain::event::Event;
pub use domain::health::{Disabled, Health};
use domain::id::{DeliveryId, EventId};
pub use domain::state::{Forbidden, State};
use journal::{Boot, SegmentId};
use spool::Spool;

/// Why the store can't be used or a call on it failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Written by a newer version of this software.
    #[error(
        "{store} has schema version {found}, this worker knows up to {known}: \
         install the version of webhooks-worker that wrote it, or move the file away to start an empty log"
    )]
    Newer {
        /// The store's address, without credentials.
        store: String,
        /// Its version.
        found: u32,
        /// The newest version known here.
        known: u32,
    },
    /// Not a store, or damaged: it can be set aside.
    #[error("{store} is damaged: {reason}")]
    Corrupt {
        /// The store's address, without credentials.
        store: String,
        /// What the engine said.
        reason: String,
    },
    /// No room for what was to be written.
    #[error("no room left in {store}: {reason}")]
    Full {
        /// The store's address, without credentials.
        store: String,
        /// What the engine said.
        reason: String,
    },
    /// More than the engine can keep in one place; nothing of the call that said so was written, and
    /// its transaction can go on.
    #[error("too large for {store}: {reason}")]
    TooLarge {
        /// The store's address, without credentials.
        store: String,
        /// What the engine said.
        reason: String,
    },
    /// Another writer came first: the transaction is undone, and can be run again as it is.
    #[error("{store} was changed by somebody else meanwhile: {reason}")]
    Conflict {
        /// The store's address, without credentials.
        store: String,
        /// What the engine said.
        reason: String,
    },
    /// The engine can't be reached, or keeps everybody waiting: whether what was under way took
    /// place is not known. It is to be tried again later.
    #[error("{store} can't be reached: {reason}")]
    Unavailable {
        /// The store's address, without credentials.
        store: String,
        /// What the engine said.
        reason: String,
    },
    /// The engine reads and does not write.
    #[error("{store} can only be read: {reason}")]
    ReadOnly {
        /// The store's address, without credentials.
        store: String,
        /// What the engine said.
        reason: String,
    },
    /// The address names no engine of this version.
    #[error(
        "\"{0}\" is no store: expected sqlite:/path/of/a/file (empty: store.sqlite in the spool)"
    )]
    Address(String),
    /// Anything else that the engine or the system refused.
    #[error("{action}: {reason}")]
    Failed {
        /// What was being done.
        action: &'static str,
        /// What the engine said.
        reason: String,
    },
}

/// Result of a call on the store.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// An id, reference or e-mail address in the form in which exact search compares it: without
/// white space around it, in lower case.
pub fn term(text: &str) -> String {
    text.trim().to_lowercase()
}

/// What an engine does so that a commit outlives a power cut, and so that what is deleted is gone.
/// One whose commits do so by themselves, and that keeps no log of its own beside its tables, has
/// nothing to add to the answers here.
pub trait Durability {
    /// How many transactions that changed something were committed since the store was opened.
    fn commits(&self) -> u64 {
        0
    }

    /// Whether the first `commits` of them would survive a power cut. If not, that is brought
    /// about without keeping the caller waiting: ask again. Segments are deleted only after this.
    ///
    /// # Errors
    /// Where the disk refused.
    fn is_durable(&mut self, commits: u64) -> Result<bool> {
        let _ = commits;
        Ok(true)
    }

    /// Returns when everything committed so far would survive a power cut.
    ///
    /// # Errors
    /// Where the disk refused.
    fn make_durable(&mut self) -> Result<()> {
        Ok(())
    }

    /// Removes what was deleted from the engine's write-ahead log too, and gives its room back;
    /// `false` where a reader stood in the way, so that it has to be tried again.
    ///
    /// # Errors
    /// Where the disk refused.
    fn truncate_wal(&mut self) -> Result<bool> {
        Ok(true)
    }
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
}

impl<S: Store + ?Sized> Durability for Box<S> {
    fn commits(&self) -> u64 {
        (**self).commits()
    }

    fn is_durable(&mut self, commits: u64) -> Result<bool> {
        (**self).is_durable(commits)
    }

    fn make_durable(&mut self) -> Result<()> {
        (**self).make_durable()
    }

    fn truncate_wal(&mut self) -> Result<bool> {
        (**self).truncate_wal()
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

/// What a starting worker finds; see [`Store::load`].
#[derive(Debug, Default)]
pub struct Loaded {
    /// How far each segment of the journal was ingested, in bytes.
    pub positions: HashMap<SegmentId, u64>,
    /// Every webhook that ever had a delivery or a state, with its backlog.
    pub webhooks: Vec<WebhookState>,
    /// The clock by which due times are right, once one was noted.
    pub clock: Option<ClockReading>,
    /// Deliveries that a dead worker had claimed, returned to `pending` by this call. They are
    /// suspects from now on: [`Transaction::claim`] passes them over.
    pub reclaimed: u64,
    /// Whether there are suspects, of this death or of one before.
    pub suspects: bool,
    /// What was alone under way when workers died, once too often ([`is_deadly`]). It is claimed
    /// for the caller, who records its failure in place of an attempt.
    pub deadly: Vec<Claim>,
}

/// Suspects of a webhook: deliveries that were under way when a worker died, and have not been
/// tried since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suspects {
    /// The webhook.
    pub webhook: WebhookKey,
    /// When the one to be tried first is due, in Unix milliseconds.
    pub due: i64,
    /// At how many deaths that one was under way.
    pub deaths: u32,
}

/// What a store may take of the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Half of the file system that it lies on; an engine that lies on none of ours keeps all.
    Half,
    /// So many bytes.
    Bytes(u64),
    /// As little as can be: there is no room left.
    Least,
}

/// What was given up to make room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GivenUp {
    /// Events of which the bodies are gone.
    pub events: u64,
    /// Whether the store still takes more than it may, and there may be more to give up.
    pub more: bool,
}

/// What became of something that was to be written about a claimed delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// It is in the store.
    Kept,
    /// The delivery is not the caller's (any more): somebody else has recorded an attempt of it, or
    /// it is gone. Nothing was written, and nothing has to be done.
    Lost,
    /// More than the engine can keep in one place. Nothing was written, and the delivery is still
    /// the caller's.
    TooLarge {
        /// What the engine said.
        reason: String,
    },
}

/// Deaths after which a delivery that was alone under way at each of them is deadly: one may be
/// chance, as where somebody kills workers.
const DEATHS_ALONE: u32 = 2;

/// Whether a delivery is what kills workers: `alone` of them died while it was under way and
/// nothing else was. Who was one of many is never judged by that, however often.
pub fn is_deadly(alone: u32) -> bool {
    alone >= DEATHS_ALONE
}

/// Where the wall clock stood. A difference later on in the same boot is how far it was set,
/// whether a worker ran meanwhile or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockReading {
    /// The boot.
    pub boot: Boot,
    /// See [`domain::clock::offset`].
    pub offset: i64,
}

/// A webhook as the store knows it.
#[derive(Debug, Clone)]
pub struct WebhookState {
    /// The store's number.
    pub key: WebhookKey,
    /// The id in the config.
    pub id: String,
    /// How it has been doing.
    pub health: Health,
    /// When its earliest pending delivery is due, in Unix milliseconds.
    pub next_due: Option<i64>,
}

/// A delivery to be made.
#[derive(Debug, Clone)]
pub struct NewDelivery {
    /// Its id.
    pub id: DeliveryId,
    /// To which webhook.
    pub webhook: WebhookKey,
    /// `Pending`, `Held`, `Skipped` or `Failed`; `Delivering` where it is claimed at once.
    pub state: State,
    /// When it may be attempted, in Unix milliseconds.
    pub due: i64,
    /// A code for a state that needs one (`paused`, `disabled`, `condition`, …).
    pub reason: Option<String>,
    /// Code of the failure, where it is `Failed` at once.
    pub failure: Option<String>,
}

/// An event that comes in; see [`Transaction::ingest`].
#[derive(Debug, Clone, Copy)]
pub struct NewEvent<'a> {
    /// The event.
    pub event: &'a Event,
    /// For exact search: ids, references and e-mail addresses as [`term`] gives them.
    pub terms: &'a [String],
    /// A delivery for each webhook that gets it.
    pub deliveries: &'a [NewDelivery],
}

/// What is to be claimed of a webhook; see [`Transaction::claim`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// The webhook.
    pub webhook: WebhookKey,
    /// How many at most.
    pub limit: usize,
    /// Whether its deliveries go out in the order of their events.
    pub ordered: bool,
}

/// What was claimed of a webhook; see [`Transaction::claim`].
#[derive(Debug, Clone)]
pub struct Claimed {
    /// The deliveries, in the order in which they go out.
    pub claims: Vec<Claim>,
    /// When the next one is due, as [`Transaction::next_due`] says it.
    pub next_due: Option<i64>,
}

/// An attempt that was made; see [`Transaction::complete`].
#[derive(Debug, Clone, Copy)]
pub struct NewAttempt<'a> {
    /// Of what it was made.
    pub claim: &'a Claim,
    /// What came of it.
    pub attempt: &'a Attempt,
    /// A code for a state that needs one.
    pub reason: Option<&'a str>,
}

/// How far the wishes to be forgotten have come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Forgetting {
    /// There is none.
    Nothing,
    /// There is more to look at.
    UnderWay,
    /// One has been fulfilled in the store.
    Done {
        /// What it was asked under.
        token: String,
        /// Who asked.
        person: Person,
        /// How many events' payloads were erased.
        events: u64,
    },
}

/// News for people, numbered; WordPress collects them.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Announcement {
    /// A code: `webhook_disabled`, `webhook_enabled`, `delivery_failed`, `corrupt_records`, ….
    pub code: String,
    /// Unix milliseconds.
    pub at: i64,
    /// Parameters for the sentence; never a secret or a payload.
    pub params: serde_json::Map<String, serde_json::Value>,
}

/// Which deliveries a change is for.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Selection {
    /// These deliveries (empty: not narrowed).
    pub ids: Vec<DeliveryId>,
    /// Of this webhook.
    pub webhook: Option<String>,
    /// In one of these states (empty: any).
    pub states: Vec<State>,
    /// Created at or after, in Unix milliseconds.
    pub since: Option<i64>,
    /// With this reason.
    pub reason: Option<String>,
    /// With none of these reasons.
    pub except: Vec<String>,
}

/// The writes of one transaction.
pub trait Transaction: Backfills {
    /// The key of the webhook with this id, made at the first call.
    ///
    /// # Errors
    /// As for all methods of this trait: where the engine refused; the transaction is undone.
    fn webhook(&mut self, id: &str) -> Result<WebhookKey>;

    /// Adds events in this order, each with its deliveries, and says of each whether it was added.
    /// Not so (and nothing of it is written) where one with this id is there already, or, where the
    /// id is of an idempotency key, was in the last three years.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn ingest(&mut self, events: &[NewEvent<'_>], now: i64) -> Result<Vec<bool>>;

    /// Adds deliveries of events that are in the store, in this order.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook); [`StoreError::Failed`] where there is no such event.
    fn add_deliveries(&mut self, deliveries: &[(EventId, NewDelivery)]) -> Result<()>;

    /// Moves a segment's position.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn set_position(&mut self, segment: SegmentId, offset: u64) -> Result<()>;

    /// Forgets the position of a segment that was deleted.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn forget_position(&mut self, segment: SegmentId) -> Result<()>;

    /// Keeps a record of a kind that only a later version knows, whole.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn defer(&mut self, kind: u8, record: &[u8], now: i64) -> Result<()>;

    /// Turns due deliveries of webhooks from `pending` to `delivering`, of each as many as are
    /// wanted: the sites of their events take turns, and of each what was due first goes first
    /// (`ordered`: in the order of the events, and none while the first is not due). Suspects are
    /// left for [`claim_suspect`](Self::claim_suspect).
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn claim(&mut self, wanted: &[Wanted], now: i64) -> Result<Vec<Claimed>>;

    /// The webhooks that have suspects, those of most deaths first.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn suspects(&mut self) -> Result<Vec<Suspects>>;

    /// Claims the suspect of a webhook that is to be tried first: that of most deaths, then that
    /// due first (`ordered`: the webhook's first delivery, if that is one). None where none is due.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn claim_suspect(
        &mut self,
        webhook: WebhookKey,
        now: i64,
        ordered: bool,
    ) -> Result<Option<Claim>>;

    /// Returns a claimed delivery to `pending`, due at `due`, without an attempt.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn release(&mut self, delivery: DeliveryId, due: i64) -> Result<Written>;

    /// Returns everything that is claimed to `pending`: its worker leaves of its own accord.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn release_all(&mut self) -> Result<u64>;

    /// Notes that a worker of this server died; how many did within the last hour.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn note_death(&mut self, now: i64, under_way: u64) -> Result<u64>;

    /// Records attempts of claimed deliveries in this order, and says of each what became of it.
    /// One that is kept moves its delivery to the state that `attempt.next` says, and counts
    /// (`delivered` or `failed`, per hour and in all) unless the event is a test. The delivery is no
    /// suspect any more, unless it failed for being one ([`Failure::WORKER_DIED`]). Of one that is
    /// too large nothing is written and its delivery stays claimed; the others are written all the
    /// same.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn complete(&mut self, attempts: &[NewAttempt<'_>]) -> Result<Vec<Written>>;

    /// Moves the selected deliveries to `state` where that transition is allowed (`Pending`
    /// ones become due at `due` and start their schedule anew); returns how many. What is being
    /// delivered stays as it is: its attempt ends by the rules that hold then. What has no body
    /// any more stays too when it was to become `Pending`.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn change(
        &mut self,
        which: &Selection,
        state: State,
        due: i64,
        reason: Option<&str>,
    ) -> Result<u64>;

    /// Adds `by` to the due time of everything pending (the wall clock jumped), and notes the
    /// clock by which due times are right now.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn shift_due(&mut self, by: i64, clock: ClockReading) -> Result<()>;

    /// When [`claim`](Self::claim) can next have something for a webhook: when its earliest
    /// pending delivery is due (`ordered`: its first one).
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn next_due(&mut self, webhook: WebhookKey, ordered: bool) -> Result<Option<i64>>;

    /// Writes a webhook's health.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn set_health(&mut self, webhook: WebhookKey, health: &Health) -> Result<()>;

    /// Adds an announcement; returns its number.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn announce(&mut self, announcement: &Announcement) -> Result<i64>;

    /// Removes up to `limit` old things: bodies of events delivered before `bodies_before`,
    /// deliveries (with attempts and events) settled before `rows_before`, both in Unix
    /// milliseconds; returns whether there may be more. Held deliveries older than
    /// `rows_before` become `expired` first.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn prune(&mut self, bodies_before: i64, rows_before: i64, limit: usize) -> Result<bool>;

    /// Where the store takes more than it may: gives up the bodies of what was delivered
    /// (cancelled or skipped, or went to nobody), the oldest first, of up to `limit` events or a
    /// megabyte at a time. What may still be sent keeps its own, and the log its entries.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn give_up(&mut self, keep: Keep, limit: usize) -> Result<GivenUp>;

    /// Notes the host of a webhook's URL (none: it is deleted).
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn set_host(&mut self, webhook: WebhookKey, host: Option<&str>) -> Result<()>;

    /// Notes that every delivery that a query finds now is to be changed. The same token a
    /// second time changes nothing.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn begin_bulk(&mut self, bulk: &Bulk, now: i64) -> Result<()>;

    /// Changes up to `limit` deliveries of the oldest such wish, oldest first, by the rules of
    /// [`change`](Self::change).
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn step_bulk(&mut self, now: i64, limit: usize) -> Result<BulkStep>;

    /// Notes that a person wishes to be forgotten; `token` names the wish.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn begin_forgetting(&mut self, token: &str, person: &Person) -> Result<()>;

    /// Looks at the next `limit` payloads for the oldest wish and erases those in which the
    /// person occurs; what waited to be sent of them is cancelled (`forgotten`).
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn forget(&mut self, limit: usize) -> Result<Forgetting>;
}
