//! Every way in which an endpoint can fail, produced for real, and what is recorded of it.

mod delivery_server;

use std::io::{Read, Write};
use std::net::{IpAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use delivery_server::*;
use flate2::write::GzEncoder;
use serde_json::json;
use webhooks::clock::{ManualClock, SystemClock};
use webhooks::delivery::resolve::Lookup;
use webhooks::delivery::{Sender, Settings};
use webhooks::event::Event;
use webhooks::store::{Attempt, Next};

/// An attempt at an endpoint that does `handle` with every connection.
fn attempt_at(handle: impl Fn(TcpStream) + Send + Sync + 'static) -> Attempt {
    let server = Server::raw(handle);
    attempt(&webhook(&server.url(), json!({"timeout": 1})))
}

/// Reads what comes and never answers.
fn swallow(mut stream: &TcpStream) {
    let _ = std::io::copy(&mut stream, &mut std::io::sink());
}

/// Reads the request, then writes `bytes`.
fn answer_with(mut stream: &TcpStream, bytes: &[u8]) {
    let _ = stream.read(&mut [0; 65_536]);
    let _ = stream.write_all(bytes);
}

/// Code of the remark on an attempt that was accepted.
fn remark(attempt: &Attempt) -> &str {
    assert_eq!((&attempt.failure, attempt.next), (&None, Next::Delivered));
    &attempt.remark.as_ref().expect("a remark").code
}

/// Closes with a reset instead of a goodbye.
fn reset(stream: &TcpStream) {
    rustix::net::sockopt::set_socket_linger(stream, Some(Duration::ZERO)).unwrap();
}

#[test]
fn nobody_listens() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let attempt = attempt(&webhook(&format!("http://{address}/"), json!({})));
    assert_eq!(failure(&attempt), ("connect", "refused"));
    assert_eq!(attempt.address, Some(address.to_string()));
    assert_eq!(attempt.status, None);
    assert!(matches!(attempt.next, Next::Retry(due) if due > attempt.started));
}

#[test]
fn nobody_answers_the_knock() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    rustix::net::listen(&listener, 0).unwrap();
    let address = listener.local_addr().unwrap();
    // A full queue: what knocks now is not answered at all.
    let mut queued = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(200)) {
        queued.push(stream);
    }
    let attempt = attempt(&webhook(&format!("http://{address}/"), json!({"timeout": 1})));
    assert_eq!(failure(&attempt), ("connect", "timeout"));
}

#[test]
fn the_connection_is_reset() {
    let attempt = attempt_at(|stream| {
        answer_with(&stream, b"");
        reset(&stream);
    });
    assert_eq!(failure(&attempt), ("recv_response", "reset"));
}

#[test]
fn the_connection_is_closed_without_an_answer() {
    let attempt = attempt_at(|stream| answer_with(&stream, b""));
    assert_eq!(failure(&attempt), ("recv_response", "reset"));
    assert!(!attempt.reconnected);
}

#[test]
fn the_connection_is_closed_amid_the_status_line() {
    for part in [&b"H"[..], b"HTTP/1.1 2", b"HTTP/1.1 200 OK"] {
        let attempt = attempt_at(move |stream| answer_with(&stream, part));
        assert_eq!(failure(&attempt), ("recv_response", "reset"));
        assert_eq!(attempt.status, None);
    }
}

#[test]
fn the_connection_is_closed_amid_the_headers_of_a_2xx() {
    let attempt = attempt_at(|stream| answer_with(&stream, b"HTTP/1.1 200 OK\r\nContent-Le"));
    assert_eq!((attempt.status, remark(&attempt)), (Some(200), "cut"));
    let attempt = attempt_at(|stream| answer_with(&stream, b"HTTP/1.1 100 Go on\r\n\r\n"));
    assert_eq!(failure(&attempt), ("recv_response", "reset"));
}

