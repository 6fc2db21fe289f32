//! What a store of another engine held, taken in as a whole.
//!
//! A move is a worker of its own to the others: it has a row among theirs, and so a lease under which
//! all its writes stand, keys of events that nobody else gives, and counters that nobody else adds to.
//! How far it is stands in a row of its own (`moves`), written with what it has come to, so that it can
//! be killed at any moment and goes on there.
//!
//! What waits is put off by a hundred years until all is there and was compared: nobody sends anything
//! of a move that may have to begin again. While it is under way it leads, so nobody prunes, and nobody
//! fulfils a wish to be forgotten before all is there in which the person may occur.

mod rest;
mod rows;
mod sums;

use rows::Rows;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use ::mysql::Value;
use serde::{Deserialize, Serialize};

use super::engine::MysqlStore;
use super::lanes::LEADER;
use super::lease::Lease;
use super::link::Find;
use super::row::DERIVE;
use super::schema::next_event;
use super::transaction::{MysqlTransaction, list};
use crate::moving::{Sums, add};
use crate::sqlite::export::{Export, MovedEvent, MovedWebhook};
use crate::{
    Leaving, Origin, Place, Result, SpoolId, State, StoreError, Transaction as _, WebhookKey,
};
use domain::clock::Clock;
use domain::id::EventId;

/// What is added to when a delivery is due, in milliseconds, until it may be sent: a hundred years. Twice
/// as much: it is held.
const PUT_OFF: i64 = 100 * 366 * 24 * 3_600_000;
/// Events that one statement removes.
const REMOVED: usize = 500;
/// Deliveries that one statement lets go.
const LET_GO: u32 = 1000;
/// Servers that wrote into the old store of which the names are kept: those that came last. Each is a
/// row among those of workers, of which there is a limited number.
const SERVERS: u32 = 32;
/// By when a worker that led knows that it does no more: each looks every second.
const LEADS_NO_MORE: Duration = Duration::from_secs(3);

/// How far a move is. Each step is done by a process that may die in it, and then by the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Step {
    /// Events come over, with all that belongs to them.
    Events,
    /// They are all there, and were compared. From here on the old store is out of use.
    Compared,
    /// All else is there too: what waits may go.
    Rest,
    /// It is over.
    Done,
}

/// A move, as its row has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Progress {
    pub(crate) step: Step,
    /// Key of the last event that was looked at in the old store.
    pub(crate) after: i64,
    /// Key of the last event here.
    last: u64,
    /// Events that came over.
    pub(crate) events: u64,
    /// Events that were here already, so that they stayed as they are here.
    pub(crate) there: u64,
    /// What those have in the old store.
    pub(crate) left_out: Sums,
}

/// A move into a store on a server.
pub(crate) struct Import {
    store: MysqlStore,
    /// The worker of the spool, of which the old store was.
    worker: Origin,
    pub(crate) progress: Progress,
    /// Counts the writes of its row.
    writes: u64,
    webhooks: HashMap<i64, WebhookKey>,
    servers: HashMap<String, u16>,
}

impl Import {
    /// Begins a move, or goes on with it: `id` is its own, `worker` the one of the spool.
    ///
    /// # Errors
    /// As [`MysqlStore::open`].
    pub(crate) fn open(
        find: Find,
        worker: Origin,
        id: SpoolId,
        clock: Arc<dyn Clock>,
        has_clock: bool,
    ) -> Result<Self> {
        let origin = Origin { spool: id, ..worker.clone() };
        let store = MysqlStore::open_with(find, origin, clock, has_clock)?;
        let progress = Progress {
            step: Step::Events,
            after: i64::MIN,
            last: 0,
            events: 0,
            there: 0,
            left_out: Sums::new(),
        };
        let (webhooks, servers) = (HashMap::new(), HashMap::new());
        let mut import = Self { store, worker, progress, writes: 0, webhooks, servers };
        import.begin(id)?;
        Ok(import)
    }

