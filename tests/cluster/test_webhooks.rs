//! The webhooks of a run. Each gets the events that are called like it; all of them arrive in the end.

use serde_json::{Value, json};

/// A webhook, and its share of the events.
pub(crate) struct TestWebhook {
    pub(crate) name: &'static str,
    share: usize,
    secret: &'static str,
}

/// One request of this many at "moody" is refused.
pub(crate) const REFUSED: usize = 4;
/// What "limited" gets in a second.
pub(crate) const RATE: usize = 4;

pub(crate) const TEST_WEBHOOKS: [TestWebhook; 4] = [
    TestWebhook { name: "plain", share: 10, secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" },
    TestWebhook { name: "ordered", share: 4, secret: "whsec_b3JkZXJlZCBvcmRlcmVkIG9yZGVyZWQg" },
    TestWebhook { name: "limited", share: 1, secret: "whsec_bGltaXRlZCBsaW1pdGVkIGxpbWl0ZWQg" },
    TestWebhook { name: "moody", share: 4, secret: "whsec_bW9vZHkgbW9vZHkgbW9vZHkgbW9vZHkg" },
];

/// The events' names, each as often as its share: what a producer draws from.
pub(crate) fn names() -> Vec<&'static str> {
    let each = |webhook: &TestWebhook| std::iter::repeat_n(webhook.name, webhook.share);
    TEST_WEBHOOKS.iter().flat_map(each).collect()
}

/// The secret that signs for a webhook.
pub(crate) fn secret(name: &str) -> &'static str {
    TEST_WEBHOOKS.iter().find(|webhook| webhook.name == name).map_or("", |webhook| webhook.secret)
}

/// All of them as `webhooks_configure()` takes them, with their shares; `url` says where one's endpoint is.
pub(crate) fn document(url: impl Fn(&str) -> String) -> Value {
    let webhooks = TEST_WEBHOOKS.iter().map(|webhook| {
        let mut value = json!({
            "id": webhook.name,
            "name": webhook.name,
            "url": url(webhook.name),
            "events": [webhook.name],
            "secrets": [{ "secret": webhook.secret }],
            "timeout": 5,
            "retries": vec![1; 50],
            "disable_after": 0,
            "share": webhook.share,
        });
        match webhook.name {
            "ordered" => value["ordered"] = true.into(),
            "limited" => value["rate_limit"] = json!({ "count": RATE, "per": "second" }),
            _ => {}
        }
        value
    });
    json!({ "webhooks": webhooks.collect::<Vec<_>>() })
}
