//! `webhooks_dispatch()`: from a PHP value to a record in the journal, in one buffer.

use ext_php_rs::prelude::*;
use ext_php_rs::types::Zval;

use super::arguments::{ArrayOrObject, Bytes, OptionalArray};
use super::options::Options;
use super::process::{self, Process};
use super::text::Text;
use super::{envelope, exception};
use webhooks::clock::{Clock as _, SystemClock};
use webhooks::event::{Flags, is_name};
use webhooks::id::EventId;
use webhooks::journal::{JournalError, KIND_EVENT, MAX_RECORD, RecordBuilder};
use webhooks::spool::Spool;

/// Adds these functions to the module.
pub(super) fn add(module: ModuleBuilder<'static>) -> ModuleBuilder<'static> {
    module
        .function(wrap_function!(webhooks_dispatch))
        .function(wrap_function!(webhooks_has_subscribers))
}

/// Bytes that the journal adds to a record, and some more.
const FRAME: usize = 256;

/// Most bytes of fields and body together, where `max_payload` is the limit that was set.
pub(super) fn largest(max_payload: usize) -> usize {
    max_payload.min(MAX_RECORD - FRAME)
}

/// Accepts an event. See the stub.
#[php_function]
fn webhooks_dispatch(
    event: Bytes<'_>,
    data: ArrayOrObject<'_>,
    options: OptionalArray<'_>,
) -> PhpResult<Option<Text>> {
    let name = event_name(event.0).map_err(exception::refused)?;
    let options =
        Options::read(options.0.map(|options| options.table)).map_err(exception::refused)?;
    let Some(accepted) = process::with(|process| Accepted::by(process, name, &options))? else {
        return Ok(None);
    };
    // PHP code may run here (jsonSerialize); nothing of the process is borrowed.
    let id = accepted.id;
    let record = compose(accepted, data.0, name, &options)?;
    process::with(|process| process.append(record)).map_err(not_appended)?;
    Ok(Some(Text::new(&id.text())))
}

/// Why an event is not in the journal, and whether it could be there another time.
#[cold]
fn not_appended(error: JournalError) -> PhpException {
    if matches!(error, JournalError::TooLarge { .. }) {
        exception::refused(error)
    } else {
        exception::new(error)
    }
}

/// Whether anybody subscribes to an event. See the stub.
#[php_function]
fn webhooks_has_subscribers(event: Bytes<'_>, site_id: Option<i64>) -> PhpResult<bool> {
    let name = event_name(event.0).map_err(exception::new)?;
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

/// The name of an event, or why it can't be one.
pub(super) fn event_name(name: &[u8]) -> Result<&str, String> {
    str::from_utf8(name).ok().filter(|name| is_name(name)).ok_or_else(|| {
        let name: String = String::from_utf8_lossy(name).chars().take(100).collect();
        format!("\"{name}\" can't be an event's name: expected 1 to 100 of a-z 0-9 _ . -")
    })
}

/// An event that is wanted: its record begins.
struct Accepted {
    record: RecordBuilder,
    id: EventId,
    /// Unix milliseconds.
    timestamp: i64,
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
        // Of the config under which it is accepted; 0 where none could be read.
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
        let id = options.id(name, now);
        let fields = options.header(id, timestamp, name).written_len();
        let record = process.begin(KIND_EVENT, revision, fields);
        let limit = largest(process.settings().max_payload);
        Ok(Some(Self { record, id, timestamp, limit }))
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

/// What [`JournalError::TooLarge`] says, of an event that was not written to its end.
#[cold]
pub(super) fn too_large(size: usize, limit: usize) -> String {
    let said = JournalError::TooLarge { size, limit }.to_string();
    said.replacen(" has ", " has at least ", 1)
}

/// Writes the body, and then the fields, which say where `data` lies in it.
fn compose(
    accepted: Accepted,
    data: &Zval,
    name: &str,
    options: &Options<'_>,
) -> PhpResult<RecordBuilder> {
    let Accepted { mut record, id, timestamp, limit } = accepted;
    let mut header = options.header(id, timestamp, name);
    let fields = record.size();
    let out = record.body();
    let start = out.len() - fields;
    envelope::write(out, &mut header, data, options, start + limit).map_err(
        |error| match error.end {
            Some(end) => exception::refused(too_large(end - start, limit)),
            None => exception::refused(error),
        },
    )?;
    header.write(record.fields());
    Ok(record)
}
