//! A segment: its identity, its name, and what stands at its start.
//!
//! | offset | bytes | |
//! |---|---|---|
//! | 0 | 8 | magic |
//! | 8 | 4 | format |
//! | 12 | 4 | zero |
//! | 16 | 16 | segment id |
//! | 32 | 16 | boot id of the kernel, zero where `/proc` isn't there (chroot) |
//! | 48 | 8 | when it was made, Unix milliseconds |
//! | 56 | 8 | when it was made, `CLOCK_MONOTONIC` nanoseconds |
//! | 64 | 8 | XXH3-64 of all before it |
//!
//! Numbers are little-endian. This much keeps its shape in every format, so that an older
//! program can say which one it met.

use std::fmt;

use twox_hash::XxHash3_64;

const MAGIC: [u8; 8] = *b"\xf5\xc0webhk\n";
/// The format that this program writes and reads.
pub(super) const FORMAT: u32 = 1;
/// Bytes of the header; the first record starts here.
pub(super) const HEADER: usize = 72;
/// A segment that has reached this many bytes gets no more records.
pub(super) const ROTATE_AT: u64 = 4 << 20;
/// A segment gets no more records this long after its first, so that the worker can delete it
/// in the life of a long-lived process, in nanoseconds.
pub(super) const ROTATE_AFTER: u64 = 60_000_000_000;

const SUFFIX: &str = ".seg";

/// A segment's random identity: positions are keyed by it, never by pid, path or inode, all of
/// which repeat (in containers every php-fpm child is pid 7).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentId(pub [u8; 16]);

impl SegmentId {
    /// The name of the segment's file.
    pub(super) fn file_name(self) -> String {
        format!("{self}{SUFFIX}")
    }

    /// The segment whose file has this name, if it is one's.
    pub(super) fn of_file(name: &str) -> Option<Self> {
        let digits = name.strip_suffix(SUFFIX)?;
        let lower = digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        (digits.len() == 32 && lower).then_some(())?;
        Some(Self(u128::from_str_radix(digits, 16).ok()?.to_be_bytes()))
    }
}

impl fmt::Display for SegmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Debug for SegmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The kernel's boot id: two stamps can be compared only within one boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Boot(pub [u8; 16]);

impl Boot {
    /// The boot that is running; all zero where it can't be known.
    pub fn current() -> Self {
        let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
        Self(u128::from_str_radix(&digits, 16).unwrap_or_default().to_be_bytes())
    }

    /// Whether it is a boot's id at all.
    pub fn is_known(self) -> bool {
        self != Self::default()
    }
}

/// What stands at a segment's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) format: u32,
    pub(super) id: SegmentId,
    pub(super) boot: Boot,
    /// Unix milliseconds.
    pub(super) made: i64,
    /// `CLOCK_MONOTONIC` at the same moment, in nanoseconds.
    pub(super) stamp: u64,
}

impl Header {
    pub(super) fn to_bytes(self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&self.format.to_le_bytes());
        bytes[16..32].copy_from_slice(&self.id.0);
        bytes[32..48].copy_from_slice(&self.boot.0);
        bytes[48..56].copy_from_slice(&self.made.to_le_bytes());
        bytes[56..64].copy_from_slice(&self.stamp.to_le_bytes());
        let checksum = XxHash3_64::oneshot(&bytes[..64]);
        bytes[64..].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// The header at the start of `bytes`, unless it is damaged.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.first_chunk::<HEADER>()?;
        let (covered, checksum) = bytes.split_last_chunk::<8>()?;
        let sound =
            covered[..8] == MAGIC && XxHash3_64::oneshot(covered) == u64::from_le_bytes(*checksum);
        let word = |at: usize| covered[at..at + 8].try_into().expect("eight bytes");
        let long = |at: usize| covered[at..at + 16].try_into().expect("sixteen bytes");
        sound.then(|| Self {
            format: u64::from_le_bytes(word(8)) as u32,
            id: SegmentId(long(16)),
            boot: Boot(long(32)),
            made: i64::from_le_bytes(word(48)),
            stamp: u64::from_le_bytes(word(56)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_that_of_one_segment() {
        let id = SegmentId(*b"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f");
        assert_eq!(id.file_name(), "000102030405060708090a0b0c0d0e0f.seg");
        assert_eq!(SegmentId::of_file(&id.file_name()), Some(id));
        for name in [
            "",
            ".seg",
            "000102030405060708090a0b0c0d0e0F.seg",
            "+00102030405060708090a0b0c0d0e0f.seg",
        ] {
            assert_eq!(SegmentId::of_file(name), None, "{name}");
        }
    }

    #[test]
    fn a_header_is_read_as_written_or_not_at_all() {
        let header = Header {
            format: 7,
            id: SegmentId([3; 16]),
            boot: Boot::current(),
            made: 1_800_000_000_123,
            stamp: u64::MAX - 1,
        };
        let bytes = header.to_bytes();
        assert_eq!(Header::read(&bytes), Some(header));
        for at in 0..HEADER * 8 {
            let mut flipped = bytes;
            flipped[at / 8] ^= 1 << (at % 8);
            assert_eq!(Header::read(&flipped), None, "bit {at}");
        }
        assert_eq!(Header::read(&bytes[..HEADER - 1]), None);
    }

    #[test]
    fn this_boot_has_an_id() {
        assert!(Boot::current().is_known());
        assert_eq!(Boot::current(), Boot::current());
    }
}
