//! The round: the one thread that reads the journal and writes the store.

use std::sync::Arc;
use std::time::Duration;

use super::active_config::ActiveConfig;
use super::intake::Intake;
use super::kept::Keeping;
use super::limits::Limits;
use super::lock::Holder;
use super::maintenance::Maintenance;
use super::others::Outage;
use super::poison::PoisonMark;
use super::pool::{self, Job, Pool};
use super::reserve::Reserve;
use super::restored::Restored;
use super::schedule::{Schedule, Turn};
use super::sent::Sent;
use super::trial::Aftermath;
use super::wall_clock::WallClock;
use super::wishes::Wishes;
use super::{Mode, Stop, WorkerError};
use domain::clock::Clock;
use journal::Reader;
use journal::wake::{Sleeper, WakeHandle};
use spool::Spool;
use store::log::SPOOL_COPIED;
use store::{self, Announcement, Claimed, Loaded, Store, Wanted};

/// A worker that PHP started leaves after this long with nothing pending, in milliseconds.
const IDLE_MS: i64 = 60_000;
/// The journal is looked at this often even if nobody wakes the worker, in milliseconds.
const RESCAN_MS: i64 = 60_000;
/// How long requests under way may take after SIGTERM, in milliseconds.
const GRACE_MS: i64 = 10_000;
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
    pub(super) sleeper: Sleeper,
    pub(super) wake: WakeHandle,
    pub(super) active: Option<ActiveConfig>,
    /// When the published config is looked at next, in Unix milliseconds.
    pub(super) next_config: i64,
    pub(super) schedule: Schedule,
    pub(super) pool: Pool,
    pub(super) reserve: Reserve,
    pub(super) intake: Intake,
    pub(super) wall_clock: WallClock,
    pub(super) aftermath: Aftermath,
    pub(super) maintenance: Maintenance,
    pub(super) wishes: Wishes,
    /// Since when there is nothing to do, in Unix milliseconds.
    pub(super) idle_since: i64,
    pub(super) outage: Outage,
    /// What was sent, where the store may be set back.
    pub(super) sent: Option<Sent>,
    pub(super) restored: Restored,
    /// It takes in, and leaves the delivering to other servers.
    pub(super) sends_nothing: bool,
    /// When other writers of the store are looked at next, in nanoseconds of the monotonic clock.
    pub(super) next_look: u64,
}

