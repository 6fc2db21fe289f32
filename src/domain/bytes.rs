//! Bodies and headers as the log and the preview show them.

use serde::ser::{Serialize, SerializeMap, Serializer};

/// Bytes that need not be text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bytes(pub Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

/// Headers in their order; serialised as a map, values of a name that repeats joined by commas.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Headers(pub Vec<(String, String)>);

impl Headers {
    /// Headers of which some may have the same name.
    pub fn new(pairs: Vec<(String, String)>) -> Self {
        let mut headers: Vec<(String, String)> = Vec::with_capacity(pairs.len());
        for (name, value) in pairs {
            match headers.iter_mut().find(|(known, _)| *known == name) {
                Some((_, values)) => *values = format!("{values}, {value}"),
                None => headers.push((name, value)),
            }
        }
        Self(headers)
    }

    /// Of the pairs that the store keeps as JSON; none of what is no such list.
    pub fn from_json(json: &str) -> Self {
        Self::new(serde_json::from_str(json).unwrap_or_default())
    }

    /// The value of the header of this name, in whatever case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

impl Serialize for Headers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}
