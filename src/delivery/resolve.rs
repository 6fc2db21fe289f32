//! Names to addresses, with the address guard in between.
//!
//! It is asked before every request, also when a kept-alive connection is taken then, so this is
//! on the hot path: answers are kept for some seconds.
//!
//! `getaddrinfo` blocks for as long as it likes. It runs on a thread of its own, one per name
//! that is being looked up (not per request: whoever needs the same name meanwhile waits for
//! the same answer), at most [`MAX_LOOKUPS`] at once. A caller waits until [`PATIENCE`] after
//! the lookup *began*, so a name whose servers hang costs those seconds once; whoever comes later
//! is told at once, until the lookup ends.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::timeout_at;

use super::guard::{Guard, Refusal};

/// Longest wait for a name's addresses.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// Most lookups under way at once.
const MAX_LOOKUPS: usize = 64;
/// Names remembered before old answers are dropped.
const MAX_NAMES: usize = 4096;
/// Most addresses of a name that are tried.
const MAX_ADDRESSES: usize = 16;
/// Stack of a lookup's thread: the C library's resolver needs a fraction of it.
const STACK: usize = 512 * 1024;

/// Where addresses come from.
pub trait Lookup: Send + Sync {
    /// The addresses of `host`, in order of preference; may block.
    ///
    /// # Errors
    /// Where there are none.
    fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>>;

    /// How long an answer may be kept.
    fn keep(&self) -> Duration {
        Duration::from_secs(10)
    }
}

/// The system's resolver (`getaddrinfo`: `/etc/hosts`, DNS, whatever nsswitch.conf says).
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        Ok((host, 0).to_socket_addrs()?.map(|address| address.ip()).collect())
    }
}

type Answer = Result<Arc<[IpAddr]>, Arc<str>>;

/// Names and their addresses, shared by all webhooks.
pub struct Names {
    lookup: Box<dyn Lookup>,
    table: Mutex<Table>,
    answered: Notify,
}

#[derive(Default)]
struct Table {
    names: HashMap<String, Name>,
    under_way: usize,
}

/// What a look into the table says.
enum Look {
    Answer(Answer),
    /// It is being looked up since then.
    Asked(Instant),
    Busy,
}

#[derive(Default)]
struct Name {
    answer: Option<(Instant, Answer)>,
    asked: Option<Instant>,
}

/// Why a name has no addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NameError {
    /// The system said so, in its words.
    NotFound(Arc<str>),
    /// Time is up.
    Timeout,
    /// The system has no thread to look it up with.
    NoThread(Arc<str>),
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Names").finish_non_exhaustive()
    }
}

impl Names {
    pub(super) fn new(lookup: Box<dyn Lookup>) -> Self {
        Self { lookup, table: Mutex::default(), answered: Notify::new() }
    }

    /// The addresses of `host`, at the latest when `limit` has passed.
    pub(super) async fn addresses(
        self: &Arc<Self>,
        host: &str,
        limit: Duration,
    ) -> Result<Arc<[IpAddr]>, NameError> {
        let deadline = Instant::now() + limit;
        loop {
            // Before the look: an answer in between is not missed.
            let mut answered = std::pin::pin!(self.answered.notified());
            answered.as_mut().enable();
            let now = Instant::now();
            let until = match self.look(host, now, deadline, limit)? {
                Look::Answer(answer) => return answer.map_err(NameError::NotFound),
                Look::Asked(asked) => deadline.min(asked + PATIENCE),
                // Every lookup thread is busy: one of them has to end first.
                Look::Busy => deadline,
            };
            if now >= until {
                return Err(NameError::Timeout);
            }
            let _ = timeout_at(until.into(), answered).await;
        }
    }

    fn look(
        self: &Arc<Self>,
        host: &str,
        now: Instant,
        deadline: Instant,
        limit: Duration,
    ) -> Result<Look, NameError> {
        let mut table = self.table.lock();
        Ok(match table.names.get(host) {
            Some(Name { answer: Some((at, answer)), .. })
                if self.is_fresh(*at, now, deadline, limit) =>
            {
                Look::Answer(answer.clone())
            }
            Some(Name { asked: Some(asked), .. }) => Look::Asked(*asked),
            _ if table.under_way < MAX_LOOKUPS => match self.ask(&mut table, host, now) {
                Ok(asked) => Look::Asked(asked),
                // As if no more were allowed: one that ends leaves its thread to this name.
                Err(_) if table.under_way > 0 => Look::Busy,
                Err(error) => return Err(NameError::NoThread(error.to_string().into())),
            },
            _ => Look::Busy,
        })
    }

    /// An answer that arrived while this caller waited counts, however short it may be kept.
    fn is_fresh(&self, at: Instant, now: Instant, deadline: Instant, limit: Duration) -> bool {
        now < at + self.lookup.keep() || at + limit >= deadline
    }

