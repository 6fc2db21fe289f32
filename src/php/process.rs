//! What a process has open and knows, from one call to the next.
//!
//! Everything is opened at the first call that needs it, in the process that needs it, and kept.
//! Once per request, and once a second in processes that live long, it looks whether the world
//! has changed: one `stat` of the subscriptions, one `fstat` of the own segment, and after the
//! next append the question whether a worker runs.
//!
//! No PHP code ever runs while this is borrowed: it may call us again, or never come back.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use super::ini::{self, Settings};
use super::published::Published;
use webhooks::clock::{Clock as _, SystemClock};
use webhooks::config::{CONFIG_FILE, ConfigError, SUBSCRIPTIONS_FILE, Subscriptions};
use webhooks::database::Database;
use webhooks::journal::wake::{Waker, Woken};
use webhooks::journal::{AppendOptions, JournalError, RecordBuilder, Writer};
use webhooks::spool::{FileVersion, Spool, SpoolError};
use webhooks::store::log::Log;
use webhooks::store::{self, StoreError};
use webhooks::worker::lock;
use webhooks::worker::start::{self, Launch};

thread_local! {
    static PROCESS: RefCell<Option<Process>> = const { RefCell::new(None) };
    /// Nothing was dispatched or asked in this request yet.
    static FRESH: Cell<bool> = const { Cell::new(true) };
    /// This request was told of the network's own database, or has a connection to a server.
    static BORROWED: Cell<bool> = const { Cell::new(false) };
}

/// After a start that failed, or is not ours to make, nobody is asked for this long.
const PAUSE: Duration = Duration::from_secs(1);

/// How long nobody tries again to reach a server that did not answer.
const AWAY: Duration = Duration::from_secs(1);

/// A request begins.
pub(super) fn request_starts() {
    FRESH.set(true);
    // Whatever ended the last one may have left no time for its end.
    request_ends();
}

/// A request ends: its connection to a server does, too, as a process that waits for work would keep
/// one from others; and the next request may be another network's.
pub(super) fn request_ends() {
    if BORROWED.replace(false) {
        PROCESS.with_borrow_mut(|process| {
            if let Some(process) = process {
                (process.log, process.database, process.away) = (None, None, None);
            }
        });
    }
}

/// Runs `work` with what this thread of this process has.
pub(super) fn with<R>(work: impl FnOnce(&mut Process) -> R) -> R {
    PROCESS.with_borrow_mut(|process| work(process.get_or_insert_with(Process::new)))
}

/// See the module.
pub(super) struct Process {
    settings: Settings,
    spool: Option<Spool>,
    writer: Writer,
    subscriptions: Option<Subscriptions>,
    /// Of the file that `subscriptions` were read from.
    version: Option<FileVersion>,
    waker: Option<Waker>,
    log: Option<Log>,
    /// The network's own database, once this request was told of it.
    database: Option<Database>,
    /// A server that did not answer, what was said of it, and when.
    away: Option<(String, String, Instant)>,
    /// What the status needs of the config.
    published: Option<Rc<Published>>,
    /// The second (Unix time) of the last look.
    looked: i64,
    /// The next append is followed by the question whether a worker runs.
    ask: bool,
    /// No more such questions before this (Unix milliseconds).
    pause: i64,
}

impl Process {
    fn new() -> Self {
        Self {
            settings: Settings::read(),
            spool: None,
            writer: Writer::new(),
            subscriptions: None,
            version: None,
            waker: None,
            log: None,
            database: None,
            away: None,
            published: None,
            looked: 0,
            ask: false,
            pause: 0,
        }
    }

    /// php.ini.
    pub(super) const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// A web server may give each request settings of its own (`PHP_ADMIN_VALUE`).
    fn take_settings(&mut self) {
        let settings = Settings::read();
        if settings.spool != self.settings.spool || settings.store != self.settings.store {
            let database = self.database.take();
            *self = Self { database, ..Self::new() };
        }
        self.settings = settings;
    }

