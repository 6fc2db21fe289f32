//! How much is waiting in the journal, for those who only look: nothing is locked or changed.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::io;

use super::record::{HEAD, Head};
use super::segment::{Boot, FORMAT, HEADER, Header};
use super::window::Window;
use super::{JOURNAL_FOLDER, JournalError, SegmentId};
use domain::clock::Clock as _;
use domain::clock::SystemClock;
use spool::{Access, Spool};

/// What lies in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Status {
    /// Segments, read or not.
    pub segments: usize,
    /// Bytes that the worker has not read yet.
    pub bytes_waiting: u64,
    /// When the oldest record among them was appended, Unix milliseconds.
    pub oldest: Option<i64>,
    /// A segment of a format that this version does not know, and that format: it is left to the
    /// version that wrote it.
    pub unknown: Option<(SegmentId, u32)>,
}

impl Status {
    /// The unknown segment as the error that reading it is.
    pub fn unknown_segment(&self, spool: &Spool) -> Option<JournalError> {
        self.unknown.map(|(id, version)| JournalError::Version {
            path: spool.path().join(JOURNAL_FOLDER).join(id.file_name()),
            version,
        })
    }
}

/// What lies in the journal beyond `positions` (how far the store says each segment was read).
///
/// # Errors
/// Where the journal can't be listed. A segment that can't be read counts as one without a time.
pub fn status<S: BuildHasher>(
    spool: &Spool,
    positions: &HashMap<SegmentId, u64, S>,
) -> Result<Status, JournalError> {
    let folder = spool.folder(JOURNAL_FOLDER)?;
    let mut status = Status::default();
    for name in folder.list()? {
        let Some(id) = SegmentId::of_file(&name) else { continue };
        status.segments += 1;
        let Ok(Some(version)) = folder.version(&name) else { continue };
        let position = positions.get(&id).copied().unwrap_or(0).max(HEADER as u64);
        let waiting = version.size.saturating_sub(position);
        if waiting == 0 {
            continue;
        }
        status.bytes_waiting += waiting;
        let Ok(Some(file)) = folder.open(&name, Access::Read) else { continue };
        let mut window = Window::new(file);
        if let Ok(Some(format)) = unknown_format(&mut window) {
            status.unknown = Some((id, format));
        } else if let Ok(Some(time)) = appended_at(&mut window, position) {
            status.oldest = Some(status.oldest.map_or(time, |oldest| oldest.min(time)));
        }
    }
    Ok(status)
}

/// The segment's format, where this version does not know it.
fn unknown_format(window: &mut Window) -> io::Result<Option<u32>> {
    let header = Header::read(window.at(0, HEADER)?);
    Ok(header.map(|header| header.format).filter(|format| *format != FORMAT))
}

/// When the record at `position` was appended, Unix milliseconds.
fn appended_at(window: &mut Window, position: u64) -> io::Result<Option<i64>> {
    let Some(header) = Header::read(window.at(0, HEADER)?) else { return Ok(None) };
    let Some(record) = Head::read(window.at(position, HEAD)?) else { return Ok(Some(header.made)) };
    Ok(Some(if header.boot == Boot::current() {
        // By the clock as it stands now, should it have been set since.
        let age = SystemClock.monotonic_ns().saturating_sub(record.stamp);
        SystemClock.unix_ms() - (age / 1_000_000).cast_signed()
    } else {
        let age = record.stamp.saturating_sub(header.stamp);
        header.made.saturating_add((age / 1_000_000).cast_signed())
    }))
}
