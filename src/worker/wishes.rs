//! What people asked for that takes many transactions: changes of whole results, backfills, being
//! forgotten. Of each it is known here whether the store may have any left.

use super::WorkerError;
use super::effects::Effects;
use super::engine::Worker;
use super::request::FORGOTTEN;
use journal::SegmentId;
use store::bulk::BulkStep;
use store::{self, Forgetting, Person, Store};

/// Payloads that are searched for a person in one step.
const FORGET_STEP: usize = 500;
/// Deliveries of a whole result that are changed in one step.
const CHANGE_STEP: usize = 500;

/// Whether the store has something under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    /// There may be something: it is asked.
    Perhaps,
    Nothing,
}

impl Left {
    pub(super) const fn of(more: bool) -> Self {
        if more { Self::Perhaps } else { Self::Nothing }
    }
}

/// Where forgetting stands.
#[derive(Debug)]
enum Forget {
    /// Nobody asked for it.
    Nothing,
    /// Somebody may have: payloads are searched.
    Searching,
    /// For these wishes the segments that are kept are searched.
    SearchingKept {
        wishes: Vec<(String, Person)>,
        /// The last one that was searched.
        after: Option<SegmentId>,
    },
    /// A wish is fulfilled but for the store's write-ahead log.
    EmptyingWal {
        token: String,
        /// How many events were erased.
        events: u64,
        /// Servers whose journals were not searched.
        missing: Vec<String>,
    },
}

/// What was asked for in one transaction.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Asked {
    pub(super) forgetting: bool,
    pub(super) change: bool,
    pub(super) backfill: bool,
}

/// What may be under way in the store.
#[derive(Debug)]
pub(super) struct Wishes {
    pub(super) changes: Left,
    pub(super) backfills: Left,
    forget: Forget,
}

impl Wishes {
    /// Of a worker that starts: the last one may have left something.
    pub(super) const fn new() -> Self {
        Self { changes: Left::Perhaps, backfills: Left::Perhaps, forget: Forget::Searching }
    }

    /// Somebody asked for these.
    pub(super) fn note(&mut self, asked: Asked) {
        if asked.change {
            self.changes = Left::Perhaps;
        }
        if asked.backfill {
            self.backfills = Left::Perhaps;
        }
        // Once the write-ahead log is empty it is searched again anyway.
        if asked.forgetting && matches!(self.forget, Forget::Nothing) {
            self.forget = Forget::Searching;
        }
    }

    /// Whether it has to be tried again to empty the write-ahead log: a reader of the store was in the
    /// way, for two seconds at most.
    pub(super) const fn waits_for_reader(&self) -> bool {
        matches!(self.forget, Forget::EmptyingWal { .. })
    }
}

impl<S: Store> Worker<S> {
    /// A step of the changes of whole results, oldest first. What is new and due has its turn
    /// between two of them.
    pub(super) fn change(&mut self, now: i64) -> Result<bool, WorkerError> {
        if self.wishes.changes == Left::Nothing || self.reserve.is_full() {
            return Ok(false);
        }
        let schedule = &self.schedule;
        let (mut step, mut effects) = (BulkStep::default(), Effects::default());
        store::commit(&mut self.store, &mut |tx| {
            effects = Effects::default();
            step = tx.step_bulk(now, CHANGE_STEP)?;
            effects.touched.clone_from(&step.webhooks);
            effects.find_due(tx, schedule)
        })?;
        self.follow(effects, now);
        self.wishes.changes = Left::of(step.more);
        Ok(true)
    }

    /// A step towards forgetting whoever asked for it. Everything that was in the journal before
    /// the wish is in the store by now; once the store has no trace, neither may the journal's
    /// read parts, what was set aside, or the store's own write-ahead log.
    pub(super) fn forget(&mut self) -> Result<bool, WorkerError> {
        match &self.wishes.forget {
            Forget::Nothing => Ok(false),
            Forget::EmptyingWal { token, events, missing } => {
                if !self.store.truncate_wal()? {
                    return Ok(false);
                }
                let params = [
                    ("token", token.clone().into()),
                    ("events", (*events).into()),
                    ("missing", missing.clone().into()),
                ];
                self.wishes.forget = Forget::Searching;
                self.announce(FORGOTTEN, params);
                Ok(true)
            }
            Forget::SearchingKept { .. } => self.search_kept(),
            // A batch that still waits for its config is not in the store.
            Forget::Searching if self.intake.batch.moves() => Ok(false),
            Forget::Searching => match self.wishes_to_search()? {
                wishes if wishes.is_empty() => self.search(),
                wishes => self.search_journal(wishes),
            },
        }
    }

    /// Wishes of whichever server for which this one's journal was not searched.
    fn wishes_to_search(&mut self) -> Result<Vec<(String, Person)>, WorkerError> {
        let mut wishes = Vec::new();
        store::commit(&mut self.store, &mut |tx| {
            wishes = tx.wishes_to_search()?;
            Ok(())
        })?;
        Ok(wishes)
    }

    /// Erases these persons' records in the journal, once all of it is in the store; after that in what
    /// is kept of it.
    fn search_journal(&mut self, wishes: Vec<(String, Person)>) -> Result<bool, WorkerError> {
        if !self.intake.is_read_out {
            return Ok(false);
        }
        let is_about = |bytes: &[u8]| wishes.iter().any(|(_, person)| person.occurs_in(bytes));
        self.intake.reader.erase(&is_about)?;
        self.wishes.forget = Forget::SearchingKept { wishes, after: None };
        Ok(true)
    }

    /// Searches the next payloads for whoever asked first.
    fn search(&mut self) -> Result<bool, WorkerError> {
        let mut forgetting = Forgetting::Nothing;
        store::commit(&mut self.store, &mut |tx| {
            forgetting = tx.forget(FORGET_STEP)?;
            Ok(())
        })?;
        match forgetting {
            Forgetting::Nothing => self.wishes.forget = Forget::Nothing,
            Forgetting::UnderWay => {}
            Forgetting::Done { token, person, events, missing } => {
                tracing::info!(events, "payloads erased on request");
                self.store.make_durable()?;
                if self.intake.keeping.is_none() {
                    self.intake.reader.scrub(|bytes| person.occurs_in(bytes))?;
                }
                self.wishes.forget = Forget::EmptyingWal { token, events, missing };
            }
        }
        Ok(true)
    }

    /// Erases these persons' records in the next of the segments that are kept.
    fn search_kept(&mut self) -> Result<bool, WorkerError> {
        let Forget::SearchingKept { wishes, after } = &mut self.wishes.forget else {
            return Ok(false);
        };
        let kept = self.intake.keeping.as_ref().map(|keeping| &keeping.kept);
        let is_about = |bytes: &[u8]| wishes.iter().any(|(_, person)| person.occurs_in(bytes));
        *after = kept.map_or(Ok(None), |kept| kept.erase(*after, &is_about))?;
        if after.is_none() {
            let tokens: Vec<_> = wishes.iter().map(|(token, _)| token.clone()).collect();
            self.wishes.forget = Forget::Searching;
            store::commit(&mut self.store, &mut |tx| tx.note_searched(&tokens))?;
        }
        Ok(true)
    }
}
