//! A database that knows less than it did: what it has lost is read again from the segments of the
//! journal that stay for a while, and sent; and these go when their time is over, when there is no room
//! for them, and with whom is to be forgotten.

#[path = "support/database.rs"]
mod database;
mod support;

use std::collections::{HashMap, HashSet};
use std::process::Command;

use database::Database;
use serde_json::{Value, json};
use support::{Endpoint, Network, Received, wait_for, webhook};
use webhooks::clock::{Clock as _, SystemClock};
use webhooks::id::EventId;
use webhooks::store::Person;
use webhooks::worker::{FORGOTTEN, Request};

/// Dispatches so many events, of a process that ends then.
fn dispatch(network: &mut Network, events: usize) -> HashSet<EventId> {
    let sent = (0..events).map(|_| network.dispatch("payment_received")).collect();
    network.end_segment();
    sent
}

/// How often each event was received.
fn received(endpoint: &Endpoint) -> HashMap<EventId, usize> {
    let mut times = HashMap::new();
    for id in endpoint.received().iter().map(Received::id) {
        *times.entry(id).or_default() += 1;
    }
    times
}

/// Two halves of events, between which `note` is done; then `lose` has the database lose what the second
/// made. The endpoint has the first half once, and the second twice.
fn lose_the_second_half(lose: impl FnOnce(&Database), note: impl Fn(&Database)) {
    let database = Database::new();
    let (mut network, endpoint) = (Network::new(), Endpoint::new());
    network.publish(&json!([webhook("crm", &endpoint.url("/crm"), &["*"], &json!({}))]));
    let mut worker = database.worker(&network);
    let first = dispatch(&mut network, 20);
    database.wait_for_delivered(&network, 20);
    wait_for("its segment", || (network.files("kept", "").len() == 1).then_some(()));
    note(&database);
    let mut second: HashSet<_> = (0..10).map(|_| network.dispatch("payment_refunded")).collect();
    network.end_segment();
    // Some are in a segment that still grows.
    second.extend((0..10).map(|_| network.dispatch("payment_refunded")));
    database.wait_for_delivered(&network, 40);
    wait_for("its segment", || (network.files("kept", "").len() == 2).then_some(()));
    assert!(received(&endpoint).values().all(|times| *times == 1));

    lose(&database);
    let again = || second.iter().all(|id| received(&endpoint).get(id) == Some(&2));
    wait_for("what was lost", || again().then_some(()));
    database.wait_for_delivered(&network, 40);
    let times = received(&endpoint);
    assert!(first.iter().all(|id| times.get(id) == Some(&1)), "what it knows is not sent again");
    assert_eq!(times.len(), 40);
    // It goes on as ever.
    let third = dispatch(&mut network, 5);
    wait_for("what comes then", || {
        third.iter().all(|id| received(&endpoint).get(id) == Some(&1)).then_some(())
    });
    assert!(!worker.has_ended());
    let mut log = database.log(&network).expect("a store");
    let news = log.announcements(0).unwrap();
    let news: Vec<_> = news.iter().map(|news| news.code.as_str()).collect();
    assert_eq!(news, ["store_went_back"], "nothing is damaged");
    let lately = log.summary().unwrap().lately;
    assert!(lately.store_went_back(SystemClock.unix_ms()).is_some());
}

/// How far segments are read, as the database has it.
const POSITIONS: &str = "SELECT COUNT(*) FROM {}positions";

/// What the second half made goes, and the positions go back to where they were.
const SET_BACK: [&str; 6] = [
    "DELETE FROM {}attempts WHERE event IN (SELECT `key` FROM {}events WHERE name = 'payment_refunded')",
    "DELETE FROM {}bodies WHERE event IN (SELECT `key` FROM {}events WHERE name = 'payment_refunded')",
    "DELETE FROM {}deliveries WHERE name = 'payment_refunded'",
    "DELETE FROM {}events WHERE name = 'payment_refunded'",
    "DELETE FROM {}positions",
    "INSERT INTO {}positions SELECT * FROM noted_positions",
];

#[test]
fn positions_that_were_set_back_by_hand_are_found_at_the_next_connection() {
    let lose = |database: &Database| {
        database.execute(&SET_BACK);
        let mut root = database.connection();
        let sql = "SELECT CONCAT('KILL ', id) FROM information_schema.processlist \
                   WHERE id <> CONNECTION_ID() AND user = 'root'";
        for kill in root.rows::<String>(sql, Vec::new()).unwrap() {
            // It may have ended by itself.
            let _ = root.execute(&kill, Vec::new());
        }
    };
    lose_the_second_half(lose, |database| {
        database.execute(&["CREATE TABLE noted_positions AS SELECT * FROM {}positions"]);
    });
}

