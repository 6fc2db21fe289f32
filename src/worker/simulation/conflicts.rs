//! Rounds that are made again.

use super::*;

/// What two days leave behind in which everything happens once: schedule, deliveries with their
/// attempts, announcements; without what is another at every run: ids, and times, as retries vary
/// by chance.
fn after_two_days(conflicts: Conflicts) -> Vec<String> {
    let hooks = |address: &str| -> Vec<Value> {
        let hook = |id, more: Value| {
            let mut hook = webhook(id, address, &["hourly", "webhook_disabled"]);
            (hook["retries"], hook["concurrency"]) = (json!([1, 1, 1]), json!(1));
            more.as_object().expect("members").iter().for_each(|(name, value)| {
                hook[name] = value.clone();
            });
            hook
        };
        let ordered = json!({"ordered": true, "retries": vec![1; 50]});
        vec![
            hook(0, json!({})),
            hook(1, json!({"disable_after": 10 * 3600 + 1800})),
            hook(2, ordered),
            hook(3, json!({"rate_limit": {"count": 1, "per": "minute"}})),
        ]
    };
    let outages =
        vec![(1, 5 * HOUR..28 * HOUR), (2, 3 * HOUR..6 * HOUR), (0, 47 * HOUR..51 * HOUR)];
    let mut simulation = Simulation::beside(conflicts, |it| hooks(it).into(), outages);
    for hour in 0..48 {
        simulation.pass(START + hour * HOUR);
        let id = EventId::from_key("hourly", 1, &(hour / 2).to_string());
        simulation.dispatch_as(id, "hourly", "{}");
        simulation.dispatch("hourly");
        match hour {
            20 => {
                simulation.settle();
                let mut less = hooks(&simulation.address);
                less.pop();
                publish(&simulation.spool, &less.into(), 2);
                simulation.worker.next_config = 0;
            }
            30 => {
                let disabled = &simulation.stats()["1"]["disabled"];
                let disabling = disabled["id"].as_str().expect("disabled").to_owned();
                simulation.request(&Request::Enable { webhook: "1".into(), disabling });
                simulation.request(&Request::Recover { webhook: "1".into(), since: None });
            }
            35 => simulation.clock.jump(10 * MINUTE),
            40 => simulation.restart(),
            _ => {}
        }
    }
    simulation.pass(START + 50 * HOUR);
    let collided = simulation.worker.store.collided;
    assert_eq!(collided > 0, conflicts != Conflicts::None, "{collided} conflicts");

    let mut left = simulation.worker.schedule.known();
    let (mut log, mut cursor) = (simulation.log(), None);
    loop {
        let asked = cursor.map_or(json!({}), |cursor: String| json!({"cursor": cursor}));
        let query = serde_json::from_value(asked).expect("a query");
        let page = log.deliveries(&query).expect("deliveries");
        for row in page.deliveries {
            let detail = log.delivery(&row.id).expect("a delivery").expect("it is there");
            let made: Vec<_> = detail
                .attempts_made
                .iter()
                .map(|made| (made.number, made.status, made.next))
                .collect();
            left.push(format!(
                "{} of {} to {}: {:?} {:?}, due: {}, settled: {}, {made:?}",
                row.event,
                row.created,
                row.webhook_id,
                row.state,
                row.reason,
                row.due.is_some(),
                row.settled.is_some()
            ));
        }
        cursor = page.cursor;
        if cursor.is_none() {
            break;
        }
    }
    left.extend(simulation.announced().iter().map(|one| one["code"].to_string()));
    left
}

#[test]
fn another_writer_in_the_way_of_every_transaction_changes_nothing() {
    let alone = after_two_days(Conflicts::None);
    for word in ["Delivered", "Failed", "Cancelled", "webhook_disabled", "webhook_enabled"] {
        assert!(alone.iter().any(|line| line.contains(word)), "{word} happened");
    }
    let beside = after_two_days(Conflicts::All);
    for (alone, beside) in alone.iter().zip(&beside) {
        assert_eq!(alone, beside);
    }
    assert_eq!(alone.len(), beside.len());
}

#[test]
fn an_event_that_comes_twice_in_one_round_goes_out_once() {
    let mut simulation = Simulation::new(
        |address| (0..2).map(|id| webhook(id, address, &["hourly"])).collect(),
        Outages::new(),
    );
    let mut sent = vec![simulation.dispatch("hourly")];
    simulation.pass(START + MINUTE);
    // Both webhooks are proven, so these go out as they come in.
    for number in 0..3 {
        let id = EventId::from_key("hourly", 1, &number.to_string());
        sent.extend((0..3).map(|_| simulation.dispatch_as(id, "hourly", "{}")));
    }
    simulation.settle();
    let again = EventId::from_key("hourly", 1, "1");
    simulation.dispatch_as(again, "hourly", "{}");
    simulation.pass(START + HOUR);
    let expected: HashSet<_> = sent.into_iter().collect();
    for path in ["/0", "/1"] {
        let taken = simulation.taken(path);
        assert_eq!(taken.len(), expected.len(), "{path}");
        assert_eq!(taken.into_iter().collect::<HashSet<_>>(), expected, "{path}");
    }
    assert_eq!(simulation.count("delivered"), 2 * expected.len());
    assert!(simulation.worker.schedule.is_idle() && simulation.worker.pool.is_idle());
}
