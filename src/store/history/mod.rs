//! Random histories: an engine against a model that fits on two pages.
//!
//! Each step is one transaction, some of which fail at their end. After every history the whole
//! log, the counters and random queries have to be what the model says.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::bulk::{Action, Bulk};
use super::conformance::{
    DAY, Fixture, HOUR, NOON, Trial, attempt, claim, complete, event, ingest,
};
use super::log::{DeliveriesQuery, StatsQuery};
use super::*;
use domain::clock::{Clock, rfc3339};
use domain::event::{Event, Flags};
use domain::id::{DeliveryId, EventId};
use journal::Boot;

const WEBHOOKS: [&str; 3] = ["crm", "shop", "zap"];
const NAMES: [&str; 3] = ["payment_received", "account_created", "site_created"];

#[derive(Debug, Clone)]
pub(crate) enum Step {
    Add { webhooks: Vec<usize>, state: State, test: bool, name: usize, site: u64, delay: i64 },
    Claim { webhook: usize, limit: usize, ordered: bool },
    Try { webhook: usize, ordered: bool },
    Finish { which: prop::sample::Index, next: Next },
    Release { which: prop::sample::Index, delay: i64 },
    Change { webhook: Option<usize>, from: Vec<State>, to: State, since: Option<i64> },
    ChangeOne { which: prop::sample::Index, to: State },
    Bulk { asked: Asked, action: Action },
    Shift { by: i64 },
    Prune { bodies: i64, rows: i64 },
    Restart,
}

/// A delivery as it ought to be.
#[derive(Debug, Clone)]
struct Row {
    id: DeliveryId,
    event: EventId,
    name: usize,
    site: u64,
    webhook: usize,
    state: State,
    test: bool,
    created: i64,
    due: i64,
    settled: Option<i64>,
    attempts: u32,
    attempted: u32,
    body: bool,
    claim: Option<Claim>,
    /// Deaths of workers while it was under way, and while nothing else was.
    deaths: u32,
    alone: u32,
}

#[derive(Debug, Clone, Default)]
struct Model {
    rows: Vec<Row>,
    /// Delivered and failed by webhook and hour.
    counted: BTreeMap<(usize, i64), (i64, i64)>,
    last_id: u128,
    bulks: u32,
}

impl Model {
    fn settle(&mut self, at: usize, to: State, now: i64) {
        let row = &mut self.rows[at];
        row.state = to;
        row.claim = None;
        row.settled = (to.is_settled() && to != State::Held).then_some(now);
        let counted = self.counted.entry((row.webhook, now.div_euclid(HOUR))).or_default();
        match to {
            State::Delivered if !row.test => counted.0 += 1,
            State::Failed if !row.test => counted.1 += 1,
            _ => {}
        }
    }

    fn change(&mut self, at: usize, to: State, now: i64) -> bool {
        let row = &self.rows[at];
        let allowed = ![row.state, to].contains(&State::Delivering) && row.state.may_become(to);
        if !allowed || to == State::Pending && !row.body {
            return false;
        }
        self.settle(at, to, now);
        if to == State::Pending {
            let row = &mut self.rows[at];
            (row.due, row.attempts) = (now, 0);
            (row.deaths, row.alone) = (row.deaths.min(1), 0);
        }
        true
    }

    fn prune(&mut self, bodies_before: i64, rows_before: i64, now: i64) {
        let rows = self.rows.clone();
        let bodiless = |event| {
            rows.iter().filter(|row| row.event == event).all(|row| {
                matches!(row.state, State::Delivered | State::Cancelled | State::Skipped)
                    && row.created < bodies_before
                    && row.settled.is_some_and(|settled| settled < bodies_before)
            })
        };
        self.rows.iter_mut().for_each(|row| row.body &= !bodiless(row.event));
        let old = |row: &Row| row.created < rows_before;
        let gone = |row: &Row| old(row) && row.settled.is_some_and(|at| at < rows_before);
        self.rows.retain(|row| !gone(row));
        for at in 0..self.rows.len() {
            if old(&self.rows[at]) && self.rows[at].state == State::Held {
                self.settle(at, State::Expired, now);
            }
        }
    }

