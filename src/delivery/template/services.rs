//! Filters for what services want: `md5`, `date`, `truncate`, `path` and `filled`.
//!
//! | filter | for |
//! |---|---|
//! | `md5` | ids that are the hash of an address, as Mailchimp's members have them; no signature |
//! | `date` | a time as a service wants it, in a time zone |
//! | `truncate` | texts whose length a service limits |
//! | `path` | a value that an event may not have, or has elsewhere |
//! | `filled` | fields of which an event has some |
//!
//! `date` takes the format of strftime (C, Python, Ruby, SQLite) and not PHP's `date()`: the engine is
//! Jinja's, whose users know it, the library that knows time zones has it, and of PHP's there would
//! be a second implementation of ours. Names of days and months are English.

use jiff::civil;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, Zoned};
use md5::{Digest as _, Md5};
use minijinja::value::{Kwargs, Rest, Value, ValueKind, ValueOrKwargs, from_args};
use minijinja::{Environment, Error, ErrorKind};

use super::data::Node;
use super::fuel::{self, ITEM};
use super::text::words;

/// Longest format of a date, in bytes.
const MAX_FORMAT: usize = 200;
/// Most bytes that a conversion of a format may write: jiff's widths end at 255.
const WIDEST: usize = 256;
/// Why something has no date.
pub(super) const NO_DATE: &str =
    "date takes a time such as 2026-11-29T08:00:00Z, a day, or the seconds since 1970";
/// Why a date can't be written.
pub(super) const NO_FORMAT: &str =
    "date takes a format of strftime with at most 200 bytes, such as %Y-%m-%d %H:%M";
/// Why a date is nowhere.
pub(super) const NO_ZONE: &str = "date takes UTC or the name of a time zone such as Europe/Rome";
/// Why something can't be cut.
pub(super) const NO_LENGTH: &str =
    "truncate takes a number of characters, and the text that ends what was cut";

/// Why there is no path.
pub(super) const NO_PATH: &str = "path takes names separated by dots, such as customer.email";
/// Why a value is not there.
pub(super) const NO_VALUE: &str = "path found no value, and one is required";
/// Why something has no members.
pub(super) const NO_MAP: &str = "filled takes a map";

/// Adds them.
pub(super) fn add(environment: &mut Environment<'static>) {
    environment.add_filter("md5", md5);
    environment.add_filter("date", date);
    environment.add_filter("truncate", truncate);
    environment.add_filter("path", path);
    environment.add_filter("filled", filled);
}

fn wrong(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

/// Refuses what is not there, as the engine's own filters do.
fn there(value: &Value) -> Result<(), Error> {
    if value.is_undefined() { value.get_item(value).map(drop) } else { Ok(()) }
}

/// The text of a scalar, paid for.
fn text_of(value: &Value) -> Result<String, Error> {
    there(value)?;
    fuel::read(value)?;
    match value.as_str() {
        Some(text) => Ok(text.to_owned()),
        None if value.is_none() => Ok(String::new()),
        None if matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable | ValueKind::Map) => {
            words(value)
        }
        None => Ok(value.to_string()),
    }
}

