//! `webhooks-worker migrate`: moves a spool's log into a database on a server.
//!
//! It holds the worker's lock, so no worker runs meanwhile and PHP starts none: what is dispatched waits
//! in the journal, and the next worker takes it in from the new store's position, which came over.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::lock::{self, Holder, WorkerLock};
use super::{WorkerError, daemon, log};
use domain::clock::{Clock, SystemClock};
use journal::wake::Sleeper;
use spool::Spool;
use store::moving::{Moved, Told};

/// How often it is tried to take the lock that a worker holds: PHP starts the next one within
/// milliseconds of an event.
const TRY: Duration = Duration::from_millis(5);
/// How often it says how far it is.
const SAYS: Duration = Duration::from_secs(2);

/// The command line of `webhooks-worker migrate`.
#[derive(Debug, Clone)]
pub struct Migration {
    /// The folder.
    pub spool: PathBuf,
    /// The address of the store that is moved; none: `store.sqlite` in the spool.
    pub from: Option<String>,
    /// The address of the store that it goes to.
    pub to: String,
}

/// Moves the log, or goes on with that; `say` gets sentences for a person.
///
/// # Errors
/// Why it could not be brought to its end: it can be called again.
pub fn migrate(of: &Migration, say: &mut dyn FnMut(&str)) -> Result<Moved, WorkerError> {
    daemon::become_owner_of(&of.spool)
        .map_err(|error| WorkerError::Start("becoming the spool's owner", error))?;
    let spool = Spool::open(&of.spool)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let lock = wait_for_lock(&spool, &*clock, say)?;
    let moved = with_lock(&spool, of, &clock, say);
    // Whoever died before is still to be counted; a move is no worker, and dies no death.
    let died = lock.died().is_some_and(|died| !died.moves);
    let released = if died { lock.put_back() } else { lock.release() };
    released.map_err(|error| WorkerError::Start("releasing the lock", error))?;
    moved
}

fn wait_for_lock(
    spool: &Spool,
    clock: &dyn Clock,
    say: &mut dyn FnMut(&str),
) -> Result<WorkerLock, WorkerError> {
    let mut said = false;
    loop {
        let me = Holder {
            pid: std::process::id(),
            since: clock.unix_ms(),
            version: env!("CARGO_PKG_VERSION").into(),
            moves: true,
            ..Holder::default()
        };
        if let Some(lock) = WorkerLock::take(spool, &me)? {
            return Ok(lock);
        }
        if !said {
            let holder = lock::holder(spool)?.unwrap_or_default();
            say(&format!(
                "Worker {} runs on {}: waiting until it leaves. Stop its service, or end it (kill {}); \
                 events that are dispatched meanwhile wait in the journal.",
                holder.pid,
                spool.path().display(),
                holder.pid
            ));
            said = true;
        }
        thread::sleep(TRY);
    }
}

fn with_lock(
    spool: &Spool,
    of: &Migration,
    clock: &Arc<dyn Clock>,
    say: &mut dyn FnMut(&str),
) -> Result<Moved, WorkerError> {
    log::init(spool.clone(), false)?;
    let mut sleeper = Sleeper::open(spool)?;
    sleeper.beat(clock.monotonic_ns());
    let mut teller = Teller { said: None, begun: Instant::now(), first: None };
    let moved = store::moving::migrate(spool, of.from.as_deref(), &of.to, clock, &mut |told| {
        sleeper.beat(clock.monotonic_ns());
        if let Some(sentence) = teller.sentence(told) {
            say(&sentence);
        }
    });
    sleeper.leave();
    Ok(moved?)
}

/// Says what there is to say, and not all the time.
struct Teller {
    said: Option<(Instant, Told)>,
    begun: Instant,
    /// How many were there when it began.
    first: Option<u64>,
}

impl Teller {
    fn sentence(&mut self, told: Told) -> Option<String> {
        let is_another =
            |last: &Told| std::mem::discriminant(last) != std::mem::discriminant(&told);
        let is_due = match (&self.said, told) {
            (None, _) | (_, Told::LetGo(_)) => true,
            (_, Told::Events { done, all }) if done == all => true,
            (Some((at, last)), _) => is_another(last) || at.elapsed() >= SAYS,
        };
        if !is_due {
            return None;
        }
        self.said = Some((Instant::now(), told));
        Some(match told {
            Told::Events { done, all } => {
                let first = *self.first.get_or_insert(done);
                format!(
                    "{done} of {all} events{}",
                    self.rest(done - first.min(done), all - done.min(all))
                )
            }
            Told::Compares => "All events are there; counting and summing up both sides".into(),
            Told::Rest => "Both sides are the same; counters, health and the rest come over".into(),
            Told::LetGo(deliveries) => format!("{deliveries} deliveries that wait may go"),
            Told::Away => "The database does not answer; it is asked again".into(),
        })
    }

    /// How long it takes, judged by so many events since it began.
    fn rest(&self, done: u64, left: u64) -> String {
        let seconds = self.begun.elapsed().as_secs_f64();
        if done == 0 || left == 0 || seconds < 1.0 {
            return String::new();
        }
        let rest = (seconds * left as f64 / done as f64).ceil() as u64;
        format!(", about {} min {:02} s left", rest / 60, rest % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_each_step_and_not_each_event() {
        let mut teller = Teller { said: None, begun: Instant::now(), first: None };
        let mut said = Vec::new();
        for told in (0..=1000).map(|done| Told::Events { done, all: 1000 }).chain([
            Told::Compares,
            Told::Rest,
            Told::LetGo(7),
            Told::LetGo(7),
        ]) {
            said.extend(teller.sentence(told));
        }
        assert_eq!(said.first().map(String::as_str), Some("0 of 1000 events"));
        assert!(said.contains(&"1000 of 1000 events".to_owned()));
        assert!(said.len() < 20, "{said:?}");
        assert_eq!(said.last().map(String::as_str), Some("7 deliveries that wait may go"));
    }
}
