//! The attempts under way: any number of them, all on one thread for input and output.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;

use super::health;
use super::wall_clock::JUMP_MS;
use delivery::Sender;
use delivery::io::IoThread;
use domain::clock::{self, Clock};
use domain::id::DeliveryId;
use domain::webhook::Webhook;
use journal::wake::WakeHandle;
use store::{Attempt, Claim, Next};

/// What was attempted so long after it was due has waited, in milliseconds.
const WAITED_MS: i64 = 10;

/// Committed claims of one webhook, with all that their attempts need: a burst, made one after the
/// other, so that none need wait for the one before it to be recorded.
pub(super) struct Job {
    /// At least one.
    pub(super) burst: Vec<Claim>,
    pub(super) webhook: Arc<Webhook>,
    pub(super) sender: Arc<Sender>,
    /// What its webhook waited for, where something was due.
    pub(super) waited_for: Option<&'static str>,
}

/// An attempt that was made and has to be recorded.
pub(super) struct Completed {
    pub(super) claim: Claim,
    pub(super) attempt: Attempt,
    /// Where it was the last of its burst.
    pub(super) end: Option<BurstEnd>,
    /// As it was configured when the attempt was made.
    pub(super) webhook: Arc<Webhook>,
    /// [`clock::offset`] of the clock by which `attempt.next` is right.
    pub(super) offset: i64,
}

/// The end of a burst. A failure, or an endpoint that takes its time, ends it early.
pub(super) struct BurstEnd {
    /// Its first delivery, by which the schedule knows it.
    pub(super) burst: DeliveryId,
    /// What no attempt was made of.
    pub(super) rest: Vec<Claim>,
}

impl Completed {
    /// Moves the next attempt to the clock of this offset, where the clock was set between the
    /// end of the attempt and now.
    pub(super) fn follow(&mut self, offset: i64) {
        let jump = offset - self.offset;
        if jump.abs() > JUMP_MS {
            self.offset = offset;
            if let Next::Retry(at) = &mut self.attempt.next {
                *at += jump;
            }
        }
    }
}

struct Shared {
    completed: Mutex<Vec<Completed>>,
    /// The worker is leaving: no burst goes on.
    leaving: AtomicBool,
    wake: WakeHandle,
    clock: Arc<dyn Clock>,
}

/// See the module.
pub(super) struct Pool {
    shared: Arc<Shared>,
    /// Started when it is needed.
    thread: Option<IoThread>,
    /// Jobs that wait for it, where the system has none, which is told once.
    waiting: Vec<Job>,
    is_told: bool,
    under_way: usize,
}

impl Pool {
    /// A pool that tells `wake` of each attempt made.
    pub(super) fn new(wake: WakeHandle, clock: Arc<dyn Clock>) -> Self {
        let shared =
            Shared { completed: Mutex::default(), leaving: AtomicBool::new(false), wake, clock };
        Self {
            shared: Arc::new(shared),
            thread: None,
            waiting: Vec::new(),
            is_told: false,
            under_way: 0,
        }
    }

    /// Begins jobs.
    pub(super) fn send(&mut self, jobs: Vec<Job>) {
        self.under_way += jobs.len();
        self.waiting.extend(jobs);
        if !self.waiting.is_empty() {
            self.begin();
        }
    }

    fn begin(&mut self) {
        if self.thread.is_none() {
            match IoThread::start() {
                Ok(thread) => (self.thread, self.is_told) = (Some(thread), false),
                Err(error) if !self.is_told => {
                    self.is_told = true;
                    tracing::error!(%error, "no thread can be started (`ulimit -u`, systemd's TasksMax); deliveries wait");
                }
                Err(_) => {}
            }
        }
        let Some(thread) = &self.thread else { return };
        let (jobs, shared) = (std::mem::take(&mut self.waiting), Arc::clone(&self.shared));
        thread.spawn(async move {
            for job in jobs {
                tokio::spawn(attempt(Arc::clone(&shared), job));
            }
        });
    }

    /// What was made since the last call.
    pub(super) fn take_completed(&mut self) -> Vec<Completed> {
        if !self.waiting.is_empty() {
            self.begin();
        }
        let completed = std::mem::take(&mut *self.shared.completed.lock());
        self.under_way -= completed.iter().filter(|completed| completed.end.is_some()).count();
        completed
    }

    /// Whether something waits for a thread, which the system may have later.
    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whether every burst that was handed out has been taken back.
    pub(super) fn is_idle(&self) -> bool {
        self.under_way == 0
    }

    /// Whether an attempt was made since [`take_completed`](Self::take_completed).
    pub(super) fn has_completed(&self) -> bool {
        !self.shared.completed.lock().is_empty()
    }

    /// The claims that have not begun: the worker is leaving, they go back to the store.
    /// Runs under way end with the attempt that is being made.
    pub(super) fn withdraw(&mut self) -> Vec<Claim> {
        self.shared.leaving.store(true, Ordering::Relaxed);
        let jobs = std::mem::take(&mut self.waiting);
        self.under_way -= jobs.len();
        jobs.into_iter().flat_map(|job| job.burst).collect()
    }
}

/// Makes the attempts of a burst.
async fn attempt(shared: Arc<Shared>, job: Job) {
    let Job { burst, webhook, sender, waited_for } = job;
    let mut claims = burst.into_iter();
    let Some(mut claim) = claims.next() else { return };
    let burst = claim.id;
    loop {
        let mut attempt = sender.attempt(&webhook, &claim, &*shared.clock).await;
        let waited = attempt.started - claim.due >= WAITED_MS;
        attempt.waited_for = waited_for.filter(|_| waited);
        let offset = clock::offset(&*shared.clock);
        let is_well = health::is_well(&attempt);
        let goes_on = is_well && !shared.leaving.load(Ordering::Relaxed);
        let next = if goes_on { claims.next() } else { None };
        let end = next.is_none().then(|| BurstEnd { burst, rest: claims.by_ref().collect() });
        let completed = Completed { claim, attempt, end, webhook: Arc::clone(&webhook), offset };
        shared.completed.lock().push(completed);
        shared.wake.wake();
        match next {
            Some(next) => claim = next,
            None => return,
        }
    }
}

/// The delivery by which the schedule knows a burst, and what the burst holds in bytes.
pub(super) fn weigh(burst: &[Claim]) -> (DeliveryId, u64) {
    let bytes = burst.iter().map(|claim| claim.event.body.len() as u64).sum();
    (burst[0].id, bytes)
}

/// Spreads claims over as few bursts of at most `burst` as hold them, or over `most` longer ones, so that
/// those due first are sent first.
pub(super) fn bursts(
    claims: impl ExactSizeIterator<Item = Claim>,
    burst: usize,
    most: usize,
) -> Vec<Vec<Claim>> {
    let count = claims.len().div_ceil(burst.max(1)).min(most.max(1));
    let mut bursts: Vec<_> = (0..count).map(|_| Vec::with_capacity(burst)).collect();
    for (number, claim) in claims.enumerate() {
        bursts[number % count].push(claim);
    }
    bursts
}
