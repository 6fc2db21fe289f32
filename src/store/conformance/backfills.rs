//! Sentences about events that a webhook has not had.

use super::*;
use crate::backfill::{Backfill, BackfillQuery, Missed, Stretch};
use domain::clock::rfc3339;
use domain::id::EventId;

fn all(webhook: &str) -> BackfillQuery {
    BackfillQuery { webhook_id: webhook.into(), ..BackfillQuery::default() }
}

fn begin(trial: &mut Trial<'_>, token: &str, query: &BackfillQuery) {
    let backfill = Backfill { token: token.into(), query: query.clone(), matched: 7 };
    let now = trial.clock.unix_ms();
    trial.write(|t| t.begin_backfill(&backfill, now));
}

fn look_back(trial: &mut Trial<'_>, limit: usize) -> Option<Stretch> {
    trial.write(|t| t.look_back(limit, &|_, _| true))
}

fn ids(missed: &[Missed]) -> Vec<EventId> {
    missed.iter().map(|missed| missed.event.id).collect()
}

fn count(trial: &Trial<'_>, query: &BackfillQuery) -> u64 {
    let count = trial.fixture.log().missed(query, false, &|_| true).unwrap();
    assert!(!count.more);
    count.events
}

pub(crate) fn a_webhook_is_given_what_it_has_not_had_in_order(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let (crm, late) = (trial.webhook("crm"), trial.webhook("late"));
    assert!(look_back(&mut trial, 10).is_none());
    let events: Vec<_> = (0..5)
        .map(|number| {
            let event = event(NOON + number);
            let to: &[WebhookKey] = if number == 1 { &[crm, late] } else { &[crm] };
            trial.add(&event, to, State::Pending);
            trial.clock.advance(HOUR);
            event
        })
        .collect();
    let skipped = trial.add(&event(NOON), &[late], State::Skipped)[0];
    let query = all("late");
    assert_eq!(count(&trial, &query), 5);
    begin(&mut trial, "one", &query);
    begin(&mut trial, "one", &query);
    // What comes later goes to the webhook by itself.
    trial.add(&event(NOON), &[crm], State::Pending);

    let first = look_back(&mut trial, 2).unwrap();
    assert_eq!((&*first.token, first.made, &first.query), ("one", 0, &query));
    assert_eq!(ids(&first.missed), [events[0].id]);
    assert_eq!(first.missed[0].event.body, events[0].body);
    assert_eq!(first.missed[0].created, NOON);
    let now = trial.clock.unix_ms();
    trial.write(|t| t.note_backfill("one", 1, first.next, now));
    // A dead worker repeats nothing.
    drop(trial);
    let mut trial = Trial::new(fixture);
    let second = look_back(&mut trial, 2).unwrap();
    assert_eq!((second.made, ids(&second.missed)), (1, vec![events[2].id, events[3].id]));
    trial.write(|t| t.note_backfill("one", 2, second.next, now));
    let third = look_back(&mut trial, 2).unwrap();
    assert_eq!((third.missed[0].event.id, third.missed[0].skipped), (events[4].id, None));
    assert_eq!(third.missed[1].skipped, Some(skipped));
    assert_eq!(third.next, None);
    trial.write(|t| t.note_backfill("one", 2, None, now));
    assert!(look_back(&mut trial, 2).is_none());
    let row = trial.fixture.log().bulks().unwrap().remove(0);
    assert_eq!((&*row.action, row.matched, row.changed), ("backfill", 7, 5));
    assert_eq!(row.ended, Some(rfc3339(now)));
    // No step of other changes takes it for one of theirs.
    assert_eq!(trial.write(|t| t.step_bulk(now, 1)), BulkStep::default());
}