    /// Everything under way is a suspect from now on: how many, and what is deadly.
    fn after_a_death(&mut self) -> (u64, Vec<DeliveryId>) {
        let under_way = |row: &&mut Row| row.state == State::Delivering;
        let count = self.rows.iter_mut().filter(under_way).count();
        let mut deadly = Vec::new();
        for row in self.rows.iter_mut().filter(under_way) {
            row.deaths += 1;
            row.alone += u32::from(count == 1);
            if count == 1 && is_deadly(row.alone) {
                deadly.push(row.id);
            } else {
                (row.state, row.claim) = (State::Pending, None);
            }
        }
        ((count - deadly.len()) as u64, deadly)
    }

    /// What is pending, in the order in which it is claimed; `suspects` or the others.
    fn waiting(&self, webhook: usize, ordered: bool, suspects: bool) -> Vec<usize> {
        let mut waiting: Vec<_> = (0..self.rows.len())
            .filter(|at| self.rows[*at].webhook == webhook)
            .filter(|at| self.rows[*at].state == State::Pending)
            .collect();
        let is_suspect = |at: &usize| (self.rows[*at].deaths > 0) == suspects;
        if ordered {
            return waiting.into_iter().take_while(is_suspect).collect();
        }
        waiting.retain(is_suspect);
        waiting.sort_by_key(|at| (std::cmp::Reverse(self.rows[*at].deaths), self.rows[*at].due));
        waiting
    }
}

fn state() -> impl Strategy<Value = State> {
    prop::sample::select(&State::ALL[..])
}

fn step() -> impl Strategy<Value = Step> {
    let some = prop::collection::vec(0..3usize, 0..3);
    let first = prop::sample::select(vec![
        State::Pending,
        State::Pending,
        State::Pending,
        State::Held,
        State::Skipped,
        State::Failed,
    ]);
    let next = prop_oneof![
        3 => Just(Next::Delivered),
        2 => (0..2 * HOUR).prop_map(Next::Retry),
        1 => Just(Next::Failed),
        1 => Just(Next::Held),
        1 => Just(Next::Cancelled),
    ];
    let ago = 0..3 * DAY;
    let index = any::<prop::sample::Index>;
    prop_oneof![
        6 => (some, first, prop::bool::weighted(0.2), 0..3usize, 0..4u64, 0..HOUR).prop_map(
            |(webhooks, state, test, name, site, delay)| Step::Add {
                webhooks, state, test, name, site, delay
            }),
        6 => (0..3usize, 1..4usize, prop::bool::weighted(0.3))
            .prop_map(|(webhook, limit, ordered)| Step::Claim { webhook, limit, ordered }),
        3 => (0..3usize, prop::bool::weighted(0.3))
            .prop_map(|(webhook, ordered)| Step::Try { webhook, ordered }),
        6 => (index(), next).prop_map(|(which, next)| Step::Finish { which, next }),
        2 => (index(), 0..HOUR).prop_map(|(which, delay)| Step::Release { which, delay }),
        2 => (
            prop::option::of(0..3usize),
            prop::collection::vec(state(), 0..3),
            state(),
            prop::option::of(ago.clone()),
        ).prop_map(|(webhook, from, to, since)| Step::Change { webhook, from, to, since }),
        2 => (index(), state()).prop_map(|(which, to)| Step::ChangeOne { which, to }),
        2 => (asked(), prop::sample::select(vec![Action::Resend, Action::Cancel]))
            .prop_map(|(asked, action)| Step::Bulk { asked, action }),
        1 => (-HOUR..HOUR).prop_map(|by| Step::Shift { by }),
        1 => (ago.clone(), ago).prop_map(|(bodies, rows)| Step::Prune { bodies, rows }),
        1 => Just(Step::Restart),
    ]
}