    fn ask(self: &Arc<Self>, table: &mut Table, host: &str, now: Instant) -> io::Result<Instant> {
        if table.names.len() >= MAX_NAMES {
            let keep = self.lookup.keep();
            table.names.retain(|_, name| {
                name.asked.is_some() || name.answer.as_ref().is_some_and(|(at, _)| now < *at + keep)
            });
        }
        let names = Arc::clone(self);
        let owned = host.to_owned();
        std::thread::Builder::new().name("lookup".into()).stack_size(STACK).spawn(move || {
            let answer = names.lookup.addresses(&owned);
            names.settle(owned, answer);
        })?;
        table.under_way += 1;
        table.names.entry(host.to_owned()).or_default().asked = Some(now);
        Ok(now)
    }

    fn settle(&self, host: String, answer: io::Result<Vec<IpAddr>>) {
        let answer = match answer {
            Ok(found) if found.is_empty() => Err("no addresses".into()),
            Ok(mut found) => {
                // The system names an address once per socket type.
                found.dedup();
                Ok(found.into())
            }
            Err(error) => Err(error.to_string().into()),
        };
        let mut table = self.table.lock();
        table.under_way -= 1;
        table.names.insert(host, Name { answer: Some((Instant::now(), answer)), asked: None });
        drop(table);
        self.answered.notify_waiters();
    }
}

/// Why a request has no address to go to.
#[derive(Debug)]
pub(super) enum NoAddress {
    /// The guard says no.
    Refused(Refusal),
    /// There is none, or not in time.
    Name(NameError),
}

/// The addresses of a URL's host that a request may go to.
///
/// # Errors
/// Where there is none, or the guard refuses one of them.
pub(super) async fn resolve(
    names: &Arc<Names>,
    guard: &Guard,
    host: &str,
    port: u16,
) -> Result<Vec<SocketAddr>, NoAddress> {
    // An address is no name: nothing to look up.
    let found = match guard.check_uri(host, port).map_err(NoAddress::Refused)? {
        Some(address) => Arc::from([address]),
        None => names.addresses(host, PATIENCE).await.map_err(NoAddress::Name)?,
    };
    // All of them are judged, also those that would not be tried.
    for &address in found.iter() {
        guard.check_address(host, SocketAddr::new(address, port)).map_err(NoAddress::Refused)?;
    }
    let tried = found.iter().take(MAX_ADDRESSES);
    Ok(tried.map(|&address| SocketAddr::new(address, port)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    /// Answers when told to, and counts how often it was asked.
    struct Slow {
        asked: Arc<AtomicUsize>,
        go: Mutex<mpsc::Receiver<()>>,
    }

    impl Lookup for Slow {
        fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>> {
            self.asked.fetch_add(1, Ordering::SeqCst);
            if host == "hangs" {
                let _ = self.go.lock().recv();
            }
            if host == "nowhere" {
                return Err(io::Error::other("Name or service not known"));
            }
            Ok(vec![IpAddr::from([192, 0, 2, 1]); 3])
        }
    }

    fn names() -> (Arc<Names>, Arc<AtomicUsize>, mpsc::Sender<()>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let (tell, go) = mpsc::channel();
        let lookup = Slow { asked: asked.clone(), go: Mutex::new(go) };
        (Arc::new(Names::new(Box::new(lookup))), asked, tell)
    }

    fn ask(names: &Arc<Names>, host: &str, limit: Duration) -> Result<Arc<[IpAddr]>, NameError> {
        crate::io::runtime().unwrap().block_on(names.addresses(host, limit))
    }

    #[test]
    fn an_answer_is_kept_and_shared() {
        let (names, asked, _tell) = names();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let found = ask(&names, "a.test", PATIENCE).unwrap();
                    assert_eq!(&found[..], [IpAddr::from([192, 0, 2, 1])]);
                });
            }
        });
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_failure_says_what_the_system_said() {
        let (names, ..) = names();
        let error = ask(&names, "nowhere", PATIENCE).unwrap_err();
        assert_eq!(error, NameError::NotFound("Name or service not known".into()));
    }

    #[test]
    fn a_name_that_hangs_is_looked_up_once_and_holds_up_no_other() {
        let (names, asked, tell) = names();
        for _ in 0..3 {
            let error = ask(&names, "hangs", Duration::from_millis(20)).unwrap_err();
            assert_eq!(error, NameError::Timeout);
        }
        assert!(ask(&names, "a.test", PATIENCE).is_ok());
        assert_eq!(asked.load(Ordering::SeqCst), 2);
        tell.send(()).unwrap();
        assert!(ask(&names, "hangs", PATIENCE).is_ok());
        assert_eq!(asked.load(Ordering::SeqCst), 2);
    }
}
