//! The worker as a process: from the journal to the endpoint and the log.

mod support;

use std::collections::HashSet;
use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};
use support::{Endpoint, Network, SECRET, wait_for, webhook};
use webhooks::delivery::sign::sign;
use webhooks::event::Flags;
use webhooks::store::Person;
use webhooks::store::log::Log;
use webhooks::worker::{FORGOTTEN, Request, lock};

#[test]
fn an_event_reaches_its_endpoint_signed_and_as_it_was_written() {
    let (mut network, endpoint) = (Network::new(), Endpoint::new());
    network.publish(&json!([
        webhook("crm", &endpoint.url("/crm"), &["payment_*"], &json!({})),
        webhook("other", &endpoint.url("/other"), &["account_created"], &json!({})),
    ]));
    let id = network.dispatch("payment_received");
    network.work_once();

    let received = endpoint.received();
    assert_eq!(received.len(), 1);
    let request = &received[0];
    assert_eq!((request.id(), request.path.as_str()), (id, "/crm"));
    let timestamp = request.header("webhook-timestamp").unwrap().parse().unwrap();
    let expected = sign(SECRET, &id.to_string(), timestamp, &request.body);
    assert_eq!(request.header("webhook-signature"), Some(expected.unwrap().as_str()));
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body, json!({"id": id, "type": "payment_received", "data": {"n": 1}}));
    let agent = request.header("user-agent").unwrap();
    assert!(agent.starts_with("Network-Webhooks/"), "{agent}");

    assert_eq!(network.states(&json!({})), ["delivered"]);
    assert_eq!(network.stats("crm")["delivered"], 1);
    let journal = std::fs::read_dir(network.folder.path().join("journal")).unwrap();
    assert_eq!(journal.count(), 1, "the segment is this process's still");
}

#[test]
fn events_wait_for_a_config_and_none_is_lost() {
    let (mut network, endpoint) = (Network::new(), Endpoint::new());
    let worker = network.worker();
    let id = network.dispatch("payment_received");
    network.publish(&json!([webhook("crm", &endpoint.url("/"), &["*"], &json!({}))]));
    wait_for("the event", || endpoint.received().iter().find(|one| one.id() == id).cloned());
    drop(worker);
}

#[test]
fn a_failed_attempt_is_made_again_with_the_same_id() {
    let (mut network, endpoint) = (Network::new(), Endpoint::new());
    let url = endpoint.url("/");
    network.publish(&json!([webhook("crm", &url, &["*"], &json!({"retries": [1, 1, 1, 1]}))]));
    endpoint.answer(503);
    let worker = network.worker();
    let id = network.dispatch("payment_received");
    wait_for("two attempts", || (endpoint.received().len() >= 2).then_some(()));
    endpoint.answer(200);
    wait_for("the delivery", || (network.states(&json!({})) == ["delivered"]).then_some(()));
    drop(worker);
    let ids: HashSet<_> = endpoint.received().iter().map(support::Received::id).collect();
    assert_eq!(ids, HashSet::from([id]));
    assert!(network.deliveries(&json!({}))[0]["attempts"].as_u64().unwrap() >= 3);
    assert_eq!(network.stats("crm")["failures_in_row"], 0);
}

