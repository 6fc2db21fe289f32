//! Request headers: which custom ones are possible, and what the log shows of them.

use http::{HeaderName, HeaderValue};

use domain::invisible::Invisible;

/// `User-Agent` of every request.
pub const USER_AGENT: &str = concat!("Network-Webhooks/", env!("CARGO_PKG_VERSION"));
/// What stands in the log for the value of a custom header.
pub const REDACTED: &str = "•••";
/// Longest value, in bytes.
pub const MAX_VALUE: usize = 4096;

/// Names that are ours or the connection's, and prefixes (ending in `-`) of such names.
pub(crate) const RESERVED: &[&str] = &[
    "accept-encoding",
    "ce-",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "webhook-",
];

/// Why a header can't be sent; never shows the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Not a token of RFC 9110.
    #[error("\"{0}\" is no header name (letters, digits and !#$%&'*+-.^_`|~)")]
    Name(String),
    /// One that looks like another.
    #[error("the header's name contains {0}")]
    Invisible(Invisible),
    /// One that is set by us.
    #[error("the header \"{0}\" is set by the delivery itself")]
    Reserved(String),
    /// A value with control characters, letters outside ASCII, or spaces at an end.
    #[error(
        "the value of the header \"{0}\" contains something other than visible ASCII characters \
         with single spaces or tabs between them, or is empty or longer than {MAX_VALUE} bytes"
    )]
    Value(String),
}

/// Reads a custom header.
///
/// # Errors
/// Where the name is malformed or reserved, or the value can't be sent.
pub fn check_header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), HeaderError> {
    if let Some(invisible) = Invisible::find(name) {
        return Err(HeaderError::Invisible(invisible));
    }
    let parsed = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| HeaderError::Name(name.chars().take(64).collect()))?;
    let reserved = |known: &&str| {
        if known.ends_with('-') { parsed.as_str().starts_with(known) } else { parsed == *known }
    };
    if RESERVED.iter().any(reserved) {
        return Err(HeaderError::Reserved(name.to_owned()));
    }
    let possible =
        (1..=MAX_VALUE).contains(&value.len()) && value.is_ascii() && value.trim_ascii() == value;
    match HeaderValue::from_str(value) {
        Ok(mut parsed_value) if possible => {
            parsed_value.set_sensitive(true);
            Ok((parsed, parsed_value))
        }
        _ => Err(HeaderError::Value(name.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_headers_pass() {
        for (name, value) in
            [("Authorization", "Bearer abc.def"), ("X-Api-Key", "k"), ("X-Tenant", "a b\tc")]
        {
            let (parsed, sent) = check_header(name, value).unwrap();
            assert!(parsed.as_str().eq_ignore_ascii_case(name));
            assert!(sent.is_sensitive() && !format!("{sent:?}").contains(value));
        }
    }

    #[test]
    fn what_is_ours_or_the_connections_is_refused() {
        for name in ["Host", "content-length", "Webhook-Id", "ce-id", "TE", "Proxy-Authorization"] {
            assert_eq!(check_header(name, "x"), Err(HeaderError::Reserved(name.into())), "{name}");
        }
        assert!(check_header("Test", "x").is_ok());
    }

    #[test]
    fn nothing_can_be_smuggled() {
        for name in ["", "a b", "a:b", "Ä"] {
            assert!(matches!(check_header(name, "x"), Err(HeaderError::Name(_))), "{name:?}");
        }
        for name in ["a\r\nb", "\u{feff}X-Key", "X-\u{200b}Key", "X-Key\u{a0}"] {
            let error = check_header(name, "x").unwrap_err();
            assert!(matches!(error, HeaderError::Invisible(_)), "{name:?}");
        }
        for value in ["Bearer\u{a0}abc", "abc\u{200b}", "\u{feff}abc"] {
            assert_eq!(check_header("X-A", value), Err(HeaderError::Value("X-A".into())));
        }
        let long = "x".repeat(MAX_VALUE + 1);
        for value in ["", " secret", "secret ", "a\r\nb: c", "a\0b", "ä", &long] {
            let error = check_header("X-A", value).unwrap_err();
            assert_eq!(error, HeaderError::Value("X-A".into()));
            assert!(value.is_empty() || !error.to_string().contains(value));
        }
    }
}
