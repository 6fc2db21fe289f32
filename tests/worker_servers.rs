//! Several servers, each with a spool and a worker of its own, on one MariaDB.

#[path = "support/database.rs"]
mod database;
mod support;

use std::collections::HashSet;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use database::Database;
use rustix::process::Signal;
use serde_json::{Value, json};
use support::{Endpoint, Network, Received, wait_for, webhook};
use webhooks::id::EventId;
use webhooks::store::{Person, State};
use webhooks::worker::{FORGOTTEN, Request};

/// Workers that live, and go by a config.
const WORKING: &str = "SELECT COUNT(*) FROM {}workers WHERE alive = 1 AND revision > 0";

fn dispatch(network: &mut Network, events: usize) -> HashSet<EventId> {
    (0..events).map(|_| network.dispatch("payment_received")).collect()
}

fn received(endpoint: &Endpoint, path: &str) -> HashSet<EventId> {
    endpoint.received_at(path).iter().map(Received::id).collect()
}

/// Lets a worker look at the others a few times: its beat goes on by so much.
fn let_work(database: &Database, spool: &Network) {
    let id = std::fs::read_to_string(spool.folder.path().join("spool.id")).expect("an id");
    let sql = format!("SELECT beat FROM {{}}workers WHERE spool = UNHEX('{}')", id.trim());
    let begun = database.number(&sql);
    wait_for("beats", || (database.number(&sql) >= begun + 2).then_some(()));
}

#[test]
fn a_server_with_an_older_config_cancels_nothing_and_sends_nothing_of_what_waits() {
    let (database, endpoint) = (Database::new(), Endpoint::new());
    let (mut old, mut new) = (Network::new(), Network::new());
    let more = json!({"retries": vec![1; 50]});
    let before = json!([
        webhook("moved", &endpoint.url("/old"), &["*"], &more),
        webhook("paused", &endpoint.url("/paused"), &["*"], &json!({"paused": true})),
    ]);
    let after = json!([
        webhook("moved", &endpoint.url("/new"), &["*"], &more),
        webhook("paused", &endpoint.url("/paused"), &["*"], &more),
        webhook("added", &endpoint.url("/added"), &["*"], &more),
    ]);
    for network in [&mut old, &mut new] {
        network.publish(&before);
    }
    new.publish(&after);
    endpoint.answer(503);
    let _new = database.worker(&new);
    let sent = dispatch(&mut new, 3);
    wait_for("attempts", || {
        (received(&endpoint, "/added").len() + received(&endpoint, "/new").len() >= 2).then_some(())
    });
    wait_for("what waits", || (database.number_of(&new, State::Pending)? == 9).then_some(()));
    // It finds a webhook that it does not know, and one that it has paused.
    let _old = database.worker(&old);
    wait_for("both", || (database.number(WORKING) == 2).then_some(()));
    let_work(&database, &old);
    assert_eq!(database.number_of(&new, State::Pending), Some(9));
    // What it takes in itself it matches by what it has; what waits of it is for the other.
    let its = dispatch(&mut old, 1);
    wait_for("its event", || (database.number_of(&old, State::Pending)? == 10).then_some(()));
    wait_for("its paused event", || (database.number_of(&old, State::Held)? == 1).then_some(()));
    endpoint.answer(200);
    let all: HashSet<_> = sent.union(&its).copied().collect();
    wait_for("all of them", || (received(&endpoint, "/new") == all).then_some(()));
    database.wait_for_delivered(&new, 10);
    assert!(received(&endpoint, "/old").is_subset(&its));
    assert_eq!(received(&endpoint, "/paused"), sent);
    assert_eq!(received(&endpoint, "/added"), sent);
    assert_eq!(database.number_of(&new, State::Cancelled), Some(0));

    // Once it has the newer one, it does its part again: it cancels what nobody has any more.
    endpoint.answer(503);
    dispatch(&mut new, 2);
    wait_for("what waits", || (database.number_of(&new, State::Pending)? == 6).then_some(()));
    old.publish(&after);
    old.publish(&before);
    wait_for("the end of what was deleted", || {
        (database.number_of(&new, State::Cancelled)? == 2).then_some(())
    });
}

/// A spool's folder, copied as it stands.
fn copy(network: &Network) -> Network {
    let to = tempfile::tempdir().expect("a folder");
    let from = network.folder.path().join(".");
    let copied = Command::new("cp").arg("-a").arg(&from).arg(to.path()).status().expect("cp");
    assert!(copied.success());
    Network::within(to)
}

fn id(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("spool.id")).expect("an id")
}

/// Whether a copy is a problem in the status of a network.
fn is_told(database: &Database, network: &Network) -> bool {
    let mut log = database.log(network).expect("a store");
    let told = log.announcements(0).expect("announcements");
    let at = told.iter().filter(|news| news.code == "spool_copied").count();
    let lately = log.summary().expect("a summary").lately;
    let now = webhooks::clock::Clock::unix_ms(&webhooks::clock::SystemClock);
    assert_eq!(lately.spool_copied(now).is_some(), at == 1, "{at}");
    at == 1
}

