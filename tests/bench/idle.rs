//! `idle_wakeups`: what a worker does that has nothing to do.

use std::time::Duration;

use serde_json::json;

use crate::deliveries::Running;
use crate::nginx::Nginx;
use crate::results::Results;
use crate::{Bench, Result};

pub(crate) fn run(bench: &Bench, results: &mut Results) -> Result {
    let seconds = bench.pick(30, 10);
    let nginx = Nginx::start()?;
    let mut running = Running::start(bench, &nginx.url())?;
    // Another process's segment ends: what is to be done about that is done as well.
    running.script.ask(&json!({"do": "flood", "count": 1}))?;
    running.testbed.await_delivered(crate::deliveries::WARM + 1)?;
    std::thread::sleep(Duration::from_secs(2));
    let before = running.worker.sleeps()?;
    std::thread::sleep(Duration::from_secs(seconds));
    let wakeups = running.worker.sleeps()? - before;
    results.add("idle_wakeups", vec![wakeups as f64 / seconds as f64]);
    running.end()
}
