//! What this server remembers of what it sent, on its own disk: a store in a database can be set back to
//! an older time by whoever restores it, and what waited then was sent since.
//!
//! Of each delivery that succeeded and was recorded it has 32 bytes: the event's id, a part of a hash of
//! the webhook's, and when. The newest half a million to a million are kept, in two files; a lost one
//! costs no more than what it would have told.

use std::collections::HashSet;
use std::fs::File;
use std::io::Write;

use super::WorkerError;
use super::pool::Completed;
use domain::id::EventId;
use spool::{Access, Privacy, Spool};
use store::Next;

const FILE: &str = "sent";
const OLDER: &str = "sent.older";
const RECORD: usize = 32;
/// Most bytes of one of the two.
const MOST: u64 = 16 << 20;

/// An event and a webhook to which it was sent.
pub(super) type Pair = ([u8; 16], [u8; 8]);

/// A delivery that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) pair: Pair,
    /// When it was recorded, in Unix milliseconds.
    pub(super) at: i64,
}

impl Record {
    /// What stands behind all that was looked through after a restoration.
    const MARK: Pair = ([0; 16], [0; 8]);

    pub(super) fn event(&self) -> EventId {
        EventId::from_bytes(self.pair.0)
    }

    pub(super) fn is_mark(&self) -> bool {
        self.pair == Self::MARK
    }

    fn to_bytes(self) -> [u8; RECORD] {
        let mut bytes = [0; RECORD];
        bytes[..16].copy_from_slice(&self.pair.0);
        bytes[16..24].copy_from_slice(&self.pair.1);
        bytes[24..].copy_from_slice(&self.at.to_le_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8; RECORD]) -> Self {
        let (mut pair, mut at) = (Self::MARK, [0; 8]);
        pair.0.copy_from_slice(&bytes[..16]);
        pair.1.copy_from_slice(&bytes[16..24]);
        at.copy_from_slice(&bytes[24..]);
        Self { pair, at: i64::from_le_bytes(at) }
    }
}

/// An event and a webhook, as they are remembered.
pub(super) fn pair(event: EventId, webhook: &str) -> Pair {
    // An id that is made of a text is a part of its SHA-256.
    let hash = *EventId::from_key("webhook", 0, webhook).as_bytes();
    let mut of = [0; 8];
    of.copy_from_slice(&hash[..8]);
    (*event.as_bytes(), of)
}

/// The memory, open to be added to.
pub(super) struct Sent {
    spool: Spool,
    file: File,
    bytes: u64,
    /// That nothing can be added was told.
    is_told: bool,
}

impl Sent {
    /// Opens it, made where it is not there, and gives what it has, oldest first.
    ///
    /// # Errors
    /// Where the spool refuses.
    pub(super) fn open(spool: &Spool) -> Result<(Self, Vec<Record>), WorkerError> {
        let mut records = Vec::new();
        for name in [OLDER, FILE] {
            let bytes = spool.top().read(name, 2 * MOST)?.unwrap_or_default();
            let (whole, _) = bytes.as_chunks::<RECORD>();
            records.extend(whole.iter().map(Record::from_bytes));
        }
        let file = spool.top().open_or_create(FILE, Access::Append, Privacy::Private)?;
        let bytes = file.metadata().map_or(0, |file| file.len());
        // A record of which a part was written, when the disk was full or the power went.
        let bytes = bytes - bytes % RECORD as u64;
        let mut sent = Self { spool: spool.clone(), file, bytes, is_told: false };
        if let Err(error) = sent.file.set_len(bytes) {
            sent.tell(&error);
        }
        Ok((sent, records))
    }

    /// Remembers those of these attempts that succeeded; they are recorded in the store.
    pub(super) fn note(&mut self, completed: &[Completed], now: i64) {
        let delivered = completed.iter().filter(|done| done.attempt.next == Next::Delivered);
        let records: Vec<u8> = delivered
            .map(|done| Record { pair: pair(done.claim.event.id, &done.webhook.id), at: now })
            .flat_map(Record::to_bytes)
            .collect();
        self.add(&records);
    }

    /// Remembers that all until now was looked through.
    pub(super) fn looked_through(&mut self, now: i64) {
        self.add(&Record { pair: Record::MARK, at: now }.to_bytes());
    }

    /// A full disk is nobody's trouble here: less is remembered.
    fn add(&mut self, records: &[u8]) {
        if records.is_empty() {
            return;
        }
        if self.bytes >= MOST
            && let Err(error) = self.begin_anew()
        {
            self.tell(&error);
        }
        match self.file.write_all(records) {
            Ok(()) => self.bytes += records.len() as u64,
            Err(error) => {
                let _ = self.file.set_len(self.bytes);
                self.tell(&error);
            }
        }
    }

    fn begin_anew(&mut self) -> Result<(), WorkerError> {
        self.spool.top().rename(FILE, OLDER)?;
        self.file = self.spool.top().open_or_create(FILE, Access::Append, Privacy::Private)?;
        self.bytes = 0;
        Ok(())
    }

    fn tell(&mut self, error: &dyn std::fmt::Display) {
        if !std::mem::replace(&mut self.is_told, true) {
            tracing::warn!(%error, "what was sent can't be remembered outside of the store");
        }
    }
}

/// Those of the records that were made at or after a time.
pub(super) fn since(records: &[Record], at: i64) -> HashSet<Pair> {
    records.iter().filter(|record| record.at >= at).map(|record| record.pair).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn record(number: u64) -> Record {
        Record { pair: pair(EventId::from_key("a", number, ""), "crm"), at: number as i64 }
    }

    #[test]
    fn what_was_sent_is_remembered_up_to_a_number_and_a_torn_record_costs_itself() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o700)).unwrap();
        let spool = Spool::open(folder.path()).unwrap();
        let (mut sent, records) = Sent::open(&spool).unwrap();
        assert_eq!(records, []);
        let most = MOST / RECORD as u64;
        let mut all = Vec::new();
        for number in 0..3 * most {
            all.extend(record(number).to_bytes());
            if number % 1000 == 999 {
                sent.add(&std::mem::take(&mut all));
            }
        }
        sent.add(&all);
        sent.file.write_all(b"torn").unwrap();
        drop(sent);
        let (mut sent, records) = Sent::open(&spool).unwrap();
        assert!((most as usize..=2 * most as usize + 2000).contains(&records.len()));
        assert_eq!(records.last(), Some(&record(3 * most - 1)));
        assert!(records.is_sorted_by_key(|record| record.at));
        sent.looked_through(7);
        let (_, records) = Sent::open(&spool).unwrap();
        let [.., before, mark] = &records[..] else { panic!("{}", records.len()) };
        assert!((*before, mark.is_mark(), mark.at) == (record(3 * most - 1), true, 7));
        assert_eq!(since(&records, 3 * most as i64 - 5).len(), 5);
        assert_ne!(pair(record(1).event(), "crm"), pair(record(1).event(), "shop"));
    }
}
