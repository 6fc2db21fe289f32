//! Reads a webhook once: what can be sent, and what is wrong with it. Publishing, preview and
//! sending take it from here, so none of them believes in a value that another one refuses.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;

use http::HeaderMap;

use super::fields::{self, check_field};
use super::format::Formatter;
use super::header::check_header;
use super::request_builder::{RequestBuilder, Signers};
use super::sign::{self, Signer};
use super::template::{self, Condition, Envelope, Template, TemplateError};
use super::url::WebhookUrl;
use domain::event;
use domain::invisible::Invisible;
use domain::webhook::{
    CONCURRENCY, DISABLE_AFTER, FieldError, Format, HEADERS, KEYS, MAX_ID, MAX_KEY_NAME,
    MAX_KEY_VALUE, RATE, RETRIES, RETRY, SECRETS, Signature, TIMEOUT, Webhook,
};

/// What can be read of a webhook.
pub(super) struct Readable {
    /// Where it sends to.
    pub(super) url: Option<Arc<WebhookUrl>>,
    /// What it makes of events. URL, headers, secrets and a condition that are wrong are left out;
    /// none where its format is.
    pub(super) builder: Option<RequestBuilder>,
    /// The first of its parts that can't be sent.
    pub(super) wrong: Option<FieldError>,
}

/// The first of several mistakes.
#[derive(Default)]
struct First(Option<FieldError>);

impl First {
    fn keep<T>(&mut self, read: Result<T, FieldError>) -> Option<T> {
        read.map_err(|error| self.0.get_or_insert(error)).ok()
    }
}

impl Readable {
    /// Reads everything.
    pub(super) fn of(webhook: &Webhook) -> Self {
        let mut first = First::default();
        first.keep(keys(webhook));
        let url = first.keep(WebhookUrl::parse(&webhook.url, &webhook.keys)).map(Arc::new);
        let signers = signers(webhook, &mut first);
        let headers = headers(webhook, &mut first);
        let formatter = first.keep(formatter(webhook));
        let condition = first.keep(condition(webhook).map_err(|error| error.of("condition")));
        let condition = condition.flatten();
        let builder = formatter.map(|formatter| RequestBuilder {
            url: url.clone(),
            headers,
            signers,
            formatter,
            condition,
        });
        Self { url, builder, wrong: first.0 }
    }
}

/// The keys of its URL. None of their values is ever part of a message.
fn keys(webhook: &Webhook) -> Result<(), FieldError> {
    within("keys", webhook.keys.len() as u32, KEYS, " keys")?;
    for (i, key) in webhook.keys.iter().enumerate() {
        let letters = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        let starts_well = key.name.bytes().next().is_some_and(|b| !b.is_ascii_digit());
        if !starts_well || key.name.len() > MAX_KEY_NAME || !key.name.bytes().all(letters) {
            let message = "expected 1 to 64 of the characters a-z 0-9 _ and no digit first";
            return Err(wrong(format!("keys[{i}].name"), message));
        }
        if webhook.keys[..i].iter().any(|other| other.name == key.name) {
            let message = format!("\"{}\" is the name of another key", key.name);
            return Err(wrong(format!("keys[{i}].name"), message));
        }
        let value = key.value.expose();
        if value.is_empty() || value.len() > MAX_KEY_VALUE || value.chars().any(char::is_control) {
            let message = format!("expected 1 to {MAX_KEY_VALUE} bytes without control characters");
            return Err(wrong(format!("keys[{i}].value"), message));
        }
    }
    Ok(())
}

/// The secrets that sign.
fn signers(webhook: &Webhook, first: &mut First) -> Signers {
    let mut signers = Signers::new();
    first.keep(within("secrets", webhook.secrets.len() as u32, SECRETS, " secrets"));
    let most = *SECRETS.end() as usize;
    for (i, rotating) in webhook.secrets.iter().take(most).enumerate() {
        let signer = Signer::parse(rotating.secret.expose());
        let signer = signer.map_err(|error| wrong(format!("secrets[{i}].secret"), error));
        if let Some(signer) = first.keep(signer)
            && webhook.signature != Signature::None
        {
            signers.push((signer, rotating.until));
        }
    }
    signers
}

/// The webhook's own headers.
fn headers(webhook: &Webhook, first: &mut First) -> HeaderMap {
    first.keep(within("headers", webhook.headers.len() as u32, HEADERS, " headers"));
    let most = *HEADERS.end() as usize;
    let mut headers = HeaderMap::with_capacity(webhook.headers.len().min(most) + 6);
    for (i, custom) in webhook.headers.iter().take(most).enumerate() {
        let header = check_header(&custom.name, custom.value.expose());
        let header = header.map_err(|error| wrong(format!("headers[{i}]"), error));
        if let Some((name, value)) = first.keep(header) {
            headers.append(name, value);
        }
    }
    headers
}

