//! A person: found for an export by the same rules by which erasing finds.

use super::*;

fn person() -> Person {
    Person { email: Some("Ann@Example.org".into()), user_id: Some(7) }
}

/// Adds an event with this data and what it is found by, and a delivery that is pending.
fn dispatched(
    trial: &mut Trial<'_>,
    webhook: WebhookKey,
    data: &str,
    terms: &[&str],
) -> DeliveryId {
    let now = trial.clock.unix_ms();
    let event = Event { id: EventId::at(now), ..Event::example(data) };
    let terms: Vec<_> = terms.iter().map(|term| (*term).to_owned()).collect();
    let delivery = NewDelivery {
        id: DeliveryId::at(now),
        webhook,
        state: State::Pending,
        due: now,
        reason: None,
        failure: None,
    };
    trial.write(|t| {
        assert!(ingest(t, &event, now, &terms, std::slice::from_ref(&delivery))?);
        Ok(delivery.id)
    })
}

/// All deliveries in which the person occurs, from page to page.
fn found(trial: &Trial<'_>) -> Vec<DeliveryId> {
    let mut query = serde_json::json!({
        "person": { "email": person().email, "user_id": person().user_id }, "limit": 1,
    });
    let mut found = Vec::new();
    loop {
        let asked = serde_json::from_value(query.clone()).unwrap();
        let page = trial.fixture.log().deliveries(&asked).unwrap();
        found.extend(page.deliveries.iter().map(|delivery| delivery.id));
        let Some(cursor) = page.cursor else { return found };
        query["cursor"] = cursor.into();
    }
}

fn searched(trial: &Trial<'_>, search: &str) -> usize {
    let query = DeliveriesQuery { search: Some(search.into()), ..DeliveriesQuery::default() };
    trial.fixture.log().deliveries(&query).unwrap().deliveries.len()
}

/// Deliveries that a search finds among those of one event.
fn searched_in(trial: &Trial<'_>, search: &str, event_id: EventId) -> u64 {
    let query = DeliveriesQuery {
        search: Some(search.into()),
        event_id: Some(event_id),
        ..DeliveriesQuery::default()
    };
    let found = trial.fixture.log().deliveries(&query).unwrap().deliveries.len() as u64;
    assert_eq!(trial.fixture.log().count_all(&query).unwrap(), found, "{search}: counted");
    found
}

/// Forgets the person, an event at a time; of how many.
fn forget(trial: &mut Trial<'_>) -> u64 {
    trial.write(|t| t.begin_forgetting("token", &person()));
    loop {
        match trial.write(|t| t.forget(1)) {
            Forgetting::UnderWay => {}
            Forgetting::Done { token, person: whom, events, missing } => {
                assert!(missing.is_empty());
                assert_eq!((&*token, whom), ("token", person()));
                assert!(matches!(trial.write(|t| t.forget(1)), Forgetting::Nothing));
                return events;
            }
            Forgetting::Nothing => panic!("the wish is lost"),
        }
    }
}

pub(crate) fn who_occurs_in_an_event_is_found_and_forgotten(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let webhook = trial.webhook("crm");
    let address =
        dispatched(&mut trial, webhook, r#"{"by":"<ann@example.org>"}"#, &["ann@example.org"]);
    let other = dispatched(&mut trial, webhook, r#"{"by":"joann@example.org","id":7}"#, &["7"]);
    let user = dispatched(&mut trial, webhook, r#"{"order":{"user_id":"7"}}"#, &["7", "o-1"]);
    assert_eq!(found(&trial), [user, address], "newest first");
    assert_eq!(forget(&mut trial), 2);
    assert!(found(&trial).is_empty());
    for id in [address, user] {
        let shown = trial.shown(id);
        assert_eq!((shown.delivery.state, shown.body), (State::Cancelled, None));
    }
    assert_eq!(trial.state(other), State::Pending);
    assert!(trial.shown(other).body.is_some());
    let hits = ["ann@example.org", "o-1", "7"].map(|term| searched(&trial, term));
    assert_eq!(hits, [0, 0, 1], "the other's number is its own");
}

pub(crate) fn a_search_finds_only_what_else_is_asked_for(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let webhook = trial.webhook("crm");
    let ids = ["o-1", "o-2"].map(|order| {
        let delivery = dispatched(&mut trial, webhook, "{}", &[order, "ann@example.org"]);
        trial.shown(delivery).delivery.event_id
    });
    for (place, id) in ids.into_iter().enumerate() {
        let other = ids[1 - place];
        assert_eq!(searched_in(&trial, "ann@example.org", id), 1, "both events have the address");
        assert_eq!(searched_in(&trial, &format!("o-{}", place + 1), id), 1);
        assert_eq!(searched_in(&trial, &format!("o-{}", 2 - place), id), 0, "the other's order");
        assert_eq!(searched_in(&trial, &id.to_string(), id), 1);
        assert_eq!(searched_in(&trial, &other.to_string(), id), 0, "the other's id");
        assert_eq!(searched_in(&trial, "ann@example.org", EventId::at(NOON + HOUR)), 0, "no event");
    }
}

pub(crate) fn what_a_person_is_found_by_goes_where_the_payload_is_gone(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let webhook = trial.webhook("crm");
    let data = r#"{"id":7,"email":"Ann@Example.org"}"#;
    dispatched(&mut trial, webhook, data, &["7", "ann@example.org", "o-1"]);
    dispatched(&mut trial, webhook, data, &["o-2", "pay to <ann@example.org>"]);
    dispatched(&mut trial, webhook, data, &["7", "o-3"]);
    dispatched(&mut trial, webhook, data, &["joann@example.org", "o-4"]);
    for claim in trial.claim(webhook, 4) {
        trial.record(&claim, Next::Delivered);
    }
    trial.clock.advance(DAY);
    trial.prune(NOON + HOUR, 0);
    assert_eq!(found(&trial).len(), 2, "what stands in the terms, and no number");
    let all = ["7", "ann@example.org", "o-1", "o-2", "o-3", "o-4", "joann@example.org"];
    assert_eq!(all.map(|term| searched(&trial, term)), [2, 1, 1, 1, 1, 1, 1]);
    assert_eq!(forget(&mut trial), 2);
    assert_eq!(all.map(|term| searched(&trial, term)), [0, 0, 0, 0, 1, 1, 1]);
    assert!(found(&trial).is_empty());
    // What is deleted later takes its other terms along.
    trial.prune(NOON + HOUR, NOON + HOUR);
    assert_eq!(all.map(|term| searched(&trial, term)), [0; 7]);
}
