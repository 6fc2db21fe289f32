//! Taking in: attempts that came back and records of the journal, in one transaction.

use super::WorkerError;
use super::complete::{self, Completion};
use super::engine::Worker;
use super::fast_path::FastPath;
use super::ingest::{self, Context, Ingested};
use super::pool::{self, Job};
use super::routes::Routes;
use domain::event::EventHeader;
use domain::id::EventId;
use journal::{Batch, CorruptPart, KIND_EVENT, Limit, OwnedRecord, Reader, SegmentId};
use store::{self, Announcement, Health, Store, StoreError, WebhookKey};

use std::collections::HashMap;
use std::sync::Arc;

/// What one round reads of the journal at most: bounds memory and the first delivery's wait.
const BATCH: Limit = Limit { records: 1000, bytes: 4 << 20 };
/// The records of a round while requests are under way: about as many as find a place at once.
/// More would wait in the store, from where it costs more to send them, and meanwhile nobody
/// would hand out anything.
const BATCH_BESIDE_REQUESTS: usize = 64;
/// Deliveries after which the rest of what was read has to wait for the next round: an event can
/// have thousands, and meanwhile no attempt is recorded and nothing handed out.
const DELIVERIES: usize = 1000;

impl<S: Store> Worker<S> {
    /// Records the attempts that came back and ingests what is new in the journal.
    pub(super) fn take_in(&mut self, now: i64) -> Result<bool, WorkerError> {
        self.completed.append(&mut self.pool.take_completed());
        self.completed.iter_mut().for_each(|completed| completed.follow(self.reading.offset));
        self.read_journal(now)?;
        self.fail_the_deadly(now)?;
        let Some(active) = &self.active else { return Ok(false) };
        // Nothing is matched under an older config than it was accepted under.
        let newest = self.batch.records.iter().map(|record| record.revision).max();
        let takes_batch = newest <= Some(active.config.revision);
        if self.completed.is_empty() && !(takes_batch && self.batch.moves()) {
            return Ok(false);
        }
        let context = Context {
            config: &active.config,
            routes: &active.routes,
            schedule: &self.schedule,
            sender: &active.sender,
            now,
        };
        let (store, poison_mark, ids) = (&mut self.store, &mut self.poison_mark, &mut self.ids);
        let reader = &mut self.reader;
        let none = Batch::default();
        let (batch, completed) = (if takes_batch { &self.batch } else { &none }, &self.completed);
        let records = &batch.records[..part(&batch.records, &active.routes)];
        let positions = positions(batch, records);
        let (mut ingested, mut completion, mut due) = Default::default();
        // Attempts wait until there is room to record them.
        let is_full = self.reserve.is_full();
        let holds_up = self.trials.holds_up_others();
        let grown = records.iter().map(|record| record.whole().len() as u64).sum();
        poison_mark.begin(records);
        store::commit(store, &mut |tx| {
            (ingested, completion, due) = (Ingested::default(), Completion::default(), Vec::new());
            complete::attempts(tx, &context, completed, ids, &mut completion, &mut ingested)?;
            if !is_full && !holds_up {
                ingested.fast_path = FastPath::new(context.schedule, completed, now);
            }
            let suspects = completion.healths.iter().filter(|(_, health)| health.is_suspect());
            suspects.for_each(|(key, _)| ingested.fast_path.close(*key));
            for record in records {
                poison_mark.at(record);
                ingest::record(tx, &context, record, ids, &mut ingested)?;
            }
            ingest::write(tx, now, &mut ingested)?;
            for part in set_aside(reader, records, &ingested.too_large)? {
                tx.announce(&corrupt_announcement(&part, now))?;
            }
            for (segment, position) in &positions {
                tx.set_position(*segment, *position)?;
            }
            for part in &batch.corrupt {
                tx.announce(&corrupt_announcement(part, now))?;
            }
            if ingested.all_touched {
                ingested.touched = context.schedule.lanes().map(|(key, _)| key).collect();
            }
            ingested.touched.extend(completion.healths.keys());
            ingested.touched.sort_unstable();
            ingested.touched.dedup();
            let touched = ingested.touched.iter();
            let touched: Vec<_> =
                touched.map(|key| (*key, context.schedule.is_ordered(*key))).collect();
            for ((key, _), at) in touched.iter().zip(tx.next_dues(&touched)?) {
                due.push((*key, at));
            }
            Ok(())
        })?;
        let taken = records.len();
        poison_mark.end(taken);
        if !positions.is_empty() {
            self.retirement.note_read();
        }
        if takes_batch && taken < self.batch.records.len() {
            self.batch.records.drain(..taken);
            self.batch.corrupt.clear();
        } else if takes_batch {
            self.batch = Batch::default();
        }
        self.completed.clear();
        self.room.note_growth(grown, now);
        self.apply(ingested, &completion, &due, now);
        Ok(true)
    }

