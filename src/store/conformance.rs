//! What every engine has to do, whichever it is.
//!
//! An engine's own tests give a [`Fixture`] to [`suite!`](suite); each sentence below then is a
//! test of that engine. What was written is looked at through the engine's reading side.

use std::sync::Arc;

use super::bulk::{Action, Bulk, BulkStep};
use super::log::{DeliveriesQuery, DeliveryDetail, Log, StatsQuery, WebhookStats};
use super::*;
use crate::attempt::Remark;
use crate::clock::{Clock, ManualClock};
use crate::event::Flags;

/// 2026-11-20T10:00:00Z.
pub(crate) const NOON: i64 = 1_795_168_800_000;
pub(crate) const HOUR: i64 = 3_600_000;
pub(crate) const DAY: i64 = 24 * HOUR;

/// An engine with an empty store and a clock that the test moves.
pub(crate) trait Fixture {
    /// Opens the writing side, as a worker that starts does.
    fn open(&self) -> Box<dyn Store> {
        self.open_as(&Origin { spool: SpoolId([5; 16]), server: "web1".into() })
    }
    /// Opens it for this worker.
    fn open_as(&self, origin: &Origin) -> Box<dyn Store>;
    /// Opens the reading side.
    fn log(&self) -> Log;
    fn clock(&self) -> Arc<ManualClock>;
}

/// One test for each sentence of the suite.
macro_rules! suite {
    ($fixture:expr, $($sentence:ident),+ $(,)?) => {
        $(#[test] fn $sentence() { $crate::store::conformance::$sentence(&$fixture); })+
    };
}
/// The whole suite, for the engine that `$fixture` makes.
macro_rules! conformance {
    ($fixture:expr) => {
        $crate::store::conformance::suite!(
            $fixture,
            an_event_goes_in_once,
            a_failed_transaction_leaves_nothing,
            due_deliveries_are_claimed_earliest_first_and_once,
            sites_take_turns_at_a_webhook,
            an_ordered_webhook_waits_for_its_first_delivery,
            webhooks_share_the_body_of_an_event,
            a_released_delivery_has_made_no_attempt,
            an_attempt_moves_and_counts_its_delivery,
            a_retry_sends_the_same_bytes,
            an_attempt_of_what_is_not_under_way_is_lost,
            tests_are_not_counted,
            what_a_dead_worker_had_claimed_is_pending_again,
            only_allowed_transitions_happen,
            a_change_is_for_what_was_selected,
            a_whole_result_is_changed_in_steps,
            a_whole_result_goes_on_where_a_dead_worker_left_it,
            what_fails_is_grouped_by_cause,
            a_resent_delivery_starts_its_schedule_anew,
            what_has_no_body_is_not_sent_again,
            a_jump_of_the_clock_moves_everything_pending,
            health_positions_and_announcements_are_kept,
            bodies_and_rows_go_when_they_are_old,
            what_was_held_for_too_long_expires,
            an_attempt_says_where_it_went_and_who_made_it,
            percentiles_are_those_of_the_hours_asked_for,
            an_idempotency_key_is_spent_for_three_years_after_its_event,
            positions_belong_to_a_spool,
            many_that_were_under_way_at_deaths_are_only_tried_again,
            one_that_was_alone_under_way_at_two_deaths_is_deadly,
            an_ordered_webhook_waits_for_the_trial_of_its_first_delivery,
            a_suspect_that_was_tried_is_none_any_more,
            a_worker_that_leaves_leaves_no_suspects,
            deaths_are_counted_by_the_hour,
            what_was_delivered_goes_first_when_there_is_no_room,
        );
    };
}
pub(crate) use {conformance, suite};

/// A store in which to try something, with short words for what the tests do all the time.
pub(crate) struct Trial<'f> {
    pub(crate) fixture: &'f dyn Fixture,
    pub(crate) store: Box<dyn Store>,
    pub(crate) clock: Arc<ManualClock>,
}

impl<'f> Trial<'f> {
    pub(crate) fn new(fixture: &'f dyn Fixture) -> Self {
        Self { fixture, store: fixture.open(), clock: fixture.clock() }
    }

    /// Runs `work` in a transaction that has to succeed.
    pub(crate) fn write<T>(
        &mut self,
        mut work: impl FnMut(&mut dyn Transaction) -> Result<T>,
    ) -> T {
        let mut out = None;
        self.store
            .transaction(&mut |transaction| {
                out = Some(work(transaction)?);
                Ok(())
            })
            .unwrap();
        out.unwrap()
    }

    pub(crate) fn webhook(&mut self, id: &str) -> WebhookKey {
        self.write(|t| t.webhook(id))
    }

    /// Adds an event with one delivery to each webhook, in `state` and due now.
    pub(crate) fn add(
        &mut self,
        event: &Event,
        to: &[WebhookKey],
        state: State,
    ) -> Vec<DeliveryId> {
        let now = self.clock.unix_ms();
        self.write(|t| {
            assert!(t.insert_event(event, now, &[])?);
            let mut ids = Vec::new();
            for webhook in to {
                let id = DeliveryId::at(now);
                let reason = (state == State::Held).then(|| "paused".to_owned());
                let delivery =
                    NewDelivery { id, webhook: *webhook, state, due: now, reason, failure: None };
                t.insert_delivery(event.id, &delivery)?;
                ids.push(id);
            }
            Ok(ids)
        })
    }

    pub(crate) fn claim(&mut self, webhook: WebhookKey, limit: usize) -> Vec<Claim> {
        let now = self.clock.unix_ms();
        self.write(|t| {
            let mut claims = Vec::new();
            t.claim(webhook, now, limit, false, &mut claims)?;
            Ok(claims)
        })
    }

    pub(crate) fn claim_suspect(&mut self, webhook: WebhookKey) -> Option<Claim> {
        let now = self.clock.unix_ms();
        self.write(|t| t.claim_suspect(webhook, now, false))
    }

    /// The worker dies, and another one comes: what it finds.
    pub(crate) fn die(&mut self) -> Loaded {
        self.store = self.fixture.open();
        self.store.load().unwrap()
    }

    pub(crate) fn record(&mut self, claim: &Claim, next: Next) {
        let attempt = attempt(self.clock.unix_ms(), next);
        self.write(|t| t.record_attempt(claim, &attempt, None));
    }

    pub(crate) fn change(&mut self, which: &Selection, to: State) -> u64 {
        let due = self.clock.unix_ms();
        let expected = self.fixture.log().count(which, to).unwrap();
        let changed = self.write(|t| t.change(which, to, due, Some("asked")));
        assert_eq!(changed, expected, "what was counted is what was changed");
        changed
    }

    /// A delivery as the log shows it.
    pub(crate) fn shown(&self, id: DeliveryId) -> DeliveryDetail {
        self.fixture.log().delivery(&id).unwrap().unwrap()
    }

    pub(crate) fn state(&self, id: DeliveryId) -> State {
        self.shown(id).delivery.state
    }

    pub(crate) fn stats(&self, webhook: &str) -> WebhookStats {
        let now = self.clock.unix_ms();
        let query = StatsQuery::default();
        self.fixture.log().stats(&query, now).unwrap().remove(webhook).unwrap()
    }