/// What its bodies look like.
fn formatter(webhook: &Webhook) -> Result<Formatter, FieldError> {
    if let Some(content_type) = &webhook.content_type {
        template::check_content_type(content_type).map_err(|error| wrong("content_type", error))?;
    }
    if webhook.format == Format::Template && webhook.template.is_none() {
        return Err(wrong("template", "expected the body's template, as format is template"));
    }
    if webhook.fields.len() > fields::MAX_PATHS {
        let message = format!("expected at most {} paths", fields::MAX_PATHS);
        return Err(wrong("fields", message));
    }
    for (i, path) in webhook.fields.iter().enumerate() {
        check_field(path).map_err(|error| wrong(format!("fields[{i}]"), error))?;
    }
    Formatter::new(webhook).map_err(|error| error.of("template"))
}

/// The webhook's condition, where it has one.
pub(super) fn condition(webhook: &Webhook) -> Result<Option<Condition>, TemplateError> {
    webhook.condition.as_deref().map(Condition::parse).transpose()
}

fn wrong(field: impl Into<String>, message: impl fmt::Display) -> FieldError {
    FieldError::new(field, message)
}

/// Whether a number is one that a setting may be.
fn within(
    field: &str,
    value: u32,
    range: RangeInclusive<u32>,
    unit: &str,
) -> Result<(), FieldError> {
    if range.contains(&value) {
        return Ok(());
    }
    let (low, high) = range.into_inner();
    Err(wrong(field, format!("{value}: expected {low} to {high}{unit}")))
}

/// Judges every value of a webhook.
///
/// # Errors
/// The first field that can't be right, with what is expected of it. Never a secret's value.
pub fn check(webhook: &Webhook) -> Result<(), FieldError> {
    let id_letters = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    if !(1..=MAX_ID).contains(&webhook.id.len()) || !webhook.id.bytes().all(id_letters) {
        return Err(wrong("id", "expected 1 to 64 of the characters A-Z a-z 0-9 _ -"));
    }
    if webhook.set_aside.is_some() {
        return Ok(()); // That it is wrong is known, and nothing is sent to it.
    }
    if let Some(invisible) = Invisible::find_in_words(&webhook.name) {
        return Err(wrong("name", format!("the name contains {invisible}")));
    }
    check_events(webhook)?;
    Readable::of(webhook).wrong.map_or(Ok(()), Err)?;
    check_trust(webhook)?;
    check_pace(webhook)
}

/// Renders URL, template and condition of a webhook with an event's envelope.
///
/// # Errors
/// The field and the mistake, with line and column.
pub fn try_out(webhook: &Webhook, envelope: &[u8]) -> Result<(), FieldError> {
    WebhookUrl::parse(&webhook.url, &webhook.keys)?
        .of(envelope)
        .map_err(|error| error.of("url"))?;
    if let (Format::Template, Some(source)) = (webhook.format, &webhook.template) {
        Template::parse(source, webhook.content_type.as_deref())
            .and_then(|template| template.render(envelope))
            .map_err(|error| error.of("template"))?;
    }
    if let Some(condition) = condition(webhook).map_err(|error| error.of("condition"))? {
        condition.holds(&Envelope::of(envelope)).map_err(|error| error.of("condition"))?;
    }
    Ok(())
}

fn check_events(webhook: &Webhook) -> Result<(), FieldError> {
    if webhook.events.is_empty() {
        return Err(wrong("events", "expected at least one event or pattern"));
    }
    for (i, pattern) in webhook.events.iter().enumerate() {
        if !event::is_pattern(pattern) {
            let message = format!(
                "\"{pattern}\" is no event: expected 1 to 100 of the characters a-z 0-9 _ . - and * for any"
            );
            return Err(wrong(format!("events[{i}]"), message));
        }
    }
    Ok(())
}

/// Whom endpoint and worker trust: secrets and authorities.
fn check_trust(webhook: &Webhook) -> Result<(), FieldError> {
    if webhook.secrets.is_empty() && webhook.signature != Signature::None {
        let message = "expected at least one secret, or \"signature\": \"none\"";
        return Err(wrong("secrets", message));
    }
    for (i, rotating) in webhook.secrets.iter().enumerate() {
        let asymmetric = rotating.secret.expose().starts_with(sign::PRIVATE);
        if webhook.signature != Signature::None
            && asymmetric != (webhook.signature == Signature::V1a)
        {
            let message = "\"v1\" is signed with a whsec_ secret, \"v1a\" with a whsk_ one";
            return Err(wrong(format!("secrets[{i}].secret"), message));
        }
    }
    match &webhook.ca_file {
        Some(path) if !path.starts_with('/') => {
            Err(wrong("ca_file", format!("\"{path}\": expected an absolute path")))
        }
        Some(path) => Invisible::find_in_words(path).map_or(Ok(()), |invisible| {
            Err(wrong("ca_file", format!("the path contains {invisible}")))
        }),
        None => Ok(()),
    }
}

