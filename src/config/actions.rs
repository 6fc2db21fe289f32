//! What the publisher wants back in every dispatching process, kept as the text that it is.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

/// A list of whatever the publisher put there, as JSON. Nobody here reads it, so it stays unread
/// until somebody asks: as values it takes some forty times the memory.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Actions(Box<RawValue>);

impl Actions {
    /// The list, as JSON.
    pub fn json(&self) -> &str {
        self.0.get()
    }
}

impl Default for Actions {
    fn default() -> Self {
        Self(RawValue::from_string("[]".into()).unwrap_or_else(|_| RawValue::NULL.to_owned()))
    }
}

impl PartialEq for Actions {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

impl TryFrom<&RawValue> for Actions {
    type Error = &'static str;

    fn try_from(value: &RawValue) -> Result<Self, Self::Error> {
        if value.get().starts_with('[') {
            Ok(Self(value.to_owned()))
        } else {
            Err("expected a list")
        }
    }
}

impl<'de> Deserialize<'de> for Actions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Box::<RawValue>::deserialize(deserializer)?;
        Self::try_from(&*text).map_err(D::Error::custom)
    }
}
