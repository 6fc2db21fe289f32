//! What the server or the way to it says, by what can be done about it.

use std::fmt;

use ::mysql::{DriverError, Error};

use super::address::Server;
use crate::StoreError;

/// What can be done about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Another writer came first: roll back, and run the transaction again as it is.
    Repeat,
    /// The connection is lost, or what it says of its transaction can't be relied on. Whether that
    /// took place is not known: the same writes are sent again.
    Lost,
    /// A node of a cluster that is not part of its majority: another node, or later.
    NotPrimary,
    /// The server reads and does not write: a replica, or one that somebody made read-only.
    ReadOnly,
    /// No room is left.
    Full,
    /// More than the server or its cluster takes at once: in smaller parts.
    TooLarge,
    /// The server has too much to do: later.
    Busy,
    /// Something that only a person can give.
    Denied,
    /// What was to be written is refused.
    Data,
    /// Anything else.
    Other,
}

impl Class {
    /// The class of an error.
    pub fn of(error: &Error) -> Self {
        match error {
            Error::MySqlError(error) => Self::of_code(error.code, &error.message),
            // Its type has no name here; a test holds the text. Any other is a connection that is gone.
            Error::CodecError(error) if error.to_string().contains("max_allowed_packet") => {
                Self::TooLarge
            }
            Error::IoError(_) | Error::CodecError(_) => Self::Lost,
            Error::DriverError(DriverError::PacketTooLarge) => Self::TooLarge,
            Error::DriverError(
                DriverError::ConnectTimeout
                | DriverError::CouldNotConnect(_)
                | DriverError::PacketOutOfSync
                | DriverError::Timeout
                | DriverError::UnexpectedPacket,
            ) => Self::Lost,
            Error::DriverError(DriverError::MismatchedStmtParams(..)) => Self::TooLarge,
            _ => Self::Other,
        }
    }

    fn of_code(code: u16, message: &str) -> Self {
        match code {
            // Duplicate key, lock wait timeout (the transaction stays open), deadlock, and taken back: at COMMIT by a
            // MySQL's group, before it so that a savepoint is gone.
            1062 | 1205 | 1213 | 1305 | 3101 => Self::Repeat,
            // At COMMIT on an isolated node: the batch *was* committed.
            1180 => Self::Lost,
            // Shutdown, aborted, killed, idle for too long.
            1053 | 1152 | 1317 | 1927 | 4031 => Self::Lost,
            1047 => Self::NotPrimary,
            1290 | 1792 | 1836 => Self::ReadOnly,
            1021 | 1114 => Self::Full,
            1105 if message.contains("writeset size") => Self::TooLarge,
            // Larger than max_allowed_packet; more than 65,535 parameters.
            1153 | 1390 => Self::TooLarge,
            // Connections, of this user, prepared statements, time of a statement (MariaDB, MySQL).
            1040 | 1203 | 1226 | 1461 | 1969 | 3024 => Self::Busy,
            1044 | 1045 | 1049 | 1142 | 1143 | 1146 | 1227 | 1698 => Self::Denied,
            1048 | 1264 | 1366 | 1406 => Self::Data,
            _ => Self::Other,
        }
    }

    /// Whether nothing more can be asked over a connection that said so.
    pub fn ends_connection(self) -> bool {
        matches!(self, Self::Lost | Self::NotPrimary)
    }
}

/// Whether the server undid a transaction so that another one could go on: it can be made again as it is.
pub(super) fn is_taken_back(error: &Error) -> bool {
    matches!(error, Error::MySqlError(error) if [1213, 3101].contains(&error.code))
}

/// The error in the words of [`StoreError`].
pub(super) fn from(server: &Server, action: &'static str, error: &Error) -> StoreError {
    let store = server.to_string();
    let reason = Said(error).to_string();
    match Class::of(error) {
        Class::Repeat => StoreError::Conflict { store, reason },
        Class::Lost | Class::NotPrimary | Class::Busy => StoreError::Unavailable { store, reason },
        Class::ReadOnly => StoreError::ReadOnly { store, reason },
        Class::Full => StoreError::ServerFull { store, reason },
        Class::TooLarge => StoreError::TooLarge { store, reason },
        Class::Denied => StoreError::Failed {
            action,
            reason: format!("{reason} ({store}){}", remedy(server, error)),
        },
        Class::Data | Class::Other => {
            StoreError::Failed { action, reason: format!("{reason} ({store})") }
        }
    }
}

/// What only a person can do, as a sentence.
fn remedy(server: &Server, error: &Error) -> String {
    let code = if let Error::MySqlError(error) = error { error.code } else { 0 };
    let database = server.database.replace('`', "``");
    match code {
        1045 | 1698 => {
            ". The user or its password is wrong, or it may not come from this host".into()
        }
        1049 => format!(". Try: CREATE DATABASE `{database}`"),
        1146 => ". A table was removed: the worker makes it at its next start".into(),
        _ => format!(
            ". Try: GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX, DROP ON `{database}`.* TO the user '{}'",
            server.user.replace('\'', "''")
        ),
    }
}

/// An error without the frame that the crate puts around it.
struct Said<'a>(&'a Error);

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Error::MySqlError(error) => write!(f, "{} (error {})", error.message, error.code),
            Error::IoError(error) => write!(f, "{error}"),
            Error::CodecError(error) => write!(f, "{error}"),
            Error::DriverError(error) => write!(f, "{error}"),
            error => write!(f, "{error}"),
        }
    }
}