/// A history of steps: how much time passes before each, and whether it fails at its end.
pub(crate) fn history() -> impl Strategy<Value = Vec<(Step, i64, bool)>> {
    let time = prop_oneof![3 => Just(0), 3 => 1..HOUR, 1 => HOUR..DAY];
    prop::collection::vec((step(), time, prop::bool::weighted(0.15)), 1..60)
}

/// Lives through a history and compares.
pub(crate) fn an_engine_does_what_the_model_does(
    fixture: &dyn Fixture,
    history: &[(Step, i64, bool)],
    queries: &[Asked],
) {
    let mut trial = Trial::new(fixture);
    let keys = WEBHOOKS.map(|id| trial.webhook(id));
    let mut model = Model::default();
    for (step, time, fails) in history {
        trial.clock.advance(*time);
        if matches!(step, Step::Restart) {
            drop(trial.store);
            trial.store = fixture.open();
            let loaded = trial.store.load().unwrap();
            let deadly = model.after_a_death();
            let found: Vec<_> = loaded.deadly.iter().map(|claim| claim.id).collect();
            assert_eq!((loaded.reclaimed, found), deadly);
            let suspects = |row: &Row| row.state == State::Pending && row.deaths > 0;
            assert_eq!(loaded.suspects, model.rows.iter().any(suspects));
            continue;
        }
        let before = model.clone();
        let now = trial.clock.unix_ms();
        let result = trial.store.transaction(&mut |t| {
            live(t, &mut model, step, keys, now)?;
            let reason = String::new();
            if *fails { Err(StoreError::Failed { action: "test", reason }) } else { Ok(()) }
        });
        assert_eq!(result.is_err(), *fails, "{result:?}");
        if *fails {
            // Only ids are used up: a worker never gives one twice either.
            model = Model { last_id: model.last_id, ..before };
        }
    }
    compare(&mut trial, &model, keys);
    for asked in queries {
        asked.compare(fixture, &model);
    }
}

