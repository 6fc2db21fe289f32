//! Which segments of the journal go next, and when to look for them.

use journal::SegmentId;

/// Segments are looked for this often at most, in milliseconds.
const LOOK_MS: i64 = 1000;
/// When the store is asked again whether its commits are on the disk, in milliseconds.
const SYNC_MS: i64 = 20;

/// Where the deleting of segments stands.
#[derive(Debug)]
pub(super) struct Retirement {
    stage: Stage,
    /// When the next step is due, in Unix milliseconds.
    next: i64,
    /// Segments that are gone, and whose positions the store still has.
    gone: Vec<SegmentId>,
}

/// What the next step is.
#[derive(Debug, PartialEq, Eq)]
enum Stage {
    /// Nothing was read since segments were last looked for. Only a process that ended can have
    /// left one, which the worker's next round finds.
    Quiet,
    /// Something was read since: a segment may be done with.
    Due,
    /// These are read to the end, and go once the first `commits` are safe on the disk.
    Syncing { finished: Vec<SegmentId>, commits: u64 },
}

impl Retirement {
    /// Of a worker that starts: the last one may have left something.
    pub(super) fn new() -> Self {
        Self { stage: Stage::Due, next: 0, gone: Vec::new() }
    }

    /// Something of the journal was read and committed. While segments wait for the disk this
    /// changes nothing: they are looked for again once these are gone.
    pub(super) fn note_read(&mut self) {
        if self.stage == Stage::Quiet {
            self.stage = Stage::Due;
        }
    }

    /// Whether a round at `now` makes a step.
    pub(super) fn is_due(&self, now: i64) -> bool {
        now >= self.next
    }

    /// Until when the worker may sleep for all that is to be done here.
    pub(super) fn wake_at(&self) -> Option<i64> {
        (self.stage != Stage::Quiet).then_some(self.next)
    }

    /// The segments that wait for the disk, and for how many commits.
    pub(super) fn syncing(&self) -> Option<(&[SegmentId], u64)> {
        match &self.stage {
            Stage::Syncing { finished, commits } => Some((finished, *commits)),
            Stage::Quiet | Stage::Due => None,
        }
    }

    /// Segments were looked for: these are read to the end, by the first `commits`.
    pub(super) fn found(&mut self, finished: Vec<SegmentId>, commits: u64, now: i64) {
        (self.stage, self.next) = match finished.is_empty() {
            true => (Stage::Quiet, now + LOOK_MS),
            false => (Stage::Syncing { finished, commits }, now),
        };
    }

    /// The disk is not there yet.
    pub(super) fn wait_for_disk(&mut self, now: i64) {
        self.next = now + SYNC_MS;
    }

    /// What waited for the disk has left the journal, and these are gone for good. More may have been done with meanwhile, or may not
    /// have fitted the list, so it is looked for once more, whether anything is read or not.
    pub(super) fn removed(&mut self, gone: Vec<SegmentId>, now: i64) {
        self.stage = Stage::Due;
        self.gone.extend(gone);
        self.next = now + LOOK_MS;
    }

    /// These were deleted, by whomever.
    pub(super) fn vanished(&mut self, segments: Vec<SegmentId>) {
        self.gone.extend(segments);
    }

    /// Segments whose positions are to be forgotten, until [`forgotten`](Self::forgotten).
    pub(super) fn gone(&self) -> &[SegmentId] {
        &self.gone
    }

    /// Their positions are forgotten.
    pub(super) fn forgotten(&mut self) {
        self.gone.clear();
    }

    /// The wall clock was set by `ms`.
    pub(super) fn shift(&mut self, ms: i64) {
        self.next += ms;
    }
}
