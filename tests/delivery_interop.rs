//! Requests as they go over the wire, left in `target/interop/requests.jsonl` (one a line:
//! `format`, `secret`, `headers`, `body`) for the libraries that `tests/interop/run.sh` brings.

mod delivery_server;

use std::fmt::Write;
use std::path::Path;

use delivery_server::*;
use serde_json::{Map, Value, json};
use webhooks::clock::SystemClock;
use webhooks::delivery::sign::{SignedHeaders, generate, generate_asymmetric, public_key, verify};
use webhooks::webhook::Secret;

/// An endpoint's view of a delivery, and the secret that its owner was given.
fn delivered(format: &str, secrets: &[&Secret], signature: &str, verifier: &str) -> Value {
    let server = Server::start(|_, to| respond(to, "200 OK", "", b""));
    let secrets: Vec<_> = secrets.iter().map(|secret| json!({"secret": secret.expose()})).collect();
    let webhook = webhook(
        &server.url(),
        json!({"format": format, "secrets": secrets, "signature": signature}),
    );
    let claim =
        claim_of(event_with(r#"{"total":"10.00","url":"https://a.test/ä","note":"😀 \"x\""}"#));
    assert_eq!(sender().send(&webhook, &claim, &SystemClock).failure, None);
    let request = server.next();
    let header = |name| request.header(name).unwrap();
    let signed = SignedHeaders {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
    };
    let now = signed.timestamp.parse().unwrap();
    assert!(verify(&[verifier], signed, &request.body, now, 0).unwrap(), "{format} {signature}");
    let headers: Map<String, Value> =
        request.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let body = String::from_utf8(request.body.clone()).unwrap();
    json!({"format": format, "secret": verifier, "headers": headers, "body": body})
}

#[test]
fn requests_verify_here_and_are_left_for_others() {
    let (current, old) = (generate().unwrap(), generate().unwrap());
    let key = generate_asymmetric().unwrap();
    let public = public_key(key.expose()).unwrap();
    let mut lines = String::new();
    for format in ["standard", "flat", "cloudevents", "cloudevents-binary"] {
        for (secrets, signature, verifier) in [
            (&[&current][..], "v1", current.expose()),
            (&[&current, &old], "v1", old.expose()),
            (&[&key], "v1a", &public),
        ] {
            writeln!(lines, "{}", delivered(format, secrets, signature, verifier)).unwrap();
        }
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/interop");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("requests.jsonl"), lines).unwrap();
}
