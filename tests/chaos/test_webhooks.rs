//! The webhooks of a run: each has events of its own, and an end that their deliveries must have.
//!
//! An event goes to one webhook only, so that every id has one line in `log.txt`, and every line
//! of `received.txt` beyond an id's first is a duplicate.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use testkit::random::Random;
use webhooks::store::State;

/// How the deliveries of a webhook end, once all has healed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    Delivered,
    /// Paused from the first to the last.
    Held,
    /// A template that can't be rendered.
    Failed,
    /// A condition that takes even numbers.
    EvenOnly,
    /// Deleted while its endpoint refuses.
    Cancelled,
}

impl Expected {
    /// The state in which the log has to have event `number`.
    pub(crate) fn state(self, number: u64) -> State {
        match self {
            Self::Delivered => State::Delivered,
            Self::Held => State::Held,
            Self::Failed => State::Failed,
            Self::EvenOnly if number.is_multiple_of(2) => State::Delivered,
            Self::EvenOnly => State::Skipped,
            Self::Cancelled => State::Cancelled,
        }
    }
}

/// Its id, which is the name of its event too; its share of the events; how their deliveries end.
pub(crate) struct TestWebhook {
    pub(crate) name: &'static str,
    pub(crate) share: usize,
    pub(crate) expected: Expected,
}

const fn test_webhook(name: &'static str, share: usize, expected: Expected) -> TestWebhook {
    TestWebhook { name, share, expected }
}

pub(crate) const TEST_WEBHOOKS: [TestWebhook; 11] = [
    test_webhook("one", 6, Expected::Delivered),
    test_webhook("two", 6, Expected::Delivered),
    test_webhook("three", 6, Expected::Delivered),
    test_webhook("signed", 4, Expected::Delivered),
    test_webhook("ordered", 4, Expected::Delivered),
    test_webhook("paused", 4, Expected::Delivered),
    test_webhook("gone", 4, Expected::Delivered),
    test_webhook("picky", 3, Expected::EvenOnly),
    test_webhook("parked", 2, Expected::Held),
    test_webhook("hopeless", 2, Expected::Failed),
    test_webhook("removed", 2, Expected::Cancelled),
];

/// Those whose endpoints may have any mood: nothing else holds up their deliveries.
pub(crate) const MOODY: [&str; 6] = ["one", "two", "three", "signed", "ordered", "picky"];

pub(crate) fn expected(name: &str) -> Option<Expected> {
    TEST_WEBHOOKS.iter().find(|webhook| webhook.name == name).map(|webhook| webhook.expected)
}

/// The events' names, each as often as its share: what a producer draws from.
pub(crate) fn names() -> Vec<&'static str> {
    TEST_WEBHOOKS
        .iter()
        .flat_map(|webhook| std::iter::repeat_n(webhook.name, webhook.share))
        .collect()
}

/// A webhook as it is to be published.
struct Hook {
    name: &'static str,
    url: String,
    /// Newest first.
    secrets: Vec<String>,
    paused: bool,
    deleted: bool,
}

/// What is to be published next.
pub(crate) struct TestWebhooks {
    hooks: Vec<Hook>,
    /// Why the whole network sends nothing.
    pub(crate) held: Option<&'static str>,
}

impl TestWebhooks {
    /// All webhooks, with a first secret each; `url` says where one's endpoint is.
    pub(crate) fn new(random: &mut Random, url: impl Fn(&str) -> String) -> Self {
        let hook = |webhook: &TestWebhook| Hook {
            name: webhook.name,
            url: url(webhook.name),
            secrets: vec![secret(webhook.name, random)],
            paused: webhook.expected == Expected::Held,
            deleted: false,
        };
        Self { hooks: TEST_WEBHOOKS.iter().map(hook).collect(), held: None }
    }

    /// Gives a webhook a new secret; the one before goes on signing for a while.
    pub(crate) fn rotate(&mut self, name: &str, random: &mut Random) {
        if let Some(hook) = self.hook(name) {
            hook.secrets.insert(0, secret(hook.name, random));
        }
    }

    pub(crate) fn pause(&mut self, name: &str, paused: bool) {
        if let Some(hook) = self.hook(name) {
            hook.paused = paused;
        }
    }

    pub(crate) fn is_paused(&self, name: &str) -> bool {
        self.hooks.iter().any(|hook| hook.name == name && hook.paused)
    }

    pub(crate) fn delete(&mut self, name: &str) {
        if let Some(hook) = self.hook(name) {
            hook.deleted = true;
        }
    }

    /// Every secret that a webhook ever had, newest first.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = (&'static str, &[String])> {
        self.hooks.iter().map(|hook| (hook.name, hook.secrets.as_slice()))
    }

    /// The document for `webhooks_configure()`. The secret before the newest one signs until
    /// `overlap_until` (Unix seconds).
    pub(crate) fn document(&self, overlap_until: i64) -> Value {
        let webhooks: Vec<_> = self
            .hooks
            .iter()
            .filter(|hook| !hook.deleted)
            .map(|hook| {
                let mut secrets = vec![json!({ "secret": hook.secrets[0] })];
                if let Some(before) = hook.secrets.get(1) {
                    secrets.push(json!({ "secret": before, "until": overlap_until }));
                }
                let mut webhook = json!({
                    "id": hook.name,
                    "name": hook.name,
                    "url": hook.url,
                    "events": [hook.name],
                    "secrets": secrets,
                    "paused": hook.paused,
                    "timeout": 1,
                    "retries": vec![1; 50],
                    "disable_after": 0,
                });
                match hook.name {
                    "signed" => webhook["signature"] = "v1a".into(),
                    "ordered" => webhook["ordered"] = true.into(),
                    "picky" => webhook["condition"] = "data.number % 2 == 0".into(),
                    "hopeless" => {
                        webhook["format"] = "template".into();
                        webhook["template"] = "{{ data.nowhere.to_be.found }}".into();
                    }
                    _ => {}
                }
                webhook
            })
            .collect();
        json!({ "held": self.held, "webhooks": webhooks })
    }

    fn hook(&mut self, name: &str) -> Option<&mut Hook> {
        self.hooks.iter_mut().find(|hook| hook.name == name)
    }
}

fn secret(name: &str, random: &mut Random) -> String {
    let prefix = if name == "signed" { "whsk_" } else { "whsec_" };
    format!("{prefix}{}", BASE64.encode(random.bytes::<32>()))
}
