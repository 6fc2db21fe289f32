//! Moving a log from a file into a database on a server.
//!
//! The worker's lock is held meanwhile, so nobody writes into the old store, and nobody takes in what
//! arrives: it waits in the journal, for whoever comes after. A mark beside the file says that a move is
//! under way and which one; a worker that opens the file all the same takes it away, as what came over
//! by then is old from that moment on, and the next try begins anew.
//!
//! 1. Events come over in their order, in transactions that note how far it is ([`Import::take`]).
//! 2. Both sides are counted and summed up, and have to be the same.
//! 3. The file gets another name: whoever would send from it finds out that it was moved.
//! 4. Counters, health, positions in the journal and the rest come over.
//! 5. What waits may go.
//!
//! Killed in any of them, it goes on there when it is called again.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::left_behind::Mark;
use crate::mysql::import::{Import, Step};
use crate::mysql::{Find, Server};
use crate::sqlite::export::{Export, MovedWebhook};
use crate::sqlite::{self, Place};
use crate::{Origin, Result, StoreError, is_on_a_server, without_credentials};
use domain::clock::Clock;
use spool::Spool;

/// Counts and sums, by what they are of.
pub(crate) type Sums = BTreeMap<String, Vec<i64>>;

/// Large numbers are summed up by what is left of them beside a multiple of this prime.
pub(crate) const REMAINDER: i64 = 1_000_000_007;

/// How long the server may take for an answer: it sums up whole tables.
const ANSWER: Duration = Duration::from_secs(300);
/// For how long a server is waited for that is away, each time.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long until it is asked again.
const PAUSE: Duration = Duration::from_millis(500);

/// What a move tells of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// So many events of all of them came over, or were there already.
    Events {
        /// Those.
        done: u64,
        /// All of them.
        all: u64,
    },
    /// Both sides are counted.
    Compares,
    /// Counters, health and the rest come over.
    Rest,
    /// So many deliveries that wait may go.
    LetGo(u64),
    /// The server is away, and is asked again.
    Away,
}

/// What came of a move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Events that came over.
    pub events: u64,
    /// Events that were there already.
    pub there: u64,
    /// Where the old store lies now.
    pub kept_as: std::path::PathBuf,
}

/// Moves the log of a spool's store (none: `store.sqlite` in the spool) to a store on a server, or goes
/// on with that. The caller holds the worker's lock. `tell` hears of it all the time.
///
/// # Errors
/// [`StoreError::Address`] for one that can't be moved there; where the server stays away or refuses;
/// where the counts differ in the end. It can be called again.
pub fn migrate(
    spool: &Spool,
    from: Option<&str>,
    to: &str,
    clock: &Arc<dyn Clock>,
    tell: &mut dyn FnMut(Told),
) -> Result<Moved> {
    if !is_on_a_server(Some(to)) {
        return Err(StoreError::Address(without_credentials(to)));
    }
    let (of, address) = (spool.clone(), to.to_owned());
    let find: Find = Box::new(move || Server::find(&of, &address));
    let worker = Origin::of_worker(spool)?;
    Move { spool, from, to: &without_credentials(to), worker, clock, has_clock: true, tell }
        .run(find)
}

/// A move, with all that it needs.
pub(crate) struct Move<'a> {
    pub(crate) spool: &'a Spool,
    pub(crate) from: Option<&'a str>,
    /// Without credentials.
    pub(crate) to: &'a str,
    pub(crate) worker: Origin,
    pub(crate) clock: &'a Arc<dyn Clock>,
    /// Whether the database has a clock of its own.
    pub(crate) has_clock: bool,
    pub(crate) tell: &'a mut dyn FnMut(Told),
}