#[test]
fn out_of_attempts_is_failed_and_told_and_can_be_resent() {
    let (mut network, endpoint) = (Network::new(), Endpoint::new());
    network.publish(&json!([
        webhook("crm", &endpoint.url("/status/500"), &["payment_*"], &json!({"retries": []})),
        webhook("ops", &endpoint.url("/ops"), &["webhook_delivery_failed"], &json!({})),
        webhook("bad", &endpoint.url("/status/501"), &["webhook_*"], &json!({"retries": []})),
    ]));
    let id = network.dispatch("payment_received");
    network.work_once();
    network.work_once();
    let told: Value = serde_json::from_slice(&endpoint.received_at("/ops")[0].body).unwrap();
    assert_eq!(told["type"], "webhook_delivery_failed");
    assert_eq!(told["data"]["event_id"], json!(id));
    assert_eq!(told["data"]["status"], 500);
    // The failure of telling it is not told in turn.
    assert_eq!(endpoint.received_at("/ops").len(), 1);
    assert_eq!(network.stats("bad")["failed"], 1);
    let news: Vec<_> = network.announcements().iter().map(|one| one["code"].clone()).collect();
    assert_eq!(news, ["delivery_failed"]);

    endpoint.answer(200);
    let failed = network.deliveries(&json!({"webhook_id": "crm", "state": "failed"}));
    let ids = vec![failed[0]["id"].as_str().unwrap().parse().unwrap()];
    network.request(&Request::Resend { ids });
    network.work_once();
    assert_eq!(network.states(&json!({"webhook_id": "crm"})), ["delivered"]);
    assert_eq!(endpoint.received_at("/status/500").len(), 2);
}

#[test]
fn gone_disables_until_a_person_enables() {
    let (mut network, endpoint) = (Network::new(), Endpoint::new());
    network.publish(&json!([
        webhook("crm", &endpoint.url("/status/410"), &["payment_*"], &json!({})),
        webhook("ops", &endpoint.url("/ops"), &["webhook_disabled"], &json!({})),
    ]));
    network.dispatch("payment_received");
    network.work_once();
    network.dispatch("payment_received");
    network.work_once();
    assert_eq!(endpoint.received_at("/status/410").len(), 1);
    assert_eq!(network.states(&json!({"webhook_id": "crm", "state": "held"})).len(), 2);
    let told: Value = serde_json::from_slice(&endpoint.received_at("/ops")[0].body).unwrap();
    assert_eq!(told["data"]["reason"], "gone");
    let disabled = network.stats("crm")["disabled"].clone();
    assert_eq!(disabled["reason"], "gone");

    // Publishing again does not enable, nor does the answer to another disabling.
    network.publish(&json!([webhook("crm", &endpoint.url("/well"), &["payment_*"], &json!({})),]));
    let enable =
        |disabling: &str| Request::Enable { webhook: "crm".into(), disabling: disabling.into() };
    network.request(&enable("evt_00000000000000000000000000"));
    network.work_once();
    assert!(network.stats("crm")["disabled"].is_object());

    network.request(&enable(disabled["id"].as_str().unwrap()));
    network.request(&Request::Recover { webhook: "crm".into(), since: None });
    network.work_once();
    assert!(network.stats("crm")["disabled"].is_null());
    assert_eq!(endpoint.received_at("/well").len(), 2);
}

#[test]
fn what_comes_while_paused_is_held_and_can_be_recovered() {
    let (mut network, endpoint) = (Network::new(), Endpoint::new());
    let hook = |paused| webhook("crm", &endpoint.url("/"), &["*"], &json!({"paused": paused}));
    network.publish(&json!([hook(true)]));
    network.dispatch("payment_received");
    network.work_once();
    assert_eq!(network.deliveries(&json!({}))[0]["reason"], "paused");
    network.publish(&json!([hook(false)]));
    network.work_once();
    assert!(endpoint.received().is_empty(), "a person says when");
    network.request(&Request::Recover { webhook: "crm".into(), since: None });
    network.work_once();
    assert_eq!(endpoint.received().len(), 1);
}

