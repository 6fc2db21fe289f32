//! Backfills: a webhook is sent events of the log that it has not had.

mod support;

use serde_json::{Value, json};
use support::{Endpoint, Network, wait_for, webhook};
use webhooks::event::Flags;
use webhooks::id::EventId;
use webhooks::store::backfill::{Backfill, BackfillQuery};
use webhooks::worker::Request;

fn ask(network: &mut Network, token: &str, query: &Value) {
    let query: BackfillQuery = serde_json::from_value(query.clone()).unwrap();
    let backfill = Backfill { token: token.into(), query, matched: 0 };
    network.request(&Request::Backfill(backfill));
}

fn ids(endpoint: &Endpoint, path: &str) -> Vec<EventId> {
    endpoint.received_at(path).iter().map(support::Received::id).collect()
}

fn bulk(network: &Network) -> Value {
    serde_json::to_value(&network.log().unwrap().bulks().unwrap()[0]).unwrap()
}

#[test]
fn a_webhook_that_was_added_late_is_sent_what_it_has_not_had_in_order_and_once() {
    let (mut network, endpoint) = (Network::new(), Endpoint::new());
    let first = webhook("first", &endpoint.url("/first"), &["*"], &json!({}));
    network.publish(&json!([first]));
    let events: Vec<_> = (0..3).map(|_| network.dispatch("payment_received")).collect();
    network.dispatch("account_created");
    network.work_once();
    let late = webhook("late", &endpoint.url("/late"), &["payment_*"], &json!({"ordered": true}));
    network.publish(&json!([first, late]));
    let newest = network.dispatch("payment_received");
    network.work_once();
    assert_eq!(ids(&endpoint, "/late"), [newest]);

    ask(&mut network, "one", &json!({"webhook_id": "late"}));
    network.work_once();
    network.work_once();
    assert_eq!(ids(&endpoint, "/late")[1..], events);
    assert_eq!(bulk(&network)["changed"], 3);
    assert!(bulk(&network)["ended"].is_string());
    assert_eq!(network.stats("late")["delivered"], 4);
    // A second time there is nothing that it has not had.
    ask(&mut network, "two", &json!({"webhook_id": "late"}));
    network.work_once();
    assert_eq!(ids(&endpoint, "/late").len(), 4);
    assert_eq!(bulk(&network)["changed"], 0);
    // In the log each stands where its event does.
    let shown = network.deliveries(&json!({"webhook_id": "late"}));
    let shown: Vec<_> = shown.iter().map(|one| one["event_id"].clone()).collect();
    let expected: Vec<_> =
        [newest, events[2], events[1], events[0]].iter().map(|id| json!(id)).collect();
    assert_eq!(shown, expected);
}

#[test]
fn what_a_condition_once_refused_is_sent_when_it_holds() {
    let (mut network, endpoint) = (Network::new(), Endpoint::new());
    let set = |condition: &str| {
        json!([webhook("crm", &endpoint.url("/"), &["*"], &json!({"condition": condition}))])
    };
    network.publish(&set("data.n == 2"));
    let id = network.dispatch("payment_received");
    network.work_once();
    assert_eq!(network.states(&json!({})), ["skipped"]);
    ask(&mut network, "one", &json!({"webhook_id": "crm"}));
    network.work_once();
    assert_eq!(network.states(&json!({})), ["skipped"]);
    network.publish(&set("data.n == 1"));
    ask(&mut network, "two", &json!({"webhook_id": "crm"}));
    network.work_once();
    network.work_once();
    assert_eq!(network.states(&json!({})), ["delivered"]);
    assert_eq!(ids(&endpoint, "/"), [id]);
}

#[test]
fn one_event_goes_to_a_webhook_that_is_for_others() {
    let (mut network, endpoint) = (Network::new(), Endpoint::new());
    network.publish(&json!([
        webhook("crm", &endpoint.url("/crm"), &["payment_*"], &json!({})),
        webhook("other", &endpoint.url("/other"), &["account_created"], &json!({})),
    ]));
    let id = network.dispatch("payment_received");
    network.dispatch("payment_received");
    network.work_once();
    ask(&mut network, "not for it", &json!({"webhook_id": "other", "event_id": id}));
    network.work_once();
    assert!(ids(&endpoint, "/other").is_empty());
    ask(
        &mut network,
        "all the same",
        &json!({"webhook_id": "other", "event_id": id, "any_event": true}),
    );
    network.work_once();
    network.work_once();
    assert_eq!(ids(&endpoint, "/other"), [id]);
}

#[test]
fn what_was_for_named_webhooks_alone_is_nothing_that_others_have_not_had() {
    let (mut network, endpoint) = (Network::new(), Endpoint::new());
    let first = webhook("first", &endpoint.url("/first"), &["*"], &json!({}));
    network.publish(&json!([first]));
    let open = network.dispatch("payment_received");
    let named = network.dispatch_with("payment_received", Flags::default(), "first\n");
    network.work_once();
    assert_eq!(ids(&endpoint, "/first"), [open, named]);
    network.publish(&json!([first, webhook("late", &endpoint.url("/late"), &["*"], &json!({}))]));
    ask(&mut network, "one", &json!({"webhook_id": "late"}));
    network.work_once();
    network.work_once();
    assert_eq!((ids(&endpoint, "/late"), &bulk(&network)["changed"]), (vec![open], &json!(1)));
    // Whoever sends that one event on chose so.
    let query = json!({"webhook_id": "late", "event_id": named, "any_event": true});
    ask(&mut network, "chosen", &query);
    network.work_once();
    network.work_once();
    assert_eq!(ids(&endpoint, "/late"), [open, named]);
}

#[test]
fn a_pace_is_kept_and_a_backfill_can_be_ended() {
    let (mut network, endpoint) = (Network::new(), Endpoint::new());
    let first = webhook("first", &endpoint.url("/first"), &["*"], &json!({}));
    network.publish(&json!([first]));
    let events: Vec<_> = (0..3).map(|_| network.dispatch("payment_received")).collect();
    network.dispatch_with("payment_received", Flags::TEST, "first\n");
    network.work_once();
    network.publish(&json!([first, webhook("late", &endpoint.url("/late"), &["*"], &json!({}))]));
    // The second is due in a minute, and the third in two.
    let worker = network.worker();
    let query = json!({"webhook_id": "late", "per_minute": 1});
    ask(&mut network, "one", &query);
    wait_for("the first", || (ids(&endpoint, "/late") == events[..1]).then_some(()));
    wait_for("the end", || bulk(&network)["ended"].is_string().then_some(()));
    // The endpoint has the first before the worker has recorded its attempt.
    wait_for("that two wait", || (network.stats("late")["pending"] == 2).then_some(()));
    let waiting = network.deliveries(&json!({"webhook_id": "late", "state": "pending"}));
    assert!(waiting.iter().all(|one| one["reason"] == "backfill:one"));
    let (token, webhook) = ("one".into(), "late".into());
    network.request(&Request::StopBackfill { token, webhook });
    wait_for("that they are given up", || {
        (network.states(&json!({"webhook_id": "late"})) == ["cancelled", "cancelled", "delivered"])
            .then_some(())
    });
    drop(worker);
    assert_eq!(ids(&endpoint, "/late"), events[..1]);
}