    /// Prunes until nothing more can be, one thing at a time.
    pub(crate) fn prune(&mut self, bodies_before: i64, rows_before: i64) {
        while self.write(|t| t.prune(bodies_before, rows_before, 1)) {}
    }

    /// A new delivery that went to `state` by the ways there are.
    fn in_state(&mut self, webhook: WebhookKey, state: State) -> DeliveryId {
        let event = event(self.clock.unix_ms());
        let next = match state {
            State::Pending | State::Held | State::Skipped => {
                return self.add(&event, &[webhook], state)[0];
            }
            State::Expired => {
                let id = self.add(&event, &[webhook], State::Held)[0];
                self.clock.advance(1);
                let now = self.clock.unix_ms();
                self.prune(0, now);
                return id;
            }
            State::Delivering => None,
            State::Delivered => Some(Next::Delivered),
            State::Failed => Some(Next::Failed),
            State::Cancelled => Some(Next::Cancelled),
        };
        let id = self.add(&event, &[webhook], State::Pending)[0];
        let claim = self.claim(webhook, 1).remove(0);
        assert_eq!(claim.id, id);
        if let Some(next) = next {
            self.record(&claim, next);
        }
        id
    }
}

pub(crate) fn event(now: i64) -> Event {
    let body = br#"{"type":"payment_received","data":{"a":1}}"#;
    Event {
        id: EventId::at(now),
        name: "payment_received".into(),
        timestamp: now,
        network: 1,
        site: 3,
        source: "woocommerce".into(),
        flags: Flags::default(),
        revision: 7,
        body: Arc::from(&body[..]),
        data: 34..41,
    }
}

pub(crate) fn attempt(now: i64, next: Next) -> Attempt {
    let failure = match next {
        Next::Delivered => None,
        _ => Some(Failure {
            phase: Phase::RecvResponse,
            code: "status".into(),
            message: "the endpoint answered 500".into(),
        }),
    };
    Attempt {
        started: now,
        duration_us: 1_500,
        url: Some("https://crm.example/hook".into()),
        address: Some("203.0.113.7:443".into()),
        status: Some(if failure.is_none() { 204 } else { 500 }),
        failure,
        remark: None,
        response_headers: vec![("server".into(), "nginx".into())],
        response_body: vec![0xff, 0, b'a'],
        request_body: None,
        request_headers: vec![("content-type".into(), "application/json".into())],
        reconnected: false,
        waited_for: None,
        next,
    }
}

pub(crate) fn an_event_goes_in_once(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let webhook = trial.webhook("crm");
    let event = event(NOON);
    let id = trial.add(&event, &[webhook], State::Pending)[0];
    assert!(!trial.write(|t| t.insert_event(&event, NOON + 1, &[])));
    // A later transaction can still add to it.
    let second = DeliveryId::at(NOON);
    trial.write(|t| {
        let webhook = t.webhook("shop")?;
        let state = State::Pending;
        let new =
            NewDelivery { id: second, webhook, state, due: NOON, reason: None, failure: None };
        t.insert_delivery(event.id, &new)
    });
    let query = DeliveriesQuery { event_id: Some(event.id), ..Default::default() };
    let page = fixture.log().deliveries(&query).unwrap();
    let ids: Vec<_> = page.deliveries.iter().map(|delivery| delivery.id).collect();
    assert_eq!(ids, [second, id]);
    let claim = trial.claim(webhook, 9).remove(0);
    assert_eq!((*claim.event).clone(), event);
}

pub(crate) fn a_failed_transaction_leaves_nothing(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let kept = trial.webhook("kept");
    let before = trial.add(&event(NOON), &[kept], State::Pending)[0];
    let claim = trial.claim(kept, 1).remove(0);
    let lost = event(NOON);
    let segment = SegmentId([7; 16]);
    let error = trial.store.transaction(&mut |t| {
        let webhook = t.webhook("lost")?;
        t.insert_event(&lost, NOON, &[term("lost")])?;
        let (id, state) = (DeliveryId::at(NOON), State::Pending);
        t.insert_delivery(
            lost.id,
            &NewDelivery { id, webhook, state, due: NOON, reason: None, failure: None },
        )?;
        t.record_attempt(&claim, &attempt(NOON, Next::Delivered), None).map(drop)?;
        t.set_position(segment, 99)?;
        t.shift_due(5, ClockReading { boot: Boot::default(), offset: 5 })?;
        t.insert_delivery(
            event(NOON).id,
            &NewDelivery { id, webhook, state, due: NOON, reason: None, failure: None },
        )
    });
    assert!(error.unwrap_err().to_string().contains("there is no event"));

    assert_eq!(trial.state(before), State::Delivering);
    assert_eq!(trial.stats("kept").delivered, 0);
    let mut log = fixture.log();
    let stats = log.stats(&StatsQuery::default(), NOON).unwrap();
    assert_eq!(stats.keys().collect::<Vec<_>>(), ["kept"]);
    let found = log.deliveries(&DeliveriesQuery::default()).unwrap();
    assert_eq!(found.deliveries.len(), 1);
    assert!(trial.store.load().unwrap().positions.is_empty());
    // What was kept in memory is as it was, too: the same can now succeed.
    let webhook = trial.webhook("lost");
    assert_ne!(webhook, kept);
    let id = trial.add(&lost, &[webhook], State::Pending)[0];
    assert_eq!(trial.claim(webhook, 9)[0].id, id);
}

pub(crate) fn sites_take_turns_at_a_webhook(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let webhook = trial.webhook("crm");
    let add = |trial: &mut Trial<'_>, site, delay| {
        let event = Event { site, ..event(NOON) };
        trial.clock.jump(delay);
        let id = trial.add(&event, &[webhook], State::Pending)[0];
        trial.clock.jump(-delay);
        id
    };
    let import: Vec<_> = (0..200).map(|_| add(&mut trial, 7, 0)).collect();
    let payments = [3, 9, 9].map(|site| add(&mut trial, site, 0));
    // Whatever is due later has no turn yet.
    (20..60).for_each(|site| drop(add(&mut trial, site, 60_000).to_string()));
    let claimed = |trial: &mut Trial<'_>, limit| {
        trial.claim(webhook, limit).iter().map(|claim| claim.id).collect::<Vec<_>>()
    };
    assert_eq!(claimed(&mut trial, 4), [payments[0], import[0], payments[1], import[1]]);
    // One at a time they come round as well.
    let next: Vec<_> = (0..3).flat_map(|_| claimed(&mut trial, 1)).collect();
    assert_eq!(next, [import[2], payments[2], import[3]]);
    assert_eq!(claimed(&mut trial, 500), import[4..]);
    assert_eq!(trial.claim(webhook, 1).len(), 0);
}

