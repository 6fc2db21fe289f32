//! The hot path: what a request pays for an event.
//!
//! A [`Writer`] belongs to one thread of one process and writes to a segment of its own, opened
//! at the first append. An append reads the clock, hashes the record once, and makes one
//! `write(2)`; it takes no lock, allocates nothing once the buffer has grown, and asks the file
//! system nothing. What must be asked (is the segment still there? is it old?) waits for
//! [`Writer::look`], once per request.

use std::fmt;
use std::os::fd::AsFd as _;

use rustix::fs::SeekFrom;
use rustix::io::Errno;

use super::descriptors::{self, Kept};
use super::record::{self, HEAD, MAX_RECORD, OVERHEAD};
use super::segment::{Boot, FORMAT, HEADER, Header, ROTATE_AFTER, ROTATE_AT};
use super::{JOURNAL_FOLDER, JournalError, SegmentId};
use domain::clock::Clock;
use spool::{Privacy, Spool, SpoolError, this_user};

/// What a buffer may keep between two events, in bytes: one large event should not make every
/// php-fpm child large for the rest of its life.
const KEEP: usize = 256 << 10;

/// How an append is made.
#[derive(Debug, Clone, Copy)]
pub struct AppendOptions {
    /// Durable against power loss before `append` returns (`webhooks.sync`).
    pub sync: bool,
    /// Most bytes of fields and body together (`webhooks.max_payload`).
    pub max_record: usize,
}

/// A record that is in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Its stamp, `CLOCK_MONOTONIC` in nanoseconds.
    pub stamp: u64,
}

/// A record that was begun and set aside, see [`Writer::suspend`].
#[derive(Debug)]
pub struct RecordBuilder {
    /// The buffer, as [`Writer::buffer`] gives it.
    pub buffer: Vec<u8>,
    body: usize,
}

impl RecordBuilder {
    /// Where the body starts in the buffer.
    pub const fn body_start(&self) -> usize {
        self.body
    }
}

/// This thread's way into the journal. Nothing is opened or allocated before it is needed.
///
/// ```text
/// writer.begin()                  the buffer: append the fields
/// writer.fields_done()
/// writer.buffer()                 append the body; patch the fields, below body_start()
/// writer.append(…)
/// ```
///
/// In a forked child it starts a segment of its own, also when the fork came between `begin`
/// and `append` (from a `jsonSerialize`, say): the buffer is the child's own copy.
#[derive(Default)]
pub struct Writer {
    segment: Option<Segment>,
    buffer: Vec<u8>,
    /// Where the body starts in the buffer.
    body: usize,
    last_stamp: u64,
}

#[derive(Debug)]
struct Segment {
    file: Kept,
    id: SegmentId,
    /// Where the next record goes.
    end: u64,
    /// Stamp of the first record.
    since: Option<u64>,
}

/// Not the buffer: payloads are people's data.
impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("segment", &self.segment).finish_non_exhaustive()
    }
}

impl Writer {
    /// A writer that has nothing yet.
    pub const fn new() -> Self {
        Self { segment: None, buffer: Vec::new(), body: HEAD, last_stamp: 0 }
    }

    /// Starts a record, forgetting one that was started and not appended. The buffer begins
    /// with room for the record's head; append the fields behind it.
    pub fn begin(&mut self) -> &mut Vec<u8> {
        if self.buffer.capacity() > KEEP {
            self.buffer = Vec::new();
        }
        self.buffer.clear();
        self.buffer.resize(HEAD, 0);
        self.body = HEAD;
        &mut self.buffer
    }

    /// Ends the fields; what is appended to the buffer from here on is the body.
    pub fn fields_done(&mut self) {
        self.body = self.buffer.len();
    }

    /// The record under way. Only grows: bytes of the fields may be changed in place.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// Where the body starts in [`buffer`](Self::buffer).
    pub fn body_start(&self) -> usize {
        self.body
    }

    /// Sets the record under way aside, so that the writer is free while the code of others
    /// runs (a `jsonSerialize`, which may append a record of its own, or never come back).
    pub fn suspend(&mut self) -> RecordBuilder {
        RecordBuilder { buffer: std::mem::take(&mut self.buffer), body: self.body }
    }

    /// Goes on with a record that was set aside.
    pub fn resume(&mut self, record: RecordBuilder) {
        (self.buffer, self.body) = (record.buffer, record.body);
    }

