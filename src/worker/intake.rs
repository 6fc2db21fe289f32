//! Taking in: attempts that came back and records of the journal, in one transaction.

use super::WorkerError;
use super::complete;
use super::effects::Effects;
use super::engine::Worker;
use super::fast_path::FastPath;
use super::ingest::{self, Context, DeliveryIds};
use super::kept::Keeping;
use super::poison::PoisonMark;
use super::pool::Completed;
use super::routes::Routes;
use super::schedule::Schedule;
use domain::event::EventHeader;
use domain::id::EventId;
use journal::{Batch, CorruptPart, KIND_EVENT, Limit, OwnedRecord, Reader, SegmentId};
use store::{self, Announcement, Store, StoreError, WebhookKey};

use std::collections::HashMap;

/// What one round reads of the journal at most: bounds memory and the first delivery's wait.
const BATCH: Limit = Limit { records: 1000, bytes: 4 << 20 };
/// The records of a round while requests are under way: about as many as find a place at once.
/// More would wait in the store, from where it costs more to send them, and meanwhile nobody
/// would hand out anything.
const BATCH_BESIDE_REQUESTS: usize = 64;
/// How long what was read waits for places, in milliseconds: others' events wait with it.
const PATIENCE_MS: i64 = 20;
/// Of how many deliveries that come in beside requests under way one may wait in the store. Where more do,
/// a round takes in [`BATCH_BESIDE_REQUESTS`].
const ONE_WAITS_OF: usize = 4;
/// Deliveries after which the rest of what was read has to wait for the next round: an event can
/// have thousands, and meanwhile no attempt is recorded and nothing handed out.
const DELIVERIES: usize = 1000;

/// What comes in, until it is in the store.
pub(super) struct Intake {
    pub(super) reader: Reader,
    /// Read and not yet committed.
    pub(super) batch: Batch,
    /// Made and not yet committed.
    pub(super) completed: Vec<Completed>,
    pub(super) poison_mark: PoisonMark,
    pub(super) ids: DeliveryIds,
    /// What is read stays for a while; none: the store loses nothing.
    pub(super) keeping: Option<Keeping>,
    /// All that was in the journal when it was looked at last is in the store.
    pub(super) is_read_out: bool,
    /// Nothing more is read.
    is_closed: bool,
    /// A webhook of which what was taken in last filled all places, or found none, and when that was, in
    /// Unix milliseconds.
    filled: Option<(WebhookKey, i64)>,
}

impl Intake {
    pub(super) fn new(reader: Reader, poison_mark: PoisonMark, keeping: Option<Keeping>) -> Self {
        let (batch, ids) = (Batch::default(), DeliveryIds::default());
        let (is_read_out, is_closed, completed, filled) = (false, false, Vec::new(), None);
        Self { reader, batch, completed, poison_mark, ids, keeping, is_read_out, is_closed, filled }
    }

    /// Whether what was read is left for a moment: it would have to wait in the store, from where it costs
    /// more to send it, while what fills all places is about to come back.
    fn waits_for_places(&self, schedule: &Schedule, now: i64) -> bool {
        let Some((webhook, at)) = self.filled else { return false };
        let is_its = |done: &&Completed| done.claim.webhook == webhook && done.end.is_some();
        let ended = self.completed.iter().filter(is_its).count();
        (0..PATIENCE_MS).contains(&(now - at))
            && schedule.is_crowded(webhook, u32::try_from(ended).unwrap_or(u32::MAX))
    }

    /// Until when what was read may be left so.
    pub(super) fn waits_until(&self, now: i64) -> Option<i64> {
        let until = self.filled.map(|(_, at)| at + PATIENCE_MS);
        until.filter(|until| *until > now && self.batch.moves())
    }

    /// From now on nothing more is read; what was read and not taken in is for another worker.
    pub(super) fn close(&mut self) {
        (self.batch, self.is_closed) = (Batch::default(), true);
    }
}

