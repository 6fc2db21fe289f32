//! The worker: one process per spool that does all that PHP processes don't.
//!
//! One thread (this one) reads the journal and writes the store; a bounded [`pool`] of threads
//! makes attempts. The first goes round:
//!
//! 1. record the attempts that came back, and ingest what is new in the journal: one transaction;
//! 2. claim what is due and may be sent now: a second one, committed before the pool gets it;
//! 3. delete segments that are read to the end and safe on the disk;
//! 4. with nothing to do, sleep until an append, an attempt, a signal or a due time.
//!
//! Memory follows only commits: whatever a transaction would change in the [`schedule`] is
//! collected first and applied after. So a full disk leaves both sides as they were, and the
//! round is made again.
//!
//! [`lock`], [`start`] and [`request`] are the doors for PHP processes.

mod daemon;
mod health;
mod ingest;
pub mod lock;
mod log;
mod mark;
mod pool;
mod record;
mod request;
mod reserve;
mod routes;
mod schedule;
pub mod start;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub use request::Request;

use self::ingest::{Context, DeliveryIds, Ingested};
use self::lock::{Holder, WorkerLock};
use self::mark::Mark;
use self::pool::{Done, Job, Pool};
use self::reserve::Reserve;
use self::routes::Routes;
use self::schedule::{MOST_THREADS, POOL, Schedule};
use crate::clock::{Clock, SystemClock};
use crate::config::{CONFIG_FILE, Config, ConfigError};
use crate::delivery::{Sender, Settings};
use crate::journal::wake::{Sleeper, WakeHandle};
use crate::journal::{Batch, CorruptPart, JournalError, Limit, Reader};
use crate::spool::{Spool, SpoolError, Stamp};
use crate::store::{Announcement, Selection, State, Store, StoreError, sqlite};

/// What one round reads of the journal at most: bounds memory and the first delivery's wait.
const BATCH: Limit = Limit { records: 1000, bytes: 4 << 20 };
/// A worker that PHP started leaves after this long with nothing pending, in milliseconds.
const IDLE_MS: i64 = 60_000;
/// The journal is looked at this often even if nobody wakes the worker, in milliseconds.
const RESCAN_MS: i64 = 60_000;
/// How long requests under way may take after SIGTERM, in milliseconds.
const GRACE_MS: i64 = 10_000;
/// A difference between wall clock and monotonic clock that is a jump, in milliseconds.
const JUMP_MS: i64 = 30_000;
/// Segments are made durable and deleted this often at most, in milliseconds.
const RETIRE_MS: i64 = 1000;
/// How often a full disk is looked at again, in milliseconds.
const FULL_MS: i64 = 1000;
/// How often old things are pruned, in milliseconds, and how many in one step.
const PRUNE_MS: i64 = 60_000;
const PRUNE_STEP: usize = 500;

/// How the worker runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Ingest what is there, attempt what is due, leave.
    Once,
    /// Until SIGTERM or SIGINT (under a service manager).
    Foreground,
    /// Detached, until SIGTERM or an idle minute (started by PHP).
    Daemonize,
}

/// The command line of `webhooks-worker`.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder.
    pub spool: PathBuf,
    /// The store's address; none: `store.sqlite` in the spool.
    pub store: Option<String>,
    /// How it runs.
    pub mode: Mode,
}

/// Why the worker ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkerError {
    /// A worker runs already.
    #[error("worker {} has been running on {spool} since {}: stop it first, or leave it to it", .holder.pid, .holder.since)]
    Running {
        /// The folder.
        spool: String,
        /// The other worker.
        holder: Holder,
    },
    /// A step of starting.
    #[error("{0}: {1}")]
    Start(&'static str, std::io::Error),
    /// The spool can't be used.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// The journal can't be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The store can't be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl WorkerError {
    /// Whether the disk is full: what passes when room is made.
    fn is_full(&self) -> bool {
        match self {
            Self::Spool(error) => error.is_full(),
            Self::Journal(error) => error.is_full(),
            Self::Store(error) => matches!(error, StoreError::Full { .. }),
            Self::Running { .. } | Self::Start(..) => false,
        }
    }
}

