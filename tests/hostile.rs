//! Input that is made to hurt: whatever at most a megabyte of it asks for, it takes no more than
//! 64 MiB above what the process has anyway, a second of CPU, and 256 KiB of stack.

mod delivery_server;
mod limits;

use std::fmt::Write as _;

use delivery_server::*;
use limits::{STACK, within_limits};
use serde_json::json;
use webhooks::delivery::format::Formatter;
use webhooks::delivery::template::{Condition, Envelope, Template};
use webhooks::delivery::url::WebhookUrl;

fn short(text: &str) -> String {
    let text = text.replace('\n', " ");
    if text.len() < 90 {
        text
    } else {
        format!("{}… ({} bytes)", &text[..text.floor_char_boundary(80)], text.len())
    }
}

/// Data of about a megabyte in which a template finds whatever it likes to work on.
fn data() -> String {
    let mut data = String::from(r#"{"text":""#);
    data.push_str(&"a b,".repeat(50_000));
    data.push_str(r#"","list":["#);
    for number in 0..20_000 {
        let _ = write!(data, "{}\"{number:08}\"", if number > 0 { "," } else { "" });
    }
    data.push_str(r#"],"maps":["#);
    for number in 0..10_000 {
        let _ = write!(
            data,
            "{}{{\"a\":{number},\"b\":\"{number:06}\"}}",
            if number > 0 { "," } else { "" }
        );
    }
    data.push_str(r#"],"map":{"#);
    for number in 0..10_000 {
        let _ = write!(data, "{}\"{number}\":{number}", if number > 0 { "," } else { "" });
    }
    let _ = write!(data, r#"}},"n":7,"deep":{}1{}}}"#, r#"{"k":["#.repeat(255), "]}".repeat(255));
    assert!(data.len() < 1_000_000, "{}", data.len());
    data
}

/// What every filter, test, function and operator is given, each with something that hurts.
fn templates() -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let filters = [
        "safe",
        "lower",
        "upper",
        "title",
        "capitalize",
        "length",
        "count",
        "dictsort",
        "dictsort(by='value')",
        "items",
        "reverse",
        "trim",
        "trim('ab ,')",
        "lines",
        "default(data)",
        "d(data)",
        "round",
        "abs",
        "int",
        "float",
        "attr('a')",
        "attr(data)",
        "first",
        "last",
        "min",
        "max",
        "min(attribute='b')",
        "sort",
        "sort(attribute='b')",
        "sort(attribute='b,a,b,a')",
        "list",
        "bool",
        "select",
        "select('in', data.text)",
        "select('in', data.list)",
        "reject('in', data.text)",
        "select('eq', data.text)",
        "selectattr('a')",
        "selectattr('b', 'in', data.text)",
        "rejectattr('b', 'in', data.list)",
        "map('upper')",
        "map(attribute='a')",
        "map('default', data)",
        "map('replace', '0', data.text)",
        "map('tojson')",
        "map('list')",
        "map('string')",
        "groupby('a')",
        "groupby('b')",
        "unique",
        "unique(attribute='b')",
        "zip(data.list)",
        "zip(data.text)",
        "urlencode",
        "md5",
        "map('md5')",
        "date",
        "date(data.text)",
        "map('date', '%255Y' * 40)",
        "truncate(1000000)",
        "truncate(1000, data.text)",
        "map('truncate', 1, data.text)",
        "path(data.text)",
        "path('maps.9999.b')",
        "map('path', data.text)",
        "filled",
        "escape",
        "e",
        "replace('', data.text)",
        "replace('a', data.text)",
        "replace('a', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')",
        "replace(data.text, '')",
        "join",
        "join(data.text)",
        "join(', ', attribute='b')",
        "join(data.text, attribute='b')",
        "split",
        "split('')",
        "split('a')",
        "split(' ', 3)",
        "string",
        "sum",
        "sum(start='')",
        "sum(start=[])",
        "sum(attribute='a')",
        "chain(data.list)",
        "chain(data.map)",
        "chain(data.text)",
        "tojson",
        "tojson(indent=4)",
        "tojson(indent=100000)",
        "tojson(1000000000)",
        // Not there, and not to come back unbounded.
        "batch(100000000000, 0)",
        "format(data)",
        "indent(100000000000)",
        "pprint",
        "slice(100000000000)",
    ];
    let values = [
        "data",
        "data.text",
        "data.list",
        "data.maps",
        "data.map",
        "data.n",
        "data.deep",
        "range(100000)",
    ];
    for value in values {
        for filter in filters {
            let filtered = format!("{{{{ {value}|{filter} }}}}");
            let repeated = format!(
                "{{% for i in range(100000) %}}{{% set x = {value}|{filter} %}}{{% endfor %}}"
            );
            // Every filter has to do with every value; how often depends on the value alone.
            match value {
                "data.text" | "data.maps" => all.extend([filtered, repeated]),
                _ => all.push(filtered),
            }
        }
        let most = matches!(value, "data" | "data.text" | "data.list");
        for test in [
            "undefined",
            "defined",
            "none",
            "safe",
            "escaped",
            "boolean",
            "odd",
            "even",
            "divisibleby 3",
            "number",
            "integer",
            "int",
            "float",
            "string",
            "sequence",
            "iterable",
            "mapping",
            "startingwith data.text",
            "endingwith data.text",
            "lower",
            "upper",
            "sameas data",
            "eq data",
            "equalto data.list",
            "ne data",
            "lt data",
            "lessthan data",
            "le data",
            "gt data",
            "greaterthan data",
            "ge data",
            "in data",
            "in data.list",
            "in data.text",
            "true",
            "false",
            "filter",
            "test",
        ]
        .into_iter()
        .filter(|_| value == "data.text")
        {
            all.push(format!(
                "{{% for i in range(100000) %}}{{% if {value} is {test} %}}x{{% endif %}}{{% endfor %}}"
            ));
        }
        let others = ["data", "data.text", "1000000", "[data, data]"];
        for other in others.into_iter().filter(|_| most) {
            for operator in [
                "+", "-", "*", "/", "//", "%", "**", "~", "==", "!=", "<", "<=", ">", ">=", "in",
                "not in", "and", "or",
            ] {
                all.push(format!(
                    "{{% for i in range(100000) %}}{{% set x = {value} {operator} {other} %}}{{% endfor %}}"
                ));
            }
            all.push(format!(
                "{{% for i in range(100000) %}}{{{{ {value}[{other}] }}}}{{% endfor %}}"
            ));
        }
        if !most {
            continue;
        }
        for slice in ["[:]", "[::-1]", "[1:-1]", "[::7]", "[5000:1:-3]", "[:100000000000]"] {
            all.push(format!(
                "{{% for i in range(100000) %}}{{% set x = {value}{slice} %}}{{% endfor %}}"
            ));
        }
        all.push(format!("{{% for i in range(100000) %}}{{{{ {value} }}}}{{% endfor %}}"));
        all.push(format!("{{% for i in {value} %}}{{% for j in {value} %}}{{{{ j }}}}{{% endfor %}}{{% endfor %}}"));
        all.push(format!("{{% set x %}}{{% for i in range(100000) %}}{{{{ {value} }}}}{{% endfor %}}{{% endset %}}"));
        all.push(format!("{{% filter upper %}}{{% for i in range(100000) %}}{{{{ {value} }}}}{{% endfor %}}{{% endfilter %}}"));
        all.push(format!("{{% for i in range(100000) %}}{{% if loop.changed({value}) %}}{{% endif %}}{{% endfor %}}"));
        all.push(format!("{{% for i in range(100000) %}}{{% set x = loop.cycle({value}, {value}) %}}{{% endfor %}}"));
        all.push(format!(
            "{{% for i in {value} recursive %}}{{{{ loop({value}) }}}}{{% endfor %}}"
        ));
        all.push(format!("{{% for i in {value} if i != {value} %}}{{{{ i }}}}{{% endfor %}}"));
        all.push(format!("{{% for a, b in {value} %}}{{{{ a }}}}{{% endfor %}}"));
        all.push(format!("{{% autoescape {value} %}}{{{{ {value} }}}}{{% endautoescape %}}"));
        all.push(format!("{{% with x = {value}|list %}}{{{{ x|length }}}}{{% endwith %}}"));
        all.push(format!("{{% do range({value}) %}}"));
        all.push(format!(
            "{{{{ dict({value}, a={value})|length }}}}{{{{ [{value}, {{'k': {value}}}] }}}}"
        ));
        all.push(format!("{{{{ range(*{value}, *{value}) }}}}{{{{ dict(**{value}) }}}}"));
        all.push(format!("{{{{ {{{value}: 1}} }}}}{{{{ -{value} }}}}{{{{ not {value} }}}}"));
        // What doubles, what nests, and what is made of what was made.
        for change in [
            "x ~ x",
            "x + x",
            "x * 2",
            "[x, x]",
            "(x,)",
            "{'a': x, 'b': x}",
            "x|reverse",
            "x[:]",
            "x|items",
            "x|zip(x)",
            "x|chain(x)",
            "x|map('string')",
            "x|groupby(0)",
            "dict(a=x)",
            "x|list",
            "[x]|map('list')|list",
            "x|string",
            "x|tojson",
            "x|dictsort",
            "x|sort",
            "x|select|list",
        ] {
            let changes = format!("{{% set x = {change} %}}").repeat(2000);
            all.push(format!("{{% set x = {value} %}}{changes}"));
            let changes = format!("{{% set x = {change} %}}").repeat(28);
            all.push(format!("{{% set x = {value} %}}{changes}{{{{ x }}}}{{{{ x == x }}}}"));
        }
    }
    all.push(format!("{{% for i in range(100000) %}}{}{{% endfor %}}", "x".repeat(60_000)));
    all.push(format!(
        "{{% set x %}}{{% for i in range(100000) %}}{}{{% endfor %}}{{% endset %}}",
        "x".repeat(60_000)
    ));
    all.push(format!(
        "{{% for i in range(100000) %}}{{{{ 'x' == '{}' }}}}{{% endfor %}}",
        "x".repeat(60_000)
    ));
    all.push("{{ ['x' * 100000000, 'x' * 100000000] }}".into());
    all.push("{{ 'x' * 100000000 ~ 'x' * 100000000 }}".into());
    all.push("{{ [0] * 100000000 }}{{ (1, 2) * 100000000 }}".into());
    all.push("{{ [[0] * 1000] * 1000 }}".into());
    all
}

#[test]
fn no_filter_test_or_operator_takes_what_the_process_has() {
    let event = event_with(&data());
    let all = templates();
    let count = all.len();
    let mut rendered = 0;
    for source in all {
        let types = ["text/plain", "application/json"];
        // As JSON only what is written is another.
        let types = if source.starts_with("{{") { &types[..] } else { &types[..1] };
        for content_type in types {
            let content_type = *content_type;
            let (template, body) = (source.clone(), event.body.clone());
            let result = within_limits(&short(&source), move || {
                let template = Template::parse(&template, Some(content_type));
                template.and_then(|template| template.render(&body)).map(|body| body.len())
            });
            rendered += usize::from(result.is_ok());
            assert!(result.as_ref().is_ok_and(|size| *size <= 1 << 20) || result.is_err());
        }
    }
    // Else nothing was tried.
    assert!(count > 1000 && rendered > count / 8, "{rendered} of {count}");
}

#[test]
fn conditions_are_bounded_alike() {
    let event = event_with(&data());
    for source in [
        "data.list|select('in', data.text)|list|length > 0",
        "data.list|reject('in', data.list)|list",
        "data.text|replace('a', data.text)|length > 0",
        "data.maps|map('tojson')|join(data.text)",
        "data == data and data.maps == data.maps|list and data.deep in [data.deep]",
        "data.deep < data.deep or data.deep ~ data.deep == 'x'",
        "'x' * 100000000 == 'x' * 100000000",
    ] {
        let (condition, body) = (source.to_owned(), event.body.clone());
        let _ = within_limits(source, move || {
            Condition::parse(&condition)?.holds(&Envelope::of(&body))
        });
    }
}

#[test]
fn urls_are_bounded_alike() {
    let event = event_with(&data());
    for value in [
        "data.text",
        "data.text|upper|lower|md5",
        "data.list|select('in', data.text)|list|length",
        "data.list|join(data.text)",
        "data.deep ~ data.maps",
        "('x' * 4000000)|md5",
        "range(100000)|map('string')|join",
    ] {
        for source in [
            format!("https://a.test/{{{{ {value} }}}}"),
            format!("https://a.test/?{}", format!("{{{{ {value} }}}}").repeat(20)),
        ] {
            let body = event.body.clone();
            let _ = within_limits(&short(&source.clone()), move || {
                WebhookUrl::parse(&source, &[])
                    .map_err(|error| error.to_string())?
                    .of(&body)
                    .map(|url| assert!(url.url.as_str().len() <= 2048))
                    .map_err(|error| error.to_string())
            });
        }
    }
}

/// Sources that nest, as deep as `count` says, and whether it is a template.
fn nested(count: usize) -> Vec<(String, bool)> {
    let chain = |operator: &str| format!("1{}", format!("{operator}1").repeat(count));
    let mut all = vec![
        ("-".repeat(count) + "1", false),
        ("not ".repeat(count) + "1", false),
        ("- ".repeat(count) + "data.n" + &".a".repeat(count), false),
        (format!("{}1{}", "(".repeat(count), ")".repeat(count)), false),
        (format!("{}1{}", "[".repeat(count), "]".repeat(count)), false),
        (format!("{}1{}", "{'a':".repeat(count), "}".repeat(count)), false),
        (format!("data{}", ".a".repeat(count)), false),
        (format!("data{}", "[0]".repeat(count)), false),
        (format!("data{}", "[0:1]".repeat(count)), false),
        (format!("data{}", "|list".repeat(count)), false),
        (format!("data{}", " is defined".repeat(count)), false),
        (format!("data{}", "()".repeat(count)), false),
        (format!("range{}1{}", "(range".repeat(count), ")".repeat(count)), false),
        (format!("{}1{}", "data|default(".repeat(count), ")".repeat(count)), false),
        (format!("1{}", " if 1 else 1".repeat(count)), false),
        (format!("1{}", " if 1".repeat(count)), false),
        (format!("data[{}0{}", "data[".repeat(count), "]".repeat(count + 1)), false),
        (format!("{}1", "1 + -".repeat(count)), false),
        (format!("{}1", "(1 + ".repeat(count)), false),
        (format!("{}1{}", "(1 + 1 + 1 + 1 + 1 + ".repeat(count), ")".repeat(count)), false),
        ("(".repeat(count), false),
    ];
    for operator in [
        "+", "-", "*", "/", "//", "%", "**", "~", " == ", " < ", " in ", " not in ", " and ",
        " or ",
    ] {
        all.push((chain(operator), false));
    }
    for (open, close) in [
        ("{% if 1 %}", "{% endif %}"),
        ("{% for a in [1] %}", "{% endfor %}"),
        ("{% with a = 1 %}", "{% endwith %}"),
        ("{% set a %}", "{% endset %}"),
        ("{% filter upper %}", "{% endfilter %}"),
        ("{% autoescape false %}", "{% endautoescape %}"),
        ("{% if 0 %}{% else %}", "{% endif %}"),
    ] {
        all.push((format!("{}x{}", open.repeat(count), close.repeat(count)), true));
        all.push((open.repeat(count), true));
    }
    all.push((format!("{{% if 0 %}}{}{{% endif %}}", "{% elif 0 %}".repeat(count)), true));
    // All at once, each as deep as it may be.
    let brackets = count.min(19);
    let inner = format!("{}1{}{}", "(".repeat(brackets), ")".repeat(brackets), " + 1".repeat(60));
    let blocks = count.min(38);
    for (open, close) in [("{% for a in [1] %}", "{% endfor %}"), ("{% set a %}", "{% endset %}")] {
        all.push((
            format!("{}{{{{ {inner} }}}}{}", open.repeat(blocks), close.repeat(blocks)),
            true,
        ));
    }
    let templates = all.iter().filter(|(_, is_template)| !is_template);
    let mut templates: Vec<_> =
        templates.map(|(source, _)| (format!("{{{{ {source} }}}}"), true)).collect();
    all.append(&mut templates);
    all
}

#[test]
fn the_depth_of_a_source_takes_no_stack() {
    // From what just passes to what fills all that a source may have.
    let body = event_with(r#"{"n":1}"#).body;
    let (mut taken, mut refused) = (0, 0);
    for count in [
        1, 5, 10, 15, 19, 20, 21, 30, 38, 39, 40, 41, 50, 70, 90, 95, 97, 98, 99, 100, 101, 500,
        4000, 30_000,
    ] {
        for (source, is_template) in nested(count) {
            let body = body.clone();
            let parse_and_run = move || {
                if is_template {
                    let template = Template::parse(&source, Some("text/plain"));
                    template.map(|template| drop(template.render(&body)))
                } else {
                    Condition::parse(&source).map(|condition| {
                        drop(condition.holds(&Envelope::of(&body)));
                        drop(condition.values(&body));
                    })
                }
            };
            let thread = std::thread::Builder::new().stack_size(STACK).spawn(parse_and_run);
            match thread.unwrap().join().unwrap() {
                Ok(()) => taken += 1,
                Err(_) => refused += 1,
            }
        }
    }
    assert!(taken > 400 && refused > 400, "{taken} taken, {refused} refused");
}

#[test]
fn templates_that_nest_as_people_write_them_are_taken() {
    for (source, is_template) in nested(10) {
        // What is wrong with some of them is not their depth.
        let error = if is_template {
            Template::parse(&source, Some("text/plain")).map(drop)
        } else {
            Condition::parse(&source).map(drop)
        };
        let message = error.map_or_else(|error| error.to_string(), |()| String::new());
        assert!(!message.contains("nested"), "{source}: {message}");
    }
}

#[test]
fn no_format_multiplies_a_payload() {
    let deep = |levels: usize, leaves: &str| {
        format!("{}{leaves}{}", r#"{"k":"#.repeat(levels), "}".repeat(levels))
    };
    let wide =
        |leaf: &str, size: usize| format!("[{}]", vec![leaf; size / (leaf.len() + 1)].join(","));
    let payloads = [
        deep(500, &wide("0", 28_000)),
        deep(500, &wide("0", 990_000)),
        deep(500, &wide("[0]", 990_000)),
        format!("{{\"{}\":{}}}", "k".repeat(900_000), wide("0", 90_000)),
        format!("{{\"{}\":{}}}", "ä".repeat(200_000), wide(r#"{"a":0}"#, 500_000)),
        wide("[]", 990_000),
        wide(r#"{"a":0}"#, 990_000),
        wide(r#""/é""#, 990_000),
        format!("\"{}\"", "/".repeat(990_000)),
        format!("\"{}\"", "é".repeat(490_000)),
        wide("1.0e+25", 990_000),
    ];
    let all = [
        json!({"format": "standard"}),
        json!({"format": "flat"}),
        json!({"format": "woocommerce"}),
        json!({"format": "v1"}),
        json!({"format": "cloudevents"}),
        json!({"format": "cloudevents-binary"}),
        json!({"format": "template", "template": "{{ data }}"}),
        json!({"format": "template", "template": "{{ data|tojson }}"}),
        json!({"format": "template", "template": "{{ data|tojson(indent=8) }}"}),
        json!({"format": "template", "template": "{{ data.k }}", "content_type": "text/plain"}),
        json!({"fields": ["k.k.k.k", "*.*.a", "k.*", "*.k.*.k"]}),
        json!({"fields": (0..120).map(|depth| format!("{}k.x", "*.".repeat(depth))).collect::<Vec<_>>()}),
        json!({"format": "v1", "fields": ["*.*.*"]}),
    ];
    let mut large = 0;
    for payload in payloads {
        let event = event_with(&payload);
        for more in &all {
            let formatter = Formatter::new(&webhook("https://a.test/", more.clone())).unwrap();
            let event = event.clone();
            let size = within_limits(&format!("{more} of {}", short(&payload)), move || {
                formatter.format(&event).map(|payload| payload.body.len())
            });
            large = large.max(size.unwrap_or(0));
        }
    }
    assert!((1 << 20..=5 << 20).contains(&large), "{large}");
}
