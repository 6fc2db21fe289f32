//! Segments that stay for a while after they were read, where the store may lose what it has.

use super::WorkerError;
use super::engine::Worker;
use journal::Kept;
use spool::Spool;
use store::log::STORE_WENT_BACK;
use store::{Loaded, Store};

/// How long they stay where nobody said otherwise (`webhooks.keep_segments`), in seconds: longer than
/// it takes to see that a cluster's node is gone, and to put another one in its place.
const KEEP_S: u32 = 3600;
/// What all of them may take of the disk, in bytes; and never more than is left free beside them.
const MOST_BYTES: u64 = 1 << 30;
/// How often it is looked which of them go, in milliseconds.
const LOOK_MS: i64 = 1000;

/// The kept segments, and when they are looked at.
pub(super) struct Keeping {
    pub(super) kept: Kept,
    /// How many segments went back into the journal when it began.
    pub(super) back: usize,
    /// In Unix milliseconds.
    next: i64,
}

impl Keeping {
    /// Finds what a worker before kept for this store, where it may lose something; what it has lost goes
    /// back into the journal. A store into which this journal has never led can't have lost any of it.
    pub(super) fn open(
        spool: &Spool,
        store: &impl Store,
        loaded: &mut Loaded,
    ) -> Result<Option<Self>, WorkerError> {
        if !store.may_go_back() || loaded.is_first {
            Kept::discard(spool)?;
        }
        if !store.may_go_back() {
            return Ok(None);
        }
        let (kept, back) = Kept::open(spool, &mut loaded.positions)?;
        if back > 0 {
            tracing::warn!(
                segments = back,
                "the store has lost what it had taken in of the journal, which is read again"
            );
        }
        Ok(Some(Self { kept, back, next: 0 }))
    }
}

impl<S: Store> Worker<S> {
    /// For how long a segment stays, in milliseconds.
    fn keep_ms(&self) -> i64 {
        let wanted = self.active.as_ref().and_then(|active| active.config.keep_segments);
        i64::from(wanted.unwrap_or(KEEP_S)) * 1000
    }

    /// Segments that are read to the end, durably, leave the journal; their positions stay for as long as
    /// they are kept. Which of them are gone for good.
    pub(super) fn leave_journal(
        &mut self,
        finished: &[journal::SegmentId],
        now: i64,
    ) -> Result<Vec<journal::SegmentId>, WorkerError> {
        let keeps = self.keep_ms() > 0 && !self.reserve.is_full();
        match &mut self.intake.keeping {
            Some(Keeping { kept, .. }) if keeps => {
                self.intake.reader.keep(finished, kept, now)?;
                Ok(Vec::new())
            }
            _ => {
                self.intake.reader.remove(finished)?;
                Ok(finished.to_vec())
            }
        }
    }

    /// Tells people that the store had lost something, where a worker before found that, or this one
    /// finds it as it begins.
    pub(super) fn tell_of_loss(&mut self, is_known: bool) {
        let went_back = self.intake.keeping.as_ref().is_some_and(|keeping| keeping.back > 0);
        if is_known || went_back {
            self.announce(STORE_WENT_BACK, []);
        }
    }

    /// Lets those segments go that were kept for long enough, or for which there is no room.
    pub(super) fn let_kept_go(&mut self, now: i64) -> Result<(), WorkerError> {
        let since = now - self.keep_ms();
        let is_full = self.reserve.is_full();
        let Some(keeping) = self.intake.keeping.as_mut().filter(|it| now >= it.next) else {
            return Ok(());
        };
        keeping.next = now + LOOK_MS;
        // What can't be found out is enough.
        let free = self.spool.room().map_or(u64::MAX, |room| room.bytes);
        let most = if is_full { 0 } else { MOST_BYTES.min(free) };
        let gone = keeping.kept.let_go(since, most)?;
        if !gone.is_empty() {
            tracing::debug!(segments = gone.len(), "segments that were kept are gone");
            self.maintenance.retirement.vanished(gone);
        }
        Ok(())
    }

    /// Makes room on a full disk: all that is kept goes. Whether there was anything.
    pub(super) fn free_kept(&mut self) -> Result<bool, WorkerError> {
        let Some(keeping) = self.intake.keeping.as_mut() else { return Ok(false) };
        let gone = keeping.kept.let_go(i64::MIN, 0)?;
        if gone.is_empty() {
            return Ok(false);
        }
        tracing::warn!(segments = gone.len(), "the disk is full: segments that were kept are gone");
        self.maintenance.retirement.vanished(gone);
        Ok(true)
    }

    /// The wall clock was set by `ms`.
    pub(super) fn shift_kept(&mut self, ms: i64) {
        if let Some(keeping) = &mut self.intake.keeping {
            keeping.next += ms;
            if let Err(error) = keeping.kept.shift(ms) {
                tracing::error!(%error, "segments are kept for another time than they should be");
            }
        }
    }
}
