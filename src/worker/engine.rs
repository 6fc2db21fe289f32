//! The round: the one thread that reads the journal and writes the store.

use std::sync::Arc;
use std::time::Duration;

use super::active_config::ActiveConfig;
use super::ingest::DeliveryIds;
use super::limits::Limits;
use super::lock::Holder;
use super::maintenance::PRUNE_MS;
use super::others::Outage;
use super::poison::PoisonMark;
use super::pool::{self, Completed, Job, Pool};
use super::reserve::Reserve;
use super::retirement::Retirement;
use super::room::Room;
use super::schedule::{Schedule, Turn};
use super::trial::Trials;
use super::{Mode, Stop, WorkerError};
use domain::clock::{self, Clock};
use journal::wake::{Sleeper, WakeHandle};
use journal::{Batch, Boot, Reader};
use spool::Spool;
use store::log::CLOCK_SET;
use store::{self, Announcement, Claim, Claimed, ClockReading, Store, Wanted};

/// A worker that PHP started leaves after this long with nothing pending, in milliseconds.
const IDLE_MS: i64 = 60_000;
/// The journal is looked at this often even if nobody wakes the worker, in milliseconds.
const RESCAN_MS: i64 = 60_000;
/// How long requests under way may take after SIGTERM, in milliseconds.
const GRACE_MS: i64 = 10_000;
/// A difference between wall clock and monotonic clock that is a jump, in milliseconds.
pub(super) const JUMP_MS: i64 = 30_000;
/// A jump that people are told of, in milliseconds: by so much a signature's time may be off where
/// it is verified (Standard Webhooks 1.0.0), so one of the two times was wrong.
const NOTICED_JUMP_MS: i64 = 300_000;
/// When what could not be done (a full disk, a reader in the way, no thread) is tried again, in
/// milliseconds.
const AGAIN_MS: i64 = 1000;

/// Most turns that are served in one transaction.
const HANDED_OUT: usize = 256;

/// The state of the one thread that reads the journal and writes the store.
pub(super) struct Worker<S: Store> {
    pub(super) spool: Spool,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) store: S,
    pub(super) reader: Reader,
    pub(super) sleeper: Sleeper,
    pub(super) wake: WakeHandle,
    pub(super) active: Option<ActiveConfig>,
    pub(super) schedule: Schedule,
    pub(super) pool: Pool,
    pub(super) reserve: Reserve,
    pub(super) poison_mark: PoisonMark,
    pub(super) ids: DeliveryIds,
    /// Read and not yet committed.
    pub(super) batch: Batch,
    /// Made and not yet committed.
    pub(super) completed: Vec<Completed>,
    /// The clock by which due times are right, and whether the store knows it.
    pub(super) reading: ClockReading,
    pub(super) reading_is_kept: bool,
    pub(super) retirement: Retirement,
    pub(super) trials: Trials,
    /// At these deliveries workers died: they have failed, which is still to be recorded.
    pub(super) deadly: Vec<Claim>,
    /// How many were under way when the last worker ended.
    pub(super) left_behind: u64,
    pub(super) next_prune: i64,
    pub(super) room: Room,
    pub(super) next_config: i64,
    pub(super) idle_since: i64,
    /// There may be wishes to be forgotten in the store.
    pub(super) forgets: bool,
    /// There may be changes of whole results under way in the store.
    pub(super) changes: bool,
    /// There may be backfills under way in the store.
    pub(super) backfills: bool,
    /// A wish that is fulfilled but for the store's log: token, and how many events.
    pub(super) forgotten: Option<(String, u64)>,
    pub(super) outage: Outage,
    /// When other writers of the store are looked at next, in nanoseconds of the monotonic clock.
    pub(super) next_look: u64,
}

