//! Trust: certificates that are accepted, and those that are not.

mod delivery_server;

use std::io::{BufRead, Read, Write};
use std::sync::Arc;

use delivery_server::*;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::json;
use tempfile::NamedTempFile;
use webhooks::clock::SystemClock;
use webhooks::delivery::proxy::ProxySettings;
use webhooks::delivery::{Sender, Settings};
use webhooks::store::{Attempt, Next};
use webhooks::webhook::{Secret, Webhook};

/// A certificate authority, and the file that makes a webhook trust it.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    file: NamedTempFile,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(issuer.pem().as_bytes()).unwrap();
        Self { issuer, file }
    }

    fn path(&self) -> &str {
        self.file.path().to_str().unwrap()
    }

    /// A server certified by this authority.
    fn server(&self, params: &CertificateParams) -> Server {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        serve_with(certificate, &key)
    }

    /// What a server at the loopback address needs.
    fn config(&self) -> Arc<ServerConfig> {
        let key = KeyPair::generate().unwrap();
        config_with(named("127.0.0.1").signed_by(&key, &self.issuer).unwrap(), &key)
    }
}

fn serve_with(certificate: rcgen::Certificate, key: &KeyPair) -> Server {
    let config = config_with(certificate, key);
    Server::start_tls(config, |_, to| respond(to, "200 OK", "", b"ok"))
}

fn config_with(certificate: rcgen::Certificate, key: &KeyPair) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.into()], key)
        .unwrap();
    Arc::new(config)
}

fn named(name: &str) -> CertificateParams {
    CertificateParams::new(vec![name.to_owned()]).unwrap()
}

fn attempt_tls(server: &Server, ca_file: Option<&str>) -> Attempt {
    let url = format!("https://{}/", server.address);
    attempt(&webhook(&url, json!({"ca_file": ca_file, "timeout": 5})))
}