/// Runs a worker as the options say; returns when it leaves.
///
/// # Errors
/// Why it could not start or go on. A failure of a daemonized one is also noted for
/// `webhooks_status()`.
pub fn run(options: &Options) -> Result<(), WorkerError> {
    if options.mode == Mode::Daemonize {
        daemon::detach().map_err(|error| WorkerError::Start("leaving the starter", error))?;
    }
    daemon::become_owner_of(&options.spool)
        .map_err(|error| WorkerError::Start("becoming the spool's owner", error))?;
    let spool = Spool::open(&options.spool)?;
    let result = run_on(&spool, options);
    if let (Err(error), true) = (&result, options.mode == Mode::Daemonize) {
        // Losing the race for the lock is no failure: a worker runs.
        if !matches!(error, WorkerError::Running { .. }) {
            start::report(&spool, Some(&error.to_string()))?;
        }
    }
    result
}

fn run_on(spool: &Spool, options: &Options) -> Result<(), WorkerError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let holder = Holder {
        pid: std::process::id(),
        since: clock.unix_ms(),
        version: env!("CARGO_PKG_VERSION").into(),
    };
    let Some(lock) = WorkerLock::take(spool, &holder)? else {
        let holder = lock::holder(spool)?.unwrap_or(holder);
        return Err(WorkerError::Running { spool: spool.path().display().to_string(), holder });
    };
    log::init(spool.clone(), options.mode != Mode::Daemonize)?;
    let (store, set_aside) =
        sqlite::open_or_set_aside(spool, options.store.as_deref(), Arc::clone(&clock))?;
    let mut worker = Worker::new(spool.clone(), store, clock)?;
    if let Some(damaged) = set_aside {
        let path = damaged.path.display().to_string();
        tracing::error!(
            kept_as = path,
            reason = damaged.reason,
            "the store was damaged; an empty one takes its place"
        );
        let params = [("kept_as", path.into()), ("reason", damaged.reason.into())];
        worker.announce("store_set_aside", params);
    }
    let stop = Stop::on_signals(&worker.wake)?;
    start::report(spool, None)?;
    tracing::info!(pid = holder.pid, version = holder.version, mode = ?options.mode, "worker started");
    loop {
        worker.work(options.mode, &stop)?;
        // Release first, look once more: whoever appended before it could see the lock free
        // counts on this look; whoever appends after it finds the lock free and starts another.
        lock.release().map_err(|error| WorkerError::Start("releasing the lock", error))?;
        worker.sleeper.leave();
        let left_something =
            options.mode == Mode::Daemonize && !stop.asked() && worker.has_work()?;
        if !left_something
            || !lock.retake(&holder).map_err(|error| WorkerError::Start("the lock", error))?
        {
            break;
        }
    }
    tracing::info!("worker leaves");
    Ok(())
}

/// Whether SIGTERM, SIGINT or SIGHUP asked the worker to leave.
struct Stop(Arc<AtomicBool>);

