use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use super::*;
use domain::webhook::FieldError;

fn spool() -> (tempfile::TempDir, Spool) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o700)).expect("mode");
    let spool = Spool::open(folder.path()).expect("a spool");
    (folder, spool)
}

fn webhook(id: &str, more: &str) -> String {
    format!(
        r#"{{"id":"{id}","url":"https://crm.example/in","events":["payment_*"],
             "secrets":[{{"secret":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}}]{more}}}"#
    )
}

fn document(installation: &str, fingerprint: &str) -> String {
    format!(
        r#"{{"installation":{{"id":"{installation}","fingerprint":"{fingerprint}"}},"webhooks":[{}]}}"#,
        webhook("whk_1", "")
    )
}

fn config(document: &str, revision: u64) -> Result<Config, ConfigError> {
    Config::from_json(document.as_bytes(), revision, &[])
}

#[test]
fn what_was_published_is_read_back() {
    let (_folder, spool) = spool();
    assert!(Config::load(&spool).unwrap().is_none());
    assert!(Subscriptions::load(&spool).unwrap().is_none());
    let published = config(&document("a", "here"), 7).unwrap();
    published.clone().publish(&spool, false).unwrap();
    assert_eq!(Config::load(&spool).unwrap(), Some(published));
    let subscriptions = Subscriptions::load(&spool).unwrap().unwrap();
    assert_eq!((subscriptions.revision, subscriptions.webhooks), (7, 1));
    assert_eq!(subscriptions.fingerprint.as_deref(), Some("here"));
}

