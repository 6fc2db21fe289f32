//! What has to be the same after each step.

use std::cmp::Reverse;

use super::query::read;
use super::{Pair, WEBHOOKS};
use crate::backfill::BackfillQuery;
use crate::log::{DeliveriesQuery, FailuresQuery, LogEngine, OverviewQuery, StatsQuery};
use domain::clock::Clock;
use domain::id::EventId;

/// Rows of a page, as many as there can be.
const PAGE: usize = 200;

impl Pair<'_> {
    /// Compares lists, counters and sums, of so many hours, and what is due next.
    pub(super) fn compare(&mut self, hours: u16) {
        let now = self.engine.clock.unix_ms();
        let (engine, model) = (&mut *self.engine_log, &mut *self.model_log);
        let all = DeliveriesQuery::default();
        assert_eq!(read(engine, &all, PAGE), read(model, &all, PAGE));
        let query = StatsQuery { hours, ..StatsQuery::default() };
        assert_eq!(engine.stats(&query, now).unwrap(), model.stats(&query, now).unwrap());
        let query = OverviewQuery { hours, ..OverviewQuery::default() };
        assert_eq!(engine.overview(&query, now).unwrap(), model.overview(&query, now).unwrap());
        // Those of one millisecond are in no order.
        let bulks = |log: &mut dyn LogEngine| {
            let mut all = log.bulks().unwrap();
            all.sort_by_key(|it| (Reverse(it.asked.clone()), it.id.clone()));
            all
        };
        assert_eq!(bulks(engine), bulks(model));
        let failures = |log: &mut dyn LogEngine| {
            let mut groups = log.failures(&FailuresQuery::default()).unwrap();
            groups.sort_by_key(|it| (it.webhook_id.clone(), it.code.clone(), it.status));
            groups
        };
        assert_eq!(failures(engine), failures(model));
        for (at, id) in WEBHOOKS.iter().enumerate() {
            for ordered in [false, true] {
                let key = self.engine_knows.keys[at];
                let found = self.engine.write(|t| t.next_due(key, ordered));
                let key = self.model_knows.keys[at];
                let expected = self.fixture.tables.lock().next_due(key, ordered);
                assert_eq!(found, expected, "{id} {ordered}");
            }
        }
    }

    /// Compares every delivery with its attempts, every event, and what each webhook has not had.
    pub(super) fn compare_details(&mut self) {
        let (engine, model) = (&mut *self.engine_log, &mut *self.model_log);
        for row in read(model, &DeliveriesQuery::default(), PAGE) {
            let detail = |log: &mut dyn LogEngine| {
                serde_json::to_value(log.delivery(&row.id).unwrap().unwrap()).unwrap()
            };
            assert_eq!(detail(engine), detail(model));
            let settled = |log: &mut dyn LogEngine, event: &EventId| {
                serde_json::to_value(log.settled(event).unwrap()).unwrap()
            };
            assert_eq!(settled(engine, &row.event_id), settled(model, &row.event_id));
        }
        for webhook_id in WEBHOOKS.iter().chain(&["nobody"]).map(|id| (*id).to_owned()) {
            for with_bodies in [false, true] {
                let query = BackfillQuery { webhook_id: webhook_id.clone(), ..Default::default() };
                let missed = |log: &mut dyn LogEngine| {
                    let wants = |event: &domain::event::Event| event.body.is_empty() != with_bodies;
                    log.missed(&query, with_bodies, &wants).unwrap()
                };
                assert_eq!(missed(engine), missed(model), "{webhook_id}");
            }
        }
    }
}
