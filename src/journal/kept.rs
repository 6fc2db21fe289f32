//! Segments that were read to the end and stay for a while. A store on a server can lose what it said
//! was committed: with the node that had it, or where somebody restores it. What it does not know of
//! any more is read again from here, under the same ids.
//!
//! They lie in a folder of their own, so that who reads the journal or asks how much waits there has
//! nothing to do with them. Since when they are there is the time at which they were modified.

use std::collections::{BTreeMap, HashMap};

use super::erase::erase;
use super::{JOURNAL_FOLDER, JournalError, KEPT_FOLDER, SegmentId};
use domain::clock::{Clock as _, SystemClock};
use spool::{Folder, Spool};

/// A file takes at least this much of the disk, in bytes, and a multiple of it.
const BLOCK: u64 = 4096;
/// Most bytes of one step of [`Kept::erase`], but for the last segment of it.
const STEP: u64 = 4 << 20;

/// The kept segments of a spool.
#[derive(Debug)]
pub struct Kept {
    folder: Folder,
    segments: BTreeMap<SegmentId, Segment>,
    /// What all of them take of the disk, in bytes.
    bytes: u64,
}

#[derive(Debug, Clone, Copy)]
struct Segment {
    /// When it was read to the end, in Unix milliseconds.
    since: i64,
    size: u64,
}

impl Segment {
    fn room(self) -> u64 {
        self.size.next_multiple_of(BLOCK)
    }
}

impl Kept {
    /// Finds what is kept. What a store has not read to the end by its `positions` goes back into the
    /// journal, and how many of them is said, too. From `positions` those that stay are taken away.
    ///
    /// # Errors
    /// Where the folders can't be opened, made, read or written.
    pub fn open(
        spool: &Spool,
        positions: &mut HashMap<SegmentId, u64>,
    ) -> Result<(Self, usize), JournalError> {
        let (folder, journal) = (spool.folder(KEPT_FOLDER)?, spool.folder(JOURNAL_FOLDER)?);
        let now = SystemClock.unix_ms();
        let mut kept = Self { folder, segments: BTreeMap::new(), bytes: 0 };
        let mut back = 0;
        for name in kept.folder.list()? {
            let Some(id) = SegmentId::of_file(&name) else { continue };
            let Some(version) = kept.folder.version(&name)? else { continue };
            if positions.get(&id).is_some_and(|position| *position >= version.size) {
                positions.remove(&id);
                kept.add(id, now - version.age_ms(now), version.size);
            } else {
                kept.folder.move_to(&name, &journal)?;
                back += 1;
            }
        }
        if back > 0 {
            journal.sync()?;
            kept.folder.sync()?;
        }
        Ok((kept, back))
    }

    /// Removes what is kept, where there is anything: it was read for another store.
    ///
    /// # Errors
    /// Where the folder can't be read or written.
    pub fn discard(spool: &Spool) -> Result<(), JournalError> {
        if !spool.top().list()?.iter().any(|name| name == KEPT_FOLDER) {
            return Ok(());
        }
        let folder = spool.folder(KEPT_FOLDER)?;
        for name in folder.list()?.iter().filter(|name| SegmentId::of_file(name).is_some()) {
            folder.remove(name)?;
        }
        Ok(folder.sync()?)
    }

    /// Takes a segment out of the journal: of that one the lock is held.
    pub(super) fn take(
        &mut self,
        journal: &Folder,
        id: SegmentId,
        size: u64,
        now: i64,
    ) -> Result<(), JournalError> {
        let name = id.file_name();
        journal.set_modified(&name, now)?;
        journal.move_to(&name, &self.folder)?;
        self.add(id, now, size);
        Ok(())
    }

    pub(super) fn sync(&self) -> Result<(), JournalError> {
        Ok(self.folder.sync()?)
    }

    fn add(&mut self, id: SegmentId, since: i64, size: u64) {
        let segment = Segment { since, size };
        self.bytes += segment.room();
        self.segments.insert(id, segment);
    }

    /// What all of them take of the disk, in bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Removes those that are kept since before `since`, in Unix milliseconds, and as many of the
    /// oldest as it takes for the rest to have at most `most` bytes; which they were. Only now, and
    /// durably, they are gone: their positions may be forgotten.
    ///
    /// # Errors
    /// Where the folder can't be written; what was not removed can be tried again.
    pub fn let_go(&mut self, since: i64, most: u64) -> Result<Vec<SegmentId>, JournalError> {
        let is_old = self.segments.values().any(|segment| segment.since < since);
        if !is_old && self.bytes <= most {
            return Ok(Vec::new());
        }
        let mut by_age: Vec<_> =
            self.segments.iter().map(|(id, segment)| (segment.since, *id)).collect();
        by_age.sort_unstable();
        let mut gone = Vec::new();
        for (kept_since, id) in by_age {
            if kept_since >= since && self.bytes <= most {
                break;
            }
            self.folder.remove(&id.file_name())?;
            if let Some(segment) = self.segments.remove(&id) {
                self.bytes -= segment.room();
            }
            gone.push(id);
        }
        self.folder.sync()?;
        Ok(gone)
    }

    /// Erases the records whose bodies match: in the segments behind `after`, as many as one step may
    /// take. The last of them; none: all were looked at.
    ///
    /// # Errors
    /// Where a segment can't be read or written.
    pub fn erase(
        &self,
        after: Option<SegmentId>,
        matches: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Option<SegmentId>, JournalError> {
        let (mut last, mut bytes) = (None, 0);
        let behind = |id: &SegmentId| after.is_none_or(|after| *id > after);
        for (id, segment) in self.segments.iter().filter(|(id, _)| behind(id)) {
            erase(&self.folder, *id, segment.size, matches)?;
            // Since when it is kept has not changed by that.
            self.folder.set_modified(&id.file_name(), segment.since)?;
            last = Some(*id);
            bytes += segment.room();
            if bytes >= STEP {
                break;
            }
        }
        Ok(last)
    }

    /// The wall clock was set by `ms`.
    ///
    /// # Errors
    /// Where the times can't be noted: then they stay for longer, or not as long.
    pub fn shift(&mut self, ms: i64) -> Result<(), JournalError> {
        for (id, segment) in &mut self.segments {
            segment.since += ms;
            self.folder.set_modified(&id.file_name(), segment.since)?;
        }
        Ok(())
    }
}
