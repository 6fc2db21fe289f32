//! The writing side: one worker of those that share a database.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::address::Server;
use super::connection::Connection;
use super::lease::{Lease, Role};
use super::link::{Find, Link};
use super::memory::Memory;
use super::row::Delivery;
use super::schema::migrate;
use super::suspects::After;
use super::transaction::MysqlTransaction;
use super::watch::Watch;
use crate::log::LogEngine as _;
use crate::{
    ClockReading, Durability, Health, Leaving, Loaded, MOST_CONFLICTS, News, Origin, Recorded,
    Result, SpoolId, Store, StoreError, Transaction, WebhookKey, WebhookState,
};
use domain::clock::Clock;
use domain::id::EventId;
use journal::{Boot, SegmentId};
use spool::Spool;

/// A difference of clocks that is one, in milliseconds.
const APART_MS: i64 = 30_000;

/// What a transaction does.
pub(super) type Work<'w> = &'w mut dyn FnMut(&mut MysqlTransaction<'_>) -> Result<()>;

/// The writing side on MySQL or MariaDB.
pub struct MysqlStore {
    pub(super) link: Link,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) origin: Origin,
    pub(super) lease: Lease,
    pub(super) memory: Memory,
    pub(super) commits: u64,
    pub(super) watch: Watch,
    /// What it is there for.
    pub(super) role: Role,
    /// How it leaves, as far as is known.
    leaving: Leaving,
    /// A transaction of which it is not known whether it took place: what it had claimed.
    pub(super) unknown: Option<Vec<Delivery>>,
    /// Nobody has written for this spool before.
    is_first: bool,
    /// The spool was a copy of another one.
    is_copy: bool,
    /// Of how many segments the database has lost what it had.
    pub(super) went_back: Option<usize>,
    /// Whose log this is, once that was said and found.
    pub(super) installation: Option<String>,
}

/// Opens the store that an address names, for a spool's worker.
///
/// # Errors
/// As [`MysqlStore::open`]; where the address can't be understood.
pub fn open(spool: &Spool, address: &str, clock: Arc<dyn Clock>) -> Result<MysqlStore> {
    let find = || -> Find {
        let (spool, address) = (spool.clone(), address.to_owned());
        Box::new(move || Server::find(&spool, &address))
    };
    let origin = Origin::of_worker(spool)?;
    let copied = match MysqlStore::open(find(), origin.clone(), Arc::clone(&clock)) {
        Err(error @ StoreError::Twice { .. }) => error,
        opened => {
            let mut store = opened?;
            store.go_on_after_a_file(spool)?;
            return Ok(store);
        }
    };
    let another = Origin { spool: SpoolId::give_another(spool)?, ..origin.clone() };
    tracing::warn!(%copied, "this spool is given an identity of its own");
    let mut store = MysqlStore::open(find(), another, clock)?;
    store.is_copy_of(&origin)?;
    Ok(store)
}

impl MysqlStore {
    /// Opens the store of a database for this worker. Its tables are made where they are not there.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where nobody answers, [`StoreError::Newer`], or what the server
    /// refuses.
    pub fn open(find: Find, origin: Origin, clock: Arc<dyn Clock>) -> Result<Self> {
        Self::open_with(find, origin, clock, true)
    }

    /// [`open`](Self::open); whether the database has a clock of its own, as it does where no test
    /// sets the worker's.
    pub(super) fn open_with(
        find: Find,
        origin: Origin,
        clock: Arc<dyn Clock>,
        has_clock: bool,
    ) -> Result<Self> {
        let mut connection = Connection::of_worker(&find()?, false)?;
        migrate(&mut connection)?;
        let (lease, is_first) = Lease::begin(&mut connection, &origin)?;
        let mut store = Self {
            link: Link::new(find, connection),
            clock,
            origin,
            lease,
            memory: Memory::default(),
            commits: 0,
            watch: Watch::default(),
            role: Role::Delivers,
            leaving: Leaving::default(),
            unknown: None,
            is_first,
            is_copy: false,
            went_back: None,
            installation: None,
        };
        store.remember(has_clock)?;
        Ok(store)
    }

    /// How far another spool's journal was read is how far this one's was, which is a copy of it: what
    /// stands before that, the other one has.
    fn is_copy_of(&mut self, origin: &Origin) -> Result<()> {
        let me = self.lease.me.worker;
        let connection = self.connected()?;
        let (positions, workers) =
            (connection.server().table("positions"), connection.server().table("workers"));
        let sql = format!(
            "INSERT INTO {positions} (segment, worker, `offset`) \
             SELECT p.segment, ?, p.`offset` FROM {positions} p \
             JOIN {workers} w ON w.`key` = p.worker WHERE w.spool = ?"
        );
        connection.execute(&sql, vec![me.into(), origin.spool.0.as_slice().into()])?;
        self.is_copy = true;
        Ok(())
    }

