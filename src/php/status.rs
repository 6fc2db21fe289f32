//! `webhooks_status()`: how everything is, without ever failing.

use std::collections::HashMap;
use std::fmt::Display;
use std::rc::Rc;

use ext_php_rs::prelude::*;
use serde::Serialize;

use super::exception;
use super::noticed;
use super::process::{self, Process};
use super::published::{Published, SetAside};
use super::to_zval::{Tree, to_zval};
use webhooks::clock::{Clock as _, SystemClock, rfc3339};
use webhooks::config::ConfigError;
use webhooks::journal::{self, JournalError, SegmentId, wake};
use webhooks::spool::{Spool, this_user, user_name};
use webhooks::store::log::WorkerRow;
use webhooks::store::{self, StoreError};
use webhooks::worker::{SMALL_FILE, away, lock, start};

/// Within which time deaths of the worker are repeated ones, in milliseconds.
const HOUR_MS: i64 = 3_600_000;

/// Adds these functions to the module.
pub(super) fn add(module: ModuleBuilder<'static>) -> ModuleBuilder<'static> {
    module.function(wrap_function!(webhooks_status))
}

/// How everything is. See the stub.
#[php_function]
fn webhooks_status() -> PhpResult<Tree> {
    to_zval(&process::with(Status::of)).map_err(exception::new)
}

/// What the stub describes, in its words.
#[derive(Serialize)]
pub(super) struct Status {
    pub(super) version: &'static str,
    pub(super) user: String,
    pub(super) spool: SpoolStatus,
    pub(super) worker: WorkerStatus,
    pub(super) journal: JournalStatus,
    pub(super) store: StoreStatus,
    pub(super) config: ConfigStatus,
    pub(super) problems: Vec<Problem>,
}

#[derive(Default, Serialize)]
pub(super) struct SpoolStatus {
    pub(super) path: String,
    pub(super) usable: bool,
    pub(super) owner: Option<String>,
}

#[derive(Default, Serialize)]
pub(super) struct WorkerStatus {
    pub(super) running: bool,
    pub(super) pid: Option<u32>,
    pub(super) since: Option<String>,
    pub(super) version: Option<String>,
    pub(super) autostart: bool,
    pub(super) last_error: Option<String>,
    pub(super) last_error_at: Option<String>,
}

#[derive(Default, Serialize)]
pub(super) struct JournalStatus {
    pub(super) segments: usize,
    pub(super) bytes_waiting: u64,
    pub(super) oldest: Option<String>,
}

#[derive(Default, Serialize)]
pub(super) struct StoreStatus {
    pub(super) url: String,
    pub(super) size: u64,
    pub(super) schema: Option<u32>,
    pub(super) announcements: i64,
    pub(super) workers: Vec<WorkerRow>,
}

#[derive(Default, Serialize)]
pub(super) struct ConfigStatus {
    pub(super) revision: u64,
    pub(super) installation: Option<String>,
    pub(super) fingerprint: Option<String>,
    pub(super) held: Option<String>,
    pub(super) webhooks: usize,
    pub(super) set_aside: Vec<SetAside>,
}

/// Something that is wrong: a code, and a sentence that says what to do.
#[derive(Serialize)]
pub(super) struct Problem {
    pub(super) code: &'static str,
    pub(super) message: String,
}

/// Why the store says nothing.
enum Refused {
    /// Its database can't be reached.
    Away(String),
    /// Anything else.
    Said(String),
}

impl Status {
    /// Asks every part; what can't be asked is a problem.
    pub(super) fn of(process: &mut Process) -> Self {
        let settings = process.settings();
        let store =
            settings.store.as_deref().map(store::without_credentials).unwrap_or_else(|| {
                format!("sqlite:{}", settings.spool.join("store.sqlite").display())
            });
        let mut status = Self {
            version: env!("CARGO_PKG_VERSION"),
            user: this_user(),
            spool: SpoolStatus {
                path: settings.spool.display().to_string(),
                ..SpoolStatus::default()
            },
            worker: WorkerStatus { autostart: settings.autostart, ..WorkerStatus::default() },
            journal: JournalStatus::default(),
            store: StoreStatus { url: store, ..StoreStatus::default() },
            config: ConfigStatus::default(),
            problems: Vec::new(),
        };
        // Not the one that is open already: somebody may have changed its modes since.
        match Spool::open(&process.settings().spool) {
            Ok(spool) => status.look_into(&spool, process),
            Err(error) => status.problem("spool", &error),
        }
        status
    }

    #[cold]
    fn problem(&mut self, code: &'static str, message: &dyn Display) {
        self.problems.push(Problem { code, message: message.to_string() });
    }

    fn look_into(&mut self, spool: &Spool, process: &mut Process) {
        self.spool.usable = true;
        self.spool.owner = Some(user_name(spool.owner().0));
        let now = SystemClock.unix_ms();
        let said = wake::said(spool);
        self.look_at_room(spool, said.full);
        self.ask_for_worker(spool, said.beat, now);
        let published = self.ask_for_config(spool, process);
        let noted = away::read(spool);
        let positions = match self.ask_for_store(process, published.as_deref(), now) {
            Ok(positions) => {
                // It answers this process, and its worker not.
                let noted = noted.filter(|_| self.worker.running);
                self.problems.extend(
                    noted.map(|away| noticed::of_absent_store(Some(away.since), &away.reason)),
                );
                positions
            }
            Err(Refused::Away(reason)) => {
                let since = noted.map(|away| away.since);
                self.problems.push(noticed::of_absent_store(since, &reason));
                HashMap::new()
            }
            Err(Refused::Said(error)) => {
                self.problem("store", &error);
                HashMap::new()
            }
        };
        let moves = self.look_for_a_move(spool, process);
        match journal::status(spool, &positions) {
            Ok(journal) => {
                if let Some(error) = journal.unknown_segment(spool) {
                    self.problem("journal", &error);
                }
                if !moves {
                    self.problems.extend(noticed::of_backlog(journal.oldest, now));
                }
                self.journal = JournalStatus {
                    segments: journal.segments,
                    bytes_waiting: journal.bytes_waiting,
                    oldest: journal.oldest.map(rfc3339),
                };
            }
            Err(error) => self.problem("journal", &error),
        }
        let is_published = self.config.revision > 0;
        if !self.worker.running && !self.worker.autostart && is_published {
            self.problems.extend(noticed::of_absence(lock::absent_for(spool, now)));
        }
    }

    /// Whether the log is being moved at this moment, so that events wait for that. A store in the spool
    /// that was left behind is told.
    fn look_for_a_move(&mut self, spool: &Spool, process: &Process) -> bool {
        if lock::holder(spool).is_ok_and(|holder| holder.is_some_and(|holder| holder.moves)) {
            return true;
        }
        if let Some(address) = process.settings().store.as_deref()
            && store::is_on_a_server(Some(address))
        {
            match store::left_behind(spool) {
                Ok(Some(left)) => {
                    self.problems.push(noticed::of_left_behind(&left, spool.path(), address));
                }
                Ok(None) => {}
                Err(error) => self.problem("store_left", &error),
            }
        }
        false
    }

    /// Whether anything can be written, and the disk's room.
    fn look_at_room(&mut self, spool: &Spool, says_full: bool) {
        let room = match spool.room() {
            Ok(room) => room,
            Err(error) => return self.problem("spool", &error),
        };
        if room.is_read_only {
            self.spool.usable = false;
            self.problems.push(noticed::of_read_only(spool.path()));
        } else if says_full || room.bytes < noticed::NO_BYTES {
            self.problem("disk", &JournalError::Full { path: spool.path().to_owned() });
        } else if let Some(files) = room.files.filter(|files| *files < noticed::FEW_FILES) {
            self.problems.push(noticed::of_few_files(spool.path(), files));
        }
    }

    /// What the store knows; how far it has read each segment of the journal.
    fn ask_for_store(
        &mut self,
        process: &mut Process,
        published: Option<&Published>,
        now: i64,
    ) -> Result<HashMap<SegmentId, u64>, Refused> {
        process.spool().map_err(|error| Refused::Said(error.to_string()))?;
        let told = |error: StoreError| match error {
            StoreError::Unavailable { .. } => Refused::Away(error.to_string()),
            error => Refused::Said(error.to_string()),
        };
        let Some(log) = process.log().map_err(told)? else { return Ok(HashMap::new()) };
        let summary = log.summary().map_err(told)?;
        self.store.size = summary.size;
        self.store.schema = Some(summary.schema);
        self.store.announcements = summary.announcements;
        self.store.workers.clone_from(&summary.workers);
        self.ask_for_deaths(&summary.deaths, now);
        self.problems.extend(noticed::of_store(&summary, now));
        if let Some(published) = published {
            let outages = log.outages(&|id| published.is_left_out(id)).map_err(told)?;
            let spool = process.spool().map_err(|error| Refused::Said(error.to_string()))?;
            self.problems.extend(noticed::of_outages(&outages, published, spool));
        }
        let is_told = self.problems.iter().any(|problem| problem.code == "worker");
        if !self.worker.running && self.worker.autostart && !is_told {
            let spool = process.spool().map_err(|error| Refused::Said(error.to_string()))?;
            if !start::is_coming_up(spool, now) {
                self.problems.extend(noticed::of_waiting(summary.waiting_since, now));
            }
        }
        Ok(summary.positions)
    }

    /// One death is an accident; a second one within an hour is a problem.
    fn ask_for_deaths(&mut self, deaths: &[i64], now: i64) {
        let hour = now - HOUR_MS..=now;
        let lately = deaths.iter().filter(|at| hour.contains(at)).count();
        if let Some(last) = deaths.last().filter(|_| lately > 1) {
            let message = format!(
                "the worker died {lately} times within the last hour, the last time at {}: \
                 worker.log in the spool and the system's own log say more",
                rfc3339(*last)
            );
            self.problem("worker_dies", &message);
        }
    }

    fn ask_for_worker(&mut self, spool: &Spool, beat: u32, now: i64) {
        match lock::holder(spool) {
            Ok(Some(holder)) => {
                self.worker.running = true;
                // All zero: it has just come up, and not said who it is yet.
                if holder.pid != 0 {
                    self.worker.pid = Some(holder.pid);
                    self.worker.since = Some(rfc3339(holder.since));
                    if holder.version != self.version {
                        let message = format!(
                            "the worker that runs is version {} and the PHP extension {}: one of \
                             them was updated; restart the worker, and PHP",
                            holder.version, self.version
                        );
                        self.problem("version", &message);
                    }
                    self.worker.version = Some(holder.version.clone());
                    self.problems.extend(noticed::of_beat(&holder, beat, now));
                }
                if let Some(bytes) = holder.file_size.filter(|bytes| *bytes < SMALL_FILE) {
                    let message = format!(
                        "the worker may only write files of at most {bytes} bytes, and stops when \
                         its log of deliveries has as many: raise the limit of a file's size \
                         (`ulimit -f`, systemd's LimitFSIZE) where PHP or the worker is started, \
                         and restart both"
                    );
                    self.problem("file_size", &message);
                }
            }
            Ok(None) => {}
            Err(error) => self.problem("worker", &error),
        }
        if let Some((error, at)) = start::last_error(spool) {
            if !self.worker.running && !start::is_coming_up(spool, now) {
                self.problem("worker", &format!("the worker can't be started: {error}"));
            }
            self.worker.last_error = Some(error);
            self.worker.last_error_at = Some(rfc3339(at));
        }
    }

    /// Whether the worker may open as many connections as it is to have.
    fn compare_limits(&mut self, spool: &Spool, config: &Published) {
        let Ok(Some(holder)) = lock::holder(spool) else { return };
        let too_few = match config.max_in_flight {
            None => holder.descriptors.is_some(),
            Some(wanted) => holder.possible > 0 && wanted > holder.possible,
        };
        if too_few {
            let message = format!(
                "the worker may open too few files for more than {} requests at once: raise the \
                 limit of open files (`ulimit -n`, systemd's LimitNOFILE) where PHP or the worker \
                 is started, and restart both, or set webhooks.max_in_flight in php.ini",
                holder.possible
            );
            self.problem("descriptors", &message);
        }
    }

    /// Returns what was published, where this process may read it.
    fn ask_for_config(&mut self, spool: &Spool, process: &mut Process) -> Option<Rc<Published>> {
        match process.published_config(spool) {
            Ok(Some(config)) => {
                if config.max_in_flight != process.settings().max_in_flight {
                    let message = "webhooks.max_in_flight in php.ini is not what the webhooks were \
                                   published with: save any webhook to publish them again";
                    self.problem("max_in_flight", &message);
                }
                if config.keep_segments != process.settings().keep_segments {
                    let message = "webhooks.keep_segments in php.ini is not what the webhooks were \
                                   published with: save any webhook to publish them again";
                    self.problem("keep_segments", &message);
                }
                if config.allow != process.settings().allow {
                    let message = "webhooks.allow in php.ini is not what the webhooks were \
                                   published with: save any webhook to publish them again";
                    self.problem("allow", &message);
                }
                self.compare_limits(spool, &config);
                for SetAside { id, name, field, message } in &config.set_aside {
                    let message = format!(
                        "the webhook \"{name}\" ({id}) is invalid, so its events are kept and not \
                         sent: {field}: {message}"
                    );
                    self.problem("invalid_webhook", &message);
                }
                self.config = ConfigStatus {
                    set_aside: config.set_aside.clone(),
                    revision: config.revision,
                    installation: config.installation.as_ref().map(|ours| ours.id.clone()),
                    fingerprint: config.installation.as_ref().map(|ours| ours.fingerprint.clone()),
                    held: config.held.clone(),
                    webhooks: config.webhooks,
                };
                // The other file, which each dispatch goes by.
                if let Err(error) = process.check_subscriptions(spool) {
                    self.problem("config", &error);
                }
                return Some(config);
            }
            Ok(None) => {}
            // Only the spool's owner may read it, so a member of its group is told what is in
            // the other file. Whoever may read it is told what is wrong with this one, too: the
            // worker goes on with what it read before, or waits.
            Err(error) => {
                let may_read = !matches!(error, ConfigError::Spool(_)) || is_owner(spool);
                process.look_again();
                match process.look().ok().and_then(|()| process.subscriptions()) {
                    Some(published) => {
                        self.config.revision = published.revision;
                        self.config.fingerprint.clone_from(&published.fingerprint);
                        self.config.held.clone_from(&published.held);
                        self.config.webhooks = published.webhooks;
                        if may_read {
                            self.problem("config", &error);
                        }
                    }
                    None => self.problem("config", &error),
                }
            }
        }
        None
    }
}

/// Whether this process may read what only the spool's owner may.
fn is_owner(spool: &Spool) -> bool {
    let user = rustix::process::geteuid().as_raw();
    user == 0 || user == spool.owner().0
}
