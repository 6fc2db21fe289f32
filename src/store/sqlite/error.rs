//! What SQLite says, in the words of [`StoreError`].

use std::ffi::c_int;

use rusqlite::{Connection, ErrorCode, ffi};

use crate::store::StoreError;

/// Why a step inside a transaction failed.
pub(crate) enum Trouble {
    /// SQLite refused.
    Engine(rusqlite::Error),
    /// The request itself can't be granted.
    Refused(String),
    /// What is to be written is larger than the engine takes.
    TooLarge(String),
}

impl From<rusqlite::Error> for Trouble {
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
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full { store, reason },
        Some(ErrorCode::SystemIoFailure) if is_full(connection) => {
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
        _ => StoreError::Failed { action, reason: format!("{reason} ({store})") },
    }
}

/// Whether the system call that failed last on this connection met a full disk or quota: SQLite
/// itself says "disk full" only for `ENOSPC` while writing, not while growing the `-shm`.
fn is_full(connection: &Connection) -> bool {
    // SAFETY: the handle is that of an open connection, which outlives this call; the function
    // only reads a number from it.
    let errno: c_int = unsafe { ffi::sqlite3_system_errno(connection.handle()) };
    errno == libc::ENOSPC || errno == libc::EDQUOT
}
