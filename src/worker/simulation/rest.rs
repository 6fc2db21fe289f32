//! What wakes the worker, and what lets it sleep.

use super::*;

#[test]
fn every_attempt_that_was_made_wakes_the_worker() {
    const LONG: Duration = Duration::from_secs(60);
    let hooks =
        |address: &str| json!([webhook(0, address, &["dead"]), webhook(1, address, &["well"])]);
    for event in ["well", "dead"] {
        let mut simulation = Simulation::new(hooks, vec![(0, 0..DAY)]);
        simulation.dispatch(event);
        simulation.worker.sleeper.prepare();
        assert!(simulation.worker.round().expect("a round"));
        let begun = Instant::now();
        simulation.worker.sleeper.wait(Some(LONG));
        assert!(begun.elapsed() < LONG, "{event}: the worker slept on");
        simulation.settle();
        assert_eq!(simulation.taken("/1").len(), usize::from(event != "dead"));
    }
}

/// How long it takes, by the injected clock and the worker's own waits, until the journal is
/// empty, in milliseconds.
fn time_until_the_journal_is_empty(simulation: &mut Simulation) -> i64 {
    let begun = simulation.clock.unix_ms();
    let journal = simulation.folder.path().join("journal");
    loop {
        simulation.settle();
        let now = simulation.clock.unix_ms();
        if std::fs::read_dir(&journal).expect("the journal").next().is_none() {
            return now - begun;
        }
        assert!(now - begun < HOUR, "the journal never becomes empty");
        let wait = simulation.worker.time_to_wait(now, Mode::Foreground);
        simulation.clock.advance(i64::try_from(wait.as_millis()).expect("a wait"));
    }
}

#[test]
fn segments_that_end_while_others_wait_for_the_disk_need_no_rescan() {
    let mut simulation =
        Simulation::new(|address| json!([webhook(0, address, &["hourly"])]), Vec::new());
    simulation.disk.store(false, Ordering::SeqCst);
    simulation.dispatch("hourly");
    simulation.writer = Writer::new();
    simulation.settle();
    simulation.clock.advance(2000);
    simulation.settle();
    assert!(
        simulation.worker.maintenance.retirement.syncing().is_some(),
        "the first waits for the disk"
    );
    simulation.dispatch("hourly");
    simulation.writer = Writer::new();
    simulation.settle();
    simulation.disk.store(true, Ordering::SeqCst);
    let took = time_until_the_journal_is_empty(&mut simulation);
    assert!(took < 5000, "{took} ms");
}

#[test]
fn more_segments_than_go_at_once_need_no_rescan() {
    let mut simulation =
        Simulation::new(|address| json!([webhook(0, address, &["hourly"])]), Vec::new());
    for _ in 0..300 {
        simulation.dispatch("hourly");
        simulation.writer = Writer::new();
    }
    let took = time_until_the_journal_is_empty(&mut simulation);
    assert!(took < 5000, "{took} ms");
    assert_eq!(simulation.taken("/0").len(), 300);
}
