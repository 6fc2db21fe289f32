//! An event: something that happened on the network, with the body that endpoints get.
//!
//! The body is composed once, by the process in which the event happened, and never changed:
//!
//! ```json
//! {"id":"evt_…","type":"payment_received","timestamp":"2026-11-20T10:00:00.123Z",
//!  "network_id":1,"site":{"id":3,"url":"https://…"},"source":"woocommerce",
//!  "actor":{"user":7},"data":{…}}
//! ```
//!
//! What the worker needs to know of it stands beside it in binary fields, so that neither
//! ingest nor delivery parses JSON.

use std::ops::Range;
use std::sync::Arc;

use zerocopy::little_endian::{I64, U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::id::EventId;

/// Longest name of an event, in bytes.
pub const MAX_NAME: usize = 100;
/// Events whose names begin so have a body that was made for the format `woocommerce`: a pattern has
/// to begin so as well, and `*` is everything else.
pub const WOOCOMMERCE: &str = "woocommerce.";
/// Longest `source`, in bytes.
pub const MAX_SOURCE: usize = 100;
/// Most webhooks that `only` can name.
pub const MAX_ONLY: usize = 1000;

/// Whether `name` can be an event's name: `^[a-z0-9_.-]{1,100}$`.
pub fn is_name(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.len())
        && name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-'))
}

/// Whether `pattern` can be subscribed to: a name in which `*` stands for any characters.
pub fn is_pattern(pattern: &str) -> bool {
    pattern.len() <= MAX_NAME && !pattern.is_empty() && is_name(&pattern.replace('*', "_"))
}

/// Whether an event of this name is what `pattern` subscribes to.
pub fn matches(pattern: &str, name: &str) -> bool {
    if name.starts_with(WOOCOMMERCE) && !pattern.starts_with(WOOCOMMERCE) {
        return false;
    }
    let Some((head, mut rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(mut name) = name.strip_prefix(head) else {
        return false;
    };
    // Each further literal takes its first occurrence; the last one has to end the name.
    while let Some((literal, after)) = rest.split_once('*') {
        let Some(at) = name.find(literal) else {
            return false;
        };
        name = &name[at + literal.len()..];
        rest = after;
    }
    name.ends_with(rest)
}

/// What kind of thing an event is about or was sent for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags(u16);

impl Flags {
    /// A test event: sent to `only`, once, not counted; requests carry `webhook-test: true`.
    pub const TEST: Self = Self(1);
    /// About the network as a whole (`"scope":"network"`), not about one site.
    pub const NETWORK: Self = Self(1 << 1);
    /// Part of an import: only for webhooks that include imports.
    pub const IMPORT: Self = Self(1 << 2);
    /// The payload was mended (`repair`); the body lists the paths in `altered`.
    pub const ALTERED: Self = Self(1 << 3);
    /// Raised by the worker itself (`webhook_disabled`, `webhook_delivery_failed`).
    pub const OWN: Self = Self(1 << 4);
    /// It was for named webhooks alone (`only`), whose ids an [`Event`] does not keep.
    pub const NAMED: Self = Self(1 << 5);

    /// Whether all of `other` is set.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// These and `other`.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The bits, as records and the store keep them.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// Flags from bits; unknown ones are kept.
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits)
    }
}

/// What stands beside the body: everything that decides who gets the event, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventHeader<'a> {
    /// The event's id.
    pub id: EventId,
    /// When it happened, in Unix milliseconds.
    pub timestamp: i64,
    /// The network's id.
    pub network: u64,
    /// The site it is about (0: none).
    pub site: u64,
    /// Earliest first attempt, in milliseconds after `timestamp` (0: at once).
    pub delay: u32,
    /// See [`Flags`].
    pub flags: Flags,
    /// Where `data` lies in the body.
    pub data: Range<u32>,
    /// The event's name (`type`).
    pub name: &'a str,
    /// What raised it (`woocommerce`, `core`, …); may be empty.
    pub source: &'a str,
    /// The only webhooks that may get it, each followed by a line feed; empty: all that match.
    pub only: &'a str,
}

