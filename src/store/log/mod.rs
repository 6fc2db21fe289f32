//! The reading side, used by PHP processes: the log that people see. Results serialise to the array
//! shapes of `stubs/webhooks.stub.php`.

mod by_state;
mod noticed;
mod overview;
pub(crate) mod query;
pub(crate) mod row;

use std::collections::{BTreeMap, HashMap};
use std::ops::{Deref, DerefMut};

pub use by_state::StateCounts;
use by_state::one_by_one;
pub(crate) use by_state::{Counts, each as count_each, of_all};
pub use noticed::{
    CLOCK_SET, ClockSet, Lately, NOTICED, Noticed, SPOOL_COPIED, STORE_RESTORED, STORE_SET_ASIDE,
    STORE_WENT_BACK,
};
pub(crate) use overview::most;
pub use overview::{EventCount, Overview, OverviewQuery, SAMPLED, SiteCount};
pub(crate) use query::time;
pub use query::{DeliveriesQuery, FailuresQuery, StatsField, StatsQuery};
pub use row::{
    AttemptRow, BulkRow, DeliveryDetail, DeliveryRow, DisabledSince, FailureGroup, Hour, Page,
    SomeStats, WebhookStats, WorkerRow,
};

use super::backfill::{BackfillQuery, MissedCount};
use super::bulk::Action;
#[cfg(feature = "mysql")]
use super::mysql::{MysqlLog, Server};
use super::sqlite::SqliteLog;
use super::{Engine, Result, Selection, SpoolId, State, engine};
use domain::database::Database;
use domain::event::Event;
use domain::id::{DeliveryId, EventId};
use journal::SegmentId;
use spool::Spool;

const HOUR_MS: i64 = 3_600_000;

/// What `webhooks_status()` tells about the store.
#[derive(Debug)]
pub struct StoreSummary {
    /// Version of the schema.
    pub schema: u32,
    /// Bytes of the store's files.
    pub size: u64,
    /// Number of the newest announcement (0: none yet).
    pub announcements: i64,
    /// How far each segment of the journal was ingested, in bytes.
    pub positions: HashMap<SegmentId, u64>,
    /// When workers died within the last day, in Unix milliseconds, oldest first.
    pub deaths: Vec<i64>,
    /// Records of kinds that only a later version knows.
    pub deferred: i64,
    /// What the worker announced lately of the kinds in [`NOTICED`].
    pub lately: Lately,
    /// When the delivery was due that waits for longest, in Unix milliseconds.
    pub waiting_since: Option<i64>,
    /// Workers that write into it, where it is one for several; those that are at work first.
    pub workers: Vec<WorkerRow>,
}

/// How the webhooks have been doing that are published.
#[derive(Debug, Default)]
pub struct Outages {
    /// Ids of those that are disabled, and since when (Unix milliseconds); not all where they are
    /// many.
    pub disabled: Vec<(String, i64)>,
    /// How many hosts are down, where no webhook reaches its endpoint; 0: some do.
    pub down: usize,
    /// None of their names is found.
    pub are_nameless: bool,
}

/// Among how many of the newest announcements those are looked for.
pub(crate) const NEWEST: i64 = 200;

/// An announcement with its number.
#[derive(Debug, serde::Serialize)]
pub struct NumberedAnnouncement {
    /// Grows by at least one with each announcement.
    pub number: i64,
    /// A code for the sentence.
    pub code: String,
    /// RFC 3339.
    pub at: String,
    /// Parameters for the sentence.
    pub params: serde_json::Map<String, serde_json::Value>,
}

/// What can be asked of a store's log. It never writes, and takes two seconds at most.
pub trait LogEngine {
    /// Deliveries, newest first.
    ///
    /// # Errors
    /// A bad cursor; a read of over two seconds; what the engine refused.
    fn deliveries(&mut self, query: &DeliveriesQuery) -> Result<Page>;

    /// One delivery with its attempts, or `None`.
    ///
    /// # Errors
    /// See [`deliveries`](Self::deliveries).
    fn delivery(&mut self, id: &DeliveryId) -> Result<Option<DeliveryDetail>>;

    /// An event's deliveries, once each has had an attempt or can have none; `None` before.
    ///
    /// # Errors
    /// See [`deliveries`](Self::deliveries).
    fn settled(&mut self, event: &EventId) -> Result<Option<Vec<DeliveryDetail>>>;

    /// Counters and health by webhook, with the hours up to `now` (Unix milliseconds).
    ///
    /// # Errors
    /// See [`deliveries`](Self::deliveries).
    fn stats(&mut self, query: &StatsQuery, now: i64) -> Result<BTreeMap<String, WebhookStats>>;

    /// All webhooks together, with the hours up to `now` (Unix milliseconds).
    ///
    /// # Errors
    /// See [`deliveries`](Self::deliveries).
    fn overview(&mut self, query: &OverviewQuery, now: i64) -> Result<Overview>;

