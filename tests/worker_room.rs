//! A small disk: what was delivered makes room for what comes.

mod support;

use std::process::Command;

use serde_json::{Value, json};
use support::{Endpoint, Network, wait_for, webhook};

/// Set in the process that has a small disk of its own, at this path.
const DISK: &str = "WEBHOOKS_TEST_DISK";
/// Bytes of an event's data.
const LARGE: usize = 400_000;

/// Runs this test once more in a process in which temporary files lie on 48 MB of memory; `true`
/// in that process. Who may not mount has no small disk.
fn on_a_small_disk(test: &str) -> bool {
    if std::env::var_os(DISK).is_some() {
        return true;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let script = r#"mount -t tmpfs -o size=48m,mode=0700 disk "$0" && exec "$1" --exact "$2""#;
    let output = Command::new("unshare")
        .args(["--mount", "--propagation", "private", "sh", "-c", script])
        .arg(folder.path())
        .arg(std::env::current_exe().expect("this program"))
        .arg(test)
        .env(DISK, folder.path())
        .env("TMPDIR", folder.path())
        .output()
        .expect("unshare");
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() || said.contains("not permitted"), "{said}");
    false
}

/// One site's large events, as many as the disk has no room for, and then another's small one.
fn large_events_and_a_small_one(retention: &Value, why: &str) {
    let (mut network, endpoint) = (Network::new(), Endpoint::new());
    network.publish_document(&json!({
        "webhooks": [
            webhook("large", &endpoint.url("/large"), &["large"], &json!({})),
            webhook("small", &endpoint.url("/small"), &["small"], &json!({})),
            webhook("bad", &endpoint.url("/status/500"), &["bad"], &json!({"retries": []})),
        ],
        "retention": retention,
    }));
    let worker = network.worker();
    network.dispatch_data("bad", &json!({ "text": "y".repeat(LARGE) }));
    wait_for("the failure", || (network.stats("bad")["failed"] == 1).then_some(()));
    for number in 1..=150 {
        network.dispatch_data("large", &json!({ "text": "x".repeat(LARGE) }));
        wait_for("a large event", || (network.stats("large")["delivered"] == number).then_some(()));
    }
    network.dispatch("small");
    wait_for("the small one", || (network.stats("small")["delivered"] == 1).then_some(()));

    let told = network.announcements();
    let told: Vec<_> = told.iter().filter(|one| one["code"] == "log_shortened").collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["params"]["reason"], why);
    let has_body = |event: &str, place: usize| {
        let list = network.deliveries(&json!({ "event": event, "limit": 200 }));
        let id = list[place]["id"].as_str().expect("an id").parse().expect("an id");
        let shown = network.log().expect("a store").delivery(&id).expect("readable");
        shown.expect("a delivery").body.is_some()
    };
    assert!(has_body("large", 0), "the newest is still there");
    assert!(!has_body("large", 149), "the oldest is not");
    assert!(has_body("bad", 0), "it can be sent again");
    drop(worker);
}

#[test]
fn a_log_that_reached_its_budget_makes_room_for_what_comes() {
    if on_a_small_disk("a_log_that_reached_its_budget_makes_room_for_what_comes") {
        large_events_and_a_small_one(&json!({ "bytes": 8 << 20 }), "budget");
    }
}

#[test]
fn nothing_waits_on_a_full_disk_while_something_delivered_can_go() {
    if on_a_small_disk("nothing_waits_on_a_full_disk_while_something_delivered_can_go") {
        large_events_and_a_small_one(&json!({ "bytes": 1_u64 << 40 }), "disk");
    }
}