    fn begin(&mut self, id: SpoolId) -> Result<()> {
        let connection = self.store.connected()?;
        let table = connection.server().table("moves");
        // Only who moves needs it, so it is no part of a version of the tables.
        let made = format!(
            "CREATE TABLE IF NOT EXISTS {table} (id BINARY(16) NOT NULL PRIMARY KEY, \
             spool BINARY(16) NOT NULL, writes BIGINT UNSIGNED NOT NULL, progress MEDIUMTEXT NOT NULL) \
             ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"
        );
        connection.define(&made, &[])?;
        self.hide()?;
        let progress = json(&self.progress)?;
        let sql = format!(
            "INSERT INTO {table} (id, spool, writes, progress) VALUES (?, ?, 0, ?) \
             ON DUPLICATE KEY UPDATE id = id"
        );
        let values = vec![bytes(&id.0), bytes(&self.worker.spool.0), progress.into()];
        self.store.connected()?.execute(&sql, values)?;
        self.read_progress()?;
        self.discard_others(id)?;
        let mut was_led = false;
        self.store.repeat(&mut |transaction| {
            was_led = transaction.lead()?;
            Ok(())
        })?;
        if was_led {
            thread::sleep(LEADS_NO_MORE);
        }
        Ok(())
    }

    /// Lists of workers leave its row out.
    fn hide(&mut self) -> Result<()> {
        let me = self.store.lease.me.worker;
        let connection = self.store.connected()?;
        let sql = format!(
            "UPDATE {} SET version = '' WHERE `key` = ?",
            connection.server().table("workers")
        );
        connection.execute(&sql, vec![me.into()]).map(drop)
    }

    fn read_progress(&mut self) -> Result<()> {
        let id = bytes(&self.store.origin().spool.0);
        let connection = self.store.connected()?;
        let sql = format!(
            "SELECT writes, progress FROM {} WHERE id = ?",
            connection.server().table("moves")
        );
        let found: Vec<(u64, String)> = connection.rows(&sql, vec![id])?;
        let Some((writes, progress)) = found.into_iter().next() else {
            return Err(failed("the row of this move is gone from the table \"moves\"".into()));
        };
        self.progress =
            serde_json::from_str(&progress).map_err(|error| failed(error.to_string()))?;
        self.writes = writes;
        Ok(())
    }

    /// Finds out how far it is, where that is not known any more: a connection was lost.
    ///
    /// # Errors
    /// As the server says.
    pub(crate) fn look_again(&mut self) -> Result<()> {
        match self.store.beat() {
            // It has a new lease by now.
            Ok(()) | Err(StoreError::Conflict { .. }) => {}
            Err(error) => return Err(error),
        }
        self.hide()?;
        self.read_progress()
    }

    /// What the clock that due times are kept by is behind this server's, in milliseconds.
    pub(crate) fn apart(&self) -> i64 {
        self.store.memory.shift
    }

    /// Has a key here for each webhook of the old store, and a row for each of its servers.
    ///
    /// # Errors
    /// As the server says.
    pub(crate) fn prepare(&mut self, webhooks: &[MovedWebhook], export: &Export) -> Result<()> {
        for webhooks in webhooks.chunks(REMOVED) {
            let mut keys = Vec::new();
            self.store.repeat(&mut |transaction| {
                keys.clear();
                for webhook in webhooks {
                    keys.push((webhook.key, transaction.webhook(&webhook.id)?));
                }
                Ok(())
            })?;
            self.webhooks.extend(keys);
        }
        for name in export.servers(SERVERS)? {
            if !self.servers.contains_key(&name) {
                let key = self.server(&name)?;
                self.servers.insert(name, key);
            }
        }
        Ok(())
    }

    /// The key of a server's row: that of this one's worker, or one that is made for a name.
    fn server(&mut self, name: &str) -> Result<u16> {
        if name == self.worker.server {
            return Ok(self.store.lease.me.worker);
        }
        let of = format!("{:032x}", u128::from_be_bytes(self.worker.spool.0));
        let spool = SpoolId(*EventId::from_key("server", 0, &format!("{of} {name}")).as_bytes());
        let origin = Origin { spool, place: Place::default(), server: name.to_owned() };
        // It never runs here: nobody waits for its journal.
        self.row_of(&origin, "", Leaving::Drained)
    }

