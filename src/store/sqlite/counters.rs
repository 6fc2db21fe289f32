//! Counters, kept: added up in memory during a transaction, written once at its end.

use std::collections::HashMap;

use rusqlite::{OptionalExtension, params};

use super::statements::Statements;
use crate::counted::{Counted, HOUR_MS};
use crate::{Latencies, WebhookKey};

/// What a transaction adds to the counters. Tests never get here.
#[derive(Default)]
pub(crate) struct Counters {
    pub(super) counted: Counted,
    latencies: HashMap<(i64, WebhookKey), Latencies>,
}

impl Counters {
    /// A request that ended at `now` took so many microseconds.
    pub(crate) fn took(&mut self, webhook: WebhookKey, now: i64, us: u64) {
        self.latencies.entry((now.div_euclid(HOUR_MS), webhook)).or_default().count(us);
    }

    pub(crate) fn write(&self, statements: &mut Statements<'_>) -> rusqlite::Result<()> {
        for (webhook, delta) in &self.counted.webhooks {
            statements
                .get(
                    "UPDATE webhooks SET delivered = delivered + ?2, failed = failed + ?3,
                         pending = pending + ?4, held = held + ?5,
                         last_attempt = coalesce(?6, last_attempt),
                         last_success = coalesce(?7, last_success)
                     WHERE key = ?1",
                )?
                .execute(params![
                    webhook.0,
                    delta.delivered,
                    delta.failed,
                    delta.pending,
                    delta.held,
                    delta.last_attempt,
                    delta.last_success
                ])?;
        }
        for ((hour, webhook), (delivered, failed)) in &self.counted.hours {
            statements
                .get(
                    "INSERT INTO hours (hour, webhook, delivered, failed) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT DO UPDATE SET delivered = delivered + excluded.delivered,
                         failed = failed + excluded.failed",
                )?
                .execute(params![hour, webhook.0, delivered, failed])?;
        }
        for ((hour, webhook), latencies) in &self.latencies {
            let kept: Option<Option<Vec<u8>>> = statements
                .get("SELECT latencies FROM hours WHERE hour = ?1 AND webhook = ?2")?
                .query_row((hour, webhook.0), |row| row.get(0))
                .optional()?;
            let mut sum = Latencies::from_bytes(&kept.flatten().unwrap_or_default());
            sum.add(latencies);
            statements
                .get(
                    "INSERT INTO hours (hour, webhook, delivered, failed, latencies)
                     VALUES (?1, ?2, 0, 0, ?3)
                     ON CONFLICT DO UPDATE SET latencies = excluded.latencies",
                )?
                .execute(params![hour, webhook.0, sum.to_bytes()])?;
        }
        Ok(())
    }
}
