//! The options of `webhooks_dispatch()`, read where they lie: nothing is copied but `only`.

use std::fmt;

use ext_php_rs::types::Zval;

use super::zval::{Key, Table, Value};
use webhooks::event::{EventHeader, Flags, MAX_ONLY, MAX_SOURCE};
use webhooks::id::EventId;

/// What an event is given besides its name and its data.
pub(super) struct Options<'a> {
    pub(super) site: Option<Site<'a>>,
    pub(super) network_id: u64,
    /// `TEST`, `NETWORK` and `IMPORT`, as far as they were asked for.
    pub(super) flags: Flags,
    pub(super) actor: Option<&'a Zval>,
    pub(super) source: &'a str,
    /// Unix milliseconds.
    pub(super) timestamp: Option<i64>,
    pub(super) idempotency_key: Option<&'a str>,
    /// Milliseconds.
    pub(super) delay: u32,
    /// Ids of webhooks, each followed by a line feed.
    pub(super) only: String,
    pub(super) repair: bool,
    /// Of the event's payload; 1, the first, is not written.
    pub(super) version: u32,
    pub(super) installation: Option<&'a str>,
}

/// The site that an event is about.
pub(super) struct Site<'a> {
    pub(super) id: u64,
    pub(super) url: &'a str,
}

/// An option that can't be right: its name and what is expected.
#[derive(Debug)]
pub(super) struct OptionError {
    option: String,
    problem: String,
}

impl fmt::Display for OptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "option \"{}\": {}", self.option, self.problem)
    }
}

type Result<T> = std::result::Result<T, OptionError>;

/// 9999-12-31T23:59:59Z, the last second that RFC 3339 can write.
const LAST_SECOND: i64 = 253_402_300_799;
/// Longest `delay` in seconds: 49 days, as a record keeps milliseconds in 32 bits.
const MAX_DELAY: i64 = u32::MAX as i64 / 1000;
/// Longest `site.url`, `idempotency_key` and webhook id, in bytes.
const MAX_TEXT: usize = 2048;

const KNOWN: &str = "site, network_id, scope, actor, source, timestamp, idempotency_key, delay, \
                     only, test, repair, import, version, installation";
/// Largest `version`.
const MAX_VERSION: i64 = 1000;

impl<'a> Options<'a> {
    /// The options in `table`, or the defaults.
    ///
    /// # Errors
    /// Names the option that is unknown, of a wrong type or out of range.
    pub(super) fn read(table: Option<Table<'a>>) -> Result<Self> {
        let mut options = Self {
            site: None,
            network_id: 1,
            flags: Flags::default(),
            actor: None,
            source: "",
            timestamp: None,
            idempotency_key: None,
            delay: 0,
            only: String::new(),
            repair: false,
            version: 1,
            installation: None,
        };
        let Some(table) = table else {
            return Ok(options);
        };
        for (key, value) in table.iter() {
            match key {
                Key::Text(name) => options.set(name, value)?,
                Key::Index(index) => return Err(unknown(&index.to_string())),
            }
        }
        Ok(options)
    }

    /// The id of an event with these options.
    pub(super) fn id(&self, name: &str, now: i64) -> EventId {
        match self.idempotency_key {
            Some(key) => EventId::from_key(name, self.site.as_ref().map_or(0, |it| it.id), key),
            None => EventId::at(now),
        }
    }

    /// The fields, as far as they are known before the body.
    pub(super) fn header<'b>(
        &'b self,
        id: EventId,
        timestamp: i64,
        name: &'b str,
    ) -> EventHeader<'b> {
        EventHeader {
            id,
            timestamp,
            network: self.network_id,
            site: self.site.as_ref().map_or(0, |site| site.id),
            delay: self.delay,
            flags: self.flags,
            data: 0..0,
            name,
            source: self.source,
            only: &self.only,
        }
    }

    #[inline(always)]
    fn set(&mut self, name: &[u8], value: &'a Zval) -> Result<()> {
        match name {
            b"site" => self.site = Some(Site::read(value)?),
            b"network_id" => self.network_id = id("network_id", value)?,
            b"scope" => match text("scope", value)? {
                "network" => self.flags = self.flags.with(Flags::NETWORK),
                _ => return Err(wrong("scope", "expected \"network\", or leave it out")),
            },
            b"actor" => match Value::behind(value) {
                Value::Table(table) => self.actor = (table.len() > 0).then_some(value),
                other => return Err(mistyped("actor", "an array", &other)),
            },
            b"source" => {
                self.source = text("source", value)?;
                if self.source.len() > MAX_SOURCE {
                    return Err(wrong("source", "longer than 100 bytes"));
                }
            }
            b"timestamp" => self.timestamp = Some(timestamp(value)?),
            b"idempotency_key" => self.idempotency_key = Some(text("idempotency_key", value)?),
            b"delay" => self.delay = delay(value)?,
            b"only" => self.only = only(value)?,
            b"test" => self.flag("test", value, Flags::TEST)?,
            b"import" => self.flag("import", value, Flags::IMPORT)?,
            b"repair" => self.repair = boolean("repair", value)?,
            b"version" => self.version = version(value)?,
            b"installation" => self.installation = Some(text("installation", value)?),
            _ => return Err(unknown(&String::from_utf8_lossy(name))),
        }
        Ok(())
    }

    fn flag(&mut self, name: &str, value: &Zval, flag: Flags) -> Result<()> {
        if boolean(name, value)? {
            self.flags = self.flags.with(flag);
        }
        Ok(())
    }
}