/// The fields before the texts, as they lie in a record behind its own header (`journal::record`): name,
/// source and `only` follow, of the lengths that stand here.
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct Fixed {
    id: [u8; 16],
    timestamp: I64,
    network: U64,
    site: U64,
    delay: U32,
    flags: U16,
    data_start: U32,
    data_end: U32,
    name_len: u8,
    source_len: u8,
    only_len: U32,
}

/// A record's fields or body that are not those of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the record's event fields are not of the form that this version writes")]
pub struct MalformedHeader;

impl EventHeader<'static> {
    /// That of [`Event::example`]; a test says what it has otherwise.
    pub fn example() -> Self {
        Self {
            id: EventId::at(0),
            timestamp: 0,
            network: 1,
            site: 3,
            delay: 0,
            flags: Flags::default(),
            data: 0..0,
            name: "payment_received",
            source: "",
            only: "",
        }
    }
}

impl<'a> EventHeader<'a> {
    /// Fills `into`, which has [`written_len`](Self::written_len) bytes, with the binary form:
    /// numbers little-endian, then name, source and `only`.
    ///
    /// `name` and `source` are at most [`MAX_NAME`] and [`MAX_SOURCE`] bytes; the caller checked.
    pub fn write(&self, mut into: &mut [u8]) {
        let fixed = Fixed {
            id: *self.id.as_bytes(),
            timestamp: self.timestamp.into(),
            network: self.network.into(),
            site: self.site.into(),
            delay: self.delay.into(),
            flags: self.flags.bits().into(),
            data_start: self.data.start.into(),
            data_end: self.data.end.into(),
            name_len: self.name.len() as u8,
            source_len: self.source.len() as u8,
            only_len: (self.only.len() as u32).into(),
        };
        let texts = [self.name, self.source, self.only].map(str::as_bytes);
        for part in [fixed.as_bytes()].into_iter().chain(texts) {
            let (place, rest) = into.split_at_mut(part.len());
            place.copy_from_slice(part);
            into = rest;
        }
    }

    /// What [`write`](Self::write) writes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.written_len()];
        self.write(&mut bytes);
        bytes
    }

    /// Bytes of the binary form; independent of the values of the numbers, so that it can be
    /// written once the body is known.
    pub const fn written_len(&self) -> usize {
        size_of::<Fixed>() + self.name.len() + self.source.len() + self.only.len()
    }

    /// Reads what [`write`](Self::write) wrote, and checks that `data` lies within the body.
    ///
    /// # Errors
    /// Where a length, a text's encoding, the name or the range of `data` can't be right.
    pub fn read(header: &'a [u8], body: &[u8]) -> Result<Self, MalformedHeader> {
        let (fixed, texts) = Fixed::ref_from_prefix(header).map_err(|_| MalformedHeader)?;
        let name = usize::from(fixed.name_len);
        let source = name + usize::from(fixed.source_len);
        let only = source + fixed.only_len.get() as usize;
        let text = |range: Range<usize>| {
            texts
                .get(range)
                .and_then(|bytes| std::str::from_utf8(bytes).ok())
                .ok_or(MalformedHeader)
        };
        let read = Self {
            id: EventId::from_bytes(fixed.id),
            timestamp: fixed.timestamp.get(),
            network: fixed.network.get(),
            site: fixed.site.get(),
            delay: fixed.delay.get(),
            flags: Flags::from_bits(fixed.flags.get()),
            data: fixed.data_start.get()..fixed.data_end.get(),
            name: text(0..name)?,
            source: text(name..source)?,
            only: text(source..only)?,
        };
        let data = body.get(read.data.start as usize..read.data.end as usize);
        if only == texts.len() && is_name(read.name) && data.is_some() {
            Ok(read)
        } else {
            Err(MalformedHeader)
        }
    }
}

