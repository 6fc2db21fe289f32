//! What stands on a removed server's disk, and was taken in by nobody.

use std::collections::HashMap;
use std::path::Path;

use testkit::journal;
use webhooks::event::EventHeader;
use webhooks::id::EventId;
use webhooks::journal::{KIND_EVENT, Limit, Reader, SegmentId};
use webhooks::spool::Spool;

/// Ids of the events that stand in a spool's journal behind these positions, read from a copy in
/// `scratch`.
pub(crate) fn unread(
    spool: &Spool,
    positions: HashMap<SegmentId, u64>,
    scratch: &Path,
) -> Result<Vec<EventId>, String> {
    let copy =
        journal::copy(spool, scratch).map_err(|error| format!("copying the journal: {error}"))?;
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
