//! An event's envelope as templates see it: read where it stands, when it is asked for.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{DynObject, Enumerator, Object, ObjectRepr, Value};

use super::fuel::{self, ITEM};
use super::text::{Style, Writer};
use crate::json::{Json, Kind, NotJson, Places};

/// Parts of the envelope that not every event has.
const OPTIONAL: [&str; 5] = ["site", "scope", "source", "actor", "altered"];
/// How deeply two parts are compared; below that, as texts.
const MAX_COMPARED: usize = 32;

/// An envelope, and where its values lie.
struct Document {
    text: Box<str>,
    places: Places,
}

/// A list or object of the envelope.
pub(super) struct Node {
    document: Arc<Document>,
    at: usize,
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a part of the event")
    }
}

/// The envelope as a template's context.
///
/// # Errors
/// Where it is not JSON.
pub(super) fn context(envelope: &[u8]) -> Result<Value, NotJson> {
    let text = std::str::from_utf8(envelope);
    let text = text.map_err(|error| NotJson::at_byte(error.valid_up_to()))?;
    let places = Places::of(text)?;
    let document = Arc::new(Document { text: text.into(), places });
    let at = document.places.value(&document.text).place_number();
    Ok(Value::from_object(Node { document, at }))
}

impl Node {
    /// Where it stands.
    pub(super) fn json(&self) -> Json<'_> {
        self.document.places.value_at(&self.document.text, self.at)
    }

    /// Whether it is a list.
    pub(super) fn is_list(&self) -> bool {
        self.json().kind() == Kind::List
    }

    /// Its text.
    pub(super) fn raw(&self) -> &str {
        self.json().raw()
    }

    /// A part of it as a value; what can't be paid for is an error wherever it is used.
    fn part(&self, json: Json<'_>) -> Value {
        let paid = match json.kind() {
            Kind::Text => fuel::fits(json.raw().len()).and_then(|()| fuel::spend(json.raw().len())),
            _ => fuel::spend(1),
        };
        match (paid, json.kind()) {
            (Err(error), _) => Value::from(error),
            (Ok(()), Kind::List | Kind::Object) => {
                let document = Arc::clone(&self.document);
                Value::from_object(Self { document, at: json.place_number() })
            }
            (Ok(()), _) => scalar(json),
        }
    }

    fn member(&self, name: &str) -> Option<Value> {
        let json = self.json();
        let mut looked_at = 0;
        let found = json.members().find(|(known, _)| {
            looked_at += 1;
            known.is_text(name)
        });
        if let Err(error) = fuel::spend(looked_at + 1) {
            return Some(Value::from(error));
        }
        match found {
            Some((_, value)) => Some(self.part(value)),
            None if self.at == 0 && OPTIONAL.contains(&name) => Some(Value::from(())),
            None => None,
        }
    }
}

impl Object for Node {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        if self.json().kind() == Kind::List { ObjectRepr::Seq } else { ObjectRepr::Map }
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        if self.json().kind() == Kind::Object {
            return self.member(key.as_str()?);
        }
        let index = key.as_usize()?;
        if let Err(error) = fuel::spend(index.min(self.json().count()) + 1) {
            return Some(Value::from(error));
        }
        self.json().items().nth(index).map(|item| self.part(item))
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.member(key)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let json = self.json();
        let parts = Parts { node: Arc::clone(self), at: json.first(), left: json.count() };
        if json.kind() == Kind::List {
            Enumerator::Iter(Box::new(parts.map(|(_, value)| value)))
        } else {
            Enumerator::KeyValueIter(Box::new(parts))
        }
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.json().count())
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        let other = other.downcast_ref::<Self>()?;
        Some(compare(self.json(), other.json(), 0))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut writer = Writer::new(Style::Words);
        // Where it can't be paid for the template fails, at its end at the latest.
        let _ = writer.node(self.json());
        f.write_str(&writer.finish())
    }
}

/// The members of an object, or the items of a list with no name.
struct Parts {
    node: Arc<Node>,
    at: usize,
    left: usize,
}

impl Iterator for Parts {
    type Item = (Value, Value);

    fn next(&mut self) -> Option<(Value, Value)> {
        self.left = self.left.checked_sub(1)?;
        let document = &self.node.document;
        let json = |at| document.places.value_at(&document.text, at);
        let mut name = Value::UNDEFINED;
        if self.node.json().kind() == Kind::Object {
            name = self.node.part(json(self.at));
            self.at = json(self.at).next();
        }
        let value = self.node.part(json(self.at));
        self.at = json(self.at).next();
        Some((name, value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

/// What is no list and no object.
pub(super) fn scalar(json: Json<'_>) -> Value {
    match json.kind() {
        Kind::True => Value::from(true),
        Kind::False => Value::from(false),
        Kind::Text => Value::from(json.text()),
        Kind::Number => {
            let raw = json.raw();
            let whole = raw.parse::<u64>().map(Value::from);
            whole
                .or_else(|_| raw.parse::<i64>().map(Value::from))
                .or_else(|_| raw.parse::<f64>().map(Value::from))
                .unwrap_or(Value::from(()))
        }
        Kind::Null | Kind::List | Kind::Object => Value::from(()),
    }
}

/// The order of two parts: members stand in any order, and 1 is 1.0.
fn compare(a: Json<'_>, b: Json<'_>, depth: usize) -> Ordering {
    if a.raw() == b.raw() {
        return Ordering::Equal;
    }
    if depth == MAX_COMPARED {
        return a.raw().cmp(b.raw());
    }
    match (a.kind(), b.kind()) {
        (Kind::List, Kind::List) => {
            let mut unequal = a.items().zip(b.items()).map(|(a, b)| compare(a, b, depth + 1));
            unequal.find(|order| order.is_ne()).unwrap_or(a.count().cmp(&b.count()))
        }
        (Kind::Object, Kind::Object) => compare_members(a, b, depth),
        (Kind::List | Kind::Object, _) => Ordering::Greater,
        (_, Kind::List | Kind::Object) => Ordering::Less,
        _ => scalar(a).cmp(&scalar(b)),
    }
}

fn compare_members(a: Json<'_>, b: Json<'_>, depth: usize) -> Ordering {
    fn sorted(json: Json<'_>) -> Vec<(std::borrow::Cow<'_, str>, Json<'_>)> {
        let mut members: Vec<_> =
            json.members().map(|(name, value)| (name.text(), value)).collect();
        members.sort_by(|a, b| a.0.cmp(&b.0));
        members
    }
    // Thrice what it costs to read them, which was paid for.
    if fuel::spend((a.count() + b.count()).saturating_mul(ITEM)).is_err() {
        return Ordering::Less;
    }
    let (a, b) = (sorted(a), sorted(b));
    let mut unequal = a
        .iter()
        .zip(&b)
        .map(|((a, one), (b, other))| a.cmp(b).then_with(|| compare(*one, *other, depth + 1)));
    unequal.find(|order| order.is_ne()).unwrap_or(a.len().cmp(&b.len()))
}
