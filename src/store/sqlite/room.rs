//! Room on the disk: bodies of what was delivered are given up before their time, the oldest first.

use super::error::SqliteError;
use super::schema::EVENT;
use super::transaction::SqliteTransaction;
use crate::{GivenUp, Keep};

/// Bytes of bodies that one step gives up at most, but for one event: what is deleted is written
/// over first, so that a step needs as much room in the log before it makes some.
const STEP_BYTES: u64 = 1 << 20;
/// Pages that one step gives back to the file system at least: twice as many as it frees.
const STEP_PAGES: i64 = 512;

/// How far a search for what can be given up has come: key of the last event looked at.
#[derive(Default)]
pub(super) struct Given {
    bodies: i64,
}

impl SqliteTransaction<'_> {
    pub(super) fn try_give_up(&mut self, keep: Keep, limit: usize) -> Result<GivenUp, SqliteError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX).max(1);
        let may = match keep {
            Keep::Half => self.capacity / 2,
            Keep::Bytes(bytes) => bytes,
            Keep::Least => 0,
        };
        if self.used()? <= may {
            *self.given = Given::default();
            return Ok(GivenUp::default());
        }
        let (events, looked) = self.give_up_bodies(limit)?;
        if looked == 0 {
            // Whatever comes to be delivered from here on is looked for from the start.
            *self.given = Given::default();
        }
        // All of what went has to leave the file, else the next step finds as little room.
        self.shrink(limit.max(STEP_PAGES))?;
        Ok(GivenUp { events, more: looked > 0 && self.used()? > may })
    }

    /// Bytes of the store that hold something.
    fn used(&mut self) -> Result<u64, SqliteError> {
        let mut number = |pragma| -> rusqlite::Result<i64> {
            self.statements.get(pragma)?.query_row([], |row| row.get(0))
        };
        let pages = number("PRAGMA page_count")? - number("PRAGMA freelist_count")?;
        Ok((pages * number("PRAGMA page_size")?).cast_unsigned())
    }

    /// Of how many events the bodies went, and how many were looked at.
    fn give_up_bodies(&mut self, limit: i64) -> Result<(u64, u64), SqliteError> {
        let candidates: Vec<(i64, i64)> = self
            .statements
            .get("SELECT event, length(body) FROM bodies WHERE event > ?1 ORDER BY event LIMIT ?2")?
            .query_map((self.given.bodies, limit), |row| row.try_into())?
            .collect::<rusqlite::Result<_>>()?;
        let (mut events, mut looked, mut bytes) = (0, 0, 0);
        for (event, length) in candidates {
            if bytes >= STEP_BYTES {
                break;
            }
            looked += 1;
            self.given.bodies = event;
            if self.is_over(event)? {
                bytes += length.cast_unsigned();
                events += 1;
                self.erase_bodies(event)?;
            }
        }
        Ok((events, looked))
    }

    /// Whether nothing of an event may ever be sent by itself, or by a person who mends a failure.
    fn is_over(&mut self, event: i64) -> rusqlite::Result<bool> {
        self.statements
            .get(
                "SELECT NOT EXISTS (SELECT 1 FROM deliveries WHERE key >= ?1 AND key < ?1 + ?2
                     AND state NOT IN (2, 5, 6))",
            )?
            .query_row((event, EVENT), |row| row.get(0))
    }
}
