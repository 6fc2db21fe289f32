//! Endpoints that fail, and what becomes of the others.

use super::*;

#[test]
#[allow(clippy::print_stdout, reason = "the table is what a person runs this for")]
fn fourteen_days_with_outages_of_a_minute_an_hour_and_six_days() {
    let mut outages: Outages = Vec::new();
    for day in 0..14 {
        outages
            .extend((3..6).map(|who| (who, day * DAY + 5 * HOUR..day * DAY + 5 * HOUR + MINUTE)));
    }
    outages.extend((6..9).map(|who| (who, 4 * DAY..4 * DAY + HOUR)));
    outages.push((9, 2 * DAY..8 * DAY));
    let hooks = |address: &str| {
        (0..10).map(|id| webhook(id, address, &["hourly", "webhook_disabled"])).collect()
    };
    let mut simulation = Simulation::new(hooks, outages);
    let mut sent = HashSet::new();
    let mut enabled_at = None;
    for hour in 0..14 * 24 {
        simulation.pass(START + hour * HOUR);
        sent.insert(simulation.dispatch("hourly"));
        // On the tenth day a person reads the announcement, sees the endpoint well, and enables.
        if hour == 9 * 24 + 10 {
            let disabled = simulation.stats()["9"]["disabled"].clone();
            let disabling = disabled["id"].as_str().expect("disabled").to_owned();
            enabled_at = disabled["at"].as_str().map(str::to_owned);
            simulation.request(&Request::Enable { webhook: "9".into(), disabling });
            simulation.request(&Request::Recover { webhook: "9".into(), since: None });
        }
    }
    simulation.pass(START + 14 * DAY);

    let stats = simulation.stats();
    let announced = simulation.announced();
    let count = |code: &str| announced.iter().filter(|one| one["code"] == code).count();
    println!("webhook  outage   delivered   still held  distinct ids taken  requests");
    for (id, outage) in
        (0..10).zip(["—", "—", "—", "1 min", "1 min", "1 min", "1 h", "1 h", "1 h", "6 d"])
    {
        let of = &stats[id.to_string()];
        let taken: HashSet<_> = simulation.taken(&format!("/{id}")).into_iter().collect();
        let asked = simulation.asked.lock().expect("no panic");
        let requests = asked.iter().filter(|(_, path)| *path == format!("/{id}")).count();
        println!(
            "{id:>7}  {outage:<6} {:>10} {:>11} {:>19} {requests:>9}",
            of["delivered"],
            of["held"],
            taken.len()
        );
        assert!(sent.is_subset(&taken), "webhook {id} got every event");
        assert_eq!((&of["pending"], &of["held"]), (&json!(0), &json!(0)), "webhook {id}");
        assert!(of["disabled"].is_null());
    }
    println!(
        "disabled and announced: {} (at {}), enabled: {}, deliveries that had run out of attempts: {}",
        count("webhook_disabled"),
        enabled_at.as_deref().unwrap_or("never"),
        count("webhook_enabled"),
        count("delivery_failed"),
    );
    assert_eq!((count("webhook_disabled"), count("webhook_enabled")), (1, 1));
    // The outage began on the second day, so five days of nothing but failures end on the seventh.
    assert!(enabled_at.is_some_and(|at| at.starts_with("2025-11-27T")));
    // The event of it reached everybody who was well.
    for id in 0..9 {
        let news = simulation.taken(&format!("/{id}")).len() - sent.len();
        assert_eq!(news, 1, "webhook_disabled at webhook {id}");
    }
}

#[test]
fn a_backlog_of_hanging_webhooks_is_behind_everybody_else() {
    // The deliveries of ten dead webhooks fill the store; then one that is well gets its events.
    let hooks = |address: &str| {
        let mut hooks: Vec<_> = (0..10).map(|id| webhook(id, address, &["dead"])).collect();
        hooks.push(webhook(10, address, &["well"]));
        Value::from(hooks)
    };
    let outages = (0..10).map(|id| (id, 0..DAY)).collect();
    let mut simulation = Simulation::new(hooks, outages);
    for _ in 0..10_000 {
        simulation.dispatch("dead");
    }
    simulation.settle();
    let asked = simulation.asked.lock().expect("no panic").len();
    assert!(asked <= 10 * 5, "{asked} requests to the dead before they are probed");
    let ids: HashSet<_> = (0..100).map(|_| simulation.dispatch("well")).collect();
    simulation.settle();
    assert_eq!(simulation.taken("/10").into_iter().collect::<HashSet<_>>(), ids);
    let stats = simulation.stats();
    assert_eq!(stats["0"]["pending"], json!(10_000), "what waits uses up no attempts");
    assert!(simulation.folder.path().exists());
}

#[test]
fn what_is_left_of_a_burst_that_failed_goes_where_the_config_says() {
    for (held, state, requests) in [(None, "pending", 5), (Some("deactivated"), "held", 2)] {
        let hooks = |address: &str| {
            let mut hook = webhook(0, address, &["hourly"]);
            hook["concurrency"] = json!(1);
            json!([hook])
        };
        let mut simulation = Simulation::new(hooks, vec![(0, HOUR..2 * HOUR)]);
        simulation.dispatch("hourly");
        simulation.settle();
        let key = simulation.worker.schedule.key("0").expect("a lane");
        (0..20).for_each(|_| simulation.worker.schedule.took(key, 100));
        simulation.clock.advance(HOUR);
        (0..4).for_each(|_| drop(simulation.dispatch("hourly")));
        assert!(simulation.worker.round().expect("a round"));
        assert_eq!(simulation.count("delivering"), 4, "one burst");
        let document = json!({"webhooks": hooks(&simulation.address), "held": held});
        publish(&simulation.spool, &document, 2);
        simulation.worker.next_config = 0;
        simulation.settle();
        assert_eq!(simulation.count(state), 4);
        let asked = simulation.asked.lock().expect("no panic").len();
        assert_eq!(asked, requests, "one, the first of the burst, and whoever is pending");
    }
}

#[test]
fn an_attempt_that_the_store_can_not_keep_fails_and_the_worker_goes_on() {
    let hooks = |address: &str| {
        let mut flat = webhook(0, address, &["large"]);
        flat["format"] = json!("flat");
        json!([flat, webhook(1, address, &["small"])])
    };
    let mut simulation = Simulation::new(hooks, Vec::new());
    simulation.dispatch_data("large", &format!(r#"{{"a":"{}"}}"#, "x".repeat(50_000)));
    assert!(simulation.worker.round().expect("a round"));
    // The event is in the store; its request's own body does not find a place there any more.
    simulation.worker.store.store.take_at_most(20_000);
    simulation.dispatch("small");
    simulation.settle();
    assert_eq!((simulation.taken("/0").len(), simulation.taken("/1").len()), (1, 1));
    let stats = simulation.stats();
    assert_eq!((&stats["0"]["failed"], &stats["1"]["delivered"]), (&json!(1), &json!(1)));
    let query = serde_json::from_value(json!({"state": "failed"})).expect("a query");
    let failed = simulation.log().deliveries(&query).expect("deliveries").deliveries.remove(0);
    assert_eq!(
        (failed.reason.as_deref(), failed.last_failure.as_deref()),
        (Some("too_large"), Some("too_large"))
    );
    assert_eq!(simulation.announced()[0]["code"], "delivery_failed");
    // It is not sent again by whoever comes next, either.
    simulation.restart();
    simulation.settle();
    assert_eq!(simulation.taken("/0").len(), 1);
}
