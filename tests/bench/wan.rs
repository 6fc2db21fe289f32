//! Endpoints that are as far away as real ones: `wan_per_second`, `wan_tls_per_second`,
//! `wan_rss_mib`, `wan_cpu_us_per_delivery`, `tls_per_second`, `quiet_p99_ms`, `hanging_p99_ratio`,
//! `spread_p99_ms`.

use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::crowd::{Crowd, verify};
use crate::deliveries::WARM;
use crate::results::Results;
use crate::rounds::{Latencies, Rounds};
use crate::script::Script;
use crate::testbed::{EVENT, SECRET, Testbed, Worker, document, webhook};
use crate::{Bench, Result};
use testkit::process::wait_for;

const WEBHOOKS: usize = 500;
const EVENTS: usize = 60;
/// What a worker may keep of a burst, beside what it had before: the store's pages (7 MiB), and the
/// pages of the heap on which something small is left. After a burst of 120 MiB, 2 MiB that are in
/// use lie spread over 20.
const LEFT_MIB: f64 = 32.0;
/// The event of the busy webhooks beside a quiet one.
const BUSY: &str = "busy";

/// A worker with endpoints.
struct Running {
    crowd: Crowd,
    _testbed: Testbed,
    worker: Worker,
    script: Script,
    arrived: usize,
}

impl Running {
    fn start(bench: &Bench, crowd: Crowd, webhooks: &[Value]) -> Result<Self> {
        let mut testbed = Testbed::new(&bench.build)?;
        let mut webhooks = webhooks.to_vec();
        if let Some(authority) = crowd.authority() {
            webhooks.iter_mut().for_each(|webhook| webhook["ca_file"] = json!(authority));
        }
        testbed.publish(&document(&webhooks))?;
        let worker = testbed.worker()?;
        let script = testbed.script("produce.php")?;
        Ok(Self { crowd, _testbed: testbed, worker, script, arrived: 0 })
    }

    /// Waits until the worker has read its webhooks, and sleeps.
    fn rest(&self) -> Result {
        let mut before = -1.0;
        wait_for("the worker rests", || {
            sleep(Duration::from_millis(100));
            let now = self.worker.cpu_us().unwrap_or(-1.0);
            now == std::mem::replace(&mut before, now)
        })?;
        Ok(())
    }

    /// Waits for so many requests more.
    fn wait(&mut self, count: usize) -> Result {
        self.arrived += count;
        let deadline = Instant::now() + Duration::from_secs(120);
        while self.crowd.counts().0 < self.arrived {
            if Instant::now() > deadline {
                let arrived = self.crowd.counts().0;
                return Err(format!("{arrived} of {} requests came", self.arrived).into());
            }
            sleep(Duration::from_millis(1));
        }
        Ok(())
    }
}

/// A round of `wan_per_second`: its rate, CPU time a delivery in µs, and memory in MiB.
struct Round {
    rate: f64,
    cpu: f64,
    memory: f64,
}

fn round(bench: &Bench, tls: bool, then: impl FnOnce(&Running, f64) -> Result) -> Result<Round> {
    let crowd = Crowd::start(WEBHOOKS, tls)?;
    let hooks: Vec<_> = (0..WEBHOOKS)
        .map(|host| {
            webhook(&format!("w{host}"), &crowd.url(host, &format!("200/{host}")), &[EVENT])
        })
        .collect();
    let mut running = Running::start(bench, crowd, &hooks)?;
    running.rest()?;
    let idle = running.worker.memory()?;
    let begun = Instant::now();
    running.script.ask(&json!({"do": "flood", "count": EVENTS}))?;
    let count = WEBHOOKS * EVENTS;
    running.wait(count)?;
    let seconds = begun.elapsed().as_secs_f64();
    // The last answers, and their records.
    sleep(Duration::from_millis(500));
    let (cpu, memory) = (running.worker.cpu_us()?, running.worker.peak_memory()?);
    let (_, handshakes) = running.crowd.counts();
    // Connections are kept alive. Where the machine is busy, idle ones are closed to make room.
    if tls && handshakes > count / 2 {
        return Err(format!("{handshakes} handshakes for {count} requests").into());
    }
    let arrived = verify(&running.crowd.take(), SECRET, &bench.data)?;
    if arrived.len() != count {
        return Err(format!("{} of {count} deliveries arrived", arrived.len()).into());
    }
    then(&running, idle)?;
    let Running { worker, script, .. } = running;
    script.end()?;
    worker.leave()?;
    Ok(Round { rate: count as f64 / seconds, cpu: cpu / count as f64, memory })
}

pub(crate) fn plain(bench: &Bench, results: &mut Results) -> Result {
    let (mut rates, mut cpu) = (Rounds::new(), Rounds::new());
    for _ in 0..bench.pick(5, 2) {
        let round = round(bench, false, |_, _| Ok(()))?;
        rates.push(round.rate);
        cpu.push(round.cpu);
    }
    results.add("wan_per_second", rates);
    results.add("wan_cpu_us_per_delivery", cpu);
    Ok(())
}

