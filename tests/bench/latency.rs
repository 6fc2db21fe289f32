//! From the return of a dispatch to the endpoint: `latency_p50_ms`, `latency_p99_ms`,
//! `latency_loaded_p99_ms`.
//!
//! Open loop: PHP dispatches at a fixed rate, whatever becomes of the events. The receiver's
//! time is that at which it has read the whole request; both clocks are the machine's monotonic
//! one.

use serde_json::{Value, json};

use crate::receiver::{Receiver, verify};
use crate::results::Results;
use crate::rounds::Latencies;
use crate::script::Script;
use crate::testbed::{EVENT, SECRET, Testbed, WEBHOOK, document, webhook};
use crate::{Bench, Result, deliveries};

/// Events a second of the quiet measurement.
const QUIET: f64 = 200.0;
/// Share of the full rate of the loaded one, and how many processes dispatch at it.
const LOADED: f64 = 0.7;
const PROCESSES: usize = 4;

pub(crate) fn quiet(bench: &Bench, results: &mut Results) -> Result {
    let (mut p50, mut p99) = (Vec::new(), Vec::new());
    let mut all = Vec::new();
    for _ in 0..bench.pick(5, 2) {
        let latencies = round(bench, QUIET, 1, bench.pick(8.0, 2.0), false)?;
        let histogram = Latencies::of(latencies.iter().copied());
        p50.push(histogram.percentile(50.0).as_secs_f64() * 1e3);
        p99.push(histogram.percentile(99.0).as_secs_f64() * 1e3);
        all.extend(latencies);
    }
    results.note(format!("latency at {QUIET}/s: {}", Latencies::of(all).describe()));
    results.add("latency_p50_ms", p50);
    results.add("latency_p99_ms", p99);
    Ok(())
}

pub(crate) fn loaded(bench: &Bench, results: &mut Results) -> Result {
    let full = match bench.full_rate() {
        Some(rate) => rate,
        None => deliveries::full_rate(bench)?,
    };
    let rate = full * LOADED;
    let (mut rounds, mut all) = (Vec::new(), Vec::new());
    for _ in 0..bench.pick(5, 2) {
        let latencies = round(bench, rate, PROCESSES, bench.pick(4.0, 2.0), true)?;
        let p99 = Latencies::of(latencies.iter().copied()).percentile(99.0);
        rounds.push(p99.as_secs_f64() * 1e3);
        all.extend(latencies);
    }
    results.note(format!(
        "latency at {rate:.0}/s, one webhook hangs: {}",
        Latencies::of(all).describe()
    ));
    results.add("latency_loaded_p99_ms", rounds);
    Ok(())
}

/// Latencies of `seconds` at `rate`, in nanoseconds.
fn round(
    bench: &Bench,
    rate: f64,
    processes: usize,
    seconds: f64,
    hangs: bool,
) -> Result<Vec<u64>> {
    let each = (rate * seconds / processes as f64) as usize;
    let count = each * processes;
    let receiver = Receiver::start(count)?;
    let mut testbed = Testbed::new(&bench.build)?;
    let mut webhooks = vec![webhook(WEBHOOK, &receiver.url(), &[EVENT])];
    if hangs {
        webhooks.push(webhook("hangs", &receiver.hanging_url(), &[EVENT]));
    }
    testbed.publish(&document(&webhooks))?;
    let worker = testbed.worker()?;
    // So that the endpoint is proven, connections are open, and each process has its segment.
    let mut scripts: Vec<Script> = Vec::new();
    for _ in 0..processes {
        let mut script = testbed.script("produce.php")?;
        script.ask(&json!({"do": "flood", "count": 50}))?;
        scripts.push(script);
    }
    verify(&receiver.take(processes * 50)?, SECRET, processes * 50, &bench.data)?;

    let every = (1e9 * processes as f64 / rate) as u64;
    for script in &mut scripts {
        script.tell(&json!({"do": "paced", "count": each, "every_ns": every}))?;
    }
    let mut returned = serde_json::Map::new();
    for script in &mut scripts {
        let mut answer = script.answer()?;
        if let Value::Object(more) = answer["returned"].take() {
            returned.extend(more);
        }
    }
    let arrivals = receiver.take(count)?;
    let arrived = verify(&arrivals, SECRET, count, &bench.data)?;
    scripts.into_iter().try_for_each(Script::end)?;
    // The one that hangs is not waited for.
    drop(worker);
    let latency = |(id, at): (&String, &Value)| -> Result<u64> {
        let arrived = arrived.get(id).ok_or("an event that nobody dispatched")?;
        // It may be there before PHP has looked at the clock again.
        Ok(arrived.saturating_sub(at.as_u64().ok_or("no time")?))
    };
    returned.iter().map(latency).collect()
}
