//! Whether this worker goes by the newest config: each server gets it by itself, one a while after the
//! other. Who goes by an older one than another worker that lives sends nothing of what waits; it gives
//! its lanes up, each once nothing of it is under way any more, so that order is kept.

use super::engine::MysqlStore;
use super::lanes::LEADER;
use super::memory::Lane;
use super::transaction::MysqlTransaction;
use crate::Result;

impl MysqlTransaction<'_> {
    /// See [`Transaction::note_config`](crate::Transaction::note_config). Those that are gone count,
    /// too: what they knew is known to no older config.
    pub(super) fn try_note_config(&mut self, revision: u64) -> Result<bool> {
        let table = self.table("workers");
        let me = self.me.worker;
        let sql = format!("SELECT COALESCE(MAX(revision), 0) FROM {table} WHERE `key` <> ?");
        let newest: Vec<u64> = self.rows(&sql, vec![me.into()])?;
        let sql = format!("UPDATE {table} SET revision = ? WHERE `key` = ?");
        self.unit.run_on_one(sql, vec![revision.into(), me.into()]);
        self.unit.revision = Some(revision);
        Ok(newest.first().is_none_or(|newest| *newest <= revision))
    }

    /// Whether another worker that lives goes by a newer config.
    pub(super) fn is_outdated(&self) -> bool {
        self.memory.newest > self.unit.revision.unwrap_or(self.memory.revision)
    }

    /// Gives up lanes of which nothing is under way.
    fn give_up_lanes(&mut self) {
        let sql = format!(
            "DELETE FROM {lanes} WHERE holder = ? AND epoch = ? AND NOT EXISTS \
             (SELECT 1 FROM {} d FORCE INDEX (state) \
                 WHERE d.webhook = {lanes}.webhook AND d.state = 1 AND d.owner = ?)",
            self.table("deliveries"),
            lanes = self.table("lanes")
        );
        let me = self.me;
        self.unit.run(sql, vec![me.worker.into(), me.epoch.into(), me.worker.into()]);
    }
}

impl MysqlStore {
    /// Follows what the newest config is that another worker goes by which lives.
    pub(super) fn compare_revisions(&mut self, newest: u64) {
        let mine = self.memory.revision;
        if std::mem::replace(&mut self.memory.newest, newest) == newest {
            return;
        }
        self.watch.look_at_all();
        if newest > mine {
            tracing::info!(
                mine,
                newest,
                "another server goes by a newer config: it sends what waits"
            );
        }
    }

    /// Gives lanes up, while others go by a newer config.
    pub(super) fn yield_lanes(&mut self) -> Result<()> {
        let is_outdated = self.memory.newest > self.memory.revision;
        if !is_outdated || !self.memory.lanes.values().any(|it| *it == Lane::Mine) {
            return Ok(());
        }
        self.repeat(&mut |transaction| {
            transaction.give_up_lanes();
            Ok(())
        })?;
        // Those that it still has are found again.
        self.memory.lanes.clear();
        self.repeat(&mut |transaction| {
            let webhooks: Vec<_> = transaction.memory.webhooks.values().copied().collect();
            transaction.look_at_lanes(&webhooks)?;
            transaction.look_at_lanes(&[LEADER])
        })
    }
}