    /// The key of a worker's row, which is made where there is none.
    fn row_of(&mut self, origin: &Origin, version: &str, leaving: Leaving) -> Result<u16> {
        let connection = self.store.connected()?;
        let table = connection.server().table("workers");
        let sql = format!("SELECT `key` FROM {table} WHERE spool = ?");
        let found: Vec<u16> = connection.rows(&sql, vec![bytes(&origin.spool.0)])?;
        if let Some(key) = found.first() {
            return Ok(*key);
        }
        let (lease, _) = Lease::begin(connection, origin)?;
        lease.end(connection, leaving)?;
        let sql = format!("UPDATE {table} SET version = ? WHERE `key` = ?");
        connection.execute(&sql, vec![version.into(), lease.me.worker.into()])?;
        Ok(lease.me.worker)
    }

    /// Takes in the next events, in one transaction. Those that are here already stay as they are.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`] where a request can't carry one of them; else as the server says.
    pub(crate) fn take(&mut self, events: &[MovedEvent], export: &Export) -> Result<()> {
        let apart = self.apart();
        let mut next = None;
        let Self { store, progress, webhooks, servers, writes, .. } = self;
        store.repeat(&mut |transaction| {
            transaction.lead()?;
            let known = transaction.known_ids(events)?;
            let mut rows = Rows::new(transaction, webhooks, servers, apart);
            let mut progress = progress.clone();
            for event in events {
                progress.after = event.key;
                if known.contains(&event.id) {
                    progress.there += 1;
                    add(&mut progress.left_out, &export.sums_of(event.key, apart)?);
                    continue;
                }
                progress.last = next_event(progress.last, transaction.me.worker, event.created);
                progress.events += 1;
                rows.event(progress.last, event)?;
            }
            transaction.unit.inserts = rows.into_inserts();
            transaction.note_move(&progress, *writes)?;
            next = Some(progress);
            Ok(())
        })?;
        self.follow(next);
        Ok(())
    }

    fn follow(&mut self, next: Option<Progress>) {
        if let Some(next) = next {
            self.progress = next;
            self.writes += 1;
        }
    }

    /// Notes that a step is done.
    ///
    /// # Errors
    /// As the server says.
    pub(crate) fn reach(&mut self, step: Step) -> Result<()> {
        let next = Progress { step, ..self.progress.clone() };
        let writes = self.writes;
        self.store.repeat(&mut |transaction| {
            transaction.lead()?;
            transaction.note_move(&next, writes)
        })?;
        self.follow(Some(next));
        Ok(())
    }

