//! PHP arrays to typed questions.

use ext_php_rs::prelude::*;
use serde::de::DeserializeOwned;

use super::arguments::Array;
use super::zval::Key;
use super::{encode, exception};
use webhooks::store::log::DeliveriesQuery;

/// The filter that `array` is, of a whole result.
///
/// # Errors
/// See [`read`]; also where it says which page is meant.
pub(super) fn whole(array: Option<Array<'_>>) -> PhpResult<DeliveriesQuery> {
    let query: DeliveriesQuery = read(array)?;
    query.check_whole().map_err(exception::new)?;
    Ok(query)
}

/// The question that `array` puts; left out or empty: the default one.
///
/// # Errors
/// Names the key that is unknown, or what its value should be.
pub(super) fn read<T: DeserializeOwned>(array: Option<Array<'_>>) -> PhpResult<T> {
    read_as(array, |message| message)
}

/// As [`read`], of values that no message may repeat: it says where one is wrong, and what is expected.
///
/// # Errors
/// As [`read`].
pub(super) fn read_secret<T: DeserializeOwned>(array: Option<Array<'_>>) -> PhpResult<T> {
    read_as(array, |message| match message.rsplit_once("expected ") {
        // PHP has no other word for it.
        Some((_, expected)) => format!("expected {}", expected.replace("u64", "int")),
        None => "is not what is expected".into(),
    })
}

fn read_as<T: DeserializeOwned>(
    array: Option<Array<'_>>,
    told: impl Fn(String) -> String,
) -> PhpResult<T> {
    let mut json = Vec::new();
    match array {
        // An empty array is a list to PHP.
        Some(array) if array.table.len() > 0 => {
            // serde would take a list's values for the keys in their order.
            if let Some((Key::Index(index), _)) =
                array.table.iter().find(|(key, _)| matches!(key, Key::Index(_)))
            {
                let message = format!("expected names as keys, got the number {index}");
                return Err(exception::new(message));
            }
            encode::encode(array.zval, &mut json, super::largest())
                .map_err(|problem| exception::new(problem.message("")))?;
        }
        _ => json.extend_from_slice(b"{}"),
    }
    let mut reader = serde_json::Deserializer::from_slice(&json);
    serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        // Without serde_json's "at line 1 column 7": nobody wrote lines.
        let message = error.inner().to_string();
        let message = told(message.split(" at line ").next().unwrap_or_default().to_owned());
        match error.path().to_string().as_str() {
            "." => exception::new(message),
            path => exception::new(format!("{path}: {message}")),
        }
    })
}
