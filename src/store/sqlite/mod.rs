//! The embedded store: one SQLite file, one writing process.
//!
//! WAL, so that PHP reads while the worker writes; `synchronous = NORMAL`, so that a commit is a
//! `write` and only a checkpoint waits for the disk ([`checkpoint`]). A power cut may therefore
//! undo the last commits; the journal's segments are kept until [`Durability::is_durable`] has said
//! that what was read from them can't be undone.

mod backfill;
mod bulk;
mod change;
mod checkpoint;
mod claim;
mod counters;
pub(crate) mod error;
#[cfg(feature = "mysql")]
pub(crate) mod export;
mod files;
mod forget;
mod hours;
mod ingest;
mod log;
#[cfg(feature = "mysql")]
mod moved;
mod prune;
mod record;
mod room;
pub(crate) mod schema;
mod statements;
mod suspects;
#[cfg(test)]
pub(crate) mod tests;
mod transaction;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Weak};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, FileControl, OpenFlags, Row};

use crate::{
    ClockReading, Durability, Health, Loaded, Origin, Result, Store, StoreError, Transaction,
    WebhookKey, WebhookState,
};
pub(crate) use change::{count, first_id, from_states};
use checkpoint::Checkpointer;
use domain::clock::Clock;
use domain::event::Event;
use domain::id::EventId;
pub(crate) use files::Place;
#[cfg(feature = "mysql")]
pub(crate) use files::open_to_move;
pub use files::{open, open_or_set_aside, set_aside};
use journal::{Boot, SegmentId};
pub(crate) use log::SqliteLog;
use spool::{advice, is_full};
use statements::Statements;
use transaction::SqliteTransaction;

/// Another process can only hold a lock while it recovers the WAL of a worker that died.
const PATIENCE: Duration = Duration::from_secs(10);
/// KiB of pages kept in memory: the hot ends of all trees and the bodies of one batch.
const CACHE_KIB: i64 = 4096;

/// The writing side on SQLite.
pub struct SqliteStore {
    // Before the connection, which has to be the last one that closes: it empties the WAL.
    checkpointer: Checkpointer,
    connection: Connection,
    /// The store's address, for messages.
    address: String,
    clock: Arc<dyn Clock>,
    origin: Origin,
    memory: Memory,
    /// Events that claims under way hold: every webhook's claim shares the one body.
    events: HashMap<i64, Weak<Event>>,
    pruned: prune::Progress,
    given: room::Given,
    /// Bytes of the file system that the store lies on.
    capacity: u64,
}

/// What of the store is kept in memory; read anew after a rollback.
#[derive(Default)]
struct Memory {
    webhooks: HashMap<String, WebhookKey>,
    next_event: i64,
    /// What the jumps of the wall clock add to every stored due time.
    shift: i64,
    /// The event that the next deliveries are probably of.
    current: Option<Current>,
    /// The site that was asked last, of webhooks that have claimed.
    sites: HashMap<WebhookKey, i64>,
    /// The store's number for this server, once something of it was written.
    server: Option<i64>,
}

/// An event to which deliveries are being added.
#[derive(Clone, Copy)]
struct Current {
    id: EventId,
    next_delivery: i64,
    test: bool,
    site: i64,
}

impl SqliteStore {
    /// Opens the store in this file, which is there and may be empty.
    fn open_file(path: &Path, origin: Origin, clock: Arc<dyn Clock>) -> Result<Self> {
        let address = format!("sqlite:{}", path.display());
        let mut connection = connect(path).map_err(|error| StoreError::Failed {
            action: "opening the store",
            reason: format!("{error} ({address})"),
        })?;
        let failed = |connection: &Connection, error| {
            error::from(connection, &address, "opening the store", error)
        };
        configure(&connection).map_err(|error| failed(&connection, error))?;
        schema::migrate(&connection, &address)?;
        let checkpointer = Checkpointer::start(&mut connection, path);
        let checkpointer = checkpointer.map_err(|error| failed(&connection, error))?;
        let memory = Memory::read(&connection).map_err(|error| failed(&connection, error))?;
        Ok(Self {
            checkpointer,
            connection,
            address,
            clock,
            origin,
            memory,
            events: HashMap::new(),
            pruned: prune::Progress::default(),
            given: room::Given::default(),
            capacity: rustix::fs::statvfs(path)
                .map_or(u64::MAX, |system| system.f_blocks.saturating_mul(system.f_frsize)),
        })
    }

