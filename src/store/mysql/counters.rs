//! What a transaction adds to the counters: rows of this worker's own, so that nobody waits for
//! somebody else's.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::address::Server;
use super::connection::Writes;
use super::unit::insert;
use crate::counted::{Counted, HOUR_MS};
use crate::{Latencies, Result, WebhookKey};

/// What is added. Tests never get here.
#[derive(Default)]
pub(super) struct Counters {
    pub(super) counted: Counted,
    /// As they are by then: those of the hour before this transaction, and its own.
    pub(super) latencies: BTreeMap<(i64, WebhookKey), Latencies>,
}

impl Counters {
    pub(super) fn is_empty(&self) -> bool {
        self.counted.webhooks.is_empty()
            && self.counted.hours.is_empty()
            && self.latencies.is_empty()
    }

    /// A request that ended at `now` took so many microseconds; `known` has the hour's before.
    pub(super) fn took(
        &mut self,
        webhook: WebhookKey,
        now: i64,
        us: u64,
        known: &HashMap<(i64, WebhookKey), Latencies>,
    ) {
        let hour = (now.div_euclid(HOUR_MS), webhook);
        let before = || known.get(&hour).cloned().unwrap_or_default();
        self.latencies.entry(hour).or_insert_with(before).count(us);
    }

    pub(super) fn write(
        &self,
        writes: &mut Writes<'_>,
        server: &Server,
        worker: u16,
    ) -> Result<()> {
        let rows = self.counted.webhooks.iter().map(|(webhook, delta)| {
            vec![
                webhook.0.into(),
                worker.into(),
                delta.delivered.into(),
                delta.failed.into(),
                delta.pending.into(),
                delta.held.into(),
                delta.last_attempt.into(),
                delta.last_success.into(),
            ]
        });
        insert(
            writes,
            &format!(
                "INSERT INTO {} (webhook, worker, delivered, failed, pending, held, last_attempt, \
                 last_success)",
                server.table("counters")
            ),
            rows.collect(),
            " ON DUPLICATE KEY UPDATE delivered = delivered + VALUES(delivered), \
             failed = failed + VALUES(failed), pending = pending + VALUES(pending), \
             held = held + VALUES(held), \
             last_attempt = COALESCE(VALUES(last_attempt), last_attempt), \
             last_success = COALESCE(VALUES(last_success), last_success)",
        )?;
        let hours: BTreeSet<_> =
            self.counted.hours.keys().chain(self.latencies.keys()).copied().collect();
        let rows = hours.into_iter().map(|hour| {
            let (delivered, failed) = self.counted.hours.get(&hour).copied().unwrap_or_default();
            let latencies = self.latencies.get(&hour).map(Latencies::to_bytes);
            vec![
                hour.0.into(),
                hour.1.0.into(),
                worker.into(),
                delivered.into(),
                failed.into(),
                latencies.into(),
            ]
        });
        insert(
            writes,
            &format!(
                "INSERT INTO {} (hour, webhook, worker, delivered, failed, latencies)",
                server.table("hours")
            ),
            rows.collect(),
            " ON DUPLICATE KEY UPDATE delivered = delivered + VALUES(delivered), \
             failed = failed + VALUES(failed), \
             latencies = COALESCE(VALUES(latencies), latencies)",
        )
        .map(drop)
    }
}
