//! A webhook as configured: where events go, which ones, and how.
//!
//! This is what `webhooks_configure()` takes, what stands in `config.json`, and what the worker
//! delivers by. Every field but `id`, `url` and `events` has a default. [`Webhook::check`] is
//! the one place that judges values; its errors name the webhook and the field.

use std::fmt;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::delivery::template::{self, Condition, Template, TemplateError};
use crate::delivery::{fields, guard, header, sign};
use crate::event;
use crate::invisible::Invisible;

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

    /// A mistake in a template or condition.
    pub(crate) fn in_text(field: &str, error: TemplateError) -> Self {
        let place = (error.line > 0).then_some((error.line, error.column));
        Self { field: field.into(), message: error.message, place }
    }

    /// The message, with its place.
    pub fn reason(&self) -> String {
        let (line, column) = self.place.unwrap_or_default();
        TemplateError { line, column, message: self.message.clone() }.to_string()
    }
}

fn wrong(field: impl Into<String>, message: impl fmt::Display) -> FieldError {
    FieldError::new(field, message)
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
/// Seconds of one delay.
pub const RETRY: RangeInclusive<u32> = 1..=7 * DAY;
/// Requests in the time of a rate limit.
pub const RATE: RangeInclusive<u32> = 1..=10_000;

impl Webhook {
    /// Judges every value.
    ///
    /// # Errors
    /// The first field that can't be right, with what is expected of it. Never a secret's value.
    pub fn check(&self) -> Result<(), FieldError> {
        let id_letters = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        if !(1..=MAX_ID).contains(&self.id.len()) || !self.id.bytes().all(id_letters) {
            return Err(wrong("id", "expected 1 to 64 of the characters A-Z a-z 0-9 _ -"));
        }
        if self.set_aside.is_some() {
            return Ok(()); // That it is wrong is known, and nothing is sent to it.
        }
        if let Some(invisible) = Invisible::find_in_words(&self.name) {
            return Err(wrong("name", format!("the name contains {invisible}")));
        }
        guard::check_url(&self.url).map_err(|error| wrong("url", error))?;
        if self.events.is_empty() {
            return Err(wrong("events", "expected at least one event or pattern"));
        }
        for (i, pattern) in self.events.iter().enumerate() {
            if !event::is_pattern(pattern) {
                let message = format!(
                    "\"{pattern}\" is no event: expected 1 to 100 of the characters a-z 0-9 _ . - and * for any"
                );
                return Err(wrong(format!("events[{i}]"), message));
            }
        }
        self.check_signing()?;
        self.check_body()?;
        self.check_pace()
    }

    fn check_signing(&self) -> Result<(), FieldError> {
        if self.secrets.is_empty() && self.signature != Signature::None {
            let message = "expected at least one secret, or \"signature\": \"none\"";
            return Err(wrong("secrets", message));
        }
        for (i, rotating) in self.secrets.iter().enumerate() {
            let field = || format!("secrets[{i}].secret");
            let secret = rotating.secret.expose();
            sign::check_secret(secret).map_err(|error| wrong(field(), error))?;
            let asymmetric = secret.starts_with(sign::PRIVATE);
            if self.signature != Signature::None && asymmetric != (self.signature == Signature::V1a)
            {
                let message = "\"v1\" is signed with a whsec_ secret, \"v1a\" with a whsk_ one";
                return Err(wrong(field(), message));
            }
        }
        for (i, custom) in self.headers.iter().enumerate() {
            header::check_header(&custom.name, custom.value.expose())
                .map_err(|error| wrong(format!("headers[{i}]"), error))?;
        }
        match &self.ca_file {
            Some(path) if !path.starts_with('/') => {
                Err(wrong("ca_file", format!("\"{path}\": expected an absolute path")))
            }
            Some(path) => Invisible::find_in_words(path).map_or(Ok(()), |invisible| {
                Err(wrong("ca_file", format!("the path contains {invisible}")))
            }),
            None => Ok(()),
        }
    }

    fn check_body(&self) -> Result<(), FieldError> {
        if let Some(content_type) = &self.content_type {
            template::check_content_type(content_type)
                .map_err(|error| wrong("content_type", error))?;
        }
        match (self.format, &self.template) {
            (Format::Template, None) => {
                return Err(wrong(
                    "template",
                    "expected the body's template, as format is template",
                ));
            }
            (Format::Template, Some(source)) => {
                Template::parse(source, self.content_type.as_deref())
                    .map_err(|error| FieldError::in_text("template", error))?;
            }
            _ => {}
        }
        if let Some(condition) = &self.condition {
            Condition::parse(condition).map_err(|error| FieldError::in_text("condition", error))?;
        }
        if self.fields.len() > fields::MAX_PATHS {
            let message = format!("expected at most {} paths", fields::MAX_PATHS);
            return Err(wrong("fields", message));
        }
        for (i, path) in self.fields.iter().enumerate() {
            fields::check_field(path).map_err(|error| wrong(format!("fields[{i}]"), error))?;
        }
        Ok(())
    }

    /// Renders template and condition with an event's body.
    ///
    /// # Errors
    /// The field and the mistake, with line and column.
    pub fn try_out(&self, envelope: &serde_json::Value) -> Result<(), FieldError> {
        if let (Format::Template, Some(source)) = (self.format, &self.template) {
            template::check_template(source, self.content_type.as_deref(), envelope)
                .map_err(|error| FieldError::in_text("template", error))?;
        }
        if let Some(condition) = &self.condition {
            template::check_condition(condition, envelope)
                .map_err(|error| FieldError::in_text("condition", error))?;
        }
        Ok(())
    }

    fn check_pace(&self) -> Result<(), FieldError> {
        let within = |field: &str, value: u32, range: RangeInclusive<u32>, unit: &str| {
            if range.contains(&value) {
                Ok(())
            } else {
                let (low, high) = range.into_inner();
                Err(wrong(field, format!("{value}: expected {low} to {high}{unit}")))
            }
        };
        within("timeout", self.timeout, TIMEOUT, " seconds")?;
        within("concurrency", self.concurrency, CONCURRENCY, "")?;
        within("disable_after", self.disable_after, DISABLE_AFTER, " seconds")?;
        within("retries", self.retries.len() as u32, RETRIES, " delays")?;
        for (i, delay) in self.retries.iter().enumerate() {
            within(&format!("retries[{i}]"), *delay, RETRY, " seconds")?;
        }
        if let Some(rate) = self.rate_limit {
            within("rate_limit.count", rate.count, RATE, "")?;
        }
        Ok(())
    }
}

const DAY: u32 = 24 * 3600;

#[cfg(test)]
mod tests {
    use super::*;

    fn webhook(more: &str) -> Webhook {
        let json = format!(
            r#"{{"id":"whk_1","url":"https://crm.example/in","events":["payment_*"],
                 "secrets":[{{"secret":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}}]{more}}}"#
        );
        serde_json::from_str(&json).expect("a webhook")
    }

    #[test]
    fn defaults_are_those_of_standard_webhooks() {
        let webhook = webhook("");
        assert_eq!(webhook.check(), Ok(()));
        assert_eq!(webhook.retries.iter().sum::<u32>(), 75 * 3600 + 35 * 60 + 5);
        assert_eq!((webhook.timeout, webhook.concurrency), (15, 8));
    }

    /// Without the extension, PHP judges by this file.
    #[test]
    fn the_plugins_limits_are_these() {
        let json = include_str!("../php/network-webhooks/includes/limits.json");
        let limits: serde_json::Value = serde_json::from_str(json).expect("limits.json");
        let max = |max: usize| serde_json::json!({ "max": max });
        let range = |range: &RangeInclusive<u32>| serde_json::json!({ "min": range.start(), "max": range.end() });
        let bytes = sign::SYMMETRIC_BYTES;
        let names = |value: &Webhook| {
            let mut names: Vec<_> =
                serde_json::to_value(value).unwrap().as_object().unwrap().keys().cloned().collect();
            names.push("set_aside".into());
            names.sort();
            names
        };
        let mut settings: Vec<String> =
            serde_json::from_value(limits["settings"].clone()).expect("a list of names");
        settings.sort();
        assert_eq!(settings, names(&webhook("")));
        for (name, ours) in [
            ("id", max(MAX_ID)),
            ("url", max(guard::MAX_URL)),
            ("event", max(event::MAX_NAME)),
            ("template", max(template::MAX_TEMPLATE)),
            ("condition", max(template::MAX_CONDITION)),
            ("content_type", max(template::MAX_CONTENT_TYPE)),
            ("field", max(fields::MAX_PATH)),
            ("header_value", max(header::MAX_VALUE)),
            ("secret", serde_json::json!({ "min": bytes.start(), "max": bytes.end() })),
            ("timeout", range(&TIMEOUT)),
            ("concurrency", range(&CONCURRENCY)),
            ("disable_after", range(&DISABLE_AFTER)),
            ("retries", range(&RETRIES)),
            ("retry", range(&RETRY)),
            ("rate", range(&RATE)),
            ("reserved_headers", serde_json::json!(header::RESERVED)),
        ] {
            assert_eq!(limits[name], ours, "{name}");
        }
        // Each of these words is one, and each one has a word.
        let words =
            |name: &str| -> Vec<String> { serde_json::from_value(limits[name].clone()).unwrap() };
        let reads = |field: &str, word: &str| {
            let value = if field == "rate_limit" {
                format!(r#"{{"count":1,"per":"{word}"}}"#)
            } else {
                format!("\"{word}\"")
            };
            let json = format!(
                r#"{{"id":"a","url":"https://a.example","events":["a"],"{field}":{value}}}"#
            );
            serde_json::from_str::<Webhook>(&json).map(drop).map_err(|error| error.to_string())
        };
        for (name, field) in
            [("signatures", "signature"), ("formats", "format"), ("rates", "rate_limit")]
        {
            let words = words(name);
            for word in &words {
                assert_eq!(reads(field, word), Ok(()), "{field}");
            }
            let expected = reads(field, "none of them").unwrap_err();
            assert_eq!(expected.matches('`').count() / 2 - 1, words.len(), "{expected}");
        }
        assert_eq!(limits.as_object().map(serde_json::Map::len), Some(20));
    }

    #[test]
    fn a_wrong_value_is_named_with_what_is_expected() {
        for (more, message) in [
            (r#","timeout":0"#, "timeout: 0: expected 1 to 60 seconds"),
            (r#","retries":[5,0]"#, "retries[1]: 0: expected 1 to 604800 seconds"),
            (r#","concurrency":65"#, "concurrency: 65: expected 1 to 64"),
            (r#","format":"template""#, "template: expected the body's template"),
            (r#","ca_file":"x.pem""#, "ca_file: \"x.pem\": expected an absolute path"),
            (r#","content_type":"json""#, "content_type: \"json\" is no content type"),
        ] {
            let error = webhook(more).check().expect_err(more).to_string();
            assert!(error.starts_with(message), "{error}");
        }
        let mut blank = webhook("");
        blank.events[0] = "Payment Received".into();
        let error = blank.check().unwrap_err().to_string();
        assert!(error.starts_with("events[0]: \"Payment Received\" is no event"), "{error}");
    }

    #[test]
    fn what_nobody_sees_was_saved_and_sent() {
        for (more, message) in [
            (
                r#""name":"Pay\u202ements""#,
                "name: the name contains an invisible character (U+202E)",
            ),
            (
                r#""ca_file":"/a\u200b.pem""#,
                "ca_file: the path contains an invisible character (U+200B)",
            ),
            (
                r#""format":"template","content_type":"text/plain","template":"\ufeffa={{ id }}""#,
                "template: line 1, column 1: the template contains an invisible character (U+FEFF)",
            ),
            (
                r#""format":"template","template":"{\n\"a\":\u00a0{{ id }}}""#,
                "template: line 2, column 5: the template contains an invisible character (U+00A0)",
            ),
            (
                r#""condition":"data.x\u00a0== 1""#,
                "condition: line 1, column 7: the condition contains an invisible character",
            ),
            (
                r#""fields":["a\u2060b"]"#,
                "fields[0]: the field \"a\u{2060}b\" contains an invisible character (U+2060)",
            ),
            (
                r#""headers":[{"name":"X\u00adA","value":"a"}]"#,
                "headers[0]: the header's name contains an invisible character (U+00AD)",
            ),
        ] {
            let error = webhook(&format!(",{more}")).check().expect_err(more).to_string();
            assert!(error.starts_with(message), "{error}");
        }
        // Joiners belong to what they join, and an escape can be seen.
        for more in [
            r#","name":"👩\u200d💻 ❤\ufe0f می\u200cخواهم""#,
            r#","format":"template","template":"{\"text\": \"a\\u00a0👩\u200d💻\"}""#,
            r#","condition":"type == '\\u200b'""#,
        ] {
            assert_eq!(webhook(more).check(), Ok(()), "{more}");
        }
    }

    #[test]
    fn a_secret_never_shows_in_debug_or_errors() {
        let mut webhook = webhook(r#","headers":[{"name":"authorization","value":"Bearer abc"}]"#);
        assert!(
            !format!("{webhook:?}").contains("MfKQ") && !format!("{webhook:?}").contains("abc")
        );
        webhook.secrets[0].secret = Secret::new("whsec_tooShort".into());
        assert!(!webhook.check().unwrap_err().to_string().contains("tooShort"));
    }
}
