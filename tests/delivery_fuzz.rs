//! What anybody may write or answer: URLs, templates, conditions, signatures, responses. None
//! makes anything panic or hang, and no URL is read in two ways.
//!
//! `FUZZ_CASES` sets how many inputs each gets (by default 20,000).

mod delivery_server;

use std::io::{Read, Write};
use std::sync::{LazyLock, Mutex};

use delivery_server::*;
use http::Uri;
use proptest::prelude::*;
use serde_json::json;
use webhooks::clock::SystemClock;
use webhooks::delivery::guard::{check_allow, check_url};
use webhooks::delivery::sign::{SignedHeaders, check_secret, verify};
use webhooks::delivery::template::{Condition, Envelope, MAX_OUTPUT, Template};
use webhooks::delivery::url::WebhookUrl;
use webhooks::store::Next;

/// What the one endpoint of all cases answers: a thousand servers are more than a process may
/// have files open.
static ANSWER: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static URL: LazyLock<String> = LazyLock::new(|| {
    let server = Server::raw(|mut stream| {
        let _ = stream.read(&mut [0; 65_536]);
        let _ = stream.write_all(&ANSWER.lock().unwrap());
    });
    server.url()
});

fn cases(divided_by: u32) -> ProptestConfig {
    let cases = std::env::var("FUZZ_CASES").ok().and_then(|cases| cases.parse().ok());
    let cases = cases.unwrap_or(20_000_u32) / divided_by;
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Text put together from parts that mean something to a parser, and from anything.
fn made_of(parts: &'static [&'static str]) -> impl Strategy<Value = String> {
    let part =
        prop_oneof![6 => proptest::sample::select(parts).prop_map(str::to_owned), 1 => ".{0,4}"];
    proptest::collection::vec(part, 0..14).prop_map(|parts| parts.concat())
}

const URL_PARTS: &[&str] = &[
    "http",
    "https",
    "ftp",
    ":",
    "/",
    "//",
    "://",
    "@",
    "\\",
    "?",
    "#",
    "[",
    "]",
    "%",
    "%00",
    "%2e",
    ".",
    "..",
    "localhost",
    "127.0.0.1",
    "0x7f",
    "017700000001",
    "2130706433",
    "::1",
    "::ffff:",
    "fe80::1%25eth0",
    "a",
    "b.test",
    "\u{e4}",
    "\u{ff0e}",
    "\u{3002}",
    "\u{2488}",
    "\u{200b}",
    "xn--",
    "xn--bcher-kva",
    ":80",
    ":0",
    ":99999",
    "\t",
    "\r\n",
    " ",
    "\0",
    "-",
    "_",
    "user:pass",
];

const TEMPLATE_PARTS: &[&str] = &[
    "{{", "}}", "{%", "%}", "{#", "#}", "-", " ", "data", ".", "x", "[", "]", "(", ")", "0", "9",
    "\"", "'", "|", "~", "+", "*", "/", "//", "%", "==", "<", "in", "not", "is", "and", "if",
    "else", "endif", "for a in", "endfor", "set", "with", "endwith", "range(", "default(", "join(",
    "map(", "upper", "tojson", "length", "loop", ",", ":", "{", "}", "\n", "\u{e4}", "\\", "raw",
    "filter", "type",
];

