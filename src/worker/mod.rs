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
//! Memory follows only commits: whatever a transaction would change here is collected
//! first ([`effects`]) and followed after. So a full disk leaves both sides as they were, and the
//! round is made again; and a transaction that another writer got in the way of is run again as
//! it is ([`store::commit`]).
//!
//! [`lock`], [`start`] and [`request`] are the doors for PHP processes.

mod active_config;
pub mod away;
mod backfill;
mod complete;
mod daemon;
mod effects;
mod engine;
mod fast_path;
mod health;
mod ingest;
mod intake;
mod kept;
mod limits;
pub mod lock;
mod log;
mod maintenance;
mod moving;
mod others;
mod poison;
mod pool;
mod request;
mod reserve;
mod restored;
mod retirement;
mod room;
mod routes;
mod schedule;
mod sent;
#[cfg(test)]
mod simulation;
pub mod start;
mod trial;
mod wall_clock;
mod wishes;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::sync::{Arc, OnceLock};

pub use moving::{Migration, migrate};
pub use request::{FORGOTTEN, Request};

use self::engine::Worker;
use self::limits::Limits;
use self::lock::{Holder, WorkerLock};
use domain::clock::{Clock, SystemClock};
use journal::JournalError;
use journal::wake::WakeHandle;
use spool::{Spool, SpoolError, file_size_limit};
use store::log::STORE_SET_ASIDE;
use store::{self, Leaving, SetAside, Store, StoreError};

/// A limit of a file's size below this is told, in bytes: a store that keeps a month of a busy
/// network has gigabytes.
pub const SMALL_FILE: u64 = 4 << 30;

/// How the worker runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Ingest what is there, attempt what is due, leave.
    Once,
    /// Ingest what is there, send nothing, leave: other servers go on with it.
    Drain,
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
    /// It only takes in: other servers of the same store deliver.
    pub takes_in_only: bool,
}

impl Options {
    /// Whether nothing is sent.
    fn sends_nothing(&self) -> bool {
        self.takes_in_only || self.mode == Mode::Drain
    }
}

/// Why the worker ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkerError {
    /// A worker runs already.
    #[error(
        "{} {} has been running on {spool} since {}: stop it first, or leave it to it",
        if .holder.moves { "webhooks-worker migrate, process" } else { "worker" },
        .holder.pid,
        domain::clock::rfc3339(.holder.since)
    )]
    Running {
        /// The folder.
        spool: String,
        /// The other worker.
        holder: Holder,
    },
    /// Nobody else would deliver.
    #[error(
        "only a store that several servers share lets one of them take in and leave the delivering to \
         others: webhooks.store (--store) has to be mysql: on all of them"
    )]
    Alone,
    /// A server's journal could not be handed over.
    #[error(
        "events stay in the journal, as this server has no config, or an older one than they were \
         accepted under: publish the webhooks here (open Network Admin › Webhooks on this server), and \
         try again"
    )]
    Undrained,
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
    /// Whether the spool's disk is full: what passes when room is made there.
    fn is_full(&self) -> bool {
        match self {
            Self::Spool(error) => error.is_full(),
            Self::Journal(error) => error.is_full(),
            Self::Store(error) => matches!(error, StoreError::Full { .. }),
            Self::Running { .. } | Self::Alone | Self::Undrained | Self::Start(..) => false,
        }
    }

    /// Whether the worker has to begin anew: the store has lost what it had taken in, or another one
    /// writes under the identity of this spool.
    fn wants_new_worker(&self) -> bool {
        matches!(self, Self::Store(StoreError::WentBack { .. } | StoreError::Twice { .. }))
    }

    /// Whether the store is away, for whatever time: what is to be written waits for it.
    fn is_away(&self) -> bool {
        use StoreError::{Conflict, ReadOnly, ServerFull, Unavailable};
        matches!(
            self,
            Self::Store(Conflict { .. } | ReadOnly { .. } | ServerFull { .. } | Unavailable { .. })
        )
    }
}

/// Runs a worker as the options say; returns when it leaves.
///
/// # Errors
/// Why it could not start or go on. A failure of a daemonized one is also noted for
/// `webhooks_status()`.
pub fn run(options: &Options) -> Result<(), WorkerError> {
    run_with(options, Arc::new(SystemClock))
}