pub(crate) fn due_deliveries_are_claimed_earliest_first_and_once(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let (webhook, other) = (trial.webhook("crm"), trial.webhook("other"));
    let mut ids = Vec::new();
    for due in [NOON + 2, NOON + 1, NOON + 9, NOON] {
        trial.clock.jump(due - trial.clock.unix_ms());
        ids.push(trial.add(&event(NOON), &[webhook], State::Pending)[0]);
    }
    let elsewhere = trial.add(&event(NOON), &[other], State::Pending)[0];
    trial.clock.jump(NOON + 3 - trial.clock.unix_ms());
    let claimed: Vec<_> = trial.claim(webhook, 2).iter().map(|claim| claim.id).collect();
    assert_eq!(claimed, [ids[3], ids[1]]);
    let claims = trial.claim(webhook, 9);
    assert_eq!(claims.iter().map(|claim| claim.id).collect::<Vec<_>>(), [ids[0]]);
    assert_eq!((claims[0].due, claims[0].attempts), (NOON + 2, 0));
    assert_eq!(trial.write(|t| t.next_due(webhook, false)), Some(NOON + 9));
    assert_eq!(trial.write(|t| t.next_due(other, false)), Some(NOON));
    assert_eq!(trial.state(elsewhere), State::Pending);
    trial.clock.advance(9);
    assert_eq!(trial.claim(webhook, 9)[0].id, ids[2]);
    assert_eq!(trial.write(|t| t.next_due(webhook, false)), None);
}

pub(crate) fn an_ordered_webhook_waits_for_its_first_delivery(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let webhook = trial.webhook("crm");
    let ids: Vec<_> =
        (0..3).map(|_| trial.add(&event(NOON), &[webhook], State::Pending)[0]).collect();
    let claim = |trial: &mut Trial<'_>| {
        let now = trial.clock.unix_ms();
        trial.write(|t| {
            let mut claims = Vec::new();
            t.claim(webhook, now, 2, true, &mut claims)?;
            Ok(claims)
        })
    };
    let claims = claim(&mut trial);
    assert_eq!(claims.iter().map(|claim| claim.id).collect::<Vec<_>>(), ids[..2]);
    trial.write(|t| t.release(claims[1].id, NOON));
    trial.record(&claims[0], Next::Retry(NOON + 5000));
    assert!(claim(&mut trial).is_empty());
    assert_eq!(trial.write(|t| t.next_due(webhook, true)), Some(NOON + 5000));
    assert_eq!(trial.write(|t| t.next_due(webhook, false)), Some(NOON));
    trial.clock.advance(5000);
    let claims = claim(&mut trial);
    assert_eq!(claims.iter().map(|claim| claim.id).collect::<Vec<_>>(), ids[..2]);
    assert_eq!(claims[0].attempts, 1);
}

