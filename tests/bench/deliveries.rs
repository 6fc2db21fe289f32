//! The worker at full rate: `deliveries_per_second`, `deliveries_per_wrk`, `worker_rss_mib`,
//! `cpu_us_per_delivery`.
//!
//! Every round has a testbed of its own and a worker that just started. Time runs from the first
//! dispatch until the endpoint has answered the last request; CPU time until all is recorded.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;
use std::time::Instant;

use serde_json::json;

use crate::nginx::Nginx;
use crate::receiver::{Receiver, verify};
use crate::results::Results;
use crate::rounds::{Rounds, median};
use crate::script::Script;
use crate::testbed::{SECRET, Testbed, Worker};
use crate::{Bench, Result};

/// Deliveries before time is taken.
pub(crate) const WARM: u64 = 1000;

/// A worker with one endpoint, warm.
pub(crate) struct Running {
    pub(crate) testbed: Testbed,
    pub(crate) worker: Worker,
    pub(crate) script: Script,
    delivered: u64,
}

impl Running {
    pub(crate) fn start(bench: &Bench, url: &str) -> Result<Self> {
        let mut testbed = Testbed::new(&bench.build)?;
        testbed.publish_one(url)?;
        let worker = testbed.worker()?;
        let mut script = testbed.script("produce.php")?;
        script.ask(&json!({"do": "flood", "count": WARM}))?;
        testbed.await_delivered(WARM)?;
        Ok(Self { testbed, worker, script, delivered: WARM })
    }

    /// Dispatches so many and waits until `arrived`; seconds.
    fn deliver(&mut self, count: u64, arrived: impl FnOnce() -> Result) -> Result<f64> {
        self.delivered += count;
        let begun = Instant::now();
        self.script.ask(&json!({"do": "flood", "count": count}))?;
        arrived()?;
        let seconds = begun.elapsed().as_secs_f64();
        self.testbed.await_delivered(self.delivered)?;
        Ok(seconds)
    }

    pub(crate) fn end(self) -> Result {
        self.script.end()?;
        self.worker.leave()
    }
}

/// Deliveries a second to nginx: of this build, once.
pub(crate) fn full_rate(bench: &Bench) -> Result<f64> {
    let nginx = Nginx::start()?;
    let mut running = Running::start(bench, &nginx.url())?;
    let count = bench.pick(20_000, 5000);
    let seconds = running.deliver(count, || nginx.await_answered(WARM + count))?;
    running.end()?;
    Ok(count as f64 / seconds)
}

pub(crate) fn run(bench: &Bench, results: &mut Results) -> Result {
    let nginx = Nginx::start()?;
    let wrk = Wrk::new(bench, &nginx)?;
    let count = bench.pick(10_000, 3000);
    let (mut rates, mut per_wrk, mut memory, mut cpu) =
        <(Rounds, Rounds, Rounds, Rounds)>::default();
    let mut verified = Rounds::new();
    for round in 0..bench.pick(20, 3) {
        let mut running = Running::start(bench, &nginx.url())?;
        let cpu_before = running.worker.cpu_us()?;
        let mut answered = nginx.answered()?;
        let mut seconds = 0.0;
        let mut wrk_rate = 0.0;
        for part in 0..2 {
            answered += count;
            seconds += running.deliver(count, || nginx.await_answered(answered))?;
            if part == 0 {
                // Both of wrk's turns in one go, between the two of ours.
                wrk_rate = wrk.rate()?;
                answered = nginx.answered()?;
            }
        }
        let delivered = 2.0 * count as f64;
        rates.push(delivered / seconds);
        per_wrk.push(delivered / seconds / wrk_rate);
        cpu.push((running.worker.cpu_us()? - cpu_before) / delivered);
        memory.push(running.worker.peak_memory()?);
        running.end()?;
        if round % 4 == 0 {
            verified.push(verified_rate(bench, count)?);
        }
    }
    results.note(format!(
        "to the receiver that verifies: {:.0} deliveries/s; all signatures and bodies are right",
        median(&verified)
    ));
    results.note(format!("wrk: {:.0} requests/s", median(&rates) / median(&per_wrk)));
    bench.set_full_rate(median(&rates));
    results.add("deliveries_per_second", rates);
    results.add("deliveries_per_wrk", per_wrk);
    results.add("worker_rss_mib", memory);
    results.add("cpu_us_per_delivery", cpu);
    Ok(())
}

/// The same to the receiver that keeps everything, and what it got.
fn verified_rate(bench: &Bench, count: u64) -> Result<f64> {
    let receiver = Receiver::start((WARM + count) as usize)?;
    let mut running = Running::start(bench, &receiver.url())?;
    let mut arrivals = receiver.take(WARM as usize)?;
    let seconds = running.deliver(count, || receiver.wait(count as usize))?;
    running.end()?;
    arrivals.extend(receiver.take(count as usize)?);
    verify(&arrivals, SECRET, (WARM + count) as usize, &bench.data)?;
    Ok(count as f64 / seconds)
}

/// `wrk` with one thread and 16 connections, and the request that the worker makes.
struct Wrk {
    script: tempfile::NamedTempFile,
    url: String,
}

impl Wrk {
    /// Takes down a real request: wrk sends the same bytes.
    fn new(bench: &Bench, nginx: &Nginx) -> Result<Self> {
        let receiver = Receiver::start(WARM as usize)?;
        let running = Running::start(bench, &receiver.url())?;
        let arrivals = receiver.take(WARM as usize)?;
        running.end()?;
        let request = arrivals[0].request()?;
        let quoted = |bytes: &[u8]| {
            bytes.iter().fold(String::new(), |mut text, byte| {
                let _ = write!(text, "\\{byte:03}");
                text
            })
        };
        let mut lua = format!("wrk.method = \"POST\"\nwrk.body = \"{}\"\n", quoted(&request.body));
        for (name, value) in &request.headers {
            // Those that wrk writes itself.
            if name != "host" && name != "content-length" {
                let _ = writeln!(lua, "wrk.headers[\"{name}\"] = \"{}\"", quoted(value.as_bytes()));
            }
        }
        let script = tempfile::Builder::new().suffix(".lua").tempfile_in("target/bench")?;
        fs::write(script.path(), lua)?;
        Ok(Self { script, url: format!("http://127.0.0.1:{}/", nginx.port()) })
    }

    /// Requests a second, none of them failed.
    fn rate(&self) -> Result<f64> {
        let mut wrk = Command::new("wrk");
        wrk.args(["-t1", "-c16", "-d1s", "-s"]).arg(self.script.path()).arg(&self.url);
        let output = wrk.output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        if text.contains("Non-2xx") || text.contains("Socket errors") {
            return Err(format!("wrk: {text}").into());
        }
        let line = text.lines().find_map(|line| line.strip_prefix("Requests/sec:"));
        Ok(line.ok_or_else(|| format!("wrk: {text}"))?.trim().parse()?)
    }
}