/// [`run`] under another clock than the system's.
///
/// # Errors
/// See [`run`].
pub fn run_with(options: &Options, clock: Arc<dyn Clock>) -> Result<(), WorkerError> {
    if options.mode == Mode::Daemonize {
        daemon::detach().map_err(|error| WorkerError::Start("leaving the starter", error))?;
    }
    daemon::become_owner_of(&options.spool)
        .map_err(|error| WorkerError::Start("becoming the spool's owner", error))?;
    let spool = Spool::open(&options.spool)?;
    let now = clock.unix_ms();
    let result = run_on(&spool, options, clock);
    if let Err(error) = &result
        && error.is_away()
    {
        // Whoever asks for the status is told since when, while one worker after another comes and goes.
        away::note(&spool, &error.to_string(), now)?;
    }
    if let (Err(error), true) = (&result, options.mode == Mode::Daemonize) {
        // Losing the race for the lock is no failure: a worker runs.
        if !matches!(error, WorkerError::Running { .. }) {
            start::report(&spool, Some(&error.to_string()))?;
        }
    }
    result
}

fn run_on(spool: &Spool, options: &Options, clock: Arc<dyn Clock>) -> Result<(), WorkerError> {
    let limits = Limits::of_this_process(None);
    let holder = Holder {
        pid: std::process::id(),
        since: clock.unix_ms(),
        // As text in the binary, of which a test makes a worker of another version.
        version: std::hint::black_box(env!("CARGO_PKG_VERSION")).into(),
        file_size: file_size_limit(),
        descriptors: limits.descriptors,
        possible: limits.possible,
        moves: false,
    };
    // Before its name stands in the lock: whoever is asked to leave from then on says that it does.
    let stop = Stop::on_signals()?;
    let Some(lock) = WorkerLock::take(spool, &holder)? else {
        let holder = lock::holder(spool)?.unwrap_or(holder);
        return Err(WorkerError::Running { spool: spool.path().display().to_string(), holder });
    };
    match prepare(spool, options, Arc::clone(&clock), &lock, &holder) {
        Ok(mut worker) => {
            stop.wakes(&worker.wake);
            let anew =
                move || open_worker(spool, options, Arc::clone(&clock)).map(|(worker, _)| worker);
            work(&mut worker, options.mode, &stop, &lock, &holder, &anew)
        }
        Err(error) => {
            // It had nothing under way, and says itself why it can't come up: no death.
            lock.put_back().map_err(|error| WorkerError::Start("releasing the lock", error))?;
            Err(error)
        }
    }
}

/// Everything up to the first round.
fn prepare(
    spool: &Spool,
    options: &Options,
    clock: Arc<dyn Clock>,
    lock: &WorkerLock,
    holder: &Holder,
) -> Result<AnyWorker, WorkerError> {
    log::init(spool.clone(), options.mode != Mode::Daemonize)?;
    if let Some(bytes) = holder.file_size.filter(|bytes| *bytes < SMALL_FILE) {
        tracing::warn!(
            bytes,
            "files are limited to so many bytes (`ulimit -f`, systemd's LimitFSIZE): the store can't become larger, and the worker stops there; raise the limit"
        );
    }
    daemon::give_way();
    if options.sends_nothing() && !store::is_on_a_server(options.store.as_deref()) {
        return Err(WorkerError::Alone);
    }
    let (mut worker, set_aside) = open_worker(spool, options, clock)?;
    worker.tell_of_loss(false);
    if let Some(damaged) = set_aside {
        let path = damaged.path.display().to_string();
        tracing::error!(
            kept_as = path,
            reason = damaged.reason,
            "the store was damaged; an empty one takes its place"
        );
        let params = [("kept_as", path.into()), ("reason", damaged.reason.into())];
        worker.announce(STORE_SET_ASIDE, params);
    }
    if let Some(died) = lock.died().filter(|died| !died.moves) {
        worker.note_death(died)?;
    }
    if let Err(error) = away::clear(spool) {
        tracing::error!(%error, "nobody can be told that the store is back");
    }
    match start::report(spool, None) {
        // What stood there was of an earlier start, and people are told of the disk.
        Err(error) if error.is_full() => tracing::error!(%error, "the disk is full"),
        reported => reported?,
    }
    tracing::info!(pid = holder.pid, version = holder.version, mode = ?options.mode, "worker started");
    Ok(worker)
}

