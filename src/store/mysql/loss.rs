//! A database that knows less than it did: it was restored, or a node took over that had not got the
//! last commits yet.
//!
//! Every transaction of a worker moves the beat of its row on, so whatever was lost, the beat went back
//! with it, and the next transaction finds that its lease is over (`lease.rs`). Over which is compared
//! how far the journal was read by the database with how far it was by what this worker committed; the
//! same at every new connection. What is lost is the end of what was committed: the journal is read
//! again from there.

use std::collections::HashMap;

use super::engine::MysqlStore;
use super::unit::Unit;
use crate::{Result, StoreError};

impl MysqlStore {
    /// Compares, where whoever answers may know less than before.
    ///
    /// # Errors
    /// [`StoreError::WentBack`], once by whichever transaction comes next, and for everything that would
    /// move positions on.
    pub(super) fn compare(&mut self) -> Result<()> {
        if !self.link.is_doubtful || self.went_back.is_some() {
            return Ok(());
        }
        let (me, beat) = (self.lease.me, self.lease.beat);
        let connection = self.link.get()?;
        let sql = format!(
            "SELECT w.epoch, w.beat, p.segment, p.`offset` FROM {} w \
             LEFT JOIN {} p ON p.worker = w.`key` WHERE w.`key` = ?",
            connection.server().table("workers"),
            connection.server().table("positions")
        );
        type Found = (u64, u64, Option<Vec<u8>>, Option<u64>);
        let found: Vec<Found> = connection.rows(&sql, vec![me.worker.into()])?;
        // Of a row that is another one by now, or of a node that is behind, nothing can be said. The next
        // write finds which of both it is, as it needs the row to be as this worker left it.
        if found.first().is_none_or(|row| (row.0, row.1) != (me.epoch, beat)) {
            return Ok(());
        }
        let mut positions: HashMap<[u8; 16], u64> = HashMap::new();
        for (_, _, segment, offset) in found {
            let segment = segment.and_then(|segment| segment.try_into().ok());
            positions.extend(segment.zip(offset));
        }
        let read = |segment| positions.get(segment).copied().unwrap_or(0);
        let known = &self.memory.positions;
        let segments = known.iter().filter(|(segment, offset)| read(*segment) < **offset).count();
        self.link.is_doubtful = false;
        if segments == 0 { Ok(()) } else { Err(self.goes_back(segments)) }
    }

    /// Notes that the database has lost what it had of these segments.
    pub(super) fn goes_back(&mut self, segments: usize) -> StoreError {
        self.went_back = Some(segments);
        self.lost(segments)
    }

    /// Whether a unit may be written: one that moves positions on would skip what was lost.
    pub(super) fn may_write(&self, unit: &Unit) -> Result<()> {
        match self.went_back {
            Some(segments) if unit.positions.values().any(Option::is_some) => {
                Err(self.lost(segments))
            }
            _ => Ok(()),
        }
    }

    /// Whether it has lost something that was not read again yet.
    pub(super) fn is_whole(&self) -> Result<()> {
        self.went_back.map_or(Ok(()), |segments| Err(self.lost(segments)))
    }

    fn lost(&self, segments: usize) -> StoreError {
        StoreError::WentBack { store: "the database".into(), segments }
    }
}
