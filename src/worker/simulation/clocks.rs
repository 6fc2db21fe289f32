//! A wall clock that is set.

use super::*;
use journal::Boot;
use store::ClockReading;

#[test]
fn a_clock_that_jumps_hours_neither_floods_nor_stalls() {
    let restarts = [false, true].into_iter();
    for (jump, restart) in restarts.flat_map(|it| [(6 * HOUR, it), (-6 * HOUR, it)]) {
        let outage = vec![(0, 0..10 * MINUTE), (0, jump..jump + 10 * MINUTE)];
        let mut simulation =
            Simulation::new(|address| json!([webhook(0, address, &["hourly"])]), outage);
        let ids: HashSet<_> = (0..20).map(|_| simulation.dispatch("hourly")).collect();
        simulation.pass(START + MINUTE);
        let before = simulation.asked.lock().expect("no panic").len();
        simulation.clock.jump(jump);
        if restart {
            simulation.restart();
        }
        simulation.settle();
        let at_once = simulation.asked.lock().expect("no panic").len() - before;
        assert!(at_once <= 1, "{at_once} requests because the clock was set");
        simulation.pass(START + jump + 2 * HOUR);
        let taken: HashSet<_> = simulation.taken("/0").into_iter().collect();
        assert_eq!(taken, ids, "after a jump of {jump} ms, restarted: {restart}");
    }
}

#[test]
fn a_clock_that_was_set_between_two_workers_holds_up_nothing_that_was_under_way() {
    for jump in [6 * HOUR, -6 * HOUR] {
        let hooks = |address: &str| json!([webhook(0, address, &["hourly"])]);
        let mut simulation = Simulation::new(hooks, Vec::new());
        for _ in 0..3 {
            simulation.dispatch("hourly");
        }
        simulation.settle();
        // Under way when the worker dies, and it comes up by another clock.
        simulation.dispatch("hourly");
        assert!(simulation.worker.round().expect("a round"));
        simulation.clock.jump(jump);
        simulation.restart();
        let idle_since = simulation.worker.idle_since;
        simulation.settle();
        simulation.pass(START + jump + MINUTE);
        assert_eq!(simulation.count("delivered"), 4, "after a jump of {jump} ms");
        // Nor does it leave too early or late, or prune by the other clock.
        assert!(simulation.worker.idle_since - idle_since >= jump);
        assert!((simulation.worker.idle_since - simulation.clock.unix_ms()).abs() <= MINUTE);
    }
}

#[test]
fn a_clock_that_was_set_is_told_until_it_is_right_again() {
    // Also by more than announcements are kept for.
    let jumps = [7 * DAY, -7 * DAY, 40 * DAY, -40 * DAY, 400 * DAY, -400 * DAY];
    for (jump, restart) in jumps.into_iter().flat_map(|jump| [(jump, false), (jump, true)]) {
        let mut simulation =
            Simulation::new(|address| json!([webhook(0, address, &["never"])]), Vec::new());
        let set = |simulation: &mut Simulation, by: i64| {
            simulation.clock.jump(by);
            if restart {
                simulation.restart();
            }
            simulation.settle();
            let summary = simulation.log().summary().expect("a summary");
            (summary.lately.clock_set(simulation.clock.unix_ms()), summary.deaths)
        };
        let (told, _) = set(&mut simulation, 0);
        assert_eq!(told, None, "nothing was set");
        let (told, _) = set(&mut simulation, jump);
        let told = told.unwrap_or_else(|| panic!("{jump} ms, restarted: {restart}"));
        assert_eq!((told.seconds * 1000, told.at), (jump, simulation.clock.unix_ms()));
        // Workers that die under that clock died lately under the other one, too.
        simulation.worker.note_death(&Holder::default()).expect("noted");
        simulation.clock.advance(10 * MINUTE);
        let (told, deaths) = set(&mut simulation, -jump);
        assert_eq!(told, None, "it is right again");
        assert_eq!(deaths, [simulation.clock.unix_ms() - 10 * MINUTE]);
        // A step that no signature notices is nobody's concern.
        assert_eq!(set(&mut simulation, MINUTE).0, None);
    }
}

#[test]
fn a_clock_that_was_ahead_for_some_hours_pruned_the_log_for_good() {
    for (jump, restart) in [(40 * DAY, false), (40 * DAY, true), (4000 * DAY, true)] {
        let mut simulation =
            Simulation::new(|address| json!([webhook(0, address, &["told"])]), Vec::new());
        let restart_if = |simulation: &mut Simulation| {
            if restart {
                simulation.restart();
            }
        };
        simulation.clock.advance(2 * HOUR);
        for _ in 0..3 {
            simulation.dispatch("told");
        }
        simulation.settle();
        assert_eq!(simulation.count("delivered"), 3);
        simulation.clock.jump(jump);
        restart_if(&mut simulation);
        for _ in 0..20 {
            simulation.settle();
            simulation.clock.advance(HOUR);
        }
        assert_eq!(simulation.count("delivered"), 3, "ahead by {jump} ms, restarted: {restart}");
        simulation.clock.jump(-jump);
        restart_if(&mut simulation);
        simulation.pass(START + 2 * DAY);
        assert_eq!(simulation.count("delivered"), 3, "set right, restarted: {restart}");
        // By a clock that is right, it goes when its time is over.
        simulation.clock.advance(40 * DAY);
        simulation.pass(START + 43 * DAY);
        assert_eq!(simulation.count("delivered"), 0);
    }
}

#[test]
fn a_clock_that_is_wrong_when_the_machine_starts_pruned_the_log_at_once() {
    let mut simulation =
        Simulation::new(|address| json!([webhook(0, address, &["told"])]), Vec::new());
    simulation.dispatch("told");
    simulation.settle();
    // Nobody can tell by how much a clock is off that no worker saw before.
    let another_boot = ClockReading { boot: Boot([7; 16]), offset: 0 };
    let store = &mut simulation.worker.store;
    store::commit(store, &mut |tx| tx.shift_due(0, another_boot)).expect("written");
    simulation.clock.jump(40 * DAY);
    simulation.restart();
    for _ in 0..59 {
        simulation.clock.advance(MINUTE);
        simulation.settle();
    }
    assert_eq!(simulation.count("delivered"), 1);
}