pub(crate) fn webhooks_share_the_body_of_an_event(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let webhooks = [trial.webhook("one"), trial.webhook("two")];
    trial.add(&event(NOON), &webhooks, State::Pending);
    let claims = trial.write(|t| {
        let mut claims = Vec::new();
        for webhook in webhooks {
            t.claim(webhook, NOON, 9, false, &mut claims)?;
        }
        Ok(claims)
    });
    assert!(Arc::ptr_eq(&claims[0].event, &claims[1].event));
    assert_eq!(claims[0].event.data(), br#"{"a":1}"#);
}

pub(crate) fn a_released_delivery_has_made_no_attempt(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let webhook = trial.webhook("crm");
    let id = trial.add(&event(NOON), &[webhook], State::Pending)[0];
    trial.claim(webhook, 1);
    trial.write(|t| t.release(id, NOON + 7));
    assert!(trial.claim(webhook, 1).is_empty());
    trial.clock.advance(7);
    assert_eq!(trial.claim(webhook, 1)[0].attempts, 0);
    let shown = trial.shown(id);
    assert_eq!((shown.delivery.attempts, shown.attempts_made.len()), (0, 0));
    assert_eq!(trial.stats("crm").pending, 1);
}

pub(crate) fn an_attempt_moves_and_counts_its_delivery(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let webhook = trial.webhook("crm");
    for (next, state) in [
        (Next::Delivered, State::Delivered),
        (Next::Failed, State::Failed),
        (Next::Held, State::Held),
        (Next::Cancelled, State::Cancelled),
        (Next::Retry(NOON + HOUR), State::Pending),
    ] {
        let id = trial.add(&event(NOON), &[webhook], State::Pending)[0];
        let claim = trial.claim(webhook, 1).remove(0);
        trial.record(&claim, next);
        let shown = trial.shown(id).delivery;
        assert_eq!(shown.state, state, "{next:?}");
        assert_eq!(shown.settled.is_some(), state.is_settled() && state != State::Held);
        assert_eq!(shown.due.is_some(), state == State::Pending);
        assert_eq!((shown.attempts, shown.duration_ms), (1, Some(1.5)));
    }
    let stats = trial.stats("crm");
    assert_eq!((stats.delivered, stats.failed, stats.pending, stats.held), (1, 1, 1, 1));
    let hour = stats.hours.last().unwrap();
    assert_eq!((stats.hours.len(), hour.delivered, hour.failed), (24, 1, 1));
    assert_eq!(hour.hour, "2026-11-20T10:00:00.000Z");
    assert_eq!(stats.last_attempt.as_deref(), Some("2026-11-20T10:00:00.001Z"));
    assert_eq!(stats.last_success, stats.last_attempt);
}

pub(crate) fn a_retry_sends_the_same_bytes(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let webhook = trial.webhook("crm");
    let id = trial.add(&event(NOON), &[webhook], State::Pending)[0];
    let claim = trial.claim(webhook, 1).remove(0);
    assert_eq!(claim.request_body, None);
    let attempt = Attempt {
        request_body: Some(b"a=1".to_vec()),
        request_headers: vec![("Content-Type".into(), "text/plain".into())],
        ..attempt(NOON, Next::Retry(NOON))
    };
    trial.write(|t| t.record_attempt(&claim, &attempt, None));
    let claim = trial.claim(webhook, 1).remove(0);
    assert_eq!((claim.attempts, claim.request_body.as_deref()), (1, Some(&b"a=1"[..])));
    let shown = trial.shown(id);
    assert_eq!(
        (shown.body.unwrap().0, shown.content_type.as_str()),
        (b"a=1".to_vec(), "text/plain")
    );
    assert_eq!(shown.attempts_made[0].response_body.0, [0xff, 0, b'a']);
    assert_eq!((shown.attempts_made[0].number, shown.attempts_made[0].next), (1, "retry"));
    assert_eq!(shown.attempts_made[0].failure.as_ref().unwrap().phase, Phase::RecvResponse);
}

pub(crate) fn an_attempt_of_what_is_not_under_way_is_lost(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let webhook = trial.webhook("crm");
    trial.add(&event(NOON), &[webhook], State::Pending);
    let claim = trial.claim(webhook, 1).remove(0);
    trial.record(&claim, Next::Delivered);
    let again = attempt(NOON, Next::Failed);
    assert_eq!(trial.write(|t| t.record_attempt(&claim, &again, None)), Written::Lost);
    assert_eq!(trial.write(|t| t.release(claim.id, NOON)), Written::Lost);
    let foreign = Claim { id: DeliveryId::at(NOON), ..claim.clone() };
    assert_eq!(trial.write(|t| t.record_attempt(&foreign, &again, None)), Written::Lost);
    assert_eq!(trial.state(claim.id), State::Delivered);
    assert_eq!(trial.shown(claim.id).attempts_made.len(), 1);
    assert_eq!(trial.stats("crm").failed, 0);
}

pub(crate) fn tests_are_not_counted(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let webhook = trial.webhook("crm");
    let test = Event { flags: Flags::TEST, ..event(NOON) };
    let id = trial.add(&test, &[webhook], State::Pending)[0];
    let claim = trial.claim(webhook, 1).remove(0);
    trial.record(&claim, Next::Delivered);
    trial.change(&Selection { ids: vec![id], ..Default::default() }, State::Pending);
    let claim = trial.claim(webhook, 1).remove(0);
    trial.record(&claim, Next::Failed);
    let none = StatsQuery { webhook_ids: Some(vec!["none".into()]), ..Default::default() };
    let none = fixture.log().stats(&none, NOON).unwrap().remove("none").unwrap();
    assert_eq!(trial.stats("crm"), none);
    assert!(trial.shown(id).delivery.test);
}

pub(crate) fn what_a_dead_worker_had_claimed_is_pending_again(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let webhooks = [trial.webhook("one"), trial.webhook("two"), trial.webhook("idle")];
    let ids = trial.add(&event(NOON), &webhooks[..2], State::Pending);
    trial.claim(webhooks[0], 1);
    drop(trial);
    let mut trial = Trial::new(fixture);
    let loaded = trial.store.load().unwrap();
    assert_eq!((loaded.reclaimed, loaded.suspects, loaded.deadly.len()), (1, true, 0));
    assert_eq!(trial.state(ids[0]), State::Pending);
    let mut known: Vec<_> = loaded.webhooks.iter().map(|w| (w.id.as_str(), w.next_due)).collect();
    known.sort_unstable();
    // A suspect is for those who try it alone.
    assert_eq!(known, [("idle", None), ("one", None), ("two", Some(NOON))]);
    assert!(trial.claim(webhooks[0], 1).is_empty());
    assert_eq!(trial.claim_suspect(webhooks[0]).map(|claim| claim.id), Some(ids[0]));
    assert_eq!(trial.claim(webhooks[1], 1)[0].id, ids[1]);
}

pub(crate) fn only_allowed_transitions_happen(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    for (number, (from, to)) in
        State::ALL.iter().flat_map(|from| State::ALL.map(|to| (*from, to))).enumerate()
    {
        let name = format!("webhook{number}");
        let webhook = trial.webhook(&name);
        let id = trial.in_state(webhook, from);
        // Counters tell of what changed; the way here has counted already.
        let before = trial.stats(&name);
        let which = Selection { ids: vec![id], ..Default::default() };
        let by_webhook = Selection { webhook: Some(name.clone()), ..Default::default() };
        let which = if number % 2 == 0 { which } else { by_webhook };
        let changed = trial.change(&which, to);
        let allowed = from.may_become(to) && ![from, to].contains(&State::Delivering);
        assert_eq!(changed, u64::from(allowed), "{from} to {to}");
        assert_eq!(trial.state(id), if allowed { to } else { from }, "{from} to {to}");
        let after = trial.stats(&name);
        let waits = |state| i64::from(matches!(state, State::Pending | State::Delivering));
        let end = if allowed { to } else { from };
        assert_eq!(after.pending, waits(end), "{from} to {to}");
        assert_eq!(after.held, i64::from(end == State::Held), "{from} to {to}");
        let failed = i64::from(allowed && to == State::Failed);
        assert_eq!(after.failed, before.failed + failed, "{from} to {to}");
    }
}

pub(crate) fn a_change_is_for_what_was_selected(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let (one, two) = (trial.webhook("one"), trial.webhook("two"));
    let old = trial.add(&event(NOON), &[one, two], State::Held);
    trial.clock.advance(HOUR);
    let new = trial.add(&event(NOON), &[one, two], State::Held);
    let all = Selection::default();
    let missing = Selection { webhook: Some("missing".into()), ..all.clone() };
    assert_eq!(trial.change(&missing, State::Pending), 0);
    let reason = Selection { reason: Some("disabled".into()), ..all.clone() };
    assert_eq!(trial.change(&reason, State::Pending), 0);
    let others = Selection { except: vec!["paused".into()], ..all.clone() };
    assert_eq!(trial.change(&others, State::Pending), 0);
    let both = Selection { webhook: Some("two".into()), ids: vec![new[0]], ..all.clone() };
    assert_eq!(trial.change(&both, State::Pending), 0);
    let since = Selection { since: Some(NOON + HOUR), webhook: Some("one".into()), ..all.clone() };
    assert_eq!(trial.change(&since, State::Pending), 1);
    assert_eq!(trial.state(new[0]), State::Pending);
    let paused = Selection { reason: Some("paused".into()), ..all.clone() };
    assert_eq!(trial.change(&paused, State::Cancelled), 3);
    assert_eq!(trial.state(old[1]), State::Cancelled);
    let asked = trial.shown(old[0]).delivery;
    assert_eq!((asked.state, asked.reason.as_deref()), (State::Cancelled, Some("asked")));
    let states = Selection { states: vec![State::Failed, State::Cancelled], ..all };
    assert_eq!(trial.change(&states, State::Pending), 3);
    assert_eq!(trial.stats("two").pending, 2);
}

/// A change of a whole result; the token is the query's own.
fn bulk(action: Action, query: serde_json::Value) -> Bulk {
    let token = format!("{action:?} {query}");
    Bulk { token, action, query: serde_json::from_value(query).unwrap(), matched: 7 }
}

pub(crate) fn a_whole_result_is_changed_in_steps(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let (one, two) = (trial.webhook("one"), trial.webhook("two"));
    assert_eq!(trial.write(|t| t.step_bulk(NOON, 1)), BulkStep::default());
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(trial.add(&event(NOON), &[one, two], State::Held));
        trial.clock.advance(1);
    }
    let resend = bulk(Action::Resend, serde_json::json!({ "webhook_id": "one" }));
    trial.write(|t| t.begin_bulk(&resend, NOON));
    // What comes later is none of it.
    let later = trial.add(&event(NOON), &[one], State::Held)[0];
    trial.clock.advance(HOUR);
    let now = trial.clock.unix_ms();
    let cancel = bulk(
        Action::Cancel,
        serde_json::json!({ "state": ["held"], "since": "2026-11-20T10:00:00Z" }),
    );
    trial.write(|t| t.begin_bulk(&cancel, now));

    let expected = BulkStep { webhooks: vec![one], more: true };
    assert_eq!(trial.write(|t| t.step_bulk(now, 2)), expected);
    assert_eq!(
        [0, 1, 2].map(|at| trial.state(held[at][0])),
        [State::Pending, State::Pending, State::Held]
    );
    let [cancel_row, resend_row] = &trial.fixture.log().bulks().unwrap()[..] else { panic!() };
    assert_eq!((resend_row.matched, resend_row.changed, &resend_row.ended), (7, 2, &None));
    assert_eq!(resend_row.query, serde_json::json!({ "webhook_id": "one" }));
    assert_eq!((&*cancel_row.action, cancel_row.changed), ("cancel", 0));
    assert_eq!(trial.shown(held[0][0]).delivery.due, Some(crate::clock::rfc3339(now)));

    while trial.write(|t| t.step_bulk(now, 2)).more {}
    for pair in &held {
        assert_eq!(
            (trial.state(pair[0]), trial.state(pair[1])),
            (State::Pending, State::Cancelled)
        );
        assert_eq!(trial.shown(pair[1]).delivery.reason.as_deref(), Some("cancelled"));
    }
    assert_eq!(trial.state(later), State::Cancelled);
    let ended: Vec<_> = trial.fixture.log().bulks().unwrap();
    assert_eq!(ended.iter().map(|bulk| bulk.changed).collect::<Vec<_>>(), [4, 3]);
    assert!(ended.iter().all(|bulk| bulk.ended.is_some()));
    let (first, second) = (trial.stats("one"), trial.stats("two"));
    assert_eq!((first.pending, first.held, second.pending, second.held), (3, 0, 0, 0));
    // Shown for a day; one that looks for a person is gone with them.
    let ann = bulk(Action::Resend, serde_json::json!({ "search": "Ann@Example.org" }));
    trial.write(|t| t.begin_bulk(&ann, now));
    let person = Person { email: Some("ann@example.org".into()), user_id: None };
    trial.write(|t| t.begin_forgetting("token", &person));
    while trial.write(|t| t.forget(10)) == Forgetting::UnderWay {}
    assert_eq!(trial.fixture.log().bulks().unwrap().len(), 2);
    trial.clock.advance(DAY);
    trial.prune(0, 0);
    assert_eq!(trial.fixture.log().bulks().unwrap().len(), 2);
    trial.clock.advance(1);
    trial.prune(0, 0);
    assert!(trial.fixture.log().bulks().unwrap().is_empty());
}