#[test]
fn what_somebody_asked_for_is_not_done_again_where_positions_were_set_back() {
    let database = Database::new();
    let (mut network, endpoint) = (Network::new(), Endpoint::new());
    network.publish(&json!([webhook("crm", &endpoint.url("/crm"), &["*"], &json!({}))]));
    let worker = database.worker(&network);
    network.dispatch("payment_received");
    database.wait_for_delivered(&network, 1);
    let page = database.log(&network).expect("a store").deliveries(&Default::default()).unwrap();
    network.request(&Request::Resend { ids: vec![page.deliveries[0].id] });
    wait_for("it is sent again", || (endpoint.received().len() == 2).then_some(()));
    database.wait_for_delivered(&network, 1);
    worker.kill();

    database.execute(&["DELETE FROM {}positions"]);
    let _worker = database.worker(&network);
    let last = network.dispatch("payment_refunded");
    wait_for("what comes then", || received(&endpoint).contains_key(&last).then_some(()));
    database.wait_for_delivered(&network, 2);
    assert_eq!(endpoint.received().len(), 3, "it was sent again once");
    // All of the journal was read again before that.
    assert!(database.number(POSITIONS) > 0);
}

#[test]
fn a_database_that_is_as_it_was_a_while_ago_gets_again_what_came_since() {
    // As a node that had not got the last commits: all of it at once, over connections that live on.
    let lose = |database: &Database| {
        let tables = database.tables();
        database
            .connection()
            .transaction(|writes| {
                for table in &tables {
                    writes.execute(&format!("DELETE FROM {table}"), Vec::new())?;
                    let sql = format!("INSERT INTO {table} SELECT * FROM noted_{table}");
                    writes.execute(&sql, Vec::new())?;
                }
                Ok(())
            })
            .unwrap();
    };
    lose_the_second_half(lose, |database| {
        // Of one moment.
        let tables = database.tables();
        let mut root = database.connection();
        root.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ", vec![]).unwrap();
        for table in &tables {
            root.execute(&format!("CREATE TABLE noted_{table} LIKE {table}"), vec![]).unwrap();
        }
        root.transaction(|writes| {
            for table in &tables {
                let sql = format!("INSERT INTO noted_{table} SELECT * FROM {table}");
                writes.execute(&sql, vec![])?;
            }
            Ok(())
        })
        .unwrap();
    });
}

#[test]
fn what_was_lost_while_no_worker_ran_is_read_again_by_the_next_one() {
    let database = Database::new();
    let (mut network, endpoint) = (Network::new(), Endpoint::new());
    network.publish(&json!([webhook("crm", &endpoint.url("/crm"), &["*"], &json!({}))]));
    let mut first = database.worker(&network);
    wait_for("the store", || database.log(&network).map(drop));
    database.execute(&["CREATE TABLE noted_positions AS SELECT * FROM {}positions"]);
    let lost: HashSet<_> = (0..10).map(|_| network.dispatch("payment_refunded")).collect();
    network.end_segment();
    database.wait_for_delivered(&network, 10);
    first.signal(rustix::process::Signal::TERM);
    assert!(first.ended());
    assert!(network.files("journal", "").is_empty() && network.files("kept", "").len() == 1);
    database.execute(&SET_BACK);
    let second = database.worker(&network);
    let twice = || lost.iter().all(|id| received(&endpoint).get(id) == Some(&2));
    wait_for("what was lost", || twice().then_some(()));
    database.wait_for_delivered(&network, 10);
    drop(second);
    // A database into which this journal has never led can't have lost any of it.
    let other = Database::new();
    let third = other.worker(&network);
    let one = dispatch(&mut network, 1);
    other.wait_for_delivered(&network, 1);
    let times = received(&endpoint);
    assert!(one.iter().all(|id| times.get(id) == Some(&1)) && twice(), "{times:?}");
    drop(third);
}

#[test]
fn segments_stay_for_as_long_as_is_published() {
    let database = Database::new();
    let (mut network, endpoint) = (Network::new(), Endpoint::new());
    let document =
        json!({ "webhooks": [webhook("crm", &endpoint.url("/crm"), &["*"], &json!({}))] });
    network.publish_with(&document, |config| config.with_keep_segments(Some(0)));
    let _worker = database.worker(&network);
    dispatch(&mut network, 3);
    database.wait_for_delivered(&network, 3);
    wait_for("an empty journal", || network.files("journal", "").is_empty().then_some(()));
    wait_for("no positions", || (database.number(POSITIONS) == 0).then_some(()));
    assert!(network.files("kept", "").is_empty());
    network.publish(&document["webhooks"]);
    dispatch(&mut network, 3);
    database.wait_for_delivered(&network, 6);
    wait_for("a kept segment", || (network.files("kept", "").len() == 1).then_some(()));
    assert_eq!(database.number(POSITIONS), 1);
    // One second is over soon.
    network.publish_with(&document, |config| config.with_keep_segments(Some(1)));
    wait_for("its end", || network.files("kept", "").is_empty().then_some(()));
    wait_for("no positions", || (database.number(POSITIONS) == 0).then_some(()));
}