/// A worker on whichever store.
type AnyWorker = Worker<Box<dyn Store>>;

/// A worker that knows what its store knows.
fn open_worker(
    spool: &Spool,
    options: &Options,
    clock: Arc<dyn Clock>,
) -> Result<(AnyWorker, Option<SetAside>), WorkerError> {
    let (mut store, set_aside) = store::open(spool, options.store.as_deref(), Arc::clone(&clock))?;
    if options.sends_nothing() {
        store.only_takes_in();
    }
    let mut worker = Worker::new(spool.clone(), store, clock)?;
    worker.sends_nothing = options.sends_nothing();
    Ok((worker, set_aside))
}

fn work<S: Store>(
    worker: &mut Worker<S>,
    mode: Mode,
    stop: &Stop,
    lock: &WorkerLock,
    holder: &Holder,
    anew: &dyn Fn() -> Result<Worker<S>, WorkerError>,
) -> Result<(), WorkerError> {
    loop {
        match worker.work(mode, stop) {
            Err(error) if error.wants_new_worker() => {
                tracing::warn!(%error, "the worker begins anew, with what the store knows");
                if let Err(error) = worker.give_back() {
                    tracing::warn!(%error, "what was under way is not recorded, and sent again");
                }
                let went_back = matches!(error, WorkerError::Store(StoreError::WentBack { .. }));
                *worker = anew()?;
                worker.tell_of_loss(went_back);
                continue;
            }
            worked => worked?,
        }
        // Release first, look once more: whoever appended before it could see the lock free
        // counts on this look; whoever appends after it finds the lock free and starts another.
        lock.release().map_err(|error| WorkerError::Start("releasing the lock", error))?;
        worker.sleeper.leave();
        let left_something = mode == Mode::Daemonize && !stop.asked() && worker.has_work()?;
        if !left_something
            || !lock.retake(holder).map_err(|error| WorkerError::Start("the lock", error))?
        {
            break;
        }
    }
    // What it had is in the store, also what is kept of it for the case that the store loses it.
    worker.store.leaves(match mode {
        Mode::Drain => Leaving::Drained,
        Mode::Daemonize if !stop.asked() => Leaving::Asleep,
        Mode::Once | Mode::Foreground | Mode::Daemonize => Leaving::Ended,
    });
    tracing::info!("worker leaves");
    Ok(())
}

/// Whether SIGTERM, SIGINT or SIGHUP asked the worker to leave.
#[derive(Default, Clone)]
struct Stop {
    asked: Arc<AtomicBool>,
    /// Wakes the worker, once there is one.
    wake: Arc<OnceLock<WakeHandle>>,
}

impl Stop {
    fn on_signals() -> Result<Self, WorkerError> {
        let stop = Self::default();
        for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGHUP] {
            let stop = stop.clone();
            let handler = move || {
                stop.asked.store(true, Ordering::SeqCst);
                // Against the one in `wakes`: one of both sees what the other did.
                fence(Ordering::SeqCst);
                if let Some(wake) = stop.wake.get() {
                    wake.wake();
                }
            };
            // SAFETY: the handler stores to an atomic, loads one and makes one futex call, all of
            // which are async-signal-safe; it allocates and locks nothing.
            unsafe { signal_hook::low_level::register(signal, handler) }
                .map_err(|error| WorkerError::Start("taking signals", error))?;
        }
        Ok(stop)
    }

    /// From now on a signal wakes the worker, too.
    fn wakes(&self, wake: &WakeHandle) {
        // A second worker of this process has a word of its own, and a `Stop`.
        let _ = self.wake.set(wake.clone());
        fence(Ordering::SeqCst);
    }

    fn asked(&self) -> bool {
        self.asked.load(Ordering::SeqCst)
    }
}