impl Move<'_> {
    pub(crate) fn run(mut self, find: Find) -> Result<Moved> {
        let find: Find = Box::new(move || {
            let server = find()?;
            Ok(Server { read_timeout: server.read_timeout.max(ANSWER), ..server })
        });
        let place = Place::new(self.spool, self.from)?;
        let mark = self.mark(&place)?;
        let is_in_use = place.is_there()?;
        let path = if is_in_use {
            sqlite::open_to_move(self.spool, self.from, Arc::clone(self.clock))?;
            place.path().to_owned()
        } else {
            place.moved_path()
        };
        let mut export = Export::open(&path)?;
        let (worker, clock) = (self.worker.clone(), Arc::clone(self.clock));
        let mut import = Import::open(find, worker, mark.spool()?, clock, self.has_clock)?;
        if import.progress.step > Step::Compared && is_in_use {
            return Err(failed(format!(
                "{} is in use, though it was moved as far as nothing is sent from it any more: remove \
                 its mark ({}) to move it once more",
                path.display(),
                place.mark_path().display()
            )));
        }
        let webhooks = export.webhooks()?;
        self.patiently(&mut import, |import| import.prepare(&webhooks, &export))?;
        if import.progress.step == Step::Events {
            self.events(&mut import, &export)?;
            if let Err(error) = self.compare(&mut import, &export) {
                if matches!(error, StoreError::Failed { .. }) {
                    place.remove_mark()?;
                }
                return Err(error);
            }
        }
        if import.progress.step == Step::Compared {
            drop(export);
            if is_in_use {
                place.put_out_of_use()?;
            }
            export = Export::open(&place.moved_path())?;
            self.rest(&mut import, &webhooks, &export)?;
        }
        if import.progress.step == Step::Rest {
            let mut gone = 0;
            loop {
                let some = self.patiently(&mut import, |import| import.let_go())?;
                gone += some;
                (self.tell)(Told::LetGo(gone));
                if some == 0 {
                    break;
                }
            }
            self.patiently(&mut import, |import| import.reach(Step::Done))?;
        }
        place.remove_mark()?;
        let (events, there) = (import.progress.events, import.progress.there);
        Ok(Moved { events, there, kept_as: place.moved_path() })
    }

    /// The mark of this move, which is made where there is none.
    fn mark(&self, place: &Place) -> Result<Mark> {
        let known = place.mark()?.filter(|mark| mark.to == self.to);
        match (known, place.is_there()?, place.is_moved()?) {
            (Some(mark), ..) => Ok(mark),
            (None, true, _) => {
                let mark = Mark::new(self.to, self.clock.unix_ms())?;
                place.put_mark(&mark)?;
                Ok(mark)
            }
            (None, false, true) => Err(failed(format!(
                "the log was moved before, and lies in {}",
                place.moved_path().display()
            ))),
            (None, false, false) => {
                Err(failed(format!("there is no store: {}", place.path().display())))
            }
        }
    }

    fn events(&mut self, import: &mut Import, export: &Export) -> Result<()> {
        let all = export.events()?;
        loop {
            let done = import.progress.events + import.progress.there;
            (self.tell)(Told::Events { done, all });
            let more = self.patiently(import, |import| {
                let events = export.after(import.progress.after)?;
                if events.is_empty() {
                    return Ok(false);
                }
                import.take(&events, export)?;
                Ok(true)
            })?;
            if !more {
                return Ok(());
            }
        }
    }

    fn compare(&mut self, import: &mut Import, export: &Export) -> Result<()> {
        (self.tell)(Told::Compares);
        let mut expected = export.sums(i64::MIN..i64::MAX, import.apart())?;
        subtract(&mut expected, &import.progress.left_out);
        let found = self.patiently(import, |import| import.sums())?;
        let other: Vec<_> = expected
            .iter()
            .filter(|(name, sums)| found.get(*name) != Some(*sums))
            .map(|(name, sums)| format!("{name} {sums:?} and {:?}", found.get(name)))
            .collect();
        if !other.is_empty() {
            return Err(failed(format!(
                "what came over is not what was there, by counts and sums: {}. The old store stays in \
                 use; a new try begins anew",
                other.join("; ")
            )));
        }
        self.patiently(import, |import| import.reach(Step::Compared))
    }

    fn rest(
        &mut self,
        import: &mut Import,
        webhooks: &[MovedWebhook],
        export: &Export,
    ) -> Result<()> {
        (self.tell)(Told::Rest);
        self.patiently(import, |import| {
            // It may be there by now, and not known to be.
            if import.progress.step == Step::Compared {
                import.rest(webhooks, export)?;
            }
            Ok(())
        })
    }

    /// Does what can be done again, until it succeeds or the server has been away for too long.
    fn patiently<T>(
        &mut self,
        import: &mut Import,
        mut work: impl FnMut(&mut Import) -> Result<T>,
    ) -> Result<T> {
        use StoreError::{Conflict, ReadOnly, Unavailable};
        let begun = Instant::now();
        let mut is_lost = false;
        loop {
            let tried = if is_lost { import.look_again() } else { Ok(()) };
            let error = match tried.and_then(|()| work(import)) {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            let passes = matches!(error, Conflict { .. } | ReadOnly { .. } | Unavailable { .. });
            if !passes || begun.elapsed() > PATIENCE {
                return Err(error);
            }
            is_lost = true;
            (self.tell)(Told::Away);
            thread::sleep(PAUSE);
        }
    }
}

/// Adds counts and sums to others.
pub(crate) fn add(to: &mut Sums, more: &Sums) {
    for (name, more) in more {
        let sums = to.entry(name.clone()).or_default();
        sums.resize(sums.len().max(more.len()), 0);
        for (sum, more) in sums.iter_mut().zip(more) {
            *sum += more;
        }
    }
}

fn subtract(from: &mut Sums, less: &Sums) {
    let negative = |sums: &Vec<i64>| sums.iter().map(|sum| -sum).collect();
    let less = less.iter().map(|(name, sums)| (name.clone(), negative(sums))).collect();
    add(from, &less);
}

fn failed(reason: String) -> StoreError {
    StoreError::Failed { action: "moving the log", reason }
}
