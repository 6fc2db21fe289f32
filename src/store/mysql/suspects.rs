//! What was under way when a worker died, and what is known of such deaths.

use super::row::{Delivery, Owner};
use super::transaction::{MysqlTransaction, list};
use crate::{Claim, Result, State, Suspects, WebhookKey, is_deadly};

/// Deaths count as repeated within this time, in milliseconds.
const HOUR_MS: i64 = 3_600_000;
/// How long deaths are kept, in milliseconds.
const KEPT_MS: i64 = 24 * HOUR_MS;
/// Webhooks that one statement asks for.
const ASKED: usize = 1000;

/// What is found of a worker that died.
#[derive(Default)]
pub(super) struct After {
    pub(super) reclaimed: u64,
    /// Claimed for this worker, to be recorded as deadly.
    pub(super) deadly: Vec<Claim>,
}

impl MysqlTransaction<'_> {
    /// Whatever a worker has still claimed under a lease that is over was under way when it died: it
    /// is suspected, and waits to be tried one at a time.
    pub(super) fn after_a_death(&mut self, worker: u16, below_epoch: u64) -> Result<After> {
        let rows = self.claimed_by(worker, "d.epoch < ?", below_epoch, &|_| false)?;
        let alone = rows.len() == 1;
        let (mut after, mut deadly) = (After::default(), Vec::new());
        for row in &rows {
            let mut then = row.clone();
            then.deaths = then.deaths.saturating_add(1);
            then.deaths_alone += u32::from(alone);
            if alone && is_deadly(then.deaths_alone) {
                then.owner = self.me;
                deadly.push(then.clone());
            } else {
                (then.state, then.owner) = (State::Pending, Owner::NOBODY);
                after.reclaimed += 1;
            }
            self.change_to(row, then);
        }
        after.deadly = self.take(deadly.iter())?;
        Ok(after)
    }

    /// Suspects of the webhooks for which this worker sends what waits.
    fn all_suspects(&mut self) -> Result<Vec<Delivery>> {
        let webhooks: Vec<_> = self.memory.webhooks.values().copied().collect();
        self.look_at_lanes(&webhooks)?;
        let webhooks: Vec<_> = webhooks.into_iter().filter(|it| self.may_send(*it)).collect();
        let mut all = Vec::new();
        for asked in webhooks.chunks(ASKED) {
            let (places, values) = list(asked.iter().map(|webhook| webhook.0.into()));
            let sql = format!(
                "FORCE INDEX (turn) WHERE d.pending_of IN ({places}) AND d.deaths > 0 AND d.state = 0"
            );
            let of = |row: &Delivery| row.is_suspect() && asked.contains(&row.webhook);
            all.extend(self.find(&sql, values, &of)?);
        }
        Ok(all)
    }

    /// Whether there are suspects of those of these webhooks for which this worker sends, or may.
    pub(super) fn has_suspects(&mut self, webhooks: &[WebhookKey]) -> Result<bool> {
        self.look_at_lanes(webhooks)?;
        let webhooks: Vec<_> = webhooks.iter().filter(|it| self.may_send(**it)).collect();
        for asked in webhooks.chunks(ASKED) {
            let (places, values) = list(asked.iter().map(|webhook| webhook.0.into()));
            let sql = format!(
                "SELECT EXISTS (SELECT 1 FROM {} FORCE INDEX (turn) \
                 WHERE pending_of IN ({places}) AND deaths > 0)",
                self.table("deliveries")
            );
            let found: Vec<bool> = self.rows(&sql, values)?;
            if found.first() == Some(&true) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(super) fn try_suspects(&mut self) -> Result<Vec<Suspects>> {
        let mut rows = self.all_suspects()?;
        rows.sort_by_key(|row| (row.webhook, std::cmp::Reverse(row.deaths), row.due, row.place));
        rows.dedup_by_key(|row| row.webhook);
        let mut suspects: Vec<_> = rows
            .into_iter()
            .map(|row| Suspects {
                webhook: row.webhook,
                due: row.due + self.shift(),
                deaths: row.deaths,
            })
            .collect();
        suspects.sort_by_key(|one| (std::cmp::Reverse(one.deaths), one.due, one.webhook));
        Ok(suspects)
    }

    pub(super) fn try_claim_suspect(
        &mut self,
        webhook: WebhookKey,
        now: i64,
        ordered: bool,
    ) -> Result<Option<Claim>> {
        self.look_at_lanes(&[webhook])?;
        if !self.may_send(webhook) {
            return Ok(None);
        }
        let most = 1 + self.changed_of(webhook);
        let (of_webhook, order) = if ordered {
            ("d.webhook = ? AND d.state = 0", "d.event, d.number")
        } else {
            (
                "d.pending_of = ? AND d.deaths > 0 AND d.state = 0",
                "d.deaths DESC, d.due, d.event, d.number",
            )
        };
        let of = |row: &Delivery| {
            row.webhook == webhook
                && if ordered { row.state == State::Pending } else { row.is_suspect() }
        };
        let rest = format!("WHERE {of_webhook} ORDER BY {order} LIMIT ?");
        let (mut rows, _) = self.find_some(&rest, vec![webhook.0.into(), most.into()], &of)?;
        if !ordered {
            rows.sort_by_key(|row| (std::cmp::Reverse(row.deaths), row.due, row.place));
        }
        let due = now - self.shift();
        let first = rows.into_iter().next().filter(|row| row.due <= due && row.deaths > 0);
        let Some(first) = first else { return Ok(None) };
        self.hold(webhook)?;
        Ok(self.take(std::iter::once(&first))?.pop())
    }

    pub(super) fn try_note_death(&mut self, now: i64, under_way: u64) -> Result<u64> {
        let table = self.table("worker_deaths");
        let sql = format!("SELECT COUNT(*) FROM {table} WHERE worker = ? AND at > ?");
        let values = vec![self.me.worker.into(), (now - HOUR_MS).into()];
        let known: Vec<u64> = self.rows(&sql, values)?;
        self.unit.run(
            format!("INSERT INTO {table} (worker, at, under_way) VALUES (?, ?, ?)"),
            vec![self.me.worker.into(), now.into(), under_way.into()],
        );
        self.unit.deaths.push(now);
        Ok(known.first().copied().unwrap_or(0) + self.unit.deaths.len() as u64)
    }

    pub(super) fn prune_deaths(&mut self, now: i64) {
        let sql = format!("DELETE FROM {} WHERE at < ?", self.table("worker_deaths"));
        self.unit.run(sql, vec![(now - KEPT_MS).into()]);
    }
}
