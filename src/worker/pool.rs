//! The threads that make attempts: blocking HTTP, bounded in number.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use parking_lot::{Condvar, Mutex};

use super::engine::JUMP_MS;
use super::health;
use crate::clock::{self, Clock};
use crate::delivery::Sender;
use crate::id::DeliveryId;
use crate::journal::wake::WakeHandle;
use crate::store::{Attempt, Claim, Next};
use crate::webhook::Webhook;

/// Committed claims of one webhook, with all that their attempts need: a run, made one after the
/// other by one thread, so that it need not wait for each to be recorded before the next.
pub(super) struct Job {
    /// At least one.
    pub(super) run: Vec<Claim>,
    pub(super) webhook: Arc<Webhook>,
    pub(super) sender: Arc<Sender>,
}

/// An attempt that was made and has to be recorded.
pub(super) struct Done {
    pub(super) claim: Claim,
    pub(super) attempt: Attempt,
    /// Where it was the last of its run.
    pub(super) end: Option<RunEnd>,
    /// As it was configured when the attempt was made.
    pub(super) webhook: Arc<Webhook>,
    /// [`clock::offset`] of the clock by which `attempt.next` is right.
    pub(super) offset: i64,
}

/// The end of a run. A failure, or an endpoint that takes its time, ends it early.
pub(super) struct RunEnd {
    /// Its first delivery, by which the schedule knows it.
    pub(super) run: DeliveryId,
    /// What no attempt was made of.
    pub(super) rest: Vec<Claim>,
}

impl Done {
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

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    idle: usize,
    closed: bool,
}

struct Shared {
    queue: Mutex<Queue>,
    news: Condvar,
    done: Mutex<Vec<Done>>,
    /// The worker is leaving: no run goes on.
    leaving: AtomicBool,
    wake: WakeHandle,
    clock: Arc<dyn Clock>,
}

/// Threads, started when they are needed, up to a number.
pub(super) struct Pool {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    most: usize,
    under_way: usize,
}

impl Pool {
    /// A pool of at most `most` threads that tells `wake` of each attempt made.
    pub(super) fn new(most: usize, wake: WakeHandle, clock: Arc<dyn Clock>) -> Self {
        let shared = Shared {
            queue: Mutex::default(),
            news: Condvar::new(),
            done: Mutex::default(),
            leaving: AtomicBool::new(false),
            wake,
            clock,
        };
        Self { shared: Arc::new(shared), threads: Vec::new(), most, under_way: 0 }
    }

    /// Hands jobs to the threads.
    pub(super) fn send(&mut self, jobs: Vec<Job>) {
        self.under_way += jobs.len();
        let mut queue = self.shared.queue.lock();
        let missing = (queue.jobs.len() + jobs.len()).saturating_sub(queue.idle);
        let wanted = jobs.len().min(queue.idle);
        queue.jobs.extend(jobs);
        drop(queue);
        for _ in 0..missing.min(self.most - self.threads.len()) {
            let shared = Arc::clone(&self.shared);
            let name = format!("deliver-{}", self.threads.len());
            // Deliveries recurse little; 8 MiB of address space each would only look bad.
            let builder = std::thread::Builder::new().name(name).stack_size(1 << 20);
            match builder.spawn(move || work(&shared)) {
                Ok(thread) => self.threads.push(thread),
                Err(error) if self.threads.is_empty() => {
                    tracing::error!(%error, "no thread can be started; deliveries wait");
                }
                Err(_) => break,
            }
        }
        // One thread a job: those who would find nothing sleep on.
        (0..wanted).for_each(|_| {
            self.shared.news.notify_one();
        });
    }

    /// What was made since the last call.
    pub(super) fn take_done(&mut self) -> Vec<Done> {
        let done = std::mem::take(&mut *self.shared.done.lock());
        self.under_way -= done.iter().filter(|done| done.end.is_some()).count();
        done
    }

    /// Whether every run that was handed out has been taken back.
    pub(super) fn is_idle(&self) -> bool {
        self.under_way == 0
    }

    /// Whether an attempt was made since [`take_done`](Self::take_done).
    pub(super) fn has_done(&self) -> bool {
        !self.shared.done.lock().is_empty()
    }

    /// The claims that no thread has begun: the worker is leaving, they go back to the store.
    /// Runs under way end with the attempt that is being made.
    pub(super) fn withdraw(&mut self) -> Vec<Claim> {
        self.shared.leaving.store(true, Ordering::Relaxed);
        let jobs = std::mem::take(&mut self.shared.queue.lock().jobs);
        self.under_way -= jobs.len();
        jobs.into_iter().flat_map(|job| job.run).collect()
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.queue.lock().closed = true;
        self.shared.news.notify_all();
        // Not joined: a request under way can take a minute, and the process is leaving.
    }
}

fn work(shared: &Shared) {
    loop {
        let mut queue = shared.queue.lock();
        let job = loop {
            if let Some(job) = queue.jobs.pop_front() {
                break job;
            }
            if queue.closed {
                return;
            }
            queue.idle += 1;
            shared.news.wait(&mut queue);
            queue.idle -= 1;
        };
        drop(queue);
        attempt(shared, job);
    }
}

/// Makes the attempts of a run.
fn attempt(shared: &Shared, job: Job) {
    let Job { run, webhook, sender } = job;
    let mut claims = run.into_iter();
    let Some(mut claim) = claims.next() else { return };
    let run = claim.id;
    loop {
        let attempt = sender.send(&webhook, &claim, &*shared.clock);
        let offset = clock::offset(&*shared.clock);
        let is_well = health::is_well(&attempt);
        let goes_on = is_well && !shared.leaving.load(Ordering::Relaxed);
        let next = if goes_on { claims.next() } else { None };
        let end = next.is_none().then(|| RunEnd { run, rest: claims.by_ref().collect() });
        let done = Done { claim, attempt, end, webhook: Arc::clone(&webhook), offset };
        shared.done.lock().push(done);
        shared.wake.wake();
        match next {
            Some(next) => claim = next,
            None => return,
        }
    }
}

/// Spreads claims over as few runs of at most `run` as hold them, so that those due first are
/// sent first.
pub(super) fn runs(claims: impl ExactSizeIterator<Item = Claim>, run: usize) -> Vec<Vec<Claim>> {
    let count = claims.len().div_ceil(run.max(1));
    let mut runs: Vec<_> = (0..count).map(|_| Vec::with_capacity(run)).collect();
    for (number, claim) in claims.enumerate() {
        runs[number % count].push(claim);
    }
    runs
}