    /// The spool, opened.
    pub(super) fn spool(&mut self) -> Result<&Spool, SpoolError> {
        if self.spool.is_none() {
            self.spool = Some(Spool::open(&self.settings.spool)?);
        }
        // Just filled; a match on `&mut` would need the borrow for its whole length.
        self.spool.as_ref().ok_or_else(|| SpoolError::Missing { path: self.settings.spool.clone() })
    }

    /// The log; `None` where there is none yet.
    pub(super) fn log(&mut self) -> Result<Option<&mut Log>, StoreError> {
        if let (None, Some(spool)) = (&self.log, &self.spool) {
            let address = self.settings.store.as_deref();
            // A page asks many times, and is to wait once.
            if let Some((store, reason, at)) = &self.away
                && at.elapsed() < AWAY
            {
                let (store, reason) = (store.clone(), reason.clone());
                return Err(StoreError::Unavailable { store, reason });
            }
            let opened = Log::open_with(spool, address, self.database.as_ref());
            if let Err(StoreError::Unavailable { store, reason }) = &opened {
                self.away = Some((store.clone(), reason.clone(), Instant::now()));
            }
            self.log = opened?;
            BORROWED.set(BORROWED.get() || store::is_on_a_server(address));
        }
        Ok(self.log.as_mut())
    }

    /// Takes what `wp-config.php` says of the network's own database, for this request.
    pub(super) fn set_database(&mut self, database: Database) {
        if self.database.as_ref() != Some(&database) {
            // It may be a connection to another one.
            (self.log, self.away) = (None, None);
            self.database = Some(database);
        }
        BORROWED.set(true);
    }

    /// Whether the worker may have been told of another database than this process.
    pub(super) fn has_other_database(&mut self) -> bool {
        if self.settings.store.as_deref() != Some(store::NETWORK) {
            return false;
        }
        let (Some(told), Some(spool)) = (self.database.clone(), self.spool.clone()) else {
            return false;
        };
        // Who may not read it may not publish it either.
        self.published_config(&spool)
            .is_ok_and(|published| published.is_some_and(|it| it.database.as_ref() != Some(&told)))
    }

    /// Looks whether the world has changed, if that is due.
    pub(super) fn look(&mut self) -> Result<(), SpoolError> {
        // The coarse clock is a few milliseconds late, and several times cheaper.
        let second = clock_gettime(ClockId::RealtimeCoarse).tv_sec;
        let fresh = FRESH.get();
        if !fresh && second == self.looked && self.spool.is_some() {
            return Ok(());
        }
        if fresh && ini::has_changed() {
            self.take_settings();
        }
        let version = self.spool()?.top().version(SUBSCRIPTIONS_FILE).unwrap_or(None);
        FRESH.set(false);
        self.looked = second;
        self.ask = true;
        self.writer.look(&SystemClock);
        if version.is_none() || version != self.version {
            // Stamped before it is read: a file that takes its place meanwhile has another one.
            // Where it can't be read, nobody knows who subscribes, and every event is taken.
            self.subscriptions = self.spool.as_ref().and_then(|it| Subscriptions::load(it).ok()?);
            self.version = version.filter(|_| self.subscriptions.is_some());
        }
        Ok(())
    }

    /// The next [`look`](Self::look) is due.
    pub(super) fn look_again(&mut self) {
        FRESH.set(true);
    }

    /// This process published: it sees so at once, and so does a worker that sleeps.
    pub(super) fn published(&mut self) {
        self.look_again();
        self.call_worker();
    }

    /// What was published, where that could be read.
    pub(super) const fn subscriptions(&mut self) -> Option<&mut Subscriptions> {
        self.subscriptions.as_mut()
    }

