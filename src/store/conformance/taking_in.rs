//! What comes in: events, their ids, and how far the journal was read.

use super::*;

pub(crate) fn an_event_goes_in_once(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let webhook = trial.webhook("crm");
    let event = event(NOON);
    let id = trial.add(&event, &[webhook], State::Pending)[0];
    assert!(!trial.write(|t| ingest(t, &event, NOON + 1, &[], &[])));
    // A later transaction can still add to it.
    let second = DeliveryId::at(NOON);
    trial.write(|t| {
        let webhook = t.webhook("shop")?;
        let state = State::Pending;
        let new =
            NewDelivery { id: second, webhook, state, due: NOON, reason: None, failure: None };
        t.add_deliveries(&[(event.id, new)])
    });
    let query = DeliveriesQuery { event_id: Some(event.id), ..Default::default() };
    let page = fixture.log().deliveries(&query).unwrap();
    let ids: Vec<_> = page.deliveries.iter().map(|delivery| delivery.id).collect();
    assert_eq!(ids, [second, id]);
    let claim = trial.claim(webhook, 9).remove(0);
    assert_eq!((*claim.event).clone(), event);
}

pub(crate) fn events_that_come_in_together_are_told_apart(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let webhooks = [trial.webhook("one"), trial.webhook("two")];
    let known = event(NOON);
    let first = trial.add(&known, &[webhooks[0]], State::Pending)[0];
    // One that is there, two that are new, one of them twice, and one for nobody.
    let payment = Event { id: EventId::from_key("payment_received", 3, "7"), ..event(NOON) };
    let (new, nobody) = (event(NOON + 1), event(NOON + 2));
    let events = [&known, &payment, &new, &payment, &nobody];
    let to = |webhook| NewDelivery {
        id: DeliveryId::at(NOON),
        webhook,
        state: State::Pending,
        due: NOON,
        reason: None,
        failure: None,
    };
    let deliveries: Vec<Vec<_>> = events
        .iter()
        .map(|event| webhooks.iter().filter(|_| event.id != nobody.id).map(|it| to(*it)).collect())
        .collect();
    let terms = [term("ORDER-7")];
    let together: Vec<_> = events
        .iter()
        .zip(&deliveries)
        .map(|(event, deliveries)| NewEvent { event, terms: &terms, deliveries })
        .collect();
    let added = trial.write(|t| t.ingest(&together, NOON));
    assert_eq!(added, [false, true, true, false, true]);
    for (event, expected) in [
        (&known, vec![first]),
        (&payment, deliveries[1].iter().rev().map(|new| new.id).collect()),
        (&new, deliveries[2].iter().rev().map(|new| new.id).collect()),
        (&nobody, Vec::new()),
    ] {
        let query = DeliveriesQuery { event_id: Some(event.id), ..Default::default() };
        let page = fixture.log().deliveries(&query).unwrap();
        let ids: Vec<_> = page.deliveries.iter().map(|delivery| delivery.id).collect();
        assert_eq!(ids, expected);
    }
    let claims = trial.claim(webhooks[1], 9);
    let claimed: Vec<_> = claims.iter().map(|claim| claim.event.id).collect();
    assert_eq!(claimed, [payment.id, new.id]);
    assert!(trial.write(|t| t.ingest(&[], NOON)).is_empty());
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
        let (id, state) = (DeliveryId::at(NOON), State::Pending);
        let new = NewDelivery { id, webhook, state, due: NOON, reason: None, failure: None };
        ingest(t, &lost, NOON, &[term("lost")], std::slice::from_ref(&new))?;
        complete(t, &claim, &attempt(NOON, Next::Delivered), None).map(drop)?;
        t.set_position(segment, 99)?;
        t.shift_due(5, ClockReading { boot: Boot::default(), offset: 5 })?;
        t.add_deliveries(&[(event(NOON).id, new)])
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

pub(crate) fn webhooks_share_the_body_of_an_event(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let webhooks = [trial.webhook("one"), trial.webhook("two")];
    trial.add(&event(NOON), &webhooks, State::Pending);
    let wanted = webhooks.map(|webhook| Wanted { webhook, limit: 9, burst: 1, ordered: false });
    let claimed = trial.write(|t| t.claim(&wanted, NOON));
    let [Claimed { claims: one, next_due: None }, Claimed { claims: two, next_due: None }] =
        &claimed[..]
    else {
        panic!("{claimed:?}")
    };
    assert_eq!((one.len(), two.len()), (1, 1));
    assert!(Arc::ptr_eq(&one[0].event, &two[0].event));
    assert_eq!(one[0].event.data(), br#"{"a":1}"#);
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
        trial.write(|t| ingest(t, event, now, &[], &[]))
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
    let origin = |spool| Origin::example(spool, "web1");
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