    /// Follows a committed transaction in memory.
    pub(super) fn apply(
        &mut self,
        ingested: Ingested,
        completion: &Completion,
        due: &[(WebhookKey, Option<i64>)],
        now: i64,
    ) {
        for (key, webhook) in ingested.new {
            self.schedule.add(key, webhook);
        }
        for delivery in &completion.ended {
            self.trials.ended(*delivery, now);
        }
        if ingested.all_touched {
            self.trials.look(now);
        }
        self.forgets |= ingested.forget;
        self.changes |= ingested.bulk;
        self.backfills |= ingested.backfill;
        for key in ingested.enabled {
            self.schedule.set_health(key, Health::default(), now);
        }
        for (key, health) in &completion.healths {
            self.schedule.set_health(*key, health.clone(), now);
        }
        for (key, delivery, us) in &completion.came_back {
            self.schedule.took(*key, *us);
            self.schedule.came_back(*key, *delivery, now);
        }
        for (key, due) in due {
            self.schedule.set_due(*key, *due, now);
        }
        let Some(sender) = self.active.as_ref().map(|active| &active.sender) else {
            return;
        };
        let job =
            |burst, webhook| Job { burst, webhook, sender: Arc::clone(sender), waited_for: None };
        let mut jobs: Vec<_> =
            ingested.tests.into_iter().map(|(claim, webhook)| job(vec![claim], webhook)).collect();
        for (key, bursts) in ingested.fast_path.into_bursts() {
            self.schedule.admit(key, bursts.iter().map(|burst| pool::weigh(burst)), now);
            let lane = self.schedule.lane(key);
            if let Some(webhook) = lane.and_then(|lane| lane.webhook.as_ref()) {
                jobs.extend(bursts.into_iter().map(|burst| job(burst, Arc::clone(webhook))));
            }
        }
        self.pool.send(jobs);
    }

    /// Reads the next part of the journal, unless one is still to be committed. Nothing is read
    /// before a config is there.
    pub(super) fn read_journal(&mut self, now: i64) -> Result<(), WorkerError> {
        let Some(revision) = self.active.as_ref().map(|active| active.config.revision) else {
            return Ok(());
        };
        if !self.batch.moves() {
            let most = if self.pool.is_idle() { BATCH.records } else { BATCH_BESIDE_REQUESTS };
            let limit = Limit { records: self.poison_mark.most(most), ..BATCH };
            self.batch = self.reader.read_batch(limit)?;
            for part in &self.batch.corrupt {
                tracing::error!(segment = %part.segment, from = part.from, to = part.to, kept_as = part.copy, "part of the journal is damaged");
            }
            for stuck in &self.batch.stuck {
                tracing::error!(segment = stuck.name, error = %stuck.error, "a segment can't be read");
            }
            self.set_poison_aside()?;
        }
        let newest = self.batch.records.iter().map(|record| record.revision).max();
        if newest > Some(revision) {
            self.look_at_config(now);
        }
        Ok(())
    }

    /// Takes a record at which the worker died twice out of the batch.
    pub(super) fn set_poison_aside(&mut self) -> Result<(), WorkerError> {
        let poison_mark = &self.poison_mark;
        let Some(at) = self.batch.records.iter().position(|record| poison_mark.is_poison(record))
        else {
            return Ok(());
        };
        let poison = &self.batch.records[at];
        let (segment, from, to) = (poison.segment, poison.offset, poison.end);
        let copy = self.reader.set_aside(segment, from, to)?;
        tracing::error!(%segment, from, to, kept_as = copy, "a record at which the worker died twice is set aside");
        self.batch.records.remove(at);
        self.batch.corrupt.push(CorruptPart { segment, from, to, copy });
        Ok(())
    }
}

/// Copies the records of these events to where they are kept.
fn set_aside(
    reader: &mut Reader,
    records: &[OwnedRecord],
    events: &[EventId],
) -> store::Result<Vec<CorruptPart>> {
    let is_one = |record: &&OwnedRecord| {
        EventHeader::read(record.fields(), record.body())
            .is_ok_and(|header| events.contains(&header.id))
    };
    let mut parts = Vec::new();
    for record in records.iter().filter(|_| !events.is_empty()).filter(is_one) {
        let (segment, from, to) = (record.segment, record.offset, record.end);
        let copy = reader.set_aside(segment, from, to).map_err(|error| StoreError::Failed {
            action: "setting an event aside that is too large for the store",
            reason: error.to_string(),
        })?;
        parts.push(CorruptPart { segment, from, to, copy });
    }
    Ok(parts)
}

/// How many of these records are taken in at once: at least one, if there is any.
fn part(records: &[OwnedRecord], routes: &Routes) -> usize {
    if records.len() * routes.webhooks().len() <= DELIVERIES {
        return records.len();
    }
    let mut deliveries = 0;
    let fits = |record: &&OwnedRecord| {
        let header = EventHeader::read(record.fields(), record.body());
        let event = header.ok().filter(|_| record.kind == KIND_EVENT);
        let fits = deliveries < DELIVERIES;
        deliveries += event.map_or(1, |header| routes.of(&header).len());
        fits
    };
    records.iter().take_while(fits).count()
}

/// How far the journal is read once these first records of a batch are taken in.
fn positions(batch: &Batch, records: &[OwnedRecord]) -> Vec<(SegmentId, u64)> {
    if records.len() == batch.records.len() {
        return batch.positions.clone();
    }
    let ends: HashMap<_, _> = records.iter().map(|record| (record.segment, record.end)).collect();
    ends.into_iter().collect()
}

fn corrupt_announcement(part: &CorruptPart, now: i64) -> Announcement {
    let params = [
        ("segment".to_owned(), part.segment.to_string().into()),
        ("bytes".to_owned(), (part.to - part.from).into()),
        ("kept_as".to_owned(), part.copy.clone().into()),
    ];
    Announcement { code: "corrupt_records".into(), at: now, params: params.into_iter().collect() }
}
