//! `worker.lock`: one worker per spool.
//!
//! An open file description lock (Linux `F_OFD_SETLK`): it belongs to the open file, not to a
//! process or thread, ends with it, and can be asked for (`F_OFD_GETLK`) without taking
//! anything. The file is never unlinked, else two workers could hold two files of one name.
//! Its content names the holder, for people, and for the next one: a worker that leaves takes its
//! name out, so whoever finds one knows that its bearer died.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::os::fd::AsRawFd;

use serde::{Deserialize, Serialize};

use config::CONFIG_FILE;
use spool::{Access, Privacy, Spool, SpoolError};

const LOCK_FILE: &str = "worker.lock";
/// What is read of it at most, in bytes.
const MAX_HOLDER: u64 = 4096;

/// The worker that holds the lock, as it described itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Its process id, as seen in its own pid namespace.
    pub pid: u32,
    /// When it took the lock, in Unix milliseconds.
    pub since: i64,
    /// Its version.
    pub version: String,
    /// How many bytes a file that it writes may have (`ulimit -f`), where that is limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_size: Option<u64>,
    /// How many descriptors it may have (`ulimit -n`), where that is why no more requests are
    /// under way at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub descriptors: Option<u64>,
    /// For how many requests under way it has descriptors; 0: not known.
    #[serde(default)]
    pub possible: u32,
    /// Whether it is none, but moves the log (`webhooks-worker migrate`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub moves: bool,
}

/// The lock, held until dropped or released.
#[derive(Debug)]
pub struct WorkerLock {
    file: File,
    died: Option<Holder>,
}

impl WorkerLock {
    /// Takes the lock for the worker that `holder` describes; `None` where another has it.
    ///
    /// # Errors
    /// Where the file can't be opened, locked or written.
    pub fn take(spool: &Spool, holder: &Holder) -> Result<Option<Self>, SpoolError> {
        let file = spool.top().open_or_create(LOCK_FILE, Access::ReadWrite, Privacy::Shared)?;
        let mut lock = Self { file, died: None };
        lock.try_take(holder)
            .map(|taken| taken.then_some(lock))
            .map_err(|error| spool.top().error(LOCK_FILE, "lock the worker's file", error))
    }

    fn try_take(&mut self, holder: &Holder) -> io::Result<bool> {
        if !self.lock()? {
            return Ok(false);
        }
        let mut said = Vec::new();
        Read::by_ref(&mut self.file).take(MAX_HOLDER).read_to_end(&mut said)?;
        self.died = serde_json::from_slice(&said).ok();
        self.describe(holder)?;
        Ok(true)
    }

    /// The worker that held the lock before and has not released it: it died.
    pub fn died(&self) -> Option<&Holder> {
        self.died.as_ref()
    }

    /// Takes the lock again after [`release`](Self::release); `false` where another has it now.
    ///
    /// # Errors
    /// Where it can't be locked or written.
    pub fn retake(&self, holder: &Holder) -> io::Result<bool> {
        if !self.lock()? {
            return Ok(false);
        }
        self.describe(holder)?;
        Ok(true)
    }

    /// Leaves the file as it was found, for a worker that did not come up: whoever died before it
    /// is still to be counted, and it is not one itself.
    ///
    /// # Errors
    /// Where the kernel refused.
    pub fn put_back(&self) -> io::Result<()> {
        match &self.died {
            Some(died) => self.describe(died)?,
            None => self.file.set_len(0)?,
        }
        control(&self.file, libc::F_OFD_SETLK, libc::F_UNLCK).map(drop)
    }

