//! A wall clock that is set.

use super::*;

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
