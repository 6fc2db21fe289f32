//! Values to JSON at all costs: what json_encode() refuses is mended, and its path noted.
//!
//! U+FFFD takes the place of bytes that are not UTF-8, null the place of what has no JSON form
//! (INF, NAN, resources, pure enums, recursion, too deep a level), and where the whole is too
//! large the longest strings are cut. Objects that know each other have more ways through them
//! than any memory has room for: only so many values are looked at as could fit, and the rest of
//! their lists and objects is left out. Only for events that would be lost otherwise: it is
//! written for clarity, not for speed.

use ext_php_rs::types::Zval;

use super::problem::{self, Step};
use super::text::{self, Then};
use super::{MAX_INSIDE, close, number};
use crate::engine::{self, JSON_DEPTH, ObjectForm};
use crate::zval::{Held, Key, Table, Value};

/// Most paths that are listed; one more entry says that there are others.
const MAX_PATHS: usize = 100;
/// Times that the strings are cut anew, because naming what was cut takes room as well.
const MAX_ROUNDS: usize = 8;
/// Bytes beyond what fits that are written all the same, so that the size can be told.
const KEPT: usize = 64 << 10;

/// PHP code threw: the exception is pending and belongs to the caller.
#[derive(Debug)]
pub(crate) struct Thrown;

/// What came of mending.
#[derive(Debug)]
pub(crate) struct Mended {
    /// Paths of what was altered.
    pub(crate) altered: Vec<String>,
    /// Bytes that are too many, and were not written: then what was written is not whole.
    pub(crate) missing: usize,
}

/// Appends `value` as JSON, with the paths of what was altered, from `root`. The JSON and these
/// paths, as a JSON list, have at most `room` bytes, if cutting strings can do that.
///
/// # Errors
/// Where a `jsonSerialize()` throws.
pub(crate) fn repair(
    value: &Zval,
    root: &str,
    out: &mut Vec<u8>,
    room: usize,
) -> Result<Mended, Thrown> {
    let start = out.len();
    let mut longest = usize::MAX;
    let mut excess = 0;
    let mut lengths = Vec::new();
    // Each value takes two bytes at least.
    let mut most_values = room / 2 + 1000;
    for round in 0.. {
        out.truncate(start);
        let mut repairer = Repairer {
            root,
            precision: engine::serialize_precision(),
            longest,
            values: most_values,
            names: room.saturating_mul(4),
            start,
            keep: room.saturating_mul(2) + KEPT,
            missing: 0,
            steps: Vec::new(),
            inside: Vec::new(),
            levels: 0,
            lengths: Vec::new(),
            altered: Vec::new(),
            out,
        };
        repairer.value(value)?;
        let is_cut = repairer.values == 0;
        let (altered, found, missing) = (repairer.altered, repairer.lengths, repairer.missing);
        out.pop(); // the comma
        let mut list = Vec::new();
        altered.iter().for_each(|path| push_text(&mut list, path));
        let size = out.len() - start + missing + list.len();
        if size <= room || round == MAX_ROUNDS {
            return Ok(Mended { altered, missing });
        }
        if is_cut {
            // Where values had to be left out, more of them are, until the rest fits.
            most_values /= 8;
            continue;
        }
        if lengths.is_empty() {
            lengths = found;
            lengths.sort_unstable_by(|a, b| b.cmp(a));
        }
        excess += size - room;
        match level(&lengths, excess) {
            Some(level) => longest = level,
            None => return Ok(Mended { altered, missing }),
        }
    }
    unreachable!("the rounds end")
}

/// Appends a text that is UTF-8, and a comma.
pub(crate) fn push_text(out: &mut Vec<u8>, text: &str) {
    let pushed = text::push(out, text.as_bytes(), Then::Comma, usize::MAX);
    debug_assert!(pushed.is_ok());
}

/// The length to which the longest strings have to be cut to save `excess` bytes. `lengths` is
/// sorted, longest first.
fn level(lengths: &[usize], excess: usize) -> Option<usize> {
    let mut sum = 0;
    for (cut, length) in (1..).zip(lengths) {
        sum += length;
        let level = sum.saturating_sub(excess) / cut;
        let next = lengths.get(cut).copied().unwrap_or(2);
        if sum > excess && level >= next.max(2) {
            return Some(level);
        }
    }
    None
}

struct Repairer<'a> {
    out: &'a mut Vec<u8>,
    root: &'a str,
    precision: i64,
    /// Longest string, in bytes of its JSON.
    longest: usize,
    /// How many more values are looked at.
    values: usize,
    /// How many more bytes of names are.
    names: usize,
    /// Where the JSON begins, and how many bytes of it are kept; beyond, they are only counted.
    start: usize,
    keep: usize,
    missing: usize,
    /// The way to where the walk is.
    steps: Vec<Step>,
    /// Addresses of the arrays and objects that it is in.
    inside: Vec<usize>,
    /// How many brackets are open in the JSON, as json_encode() counts its depth: an object that
    /// says itself what it is has none of its own.
    levels: u32,
    /// Bytes of every string's JSON.
    lengths: Vec<usize>,
    altered: Vec<String>,
}