pub(crate) fn tls(bench: &Bench, results: &mut Results) -> Result {
    let (mut rates, mut memory) = (Rounds::new(), Rounds::new());
    let mut later = None;
    for number in 0..bench.pick(5, 2) {
        let round = round(bench, true, |running, idle| {
            if number == 0 && !bench.quick {
                // Connections are kept for a minute at most.
                sleep(Duration::from_secs(75));
                later = Some((running.worker.threads()?, running.worker.memory()?, idle));
            }
            Ok(())
        })?;
        rates.push(round.rate);
        memory.push(round.memory);
    }
    if let Some((threads, memory, idle)) = later {
        results.note(format!(
            "a minute later: {threads} threads, {memory:.1} MiB; before: {idle:.1} MiB"
        ));
        if threads > 64 || memory > idle + LEFT_MIB {
            return Err(format!("{threads} threads and {memory:.1} MiB are left").into());
        }
    }
    results.add("wan_tls_per_second", rates);
    results.add("wan_rss_mib", memory);
    Ok(())
}

pub(crate) fn tls_beside_plain(bench: &Bench, results: &mut Results) -> Result {
    let count = bench.pick(20_000, 5000);
    let rate = |tls: bool| -> Result<f64> {
        let crowd = Crowd::start(1, tls)?;
        let hook = webhook("w0", &crowd.url(0, "0/one"), &[EVENT]);
        let mut running = Running::start(bench, crowd, &[hook])?;
        running.script.ask(&json!({"do": "flood", "count": WARM}))?;
        running.wait(WARM as usize)?;
        let begun = Instant::now();
        running.script.ask(&json!({"do": "flood", "count": count}))?;
        running.wait(count)?;
        let seconds = begun.elapsed().as_secs_f64();
        verify(&running.crowd.take(), SECRET, &bench.data)?;
        let Running { worker, script, .. } = running;
        script.end()?;
        worker.leave()?;
        Ok(count as f64 / seconds)
    };
    let mut rounds = Rounds::new();
    for _ in 0..bench.pick(7, 2) {
        let (plain, tls) = (rate(false)?, rate(true)?);
        results.note(format!("one endpoint: {plain:.0} plain, {tls:.0} over TLS"));
        rounds.push(tls / plain);
    }
    results.add("tls_per_second", rounds);
    Ok(())
}

/// Busy webhooks of a true mix: 50 to 900 ms, of ten one that hangs, of twenty one that refuses.
fn busy(crowd: &Crowd, number: usize) -> Value {
    let path = match number % 20 {
        0 | 10 => format!("hang/{number}"),
        5 => format!("429/{number}"),
        // Most are quick, some are slow.
        _ => format!("{}/{number}", 50 + (number * 37 % 30).pow(2)),
    };
    webhook(&format!("busy-{number}"), &crowd.url(number + 1, &path), &[BUSY])
}

pub(crate) fn quiet(bench: &Bench, results: &mut Results) -> Result {
    const BUSY_ONES: usize = 300;
    let seconds = bench.pick(120, 10);
    let (mut rounds, mut all) = (Rounds::new(), Vec::new());
    for _ in 0..bench.pick(2, 1) {
        let crowd = Crowd::start(BUSY_ONES + 1, false)?;
        let mut hooks: Vec<_> = (0..BUSY_ONES).map(|number| busy(&crowd, number)).collect();
        hooks.push(webhook("quiet", &crowd.url(0, "0/quiet"), &[EVENT]));
        let mut running = Running::start(bench, crowd, &hooks)?;
        running.script.ask(&json!({"do": "flood", "count": 50}))?;
        running.wait(50)?;
        // Twenty events each at once, and two a second from then on.
        let mut other = running._testbed.script("produce.php")?;
        other.ask(&json!({"do": "flood", "count": 20, "event": BUSY}))?;
        let each =
            json!({"do": "paced", "count": 2 * seconds, "event": BUSY, "every_ns": 500_000_000});
        other.tell(&each)?;
        let quiet = json!({"do": "paced", "count": 100 * seconds, "every_ns": 10_000_000});
        let returned = running.script.ask(&quiet)?["returned"].take();
        other.answer()?;
        sleep(Duration::from_secs(1));
        let arrivals = running.crowd.take();
        let arrived = verify(&arrivals, SECRET, &bench.data)?;
        let mut latencies = Vec::new();
        for (id, returned) in returned.as_object().ok_or("no times")? {
            let at = arrived.get(&(id.clone(), "/0/quiet".to_owned())).ok_or("one is missing")?;
            latencies.push(at.saturating_sub(returned.as_u64().ok_or("no time")?));
        }
        let p99 = Latencies::of(latencies.iter().copied()).percentile(99.0);
        rounds.push(p99.as_secs_f64() * 1e3);
        let busy = arrived.len() - latencies.len();
        results.note(format!("the busy ones got {:.0} requests/s", busy as f64 / seconds as f64));
        all.extend(latencies);
        running.script.end()?;
        other.end()?;
        drop(running.worker);
    }
    results.note(format!("quiet among busy ones: {}", Latencies::of(all).describe()));
    results.add("quiet_p99_ms", rounds);
    Ok(())
}