#[test]
fn an_authority_of_the_webhooks_own_is_trusted() {
    let authority = Authority::new();
    let server = authority.server(&named("127.0.0.1"));
    let sender = sender();
    let url = format!("https://{}/", server.address);
    let webhook = webhook(&url, json!({"ca_file": authority.path()}));
    for size in [10, 100_000, 10] {
        let claim = claim_of(event_with(&format!(r#"["{}"]"#, "x".repeat(size))));
        let attempt = sender.send(&webhook, &claim, &SystemClock);
        assert_eq!(attempt.failure, None);
        assert_eq!(attempt.response_body, b"ok");
        assert_eq!(server.next().body, &claim.event.body[..]);
    }
    assert_eq!(server.connections(), 1);
}

#[test]
fn an_unknown_authority_is_not_trusted() {
    let server = Authority::new().server(&named("127.0.0.1"));
    let refused = attempt_tls(&server, None);
    assert_eq!(failure(&refused), ("connect", "certificate"));
    assert!(matches!(refused.next, Next::Retry(_)));
    assert_eq!(refused.address, Some(server.address.to_string()));
    let other = Authority::new();
    assert_eq!(failure(&attempt_tls(&server, Some(other.path()))), ("connect", "certificate"));
    assert!(server.is_idle());
}

#[test]
fn a_self_signed_certificate_is_not_trusted() {
    let key = KeyPair::generate().unwrap();
    let server = serve_with(named("127.0.0.1").self_signed(&key).unwrap(), &key);
    assert_eq!(failure(&attempt_tls(&server, None)), ("connect", "certificate"));
}

#[test]
fn a_self_signed_certificate_is_trusted_by_name_unless_it_is_an_authoritys() {
    for (is_ca, is_trusted) in [
        (IsCa::ExplicitNoCa, true),
        (IsCa::NoCa, true),
        (IsCa::Ca(BasicConstraints::Unconstrained), false),
    ] {
        let key = KeyPair::generate().unwrap();
        let mut params = named("127.0.0.1");
        params.is_ca = is_ca;
        let certificate = params.self_signed(&key).unwrap();
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(certificate.pem().as_bytes()).unwrap();
        let server = serve_with(certificate, &key);
        let attempt = attempt_tls(&server, file.path().to_str());
        assert_eq!(attempt.failure.is_none(), is_trusted, "{:?}", attempt.failure);
        if let Some(failure) = attempt.failure {
            assert!(failure.message.contains("CA:TRUE"), "{}", failure.message);
        }
    }
}

#[test]
fn a_certificate_for_another_name_is_not_trusted() {
    let authority = Authority::new();
    let server = authority.server(&named("other.test"));
    let attempt = attempt_tls(&server, Some(authority.path()));
    assert_eq!(failure(&attempt), ("connect", "certificate"));
}

#[test]
fn an_expired_certificate_is_not_trusted() {
    let authority = Authority::new();
    let mut params = named("127.0.0.1");
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2021, 1, 1);
    let attempt = attempt_tls(&authority.server(&params), Some(authority.path()));
    assert_eq!(failure(&attempt), ("connect", "certificate"));
    assert!(attempt.failure.unwrap().message.contains("expired"));
}

#[test]
fn what_does_not_speak_tls_is_a_failure_of_tls() {
    let server = Server::raw(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    assert_eq!(failure(&attempt_tls(&server, None)), ("connect", "tls"));
}

#[test]
fn a_handshake_that_breaks_off_is_a_reset_and_one_that_hangs_a_timeout() {
    let closing = Server::raw(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
    });
    assert_eq!(failure(&attempt_tls(&closing, None)), ("connect", "reset"));
    let hanging = Server::raw(|mut stream| {
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    });
    let url = format!("https://{}/", hanging.address);
    let attempt = attempt(&webhook(&url, json!({"timeout": 1})));
    assert_eq!(failure(&attempt), ("connect", "timeout"));
}

#[test]
fn a_ca_file_that_can_not_be_used_is_named_and_retried() {
    let empty = NamedTempFile::new().unwrap();
    for path in ["/nowhere/ca.pem", empty.path().to_str().unwrap(), "/dev/zero"] {
        let attempt = attempt(&webhook("https://127.0.0.1:9/", json!({"ca_file": path})));
        assert_eq!(failure(&attempt), ("prepare", "certificate"));
        assert!(attempt.failure.unwrap().message.contains(path));
        assert!(matches!(attempt.next, Next::Retry(_)), "it may appear");
    }
}

#[test]
fn tls_goes_through_a_proxy_to_the_endpoint() {
    let authority = Authority::new();
    let server = authority.server(&named("127.0.0.1"));
    let (proxy, asked) = proxy();
    let settings = Settings {
        allow: vec!["127.0.0.1".into()],
        proxy: Some(ProxySettings {
            url: Secret::new(format!("http://{}", proxy.address)),
            bypass: Vec::new(),
        }),
        ..Settings::default()
    };
    let webhook =
        webhook(&format!("https://{}/", server.address), json!({"ca_file": authority.path()}));
    let claim = claim();
    let attempt = Sender::new(&settings).send(&webhook, &claim, &SystemClock);
    assert_eq!(attempt.failure, None);
    assert_eq!(server.next().body, &claim.event.body[..]);
    let head = asked.recv_timeout(PATIENCE).unwrap();
    assert!(head.starts_with(&format!("CONNECT {} ", server.address)));
    assert!(!head.contains("Proxy-Authorization"));
}

/// Ten webhooks of one origin, each of which trusts the authority by a file of its own.
fn ten(url: &str, authority: &Authority) -> Vec<(Webhook, NamedTempFile)> {
    let one = |number: usize| {
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(authority.issuer.pem().as_bytes()).unwrap();
        let more = json!({"id": format!("w{number}"), "ca_file": file.path().to_str().unwrap()});
        (webhook(&format!("{url}{number}"), more), file)
    };
    (0..10).map(one).collect()
}

#[test]
fn ten_webhooks_of_one_origin_make_no_more_handshakes_than_requests_are_under_way() {
    const UNDER_WAY: usize = 4;
    let authority = Authority::new();
    let server = Server::start_tls(authority.config(), |_, to| respond(to, "200 OK", "", b"ok"));
    let webhooks = ten(&format!("https://{}/", server.address), &authority);
    let sender = sender();
    std::thread::scope(|scope| {
        for begin in 0..UNDER_WAY {
            let (webhooks, sender) = (&webhooks, &sender);
            scope.spawn(move || {
                for number in (begin..1000).step_by(UNDER_WAY) {
                    let (webhook, _) = &webhooks[number % 10];
                    let attempt = sender.send(webhook, &claim(), &SystemClock);
                    assert_eq!((attempt.failure, attempt.reconnected), (None, false));
                }
            });
        }
    });
    assert!(server.connections() <= UNDER_WAY, "{} connections", server.connections());
}

#[test]
fn webhooks_that_trust_somebody_else_share_no_connection() {
    let (authority, other) = (Authority::new(), Authority::new());
    let server = Server::start_tls(authority.config(), |_, to| respond(to, "200 OK", "", b"ok"));
    let sender = sender();
    let send = |trusted: &Authority| {
        let url = format!("https://{}/", server.address);
        sender.send(&webhook(&url, json!({"ca_file": trusted.path()})), &claim(), &SystemClock)
    };
    assert_eq!(send(&authority).failure, None);
    assert_eq!(failure(&send(&other)), ("connect", "certificate"));
    assert_eq!(send(&authority).failure, None);
}

#[test]
fn sessions_are_resumed() {
    let authority = Authority::new();
    let config = authority.config();
    let (tell, kinds) = std::sync::mpsc::channel();
    let server = Server::raw(move |stream| {
        let session = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
        let mut stream = std::io::BufReader::new(rustls::StreamOwned::new(session, stream));
        if Request::read(&mut stream).is_ok_and(|request| request.is_some()) {
            tell.send(stream.get_ref().conn.handshake_kind()).unwrap();
            respond(stream.get_mut(), "200 OK", "Connection: close\r\n", b"ok");
            stream.get_mut().conn.send_close_notify();
            let _ = stream.get_mut().flush();
        }
    });
    let webhooks = ten(&format!("https://{}/", server.address), &authority);
    let sender = sender();
    for (number, (webhook, _)) in webhooks.iter().enumerate() {
        assert_eq!(sender.send(webhook, &claim(), &SystemClock).failure, None);
        let resumed = kinds.recv_timeout(PATIENCE).unwrap() == Some(rustls::HandshakeKind::Resumed);
        assert_eq!(resumed, number > 0, "webhook {number}");
    }
}

/// An endpoint behind TLS that reads a request, as far as `reads_body` says, and then writes these
/// bytes as they are: what `answer` makes of a session.
fn speaking(
    authority: &Authority,
    reads_body: bool,
    answer: impl Fn(&mut rustls::ServerConnection) -> Vec<u8> + Send + Sync + 'static,
) -> Server {
    let config = authority.config();
    Server::raw(move |stream| {
        // Else the answer would wait for the receipt of the handshake, and go with the connection.
        stream.set_nodelay(true).unwrap();
        let session = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
        let mut stream = std::io::BufReader::new(rustls::StreamOwned::new(session, stream));
        if reads_body {
            if !matches!(Request::read(&mut stream), Ok(Some(_))) {
                return;
            }
        } else {
            let mut line = String::new();
            while stream.read_line(&mut line).is_ok_and(|length| length > 2) {
                line.clear();
            }
        }
        let stream = stream.get_mut();
        let bytes = answer(&mut stream.conn);
        let _ = stream.sock.write_all(&bytes);
    })
}

/// The records of what a session says, each as a part of its own.
fn records(session: &mut rustls::ServerConnection, parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in parts {
        session.writer().write_all(part).unwrap();
        while session.wants_write() {
            session.write_tls(&mut bytes).unwrap();
        }
    }
    bytes
}

#[test]
fn an_answer_before_something_that_is_no_tls_was_lost() {
    const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    let unreadable = [&[0x17, 3, 3, 0, 40][..], &[7; 40]].concat();
    let authority = Authority::new();
    for (name, said, behind, remark) in [
        ("a record that nobody can decrypt", OK, &unreadable[..], None),
        ("an answer without TLS", OK, b"HTTP/1.1 408 Request Timeout\r\n\r\n", None),
        ("the end, without a goodbye", OK, b"", None),
        ("half a record", OK, &unreadable[..9], None),
        ("the same amid the head", &OK[..30], &unreadable, Some("cut")),
        ("the same amid the body", &OK[..OK.len() - 1], &unreadable, Some("cut")),
        ("the same behind the status line", &OK[..17], &unreadable, Some("cut")),
    ] {
        let (said, behind) = (said.to_vec(), behind.to_vec());
        let server = speaking(&authority, true, move |session| {
            let bytes: Vec<_> = said.chunks(1).collect();
            [records(session, &bytes), behind.clone()].concat()
        });
        let attempt = attempt_tls(&server, Some(authority.path()));
        assert_eq!((&attempt.failure, attempt.next), (&None, Next::Delivered), "{name}");
        assert_eq!(attempt.status, Some(200), "{name}");
        assert_eq!(attempt.remark.map(|remark| remark.code).as_deref(), remark, "{name}");
    }
    // Without a status nothing was accepted, and what went wrong is said.
    let server = speaking(&authority, true, move |session| {
        [records(session, &[b"HTTP/1.1 200 OK"]), unreadable.clone()].concat()
    });
    assert_eq!(failure(&attempt_tls(&server, Some(authority.path()))).0, "recv_response");
}

#[test]
fn an_answer_given_behind_tls_before_the_body_was_read_is_seen() {
    let authority = Authority::new();
    let body = claim_of(event_with(&format!(r#""{}""#, "x".repeat(900_000))));
    for (answer, code) in [
        ("HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 5\r\n\r\nearly", "status"),
        ("HTTP/1.1 410 Gone\r\nConnection: close\r\nContent-Length: 5\r\n\r\nearly", "gone"),
        ("HTTP/1.1 429 Slow\r\nRetry-After: 120\r\nConnection: close\r\n\r\nearly", "status"),
    ] {
        for says_goodbye in [false, true] {
            let server = speaking(&authority, false, move |session| {
                let mut bytes = records(session, &[answer.as_bytes()]);
                if says_goodbye {
                    session.send_close_notify();
                    session.write_tls(&mut bytes).unwrap();
                }
                bytes
            });
            let url = format!("https://{}/", server.address);
            let webhook = webhook(&url, json!({"ca_file": authority.path()}));
            let sender = sender();
            for _ in 0..5 {
                let attempt = sender.send(&webhook, &body, &SystemClock);
                assert_eq!(failure(&attempt), ("recv_response", code), "{answer}");
            }
        }
    }
}

#[test]
fn a_2xx_behind_tls_is_a_2xx_whatever_comes_before_and_behind_it() {
    const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    let link = format!("Link: <{}>\r\n", "x".repeat(90_000));
    let chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n";
    let authority = Authority::new();
    for (name, answer, remark) in [
        ("5,000 hints", "HTTP/1.1 103 Hints\r\nLink: <a>\r\n\r\n".repeat(5000) + OK, None),
        ("hints of 180 kB", format!("HTTP/1.1 103 Hints\r\n{link}{link}\r\n{OK}"), None),
        (
            "hints of 30,000 lines",
            format!("HTTP/1.1 103 X\r\n{}\r\n{OK}", "A: b\r\n".repeat(30_000)),
            None,
        ),
        (
            "trailers about the body",
            format!("{chunks}Content-Length: 99\r\nTransfer-Encoding: x\r\n folded\r\n\r\n"),
            None,
        ),
        (
            "HTTP/1.0 that stays, and says too little",
            "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nok".into(),
            Some("surplus"),
        ),
        (
            "a close with too little",
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nok".into(),
            Some("surplus"),
        ),
        (
            "a close with too much",
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 999999999999\r\n\r\nok".into(),
            Some("cut"),
        ),
        (
            "a 204 with chunks",
            "HTTP/1.1 204 None\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n".into(),
            Some("surplus"),
        ),
        ("a 205 with a body", "HTTP/1.1 205 Reset\r\nContent-Length: 2\r\n\r\nok".into(), None),
    ] {
        for says_goodbye in [false, true] {
            let answer = answer.clone();
            let server = speaking(&authority, true, move |session| {
                let mut bytes = Vec::new();
                for part in answer.as_bytes().chunks(16 << 10) {
                    bytes.extend(records(session, &[part]));
                }
                if says_goodbye {
                    session.send_close_notify();
                    session.write_tls(&mut bytes).unwrap();
                }
                bytes
            });
            let attempt = attempt_tls(&server, Some(authority.path()));
            assert_eq!((&attempt.failure, attempt.next), (&None, Next::Delivered), "{name}");
            assert_eq!(attempt.remark.map(|remark| remark.code).as_deref(), remark, "{name}");
        }
    }
}
