//! A webhook as configured: where events go, which ones, and how.
//!
//! This is what `webhooks_configure()` takes, what stands in `config.json`, and what the worker
//! delivers by. Every field but `id`, `url` and `events` has a default. [`Webhook::check`] is
//! the one place that judges values; its errors name the webhook and the field.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::event;

/// A value that must never be printed: signing secrets and the values of custom headers.
///
/// `Debug` shows dots, there is no `Display`; only [`expose`](Self::expose) gives the text.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret text.
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself: for signing and for `config.json`, never for a message.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// One webhook. Times are in seconds unless said otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Chosen by whoever configures, stable for the webhook's life: 1–64 of `A-Z a-z 0-9 _ -`.
    pub id: String,
    /// What people call it; only for messages and the log.
    #[serde(default)]
    pub name: String,
    /// The endpoint: `https:` or `http:`, at most 2,048 bytes.
    pub url: String,
    /// Names and patterns (`payment_*`, `*`), at least one.
    pub events: Vec<String>,
    /// Which sites' events it gets.
    #[serde(default)]
    pub sites: Sites,
    /// Whether it gets events of the network as a whole too.
    #[serde(default = "yes")]
    pub network_events: bool,
    /// Whether it gets events that happen while an import runs.
    #[serde(default)]
    pub include_imports: bool,
    /// Paused: its events are kept as `held` deliveries.
    #[serde(default)]
    pub paused: bool,
    /// Signing secrets, newest first: `whsec_` + base64 of 24–64 bytes, or for
    /// [`Signature::V1a`] `whsk_` + base64 of an ed25519 key. More than one during a rotation:
    /// each signs.
    #[serde(default)]
    pub secrets: Vec<RotatingSecret>,
    /// How requests are signed.
    #[serde(default)]
    pub signature: Signature,
    /// Further request headers (`Authorization`, …), whose values are secrets as well.
    #[serde(default)]
    pub headers: Vec<Header>,
    /// What the body looks like.
    #[serde(default)]
    pub format: Format,
    /// A minijinja template, where `format` is `template`.
    #[serde(default)]
    pub template: Option<String>,
    /// Content type of a template's body.
    #[serde(default)]
    pub content_type: Option<String>,
    /// A minijinja expression over the body; where it is not true the delivery is `skipped`.
    #[serde(default)]
    pub condition: Option<String>,
    /// Allow list of paths below `data`; empty: everything.
    #[serde(default)]
    pub fields: Vec<String>,
    /// The whole request, 1–60.
    #[serde(default = "default_timeout")]
    pub timeout: u32,
    /// Delays between attempts; the first attempt is made at once.
    #[serde(default = "default_retries")]
    pub retries: Vec<u32>,
    /// Most requests at once, 1–64.
    #[serde(default = "default_concurrency")]
    pub concurrency: u32,
    /// Most requests in a time.
    #[serde(default)]
    pub rate_limit: Option<RateLimit>,
    /// Strictly in the order in which they happened, one at a time.
    #[serde(default)]
    pub ordered: bool,
    /// Whether the log keeps bodies; without, only that and when a delivery was made.
    #[serde(default = "yes")]
    pub log_bodies: bool,
    /// Every attempt failing for this long disables the webhook (0: never).
    #[serde(default = "default_disable_after")]
    pub disable_after: u32,
    /// Path of a PEM file with further certificate authorities.
    #[serde(default)]
    pub ca_file: Option<String>,
}

const fn yes() -> bool {
    true
}

const fn default_timeout() -> u32 {
    15
}

const fn default_concurrency() -> u32 {
    8
}

const fn default_disable_after() -> u32 {
    5 * 24 * 3600
}

/// The schedule of Standard Webhooks 1.0.0 ("Retries"): 75 h 35 min in all.
pub const DEFAULT_RETRIES: [u32; 9] =
    [5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600];

fn default_retries() -> Vec<u32> {
    DEFAULT_RETRIES.to_vec()
}

/// Which sites' events a webhook gets; "all" and "all but" include sites made later.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sites {
    /// Every site.
    #[default]
    All,
    /// These sites.
    Only(Vec<u64>),
    /// Every site but these.
    Except(Vec<u64>),
}

impl Sites {
    /// Whether events about `site` are among them.
    pub fn include(&self, site: u64) -> bool {
        match self {
            Self::All => true,
            Self::Only(ids) => ids.contains(&site),
            Self::Except(ids) => !ids.contains(&site),
        }
    }
}

/// A signing secret and, once a newer one took its place, when it ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RotatingSecret {
    /// The secret's text.
    pub secret: Secret,
    /// Unix seconds after which it signs no more (none: current).
    #[serde(default)]
    pub until: Option<i64>,
}

/// How requests are signed (Standard Webhooks 1.0.0, "Signature scheme").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Signature {
    /// HMAC-SHA256.
    #[default]
    V1,
    /// ed25519.
    V1a,
    /// Not at all, for receivers such as Zapier that can't verify.
    None,
}

/// What the body looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// The envelope of [`crate::event`].
    #[default]
    Standard,
    /// Only `data`, written as `wp_json_encode()` writes it.
    Flat,
    /// WP Ultimo 1.x: form fields `webhook_id`, `type`, `data[...]`.
    V1,
    /// CloudEvents 1.0, structured mode (`application/cloudevents+json`).
    CloudEvents,
    /// CloudEvents 1.0, binary mode: attributes as `ce-` headers, `data` as the body.
    #[serde(rename = "cloudevents-binary")]
    CloudEventsBinary,
    /// The admin's own body.
    Template,
}

/// A custom request header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Its name (RFC 9110 token).
    pub name: String,
    /// Its value.
    pub value: Secret,
}

/// At most `count` requests in `per`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// 1–10,000.
    pub count: u32,
    /// `second` or `minute`.
    pub per: Per,
}

/// The time over which a rate is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Per {
    /// A second.
    Second,
    /// A minute.
    Minute,
}

impl Webhook {
    /// Whether an event named `name` is what it subscribes to.
    pub fn wants(&self, name: &str) -> bool {
        self.events.iter().any(|pattern| event::matches(pattern, name))
    }
}
