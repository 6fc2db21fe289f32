//! Destroying bytes in the journal's tail, and knowing which events they held.
//!
//! While nothing writes or reads, a copy of the journal is read through the crate's own reader,
//! from where the store says that it was read to. So what is unread is known record by record
//! before a byte is changed.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use testkit::journal;
use testkit::random::Random;
use webhooks::event::EventHeader;
use webhooks::id::EventId;
use webhooks::journal::{JOURNAL_FOLDER, KIND_EVENT, Limit, OwnedRecord, Reader, SegmentId};
use webhooks::spool::Spool;
use webhooks::store::log::Log;

/// Damage is done to the last records of a segment, at most this many.
const TAIL: usize = 5;

/// What was done, for people, and the events that it destroyed.
pub(crate) struct Damage {
    pub(crate) what: String,
    pub(crate) destroyed: Vec<EventId>,
}

/// Cuts a segment, or flips bits in it; `None` where all has been read already. `scratch` is
/// a folder for the copy. Worker and producers have to stand still.
pub(crate) fn destroy(
    spool: &Spool,
    scratch: &Path,
    random: &mut Random,
) -> Result<Option<Damage>, String> {
    let unread = unread(spool, scratch)?;
    let mut segments: Vec<_> = unread.keys().copied().collect();
    segments.sort_unstable();
    let Some(segment) = random.pick(&segments) else { return Ok(None) };
    let records = &unread[segment];
    let tail =
        &records[records.len() - 1 - random.below(records.len().min(TAIL) as u64) as usize..];
    let (Some(first), Some(last)) = (tail.first(), tail.last()) else { return Ok(None) };
    let path = spool.path().join(JOURNAL_FOLDER).join(format!("{segment}.seg"));
    let told = |error: io::Error| format!("{}: {error}", path.display());
    let file = File::options().read(true).write(true).open(&path).map_err(told)?;
    let at = random.between(first.offset, last.end);
    let (what, hit): (_, Vec<_>) = if random.once_in(2) {
        file.set_len(at).map_err(told)?;
        ("cut", tail.iter().filter(|record| record.end > at).collect())
    } else {
        let bits: Vec<_> =
            (0..=random.below(4)).map(|_| random.between(first.offset * 8, last.end * 8)).collect();
        let mut flips: Vec<_> = bits.clone();
        flips.sort_unstable();
        flips.dedup(); // The same bit twice would be no damage.
        for bit in &flips {
            let mut byte = [0];
            file.read_exact_at(&mut byte, bit / 8).map_err(told)?;
            file.write_all_at(&[byte[0] ^ (1 << (bit % 8))], bit / 8).map_err(told)?;
        }
        let holds = |record: &&OwnedRecord| {
            flips.iter().any(|bit| (record.offset..record.end).contains(&(bit / 8)))
        };
        ("flipped bits of", tail.iter().filter(holds).collect())
    };
    let destroyed = hit.into_iter().map(id).collect::<Result<Vec<_>, _>>()?;
    let what = format!("{what} {segment} at {at}: {} records", destroyed.len());
    Ok(Some(Damage { what, destroyed }))
}

/// What the store has not taken in yet, by segment, in order.
fn unread(spool: &Spool, scratch: &Path) -> Result<HashMap<SegmentId, Vec<OwnedRecord>>, String> {
    let positions = match Log::open(spool, None).map_err(|error| error.to_string())? {
        Some(mut log) => log.summary().map_err(|error| error.to_string())?.positions,
        None => HashMap::new(),
    };
    let copy =
        journal::copy(spool, scratch).map_err(|error| format!("copying the journal: {error}"))?;
    let mut reader = Reader::open(&copy, positions).map_err(|error| error.to_string())?;
    let mut unread: HashMap<_, Vec<_>> = HashMap::new();
    loop {
        let limit = Limit { records: 1000, bytes: 16 << 20 };
        let batch = reader.read_batch(limit).map_err(|error| error.to_string())?;
        for record in batch.records {
            unread.entry(record.segment).or_default().push(record);
        }
        if !batch.more {
            return Ok(unread);
        }
    }
}

fn id(record: &OwnedRecord) -> Result<EventId, String> {
    if record.kind != KIND_EVENT {
        return Err(format!("{record:?} is no event"));
    }
    let fields =
        EventHeader::read(record.fields(), record.body()).map_err(|error| error.to_string())?;
    Ok(fields.id)
}