/// An event as the store keeps it and a delivery needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The event's id, which is every request's `webhook-id`.
    pub id: EventId,
    /// The event's name (`type`).
    pub name: String,
    /// When it happened, in Unix milliseconds.
    pub timestamp: i64,
    /// The network's id.
    pub network: u64,
    /// The site it is about (0: none).
    pub site: u64,
    /// What raised it; may be empty.
    pub source: String,
    /// See [`Flags`].
    pub flags: Flags,
    /// Revision of the config under which it was accepted.
    pub revision: u64,
    /// The standard body, byte for byte; empty once it was pruned or forgotten.
    pub body: Arc<[u8]>,
    /// Where `data` lies in the body.
    pub data: Range<u32>,
}

impl Event {
    /// The event of a record.
    pub fn new(header: &EventHeader<'_>, revision: u64, body: Arc<[u8]>) -> Self {
        let named = if header.only.is_empty() { Flags::default() } else { Flags::NAMED };
        Self {
            id: header.id,
            name: header.name.to_owned(),
            timestamp: header.timestamp,
            network: header.network,
            site: header.site,
            source: header.source.to_owned(),
            flags: header.flags.with(named),
            revision,
            body,
            data: header.data.clone(),
        }
    }

    /// A payment of 1970 at site 3, with this `data` and nothing else in its body; a test says
    /// what it has otherwise.
    pub fn example(data: &str) -> Self {
        let body = format!(r#"{{"data":{data}}}"#);
        let header = EventHeader { data: 8..(body.len() - 1) as u32, ..EventHeader::example() };
        Self::new(&header, 1, Arc::from(body.into_bytes()))
    }

    /// What decides who gets it, as far as it is kept: no delay, and of those that it is for alone only
    /// that there were some ([`Flags::NAMED`]).
    pub fn header(&self) -> EventHeader<'_> {
        EventHeader {
            id: self.id,
            timestamp: self.timestamp,
            network: self.network,
            site: self.site,
            delay: 0,
            flags: self.flags,
            data: self.data.clone(),
            name: &self.name,
            source: &self.source,
            only: "",
        }
    }

    /// The event's `data`, as JSON.
    pub fn data(&self) -> &[u8] {
        let range = self.data.start as usize..self.data.end as usize;
        self.body.get(range).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_names() {
        for (pattern, name, expected) in [
            ("payment_received", "payment_received", true),
            ("payment_received", "payment_received2", false),
            ("*", "anything", true),
            ("payment_*", "payment_", true),
            ("payment_*", "payment_failed", true),
            ("payment_*", "repayment_failed", false),
            ("*_created", "site_created", true),
            ("*_created", "site_created_twice", false),
            ("a*b*c", "a-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("a*a", "a", false),
            ("*", "woocommerce.order.created", false),
            ("*.created", "woocommerce.order.created", false),
            ("woocommerce*", "woocommerce.order.created", false),
            ("woocommerce.*", "woocommerce.order.created", true),
            ("woocommerce.order.created", "woocommerce.order.created", true),
            ("*", "woocommerce_order", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} / {name}");
        }
    }

    #[test]
    fn names_are_checked() {
        assert!(is_name("course.finished-2_x"));
        assert!(!is_name("") && !is_name("Payment") && !is_name("a b") && !is_name("a*"));
        assert!(!is_name(&"a".repeat(101)));
        assert!(is_pattern("payment_*") && is_pattern("*") && !is_pattern("") && !is_pattern("Ä*"));
    }

    #[test]
    fn fields_come_back_as_written() {
        let body = br#"{"data":{"a":1}}"#;
        let header = EventHeader {
            id: EventId::at(1),
            timestamp: 1_763_632_800_123,
            network: 1,
            site: 3,
            delay: 5000,
            flags: Flags::TEST.with(Flags::ALTERED),
            data: 8..15,
            name: "payment_received",
            source: "woocommerce",
            only: "whk_1\nwhk_2\n",
        };
        let bytes = header.to_bytes();
        assert_eq!(bytes.len(), header.written_len());
        assert_eq!(EventHeader::read(&bytes, body), Ok(header));
        assert_eq!(EventHeader::read(&bytes, &body[..10]), Err(MalformedHeader));
        for cut in 0..bytes.len() {
            assert_eq!(EventHeader::read(&bytes[..cut], body), Err(MalformedHeader), "{cut}");
        }
    }
}
