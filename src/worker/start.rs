//! Starting a worker from a PHP process, when none runs.
//!
//! One start at a time for all processes: `worker.start` is locked while one is made, and keeps
//! how often in a row it failed. A start is noted as failed *before* it is made; the worker that
//! comes up clears the note. So a binary that is missing, crashes or can't open the spool is
//! tried again after 1 s, 2 s, … 60 s, however many requests come, and its last words stand in
//! `webhooks_status()`.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use rustix::fs::FlockOperation;
use serde::{Deserialize, Serialize};

use super::lock;
use domain::clock::Clock;
use spool::{Access, Privacy, Spool, SpoolError};

const START_FILE: &str = "worker.start";
/// Longest wait between two starts, in milliseconds.
const MAX_BACKOFF: i64 = 60_000;
/// Most other places of which it is known how their starts went.
const MOST_PLACES: usize = 8;
/// What is noted of a start until it is known how it went.
const COMING_UP: &str = "it was started and has not come up";
/// How long a worker may take to come up, in milliseconds: it reads the store first.
const COMES_UP_MS: i64 = 10_000;

/// What to start.
#[derive(Debug, Clone)]
pub struct Launch {
    /// `webhooks.worker`: a path, or a name to be found in PATH.
    pub binary: PathBuf,
    /// `webhooks.store`, where it is not the default.
    pub store: Option<String>,
    /// `webhooks.deliver` is off: other servers deliver what it takes in.
    pub takes_in_only: bool,
}

/// What is known of the last starts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Starts {
    /// Failures in a row.
    pub failures: u32,
    /// When the last start was made, in Unix milliseconds.
    pub at: i64,
    /// Why it failed.
    pub error: String,
    /// From where it was made; see [`place`].
    from: String,
    /// Failures from other places, whose waiting is their own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    elsewhere: Vec<Elsewhere>,
}

/// Failures in a row from another place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Elsewhere {
    from: String,
    failures: u32,
    at: i64,
}

/// From where a process starts: its root, and the program it would start. One in a chroot that has no
/// worker, or with another php.ini, must not keep those from it that can.
fn place(launch: &Launch) -> String {
    let root = rustix::fs::stat("/").map_or((0, 0), |root| (root.st_dev, root.st_ino));
    format!("{}:{} {}", root.0, root.1, launch.binary.display())
}

impl Starts {
    /// The same, as it stands for a place.
    fn seen_from(mut self, place: String) -> Self {
        if self.from == place {
            return self;
        }
        let Self { failures, at, from, .. } = self;
        if failures > 0 {
            self.elsewhere.push(Elsewhere { from, failures, at });
        }
        let ours = self.elsewhere.iter().position(|other| other.from == place);
        let ours = ours.map(|at| self.elsewhere.remove(at)).unwrap_or_default();
        if self.elsewhere.len() > MOST_PLACES {
            self.elsewhere.remove(0);
        }
        Self { failures: ours.failures, at: ours.at, from: place, ..self }
    }

    fn may_start_at(&self) -> i64 {
        let doublings = self.failures.saturating_sub(1).min(10);
        self.at + (1000_i64 << doublings).min(MAX_BACKOFF)
    }
}

