//! Requests to the worker: what people ask for goes through the journal like everything else.

use serde::{Deserialize, Serialize};

use domain::id::DeliveryId;
use store::Person;
use store::backfill::Backfill;
use store::bulk::Bulk;

/// Code of the announcement that answers [`Request::Forget`], with `token`, `events` and `missing`: the
/// servers whose journals were not searched yet, as no worker runs there.
pub const FORGOTTEN: &str = "forgotten";

/// A wish, as JSON in the body of a record of kind [`journal::KIND_REQUEST`].
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
    /// Give up these deliveries, where they wait.
    Cancel {
        /// Which.
        ids: Vec<DeliveryId>,
    },
    /// Change every delivery that a query finds.
    Bulk(Bulk),
    /// Send a webhook events of the log that it has not had.
    Backfill(Backfill),
    /// End a backfill, and give up what it made that has not been tried.
    StopBackfill {
        /// Which.
        token: String,
        /// Its webhook's id.
        webhook: String,
    },
    /// Erase the payloads in which a person occurs. Done once an announcement
    /// [`FORGOTTEN`](crate::FORGOTTEN) bears the token.
    Forget {
        /// Chosen by whoever asks.
        token: String,
        /// Who is to be forgotten.
        person: Person,
    },
}
