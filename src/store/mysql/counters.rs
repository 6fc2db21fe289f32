//! What a transaction adds to the counters: rows of this worker's own, so that nobody waits for
//! somebody else's.

use std::collections::{BTreeMap, HashMap};

use super::address::Server;
use super::connection::Writes;
use super::unit::insert;
use crate::{Latencies, Result, State, WebhookKey};

pub(super) const HOUR_MS: i64 = 3_600_000;

/// What is added. Tests never get here.
#[derive(Default)]
pub(super) struct Counters {
    webhooks: BTreeMap<WebhookKey, Delta>,
    hours: BTreeMap<(i64, WebhookKey), (i64, i64)>,
    /// As they are by then: those of the hour before this transaction, and its own.
    pub(super) latencies: BTreeMap<(i64, WebhookKey), Latencies>,
}

#[derive(Default)]
struct Delta {
    delivered: i64,
    failed: i64,
    pending: i64,
    held: i64,
    last_attempt: Option<i64>,
    last_success: Option<i64>,
}

impl Counters {
    pub(super) fn is_empty(&self) -> bool {
        self.webhooks.is_empty() && self.hours.is_empty() && self.latencies.is_empty()
    }

    /// `count` deliveries of a webhook came into being (`from` is `None`), or went from one
    /// state to another, at `now`.
    pub(super) fn moved(
        &mut self,
        webhook: WebhookKey,
        from: Option<State>,
        to: Option<State>,
        count: i64,
        now: i64,
    ) {
        let delta = self.webhooks.entry(webhook).or_default();
        for (state, count) in [(from, -count), (to, count)] {
            match state {
                Some(State::Pending | State::Delivering) => delta.pending += count,
                Some(State::Held) => delta.held += count,
                _ => {}
            }
        }
        // These two count what happened, so nothing takes from them.
        let (delivered, failed) = match to {
            Some(State::Delivered) => (count, 0),
            Some(State::Failed) => (0, count),
            _ => return,
        };
        delta.delivered += delivered;
        delta.failed += failed;
        let hour = self.hours.entry((now.div_euclid(HOUR_MS), webhook)).or_default();
        hour.0 += delivered;
        hour.1 += failed;
    }

    /// An attempt was made at `now`.
    pub(super) fn attempted(&mut self, webhook: WebhookKey, now: i64, success: bool) {
        let delta = self.webhooks.entry(webhook).or_default();
        delta.last_attempt = delta.last_attempt.max(Some(now));
        if success {
            delta.last_success = delta.last_success.max(Some(now));
        }
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
        let rows = self.webhooks.iter().map(|(webhook, delta)| {
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
        let table = server.table("hours");
        let mut rows = Vec::new();
        for ((hour, webhook), (delivered, failed)) in &self.hours {
            let row = [*hour, webhook.0, worker.into(), *delivered, *failed];
            rows.push(row.map(Into::into).to_vec());
        }
        insert(
            writes,
            &format!("INSERT INTO {table} (hour, webhook, worker, delivered, failed)"),
            rows,
            " ON DUPLICATE KEY UPDATE delivered = delivered + VALUES(delivered), \
             failed = failed + VALUES(failed)",
        )?;
        let rows = self.latencies.iter().map(|((hour, webhook), latencies)| {
            vec![
                (*hour).into(),
                webhook.0.into(),
                worker.into(),
                0.into(),
                0.into(),
                latencies.to_bytes().into(),
            ]
        });
        insert(
            writes,
            &format!("INSERT INTO {table} (hour, webhook, worker, delivered, failed, latencies)"),
            rows.collect(),
            " ON DUPLICATE KEY UPDATE latencies = VALUES(latencies)",
        )
    }
}