impl<S: Store> Worker<S> {
    pub(super) fn new(
        spool: Spool,
        mut store: S,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, WorkerError> {
        let mut loaded = store.load()?;
        if loaded.reclaimed > 0 {
            tracing::warn!(
                deliveries = loaded.reclaimed,
                "claimed by a worker that died; tried again one at a time"
            );
        }
        let keeping = Keeping::open(&spool, &store, &mut loaded)?;
        let reader = Reader::open(&spool, std::mem::take(&mut loaded.positions))?;
        let sleeper = Sleeper::open(&spool)?;
        let wake = sleeper.handle();
        let reserve = Reserve::open(&spool);
        sleeper.set_full(reserve.is_full());
        sleeper.beat(clock.monotonic_ns());
        let wall_clock = WallClock::new(&*clock, loaded.clock);
        // Where it was set while no worker ran, what is noted here goes with it as all the rest does.
        let now = wall_clock.time(&*clock);
        let Loaded { reclaimed, suspects, deadly, webhooks, is_copy, .. } = loaded;
        let (sent, records) = match store.may_go_back() {
            true => Sent::open(&spool).map(|(sent, records)| (Some(sent), records))?,
            false => (None, Vec::new()),
        };
        let mut schedule = Schedule::new(Limits::of_this_process(None), webhooks);
        schedule.set_long_bursts(store.wants_few_commits());
        let mut worker = Self {
            active: None,
            next_config: 0,
            schedule,
            pool: Pool::new(wake.clone(), Arc::clone(&clock)),
            reserve,
            intake: Intake::new(reader, PoisonMark::open(&spool)?, keeping),
            wall_clock,
            aftermath: Aftermath::new(reclaimed, suspects, deadly, now),
            maintenance: Maintenance::new(now),
            wishes: Wishes::new(),
            idle_since: now,
            outage: Outage::default(),
            sent,
            restored: Restored::default(),
            sends_nothing: false,
            next_look: 0,
            spool,
            clock,
            store,
            sleeper,
            wake,
        };
        if is_copy {
            worker.announce(SPOOL_COPIED, []);
        }
        worker.look_for_a_restoration(&records)?;
        Ok(worker)
    }

    /// Goes round until there is a reason to leave.
    pub(super) fn work(&mut self, mode: Mode, stop: &Stop) -> Result<(), WorkerError> {
        if mode != Mode::Once {
            self.aftermath.trials.settle(self.wall_clock.time(&*self.clock));
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
                Mode::Once => {
                    self.sends_nothing
                        || self.schedule.is_caught_up(now)
                            && self.aftermath.trials.are_caught_up(now)
                }
                Mode::Drain if self.outage.is_on() => false,
                // Without a config nothing was read.
                Mode::Drain if self.active.is_none() || self.intake.batch.moves() => {
                    return Err(WorkerError::Undrained);
                }
                Mode::Drain => true,
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
                if self.free_kept()? {
                    return Ok(true);
                }
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
            self.maintenance.worked(now);
        } else {
            self.prune(now)?;
            self.rest(now);
        }
        self.let_kept_go(now)?;
        self.keep_budget(now)?;
        if self.maintenance.retirement.is_due(now) {
            self.retire(now)?;
        }
        Ok(worked)
    }

    /// Claims what is due and gives it to the pool, once the claims are committed.
    pub(super) fn hand_out(&mut self, now: i64) -> Result<bool, WorkerError> {
        let Some(active) = self.active.as_ref().filter(|_| !self.reserve.is_full()) else {
            return Ok(false);
        };
        if self.sends_nothing {
            return Ok(false);
        }
        if self.aftermath.trials.holds_up_others() {
            return Ok(false);
        }
        // What comes in meanwhile has its turn between two such rounds.
        let turns = self.schedule.take_turns(now, HANDED_OUT);
        if turns.is_empty() {
            return Ok(false);
        }
        let of = |turn: &Turn| Wanted {
            webhook: turn.key,
            limit: turn.limit,
            burst: turn.burst,
            ordered: turn.ordered,
        };
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
            let bursts = pool::bursts(claims.into_iter(), turn.burst, turn.bursts);
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

    /// Whether there is anything in the journal or due in the store.
    pub(super) fn has_work(&mut self) -> Result<bool, WorkerError> {
        self.read_journal(self.clock.unix_ms())?;
        Ok(self.intake.batch.moves() || !self.has_nothing_pending())
    }

    /// Whether nothing is pending, now or later.
    fn has_nothing_pending(&self) -> bool {
        self.sends_nothing || (self.schedule.is_idle() && self.aftermath.is_over())
    }

    pub(super) fn time_to_wait(&self, now: i64, mode: Mode) -> Duration {
        let mut until = now + RESCAN_MS;
        let due = [self.schedule.wake_at(), self.aftermath.trials.wake_at()];
        for at in due.into_iter().flatten().filter(|_| !self.sends_nothing) {
            until = until.min(at);
        }
        if mode == Mode::Daemonize && self.has_nothing_pending() {
            until = until.min(self.idle_since + IDLE_MS);
        }
        if let Some(at) = self.maintenance.wake_at(now, self.active.is_some()) {
            until = until.min(at);
        }
        if let Some(every) = self.store.looks_every() {
            until = until.min(now + i64::try_from(every.as_millis()).unwrap_or(RESCAN_MS));
        }
        let is_away = self.outage.is_on();
        if is_away
            || self.reserve.is_full()
            || self.wishes.waits_for_reader()
            || self.pool.is_waiting()
        {
            until = until.min(now + AGAIN_MS);
        }
        if let Some(at) = self.intake.waits_until(now) {
            until = until.min(at);
        }
        // What is read and waits for its config keeps segments from going.
        if let Some(at) =
            self.maintenance.retirement.wake_at().filter(|_| !self.intake.batch.moves())
        {
            until = until.min(at);
        }
        Duration::from_millis((until - now).max(1).cast_unsigned())
    }

    /// Leaving on a signal: nothing new begins, what is under way has ten seconds, the rest goes
    /// back to `pending` at once.
    pub(super) fn finish(&mut self) -> Result<(), WorkerError> {
        self.end()?;
        self.retire_all()
    }

    /// Ends what is under way without reading on: the store is not where it was, and the worker begins
    /// anew with what it knows.
    pub(super) fn give_back(&mut self) -> Result<(), WorkerError> {
        self.intake.close();
        self.end()
    }

    fn end(&mut self) -> Result<(), WorkerError> {
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
            self.intake.completed.append(&mut self.pool.take_completed());
            match self.take_in(now) {
                // The next worker finds that, too, and reads again what was lost.
                Err(error) if error.wants_new_worker() => {
                    self.intake.close();
                    self.take_in(now)?;
                }
                took => drop(took?),
            }
            if self.pool.is_idle() || now >= deadline {
                break;
            }
            self.sleeper.prepare();
            let left = if self.pool.has_completed() { 0 } else { (deadline - now).max(1) };
            self.sleeper.wait(Some(Duration::from_millis(left.cast_unsigned())));
        }
        // Whatever is still under way is sent again by the next worker: no death, so no suspects.
        Ok(store::commit(&mut self.store, &mut |tx| tx.release_all().map(drop))?)
    }

    /// Notes that the last worker died. Once is an accident; again within an hour is news.
    pub(super) fn note_death(&mut self, died: &Holder) -> Result<(), WorkerError> {
        let (now, under_way) = (self.clock.unix_ms(), self.aftermath.left_behind);
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
