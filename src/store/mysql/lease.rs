//! The lease of a worker: a row of its own, under an epoch. It lasts while the row's beat goes on.
//!
//! Every transaction begins by moving the beat of its worker's row on by one, under the epoch that it
//! knows. So a worker that was taken over writes nothing any more, whatever it had read before; and
//! who lost its connection at a commit finds out by one more such write which of both happened: it
//! finds the row as it was before that transaction, which then can't take place any more, or as it
//! left it.

use std::thread;
use std::time::{Duration, Instant};

use ::mysql::Value;

use super::address::Server;
use super::connection::{Connection, Writes};
use super::row::Owner;
use super::schema::WORKERS;
use crate::{Leaving, Origin, Result, StoreError};

/// Workers that register at the same moment try again so often.
const TRIES: u32 = 32;

/// Within which time a worker that lives shows it: longer than two of its beats are apart.
const SHOWS: Duration = Duration::from_secs(7);

/// A worker's own row, as it is known to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lease {
    pub(super) me: Owner,
    pub(super) beat: u64,
}

/// What a worker is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// It takes in and sends.
    Delivers,
    /// It takes in what others send.
    TakesIn,
}

/// What a write under a lease found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The transaction of which the outcome was not known was committed.
    Committed,
    /// It was not, and can't be any more.
    Undone,
    /// The lease is over: somebody has taken over this worker, or its row is another one.
    Over,
}

impl Lease {
    /// Begins a lease for a spool's worker: under a new epoch where it had one before. Whether it is the
    /// first one.
    ///
    /// # Errors
    /// As the server says; where there have been too many workers.
    pub(super) fn begin(connection: &mut Connection, origin: &Origin) -> Result<(Self, bool)> {
        let mut watched = false;
        for _ in 0..TRIES {
            if !std::mem::replace(&mut watched, true) {
                wait_for_other(connection, origin)?;
            }
            if let Some(lease) = Self::again(connection, origin, Role::Delivers)? {
                return Ok((lease, false));
            }
            if let Some(lease) = Self::first(connection, origin)? {
                return Ok((lease, true));
            }
        }
        Err(busy(connection))
    }

    /// Begins a lease under a new epoch; `None` where there was none before.
    ///
    /// # Errors
    /// As the server says.
    pub(super) fn again(
        connection: &mut Connection,
        origin: &Origin,
        role: Role,
    ) -> Result<Option<Self>> {
        let table = connection.server().table("workers");
        for _ in 0..TRIES {
            let sql = format!("SELECT `key`, epoch, beat FROM {table} WHERE spool = ?");
            let found: Vec<(u16, u64, u64)> = connection.rows(&sql, vec![spool(origin)])?;
            let Some((worker, epoch, beat)) = found.first().copied() else { return Ok(None) };
            let sql = format!(
                "UPDATE {table} SET server = ?, version = ?, place = ?, epoch = ?, beat = ?, alive = 1, \
                 delivers = ?, asleep = 0 WHERE `key` = ? AND epoch = ? AND beat = ?"
            );
            let mut values = about(origin);
            let delivers = u64::from(role == Role::Delivers);
            let of_row = [epoch + 1, beat + 1, delivers, worker.into(), epoch, beat];
            values.extend(of_row.map(Value::from));
            if connection.execute(&sql, values)? == 1 {
                let me = Owner { worker, epoch: epoch + 1 };
                return Ok(Some(Self { me, beat: beat + 1 }));
            }
        }
        Err(busy(connection))
    }

    /// Server, epoch and beat of a worker of this spool in another place, which has not left.
    fn other(connection: &mut Connection, origin: &Origin) -> Result<Option<(String, (u64, u64))>> {
        let sql = format!(
            "SELECT server, epoch, beat FROM {} WHERE spool = ? AND alive = 1 AND place <> ?",
            connection.server().table("workers")
        );
        let values = vec![spool(origin), origin.place.0.as_slice().into()];
        let found: Vec<(String, u64, u64)> = connection.rows(&sql, values)?;
        Ok(found.into_iter().next().map(|(server, epoch, beat)| (server, (epoch, beat))))
    }

    /// [`again`](Self::again) of a worker that lives, and whose lease is over.
    ///
    /// # Errors
    /// [`StoreError::Twice`] where it is over as one in another place has begun one.
    pub(super) fn go_on_anew(
        connection: &mut Connection,
        origin: &Origin,
        role: Role,
    ) -> Result<Option<Self>> {
        match Self::other(connection, origin)? {
            Some((server, _)) => Err(twice(connection, server)),
            None => Self::again(connection, origin, role),
        }
    }