    /// Appends the record. After an error nothing of it is in the journal (but see
    /// [`JournalError::Sync`]), and it may be tried again.
    ///
    /// # Errors
    /// Where it is larger than `options.max_record` or [`MAX_RECORD`], where the disk is full,
    /// or the spool does not let this user write.
    ///
    /// # Panics
    /// Without a [`begin`](Self::begin).
    pub fn append(
        &mut self,
        spool: &Spool,
        clock: &(impl Clock + ?Sized),
        kind: u8,
        revision: u64,
        options: AppendOptions,
    ) -> Result<Appended, JournalError> {
        let size = self.buffer.len().checked_sub(HEAD).expect("a record was begun");
        let limit = options.max_record.min(MAX_RECORD - OVERHEAD);
        if size > limit {
            return Err(JournalError::TooLarge { size, limit });
        }
        // Taken out, and put back only in a state in which it can be appended to.
        let mut segment = match self.segment.take() {
            Some(segment) if segment.end < ROTATE_AT && segment.file.is_ours() => segment,
            _ => Segment::create(spool, clock, options.sync)?,
        };
        // Later than the one before even where the clock is coarse: the order within a process
        // survives a change of segments.
        let stamp = clock.monotonic_ns().max(self.last_stamp + 1);
        let seed = record::seed(segment.id, segment.end);
        record::seal(&mut self.buffer, self.body, kind, revision, stamp, seed);
        if let Err(error) = segment.write(&self.buffer, spool) {
            self.buffer.truncate(HEAD + size);
            self.segment = segment.take_back().then_some(segment);
            return Err(error);
        }
        self.last_stamp = stamp;
        segment.end += self.buffer.len() as u64;
        segment.since.get_or_insert(stamp);
        if options.sync {
            // After a failed sync nobody knows what the disk has, and the worker may have read
            // the record: the segment gets no more of them.
            rustix::fs::fdatasync(&segment.file).map_err(|error| JournalError::Sync {
                path: segment.path(spool),
                source: error.into(),
            })?;
        }
        self.segment = Some(segment);
        Ok(Appended { stamp })
    }

    /// Looks after the segment: forgets one that somebody removed or cut, and one that has had
    /// records for a minute. Cheap (one `fstat`); once per request, or once a second.
    pub fn look(&mut self, clock: &(impl Clock + ?Sized)) {
        let now = clock.monotonic_ns();
        self.segment = self.segment.take().filter(|segment| {
            segment.file.is_ours()
                && segment.since.is_none_or(|since| now.saturating_sub(since) < ROTATE_AFTER)
                && rustix::fs::fstat(&segment.file).is_ok_and(|stat| {
                    stat.st_nlink > 0 && stat.st_size.unsigned_abs() == segment.end
                })
        });
    }
}

impl Segment {
    fn create(
        spool: &Spool,
        clock: &(impl Clock + ?Sized),
        sync: bool,
    ) -> Result<Self, JournalError> {
        let folder = spool.folder(JOURNAL_FOLDER)?;
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(|error| {
            let error = std::io::Error::other(error.to_string());
            SpoolError::io(folder.path(), "draw a random id for a journal segment", error)
        })?;
        let id = SegmentId(id);
        let header = Header {
            format: FORMAT,
            id,
            boot: Boot::current(),
            made: clock.unix_ms(),
            stamp: clock.monotonic_ns(),
        };
        let mut temp_file = folder.temp_file(Privacy::Shared)?;
        std::io::Write::write_all(temp_file.file(), &header.to_bytes())
            .map_err(|error| SpoolError::io(folder.path(), "start a journal segment", error))?;
        let file = temp_file.publish(&id.file_name(), false)?;
        if sync {
            folder.sync()?;
        }
        let file =
            Kept::new(file.into()).ok_or(JournalError::Threads { limit: descriptors::MAX_OPEN })?;
        Ok(Self { file, id, end: HEADER as u64, since: None })
    }

    /// One `write`. Where that takes a part only, the system says to the next one why: a full
    /// disk, a quota, a limit of the file's size.
    fn write(&self, record: &[u8], spool: &Spool) -> Result<(), JournalError> {
        let mut written = 0;
        while written < record.len() {
            let error = match rustix::io::write(&self.file, &record[written..]) {
                Ok(0) => Errno::IO,
                Ok(more) => {
                    written += more;
                    continue;
                }
                Err(Errno::INTR) => continue,
                Err(error) => error,
            };
            let (path, user, source) = (self.path(spool), this_user(), error.into());
            return Err(match written {
                0 => JournalError::Append { path, user, source },
                _ => JournalError::Short { path, user, written, size: record.len(), source },
            });
        }
        Ok(())
    }

    /// Undoes a failed write, and says whether the segment is as it was before. Where not, its
    /// tail is torn, and the reader sets it aside once the segment has no owner any more.
    fn take_back(&self) -> bool {
        let file = self.file.as_fd();
        rustix::fs::ftruncate(file, self.end).is_ok()
            && rustix::fs::seek(file, SeekFrom::Start(self.end)).is_ok()
    }

    fn path(&self, spool: &Spool) -> std::path::PathBuf {
        spool.path_of(JOURNAL_FOLDER).join(self.id.file_name())
    }
}
