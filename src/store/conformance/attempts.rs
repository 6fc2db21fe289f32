//! Claims, attempts, and what is counted of them.

use super::*;

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

pub(crate) fn a_sites_turn_is_as_long_as_a_burst(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let webhook = trial.webhook("crm");
    let mut ids = [7, 7, 7, 7, 11, 13]
        .map(|site| trial.add(&Event { site, ..event(NOON) }, &[webhook], State::Pending)[0]);
    let mut claimed = || {
        let now = trial.clock.unix_ms();
        let wanted = Wanted { webhook, limit: 4, burst: 2, ordered: false };
        let claims = trial.write(|t| claim(t, wanted, now));
        claims.iter().map(|claim| claim.id).collect::<Vec<_>>()
    };
    // Two sites have a turn, of two each; what is left goes to whatever is due first.
    ids.swap(2, 4);
    assert_eq!(claimed(), [ids[0], ids[1], ids[2], ids[4]]);
    assert_eq!(claimed(), [ids[5], ids[3]]);
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
    let claim = |trial: &mut Trial<'_>| trial.claim_by(webhook, 2, true);
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
    trial.write(|t| complete(t, &claim, &attempt, None));
    let claim = trial.claim(webhook, 1).remove(0);
    assert_eq!((claim.attempts, claim.request_body.as_deref()), (1, Some(&b"a=1"[..])));
    let shown = trial.shown(id);
    assert_eq!(
        (shown.body.unwrap().0, shown.content_type.as_str()),
        (b"a=1".to_vec(), "text/plain")
    );
    assert_eq!(shown.attempts_made[0].response_body.0, [0xff, 0, b'a']);
    assert_eq!(shown.attempts_made[0].method.as_deref(), Some("PUT"));
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
    assert_eq!(trial.write(|t| complete(t, &claim, &again, None)), Written::Lost);
    assert_eq!(trial.write(|t| t.release(claim.id, NOON)), Written::Lost);
    let foreign = Claim { id: DeliveryId::at(NOON), ..claim.clone() };
    assert_eq!(trial.write(|t| complete(t, &foreign, &again, None)), Written::Lost);
    assert_eq!(trial.state(claim.id), State::Delivered);
    assert_eq!(trial.shown(claim.id).attempts_made.len(), 1);
    assert_eq!(trial.stats("crm").failed, 0);
}

pub(crate) fn attempts_that_end_together_are_told_apart(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let webhook = trial.webhook("crm");
    let ids: Vec<_> =
        (0..4).map(|_| trial.add(&event(NOON), &[webhook], State::Pending)[0]).collect();
    let claims = trial.claim(webhook, 9);
    let of = |id: DeliveryId| claims.iter().find(|claim| claim.id == id).unwrap();
    trial.write(|t| t.release(ids[1], NOON + HOUR));
    let nexts = [Next::Delivered, Next::Failed, Next::Retry(NOON + DAY), Next::Held];
    let attempts = nexts.map(|next| attempt(NOON, next));
    let together: Vec<_> = ids
        .iter()
        .zip(&attempts)
        .zip([None, None, None, Some("disabled")])
        .map(|((id, attempt), reason)| NewAttempt { claim: of(*id), attempt, reason })
        .collect();
    let written = trial.write(|t| t.complete(&together));
    assert_eq!(written, [Written::Kept, Written::Lost, Written::Kept, Written::Kept]);
    let expected = [
        (State::Delivered, 1, None),
        (State::Pending, 0, None),
        (State::Pending, 1, None),
        (State::Held, 1, Some("disabled")),
    ];
    for (id, expected) in ids.iter().zip(expected) {
        let shown = trial.shown(*id);
        let found = (shown.delivery.state, shown.attempts_made.len(), shown.delivery.reason);
        assert_eq!((found.0, found.1, found.2.as_deref()), expected);
    }
    let stats = trial.stats("crm");
    assert_eq!((stats.delivered, stats.failed, stats.pending, stats.held), (1, 0, 2, 1));
    // The same once more: nobody has claimed anything since.
    let again = trial.write(|t| t.complete(&together));
    assert_eq!(again, vec![Written::Lost; 4]);
    assert!(trial.write(|t| t.complete(&[])).is_empty());
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

pub(crate) fn an_attempt_says_where_it_went_and_who_made_it(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let webhook = trial.webhook("crm");
    let id = trial.add(&event(NOON), &[webhook], State::Pending)[0];
    let claim = trial.claim(webhook, 1).remove(0);
    let none = Attempt { url: None, ..attempt(NOON, Next::Retry(NOON)) };
    trial.write(|t| complete(t, &claim, &none, None));
    assert_eq!(trial.shown(id).server, None, "there is but one");
    drop(trial);

    let other = Origin::example(6, "web2");
    let mut trial = Trial { fixture, store: fixture.open_as(&other), clock: fixture.clock() };
    let claim = trial.claim(webhook, 1).remove(0);
    let late = Attempt {
        waited_for: Some("endpoint"),
        remark: Some(Remark { code: "cut".into(), message: "The end is missing".into() }),
        ..attempt(NOON, Next::Delivered)
    };
    trial.write(|t| complete(t, &claim, &late, None));
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
        trial.write(|t| complete(t, &claim, &attempt, None));
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