#[test]
fn the_request_is_not_read() {
    let server = Server::raw(|stream| {
        std::thread::park_timeout(PATIENCE);
        drop(stream);
    });
    let claim = claim_of(event_with(&format!(r#""{}""#, "x".repeat(16 << 20))));
    let webhook = webhook(&server.url(), json!({"timeout": 1}));
    let attempt = sender().send(&webhook, &claim, &SystemClock);
    assert_eq!(failure(&attempt), ("send_body", "timeout"));
}

#[test]
fn no_answer_in_time() {
    let attempt = attempt_at(|stream| swallow(&stream));
    assert_eq!(failure(&attempt), ("recv_response", "timeout"));
    assert!((1_000_000..10_000_000).contains(&attempt.duration_us), "{}", attempt.duration_us);
}

#[test]
fn headers_trickle() {
    for (begin, status) in [
        ("HTTP/1.1 200 OK\r\nX-A: ", Some(200)),
        ("HTTP/1.1 200 O", None),
        ("HTTP/1.1 102 Wait\r\nX-A: ", None),
    ] {
        let attempt = attempt_at(move |mut stream| {
            answer_with(&stream, begin.as_bytes());
            while stream.write_all(b"a").is_ok() {
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        match status {
            Some(_) => assert_eq!((attempt.status, remark(&attempt)), (status, "timeout")),
            None => assert_eq!(failure(&attempt), ("recv_response", "timeout"), "{begin}"),
        }
    }
}

#[test]
fn the_body_trickles() {
    let attempt = attempt_at(|mut stream| {
        answer_with(&stream, b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n");
        while stream.write_all(b"a").is_ok() {
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    assert_eq!((attempt.status, remark(&attempt)), (Some(200), "timeout"));
    assert!(attempt.response_body.starts_with(b"aaa"));
}

#[test]
fn the_connection_is_closed_amid_the_body() {
    for head in
        ["Content-Length: 10\r\n\r\nhalf", "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"]
    {
        let answer = format!("HTTP/1.1 200 OK\r\n{head}");
        let attempt = attempt_at(move |stream| answer_with(&stream, answer.as_bytes()));
        assert_eq!(remark(&attempt), "cut", "{head}");
        assert_eq!((attempt.status, &*attempt.response_body), (Some(200), &b"half"[..]));
    }
}

#[test]
fn the_answer_is_not_http() {
    for garbage in [
        &b"SSH-2.0-OpenSSH_9.2\r\n"[..],
        b"HTTP/3 200\r\n\r\n",
        b"HTTP/1.1 twohundred OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 099 OK\r\n\r\n",
        b"\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        b"ICY 200 OK\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\0\0\0\0\r\n\r\n",
    ] {
        let attempt = attempt_at(move |stream| answer_with(&stream, garbage));
        assert_eq!(failure(&attempt), ("recv_response", "protocol"), "{garbage:?}");
    }
}

#[test]
fn the_chunks_are_garbage() {
    let answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n";
    let attempt = attempt_at(|stream| answer_with(&stream, answer));
    assert_eq!(remark(&attempt), "body");
}

#[test]
fn the_compression_is_garbage() {
    let answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd";
    let attempt = attempt_at(|stream| answer_with(&stream, answer));
    assert_eq!((attempt.next, attempt.remark), (Next::Delivered, None));
    assert_eq!(attempt.response_body, b"abcd", "as it came");
}

#[test]
fn a_flood_of_headers() {
    for (begin, status) in [("200 OK", Some(200)), ("103 Early Hints", None)] {
        let attempt = attempt_at(move |mut stream| {
            answer_with(&stream, format!("HTTP/1.1 {begin}\r\n").as_bytes());
            while stream.write_all(b"X-Flood: aaaaaaaaaaaaaaaaaaaaaaa\r\n").is_ok() {}
        });
        match status {
            Some(_) => assert_eq!((attempt.status, remark(&attempt)), (status, "too_large")),
            None => assert_eq!(failure(&attempt), ("recv_response", "too_large")),
        }
    }
}

#[test]
fn a_header_without_end() {
    for (begin, status) in [("200 OK\r\nX-Endless: ", Some(200)), ("200 O", None)] {
        let attempt = attempt_at(move |mut stream| {
            answer_with(&stream, format!("HTTP/1.1 {begin}").as_bytes());
            while stream.write_all(&[b'a'; 1024]).is_ok() {}
        });
        match status {
            Some(_) => assert_eq!((attempt.status, remark(&attempt)), (status, "too_large")),
            None => assert_eq!(failure(&attempt), ("recv_response", "too_large")),
        }
    }
}

#[test]
fn a_chunk_extension_without_end() {
    let attempt = attempt_at(|mut stream| {
        answer_with(&stream, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1");
        while stream.write_all(&[b';'; 1024]).is_ok() {}
    });
    assert_eq!(remark(&attempt), "body");
}

#[test]
fn a_bomb_of_compression_is_not_unpacked() {
    let mut bomb = GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..256 {
        bomb.write_all(&vec![b'0'; 1 << 20]).unwrap();
    }
    let bomb = bomb.finish().unwrap();
    let attempt = attempt_at(move |stream| {
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
            bomb.len()
        );
        answer_with(&stream, head.as_bytes());
        let _ = (&stream).write_all(&bomb);
    });
    assert_eq!((attempt.failure, attempt.remark), (None, None));
    assert_eq!(attempt.response_body.len(), 16 * 1024);
    assert!(attempt.response_body.starts_with(b"\x1f\x8b"), "it is shown as it came");
}

#[test]
fn an_endless_body_ends() {
    let attempt = attempt_at(|mut stream| {
        answer_with(&stream, b"HTTP/1.1 500 Oops\r\n\r\n");
        while stream.write_all(&[b'x'; 4096]).is_ok() {}
    });
    assert_eq!(failure(&attempt), ("recv_response", "status"));
    assert_eq!(attempt.response_body.len(), 16 * 1024);
}

#[test]
fn statuses_that_are_no_success() {
    for (status, code, next) in [
        ("301 Moved Permanently", "redirect", true),
        ("302 Found", "redirect", true),
        ("307 Temporary Redirect", "redirect", true),
        ("304 Not Modified", "redirect", true),
        ("400 Bad Request", "status", true),
        ("404 Not Found", "status", true),
        ("410 Gone", "gone", false),
        ("429 Too Many Requests", "status", true),
        ("500 Internal Server Error", "status", true),
        ("503 Service Unavailable", "status", true),
    ] {
        let server = Server::start(move |_, to| respond(to, status, "Location: /other\r\n", b"no"));
        let attempt = attempt(&webhook(&server.url(), json!({})));
        assert_eq!(failure(&attempt), ("recv_response", code), "{status}");
        assert_eq!(attempt.status.map(|status| status.to_string()).as_deref(), status.get(..3));
        assert!(attempt.response_headers.contains(&("location".into(), "/other".into())));
        assert_eq!(matches!(attempt.next, Next::Retry(_)), next, "{status}: {:?}", attempt.next);
        server.next();
        assert!(server.is_idle(), "a redirect is not followed");
    }
}

#[test]
fn every_2xx_is_a_success() {
    for status in ["200 OK", "201 Created", "202 Accepted", "299 Fine"] {
        let server = Server::start(move |_, to| respond(to, status, "", b"{}"));
        assert_eq!(attempt(&webhook(&server.url(), json!({}))).next, Next::Delivered, "{status}");
    }
    let answer = b"HTTP/1.1 204 No Content\r\n\r\n";
    assert_eq!(attempt_at(|stream| answer_with(&stream, answer)).next, Next::Delivered);
    let interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(attempt_at(|stream| answer_with(&stream, interim)).next, Next::Delivered);
}

#[test]
fn retry_after_is_honoured_where_it_means_something() {
    let now = 1_763_632_800_000;
    for (status, value, expected) in [
        ("429 Too Many Requests", "120", Some(120_000)),
        ("503 Service Unavailable", "Thu, 20 Nov 2025 10:10:00 GMT", Some(600_000)),
        ("429 Too Many Requests", "999999999", Some(86_400_000)),
        ("500 Internal Server Error", "120", None),
    ] {
        let head = format!("Retry-After: {value}\r\n");
        let server = Server::start(move |_, to| respond(to, status, &head, b""));
        let attempt =
            sender().send(&webhook(&server.url(), json!({})), &claim(), &ManualClock::at(now));
        match (attempt.next, expected) {
            (Next::Retry(due), Some(expected)) => assert_eq!(due - now, expected, "{value}"),
            (Next::Retry(due), None) => assert!((4_500..=5_500).contains(&(due - now)), "{due}"),
            (other, _) => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_kept_connection_that_was_closed_is_replaced_at_once() {
    // The second request of a connection is read and not answered, as by a server that restarts.
    let server =
        Server::start(|request, to| request.number == 1 && respond(to, "200 OK", "", b"ok"));
    let (sender, webhook) = (sender(), webhook(&server.url(), json!({})));
    assert!(!sender.send(&webhook, &claim(), &SystemClock).reconnected);
    let second = sender.send(&webhook, &claim(), &SystemClock);
    assert_eq!(second.failure, None);
    assert!(second.reconnected);
    assert_eq!(server.connections(), 2);
    let requests = [server.next(), server.next(), server.next()];
    assert!(server.is_idle());
    assert_eq!(requests[1].body, requests[2].body);
    assert_eq!(requests[1].headers, requests[2].headers);
}

#[test]
fn no_other_kept_connection_is_tried_after_a_stale_one() {
    let (together, alone) = (Arc::new(Barrier::new(2)), Arc::new(AtomicBool::new(false)));
    let (gate, single) = (Arc::clone(&together), Arc::clone(&alone));
    let server = Server::start(move |request, to| {
        if !single.load(Ordering::SeqCst) {
            // Two requests at once need two connections.
            gate.wait();
        }
        request.number == 1 && respond(to, "200 OK", "", b"ok")
    });
    let (sender, webhook) = (sender(), webhook(&server.url(), json!({})));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| assert_eq!(sender.send(&webhook, &claim(), &SystemClock).failure, None));
        }
    });
    assert_eq!(server.connections(), 2);
    alone.store(true, Ordering::SeqCst);
    let third = sender.send(&webhook, &claim(), &SystemClock);
    assert_eq!((third.failure, third.reconnected), (None, true));
    assert_eq!(server.connections(), 3);
}

#[test]
fn a_kept_connection_that_answers_half_is_not_tried_again() {
    let server = Server::start(|request, to| {
        if request.number == 1 {
            return respond(to, "200 OK", "", b"ok");
        }
        to.write_all(b"HTTP/1.1 2").unwrap();
        false
    });
    let (sender, webhook) = (sender(), webhook(&server.url(), json!({})));
    sender.send(&webhook, &claim(), &SystemClock);
    let second = sender.send(&webhook, &claim(), &SystemClock);
    assert_eq!(failure(&second), ("recv_response", "reset"));
    assert!(!second.reconnected);
    assert_eq!(server.connections(), 1);
}

/// A resolver that knows what it is told.
struct Told(Result<Vec<IpAddr>, &'static str>);

impl Lookup for Told {
    fn addresses(&self, _: &str) -> std::io::Result<Vec<IpAddr>> {
        self.0.clone().map_err(std::io::Error::other)
    }
}

#[test]
fn the_name_is_unknown() {
    let sender =
        Sender::with_lookup(&Settings::default(), Box::new(Told(Err("Name or service not known"))));
    let attempt = sender.send(&webhook("https://nowhere.test/", json!({})), &claim(), &SystemClock);
    assert_eq!(failure(&attempt), ("resolve", "name_not_found"));
    assert!(attempt.failure.unwrap().message.contains("Name or service not known"));
    assert!(matches!(attempt.next, Next::Retry(_)));
}

#[test]
fn the_name_servers_hang() {
    struct Hangs;
    impl Lookup for Hangs {
        fn addresses(&self, _: &str) -> std::io::Result<Vec<IpAddr>> {
            std::thread::park_timeout(PATIENCE);
            Ok(Vec::new())
        }
    }
    let sender = Sender::with_lookup(&Settings::default(), Box::new(Hangs));
    let attempt =
        sender.send(&webhook("https://slow.test/", json!({"timeout": 1})), &claim(), &SystemClock);
    assert_eq!(failure(&attempt), ("resolve", "timeout"));
}

#[test]
fn the_next_address_is_tried() {
    let server = Server::start(|_, to| respond(to, "200 OK", "", b""));
    // Nothing listens on 127.0.0.2.
    let lookup = Told(Ok(vec![IpAddr::from([127, 0, 0, 2]), IpAddr::from([127, 0, 0, 1])]));
    let settings = Settings { allow: vec!["127.0.0.0/8".into()], ..Settings::default() };
    let sender = Sender::with_lookup(&settings, Box::new(lookup));
    let url = format!("http://two.test:{}/", server.address.port());
    let attempt = sender.send(&webhook(&url, json!({})), &claim(), &SystemClock);
    assert_eq!(attempt.failure, None);
    assert_eq!(attempt.address, Some(server.address.to_string()));
}

#[test]
fn localhost_is_looked_up_by_the_system() {
    let server = Server::start(|_, to| respond(to, "200 OK", "", b""));
    let settings = Settings { allow: vec!["localhost".into()], ..Settings::default() };
    let url = format!("http://localhost:{}/", server.address.port());
    let attempt = Sender::new(&settings).send(&webhook(&url, json!({})), &claim(), &SystemClock);
    assert_eq!(attempt.failure, None);
    assert_eq!(
        server.next().header("host"),
        Some(&*format!("localhost:{}", server.address.port()))
    );
}

#[test]
fn what_can_not_become_a_request_fails_for_good() {
    let gone = Event { body: Arc::from([]), data: 0..0, ..event_with("{}") };
    for (more, event, code) in [
        (
            json!({"format": "template", "template": "{{ data.missing }}"}),
            event_with("{}"),
            "template",
        ),
        (json!({"format": "template", "template": "{{ data."}), event_with("{}"), "template"),
        (json!({}), gone, "pruned"),
        (json!({"url": "ftp://a.test/"}), event_with("{}"), "url"),
        (json!({"secrets": [{"secret": "nonsense"}]}), event_with("{}"), "secret"),
        (json!({"headers": [{"name": "Host", "value": "x"}]}), event_with("{}"), "header"),
    ] {
        let attempt =
            sender().send(&webhook("http://127.0.0.1:9/", more), &claim_of(event), &SystemClock);
        assert_eq!(failure(&attempt), ("prepare", code));
        assert_eq!(attempt.next, Next::Failed, "{code}");
    }
}
