//! The writing side: one worker of those that share a database.

use std::collections::HashMap;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::address::Server;
use super::connection::Connection;
use super::lease::{Lease, Outcome};
use super::link::{Find, Link};
use super::memory::Memory;
use super::row::Delivery;
use super::schema::migrate;
use super::suspects::After;
use super::transaction::{MysqlTransaction, list};
use super::unit::{Unit, conflict};
use super::watch::Watch;
use crate::log::LogEngine as _;
use crate::{
    ClockReading, Durability, Health, Loaded, MOST_CONFLICTS, News, Origin, Recorded, Result,
    SpoolId, Store, StoreError, Transaction, WebhookKey, WebhookState,
};
use domain::clock::Clock;
use domain::id::EventId;
use journal::{Boot, SegmentId};
use spool::Spool;

/// Pauses before a transaction is looked after whose connection was lost.
const PAUSES: [Duration; 3] =
    [Duration::ZERO, Duration::from_millis(200), Duration::from_millis(1000)];
/// A difference of clocks that is one, in milliseconds.
const APART_MS: i64 = 30_000;

/// What a transaction does.
type Work<'w> = &'w mut dyn FnMut(&mut MysqlTransaction<'_>) -> Result<()>;

/// The writing side on MySQL or MariaDB.
pub struct MysqlStore {
    pub(super) link: Link,
    pub(super) clock: Arc<dyn Clock>,
    origin: Origin,
    pub(super) lease: Lease,
    pub(super) memory: Memory,
    commits: u64,
    pub(super) watch: Watch,
    /// Nothing is sent from here.
    pub(super) only_takes_in: bool,
    /// A transaction of which it is not known whether it took place: what it had claimed.
    unknown: Option<Vec<Delivery>>,
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
        let mut connection = Connection::open(&find()?)?;
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
            only_takes_in: false,
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

    fn attempt(&mut self, work: Work<'_>) -> Result<()> {
        self.settle()?;
        self.compare()?;
        let connection = self.link.get()?;
        let mut transaction = MysqlTransaction {
            connection,
            clock: &self.clock,
            me: self.lease.me,
            origin: &self.origin,
            memory: &mut self.memory,
            unit: Unit::default(),
        };
        work(&mut transaction)?;
        let unit = transaction.unit;
        if unit.is_empty() {
            self.memory.follow(unit, self.lease.me);
            return Ok(());
        }
        self.send(unit)
    }

    /// Writes a unit, the same again where its connection was lost before it was known to be
    /// committed.
    fn send(&mut self, unit: Unit) -> Result<()> {
        let mut pauses = PAUSES.iter();
        loop {
            let error = match self.write(&unit) {
                Ok(()) => break,
                Err(error @ StoreError::Unavailable { .. }) => error,
                Err(error) => return Err(error),
            };
            let outcome = loop {
                self.link.lose();
                let Some(pause) = pauses.next() else {
                    self.unknown = Some(unit.claimed());
                    return Err(error);
                };
                thread::sleep(*pause);
                match self.look_after() {
                    Err(StoreError::Unavailable { .. }) => {}
                    found => break found?,
                }
            };
            match outcome {
                Outcome::Committed => break,
                Outcome::Undone => {}
                Outcome::Over => return Err(self.begin_anew()),
            }
        }
        self.commits += 1;
        self.memory.follow(unit, self.lease.me);
        Ok(())
    }

    /// What became of the transaction whose connection was lost.
    fn look_after(&mut self) -> Result<Outcome> {
        let connection = self.link.get()?;
        self.lease.settle(connection)
    }

    /// One try to commit a unit.
    fn write(&mut self, unit: &Unit) -> Result<()> {
        self.link.get()?;
        self.compare()?;
        self.may_write(unit)?;
        let connection = self.link.get()?;
        let (lease, server) = (self.lease, connection.server().clone());
        let mut is_over = false;
        let written = connection.transaction(|writes| {
            if !lease.go_on(writes, &server, lease.beat + 1)? {
                is_over = true;
                return Err(conflict(&server, "another worker has taken over this one"));
            }
            unit.write(writes, &server, lease.me)
        });
        if is_over {
            return Err(self.begin_anew());
        }
        written?;
        self.lease.beat += 1;
        self.link.was_used();
        self.watch.has_written(self.clock.monotonic_ns());
        Ok(())
    }

    /// The lease is over: what was this worker's is somebody else's. It begins a new one; what it was
    /// about is run again, and finds that.
    fn begin_anew(&mut self) -> StoreError {
        tracing::warn!("another worker has taken over this one, which begins anew");
        self.memory.lost_lease();
        // Or what was committed last is lost, and the lease with it.
        self.link.is_doubtful = true;
        let begun =
            self.link.get().and_then(|connection| Lease::go_on_anew(connection, &self.origin));
        match begun {
            Ok(None) => self.goes_back(self.memory.positions.len()),
            Ok(Some(lease)) => {
                self.lease = lease;
                StoreError::Conflict {
                    store: "the store".into(),
                    reason: "another worker had taken over this one".into(),
                }
            }
            Err(error) => error,
        }
    }

    /// Moves the beat on where no transaction has for a while.
    pub(super) fn beat(&mut self) -> Result<()> {
        self.settle()?;
        let connection = self.link.get()?;
        match self.lease.beat(connection) {
            Ok(true) => Ok(()),
            Ok(false) => Err(self.begin_anew()),
            Err(error) => {
                // Whether it was done is found out as of a transaction.
                self.unknown = Some(Vec::new());
                Err(error)
            }
        }
    }

    /// Finds out what became of a transaction before, of which its caller was told that it is not
    /// known. Whatever it had claimed goes back: nobody sends it.
    fn settle(&mut self) -> Result<()> {
        let Some(claimed) = self.unknown.take() else { return Ok(()) };
        let outcome = match self.look_after() {
            Ok(outcome) => outcome,
            Err(error) => {
                self.unknown = Some(claimed);
                return Err(error);
            }
        };
        self.memory.doubt();
        match outcome {
            Outcome::Undone => Ok(()),
            Outcome::Over => Err(self.begin_anew()),
            Outcome::Committed => {
                let mut unit = Unit::default();
                let me = self.lease.me;
                for claimed in claimed.chunks(500) {
                    let ids = claimed.iter().map(|row| row.id.as_bytes().as_slice().into());
                    let (places, ids) = list(ids);
                    let connection = self.connected()?;
                    let sql = format!(
                        "UPDATE {} SET state = 0, owner = 0, epoch = 0 WHERE id IN ({places}) \
                         AND state = 1 AND owner = ? AND epoch = ?",
                        connection.server().table("deliveries")
                    );
                    let mut values = ids;
                    values.extend([me.worker.into(), me.epoch.into()]);
                    unit.run(sql, values);
                }
                if unit.is_empty() { Ok(()) } else { self.send(unit) }
            }
        }
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
        self.only_takes_in = true;
    }

    fn load(&mut self) -> Result<Loaded> {
        let (mut after, mut suspects) = (After::default(), false);
        let only_takes_in = self.only_takes_in;
        self.repeat(&mut |transaction| {
            let me = transaction.me;
            if only_takes_in {
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
            let _ = self.lease.end(connection);
        }
    }
}
