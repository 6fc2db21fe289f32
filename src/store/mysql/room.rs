//! Room in the database: bodies of what was delivered are given up before their time, the oldest
//! first.

use super::transaction::MysqlTransaction;
use crate::{GivenUp, Keep, Result, State};

/// Bytes of bodies that one step gives up at most, but for one event.
const STEP_BYTES: u64 = 1 << 20;

impl MysqlTransaction<'_> {
    pub(super) fn try_give_up(&mut self, keep: Keep, limit: usize) -> Result<GivenUp> {
        let may = match keep {
            // The file system is another machine's.
            Keep::Half => return Ok(GivenUp::default()),
            Keep::Bytes(bytes) => bytes,
            Keep::Least => 0,
        };
        if self.used()? <= may || !self.leads()? {
            self.unit.given = Some(0);
            return Ok(GivenUp::default());
        }
        let sql = format!(
            "SELECT event, LENGTH(body) FROM {} WHERE event > ? ORDER BY event LIMIT ?",
            self.table("bodies")
        );
        let after = self.unit.given.unwrap_or(self.memory.given);
        let candidates: Vec<(u64, u64)> =
            self.rows(&sql, vec![after.into(), limit.max(1).into()])?;
        let keys: Vec<u64> = candidates.iter().map(|(event, _)| *event).collect();
        // Whatever may ever be sent by itself, or by a person who mends a failure, keeps its own.
        let kept: Vec<u64> = self
            .deliveries_of(&keys)?
            .into_iter()
            .filter(|it| !matches!(it.state, State::Delivered | State::Cancelled | State::Skipped))
            .map(|row| row.place.0)
            .collect();
        let (mut given, mut last, mut bytes) = (Vec::new(), 0, 0);
        for (event, length) in candidates {
            if bytes >= STEP_BYTES {
                break;
            }
            last = event;
            if !kept.contains(&event) && !self.unit.erased.contains(&event) {
                bytes += length;
                given.push(event);
            }
        }
        self.erase_bodies(&given);
        // Whatever comes to be delivered from here on is looked for from the start.
        self.unit.given = Some(last);
        Ok(GivenUp { events: given.len() as u64, more: last > 0 })
    }

    /// Bytes of the store's tables that hold something, as far as the server knows.
    fn used(&mut self) -> Result<u64> {
        let like = self.table("%").replace('`', "").replace('_', "\\_");
        let sql = "SELECT CAST(COALESCE(SUM(data_length + index_length), 0) AS UNSIGNED) \
             FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name LIKE ?";
        let found: Vec<u64> = self.rows(sql, vec![like.into()])?;
        Ok(found.first().copied().unwrap_or(0))
    }
}
