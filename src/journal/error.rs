//! What can go wrong with the journal, as messages to a person.

use std::io;
use std::path::PathBuf;

use spool::{SpoolError, advice, is_full};

/// Why something could not be appended to the journal, or read from it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The spool does not let us.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// More than a record may have.
    #[error(
        "this event has {size} bytes, more than the {limit} that webhooks.max_payload allows: send less data, or raise webhooks.max_payload"
    )]
    TooLarge {
        /// Bytes of fields and body.
        size: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// The worker has given up its reserve so that it can drain the journal.
    #[error(
        "the disk of the spool {path} is full: make room on it; events are accepted again once the worker has its reserve back",
        path = path.display()
    )]
    Full {
        /// The spool.
        path: PathBuf,
    },
    /// The append failed, and nothing of it is left in the journal.
    #[error("cannot append to the journal ({path}) as {user}: {source}{}", advice(source), path = path.display())]
    Append {
        /// The segment.
        path: PathBuf,
        /// Name and number of the user that tried.
        user: String,
        /// What the system said.
        source: io::Error,
    },
    /// Only a part of the record went in, and it was taken back.
    #[error(
        "the journal ({path}) took only {written} of {size} bytes from {user}: {source}{}",
        advice(source),
        path = path.display()
    )]
    Short {
        /// The segment.
        path: PathBuf,
        /// Name and number of the user that tried.
        user: String,
        /// Bytes that found room.
        written: usize,
        /// Bytes of the record.
        size: usize,
        /// What the system said to the rest.
        source: io::Error,
    },
    /// The record is in the journal, but the disk would not confirm it (`webhooks.sync`).
    #[error("the journal ({path}) could not be made durable: {source}; the event may be lost in a power cut{}", advice(source), path = path.display())]
    Sync {
        /// The segment or its folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// More threads of one process than have ever been seen write to the journal.
    #[error(
        "{limit} threads of this process have a journal segment open already: use fewer threads per process"
    )]
    Threads {
        /// How many may.
        limit: usize,
    },
    /// A segment of a version that this program does not know.
    #[error(
        "{path} is a journal segment of format {version}, which this version does not know: start the version of webhooks-worker that wrote it",
        path = path.display()
    )]
    Version {
        /// The segment.
        path: PathBuf,
        /// Its format.
        version: u32,
    },
}

impl JournalError {
    /// Whether the disk, or this user's share of it, is full: what passes when room is made.
    pub fn is_full(&self) -> bool {
        match self {
            Self::Spool(error) => error.is_full(),
            Self::Append { source, .. }
            | Self::Short { source, .. }
            | Self::Sync { source, .. } => is_full(source),
            Self::Full { .. } => true,
            Self::TooLarge { .. } | Self::Threads { .. } | Self::Version { .. } => false,
        }
    }
}