/// Makes sure that a worker runs, or was started a moment ago; `false` while starting fails.
/// Takes a few milliseconds if it starts one, else three system calls.
///
/// # Errors
/// Where this process may not start one, or the spool can't be used.
pub fn ensure(spool: &Spool, launch: &Launch, clock: &dyn Clock) -> Result<bool, SpoolError> {
    if lock::is_held(spool)? {
        return Ok(true);
    }
    let (owner, _) = spool.owner();
    let user = rustix::process::geteuid().as_raw();
    if user != 0 && user != owner {
        let reason = format!(
            "only the spool's owner (user {owner}) or root may start the worker, this is user {user}"
        );
        return Err(spool.top().error(START_FILE, "start a worker", io::Error::other(reason)));
    }
    let file = spool.top().open_or_create(START_FILE, Access::ReadWrite, Privacy::Shared)?;
    if rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
        return Ok(true); // Another process is just starting one.
    }
    let now = clock.unix_ms();
    let starts = read(&file).seen_from(place(launch));
    let waits = starts.failures > 0 && (starts.at..starts.may_start_at()).contains(&now);
    // It may have come up while this process got here.
    if waits || lock::is_held(spool)? {
        return lock::is_held(spool);
    }
    let failures = starts.failures.saturating_add(1);
    let mut starts = Starts { failures, at: now, error: COMING_UP.into(), ..starts };
    let noted = write(&file, &starts);
    if let Err(error) = spawn(spool, launch) {
        starts.error = error;
        let _ = write(&file, &starts);
        return Ok(false);
    }
    noted
        .map(|()| true)
        .map_err(|error| spool.top().error(START_FILE, "note the start of a worker", error))
}

/// Starts `webhooks-worker --daemonize` and waits for its first process, which leaves as soon as
/// it has forked. The worker itself closes inherited descriptors and resets signals.
fn spawn(spool: &Spool, launch: &Launch) -> Result<(), String> {
    let binary = launch.binary.display();
    let mut command = Command::new(&launch.binary);
    command.arg("--daemonize").arg("--spool").arg(spool.path());
    if let Some(store) = &launch.store {
        command.arg("--store").arg(store);
    }
    if launch.takes_in_only {
        command.arg("--take-in-only");
    }
    // The environment of a web server's process can hold passwords, and proxies that only
    // WordPress may set.
    let path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into());
    command.env_clear().env("PATH", path).current_dir("/");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| {
        let advice = match error.kind() {
            // No process more for this user or group of services (EAGAIN).
            io::ErrorKind::WouldBlock => "raise the limit of processes (`ulimit -u`, TasksMax)",
            io::ErrorKind::OutOfMemory => "there is too little memory for it",
            _ => "set webhooks.worker in php.ini to its path",
        };
        format!("{binary} can't be started: {error}; {advice}")
    })?;
    match child.wait() {
        Ok(status) if !status.success() => {
            Err(format!("{binary} ended at once ({status}); run it by hand to see why"))
        }
        // ECHILD: this program ignores SIGCHLD, so nobody can say how it went.
        _ => Ok(()),
    }
}

/// The last failure, while starting fails: its message and when it was, in Unix milliseconds.
pub fn last_error(spool: &Spool) -> Option<(String, i64)> {
    let bytes = spool.top().read(START_FILE, 64 << 10).ok()??;
    let starts: Starts = serde_json::from_slice(&bytes).ok()?;
    (starts.failures > 0).then_some((starts.error, starts.at))
}

/// Whether a first start was made a moment ago and has not failed yet: nothing is wrong so far.
pub fn is_coming_up(spool: &Spool, unix_ms: i64) -> bool {
    let Ok(Some(bytes)) = spool.top().read(START_FILE, 64 << 10) else { return false };
    serde_json::from_slice::<Starts>(&bytes).is_ok_and(|starts| {
        starts.failures == 1
            && starts.error == COMING_UP
            && (starts.at..starts.at + COMES_UP_MS).contains(&unix_ms)
    })
}

/// Notes how a start went: called by the worker itself, with `None` once it is up.
///
/// # Errors
/// Where the file can't be written.
pub fn report(spool: &Spool, error: Option<&str>) -> Result<(), SpoolError> {
    let file = spool.top().open_or_create(START_FILE, Access::ReadWrite, Privacy::Shared)?;
    let starts = match error {
        None => Starts::default(),
        Some(error) => Starts { error: error.into(), ..read(&file) },
    };
    write(&file, &starts)
        .map_err(|error| spool.top().error(START_FILE, "note the start of a worker", error))
}

