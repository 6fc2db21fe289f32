//! The documentation says what the code does.

use std::collections::BTreeSet;

use webhooks::webhook::Webhook;

const DELIVERY: &str = include_str!("../docs/delivery.md");

#[test]
fn every_field_of_a_webhook_is_documented() {
    let (_, section) = DELIVERY.split_once("## Fields of a webhook").expect("a section");
    let (section, _) = section.split_once("\n## ").expect("a section after it");
    let documented: BTreeSet<_> = section
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(field, _)| field.to_owned())
        .collect();
    // Of one that was set aside, as only that one has all of them.
    let least = r#"{"id": "crm", "url": "https://crm.example/", "events": ["*"],
        "set_aside": {"field": "url", "message": "no URL"}}"#;
    let webhook: Webhook = serde_json::from_str(least).expect("a webhook");
    let webhook = serde_json::to_value(webhook).expect("JSON");
    let fields = webhook.as_object().expect("an object").keys().cloned().collect();
    assert_eq!(documented, fields);
}

#[test]
fn the_diagram_of_states_is_that_of_the_code() {
    let source = include_str!("../src/domain/state.rs");
    let (_, diagram) = source.split_once("//! ```text\n").expect("a diagram");
    let (diagram, _) = diagram.split_once("//! ```").expect("its end");
    let diagram: String =
        diagram.lines().map(|line| line.trim_start_matches("//! ").to_owned() + "\n").collect();
    assert!(DELIVERY.contains(&diagram), "{diagram}");
}