fn check_pace(webhook: &Webhook) -> Result<(), FieldError> {
    within("timeout", webhook.timeout, TIMEOUT, " seconds")?;
    within("concurrency", webhook.concurrency, CONCURRENCY, "")?;
    within("disable_after", webhook.disable_after, DISABLE_AFTER, " seconds")?;
    within("retries", webhook.retries.len() as u32, RETRIES, " delays")?;
    for (i, delay) in webhook.retries.iter().enumerate() {
        within(&format!("retries[{i}]"), *delay, RETRY, " seconds")?;
    }
    if let Some(rate) = webhook.rate_limit {
        within("rate_limit.count", rate.count, RATE, "")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{guard, header};
    use super::*;
    use domain::webhook::Secret;

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
        assert_eq!(check(&webhook), Ok(()));
        assert_eq!(webhook.retries.iter().sum::<u32>(), 75 * 3600 + 35 * 60 + 5);
        assert_eq!((webhook.timeout, webhook.concurrency), (15, 8));
    }

    /// Without the extension, PHP judges by this file.
    #[test]
    fn the_plugins_limits_are_these() {
        let json = include_str!("../../php/network-webhooks/includes/storage/limits.json");
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
            ("fields", max(fields::MAX_PATHS)),
            ("header_name", max(header::MAX_NAME)),
            ("header_value", max(header::MAX_VALUE)),
            ("secret", serde_json::json!({ "min": bytes.start(), "max": bytes.end() })),
            ("timeout", range(&TIMEOUT)),
            ("concurrency", range(&CONCURRENCY)),
            ("disable_after", range(&DISABLE_AFTER)),
            ("retries", range(&RETRIES)),
            ("secrets", range(&SECRETS)),
            ("headers", range(&HEADERS)),
            ("keys", range(&KEYS)),
            ("key_name", max(MAX_KEY_NAME)),
            ("key_value", max(MAX_KEY_VALUE)),
            ("url_values", max(template::url::MAX_VALUES)),
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
        for (name, field) in [
            ("methods", "method"),
            ("signatures", "signature"),
            ("formats", "format"),
            ("rates", "rate_limit"),
        ] {
            let words = words(name);
            for word in &words {
                assert_eq!(reads(field, word), Ok(()), "{field}");
            }
            let expected = reads(field, "none of them").unwrap_err();
            assert_eq!(expected.matches('`').count() / 2 - 1, words.len(), "{expected}");
        }
        assert_eq!(limits.as_object().map(serde_json::Map::len), Some(29));
    }

    #[test]
    fn what_is_too_much_ended_whoever_read_it() {
        let mut webhook = webhook("");
        let header = domain::webhook::Header { name: "X-A".into(), value: Secret::new("a".into()) };
        webhook.headers = vec![header; 40_000];
        let error = check(&webhook).unwrap_err().to_string();
        assert!(error.starts_with("headers: 40000: expected"), "{error}");
        webhook.secrets = vec![webhook.secrets[0].clone(); 5_000];
        let error = check(&webhook).unwrap_err().to_string();
        assert!(error.starts_with("secrets: 5000: expected"), "{error}");
        // The worker reads it all the same, where the publisher set it aside.
        assert!(Readable::of(&webhook).builder.is_some());
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
            let error = check(&webhook(more)).expect_err(more).to_string();
            assert!(error.starts_with(message), "{error}");
        }
        let mut blank = webhook("");
        blank.events[0] = "Payment Received".into();
        let error = check(&blank).unwrap_err().to_string();
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
            let error = check(&webhook(&format!(",{more}"))).expect_err(more).to_string();
            assert!(error.starts_with(message), "{error}");
        }
        // Joiners belong to what they join, and an escape can be seen.
        for more in [
            r#","name":"👩\u200d💻 ❤\ufe0f می\u200cخواهم""#,
            r#","format":"template","template":"{\"text\": \"a\\u00a0👩\u200d💻\"}""#,
            r#","condition":"type == '\\u200b'""#,
        ] {
            assert_eq!(check(&webhook(more)), Ok(()), "{more}");
        }
    }

    #[test]
    fn a_secret_never_shows_in_debug_or_errors() {
        let mut webhook = webhook(r#","headers":[{"name":"authorization","value":"Bearer abc"}]"#);
        assert!(
            !format!("{webhook:?}").contains("MfKQ") && !format!("{webhook:?}").contains("abc")
        );
        webhook.secrets[0].secret = Secret::new("whsec_tooShort".into());
        assert!(!check(&webhook).unwrap_err().to_string().contains("tooShort"));
    }
}
