//! Lanes: who may send what waits for a webhook. It holds for as long as the holder's epoch does, so
//! that whoever takes over a worker that stands still has all its lanes with one row.

use super::memory::Lane;
use super::row::Owner;
use super::transaction::{MysqlTransaction, list};
use crate::{Result, WebhookKey};

/// Whoever has this one does what one alone has to do for all.
pub(super) const LEADER: WebhookKey = WebhookKey(0);

/// Lanes that one statement asks for.
const ASKED: usize = 1000;

impl MysqlTransaction<'_> {
    /// Finds out whose these lanes are, of which that is not known.
    pub(super) fn look_at_lanes(&mut self, webhooks: &[WebhookKey]) -> Result<()> {
        let known = |webhook: &&WebhookKey| {
            self.unit.lanes.contains(*webhook) || self.memory.lanes.contains_key(*webhook)
        };
        let asked: Vec<_> = webhooks.iter().filter(|it| !known(it)).copied().collect();
        for asked in asked.chunks(ASKED) {
            let (places, values) = list(asked.iter().map(|webhook| webhook.0.into()));
            let sql = format!(
                "SELECT l.webhook, l.holder, l.epoch, w.epoch, w.alive FROM {} l \
                 LEFT JOIN {} w ON w.`key` = l.holder WHERE l.webhook IN ({places})",
                self.table("lanes"),
                self.table("workers")
            );
            type Found = (i64, u16, u64, Option<u64>, Option<bool>);
            let found: Vec<Found> = self.rows(&sql, values)?;
            for webhook in asked {
                self.memory.lanes.insert(*webhook, Lane::Free(None));
            }
            for (webhook, worker, epoch, now, alive) in found {
                let holder = Owner { worker, epoch };
                let lane = if holder == self.me {
                    Lane::Mine
                } else if now == Some(epoch) && alive == Some(true) {
                    Lane::Others
                } else {
                    Lane::Free(Some(holder))
                };
                self.memory.lanes.insert(WebhookKey(webhook), lane);
            }
        }
        Ok(())
    }

    /// Whether this worker sends what waits for a webhook, or may begin to.
    pub(super) fn may_send(&self, webhook: WebhookKey) -> bool {
        self.unit.lanes.contains(&webhook)
            || !self.is_outdated()
                && self.memory.lanes.get(&webhook).is_some_and(|lane| *lane != Lane::Others)
    }

    /// Takes a lane that nobody has.
    pub(super) fn hold(&mut self, webhook: WebhookKey) -> Result<()> {
        if self.unit.lanes.contains(&webhook) {
            return Ok(());
        }
        let (table, me) = (self.table("lanes"), self.me);
        match self.memory.lanes.get(&webhook) {
            Some(Lane::Free(None)) => {
                let sql = format!("INSERT INTO {table} (webhook, holder, epoch) VALUES (?, ?, ?)");
                let values = vec![webhook.0.into(), me.worker.into(), me.epoch.into()];
                self.unit.run_on_one(sql, values);
            }
            Some(Lane::Free(Some(before))) => {
                let sql = format!(
                    "UPDATE {table} SET holder = ?, epoch = ? \
                     WHERE webhook = ? AND holder = ? AND epoch = ?"
                );
                let values = vec![
                    me.worker.into(),
                    me.epoch.into(),
                    webhook.0.into(),
                    before.worker.into(),
                    before.epoch.into(),
                ];
                self.unit.run_on_one(sql, values);
            }
            Some(Lane::Mine | Lane::Others) | None => return Ok(()),
        }
        self.unit.lanes.insert(webhook);
        Ok(())
    }

    /// Others do not share what a webhook may have under way with this worker.
    pub(super) fn note_that_it_sends_nothing(&mut self) {
        let sql = format!("UPDATE {} SET delivers = 0 WHERE `key` = ?", self.table("workers"));
        self.unit.run_on_one(sql, vec![self.me.worker.into()]);
    }

    /// Whether this worker does what one alone has to do for all; it begins to where nobody does.
    pub(super) fn leads(&mut self) -> Result<bool> {
        self.look_at_lanes(&[LEADER])?;
        if !self.may_send(LEADER) {
            return Ok(false);
        }
        self.hold(LEADER)?;
        Ok(true)
    }
}