fn live(
    t: &mut dyn Transaction,
    model: &mut Model,
    step: &Step,
    keys: [WebhookKey; 3],
    now: i64,
) -> Result<()> {
    let under_way: Vec<_> =
        (0..model.rows.len()).filter(|at| model.rows[*at].state == State::Delivering).collect();
    match step {
        Step::Add { webhooks, state, test, name, site, delay } => {
            let flags = if *test { Flags::TEST } else { Flags::default() };
            let event = Event { name: NAMES[*name].into(), site: *site, flags, ..event(now) };
            let mut deliveries = Vec::new();
            for webhook in webhooks {
                let new = u128::from_be_bytes(*DeliveryId::at(now).as_bytes());
                model.last_id = new.max(model.last_id + 1);
                let id = DeliveryId::from_bytes(model.last_id.to_be_bytes());
                let (due, key) = (now + delay, keys[*webhook]);
                let new = NewDelivery {
                    id,
                    webhook: key,
                    state: *state,
                    due,
                    reason: None,
                    failure: None,
                };
                deliveries.push(new);
                model.rows.push(Row {
                    id,
                    event: event.id,
                    name: *name,
                    site: *site,
                    webhook: *webhook,
                    state: State::Pending,
                    test: *test,
                    created: now,
                    due,
                    settled: None,
                    attempts: 0,
                    attempted: 0,
                    body: true,
                    claim: None,
                    deaths: 0,
                    alone: 0,
                });
                model.settle(model.rows.len() - 1, *state, now);
            }
            let terms = [term(&format!(" ORDER-{site} "))];
            assert!(ingest(t, &event, now, &terms, &deliveries)?);
        }
        Step::Claim { webhook, limit, ordered } => {
            let wanted = Wanted { webhook: keys[*webhook], limit: *limit, ordered: *ordered };
            let claims = claim(t, wanted, now)?;
            let waiting = model.waiting(*webhook, *ordered, false);
            let due: Vec<_> =
                waiting.into_iter().take_while(|at| model.rows[*at].due <= now).collect();
            assert_eq!(due.len().min(*limit), claims.len());
            let at = |claim: &Claim| due.iter().position(|at| model.rows[*at].id == claim.id);
            let places: Vec<_> = claims.iter().map(|claim| at(claim).expect("due")).collect();
            if *ordered {
                assert_eq!(places, (0..claims.len()).collect::<Vec<_>>());
            }
            // Sites take turns: of each, what is due first goes first.
            for place in &places {
                let site = model.rows[due[*place]].site;
                let earlier = (0..*place).filter(|before| model.rows[due[*before]].site == site);
                let is_earlier =
                    |before: &usize| model.rows[due[*before]].due < model.rows[due[*place]].due;
                assert!(earlier.filter(is_earlier).all(|before| places.contains(&before)));
            }
            for (at, claim) in places.into_iter().map(|place| due[place]).zip(claims) {
                let row = &mut model.rows[at];
                assert_eq!((row.id, row.attempts, row.due), (claim.id, claim.attempts, claim.due));
                assert_eq!((row.event, row.body), (claim.event.id, !claim.event.body.is_empty()));
                (row.state, row.claim) = (State::Delivering, Some(claim));
            }
        }
        Step::Try { webhook, ordered } => {
            let claim = t.claim_suspect(keys[*webhook], now, *ordered)?;
            let first = model.waiting(*webhook, *ordered, true).first().copied();
            let first = first.filter(|at| model.rows[*at].due <= now);
            assert_eq!(claim.as_ref().map(|claim| claim.id), first.map(|at| model.rows[at].id));
            if let Some(at) = first {
                let row = &mut model.rows[at];
                (row.state, row.claim) = (State::Delivering, claim);
            }
        }
        Step::Finish { which, next } if !under_way.is_empty() => {
            let at = *which.get(&under_way);
            let next = match next {
                Next::Retry(after) => Next::Retry(now + after),
                next => *next,
            };
            let claim = model.rows[at].claim.clone().unwrap();
            let attempt = attempt(now, next);
            complete(t, &claim, &attempt, None)?;
            let (to, due) = match next {
                Next::Delivered => (State::Delivered, None),
                Next::Retry(due) => (State::Pending, Some(due)),
                Next::Failed => (State::Failed, None),
                Next::Held => (State::Held, None),
                Next::Cancelled => (State::Cancelled, None),
            };
            // An attempt takes 1.5 ms, of which the clock shows one.
            model.settle(at, to, now + 1);
            let row = &mut model.rows[at];
            row.due = due.unwrap_or(row.due);
            (row.attempts, row.attempted) = (row.attempts + 1, row.attempted + 1);
            (row.deaths, row.alone) = (0, 0);
        }
        Step::Release { which, delay } if !under_way.is_empty() => {
            let row = &mut model.rows[*which.get(&under_way)];
            t.release(row.id, now + delay)?;
            (row.state, row.claim, row.due) = (State::Pending, None, now + delay);
        }
        Step::Change { webhook, from, to, since } => {
            let which = Selection {
                webhook: webhook.map(|at| WEBHOOKS[at].to_owned()),
                states: from.clone(),
                since: since.map(|ago| now - ago),
                ..Selection::default()
            };
            let selected: Vec<_> = (0..model.rows.len())
                .filter(|at| webhook.is_none_or(|webhook| model.rows[*at].webhook == webhook))
                .filter(|at| from.is_empty() || from.contains(&model.rows[*at].state))
                .filter(|at| which.since.is_none_or(|since| model.rows[*at].created >= since))
                .collect();
            let changed = selected.into_iter().filter(|at| model.change(*at, *to, now)).count();
            assert_eq!(t.change(&which, *to, now, None)?, changed as u64);
        }
        Step::ChangeOne { which, to } if !model.rows.is_empty() => {
            let at = which.index(model.rows.len());
            let which = Selection { ids: vec![model.rows[at].id], ..Selection::default() };
            let changed = model.change(at, *to, now);
            assert_eq!(t.change(&which, *to, now, None)?, u64::from(changed));
        }
        Step::Bulk { asked, action } => {
            let selected = (0..model.rows.len()).filter(|at| asked.selects(&model.rows[*at]));
            let selected: Vec<_> = selected.collect();
            model.bulks += 1;
            let bulk = Bulk {
                token: format!("bulk{}", model.bulks),
                action: *action,
                query: asked.query(),
                matched: selected.len() as u64,
            };
            t.begin_bulk(&bulk, now)?;
            t.begin_bulk(&bulk, now)?;
            let mut touched = Vec::new();
            loop {
                let step = t.step_bulk(now, asked.limit)?;
                touched.extend(step.webhooks);
                if !step.more {
                    break;
                }
            }
            let changed = selected.into_iter().filter(|at| model.change(*at, action.to(), now));
            let mut expected: Vec<_> = changed.collect();
            expected.sort_unstable();
            let mut expected: Vec<_> =
                expected.into_iter().map(|at| keys[model.rows[at].webhook]).collect();
            for list in [&mut touched, &mut expected] {
                list.sort_unstable();
                list.dedup();
            }
            assert_eq!(touched, expected, "{asked:?}");
        }
        Step::Shift { by } => {
            t.shift_due(*by, ClockReading { boot: Boot::default(), offset: 0 })?;
            // Whatever isn't pending gets a new due time before it is again.
            model.rows.iter_mut().for_each(|row| row.due += by);
        }
        Step::Prune { bodies, rows } => {
            while t.prune(now - bodies, now - rows, 100)? {}
            model.prune(now - bodies, now - rows, now);
        }
        Step::Finish { .. } | Step::Release { .. } | Step::ChangeOne { .. } | Step::Restart => {}
    }
    Ok(())
}

