//! How a record lies in a segment.
//!
//! | offset | bytes | |
//! |---|---|---|
//! | 0 | 4 | magic, whose bytes never occur in UTF-8 |
//! | 4 | 4 | length of the whole record, checksum included |
//! | 8 | 1 | version of the layout of fields and body |
//! | 9 | 1 | kind |
//! | 10 | 2 | zero |
//! | 12 | 4 | length of the fields |
//! | 16 | 8 | revision of the config under which it was accepted |
//! | 24 | 8 | stamp: `CLOCK_MONOTONIC` in nanoseconds |
//! | 32 | | fields, then body |
//! | length − 8 | 8 | XXH3-64 of all before it |
//!
//! Numbers are little-endian. The checksum is seeded with the segment's random id and the
//! record's offset: after damage the reader searches for the next record, and neither a record
//! that somebody hid in a payload nor one copied from another place passes for one here.

use twox_hash::XxHash3_64;
use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::SegmentId;

/// An event that WordPress dispatched.
pub const KIND_EVENT: u8 = 1;
/// A request to the worker (resend, recover, enable, …), JSON in the body.
pub const KIND_REQUEST: u8 = 2;
/// Nothing any more: what it was is to be forgotten. Only the worker makes these, out of records that
/// were read.
pub const KIND_ERASED: u8 = 3;
/// Version of the layout of fields and body that this program writes.
pub const RECORD_VERSION: u8 = 1;
/// No record is larger, whatever webhooks.max_payload says: what a reader has to be ready to
/// hold in memory, in bytes.
pub const MAX_RECORD: usize = 64 << 20;

pub(super) const MAGIC: [u8; 4] = [0xf5, 0xc0, 0xff, 0xc1];
/// What stands before the fields, as it lies in the file.
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct HeadBytes {
    magic: [u8; 4],
    length: U32,
    version: u8,
    kind: u8,
    zero: [u8; 2],
    fields: U32,
    revision: U64,
    stamp: U64,
}

/// Bytes before the fields.
pub(super) const HEAD: usize = size_of::<HeadBytes>();
/// Bytes after the body.
pub(super) const CHECKSUM: usize = 8;
/// Bytes of a record with neither fields nor body.
pub(super) const OVERHEAD: usize = HEAD + CHECKSUM;

/// What was read before the fields, in a place where a record may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// Bytes of the whole record.
    pub(super) length: usize,
    /// Version of the layout of fields and body.
    pub(super) version: u8,
    pub(super) kind: u8,
    /// Bytes of the fields.
    pub(super) fields: usize,
    pub(super) revision: u64,
    pub(super) stamp: u64,
}

impl Head {
    /// Reads what may be a record's head, or `None` where it can't be one (or is cut short).
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let (head, _) = HeadBytes::ref_from_prefix(bytes).ok()?;
        let (length, fields) = (head.length.get() as usize, head.fields.get() as usize);
        let fits = (OVERHEAD..=MAX_RECORD).contains(&length) && fields <= length - OVERHEAD;
        (head.magic == MAGIC && fits).then(|| Self {
            length,
            version: head.version,
            kind: head.kind,
            fields,
            revision: head.revision.get(),
            stamp: head.stamp.get(),
        })
    }
}

/// Whether `bytes` start with a whole and undamaged record.
pub(super) fn is_sound(bytes: &[u8], seed: u64) -> bool {
    let covered =
        Head::read(bytes).and_then(|head| bytes.get(..head.length)?.split_last_chunk::<CHECKSUM>());
    covered.is_some_and(|(covered, checksum)| {
        XxHash3_64::oneshot_with_seed(seed, covered) == u64::from_le_bytes(*checksum)
    })
}

/// Completes the record in `buffer`: [`HEAD`] bytes of room, fields up to `body`, then the body.
pub(super) fn seal(
    buffer: &mut Vec<u8>,
    body: usize,
    kind: u8,
    revision: u64,
    stamp: u64,
    seed: u64,
) {
    let length = buffer.len() + CHECKSUM;
    // Both are below MAX_RECORD: the writer has compared.
    let (length, fields) = (length as u32, (body - HEAD) as u32);
    let head = HeadBytes {
        magic: MAGIC,
        length: length.into(),
        version: RECORD_VERSION,
        kind,
        zero: [0; 2],
        fields: fields.into(),
        revision: revision.into(),
        stamp: stamp.into(),
    };
    buffer[..HEAD].copy_from_slice(head.as_bytes());
    let checksum = XxHash3_64::oneshot_with_seed(seed, buffer);
    buffer.extend_from_slice(&checksum.to_le_bytes());
}

/// The seed of the checksum of the record at `offset` of segment `id`.
pub(super) fn seed(id: SegmentId, offset: u64) -> u64 {
    let bits = u128::from_le_bytes(id.0);
    let secret = bits as u64 ^ ((bits >> 64) as u64).rotate_left(29);
    // The golden ratio spreads offsets that differ in few bits.
    secret.wrapping_add(offset.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}
