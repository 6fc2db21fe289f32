//! A log that was copied with its database, as for a staging site: what waits in it is its origin's to
//! send, and is cancelled here.

use ::mysql::Value;

use super::engine::MysqlStore;
use super::row::DERIVE;
use crate::{COPIED, Result, State, StoreError};

/// Deliveries that one statement cancels.
const AT_ONCE: u64 = 1000;

impl MysqlStore {
    /// See [`Store::belong_to`](crate::Store::belong_to).
    pub(super) fn try_to_belong_to(&mut self, installation: &str) -> Result<u64> {
        if self.installation.as_deref() == Some(installation) {
            return Ok(0);
        }
        let connection = self.connected()?;
        let table = connection.server().table("installation");
        let sql = format!("INSERT INTO {table} (one, id) VALUES (1, ?)");
        let own = || Value::from(installation.as_bytes());
        match connection.execute(&sql, vec![own()]) {
            // Somebody else has said it before.
            Ok(_) | Err(StoreError::Conflict { .. }) => {}
            Err(error) => return Err(error),
        }
        let sql = format!("SELECT id FROM {table} WHERE one = 1");
        let found: Vec<Vec<u8>> = connection.rows(&sql, Vec::new())?;
        let mut dropped = 0;
        if let Some(origin) = found.into_iter().next().filter(|id| id != installation.as_bytes()) {
            dropped = self.drop_what_waits()?;
            // Last: whoever dies before begins again.
            let sql = format!("UPDATE {table} SET id = ? WHERE one = 1 AND id = ?");
            self.connected()?.execute(&sql, vec![own(), origin.into()])?;
            self.memory.doubt();
        }
        self.installation = Some(installation.to_owned());
        Ok(dropped)
    }

    /// Cancels what waits, is held or was under way, and ends what would make more of it.
    fn drop_what_waits(&mut self) -> Result<u64> {
        let (me, now) = (self.lease.me.worker, self.clock.unix_ms());
        let connection = self.connected()?;
        let table = |name: &str| connection.server().table(name);
        let (bulks, workers, deliveries, counters, webhooks) = (
            table("bulks"),
            table("workers"),
            table("deliveries"),
            table("counters"),
            table("webhooks"),
        );
        // Its workers never come here: what they had is nobody's.
        let sql = format!(
            "UPDATE {workers} SET epoch = epoch + 1, alive = 0 WHERE `key` <> ? AND alive = 1"
        );
        connection.execute(&sql, vec![me.into()])?;
        let sql = format!("UPDATE {bulks} SET ended = ? WHERE ended IS NULL");
        connection.execute(&sql, vec![now.into()])?;
        let webhooks: Vec<i64> =
            connection.rows(&format!("SELECT `key` FROM {webhooks}"), Vec::new())?;
        let sql = format!(
            "UPDATE {deliveries} FORCE INDEX (state) SET state = {}, owner = 0, epoch = 0, due = 0, \
             settled = ?, reason = ?, {DERIVE} WHERE webhook = ? AND state = ? LIMIT {AT_ONCE}",
            State::Cancelled as u8
        );
        let mut dropped = 0;
        for webhook in webhooks {
            for state in [State::Pending, State::Delivering, State::Held] {
                loop {
                    let values =
                        vec![now.into(), COPIED.into(), webhook.into(), (state as u8).into()];
                    let some = connection.execute(&sql, values)?;
                    dropped += some;
                    if some < AT_ONCE {
                        break;
                    }
                }
            }
        }
        connection.execute(&format!("UPDATE {counters} SET pending = 0, held = 0"), Vec::new())?;
        Ok(dropped)
    }
}
