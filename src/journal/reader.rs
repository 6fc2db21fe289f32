//! The worker's side: all segments, merged by time, in batches of bounded size.
//!
//! Reading goes in *passes*. A pass looks at what is there, and hands out, sorted by stamp,
//! whatever was stamped before it began; so events keep their order across processes as far
//! as anybody could have observed it. What is handed out is the caller's to commit together
//! with the positions; a reader that is dropped before that loses nothing.
//!
//! Deleting has one safe order: [`Reader::finished`] takes the lock of a segment that was read
//! to the end, the caller makes durable what it has read, then [`Reader::remove`] unlinks the
//! file while the lock is held.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, VecDeque};
use std::io;

use super::batch::{Batch, CorruptPart, Limit, Stuck};
use super::erase::erase;
use super::kept::Kept;
use super::record::MAX_RECORD;
use super::segment::{Boot, ROTATE_AT};
use super::segment_cursor::{Next, SegmentCursor};
use super::{CORRUPT_FOLDER, JOURNAL_FOLDER, JournalError, SegmentId, Status};
use domain::clock::{Clock as _, SystemClock};
use spool::{FileVersion, Folder, Privacy, Spool};

/// Files that are kept open between two looks: there may be more segments (every short CLI
/// process leaves one) than a process may open files.
const MAX_OPEN: usize = 256;
/// Finished segments that are held, locked and open, until they are removed.
const MAX_FINISHED: usize = 128;
/// Damaged parts of a segment that are copied each by itself. Where there are more, the copy of the
/// next one is that of all that follows, with whatever can be read among it.
const MOST_PARTS: u32 = 64;
/// What is copied of a corrupt part at most, in bytes: no writer of ours makes larger segments.
const MAX_COPY: u64 = ROTATE_AT + MAX_RECORD as u64;

/// Whose record is next: by boot, by stamp, and, where nothing else tells, by segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    era: u64,
    stamp: u64,
    id: SegmentId,
}

/// The one reader of a spool's journal.
#[derive(Debug)]
pub struct Reader {
    spool: Spool,
    folder: Folder,
    boot: Boot,
    /// Looked at for each record: comparing a few random ids costs less than hashing one.
    segments: BTreeMap<SegmentId, SegmentCursor>,
    /// Positions of segments that were not found yet.
    known: HashMap<SegmentId, u64>,
    /// When the first known segment of each earlier boot was made: their order.
    eras: HashMap<Boot, u64>,
    vanished: Vec<SegmentId>,
    /// Troubles that were reported.
    reported: HashMap<SegmentId, String>,
    /// The folder as it was when it was listed, where a change since would show.
    listed: Option<FileVersion>,
    /// Segments whose files are open, longest first.
    open: VecDeque<SegmentId>,
    pass: Option<Pass>,
}

/// A walk over everything that was stamped before it began.
#[derive(Debug)]
struct Pass {
    /// Stamps of this boot from here on belong to the next pass.
    cutoff: u64,
    turns: BinaryHeap<Reverse<Turn>>,
}

impl Reader {
    /// Opens the journal, of which the store has read up to `positions`. Removes what dead
    /// processes left half-made.
    ///
    /// # Errors
    /// Where the spool's folders can't be opened, made or written.
    pub fn open(spool: &Spool, positions: HashMap<SegmentId, u64>) -> Result<Self, JournalError> {
        spool.top().sweep()?;
        spool.folder(CORRUPT_FOLDER)?.sweep()?;
        Ok(Self {
            spool: spool.clone(),
            folder: spool.folder(JOURNAL_FOLDER)?,
            boot: Boot::current(),
            segments: BTreeMap::new(),
            known: positions,
            eras: HashMap::new(),
            vanished: Vec::new(),
            reported: HashMap::new(),
            listed: None,
            open: VecDeque::new(),
            pass: None,
        })
    }

