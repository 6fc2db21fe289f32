//! Why a config can't be published or read.

use std::fmt;

use super::{CONFIG_FILE, FORMAT, SUBSCRIPTIONS_FILE};
use domain::webhook::FieldError;
use spool::SpoolError;

/// Why a config can't be published or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The document is not of the form that the stub describes.
    #[error("the config can't be read at {path}: {message}")]
    Form {
        /// Where in the document.
        path: String,
        /// What is wrong.
        message: String,
    },
    /// A field of a webhook is wrong.
    #[error("webhook \"{webhook}\": {field}")]
    Webhook {
        /// Its id, or its place in the list.
        webhook: String,
        /// The field and what is expected.
        field: FieldError,
    },
    /// Two webhooks have one id.
    #[error("webhook \"{0}\": id: there are two webhooks with this id")]
    Twice(String),
    /// Something newer was published.
    #[error(
        "revision {offered} is not higher than the published {published}: somebody published \
         in between (or the database was restored); publish again with a higher one"
    )]
    Stale {
        /// The revision that was to be published.
        offered: u64,
        /// The one that stands.
        published: u64,
    },
    /// The spool belongs to another WordPress database.
    #[error(
        "the spool {path} belongs to another installation ({theirs}), not to this one ({ours}): \
         give each network a spool of its own (webhooks.spool in php.ini), or, if the other one \
         is gone, delete {path}/{CONFIG_FILE} and {path}/{SUBSCRIPTIONS_FILE}"
    )]
    OtherInstallation {
        /// The spool.
        path: String,
        /// The id in the spool.
        theirs: String,
        /// The id that was to be published.
        ours: String,
    },
    /// The same database id, but another place.
    #[error(
        "the spool {path} was published from another place ({theirs}) than this one ({ours}): \
         confirm in Network Admin › Webhooks that this network was moved, or that it is a copy"
    )]
    Moved {
        /// The spool.
        path: String,
        /// The fingerprint in the spool.
        theirs: String,
        /// The fingerprint that was to be published.
        ours: String,
    },
    /// Written by a newer version.
    #[error("{path} has format {found}, this version knows up to {FORMAT}: install the newer one")]
    Newer {
        /// The file.
        path: String,
        /// Its format.
        found: u32,
    },
    /// The file in the spool is damaged.
    #[error("{path} is damaged ({message}): publish again (save any webhook)")]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong.
        message: String,
    },
    /// Only the spool's owner may publish.
    #[error(
        "user {user} may append to the spool {path}, but only its owner {owner} (or root) may \
         publish webhooks, so that the worker can read their secrets"
    )]
    NotOwner {
        /// The spool.
        path: String,
        /// The user of this process.
        user: u32,
        /// The owner of the folder.
        owner: u32,
    },
    /// Another process has been publishing for too long.
    #[error("another process has held {0} for 5 seconds: try again, or end that process")]
    Busy(String),
    /// The spool can't be used.
    #[error(transparent)]
    Spool(#[from] SpoolError),
}

/// What is wrong at this place of a document.
pub(crate) fn form(path: &str, message: &dyn fmt::Display) -> ConfigError {
    ConfigError::Form { path: path.to_owned(), message: message.to_string() }
}