#[test]
fn what_comes_while_a_webhook_is_invalid_is_held_and_goes_out_when_it_is_mended() {
    let (mut network, endpoint) = (Network::new(), Endpoint::new());
    let well = webhook("books", &endpoint.url("/books"), &["payment_*", "account_*"], &json!({}));
    let aside = json!({"field": "url", "message": "the URL is empty"});
    let invalid = |more: &Value| {
        let mut invalid = webhook("crm", "", &["payment_*", "account_*"], more);
        invalid["set_aside"] = aside.clone();
        json!([well, invalid])
    };
    network.publish(&invalid(&json!({"condition": "type == 'payment_received'"})));
    network.dispatch("payment_received");
    network.dispatch("account_created");
    network.work_once();
    assert_eq!(endpoint.received_at("/books").len(), 2, "the others go on");
    let of = |network: &Network| {
        let deliveries = network.deliveries(&json!({"webhook_id": "crm"}));
        let of = |it: &Value| format!("{} {}", it["state"], it["reason"]).replace('"', "");
        let mut all: Vec<_> = deliveries.iter().map(of).collect();
        all.sort();
        all
    };
    assert_eq!(of(&network), ["held invalid", "skipped condition"]);
    // Not even where a person asks for it: what is wrong was replaced by defaults.
    network.request(&Request::Recover { webhook: "crm".into(), since: None });
    network.work_once();
    let failed = network.deliveries(&json!({"webhook_id": "crm", "state": "failed"}));
    assert_eq!((failed.len(), failed[0]["last_failure"].as_str()), (1, Some("invalid")));
    network.dispatch("payment_received");
    network.work_once();
    // Its condition can't be read any more: who wants what is for a person to say.
    network.publish(&invalid(&json!({"condition": "type =="})));
    network.dispatch("account_created");
    network.work_once();
    assert_eq!(of(&network)[1..], ["held invalid", "held unjudged", "skipped condition"]);
    network.publish(&json!([
        well,
        webhook("crm", &endpoint.url("/crm"), &["payment_*", "account_*"], &json!({}))
    ]));
    network.work_once();
    let all = ["delivered null", "failed null", "held unjudged", "skipped condition"];
    assert_eq!(of(&network), all);
    network.request(&Request::Recover { webhook: "crm".into(), since: None });
    network.work_once();
    assert_eq!(endpoint.received_at("/crm").len(), 3);
}

#[test]
fn what_a_networks_hold_kept_goes_out_when_it_ends() {
    let (mut network, endpoint) = (Network::new(), Endpoint::new());
    let hooks = json!([webhook("crm", &endpoint.url("/"), &["*"], &json!({}))]);
    network.publish_document(&json!({"held": "deactivated", "webhooks": hooks}));
    network.dispatch("payment_received");
    network.work_once();
    assert_eq!(network.states(&json!({})), ["held"]);
    network.publish_document(&json!({"webhooks": hooks}));
    network.work_once();
    assert_eq!(network.states(&json!({})), ["delivered"]);
}

#[test]
fn what_was_under_way_when_a_hold_began_goes_out_when_it_ends() {
    let (mut network, endpoint) = (Network::new(), Endpoint::new());
    let more = json!({"timeout": 1, "retries": [1]});
    let hooks = json!([webhook("crm", &endpoint.url("/hang"), &["*"], &more)]);
    network.publish(&hooks);
    let worker = network.worker();
    network.dispatch("payment_received");
    wait_for("the attempt", || (!endpoint.received().is_empty()).then_some(()));
    network.publish_document(&json!({"held": "plugin_deactivated", "webhooks": hooks}));
    wait_for("the hold", || (network.states(&json!({})) == ["held"]).then_some(()));
    assert_eq!(network.deliveries(&json!({}))[0]["reason"], "plugin_deactivated");
    endpoint.answer(200);
    network.publish(&hooks);
    wait_for("the delivery", || (network.states(&json!({})) == ["delivered"]).then_some(()));
    drop(worker);
}

#[test]
fn after_five_failures_the_rest_waits_for_a_probe() {
    let (mut network, endpoint) = (Network::new(), Endpoint::new());
    let more = json!({"retries": [1], "concurrency": 1});
    network.publish(&json!([webhook("crm", &endpoint.url("/"), &["*"], &more)]));
    network.dispatch("payment_received");
    network.work_once();
    endpoint.answer(500);
    let ids: HashSet<_> = (0..9).map(|_| network.dispatch("payment_received")).collect();
    network.work_once();
    // After five failures in a row the webhook is probed, in five seconds.
    assert_eq!(endpoint.received().len(), 1 + 5);
    assert_eq!(network.states(&json!({"state": "pending"})).len(), 9);
    endpoint.answer(204);
    let worker = network.worker();
    let delivered = || network.states(&json!({"state": "delivered"})).len() == 10;
    wait_for("all deliveries", || delivered().then_some(()));
    let got: Vec<_> = endpoint.received()[6..].iter().map(support::Received::id).collect();
    assert_eq!(got.len(), 9, "one of them was sent twice");
    assert_eq!(got.into_iter().collect::<HashSet<_>>(), ids);
    drop(worker);
}