pub(crate) fn what_is_looked_back_for_is_narrowed(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let crm = trial.webhook("crm");
    let events: Vec<_> = (0..4)
        .map(|_| {
            let event = event(NOON);
            trial.add(&event, &[crm], State::Delivered);
            trial.clock.advance(HOUR);
            event
        })
        .collect();
    let query = all("late");
    let since = BackfillQuery { since: Some(NOON + 1), ..query.clone() };
    let until = BackfillQuery { until: Some(NOON + 2 * HOUR), ..since.clone() };
    let one = BackfillQuery { event_id: Some(events[2].id), ..query.clone() };
    let unknown = BackfillQuery { event_id: Some(EventId::at(NOON)), ..query.clone() };
    let later = BackfillQuery { since: Some(NOON + DAY), ..query.clone() };
    for (query, expected) in [
        (&query, &events[..]),
        (&since, &events[1..]),
        (&until, &events[1..3]),
        (&one, &events[2..3]),
        (&unknown, &[]),
        (&later, &[]),
    ] {
        assert_eq!(count(&trial, query), expected.len() as u64, "{query:?}");
        begin(&mut trial, &format!("{query:?}"), query);
        let found = look_back(&mut trial, 10).unwrap();
        assert_eq!(ids(&found.missed), expected.iter().map(|it| it.id).collect::<Vec<_>>());
        trial.write(|t| t.note_backfill(&found.token, 0, None, NOON));
    }
    // Only what is wanted, and what has a body.
    begin(&mut trial, "wanted", &query);
    let wanted = trial
        .write(|t| {
            t.look_back(10, &|query, event| query.webhook_id == "late" && event.id == events[1].id)
        })
        .unwrap();
    assert_eq!(ids(&wanted.missed), [events[1].id]);
    let log_of = |wants: &dyn Fn(&Event) -> bool| trial.fixture.log().missed(&query, true, wants);
    assert_eq!(log_of(&|event| !event.body.is_empty()).unwrap().events, 4);
    assert_eq!(log_of(&|_| false).unwrap().events, 0);
    trial.clock.advance(DAY);
    trial.prune(trial.clock.unix_ms(), 0);
    assert_eq!(count(&trial, &query), 0);
}

pub(crate) fn a_list_until_a_time_ends_there_whatever_a_backfill_made_then(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let (crm, late) = (trial.webhook("crm"), trial.webhook("late"));
    let mut old = None;
    for number in 0..3 {
        let event = event(NOON + number);
        trial.add(&event, &[crm], State::Delivered);
        old.get_or_insert(event.id);
        trial.clock.advance(HOUR);
    }
    // The first delivery after that time is of the oldest event.
    let (event, now) = (old.unwrap(), trial.clock.unix_ms());
    let id = DeliveryId::at(now);
    trial.write(|t| {
        let state = State::Pending;
        let new = NewDelivery { id, webhook: late, state, due: now, reason: None, failure: None };
        t.add_deliveries(&[(event, new)])
    });
    let mut log = trial.fixture.log();
    let mut list = |until: i64| {
        let query = DeliveriesQuery { until: Some(until), ..DeliveriesQuery::default() };
        assert_eq!(
            log.deliveries(&query).unwrap().deliveries.len() as u64,
            log.count_all(&query).unwrap()
        );
        log.count_all(&query).unwrap()
    };
    assert_eq!(list(now - 5 * 60_000), 3);
    assert_eq!(list(now), 4);
}

pub(crate) fn what_was_sent_later_is_found_by_when_that_was(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let (crm, late) = (trial.webhook("crm"), trial.webhook("late"));
    let old = event(NOON);
    trial.add(&old, &[crm], State::Pending);
    trial.clock.advance(DAY);
    let between = trial.add(&event(NOON + DAY), &[crm], State::Pending)[0];
    trial.clock.advance(DAY);
    let now = trial.clock.unix_ms();
    let id = DeliveryId::at(now);
    trial.write(|t| {
        let (webhook, state) = (late, State::Pending);
        let new = NewDelivery { id, webhook, state, due: now, reason: None, failure: None };
        t.add_deliveries(&[(old.id, new)])
    });
    let found = |since, until| {
        let query = DeliveriesQuery { since, until, ..DeliveriesQuery::default() };
        let page = fixture.log().deliveries(&query).unwrap();
        page.deliveries.iter().map(|delivery| delivery.id).collect::<Vec<_>>()
    };
    // Of an event that is older than the one between: in the order of the events.
    assert_eq!(found(Some(NOON + DAY), None), [between, id]);
    assert_eq!(found(Some(now), None), [id]);
    assert_eq!(found(Some(NOON + DAY), Some(NOON + DAY)), [between]);
    assert_eq!(found(None, Some(now)).len(), 3);
}