    /// Reads on: goes on with the pass under way, or looks what is there and begins one.
    ///
    /// A batch that can't be committed is lost to this reader: open another one, with the
    /// positions that were.
    ///
    /// # Errors
    /// Where the journal can't be listed. A single segment that can't be read is `stuck` and
    /// does not hold up the others.
    pub fn read_batch(&mut self, limit: Limit) -> Result<Batch, JournalError> {
        let mut batch = Batch::default();
        let mut moved = BTreeSet::new();
        let mut pass = match self.pass.take() {
            Some(pass) => pass,
            None => self.begin_pass(&mut batch, &mut moved)?,
        };
        let mut bytes = 0;
        while let Some(Reverse(turn)) = pass.turns.pop() {
            if batch.records.len() >= limit.records.max(1) || bytes >= limit.bytes.max(1) {
                pass.turns.push(Reverse(turn));
                batch.more = true;
                break;
            }
            let Some(segment) = self.segments.get_mut(&turn.id) else { continue };
            match segment.take(&self.folder) {
                Ok(Some(record)) => {
                    if !self.reported.is_empty() {
                        self.reported.remove(&turn.id);
                    }
                    bytes += record.whole().len();
                    batch.records.push(record);
                    moved.insert(turn.id);
                    let next = self.turn(turn.id, pass.cutoff, &mut batch, &mut moved);
                    pass.turns.extend(next.map(Reverse));
                }
                // Somebody else writes to the file; the next pass looks what it is now.
                Ok(None) => {}
                Err(error) => self.stuck(turn.id, error, &mut batch),
            }
        }
        if batch.more {
            self.pass = Some(pass);
        }
        batch.positions = moved
            .into_iter()
            .filter_map(|id| Some((id, self.segments.get(&id)?.position)))
            .collect();
        Ok(batch)
    }

    /// The segments that were read to the end and whose owners are gone; locked by us from now
    /// on. Commit, make durable what was read, then [`remove`](Self::remove) them. Where there
    /// are many, the rest comes after those have been removed.
    ///
    /// # Errors
    /// Where a segment can't be locked or read.
    pub fn finished(&mut self) -> Result<Vec<SegmentId>, JournalError> {
        let mut finished = Vec::new();
        let ids: Vec<_> = self.segments.keys().copied().collect();
        for id in ids {
            if finished.len() == MAX_FINISHED {
                break;
            }
            if let Some(segment) = self.segments.get_mut(&id)
                && segment.finish(&self.folder)?
            {
                finished.push(id);
            }
            self.used(id);
        }
        Ok(finished)
    }

    /// Deletes segments that [`finished`](Self::finished) named, durably. Others are left alone.
    /// Only now their positions may be forgotten.
    ///
    /// # Errors
    /// Where the folder can't be written; what was not deleted can be tried again.
    pub fn remove(&mut self, ids: &[SegmentId]) -> Result<(), JournalError> {
        let mut removed = Vec::new();
        for id in self.finished_of(ids) {
            self.folder.remove(&id.file_name())?;
            removed.push(id);
        }
        if removed.is_empty() {
            return Ok(());
        }
        // All locks are held until the names are gone for good.
        self.folder.sync()?;
        for id in removed {
            self.segments.remove(&id);
        }
        Ok(())
    }

    /// Takes segments out of the journal that [`finished`](Self::finished) named, to be kept for a while,
    /// durably. Others are left alone.
    ///
    /// # Errors
    /// Where the folders can't be written; what was not moved can be tried again.
    pub fn keep(
        &mut self,
        ids: &[SegmentId],
        kept: &mut Kept,
        now: i64,
    ) -> Result<(), JournalError> {
        let ids = self.finished_of(ids);
        for id in &ids {
            let size = self.segments.get(id).map_or(0, |segment| segment.size);
            kept.take(&self.folder, *id, size, now)?;
            self.segments.remove(id);
        }
        if !ids.is_empty() {
            kept.sync()?;
            self.folder.sync()?;
        }
        Ok(())
    }

    fn finished_of(&self, ids: &[SegmentId]) -> Vec<SegmentId> {
        let is_finished = |id: &&SegmentId| self.segments.get(id).is_some_and(|it| it.finished);
        ids.iter().filter(is_finished).copied().collect()
    }

    /// Segments that somebody else removed since the last call, or that were never found: their
    /// positions can be forgotten.
    pub fn vanished(&mut self) -> Vec<SegmentId> {
        std::mem::take(&mut self.vanished)
    }

