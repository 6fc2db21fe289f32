//! The writing side: one worker of those that share a database.

use std::collections::HashMap;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::address::Server;
use super::connection::Connection;
use super::lease::{Lease, Outcome};
use super::memory::Memory;
use super::row::Delivery;
use super::schema::migrate;
use super::suspects::After;
use super::transaction::{MysqlTransaction, list};
use super::unit::{Unit, conflict};
use super::watch::Watch;
use crate::{
    ClockReading, Durability, Health, Loaded, MOST_CONFLICTS, News, Origin, Result, Store,
    StoreError, Transaction, WebhookKey, WebhookState,
};
use domain::clock::Clock;
use journal::{Boot, SegmentId};
use spool::Spool;

/// A connection that rested for longer is tried before it is used.
const RESTED: Duration = Duration::from_secs(2);
/// Pauses before a transaction is looked after whose connection was lost.
const PAUSES: [Duration; 3] =
    [Duration::ZERO, Duration::from_millis(200), Duration::from_millis(1000)];
/// A difference of clocks that is one, in milliseconds.
const APART_MS: i64 = 30_000;

/// Says where the database is, at every connection: a password can be another one by then.
pub type Find = Box<dyn Fn() -> Result<Server> + Send>;

/// What a transaction does.
type Work<'w> = &'w mut dyn FnMut(&mut MysqlTransaction<'_>) -> Result<()>;

/// The writing side on MySQL or MariaDB.
pub struct MysqlStore {
    find: Find,
    connection: Option<Connection>,
    used: Instant,
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
}

/// Opens the store that an address names, for a spool's worker.
///
/// # Errors
/// As [`MysqlStore::open`]; where the address can't be understood.
pub fn open(spool: &Spool, address: &str, clock: Arc<dyn Clock>) -> Result<MysqlStore> {
    let origin = Origin::of_worker(spool)?;
    let (spool, address) = (spool.clone(), address.to_owned());
    MysqlStore::open(Box::new(move || Server::find(&spool, &address)), origin, clock)
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
        let lease = Lease::begin(&mut connection, &origin)?;
        let mut store = Self {
            find,
            connection: Some(connection),
            used: Instant::now(),
            clock,
            origin,
            lease,
            memory: Memory::default(),
            commits: 0,
            watch: Watch::default(),
            only_takes_in: false,
            unknown: None,
        };
        store.remember(has_clock)?;
        Ok(store)
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

    /// The connection; a new one where it was lost.
    pub(super) fn connected(&mut self) -> Result<&mut Connection> {
        connected(&mut self.connection, &mut self.used, &self.find)
    }

    /// Notes what an error says of the connection and of what is kept in memory.
    pub(super) fn doubt(&mut self, error: &StoreError) {
        match error {
            // Where it only reads, another node may be found by then.
            StoreError::Unavailable { .. } | StoreError::ReadOnly { .. } => self.connection = None,
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
        let connection = connected(&mut self.connection, &mut self.used, &self.find)?;
        let mut transaction = MysqlTransaction {
            connection,
            clock: &self.clock,
            me: self.lease.me,
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
                self.connection = None;
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
        let connection = connected(&mut self.connection, &mut self.used, &self.find)?;
        self.lease.settle(connection)
    }

    /// One try to commit a unit.
    fn write(&mut self, unit: &Unit) -> Result<()> {
        let connection = connected(&mut self.connection, &mut self.used, &self.find)?;
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
        self.used = Instant::now();
        self.watch.has_written(self.clock.monotonic_ns());
        Ok(())
    }

    /// The lease is over: what was this worker's is somebody else's. It begins a new one; what it was
    /// about is run again, and finds that.
    fn begin_anew(&mut self) -> StoreError {
        tracing::warn!("another worker has taken over this one, which begins anew");
        self.memory.lost_lease();
        let begun = connected(&mut self.connection, &mut self.used, &self.find)
            .and_then(|connection| Lease::begin(connection, &self.origin));
        match begun {
            Ok(lease) => {
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
        let connection = connected(&mut self.connection, &mut self.used, &self.find)?;
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

/// The connection in this place; a new one where it was lost.
fn connected<'c>(
    slot: &'c mut Option<Connection>,
    used: &mut Instant,
    find: &Find,
) -> Result<&'c mut Connection> {
    let rested = used.elapsed() > RESTED;
    let kept = slot.take().and_then(|mut kept| (!rested || kept.is_alive()).then_some(kept));
    let connection = match kept {
        Some(connection) => connection,
        None => Connection::open(&find()?)?,
    };
    *used = Instant::now();
    Ok(slot.insert(connection))
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
        (loaded.reclaimed, loaded.deadly, loaded.suspects) =
            (after.reclaimed, after.deadly, suspects);
        Ok(loaded)
    }

    fn looks_every(&self) -> Option<Duration> {
        Some(self.watch.every())
    }

    fn look_at_others(&mut self) -> Result<News> {
        self.look()
    }
}

impl Durability for MysqlStore {
    fn commits(&self) -> u64 {
        self.commits
    }
}

impl Drop for MysqlStore {
    fn drop(&mut self) {
        if let Some(connection) = &mut self.connection {
            // Others then wait for the lease's end.
            let _ = self.lease.end(connection);
        }
    }
}