#[test]
fn the_end_of_a_hold_does_not_enable_what_is_disabled() {
    let (mut network, endpoint) = (Network::new(), Endpoint::new());
    let hooks = json!([webhook("crm", &endpoint.url("/status/410"), &["*"], &json!({}))]);
    network.publish(&hooks);
    network.dispatch("payment_received");
    network.work_once();
    network.publish_document(&json!({"held": "plugin_deactivated", "webhooks": hooks}));
    network.dispatch("payment_received");
    network.work_once();
    network.publish(&hooks);
    network.work_once();
    // Nor is it told of its own disabling.
    assert_eq!(endpoint.received().len(), 1);
    assert_eq!(network.states(&json!({})), ["held", "held", "held"]);
}

#[test]
fn a_hold_does_not_let_through_what_a_condition_refuses() {
    let (mut network, endpoint) = (Network::new(), Endpoint::new());
    let more = json!({"condition": "data.n == 2"});
    let hooks = json!([webhook("crm", &endpoint.url("/"), &["*"], &more)]);
    network.publish_document(&json!({"held": "deactivated", "webhooks": hooks}));
    network.dispatch("payment_received");
    network.work_once();
    assert_eq!(network.states(&json!({})), ["skipped"]);
    network.publish_document(&json!({"webhooks": hooks}));
    network.work_once();
    assert!(endpoint.received().is_empty());
}

#[test]
fn deliveries_of_a_deleted_webhook_are_cancelled() {
    let (mut network, endpoint) = (Network::new(), Endpoint::new());
    let url = endpoint.url("/status/500");
    network.publish(&json!([webhook("crm", &url, &["*"], &json!({"retries": [3600]}))]));
    network.dispatch("payment_received");
    network.work_once();
    assert_eq!(network.states(&json!({})), ["pending"]);
    network.publish(&json!([]));
    network.work_once();
    assert_eq!(network.states(&json!({})), ["cancelled"]);
}

#[test]
fn a_test_event_goes_to_one_webhook_even_paused_once_and_uncounted() {
    let (mut network, endpoint) = (Network::new(), Endpoint::new());
    network.publish(&json!([
        webhook("crm", &endpoint.url("/status/500"), &["*"], &json!({"paused": true})),
        webhook("other", &endpoint.url("/other"), &["*"], &json!({})),
    ]));
    network.dispatch_with("payment_received", Flags::TEST, "crm\n");
    network.work_once();
    assert!(endpoint.received_at("/other").is_empty());
    let tests = endpoint.received_at("/status/500");
    assert_eq!(tests.len(), 1);
    assert_eq!(tests[0].header("webhook-test"), Some("true"));
    assert_eq!(network.states(&json!({})), ["failed"]);
    let stats = network.stats("crm");
    assert_eq!((&stats["failed"], &stats["failures_in_row"]), (&json!(0), &json!(0)));
    assert!(network.announcements().is_empty());
}

