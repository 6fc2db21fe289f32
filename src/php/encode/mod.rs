//! Zvals to JSON, byte for byte as `json_encode($value, JSON_UNESCAPED_SLASHES |
//! JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION)` writes it.
//!
//! Arrays and objects are walked and scalars written here; what an object is made of (its
//! properties, or what its jsonSerialize() returns) the engine says. Enums, and from PHP 8.4 on
//! objects that may have property hooks or be lazy, are the engine's as a whole, and exact by
//! construction. What json_encode() fails at is a [`Problem`] that knows its path.
//!
//! What is written has a limit while it is written: a hundred references to one large string, or
//! a few objects that name each other twice, would else take all memory there is, outside PHP's
//! own `memory_limit`. It is looked at where the buffer grows for a text and where an array
//! begins, so that it costs nothing that counts.

mod number;
mod problem;
mod repair;
mod text;

use ext_php_rs::types::Zval;
use text::Then;

pub(crate) use problem::{Problem, Reason};
pub(crate) use repair::{Thrown, push_text, repair};

use super::engine::{self, JSON_DEPTH, JsonError, ObjectForm};
use super::zval::{Bucket, Entries, Frame, Held, Key, Table, Value};

type Result = std::result::Result<(), Box<Problem>>;

/// Most arrays and objects within each other. Those that say themselves what they are have no level
/// in the JSON, but room on the stack they need: one that returns another one, and so on without end,
/// would end PHP.
const MAX_INSIDE: usize = 2 * JSON_DEPTH as usize;

/// Appends `value` as JSON. `out` ends before `limit`, give or take what a text that has to be
/// escaped, or an array of numbers, takes more than expected: whoever needs an exact limit
/// compares once more.
///
/// # Errors
/// Where json_encode() fails, and at the limit; `out` then has a part of the JSON at its end.
pub(crate) fn encode(value: &Zval, out: &mut Vec<u8>, limit: usize) -> Result {
    let precision = engine::serialize_precision();
    Encoder { out, precision, limit, serializing: Vec::new() }.value(value, None)?;
    // Whatever writes a value writes the comma after it too.
    out.pop();
    Ok(())
}

struct Encoder<'a> {
    out: &'a mut Vec<u8>,
    precision: i64,
    /// Where the buffer has to end.
    limit: usize,
    /// Addresses of the objects whose `jsonSerialize()` the walk is in.
    serializing: Vec<usize>,
}

