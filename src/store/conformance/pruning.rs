//! What goes: because it is old, or because there is no room.

use super::*;

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
