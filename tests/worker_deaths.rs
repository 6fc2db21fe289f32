//! Deliveries that end the worker: they fail, nothing else does, and everybody is told.

mod support;

use std::collections::{HashMap, HashSet};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use support::{Endpoint, Network, Received, wait_for, webhook};
use webhooks::id::EventId;
use webhooks::spool::Spool;
use webhooks::worker::lock;

/// Ends the worker that runs on this spool as the kernel does.
fn end_worker(spool: &Spool, signal: Signal) {
    let holder = lock::holder(spool).expect("the lock").expect("a worker runs");
    let pid = Pid::from_raw(holder.pid.cast_signed()).expect("a pid");
    kill_process(pid, signal).expect("the signal");
}

/// Deliveries in a state, whatever their number.
fn all(network: &Network, state: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut query = json!({"state": state, "limit": 200});
    loop {
        let Some(mut log) = network.log() else { return found };
        let asked = serde_json::from_value(query.clone()).expect("a query");
        let page = log.deliveries(&asked).expect("deliveries");
        let page = serde_json::to_value(page).expect("JSON");
        found.extend(page["deliveries"].as_array().expect("a list").iter().cloned());
        if page["cursor"].is_null() {
            return found;
        }
        query["cursor"] = page["cursor"].clone();
    }
}

fn event_of(delivery: &Value) -> EventId {
    delivery["event_id"].as_str().expect("an id").parse().expect("an id")
}

/// How often each event came.
fn counts(received: &[Received]) -> HashMap<EventId, usize> {
    let mut counts = HashMap::new();
    for request in received {
        *counts.entry(request.id()).or_default() += 1;
    }
    counts
}

#[test]
fn three_deliveries_that_kill_the_worker_fail_and_a_thousand_others_arrive() {
    let mut network = Network::new();
    let spool = network.spool.clone();
    let endpoint = Endpoint::with(move |request| {
        // What a full memory (the kernel's out-of-memory killer), a stack that ran over (Rust's
        // handler of it) and a broken library do to a process, at the moment of this request.
        match request.path.as_str() {
            "/memory" => end_worker(&spool, Signal::KILL),
            "/stack" => end_worker(&spool, Signal::ABORT),
            "/library" => end_worker(&spool, Signal::ILL),
            _ => {}
        }
    });
    let killers = ["memory", "stack", "library"];
    let mut hooks: Vec<_> = killers
        .iter()
        .map(|it| webhook(it, &endpoint.url(&format!("/{it}")), &[it], &json!({})))
        .collect();
    hooks.push(webhook("well", &endpoint.url("/well"), &["well"], &json!({})));
    network.publish(&Value::from(hooks));
    let mut healthy = HashSet::new();
    for number in 0..1000 {
        if let Some(killer) = [100, 400, 700].iter().position(|at| *at == number) {
            network.dispatch(killers[killer]);
        }
        healthy.insert(network.dispatch("well"));
    }

    // Whoever is started again, as by systemd or by the next page.
    let mut under_way: Vec<HashSet<EventId>> = Vec::new();
    let mut worker = network.worker();
    wait_for("all deliveries", || {
        if worker.has_ended() {
            under_way.push(all(&network, "delivering").iter().map(event_of).collect());
            worker = network.worker();
        }
        let stats = killers.map(|killer| network.stats(killer)["failed"].clone());
        let well = network.stats("well");
        (stats == [1, 1, 1] && well["delivered"] == json!(1000)).then_some(())
    });

    let deaths = under_way.len();
    assert!((2 * killers.len()..=4 * killers.len()).contains(&deaths), "{deaths} deaths");
    let received = endpoint.received_at("/well");
    let counts = counts(&received);
    assert_eq!(counts.keys().copied().collect::<HashSet<_>>(), healthy);
    for (id, count) in &counts {
        let at_deaths = under_way.iter().filter(|ids| ids.contains(id)).count();
        assert!(
            *count <= 1 + at_deaths,
            "{id} came {count} times, under way at {at_deaths} deaths"
        );
    }
    for delivery in all(&network, "failed") {
        assert_eq!(delivery["reason"], "worker_died");
        assert_eq!(delivery["last_failure"], "worker_died");
    }
    let told = network.announcements();
    let failed = told.iter().filter(|one| one["code"] == "delivery_failed").count();
    assert_eq!(failed, killers.len());
    assert!(told.iter().any(|one| one["code"] == "worker_dies"), "{told:?}");
    let noted = network.log().expect("a store").summary().expect("a summary").deaths.len();
    assert_eq!(noted, deaths);
    assert!(!worker.has_ended());
}