impl Encoder<'_> {
    /// Appends a value and a comma. What most values are is written on the spot.
    #[inline(always)]
    fn value(&mut self, zval: &Zval, above: Option<&Frame<'_>>) -> Result {
        match Value::of(zval) {
            Value::Text(text) => return self.text(text),
            Value::Long(number) => number::push_long(self.out, number),
            Value::Null | Value::Undefined => self.out.extend_from_slice(b"null,"),
            Value::True => self.out.extend_from_slice(b"true,"),
            Value::False => self.out.extend_from_slice(b"false,"),
            value => return self.other(value, zval, above),
        }
        Ok(())
    }

    #[inline(never)]
    fn other(&mut self, value: Value<'_>, zval: &Zval, above: Option<&Frame<'_>>) -> Result {
        match value {
            Value::Table(table) => self.table(table, above),
            Value::Double(number) => self.double(number),
            Value::Object => self.object(zval, above),
            Value::Reference(inner) => {
                Frame::protect(above);
                self.value(Held::new(inner).zval(), above)
            }
            Value::Elsewhere(inner) => {
                // A slot of an object, which code that runs meanwhile may fill anew.
                Frame::protect(above);
                self.value(Held::new(inner).zval(), above)
            }
            Value::Resource => Err(Problem::new(Reason::Type("resource"))),
            _ => Err(Problem::new(Reason::Type("internal value"))),
        }
    }

    #[inline(always)]
    fn text(&mut self, text: &[u8]) -> Result {
        text::push(self.out, text, Then::Comma, self.limit).map_err(|unfit| match unfit {
            text::Unfit::NotUtf8 { at } => Problem::new(Reason::NotUtf8 { at, byte: text[at] }),
            text::Unfit::TooLarge => self.too_large(text.len()),
        })
    }

    #[cold]
    fn too_large(&self, more: usize) -> Box<Problem> {
        Problem::new(Reason::TooLarge { end: self.out.len() + more })
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

    /// An object: a way back into what the walk is in may lead through it.
    fn object(&mut self, zval: &Zval, above: Option<&Frame<'_>>) -> Result {
        Frame::protect(above);
        if let Some(properties) = Held::of_std_class(zval) {
            return match Value::of(properties.zval()) {
                Value::Table(table) => self.std_class(table, above),
                _ => Ok(()),
            };
        }
        let problem = match self.object_form(zval, above) {
            Ok(()) => return Ok(()),
            Err(problem) => problem,
        };
        // The caller can't look into it: what is wrong is said of the object as a whole.
        Err(match problem.reason {
            Reason::Thrown | Reason::TooLarge { .. } => Problem::new(problem.reason),
            reason => Problem::new(Reason::Object(reason.as_json_error())),
        })
    }

    fn object_form(&mut self, zval: &Zval, above: Option<&Frame<'_>>) -> Result {
        let held = Held::new(zval);
        let zval = held.zval();
        if !engine::is_ours_to_walk(zval) {
            return self.delegate(zval, above);
        }
        let address = engine::object_address(zval);
        let Some(guard) = engine::Serializing::enter(zval) else {
            return Err(Problem::new(Reason::Recursion));
        };
        if self.serializing.contains(&address) {
            return Err(Problem::new(Reason::Recursion));
        }
        if self.serializing.len() == MAX_INSIDE {
            return Err(Problem::new(Reason::TooDeep));
        }
        match engine::object_form(zval) {
            ObjectForm::Thrown => Err(Problem::new(Reason::Thrown)),
            ObjectForm::Enum => self.delegate(zval, above),
            ObjectForm::Other(value) => {
                self.check_size(0)?;
                self.serializing.push(address);
                let written = self.value(&value, above);
                self.serializing.pop();
                drop(guard);
                written
            }
            ObjectForm::Properties(properties) => {
                drop(guard);
                match Value::of(&properties) {
                    Value::Table(table) => self.std_class(table, above),
                    _ => {
                        self.out.extend_from_slice(b"{},");
                        Ok(())
                    }
                }
            }
        }
    }

    /// Has the engine write an object, with all that is below it.
    fn delegate(&mut self, zval: &Zval, above: Option<&Frame<'_>>) -> Result {
        let depth = JSON_DEPTH - Frame::depth(above);
        let encoded = engine::json_encode(zval, depth, self.out);
        self.out.push(b',');
        encoded.map_err(|error| {
            Problem::new(match error {
                JsonError::Thrown => Reason::Thrown,
                JsonError::Message(message) => Reason::Object(message),
            })
        })?;
        self.check_size(0)
    }

    /// Whether there is room for so many values, which have two bytes at least.
    #[inline(always)]
    fn check_size(&self, values: usize) -> Result {
        if self.out.len() + 2 * values > self.limit {
            return Err(self.too_large(2 * values));
        }
        Ok(())
    }

    /// What json_decode() makes, and `(object)`: nothing but properties. And those of any object.
    fn std_class(&mut self, properties: Table<'_>, above: Option<&Frame<'_>>) -> Result {
        self.check_size(properties.len())?;
        let frame = enter(properties, above)?;
        match properties.entries() {
            Entries::Hash(buckets) => self.map::<true>(buckets, &frame),
            // Numbers as keys, which only (object) of an old PHP leaves, or nothing at all.
            Entries::Packed(values) => self.packed::<true>(values, properties.len(), &frame),
        }
    }

    fn table(&mut self, table: Table<'_>, above: Option<&Frame<'_>>) -> Result {
        self.check_size(table.len())?;
        let frame = enter(table, above)?;
        match table.entries() {
            Entries::Packed(values) => self.packed::<false>(values, table.len(), &frame),
            Entries::Hash(buckets) if table.len() == 0 || is_list(buckets) => {
                self.list(buckets, &frame)
            }
            Entries::Hash(buckets) => self.map::<false>(buckets, &frame),
        }
    }

    /// A packed array: a list, unless a hole is among its values.
    fn packed<const OBJECT: bool>(
        &mut self,
        values: &[Zval],
        len: usize,
        frame: &Frame<'_>,
    ) -> Result {
        let is_hole = |zval: &Zval| matches!(Value::of(zval), Value::Undefined);
        let is_list = !OBJECT && (values.len() == len || !values[..len].iter().any(is_hole));
        self.out.push(if is_list { b'[' } else { b'{' });
        for (index, value) in values.iter().enumerate() {
            if is_hole(value) {
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

    /// An array with keys, or an object's properties.
    fn map<const OBJECT: bool>(&mut self, buckets: &[Bucket], frame: &Frame<'_>) -> Result {
        self.out.push(b'{');
        for bucket in buckets {
            if is_empty(bucket) {
                continue;
            }
            match bucket.key() {
                // Names of private and protected properties begin with a NUL.
                Key::Text([0, ..]) if OBJECT => continue,
                Key::Text(name) => {
                    text::push(self.out, name, Then::Colon, self.limit).map_err(
                        |unfit| match unfit {
                            text::Unfit::NotUtf8 { .. } => Problem::new(Reason::KeyNotUtf8),
                            text::Unfit::TooLarge => self.too_large(name.len()),
                        },
                    )?;
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

fn enter<'a>(
    table: Table<'a>,
    above: Option<&'a Frame<'a>>,
) -> std::result::Result<Frame<'a>, Box<Problem>> {
    let Some(frame) = Frame::enter(table, above) else {
        return Err(Problem::new(Reason::Recursion));
    };
    if Frame::depth(Some(&frame)) > JSON_DEPTH {
        return Err(Problem::new(Reason::TooDeep));
    }
    Ok(frame)
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
