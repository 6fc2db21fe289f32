//! What a reader hands out.

use std::fmt;

use super::record::{CHECKSUM, HEAD, Head};
use super::{JournalError, SegmentId};

/// How much a batch may hold. It holds at least one record, if any is there.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    /// Most records.
    pub records: usize,
    /// Most bytes of records; the one that passes it is the last.
    pub bytes: usize,
}

/// A record that was read.
#[derive(Clone, PartialEq, Eq)]
pub struct OwnedRecord {
    /// Where it stood.
    pub segment: SegmentId,
    /// Offset of its first byte.
    pub offset: u64,
    /// Offset behind its last byte.
    pub end: u64,
    /// Version of the layout of fields and body.
    pub version: u8,
    /// What it is; unknown ones are for the version that knows them.
    pub kind: u8,
    /// Revision of the config under which it was accepted.
    pub revision: u64,
    /// `CLOCK_MONOTONIC` of the boot in which it was appended, in nanoseconds.
    pub stamp: u64,
    bytes: Vec<u8>,
    body: usize,
}

/// Not what is in it: payloads are people's data.
impl fmt::Debug for OwnedRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { segment, offset, end, kind, revision, stamp, .. } = self;
        write!(f, "{segment}@{offset}..{end} kind {kind} revision {revision} stamp {stamp}")
    }
}

impl OwnedRecord {
    pub(super) fn new(segment: SegmentId, offset: u64, head: &Head, bytes: Vec<u8>) -> Self {
        let &Head { length, version, kind, fields, revision, stamp } = head;
        let (end, body) = (offset + length as u64, HEAD + fields);
        Self { segment, offset, end, version, kind, revision, stamp, bytes, body }
    }

    /// What the worker needs in order to decide.
    pub fn fields(&self) -> &[u8] {
        &self.bytes[HEAD..self.body]
    }

    /// What is sent.
    pub fn body(&self) -> &[u8] {
        &self.bytes[self.body..self.bytes.len() - CHECKSUM]
    }

    /// The record as it stood in the segment, for a version that knows what it is.
    pub fn whole(&self) -> &[u8] {
        &self.bytes
    }
}

/// A part of a segment that could not be read and was passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorruptPart {
    /// The segment.
    pub segment: SegmentId,
    /// Offset of its first byte.
    pub from: u64,
    /// Offset behind its last byte.
    pub to: u64,
    /// Its copy, a name below `corrupt/`.
    pub copy: String,
}

/// A file in the journal that can't be read for now; it is left as it is.
#[derive(Debug)]
pub struct Stuck {
    /// The file's name.
    pub name: String,
    /// Why.
    pub error: JournalError,
}

/// What one call read.
#[derive(Debug, Default)]
pub struct Batch {
    /// In the order of their stamps.
    pub records: Vec<OwnedRecord>,
    /// How far the segments that moved have been read: commit these with the records.
    pub positions: Vec<(SegmentId, u64)>,
    /// What was damaged and is now in `corrupt/`.
    pub corrupt: Vec<CorruptPart>,
    /// What could not be read. A trouble is reported once, until the segment is read again.
    pub stuck: Vec<Stuck>,
    /// The pass goes on: there is more, in order, right now.
    pub more: bool,
}

impl Batch {
    /// Whether there is anything to commit.
    pub fn moves(&self) -> bool {
        !self.positions.is_empty()
    }
}
