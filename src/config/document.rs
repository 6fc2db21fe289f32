//! The document that WordPress publishes, read part by part.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::error::form;
use super::{Actions, ConfigError, MAX_DOCUMENT, MAX_WEBHOOKS, aside};
use delivery::check;
use domain::clock::rfc3339;
use domain::event;
use domain::id::EventId;
use domain::webhook::{FieldError, Webhook};

const NO_DOCUMENT: &str = "expected a list of webhooks, or the document";

/// What a document consists of.
#[derive(Default)]
pub(crate) struct Parts<'a> {
    pub(crate) members: Map<String, Value>,
    pub(crate) actions: Actions,
    /// Unread: they are read one by one, so that an error can say which one it is, and that a list of
    /// half a million numbers takes no more memory than the first.
    pub(crate) webhooks: Vec<&'a RawValue>,
}

/// Takes a document apart.
pub(crate) fn parts(document: &[u8]) -> Result<Parts<'_>, ConfigError> {
    let its_start = |error: serde_json::Error| form("its start", &error);
    let (mut members, mut actions) = (Map::new(), Actions::default());
    let list = if document.trim_ascii_start().starts_with(b"[") {
        serde_json::from_slice(document).map_err(its_start)?
    } else if document.trim_ascii_start().starts_with(b"{") {
        let Members(parts) = serde_json::from_slice(document).map_err(its_start)?;
        let mut list = None;
        for (name, value) in parts {
            if name == "webhooks" {
                list = webhooks(value);
                continue;
            }
            if name == "actions" {
                actions = Actions::try_from(value).map_err(|error| form(&name, &error))?;
                continue;
            }
            let value = serde_json::from_str(value.get()).map_err(|error| form(&name, &error))?;
            members.insert(name, value);
        }
        list.ok_or_else(|| form("webhooks", &"expected a list of webhooks"))?
    } else {
        serde_json::from_slice::<IgnoredAny>(document).map_err(its_start)?;
        return Err(form("its start", &NO_DOCUMENT));
    };
    if list.len() > MAX_WEBHOOKS {
        return Err(form("webhooks", &too_many(list.len())));
    }
    Ok(Parts { members, actions, webhooks: list })
}

/// The members of a document, unread.
struct Members<'a>(Vec<(String, &'a RawValue)>);

/// More members no document has.
const MOST_MEMBERS: usize = 100;

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reads;
        impl<'de> Visitor<'de> for Reads {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the document")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    if members.len() == MOST_MEMBERS {
                        return Err(A::Error::custom(NO_DOCUMENT));
                    }
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Reads)
    }
}

/// The webhooks of a document, if this is a list of them. PHP may write an empty one as a map.
fn webhooks(value: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_str(value.get()).ok().or_else(|| {
        let map: BTreeMap<String, IgnoredAny> = serde_json::from_str(value.get()).ok()?;
        map.is_empty().then(Vec::new)
    })
}

/// What is said of a document that is too large.
pub fn too_large() -> String {
    format!(
        "the webhooks have more than {MAX_DOCUMENT} bytes of JSON, which is the most: shorten their \
         templates, or delete those that nobody needs"
    )
}

/// What is said of too many webhooks.
pub fn too_many(webhooks: usize) -> String {
    format!("expected at most {MAX_WEBHOOKS} webhooks, got {webhooks}")
}

/// A webhook of the list, with its place in it.
pub(crate) fn read_webhook((place, value): (usize, &RawValue)) -> Result<Webhook, ConfigError> {
    let number = || format!("number {}", place + 1);
    let value: Value = serde_json::from_str(value.get()).map_err(|error| ConfigError::Webhook {
        webhook: number(),
        field: FieldError::new(".", error),
    })?;
    let webhook = match value.get("id").and_then(Value::as_str) {
        Some(id) => id.chars().take(64).collect(),
        None => number(),
    };
    let read =
        if aside::is_set_aside(&value) { aside::read(value) } else { Webhook::from_value(value) };
    read.map_err(|field| ConfigError::Webhook { webhook, field })
}

/// Renders template and condition of a webhook with the examples of its events.
pub(crate) fn try_out(webhook: &Webhook, examples: &Map<String, Value>) -> Result<(), FieldError> {
    if webhook.set_aside.is_some() {
        return Ok(());
    }
    let wanted = |event: &str| webhook.events.iter().any(|pattern| event::matches(pattern, event));
    for (event, data) in examples.iter().filter(|(event, _)| wanted(event)) {
        let envelope = json!({
            "id": EventId::at(0), "type": event, "timestamp": rfc3339(0), "network_id": 1,
            "site": {"id": 1, "url": "https://example.org"}, "source": "example",
        });
        // Put together as text: a copy of the data's tree may be a hundred times as large.
        let mut envelope = envelope.to_string();
        envelope.pop();
        let envelope = format!("{envelope},\"data\":{data}}}");
        check::try_out(webhook, envelope.as_bytes()).map_err(|error| {
            let message = format!("with the example of {event}: {}", error.reason());
            FieldError::new(error.field, message)
        })?;
    }
    Ok(())
}