pub(crate) fn a_whole_result_goes_on_where_a_dead_worker_left_it(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let webhook = trial.webhook("crm");
    let ids: Vec<_> = (0..3).map(|_| trial.in_state(webhook, State::Failed)).collect();
    let resend = bulk(Action::Resend, serde_json::json!({ "state": "failed" }));
    trial.write(|t| t.begin_bulk(&resend, NOON));
    assert!(trial.write(|t| t.step_bulk(NOON, 1)).more);
    // The first fails once more before the others had their turn: it had its own.
    let claim = trial.claim(webhook, 1).remove(0);
    assert_eq!(claim.id, ids[0]);
    trial.record(&claim, Next::Failed);
    drop(trial);
    let mut trial = Trial::new(fixture);
    while trial.write(|t| t.step_bulk(NOON, 1)).more {}
    let states: Vec<_> = ids.iter().map(|id| trial.state(*id)).collect();
    assert_eq!(states, [State::Failed, State::Pending, State::Pending]);
    assert_eq!(trial.fixture.log().bulks().unwrap()[0].changed, 3);
}

pub(crate) fn what_fails_is_grouped_by_cause(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let (crm, shop) = (trial.webhook("crm"), trial.webhook("shop"));
    let groups = |trial: &Trial<'_>, query: serde_json::Value| {
        let query = serde_json::from_value(query).unwrap();
        trial.fixture.log().failures(&query).unwrap()
    };
    let all = || serde_json::json!({});
    for state in [State::Delivered, State::Held, State::Skipped, State::Pending] {
        trial.in_state(shop, state);
    }
    assert!(groups(&trial, all()).is_empty());
    trial.write(|t| {
        t.set_host(crm, Some("old.example"))?;
        t.set_host(crm, Some("crm.example"))
    });
    let fail = |trial: &mut Trial<'_>, code: &str, status: Option<u16>, next: Next| {
        trial.clock.advance(1);
        let id = trial.add(&event(trial.clock.unix_ms()), &[crm], State::Pending)[0];
        let claim = trial.claim(crm, 1).remove(0);
        let mut attempt = attempt(trial.clock.unix_ms(), next);
        attempt.status = status;
        attempt.failure =
            Some(Failure { phase: Phase::RecvResponse, code: code.into(), message: String::new() });
        trial.write(|t| t.record_attempt(&claim, &attempt, None));
        id
    };
    let first = fail(&mut trial, "status", Some(401), Next::Failed);
    trial.clock.advance(HOUR);
    let later = NOON + HOUR;
    fail(&mut trial, "status", Some(401), Next::Retry(later + DAY));
    let held = fail(&mut trial, "status", Some(401), Next::Held);
    fail(&mut trial, "status", Some(500), Next::Failed);
    fail(&mut trial, "timeout", None, Next::Retry(later + DAY));
    let condition = NewDelivery {
        id: DeliveryId::at(later),
        webhook: shop,
        state: State::Failed,
        due: later,
        reason: Some("line 1: …".into()),
        failure: Some("condition".into()),
    };
    trial.write(|t| {
        let event = event(later);
        t.insert_event(&event, later, &[])?;
        t.insert_delivery(event.id, &condition)
    });

    let found = groups(&trial, all());
    let causes: Vec<_> = found
        .iter()
        .map(|group| (&*group.webhook_id, &*group.code, group.status, group.count))
        .collect();
    assert_eq!(causes[0], ("crm", "status", Some(401), 3));
    assert_eq!(causes.len(), 4);
    for cause in [
        ("crm", "status", Some(500), 1),
        ("crm", "timeout", None, 1),
        ("shop", "condition", None, 1),
    ] {
        assert!(causes.contains(&cause), "{causes:?}");
    }
    let group = &found[0];
    assert_eq!((group.failed, group.waiting, group.held), (1, 1, 1));
    assert_eq!((group.host.as_deref(), group.example), (Some("crm.example"), held));
    let times = [NOON + 1, later + 2, later + 3].map(crate::clock::rfc3339);
    assert_eq!([&group.since, &group.last], [&times[0], &times[2]]);
    assert_eq!(groups(&trial, serde_json::json!({ "webhook_id": "shop" })).len(), 1);
    assert!(groups(&trial, serde_json::json!({ "webhook_id": "missing" })).is_empty());
    let since = groups(&trial, serde_json::json!({ "since": times[1] }));
    assert_eq!(since[0].count, 2);

    // What a group has can be asked for, and nothing else of its webhook.
    for group in &found {
        let query = serde_json::json!({
            "webhook_id": group.webhook_id, "failure": group.code,
            "status": group.status.unwrap_or(0), "state": ["failed", "pending", "held"],
        });
        let mut query: DeliveriesQuery = serde_json::from_value(query).unwrap();
        let mut log = trial.fixture.log();
        assert_eq!(log.count_all(&query).unwrap(), group.count.cast_unsigned(), "{group:?}");
        query.state = vec![State::Failed];
        assert_eq!(log.count_all(&query).unwrap(), group.failed.cast_unsigned(), "{group:?}");
    }

    // Delivered or given up, it is in no group; deleted, its host is unknown.
    let which = Selection { ids: vec![first], ..Default::default() };
    assert_eq!(trial.change(&which, State::Pending), 1);
    let claim = trial.claim(crm, 1).remove(0);
    trial.record(&claim, Next::Delivered);
    let which = Selection { ids: vec![held], ..Default::default() };
    assert_eq!(trial.change(&which, State::Cancelled), 1);
    trial.write(|t| t.set_host(crm, None));
    let group = groups(&trial, all()).into_iter().find(|group| group.status == Some(401)).unwrap();
    assert_eq!((group.count, group.host), (1, None));
}