    /// News for people after the announcement numbered `after`, oldest first, at most 100.
    ///
    /// # Errors
    /// See [`deliveries`](Self::deliveries).
    fn announcements(&mut self, after: i64) -> Result<Vec<NumberedAnnouncement>>;

    /// How many deliveries a query is for.
    ///
    /// # Errors
    /// See [`deliveries`](Self::deliveries).
    fn count_all(&mut self, query: &DeliveriesQuery) -> Result<u64>;

    /// How many deliveries a query is for, counted up to `most`: a page that says "more than 10,000"
    /// need not know how many more.
    ///
    /// # Errors
    /// See [`deliveries`](Self::deliveries).
    fn count_up_to(&mut self, query: &DeliveriesQuery, most: u64) -> Result<u64> {
        Ok(self.count_all(query)?.min(most))
    }

    /// How many deliveries a query is for whatever their state, and how many of them each state has that
    /// it names (every one where it names none), each counted up to `most`.
    ///
    /// # Errors
    /// See [`deliveries`](Self::deliveries).
    fn count_by_state(&mut self, query: &DeliveriesQuery, most: u64) -> Result<StateCounts> {
        one_by_one(self, query, most)
    }

    /// How many deliveries a change of a whole result would be for. Where it takes too long to
    /// find out which of them still have a body, those without are counted too.
    ///
    /// # Errors
    /// See [`deliveries`](Self::deliveries).
    fn count_for(&mut self, query: &DeliveriesQuery, action: Action) -> Result<u64>;

    /// What fails, by webhook and cause; the largest groups first.
    ///
    /// # Errors
    /// See [`deliveries`](Self::deliveries).
    fn failures(&mut self, query: &FailuresQuery) -> Result<Vec<FailureGroup>>;

    /// Changes of whole results: those under way and those of the last day, newest first.
    ///
    /// # Errors
    /// See [`deliveries`](Self::deliveries).
    fn bulks(&mut self) -> Result<Vec<BulkRow>>;

    /// How many events a webhook has not had, that have a body, and that `wants` says it is to get:
    /// asked of the event without its body, unless `with_bodies`. Stops where that takes long.
    ///
    /// # Errors
    /// See [`deliveries`](Self::deliveries).
    fn missed(
        &mut self,
        query: &BackfillQuery,
        with_bodies: bool,
        wants: &dyn Fn(&Event) -> bool,
    ) -> Result<MissedCount>;

    /// How many deliveries a change of these to `to` would be for.
    ///
    /// # Errors
    /// See [`deliveries`](Self::deliveries).
    fn count(&mut self, which: &Selection, to: State) -> Result<u64>;

    /// What `webhooks_status()` tells.
    ///
    /// # Errors
    /// See [`deliveries`](Self::deliveries).
    fn summary(&mut self) -> Result<StoreSummary>;

    /// What is wrong with webhooks, but for those of which `is_left_out` says so. Costs little
    /// while all is well, however many there are.
    ///
    /// # Errors
    /// See [`deliveries`](Self::deliveries).
    fn outages(&mut self, is_left_out: &dyn Fn(&str) -> bool) -> Result<Outages>;
}

/// A store, open for reading, whichever its engine.
pub struct Log {
    pub(crate) engine: Box<dyn LogEngine + Send>,
}

impl Log {
    /// Opens for reading the store that an address names (none: `store.sqlite` in the spool);
    /// `None` where there is none yet.
    ///
    /// # Errors
    /// [`StoreError::Newer`](super::StoreError::Newer) for a store of a later version,
    /// [`StoreError::Corrupt`](super::StoreError::Corrupt), or what the system refused.
    pub fn open(spool: &Spool, address: Option<&str>) -> Result<Option<Self>> {
        Self::open_with(spool, address, None)
    }

    /// As [`open`](Self::open), by a process that was told of the network's own database: it need not
    /// be able to read what was published.
    ///
    /// # Errors
    /// As [`open`](Self::open); [`StoreError::Unavailable`](super::StoreError::Unavailable) where a
    /// server does not answer.
    pub fn open_with(
        spool: &Spool,
        address: Option<&str>,
        network: Option<&Database>,
    ) -> Result<Option<Self>> {
        match engine(address)? {
            Engine::Sqlite => {
                let log = SqliteLog::open(spool, address)?;
                Ok(log.map(|log| Self { engine: Box::new(log) }))
            }
            #[cfg(feature = "mysql")]
            Engine::Mysql => {
                let server = Server::find_with(spool, address.unwrap_or_default(), network)?;
                let log = MysqlLog::open(&server, SpoolId::of(spool)?)?;
                Ok(log.map(|log| Self { engine: Box::new(log) }))
            }
        }
    }

    /// Of an engine that no address names.
    #[cfg(test)]
    pub(crate) fn of(engine: Box<dyn LogEngine + Send>) -> Self {
        Self { engine }
    }
}

impl Deref for Log {
    type Target = dyn LogEngine + Send;

    fn deref(&self) -> &Self::Target {
        &*self.engine
    }
}

impl DerefMut for Log {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut *self.engine
    }
}
