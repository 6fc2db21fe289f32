//! Templates and conditions: what they can do, what they are kept from, and where a mistake is
//! found.

mod delivery_server;

use delivery_server::*;
use serde_json::{Value, json};
use webhooks::delivery::template::{
    Condition, Envelope, MAX_OUTPUT, Template, check_condition, check_content_type, check_template,
};

fn render(source: &str, content_type: Option<&str>, data: &str) -> Result<String, String> {
    Template::parse(source, content_type)
        .and_then(|template| template.render(&event_with(data).body))
        .map(|body| String::from_utf8(body).unwrap())
        .map_err(|error| error.to_string())
}

fn json_of(source: &str, data: &str) -> String {
    render(source, None, data).unwrap()
}

#[test]
fn values_bring_their_own_quotes_in_json() {
    let data = r#"{"name":"\"quoted\" \\ ä \u2028 </script>","total":10.0,"price":10.1,"n":12345678901234567,"tags":["a",null,true],"none":null}"#;
    assert_eq!(
        json_of(
            r#"{"text": {{ data.name }}, "n": [{{ data.total }}, {{ data.price }}, {{ data.n }}]}"#,
            data
        ),
        "{\"text\": \"\\\"quoted\\\" \\\\ ä \u{2028} </script>\", \"n\": [10.0, 10.1, 12345678901234567]}"
    );
    assert_eq!(
        json_of(r#"[{{ data.tags }}, {{ data.none }}]"#, data),
        r#"[["a",null,true], null]"#
    );
    assert_eq!(
        json_of(r#"{{ "Paid: " ~ data.total ~ " by " ~ type }}"#, data),
        r#""Paid: 10.0 by payment_received""#
    );
}

#[test]
fn a_slack_message_is_a_template() {
    let source = r#"{"text": {{ "%s: %s"|replace("%s", type, 1) }}, "blocks": [
        {%- for item in data.items %}{"type": "section", "text": {"type": "mrkdwn", "text": {{ item.name }}}}{{ "," if not loop.last }}{% endfor -%}
    ]}"#;
    // The comma is text of the template, not a value: it is marked as such.
    let source =
        source.replace(r#"{{ "," if not loop.last }}"#, "{% if not loop.last %},{% endif %}");
    let source = source.replace(r#"{{ "%s: %s"|replace("%s", type, 1) }}"#, "{{ type }}");
    let body = json_of(&source, r#"{"items":[{"name":"a \"b\""},{"name":"c"}]}"#);
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["blocks"][0]["text"]["text"], "a \"b\"");
    assert_eq!(body["blocks"].as_array().unwrap().len(), 2);
}

#[test]
fn keys_keep_their_order() {
    let data = r#"{"z":1,"a":2,"m":{"y":1,"b":2}}"#;
    assert_eq!(json_of("{{ data }}", data), data);
}

#[test]
fn other_content_types_escape_as_they_need() {
    let data = r#"{"name":"<b>&\" ä"}"#;
    let rendered = |content_type| render("{{ data.name }}", Some(content_type), data).unwrap();
    assert_eq!(rendered("text/plain; charset=utf-8"), "<b>&\" ä");
    assert_eq!(rendered("text/html"), "&lt;b&gt;&amp;&quot; ä");
    assert_eq!(rendered("application/vnd.api+json"), r#""<b>&\" ä""#);
    let form =
        render("a={{ data.name|urlencode }}", Some("application/x-www-form-urlencoded"), data);
    assert_eq!(form.unwrap(), "a=%3Cb%3E%26%22%20%C3%A4");
}

#[test]
fn a_template_is_sent_with_its_content_type() {
    let server = Server::start(|_, to| respond(to, "200 OK", "", b""));
    let webhook = webhook(
        &server.url(),
        json!({
            "format": "template", "template": "{{ data.payment_total }} paid", "content_type": "text/plain",
        }),
    );
    let attempt = attempt(&webhook);
    assert_eq!(attempt.failure, None);
    assert_eq!(attempt.request_body.as_deref(), Some(&b"10.00 paid"[..]));
    let request = server.next();
    assert_eq!(
        (request.header("content-type"), &*request.body),
        (Some("text/plain"), &b"10.00 paid"[..])
    );
}

#[test]
fn mistakes_are_found_with_line_and_column() {
    for (source, line, column, part) in [
        ("{\n  \"a\": {{ data.x }},\n  \"b\": {{ dta.y }}\n}", 3, 11, "dta"),
        ("{\n\"a\": {{ data.y.z }}}", 2, 9, "undefined"),
        ("ä{{ data.y }}", 1, 5, "data.y"),
        ("{{ data.x|nofilter }}", 1, 11, "nofilter"),
        ("{{ data.x", 1, 0, "end of input"),
        ("{% for x in data %}", 1, 0, "end of input"),
        ("{% if %}{% endif %}", 1, 0, "unexpected"),
        ("{% include 'x' %}", 1, 0, "include"),
        ("{% extends 'x' %}", 1, 0, "extends"),
        ("{% macro a() %}{% endmacro %}", 1, 0, "macro"),
        ("{{ data.x + 'a' }}", 1, 4, "data.x + 'a'"),
        ("{{ data.x|int(1, 2, 3) }}", 1, 11, "arguments"),
    ] {
        let error =
            check_template(source, None, &json!({"type": "t", "data": {"x": 1}})).unwrap_err();
        assert_eq!(error.line, line, "{source}: {error}");
        if column > 0 {
            assert_eq!(error.column, column, "{source}: {error}");
        }
        assert!(
            error.to_string().starts_with(&format!("line {line}, column ")),
            "{source}: {error}"
        );
        assert!(error.message.contains(part), "{source}: {error}");
    }
}

#[test]
fn output_that_is_not_json_is_a_mistake() {
    let error = render(r#"{"text": "{{ data.name }}"}"#, None, r#"{"name":"a"}"#).unwrap_err();
    assert!(error.contains("not JSON") && error.contains("quotes"), "{error}");
    assert!(render("", None, "{}").unwrap_err().contains("empty"));
}

#[test]
fn a_template_can_not_run_or_grow_for_ever() {
    let endless =
        "{% for a in range(1000) %}{% for b in range(1000) %}{{ a }}{% endfor %}{% endfor %}";
    assert!(render(endless, Some("text/plain"), "{}").unwrap_err().contains("too many steps"));
    let large = format!("{{{{ 'x' * {} }}}}", MAX_OUTPUT + 1);
    assert!(render(&large, Some("text/plain"), "{}").unwrap_err().contains("exceeds"));
    let fits = format!("{{{{ 'x' * {MAX_OUTPUT} }}}}");
    assert_eq!(render(&fits, Some("text/plain"), "{}").unwrap().len(), MAX_OUTPUT);
    let deep = format!("{{{{ {}1{} }}}}", "(".repeat(10_000), ")".repeat(10_000));
    assert!(render(&deep, None, "{}").is_err());
    for unbounded in [
        "{{ 'x'|indent(100000000000) }}",
        "{{ '%1000000000d'|format(1) }}",
        "{{ []|slice(100000000000)|list }}",
        "{{ [1]|batch(100000000000, 0)|list }}",
        "{{ namespace() }}",
        "{{ debug() }}",
        "{{ 'x' * 1000000000000 }}",
    ] {
        assert!(render(unbounded, Some("text/plain"), "{}").is_err(), "{unbounded}");
    }
}

#[test]
fn errors_do_not_quote_values_of_the_event() {
    let data = r#"{"secret":"hunter2","n":"hunter3"}"#;
    for source in [
        "{{ data.secret + 1 }}",
        "{{ data.secret|int }}",
        "{{ data.secret.x.y }}",
        "{{ data[data.secret].x }}",
        "{{ data.secret|map('x')|list }}",
        "{{ data.secret() }}",
        "{{ data.n < [] }}{{ data.n|round }}",
        "\"{{ data.n }}",
        "{{ range(data.secret) }}",
        "{{ data.secret is divisibleby(data.n) }}",
        "{{ data|attr(data.secret)|upper }}",
        "{{ [1]|sum(data.secret) }}",
    ] {
        if let Err(error) = render(source, None, data) {
            assert!(!error.contains("hunter"), "{source}: {error}");
        }
    }
}

fn holds(source: &str, data: &str) -> Result<bool, String> {
    Condition::parse(source)
        .and_then(|condition| condition.holds(&Envelope::of(&event_with(data).body)))
        .map_err(|error| error.to_string())
}

#[test]
fn conditions_see_the_envelope() {
    let data = r#"{"payment_total_raw":100,"email":"a@b.test","tags":["new"]}"#;
    for (source, expected) in [
        ("data.payment_total_raw >= 100 and site.id in [2, 3]", true),
        ("data.payment_total_raw > 100", false),
        ("type == 'payment_received'", true),
        ("source == 'woocommerce' and 'new' in data.tags", true),
        ("data.email is endingwith('@b.test')", true),
        ("data.missing is defined", false),
        ("scope == 'network'", false),
        ("actor", false),
        ("data.tags", true),
        ("not data.tags", false),
    ] {
        assert_eq!(holds(source, data), Ok(expected), "{source}");
    }
}

#[test]
fn mistakes_in_conditions_are_found() {
    let example = json!({"type": "t", "data": {"x": 1}});
    for (source, column, part) in [
        ("data.x >=", 0, "end of input"),
        ("data.x = 1", 8, "unexpected"),
        ("1 < data.y", 5, "data.y"),
        ("dta.x > 1", 1, "dta"),
        ("data.x %}", 0, "unexpected"),
        ("", 0, "end of input"),
    ] {
        let error = check_condition(source, &example).unwrap_err();
        assert!(column == 0 || error.column == column, "{source}: {error}");
        assert!(error.message.contains(part), "{source}: {error}");
    }
    assert_eq!(check_condition("data.x > 0", &example), Ok(()));
}

#[test]
fn content_types_are_checked() {
    for text in ["application/json", "text/plain; charset=utf-8", "application/vnd.api+json"] {
        assert!(check_content_type(text).is_ok(), "{text}");
    }
    for text in ["", "json", "a/", "/b", "a b/c", "text/plain\r\nX: y", "text/plän", "a/b/c"] {
        assert!(check_content_type(text).is_err(), "{text}");
    }
}

#[test]
fn a_sender_asks_the_condition() {
    let sender = sender();
    let with = |condition: &str| webhook("https://a.test/", json!({"condition": condition}));
    let event = event_with(r#"{"x":1}"#);
    assert_eq!(sender.accepts(&with("data.x == 1"), &event), Ok(true));
    assert_eq!(sender.accepts(&with("data.x == 2"), &event), Ok(false));
    assert_eq!(sender.accepts(&webhook("https://a.test/", json!({})), &event), Ok(true));
    for mistake in ["data.y == 1", "data.x =="] {
        let failure = sender.accepts(&with(mistake), &event).unwrap_err();
        assert_eq!((failure.phase.as_str(), &*failure.code), ("prepare", "condition"));
    }
}