pub(crate) fn a_resent_delivery_starts_its_schedule_anew(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let webhook = trial.webhook("crm");
    let id = trial.in_state(webhook, State::Failed);
    trial.clock.advance(HOUR);
    let which = Selection { ids: vec![id], ..Default::default() };
    assert_eq!(trial.change(&which, State::Pending), 1);
    let claim = trial.claim(webhook, 1).remove(0);
    assert_eq!((claim.attempts, claim.due), (0, NOON + HOUR));
    trial.record(&claim, Next::Delivered);
    let shown = trial.shown(id);
    assert_eq!((shown.delivery.attempts, shown.attempts_made[1].number), (2, 2));
    let stats = trial.stats("crm");
    assert_eq!((stats.delivered, stats.failed, stats.pending), (1, 1, 0));
}

pub(crate) fn what_has_no_body_is_not_sent_again(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let webhook = trial.webhook("crm");
    let id = trial.in_state(webhook, State::Delivered);
    trial.clock.advance(DAY);
    trial.prune(NOON + HOUR, 0);
    let which = Selection { ids: vec![id], ..Default::default() };
    assert_eq!(trial.change(&which, State::Pending), 0);
    let which = Selection { webhook: Some("crm".into()), ..Default::default() };
    assert_eq!(trial.change(&which, State::Pending), 0);
    assert_eq!(trial.state(id), State::Delivered);
}

pub(crate) fn a_jump_of_the_clock_moves_everything_pending(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let webhook = trial.webhook("crm");
    let id = trial.add(&event(NOON), &[webhook], State::Pending)[0];
    trial.clock.jump(-DAY);
    let clock = ClockReading { boot: Boot::current(), offset: 7 };
    assert_eq!(trial.store.load().unwrap().clock, None);
    trial.write(|t| t.shift_due(-DAY, clock));
    assert_eq!(trial.store.load().unwrap().clock, Some(clock));
    assert_eq!(trial.shown(id).delivery.due.as_deref(), Some("2026-11-19T10:00:00.000Z"));
    // What comes afterwards is by the new clock, also after a restart.
    let later = trial.add(&event(NOON - DAY), &[webhook], State::Pending)[0];
    drop(trial);
    let mut trial = Trial::new(fixture);
    assert_eq!(trial.store.load().unwrap().webhooks[0].next_due, Some(NOON - DAY));
    let claims = trial.claim(webhook, 9);
    assert_eq!(
        claims.iter().map(|c| (c.id, c.due)).collect::<Vec<_>>(),
        [(id, NOON - DAY), (later, NOON - DAY)]
    );
    trial.record(&claims[0], Next::Retry(NOON));
    assert_eq!(trial.write(|t| t.next_due(webhook, false)), Some(NOON));
}

pub(crate) fn health_positions_and_announcements_are_kept(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let webhook = trial.webhook("crm");
    let disabled = Disabled { id: "d1".into(), at: NOON, reason: "gone".into() };
    let health = Health {
        proven: true,
        failures_in_row: 5,
        failing_since: Some(NOON - HOUR),
        slow: true,
        probe_at: Some(NOON + 1),
        probes: 2,
        disabled: Some(disabled),
    };
    let announcement =
        Announcement { code: "webhook_disabled".into(), at: NOON, params: serde_json::Map::new() };
    let (kept, gone) = (SegmentId([1; 16]), SegmentId([2; 16]));
    let number = trial.write(|t| {
        t.set_health(webhook, &health)?;
        t.set_position(kept, 5)?;
        t.set_position(kept, u64::MAX)?;
        t.set_position(gone, 7)?;
        t.forget_position(gone)?;
        t.defer(99, b"of a later version", NOON)?;
        t.announce(&announcement)
    });
    drop(trial);
    let mut trial = Trial::new(fixture);
    trial.store.make_durable().unwrap();
    let loaded = trial.store.load().unwrap();
    assert_eq!(loaded.webhooks[0].health, health);
    assert_eq!(loaded.positions, HashMap::from([(kept, u64::MAX)]));
    let stats = trial.stats("crm");
    assert_eq!(
        (stats.failures_in_row, stats.disabled.unwrap().at.as_str()),
        (5, "2026-11-20T10:00:00.000Z")
    );
    // A number that was given is never given again, even once its announcement was pruned.
    trial.clock.advance(DAY);
    trial.prune(0, NOON + HOUR);
    assert!(fixture.log().announcements(0).unwrap().is_empty());
    assert_eq!(fixture.log().summary().unwrap().announcements, number);
    let next = trial.write(|t| t.announce(&announcement));
    assert!(next > number);
    let news = fixture.log().announcements(number).unwrap();
    assert_eq!((news.len(), news[0].number, news[0].code.as_str()), (1, next, "webhook_disabled"));
    assert!(fixture.log().announcements(next).unwrap().is_empty());
}

pub(crate) fn bodies_and_rows_go_when_they_are_old(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let webhook = trial.webhook("crm");
    let delivered = trial.in_state(webhook, State::Delivered);
    let failed = trial.in_state(webhook, State::Failed);
    let waiting = trial.in_state(webhook, State::Pending);
    trial.clock.advance(DAY);
    let fresh = trial.add(&event(NOON + DAY), &[webhook], State::Held)[0];
    let before = trial.stats("crm");

    trial.prune(NOON + HOUR, NOON);
    let shown = trial.shown(delivered);
    assert_eq!((shown.body, shown.attempts_made[0].response_body.0.len()), (None, 0));
    for id in [failed, waiting, fresh] {
        assert!(trial.shown(id).body.is_some());
    }

    trial.prune(NOON + HOUR, NOON + HOUR);
    let mut log = fixture.log();
    assert!(log.delivery(&delivered).unwrap().is_none());
    assert!(log.delivery(&failed).unwrap().is_none());
    assert_eq!(trial.state(waiting), State::Pending);
    assert_eq!(trial.state(fresh), State::Held);
    // Counters tell what happened, not what is still shown.
    let after = trial.stats("crm");
    assert_eq!((after.delivered, after.failed), (before.delivered, before.failed));
    assert_eq!((after.pending, after.held), (1, 1));
}

pub(crate) fn what_was_held_for_too_long_expires(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let webhook = trial.webhook("crm");
    let id = trial.in_state(webhook, State::Held);
    trial.clock.advance(30 * DAY);
    trial.prune(0, NOON + DAY);
    let shown = trial.shown(id).delivery;
    assert_eq!(
        (shown.state, shown.settled.as_deref()),
        (State::Expired, Some("2026-12-20T10:00:00.000Z"))
    );
    assert_eq!(trial.stats("crm").held, 0);
    // It can be seen for as long again, and then it goes.
    trial.prune(0, NOON + 30 * DAY);
    assert_eq!(trial.state(id), State::Expired);
    trial.prune(0, NOON + 31 * DAY);
    assert!(fixture.log().delivery(&id).unwrap().is_none());
}

