//! A store that is open for reading: one connection, each read of which is a transaction that ends in time.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, FileControl, OpenFlags, Transaction};

use crate::sqlite::{Place, error, schema};
use crate::{Result, StoreError};

/// After this long a read is interrupted.
pub(super) const LONGEST_READ: Duration = Duration::from_secs(2);
/// How soon a reader looks again at an index that is being written.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// A connection and what it belongs to.
pub(super) struct Open {
    connection: Connection,
    /// Nanoseconds after `since` at which the read under way is interrupted.
    deadline: Arc<AtomicU64>,
    since: Instant,
    /// SQLite's locks and mappings don't survive a fork.
    pid: u32,
}

impl Open {
    /// `None` where there is no store yet.
    ///
    /// # Errors
    /// As [`SqliteLog::open`](super::SqliteLog::open).
    pub(super) fn new(place: &Place) -> Result<Option<Self>> {
        let path = place.path();
        let address = format!("sqlite:{}", path.display());
        let failed = |reason: String| StoreError::Failed { action: "opening the log", reason };
        if place.sizes()?.is_none() {
            return Ok(None);
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
            | OpenFlags::SQLITE_OPEN_URI
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        let mut connection = Connection::open_with_flags(uri(path), flags)
            .map_err(|error| failed(format!("{error} ({address})")))?;
        let since = Instant::now();
        let deadline = Arc::new(AtomicU64::new(u64::MAX));
        let shared = Arc::clone(&deadline);
        let late = move || since.elapsed().as_nanos() > u128::from(shared.load(Ordering::Relaxed));
        let found = connection
            .progress_handler(1000, Some(late))
            .and_then(|()| connection.busy_timeout(LONGEST_READ))
            .and_then(|()| {
                when_settled(|| since.elapsed() < LONGEST_READ, || schema::find(&connection))
            })
            .map_err(|error| error::from(&connection, &address, "opening the log", error))?;
        match found {
            schema::Found::Empty | schema::Found::Store(0) => Ok(None),
            schema::Found::Store(schema::VERSION) => {
                Ok(Some(Self { connection, deadline, since, pid: std::process::id() }))
            }
            schema::Found::Store(found) if found > schema::VERSION => {
                Err(StoreError::Newer { store: address, found, known: schema::VERSION })
            }
            schema::Found::Store(found) => Err(failed(format!(
                "{address} still has schema version {found}; it becomes {} when the worker of \
                 this version starts",
                schema::VERSION
            ))),
            schema::Found::Foreign => Err(schema::foreign(&address)),
        }
    }

    /// Runs one short transaction, which is interrupted after `longest`.
    pub(super) fn read<T>(
        &self,
        longest: Duration,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let Self { connection, deadline, since, .. } = self;
        let until = since.elapsed() + longest;
        deadline.store(u64::try_from(until.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
        let result = begin(connection, || since.elapsed() < until).and_then(|transaction| {
            read(connection).and_then(|read| {
                transaction.finish()?;
                Ok(read)
            })
        });
        deadline.store(u64::MAX, Ordering::Relaxed);
        result
    }

    /// Why a read of the store at this address failed.
    pub(super) fn error(&self, address: &str, error: rusqlite::Error) -> StoreError {
        error::from(&self.connection, address, "reading the log", error)
    }

    /// Whether another process opened it, of which this one is a fork.
    pub(super) fn is_forked(&self) -> bool {
        self.pid != std::process::id()
    }

    /// Whether the file is no longer where it was opened.
    pub(super) fn has_moved(&self) -> bool {
        let mut moved = 0;
        let asked = self
            .connection
            .file_control(rusqlite::MAIN_DB.into(), FileControl::HasMoved(&mut moved));
        asked.is_err() || moved != 0
    }
}

/// Whether a read was interrupted because it took too long.
pub(super) fn is_late(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted)
}

/// Begins to read: from here on nothing changes.
fn begin(connection: &Connection, in_time: impl Fn() -> bool) -> rusqlite::Result<Transaction<'_>> {
    when_settled(in_time, || {
        let transaction = connection.unchecked_transaction()?;
        let mut first = connection.prepare_cached("SELECT count(*) FROM sqlite_schema")?;
        first.query_row([], |_| Ok(()))?;
        Ok(transaction)
    })
}

/// A worker that has just come up writes the WAL's index anew, and a reader that looks at it in
/// that moment is told that it may not do so itself: it looks again.
fn when_settled<T>(
    in_time: impl Fn() -> bool,
    look: impl Fn() -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    loop {
        match look() {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::ReadOnly) && in_time() => {
                std::thread::sleep(LOOK_AGAIN);
            }
            outcome => return outcome,
        }
    }
}

/// The path as the URI by which SQLite takes the options of a reader.
fn uri(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt;
    let mut uri = String::from("file:");
    for &byte in path.as_os_str().as_bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                uri.push(byte.into());
            }
            _ => {
                use std::fmt::Write;
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri + "?mode=ro&readonly_shm=1"
}