impl<S: Store> Worker<S> {
    /// Records the attempts that came back and ingests what is new in the journal.
    pub(super) fn take_in(&mut self, now: i64) -> Result<bool, WorkerError> {
        self.intake.completed.append(&mut self.pool.take_completed());
        self.intake
            .completed
            .iter_mut()
            .for_each(|completed| completed.follow(self.wall_clock.reading.offset));
        self.read_journal(now)?;
        self.fail_the_deadly(now)?;
        let Some(active) = &self.active else { return Ok(false) };
        // Nothing is matched under an older config than it was accepted under.
        let newest = self.intake.batch.records.iter().map(|record| record.revision).max();
        let in_parts = self.store.wants_few_commits() && !self.sends_nothing;
        let takes_batch = newest <= Some(active.config.revision)
            && !(in_parts && self.intake.waits_for_places(&self.schedule, now));
        if self.intake.completed.is_empty() && !(takes_batch && self.intake.batch.moves()) {
            return Ok(false);
        }
        let context = Context {
            config: &active.config,
            routes: &active.routes,
            schedule: &self.schedule,
            sender: &active.sender,
            restored: &self.restored,
            sends_nothing: self.sends_nothing,
            now,
        };
        let Intake { reader, batch, completed, poison_mark, ids, filled, .. } = &mut self.intake;
        let none = Batch::default();
        let batch = if takes_batch { &*batch } else { &none };
        let records = &batch.records[..part(&batch.records, &active.routes)];
        let (mut taken, mut positions) = (0, Vec::new());
        let (is_busy, mut waits) = (!self.pool.is_idle(), false);
        let mut effects = Effects::default();
        // Attempts wait until there is room to record them.
        let is_full = self.reserve.is_full();
        let holds_up = self.aftermath.trials.holds_up_others();
        poison_mark.begin(records);
        store::commit(&mut self.store, &mut |tx| {
            effects = Effects::default();
            complete::attempts(tx, &context, completed, ids, &mut effects)?;
            if !is_full && !holds_up && !context.sends_nothing {
                effects.fast_path = FastPath::new(context.schedule, completed, now);
            }
            let suspects = effects.healths.iter().filter(|(_, health)| health.is_suspect());
            suspects.for_each(|(key, _)| effects.fast_path.close(*key));
            taken = records.len();
            for (at, record) in records.iter().enumerate() {
                if in_parts && at >= BATCH_BESIDE_REQUESTS && effects.is_enough(at, is_busy) {
                    taken = at;
                    break;
                }
                poison_mark.at(record);
                ingest::record(tx, &context, record, ids, &mut effects)?;
            }
            positions = positions_of(batch, &records[..taken]);
            waits = effects.mostly_waits(taken);
            ingest::write(tx, now, &mut effects)?;
            for part in set_aside(reader, records, &effects.too_large)? {
                tx.announce(&corrupt_announcement(&part, now))?;
            }
            for (segment, position) in &positions {
                tx.set_position(*segment, *position)?;
            }
            for part in &batch.corrupt {
                tx.announce(&corrupt_announcement(part, now))?;
            }
            effects.find_due(tx, context.schedule)
        })?;
        poison_mark.end(taken);
        if takes_batch {
            // Where little comes nobody waits for what somebody else has under way.
            let is_much = in_parts && taken >= BATCH_BESIDE_REQUESTS;
            let crowded = || effects.touched.iter().find(|key| self.schedule.is_crowded(**key, 0));
            let waiting = || if waits { crowded().copied() } else { None };
            let webhook = effects.fast_path.full().or_else(waiting).filter(|_| is_much);
            *filled = webhook.map(|webhook| (webhook, self.clock.unix_ms()));
        }
        let grown = records[..taken].iter().map(|record| record.whole().len() as u64).sum();
        if !positions.is_empty() {
            self.maintenance.retirement.note_read();
        }
        if takes_batch && taken < self.intake.batch.records.len() {
            self.intake.batch.records.drain(..taken);
            self.intake.batch.corrupt.clear();
        } else if takes_batch {
            self.intake.batch = Batch::default();
        }
        if let Some(sent) = &mut self.sent {
            sent.note(&self.intake.completed, now);
        }
        self.intake.completed.clear();
        self.maintenance.room.note_growth(grown, now);
        self.follow(effects, now);
        Ok(true)
    }

    /// Reads the next part of the journal, unless one is still to be committed. Nothing is read
    /// before a config is there.
    pub(super) fn read_journal(&mut self, now: i64) -> Result<(), WorkerError> {
        let Some(revision) = self.active.as_ref().map(|active| active.config.revision) else {
            return Ok(());
        };
        if !self.intake.batch.moves() && !self.intake.is_closed {
            let all = self.pool.is_idle() || self.store.wants_few_commits();
            let most = if all { BATCH.records } else { BATCH_BESIDE_REQUESTS };
            let limit = Limit { records: self.intake.poison_mark.most(most), ..BATCH };
            self.intake.batch = self.intake.reader.read_batch(limit)?;
            self.intake.is_read_out = !self.intake.batch.moves();
            for part in &self.intake.batch.corrupt {
                tracing::error!(segment = %part.segment, from = part.from, to = part.to, kept_as = part.copy, "part of the journal is damaged");
            }
            for stuck in &self.intake.batch.stuck {
                tracing::error!(segment = stuck.name, error = %stuck.error, "a segment can't be read");
            }
            self.set_poison_aside()?;
        }
        let newest = self.intake.batch.records.iter().map(|record| record.revision).max();
        if newest > Some(revision) {
            self.look_at_config(now);
        }
        Ok(())
    }

    /// Takes a record at which the worker died twice out of the batch.
    pub(super) fn set_poison_aside(&mut self) -> Result<(), WorkerError> {
        let poison_mark = &self.intake.poison_mark;
        let Some(at) =
            self.intake.batch.records.iter().position(|record| poison_mark.is_poison(record))
        else {
            return Ok(());
        };
        let poison = &self.intake.batch.records[at];
        let (segment, from, to) = (poison.segment, poison.offset, poison.end);
        let copy = self.intake.reader.set_aside(segment, from, to)?;
        tracing::error!(%segment, from, to, kept_as = copy, "a record at which the worker died twice is set aside");
        self.intake.batch.records.remove(at);
        self.intake.batch.corrupt.push(CorruptPart { segment, from, to, copy });
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

impl Effects {
    /// Whether what comes next is better left in the journal, from where it may go out as it comes in,
    /// once `taken` records were taken in (`is_busy`: beside requests under way).
    fn is_enough(&self, taken: usize, is_busy: bool) -> bool {
        self.fast_path.full().is_some() || is_busy && self.mostly_waits(taken)
    }

    fn mostly_waits(&self, taken: usize) -> bool {
        self.touched.len() * ONE_WAITS_OF > taken
    }
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
fn positions_of(batch: &Batch, records: &[OwnedRecord]) -> Vec<(SegmentId, u64)> {
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