proptest! {
    #![proptest_config(cases(1))]

    /// The host that is resolved and judged is the host of the request, and the URL reads the
    /// same once more.
    #[test]
    fn an_accepted_url_is_read_in_one_way(text in made_of(URL_PARTS)) {
        for text in [text.clone(), format!("http://{text}"), format!("https://{text}/")] {
            if let Ok(url) = check_url(&text) {
                let uri: Uri = url.as_str().parse().unwrap();
                prop_assert_eq!(uri.host(), url.host_str());
                prop_assert_eq!(uri.port_u16(), url.port());
                prop_assert_eq!(uri.authority().unwrap().as_str().contains('@'), false);
                prop_assert_eq!(check_url(url.as_str()), Ok(url));
            }
        }
    }

    /// Whatever an event says, the request goes where it was meant to go.
    #[test]
    fn a_url_with_values_stays_where_it_was(value in made_of(URL_PARTS), more in any::<String>()) {
        let source = "https://crm.example:8443/lists/{{ data.a }}/.{{ data.b }}x?q={{ data.a }}&{{ data.b }}=1";
        let template = WebhookUrl::parse(source, &[]).unwrap();
        let data = serde_json::json!({ "a": value, "b": more }).to_string();
        if let Ok(made) = template.of(&event_with(&data).body) {
            let url = made.url.clone();
            prop_assert_eq!(url.host_str(), Some("crm.example"));
            prop_assert_eq!(url.port(), Some(8443));
            prop_assert_eq!(url.fragment(), None);
            let path: Vec<_> = url.path().split('/').collect();
            prop_assert_eq!((path.len(), path[1]), (4, "lists"));
            let decoded = percent_encoding::percent_decode_str(path[2]).decode_utf8().unwrap();
            prop_assert_eq!(&*decoded, &*value);
            let query: Vec<_> = url.query().unwrap().split('&').collect();
            prop_assert_eq!(query.len(), 2);
            let (name, q) = query[0].split_once('=').unwrap();
            let q = percent_encoding::percent_decode_str(q).decode_utf8().unwrap();
            prop_assert_eq!((name, &*q), ("q", &*value));
        }
    }

    #[test]
    fn entries_of_allow_are_read_or_refused(text in made_of(URL_PARTS)) {
        let _ = check_allow(&text);
    }

    #[test]
    fn templates_render_or_fail(text in made_of(TEMPLATE_PARTS), json in any::<bool>()) {
        let content_type = if json { "application/json" } else { "text/plain" };
        if let Ok(template) = Template::parse(&text, Some(content_type)) {
            let event = event_with(r#"{"x":[1,"a",null,{"y":2.5}]}"#);
            if let Ok(body) = template.render(&event.body) {
                prop_assert!(body.len() <= MAX_OUTPUT);
            }
        }
        if let Ok(condition) = Condition::parse(&text) {
            let _ = condition.holds(&Envelope::of(&event_with(r#"{"x":1}"#).body));
        }
    }

    #[test]
    fn signatures_are_accepted_or_not(id in ".{0,9}", timestamp in "[0-9-]{0,20}", signature in ".{0,60}", secret in "(whsec_|whsk_|whpk_)?[A-Za-z0-9+/=]{0,70}") {
        let _ = check_secret(&secret);
        let headers = SignedHeaders { id: &id, timestamp: &timestamp, signature: &signature };
        prop_assert_ne!(verify(&[SECRET], headers, b"{}", 0, 300), Ok(true));
        let _ = verify(&[&secret], headers, b"{}", 0, 300);
    }
}

const RESPONSE_PARTS: &[&str] = &[
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.1 500 X\r\n",
    "HTTP/1.1 302 X\r\n",
    "HTTP/1.0 200\r\n",
    "HTTP/1.1 100 C\r\n\r\n",
    "Content-Length: 5\r\n",
    "Content-Length: 0\r\n",
    "Content-Length: 99999999999999999999\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Content-Encoding: gzip\r\n",
    "Connection: close\r\n",
    "Location: \u{e4}\r\n",
    "Retry-After: 1\r\n",
    "X: y\r\n",
    "\r\n",
    "\n",
    ": ",
    "5\r\nhello\r\n",
    "0\r\n\r\n",
    "ffffffffffffffff\r\n",
    "-1\r\n",
    "hello",
    "\u{1f}\u{8b}",
    "\0",
];

proptest! {
    // A connection each.
    #![proptest_config(cases(20))]

    /// Whatever an endpoint answers becomes an attempt, and the sender goes on.
    #[test]
    fn responses_are_recorded(answer in made_of(RESPONSE_PARTS)) {
        *ANSWER.lock().unwrap() = answer.into_bytes();
        let attempt = sender().send(&webhook(&URL, json!({"timeout": 5})), &claim(), &SystemClock);
        let failure = attempt.failure.map(|failure| failure.code);
        prop_assert!(!matches!(failure.as_deref(), Some("internal" | "timeout")), "{:?}", failure);
        prop_assert_eq!(failure.is_none(), attempt.next == Next::Delivered);
    }
}