impl<'a> Site<'a> {
    fn read(value: &'a Zval) -> Result<Self> {
        let Value::Table(table) = Value::behind(value) else {
            return Err(mistyped("site", "an array with id and url", &Value::behind(value)));
        };
        let mut site = Self { id: 0, url: "" };
        for (key, value) in table.iter() {
            match key {
                Key::Text(b"id") => site.id = id("site.id", value)?,
                Key::Text(b"url") => site.url = text("site.url", value)?,
                Key::Text(other) => {
                    return Err(unknown(&format!("site.{}", String::from_utf8_lossy(other))));
                }
                Key::Index(index) => return Err(unknown(&format!("site[{index}]"))),
            }
        }
        if site.id == 0 || site.url.is_empty() {
            return Err(wrong("site", "expected an array with id and url"));
        }
        Ok(site)
    }
}

fn id(option: &str, value: &Zval) -> Result<u64> {
    match Value::behind(value) {
        Value::Long(id @ 1..) => Ok(id.unsigned_abs()),
        Value::Long(_) => Err(wrong(option, "expected a number above 0")),
        other => Err(mistyped(option, "an int", &other)),
    }
}

fn text<'a>(option: &str, value: &'a Zval) -> Result<&'a str> {
    match Value::behind(value) {
        Value::Text(text) if text.len() > MAX_TEXT => {
            Err(wrong(option, &format!("longer than {MAX_TEXT} bytes")))
        }
        Value::Text(text) => str::from_utf8(text).map_err(|_| wrong(option, "is not UTF-8")),
        other => Err(mistyped(option, "a string", &other)),
    }
}

fn boolean(option: &str, value: &Zval) -> Result<bool> {
    match Value::behind(value) {
        Value::True => Ok(true),
        Value::False => Ok(false),
        other => Err(mistyped(option, "a bool", &other)),
    }
}

fn timestamp(value: &Zval) -> Result<i64> {
    match Value::behind(value) {
        Value::Long(seconds @ 0..=LAST_SECOND) => Ok(seconds * 1000),
        Value::Double(seconds) if (0.0..=LAST_SECOND as f64).contains(&seconds) => {
            Ok((seconds * 1000.0).round() as i64)
        }
        Value::Long(_) | Value::Double(_) => {
            Err(wrong("timestamp", "expected Unix seconds up to the year 9999"))
        }
        other => Err(mistyped("timestamp", "an int or a float", &other)),
    }
}

fn delay(value: &Zval) -> Result<u32> {
    match Value::behind(value) {
        Value::Long(seconds @ 0..=MAX_DELAY) => Ok(seconds as u32 * 1000),
        Value::Long(_) => Err(wrong("delay", &format!("expected 0 to {MAX_DELAY} seconds"))),
        other => Err(mistyped("delay", "an int", &other)),
    }
}

fn version(value: &Zval) -> Result<u32> {
    match Value::behind(value) {
        Value::Long(version @ 1..=MAX_VERSION) => Ok(version as u32),
        Value::Long(_) => Err(wrong("version", &format!("expected 1 to {MAX_VERSION}"))),
        other => Err(mistyped("version", "an int", &other)),
    }
}

fn only(value: &Zval) -> Result<String> {
    let Value::Table(table) = Value::behind(value) else {
        return Err(mistyped("only", "a list of webhook ids", &Value::behind(value)));
    };
    if table.len() == 0 || table.len() > MAX_ONLY {
        return Err(wrong("only", &format!("expected 1 to {MAX_ONLY} webhook ids")));
    }
    let mut only = String::new();
    for (_, value) in table.iter() {
        let id = text("only", value)?;
        if id.is_empty() || id.contains('\n') {
            return Err(wrong("only", "expected webhook ids"));
        }
        only.push_str(id);
        only.push('\n');
    }
    Ok(only)
}

#[cold]
fn unknown(option: &str) -> OptionError {
    wrong(option, &format!("there is no such option; there are {KNOWN}"))
}

#[cold]
fn mistyped(option: &str, expected: &str, found: &Value<'_>) -> OptionError {
    wrong(option, &format!("expected {expected}, got {}", found.type_name()))
}

#[cold]
fn wrong(option: &str, problem: &str) -> OptionError {
    let option = option.chars().take(64).collect();
    OptionError { option, problem: problem.to_owned() }
}