    /// Registers a worker that has had no lease; `None` where somebody else took its key.
    fn first(connection: &mut Connection, origin: &Origin) -> Result<Option<Self>> {
        let table = connection.server().table("workers");
        let sql = format!("SELECT COALESCE(MAX(`key`), 0) + 1 FROM {table}");
        let next: Vec<u16> = connection.rows(&sql, Vec::new())?;
        let worker = next.first().copied().unwrap_or(1);
        if worker > WORKERS {
            return Err(StoreError::Failed {
                action: "opening the store",
                reason: format!("{WORKERS} workers have written into it, which is the most"),
            });
        }
        let sql = format!(
            "INSERT INTO {table} (`key`, spool, server, version, place, epoch, beat, alive) \
             VALUES (?, ?, ?, ?, ?, 1, 1, 1)"
        );
        let mut values = vec![worker.into(), spool(origin)];
        values.extend(about(origin));
        match connection.execute(&sql, values) {
            Ok(_) => Ok(Some(Self { me: Owner { worker, epoch: 1 }, beat: 1 })),
            Err(StoreError::Conflict { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Moves the beat on to `to`, at the beginning of a transaction; whether the lease still holds.
    pub(super) fn go_on(&self, writes: &mut Writes<'_>, server: &Server, to: u64) -> Result<bool> {
        let (sql, values) = self.step(server, to);
        Ok(writes.execute(&sql, values)? == 1)
    }

    /// Moves the beat on outside of transactions; whether the lease still holds.
    pub(super) fn beat(&mut self, connection: &mut Connection) -> Result<bool> {
        let (sql, values) = self.step(connection.server(), self.beat + 1);
        let holds = connection.execute(&sql, values)? == 1;
        self.beat += u64::from(holds);
        Ok(holds)
    }

    fn step(&self, server: &Server, to: u64) -> (String, Vec<Value>) {
        let sql = format!(
            "UPDATE {} SET beat = ? WHERE `key` = ? AND epoch = ? AND beat = ?",
            server.table("workers")
        );
        let (worker, epoch) = (self.me.worker, self.me.epoch);
        (sql, vec![to.into(), worker.into(), epoch.into(), self.beat.into()])
    }

    /// What became of the transaction that moved the beat on by one, of which that is not known.
    /// The write decides, not the reading: once it has found the beat as it was before, that
    /// transaction can't be committed any more.
    ///
    /// # Errors
    /// As the server says: then nothing is known still.
    pub(super) fn settle(&mut self, connection: &mut Connection) -> Result<Outcome> {
        let (sql, values) = self.step(connection.server(), self.beat + 2);
        if connection.execute(&sql, values)? == 1 {
            self.beat += 2;
            return Ok(Outcome::Undone);
        }
        let sql = format!(
            "SELECT epoch, beat FROM {} WHERE `key` = ?",
            connection.server().table("workers")
        );
        let found: Vec<(u64, u64)> = connection.rows(&sql, vec![self.me.worker.into()])?;
        match found.first() {
            Some((epoch, beat)) if *epoch == self.me.epoch && *beat == self.beat + 1 => {
                self.beat += 1;
                Ok(Outcome::Committed)
            }
            Some((epoch, beat)) if *epoch == self.me.epoch && *beat == self.beat + 2 => {
                // An earlier call of this: its answer was lost.
                self.beat += 2;
                Ok(Outcome::Undone)
            }
            _ => Ok(Outcome::Over),
        }
    }

    /// Ends it: others need not wait until it is over.
    pub(super) fn end(&self, connection: &mut Connection, leaving: Leaving) -> Result<()> {
        let table = connection.server().table("workers");
        // What left for good long ago nobody waits for.
        let (asleep, ended) = match leaving {
            Leaving::Ended => (0, "UNIX_TIMESTAMP()"),
            Leaving::Asleep => (1, "UNIX_TIMESTAMP()"),
            Leaving::Drained => (0, "0"),
        };
        let sql = format!(
            "UPDATE {table} SET alive = 0, asleep = {asleep}, ended = {ended} \
             WHERE `key` = ? AND epoch = ?"
        );
        let (worker, epoch) = (self.me.worker, self.me.epoch);
        connection.execute(&sql, vec![worker.into(), epoch.into()]).map(drop)
    }
}

fn spool(origin: &Origin) -> Value {
    Value::from(origin.spool.0.as_slice())
}

/// Waits for as long as a worker in another place, which has not left, may take to show that it lives: a
/// spool that was moved there has left nobody behind, and one that was copied has.
///
/// # Errors
/// [`StoreError::Twice`] where it lives.
fn wait_for_other(connection: &mut Connection, origin: &Origin) -> Result<()> {
    let begun = Instant::now();
    let Some(first) = Lease::other(connection, origin)? else { return Ok(()) };
    while begun.elapsed() < SHOWS {
        thread::sleep(SHOWS / 30);
        match Lease::other(connection, origin)? {
            Some(now) if now.1 != first.1 => return Err(twice(connection, now.0)),
            Some(_) => {}
            None => return Ok(()),
        }
    }
    tracing::info!(
        server = first.0,
        "this spool's last worker ended without a word, in another place"
    );
    Ok(())
}

fn twice(connection: &Connection, server: String) -> StoreError {
    StoreError::Twice { store: connection.server().to_string(), server }
}

/// Server, version and place, as their columns take them.
fn about(origin: &Origin) -> Vec<Value> {
    let server: String = origin.server.chars().take(255).collect();
    vec![server.into(), env!("CARGO_PKG_VERSION").into(), origin.place.0.as_slice().into()]
}

fn busy(connection: &Connection) -> StoreError {
    StoreError::Conflict {
        store: connection.server().to_string(),
        reason: "other workers register all the time".into(),
    }
}
