//! What SQLite says, in the words of [`StoreError`].

use std::ffi::c_int;

use rusqlite::{Connection, ErrorCode, ffi};

use crate::StoreError;
use spool::{advice, is_full};

/// Why a step inside a transaction failed.
pub(crate) enum SqliteError {
    /// SQLite refused.
    Engine(rusqlite::Error),
    /// The request itself can't be granted.
    Refused(String),
    /// What is to be written is larger than the engine takes.
    TooLarge(String),
}

impl From<rusqlite::Error> for SqliteError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Engine(error)
    }
}

/// Sorts SQLite's error by what can be done about it.
#[allow(clippy::needless_pass_by_value, reason = "the form that map_err wants")]
pub(crate) fn from(
    connection: &Connection,
    store: &str,
    action: &'static str,
    error: rusqlite::Error,
) -> StoreError {
    let store = store.to_owned();
    let reason = error.to_string();
    let system = system_error(connection);
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full { store, reason },
        // SQLite itself says "disk full" only for `ENOSPC` while writing, not while growing the
        // `-shm`, and for no quota.
        Some(ErrorCode::SystemIoFailure) if system.as_ref().is_some_and(is_full) => {
            StoreError::Full { store, reason }
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            StoreError::Corrupt { store, reason }
        }
        Some(ErrorCode::TooBig) => StoreError::TooLarge { store, reason },
        Some(ErrorCode::ReadOnly) => StoreError::ReadOnly { store, reason },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            StoreError::Unavailable { store, reason }
        }
        code => {
            let system = system.filter(|_| code == Some(ErrorCode::SystemIoFailure));
            let why = system.map(|system| format!(": {system}{}", advice(&system)));
            let reason = format!("{reason} ({store}){}", why.unwrap_or_default());
            StoreError::Failed { action, reason }
        }
    }
}

/// What the system call met that failed last on this connection, if one did.
fn system_error(connection: &Connection) -> Option<std::io::Error> {
    // SAFETY: the handle is that of an open connection, which outlives this call; the function
    // only reads a number from it.
    let errno: c_int = unsafe { ffi::sqlite3_system_errno(connection.handle()) };
    (errno != 0).then(|| std::io::Error::from_raw_os_error(errno))
}
