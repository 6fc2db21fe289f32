//! Identifiers: 128 bits inside, a prefixed word outside.
//!
//! The text is that of the TypeID specification 0.3 (a prefix, `_`, 26 characters of lower-case
//! Crockford base32), the bits are UUIDv7 of RFC 9562 (48 bits of Unix milliseconds first), so
//! that ids made later sort later and a B-tree is appended to. Only ids that are derived from
//! an idempotency key are unordered: UUIDv8, 122 bits of SHA-256.

use std::cell::Cell;
use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const LETTERS: usize = 26;

/// What is wrong with the text of an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{text}\" is not {what} (expected \"{prefix}_\" and 26 characters of 0-9 a-z without i l o u)"
)]
pub struct IdError {
    text: String,
    what: &'static str,
    prefix: &'static str,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            /// The word before the underscore.
            pub const PREFIX: &'static str = $prefix;
            /// Bytes of the text form.
            pub const TEXT_LEN: usize = $prefix.len() + 1 + LETTERS;

            /// A new id whose first 48 bits are `unix_ms` (UUIDv7).
            pub fn at(unix_ms: i64) -> Self {
                Self(time_ordered(unix_ms))
            }

            /// The id with these bits.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The 128 bits, most significant byte first.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }

            /// The text form, without allocating.
            pub fn text(&self) -> [u8; Self::TEXT_LEN] {
                let mut text = [0; Self::TEXT_LEN];
                text[..$prefix.len()].copy_from_slice($prefix.as_bytes());
                text[$prefix.len()] = b'_';
                encode(u128::from_be_bytes(self.0), &mut text[$prefix.len() + 1..]);
                text
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let text = self.text();
                f.write_str(std::str::from_utf8(&text).unwrap_or_default())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(decode)
                    .map(|bits| Self(bits.to_be_bytes()))
                    .ok_or_else(|| IdError {
                        text: text.chars().take(64).collect(),
                        what: $what,
                        prefix: $prefix,
                    })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?
                    .parse()
                    .map_err(serde::de::Error::custom)
            }
        }
    };
}

id!(
    /// An event's id: the `id` of the body and the `webhook-id` of every request that carries it.
    EventId,
    "evt",
    "an event's id"
);
id!(
    /// The id of one delivery: one event on its way to one webhook.
    DeliveryId,
    "dlv",
    "a delivery's id"
);

impl EventId {
    /// The id of "this event, at this site, with this idempotency key": whoever asks again gets
    /// the same one, without asking the store. 122 bits of SHA-256 as UUIDv8 (RFC 9562, 5.8).
    pub fn from_key(event: &str, site: u64, key: &str) -> Self {
        let mut hash = Sha256::new();
        for part in [event.as_bytes(), &site.to_be_bytes(), key.as_bytes()] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let digest = hash.finalize();
        let mut bits = [0; 16];
        bits.copy_from_slice(&digest[..16]);
        bits[6] = bits[6] & 0x0f | 0x80;
        bits[8] = bits[8] & 0x3f | 0x80;
        Self(bits)
    }

    /// Whether it is of an idempotency key: its version says so.
    pub const fn is_from_key(&self) -> bool {
        self.0[6] >> 4 == 8
    }
}

/// 128 bits as 26 letters of five bits, most significant first.
fn encode(bits: u128, into: &mut [u8]) {
    for (i, letter) in into.iter_mut().rev().enumerate() {
        *letter = ALPHABET[(bits >> (5 * i)) as usize & 31];
    }
}

fn decode(text: &str) -> Option<u128> {
    // 26 letters hold 130 bits: the first one may not exceed 7.
    if text.len() != LETTERS || text.as_bytes()[0] > b'7' {
        return None;
    }
    text.bytes().try_fold(0u128, |bits, letter| {
        let value = ALPHABET.iter().position(|&known| known == letter)?;
        Some(bits << 5 | value as u128)
    })
}

/// UUIDv7: 48 bits of milliseconds, then 74 random ones. The generator is xorshift64*, seeded
/// by the kernel per thread and, because a forked child shares its parent's state, per process.
fn time_ordered(unix_ms: i64) -> [u8; 16] {
    let ms = unix_ms.clamp(0, (1 << 48) - 1).cast_unsigned();
    let mut bits = [0; 16];
    bits[..8].copy_from_slice(&(ms << 16 | random() >> 48).to_be_bytes());
    bits[8..].copy_from_slice(&random().to_be_bytes());
    bits[6] = bits[6] & 0x0f | 0x70;
    bits[8] = bits[8] & 0x3f | 0x80;
    bits
}

thread_local! {
    /// Generator state; 0 means "not seeded yet".
    static STATE: Cell<u64> = const { Cell::new(0) };
}

/// Forgets the generator's state: a forked child calls this, so that it does not go on with its
/// parent's numbers.
pub fn reseed_after_fork() {
    STATE.set(0);
}

fn random() -> u64 {
    let mut state = STATE.get();
    if state == 0 {
        let mut seed = [0; 8];
        // The kernel's generator does not fail once the machine has booted; should it, the
        // clock and the stack's address still tell processes apart.
        if getrandom::fill(&mut seed).is_err() {
            let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
            seed = (now.tv_nsec.cast_unsigned() ^ std::ptr::from_ref(&now).addr() as u64)
                .to_ne_bytes();
        }
        state = u64::from_ne_bytes(seed) | 1;
    }
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    STATE.set(state);
    state.wrapping_mul(0x2545_f491_4f6c_dd1d)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of the TypeID specification's `valid.json`.
    #[test]
    fn text_is_that_of_typeid() {
        let nil = EventId::from_bytes([0; 16]);
        assert_eq!(nil.to_string(), "evt_00000000000000000000000000");
        let max = EventId::from_bytes([0xff; 16]);
        assert_eq!(max.to_string(), "evt_7zzzzzzzzzzzzzzzzzzzzzzzzz");
        let sample = u128::from_str_radix("0110c8531d0952d8d73e1194e95b5f19", 16).unwrap();
        let sample = EventId::from_bytes(sample.to_be_bytes());
        assert_eq!(sample.to_string(), "evt_0123456789abcdefghjkmnpqrs");
        assert_eq!(sample.to_string().parse(), Ok(sample));
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in ["", "evt_", "dlv_00000000000000000000000000", "evt_8zzzzzzzzzzzzzzzzzzzzzzzzz"]
        {
            assert!(text.parse::<EventId>().is_err(), "{text}");
        }
        let upper = "evt_0123456789ABCDEFGHJKMNPQRS".parse::<EventId>();
        assert!(upper.unwrap_err().to_string().contains("is not an event's id"));
    }

    #[test]
    fn later_ids_sort_later_and_none_repeats() {
        let mut ids: Vec<_> = (0..10_000).map(EventId::at).collect();
        assert!(ids.is_sorted());
        ids.extend((0..10_000).map(|_| EventId::at(5)));
        let all = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), all);
    }

    #[test]
    fn a_key_names_one_event_at_one_site() {
        let id = EventId::from_key("payment_received", 3, "order-1");
        assert_eq!(id, EventId::from_key("payment_received", 3, "order-1"));
        assert_ne!(id, EventId::from_key("payment_received", 4, "order-1"));
        assert_ne!(id, EventId::from_key("payment_receive", 3, "dorder-1"));
        assert_eq!(id.as_bytes()[6] >> 4, 8);
    }
}