impl<S: Store> Worker<S> {
    pub(super) fn new(
        spool: Spool,
        mut store: S,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, WorkerError> {
        let loaded = store.load()?;
        if loaded.reclaimed > 0 {
            tracing::warn!(
                deliveries = loaded.reclaimed,
                "claimed by a worker that died; tried again one at a time"
            );
        }
        let reader = Reader::open(&spool, loaded.positions)?;
        let sleeper = Sleeper::open(&spool)?;
        let wake = sleeper.handle();
        let reserve = Reserve::open(&spool);
        sleeper.set_full(reserve.is_full());
        sleeper.beat(clock.monotonic_ns());
        let now = clock.unix_ms();
        let reading = ClockReading { boot: Boot::current(), offset: clock::offset(&*clock) };
        // Of another boot nothing can be said: its monotonic clock is another one.
        let kept = loaded.clock.filter(|kept| kept.boot == reading.boot && kept.boot.is_known());
        Ok(Self {
            reader,
            active: None,
            schedule: Schedule::new(Limits::of_this_process(None), loaded.webhooks),
            pool: Pool::new(wake.clone(), Arc::clone(&clock)),
            reserve,
            poison_mark: PoisonMark::open(&spool)?,
            ids: DeliveryIds::default(),
            batch: Batch::default(),
            completed: Vec::new(),
            reading: kept.unwrap_or(reading),
            reading_is_kept: kept.is_some(),
            retirement: Retirement::new(),
            trials: Trials::new(loaded.suspects, now),
            left_behind: loaded.reclaimed + loaded.deadly.len() as u64,
            deadly: loaded.deadly,
            next_prune: now + PRUNE_MS,
            room: Room::new(now),
            next_config: 0,
            idle_since: now,
            forgets: true,
            changes: true,
            backfills: true,
            forgotten: None,
            outage: Outage::default(),
            next_look: 0,
            spool,
            clock,
            store,
            sleeper,
            wake,
        })
    }

    /// Goes round until there is a reason to leave.
    pub(super) fn work(&mut self, mode: Mode, stop: &Stop) -> Result<(), WorkerError> {
        if mode != Mode::Once {
            self.trials.settle(self.clock.unix_ms());
        }
        while !stop.asked() {
            if self.round()? {
                continue;
            }
            // The word first, then one more look: an append in between is seen by one of both.
            self.sleeper.prepare();
            if self.round()? || stop.asked() {
                self.sleeper.stay_awake();
                continue;
            }
            let now = self.clock.unix_ms();
            let leave = match mode {
                Mode::Once => self.schedule.is_caught_up(now) && self.trials.are_caught_up(now),
                Mode::Foreground => false,
                Mode::Daemonize => self.has_nothing_pending() && now - self.idle_since >= IDLE_MS,
            };
            if leave && self.pool.is_idle() {
                self.retire_all()?;
                return Ok(());
            }
            self.sleeper.wait(Some(self.time_to_wait(now, mode)));
            // Whoever publishes wakes the worker.
            self.next_config = 0;
        }
        self.finish()
    }

    /// One round; whether there was something to do. A full disk is not the worker's end: it
    /// gives up its reserve, and the round is made again when there is room.
    pub(super) fn round(&mut self) -> Result<bool, WorkerError> {
        self.sleeper.beat(self.clock.monotonic_ns());
        let now = self.clock.unix_ms();
        if self.outage.waits(now) {
            return Ok(false);
        }
        match self.try_round(now) {
            Err(error) if error.is_full() => {
                self.sleeper.set_full(true);
                if self.reserve.give_up(&self.spool) {
                    tracing::error!(%error, "the disk is full: the reserve is given up, attempts wait");
                    return Ok(true);
                }
                Ok(false)
            }
            Err(error) if error.is_away() => {
                self.outage.begins(&self.spool, &error, now);
                Ok(false)
            }
            Ok(worked) => {
                self.outage.ends(&self.spool, now);
                Ok(worked)
            }
            other => other,
        }
    }

    pub(super) fn try_round(&mut self, now: i64) -> Result<bool, WorkerError> {
        self.look_at_clock(now)?;
        self.look_at_others(now)?;
        self.look_at_disk(now)?;
        if now >= self.next_config {
            self.look_at_config(now);
        }
        let took = self.take_in(now)?;
        let tried = self.try_suspects(now)?;
        let handed_out = self.hand_out(now)?;
        let changed = self.change(now)?;
        let filled = self.backfill(now)?;
        let worked = self.forget()? || filled || changed || handed_out || tried || took;
        if worked {
            self.idle_since = now;
        } else {
            self.prune(now)?;
        }
        self.keep_budget(now)?;
        if self.retirement.is_due(now) {
            self.retire(now)?;
        }
        Ok(worked)
    }

    /// Claims what is due and gives it to the pool, once the claims are committed.
    pub(super) fn hand_out(&mut self, now: i64) -> Result<bool, WorkerError> {
        let Some(active) = self.active.as_ref().filter(|_| !self.reserve.is_full()) else {
            return Ok(false);
        };
        if self.trials.holds_up_others() {
            return Ok(false);
        }
        // What comes in meanwhile has its turn between two such rounds.
        let turns = self.schedule.take_turns(now, HANDED_OUT);
        if turns.is_empty() {
            return Ok(false);
        }
        let of =
            |turn: &Turn| Wanted { webhook: turn.key, limit: turn.limit, ordered: turn.ordered };
        let wanted: Vec<_> = turns.iter().map(of).collect();
        let mut claimed = Vec::new();
        let committed = store::commit(&mut self.store, &mut |tx| {
            claimed = tx.claim(&wanted, now)?;
            Ok(())
        });
        if let Err(error) = committed {
            turns.iter().for_each(|turn| self.schedule.give_back(turn, now));
            return Err(error.into());
        }
        let mut jobs = Vec::new();
        for (turn, Claimed { claims, next_due }) in turns.iter().zip(claimed) {
            let bursts = pool::bursts(claims.into_iter(), turn.burst);
            self.schedule.sent(turn, bursts.iter().map(|burst| pool::weigh(burst)), next_due, now);
            let lane = self.schedule.lane(turn.key);
            if let Some(webhook) = lane.and_then(|lane| lane.webhook.as_ref()) {
                jobs.extend(bursts.into_iter().map(|burst| Job {
                    burst,
                    webhook: Arc::clone(webhook),
                    sender: Arc::clone(&active.sender),
                    waited_for: turn.waited_for,
                }));
            }
        }
        let any = !jobs.is_empty();
        self.pool.send(jobs);
        Ok(any)
    }

    /// Moves what waits with the wall clock when that was set, so that a retry in an hour stays
    /// one in an hour: neither a flood nor a standstill. Also when it was set while no worker
    /// ran: the store knows where the last one saw it.
    pub(super) fn look_at_clock(&mut self, now: i64) -> Result<(), WorkerError> {
        let reading = ClockReading { offset: clock::offset(&*self.clock), ..self.reading };
        let jump = reading.offset - self.reading.offset;
        if jump.abs() <= JUMP_MS {
            if !self.reading_is_kept {
                store::commit(&mut self.store, &mut |tx| tx.shift_due(0, self.reading))?;
                self.reading_is_kept = true;
            }
            return Ok(());
        }
        tracing::warn!(seconds = jump / 1000, "the wall clock was set; due times go with it");
        let schedule = &self.schedule;
        store::commit(&mut self.store, &mut |tx| {
            tx.shift_due(jump, reading)?;
            for (key, lane) in schedule.lanes().filter(|(_, lane)| lane.health.has_times()) {
                let mut health = lane.health.clone();
                health.shift(jump);
                tx.set_health(key, &health)?;
            }
            Ok(())
        })?;
        self.schedule.shift(jump, now);
        self.retirement.shift(jump);
        self.trials.shift(jump);
        self.room.shift(jump);
        for time in [&mut self.next_prune, &mut self.idle_since] {
            *time += jump;
        }
        self.next_config = now;
        (self.reading, self.reading_is_kept) = (reading, true);
        if jump.abs() > NOTICED_JUMP_MS {
            self.announce(CLOCK_SET, [("seconds", (jump / 1000).into())]);
        }
        Ok(())
    }

    /// Whether there is anything in the journal or due in the store.
    pub(super) fn has_work(&mut self) -> Result<bool, WorkerError> {
        self.read_journal(self.clock.unix_ms())?;
        Ok(self.batch.moves() || !self.has_nothing_pending())
    }

    /// Whether nothing is pending, now or later.
    fn has_nothing_pending(&self) -> bool {
        self.schedule.is_idle() && self.trials.is_none() && self.deadly.is_empty()
    }

    pub(super) fn time_to_wait(&self, now: i64, mode: Mode) -> Duration {
        let mut until = now + RESCAN_MS;
        if let Some(due) = self.schedule.wake_at() {
            until = until.min(due);
        }
        if let Some(at) = self.trials.wake_at() {
            until = until.min(at);
        }
        if mode == Mode::Daemonize && self.has_nothing_pending() {
            until = until.min(self.idle_since + IDLE_MS);
        }
        if let Some(at) = self.room.wake_at() {
            until = until.min(at);
        }
        if let Some(every) = self.store.looks_every() {
            until = until.min(now + i64::try_from(every.as_millis()).unwrap_or(RESCAN_MS));
        }
        let is_away = self.outage.is_on();
        if is_away || self.reserve.is_full() || self.forgotten.is_some() || self.pool.is_waiting() {
            until = until.min(now + AGAIN_MS);
        }
        // What is read and waits for its config keeps segments from going.
        if let Some(at) = self.retirement.wake_at().filter(|_| !self.batch.moves()) {
            until = until.min(at);
        }
        Duration::from_millis((until - now).max(1).cast_unsigned())
    }

    /// Leaving on a signal: nothing new begins, what is under way has ten seconds, the rest goes
    /// back to `pending` at once.
    pub(super) fn finish(&mut self) -> Result<(), WorkerError> {
        let deadline = self.clock.unix_ms() + GRACE_MS;
        let mut withdrawn = self.pool.withdraw();
        tracing::info!(waiting = withdrawn.len(), "asked to leave");
        while !withdrawn.is_empty() || !self.pool.is_idle() {
            let now = self.clock.unix_ms();
            let claims = std::mem::take(&mut withdrawn);
            store::commit(&mut self.store, &mut |tx| {
                claims
                    .iter()
                    .try_for_each(|claim| tx.release(claim.id, claim.due.min(now)).map(drop))
            })?;
            for claim in &claims {
                self.schedule.came_back(claim.webhook, claim.id, now);
            }
            self.completed.append(&mut self.pool.take_completed());
            self.take_in(now)?;
            if self.pool.is_idle() || now >= deadline {
                break;
            }
            self.sleeper.prepare();
            let left = if self.pool.has_completed() { 0 } else { (deadline - now).max(1) };
            self.sleeper.wait(Some(Duration::from_millis(left.cast_unsigned())));
        }
        // Whatever is still under way is sent again by the next worker: no death, so no suspects.
        store::commit(&mut self.store, &mut |tx| tx.release_all().map(drop))?;
        self.retire_all()
    }

    /// Notes that the last worker died. Once is an accident; again within an hour is news.
    pub(super) fn note_death(&mut self, died: &Holder) -> Result<(), WorkerError> {
        let (now, under_way) = (self.clock.unix_ms(), self.left_behind);
        let mut deaths = 0;
        let mut note = |store: &mut S| {
            store::commit(store, &mut |tx| {
                deaths = tx.note_death(now, under_way)?;
                Ok(())
            })
        };
        let mut noted = note(&mut self.store).map_err(WorkerError::from);
        if noted.as_ref().is_err_and(WorkerError::is_full) {
            // Perhaps it died of that.
            self.reserve.give_up(&self.spool);
            self.sleeper.set_full(true);
            noted = note(&mut self.store).map_err(WorkerError::from);
        }
        noted?;
        tracing::error!(pid = died.pid, under_way, deaths, "the last worker died");
        if deaths.is_power_of_two() && deaths > 1 {
            self.announce(
                "worker_dies",
                [("deaths", deaths.into()), ("under_way", under_way.into())],
            );
        }
        Ok(())
    }

    pub(super) fn announce<const N: usize>(
        &mut self,
        code: &str,
        params: [(&str, serde_json::Value); N],
    ) {
        let announcement = Announcement {
            code: code.into(),
            at: self.clock.unix_ms(),
            params: params.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        };
        let announced =
            store::commit(&mut self.store, &mut |tx| tx.announce(&announcement).map(drop));
        if let Err(error) = announced {
            tracing::error!(%error, code, "can't be announced");
        }
    }
}