pub(crate) fn an_attempt_says_where_it_went_and_who_made_it(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let webhook = trial.webhook("crm");
    let id = trial.add(&event(NOON), &[webhook], State::Pending)[0];
    let claim = trial.claim(webhook, 1).remove(0);
    let none = Attempt { url: None, ..attempt(NOON, Next::Retry(NOON)) };
    trial.write(|t| t.record_attempt(&claim, &none, None));
    assert_eq!(trial.shown(id).server, None, "there is but one");
    drop(trial);

    let other = Origin { spool: SpoolId([6; 16]), server: "web2".into() };
    let mut trial = Trial { fixture, store: fixture.open_as(&other), clock: fixture.clock() };
    let claim = trial.claim(webhook, 1).remove(0);
    let late = Attempt {
        waited_for: Some("endpoint"),
        remark: Some(Remark { code: "cut".into(), message: "The end is missing".into() }),
        ..attempt(NOON, Next::Delivered)
    };
    trial.write(|t| t.record_attempt(&claim, &late, None));
    let shown = trial.shown(id);
    let made: Vec<_> = shown
        .attempts_made
        .iter()
        .map(|made| (made.url.as_deref(), made.server.as_deref(), made.waited_for.as_deref()))
        .collect();
    let url = Some("https://crm.example/hook");
    assert_eq!(made, [(None, Some("web1"), None), (url, Some("web2"), Some("endpoint"))]);
    let remarks: Vec<_> = shown.attempts_made.into_iter().map(|made| made.remark).collect();
    assert_eq!(remarks, [None, late.remark]);
    assert_eq!(shown.server.as_deref(), Some("web1"), "it took the event in");
}

pub(crate) fn percentiles_are_those_of_the_hours_asked_for(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let (webhook, quiet) = (trial.webhook("crm"), trial.webhook("quiet"));
    let send = |trial: &mut Trial<'_>, flags, url: Option<&str>, ms: u64| {
        let now = trial.clock.unix_ms();
        trial.add(&Event { flags, ..event(now) }, &[webhook], State::Pending);
        let claim = trial.claim(webhook, 1).remove(0);
        let attempt = Attempt {
            duration_us: ms * 1000,
            url: url.map(str::to_owned),
            ..attempt(now, Next::Delivered)
        };
        trial.write(|t| t.record_attempt(&claim, &attempt, None));
    };
    let (none, url) = (Flags::default(), Some("https://crm.example/hook"));
    (0..20).for_each(|_| send(&mut trial, none, url, 8000));
    trial.clock.advance(2 * HOUR);
    (0..90).for_each(|_| send(&mut trial, none, url, 100));
    (0..10).for_each(|_| send(&mut trial, none, url, 900));
    // Neither says how quick the endpoint is.
    (0..200).for_each(|_| send(&mut trial, Flags::TEST, url, 50_000));
    (0..200).for_each(|_| send(&mut trial, none, None, 50_000));
    trial.add(&event(NOON), &[quiet], State::Pending);
    let now = trial.clock.unix_ms();
    for (hours, p50, p95) in [(2, 100.0, 900.0), (24, 100.0, 8000.0)] {
        let query = StatsQuery { hours, ..StatsQuery::default() };
        let stats = fixture.log().stats(&query, now).unwrap();
        for (found, expected) in [(stats["crm"].p50_ms, p50), (stats["crm"].p95_ms, p95)] {
            let found = found.expect("there were requests");
            assert!((found / expected - 1.0).abs() <= 0.125, "{hours} h: {found}, not {expected}");
        }
        assert_eq!((stats["quiet"].p50_ms, stats["quiet"].p95_ms), (None, None));
    }
}

pub(crate) fn an_idempotency_key_is_spent_for_three_years_after_its_event(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let webhook = trial.webhook("crm");
    let payment = Event { id: EventId::from_key("payment_received", 3, "7"), ..event(NOON) };
    let login = event(NOON);
    for event in [&payment, &login] {
        trial.add(event, &[webhook], State::Pending);
        let claim = trial.claim(webhook, 1).remove(0);
        trial.record(&claim, Next::Delivered);
    }
    let again = |trial: &mut Trial<'_>, event: &Event| {
        let now = trial.clock.unix_ms();
        trial.write(|t| t.insert_event(event, now, &[]))
    };
    assert!(!again(&mut trial, &payment), "it is in the log");
    trial.clock.advance(30 * DAY);
    trial.prune(0, NOON + DAY);
    drop(trial);
    let mut trial = Trial::new(fixture);
    assert!(!again(&mut trial, &payment));
    assert!(again(&mut trial, &login), "of others nothing is kept");
    trial.clock.advance(3 * 365 * DAY);
    trial.prune(0, 0);
    assert!(!again(&mut trial, &payment));
    trial.clock.advance(5 * DAY);
    trial.prune(0, 0);
    assert!(again(&mut trial, &payment));
}

pub(crate) fn positions_belong_to_a_spool(fixture: &dyn Fixture) {
    let origin = |spool| Origin { spool: SpoolId([spool; 16]), server: "web1".into() };
    let segment = SegmentId([1; 16]);
    for (spool, offset) in [(1, 10), (2, 20)] {
        let mut store = fixture.open_as(&origin(spool));
        store.transaction(&mut |t| t.set_position(segment, offset)).unwrap();
    }
    let mut store = fixture.open_as(&origin(1));
    store.transaction(&mut |t| t.forget_position(segment)).unwrap();
    assert!(store.load().unwrap().positions.is_empty());
    drop(store);
    let mut store = fixture.open_as(&origin(2));
    assert_eq!(store.load().unwrap().positions, HashMap::from([(segment, 20)]));
}

pub(crate) fn many_that_were_under_way_at_deaths_are_only_tried_again(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let (one, two) = (trial.webhook("one"), trial.webhook("two"));
    for _ in 0..5 {
        trial.add(&event(NOON), &[one, two], State::Pending);
    }
    for death in 1..=4 {
        let mut claimed = trial.claim(one, 9).len() + trial.claim(two, 9).len();
        claimed += std::iter::from_fn(|| trial.claim_suspect(one)).count();
        claimed += std::iter::from_fn(|| trial.claim_suspect(two)).count();
        assert_eq!(claimed, 10);
        let loaded = trial.die();
        assert_eq!((loaded.reclaimed, loaded.deadly.len()), (10, 0), "death {death}");
        let suspects = trial.write(|t| t.suspects());
        let expected = [one, two].map(|webhook| Suspects { webhook, due: NOON, deaths: death });
        assert_eq!(suspects, expected);
    }
    assert_eq!(trial.stats("one").failed, 0);
}

