//! `webhooks_dispatch()`: from a PHP value to a record in the journal, in one buffer.

use ext_php_rs::prelude::*;
use ext_php_rs::types::Zval;

use super::arguments::{ArrayOrObject, Bytes, OptionalArray};
use super::encode::{self, Reason};
use super::exception;
use super::options::{Options, Site};
use super::process::{self, Process};
use super::text::Text;
use crate::clock::{Clock as _, SystemClock, rfc3339_bytes};
use crate::event::{Fields, Flags, is_name};
use crate::id::EventId;
use crate::journal::{Draft, KIND_EVENT, MAX_RECORD};
use crate::spool::Spool;

/// Adds these functions to the module.
pub(super) fn add(module: ModuleBuilder<'static>) -> ModuleBuilder<'static> {
    module
        .function(wrap_function!(webhooks_dispatch))
        .function(wrap_function!(webhooks_has_subscribers))
}

/// Bytes that the journal adds to a record, and some more.
const FRAME: usize = 256;

/// Accepts an event. See the stub.
#[php_function]
fn webhooks_dispatch(
    event: Bytes<'_>,
    data: ArrayOrObject<'_>,
    options: OptionalArray<'_>,
) -> PhpResult<Option<Text>> {
    let name = event_name(event.0)?;
    let options = Options::read(options.0.map(|options| options.table)).map_err(exception::new)?;
    let Some(accepted) = process::with(|process| Accepted::by(process, name, &options))? else {
        return Ok(None);
    };
    // PHP code may run here (jsonSerialize); nothing of the process is borrowed.
    let Accepted { id, revision, .. } = accepted;
    let draft = compose(accepted, data.0, name, &options)?;
    process::with(|process| process.append(draft, KIND_EVENT, revision)).map_err(exception::new)?;
    Ok(Some(Text::new(&id.text())))
}

/// Whether anybody subscribes to an event. See the stub.
#[php_function]
fn webhooks_has_subscribers(event: Bytes<'_>, site_id: Option<i64>) -> PhpResult<bool> {
    let name = event_name(event.0)?;
    let site = site_id.map(|site| u64::try_from(site).unwrap_or(0));
    Ok(process::with(|process| {
        let readable = process.look().is_ok();
        match process.subscriptions() {
            Some(published) if readable => published.wants(name, site, false),
            // "Nobody" is only said after reading who there is.
            _ => true,
        }
    }))
}

fn event_name(name: &[u8]) -> PhpResult<&str> {
    str::from_utf8(name).ok().filter(|name| is_name(name)).ok_or_else(|| {
        let name: String = String::from_utf8_lossy(name).chars().take(100).collect();
        exception::new(format!(
            "\"{name}\" can't be an event's name: expected 1 to 100 of a-z 0-9 _ . -"
        ))
    })
}

/// An event that is wanted: its record begins.
struct Accepted {
    draft: Draft,
    id: EventId,
    /// Unix milliseconds.
    timestamp: i64,
    /// Of the config under which it was accepted; 0 where none could be read.
    revision: u64,
    /// Most bytes of fields and body together.
    limit: usize,
}

impl Accepted {
    /// Asks who subscribes; `None` where nobody does.
    fn by(process: &mut Process, name: &str, options: &Options<'_>) -> PhpResult<Option<Self>> {
        process.look().map_err(exception::new)?;
        if let Some(ours) = options.installation {
            installation_is(process, ours)?;
        }
        let mut revision = 0;
        let site = options.site.as_ref().map_or(0, |site| site.id);
        if let Some(published) = process.subscriptions() {
            // Who is named gets it, subscribed or not.
            if options.only.is_empty()
                && !published.wants(name, Some(site), options.flags.has(Flags::NETWORK))
            {
                return Ok(None);
            }
            revision = published.revision;
        }
        let now = SystemClock.unix_ms();
        let timestamp = options.timestamp.unwrap_or(now);
        let id = match options.idempotency_key {
            Some(key) => EventId::from_key(name, site, key),
            None => EventId::at(now),
        };
        let fields = fields(id, timestamp, name, options);
        let draft = process.begin(|buffer| fields.write(buffer));
        let limit = process.settings().max_payload.min(MAX_RECORD - FRAME);
        Ok(Some(Self { draft, id, timestamp, revision, limit }))
    }
}

/// Whether the spool is that of the installation with this fingerprint, as far as one is known.
fn installation_is(process: &mut Process, ours: &str) -> PhpResult<()> {
    fn other(process: &mut Process, ours: &str) -> Option<String> {
        let theirs = process.subscriptions()?.fingerprint.as_deref()?;
        (theirs != ours).then(|| theirs.to_owned())
    }
    if other(process, ours).is_none() {
        return Ok(());
    }
    // It may have been confirmed a moment ago that the network was moved.
    process.look_again();
    process.look().map_err(exception::new)?;
    match other(process, ours) {
        None => Ok(()),
        Some(theirs) => {
            Err(exception::new(published_elsewhere(process.spool().ok(), &theirs, ours)))
        }
    }
}

#[cold]
fn published_elsewhere(spool: Option<&Spool>, theirs: &str, ours: &str) -> String {
    let path = spool.map(|spool| spool.path().display().to_string()).unwrap_or_default();
    format!(
        "the spool {path} was published from another place ({theirs}) than this one ({ours}): \
         confirm in Network Admin › Webhooks that this network was moved, or that it is a copy, \
         which needs a spool of its own (webhooks.spool in php.ini)"
    )
}

/// The fields, as far as they are known before the body.
fn fields<'a>(id: EventId, timestamp: i64, name: &'a str, options: &'a Options<'_>) -> Fields<'a> {
    Fields {
        id,
        timestamp,
        network: options.network_id,
        site: options.site.as_ref().map_or(0, |site| site.id),
        delay: options.delay,
        flags: options.flags,
        data: 0..0,
        name,
        source: options.source,
        only: &options.only,
    }
}