fn compare(trial: &mut Trial<'_>, model: &Model, keys: [WebhookKey; 3]) {
    let everything = Asked { limit: 7, ..Asked::default() };
    everything.compare(trial.fixture, model);
    let now = trial.clock.unix_ms();
    let query = StatsQuery { hours: 720, ..StatsQuery::default() };
    let stats = trial.fixture.log().stats(&query, now).unwrap();
    for (at, id) in WEBHOOKS.iter().enumerate() {
        let stats = &stats[*id];
        let count = |states: &[State]| {
            let of = |row: &&Row| row.webhook == at && !row.test && states.contains(&row.state);
            model.rows.iter().filter(of).count() as i64
        };
        assert_eq!(stats.pending, count(&[State::Pending, State::Delivering]), "{id} pending");
        assert_eq!(stats.held, count(&[State::Held]), "{id} held");
        let mut sum = (0, 0);
        for hour in &stats.hours {
            let at = domain::clock::parse_rfc3339(&hour.hour).map(|ms| (at, ms / HOUR)).unwrap();
            let counted = model.counted.get(&at).copied().unwrap_or_default();
            assert_eq!((hour.delivered, hour.failed), counted, "{id} {}", hour.hour);
            sum = (sum.0 + counted.0, sum.1 + counted.1);
        }
        assert_eq!((stats.delivered, stats.failed), sum, "{id} in all");
        for ordered in [false, true] {
            let due = model.waiting(at, ordered, false).first().map(|at| model.rows[*at].due);
            assert_eq!(trial.write(|t| t.next_due(keys[at], ordered)), due, "{id} {ordered}");
        }
    }
}

/// A query of the log.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    webhook: Option<usize>,
    name: Option<usize>,
    site: Option<u64>,
    states: Vec<State>,
    since: Option<i64>,
    until: Option<i64>,
    search: Option<u64>,
    test: Option<bool>,
    limit: usize,
}

