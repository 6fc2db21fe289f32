//! Records that were read, and of which nothing is to be left. Each is made one that says nothing, in
//! its place and of its length, so that the others can still be read.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use super::record::{self, HEAD, KIND_ERASED, MAGIC};
use super::segment::HEADER;
use super::segment_cursor::{Next, SegmentCursor};
use super::{JournalError, OwnedRecord, SegmentId};
use spool::{Access, Folder};

/// Erases the records of a segment before `end` whose bodies match, and what is damaged there and
/// matches: durably, once this has returned. Whoever owns the segment only writes behind that.
pub(super) fn erase(
    folder: &Folder,
    id: SegmentId,
    end: u64,
    matches: &dyn Fn(&[u8]) -> bool,
) -> Result<(), JournalError> {
    let name = id.file_name();
    let Some(mut segment) = SegmentCursor::open(folder, id, 0)? else { return Ok(()) };
    let Some(file) = folder.open(&name, Access::ReadWrite)? else { return Ok(()) };
    let failed = |error: io::Error| folder.error(&name, "erase a record of a segment", error);
    let mut is_changed = false;
    while segment.position < end {
        match segment.next(folder)? {
            Next::Nothing => break,
            Next::Record(_) => {
                let Some(record) = segment.take(folder)?.filter(|record| record.end <= end) else {
                    break;
                };
                if record.kind != KIND_ERASED && matches(record.body()) {
                    file.write_all_at(&erased(&record), record.offset).map_err(failed)?;
                    is_changed = true;
                }
            }
            Next::Damage { to } => {
                let (from, to) = (segment.position.max(HEADER as u64), to.min(end));
                is_changed |= erase_damage(&file, from, to, matches).map_err(failed)?;
                segment.position = to;
            }
        }
    }
    if is_changed {
        file.sync_data().map_err(failed)?;
    }
    Ok(())
}

/// The record that takes its place.
fn erased(record: &OwnedRecord) -> Vec<u8> {
    let length = record.whole().len();
    let mut bytes = vec![0; length - record::CHECKSUM];
    let seed = record::seed(record.segment, record.offset);
    record::seal(&mut bytes, HEAD, KIND_ERASED, record.revision, record.stamp, seed);
    bytes
}

/// Makes zeros of damage that matches. It may be that of a record which was being erased.
fn erase_damage(
    file: &File,
    from: u64,
    to: u64,
    matches: &dyn Fn(&[u8]) -> bool,
) -> io::Result<bool> {
    let mut bytes = Vec::new();
    super::window::fill(file, from, to.saturating_sub(from) as usize, &mut bytes)?;
    let is_empty = bytes.iter().all(|byte| *byte == 0);
    let is_record = bytes.starts_with(&MAGIC);
    if is_empty || !(is_record || matches(&bytes)) {
        return Ok(false);
    }
    bytes.fill(0);
    file.write_all_at(&bytes, from)?;
    Ok(true)
}
