//! Which record the worker is at, so that one that kills it is found and set aside.
//!
//! Ingesting is written so that no record can end the process; should one do so all the same
//! (a bug, memory), the next worker would meet it again, and again. Before a batch its extent is
//! written to `worker.mark`, after its commit the mark is cleared. A worker that finds a mark
//! goes on carefully: it marks every record by itself until the marked batch is behind it. A
//! record at which a careful worker died twice is poison: it goes to `corrupt/`.

use std::fs::File;
use std::os::unix::fs::FileExt;

use serde::{Deserialize, Serialize};

use journal::OwnedRecord;
use spool::{Access, Privacy, Spool, SpoolError};

const MARK_FILE: &str = "worker.mark";
/// So many deaths at one record are no accident.
const DEATHS: u32 = 2;

/// What the file says: text of a fixed length, so that one write replaces it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct State {
    /// Records are still to be taken one by one.
    careful: u32,
    /// The record that a careful worker is at.
    at: Option<(String, u64)>,
    /// Deaths at it.
    deaths: u32,
}

/// The mark of the worker that runs.
#[derive(Debug)]
pub(super) struct PoisonMark {
    file: File,
    state: State,
    /// A batch is under way.
    marked: bool,
}

impl PoisonMark {
    /// Opens the mark; one that was left behind makes this worker a careful one.
    ///
    /// # Errors
    /// Where the file can't be opened.
    pub(super) fn open(spool: &Spool) -> Result<Self, SpoolError> {
        let file = spool.top().open_or_create(MARK_FILE, Access::ReadWrite, Privacy::Private)?;
        let content = spool.top().read(MARK_FILE, 4096)?.unwrap_or_default();
        let mut state: State = serde_json::from_slice(content.trim_ascii()).unwrap_or_default();
        if state.at.is_some() {
            state.deaths += 1;
        }
        if state.careful > 0 {
            tracing::warn!(records = state.careful, deaths = state.deaths, at = ?state.at, "the last worker died while it ingested; going on one by one");
        }
        Ok(Self { file, state, marked: false })
    }

    /// How many records may be taken at once.
    pub(super) fn most(&self, usual: usize) -> usize {
        if self.state.careful > 0 { 1 } else { usual }
    }

    /// A batch is about to be ingested.
    pub(super) fn begin(&mut self, records: &[OwnedRecord]) {
        if records.is_empty() || self.state.careful > 0 {
            return;
        }
        self.marked = true;
        self.write(&State { careful: records.len() as u32, ..State::default() });
    }

    /// A careful worker is about to take this record.
    pub(super) fn at(&mut self, record: &OwnedRecord) {
        if self.state.careful == 0 {
            return;
        }
        let at = Some((record.segment.to_string(), record.offset));
        if self.state.at != at {
            (self.state.at, self.state.deaths) = (at, 0);
        }
        self.write(&self.state);
    }

    /// Whether workers died at this record often enough.
    pub(super) fn is_poison(&self, record: &OwnedRecord) -> bool {
        // Nearly always there is no such mark, and a name is made for nothing.
        self.state.deaths >= DEATHS
            && self.state.at == Some((record.segment.to_string(), record.offset))
    }

    /// The batch of `records` is committed.
    pub(super) fn end(&mut self, records: usize) {
        if records == 0 {
            return;
        }
        if self.state.careful > 0 {
            self.state.careful = self.state.careful.saturating_sub(records as u32);
            (self.state.at, self.state.deaths) = (None, 0);
            self.write(&self.state);
        } else if std::mem::take(&mut self.marked) {
            self.write(&State::default());
        }
    }

    /// A mark that can't be written (a full disk) only makes a later death harder to explain.
    fn write(&self, state: &State) {
        const LENGTH: usize = 160;
        let mut text = serde_json::to_vec(state).unwrap_or_default();
        text.resize(LENGTH.max(text.len()), b' ');
        let _ = self.file.write_all_at(&text, 0);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use domain::clock::SystemClock;
    use journal::{AppendOptions, KIND_EVENT, Limit, Reader, Writer};

    /// A spool whose journal has five records, and these.
    fn journal() -> (tempfile::TempDir, Spool, Vec<OwnedRecord>) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o700)).expect("mode");
        let spool = Spool::open(folder.path()).expect("a spool");
        let mut writer = Writer::new();
        for _ in 0..5 {
            let mut record = writer.begin(KIND_EVENT, 0, 0);
            let options = AppendOptions { sync: false, max_record: 100 };
            writer.append(&spool, &SystemClock, &mut record, options).expect("appended");
        }
        let mut reader = Reader::open(&spool, HashMap::new()).expect("a reader");
        let limit = Limit { records: 10, bytes: 1 << 20 };
        let records = reader.read_batch(limit).expect("a batch").records;
        assert_eq!(records.len(), 5);
        (folder, spool, records)
    }

    /// A worker's life: takes records on from `from`, and dies at the one numbered `deadly`.
    /// Which one it set aside, if it got through.
    fn live(
        spool: &Spool,
        records: &[OwnedRecord],
        from: &mut usize,
        deadly: usize,
    ) -> Option<Option<usize>> {
        let mut poison_mark = PoisonMark::open(spool).expect("a mark");
        let mut set_aside = None;
        while *from < records.len() {
            let most = poison_mark.most(3).min(records.len() - *from);
            let batch = &records[*from..][..most];
            poison_mark.begin(batch);
            for (place, record) in (*from..).zip(batch) {
                if poison_mark.is_poison(record) {
                    set_aside = Some(place);
                    continue;
                }
                poison_mark.at(record);
                if place == deadly {
                    return None;
                }
            }
            poison_mark.end(batch.len());
            *from += batch.len();
        }
        Some(set_aside)
    }

    #[test]
    fn a_record_that_kills_the_worker_is_set_aside_alone() {
        let (_folder, spool, records) = journal();
        let mut from = 0;
        let lives: Vec<_> = (0..4).map(|_| live(&spool, &records, &mut from, 1)).collect();
        // Once in a batch, twice at the record; then it is passed over.
        assert_eq!(lives, [None, None, None, Some(Some(1))]);
        assert_eq!(PoisonMark::open(&spool).expect("a mark").most(3), 3, "nobody is slowed down");
    }

    #[test]
    fn a_worker_that_is_killed_here_and_there_sets_nothing_aside() {
        let (_folder, spool, records) = journal();
        for deadly in [2, 0, 1, 0] {
            assert_eq!(live(&spool, &records, &mut 0, deadly), None);
        }
        assert_eq!(live(&spool, &records, &mut 0, 9), Some(None));
    }
}
