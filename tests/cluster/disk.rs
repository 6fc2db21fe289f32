//! What stands on a removed server's disk, and was taken in by nobody.

use std::collections::HashMap;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use webhooks::event::EventHeader;
use webhooks::id::EventId;
use webhooks::journal::{JOURNAL_FOLDER, KIND_EVENT, Limit, Reader, SegmentId};
use webhooks::spool::Spool;

/// Ids of the events that stand in a spool's journal behind these positions, read from a copy in
/// `scratch`.
pub(crate) fn unread(
    spool: &Spool,
    positions: HashMap<SegmentId, u64>,
    scratch: &Path,
) -> Result<Vec<EventId>, String> {
    let copy = copy(spool, scratch).map_err(|error| format!("copying the journal: {error}"))?;
    let mut reader = Reader::open(&copy, positions).map_err(|error| error.to_string())?;
    let mut ids = Vec::new();
    loop {
        let limit = Limit { records: 1000, bytes: 16 << 20 };
        let batch = reader.read_batch(limit).map_err(|error| error.to_string())?;
        for record in batch.records.iter().filter(|record| record.kind == KIND_EVENT) {
            let header = EventHeader::read(record.fields(), record.body());
            ids.push(header.map_err(|error| error.to_string())?.id);
        }
        if !batch.more {
            return Ok(ids);
        }
    }
}

fn copy(spool: &Spool, scratch: &Path) -> io::Result<Spool> {
    let _ = std::fs::remove_dir_all(scratch);
    let journal = scratch.join(JOURNAL_FOLDER);
    std::fs::create_dir_all(&journal)?;
    for folder in [scratch, &journal] {
        std::fs::set_permissions(folder, PermissionsExt::from_mode(0o700))?;
    }
    for entry in std::fs::read_dir(spool.path().join(JOURNAL_FOLDER))? {
        let entry = entry?;
        std::fs::copy(entry.path(), journal.join(entry.file_name()))?;
    }
    Spool::open(scratch).map_err(io::Error::other)
}
