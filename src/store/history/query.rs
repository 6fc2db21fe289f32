//! Random queries of the log, of which an engine has to find what the model finds.

use proptest::prelude::*;

use super::step::state;
use super::{NAMES, WEBHOOKS};
use crate::State;
use crate::bulk::Action;
use crate::conformance::{DAY, NOON};
use crate::log::{DeliveriesQuery, DeliveryRow, LogEngine};

/// A query of the log.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    webhook: Option<usize>,
    name: Option<usize>,
    site: Option<u64>,
    failure: Option<bool>,
    states: Vec<State>,
    since: Option<i64>,
    until: Option<i64>,
    search: Option<u64>,
    test: Option<bool>,
    pub(super) limit: usize,
}

pub(crate) fn asked() -> impl Strategy<Value = Asked> {
    let time = || prop::option::weighted(0.3, NOON..NOON + 5 * DAY);
    (
        prop::option::of(0..3usize),
        prop::option::of(0..3usize),
        prop::option::of(0..4u64),
        prop::option::weighted(0.2, any::<bool>()),
        prop::collection::vec(state(), 0..3),
        (time(), time()),
        prop::option::weighted(0.2, 0..4u64),
        prop::option::weighted(0.2, any::<bool>()),
        1..5usize,
    )
        .prop_map(
            |(webhook, name, site, failure, states, (since, until), search, test, limit)| Asked {
                webhook,
                name,
                site,
                failure,
                states,
                since,
                until,
                search,
                test,
                limit,
            },
        )
}

impl Asked {
    /// As the log takes it.
    pub(super) fn query(&self) -> DeliveriesQuery {
        DeliveriesQuery {
            webhook_id: self.webhook.map(|at| WEBHOOKS[at].to_owned()),
            event: self.name.map(|at| NAMES[at].to_owned()),
            site_id: self.site.map(u64::cast_signed),
            failure: self.failure.map(|_| "status".to_owned()),
            status: self.failure.map(|status| if status { 500 } else { 0 }),
            state: self.states.clone(),
            since: self.since,
            until: self.until,
            search: self.search.map(|site| format!("order-{site}")),
            test: self.test,
            ..Default::default()
        }
    }

    /// Both logs count the same, and give the same page by page.
    pub(super) fn compare(&self, engine: &mut dyn LogEngine, model: &mut dyn LogEngine) {
        let query = self.query();
        let count = model.count_all(&query).unwrap();
        assert_eq!(engine.count_all(&query).unwrap(), count, "{self:?}");
        assert_eq!(engine.count_up_to(&query, 2).unwrap(), count.min(2), "{self:?}");
        for most in [2, 1_000] {
            let by_state = engine.count_by_state(&query, most).unwrap();
            assert_eq!(by_state, model.count_by_state(&query, most).unwrap(), "{self:?} {most}");
        }
        for action in [Action::Resend, Action::Cancel] {
            let expected = model.count_for(&query, action).unwrap();
            assert_eq!(engine.count_for(&query, action).unwrap(), expected, "{self:?} {action:?}");
        }
        let shown = read(engine, &query, self.limit);
        assert_eq!(shown, read(model, &query, self.limit), "{self:?}");
        assert_eq!(shown.len() as u64, count, "{self:?}");
    }
}

/// All that a query finds, in pages of so many.
pub(super) fn read(
    log: &mut dyn LogEngine,
    query: &DeliveriesQuery,
    limit: usize,
) -> Vec<DeliveryRow> {
    let mut query = DeliveriesQuery { limit: Some(limit), ..query.clone() };
    let mut shown = Vec::new();
    loop {
        let page = log.deliveries(&query).unwrap();
        assert!(page.deliveries.len() <= limit);
        shown.extend(page.deliveries);
        let Some(cursor) = page.cursor else { return shown };
        query = serde_json::from_value(serde_json::json!({ "cursor": cursor }))
            .map(|next: DeliveriesQuery| DeliveriesQuery { cursor: next.cursor, ..query })
            .unwrap();
    }
}
