//! What tests of the store share: a place for one, and a round of writing.

#![allow(dead_code, reason = "no test binary uses all of it")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use webhooks::clock::{Clock as _, SystemClock};
use webhooks::event::Event;
use webhooks::id::{DeliveryId, EventId};
use webhooks::journal::SegmentId;
use webhooks::spool::Spool;
use webhooks::store::log::Log;
use webhooks::store::sqlite::{self, SqliteStore};
use webhooks::store::{
    Attempt, NewAttempt, NewDelivery, NewEvent, Next, Result, State, Store as _, Wanted, Written,
};

/// The segment whose position counts the rounds.
pub(crate) const SEGMENT: SegmentId = SegmentId([7; 16]);

/// A spool with or without a store.
pub(crate) struct Place {
    spool: Spool,
    path: PathBuf,
    /// The folder above, which other users may enter.
    _above: Option<tempfile::TempDir>,
}

impl Place {
    pub(crate) fn new() -> Self {
        let above = tempfile::tempdir().unwrap();
        fs::set_permissions(above.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let path = above.path().join("spool");
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        Self { _above: Some(above), ..Self::at(&path) }
    }

    pub(crate) fn at(path: &Path) -> Self {
        Self { spool: Spool::open(path).unwrap(), path: path.to_owned(), _above: None }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn spool(&self) -> &Spool {
        &self.spool
    }

    /// The store as a worker opens it; the spool's owner and mode may have changed since.
    pub(crate) fn open(&self) -> Result<SqliteStore> {
        sqlite::open(&Spool::open(&self.path).unwrap(), None, Arc::new(SystemClock))
    }

    pub(crate) fn log(&self) -> Result<Option<Log>> {
        Log::open(&Spool::open(&self.path).unwrap(), None)
    }
}

/// One transaction of everything: an event, two deliveries, one of them claimed and delivered.
pub(crate) fn write_round(store: &mut SqliteStore, number: u64) -> Result<()> {
    let now = SystemClock.unix_ms();
    let body: Vec<u8> = (0..2000).map(|at| (at ^ number) as u8).collect();
    let event = Event {
        id: EventId::at(now),
        timestamp: now,
        site: number % 50,
        body: Arc::from(body),
        data: 0..10,
        ..Event::example("{}")
    };
    store.transaction(&mut |tx| {
        let to = |webhook| NewDelivery {
            id: DeliveryId::at(now),
            webhook,
            state: State::Pending,
            due: now,
            reason: None,
            failure: None,
        };
        let one = tx.webhook("one")?;
        let deliveries = [to(one), to(tx.webhook("two")?)];
        let terms = [format!("order-{number}")];
        let new = NewEvent { event: &event, terms: &terms, deliveries: &deliveries };
        assert_eq!(tx.ingest(&[new], now)?, [true]);
        let claimed =
            tx.claim(&[Wanted { webhook: one, limit: 1, burst: 1, ordered: false }], now)?;
        let attempt = Attempt {
            duration_us: 100,
            status: Some(204),
            ..Attempt::without_request(now, None, Next::Delivered)
        };
        let made = NewAttempt { claim: &claimed[0].claims[0], attempt: &attempt, reason: None };
        assert_eq!(tx.complete(&[made])?, [Written::Kept]);
        tx.set_position(SEGMENT, number)
    })
}
