//! Bodies in every format, held against what PHP itself writes.

mod delivery_server;

use std::io::Write;
use std::process::{Command, Stdio};

use delivery_server::*;
use serde_json::{Value, json};
use webhooks::delivery::format::{Formatter, Payload};
use webhooks::delivery::sign::{SignedHeaders, verify};
use webhooks::event::Event;

fn formatter(more: Value) -> Formatter {
    Formatter::new(&webhook("https://a.test/", more)).unwrap()
}

fn format<'a>(more: Value, event: &'a Event) -> Payload<'a> {
    formatter(more).format(event).unwrap()
}

fn text(payload: &Payload<'_>) -> String {
    String::from_utf8(payload.body.to_vec()).unwrap()
}

#[test]
fn standard_is_the_events_own_body_without_a_copy() {
    let event = event_with(r#"{"a":10.0}"#);
    let payload = format(json!({}), &event);
    assert_eq!(payload.body.as_ptr(), event.body.as_ptr());
    assert_eq!(payload.body.len(), event.body.len());
    assert_eq!(payload.content_type, "application/json");
}

#[test]
fn v1_has_the_keys_of_version_1_where_a_source_says_how() {
    let projections = json!({"payment_received": {"woocommerce": {
        "user_id": "customer.id", "amount": "amount", "status": {"value": "successful"}, "date": "paid_at"}}});
    let formatter = formatter(json!({"format": "v1"}))
        .with_projections(std::sync::Arc::new(serde_json::from_value(projections).unwrap()));
    let event = event_with(r#"{"order_id":5,"amount":"59.29","customer":{"id":7}}"#);
    assert_eq!((&*event.name, &*event.source), ("payment_received", "woocommerce"));
    let body = |event: &Event| text(&formatter.format(event).unwrap());
    let of = |body: String| body.split_once("&type=").unwrap().1.to_owned();
    assert_eq!(
        of(body(&event)),
        "payment_received&data%5Buser_id%5D=7&data%5Bamount%5D=59.29&data%5Bstatus%5D=successful"
    );
    let other = Event { source: "another".into(), ..event };
    assert!(of(body(&other)).starts_with("payment_received&data%5Border_id%5D=5&"));
}

/// Values as PHP writes them: with our flags, by default, and as a form. Tab-separated lines.
const PHP: &str = r#"
mt_srand(20251120);
$words = ['', 'a', 'a/b', "https://a.test/?q=1&r=2", 'ä', '€', '😀', "\u{2028}\u{2029}", "\n\r\t\x08\x0c\x01\x1f\x7f",
    '"quoted" \\ back', '<b>&\'</b>', '10.0', '-0.0', '~!*() +%', 'null', "e\u{301}", "\u{ffff}\u{10ffff}", ' ', '[x]'];
function scalar() {
    global $words;
    switch (mt_rand(0, 9)) {
        case 0: return mt_rand(-1000, 1000);
        case 1: return PHP_INT_MAX - mt_rand(0, 9);
        case 2: return PHP_INT_MIN + mt_rand(0, 9);
        case 3: return (float) mt_rand(-1000, 1000);
        case 4: return mt_rand(-100000, 100000) / 100;
        case 5: return unpack('d', pack('q', mt_rand() << 33 ^ mt_rand() << 10 ^ mt_rand()))[1];
        case 6: return mt_rand(0, 1) === 1;
        case 7: return mt_rand(0, 2) ? 10.0 ** mt_rand(-20, 30) : -0.0;
        case 8: return null;
        default: return $words[array_rand($words)];
    }
}
function value($depth) {
    global $words;
    $kind = mt_rand(0, 5);
    if ($depth === 0 || $kind > 2) { $v = scalar(); return is_float($v) && !is_finite($v) ? 0.5 : $v; }
    $out = [];
    for ($i = mt_rand(0, 4); $i > 0; $i--) {
        $kind === 0 ? $out[] = value($depth - 1) : $out[mt_rand(0, 3) ? $words[array_rand($words)] : mt_rand(0, 99)] = value($depth - 1);
    }
    return $kind === 2 ? (object) $out : $out;
}
for ($i = 0; $i < 20000; $i++) {
    $v = ['x' => value(4), 'y' => value(2)];
    echo json_encode($v, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION), "\t",
        json_encode($v), "\t",
        http_build_query(['webhook_id' => 'whk_1', 'type' => 'payment_received', 'data' => $v], '', '&'), "\n";
}
"#;

fn php(code: &str) -> String {
    let mut php = Command::new("php")
        .args(["-n", "-d", "serialize_precision=-1", "-d", "precision=14"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("php is installed");
    php.stdin.take().unwrap().write_all(format!("<?php {code}").as_bytes()).unwrap();
    let output = php.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn flat_and_v1_are_what_php_writes() {
    let (flat, form) = (formatter(json!({"format": "flat"})), formatter(json!({"format": "v1"})));
    let mut compared = 0;
    for line in php(PHP).lines() {
        let [ours, theirs, query] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("three columns: {line}")
        };
        let event = event_with(ours);
        assert_eq!(text(&flat.format(&event).unwrap()), theirs, "{ours}");
        assert_eq!(text(&form.format(&event).unwrap()), query, "{ours}");
        compared += 1;
    }
    assert_eq!(compared, 20_000);
}

#[test]
fn a_real_payload_comes_out_as_wp_json_encode_sends_it() {
    let code = r#"$v = json_decode(file_get_contents('tests/payloads/ultimate-multisite-payment_received.json'), true);
        echo json_encode($v, 320), "\t", json_encode($v);"#;
    let output = php(code);
    let (ours, theirs) = output.split_once('\t').unwrap();
    let event = event_with(ours);
    let payload = format(json!({"format": "flat"}), &event);
    assert_eq!(text(&payload), theirs);
    assert_eq!(payload.content_type, "application/json");
}

#[test]
fn v1_says_that_it_is_a_form() {
    let event = event_with(r#"{"id":7}"#);
    let payload = format(json!({"format": "v1"}), &event);
    assert_eq!(payload.content_type, "application/x-www-form-urlencoded");
    assert_eq!(text(&payload), "webhook_id=whk_1&type=payment_received&data%5Bid%5D=7");
}

#[test]
fn cloudevents_structured() {
    let event = event_with(r#"{"total":10.0,"id":12345678901234567890}"#);
    let payload = format(json!({"format": "cloudevents"}), &event);
    assert_eq!(payload.content_type, "application/cloudevents+json");
    let expected = format!(
        r#"{{"specversion":"1.0","id":"{}","source":"https://three.example","type":"payment_received","time":"2025-11-20T10:00:00.123Z","dataschema":"urn:network-webhooks:payment_received:1","networkid":"1","siteid":"3","eventsource":"woocommerce","datacontenttype":"application/json","data":{{"total":10.0,"id":12345678901234567890}}}}"#,
        event.id
    );
    assert_eq!(text(&payload), expected);
}

#[test]
fn cloudevents_binary() {
    let event = event_with(r#"{"total":10.0}"#);
    let payload = format(json!({"format": "cloudevents-binary"}), &event);
    assert_eq!(text(&payload), r#"{"total":10.0}"#);
    assert_eq!(payload.content_type, "application/json");
    let header = |name: &str| {
        payload
            .headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.to_str().unwrap())
    };
    assert_eq!(header("ce-specversion"), Some("1.0"));
    assert_eq!(header("ce-id"), Some(&*event.id.to_string()));
    assert_eq!(header("ce-source"), Some("https://three.example"));
    assert_eq!(header("ce-type"), Some("payment_received"));
    assert_eq!(header("ce-time"), Some("2025-11-20T10:00:00.123Z"));
    assert_eq!(header("ce-dataschema"), Some("urn:network-webhooks:payment_received:1"));
    assert_eq!(header("ce-siteid"), Some("3"));
}

#[test]
fn an_event_of_no_site_has_a_source_of_its_own() {
    let body = br#"{"timestamp":"2025-11-20T10:00:00.123Z","scope":"network","data":{}}"#;
    let event = Event {
        body: body[..].into(),
        data: 65..67,
        site: 0,
        source: String::new(),
        ..event_with("{}")
    };
    let json: Value =
        serde_json::from_slice(&format(json!({"format": "cloudevents"}), &event).body).unwrap();
    assert_eq!(json["source"], "/networks/1");
    assert_eq!((json.get("siteid"), json.get("eventsource")), (None, None));
}

#[test]
fn fields_apply_to_every_format() {
    let event =
        event_with(r#"{"total":10.0,"email":"a@b.test","items":[{"sku":"x","buyer":"Ann"}]}"#);
    for name in ["standard", "flat", "woocommerce", "v1", "cloudevents", "cloudevents-binary"] {
        let payload = format(json!({"format": name, "fields": ["total", "items.*.sku"]}), &event);
        let text = text(&payload);
        assert!(
            !text.contains("a@b.test") && !text.contains("Ann") && text.contains("sku"),
            "{text}"
        );
    }
    let payload = format(json!({"fields": ["total", "items.*.sku"]}), &event);
    let expected = String::from_utf8(event.body.to_vec()).unwrap().replace(
        r#"{"total":10.0,"email":"a@b.test","items":[{"sku":"x","buyer":"Ann"}]}"#,
        r#"{"total":10.0,"items":[{"sku":"x"}]}"#,
    );
    assert_eq!(text(&payload), expected);
    let template = json!({"format": "template", "fields": ["total"], "template": "{{ data }}"});
    assert_eq!(text(&format(template, &event)), r#"{"total":10.0}"#);
}

#[test]
fn what_was_sent_is_what_the_log_shows() {
    let server = Server::start(|_, to| respond(to, "200 OK", "", b""));
    for name in ["flat", "woocommerce", "v1", "cloudevents", "cloudevents-binary"] {
        let attempt = attempt(&webhook(&server.url(), json!({"format": name})));
        let request = server.next();
        assert_eq!(attempt.request_body.as_ref(), Some(&request.body), "{name}");
        let signature = request.header("webhook-signature").unwrap();
        let signed = SignedHeaders {
            id: request.header("webhook-id").unwrap(),
            timestamp: request.header("webhook-timestamp").unwrap(),
            signature,
        };
        let now = signed.timestamp.parse().unwrap();
        assert!(verify(&[SECRET], signed, &request.body, now, 0).unwrap(), "{name}");
    }
}

#[test]
fn a_receiver_of_woocommerce_verifies_the_body_by_its_own_header() {
    use base64::Engine as _;
    use hmac::{Hmac, KeyInit, Mac};
    let server = Server::start(|_, to| respond(to, "200 OK", "", b""));
    attempt(&webhook(&server.url(), json!({"format": "woocommerce"})));
    let request = server.next();
    let base64 = base64::prelude::BASE64_STANDARD;
    let key = base64.decode(SECRET.strip_prefix("whsec_").unwrap()).unwrap();
    let mac = Hmac::<sha2::Sha256>::new_from_slice(&key).unwrap().chain_update(&request.body);
    let expected = base64.encode(mac.finalize().into_bytes());
    assert_eq!(request.header("x-wc-webhook-signature"), Some(&*expected));
    assert_eq!(request.header("x-wc-webhook-topic"), Some("action.payment_received"));
    assert_eq!(request.header("x-wc-webhook-resource"), Some("action"));
    assert_eq!(request.header("x-wc-webhook-event"), Some("payment_received"));
    assert_eq!(request.header("x-wc-webhook-source"), Some("https://three.example/"));
    assert_eq!(request.header("x-wc-webhook-delivery-id"), request.header("webhook-id"));
    assert!(request.header("x-wc-webhook-id").is_some_and(|id| !id.is_empty()));
}

#[test]
fn the_bytes_of_a_request_target_are_sent_as_they_were_written() {
    let server = Server::start(|_, to| respond(to, "200 OK", "", b""));
    for target in [
        "/a%2Fb%2fc",
        "/%zz/%",
        "/x?a[]=1&a[]=2",
        "/x?q={a}|^",
        "/x?q=%zz&r=%2F&s=%",
        "/x?url=https://b.test/?c=d;e=f",
        "/a;b=c/$&'()*+,=:@",
        "/?",
    ] {
        let url = format!("http://{}{target}", server.address);
        let attempt = attempt(&webhook(&url, json!({})));
        assert_eq!(attempt.failure, None, "{target}");
        assert_eq!(server.next().line(), format!("POST {target} HTTP/1.1"));
    }
}
