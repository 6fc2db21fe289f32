//! An endpoint that does what a test tells it to, over real sockets on the loopback address.
#![allow(dead_code, unused_imports, reason = "each test binary uses its part")]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, mpsc};

pub(crate) use testkit::http::Request;
pub(crate) use testkit::server::{PATIENCE, Server, respond};
use webhooks::clock::SystemClock;
use webhooks::delivery::{Sender, Settings};
use webhooks::event::Event;
use webhooks::id::{DeliveryId, EventId};
use webhooks::store::{Attempt, Claim, WebhookKey};
use webhooks::webhook::Webhook;

pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A webhook for `url`, changed by `more`.
pub(crate) fn webhook(url: &str, more: serde_json::Value) -> Webhook {
    let mut webhook = serde_json::json!({
        "id": "whk_1", "url": url, "events": ["*"], "secrets": [{"secret": SECRET}],
    });
    let serde_json::Value::Object(more) = more else { panic!("an object") };
    webhook.as_object_mut().unwrap().extend(more);
    serde_json::from_value(webhook).unwrap()
}

/// A payment whose data is `data`.
pub(crate) fn event_with(data: &str) -> Event {
    let id = EventId::at(1_763_632_800_123);
    let head = format!(
        r#"{{"id":"{id}","type":"payment_received","timestamp":"2025-11-20T10:00:00.123Z","network_id":1,"site":{{"id":3,"url":"https://three.example"}},"source":"woocommerce","data":"#
    );
    let data_range = head.len() as u32..(head.len() + data.len()) as u32;
    Event {
        id,
        timestamp: 1_763_632_800_123,
        source: "woocommerce".into(),
        body: format!("{head}{data}}}").into_bytes().into(),
        data: data_range,
        ..Event::example("{}")
    }
}

pub(crate) fn claim_of(event: Event) -> Claim {
    Claim {
        id: DeliveryId::at(1),
        webhook: WebhookKey(1),
        event: Arc::new(event),
        attempts: 0,
        due: 0,
        request_body: None,
    }
}

pub(crate) fn claim() -> Claim {
    claim_of(event_with(r#"{"payment_total":"10.00","url":"https://a.test/ä"}"#))
}

/// A sender that may reach the loopback address.
pub(crate) fn sender() -> Sender {
    Sender::new(&Settings { allow: vec!["127.0.0.1".into()], ..Settings::default() })
}

/// One attempt by a sender of its own.
pub(crate) fn attempt(webhook: &Webhook) -> Attempt {
    sender().send(webhook, &claim(), &SystemClock)
}

/// Phase and code of the failure.
pub(crate) fn failure(attempt: &Attempt) -> (&'static str, &str) {
    let failure = attempt.failure.as_ref().expect("the attempt fails");
    (failure.phase.as_str(), &failure.code)
}

/// An HTTP proxy that tunnels wherever it is told and tells what it was asked.
pub(crate) fn proxy() -> (Server, mpsc::Receiver<String>) {
    let (tell, asked) = mpsc::channel();
    let server = Server::raw(move |mut client| {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            if client.read(&mut byte).unwrap_or(0) == 0 {
                return;
            }
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        let target = head.split(' ').nth(1).unwrap().to_owned();
        tell.send(head).unwrap();
        let Ok(mut target) = TcpStream::connect(target) else {
            let _ = client.write_all(b"HTTP/1.1 502 Bad Gateway\r\n\r\n");
            return;
        };
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
        let (mut up, mut down) = (client.try_clone().unwrap(), target.try_clone().unwrap());
        std::thread::spawn(move || std::io::copy(&mut up, &mut down));
        let _ = std::io::copy(&mut target, &mut client);
    });
    (server, asked)
}
