//! Zvals to JSON, byte for byte as `json_encode($value, JSON_UNESCAPED_SLASHES |
//! JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION)` writes it.
//!
//! Arrays are walked and scalars written here; an object and all below it are the engine's
//! (JsonSerializable, enums, property hooks, lazy objects), so that they are exact by
//! construction. What json_encode() fails at is a [`Problem`] that knows its path.

mod number;
mod problem;
mod repair;
mod text;

use ext_php_rs::types::Zval;
use text::Then;

pub(crate) use problem::{Problem, Reason};
pub(crate) use repair::{Thrown, push_text, repair};

use super::engine::{self, JSON_DEPTH, JsonError};
use super::zval::{Bucket, Entries, Frame, Held, Key, Table, Value};

type Result = std::result::Result<(), Box<Problem>>;

/// Appends `value` as JSON.
///
/// # Errors
/// Where json_encode() fails; `out` then has a part of the JSON at its end.
pub(crate) fn encode(value: &Zval, out: &mut Vec<u8>) -> Result {
    Encoder { out, precision: engine::serialize_precision() }.value(value, None)?;
    // Whatever writes a value writes the comma after it too.
    out.pop();
    Ok(())
}

struct Encoder<'a> {
    out: &'a mut Vec<u8>,
    precision: i64,
}

impl Encoder<'_> {
    /// Appends a value and a comma.
    fn value(&mut self, zval: &Zval, above: Option<&Frame<'_>>) -> Result {
        match Value::of(zval) {
            Value::Text(text) => return self.text(text),
            Value::Long(number) => number::push_long(self.out, number),
            Value::Table(table) => return self.table(table, above),
            Value::Null | Value::Undefined => self.out.extend_from_slice(b"null,"),
            Value::True => self.out.extend_from_slice(b"true,"),
            Value::False => self.out.extend_from_slice(b"false,"),
            Value::Double(number) => return self.double(number),
            Value::Object => return self.object(zval, above),
            Value::Reference(inner) => {
                Frame::protect(above);
                return self.value(Held::new(inner).zval(), above);
            }
            Value::Elsewhere(inner) => return self.value(inner, above),
            Value::Resource => return Err(Problem::new(Reason::Type("resource"))),
            Value::Internal => return Err(Problem::new(Reason::Type("internal value"))),
        }
        Ok(())
    }

    #[inline(always)]
    fn text(&mut self, text: &[u8]) -> Result {
        text::push(self.out, text, Then::Comma)
            .map_err(|text::NotUtf8 { at }| Problem::new(Reason::NotUtf8 { at, byte: text[at] }))
    }

    fn double(&mut self, number: f64) -> Result {
        if number.is_finite() {
            number::push_double(self.out, number, self.precision);
            Ok(())
        } else {
            let what = if number.is_nan() {
                "NAN"
            } else if number > 0.0 {
                "INF"
            } else {
                "-INF"
            };
            Err(Problem::new(Reason::NotFinite(what)))
        }
    }

    #[cold]
    fn object(&mut self, zval: &Zval, above: Option<&Frame<'_>>) -> Result {
        Frame::protect(above);
        let depth = JSON_DEPTH - Frame::depth(above);
        let encoded = engine::json_encode(zval, depth, self.out);
        self.out.push(b',');
        encoded.map_err(|error| {
            Problem::new(match error {
                JsonError::Thrown => Reason::Thrown,
                JsonError::Message(message) => Reason::Object(message),
            })
        })
    }

    fn table(&mut self, table: Table<'_>, above: Option<&Frame<'_>>) -> Result {
        let Some(frame) = Frame::enter(table, above) else {
            return Err(Problem::new(Reason::Recursion));
        };
        if Frame::depth(Some(&frame)) > JSON_DEPTH {
            return Err(Problem::new(Reason::TooDeep));
        }
        if table.len() == 0 {
            self.out.extend_from_slice(b"[],");
            return Ok(());
        }
        match table.entries() {
            Entries::Packed(values) => self.packed(values, table.len(), &frame),
            Entries::Hash(buckets) if is_list(buckets) => self.list(buckets, &frame),
            Entries::Hash(buckets) => self.map(buckets, &frame),
        }
    }

    /// A packed array: a list, unless a hole is among its values.
    fn packed(&mut self, values: &[Zval], len: usize, frame: &Frame<'_>) -> Result {
        let is_list =
            !values.iter().take(len).any(|zval| matches!(Value::of(zval), Value::Undefined));
        self.out.push(if is_list { b'[' } else { b'{' });
        for (index, value) in values.iter().enumerate() {
            if matches!(Value::of(value), Value::Undefined) {
                continue;
            }
            if !is_list {
                self.index(index as i64);
            }
            self.value(value, Some(frame))
                .map_err(|problem| problem.under(Key::Index(index as i64)))?;
        }
        close(self.out, if is_list { b']' } else { b'}' });
        Ok(())
    }

    /// A hash whose keys are 0, 1, 2, … in order.
    fn list(&mut self, buckets: &[Bucket], frame: &Frame<'_>) -> Result {
        self.out.push(b'[');
        for bucket in buckets {
            if is_empty(bucket) {
                continue;
            }
            self.value(bucket.value(), Some(frame))
                .map_err(|problem| problem.under(bucket.key()))?;
        }
        close(self.out, b']');
        Ok(())
    }

    fn map(&mut self, buckets: &[Bucket], frame: &Frame<'_>) -> Result {
        self.out.push(b'{');
        for bucket in buckets {
            if is_empty(bucket) {
                continue;
            }
            match bucket.key() {
                Key::Text(name) => {
                    text::push(self.out, name, Then::Colon)
                        .map_err(|_| Problem::new(Reason::KeyNotUtf8))?;
                }
                Key::Index(index) => self.index(index),
            }
            self.value(bucket.value(), Some(frame))
                .map_err(|problem| problem.under(bucket.key()))?;
        }
        close(self.out, b'}');
        Ok(())
    }

    /// A key that is a number.
    fn index(&mut self, index: i64) {
        self.out.push(b'"');
        number::push_long(self.out, index);
        self.out.pop();
        self.out.extend_from_slice(b"\":");
    }
}

/// Puts `bracket` in the place of the comma after the last value, and a comma behind it.
fn close(out: &mut Vec<u8>, bracket: u8) {
    match out.last_mut() {
        Some(last) if *last == b',' => *last = bracket,
        _ => out.push(bracket), // there was none
    }
    out.push(b',');
}

/// Whether a hash is a list all the same, as `array_is_list()` has it.
fn is_list(buckets: &[Bucket]) -> bool {
    let mut expected = 0;
    buckets.iter().all(|bucket| {
        matches!(Value::of(bucket.value()), Value::Undefined)
            || matches!(bucket.key(), Key::Index(index) if { expected += 1; index == expected - 1 })
    })
}

/// Whether nothing is in a bucket, or in the slot that it points at.
fn is_empty(bucket: &Bucket) -> bool {
    match Value::of(bucket.value()) {
        Value::Undefined => true,
        Value::Elsewhere(slot) => matches!(Value::of(slot), Value::Undefined),
        _ => false,
    }
}