    /// Copies a part of a segment to `corrupt/` and returns the copy's name: what can't be
    /// read, or what killed the worker that read it.
    ///
    /// # Errors
    /// Where the copy can't be made, because the disk is full, say.
    pub fn set_aside(
        &mut self,
        segment: SegmentId,
        from: u64,
        to: u64,
    ) -> Result<String, JournalError> {
        let folder = self.spool.folder(CORRUPT_FOLDER)?;
        // The same part has the same name, should we die before its position is committed.
        let name = format!("{segment}-{from}-{to}");
        let mut copy = folder.temp_file(Privacy::Private)?;
        let unread = self.segments.get_mut(&segment).ok_or_else(|| {
            let missing = io::Error::from(io::ErrorKind::NotFound);
            self.folder.error(&segment.file_name(), "find a journal segment", missing)
        })?;
        unread.copy(&self.folder, from..to.min(from.saturating_add(MAX_COPY)), copy.file())?;
        copy.publish(&name, true)?;
        folder.sync()?;
        Ok(name)
    }

    /// Leaves nothing readable of what was read: empties the read parts of the segments, and
    /// removes from `corrupt/` whatever `matches`. To be called only when everything that was
    /// read is in the store for good.
    ///
    /// # Errors
    /// Where the folders can't be read or written.
    pub fn scrub(&mut self, matches: impl Fn(&[u8]) -> bool) -> Result<(), JournalError> {
        for segment in self.segments.values() {
            segment.empty_read_part(&self.folder)?;
        }
        self.scrub_corrupt(&matches)
    }

    /// As [`scrub`](Self::scrub), where what was read may have to be read again: only the records whose
    /// bodies match are gone.
    ///
    /// # Errors
    /// As it.
    pub fn erase(&mut self, matches: &dyn Fn(&[u8]) -> bool) -> Result<(), JournalError> {
        for segment in self.segments.values_mut() {
            erase(&self.folder, segment.id, segment.position, matches)?;
            // What it has read ahead may be of before.
            segment.close();
        }
        self.open.retain(|id| self.segments.get(id).is_some_and(|it| it.finished));
        self.scrub_corrupt(matches)
    }

    fn scrub_corrupt(&self, matches: &dyn Fn(&[u8]) -> bool) -> Result<(), JournalError> {
        let corrupt = self.spool.folder(CORRUPT_FOLDER)?;
        for name in corrupt.list()? {
            if corrupt.read(&name, MAX_COPY)?.is_some_and(|copy| matches(&copy)) {
                corrupt.remove(&name)?;
            }
        }
        Ok(corrupt.sync()?)
    }

    /// How far each segment was read.
    pub fn positions(&self) -> HashMap<SegmentId, u64> {
        self.segments.values().map(|segment| (segment.id, segment.position)).collect()
    }

    /// How much is waiting beyond what was read.
    ///
    /// # Errors
    /// Where the journal can't be listed.
    pub fn waiting(&self) -> Result<Status, JournalError> {
        super::status(&self.spool, &self.positions())
    }

    fn begin_pass(
        &mut self,
        batch: &mut Batch,
        moved: &mut BTreeSet<SegmentId>,
    ) -> Result<Pass, JournalError> {
        let cutoff = SystemClock.monotonic_ns();
        self.look(batch)?;
        let behind = self.segments.values().filter(|segment| segment.is_behind());
        let ids: Vec<_> = behind.map(|segment| segment.id).collect();
        let turns = ids.into_iter().filter_map(|id| self.turn(id, cutoff, batch, moved));
        Ok(Pass { cutoff, turns: turns.map(Reverse).collect() })
    }

    /// Looks which segments there are, and how large they have become.
    fn look(&mut self, batch: &mut Batch) -> Result<(), JournalError> {
        let top = self.spool.top();
        if !self.listed.is_some_and(|listed| top.has_unchanged(JOURNAL_FOLDER, listed)) {
            // Opened anew: it may have been removed, and made again by a writer.
            self.folder = self.spool.folder(JOURNAL_FOLDER)?;
            let version = self.folder.own_version()?;
            self.list(batch)?;
            // A change in the same tick of the clock would not show.
            let settled = version.age_ms(SystemClock.unix_ms()) > 100;
            self.listed = settled.then_some(version);
        }
        let mut troubles = Vec::new();
        for segment in self.segments.values_mut() {
            if let Err(error) = segment.look(&self.folder) {
                troubles.push((segment.id, error));
            }
        }
        for (id, error) in troubles {
            self.stuck(id, error, batch);
        }
        Ok(())
    }