/// What the file says; an unreadable one is as good as none.
fn read(mut file: &File) -> Starts {
    let mut bytes = Vec::new();
    let read = file.rewind().and_then(|()| file.take(64 << 10).read_to_end(&mut bytes));
    read.ok().and_then(|_| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

fn write(mut file: &File, starts: &Starts) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(&serde_json::to_vec(starts)?)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use domain::clock::ManualClock;

    /// Whether [`ensure`] says that starting fails; asked again where a child that another test has forked just now
    /// still has the lock, as it has all that was open.
    fn is_refused(spool: &Spool, launch: &Launch, clock: &dyn Clock) -> bool {
        let refuses = || {
            std::thread::sleep(std::time::Duration::from_millis(1));
            !ensure(spool, launch, clock).unwrap()
        };
        !ensure(spool, launch, clock).unwrap() || (0..10_000).any(|_| refuses())
    }

    #[test]
    fn a_start_that_fails_is_told_and_waits_longer_each_time() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o700)).expect("mode");
        let spool = Spool::open(folder.path()).expect("a spool");
        let launch =
            Launch { binary: folder.path().join("absent"), store: None, takes_in_only: false };
        let clock = ManualClock::at(1_000_000);
        let mut tried_at = Vec::new();
        for _ in 0..200 {
            assert!(is_refused(&spool, &launch, &clock));
            let (message, at) = last_error(&spool).expect("an error");
            assert!(message.contains("absent can't be started"), "{message}");
            if tried_at.last() != Some(&at) {
                tried_at.push(at);
            }
            clock.advance(1000);
        }
        let waits: Vec<_> = tried_at.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert_eq!(waits, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000][..waits.len()]);
        assert!(waits.len() >= 7);

        report(&spool, Some("the store is damaged")).unwrap();
        assert_eq!(last_error(&spool).unwrap().0, "the store is damaged");
        report(&spool, None).unwrap();
        assert_eq!(last_error(&spool), None);
    }

    #[test]
    fn a_process_that_starts_one_keeps_others_from_it() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o700)).expect("mode");
        let spool = Spool::open(folder.path()).expect("a spool");
        let file = spool
            .top()
            .open_or_create(START_FILE, Access::ReadWrite, Privacy::Shared)
            .expect("the file");
        rustix::fs::flock(&file, FlockOperation::LockExclusive).expect("a lock");
        let launch = Launch { binary: "/absent".into(), store: None, takes_in_only: false };
        assert!(ensure(&spool, &launch, &ManualClock::at(0)).unwrap());
        assert_eq!(last_error(&spool), None, "nothing was tried");
    }

    #[test]
    fn a_process_that_can_not_start_it_kept_those_from_it_that_can() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o700)).expect("mode");
        let spool = Spool::open(folder.path()).expect("a spool");
        let clock = ManualClock::at(1_000_000);
        let launch = |name: &str| Launch {
            binary: folder.path().join(name),
            store: None,
            takes_in_only: false,
        };
        let tries = |launch: &Launch| {
            let before = last_error(&spool);
            assert!(is_refused(&spool, launch, &clock));
            clock.advance(1);
            last_error(&spool) != before
        };
        for _ in 0..5 {
            tries(&launch("absent"));
            clock.advance(20_000);
        }
        // Now it waits for long, which is nobody else's concern.
        assert!(tries(&launch("absent")));
        assert!(!tries(&launch("absent")));
        assert!(tries(&launch("other")));
        // And each for itself still waits.
        for _ in 0..10 {
            assert!(!tries(&launch("absent")));
            assert!(!tries(&launch("other")));
        }
        clock.advance(1000);
        assert!(!tries(&launch("absent")));
        assert!(tries(&launch("other")));
        for number in 0..50 {
            tries(&launch(&format!("{number}")));
        }
        let noted = std::fs::read(folder.path().join(START_FILE)).expect("the file");
        assert!(noted.len() < 4096);
    }
}
