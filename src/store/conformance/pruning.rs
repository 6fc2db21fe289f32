//! What goes: because it is old, or because there is no room.

use super::*;
use crate::log::CLOCK_SET;

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

pub(crate) fn a_clock_that_was_set_ahead_prunes_nothing_for_a_day(fixture: &dyn Fixture) {
    const JUMP: i64 = 400 * DAY;
    let mut trial = Trial::new(fixture);
    let webhook = trial.webhook("crm");
    let id = trial.in_state(webhook, State::Delivered);
    let delivered = |trial: &Trial<'_>| trial.stats("crm").delivered;
    let set = |trial: &mut Trial<'_>, by: i64| {
        trial.clock.jump(by);
        let at = trial.clock.unix_ms();
        let params: serde_json::Map<_, _> =
            [("seconds".to_owned(), (by / 1000).into())].into_iter().collect();
        trial.write(|t| {
            t.announce(&Announcement { code: CLOCK_SET.into(), at, params: params.clone() })
        });
    };
    // As a worker prunes that keeps bodies for 7 days, and rows for 30.
    let prune = |trial: &mut Trial<'_>| {
        let now = trial.clock.unix_ms();
        trial.prune(now - 7 * DAY, now - 30 * DAY);
        trial.fixture.log().delivery(&id).unwrap().map(|shown| shown.body.is_some())
    };
    set(&mut trial, JUMP);
    trial.clock.advance(DAY);
    assert_eq!(prune(&mut trial), Some(true));
    // More than a page of such events must not keep what comes after from being pruned.
    let under_that_clock: Vec<_> =
        (0..3).map(|_| trial.in_state(webhook, State::Delivered)).collect();
    set(&mut trial, -JUMP);
    assert_eq!(prune(&mut trial), Some(true), "it is right again");
    let later = trial.in_state(webhook, State::Delivered);
    trial.clock.advance(31 * DAY);
    assert_eq!(prune(&mut trial), None, "now it is old");
    assert!(trial.fixture.log().delivery(&later).unwrap().is_none());
    for id in under_that_clock {
        assert_eq!(trial.state(id), State::Delivered);
    }
    // A clock that stays so for longer than a day is right.
    let last = trial.in_state(webhook, State::Delivered);
    set(&mut trial, JUMP);
    trial.clock.advance(DAY + 1);
    prune(&mut trial);
    assert!(trial.fixture.log().delivery(&last).unwrap().is_none());
    assert_eq!(delivered(&trial), 6);
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
    // The oldest first; the log still says that they were delivered.
    assert_eq!(lost, [("old", Some(false)), ("new", Some(false))]);
    for id in [failed, held, waiting] {
        assert_eq!(has_body(&trial, id), Some(true), "it may still be sent");
    }
    // Later on, what was delivered meanwhile can go, too.
    let later = trial.claim(webhook, 1).remove(0);
    trial.record(&later, Next::Delivered);
    while trial.write(|t| t.give_up(Keep::Least, 100)).more {}
    assert_eq!(has_body(&trial, waiting), Some(false));
    assert_eq!(trial.stats("crm").delivered, 3, "counters tell what happened");
}