    fn list(&mut self, batch: &mut Batch) -> Result<(), JournalError> {
        let names = self.folder.list()?;
        self.folder.sweep_among(&names)?;
        let there: HashSet<_> = names.iter().filter_map(|name| SegmentId::of_file(name)).collect();
        let gone = self.segments.keys().chain(self.known.keys()).filter(|id| !there.contains(id));
        self.vanished.extend(gone);
        self.segments.retain(|id, _| there.contains(id));
        self.known.retain(|id, _| there.contains(id));
        self.reported.retain(|id, _| there.contains(id));
        for id in there {
            if !self.segments.contains_key(&id)
                && let Err(error) = self.find(id)
            {
                self.stuck(id, error, batch);
            }
        }
        Ok(())
    }

    /// Takes in a segment that was not there before.
    fn find(&mut self, id: SegmentId) -> Result<(), JournalError> {
        let position = self.known.get(&id).copied().unwrap_or(0);
        if let Some(segment) = SegmentCursor::open(&self.folder, id, position)? {
            self.known.remove(&id);
            let made = segment.made.max(0).unsigned_abs();
            let era = self.eras.entry(segment.boot).or_insert(made);
            *era = made.min(*era);
            self.segments.insert(id, segment);
            self.used(id);
        }
        Ok(())
    }

    /// When segment `id` has its next record handed out, if that is in this pass. Damage before
    /// it is put aside on the way.
    fn turn(
        &mut self,
        id: SegmentId,
        cutoff: u64,
        batch: &mut Batch,
        moved: &mut BTreeSet<SegmentId>,
    ) -> Option<Turn> {
        let turn = loop {
            let segment = self.segments.get_mut(&id)?;
            let (boot, from) = (segment.boot, segment.position);
            match segment.next(&self.folder) {
                Ok(Next::Nothing) => break None,
                Ok(Next::Record(head)) => {
                    // Of another boot, so all of it is past, and before any of this one.
                    let past = boot != self.boot || !boot.is_known();
                    let era = if past { self.eras[&boot] } else { u64::MAX };
                    let turn = Turn { era, stamp: head.stamp, id };
                    break (past || head.stamp < cutoff).then_some(turn);
                }
                Ok(Next::Damage { to }) => match self.keep_damage(id, from, to) {
                    Ok(part) => {
                        batch.corrupt.extend(part);
                        moved.insert(id);
                        self.segments.get_mut(&id)?.position = to;
                    }
                    Err(error) => {
                        self.stuck(id, error, batch);
                        break None;
                    }
                },
                Err(error) => {
                    self.stuck(id, error, batch);
                    break None;
                }
            }
        };
        self.used(id);
        turn
    }

    /// Copies a damaged part, unless a copy of what was before it has it already.
    fn keep_damage(
        &mut self,
        id: SegmentId,
        from: u64,
        to: u64,
    ) -> Result<Option<CorruptPart>, JournalError> {
        let Some(segment) = self.segments.get_mut(&id).filter(|segment| segment.kept_to < to)
        else {
            return Ok(None);
        };
        segment.damaged += 1;
        let to = if segment.damaged > MOST_PARTS { segment.size.max(to) } else { to };
        let copy = self.set_aside(id, from, to)?;
        if let Some(segment) = self.segments.get_mut(&id) {
            segment.kept_to = to;
        }
        Ok(Some(CorruptPart { segment: id, from, to, copy }))
    }

    /// Reports what keeps a segment from being read: once, until it could be read again.
    fn stuck(&mut self, id: SegmentId, error: JournalError, batch: &mut Batch) {
        let message = error.to_string();
        if self.reported.get(&id) != Some(&message) {
            self.reported.insert(id, message);
            batch.stuck.push(Stuck { name: id.file_name(), error });
        }
    }

    /// Notes that a segment may have been opened, and closes another one for it.
    fn used(&mut self, id: SegmentId) {
        if !self.open.contains(&id) {
            self.open.push_back(id);
        }
        if self.open.len() > MAX_OPEN
            && let Some(id) = self.open.pop_front()
            && let Some(segment) = self.segments.get_mut(&id)
        {
            segment.close();
        }
    }
}