    /// Reads what is kept in memory.
    fn remember(&mut self, has_clock: bool) -> Result<()> {
        let (clock, worker) = (Arc::clone(&self.clock), self.lease.me.worker);
        let connection = self.connected()?;
        let table = |name: &str| connection.server().table(name);
        let (webhooks, events, clocks) = (table("webhooks"), table("events"), table("clocks"));
        let known: Vec<(String, i64)> =
            connection.rows(&format!("SELECT id, `key` FROM {webhooks}"), Vec::new())?;
        let last: Vec<u64> = connection
            .rows(&format!("SELECT COALESCE(MAX(`key`), 0) FROM {events}"), Vec::new())?;
        let sql = format!("SELECT shift FROM {clocks} WHERE worker = ?");
        let shift: Vec<i64> = connection.rows(&sql, vec![worker.into()])?;
        let shift = match shift.first() {
            Some(shift) => *shift,
            None => {
                let sql = "SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)";
                let theirs: Vec<i64> =
                    if has_clock { connection.rows(sql, Vec::new())? } else { Vec::new() };
                let apart = theirs.first().map_or(0, |theirs| clock.unix_ms() - theirs);
                let shift = if apart.abs() > APART_MS { apart } else { 0 };
                let sql = format!("INSERT INTO {clocks} (worker, shift) VALUES (?, ?)");
                connection.execute(&sql, vec![worker.into(), shift.into()])?;
                shift
            }
        };
        self.memory.webhooks = known.into_iter().map(|(id, key)| (id, WebhookKey(key))).collect();
        self.memory.last_event = last.first().copied().unwrap_or(0);
        self.memory.shift = shift;
        Ok(())
    }

    /// Of a spool whose worker comes here for the first time: what its journal has was taken in before by
    /// the store in the spool, as far as that says, and is to be moved from there and not sent again.
    fn go_on_after_a_file(&mut self, spool: &Spool) -> Result<()> {
        if !self.is_first {
            return Ok(());
        }
        // What can't be read has no positions to go on from.
        let log = crate::sqlite::SqliteLog::open(spool, None).ok().flatten();
        let Some(summary) = log.and_then(|mut log| log.summary().ok()) else { return Ok(()) };
        self.repeat(&mut |transaction| {
            for (segment, offset) in &summary.positions {
                transaction.set_position(*segment, *offset)?;
            }
            Ok(())
        })
    }

    /// Whose worker this is.
    pub(super) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The connection; a new one where it was lost.
    pub(super) fn connected(&mut self) -> Result<&mut Connection> {
        self.link.get()
    }

    /// Notes what an error says of the connection and of what is kept in memory.
    pub(super) fn doubt(&mut self, error: &StoreError) {
        match error {
            // Where it only reads, another node may be found by then.
            StoreError::Unavailable { .. } | StoreError::ReadOnly { .. } => self.link.lose(),
            StoreError::Conflict { .. } => self.memory.doubt(),
            _ => {}
        }
    }

    /// One try at a transaction.
    pub(super) fn run(&mut self, work: Work<'_>) -> Result<()> {
        let result = self.attempt(work);
        if let Err(error) = &result {
            self.doubt(error);
        }
        result
    }

    /// [`crate::commit`] of what only this engine does.
    pub(super) fn repeat(&mut self, work: Work<'_>) -> Result<()> {
        for _ in 0..MOST_CONFLICTS {
            match self.run(work) {
                Err(StoreError::Conflict { .. }) => {}
                other => return other,
            }
        }
        self.run(work)
    }

