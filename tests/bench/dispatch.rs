//! What a request pays: `dispatch_ratio`, `dispatch_p999_us`, `no_subscriber_us`,
//! `dispatch_10k_ratio`.

use serde_json::{Value, json};

use crate::nginx::Nginx;
use crate::results::Results;
use crate::rounds::{Latencies, abba, median};
use crate::script::{Script, number, numbers};
use crate::testbed::{EVENT, Testbed, WEBHOOK, document, webhook};
use crate::{Bench, Result};

/// Events between two waits for the worker.
const CALLS: u64 = 1000;
/// Processes that dispatch at once, and how fast each.
const PROCESSES: usize = 8;
const EVERY_NS: u64 = 5_000_000;

/// One process, one event after the other, the worker delivering.
pub(crate) fn beside_json_encode(bench: &Bench, results: &mut Results) -> Result {
    let nginx = Nginx::start()?;
    let mut testbed = Testbed::new(&bench.build)?;
    testbed.publish_one(&nginx.url())?;
    let worker = testbed.worker()?;
    let mut script = testbed.script("produce.php")?;
    script.ask(&json!({"do": "beside", "count": CALLS}))?;
    let mut dispatched = CALLS;
    let (mut ratios, mut dispatch, mut unwanted) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..bench.pick(31, 7) {
        testbed.await_delivered(dispatched)?;
        let times = script.ask(&json!({"do": "beside", "count": CALLS}))?;
        dispatched += CALLS;
        ratios.push(number(&times, "dispatch")? / number(&times, "json_encode")?);
        dispatch.push(number(&times, "dispatch")? / 1e3);
        let answer = script.ask(&json!({"do": "unwanted", "count": 20_000}))?;
        unwanted.push(number(&answer, "took")? / 1e3);
    }
    testbed.await_delivered(dispatched)?;
    results.note(format!("dispatch of a payment: {:.2} µs", median(&dispatch)));
    results.add("dispatch_ratio", ratios);
    results.add("no_subscriber_us", unwanted);
    script.end()?;
    worker.leave()
}

/// Eight processes at a steady pace, the worker delivering.
pub(crate) fn of_eight(bench: &Bench, results: &mut Results) -> Result {
    let nginx = Nginx::start()?;
    let mut testbed = Testbed::new(&bench.build)?;
    testbed.publish_one(&nginx.url())?;
    let worker = testbed.worker()?;
    let mut scripts: Vec<Script> = Vec::new();
    for _ in 0..PROCESSES {
        let mut script = testbed.script("produce.php")?;
        script.ask(&json!({"do": "flood", "count": 10}))?;
        scripts.push(script);
    }
    let (mut rounds, mut all) = (Vec::new(), Vec::new());
    let count = bench.pick(1400, 400);
    for _ in 0..bench.pick(5, 2) {
        for script in &mut scripts {
            script.tell(&json!({"do": "paced", "count": count, "every_ns": EVERY_NS}))?;
        }
        let mut calls = Vec::new();
        for script in &mut scripts {
            calls.extend(numbers(&script.answer()?, "calls")?);
        }
        rounds.push(Latencies::of(calls.clone()).percentile(99.9).as_secs_f64() * 1e6);
        all.extend(calls);
    }
    let rounds_of_events = rounds.len() as u64 * count;
    testbed.await_delivered(PROCESSES as u64 * (10 + rounds_of_events))?;
    results.note(format!("dispatch, 8 processes: {}", Latencies::of(all).describe()));
    results.add("dispatch_p999_us", rounds);
    scripts.into_iter().try_for_each(Script::end)?;
    worker.leave()
}

/// Ten thousand webhooks beside ten; one of them wants the event.
pub(crate) fn of_ten_thousand(bench: &Bench, results: &mut Results) -> Result {
    let nginx = Nginx::start()?;
    let mut sides = Vec::new();
    for webhooks in [10_000, 10] {
        let mut testbed = Testbed::new(&bench.build)?;
        testbed.publish(&many(webhooks, &nginx.url()))?;
        let worker = testbed.worker()?;
        let mut script = testbed.script("produce.php")?;
        script.ask(&json!({"do": "typical", "count": CALLS}))?;
        sides.push((testbed, worker, script, CALLS));
    }
    let mut measure = |side: usize| -> Result<f64> {
        let (testbed, _, script, dispatched) = &mut sides[side];
        testbed.await_delivered(*dispatched)?;
        *dispatched += CALLS;
        number(&script.ask(&json!({"do": "typical", "count": CALLS}))?, "took")
    };
    let mut ratios = Vec::new();
    for round in 0..bench.pick(21, 5) {
        let [many, few] = abba(round, &mut measure)?;
        ratios.push(many / few);
    }
    results.add("dispatch_10k_ratio", ratios);
    for (testbed, worker, script, dispatched) in sides {
        testbed.await_delivered(dispatched)?;
        script.end()?;
        worker.leave()?;
    }
    Ok(())
}

/// Webhooks for as many different events and sites, and the one.
fn many(count: usize, url: &str) -> Value {
    let others = (1..count).map(|number| {
        let events = [format!("event_{number}"), format!("event_{}", number / 7)];
        let mut other = webhook(
            &format!("other-{number}"),
            url,
            &events.iter().map(String::as_str).collect::<Vec<_>>(),
        );
        other["sites"] = json!({ "only": [number, number + 1] });
        other
    });
    let mut webhooks: Vec<_> = others.collect();
    webhooks.insert(count / 2, webhook(WEBHOOK, url, &[EVENT]));
    document(&webhooks)
}
