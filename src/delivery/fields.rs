//! A webhook's `fields`: the only parts of `data` that it gets.
//!
//! A path names keys from the outside in, separated by dots; `*` stands for every item of a
//! list (or every key): `order.items.*.price`. What a path ends at is kept whole. Kept values
//! stay byte for byte as they were.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserializer;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::invisible::Invisible;

/// Longest path, in bytes.
pub const MAX_PATH: usize = 500;

/// A path that names nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// It can't be one.
    #[error(
        "the field \"{0}\" is no path below \"data\": keys separated by dots, * for every item of \
         a list (order.items.*.price), at most {MAX_PATH} bytes"
    )]
    Path(String),
    /// It looks like another.
    #[error("the field \"{0}\" contains {1}")]
    Invisible(String, Invisible),
}

/// The paths of a webhook, as a tree.
#[derive(Debug, Clone, Default)]
pub struct Fields(Node);

#[derive(Debug, Clone, Default)]
struct Node {
    whole: bool,
    below: BTreeMap<String, Node>,
}

/// Whether a path can be one of a webhook's fields.
///
/// # Errors
/// Names the path.
pub fn check_field(path: &str) -> Result<(), FieldError> {
    if path.len() > MAX_PATH || path.split('.').any(str::is_empty) {
        return Err(FieldError::Path(path.chars().take(MAX_PATH).collect()));
    }
    if let Some(invisible) = Invisible::find_in_words(path) {
        return Err(FieldError::Invisible(path.to_owned(), invisible));
    }
    Ok(())
}

impl Fields {
    /// Reads the paths.
    ///
    /// # Errors
    /// Names the first that can't be read.
    pub fn new(paths: &[String]) -> Result<Self, FieldError> {
        let mut root = Node::default();
        for path in paths {
            check_field(path)?;
            path.split('.')
                .fold(&mut root, |node, key| node.below.entry(key.to_owned()).or_default())
                .whole = true;
        }
        root.spread();
        Ok(Self(root))
    }

    /// The named parts of a JSON object or list; where nothing is named, an empty one.
    ///
    /// # Errors
    /// Where it is not JSON.
    pub fn filter(&self, json: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
        let mut out = Vec::with_capacity(json.len() / 2);
        let text = std::str::from_utf8(json).map_err(serde::de::Error::custom)?;
        self.0.filter(text, &mut out)?;
        Ok(out)
    }
}

impl Node {
    /// What `*` names is named by every key beside it too.
    fn spread(&mut self) {
        if let Some(star) = self.below.get("*").cloned() {
            for (_, node) in self.below.iter_mut().filter(|(key, _)| *key != "*") {
                node.add(&star);
            }
        }
        for node in self.below.values_mut() {
            node.spread();
        }
    }

    fn add(&mut self, other: &Self) {
        self.whole |= other.whole;
        for (key, node) in &other.below {
            self.below.entry(key.clone()).or_default().add(node);
        }
    }

    fn at(&self, key: &str) -> Option<&Self> {
        self.below.get(key).or_else(|| self.below.get("*"))
    }

    /// Appends what is left of a value; a value that no path can go into leaves nothing.
    fn filter(&self, json: &str, out: &mut Vec<u8>) -> Result<bool, serde_json::Error> {
        let json = json.trim_ascii();
        if self.whole {
            out.extend_from_slice(json.as_bytes());
            return Ok(true);
        }
        let mut deserializer = serde_json::Deserializer::from_str(json);
        match json.as_bytes().first() {
            Some(b'{') => deserializer.deserialize_map(Filter { node: self, out })?,
            Some(b'[') => deserializer.deserialize_seq(Filter { node: self, out })?,
            _ => return Ok(false),
        }
        deserializer.end()?;
        Ok(true)
    }
}

struct Filter<'a> {
    node: &'a Node,
    out: &'a mut Vec<u8>,
}

impl<'de> Visitor<'de> for Filter<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.out.push(b'{');
        let mut first = true;
        while let Some(key) = map.next_key::<String>()? {
            let value = map.next_value::<&RawValue>()?;
            let Some(node) = self.node.at(&key) else {
                continue;
            };
            let before = self.out.len();
            if !first {
                self.out.push(b',');
            }
            serde_json::to_writer(&mut *self.out, &key).map_err(serde::de::Error::custom)?;
            self.out.push(b':');
            if node.filter(value.get(), self.out).map_err(serde::de::Error::custom)? {
                first = false;
            } else {
                self.out.truncate(before);
            }
        }
        self.out.push(b'}');
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        self.out.push(b'[');
        let mut first = true;
        while let Some(value) = seq.next_element::<&RawValue>()? {
            let Some(node) = self.node.below.get("*") else {
                continue;
            };
            let before = self.out.len();
            if !first {
                self.out.push(b',');
            }
            if node.filter(value.get(), self.out).map_err(serde::de::Error::custom)? {
                first = false;
            } else {
                self.out.truncate(before);
            }
        }
        self.out.push(b']');
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATA: &str = r#"{"id":12345678901234567890,"email":"a@b.test","order":{"total":10.0,"items":[{"price":1.50,"name":"x"},{"price":2,"name":"y"},7]},"tags":["a","b"]}"#;

    fn filtered(paths: &[&str]) -> String {
        let paths: Vec<_> = paths.iter().map(|&path| path.to_owned()).collect();
        let json = Fields::new(&paths).unwrap().filter(DATA.as_bytes()).unwrap();
        String::from_utf8(json).unwrap()
    }

    #[test]
    fn what_is_named_stays_byte_for_byte() {
        assert_eq!(filtered(&["id"]), r#"{"id":12345678901234567890}"#);
        assert_eq!(
            filtered(&["order.total", "tags"]),
            r#"{"order":{"total":10.0},"tags":["a","b"]}"#
        );
        assert_eq!(
            filtered(&["order.items.*.price"]),
            r#"{"order":{"items":[{"price":1.50},{"price":2}]}}"#
        );
        assert_eq!(filtered(&["*"]), DATA);
    }

    #[test]
    fn what_is_not_named_is_gone() {
        assert_eq!(filtered(&["nothing"]), "{}");
        assert_eq!(filtered(&["email.local"]), "{}");
        assert_eq!(filtered(&["tags.a"]), r#"{"tags":[]}"#);
        assert_eq!(filtered(&["tags.*"]), r#"{"tags":["a","b"]}"#);
    }

    #[test]
    fn a_star_adds_to_what_is_named_beside_it() {
        let both = filtered(&["*.total", "order.items.*.name"]);
        assert_eq!(
            both,
            r#"{"order":{"total":10.0,"items":[{"name":"x"},{"name":"y"}]},"tags":[]}"#
        );
    }

    #[test]
    fn paths_are_checked() {
        for path in ["", ".", "a..b", "a.", ".a", &"a".repeat(501)] {
            assert!(check_field(path).is_err(), "{path}");
        }
        assert!(check_field("a.*.b c").is_ok());
    }
}