    /// Takes no longer text, blob or row from now on: how a test brings about that a row is refused.
    #[doc(hidden)]
    pub fn take_at_most(&self, bytes: i32) {
        // SAFETY: the handle is that of an open connection, which outlives this call.
        unsafe {
            rusqlite::ffi::sqlite3_limit(
                self.connection.handle(),
                rusqlite::ffi::SQLITE_LIMIT_LENGTH,
                bytes,
            );
        }
    }

    fn failed(&self, action: &'static str) -> impl Fn(rusqlite::Error) -> StoreError {
        move |error| error::from(&self.connection, &self.address, action, error)
    }

    /// Undoes what is under way; an engine that gave up by itself has done so already.
    fn roll_back(&mut self) -> Result<()> {
        if !self.connection.is_autocommit() {
            self.connection.execute_batch("ROLLBACK").map_err(self.failed("undoing"))?;
        }
        self.memory = Memory::read(&self.connection).map_err(self.failed("reading"))?;
        self.pruned = prune::Progress::default();
        self.given = room::Given::default();
        Ok(())
    }
}

/// Opens a connection that may write into the file.
fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    // A reader that came after the last writer had removed -wal and -shm would make them anew as
    // its own user, and lock the worker out of its store.
    connection.file_control(rusqlite::MAIN_DB.into(), FileControl::PersistWal(&mut 1))?;
    Ok(connection)
}

/// What else holds for the one that commits.
fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(PATIENCE)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    // A plan that stays: else the next_due() and claim() of every round are prepared anew, as the
    // numbers bound to them could lead to another plan, which there is none of.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.execute_batch(&format!(
        "PRAGMA synchronous = NORMAL;
         -- What is deleted is gone from the file as well: it may be somebody's personal data.
         PRAGMA secure_delete = ON;
         PRAGMA cache_size = -{CACHE_KIB};
         PRAGMA foreign_keys = OFF;"
    ))
}

impl Memory {
    fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
        let webhooks = connection
            .prepare("SELECT id, key FROM webhooks")?
            .query_map([], |row| Ok((row.get(0)?, WebhookKey(row.get(1)?))))?
            .collect::<rusqlite::Result<_>>()?;
        Ok(Self {
            webhooks,
            next_event: number("SELECT coalesce(max(key), 0) FROM events")? + schema::EVENT,
            shift: number("SELECT shift FROM clock")?,
            current: None,
            sites: HashMap::new(),
            server: None,
        })
    }
}

impl Store for SqliteStore {
    fn transaction(
        &mut self,
        work: &mut dyn FnMut(&mut dyn Transaction) -> Result<()>,
    ) -> Result<()> {
        let result = self.attempt(work);
        if let Err(error) = &result {
            // Its own failure adds nothing to the reason for it.
            let _ = self.roll_back();
            if matches!(error, StoreError::Full { .. }) {
                self.checkpointer.make_room(&self.connection);
            }
        }
        result
    }

    fn load(&mut self) -> Result<Loaded> {
        let loaded = self.try_load().map_err(self.failed("reading the store"));
        let (mut loaded, deadly) = loaded?;
        if let Some((webhook, key)) = deadly {
            let mut transaction = self.begin()?;
            loaded.deadly.push(transaction.claimed(webhook, key)?);
            transaction.commit()?;
        }
        Ok(loaded)
    }

    fn rest(&mut self) {
        // Without it the pages of a burst stay; a failure costs nothing but them.
        let _ = self.connection.release_memory();
    }
}

impl Durability for SqliteStore {
    fn truncate_wal(&mut self) -> Result<bool> {
        let truncate = || {
            // Whoever reads is not waited for: there is other work until the next try.
            self.connection.busy_timeout(Duration::ZERO)?;
            let busy = self
                .connection
                .prepare_cached("PRAGMA wal_checkpoint(TRUNCATE)")
                .and_then(|mut checkpoint| checkpoint.query_row([], |row| row.get(0)));
            self.connection.busy_timeout(PATIENCE)?;
            busy
        };
        let busy: bool =
            self.checkpointer.alone(truncate).map_err(self.failed("emptying the store's WAL"))?;
        Ok(!busy)
    }

    fn commits(&self) -> u64 {
        self.checkpointer.commits()
    }

