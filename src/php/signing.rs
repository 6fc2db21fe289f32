//! `webhooks_sign()`, `webhooks_public_key()` and `webhooks_verify()`: for those who send by themselves, and for those
//! who receive.

use ext_php_rs::prelude::*;

use super::arguments::{Array, Bytes, StringOrArray};
use super::exception;
use super::text::Text;
use super::zval::{Key, Table, Value};
use webhooks::clock::{Clock as _, SystemClock};
use webhooks::delivery::sign::{self, SignedHeaders};

/// Adds these functions to the module.
pub(super) fn add(module: ModuleBuilder<'static>) -> ModuleBuilder<'static> {
    module
        .function(wrap_function!(webhooks_sign))
        .function(wrap_function!(webhooks_public_key))
        .function(wrap_function!(webhooks_verify))
}

/// The signature for one secret. See the stub.
#[php_function]
fn webhooks_sign(secret: &str, id: &str, timestamp: i64, body: Bytes<'_>) -> PhpResult<Text> {
    sign::sign(secret, id, timestamp, body.0)
        .map(|signature| Text::new(signature.as_bytes()))
        .map_err(exception::new)
}

/// The public key of an ed25519 secret. See the stub.
#[php_function]
fn webhooks_public_key(secret: &str) -> PhpResult<Text> {
    sign::public_key(secret).map(|key| Text::new(key.as_bytes())).map_err(exception::new)
}

/// Whether a request was signed with one of the secrets. See the stub.
#[php_function]
#[php(defaults(tolerance = 300))]
fn webhooks_verify(
    secrets: StringOrArray<'_>,
    headers: Array<'_>,
    body: Bytes<'_>,
    tolerance: i64,
) -> PhpResult<bool> {
    let secrets = match secrets {
        StringOrArray::String(secret) => vec![secret_text(secret)?],
        StringOrArray::Array(list) => list
            .table
            .iter()
            .map(|(_, secret)| match Value::behind(secret) {
                Value::Text(secret) => secret_text(secret),
                other => Err(expected_secret(other.type_name())),
            })
            .collect::<PhpResult<_>>()?,
    };
    let tolerance = u64::try_from(tolerance).map_err(|_| {
        exception::new(format!("tolerance: expected 0 seconds or more, got {tolerance}"))
    })?;
    let signed = SignedHeaders {
        id: header(headers.table, "webhook-id").unwrap_or_default(),
        timestamp: header(headers.table, "webhook-timestamp").unwrap_or_default(),
        signature: header(headers.table, "webhook-signature").unwrap_or_default(),
    };
    let now = SystemClock.unix_ms() / 1000;
    // A malformed secret is told whatever the request looks like.
    sign::verify(&secrets, signed, body.0, now, tolerance).map_err(exception::new)
}

fn secret_text(secret: &[u8]) -> PhpResult<&str> {
    str::from_utf8(secret).map_err(|_| expected_secret("other bytes"))
}

fn expected_secret(got: &str) -> PhpException {
    exception::new(format!("secrets: expected texts such as whsec_…, got {got}"))
}

/// A header by its name in lower case: as it is, or as `$_SERVER` has it (`HTTP_WEBHOOK_ID`).
/// Of a list, the first value counts.
fn header<'a>(headers: Table<'a>, name: &str) -> Option<&'a str> {
    let is = |key: &[u8]| {
        let key = match key.get(..5) {
            Some(prefix) if prefix.eq_ignore_ascii_case(b"HTTP_") => &key[5..],
            _ => key,
        };
        key.len() == name.len()
            && key.iter().zip(name.bytes()).all(|(&have, want)| {
                have.eq_ignore_ascii_case(&want) || (have == b'_' && want == b'-')
            })
    };
    let (_, value) = headers.iter().find(|(key, _)| matches!(key, Key::Text(key) if is(key)))?;
    let value = match Value::behind(value) {
        Value::Table(values) => Value::behind(values.iter().next()?.1),
        value => value,
    };
    match value {
        Value::Text(text) => str::from_utf8(text).ok(),
        _ => None,
    }
}
