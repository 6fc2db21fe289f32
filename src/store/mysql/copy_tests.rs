//! A log in a database that was copied.

use super::engine_tests::Tables;
use crate::bulk::{Action, Bulk};
use crate::conformance::{Fixture as _, HOUR, Trial};
use crate::log::{DeliveriesQuery, StatsQuery};
use crate::{Origin, State, Store as _};
use domain::clock::Clock as _;

fn bulk() -> Bulk {
    let query = DeliveriesQuery::default();
    Bulk { token: "all".into(), action: Action::Resend, query, matched: 9 }
}

#[test]
fn what_waits_in_a_copy_is_cancelled_and_what_is_its_own_stays() {
    let tables = Tables::new();
    let mut trial = Trial::new(&tables);
    assert_eq!(trial.store.belong_to("origin").unwrap(), 0);
    let crm = trial.webhook("crm");
    let ids: Vec<_> = [
        State::Delivered,
        State::Failed,
        State::Delivering,
        State::Skipped,
        State::Held,
        State::Pending,
    ]
    .map(|state| (state, trial.in_state(crm, state)))
    .into();
    let now = trial.clock.unix_ms();
    trial.write(|t| t.begin_bulk(&bulk(), now));
    assert_eq!(trial.store.belong_to("origin").unwrap(), 0);
    let stats = trial.stats("crm");
    // Its worker stands there as if it were at work, as in a dump that was taken of a live one.
    std::mem::forget(std::mem::replace(
        &mut trial.store,
        crate::memory::InMemory::new(tables.clock()).open(),
    ));

    let origin = Origin::example(9, "staging");
    let mut copy = tables.store(&origin);
    copy.load().unwrap();
    assert_eq!(copy.belong_to("copy").unwrap(), 3);
    assert_eq!(copy.belong_to("copy").unwrap(), 0);
    for (state, id) in &ids {
        let shown = tables.log().delivery(id).unwrap().unwrap().delivery;
        let waited = matches!(state, State::Pending | State::Held | State::Delivering);
        let (expected, reason) = if waited {
            (State::Cancelled, Some("copied"))
        } else {
            (*state, shown.reason.as_deref())
        };
        assert_eq!((shown.state, shown.reason.as_deref()), (expected, reason), "{state:?}");
    }
    let query = StatsQuery::default();
    let after = tables.log().stats(&query, now).unwrap().remove("crm").unwrap();
    assert_eq!((after.pending, after.held), (0, 0));
    assert_eq!((after.delivered, after.failed), (stats.delivered, stats.failed));
    // Whatever time passes, nobody comes and has anything that goes on.
    for _ in 0..5 {
        trial.clock.advance(HOUR);
        let news = copy.look_at_others().unwrap();
        assert!(!news.suspects && news.deadly.is_empty());
        assert!(news.due.iter().all(|(_, due)| due.is_none()), "{news:?}");
        copy.transaction(&mut |t| {
            assert!(!t.step_bulk(now, 100)?.more);
            Ok(())
        })
        .unwrap();
    }
    let waits = DeliveriesQuery { state: vec![State::Pending], ..DeliveriesQuery::default() };
    assert_eq!(tables.log().count_all(&waits).unwrap(), 0);
    drop(copy);
    // What comes from now on is its own.
    let mut trial = Trial::new(&tables);
    assert_eq!(trial.store.belong_to("copy").unwrap(), 0);
    let own = trial.in_state(crm, State::Pending);
    assert_eq!(trial.store.belong_to("copy").unwrap(), 0);
    assert_eq!(trial.state(own), State::Pending);
}
