//! One segment, from the reader's position to its end.
//!
//! At the position there is a whole record, or a beginning of one, or damage, and the bytes
//! alone do not tell the last two apart: a torn record looks like one that is being written,
//! and a damaged length like one that is long. Two things decide. A valid record further on
//! proves that all before it was written to the end, so what can't be read there is damage.
//! And without an owner nothing will ever be added.

use std::fs::File;
use std::io::{self, Write as _};
use std::ops::Range;
use std::os::unix::fs::FileExt as _;

use rustix::fs::{FallocateFlags, FlockOperation};
use rustix::io::Errno;

use super::record::{self, HEAD, Head, MAGIC};
use super::segment::{Boot, FORMAT, HEADER, Header};
use super::window::{self, Window};
use super::{JournalError, OwnedRecord, SegmentId};
use spool::{Access, Folder, cannot_here};

/// Bytes that are searched at once for the next record.
const SEARCH: usize = 256 << 10;
/// How often its own size is read of a segment, for what looks like records and is none. Damage that
/// happens leaves a few of them; somebody who writes one in every place would have all that follows
/// read for each. What is behind is given up as damage then.
const PATIENCE: u64 = 16;

/// What stands at a segment's position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// A whole and sound record.
    Record(Head),
    /// Nothing that can be read, up to `to`.
    Damage {
        /// Where the next record, or the end, is.
        to: u64,
    },
    /// Nothing yet.
    Nothing,
}

/// A segment and how far it was read.
#[derive(Debug)]
pub(super) struct SegmentCursor {
    pub(super) id: SegmentId,
    /// Whose clock its stamps are of; unknown where the header is damaged.
    pub(super) boot: Boot,
    /// When it was made, Unix milliseconds.
    pub(super) made: i64,
    /// Next byte to read; 0 is the header.
    pub(super) position: u64,
    /// Bytes that are there, as far as is known.
    pub(super) size: u64,
    /// We hold its lock, and it has been read to the end.
    pub(super) finished: bool,
    /// Its owner is gone, so that it has all it will ever have.
    dead: bool,
    /// The size at which a search found no record after the position, in the owner's lifetime.
    searched: Option<u64>,
    /// Bytes that were read of what looked like records.
    misread: u64,
    /// Damaged parts so far, and up to where they were copied.
    pub(super) damaged: u32,
    pub(super) kept_to: u64,
    window: Option<Window>,
}

impl SegmentCursor {
    /// Opens segment `id`, read up to `position`; `None` where it is gone.
    pub(super) fn open(
        folder: &Folder,
        id: SegmentId,
        position: u64,
    ) -> Result<Option<Self>, JournalError> {
        let Some(file) = folder.open(&id.file_name(), Access::Read)? else { return Ok(None) };
        let mut window = Window::new(file);
        let mut read =
            || -> io::Result<_> { Ok((window.size()?, Header::read(window.at(0, HEADER)?))) };
        let (size, header) = read().map_err(|error| failed(folder, id, error))?;
        let header = header.filter(|header| header.id == id);
        if let Some(header) = header
            && header.format != FORMAT
        {
            let path = folder.path().join(id.file_name());
            return Err(JournalError::Version { path, version: header.format });
        }
        Ok(Some(Self {
            id,
            boot: header.map_or_else(Boot::default, |header| header.boot),
            made: header.map_or(0, |header| header.made),
            position,
            size,
            finished: false,
            dead: false,
            searched: None,
            misread: 0,
            damaged: 0,
            kept_to: 0,
            window: Some(window),
        }))
    }

    /// Makes a hole of what was read. Its owner, if it lives, only ever writes behind it.
    pub(super) fn empty_read_part(&self, folder: &Folder) -> Result<(), JournalError> {
        let header = HEADER as u64;
        let Some(length) = self.position.checked_sub(header).filter(|length| *length > 0) else {
            return Ok(());
        };
        let name = self.id.file_name();
        let Some(file) = folder.open(&name, Access::ReadWrite)? else { return Ok(()) };
        let hole = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        let punch = || rustix::fs::fallocate(&file, hole, header, length);
        let emptied = match rustix::io::retry_on_intr(punch) {
            // Not every file system can make holes.
            Err(error) if cannot_here(error) => {
                file.write_all_at(&vec![0; length as usize], header)
            }
            outcome => outcome.map_err(io::Error::from),
        };
        emptied
            .and_then(|()| file.sync_data())
            .map_err(|error| folder.error(&name, "empty the read part of a segment", error).into())
    }

