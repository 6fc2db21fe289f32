//! Committing what a transaction comes to, under the lease: the same is sent again where a connection was
//! lost, and whether it took place is found out by the lease's beat (see `lease.rs`).

use std::thread;
use std::time::Duration;

use super::engine::{MysqlStore, Work};
use super::lease::{Lease, Outcome};
use super::row::DERIVE;
use super::transaction::{MysqlTransaction, list};
use super::unit::{Unit, conflict};
use crate::{Result, StoreError};

/// Pauses before a transaction is looked after whose connection was lost.
const PAUSES: [Duration; 3] =
    [Duration::ZERO, Duration::from_millis(200), Duration::from_millis(1000)];

impl MysqlStore {
    pub(super) fn attempt(&mut self, work: Work<'_>) -> Result<()> {
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
        let begun = self.link.get().and_then(|it| Lease::go_on_anew(it, &self.origin, self.role));
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
                        "UPDATE {} SET state = 0, owner = 0, epoch = 0, {DERIVE} WHERE id IN ({places}) \
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
}