/// Writes the body behind the fields, and then what the fields say of it.
fn compose(accepted: Accepted, data: &Zval, name: &str, options: &Options<'_>) -> PhpResult<Draft> {
    let Accepted { mut draft, id, timestamp, limit, .. } = accepted;
    let mut fields = fields(id, timestamp, name, options);
    let body = draft.body_start();
    let start = body - fields.written_len();
    let out = &mut draft.buffer;

    out.reserve(512);
    out.extend_from_slice(br#"{"id":""#);
    out.extend_from_slice(&id.text());
    out.extend_from_slice(br#"","type":""#);
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(br#"","timestamp":""#);
    out.extend_from_slice(&rfc3339_bytes(timestamp));
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
    if !options.source.is_empty() {
        out.extend_from_slice(br#""source":"#);
        encode::push_text(out, options.source);
    }
    // The brackets that are still to come.
    let mut value = Value { repair: options.repair, room: start + limit - 1, altered: Vec::new() };
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
        fields.flags = fields.flags.with(Flags::ALTERED);
        out.extend_from_slice(ALTERED);
        value.altered.iter().for_each(|path| encode::push_text(out, path));
        out.pop();
        out.push(b']');
    }
    out.push(b'}');

    // Offsets are 32 bits; what does not fit in them is far beyond what the journal takes.
    let offset = |at: usize| u32::try_from(at - body).unwrap_or(u32::MAX);
    fields.data = offset(data_start)..offset(data_end);
    // Written once more, now that all is known, and moved to their place.
    let end = out.len();
    fields.write(out);
    out.copy_within(end.., start);
    out.truncate(end);
    Ok(draft)
}

const ALTERED: &[u8] = br#","altered":["#;

/// Writes values, and mends them where that is wished.
struct Value {
    repair: bool,
    /// Where the buffer may end.
    room: usize,
    altered: Vec<String>,
}

impl Value {
    fn write(&mut self, value: &Zval, root: &str, out: &mut Vec<u8>) -> PhpResult<()> {
        let start = out.len();
        let problem = match encode::encode(value, out) {
            Ok(()) if !self.repair || out.len() <= self.room => return Ok(()),
            Ok(()) => None,
            Err(problem) => Some(problem),
        };
        if let Some(problem) = problem.filter(|it| !self.repair || it.reason == Reason::Thrown) {
            return Err(exception::new(problem.message(root)));
        }
        out.truncate(start);
        let listed: usize = self.altered.iter().map(|path| path.len() + 3).sum();
        let room = self.room.saturating_sub(start + listed + ALTERED.len() + 1);
        let altered = encode::repair(value, root, out, room)
            // The exception is pending, and this one is dropped in its favour.
            .map_err(|encode::Thrown| exception::new(format!("{root}: jsonSerialize() threw")))?;
        self.altered.extend(altered);
        Ok(())
    }
}