const CLAIMS: &str = "SELECT COUNT(*) FROM {}deliveries WHERE deaths > 0";

#[test]
fn the_worker_of_a_copied_disk_takes_an_identity_of_its_own_and_disturbs_nobody() {
    let (database, endpoint) = (Database::new(), Endpoint::new());
    let mut one = Network::new();
    one.publish(&json!([webhook("crm", &endpoint.url("/crm"), &["*"], &json!({}))]));
    let mut first = database.worker(&one);
    let mut sent = dispatch(&mut one, 20);
    database.wait_for_delivered(&one, 20);
    let mut two = copy(&one);
    assert!(!two.files("journal", "").is_empty());
    two.publish(&json!([webhook("crm", &endpoint.url("/crm"), &["*"], &json!({}))]));
    let mut second = database.worker(&two);
    wait_for("the other's worker", || (database.number(WORKING) == 2).then_some(()));
    assert_ne!(id(one.folder.path()), id(two.folder.path()));
    sent.extend(dispatch(&mut one, 5));
    sent.extend(dispatch(&mut two, 5));
    database.wait_for_delivered(&one, 30);
    assert_eq!(received(&endpoint, "/crm"), sent);
    assert_eq!(endpoint.received().len(), 30, "each of them once");
    assert_eq!(database.number("SELECT SUM(epoch) FROM {}workers"), 2, "nobody was fenced");
    assert!(is_told(&database, &two));
    // After another start it is who it is.
    second.signal(Signal::TERM);
    assert!(second.ended() && !first.has_ended());
    let taken = id(two.folder.path());
    let _second = database.worker(&two);
    wait_for("the other's worker", || (database.number(WORKING) == 2).then_some(()));
    assert_eq!(id(two.folder.path()), taken);
    assert_eq!(database.number("SELECT COUNT(*) FROM {}workers"), 2);
    assert_eq!(database.number(CLAIMS), 0);
}

#[test]
fn a_worker_whose_identity_a_copy_has_taken_while_it_stood_still_takes_another_one() {
    let (database, endpoint) = (Database::new(), Endpoint::new());
    let mut one = Network::new();
    one.publish(&json!([webhook("crm", &endpoint.url("/crm"), &["*"], &json!({}))]));
    let mut first = database.worker(&one);
    let mut sent = dispatch(&mut one, 5);
    database.wait_for_delivered(&one, 5);
    let known = id(one.folder.path());
    first.signal(Signal::STOP);
    let mut two = copy(&one);
    two.publish(&json!([webhook("crm", &endpoint.url("/crm"), &["*"], &json!({}))]));
    let _second = database.worker(&two);
    sent.extend(dispatch(&mut two, 5));
    database.wait_for_delivered(&two, 10);
    assert_eq!(id(two.folder.path()), known);
    first.signal(Signal::CONT);
    sent.extend(dispatch(&mut one, 5));
    database.wait_for_delivered(&two, 15);
    assert_ne!(id(one.folder.path()), known);
    assert_eq!(received(&endpoint, "/crm"), sent);
    assert_eq!(endpoint.received().len(), 15, "each of them once");
    assert!(!first.has_ended() && is_told(&database, &one));
    // Neither fences the other from then on.
    let epochs = "SELECT SUM(epoch) FROM {}workers";
    let before = database.number(epochs);
    let_work(&database, &one);
    let_work(&database, &two);
    assert_eq!(database.number(epochs), before);
}