#[test]
fn two_kills_with_a_thousand_under_way_fail_none() {
    let mut network = Network::new();
    let slow = Arc::new(AtomicBool::new(true));
    let (at_once, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let endpoint = {
        let (slow, at_once, most) = (Arc::clone(&slow), Arc::clone(&at_once), Arc::clone(&most));
        Endpoint::with(move |_| {
            most.fetch_max(at_once.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            while slow.load(Ordering::SeqCst) {
                std::thread::yield_now();
            }
            at_once.fetch_sub(1, Ordering::SeqCst);
        })
    };
    let hooks: Vec<_> = (0..125)
        .map(|number| webhook(&format!("w{number}"), &endpoint.url("/"), &["all"], &json!({})))
        .collect();
    network.publish(&Value::from(hooks));
    let sent: HashSet<_> = (0..8).map(|_| network.dispatch("all")).collect();
    for kill in 0..2 {
        let worker = network.worker();
        let before = endpoint.received().len();
        wait_for("requests under way", || {
            (endpoint.received().len() > before && !all(&network, "delivering").is_empty())
                .then_some(())
        });
        worker.kill();
        assert!(all(&network, "failed").is_empty(), "kill {kill}");
    }
    slow.store(false, Ordering::SeqCst);
    let worker = network.worker();
    wait_for("all deliveries", || (all(&network, "delivered").len() == 1000).then_some(()));
    assert!(all(&network, "failed").is_empty());
    let came: HashSet<_> = endpoint.received().iter().map(Received::id).collect();
    assert_eq!(came, sent);
    drop(worker);
}

#[test]
fn what_was_under_way_at_a_death_is_tried_again_one_at_a_time() {
    let mut network = Network::new();
    // Requests under way, and the most there were since the last death.
    let now: Arc<Mutex<(usize, usize)>> = Arc::default();
    let hangs = Arc::new(AtomicBool::new(true));
    let endpoint = {
        let (now, hangs) = (Arc::clone(&now), Arc::clone(&hangs));
        Endpoint::with(move |_| {
            {
                let mut now = now.lock().expect("no panic");
                now.0 += 1;
                now.1 = now.1.max(now.0);
            }
            while hangs.load(Ordering::SeqCst) {
                std::thread::yield_now();
            }
            // Long enough for another one to come beside it, if it were sent.
            std::thread::sleep(std::time::Duration::from_millis(20));
            now.lock().expect("no panic").0 -= 1;
        })
    };
    let hooks: Vec<_> = (0..6)
        .map(|number| webhook(&format!("w{number}"), &endpoint.url("/"), &["all"], &json!({})))
        .collect();
    network.publish(&Value::from(hooks));
    network.dispatch("all");
    let worker = network.worker();
    wait_for("six requests", || (endpoint.received().len() == 6).then_some(()));
    worker.kill();
    hangs.store(false, Ordering::SeqCst);
    wait_for("the old requests' end", || (now.lock().expect("no panic").0 == 0).then_some(()));
    *now.lock().expect("no panic") = (0, 0);
    let worker = network.worker();
    wait_for("all deliveries", || (all(&network, "delivered").len() == 6).then_some(()));
    assert_eq!(now.lock().expect("no panic").1, 1);
    drop(worker);
}

#[test]
fn a_worker_that_is_asked_to_leave_has_not_died() {
    let mut network = Network::new();
    let endpoint = Endpoint::new();
    network.publish(&json!([webhook(
        "a",
        &endpoint.url("/hang"),
        &["*"],
        &json!({"timeout": 60})
    )]));
    network.dispatch("slow");
    for _ in 0..2 {
        let before = endpoint.received().len();
        let mut worker = network.worker();
        wait_for("the request", || (endpoint.received().len() > before).then_some(()));
        worker.signal(Signal::TERM);
        assert!(worker.ended(), "after ten seconds of grace");
        assert_eq!(all(&network, "pending").len(), 1);
    }
    let summary = network.log().expect("a store").summary().expect("a summary");
    assert!(summary.deaths.is_empty());
    assert!(network.announcements().is_empty());
}

/// SIGTERM had its default action until the log was open and everything in it read.
#[test]
fn a_worker_that_was_asked_to_leave_while_it_came_up_counted_as_dead() {
    let mut network = Network::new();
    network.publish(&json!([webhook("a", "http://127.0.0.1:1/", &["*"], &json!({}))]));
    network.work_once();
    for _ in 0..20 {
        let mut worker = network.worker();
        wait_for("its name in the lock", || {
            let holder = lock::holder(&network.spool).expect("the lock")?;
            (holder.pid == worker.pid()).then_some(())
        });
        worker.signal(Signal::TERM);
        assert!(worker.ended(), "it leaves as one that was asked to");
    }
    network.work_once();
    let summary = network.log().expect("a store").summary().expect("a summary");
    assert!(summary.deaths.is_empty(), "{:?}", summary.deaths);
}

/// It has the lock, and nobody can count it before one comes up: then once, however often it was.
#[test]
fn workers_that_died_as_they_came_up_are_one_death_of_the_next_one() {
    let mut network = Network::new();
    let endpoint = Endpoint::new();
    network.publish(&json!([webhook("a", &endpoint.url("/a"), &["*"], &json!({}))]));
    network.dispatch("waiting");
    let library = network.folder.path().join("dies_at_the_log.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/killers/dies_at_the_log.c");
    let mut built = Command::new("cc");
    built.args(["-shared", "-fPIC", "-o"]).arg(&library).arg(source);
    assert!(built.arg("-ldl").status().expect("cc").success());
    for _ in 0..3 {
        let mut command = Command::new(support::PROGRAM);
        command.arg("--once").arg("--spool").arg(network.folder.path());
        let ended = command.env("LD_PRELOAD", &library).output().expect("the worker").status;
        assert_eq!(ended.signal(), Some(libc::SIGKILL));
        assert!(network.log().is_none(), "there is none yet");
    }
    network.work_once();
    assert_eq!(endpoint.received().len(), 1);
    let summary = network.log().expect("a store").summary().expect("a summary");
    assert_eq!(summary.deaths.len(), 1);
}
