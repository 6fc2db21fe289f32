//! What is left behind by a worker that dies.

use super::*;

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
            // The first death is one of many.
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
        trial.write(|t| complete(t, deadly, &failed, reason));
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
    assert!(trial.claim_by(webhook, 9, true).is_empty());
    assert_eq!(trial.write(|t| t.next_due(webhook, true)), None);
    assert_eq!(trial.write(|t| t.next_due(webhook, false)), Some(NOON));
    let suspect = trial.write(|t| t.claim_suspect(webhook, NOON, true)).unwrap();
    assert_eq!(suspect.id, first);
    assert!(trial.write(|t| t.claim_suspect(webhook, NOON, true)).is_none());
    trial.record(&suspect, Next::Delivered);
    assert_eq!(trial.claim_by(webhook, 9, true).len(), 1);
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