#[test]
fn nothing_of_a_person_stays_in_what_is_kept() {
    let database = Database::new();
    let (mut network, endpoint) = (Network::new(), Endpoint::new());
    network.publish(&json!([webhook("crm", &endpoint.url("/crm"), &["*"], &json!({}))]));
    let _worker = database.worker(&network);
    for email in ["ann@example.org", "bob@example.org", "ann@example.org"] {
        network.dispatch_data("user_registered", &json!({ "email": email }));
        network.end_segment();
    }
    database.wait_for_delivered(&network, 3);
    wait_for("kept segments", || (network.files("kept", "").len() == 3).then_some(()));
    assert_eq!(network.files("kept", "ann@example.org").len(), 2);
    let person = Person { email: Some("ann@example.org".into()), user_id: None };
    network.request(&Request::Forget { token: "wish".into(), person });
    let news = || database.log(&network)?.announcements(0).ok();
    let told = wait_for("the end", || news()?.into_iter().find(|news| news.code == FORGOTTEN));
    assert_eq!(told.params["events"], json!(2));
    for folder in ["kept", "journal", "corrupt"] {
        assert!(network.files(folder, "ann@example.org").is_empty(), "{folder}");
    }
    assert_eq!(network.files("kept", "bob@example.org").len(), 1);
}

/// Set in the process that has a small disk of its own, at this path.
const DISK: &str = "WEBHOOKS_TEST_DISK";

/// Runs this test once more in a process that has 40 MB of memory as a disk; its path there. Who may not
/// mount has no small disk.
fn small_disk(test: &str) -> Option<std::path::PathBuf> {
    if let Some(disk) = std::env::var_os(DISK) {
        return Some(disk.into());
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let script = r#"mount -t tmpfs -o size=40m,mode=0700 disk "$0" && exec "$1" --exact "$2""#;
    let output = Command::new("unshare")
        .args(["--mount", "--propagation", "private", "sh", "-c", script])
        .arg(folder.path())
        .arg(std::env::current_exe().expect("this program"))
        .arg(test)
        .env(DISK, folder.path())
        .output()
        .expect("unshare");
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() || said.contains("not permitted"), "{said}");
    None
}

#[test]
fn what_is_kept_makes_room_for_what_comes() {
    let Some(disk) = small_disk("what_is_kept_makes_room_for_what_comes") else { return };
    let database = Database::new();
    let mut network = Network::within(tempfile::tempdir_in(&disk).expect("a folder"));
    let endpoint = Endpoint::new();
    network.publish(&json!([webhook("crm", &endpoint.url("/crm"), &["*"], &json!({}))]));
    let _worker = database.worker(&network);
    let data: Value = json!({ "text": "x".repeat(900_000) });
    let mut number = 0;
    let send = |network: &mut Network, number: &mut usize| {
        for _ in 0..5 {
            network.dispatch_data("large", &data);
            *number += 1;
        }
        network.end_segment();
        database.wait_for_delivered(network, *number);
    };
    // 90 MB go through 40, as fast as they can.
    for _ in 0..20 {
        send(&mut network, &mut number);
    }
    // Of 40, 5 are the reserve; half of what is left may be kept.
    for _ in 0..6 {
        send(&mut network, &mut number);
        wait_for("an empty journal", || network.files("journal", "").is_empty().then_some(()));
    }
    wait_for("room", || (network.files("kept", "").len() <= 4).then_some(()));
    let segments = network.files("kept", "").len();
    assert!(segments >= 2, "{segments} segments of 4.5 MB");
    // Somebody fills the disk: what is kept goes, and events go on.
    let filled = disk.join("filled");
    let fill = || {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&filled).unwrap();
        let part = vec![1; 64 << 10];
        while std::io::Write::write_all(&mut file, &part).is_ok() {}
    };
    wait_for("a disk without kept segments", || {
        fill();
        network.files("kept", "").is_empty().then_some(())
    });
    std::fs::remove_file(&filled).unwrap();
    network.dispatch_data("large", &data);
    database.wait_for_delivered(&network, number + 1);
}