pub(crate) fn asked() -> impl Strategy<Value = Asked> {
    let time = || prop::option::weighted(0.3, NOON..NOON + 5 * DAY);
    (
        prop::option::of(0..3usize),
        prop::option::of(0..3usize),
        prop::option::of(0..4u64),
        prop::collection::vec(state(), 0..3),
        (time(), time()),
        prop::option::weighted(0.2, 0..4u64),
        prop::option::weighted(0.2, any::<bool>()),
        1..5usize,
    )
        .prop_map(|(webhook, name, site, states, (since, until), search, test, limit)| Asked {
            webhook,
            name,
            site,
            states,
            since,
            until,
            search,
            test,
            limit,
        })
}

impl Asked {
    fn selects(&self, row: &Row) -> bool {
        self.webhook.is_none_or(|webhook| webhook == row.webhook)
            && self.name.is_none_or(|name| name == row.name)
            && self.site.is_none_or(|site| site == row.site)
            && (self.states.is_empty() || self.states.contains(&row.state))
            && self.since.is_none_or(|since| row.created >= since)
            && self.until.is_none_or(|until| row.created <= until)
            && self.search.is_none_or(|site| site == row.site)
            && self.test.is_none_or(|test| test == row.test)
    }

    fn query(&self) -> DeliveriesQuery {
        DeliveriesQuery {
            webhook_id: self.webhook.map(|at| WEBHOOKS[at].to_owned()),
            event: self.name.map(|at| NAMES[at].to_owned()),
            site_id: self.site.map(u64::cast_signed),
            state: self.states.clone(),
            since: self.since,
            until: self.until,
            search: self.search.map(|site| format!("order-{site}")),
            test: self.test,
            ..Default::default()
        }
    }

    /// Counts what it finds, and reads it page by page.
    fn compare(&self, fixture: &dyn Fixture, model: &Model) {
        let mut query = self.query();
        let mut log = fixture.log();
        let expected = model.rows.iter().rev().filter(|row| self.selects(row));
        assert_eq!(log.count_all(&query).unwrap(), expected.clone().count() as u64, "{self:?}");
        let up_to_two = expected.clone().count().min(2) as u64;
        assert_eq!(log.count_up_to(&query, 2).unwrap(), up_to_two, "{self:?}");
        for action in [Action::Resend, Action::Cancel] {
            let to = action.to();
            let possible = |row: &&Row| {
                row.state != State::Delivering
                    && row.state.may_become(to)
                    && (to != State::Pending || row.body)
            };
            let expected = expected.clone().filter(possible).count();
            assert_eq!(log.count_for(&query, action).unwrap(), expected as u64, "{self:?}");
        }
        query.limit = Some(self.limit);
        let mut shown = Vec::new();
        loop {
            let page = log.deliveries(&query).unwrap();
            assert!(page.deliveries.len() <= self.limit);
            shown.extend(page.deliveries);
            let Some(cursor) = page.cursor else { break };
            query = serde_json::from_value(serde_json::json!({ "cursor": cursor }))
                .map(|next: DeliveriesQuery| DeliveriesQuery { cursor: next.cursor, ..query })
                .unwrap();
        }
        let expected: Vec<_> = expected.collect();
        assert_eq!(shown.len(), expected.len(), "{self:?}");
        for (shown, row) in shown.iter().zip(expected) {
            assert_eq!((shown.id, shown.state), (row.id, row.state), "{self:?}");
            assert_eq!((shown.event_id, shown.event.as_str()), (row.event, NAMES[row.name]));
            assert_eq!((shown.attempts, shown.test), (row.attempted, row.test));
            assert_eq!(shown.settled, row.settled.map(rfc3339), "{row:?}");
            let due = (row.state == State::Pending).then(|| rfc3339(row.due));
            assert_eq!(shown.due, due, "{row:?}");
            assert_eq!(shown.created, rfc3339(row.created));
        }
    }
}