    /// Looks how large the segment has become.
    pub(super) fn look(&mut self, folder: &Folder) -> Result<(), JournalError> {
        if let Some(window) = &self.window {
            self.size = window.size().map_err(|error| failed(folder, self.id, error))?;
        } else if let Some(version) = folder.version(&self.id.file_name())? {
            self.size = version.size;
        }
        Ok(())
    }

    /// What stands at the position. `Nothing` is asked again once the segment has grown, or
    /// its owner may be gone.
    pub(super) fn next(&mut self, folder: &Folder) -> Result<Next, JournalError> {
        if !self.is_behind() {
            return Ok(Next::Nothing);
        }
        self.with_window(folder, |unread, window| {
            let next = unread.find(window);
            if !matches!(next, Ok(Next::Record(_))) {
                // A beginning may be taken back by its writer, and another one made.
                window.forget();
            }
            next
        })
    }

    /// Whether there is anything after the position.
    pub(super) fn is_behind(&self) -> bool {
        self.position < self.size && !self.finished
    }

    fn find(&mut self, window: &mut Window) -> io::Result<Next> {
        loop {
            if let Some(head) = self.here(window)? {
                self.searched = None;
                return Ok(Next::Record(head));
            }
            if self.position >= self.size {
                return Ok(Next::Nothing);
            }
            if !self.dead && owner_is_gone(window.file())? {
                // It may have ended the record before it died.
                self.bury(window)?;
                continue;
            }
            if self.searched == Some(self.size) {
                return Ok(Next::Nothing);
            }
            let after = self.search(window)?;
            // A writer may have taken back what we read and written anew, and only then the
            // record that we found: look again, now that this part is final.
            window.forget();
            if after.is_some() && self.here(window)?.is_some() {
                continue;
            }
            if let Some(to) = after.or(self.dead.then_some(self.size)) {
                return Ok(Next::Damage { to });
            }
            self.searched = Some(self.size);
            return Ok(Next::Nothing);
        }
    }

    /// Notes that the owner is gone: what is there now is all there will ever be.
    fn bury(&mut self, window: &mut Window) -> io::Result<()> {
        window.forget();
        self.dead = true;
        self.searched = None;
        self.size = window.size()?;
        Ok(())
    }

    /// The head of the sound record at the position, after stepping over a sound header.
    fn here(&mut self, window: &mut Window) -> io::Result<Option<Head>> {
        if self.position == 0 {
            match Header::read(window.at(0, HEADER)?) {
                Some(header) if header.id == self.id => self.position = HEADER as u64,
                _ => return Ok(None),
            }
        }
        let Some(head) = Head::read(window.at(self.position, HEAD)?)
            .filter(|head| self.position + head.length as u64 <= self.size)
        else {
            return Ok(None);
        };
        let seed = record::seed(self.id, self.position);
        let sound = record::is_sound(window.at(self.position, head.length)?, seed);
        if !sound {
            self.misread += head.length as u64;
        }
        if window.is_large() {
            // Of many segments with large records, only the one being taken is in memory.
            window.forget();
        }
        Ok(sound.then_some(head))
    }

