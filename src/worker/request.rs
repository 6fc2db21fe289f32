//! Requests to the worker: what people ask for goes through the journal like everything else.

use serde::{Deserialize, Serialize};

use crate::id::DeliveryId;

/// A wish, as JSON in the body of a record of kind [`crate::journal::KIND_REQUEST`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case")]
pub enum Request {
    /// Send these deliveries again, with a new schedule.
    Resend {
        /// Which.
        ids: Vec<DeliveryId>,
    },
    /// Send what a webhook missed: held and failed deliveries.
    Recover {
        /// The webhook's id.
        webhook: String,
        /// Created at or after, in Unix milliseconds.
        since: Option<i64>,
    },
    /// End the disabling of a webhook.
    Enable {
        /// The webhook's id.
        webhook: String,
        /// The disabling that this answers; another one stays.
        disabling: String,
    },
    /// Give up deliveries that wait.
    Cancel {
        /// The webhook's id.
        webhook: String,
    },
    /// Erase payloads in which one of these values occurs.
    Forget {
        /// Chosen by whoever asks, to find the answer among the announcements.
        token: String,
        /// An e-mail address.
        email: Option<String>,
        /// A user's id.
        user_id: Option<u64>,
    },
}
