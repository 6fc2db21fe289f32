//! What a template or condition may do: everything that is read or written is paid for, so that
//! neither time nor memory depends on what it was given. No clock decides: a busy machine would
//! fail healthy events.

use std::cell::Cell;

use minijinja::value::{Value, ValueKind};
use minijinja::{Error, ErrorKind};

use super::data::Node;

/// Bytes that a template may read and write in all; beside them, the engine counts its steps.
const TANK: usize = 16 << 20;
/// The same for a condition: it runs while the journal is taken in, where all other events wait for
/// it, and a hundred webhooks may have one.
const CONDITION_TANK: usize = 4 << 20;
/// Most bytes of one value.
pub(super) const MAX_VALUE: usize = 4 << 20;
/// What a value costs beside its text, in bytes.
pub(super) const ITEM: usize = 32;
/// Most items of a value that is made while a template runs.
const MAX_ITEMS: usize = MAX_VALUE / ITEM;
/// How deeply a template may nest lists and maps of its own.
pub(super) const MAX_NESTED: usize = 32;

/// Why a value can't be.
pub(super) const TOO_LARGE: &str = "a value would have more than 4 MiB, or more than 131,072 items";
/// Why a value can't be.
pub(super) const TOO_DEEP: &str = "lists and maps are nested more than 32 levels deep";

thread_local! {
    /// What is left for the template that runs in this thread.
    static LEFT: Cell<usize> = const { Cell::new(0) };
}

/// A template runs: while this lives, it may spend what is in the tank.
pub(super) struct Tank(usize);

impl Tank {
    /// A template's, full.
    pub(super) fn of_template() -> Self {
        Self(LEFT.replace(TANK))
    }

    /// A condition's, full.
    pub(super) fn of_condition() -> Self {
        Self(LEFT.replace(CONDITION_TANK))
    }

    /// Whether nothing is left: what came of it then is not to be relied on, since what can't
    /// fail (a comparison) came to some end.
    pub(super) fn is_empty(&self) -> bool {
        LEFT.get() == 0
    }
}

impl Drop for Tank {
    fn drop(&mut self) {
        LEFT.set(self.0);
    }
}

/// Pays for bytes that are read or written.
///
/// # Errors
/// Where that is more than is left; nothing is left then.
pub(super) fn spend(bytes: usize) -> Result<(), Error> {
    let left = LEFT.get().saturating_sub(bytes);
    LEFT.set(left);
    if left == 0 { Err(Error::from(ErrorKind::OutOfFuel)) } else { Ok(()) }
}

/// Pays for work that is done for each of `count` things.
pub(super) fn spend_each(count: usize, bytes: usize) -> Result<(), Error> {
    spend(count.saturating_mul(bytes))
}

/// A value that is larger than one may be.
pub(super) fn too_large() -> Error {
    Error::new(ErrorKind::InvalidOperation, TOO_LARGE)
}

/// Refuses a size that no value may have.
pub(super) fn fits(bytes: usize) -> Result<(), Error> {
    if bytes > MAX_VALUE { Err(too_large()) } else { Ok(()) }
}

/// Bytes that are read where a value is read as a whole: compared, searched, written.
///
/// # Errors
/// Where it is nested too deeply, or nothing is left.
pub(super) fn size(value: &Value) -> Result<usize, Error> {
    weigh(value, 0, |node| node.raw().len())
}

/// Pays for reading a value as a whole.
pub(super) fn read(value: &Value) -> Result<(), Error> {
    spend(size(value)?)
}

/// Pays for a value that was made, and refuses one that no value may be. What is a part of the
/// event takes no room of its own.
pub(super) fn made(value: &Value) -> Result<(), Error> {
    let size = weigh(value, 0, |_| 0)?;
    fits(size)?;
    spend(size)
}

fn weigh(value: &Value, depth: usize, node: fn(&Node) -> usize) -> Result<usize, Error> {
    if let Some(text) = value.as_str() {
        return Ok(ITEM + text.len());
    }
    if let Some(part) = value.downcast_object_ref::<Node>() {
        return Ok(ITEM + node(part));
    }
    // Where one value stands in many places it is met as often, and each time is paid for.
    let mut sum = ITEM;
    let mut add = |value: &Value| -> Result<(), Error> {
        if depth == MAX_NESTED {
            return Err(Error::new(ErrorKind::InvalidOperation, TOO_DEEP));
        }
        spend(1)?;
        sum = sum.saturating_add(weigh(value, depth + 1, node)?);
        Ok(())
    };
    match value.kind() {
        ValueKind::Seq => {
            for item in value.try_iter()? {
                add(&item)?;
            }
        }
        ValueKind::Map => {
            for (key, value) in pairs(value) {
                add(&key)?;
                add(&value)?;
            }
        }
        // Numbers, as range() gives them.
        ValueKind::Iterable => sum += ITEM.saturating_mul(value.len().unwrap_or(usize::MAX)),
        _ => {}
    }
    Ok(sum)
}

/// A map's keys and values.
pub(super) fn pairs(map: &Value) -> impl Iterator<Item = (Value, Value)> {
    map.as_object().and_then(|map| map.try_iter_pairs()).into_iter().flatten()
}

/// What is iterated over lazily, as a list of its own: else one that was made of another, and so
/// on, would be taken apart with a frame on the stack for each.
pub(super) fn settle(value: Value) -> Result<Value, Error> {
    if value.kind() == ValueKind::Iterable { list(&value) } else { Ok(value) }
}

/// The items of anything that has some.
pub(super) fn list(value: &Value) -> Result<Value, Error> {
    let mut items = Vec::new();
    for item in value.try_iter()?.checked() {
        if items.len() == MAX_ITEMS {
            return Err(too_large());
        }
        spend(ITEM)?;
        items.push(item?);
    }
    Ok(Value::from(items))
}

/// A map that is made of another lazily, as one of its own.
pub(super) fn map(value: &Value) -> Result<Value, Error> {
    let mut members = Vec::new();
    for member in pairs(value) {
        if members.len() == MAX_ITEMS / 2 {
            return Err(too_large());
        }
        spend(3 * ITEM)?;
        members.push(member);
    }
    Ok(Value::from_pairs(members))
}

/// How many items a loop over a value has.
pub(super) fn count(value: &Value) -> usize {
    match value.as_str() {
        Some(text) => text.len(),
        None => value.len().unwrap_or(0),
    }
}
