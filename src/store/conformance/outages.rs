//! What is wrong with webhooks, and since when something waits.

use super::*;
use crate::log::Outages;

fn health(failures_in_row: u32, disabled: Option<i64>) -> Health {
    let disabled = disabled.map(|at| Disabled { id: "evt_1".into(), at, reason: "gone".into() });
    Health { failures_in_row, disabled, proven: true, ..Health::default() }
}

fn outages(trial: &Trial<'_>, left_out: &str) -> Outages {
    trial.fixture.log().outages(&|id| id == left_out).unwrap()
}

pub(crate) fn all_are_down_only_where_no_webhook_is_well(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    assert_eq!(outages(&trial, "").down, 0, "there are none");
    for (id, host, failures) in
        [("a", Some("a.test"), 3), ("b", Some("b.test"), 2), ("c", Some("b.test"), 9)]
    {
        let key = trial.webhook(id);
        trial.write(|t| {
            t.set_host(key, host)?;
            t.set_health(key, &health(failures, None))
        });
    }
    // One that is not published any more, and one of which nothing is known, are no signs of life.
    let (gone, new) = (trial.webhook("gone"), trial.webhook("new"));
    trial.write(|t| {
        t.set_host(new, Some("new.test"))?;
        t.set_health(gone, &health(0, None))
    });
    let found = outages(&trial, "");
    assert_eq!((found.down, found.are_nameless, found.disabled.len()), (2, false, 0));

    let well = trial.webhook("well");
    trial.write(|t| {
        t.set_host(well, Some("well.test"))?;
        t.set_health(well, &health(1, None))
    });
    assert_eq!(outages(&trial, "").down, 0, "one slow answer is no outage");
    assert_eq!(outages(&trial, "well").down, 2, "but what is paused says nothing");
    trial.write(|t| t.set_health(well, &health(0, Some(NOON))));
    let found = outages(&trial, "");
    assert_eq!((found.down, found.disabled), (2, vec![("well".to_owned(), NOON)]));
}

pub(crate) fn it_is_known_since_when_something_waits(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    let since = |trial: &Trial<'_>| trial.fixture.log().summary().unwrap().waiting_since;
    let webhooks = [trial.webhook("one"), trial.webhook("two")];
    assert_eq!(since(&trial), None);
    trial.add(&event(NOON), &webhooks[..1], State::Pending);
    trial.clock.advance(HOUR);
    trial.add(&event(NOON + HOUR), &webhooks[1..], State::Pending);
    assert_eq!(since(&trial), Some(NOON));
    trial.claim(webhooks[0], 1);
    assert_eq!(since(&trial), Some(NOON + HOUR), "what is under way does not wait");
}

pub(crate) fn deaths_move_with_the_clock(fixture: &dyn Fixture) {
    let mut trial = Trial::new(fixture);
    trial.clock.jump(30 * DAY);
    trial.write(|t| t.note_death(NOON + 30 * DAY, 0));
    trial.clock.jump(-30 * DAY);
    trial.write(|t| t.shift_due(-30 * DAY, ClockReading { boot: Boot::current(), offset: 5 }));
    assert_eq!(trial.fixture.log().summary().unwrap().deaths, [NOON]);
}
