//! A webhook as configured: where events go, which ones, and how.
//!
//! This is what `webhooks_configure()` takes, what stands in `config.json`, and what the worker
//! delivers by. Every field but `id`, `url` and `events` has a default. What a value may be is judged
//! where it is read for sending: see `delivery::check`.

use std::fmt;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use serde_json::Value;

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
    /// The endpoint: `https:` or `http:`, at most 2,048 bytes; path and query may be a template.
    pub url: String,
    /// Secret values of the URL's template.
    #[serde(default)]
    pub keys: Vec<Key>,
    /// How its requests ask.
    #[serde(default)]
    pub method: Method,
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
    /// The publisher found it invalid and set it aside: its events are held, so that none is
    /// lost, and nothing is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_aside: Option<SetAside>,
}

/// Why a webhook was set aside. The rest of it is what could be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetAside {
    /// The field that is wrong, as in [`FieldError::field`].
    pub field: String,
    /// What is wrong with it.
    pub message: String,
    /// Which events it wants can't be told for sure: a condition, sites or patterns can't be
    /// read. What is held for it meanwhile may be more than it wants, so a person decides.
    #[serde(default)]
    pub unsure: bool,
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

/// The schedule of Standard Webhooks 1.0.0 ("Retries"): 75 h 35 min and 5 s in all.
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

/// The method of a webhook's requests (RFC 9110, section 9.3; RFC 5789). All of them have a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// What nearly every receiver expects.
    #[default]
    Post,
    /// Adds or replaces what the URL names, such as a member of a list.
    Put,
    /// Changes what the URL names.
    Patch,
}

impl Method {
    /// As it stands in a request.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
        }
    }
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
    /// As WooCommerce's own webhooks send it: `data` alone, its topic and its signature in
    /// `X-WC-Webhook-` headers.
    WooCommerce,
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

/// A secret value that a URL's template names as `keys.name`, such as a bot's token: the log shows
/// dots for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// Its name: 1–64 of `a-z 0-9 _`, no digit first.
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

/// What is wrong with one field of a webhook.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {}", self.reason())]
pub struct FieldError {
    /// The field, as it is written in the config (`retries`, `headers[2].name`).
    pub field: String,
    /// What is wrong, and what is expected.
    pub message: String,
    /// Line and column in a template or condition, from 1; the column may be 0: the whole line.
    pub place: Option<(u32, u32)>,
}

impl FieldError {
    /// What is wrong with a field.
    pub fn new(field: impl Into<String>, message: impl fmt::Display) -> Self {
        Self { field: field.into(), message: message.to_string(), place: None }
    }

    /// The message, with its place.
    pub fn reason(&self) -> String {
        match self.place {
            None => self.message.clone(),
            Some((line, 0)) => format!("line {line}: {}", self.message),
            Some((line, column)) => format!("line {line}, column {column}: {}", self.message),
        }
    }
}

/// Longest id.
pub const MAX_ID: usize = 64;
/// Seconds that a request may have.
pub const TIMEOUT: RangeInclusive<u32> = 1..=60;
/// Requests at once.
pub const CONCURRENCY: RangeInclusive<u32> = 1..=64;
/// Seconds of nothing but failures that may disable; 0: never.
pub const DISABLE_AFTER: RangeInclusive<u32> = 0..=30 * DAY;
/// Number of delays between attempts.
pub const RETRIES: RangeInclusive<u32> = 0..=50;
/// Number of secrets: each signs every body.
pub const SECRETS: RangeInclusive<u32> = 0..=20;
/// Number of headers of its own.
pub const HEADERS: RangeInclusive<u32> = 0..=50;
/// Number of keys.
pub const KEYS: RangeInclusive<u32> = 0..=20;
/// Longest name of a key, in bytes.
pub const MAX_KEY_NAME: usize = 64;
/// Longest value of a key, in bytes.
pub const MAX_KEY_VALUE: usize = 1000;
/// Seconds of one delay.
pub const RETRY: RangeInclusive<u32> = 1..=7 * DAY;
/// Requests in the time of a rate limit.
pub const RATE: RangeInclusive<u32> = 1..=10_000;

impl Webhook {
    /// Reads a webhook; its values are yet to be judged (`delivery::check`).
    ///
    /// # Errors
    /// The field that is missing, unknown or of a wrong type.
    pub fn from_value(value: Value) -> Result<Self, FieldError> {
        serde_path_to_error::deserialize(value).map_err(|error| {
            let (path, message) = (error.path().to_string(), error.inner().to_string());
            // Of a field that is missing, serde names the parent as the place.
            let missing =
                message.strip_prefix("missing field `").and_then(|it| it.strip_suffix('`'));
            match missing {
                Some(name) if path == "." => FieldError::new(name, "is missing"),
                Some(name) => FieldError::new(format!("{path}.{name}"), "is missing"),
                None => FieldError::new(path, message),
            }
        })
    }
}

const DAY: u32 = 24 * 3600;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_never_shows_in_debug() {
        let webhook = r#"{"id":"a","url":"https://a.example","events":["a"],"secrets":[{"secret":"whsec_MfKQ"}],
            "headers":[{"name":"authorization","value":"Bearer abc"}]}"#;
        let shown = format!("{:?}", serde_json::from_str::<Webhook>(webhook).expect("a webhook"));
        assert!(!shown.contains("MfKQ") && !shown.contains("abc"));
    }

    #[test]
    fn a_mistake_says_where_it_is() {
        let error = FieldError { place: Some((2, 5)), ..FieldError::new("template", "no") };
        assert_eq!(error.to_string(), "template: line 2, column 5: no");
        assert_eq!(FieldError { place: Some((2, 0)), ..error }.to_string(), "template: line 2: no");
    }
}