/// A hundred that are well, alone and beside two thousand that hang.
pub(crate) fn hanging(bench: &Bench, results: &mut Results) -> Result {
    const WELL: usize = 100;
    const HANGING: usize = 2000;
    let events = bench.pick(100, 30);
    let mut rounds = Rounds::new();
    for _ in 0..bench.pick(3, 1) {
        let crowd = Crowd::start(WELL + HANGING, false)?;
        let mut hooks: Vec<_> = (0..WELL)
            .map(|host| {
                webhook(&format!("w{host}"), &crowd.url(host, &format!("50/{host}")), &[EVENT])
            })
            .collect();
        hooks.extend((0..HANGING).map(|number| {
            let mut hangs = webhook(
                &format!("h{number}"),
                &crowd.url(WELL + number, &format!("hang/{number}")),
                &[BUSY],
            );
            hangs["timeout"] = json!(60);
            hangs
        }));
        let mut running = Running::start(bench, crowd, &hooks)?;
        running.script.ask(&json!({"do": "flood", "count": 1}))?;
        running.wait(WELL)?;
        // So that each is proven: its answer is on its way.
        sleep(Duration::from_secs(1));
        let alone = well(&mut running, bench, events, WELL)?;
        running.script.ask(&json!({"do": "flood", "count": 3, "event": BUSY}))?;
        running.arrived = 0;
        running.wait(HANGING)?;
        // What was taken in for them is recorded: they hang.
        sleep(Duration::from_secs(1));
        let beside = well(&mut running, bench, events, WELL)?;
        let p99 = |latencies: &Latencies| latencies.percentile(99.0).as_secs_f64();
        rounds.push(p99(&beside) / p99(&alone));
        results.note(format!("100 alone: {}", alone.describe()));
        results.note(format!("beside 2,000 that hang: {}", beside.describe()));
        running.script.end()?;
        drop(running.worker);
    }
    results.add("hanging_p99_ratio", rounds);
    Ok(())
}

/// When events for `webhooks` of them are there, ten a second, after their dispatch.
fn well(running: &mut Running, bench: &Bench, events: usize, webhooks: usize) -> Result<Latencies> {
    running.crowd.take();
    running.arrived = 0;
    let paced = json!({"do": "paced", "count": events, "every_ns": 100_000_000});
    let returned = running.script.ask(&paced)?["returned"].take();
    running.wait(events * webhooks)?;
    let arrived = verify(&running.crowd.take(), SECRET, &bench.data)?;
    let returned = returned.as_object().ok_or("no times")?;
    let latencies = arrived
        .iter()
        .filter_map(|((id, _), at)| Some(at.saturating_sub(returned.get(id)?.as_u64()?)));
    let latencies: Vec<_> = latencies.collect();
    if latencies.len() != events * webhooks {
        return Err(format!("{} of {} arrived", latencies.len(), events * webhooks).into());
    }
    Ok(Latencies::of(latencies))
}

pub(crate) fn spread(bench: &Bench, results: &mut Results) -> Result {
    const EACH: usize = 5000;
    let (mut rounds, mut all) = (Rounds::new(), Vec::new());
    for _ in 0..bench.pick(5, 2) {
        let crowd = Crowd::start(EACH, false)?;
        let hooks: Vec<_> = (0..EACH)
            .map(|host| {
                webhook(&format!("w{host}"), &crowd.url(host, &format!("50/{host}")), &[EVENT])
            })
            .collect();
        let mut running = Running::start(bench, crowd, &hooks)?;
        // So that each is proven.
        running.script.ask(&json!({"do": "flood", "count": 1}))?;
        running.wait(EACH)?;
        running.crowd.take();
        running.arrived = 0;
        sleep(Duration::from_secs(1));
        let returned =
            running.script.ask(&json!({"do": "spread", "count": EACH}))?["returned"].take();
        running.wait(EACH)?;
        let arrivals = running.crowd.take();
        let mut arrived = verify(&arrivals, SECRET, &bench.data)?;
        let mut by_id: std::collections::HashMap<_, _> =
            arrived.drain().map(|((id, _), at)| (id, at)).collect();
        let mut latencies = Vec::new();
        for (id, returned) in returned.as_object().ok_or("no times")? {
            let at = by_id.remove(id).ok_or("one is missing")?;
            latencies.push(at.saturating_sub(returned.as_u64().ok_or("no time")?));
        }
        let p99 = Latencies::of(latencies.iter().copied()).percentile(99.0);
        rounds.push(p99.as_secs_f64() * 1e3);
        all.extend(latencies);
        let Running { worker, script, .. } = running;
        script.end()?;
        worker.leave()?;
    }
    results.note(format!("one event each: {}", Latencies::of(all).describe()));
    results.add("spread_p99_ms", rounds);
    Ok(())
}
