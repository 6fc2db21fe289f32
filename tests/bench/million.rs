//! A million: `ingest_per_second`, `worker_rss_1m_mib`, `list_1m_ms`, `backlog_rate_ratio`.
//!
//! A million events wait in the journal, each due in a month. A worker takes them in; the log is
//! read; then the month passes (the store keeps one number for that), and a worker delivers
//! them, all of which are due: in turn with one that has a few.

use std::time::Instant;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::nginx::Nginx;
use crate::results::Results;
use crate::rounds::Latencies;
use crate::script::{number, numbers};
use crate::testbed::{Testbed, Worker};
use crate::{Bench, Result};

/// Seconds that everything is delayed by.
const MONTH: i64 = 30 * 24 * 3600;
/// Sites that the events are of.
const SITES: u64 = 500;

pub(crate) fn run(bench: &Bench, results: &mut Results) -> Result {
    let count = bench.pick(1_000_000, 50_000);
    let (mut ingest, mut memory, mut lists, mut ratios) =
        <(Vec<f64>, Vec<f64>, Vec<f64>, Vec<f64>)>::default();
    let mut calls = Vec::new();
    for _ in 0..bench.pick(3, 1) {
        let nginx = Nginx::start()?;
        let testbed = fill(bench, &nginx, count)?;
        let begun = Instant::now();
        let worker = testbed.worker()?;
        testbed.await_empty_journal()?;
        ingest.push(count as f64 / begun.elapsed().as_secs_f64());
        let pending = testbed.counts()?.2;
        if pending != count {
            return Err(format!("{pending} deliveries of {count} are pending").into());
        }
        let taking_in = worker.peak_memory()?;

        let page = read(&testbed, bench.pick(1620, 324))?;
        lists.push(Latencies::of(page.iter().copied()).percentile(99.0).as_secs_f64() * 1e3);
        calls.extend(page);
        worker.leave()?;

        let (ratio, delivering) = backlog(bench, &nginx, &testbed)?;
        ratios.push(ratio);
        memory.push(taking_in.max(delivering));
    }
    results.note(format!("webhooks_deliveries: {}", Latencies::of(calls).describe()));
    results.add("ingest_per_second", ingest);
    results.add("worker_rss_1m_mib", memory);
    results.add("list_1m_ms", lists);
    results.add("backlog_rate_ratio", ratios);
    Ok(())
}

/// A testbed with so many events in its journal, which nobody has read.
fn fill(bench: &Bench, nginx: &Nginx, count: u64) -> Result<Testbed> {
    let mut testbed = Testbed::new(&bench.build)?;
    testbed.publish_one(&nginx.url())?;
    let mut script = testbed.script("produce.php")?;
    let options = json!({ "delay": MONTH });
    let command = json!({"do": "sites", "sites": SITES, "count": count, "options": options});
    number(&script.ask(&command)?, "took")?;
    script.end()?;
    Ok(testbed)
}

/// Times of reading the log, in nanoseconds.
fn read(testbed: &Testbed, count: u64) -> Result<Vec<u64>> {
    let mut script = testbed.script("produce.php")?;
    let answer: Value = script.ask(&json!({"do": "list", "count": count}))?;
    if number(&answer, "rows")? < count as f64 {
        return Err(format!("{} rows of {count} pages", answer["rows"]).into());
    }
    let calls = numbers(&answer, "calls")?;
    script.end()?;
    Ok(calls)
}

/// Deliveries a second with this backlog ÷ with a small one, both due all at once; and the
/// memory of the worker that has the large one.
fn backlog(bench: &Bench, nginx: &Nginx, testbed: &Testbed) -> Result<(f64, f64)> {
    let window = bench.pick(20_000, 3000);
    testbed.pass((MONTH + 1) * 1000)?;
    let worker = testbed.worker()?;
    // Some seconds of it pass unmeasured: the first of a worker's life, in which it probes.
    let begun = nginx.answered()?;
    await_more(nginx, begun, window / 4)?;
    let mut seconds = [0.0, 0.0];
    seconds[0] += timed(nginx, window)?;
    worker.process.stop()?;
    for _ in 0..2 {
        let small = fill(bench, nginx, window + window / 2)?;
        let taking_in = small.worker()?;
        small.await_empty_journal()?;
        taking_in.leave()?;
        small.pass((MONTH + 1) * 1000)?;
        let begun = nginx.answered()?;
        let few = small.worker()?;
        await_more(nginx, begun, window / 4)?;
        seconds[1] += timed(nginx, window)?;
        few.leave()?;
    }
    worker.process.signal(Signal::CONT);
    let begun = nginx.answered()?;
    await_more(nginx, begun, window / 4)?;
    seconds[0] += timed(nginx, window)?;
    let memory = worker.peak_memory()?;
    Worker::leave(worker)?;
    Ok((seconds[1] / seconds[0], memory))
}

fn await_more(nginx: &Nginx, since: u64, count: u64) -> Result {
    nginx.await_at_least(since + count)
}

/// How long so many requests take, in seconds.
fn timed(nginx: &Nginx, count: u64) -> Result<f64> {
    let (begun, since) = (Instant::now(), nginx.answered()?);
    await_more(nginx, since, count)?;
    // A few more than asked for may have come since the last look.
    let counted = nginx.answered()? - since;
    Ok(begun.elapsed().as_secs_f64() * count as f64 / counted as f64)
}