    fn lock(&self) -> io::Result<bool> {
        match control(&self.file, libc::F_OFD_SETLK, libc::F_WRLCK) {
            Ok(_) => Ok(true),
            Err(error) if error.raw_os_error() == Some(libc::EAGAIN) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn describe(&self, holder: &Holder) -> io::Result<()> {
        let mut file = &self.file;
        file.set_len(0)?;
        file.rewind()?;
        // Full disk: the content is only for people, the lock holds without it.
        let _ = file.write_all(&serde_json::to_vec(holder)?);
        Ok(())
    }

    /// Lets another worker take it, which finds nobody's word and knows that nobody died.
    ///
    /// # Errors
    /// Where the kernel refused.
    pub fn release(&self) -> io::Result<()> {
        self.file.set_len(0)?;
        control(&self.file, libc::F_OFD_SETLK, libc::F_UNLCK).map(drop)
    }
}

/// Whether a worker holds the lock. Takes nothing.
///
/// # Errors
/// Where the file is there and can't be opened or asked.
pub fn is_held(spool: &Spool) -> Result<bool, SpoolError> {
    let Some(file) = spool.top().open(LOCK_FILE, Access::ReadWrite)? else {
        return Ok(false);
    };
    control(&file, libc::F_OFD_GETLK, libc::F_WRLCK)
        .map(|found| found != libc::F_UNLCK)
        .map_err(|error| spool.top().error(LOCK_FILE, "ask for the worker's lock", error))
}

/// The worker that holds the lock. Takes nothing.
///
/// # Errors
/// See [`is_held`].
pub fn holder(spool: &Spool) -> Result<Option<Holder>, SpoolError> {
    if !is_held(spool)? {
        return Ok(None);
    }
    let content = spool.top().read(LOCK_FILE, MAX_HOLDER)?.unwrap_or_default();
    // Between locking and writing, or on a full disk, nobody knows who it is.
    let unknown = Holder::default();
    Ok(Some(serde_json::from_slice(&content).unwrap_or(unknown)))
}

/// For how long no worker has been wanted or there, in milliseconds as seen at `unix_ms`: since the
/// last one left of its own accord, or where none ever came, since the webhooks were published.
/// `None` where it died.
pub fn absent_for(spool: &Spool, unix_ms: i64) -> Option<i64> {
    let since = match spool.top().version(LOCK_FILE).ok()? {
        Some(stamp) => Some(stamp).filter(|stamp| stamp.size == 0),
        None => spool.top().version(CONFIG_FILE).ok()?,
    };
    since.map(|stamp| stamp.age_ms(unix_ms))
}

/// One `fcntl` with a lock of the whole file; returns the lock type that the kernel left.
fn control(file: &File, command: libc::c_int, kind: libc::c_int) -> io::Result<libc::c_int> {
    // SAFETY: `flock` is plain data, for which all zeroes is a value (and a pid of 0 is what
    // the OFD commands demand).
    let mut lock: libc::flock = unsafe { std::mem::zeroed() };
    lock.l_type = kind as libc::c_short;
    lock.l_whence = libc::SEEK_SET as libc::c_short;
    // SAFETY: the descriptor is open for as long as `file` is borrowed, and `lock` outlives
    // the call.
    let done = unsafe { libc::fcntl(file.as_raw_fd(), command, &raw mut lock) };
    if done == -1 { Err(io::Error::last_os_error()) } else { Ok(lock.l_type.into()) }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn one_worker_holds_it_and_asking_takes_nothing() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o700)).expect("mode");
        let spool = Spool::open(folder.path()).expect("a spool");
        let me = Holder {
            pid: 7,
            since: 5,
            version: "1".into(),
            file_size: Some(9),
            ..Holder::default()
        };
        assert_eq!(holder(&spool).unwrap(), None, "no file yet");

        let lock = WorkerLock::take(&spool, &me).unwrap().expect("nobody has it");
        assert!(WorkerLock::take(&spool, &me).unwrap().is_none(), "another open file");
        for _ in 0..2 {
            assert_eq!(holder(&spool).unwrap(), Some(me.clone()));
        }

        lock.release().unwrap();
        assert!(!is_held(&spool).unwrap());
        let second = WorkerLock::take(&spool, &me).unwrap().expect("released");
        assert!(!lock.retake(&me).unwrap(), "taken meanwhile");
        drop(second);
        assert!(lock.retake(&me).unwrap());
    }

    #[test]
    fn whoever_left_without_releasing_it_has_died() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o700)).expect("mode");
        let spool = Spool::open(folder.path()).expect("a spool");
        let take = |pid| {
            let me = Holder { pid, since: 5, ..Holder::default() };
            WorkerLock::take(&spool, &me).unwrap().expect("nobody has it")
        };
        let first = take(1);
        assert_eq!(first.died(), None);
        first.release().unwrap();
        assert_eq!(take(2).died(), None);
        // That one was dropped, as the kernel does with what a dead process held.
        assert_eq!(take(3).died().map(|died| died.pid), Some(2));
    }
}
