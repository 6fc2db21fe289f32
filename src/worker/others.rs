//! Other workers that write into the same store, and a store that is away.

use super::engine::Worker;
use super::wishes::Asked;
use super::{WorkerError, away};
use domain::clock::rfc3339;
use spool::Spool;
use store::{self, Store};

/// When a store that is away is tried again, in milliseconds: whoever appends wakes the worker.
const AGAIN_MS: i64 = 250;
/// How long a store may be away before people are told, in milliseconds: a database restarts.
const TOLD_MS: i64 = 5_000;

/// Since when the store is away.
#[derive(Debug, Default)]
pub(super) struct Outage {
    /// Unix milliseconds.
    since: Option<i64>,
    next_try: i64,
    is_told: bool,
}

impl Outage {
    /// Whether the store is away.
    pub(super) const fn is_on(&self) -> bool {
        self.since.is_some()
    }

    /// Whether it is too early to try again.
    pub(super) const fn waits(&self, now: i64) -> bool {
        // A clock that was set back does not wait until that time is there.
        self.since.is_some() && now < self.next_try && self.next_try - now <= AGAIN_MS
    }

    /// The store did not take what was to be written.
    pub(super) fn begins(&mut self, spool: &Spool, error: &WorkerError, now: i64) {
        let since = *self.since.get_or_insert_with(|| {
            tracing::warn!(%error, "the store is away; what is to be recorded waits for it");
            now
        });
        self.next_try = now + AGAIN_MS;
        if self.is_told || now - since < TOLD_MS {
            return;
        }
        self.is_told = true;
        tracing::error!(%error, since = rfc3339(since), "the store is still away");
        if let Err(error) = away::note(spool, &error.to_string(), since) {
            tracing::error!(%error, "nobody can be told that the store is away");
        }
    }

    /// The store took it.
    pub(super) fn ends(&mut self, spool: &Spool, now: i64) {
        let Some(since) = self.since.take() else { return };
        tracing::info!(seconds = (now - since) / 1000, "the store is back");
        if std::mem::take(&mut self.is_told)
            && let Err(error) = away::clear(spool)
        {
            tracing::error!(%error, "nobody can be told that the store is back");
        }
    }
}

impl<S: Store> Worker<S> {
    /// Looks at what other workers did, where there may be any.
    pub(super) fn look_at_others(&mut self, now: i64) -> Result<(), WorkerError> {
        let Some(every) = self.store.looks_every() else { return Ok(()) };
        let monotonic = self.clock.monotonic_ns();
        if monotonic < self.next_look {
            return Ok(());
        }
        let every = u64::try_from(every.as_nanos()).unwrap_or(u64::MAX);
        self.next_look = monotonic.saturating_add(every);
        let news = self.store.look_at_others()?;
        self.schedule.set_servers(news.servers, now);
        for state in news.webhooks {
            self.schedule.set_health(state.key, state.health, now);
        }
        let (mut due, schedule) = (Vec::new(), &self.schedule);
        let ordered: Vec<_> =
            news.due.iter().filter(|(key, _)| schedule.is_ordered(*key)).collect();
        if !ordered.is_empty() {
            store::commit(&mut self.store, &mut |tx| {
                due.clear();
                for (key, _) in &ordered {
                    due.push((*key, tx.next_due(*key, true)?));
                }
                Ok(())
            })?;
        }
        for (key, at) in news.due.into_iter().chain(due) {
            self.schedule.set_due(key, at, now);
        }
        if news.suspects {
            self.hold()?;
            self.hold_restored(now)?;
            self.aftermath.trials.look(now);
        }
        self.aftermath.deadly.extend(news.deadly);
        if news.wishes {
            self.wishes.note(Asked { forgetting: true, change: true, backfill: true });
        }
        Ok(())
    }
}