#[test]
fn more_hanging_webhooks_than_places_delay_nobody_else() {
    // Of the places 256 are for one origin, and every one of these hangs for as long as it may.
    const HANGING: usize = 300;
    const EVENTS: usize = 334;
    let (mut network, endpoint) = (Network::new(), Endpoint::new());
    let mut hooks: Vec<_> = (0..HANGING)
        .map(|n| {
            let url = endpoint.url(&format!("/hang/{n}"));
            webhook(&format!("hang-{n}"), &url, &["slow"], &json!({"timeout": 60}))
        })
        .collect();
    hooks.push(webhook("well", &endpoint.url("/well"), &["payment_received"], &json!({})));
    network.publish_within(&json!({ "webhooks": hooks }), Some(512));
    let worker = network.worker();
    let first = network.dispatch("payment_received");
    wait_for("its first event", || (endpoint.received_at("/well").len() == 1).then_some(()));
    for _ in 0..EVENTS {
        network.dispatch("slow");
    }
    // Half of the places are for those of which nothing good is known.
    wait_for("requests that hang", || (endpoint.received().len() > 128).then_some(()));
    let mut ids: HashSet<_> = (0..100).map(|_| network.dispatch("payment_received")).collect();
    ids.insert(first);
    wait_for("the other webhook's events", || {
        let got: HashSet<_> =
            endpoint.received_at("/well").iter().map(support::Received::id).collect();
        (got == ids).then_some(())
    });
    let asked: HashSet<_> = endpoint.received().into_iter().map(|request| request.path).collect();
    assert!(asked.len() <= HANGING / 2, "not all of the others had even their first request");
    assert_eq!(network.states(&json!({"webhook_id": "hang-7", "limit": 1})), ["pending"]);
    let pending = |n| network.stats(&format!("hang-{n}"))["pending"].as_u64().expect("a number");
    assert_eq!((0..HANGING).map(pending).sum::<u64>(), (HANGING * EVENTS) as u64);
    drop(worker);
}

/// An endpoint at every loopback address that takes connections and never answers.
fn silent() -> (TcpListener, u16) {
    let listener = TcpListener::bind("0.0.0.0:0").expect("a port");
    rustix::net::listen(&listener, 4096).expect("a longer queue");
    let port = listener.local_addr().expect("an address").port();
    (listener, port)
}

#[test]
fn two_thousand_hanging_endpoints_delay_nobody_and_hold_no_threads() {
    const HANGING: usize = 2000;
    const WELL: usize = 100;
    let (mut network, endpoint) = (Network::new(), Endpoint::new());
    let (_silent, port) = silent();
    let mut hooks: Vec<_> = (0..HANGING)
        .map(|n| {
            let url = format!("http://127.1.{}.{}:{port}/", n / 200, n % 200 + 1);
            webhook(&format!("hang-{n}"), &url, &["slow"], &json!({"timeout": 60}))
        })
        .collect();
    hooks.extend((0..WELL).map(|n| {
        let url = endpoint.url(&format!("/well-{n}"));
        webhook(&format!("well-{n}"), &url, &["payment_received"], &json!({}))
    }));
    network.publish(&json!(hooks));
    let mut worker = network.worker();
    let mut ids = HashSet::from([network.dispatch("payment_received")]);
    let arrived = |ids: &HashSet<_>| {
        let got: HashSet<_> =
            endpoint.received().iter().map(|got| (got.path.clone(), got.id())).collect();
        (got.len() == ids.len() * WELL).then_some(())
    };
    wait_for("the first events", || arrived(&ids));
    for _ in 0..3 {
        network.dispatch("slow");
    }
    wait_for("requests that hang", || {
        let sockets = std::fs::read_dir(format!("/proc/{}/fd", worker.pid())).expect("its files");
        (sockets.count() > HANGING).then_some(())
    });
    let threads = std::fs::read_dir(format!("/proc/{}/task", worker.pid())).expect("its threads");
    assert!(threads.count() < 16, "all of them on one");
    ids.extend((0..10).map(|_| network.dispatch("payment_received")));
    wait_for("the others' events", || arrived(&ids));
    // Asked to leave, it gives up after ten seconds, and the next one sends the rest.
    let begun = Instant::now();
    worker.signal(Signal::TERM);
    assert!(worker.ended());
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert_eq!(network.states(&json!({"webhook_id": "hang-7", "limit": 1})), ["pending"]);
}

