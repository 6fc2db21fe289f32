//! The address guard: what is refused, what `webhooks.allow` opens, and that no spelling, name,
//! second record, kept connection or proxy leads around it.

mod delivery_server;

use std::net::{IpAddr, SocketAddr};
use std::sync::Mutex;
use std::time::Duration;

use delivery_server::*;
use serde_json::json;
use webhooks::clock::SystemClock;
use webhooks::delivery::address::{Special, special};
use webhooks::delivery::guard::{Guard, UrlError, check_allow, check_url};
use webhooks::delivery::proxy::ProxySettings;
use webhooks::delivery::resolve::Lookup;
use webhooks::delivery::{Sender, Settings};
use webhooks::store::Attempt;
use webhooks::webhook::Secret;

#[test]
fn addresses_are_told_apart() {
    use Special::*;
    let cases: &[(&str, Option<Special>)] = &[
        ("0.0.0.0", Some(Unspecified)),
        ("0.1.2.3", Some(Unspecified)),
        ("10.0.0.0", Some(Private)),
        ("10.255.255.255", Some(Private)),
        ("9.255.255.255", None),
        ("11.0.0.0", None),
        ("100.63.255.255", None),
        ("100.64.0.0", Some(CarrierNat)),
        ("100.100.100.200", Some(CarrierNat)),
        ("100.127.255.255", Some(CarrierNat)),
        ("100.128.0.0", None),
        ("127.0.0.1", Some(Loopback)),
        ("127.255.255.254", Some(Loopback)),
        ("128.0.0.1", None),
        ("168.63.129.16", Some(CloudMetadata)),
        ("169.253.255.255", None),
        ("169.254.0.1", Some(LinkLocal)),
        ("169.254.169.254", Some(LinkLocal)),
        ("169.254.170.2", Some(LinkLocal)),
        ("172.15.255.255", None),
        ("172.16.0.1", Some(Private)),
        ("172.31.255.255", Some(Private)),
        ("172.32.0.0", None),
        ("192.0.0.1", Some(Reserved)),
        ("192.0.0.192", Some(Reserved)),
        ("192.0.2.1", Some(Documentation)),
        ("192.88.99.1", Some(Reserved)),
        ("192.168.0.1", Some(Private)),
        ("192.169.0.1", None),
        ("198.17.255.255", None),
        ("198.18.0.1", Some(Benchmarking)),
        ("198.19.255.255", Some(Benchmarking)),
        ("198.20.0.0", None),
        ("198.51.100.7", Some(Documentation)),
        ("203.0.113.255", Some(Documentation)),
        ("223.255.255.255", None),
        ("224.0.0.1", Some(Multicast)),
        ("239.255.255.250", Some(Multicast)),
        ("240.0.0.1", Some(Reserved)),
        ("255.255.255.254", Some(Reserved)),
        ("255.255.255.255", Some(Broadcast)),
        ("1.1.1.1", None),
        ("8.8.8.8", None),
        ("::", Some(Unspecified)),
        ("::1", Some(Loopback)),
        ("::ffff:127.0.0.1", Some(Loopback)),
        ("::ffff:10.1.2.3", Some(Private)),
        ("::ffff:8.8.8.8", None),
        ("::127.0.0.1", Some(Loopback)),
        ("::8.8.8.8", Some(Reserved)),
        ("::ffff:0:10.0.0.1", Some(Private)),
        ("64:ff9b::10.0.0.1", Some(Private)),
        ("64:ff9b::169.254.169.254", Some(LinkLocal)),
        ("64:ff9b::8.8.8.8", None),
        ("64:ff9b:1::8.8.8.8", Some(Reserved)),
        ("100::1", Some(Reserved)),
        ("2001:0:808:808::f7f7:f7f7", None),
        ("2001:0:808:808::80ff:fffe", Some(Loopback)),
        ("2001:0:a00:1::f7f7:f7f7", Some(Private)),
        ("2001:2::1", Some(Benchmarking)),
        ("2001:10::1", Some(Reserved)),
        ("2001:20::1", Some(Reserved)),
        ("2001:db8::1", Some(Documentation)),
        ("3fff::1", Some(Documentation)),
        ("2002:7f00:1::", Some(Loopback)),
        ("2002:c0a8:101::1", Some(Private)),
        ("2002:808:808::1", None),
        ("2606:4700::5efe:10.0.0.1", Some(Private)),
        ("2606:4700:4700::1111", None),
        ("2a00:1450:4001::200e", None),
        ("4000::1", Some(Reserved)),
        ("5f00::1", Some(Reserved)),
        ("fc00::1", Some(UniqueLocal)),
        ("fd00:ec2::254", Some(UniqueLocal)),
        ("fe80::1", Some(LinkLocal)),
        ("febf::1", Some(LinkLocal)),
        ("fec0::1", Some(SiteLocal)),
        ("ff02::1", Some(Multicast)),
        ("ffff::1", Some(Multicast)),
    ];
    for (text, expected) in cases {
        assert_eq!(special(text.parse().unwrap()), *expected, "{text}");
    }
}