    /// What is in the store of this worker and of webhooks.
    fn read(&mut self) -> Result<Loaded> {
        let (me, shift) = (self.lease.me, self.memory.shift);
        let connection = self.connected()?;
        let table = |name: &str| connection.server().table(name);
        let (positions, clocks, webhooks, deliveries, lanes, workers) = (
            table("positions"),
            table("clocks"),
            table("webhooks"),
            table("deliveries"),
            table("lanes"),
            table("workers"),
        );
        let sql = format!("SELECT segment, `offset` FROM {positions} WHERE worker = ?");
        let positions: Vec<(Vec<u8>, u64)> = connection.rows(&sql, vec![me.worker.into()])?;
        let position = |(segment, offset): (Vec<u8>, u64)| {
            segment.try_into().ok().map(|segment| (SegmentId(segment), offset))
        };
        let sql = format!("SELECT boot, `offset` FROM {clocks} WHERE worker = ?");
        let clock: Vec<(Option<Vec<u8>>, Option<i64>)> =
            connection.rows(&sql, vec![me.worker.into()])?;
        let clock = clock.into_iter().next().and_then(|(boot, offset)| {
            let boot = Boot(boot?.try_into().ok()?);
            Some(ClockReading { boot, offset: offset? })
        });
        // Of a lane that another worker has, nothing is due here.
        let sql = format!(
            "SELECT w.`key`, w.id, w.health, (SELECT d.due FROM {deliveries} d FORCE INDEX (state) \
                 WHERE d.webhook = w.`key` AND d.state = 0 AND d.deaths = 0 \
                 ORDER BY d.due LIMIT 1), \
                 EXISTS (SELECT 1 FROM {lanes} l JOIN {workers} h ON h.`key` = l.holder \
                 WHERE l.webhook = w.`key` AND h.alive = 1 AND h.epoch = l.epoch AND h.`key` <> ?) \
             FROM {webhooks} w ORDER BY w.`key`"
        );
        type Found = (i64, String, Option<String>, Option<i64>, bool);
        let found: Vec<Found> = connection.rows(&sql, vec![me.worker.into()])?;
        let webhook = |(key, id, health, due, others): Found| WebhookState {
            key: WebhookKey(key),
            id,
            health: health_of(health),
            next_due: due.filter(|_| !others).map(|due| due + shift),
        };
        Ok(Loaded {
            positions: positions.into_iter().filter_map(position).collect::<HashMap<_, _>>(),
            webhooks: found.into_iter().map(webhook).collect(),
            clock,
            ..Loaded::default()
        })
    }
}

/// A webhook's health as kept; what can't be read counts as "nothing is known".
pub(super) fn health_of(json: Option<String>) -> Health {
    json.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default()
}

impl Store for MysqlStore {
    fn transaction(
        &mut self,
        work: &mut dyn FnMut(&mut dyn Transaction) -> Result<()>,
    ) -> Result<()> {
        self.run(&mut |transaction| work(transaction))
    }

    fn only_takes_in(&mut self) {
        self.role = Role::TakesIn;
    }

    fn leaves(&mut self, leaving: Leaving) {
        self.leaving = leaving;
    }

    fn load(&mut self) -> Result<Loaded> {
        let (mut after, mut suspects) = (After::default(), false);
        let role = self.role;
        self.repeat(&mut |transaction| {
            let me = transaction.me;
            if role == Role::TakesIn {
                transaction.note_that_it_sends_nothing();
                // Whoever sends it does not look for suspects that others found.
                return transaction.give_back(me);
            }
            after = transaction.after_a_death(me.worker, me.epoch)?;
            suspects = !transaction.try_suspects()?.is_empty();
            Ok(())
        })?;
        let mut loaded = self.read()?;
        self.memory.positions =
            loaded.positions.iter().map(|(segment, offset)| (segment.0, *offset)).collect();
        (loaded.is_first, loaded.is_copy) = (self.is_first, std::mem::take(&mut self.is_copy));
        (loaded.reclaimed, loaded.deadly, loaded.suspects) =
            (after.reclaimed, after.deadly, suspects);
        Ok(loaded)
    }

    fn recorded(&mut self, events: &[EventId]) -> Result<Recorded> {
        let found = self.try_recorded(events);
        if let Err(error) = &found {
            self.doubt(error);
        }
        found
    }

    fn belong_to(&mut self, installation: &str) -> Result<u64> {
        let dropped = self.try_to_belong_to(installation);
        if let Err(error) = &dropped {
            self.doubt(error);
        }
        dropped
    }

    fn wants_few_commits(&self) -> bool {
        true
    }

    fn looks_every(&self) -> Option<Duration> {
        Some(self.watch.every())
    }

    fn look_at_others(&mut self) -> Result<News> {
        self.look()
    }
}

impl Durability for MysqlStore {
    fn may_go_back(&self) -> bool {
        true
    }

    fn commits(&self) -> u64 {
        self.commits
    }
}

impl Drop for MysqlStore {
    fn drop(&mut self) {
        if let Some(connection) = self.link.open() {
            // Others then wait for the lease's end.
            let _ = self.lease.end(connection, self.leaving);
        }
    }
}