#[test]
fn five_kills_lose_nothing() {
    let (mut network, endpoint) = (Network::new(), Endpoint::new());
    network.publish(&json!([webhook("crm", &endpoint.url("/"), &["*"], &json!({}))]));
    let mut sent = HashSet::new();
    let mut worker = network.worker();
    for _ in 0..5 {
        let before = endpoint.received().len();
        sent.extend((0..200).map(|_| network.dispatch("payment_received")));
        wait_for("attempts", || (endpoint.received().len() > before).then_some(()));
        worker.kill();
        worker = network.worker();
    }
    wait_for("every event", || {
        let got: HashSet<_> = endpoint.received().iter().map(support::Received::id).collect();
        (got == sent).then_some(())
    });
    wait_for("every delivery", || (network.stats("crm")["delivered"] == json!(1000)).then_some(()));
    drop(worker);
}

#[test]
fn sigterm_gives_back_what_it_had_claimed() {
    let (mut network, endpoint) = (Network::new(), Endpoint::new());
    let url = endpoint.url("/");
    network.publish(&json!([webhook("crm", &url, &["*"], &json!({"concurrency": 64}))]));
    let mut worker = network.worker();
    let ids: HashSet<_> = (0..500).map(|_| network.dispatch("payment_received")).collect();
    wait_for("some attempts", || (endpoint.received().len() > 5).then_some(()));
    worker.signal(Signal::TERM);
    assert!(worker.ended());
    assert_eq!(network.states(&json!({"state": "delivering"})), [""; 0]);
    network.work_once();
    let got: Vec<_> = endpoint.received().iter().map(support::Received::id).collect();
    assert_eq!(got.len(), 500, "a clean end makes no duplicates");
    assert_eq!(got.into_iter().collect::<HashSet<_>>(), ids);
}

#[test]
fn what_only_a_later_version_knows_is_kept_whole_for_it() {
    let (mut network, endpoint) = (Network::new(), Endpoint::new());
    network.publish(&json!([webhook("crm", &endpoint.url("/"), &["*"], &json!({}))]));
    network.write_unknown(77, b"from the future");
    let id = network.dispatch("payment_received");
    network.work_once();
    assert_eq!(endpoint.received()[0].id(), id, "what comes after it is not held up");
    let store = rusqlite::Connection::open(network.folder.path().join("store.sqlite")).unwrap();
    let kept: (u8, Vec<u8>) =
        store.query_row("SELECT kind, record FROM deferred", [], |row| row.try_into()).unwrap();
    assert_eq!(kept.0, 77);
    assert!(kept.1.windows(15).any(|part| part == b"from the future"));
}

#[test]
fn the_log_can_be_read_while_workers_come_and_go() {
    let (mut network, endpoint) = (Network::new(), Endpoint::new());
    network.publish(&json!([webhook("crm", &endpoint.url("/"), &["*"], &json!({}))]));
    network.work_once();
    let (done, spool) = (AtomicBool::new(false), network.spool.clone());
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let mut kept = Log::open(&spool, None).expect("readable").expect("a store");
                    let mut reads = 0;
                    while !done.load(Ordering::SeqCst) {
                        let mut fresh =
                            Log::open(&spool, None).expect("readable").expect("a store");
                        for log in [&mut kept, &mut fresh] {
                            log.announcements(0).expect("what a worker leaves can be read");
                        }
                        reads += 1;
                    }
                    reads
                })
            })
            .collect();
        for _ in 0..40 {
            network.dispatch("payment_received");
            network.work_once();
        }
        done.store(true, Ordering::SeqCst);
        assert!(readers.into_iter().all(|reader| reader.join().expect("no panic") > 0));
    });
    assert_eq!(endpoint.received().len(), 40);
}

#[test]
fn a_second_worker_says_who_runs_and_leaves() {
    let network = Network::new();
    let first = network.worker();
    wait_for("the first worker", || lock::holder(&network.spool).unwrap());
    let second = std::process::Command::new(env!("CARGO_BIN_EXE_webhooks-worker"))
        .args(["--once", "--spool"])
        .arg(network.folder.path())
        .output()
        .unwrap();
    assert_eq!(second.status.code(), Some(1));
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(said.contains(&format!("worker {} has been running", first.pid())), "{said}");
}

