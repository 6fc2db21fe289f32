//! Workers that die.

use super::*;

#[test]
fn an_accused_delivery_is_tried_while_nothing_else_is_under_way() {
    let hooks =
        |address: &str| json!([webhook(0, address, &["first"]), webhook(1, address, &["other"])]);
    let mut simulation = Simulation::new(hooks, Vec::new());
    simulation.dispatch("first");
    simulation.dispatch("other");
    let die = |simulation: &mut Simulation| {
        // The requests are made, and nobody records them.
        assert!(simulation.worker.round().expect("a round"));
        simulation.restart();
    };
    die(&mut simulation);
    assert_eq!(simulation.count("pending"), 2);
    // A suspect goes beside whatever is new; both are under way at the next death.
    simulation.dispatch("other");
    die(&mut simulation);
    assert!(simulation.worker.round().expect("a round"));
    assert!(
        simulation.worker.aftermath.trials.holds_up_others(),
        "{:?}",
        simulation.worker.aftermath.trials
    );
    assert_eq!(simulation.count("delivering"), 1);
    simulation.dispatch("other");
    while simulation.worker.aftermath.trials.holds_up_others() {
        assert!(simulation.count("delivering") <= 1, "another one beside it");
        simulation.worker.round().expect("a round");
    }
    simulation.settle();
    assert_eq!(simulation.count("delivered"), 4);
    assert!(simulation.worker.aftermath.trials.is_none());
}
