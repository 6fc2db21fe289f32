//! The event's body: the envelope around a PHP value, written in one go.

use std::fmt;

use ext_php_rs::types::Zval;

use super::encode::{self, Reason};
use super::options::{Options, Site};
use webhooks::clock::rfc3339_bytes;
use webhooks::event::{EventHeader, Flags};

/// Bytes of an event that are written beyond what is allowed before it is given up.
const TOLD: usize = 64 << 10;
const ALTERED: &[u8] = br#","altered":["#;

/// A value that can't be written.
#[derive(Debug)]
pub(super) struct Unwritable {
    /// PHP code threw: its exception is pending, and the message is never seen.
    pub(super) thrown: bool,
    /// It is too large: where the buffer would end at the least.
    pub(super) end: Option<usize>,
    message: String,
}

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Appends the body of an event, and completes its fields. With `repair`, `out` ends before
/// `room`.
///
/// # Errors
/// Where the data or the actor have no JSON form.
pub(super) fn write(
    out: &mut Vec<u8>,
    header: &mut EventHeader<'_>,
    data: &Zval,
    options: &Options<'_>,
    room: usize,
) -> Result<(), Unwritable> {
    let body = out.len();
    out.reserve(512);
    out.extend_from_slice(br#"{"id":""#);
    out.extend_from_slice(&header.id.text());
    out.extend_from_slice(br#"","type":""#);
    out.extend_from_slice(header.name.as_bytes());
    out.extend_from_slice(br#"","timestamp":""#);
    out.extend_from_slice(&rfc3339_bytes(header.timestamp));
    out.extend_from_slice(br#"","network_id":"#);
    out.extend_from_slice(itoa::Buffer::new().format(options.network_id).as_bytes());
    out.push(b',');
    if let Some(Site { id, url }) = &options.site {
        out.extend_from_slice(br#""site":{"id":"#);
        out.extend_from_slice(itoa::Buffer::new().format(*id).as_bytes());
        out.extend_from_slice(br#","url":"#);
        encode::push_text(out, url);
        out.pop();
        out.extend_from_slice(b"},");
    }
    if options.flags.has(Flags::NETWORK) {
        out.extend_from_slice(br#""scope":"network","#);
    }
    if options.version > 1 {
        out.extend_from_slice(br#""version":"#);
        out.extend_from_slice(itoa::Buffer::new().format(options.version).as_bytes());
        out.push(b',');
    }
    if !options.source.is_empty() {
        out.extend_from_slice(br#""source":"#);
        encode::push_text(out, options.source);
    }
    // The brackets that are still to come.
    let mut value = Value { repair: options.repair, room: room - 1, altered: Vec::new() };
    if let Some(actor) = options.actor {
        out.extend_from_slice(br#""actor":"#);
        value.write(actor, "actor", out)?;
        out.push(b',');
    }
    out.extend_from_slice(br#""data":"#);
    let data_start = out.len();
    value.write(data, "data", out)?;
    let data_end = out.len();
    if !value.altered.is_empty() {
        header.flags = header.flags.with(Flags::ALTERED);
        out.extend_from_slice(ALTERED);
        value.altered.iter().for_each(|path| encode::push_text(out, path));
        out.pop();
        out.push(b']');
    }
    out.push(b'}');
    // Offsets are 32 bits; what does not fit in them is far beyond what the journal takes.
    let offset = |at: usize| u32::try_from(at - body).unwrap_or(u32::MAX);
    header.data = offset(data_start)..offset(data_end);
    Ok(())
}

/// Writes values, and mends them where that is wished.
struct Value {
    repair: bool,
    /// Where the buffer may end.
    room: usize,
    altered: Vec<String>,
}

impl Value {
    fn write(&mut self, value: &Zval, root: &str, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        let start = out.len();
        // Something above what is allowed, so that the size can be told.
        let limit = self.room.saturating_mul(2).saturating_add(TOLD);
        let problem = match encode::encode(value, out, limit) {
            Ok(()) if !self.repair || out.len() <= self.room => return Ok(()),
            Ok(()) => None,
            Err(problem) => Some(problem),
        };
        if let Some(problem) = problem.filter(|it| !self.repair || it.reason == Reason::Thrown) {
            let thrown = problem.reason == Reason::Thrown;
            let end = match problem.reason {
                Reason::TooLarge { end } => Some(end),
                _ => None,
            };
            return Err(Unwritable { thrown, end, message: problem.message(root) });
        }
        out.truncate(start);
        let listed: usize = self.altered.iter().map(|path| path.len() + 3).sum();
        let room = self.room.saturating_sub(start + listed + ALTERED.len() + 1);
        let mended = encode::repair(value, root, out, room).map_err(|encode::Thrown| {
            let message = format!("{root}: jsonSerialize() threw");
            Unwritable { thrown: true, end: None, message }
        })?;
        if mended.missing > 0 {
            let end = Some(out.len() + mended.missing);
            let message = format!("{root} can't be made small enough");
            return Err(Unwritable { thrown: false, end, message });
        }
        let altered = mended.altered;
        self.altered.extend(altered);
        Ok(())
    }
}