#[test]
fn wrong_arguments_are_told() {
    for (arguments, message) in [
        (&[][..], "--spool DIR is missing"),
        (&["--spool", "/tmp", "--once", "--daemonize"], "exclude each other"),
        (&["--sopol", "/tmp"], "--sopol"),
    ] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_webhooks-worker"))
            .args(arguments)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(message), "{said}");
    }
}

#[test]
fn no_secret_is_left_in_logs() {
    let (mut network, endpoint) = (Network::new(), Endpoint::new());
    let more = json!({"headers": [{"name": "authorization", "value": "Bearer canary-7"}]});
    network.publish(&json!([webhook("crm", &endpoint.url("/status/500"), &["*"], &more),]));
    network.dispatch("payment_received");
    network.work_once();
    let sent = &endpoint.received()[0];
    assert_eq!(sent.header("authorization"), Some("Bearer canary-7"));
    for entry in std::fs::read_dir(network.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() && !path.ends_with("config.json") {
            let content = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            for secret in ["canary-7", &SECRET[6..]] {
                assert!(!content.contains(secret), "{} has it", path.display());
            }
        }
    }
}

#[test]
fn who_asks_to_be_forgotten_is_found_nowhere_in_the_spool() {
    let (mut network, endpoint) = (Network::new(), Endpoint::new());
    let hook = |id: &str, path: &str, more: Value| webhook(id, &endpoint.url(path), &["*"], &more);
    network.publish_document(&json!({
        "lookup": {"*": ["customer.email"]},
        "webhooks": [
            hook("crm", "/crm", json!({"format": "flat"})),
            hook("down", "/status/500", json!({"retries": [3600]})),
            hook("paused", "/paused", json!({"paused": true})),
        ],
    }));
    let customer = |email: &str| json!({"customer": {"email": email, "note": "x".repeat(3000)}});
    let forgotten = network.dispatch_data("payment_received", &customer("Ann@canary.example"));
    let kept = network.dispatch_data("payment_received", &customer("joann@canary.example"));
    let by_id = network.dispatch_data("login", &json!({"user_id": 7, "login": "canary-login"}));
    network.work_once();
    assert_eq!(endpoint.received_at("/crm").len(), 3);
    let folder = network.folder.path().to_owned();
    let traces = |needle: &str| {
        let mut found = Vec::new();
        let mut folders = vec![folder.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if contains(&std::fs::read(&path).unwrap(), needle) {
                    found.push(path);
                }
            }
        }
        found
    };
    assert!(!traces("Ann@canary").is_empty() && !traces("canary-login").is_empty());

    let person = Person { email: Some("ann@canary.example".into()), user_id: Some(7) };
    network.request(&Request::Forget { token: "wish-1".into(), person });
    network.work_once();
    let answer = network.announcements().into_iter().find(|one| one["code"] == FORGOTTEN);
    assert_eq!(answer.unwrap()["params"], json!({"token": "wish-1", "events": 2, "missing": []}));
    for needle in ["Ann@canary", "ann@canary.example", "canary-login"] {
        let found = traces(needle);
        let found: Vec<_> = found
            .iter()
            .filter(|path| {
                let bytes = std::fs::read(path).unwrap();
                count(&bytes, needle) > count(&bytes, &format!("jo{needle}"))
            })
            .collect();
        assert!(found.is_empty(), "{needle} is still in {found:?}");
    }
    for (id, states) in [
        (forgotten, ["cancelled", "cancelled", "delivered"]),
        (by_id, ["cancelled", "cancelled", "delivered"]),
        (kept, ["delivered", "held", "pending"]),
    ] {
        let mut now = network.states(&json!({"event_id": id}));
        now.sort();
        assert_eq!(now, states);
    }
    assert!(network.states(&json!({"search": "ann@canary.example"})).is_empty());
    assert_eq!(network.states(&json!({"search": "joann@canary.example"})).len(), 3);
}

fn contains(bytes: &[u8], needle: &str) -> bool {
    count(bytes, needle) > 0
}

fn count(bytes: &[u8], needle: &str) -> usize {
    bytes.windows(needle.len()).filter(|window| *window == needle.as_bytes()).count()
}