impl Repairer<'_> {
    fn value(&mut self, zval: &Zval) -> Result<(), Thrown> {
        self.values = self.values.saturating_sub(1);
        match Value::of(zval) {
            Value::Text(text) => self.text(text),
            Value::Long(number) => number::push_long(self.out, number),
            Value::Null | Value::Undefined => self.out.extend_from_slice(b"null,"),
            Value::True => self.out.extend_from_slice(b"true,"),
            Value::False => self.out.extend_from_slice(b"false,"),
            Value::Double(number) if number.is_finite() => {
                number::push_double(self.out, number, self.precision);
            }
            Value::Double(_) | Value::Resource | Value::Internal => self.null(),
            Value::Table(table) => self.table(table)?,
            Value::Object => self.object(zval)?,
            Value::Reference(inner) => self.value(Held::new(inner).zval())?,
            Value::Elsewhere(inner) => self.value(Held::new(inner).zval())?,
        }
        Ok(())
    }

    /// Takes back what was written behind `mark`, where so much was written already that it can't
    /// fit.
    fn count(&mut self, mark: usize) {
        if self.out.len() - self.start > self.keep {
            self.missing += self.out.len() - mark;
            self.out.truncate(mark);
        }
    }

    /// Null, where something else was.
    fn null(&mut self) {
        self.note();
        self.out.extend_from_slice(b"null,");
    }

    fn note(&mut self) {
        if self.altered.len() < MAX_PATHS {
            self.altered.push(problem::path(self.root, self.steps.iter()));
        } else if self.altered.len() == MAX_PATHS {
            self.altered.push("…".to_owned());
        }
    }

    fn text(&mut self, text: &[u8]) {
        let start = self.out.len();
        if text.len() > self.keep && self.longest == usize::MAX {
            // Wherever it is cut then, now it only has to be known that it is long.
            self.lengths.push(self.keep);
            self.missing += self.keep;
            self.out.extend_from_slice(b"\"\",");
            return self.note();
        }
        if text.len() > self.longest {
            // Only its beginning has to be looked at: a character more than stays.
            let mended = String::from_utf8_lossy(&text[..text.len().min(self.longest + 4)]);
            push_text(self.out, cut(&mended, self.longest));
            self.note();
            return self.count(start);
        }
        let mended = String::from_utf8_lossy(text);
        push_text(self.out, &mended);
        let length = self.out.len() - start - 1;
        self.lengths.push(length);
        if length > self.longest {
            self.out.truncate(start);
            push_text(self.out, cut(&mended, self.longest));
        }
        if length > self.longest || mended.as_bytes() != text {
            self.note();
        }
        self.count(start);
    }

    fn table(&mut self, table: Table<'_>) -> Result<(), Thrown> {
        let is_list = (0..)
            .zip(table.iter())
            .all(|(place, (key, _))| matches!(key, Key::Index(index) if index == place));
        self.members(table.address(), is_list, table.iter())
    }

    fn object(&mut self, zval: &Zval) -> Result<(), Thrown> {
        let held = Held::new(zval);
        let address = engine::object_address(held.zval());
        match engine::object_form(held.zval()) {
            ObjectForm::Thrown => Err(Thrown),
            ObjectForm::Enum => {
                let start = self.out.len();
                if engine::json_encode(held.zval(), JSON_DEPTH, self.out).is_ok() {
                    self.out.push(b',');
                } else {
                    self.out.truncate(start);
                    self.null();
                }
                Ok(())
            }
            ObjectForm::Other(value) => self.within(address, |this| this.value(&value)),
            ObjectForm::Properties(properties) => match Value::of(&properties) {
                Value::Table(table) => {
                    // Names of private and protected properties begin with a NUL.
                    let public = |(key, _): &(Key<'_>, &Zval)| !matches!(key, Key::Text([0, ..]));
                    self.members(address, false, table.iter().filter(public))
                }
                _ => {
                    self.out.extend_from_slice(b"{},");
                    Ok(())
                }
            },
        }
    }

    fn members<'z>(
        &mut self,
        address: usize,
        is_list: bool,
        members: impl Iterator<Item = (Key<'z>, &'z Zval)>,
    ) -> Result<(), Thrown> {
        if self.levels == JSON_DEPTH {
            self.null();
            return Ok(());
        }
        self.within(address, |this| {
            this.levels += 1;
            this.out.push(if is_list { b'[' } else { b'{' });
            for (key, value) in members {
                if this.values == 0 {
                    this.note(); // The rest is left out.
                    break;
                }
                this.steps.push(Step::of(key));
                if !is_list {
                    this.key(key);
                }
                this.value(value)?;
                this.steps.pop();
            }
            close(this.out, if is_list { b']' } else { b'}' });
            this.levels -= 1;
            Ok(())
        })
    }

    fn key(&mut self, key: Key<'_>) {
        if let Key::Text(name) = key {
            self.names = self.names.saturating_sub(name.len());
            if self.names == 0 {
                self.values = 0;
            }
        }
        match key {
            Key::Index(index) => push_text(self.out, &index.to_string()),
            Key::Text(name) => {
                let mended = String::from_utf8_lossy(name);
                push_text(self.out, &mended);
                if mended.as_bytes() != name {
                    self.note();
                }
            }
        }
        self.out.pop();
        self.out.push(b':');
    }

    /// Runs `walk` inside the array or object at `address`, unless the walk is in it already, or
    /// in too much.
    fn within(
        &mut self,
        address: usize,
        walk: impl FnOnce(&mut Self) -> Result<(), Thrown>,
    ) -> Result<(), Thrown> {
        if self.inside.contains(&address) || self.inside.len() == MAX_INSIDE {
            self.null();
            return Ok(());
        }
        self.inside.push(address);
        walk(self)?;
        self.inside.pop();
        Ok(())
    }
}

/// The longest part of `text` that has at most `most` bytes of JSON, quotes included.
fn cut(text: &str, most: usize) -> &str {
    let mut json = Vec::new();
    let mut size = 2;
    for (at, character) in text.char_indices() {
        json.clear();
        push_text(&mut json, character.encode_utf8(&mut [0; 4]));
        size += json.len() - 3;
        if size > most {
            return &text[..at];
        }
    }
    text
}