#[test]
fn actions_come_back_as_they_were_given() {
    let (_folder, spool) = spool();
    // One that an older version wrote.
    let without = config(r#"{"webhooks":[],"actions":[]}"#, 1).unwrap();
    without.publish(&spool, false).unwrap();
    assert!(Subscriptions::load(&spool).unwrap().unwrap().actions.json() == "[]");
    let actions = r#"[{"z":1,"a":[true,null,1.0]},"text",[],{}]"#;
    let document = format!(r#"{{"webhooks":[],"actions":{actions}}}"#);
    config(&document, 2).unwrap().publish(&spool, false).unwrap();
    let published = Subscriptions::load(&spool).unwrap().unwrap().actions;
    assert_eq!(serde_json::to_string(&published).unwrap(), actions);
    for none in [r#"{"a":1}"#, "5", r#""text""#, "null"] {
        let error = config(&format!(r#"{{"webhooks":[],"actions":{none}}}"#), 3).unwrap_err();
        assert_eq!(error.to_string(), "the config can't be read at actions: expected a list");
    }
}

#[test]
fn the_inbox_is_a_url_that_both_files_have() {
    let (_folder, spool) = spool();
    let document = |inbox: &str| format!(r#"{{"webhooks":[],"inbox":{inbox}}}"#);
    let url = "http://network.test/?inbox=token";
    config(&document(&format!("\"{url}\"")), 1).unwrap().publish(&spool, false).unwrap();
    let inbox = || Subscriptions::load(&spool).unwrap().unwrap().inbox;
    assert_eq!(inbox().as_deref(), Some(url));
    assert_eq!(Config::load(&spool).unwrap().unwrap().inbox.as_deref(), Some(url));
    config(&document("null"), 2).unwrap().publish(&spool, false).unwrap();
    assert_eq!(inbox(), None);
    for wrong in ["ftp://network.test/", "", "http://a@network.test/"] {
        let error = config(&document(&format!("\"{wrong}\"")), 3).unwrap_err().to_string();
        assert!(error.contains("at inbox: the URL"), "{error}");
    }
}

#[test]
fn secrets_are_for_the_owner_alone() {
    let (folder, spool) = spool();
    config(&document("a", "here"), 1).unwrap().publish(&spool, false).unwrap();
    let mode = |name| folder.path().join(name).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(CONFIG_FILE), 0o600);
    let shared = std::fs::read_to_string(folder.path().join(SUBSCRIPTIONS_FILE)).unwrap();
    assert!(!shared.contains("whsec_") && !shared.contains("crm.example"));
}

#[test]
fn a_revision_never_goes_back() {
    let (_folder, spool) = spool();
    let list = format!("[{}]", webhook("whk_1", ""));
    config(&list, 5).unwrap().publish(&spool, false).unwrap();
    config(&list, 5).unwrap().publish(&spool, false).expect("the same again");
    let other = format!("[{}]", webhook("whk_2", ""));
    for revision in [4, 5] {
        let error = config(&other, revision).unwrap().publish(&spool, false).unwrap_err();
        assert!(matches!(error, ConfigError::Stale { published: 5, .. }), "{error}");
    }
    config(&other, 6).unwrap().publish(&spool, false).unwrap();
    assert_eq!(Config::load(&spool).unwrap().unwrap().webhooks[0].id, "whk_2");
}

#[test]
fn a_spool_belongs_to_one_installation_in_one_place() {
    let (_folder, spool) = spool();
    config(&document("a", "here"), 1).unwrap().publish(&spool, false).unwrap();
    let publish = |id, fingerprint, moved| {
        config(&document(id, fingerprint), 2).unwrap().publish(&spool, moved)
    };
    let other = publish("b", "here", true).unwrap_err();
    assert!(other.to_string().contains("belongs to another installation (a)"), "{other}");
    let moved = publish("a", "there", false).unwrap_err();
    assert!(moved.to_string().contains("another place (here)"), "{moved}");
    publish("a", "there", true).unwrap();
    let list = format!("[{}]", webhook("whk_1", ""));
    config(&list, 3).unwrap().publish(&spool, false).expect("a list keeps the installation");
    assert_eq!(Config::load(&spool).unwrap().unwrap().installation.unwrap().fingerprint, "there");
}

#[test]
fn errors_name_webhook_and_field() {
    let list = |second: &str| format!("[{},{second}]", webhook("whk_1", ""));
    for (document, message) in [
        (list(&webhook("whk_2", r#","timeout":"x""#)), r#"webhook "whk_2": timeout: invalid type"#),
        (
            list(&webhook("whk_2", r#","retries":[5,-1]"#)),
            r#"webhook "whk_2": retries[1]: invalid"#,
        ),
        (list(&webhook("whk_2", r#","colour":1"#)), r#"webhook "whk_2": colour: unknown field"#),
        (list(&webhook("whk_1", "")), r#"webhook "whk_1": id: there are two webhooks"#),
        (list("{}"), r#"webhook "number 2": "#),
        (list(&webhook("whk_2", r#","timeout":61"#)), r#"webhook "whk_2": timeout: 61: expected"#),
        ("7".into(), "the config can't be read at its start: expected a list of webhooks"),
        (r#"{"webhooks":7}"#.into(), "the config can't be read at webhooks: expected a list"),
        (
            r#"{"retention":{"bodies_days":-1},"webhooks":[]}"#.into(),
            "the config can't be read at retention.bodies_days: invalid value",
        ),
    ] {
        let error = config(&document, 1).expect_err(&document).to_string();
        assert!(error.starts_with(message), "{error}");
    }
}

#[test]
fn a_damaged_file_is_told_and_mended_by_publishing() {
    let (folder, spool) = spool();
    for name in [CONFIG_FILE, SUBSCRIPTIONS_FILE] {
        std::fs::write(folder.path().join(name), br#"{"format":1,"revision":"whsec_x""#).unwrap();
    }
    let error = Config::load(&spool).unwrap_err().to_string();
    assert!(error.contains("is damaged") && !error.contains("whsec_x"), "{error}");
    assert!(Subscriptions::load(&spool).is_err());
    config(&document("a", "here"), 1).unwrap().publish(&spool, false).unwrap();
    assert!(Subscriptions::load(&spool).unwrap().is_some());
}

#[test]
fn a_newer_format_is_left_alone() {
    let (folder, spool) = spool();
    let newer = br#"{"format":2,"webhooks":"in another form"}"#;
    std::fs::write(folder.path().join(CONFIG_FILE), newer).unwrap();
    let error = config(&document("a", "here"), 1).unwrap().publish(&spool, false).unwrap_err();
    assert!(matches!(error, ConfigError::Newer { found: 2, .. }), "{error}");
    assert_eq!(std::fs::read(folder.path().join(CONFIG_FILE)).unwrap(), newer);
}

#[test]
fn subscriptions_answer_by_event_and_site() {
    let (_folder, spool) = spool();
    let list = format!(
        "[{},{},{}]",
        webhook("whk_1", r#","sites":{"only":[3]},"network_events":false"#),
        webhook("whk_2", r#","sites":{"only":[3]},"network_events":false"#),
        r#"{"id":"whk_3","url":"http://crm.example/","events":["account_created"],
            "signature":"none","sites":{"except":[3]}}"#
    );
    config(&list, 1).unwrap().publish(&spool, false).unwrap();
    let mut subscriptions = Subscriptions::load(&spool).unwrap().unwrap();
    for (event, site, network, expected) in [
        ("payment_received", Some(3), false, true),
        ("payment_received", Some(4), false, false),
        ("payment_received", None, false, true),
        ("payment_received", Some(3), true, false),
        ("account_created", Some(3), false, false),
        ("account_created", Some(4), false, true),
        ("account_created", Some(3), true, true),
        ("account_deleted", None, false, false),
    ] {
        // Asked twice: the second answer comes from memory.
        for _ in 0..2 {
            assert_eq!(subscriptions.wants(event, site, network), expected, "{event} {site:?}");
        }
    }
}

#[test]
fn a_mistake_that_only_an_event_shows_is_found_when_it_is_saved() {
    let try_out = |field: &str, source: &str| {
        let document = json!({
            "examples": {"payment_received": {"total": "49.00"}, "login": {}},
            "webhooks": [{
                "id": "whk_1", "url": "https://crm.example/in", "events": ["payment_*"],
                "signature": "none", "format": if field == "template" { field } else { "standard" },
                field: source,
            }],
        });
        config(&document.to_string(), 1)
    };
    try_out("template", "{\n\"text\": {{ data.total }}\n}").expect("what the example has");
    for (field, source, place) in [
        ("template", "{\n\"text\": {{ data.totl }}\n}", "line 2, column "),
        ("condition", "data.totl > 5", "line 1, column "),
    ] {
        let error = try_out(field, source).expect_err(source).to_string();
        let told = format!("webhook \"whk_1\": {field}: with the example of payment_received: ");
        assert!(error.starts_with(&told) && error.contains(place), "{error}");
    }
}

#[test]
fn webhooks_are_judged_each_for_itself() {
    let value =
        |text: &str| serde_json::from_str::<Value>(text).map_err(|it| FieldError::new(".", it));
    let examples = Map::from_iter([("payment_received".into(), json!({"total": 5}))]);
    let list = [
        value(&webhook("whk_1", "")),
        value(&webhook("whk_2", r#","timeout":61"#)),
        value("7"),
        value("no JSON"),
        value(&webhook("whk_1", "")),
        value(&webhook("whk_3", r#","condition":"data.totl > 5""#)),
        value(&webhook("whk_4", r#","condition":"data.total > 5""#)),
        value(&webhook("whk_5", r#","timeout":61,"set_aside":{"field":"timeout","message":"61"}"#)),
        value(&webhook("no id", r#","set_aside":{"field":"id","message":"wrong"}"#)),
    ];
    let wrong = check_webhooks(list, &examples);
    let wrong: Vec<_> = wrong.iter().map(|it| (it.place, it.error.field.as_str())).collect();
    let expected = [(1, "timeout"), (2, "."), (3, "."), (4, "id"), (5, "condition"), (8, "id")];
    assert_eq!(wrong, expected);
}

#[test]
fn of_a_webhook_that_is_set_aside_what_can_be_read_is_kept_and_the_others_are_published() {
    let (_folder, spool) = spool();
    let aside = |more: &str| {
        format!(
            r#"{{"id":"whk_2","name":"Bad","url":7,"events":["payment_*"{more},
                 "set_aside":{{"field":"url","message":"invalid type"}}}}"#
        )
    };
    let publish = |bad: &str, revision| {
        let list = format!("[{},{bad}]", webhook("whk_1", ""));
        config(&list, revision).unwrap().publish(&spool, false).unwrap();
        let config = Config::load(&spool).unwrap().unwrap();
        (config.webhooks[0].clone(), config.webhooks[1].clone())
    };
    let (good, bad) =
        publish(&aside(r#"],"timeout":"x","colour":1,"paused":true,"sites":{"only":[3]}"#), 1);
    assert!(good.set_aside.is_none());
    assert_eq!((bad.url.as_str(), bad.timeout, bad.paused), ("", 15, true));
    assert_eq!(
        (bad.sites, bad.events),
        (domain::webhook::Sites::Only(vec![3]), vec!["payment_*".to_owned()])
    );
    assert!(!bad.set_aside.unwrap().unsure, "it wants what it wanted");
    let mut subscriptions = Subscriptions::load(&spool).unwrap().unwrap();
    assert!(subscriptions.wants("payment_received", Some(3), false));
    // Whether it wants an event can't be told where these can't be read.
    for (number, unsure) in [
        r#","NO NAME"]"#,
        r#"],"sites":{"only":["3"]}"#,
        r#"],"condition":"data.total >""#,
        r#"],"condition":7"#,
        r#"],"network_events":"no""#,
    ]
    .into_iter()
    .enumerate()
    {
        let (_, bad) = publish(&aside(unsure), number as u64 + 2);
        assert_eq!(bad.events, ["payment_*"], "{unsure}");
        assert!(bad.set_aside.unwrap().unsure, "{unsure}");
    }
    let error = config(r#"[{"id":"","set_aside":{"field":"id","message":"is missing"}}]"#, 9);
    assert!(error.unwrap_err().to_string().contains("id: expected 1 to 64"));
}

#[test]
fn a_spool_that_was_given_up_or_is_empty_in_the_same_place_is_taken_over() {
    let (_folder, spool) = spool();
    let installation = |document: &str, revision| {
        config(document, revision).unwrap().publish(&spool, false).unwrap();
        let published = Config::load(&spool).unwrap().unwrap();
        assert!(!published.release, "it is not kept");
        published.installation.map(|ours| ours.id)
    };
    assert_eq!(installation(&document("a", "here"), 1).as_deref(), Some("a"));
    let gone = r#"{"webhooks":[],"release":true,"installation":{"id":"a","fingerprint":"here"}}"#;
    assert_eq!(installation(gone, 2), None);
    assert_eq!(Subscriptions::load(&spool).unwrap().unwrap().fingerprint, None);
    assert_eq!(installation(&document("b", "there"), 3).as_deref(), Some("b"));
    let other = r#"{"webhooks":[],"release":true,"installation":{"id":"a","fingerprint":"here"}}"#;
    let error = config(other, 4).unwrap().publish(&spool, false).unwrap_err().to_string();
    assert!(error.contains("belongs to another installation (b)"), "only its owner: {error}");
    let empty = r#"{"webhooks":[],"installation":{"id":"b","fingerprint":"there"}}"#;
    assert_eq!(installation(empty, 5).as_deref(), Some("b"));
    let error = config(&document("c", "here"), 6).unwrap().publish(&spool, false).unwrap_err();
    assert!(matches!(error, ConfigError::OtherInstallation { .. }), "another place: {error}");
    assert_eq!(installation(&document("c", "there"), 6).as_deref(), Some("c"));
}

#[test]
fn half_a_million_numbers_were_read_as_half_a_million_webhooks() {
    let read = |webhooks: String| Config::from_json(webhooks.as_bytes(), 1, &[]).unwrap_err();
    let list = |one: &str, number: usize| format!("[{}]", vec![one; number].join(","));
    let error = read(list("7", 500_000)).to_string();
    assert!(error.ends_with("webhooks: expected at most 50000 webhooks, got 500000"), "{error}");
    let error = read(format!(r#"{{"webhooks":{}}}"#, list("7", 50_001))).to_string();
    assert!(error.ends_with("got 50001"), "{error}");
    assert!(
        matches!(read(list("7", 50_000)), ConfigError::Webhook { webhook, .. } if webhook == "number 1")
    );
    let names: Vec<_> = (0..101).map(|number| format!(r#""{number}.":1"#)).collect();
    let error = read(format!("{{{}}}", names.join(","))).to_string();
    assert!(error.contains("expected a list of webhooks, or the document"), "{error}");
    let deep = format!("[{}{}]", "[".repeat(100_000), "]".repeat(100_000));
    assert!(matches!(read(deep), ConfigError::Webhook { webhook, .. } if webhook == "number 1"));
}

#[test]
fn an_overview_says_what_the_whole_says() {
    let (_folder, spool) = spool();
    assert!(Overview::load(&spool).unwrap().is_none());
    let webhooks = [
        webhook("whk_1", r#","name":"One","paused":true"#),
        webhook("whk_2", r#","set_aside":{"field":"timeout","message":"no"}"#),
    ];
    let config =
        config(&format!(r#"{{"held":"copy","webhooks":[{}]}}"#, webhooks.join(",")), 5).unwrap();
    config.clone().publish(&spool, false).unwrap();
    let seen = Overview::load(&spool).unwrap().expect("a config");
    assert_eq!((seen.revision, seen.held, seen.allow), (5, config.held, config.allow));
    assert_eq!(seen.installation, config.installation);
    let named: Vec<_> =
        seen.webhooks.into_iter().map(|it| (it.id, it.name, it.paused, it.set_aside)).collect();
    let expected: Vec<_> =
        config.webhooks.into_iter().map(|it| (it.id, it.name, it.paused, it.set_aside)).collect();
    assert_eq!(named, expected);
}
