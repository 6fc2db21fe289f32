//! Webhooks that are wrong: judging each for itself, and reading what can be read of one that the
//! publisher set aside, so that its events are held and the others go on.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::try_out;
use delivery::check;
use delivery::template::Condition;
use domain::event;
use domain::webhook::{FieldError, SetAside, Webhook};

/// The member of a webhook by which the publisher sets it aside.
pub(super) const MEMBER: &str = "set_aside";

const NO_WEBHOOK: &str = "expected a webhook";

/// One of several webhooks that is wrong.
#[derive(Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Its place in the list, from 0.
    pub place: usize,
    /// The field, and what is expected of it.
    pub error: FieldError,
}

/// Judges webhooks as [`Config::from_json`](super::Config::from_json) does, but each for itself:
/// what is wrong with one keeps nobody from hearing of the next. Those that are `Err` could not
/// even be handed over.
pub fn check_webhooks(
    webhooks: impl IntoIterator<Item = Result<Value, FieldError>>,
    examples: &Map<String, Value>,
) -> Vec<Wrong> {
    let mut ids = HashSet::new();
    let mut check = |value: Result<Value, FieldError>| {
        let value = value?;
        if !value.is_object() {
            return Err(FieldError::new(".", NO_WEBHOOK));
        }
        let webhook = if is_set_aside(&value) { read(value)? } else { Webhook::from_value(value)? };
        check::check(&webhook)?;
        if !ids.insert(webhook.id.clone()) {
            return Err(FieldError::new("id", "there are two webhooks with this id"));
        }
        try_out(&webhook, examples)
    };
    webhooks
        .into_iter()
        .enumerate()
        .filter_map(|(place, value)| check(value).err().map(|error| Wrong { place, error }))
        .collect()
}

/// Whether the publisher set this webhook of the document aside.
pub(super) fn is_set_aside(value: &Value) -> bool {
    value.get(MEMBER).is_some_and(|aside| !aside.is_null())
}

/// Reads a webhook that was set aside: of its fields those that can be read, and the others as
/// by default. Only its id has to be right, and why it was set aside.
///
/// # Errors
/// Where it has neither.
pub(super) fn read(value: Value) -> Result<Webhook, FieldError> {
    let Value::Object(mut members) = value else {
        return Err(FieldError::new(".", NO_WEBHOOK));
    };
    let aside = members.remove(MEMBER).unwrap_or_default();
    let mut aside: SetAside = serde_path_to_error::deserialize(aside)
        .map_err(|error| FieldError::new(format!("{MEMBER}.{}", error.path()), error.inner()))?;
    let mut document = Map::new();
    document.insert("id".into(), members.remove("id").unwrap_or_default());
    let url = members.remove("url").filter(Value::is_string);
    document.insert("url".into(), url.unwrap_or_else(|| "".into()));
    let listed = members.remove("events");
    let listed = listed.as_ref().and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let events: Vec<&str> =
        listed.iter().filter_map(Value::as_str).filter(|it| event::is_pattern(it)).collect();
    aside.unsure |= events.len() != listed.len();
    document.insert("events".into(), json!(events));
    let mut webhook = Webhook::from_value(Value::Object(document.clone()))?;
    for (name, member) in members {
        let before = document.insert(name.clone(), member);
        match Webhook::from_value(Value::Object(document.clone())) {
            Ok(read) => webhook = read,
            Err(_) => {
                document.remove(&name);
                document.extend(before.map(|before| (name.clone(), before)));
                // What can't be read of these lets more through than was meant.
                aside.unsure |= matches!(
                    name.as_str(),
                    "sites" | "condition" | "network_events" | "include_imports"
                );
            }
        }
    }
    aside.unsure |= webhook.condition.as_deref().is_some_and(|it| Condition::parse(it).is_err());
    webhook.set_aside = Some(aside);
    Ok(webhook)
}
