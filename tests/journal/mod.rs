//! A journal of a test's own.

#![allow(dead_code, reason = "no test binary uses all of it")]

use std::collections::HashMap;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use tempfile::TempDir;
use webhooks::clock::SystemClock;
use webhooks::journal::{AppendOptions, KIND_EVENT, Limit, Reader, SegmentId, Writer};
use webhooks::spool::Spool;

pub(crate) const LIMIT: Limit = Limit { records: usize::MAX, bytes: usize::MAX };
pub(crate) const OPTIONS: AppendOptions = AppendOptions { sync: false, max_record: 1 << 20 };

/// A spool in a folder that goes with it.
pub(crate) struct Journal {
    pub(crate) spool: Spool,
    folder: TempDir,
}

impl Journal {
    pub(crate) fn new() -> Self {
        Self::within(tempfile::tempdir().unwrap())
    }

    /// One that costs no disk its time, for tests that make hundreds of them.
    pub(crate) fn in_memory() -> Self {
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        Self::within(folder.unwrap())
    }

    fn within(folder: TempDir) -> Self {
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o700)).unwrap();
        Self { spool: Spool::open(folder.path()).unwrap(), folder }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    pub(crate) fn reader(&self) -> Reader {
        self.reader_at(HashMap::new())
    }

    pub(crate) fn reader_at(&self, positions: HashMap<SegmentId, u64>) -> Reader {
        Reader::open(&self.spool, positions).unwrap()
    }

    /// The segments' files, in no order.
    pub(crate) fn segments(&self) -> Vec<PathBuf> {
        files(self.path().join("journal"))
    }

    /// The copies of what was damaged.
    pub(crate) fn corrupt(&self) -> Vec<PathBuf> {
        files(self.path().join("corrupt"))
    }
}

fn files(folder: PathBuf) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// Appends an event with this body, and returns its stamp.
pub(crate) fn append(journal: &Journal, writer: &mut Writer, body: &str) -> u64 {
    append_to(&journal.spool, writer, body)
}

pub(crate) fn append_to(spool: &Spool, writer: &mut Writer, body: &str) -> u64 {
    append_with(spool, writer, b"", body.as_bytes())
}

/// The same with fields.
pub(crate) fn append_with(spool: &Spool, writer: &mut Writer, fields: &[u8], body: &[u8]) -> u64 {
    let mut record = writer.record(KIND_EVENT, 1, fields, body);
    writer.append(spool, &SystemClock, &mut record, OPTIONS).unwrap().stamp
}
