//! Requests on the wire: what an endpoint gets, and what is recorded.

mod delivery_server;

use std::io::{BufReader, Read, Write};
use std::sync::mpsc;
use std::time::Duration;

use delivery_server::*;
use serde_json::json;
use webhooks::clock::{Clock, ManualClock, SystemClock};
use webhooks::delivery::io::IoThread;
use webhooks::delivery::{REDACTED, sign};
use webhooks::event::Flags;
use webhooks::store::{Claim, Next, Phase};
use webhooks::webhook::Method;

#[test]
fn a_request_has_the_method_of_its_webhook() {
    let server = Server::start(|_, to| respond(to, "200 OK", "", b""));
    for method in ["PUT", "PATCH", "POST"] {
        let webhook = webhook(&server.url(), json!({ "method": method }));
        let claim = claim();
        let attempt = sender().send(&webhook, &claim, &SystemClock);
        assert_eq!((attempt.failure, attempt.status), (None, Some(200)), "{method}");
        let request = server.next();
        assert_eq!(request.line(), format!("{method} /hook?a=b HTTP/1.1"));
        assert_eq!(request.body, claim.event.body[..]);
    }
}

/// A claim of an event with this data.
fn claim_with(data: &str) -> Claim {
    claim_of(event_with(data))
}

#[test]
fn a_url_is_made_for_each_event() {
    let server = Server::start(|_, to| respond(to, "200 OK", "", b""));
    let base = server.url().replace("/hook?a=b", "");
    let url = format!(
        "{base}/bot{{{{ keys.token }}}}/lists/{{{{ data.list }}}}?to={{{{ data.to }}}}&b=1"
    );
    let webhook = webhook(
        &url,
        json!({ "method": "PUT", "keys": [{ "name": "token", "value": "1:s3cret/x" }],
                "fields": ["list", "to"] }),
    );
    let sender = sender();
    for (data, target, shown) in [
        (
            r#"{"list":"a b","to":"x&y=1#z"}"#,
            "/bot1%3As3cret%2Fx/lists/a%20b?to=x%26y%3D1%23z&b=1",
            "/bot•••/lists/a%20b?to=•••&b=•••",
        ),
        (
            r#"{"list":"@evil.example/..x","to":""}"#,
            "/bot1%3As3cret%2Fx/lists/%40evil.example%2F..x?to=&b=1",
            "/bot•••/lists/%40evil.example%2F..x?to=•••&b=•••",
        ),
    ] {
        let attempt = sender.send(&webhook, &claim_with(data), &SystemClock);
        assert_eq!((attempt.failure, attempt.status), (None, Some(200)));
        assert_eq!(attempt.url, Some(format!("{base}{shown}")));
        assert_eq!(attempt.method, Some(Method::Put));
        assert_eq!(server.next().line(), format!("PUT {target} HTTP/1.1"));
    }
    for (data, said) in [
        (r#"{"to":"a"}"#, "\"data.list\" is undefined"),
        (r#"{"list":"..","to":"a"}"#, "\"data.list\" has a . or .. in it"),
        (r#"{"list":"","to":"a"}"#, "\"data.list\" is empty"),
        (r#"{"list":null,"to":"a"}"#, "\"data.list\" is null"),
    ] {
        let attempt = sender.send(&webhook, &claim_with(data), &SystemClock);
        let failure = attempt.failure.expect("no address");
        assert_eq!((failure.phase, &*failure.code), (Phase::Prepare, "url"));
        assert!(failure.message.contains(said), "{}", failure.message);
        assert_eq!((attempt.next, attempt.url, attempt.method), (Next::Failed, None, None));
    }
    // What `fields` leaves out is not there for the URL either.
    let url = format!("{base}/{{{{ data.id }}}}");
    let webhook = delivery_server::webhook(&url, json!({ "fields": ["list"] }));
    let attempt = sender.send(&webhook, &claim_with(r#"{"list":"a","id":7}"#), &SystemClock);
    assert_eq!(attempt.failure.expect("no id").code, "url");
}

#[test]
fn a_delivery_is_signed_as_standard_webhooks_says() {
    let server = Server::start(|_, to| {
        respond(to, "200 OK", "X-Request-Id: r1\r\nSet-Cookie: a=b\r\n", b"thanks")
    });
    let clock = ManualClock::at(1_763_632_801_999);
    let claim = claim();
    let attempt = sender().send(&webhook(&server.url(), json!({})), &claim, &clock);
    assert_eq!(attempt.failure, None);
    assert_eq!((attempt.status, attempt.next), (Some(200), Next::Delivered));
    assert_eq!(attempt.started, clock.unix_ms());
    assert_eq!(attempt.address, Some(server.address.to_string()));
    assert_eq!(attempt.response_body, b"thanks");
    assert_eq!(
        attempt.response_headers,
        [("content-length".into(), "6".into()), ("x-request-id".into(), "r1".into())]
    );
    assert_eq!(attempt.request_body, None);

    let request = server.next();
    assert_eq!(request.line(), "POST /hook?a=b HTTP/1.1");
    assert_eq!(request.body, &claim.event.body[..]);
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(
        request.header("user-agent"),
        Some(concat!("Network-Webhooks/", env!("CARGO_PKG_VERSION")))
    );
    assert_eq!(request.header("webhook-id"), Some(&*claim.event.id.to_string()));
    assert_eq!(request.header("webhook-timestamp"), Some("1763632801"));
    assert_eq!(request.header("webhook-test"), None);
    let signed = sign::SignedHeaders {
        id: request.header("webhook-id").unwrap(),
        timestamp: request.header("webhook-timestamp").unwrap(),
        signature: request.header("webhook-signature").unwrap(),
    };
    assert!(sign::verify(&[SECRET], signed, &request.body, 1_763_632_801, 0).unwrap());
    // Everything that was sent stands in the log.
    for (name, value) in &request.headers {
        let shown =
            attempt.request_headers.iter().any(|(known, shown)| known == name && shown == value);
        assert!(
            shown || matches!(&**name, "host" | "accept" | "accept-encoding"),
            "{name}: {value}"
        );
    }
}

#[test]
fn a_rotation_signs_with_both_until_the_old_secret_ends() {
    let server = Server::start(|_, to| respond(to, "204 No Content", "", b""));
    let (new, old) = (sign::generate().unwrap(), sign::generate().unwrap());
    let webhook = webhook(
        &server.url(),
        json!({"secrets": [
            {"secret": new.expose()}, {"secret": old.expose(), "until": 1_763_632_900},
        ]}),
    );
    let sender = sender();
    for (now, expected) in [(1_763_632_900, 2), (1_763_632_901, 1)] {
        let attempt = sender.send(&webhook, &claim(), &ManualClock::at(now * 1000));
        assert_eq!(attempt.failure, None);
        let request = server.next();
        assert_eq!(request.header("webhook-signature").unwrap().split(' ').count(), expected);
    }
}

#[test]
fn a_test_event_says_so_and_is_attempted_once() {
    let server = Server::start(|_, to| respond(to, "500 Internal Server Error", "", b""));
    let mut event = event_with("{}");
    event.flags = Flags::TEST;
    let attempt = sender().send(&webhook(&server.url(), json!({})), &claim_of(event), &SystemClock);
    assert_eq!(server.next().header("webhook-test"), Some("true"));
    assert_eq!(attempt.next, Next::Failed);
}

#[test]
fn custom_headers_are_sent_and_not_shown() {
    let server = Server::start(|_, to| respond(to, "200 OK", "", b""));
    let webhook = webhook(
        &server.url(),
        json!({
            "headers": [{"name": "Authorization", "value": "Bearer s3cr3t"}], "signature": "none",
        }),
    );
    let attempt = attempt(&webhook);
    let request = server.next();
    assert_eq!(request.header("authorization"), Some("Bearer s3cr3t"));
    assert_eq!(request.header("webhook-signature"), None);
    assert!(request.header("webhook-id").is_some());
    assert!(attempt.request_headers.contains(&("authorization".into(), REDACTED.into())));
    assert!(!format!("{attempt:?}").contains("s3cr3t"));
}

#[test]
fn connections_are_kept_and_large_bodies_arrive_whole() {
    let server = Server::start(|_, to| respond(to, "200 OK", "", b"ok"));
    let (sender, webhook) = (sender(), webhook(&server.url(), json!({})));
    for size in [1, 8_000, 8_192, 16_300, 16_384, 1_000_000] {
        let claim = claim_of(event_with(&format!(r#"{{"x":"{}"}}"#, "é".repeat(size / 2))));
        let attempt = sender.send(&webhook, &claim, &SystemClock);
        assert_eq!(attempt.failure, None, "{size}");
        assert!(!attempt.reconnected);
        assert_eq!(server.next().body, &claim.event.body[..], "{size}");
    }
    assert_eq!(server.connections(), 1);
}

#[test]
fn a_kept_connection_is_closed_with_its_sender() {
    // An endpoint that serves one connection at a time does not see the next one before.
    let (tell, ended) = mpsc::channel();
    let server = Server::raw(move |mut stream| {
        let _ = stream.read(&mut [0; 65_536]);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        let _ = tell.send(stream.read(&mut [0]).unwrap_or(0));
    });
    let thread = IoThread::start().unwrap();
    let sender = sender();
    let webhook = webhook(&server.url(), json!({}));
    thread.spawn(async move {
        let attempt = sender.attempt(&webhook, &claim(), &SystemClock).await;
        assert_eq!(attempt.failure, None);
    });
    assert_eq!(ended.recv_timeout(Duration::from_secs(8)), Ok(0));
    drop(thread);
}

#[test]
fn the_log_keeps_the_first_16_kib_of_a_response() {
    let body = vec![0xff; 60_000];
    let server = Server::start(move |_, to| respond(to, "200 OK", "", &body));
    let (sender, webhook) = (sender(), webhook(&server.url(), json!({})));
    for _ in 0..2 {
        let attempt = sender.send(&webhook, &claim(), &SystemClock);
        assert_eq!(attempt.failure, None);
        assert_eq!(attempt.response_body, vec![0xff; 16 * 1024]);
    }
    // The rest was read, so the connection was fit to be used again.
    assert_eq!(server.connections(), 1);
}

#[test]
fn bodies_are_not_logged_where_that_is_switched_off() {
    let server = Server::start(|_, to| respond(to, "200 OK", "", b"private"));
    let attempt = attempt(&webhook(&server.url(), json!({"log_bodies": false, "format": "flat"})));
    assert_eq!((attempt.response_body, attempt.request_body), (Vec::new(), None));
    assert_eq!(attempt.status, Some(200));
}

#[test]
fn a_changed_webhook_is_prepared_anew() {
    let server = Server::start(|_, to| respond(to, "200 OK", "", b""));
    let sender = sender();
    for format in ["flat", "standard"] {
        sender.send(&webhook(&server.url(), json!({"format": format})), &claim(), &SystemClock);
        assert_eq!(server.next().body.starts_with(b"{\"id\""), format == "standard");
    }
}

#[test]
fn proxy_variables_of_the_environment_are_ignored() {
    let mut again = std::process::Command::new(std::env::current_exe().unwrap());
    for variable in
        ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
    {
        again.env(variable, "http://127.0.0.1:9");
    }
    again.args(["--exact", "a_delivery_is_signed_as_standard_webhooks_says"]);
    let output = again.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
fn a_sender_that_is_replaced_closes_its_kept_connections() {
    // Each config has a sender of its own, all on the one thread that does input and output. An
    // endpoint that serves one connection after the other would not get to the next sender's.
    let (ended, end) = mpsc::channel();
    let server = Server::raw(move |stream| {
        let mut to = stream.try_clone().unwrap();
        let mut stream = BufReader::new(stream);
        while Request::read(&mut stream).is_ok_and(|request| request.is_some()) {
            respond(&mut to, "200 OK", "", b"");
        }
        ended.send(()).unwrap();
    });
    let thread = IoThread::start().unwrap();
    let (sender, webhook) = (sender(), webhook(&server.url(), json!({})));
    let (tell, told) = mpsc::channel();
    thread.spawn(async move {
        for _ in 0..2 {
            tell.send(sender.attempt(&webhook, &claim(), &SystemClock).await.status).unwrap();
        }
    });
    let patience = Duration::from_secs(30);
    assert_eq!(told.recv_timeout(patience), Ok(Some(200)));
    assert_eq!(told.recv_timeout(patience), Ok(Some(200)));
    assert_eq!(end.recv_timeout(patience), Ok(()), "the connection is still open");
    assert_eq!(server.connections(), 1, "it was kept from the first to the second");
}