    fn is_durable(&mut self, commits: u64) -> Result<bool> {
        self.checkpointer.is_synced(commits).map_err(|error| self.not_synced(&error))
    }

    fn make_durable(&mut self) -> Result<()> {
        self.checkpointer.sync().map_err(|error| self.not_synced(&error))
    }
}

impl SqliteStore {
    fn not_synced(&self, error: &std::io::Error) -> StoreError {
        let (store, reason) = (self.address.clone(), error.to_string());
        if is_full(error) {
            return StoreError::Full { store, reason };
        }
        let reason = format!("{reason} ({store}){}", advice(error));
        StoreError::Failed { action: "writing the store to disk", reason }
    }

    fn attempt(&mut self, work: &mut dyn FnMut(&mut dyn Transaction) -> Result<()>) -> Result<()> {
        let mut transaction = self.begin()?;
        work(&mut transaction)?;
        transaction.commit()
    }

    fn begin(&mut self) -> Result<SqliteTransaction<'_>> {
        self.checkpointer
            .look(&self.connection)
            .map_err(self.failed("copying the store's WAL into its file"))?;
        let mut statements = Statements::new(&self.connection);
        statements
            .get("BEGIN IMMEDIATE")
            .and_then(|begin| begin.execute([]))
            .map_err(self.failed("beginning to write to the store"))?;
        Ok(SqliteTransaction {
            connection: &self.connection,
            address: &self.address,
            clock: &*self.clock,
            origin: &self.origin,
            memory: &mut self.memory,
            events: &mut self.events,
            pruned: &mut self.pruned,
            given: &mut self.given,
            capacity: self.capacity,
            statements,
            counters: counters::Counters::default(),
        })
    }

    /// What there is to know, with webhook and key of a delivery that is deadly.
    fn try_load(&mut self) -> rusqlite::Result<(Loaded, Option<(WebhookKey, i64)>)> {
        let connection = &self.connection;
        let transaction = connection.unchecked_transaction()?;
        let webhooks: Vec<_> = self.memory.webhooks.values().copied().collect();
        let after = suspects::after_a_death(&transaction, &webhooks)?;
        let positions = transaction
            .prepare("SELECT segment, offset FROM positions WHERE spool = ?1")?
            .query_map([self.origin.spool.0], position)?
            .collect::<rusqlite::Result<_>>()?;
        let clock = transaction.query_row("SELECT boot, offset FROM clock", [], |row| {
            let (boot, offset): (Option<[u8; 16]>, Option<i64>) = (row.get(0)?, row.get(1)?);
            Ok(boot.map(Boot).zip(offset).map(|(boot, offset)| ClockReading { boot, offset }))
        })?;
        let mut webhooks = Vec::with_capacity(self.memory.webhooks.len());
        {
            let mut select = transaction.prepare("SELECT key, id, health FROM webhooks")?;
            let mut statements = Statements::new(&transaction);
            let mut rows = select.query([])?;
            while let Some(row) = rows.next()? {
                let key = WebhookKey(row.get(0)?);
                let due = claim::next_due(&mut statements, key, false)?;
                webhooks.push(WebhookState {
                    key,
                    id: row.get(1)?,
                    health: health(row.get(2)?),
                    next_due: due.map(|due| due + self.memory.shift),
                });
            }
        }
        transaction.commit()?;
        let (reclaimed, suspects) = (after.reclaimed, after.suspects);
        let deadly = Vec::new();
        let loaded =
            Loaded { positions, webhooks, clock, reclaimed, suspects, deadly, ..Loaded::default() };
        Ok((loaded, after.deadly))
    }
}

/// How far each segment was ingested, in bytes, of whichever spool: their ids are random.
pub(crate) fn positions(connection: &Connection) -> rusqlite::Result<HashMap<SegmentId, u64>> {
    connection
        .prepare_cached("SELECT segment, offset FROM positions")?
        .query_map([], position)?
        .collect()
}

fn position(row: &Row<'_>) -> rusqlite::Result<(SegmentId, u64)> {
    Ok((SegmentId(row.get(0)?), row.get::<_, i64>(1)?.cast_unsigned()))
}

/// A webhook's health as kept; what can't be read counts as "nothing is known".
pub(crate) fn health(json: Option<String>) -> Health {
    json.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default()
}
