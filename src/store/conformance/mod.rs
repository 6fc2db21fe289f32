//! What every engine has to do, whichever it is.
//!
//! An engine's own tests give a [`Fixture`] to [`suite!`](suite); each sentence below then is a
//! test of that engine. What was written is looked at through the engine's reading side.

mod attempts;
mod backfills;
mod changes;
mod deaths;
mod outages;
mod persons;
mod pruning;
mod taking_in;

use std::collections::HashMap;
use std::sync::Arc;

use super::bulk::{Action, Bulk, BulkStep};
use super::log::{DeliveriesQuery, DeliveryDetail, Log, StatsQuery, WebhookStats};
use super::*;
pub(crate) use attempts::*;
pub(crate) use backfills::*;
pub(crate) use changes::*;
pub(crate) use deaths::*;
use domain::attempt::Remark;
use domain::clock::{Clock, ManualClock};
use domain::event::{Event, Flags};
use domain::id::{DeliveryId, EventId};
use domain::webhook::Method;
use journal::{Boot, SegmentId};
pub(crate) use outages::*;
pub(crate) use persons::*;
pub(crate) use pruning::*;
pub(crate) use taking_in::*;

/// 2026-11-20T10:00:00Z.
pub(crate) const NOON: i64 = 1_795_168_800_000;
pub(crate) const HOUR: i64 = 3_600_000;
pub(crate) const DAY: i64 = 24 * HOUR;

/// An engine with an empty store and a clock that the test moves.
pub(crate) trait Fixture {
    /// Opens the writing side, as a worker that starts does.
    fn open(&self) -> Box<dyn Store> {
        self.open_as(&Origin::example(5, "web1"))
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
        $(#[test] fn $sentence() { $crate::conformance::$sentence(&$fixture); })+
    };
}
/// The whole suite, for the engine that `$fixture` makes.
macro_rules! conformance {
    ($fixture:expr) => {
        $crate::conformance::suite!(
            $fixture,
            an_event_goes_in_once,
            events_that_come_in_together_are_told_apart,
            a_failed_transaction_leaves_nothing,
            due_deliveries_are_claimed_earliest_first_and_once,
            sites_take_turns_at_a_webhook,
            a_sites_turn_is_as_long_as_a_burst,
            an_ordered_webhook_waits_for_its_first_delivery,
            webhooks_share_the_body_of_an_event,
            a_released_delivery_has_made_no_attempt,
            an_attempt_moves_and_counts_its_delivery,
            a_retry_sends_the_same_bytes,
            an_attempt_of_what_is_not_under_way_is_lost,
            attempts_that_end_together_are_told_apart,
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
            a_clock_that_was_set_ahead_prunes_nothing_for_a_day,
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
            deaths_move_with_the_clock,
            all_are_down_only_where_no_webhook_is_well,
            it_is_known_since_when_something_waits,
            what_was_delivered_goes_first_when_there_is_no_room,
            who_occurs_in_an_event_is_found_and_forgotten,
            what_a_person_is_found_by_goes_where_the_payload_is_gone,
            a_search_finds_only_what_else_is_asked_for,
            a_webhook_is_given_what_it_has_not_had_in_order,
            what_is_looked_back_for_is_narrowed,
            a_list_until_a_time_ends_there_whatever_a_backfill_made_then,
            what_was_sent_later_is_found_by_when_that_was,
        );
    };
}
pub(crate) use {conformance, suite};

/// What `work` comes to in a transaction that was committed, as the worker does it: an engine may find
/// out late that somebody came first.
pub(crate) fn committed<T>(
    store: &mut (impl Store + ?Sized),
    mut work: impl FnMut(&mut dyn Transaction) -> Result<T>,
) -> Result<T> {
    let mut out = None;
    commit(store, &mut |transaction| {
        out = Some(work(transaction)?);
        Ok(())
    })?;
    Ok(out.unwrap())
}

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
    pub(crate) fn write<T>(&mut self, work: impl FnMut(&mut dyn Transaction) -> Result<T>) -> T {
        committed(&mut *self.store, work).unwrap()
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
            let add = |webhook: &WebhookKey| NewDelivery {
                id: DeliveryId::at(now),
                webhook: *webhook,
                state,
                due: now,
                reason: (state == State::Held).then(|| "paused".to_owned()),
                failure: None,
            };
            let deliveries: Vec<_> = to.iter().map(add).collect();
            assert!(ingest(t, event, now, &[], &deliveries)?);
            Ok(deliveries.into_iter().map(|delivery| delivery.id).collect())
        })
    }

    pub(crate) fn claim(&mut self, webhook: WebhookKey, limit: usize) -> Vec<Claim> {
        self.claim_by(webhook, limit, false)
    }

    /// Claims in the order of the events, where `ordered`.
    pub(crate) fn claim_by(
        &mut self,
        webhook: WebhookKey,
        limit: usize,
        ordered: bool,
    ) -> Vec<Claim> {
        let now = self.clock.unix_ms();
        self.write(|t| claim(t, Wanted { webhook, limit, burst: 1, ordered }, now))
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
        self.write(|t| complete(t, claim, &attempt, None));
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
    pub(crate) fn in_state(&mut self, webhook: WebhookKey, state: State) -> DeliveryId {
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

/// Adds one event; whether it was new.
pub(crate) fn ingest(
    t: &mut dyn Transaction,
    event: &Event,
    now: i64,
    terms: &[String],
    deliveries: &[NewDelivery],
) -> Result<bool> {
    let added = t.ingest(&[NewEvent { event, terms, deliveries }], now)?;
    assert_eq!(added.len(), 1);
    Ok(added[0])
}

/// Claims of one webhook.
pub(crate) fn claim(t: &mut dyn Transaction, wanted: Wanted, now: i64) -> Result<Vec<Claim>> {
    let mut claimed = t.claim(&[wanted], now)?;
    assert_eq!(claimed.len(), 1);
    let claimed = claimed.remove(0);
    assert_eq!(claimed.next_due, t.next_due(wanted.webhook, wanted.ordered)?);
    Ok(claimed.claims)
}

/// Records one attempt.
pub(crate) fn complete(
    t: &mut dyn Transaction,
    claim: &Claim,
    attempt: &Attempt,
    reason: Option<&str>,
) -> Result<Written> {
    let mut written = t.complete(&[NewAttempt { claim, attempt, reason }])?;
    assert_eq!(written.len(), 1);
    Ok(written.remove(0))
}

pub(crate) fn event(now: i64) -> Event {
    let body = br#"{"type":"payment_received","data":{"a":1}}"#;
    Event {
        id: EventId::at(now),
        timestamp: now,
        source: "woocommerce".into(),
        revision: 7,
        body: Arc::from(&body[..]),
        data: 34..41,
        ..Event::example("{}")
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
        method: Some(Method::Put),
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