impl Stop {
    fn on_signals(wake: &WakeHandle) -> Result<Self, WorkerError> {
        let stop = Arc::new(AtomicBool::new(false));
        for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGHUP] {
            let (stop, wake) = (Arc::clone(&stop), wake.clone());
            let handler = move || {
                stop.store(true, Ordering::SeqCst);
                wake.wake();
            };
            // SAFETY: the handler stores to an atomic and makes one futex call, both of which
            // are async-signal-safe; it allocates and locks nothing.
            unsafe { signal_hook::low_level::register(signal, handler) }
                .map_err(|error| WorkerError::Start("taking signals", error))?;
        }
        Ok(Self(stop))
    }

    fn asked(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// The published config, prepared.
struct Published {
    config: Config,
    stamp: Stamp,
    routes: Routes,
    sender: Arc<Sender>,
}

/// The state of the one thread that reads the journal and writes the store.
struct Worker<S: Store> {
    spool: Spool,
    clock: Arc<dyn Clock>,
    store: S,
    reader: Reader,
    sleeper: Sleeper,
    wake: WakeHandle,
    published: Option<Published>,
    schedule: Schedule,
    pool: Pool,
    reserve: Reserve,
    mark: Mark,
    ids: DeliveryIds,
    /// Read and not yet committed.
    batch: Batch,
    /// Made and not yet committed.
    done: Vec<Done>,
    /// `unix_ms − monotonic` when last looked at.
    offset: i64,
    next_retire: i64,
    next_prune: i64,
    next_config: i64,
    idle_since: i64,
}

impl<S: Store> Worker<S> {
    fn new(spool: Spool, mut store: S, clock: Arc<dyn Clock>) -> Result<Self, WorkerError> {
        let loaded = store.load()?;
        if loaded.reclaimed > 0 {
            tracing::warn!(
                deliveries = loaded.reclaimed,
                "claimed by a worker that died; sent again"
            );
        }
        let reader = Reader::open(&spool, loaded.positions)?;
        let sleeper = Sleeper::open(&spool)?;
        let wake = sleeper.handle();
        let reserve = Reserve::open(&spool);
        sleeper.set_full(!reserve.is_there());
        let now = clock.unix_ms();
        let mut worker = Self {
            reader,
            published: None,
            schedule: Schedule::new(POOL, loaded.webhooks),
            pool: Pool::new(MOST_THREADS as usize, wake.clone(), Arc::clone(&clock)),
            reserve,
            mark: Mark::open(&spool)?,
            ids: DeliveryIds::default(),
            batch: Batch::default(),
            done: Vec::new(),
            offset: now - monotonic_ms(&*clock),
            next_retire: 0,
            next_prune: now + PRUNE_MS,
            next_config: 0,
            idle_since: now,
            spool,
            clock,
            store,
            sleeper,
            wake,
        };
        worker.look_at_config(now);
        Ok(worker)
    }

    /// Goes round until there is a reason to leave.
    fn work(&mut self, mode: Mode, stop: &Stop) -> Result<(), WorkerError> {
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
                Mode::Once => self.schedule.is_caught_up(now),
                Mode::Foreground => false,
                Mode::Daemonize => self.schedule.is_idle() && now - self.idle_since >= IDLE_MS,
            };
            if leave && self.pool.is_idle() {
                self.retire(true)?;
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
    fn round(&mut self) -> Result<bool, WorkerError> {
        let now = self.clock.unix_ms();
        match self.try_round(now) {
            Err(error) if error.is_full() => {
                self.sleeper.set_full(true);
                if self.reserve.give_up(&self.spool) {
                    tracing::error!(%error, "the disk is full: the reserve is given up, attempts wait");
                    return Ok(true);
                }
                Ok(false)
            }
            other => other,
        }
    }

    fn try_round(&mut self, now: i64) -> Result<bool, WorkerError> {
        self.look_at_clock(now)?;
        self.look_at_disk();
        if now >= self.next_config {
            self.look_at_config(now);
        }
        let took = self.take_in(now)?;
        let worked = self.hand_out(now)? || took;
        if worked {
            self.idle_since = now;
        } else {
            self.prune(now)?;
        }
        if now >= self.next_retire {
            self.next_retire = now + RETIRE_MS;
            self.retire(false)?;
        }
        Ok(worked)
    }

    /// Records the attempts that came back and ingests what is new in the journal.
    fn take_in(&mut self, now: i64) -> Result<bool, WorkerError> {
        self.done.append(&mut self.pool.take_done());
        self.read_journal(now)?;
        let Some(published) = &self.published else { return Ok(false) };
        // Nothing is matched under an older config than it was accepted under.
        let newest = self.batch.records.iter().map(|record| record.revision).max();
        let takes_batch = newest <= Some(published.config.revision);
        if self.done.is_empty() && !(takes_batch && self.batch.moves()) {
            return Ok(false);
        }
        let context = Context {
            config: &published.config,
            routes: &published.routes,
            schedule: &self.schedule,
            sender: &published.sender,
            now,
        };
        let (store, mark, ids) = (&mut self.store, &mut self.mark, &mut self.ids);
        let none = Batch::default();
        let (batch, done) = (if takes_batch { &self.batch } else { &none }, &self.done);
        let (mut ingested, mut recorded, mut due) = Default::default();
        mark.begin(&batch.records);
        store.transaction(&mut |tx| {
            (ingested, recorded, due) =
                (Ingested::default(), record::Recorded::default(), Vec::new());
            for done in done {
                record::attempt(tx, &context, done, ids, &mut recorded, &mut ingested)?;
            }
            for record in &batch.records {
                mark.at(record);
                ingest::record(tx, &context, record, ids, &mut ingested)?;
            }
            for (segment, position) in &batch.positions {
                tx.set_position(*segment, *position)?;
            }
            for part in &batch.corrupt {
                tx.announce(&corrupt_announcement(part, now))?;
            }
            if ingested.all_touched {
                ingested.touched = context.schedule.lanes().map(|(key, _)| key).collect();
            }
            ingested.touched.extend(recorded.healths.keys());
            ingested.touched.sort_unstable();
            ingested.touched.dedup();
            for key in &ingested.touched {
                due.push((*key, tx.next_due(*key, context.schedule.is_ordered(*key))?));
            }
            Ok(())
        })?;
        mark.end(batch.records.len());
        if takes_batch {
            self.batch = Batch::default();
        }
        self.done.clear();
        self.apply(ingested, &recorded, &due, now);
        Ok(true)
    }

    /// Follows a committed transaction in memory.
    fn apply(
        &mut self,
        ingested: Ingested,
        recorded: &record::Recorded,
        due: &[(crate::store::WebhookKey, Option<i64>)],
        now: i64,
    ) {
        for (key, webhook) in ingested.new {
            self.schedule.add(key, webhook);
        }
        for key in ingested.enabled {
            self.schedule.set_health(key, crate::store::Health::default(), now);
        }
        for (key, health) in &recorded.healths {
            self.schedule.set_health(*key, health.clone(), now);
        }
        for (key, delivery) in &recorded.came_back {
            self.schedule.came_back(*key, *delivery, now);
        }
        for (key, due) in due {
            self.schedule.set_due(*key, *due, now);
        }
        if let Some(published) = &self.published {
            let sender = &published.sender;
            let jobs = ingested.tests.into_iter().map(|(claim, webhook)| Job {
                claim,
                webhook,
                sender: Arc::clone(sender),
            });
            self.pool.send(jobs.collect());
        }
    }

    /// Claims what is due and gives it to the pool, once the claims are committed.
    fn hand_out(&mut self, now: i64) -> Result<bool, WorkerError> {
        let Some(published) = self.published.as_ref().filter(|_| self.reserve.is_there()) else {
            return Ok(false);
        };
        let Some(first) = self.schedule.next(now) else { return Ok(false) };
        let (store, schedule) = (&mut self.store, &mut self.schedule);
        let mut claims = Vec::new();
        let committed = store.transaction(&mut |tx| {
            let mut next = Some(first.clone());
            while let Some(turn) = next {
                let before = claims.len();
                let claimed = tx
                    .claim(turn.key, now, turn.limit, turn.ordered, &mut claims)
                    .and_then(|()| tx.next_due(turn.key, turn.ordered));
                let ids = claims[before..].iter().map(|claim| claim.id);
                // Should this fail, it is due now as before, and the round is made again.
                let due = claimed.as_ref().map_or(Some(now), |due| *due);
                schedule.sent(&turn, ids, due, now);
                claimed?;
                next = schedule.next(now);
            }
            Ok(())
        });
        if let Err(error) = committed {
            for claim in &claims {
                schedule.came_back(claim.webhook, claim.id, now);
                schedule.set_due(claim.webhook, Some(now), now);
            }
            return Err(error.into());
        }
        let jobs: Vec<_> = claims
            .into_iter()
            .filter_map(|claim| {
                let webhook = Arc::clone(schedule.lane(claim.webhook)?.webhook.as_ref()?);
                Some(Job { claim, webhook, sender: Arc::clone(&published.sender) })
            })
            .collect();
        let any = !jobs.is_empty();
        self.pool.send(jobs);
        Ok(any)
    }

    /// Reads the next part of the journal, unless one is still to be committed. Nothing is read
    /// before a config is there.
    fn read_journal(&mut self, now: i64) -> Result<(), WorkerError> {
        let Some(revision) = self.published.as_ref().map(|published| published.config.revision)
        else {
            return Ok(());
        };
        if !self.batch.moves() {
            let limit = Limit { records: self.mark.most(BATCH.records), ..BATCH };
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
    fn set_poison_aside(&mut self) -> Result<(), WorkerError> {
        let mark = &self.mark;
        let Some(at) = self.batch.records.iter().position(|record| mark.is_poison(record)) else {
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

    /// Loads the config if it changed. A damaged one is told and the last good one kept.
    fn look_at_config(&mut self, now: i64) {
        self.next_config = now + 1000;
        let stamp = match self.spool.top().stamp(CONFIG_FILE) {
            Ok(Some(stamp)) => stamp,
            Ok(None) => return,
            Err(error) => return tracing::error!(%error, "the config can't be read"),
        };
        if self.published.as_ref().is_some_and(|published| published.stamp == stamp) {
            return;
        }
        match Config::load(&self.spool) {
            Ok(Some(config)) => {
                if let Err(error) = self.configure(config, stamp, now) {
                    tracing::error!(%error, "the config can't be taken over");
                }
            }
            Ok(None) => {}
            Err(error @ ConfigError::Newer { .. }) => tracing::error!(%error, "the config is kept"),
            Err(error) => tracing::error!(%error, "the config is kept as it was"),
        }
    }

    /// Takes over a config: deliveries of deleted webhooks are cancelled, those of paused ones
    /// held, and what the whole network's hold kept is released when it ends.
    fn configure(&mut self, config: Config, stamp: Stamp, now: i64) -> Result<(), WorkerError> {
        let routes = Routes::new(&config);
        let (mut new, mut due) = (Vec::new(), Vec::new());
        let (store, schedule) = (&mut self.store, &self.schedule);
        store.transaction(&mut |tx| {
            (new, due) = (Vec::new(), Vec::new());
            for (key, lane) in schedule.lanes() {
                let of = |states: &[State]| Selection {
                    webhook: Some(lane.id.clone()),
                    states: states.to_vec(),
                    ..Selection::default()
                };
                match (routes.webhook(&lane.id), &config.held) {
                    (None, _) => {
                        let waiting = of(&[State::Pending, State::Held]);
                        tx.change(&waiting, State::Cancelled, now, Some("deleted"))?;
                    }
                    (Some(_), Some(reason)) => {
                        tx.change(&of(&[State::Pending]), State::Held, now, Some(reason))?;
                    }
                    (Some(webhook), None) if webhook.paused => {
                        tx.change(&of(&[State::Pending]), State::Held, now, Some("paused"))?;
                    }
                    (Some(_), None) => {
                        for reason in ["deactivated", "moved"] {
                            let held =
                                Selection { reason: Some(reason.into()), ..of(&[State::Held]) };
                            tx.change(&held, State::Pending, now, None)?;
                        }
                    }
                }
                let ordered = routes.webhook(&lane.id).is_some_and(|webhook| webhook.ordered);
                due.push((key, tx.next_due(key, ordered)?));
            }
            for webhook in routes.webhooks() {
                if schedule.key(&webhook.id).is_none() {
                    new.push((tx.webhook(&webhook.id)?, Arc::clone(webhook)));
                }
            }
            Ok(())
        })?;
        for (key, webhook) in new {
            self.schedule.add(key, webhook);
        }
        for (key, due) in due {
            let webhook = self.schedule.lane(key).and_then(|lane| routes.webhook(&lane.id));
            self.schedule.configure(key, webhook.cloned(), now);
            self.schedule.set_due(key, due, now);
        }
        tracing::info!(
            revision = config.revision,
            webhooks = config.webhooks.len(),
            held = config.held,
            "config taken over"
        );
        let sender = Arc::new(Sender::new(&Settings {
            allow: config.allow.clone(),
            proxy: config.proxy.clone(),
            block_external: config.block_external.clone(),
        }));
        self.published = Some(Published { config, stamp, routes, sender });
        Ok(())
    }

    /// Moves what waits with the wall clock when that was set, so that a retry in an hour stays
    /// one in an hour: neither a flood nor a standstill.
    fn look_at_clock(&mut self, now: i64) -> Result<(), WorkerError> {
        let offset = now - monotonic_ms(&*self.clock);
        let jump = offset - self.offset;
        if jump.abs() > JUMP_MS {
            tracing::warn!(seconds = jump / 1000, "the wall clock was set; due times go with it");
            self.store.transaction(&mut |tx| tx.shift_due(jump))?;
            self.schedule.shift(jump, now);
            for time in [&mut self.next_retire, &mut self.next_prune, &mut self.idle_since] {
                *time += jump;
            }
            self.next_config = now;
            self.offset = offset;
        }
        Ok(())
    }

    /// Makes the reserve again when there is room for it.
    fn look_at_disk(&mut self) {
        if !self.reserve.is_there() && self.reserve.restore(&self.spool) {
            tracing::info!("there is room on the disk again");
            self.sleeper.set_full(false);
        }
    }

    /// Deletes segments that are read to the end, once the store's commits would survive a power
    /// cut. `all`: without waiting for more of them.
    fn retire(&mut self, all: bool) -> Result<(), WorkerError> {
        if self.batch.moves() {
            return Ok(());
        }
        let finished = self.reader.finished()?;
        if all || !finished.is_empty() {
            self.store.make_durable()?;
        }
        self.reader.remove(&finished)?;
        let gone = [finished, self.reader.vanished()].concat();
        if !gone.is_empty() {
            self.store.transaction(&mut |tx| {
                gone.iter().try_for_each(|segment| tx.forget_position(*segment))
            })?;
        }
        Ok(())
    }

    /// One small step of pruning, when there is nothing else to do.
    fn prune(&mut self, now: i64) -> Result<(), WorkerError> {
        const DAY: i64 = 24 * 3600 * 1000;
        let Some(published) = self.published.as_ref().filter(|_| now >= self.next_prune) else {
            return Ok(());
        };
        let retention = published.config.retention;
        let bodies_before = now - i64::from(retention.bodies_days) * DAY;
        let rows_before = now - i64::from(retention.deliveries_days) * DAY;
        let mut more = false;
        self.store.transaction(&mut |tx| {
            more = tx.prune(bodies_before, rows_before, PRUNE_STEP)?;
            Ok(())
        })?;
        self.next_prune = if more { now } else { now + PRUNE_MS };
        Ok(())
    }

    /// Whether there is anything in the journal or due in the store.
    fn has_work(&mut self) -> Result<bool, WorkerError> {
        self.read_journal(self.clock.unix_ms())?;
        Ok(self.batch.moves() || !self.schedule.is_idle())
    }

    fn time_to_wait(&self, now: i64, mode: Mode) -> Duration {
        let mut until = now + RESCAN_MS;
        if let Some(due) = self.schedule.wake_at() {
            until = until.min(due);
        }
        if mode == Mode::Daemonize && self.schedule.is_idle() {
            until = until.min(self.idle_since + IDLE_MS);
        }
        if !self.reserve.is_there() {
            until = until.min(now + FULL_MS);
        }
        Duration::from_millis((until - now).max(1).cast_unsigned())
    }

    /// Leaving on a signal: nothing new begins, what is under way has ten seconds, the rest goes
    /// back to `pending` at once.
    fn finish(&mut self) -> Result<(), WorkerError> {
        let deadline = self.clock.unix_ms() + GRACE_MS;
        let mut withdrawn = self.pool.withdraw();
        tracing::info!(waiting = withdrawn.len(), "asked to leave");
        while !withdrawn.is_empty() || !self.pool.is_idle() {
            let now = self.clock.unix_ms();
            let claims = std::mem::take(&mut withdrawn);
            self.store.transaction(&mut |tx| {
                claims.iter().try_for_each(|claim| tx.release(claim.id, claim.due))
            })?;
            for claim in &claims {
                self.schedule.came_back(claim.webhook, claim.id, now);
            }
            self.done.append(&mut self.pool.take_done());
            self.take_in(now)?;
            if self.pool.is_idle() || now >= deadline {
                break;
            }
            self.sleeper.prepare();
            let left = if self.pool.has_done() { 0 } else { (deadline - now).max(1) };
            self.sleeper.wait(Some(Duration::from_millis(left.cast_unsigned())));
        }
        // Whatever is still under way stays `delivering`: the next worker returns it.
        self.retire(true)
    }

    fn announce<const N: usize>(&mut self, code: &str, params: [(&str, serde_json::Value); N]) {
        let announcement = Announcement {
            code: code.into(),
            at: self.clock.unix_ms(),
            params: params.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        };
        let announced = self.store.transaction(&mut |tx| tx.announce(&announcement).map(drop));
        if let Err(error) = announced {
            tracing::error!(%error, code, "can't be announced");
        }
    }
}

fn monotonic_ms(clock: &dyn Clock) -> i64 {
    (clock.monotonic_ns() / 1_000_000).cast_signed()
}

fn corrupt_announcement(part: &CorruptPart, now: i64) -> Announcement {
    let params = [
        ("segment".to_owned(), part.segment.to_string().into()),
        ("bytes".to_owned(), (part.to - part.from).into()),
        ("kept_as".to_owned(), part.copy.clone().into()),
    ];
    Announcement { code: "corrupt_records".into(), at: now, params: params.into_iter().collect() }
}