    /// Where, after the position, the next sound record is.
    fn search(&mut self, window: &Window) -> io::Result<Option<u64>> {
        let file = window.file();
        let (mut chunk, mut candidate) = (Vec::new(), Vec::new());
        let patience = PATIENCE * self.size.max(SEARCH as u64);
        let mut from = self.position + 1;
        while from + record::OVERHEAD as u64 <= self.size {
            window::fill(file, from, SEARCH, &mut chunk)?;
            let magics = chunk.windows(MAGIC.len()).enumerate();
            for (place, _) in magics.filter(|(_, bytes)| *bytes == MAGIC) {
                let at = from + place as u64;
                let head = match chunk.get(place..place + HEAD) {
                    Some(head) => Head::read(head),
                    None => {
                        window::fill(file, at, HEAD, &mut candidate)?;
                        Head::read(&candidate)
                    }
                };
                let Some(head) = head.filter(|head| at + head.length as u64 <= self.size) else {
                    continue;
                };
                if self.misread > patience {
                    return Ok(None);
                }
                self.misread += head.length as u64;
                window::fill(file, at, head.length, &mut candidate)?;
                if record::is_sound(&candidate, record::seed(self.id, at)) {
                    return Ok(Some(at));
                }
            }
            if chunk.len() < MAGIC.len() {
                break;
            }
            // A magic may lie across the edge.
            from += (chunk.len() - (MAGIC.len() - 1)) as u64;
        }
        Ok(None)
    }

    /// Takes the record that [`next`](Self::next) found, and steps behind it. `None` where it
    /// is not there any more: somebody else writes to the segment.
    pub(super) fn take(&mut self, folder: &Folder) -> Result<Option<OwnedRecord>, JournalError> {
        self.with_window(folder, |unread, window| {
            let (id, offset) = (unread.id, unread.position);
            let record = unread.here(window)?.map(|head| -> io::Result<_> {
                let bytes = window.at(offset, head.length)?.to_vec();
                Ok((bytes.len() == head.length).then(|| OwnedRecord::new(id, offset, &head, bytes)))
            });
            let record = record.transpose()?.flatten();
            unread.position = record.as_ref().map_or(offset, |record| record.end);
            if window.is_large() || !unread.is_behind() {
                window.forget();
            }
            Ok(record)
        })
    }

    /// Whether the segment has been read to the end and its owner is gone. From then on we
    /// keep its lock, and with it the file open.
    pub(super) fn finish(&mut self, folder: &Folder) -> Result<bool, JournalError> {
        if !self.finished && self.position >= self.size {
            self.finished = self.with_window(folder, |unread, window| {
                if !unread.dead && !owner_is_gone(window.file())? {
                    return Ok(false);
                }
                unread.bury(window)?;
                // The lock may have gone with a file that was closed in between.
                Ok(unread.position >= unread.size && owner_is_gone(window.file())?)
            })?;
        }
        Ok(self.finished)
    }

    /// Copies the bytes from `from` to `to` to the start of `into`.
    pub(super) fn copy(
        &mut self,
        folder: &Folder,
        part: Range<u64>,
        into: &mut File,
    ) -> Result<(), JournalError> {
        self.with_window(folder, |_, window| {
            let mut chunk = Vec::new();
            let mut from = part.start;
            while from < part.end {
                let length = (part.end - from).min(SEARCH as u64) as usize;
                window::fill(window.file(), from, length, &mut chunk)?;
                if chunk.is_empty() {
                    break;
                }
                into.write_all(&chunk)?;
                from += chunk.len() as u64;
            }
            into.sync_all()
        })
    }

    /// Lends the open file, opened anew where it was closed in between.
    fn with_window<T>(
        &mut self,
        folder: &Folder,
        work: impl FnOnce(&mut Self, &mut Window) -> io::Result<T>,
    ) -> Result<T, JournalError> {
        let mut window = match self.window.take() {
            Some(window) => window,
            None => match folder.open(&self.id.file_name(), Access::Read)? {
                Some(file) => Window::new(file),
                None => return Err(failed(folder, self.id, Errno::NOENT.into())),
            },
        };
        let outcome = work(self, &mut window);
        self.window = Some(window);
        outcome.map_err(|error| failed(folder, self.id, error))
    }

    /// Closes the file, to be opened again when it is needed; not that of a finished segment,
    /// whose lock we keep.
    pub(super) fn close(&mut self) {
        if !self.finished {
            self.window = None;
        }
    }
}

/// Tries to get the owner's lock; once got, it is kept until the file is closed.
fn owner_is_gone(file: &File) -> io::Result<bool> {
    match rustix::fs::flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(Errno::WOULDBLOCK) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn failed(folder: &Folder, id: SegmentId, error: io::Error) -> JournalError {
    folder.error(&id.file_name(), "read a journal segment", error).into()
}