pub(crate) fn one_that_was_alone_under_way_at_two_deaths_is_deadly(fixture: &dyn Fixture) {
    for together in [false, true] {
        let mut trial = Trial::new(fixture);
        let name = format!("crm{together}");
        let webhook = trial.webhook(&name);
        let killer = trial.add(&event(NOON), &[webhook], State::Pending)[0];
        if together {
            // The first death is one of many; then it is accused, and dies alone.
            let other = trial.add(&event(NOON), &[webhook], State::Pending)[0];
            assert_eq!(trial.claim(webhook, 9).len(), 2);
            assert_eq!(trial.die().reclaimed, 2);
            let claims =
                [trial.claim_suspect(webhook).unwrap(), trial.claim_suspect(webhook).unwrap()];
            let innocent = claims.iter().find(|claim| claim.id == other).unwrap();
            trial.record(innocent, Next::Delivered);
        } else {
            trial.claim(webhook, 1);
        }
        let loaded = trial.die();
        assert_eq!((loaded.reclaimed, loaded.deadly.len()), (1, 0));
        assert_eq!(trial.claim_suspect(webhook).unwrap().id, killer);
        let loaded = trial.die();
        assert_eq!((loaded.reclaimed, loaded.suspects), (0, false));
        let deadly = &loaded.deadly[0];
        assert_eq!((deadly.id, deadly.webhook), (killer, webhook));
        assert_eq!(deadly.event.data(), br#"{"a":1}"#);
        let mut failed = attempt(NOON, Next::Failed);
        failed.failure = Some(Failure {
            phase: Phase::Prepare,
            code: Failure::WORKER_DIED.into(),
            message: String::new(),
        });
        let reason = Some(Failure::WORKER_DIED);
        trial.write(|t| t.record_attempt(deadly, &failed, reason));
        let shown = trial.shown(killer).delivery;
        assert_eq!((shown.state, shown.reason.as_deref()), (State::Failed, reason));
        assert_eq!(trial.stats(&name).failed, 1);
        assert_eq!(trial.die().deadly.len(), 0);
        // Somebody has it sent again: it is tried with the same care.
        let which = Selection { ids: vec![killer], ..Default::default() };
        assert_eq!(trial.change(&which, State::Pending), 1);
        assert!(trial.claim(webhook, 1).is_empty());
        assert_eq!(trial.claim_suspect(webhook).unwrap().id, killer);
        assert_eq!(trial.die().reclaimed, 1, "once is an accident");
        let claim = trial.claim_suspect(webhook).unwrap();
        trial.record(&claim, Next::Delivered);
    }
}

pub(crate) fn an_ordered_webhook_waits_for_the_trial_of_its_first_delivery(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let webhook = trial.webhook("crm");
    let first = trial.add(&event(NOON), &[webhook], State::Pending)[0];
    trial.add(&event(NOON), &[webhook], State::Pending);
    trial.claim(webhook, 1);
    trial.die();
    let claim = |t: &mut dyn Transaction| {
        let mut claims = Vec::new();
        t.claim(webhook, NOON, 9, true, &mut claims)?;
        Ok(claims.len())
    };
    assert_eq!(trial.write(claim), 0);
    assert_eq!(trial.write(|t| t.next_due(webhook, true)), None);
    assert_eq!(trial.write(|t| t.next_due(webhook, false)), Some(NOON));
    let suspect = trial.write(|t| t.claim_suspect(webhook, NOON, true)).unwrap();
    assert_eq!(suspect.id, first);
    assert!(trial.write(|t| t.claim_suspect(webhook, NOON, true)).is_none());
    trial.record(&suspect, Next::Delivered);
    assert_eq!(trial.write(claim), 1);
}

pub(crate) fn a_suspect_that_was_tried_is_none_any_more(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let webhook = trial.webhook("crm");
    let id = trial.add(&event(NOON), &[webhook], State::Pending)[0];
    trial.claim(webhook, 1);
    trial.die();
    assert!(trial.write(|t| t.claim_suspect(webhook, NOON - 1, false)).is_none(), "not due");
    let claim = trial.claim_suspect(webhook).unwrap();
    trial.record(&claim, Next::Retry(NOON));
    assert!(trial.write(|t| t.suspects()).is_empty());
    let claim = trial.claim(webhook, 1).remove(0);
    assert_eq!((claim.id, claim.attempts), (id, 1));
    assert_eq!(trial.die().deadly.len(), 0, "it begins anew");
}

pub(crate) fn a_worker_that_leaves_leaves_no_suspects(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let webhook = trial.webhook("crm");
    let ids = [(); 2].map(|()| trial.add(&event(NOON), &[webhook], State::Pending)[0]);
    trial.claim(webhook, 9);
    assert_eq!(trial.write(|t| t.release_all()), 2);
    let loaded = trial.die();
    assert_eq!((loaded.reclaimed, loaded.suspects), (0, false));
    let claims = trial.claim(webhook, 9);
    assert_eq!(claims.iter().map(|claim| claim.id).collect::<Vec<_>>(), ids);
}

pub(crate) fn deaths_are_counted_by_the_hour(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    for (minutes, deaths) in [(0, 1), (30, 2), (40, 2), (0, 3)] {
        trial.clock.advance(minutes * 60_000);
        let now = trial.clock.unix_ms();
        assert_eq!(trial.write(|t| t.note_death(now, 7)), deaths);
    }
    assert_eq!(fixture.log().summary().unwrap().deaths.len(), 4);
    trial.clock.advance(DAY);
    trial.prune(0, 0);
    assert_eq!(fixture.log().summary().unwrap().deaths.len(), 2);
}

pub(crate) fn what_was_delivered_goes_first_when_there_is_no_room(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let webhook = trial.webhook("crm");
    let failed = trial.in_state(webhook, State::Failed);
    let old = trial.in_state(webhook, State::Delivered);
    let held = trial.in_state(webhook, State::Held);
    let new = trial.in_state(webhook, State::Delivered);
    let waiting = trial.in_state(webhook, State::Pending);
    let has_body = |trial: &Trial<'_>, id| {
        fixture.log().delivery(&id).unwrap().map(|_| trial.shown(id).body.is_some())
    };
    let enough = trial.write(|t| t.give_up(Keep::Bytes(1 << 40), 9));
    assert_eq!((enough, has_body(&trial, old)), (GivenUp::default(), Some(true)));

    let mut lost = Vec::new();
    loop {
        let step = trial.write(|t| t.give_up(Keep::Least, 1));
        for (name, id) in [("old", old), ("new", new)] {
            let now = (name, has_body(&trial, id));
            if now.1 != Some(true) && !lost.contains(&now) {
                lost.push(now);
            }
        }
        if !step.more {
            break;
        }
    }
    // Bodies first, the oldest first; then whatever else there is.
    let expected = [("old", Some(false)), ("new", Some(false)), ("old", None), ("new", None)];
    assert_eq!(lost, expected);
    for id in [failed, held, waiting] {
        assert_eq!(has_body(&trial, id), Some(true), "it may still be sent");
    }
    // Later on, what was delivered meanwhile can go, too.
    let later = trial.claim(webhook, 1).remove(0);
    trial.record(&later, Next::Delivered);
    while trial.write(|t| t.give_up(Keep::Least, 100)).more {}
    assert_eq!(has_body(&trial, waiting), None);
    assert_eq!(trial.stats("crm").delivered, 3, "counters tell what happened");
}