#[test]
fn no_spelling_leads_to_the_loopback_address() {
    let server = Server::start(|_, to| respond(to, "200 OK", "", b""));
    let port = server.address.port();
    let sender = Sender::new(&Settings::default());
    for host in [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "127.0.0.1.",
        "2130706433",
        "017700000001",
        "0177.0.0.1",
        "0x7f000001",
        "0x7f.0.0.1",
        "0X7F.1",
        "0x7f.0x0.0x0.0x1",
        "00000177.0.0.0x1",
        "127.0.0.0x1",
        "0",
        "0.0.0.0",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "local%68ost",
        "１２７.０.０.１",
        "①②⑦.⓪.⓪.①",
        "127。0。0。1",
        "ⓛocalhost",
    ] {
        let url = format!("http://{host}:{port}/");
        let attempt = sender.send(&webhook(&url, json!({})), &claim(), &SystemClock);
        assert_eq!(failure(&attempt), ("resolve", "address_refused"), "{host}: {attempt:?}");
        assert_eq!(attempt.address, None, "{host}");
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn odd_urls_are_refused() {
    for (url, expected) in [
        ("", UrlError::Empty),
        ("https://user@a.test/", UrlError::UserInfo),
        ("https://user:pass@a.test/", UrlError::UserInfo),
        ("https://a.test@127.0.0.1/", UrlError::UserInfo),
        ("https://@127.0.0.1/", UrlError::UserInfo),
        ("https://a.test\\@127.0.0.1/", UrlError::Character("a backslash")),
        ("https:\\\\a.test/", UrlError::Character("a backslash")),
        ("https://a.test/\r\nHost: b", UrlError::Character("a control character")),
        ("https://a\t.test/", UrlError::Character("a control character")),
        ("https://a.test/\0", UrlError::Character("a control character")),
        ("https://a.test/\u{85}", UrlError::Character("a control character")),
        (" https://a.test/", UrlError::Character("a space")),
        ("https://a.test/a b", UrlError::Character("a space")),
        ("https://a\u{3000}.test/", UrlError::Character("a space")),
        ("ftp://a.test/", UrlError::Scheme),
        ("file:///etc/passwd", UrlError::Scheme),
        ("gopher://127.0.0.1:6379/_x", UrlError::Scheme),
        ("javascript:alert(1)", UrlError::Scheme),
        ("//a.test/", UrlError::Scheme),
        ("https:/a.test/", UrlError::Scheme),
        ("a.test", UrlError::Scheme),
        ("https://a.test:0/", UrlError::Port),
        ("https:///a.test/", UrlError::Malformed("there is no host".into())),
    ] {
        assert_eq!(check_url(url), Err(expected), "{url:?}");
    }
    for url in [
        "https://",
        "https://?x",
        "https://:443/",
        "https://a.test:99999/",
        "https://[::1/",
        "https://[fe80::1%25eth0]/",
        "https://256.256.256.256/",
        "https://1.2.3.4.5/",
        "https://0x100000000/",
        "https://a<b.test/",
        "https://a%00b.test/",
        "https://a%2fb.test/",
        "https://xn--/",
        "https://a..test/",
        "https://a.test../",
        "https://./",
    ] {
        assert!(
            matches!(check_url(url), Err(UrlError::Malformed(_))),
            "{url:?}: {:?}",
            check_url(url)
        );
    }
    let long = format!("https://a.test/{}", "a".repeat(2048));
    assert_eq!(check_url(&long), Err(UrlError::Length(long.len())));
}

#[test]
fn urls_with_invisible_characters_were_saved_and_sent() {
    for url in [
        "https://a.test/hook\u{200b}",
        "\u{feff}https://a.test/",
        "https://exam\u{ad}ple.test/",
        "https://exam\u{200d}ple.test/",
        "https://exam%E2%80%8Bple.test/",
        "https://exam%C2%ADple.test/",
        "https://a.test/\u{202e}moc.live/",
        "https://a.test/?q=\u{2060}",
        "https://a.test/\u{fe0f}",
        "https://a.test/\u{2800}",
    ] {
        let error = check_url(url).unwrap_err();
        assert!(matches!(error, UrlError::Invisible(_)), "{url:?}: {error}");
        assert!(error.to_string().contains("an invisible character (U+"), "{error}");
    }
    // Written as an escape it can be seen, and is meant.
    assert_eq!(check_url("https://a.test/%E2%80%8B").unwrap().path(), "/%E2%80%8B");
}

#[test]
fn hosts_of_the_allow_list_with_invisible_characters_opened_another_one() {
    for entry in ["hooks\u{200b}.internal", "\u{feff}localhost", "10.0.0.0/8\u{2060}", "a\u{ad}b"] {
        let error = check_allow(entry).unwrap_err().to_string();
        assert!(error.contains("an invisible character") && error.contains("webhooks.allow"));
    }
}

#[test]
fn ordinary_urls_are_read_in_one_way() {
    for (url, expected) in [
        ("https://hooks.example.com/a?b=c#d", "https://hooks.example.com/a?b=c"),
        ("HTTPS://Hooks.Example.COM", "https://hooks.example.com/"),
        ("https://example.com.:8443/", "https://example.com:8443/"),
        ("https://bücher.example/ä?ö", "https://xn--bcher-kva.example/%C3%A4?%C3%B6"),
        ("http://[2606:4700:0::1111]:80/", "http://[2606:4700::1111]/"),
        ("https://example.com/a/../b", "https://example.com/b"),
        ("https://example.com/@user", "https://example.com/@user"),
        ("https://example.com/?q=a|b^c`{}", "https://example.com/?q=a|b^c`{}"),
    ] {
        assert_eq!(check_url(url).unwrap().as_str(), expected, "{url}");
    }
}

#[test]
fn allow_opens_what_it_says_and_no_more() {
    let cases: &[(&str, &str, &str, bool)] = &[
        ("127.0.0.1", "a.test", "127.0.0.1:80", true),
        ("127.0.0.1", "a.test", "127.0.0.2:80", false),
        ("127.0.0.1:8025", "a.test", "127.0.0.1:8025", true),
        ("127.0.0.1:8025", "a.test", "127.0.0.1:80", false),
        ("10.0.0.0/8", "a.test", "10.9.8.7:443", true),
        ("10.0.0.0/8", "a.test", "11.0.0.1:443", true),
        ("10.0.0.0/8", "a.test", "192.168.0.1:443", false),
        ("10.0.0.0/8", "a.test", "[::ffff:10.9.8.7]:443", true),
        ("10.0.0.0/8:443", "a.test", "10.9.8.7:443", true),
        ("10.0.0.0/8:443", "a.test", "10.9.8.7:80", false),
        ("::1", "a.test", "[::1]:80", true),
        ("[::1]:80", "a.test", "[::1]:80", true),
        ("[::1]:80", "a.test", "[::1]:81", false),
        ("fd00::/8", "a.test", "[fd12::1]:80", true),
        ("[fd00::/8]:443", "a.test", "[fd12::1]:80", false),
        ("localhost", "localhost", "127.0.0.1:80", true),
        ("localhost", "localhost", "[::1]:80", true),
        ("localhost", "localhost.evil.test", "127.0.0.1:80", false),
        ("localhost", "evil.test", "127.0.0.1:80", false),
        ("localhost:8025", "localhost", "127.0.0.1:8025", true),
        ("localhost:8025", "localhost", "127.0.0.1:80", false),
        ("Hooks.Internal", "hooks.internal", "10.0.0.1:80", true),
        ("*.corp.example", "a.corp.example", "10.0.0.1:80", true),
        ("*.corp.example", "a.b.corp.example", "10.0.0.1:80", true),
        ("*.corp.example", "corp.example", "10.0.0.1:80", false),
        ("*.corp.example", "xcorp.example", "10.0.0.1:80", false),
        ("bücher.example", "xn--bcher-kva.example", "10.0.0.1:80", true),
        ("nonsense/99", "a.test", "10.0.0.1:80", false),
    ];
    for (allow, host, address, expected) in cases {
        let guard = Guard::new(&[(*allow).to_owned()], None);
        let judged = guard.check_address(host, address.parse::<SocketAddr>().unwrap());
        assert_eq!(judged.is_ok(), *expected, "{allow}: {host} at {address}: {judged:?}");
    }
}

#[test]
fn entries_of_allow_are_checked() {
    for entry in
        ["localhost", "*.corp.example", "10.0.0.0/8", "[fd00::/8]:443", "::1", "bücher.example"]
    {
        assert_eq!(check_allow(entry), Ok(()), "{entry}");
    }
    for entry in [
        "",
        "10.0.0.0/33",
        "a:b",
        "a:0",
        "a:99999",
        "[::1",
        "http://a.test",
        "a/b",
        "0x7f.1",
        "2130706433",
        "a b",
    ] {
        let error = check_allow(entry).unwrap_err().to_string();
        assert!(
            error.contains(&format!("\"{entry}\"")) && error.contains("webhooks.allow"),
            "{error}"
        );
    }
}

#[test]
fn a_refusal_says_what_why_and_how_to_allow_it() {
    let lookup = Answers::always(&["10.1.2.3"]);
    let sender = Sender::with_lookup(&Settings::default(), Box::new(lookup));
    let attempt = sender.send(&webhook("https://intra.test/", json!({})), &claim(), &SystemClock);
    let message = attempt.failure.unwrap().message;
    for part in ["10.1.2.3", "private address", "intra.test", "webhooks.allow", "php.ini"] {
        assert!(message.contains(part), "{part}: {message}");
    }
}

/// A resolver that gives one answer after the other, the last one for ever.
struct Answers(Mutex<Vec<Vec<IpAddr>>>);

impl Answers {
    fn new(answers: &[&[&str]]) -> Self {
        let parse = |answer: &&[&str]| answer.iter().map(|text| text.parse().unwrap()).collect();
        Self(Mutex::new(answers.iter().rev().map(parse).collect()))
    }

    fn always(answer: &[&str]) -> Self {
        Self::new(&[answer])
    }
}

impl Lookup for Answers {
    fn addresses(&self, _: &str) -> std::io::Result<Vec<IpAddr>> {
        let mut answers = self.0.lock().unwrap();
        Ok(if answers.len() > 1 { answers.pop() } else { answers.last().cloned() }.unwrap())
    }

    fn keep(&self) -> Duration {
        Duration::ZERO
    }
}

fn allowing(allow: &[&str], lookup: Answers) -> Sender {
    let allow = allow.iter().map(|&entry| entry.to_owned()).collect();
    Sender::with_lookup(&Settings { allow, ..Settings::default() }, Box::new(lookup))
}

fn send(sender: &Sender, server: &Server, host: &str) -> Attempt {
    let url = format!("http://{host}:{}/", server.address.port());
    sender.send(&webhook(&url, json!({})), &claim(), &SystemClock)
}

#[test]
fn one_private_record_among_several_refuses_the_name() {
    let server = Server::start(|_, to| respond(to, "200 OK", "", b""));
    for records in [["127.0.0.1", "10.0.0.1"], ["10.0.0.1", "127.0.0.1"]] {
        let sender = allowing(&["127.0.0.1"], Answers::always(&records));
        let attempt = send(&sender, &server, "two.test");
        assert_eq!(failure(&attempt), ("resolve", "address_refused"), "{records:?}");
    }
    // Also beyond those that would be tried.
    let mut records = vec!["127.0.0.1"; 1];
    let many: Vec<_> = (2..40).map(|i| format!("127.0.0.{i}")).collect();
    records.extend(many.iter().map(|text| &**text));
    records.push("10.0.0.1");
    let sender = allowing(&["127.0.0.0/8"], Answers::always(&records));
    assert_eq!(failure(&send(&sender, &server, "many.test")), ("resolve", "address_refused"));
    assert_eq!(server.connections(), 0);
}

#[test]
fn a_name_that_leads_elsewhere_at_the_next_attempt_is_refused() {
    let server = Server::start(|_, to| respond(to, "200 OK", "", b""));
    let answers: &[&[&str]] = &[&["127.0.0.1"], &["10.0.0.1"]];
    let sender = allowing(&["127.0.0.1"], Answers::new(answers));
    assert_eq!(send(&sender, &server, "rebinding.test").failure, None);
    // The connection of the first attempt is still open.
    let second = send(&sender, &server, "rebinding.test");
    assert_eq!(failure(&second), ("resolve", "address_refused"));
    assert_eq!(second.address, None);
}

#[test]
fn what_is_connected_to_is_what_was_judged() {
    // The name changes with every question: were it asked again for connecting, it would lead
    // to an address where nothing listens.
    let server = Server::start(|_, to| respond(to, "200 OK", "Connection: close\r\n", b""));
    let answers: &[&[&str]] = &[&["127.0.0.1"], &["127.0.0.9"]];
    let sender = allowing(&["127.0.0.0/8"], Answers::new(answers));
    let attempt = send(&sender, &server, "changing.test");
    assert_eq!(attempt.address, Some(server.address.to_string()));
    assert_eq!(failure(&send(&sender, &server, "changing.test")), ("connect", "refused"));
}

#[test]
fn wordpress_can_block_all_but_some_hosts() {
    let server = Server::start(|_, to| respond(to, "200 OK", "", b""));
    let settings = Settings {
        allow: vec!["127.0.0.0/8".into()],
        block_external: Some(vec!["open.test".into(), "*.open.test".into()]),
        ..Settings::default()
    };
    let sender = Sender::with_lookup(&settings, Box::new(Answers::always(&["127.0.0.1"])));
    for host in ["open.test", "OPEN.test.", "a.open.test", "localhost"] {
        assert_eq!(send(&sender, &server, host).failure, None, "{host}");
    }
    for host in ["closed.test", "xopen.test", "open.test.evil.test", "127.0.0.1"] {
        let attempt = send(&sender, &server, host);
        assert_eq!(failure(&attempt), ("resolve", "address_refused"), "{host}");
        assert!(attempt.failure.unwrap().message.contains("WP_ACCESSIBLE_HOSTS"));
    }
}

/// A sender for which one URL, at `host` on this server, is the network's own test inbox.
fn with_inbox(server: &Server, host: &str, more: Settings) -> (Sender, String) {
    let url = format!("http://{host}:{}/wp/?inbox=0123456789abcdef", server.address.port());
    let settings = Settings { inbox: Some(url.clone()), ..more };
    let lookup = Answers::always(&["127.0.0.1"]);
    (Sender::with_lookup(&settings, Box::new(lookup)), url)
}

fn post(sender: &Sender, url: &str) -> Attempt {
    sender.send(&webhook(url, json!({})), &claim(), &SystemClock)
}

#[test]
fn the_test_inbox_is_reached_at_its_own_url_and_nothing_else_is() {
    let server = Server::start(|_, to| respond(to, "200 OK", "", b""));
    let other = Server::start(|_, to| respond(to, "200 OK", "", b""));
    for host in ["network.test", "127.0.0.1", "localhost"] {
        let (sender, url) = with_inbox(&server, host, Settings::default());
        // Twice: a kept connection is judged again.
        for _ in 0..2 {
            assert_eq!(post(&sender, &url).failure, None, "{host}");
        }
        for same in [url.replace("http:", "HTTP:"), format!("{url}#fragment")] {
            assert_eq!(post(&sender, &same).failure, None, "{same}");
        }
    }
    let before = server.connections();
    let (sender, url) = with_inbox(&server, "network.test", Settings::default());
    let port = server.address.port().to_string();
    for different in [
        url.replace("network.test", "127.0.0.1"),
        url.replace("network.test", "other.test"),
        url.replace("network.test", "a.network.test"),
        url.replace("http:", "https:"),
        url.replace(&port, &other.address.port().to_string()),
        url.replace("/wp/", "/"),
        url.replace("/wp/", "/wp/wp-login.php"),
        url.replace("?inbox=0", "?inbox=1"),
        url.replace("?inbox=0123456789abcdef", ""),
        format!("{url}&more=1"),
    ] {
        assert_ne!(different, url);
        let attempt = post(&sender, &different);
        assert_eq!(failure(&attempt), ("resolve", "address_refused"), "{different}");
    }
    assert_eq!((server.connections(), other.connections()), (before, 0));
}

#[test]
fn the_test_inbox_is_no_host_outside_and_not_behind_the_proxy() {
    let server = Server::start(|_, to| respond(to, "200 OK", "", b""));
    let (proxy, asked) = proxy();
    let settings = Settings {
        block_external: Some(vec!["open.test".into()]),
        proxy: Some(ProxySettings {
            url: Secret::new(format!("http://{}", proxy.address)),
            bypass: Vec::new(),
        }),
        ..Settings::default()
    };
    let (sender, url) = with_inbox(&server, "network.test", settings);
    let attempt = post(&sender, &url);
    assert_eq!((attempt.failure, attempt.address), (None, Some(server.address.to_string())));
    let attempt = post(&sender, &url.replace("/wp/", "/"));
    assert!(attempt.failure.unwrap().message.contains("WP_ACCESSIBLE_HOSTS"));
    assert!(asked.try_recv().is_err());
}

#[test]
fn where_the_test_inbox_redirects_to_nobody_goes() {
    let other = Server::start(|_, to| respond(to, "200 OK", "", b""));
    let location = format!("Location: http://{}/\r\n", other.address);
    let server = Server::start(move |_, to| respond(to, "307 Temporary Redirect", &location, b""));
    let (sender, url) = with_inbox(&server, "network.test", Settings::default());
    assert_eq!(post(&sender, &url).status, Some(307));
    assert_eq!(other.connections(), 0);
}

fn through(proxy: &Server, allow: &[&str], lookup: Answers) -> Sender {
    let settings = Settings {
        allow: allow.iter().map(|&entry| entry.to_owned()).collect(),
        proxy: Some(ProxySettings {
            url: Secret::new(format!("http://us%65r:p%40ss@{}", proxy.address)),
            bypass: vec!["*.direct.test".into()],
        }),
        ..Settings::default()
    };
    Sender::with_lookup(&settings, Box::new(lookup))
}

#[test]
fn a_proxy_is_told_the_address_that_was_judged() {
    let server = Server::start(|_, to| respond(to, "200 OK", "", b""));
    let (proxy, asked) = proxy();
    // Only the target is allowed here, for the one port: the proxy is exempt.
    let allow = format!("127.0.0.1:{}", server.address.port());
    let sender = through(&proxy, &[&allow], Answers::always(&["127.0.0.1"]));
    for _ in 0..2 {
        let attempt = send(&sender, &server, "target.test");
        assert_eq!(attempt.failure, None);
        assert_eq!(attempt.address, Some(proxy.address.to_string()));
        assert_eq!(
            server.next().header("host"),
            Some(&*format!("target.test:{}", server.address.port()))
        );
    }
    let head = asked.recv_timeout(PATIENCE).unwrap();
    assert!(head.starts_with(&format!("CONNECT {} HTTP/1.1\r\n", server.address)), "{head}");
    // "user:p@ss"
    assert!(head.contains("\r\nProxy-Authorization: Basic dXNlcjpwQHNz\r\n"), "{head}");
    assert!(asked.try_recv().is_err(), "the tunnel is kept");
    assert_eq!(proxy.connections(), 1);
}

#[test]
fn a_proxy_leads_to_no_private_address() {
    let server = Server::start(|_, to| respond(to, "200 OK", "", b""));
    let (proxy, _asked) = proxy();
    let sender = through(&proxy, &[], Answers::always(&["127.0.0.1"]));
    assert_eq!(failure(&send(&sender, &server, "target.test")), ("resolve", "address_refused"));
    assert_eq!((proxy.connections(), server.connections()), (0, 0));
}

#[test]
fn some_hosts_are_reached_without_the_proxy() {
    let server = Server::start(|_, to| respond(to, "200 OK", "", b""));
    let (proxy, _asked) = proxy();
    let sender = through(&proxy, &["127.0.0.1"], Answers::always(&["127.0.0.1"]));
    for host in ["a.direct.test", "localhost"] {
        let attempt = send(&sender, &server, host);
        assert_eq!(attempt.address, Some(server.address.to_string()), "{host}");
    }
    assert_eq!(proxy.connections(), 0);
}

#[test]
fn a_proxy_that_refuses_is_named_without_its_password() {
    let (proxy, _asked) = proxy();
    let sender = through(&proxy, &["127.0.0.1"], Answers::always(&["127.0.0.1"]));
    let attempt = sender.send(&webhook("http://target.test:9/", json!({})), &claim(), &SystemClock);
    assert_eq!(failure(&attempt), ("connect", "io"));
    let message = attempt.failure.unwrap().message;
    assert!(message.contains("502") && message.contains(&proxy.address.to_string()), "{message}");
    assert!(!message.contains("p@ss") && !message.contains("p%40ss"));
}

#[test]
fn a_proxy_that_can_not_be_read_is_not_passed_by() {
    let settings = Settings {
        allow: vec!["127.0.0.1".into()],
        proxy: Some(ProxySettings {
            url: Secret::new("socks5://u:p@a".into()),
            bypass: Vec::new(),
        }),
        ..Settings::default()
    };
    let server = Server::start(|_, to| respond(to, "200 OK", "", b""));
    let attempt = send(&Sender::new(&settings), &server, "127.0.0.1");
    assert_eq!(failure(&attempt), ("prepare", "proxy"));
    assert_eq!(server.connections(), 0);
}