    /// What was published, as the status needs it; read again where it was published again.
    pub(super) fn published_config(
        &mut self,
        spool: &Spool,
    ) -> Result<Option<Rc<Published>>, ConfigError> {
        // Before it is read: a file that takes its place meanwhile has another version.
        let Some(version) = spool.top().version(CONFIG_FILE)? else {
            self.published = None;
            return Ok(None);
        };
        if self.published.as_ref().is_none_or(|known| known.version != version) {
            self.published = None;
            self.published = Published::read(spool, version)?.map(Rc::new);
        }
        Ok(self.published.clone())
    }

    /// Whether the file that dispatching processes go by can be read; only where this one has not.
    pub(super) fn check_subscriptions(&self, spool: &Spool) -> Result<(), ConfigError> {
        let version = spool.top().version(SUBSCRIPTIONS_FILE)?;
        if version.is_some() && version == self.version {
            return Ok(());
        }
        Subscriptions::load(spool).map(drop)
    }

    /// Starts a record whose fields have so many bytes.
    pub(super) fn begin(&mut self, kind: u8, revision: u64, fields: usize) -> RecordBuilder {
        self.writer.begin(kind, revision, fields)
    }

    /// Appends a record and sees to it that a worker takes it up.
    pub(super) fn append(&mut self, mut record: RecordBuilder) -> Result<(), JournalError> {
        match self.try_append(&mut record) {
            // Somebody may have put a new folder in the place of the one that we have open.
            Err(JournalError::Spool(error)) if !error.is_full() => {
                let (writer, database) = (std::mem::take(&mut self.writer), self.database.take());
                *self = Self { writer, database, ..Self::new() };
                self.try_append(&mut record)?;
            }
            // Only a worker can say that there is room again.
            Err(full @ JournalError::Full { .. }) => {
                self.rouse();
                return Err(full);
            }
            outcome => outcome?,
        }
        self.rouse();
        Ok(())
    }

    fn try_append(&mut self, record: &mut RecordBuilder) -> Result<(), JournalError> {
        let options =
            AppendOptions { sync: self.settings.sync, max_record: self.settings.max_payload };
        self.spool()?;
        if let Some(spool) = &self.spool {
            if self.waker.as_ref().is_some_and(Waker::is_full) {
                return Err(JournalError::Full { path: spool.path().to_owned() });
            }
            self.writer.append(spool, &SystemClock, record, options)?;
        }
        Ok(())
    }

    /// Wakes the worker, or starts one. What goes wrong here is no error of the append: the
    /// record is there, and `webhooks_status()` tells the rest.
    fn rouse(&mut self) {
        let woken = self.call_worker();
        // Whoever was woken is a worker.
        let ask = std::mem::take(&mut self.ask) && woken != Woken::Woken;
        if ask || woken == Woken::NobodySleeps {
            let now = SystemClock.unix_ms();
            if self.settings.autostart && now >= self.pause && !self.ensure_worker() {
                self.pause = now + PAUSE.as_millis() as i64;
            }
        }
    }

    fn call_worker(&mut self) -> Woken {
        if self.waker.is_none() {
            self.waker = self.spool.as_ref().and_then(|spool| Waker::open(spool).ok());
        }
        self.waker.as_ref().map_or(Woken::Awake, Waker::wake_if_asleep)
    }

    fn ensure_worker(&self) -> bool {
        let launch = Launch {
            binary: self.settings.worker.clone(),
            store: self.settings.store.clone(),
            takes_in_only: !self.settings.deliver,
        };
        self.spool
            .as_ref()
            .is_some_and(|spool| start::ensure(spool, &launch, &SystemClock).unwrap_or(false))
    }

    /// Makes sure that a worker runs: `false` where none does and none could be started.
    pub(super) fn wake(&mut self) -> Result<bool, SpoolError> {
        self.spool()?;
        self.call_worker();
        if self.settings.autostart {
            return Ok(self.ensure_worker());
        }
        self.spool.as_ref().map_or(Ok(false), lock::is_held)
    }
}