#[test]
fn what_a_webhook_may_have_at_once_its_servers_share() {
    let under_way = Arc::new((Mutex::new((0_u32, 0_u32)), Condvar::new()));
    let (is_open, counts) = (Arc::new(AtomicBool::new(true)), Arc::clone(&under_way));
    let open = Arc::clone(&is_open);
    let endpoint = Endpoint::with(move |_| {
        let (count, changed) = &*counts;
        let mut now = count.lock().expect("no panic");
        *now = (now.0 + 1, now.1.max(now.0 + 1));
        while !open.load(Ordering::SeqCst) {
            now = changed.wait(now).expect("no panic");
        }
        now.0 -= 1;
    });
    let (database, mut one, mut two) = (Database::new(), Network::new(), Network::new());
    let more = json!({"concurrency": 5});
    for network in [&mut one, &mut two] {
        network.publish(&json!([webhook("crm", &endpoint.url("/crm"), &["*"], &more)]));
    }
    let first = database.worker(&one);
    let mut sent = dispatch(&mut one, 1).len();
    database.wait_for_delivered(&one, sent);
    let mut second = database.worker(&two);
    wait_for("both", || (database.number(WORKING) == 2).then_some(()));
    // It is known to be well, on both.
    sent += dispatch(&mut two, 1).len();
    database.wait_for_delivered(&two, sent);
    let_work(&database, &one);
    let_work(&database, &two);

    let most = || under_way.0.lock().expect("no panic").1;
    is_open.store(false, Ordering::SeqCst);
    sent += dispatch(&mut one, 60).len() + dispatch(&mut two, 60).len();
    wait_for("their shares", || (most() == 6).then_some(()));
    wait_for("all of it", || {
        let there = "SELECT COUNT(*) FROM {}deliveries";
        (database.number(there) == sent as i64).then_some(())
    });
    let_work(&database, &one);
    let_work(&database, &two);
    assert_eq!(most(), 6, "three of five each");
    let release = || {
        is_open.store(true, Ordering::SeqCst);
        under_way.1.notify_all();
    };
    release();
    database.wait_for_delivered(&one, sent);
    // Whoever is left has all of them.
    second.signal(Signal::TERM);
    assert!(second.ended());
    let_work(&database, &one);
    *under_way.0.lock().expect("no panic") = (0, 0);
    is_open.store(false, Ordering::SeqCst);
    sent += dispatch(&mut one, 60).len();
    wait_for("five at once", || (most() == 5).then_some(()));
    release();
    database.wait_for_delivered(&one, sent);
    assert_eq!(most(), 5);
    drop(first);
}

/// What was announced of wishes to be forgotten: how many events were erased, and how many servers are
/// missing.
fn forgotten(database: &Database, network: &Network) -> Vec<(u64, usize)> {
    let news = database.log(network).expect("a store").announcements(0).expect("announcements");
    let of = |params: &serde_json::Map<String, Value>| {
        let missing = params["missing"].as_array().expect("a list");
        (params["events"].as_u64().expect("a number"), missing.len())
    };
    news.iter().filter(|news| news.code == FORGOTTEN).map(|news| of(&news.params)).collect()
}

#[test]
fn who_asks_to_be_forgotten_is_looked_for_in_the_journals_of_all_servers() {
    let (database, endpoint) = (Database::new(), Endpoint::new());
    let mut servers = [Network::new(), Network::new(), Network::new()];
    for network in &mut servers {
        network.publish(&json!([webhook("crm", &endpoint.url("/crm"), &["*"], &json!({}))]));
    }
    let mut workers = Vec::new();
    for network in &servers {
        workers.push(database.worker(network));
        let number = workers.len() as i64;
        wait_for("a worker", || (database.number(WORKING) == number).then_some(()));
    }
    let ann = "ann@example.org";
    let of = |email: &str| json!({ "email": email });
    for network in &mut servers {
        for email in [ann, "bob@example.org"] {
            network.dispatch_data("user_registered", &of(email));
        }
        network.end_segment();
    }
    database.wait_for_delivered(&servers[0], 6);
    for network in &servers {
        wait_for("a kept segment", || (network.files("kept", ann).len() == 1).then_some(()));
    }
    // The last server's worker leaves, and something is dispatched there all the same.
    let mut last = workers.pop().expect("a worker");
    last.signal(Signal::TERM);
    assert!(last.ended());
    servers[2].dispatch_data("user_registered", &of(ann));
    let person = Person { email: Some(ann.into()), user_id: None };
    servers[0].request(&Request::Forget { token: "wish".into(), person });
    let told = || forgotten(&database, &servers[0]);
    wait_for("an answer", || (told() == [(3, 1)]).then_some(()));
    for folder in ["kept", "journal", "corrupt"] {
        for network in &servers[..2] {
            assert!(network.files(folder, ann).is_empty(), "{folder}");
        }
    }
    assert_eq!(servers[2].files("kept", ann).len() + servers[2].files("journal", ann).len(), 2);
    let bodies = "SELECT COUNT(*) FROM {}bodies WHERE body LIKE '%ann@example.org%'";
    assert_eq!(database.number(bodies), 0);
    assert_eq!(database.number("SELECT COUNT(*) FROM {}forgetting"), 1);

    // It does its part as soon as it runs again.
    let _last = database.worker(&servers[2]);
    wait_for("the end", || (told() == [(3, 1), (4, 0)]).then_some(()));
    for folder in ["kept", "journal", "corrupt"] {
        assert!(servers[2].files(folder, ann).is_empty(), "{folder}");
        assert!(servers[2].files("kept", "bob@example.org").len() == 1);
    }
    assert_eq!(database.number(bodies), 0);
    for table in ["forgetting", "searched"] {
        assert_eq!(database.number(&format!("SELECT COUNT(*) FROM {{}}{table}")), 0);
    }
    let bobs = "SELECT COUNT(*) FROM {}bodies WHERE body LIKE '%bob@example.org%'";
    assert_eq!(database.number(bobs), 3);
}