/// The MD5 of a text's bytes, in lower-case hexadecimal digits.
fn md5(value: &Value) -> Result<String, Error> {
    let text = text_of(value)?;
    // A hash takes longer than a copy.
    fuel::spend(text.len().saturating_mul(4) + ITEM)?;
    Ok(Md5::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A time in a format of strftime, in UTC or in a time zone of the IANA's database, which is part of
/// the program: no file is read.
#[expect(clippy::needless_pass_by_value, reason = "it is what the engine calls")]
fn date(
    value: &Value,
    format: Option<Value>,
    timezone: Option<Value>,
    named: Kwargs,
) -> Result<String, Error> {
    there(value)?;
    let timezone = match timezone {
        Some(timezone) => Some(timezone),
        None => named.get::<Option<Value>>("timezone")?,
    };
    named.assert_all_used()?;
    let format = match &format {
        None => "%Y-%m-%dT%H:%M:%SZ",
        Some(format) => format
            .as_str()
            .filter(|format| format.len() <= MAX_FORMAT)
            .ok_or_else(|| wrong(NO_FORMAT))?,
    };
    fuel::spend(ITEM + format.len() + format.matches('%').count() * WIDEST)?;
    let zone = match &timezone {
        None => TimeZone::UTC,
        Some(name) => zone(name.as_str().ok_or_else(|| wrong(NO_ZONE))?)?,
    };
    let zoned = moment(value)?.to_zoned(zone);
    let mut text = String::new();
    BrokenDownTime::from(&zoned).format(format, &mut text).map_err(|_| wrong(NO_FORMAT))?;
    Ok(text)
}

fn zone(name: &str) -> Result<TimeZone, Error> {
    static ZONES: std::sync::LazyLock<TimeZoneDatabase> =
        std::sync::LazyLock::new(TimeZoneDatabase::bundled);
    if name.len() > 64 {
        return Err(wrong(NO_ZONE));
    }
    ZONES.get(name).map_err(|_| wrong(NO_ZONE))
}

/// The moment that a value names: RFC 3339, WordPress's and MySQL's `2026-11-29 08:00:00` and a bare
/// day (both in UTC, as all times of events are), or seconds since 1970.
fn moment(value: &Value) -> Result<Timestamp, Error> {
    if value.is_integer() {
        let seconds = i64::try_from(value.clone()).map_err(|_| wrong(NO_DATE))?;
        return Timestamp::from_second(seconds).map_err(|_| wrong(NO_DATE));
    }
    let text = value.as_str().filter(|text| text.len() <= 64).ok_or_else(|| wrong(NO_DATE))?;
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Ok(timestamp);
    }
    let civil = text
        .parse::<civil::DateTime>()
        .or_else(|_| text.parse::<civil::Date>().map(|day| day.at(0, 0, 0, 0)))
        .map_err(|_| wrong(NO_DATE))?;
    civil.to_zoned(TimeZone::UTC).map(|zoned: Zoned| zoned.timestamp()).map_err(|_| wrong(NO_DATE))
}

/// The beginning of a text, of at most `length` characters with `end` behind what was cut. They are
/// counted as UTF-16 counts them, so that a service that counts otherwise counts no more.
#[expect(clippy::needless_pass_by_value, reason = "it is what the engine calls")]
fn truncate(value: &Value, length: &Value, end: Option<Value>) -> Result<String, Error> {
    let text = text_of(value)?;
    let length =
        length.as_usize().filter(|_| length.is_integer()).ok_or_else(|| wrong(NO_LENGTH))?;
    let end = match &end {
        None => "…",
        Some(end) => end.as_str().ok_or_else(|| wrong(NO_LENGTH))?,
    };
    fuel::spend(text.len() + end.len() + ITEM)?;
    let units = |text: &str| text.chars().map(char::len_utf16).sum::<usize>();
    if units(&text) <= length {
        return Ok(text);
    }
    let mut room = length.checked_sub(units(end)).ok_or_else(|| wrong(NO_LENGTH))?;
    let kept = text.chars().take_while(|letter| {
        let fits = letter.len_utf16() <= room;
        room = room.saturating_sub(letter.len_utf16());
        fits
    });
    let mut cut: String = kept.collect();
    cut.push_str(end);
    Ok(cut)
}

/// The value at a path of names and numbers, `customer.email` or `items.0.name`, or at the first of
/// several paths that has one; an empty text where there is none, or with `required` an error.
fn path(value: &Value, given: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    there(value)?;
    let given = given.into_values();
    let (paths, named): (&[Value], Kwargs) = from_args(&given)?;
    let is_required = named.get::<Option<bool>>("required")?.unwrap_or(false);
    named.assert_all_used()?;
    if paths.is_empty() {
        return Err(Error::from(ErrorKind::MissingArgument));
    }
    for path in paths {
        let path = path.as_str().ok_or_else(|| wrong(NO_PATH))?;
        if let Some(found) = at(value, path)? {
            return Ok(found);
        }
    }
    if is_required { Err(wrong(NO_VALUE)) } else { Ok(Value::from("")) }
}

/// The value at one path; none where it is null, an empty text or not there.
fn at(value: &Value, path: &str) -> Result<Option<Value>, Error> {
    let mut value = value.clone();
    for name in path.split('.') {
        fuel::spend(name.len() + 1)?;
        let is_list = value.kind() == ValueKind::Seq
            || value.downcast_object_ref::<Node>().is_some_and(Node::is_list);
        value = match (value.kind(), name.parse::<usize>()) {
            (_, Ok(index)) if is_list => value.get_item_by_index(index)?,
            (ValueKind::Map, _) => value.get_attr(name)?,
            _ => return Ok(None),
        };
        if value.is_undefined() || value.is_none() {
            return Ok(None);
        }
    }
    Ok(Some(value).filter(|value| value.as_str() != Some("")))
}

/// A map without the members that are null or an empty text: a service takes those for the wish to
/// delete what it has.
fn filled(value: &Value) -> Result<Value, Error> {
    there(value)?;
    fuel::read(value)?;
    if value.kind() != ValueKind::Map {
        return Err(wrong(NO_MAP));
    }
    let has_value =
        |value: &Value| !value.is_undefined() && !value.is_none() && value.as_str() != Some("");
    let members = fuel::pairs(value).filter(|(_, value)| has_value(value));
    let filled = Value::from_pairs(members.collect::<Vec<_>>());
    fuel::made(&filled)?;
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::super::{Condition, Envelope, Template};

    const EVENT: &[u8] = br#"{"type":"user_created","data":{"email":"Ann@Example.org","at":"2026-11-29T08:05:09Z","day":"2026-02-01","mysql":"2026-11-29 08:05:09","unix":1764403509,"long":"abcdefghij","wide":"a\ud83d\ude00b\ud83d\ude00c","customer":{"name":"Ann","none":null},"items":[{"sku":"x"},{"sku":"y"}],"list":[1,2]}}"#;

    fn render(expression: &str) -> Result<String, String> {
        let template = Template::parse(&format!("{{{{ {expression} }}}}"), Some("text/plain"));
        let body = template.and_then(|template| template.render(EVENT));
        body.map(|body| String::from_utf8(body).unwrap()).map_err(|error| error.message)
    }

    #[test]
    fn mailchimps_hash_of_an_address() {
        // As md5sum has it.
        let hash = "8b5a6a28fc840441be692d74a81ccd1a";
        assert_eq!(render("data.email|lower|md5").as_deref(), Ok(hash));
        assert_eq!(render("''|md5").unwrap(), "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(render("'abc'|md5").unwrap(), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(render("data.nothing|md5").unwrap_err(), "\"data.nothing\" is undefined");
    }

    #[test]
    fn dates_are_written_in_a_zone() {
        for (expression, expected) in [
            ("data.at|date", "2026-11-29T08:05:09Z"),
            ("data.at|date('%d.%m.%Y %H:%M')", "29.11.2026 08:05"),
            ("data.at|date('%d.%m.%Y %H:%M', 'Europe/Rome')", "29.11.2026 09:05"),
            ("data.at|date('%H:%M %Z', timezone='America/New_York')", "03:05 EST"),
            ("data.mysql|date('%H:%M')", "08:05"),
            ("data.day|date('%A, %-d %B %Y')", "Sunday, 1 February 2026"),
            ("data.unix|date('%s')", "1764403509"),
            ("data.at|date('%s')|int * 1000", "1795939509000"),
        ] {
            assert_eq!(render(expression).as_deref(), Ok(expected), "{expression}");
        }
        for (expression, expected) in [
            ("data.email|date", super::NO_DATE),
            ("data.list|date", super::NO_DATE),
            ("99999999999999|date", super::NO_DATE),
            ("data.at|date('%')", super::NO_FORMAT),
            ("data.at|date(7)", super::NO_FORMAT),
            ("data.at|date('%Y' * 101)", super::NO_FORMAT),
            ("data.at|date('%Y', 'Europe/Nowhere')", super::NO_ZONE),
            ("data.at|date('%Y', '../../etc/localtime')", super::NO_ZONE),
            ("data.nothing|date", "\"data.nothing\" is undefined"),
        ] {
            assert_eq!(render(expression).unwrap_err(), expected, "{expression}");
        }
    }

    #[test]
    fn texts_are_cut_to_what_a_service_takes() {
        for (expression, expected) in [
            ("data.long|truncate(10)", "abcdefghij"),
            ("data.long|truncate(9)", "abcdefgh…"),
            ("data.long|truncate(4, '')", "abcd"),
            ("data.wide|truncate(7)", "a😀b😀c"),
            ("data.wide|truncate(6)", "a😀b…"),
            ("data.wide|truncate(3, '')", "a😀"),
            ("data.wide|truncate(2, '')", "a"),
            ("data.list|truncate(3, '')", "[1,"),
        ] {
            assert_eq!(render(expression).as_deref(), Ok(expected), "{expression}");
        }
        for expression in
            ["data.long|truncate(-1)", "data.long|truncate('a')", "data.long|truncate(0)"]
        {
            assert_eq!(render(expression).unwrap_err(), super::NO_LENGTH, "{expression}");
        }
    }

    #[test]
    fn what_an_event_does_not_have_is_empty_by_its_path() {
        for (expression, expected) in [
            ("data|path('customer.name')", "Ann"),
            ("data|path('items.1.sku')", "y"),
            ("data|path('list.0')", "1"),
            ("data|path('customer.none')", ""),
            ("data|path('customer.nothing')", ""),
            ("data|path('nothing.at.all')", ""),
            ("data|path('items.7.sku')", ""),
            ("data|path('items.sku')", ""),
            ("data|path('email.x')", ""),
            ("data|path('nothing', 'customer.name', 'email')", "Ann"),
            ("data|path('customer.name', required=true)", "Ann"),
            (
                "{'a': data|path('nothing'), 'b': data.customer.none, 'c': 0, 'd': 'x'}|filled|items|join(',')",
                "('c', 0),('d', 'x')",
            ),
        ] {
            assert_eq!(render(expression).as_deref(), Ok(expected), "{expression}");
        }
        for (expression, expected) in [
            ("data|path('nothing', 'customer.none', required=true)", super::NO_VALUE),
            ("data|path(7)", super::NO_PATH),
            ("data.list|filled", super::NO_MAP),
            ("data.nothing|path('a')", "\"data.nothing\" is undefined"),
        ] {
            assert_eq!(render(expression).unwrap_err(), expected, "{expression}");
        }
    }

    #[test]
    fn what_they_do_is_paid_for() {
        let often = |filter: &str| {
            let mut source = String::from("{% set text = 'x' * 4000000 %}");
            source +=
                &format!("{{% for n in range(20) %}}{{{{ (text|{filter})[:1] }}}}{{% endfor %}}");
            let error = Template::parse(&source, Some("text/plain")).unwrap().render(EVENT);
            error.unwrap_err().message
        };
        for filter in ["md5", "truncate(3999999)"] {
            assert_eq!(often(filter), "this takes too many steps", "{filter}");
        }
        let dates = Condition::parse("range(100000)|map('date', '%255Y' * 40)|list|length > 0");
        assert!(dates.unwrap().holds(&Envelope::of(EVENT)).is_err());
    }
}
