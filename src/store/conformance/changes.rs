//! What people change, and what they see of failures.

use super::*;

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
    assert_eq!(trial.shown(held[0][0]).delivery.due, Some(domain::clock::rfc3339(now)));

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
        trial.write(|t| complete(t, &claim, &attempt, None));
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
        ingest(t, &event, later, &[], std::slice::from_ref(&condition))
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
    let times = [NOON + 1, later + 2, later + 3].map(domain::clock::rfc3339);
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
