//! How the data of today's sources fills the keys that WP Ultimo 1 sent.
//!
//! The publisher says it, per event and source, since only a source knows its data. An event of
//! which it says nothing keeps its data in the format `v1`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::form::{Form, TooLarge};
use super::json::{Json, Places};

/// Event → source → keys.
pub type Projections = BTreeMap<String, BTreeMap<String, Projection>>;

/// Version 1's keys of an event, in their order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Map<String, Value>", into = "Map<String, Value>")]
pub struct Projection(Vec<(String, Origin)>);

/// Where a key's value comes from.
#[derive(Debug, Clone, PartialEq)]
enum Origin {
    /// A dotted path in `data`.
    Path(String),
    /// Always the same: what the event's name says already.
    Value(Value),
}

impl Projection {
    /// Appends `data` with version 1's keys. What `data` lacks is null, and so is left out.
    pub(super) fn fill(&self, data: Json<'_>, form: &mut Form) -> Result<(), TooLarge> {
        for (key, origin) in &self.0 {
            match origin {
                Origin::Path(path) => {
                    if let Some(value) = data.path(path.split('.')) {
                        form.member(key, value)?;
                    }
                }
                Origin::Value(value) => {
                    let text = value.to_string();
                    if let Ok(places) = Places::of(&text) {
                        form.member(key, places.value(&text))?;
                    }
                }
            }
        }
        Ok(())
    }
}

impl TryFrom<Map<String, Value>> for Projection {
    type Error = String;

    fn try_from(keys: Map<String, Value>) -> Result<Self, String> {
        let origin = |(key, value): (String, Value)| match value {
            Value::String(path) if !path.is_empty() => Ok((key, Origin::Path(path))),
            Value::Object(mut constant) if constant.len() == 1 => match constant.remove("value") {
                Some(value) => Ok((key, Origin::Value(value))),
                None => Err(key),
            },
            _ => Err(key),
        };
        keys.into_iter()
            .map(origin)
            .collect::<Result<_, _>>()
            .map(Self)
            .map_err(|key| format!("{key}: expected a path in data, or {{\"value\": …}}"))
    }
}

impl From<Projection> for Map<String, Value> {
    fn from(projection: Projection) -> Self {
        let pairs = projection.0.into_iter().map(|(key, origin)| match origin {
            Origin::Path(path) => (key, path.into()),
            Origin::Value(value) => (key, serde_json::json!({ "value": value })),
        });
        pairs.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_in_their_order_and_missing_ones_are_left_out() {
        let keys = r#"{"user_id":"customer.id","status":{"value":"successful"},"amount":"total","date":"a.b.c"}"#;
        let projection: Projection = serde_json::from_str(keys).unwrap();
        let data = r#"{"total": "59.29", "customer": {"id": 7}, "a": {"b": 1}}"#;
        let places = Places::of(data).unwrap();
        let mut form = Form::new("w", "e", 1000).unwrap();
        projection.fill(places.value(data), &mut form).unwrap();
        assert_eq!(
            form.finish(),
            "webhook_id=w&type=e&data%5Buser_id%5D=7&data%5Bstatus%5D=successful\
             &data%5Bamount%5D=59.29"
        );
        assert_eq!(serde_json::to_string(&projection).unwrap(), keys);
    }

    #[test]
    fn anything_else_is_refused_with_its_key() {
        for keys in
            [r#"{"a":""}"#, r#"{"a":7}"#, r#"{"a":{"path":"b"}}"#, r#"{"a":{"value":1,"b":2}}"#]
        {
            let error = serde_json::from_str::<Projection>(keys).unwrap_err().to_string();
            assert!(error.contains("a: expected"), "{error}");
        }
    }
}
