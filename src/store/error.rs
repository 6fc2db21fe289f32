//! Why the store refuses, by what can be done about it.

/// Why the store can't be used or a call on it failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Written by a newer version of this software.
    #[error(
        "{store} has schema version {found}, this worker knows up to {known}: \
         install the version of webhooks-worker that wrote it, or move the file away to start an empty log"
    )]
    Newer {
        /// The store's address, without credentials.
        store: String,
        /// Its version.
        found: u32,
        /// The newest version known here.
        known: u32,
    },
    /// Not a store, or damaged: it can be set aside.
    #[error("{store} is damaged: {reason}")]
    Corrupt {
        /// The store's address, without credentials.
        store: String,
        /// What the engine said.
        reason: String,
    },
    /// No room for what was to be written.
    #[error("no room left in {store}: {reason}")]
    Full {
        /// The store's address, without credentials.
        store: String,
        /// What the engine said.
        reason: String,
    },
    /// A database server has no room for what was to be written. Its disk is none that the worker could make
    /// room on: what is to be written waits, as where the server is away.
    #[error("no room left in {store}: {reason}")]
    ServerFull {
        /// The store's address, without credentials.
        store: String,
        /// What the server said.
        reason: String,
    },
    /// More than the engine can keep in one place; nothing of the call that said so was written, and
    /// its transaction can go on.
    #[error("too large for {store}: {reason}")]
    TooLarge {
        /// The store's address, without credentials.
        store: String,
        /// What the engine said.
        reason: String,
    },
    /// Another writer came first: the transaction is undone, and can be run again as it is.
    #[error("{store} was changed by somebody else meanwhile: {reason}")]
    Conflict {
        /// The store's address, without credentials.
        store: String,
        /// What the engine said.
        reason: String,
    },
    /// The store has lost what it had committed: with the node that had it, or as somebody restored it.
    /// Nothing was written. What it knows is to be loaded anew, and the journal read again from there.
    #[error(
        "{store} has lost what it had taken in of {segments} segments of the journal: these are read \
         again"
    )]
    WentBack {
        /// The store's address, without credentials.
        store: String,
        /// Segments that it has not read as far as it said.
        segments: usize,
    },
    /// Another worker writes under the identity of this spool, from another place: one of both spools is
    /// a copy. Nothing was written.
    #[error(
        "the worker of {server} writes into {store} under the identity of this spool as well, which is a \
         copy of its: stop this worker, delete spool.id in this spool, and start it again"
    )]
    Twice {
        /// The store's address, without credentials.
        store: String,
        /// The other one's server.
        server: String,
    },
    /// The engine can't be reached, or keeps everybody waiting: whether what was under way took
    /// place is not known. It is to be tried again later.
    #[error("{store} can't be reached: {reason}")]
    Unavailable {
        /// The store's address, without credentials.
        store: String,
        /// What the engine said.
        reason: String,
    },
    /// The engine reads and does not write.
    #[error("{store} can only be read: {reason}")]
    ReadOnly {
        /// The store's address, without credentials.
        store: String,
        /// What the engine said.
        reason: String,
    },
    /// The address names no engine of this version.
    #[error(
        "\"{0}\" is no store: expected sqlite:/path/of/a/file (empty: store.sqlite in the spool), or \
         mysql: (the network's own database)"
    )]
    Address(String),
    /// Anything else that the engine or the system refused.
    #[error("{action}: {reason}")]
    Failed {
        /// What was being done.
        action: &'static str,
        /// What the engine said.
        reason: String,
    },
}

/// Result of a call on the store.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;