    /// Lets some of what waits go; how many that were.
    ///
    /// # Errors
    /// As the server says. It can be done again.
    pub(crate) fn let_go(&mut self) -> Result<u64> {
        let me = self.store.lease.me.worker;
        let mut all = 0;
        for webhook in self.webhooks.values() {
            let connection = self.store.connected()?;
            let (off, held) = (PUT_OFF, 2 * PUT_OFF);
            // From left to right: what is due is compared before it is changed.
            let sql = format!(
                "UPDATE {} FORCE INDEX (state) SET state = IF(due >= {held}, {}, 0), \
                 due = IF(due >= {held}, 0, due - {off}), {DERIVE} \
                 WHERE webhook = ? AND state = 0 AND due >= {off} AND {} LIMIT {LET_GO}",
                connection.server().table("deliveries"),
                State::Held as u8,
                sums::is_moved("event", me),
            );
            all += connection.execute(&sql, vec![webhook.0.into()])?;
        }
        if all > 0 {
            // Others look at what is due where somebody's beat goes on.
            match self.store.beat() {
                Ok(()) | Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(all)
    }

    /// Removes what moves of this spool brought that were given up before the old store was out of use: a
    /// worker has written into it since.
    fn discard_others(&mut self, id: SpoolId) -> Result<()> {
        let connection = self.store.connected()?;
        let (moves, workers) =
            (connection.server().table("moves"), connection.server().table("workers"));
        let sql = format!(
            "SELECT m.id, m.progress, w.`key` FROM {moves} m JOIN {workers} w ON w.spool = m.id \
             WHERE m.spool = ? AND m.id <> ?"
        );
        let values = vec![bytes(&self.worker.spool.0), bytes(&id.0)];
        let found: Vec<(Vec<u8>, String, u16)> = connection.rows(&sql, values)?;
        for (other, progress, worker) in found {
            let progress: Option<Progress> = serde_json::from_str(&progress).ok();
            if progress.is_some_and(|progress| progress.step <= Step::Compared) {
                self.discard(worker)?;
                let sql = format!("DELETE FROM {moves} WHERE id = ?");
                self.store.connected()?.execute(&sql, vec![other.into()])?;
            }
        }
        Ok(())
    }

    fn discard(&mut self, worker: u16) -> Result<()> {
        let mut after = 0_u64;
        loop {
            let connection = self.store.connected()?;
            let sql = format!(
                "SELECT `key` FROM {} WHERE `key` > ? AND {} ORDER BY `key` LIMIT {REMOVED}",
                connection.server().table("events"),
                sums::is_moved("`key`", worker)
            );
            let events: Vec<u64> = connection.rows(&sql, vec![after.into()])?;
            let Some(last) = events.last() else { return Ok(()) };
            after = *last;
            self.store.repeat(&mut |transaction| {
                transaction.lead()?;
                transaction.erase_terms(&events)?;
                let (places, values) = list(events.iter().map(|event| (*event).into()));
                for (table, column) in [
                    ("attempts", "event"),
                    ("requests", "event"),
                    ("deliveries", "event"),
                    ("bodies", "event"),
                    ("events", "`key`"),
                ] {
                    let table = transaction.table(table);
                    let sql = format!("DELETE FROM {table} WHERE {column} IN ({places})");
                    transaction.unit.run(sql, values.clone());
                }
                Ok(())
            })?;
        }
    }
}

impl MysqlTransaction<'_> {
    /// Leads, whoever did; whether that was another worker that is alive. It finds out within a second.
    fn lead(&mut self) -> Result<bool> {
        self.look_at_lanes(&[LEADER])?;
        if self.may_send(LEADER) {
            self.hold(LEADER)?;
            return Ok(false);
        }
        let table = self.table("lanes");
        let sql = format!("SELECT holder, epoch FROM {table} WHERE webhook = 0");
        let found: Vec<(u16, u64)> = self.rows(&sql, Vec::new())?;
        if let Some((holder, epoch)) = found.first().copied() {
            let sql = format!(
                "UPDATE {table} SET holder = ?, epoch = ? \
                 WHERE webhook = 0 AND holder = ? AND epoch = ?"
            );
            let me = self.me;
            let values = vec![me.worker.into(), me.epoch.into(), holder.into(), epoch.into()];
            self.unit.run_on_one(sql, values);
            self.unit.lanes.insert(LEADER);
        }
        Ok(true)
    }

    /// Writes how far a move is, of which the row was written so often.
    fn note_move(&mut self, progress: &Progress, writes: u64) -> Result<()> {
        let sql = format!(
            "UPDATE {} SET progress = ?, writes = writes + 1 WHERE id = ? AND writes = ?",
            self.table("moves")
        );
        let id = bytes(&self.origin.spool.0);
        self.unit.run_on_one(sql, vec![json(progress)?.into(), id, writes.into()]);
        Ok(())
    }

    /// Ids of those of these events that are here.
    fn known_ids(&mut self, events: &[MovedEvent]) -> Result<HashSet<Vec<u8>>> {
        let (places, values) = list(events.iter().map(|event| bytes(&event.id)));
        let sql = format!("SELECT id FROM {} WHERE id IN ({places})", self.table("events"));
        Ok(self.rows::<Vec<u8>>(&sql, values)?.into_iter().collect())
    }
}

fn bytes(bytes: &[u8]) -> Value {
    Value::from(bytes)
}

fn json(value: &impl Serialize) -> Result<String> {
    super::record::json(value)
}

fn failed(reason: String) -> StoreError {
    StoreError::Failed { action: "moving the log", reason }
}
