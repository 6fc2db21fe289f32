//! Sums of all webhooks, of the hours that are over, so that a month of a thousand webhooks is read in
//! 720 rows. Nothing is added while deliveries are recorded: the worker sums an hour up once, when it has
//! nothing else to do, and until then the log reads the hour's own rows.

use rusqlite::params;

use super::error::SqliteError;
use super::transaction::SqliteTransaction;
use crate::Latencies;

const HOUR_MS: i64 = 3_600_000;
/// Hours that one step sums up: of a thousand webhooks, some 50 ms.
const AT_ONCE: usize = 24;

impl SqliteTransaction<'_> {
    /// Sums up the next hours that are over; whether there are more. An hour counts as over when another
    /// one has passed since. Sums of hours that are not, since the clock was set back, are taken away:
    /// something may happen in them again.
    pub(super) fn sum_hours(&mut self) -> Result<bool, SqliteError> {
        let over = self.clock.unix_ms().div_euclid(HOUR_MS) - 1;
        self.statements.get("DELETE FROM network_hours WHERE hour >= ?1")?.execute([over])?;
        for _ in 0..AT_ONCE {
            let next: Option<i64> = self
                .statements
                .get(
                    "SELECT min(hour) FROM hours
                     WHERE hour > (SELECT coalesce(max(hour), -1) FROM network_hours) AND hour < ?1",
                )?
                .query_row([over], |row| row.get(0))?;
            let Some(hour) = next else { return Ok(false) };
            self.sum_hour(hour)?;
        }
        Ok(true)
    }

    fn sum_hour(&mut self, hour: i64) -> Result<(), SqliteError> {
        let (mut delivered, mut failed, mut latencies) = (0_i64, 0_i64, Latencies::default());
        let rows = self
            .statements
            .get("SELECT delivered, failed, latencies FROM hours WHERE hour = ?1")?;
        let mut rows = rows.query([hour])?;
        while let Some(row) = rows.next()? {
            delivered += row.get::<_, i64>(0)?;
            failed += row.get::<_, i64>(1)?;
            if let Some(bytes) = row.get_ref(2)?.as_blob_or_null().map_err(rusqlite::Error::from)? {
                latencies.add(&Latencies::from_bytes(bytes));
            }
        }
        drop(rows);
        self.statements
            .get(
                "INSERT INTO network_hours (hour, delivered, failed, latencies)
                 VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![hour, delivered, failed, latencies.to_bytes()])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::State;
    use crate::conformance::{DAY, Fixture as _, HOUR, NOON, Trial};
    use crate::log::{LogEngine as _, Overview, OverviewQuery, StatsQuery};
    use crate::sqlite::tests::InSpool;
    use domain::clock::Clock as _;

    fn overview(fixture: &InSpool, hours: u16) -> Overview {
        let now = fixture.clock().unix_ms();
        fixture
            .sqlite_log()
            .overview(&OverviewQuery { hours, ..OverviewQuery::default() }, now)
            .unwrap()
    }

    fn sums(fixture: &InSpool) -> i64 {
        let count = "SELECT count(*) FROM network_hours";
        fixture.sqlite_log().one(count)
    }

    #[test]
    fn hours_that_are_over_have_sums_and_all_together_stay_the_same() {
        let fixture = InSpool::new();
        let mut trial = Trial::new(&fixture);
        let webhooks = ["crm", "shop", "books"].map(|id| trial.webhook(id));
        for hour in 0..30 {
            for webhook in &webhooks[..1 + hour % 3] {
                trial.in_state(*webhook, State::Delivered);
                trial.in_state(*webhook, State::Failed);
            }
            trial.clock.advance(HOUR);
        }
        let before = [24, 720].map(|hours| overview(&fixture, hours));
        assert_eq!(sums(&fixture), 0);
        let delivered: i64 = before[1].hours.iter().map(|hour| hour.delivered).sum();
        assert_eq!(delivered, 60);
        trial.prune(0, 0);
        // The present hour and the one before it are not over.
        assert_eq!(sums(&fixture), 29);
        assert_eq!([24, 720].map(|hours| overview(&fixture, hours)), before);

        // In an hour that was summed up something happens, since the clock was set back.
        trial.clock.advance(-3 * HOUR);
        let delivered = |of: &Overview| of.hours.iter().map(|hour| hour.delivered).sum::<i64>();
        trial.prune(0, 0);
        let before = delivered(&overview(&fixture, 24));
        trial.in_state(webhooks[0], State::Delivered);
        assert_eq!(delivered(&overview(&fixture, 24)), before + 1);
        trial.clock.advance(3 * HOUR);
        trial.prune(0, 0);
        assert_eq!(delivered(&overview(&fixture, 720)), 61);
        // What is too old goes with its rows.
        trial.clock.advance(40 * DAY);
        trial.prune(0, 0);
        assert_eq!(sums(&fixture), 0);
    }

    #[test]
    fn a_few_webhooks_have_the_hours_that_they_have_among_all() {
        let fixture = InSpool::new();
        let mut trial = Trial::new(&fixture);
        let names: Vec<_> = (0..12).map(|number| format!("webhook-{number}")).collect();
        let webhooks: Vec<_> = names.iter().map(|name| trial.webhook(name)).collect();
        for webhook in webhooks {
            trial.in_state(webhook, State::Delivered);
            trial.clock.advance(HOUR / 2);
        }
        let ask = |ids: Option<Vec<String>>, hours| {
            let query = StatsQuery { webhook_ids: ids, hours, fields: None };
            fixture.sqlite_log().stats(&query, NOON + 6 * HOUR)
        };
        let all = ask(None, 24).unwrap();
        for ids in [&names[..1], &names[4..6], &names[..]] {
            let few = ask(Some(ids.to_vec()), 24).unwrap();
            assert_eq!(few.len(), ids.len());
            for id in ids {
                assert_eq!(few[id], all[id]);
                assert_eq!(few[id].hours.iter().map(|hour| hour.delivered).sum::<i64>(), 1);
                assert!(few[id].p50_ms.is_some());
            }
        }
        let many: Vec<_> = (0..5000).map(|number| format!("unknown-{number}")).collect();
        assert_eq!(ask(Some(many.clone()), 20).unwrap().len(), 5000);
        let error = ask(Some(many), 21).unwrap_err().to_string();
        assert_eq!(
            error,
            "reading the log: 21 hours of 5000 webhooks are more than 100000 hours in all: ask for \
             fewer hours (0: none), or name fewer webhooks (webhook_ids)"
        );
        // However many there are, without hours each has its counters.
        assert_eq!(ask(None, 0).unwrap()["webhook-3"].delivered, 1);
    }
}
