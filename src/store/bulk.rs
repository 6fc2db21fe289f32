//! Changes of a whole result of the log.

use serde::{Deserialize, Serialize};

use super::log::DeliveriesQuery;
use super::{State, WebhookKey};

/// What is done to each delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Sent again, with a new schedule.
    Resend,
    /// Given up, where it waits.
    Cancel,
}

impl Action {
    /// The word used in JSON, PHP and the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Resend => "resend",
            Self::Cancel => "cancel",
        }
    }

    /// The action of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Resend, Self::Cancel].into_iter().find(|action| action.as_str() == word)
    }

    /// The state that follows.
    pub const fn to(self) -> State {
        match self {
            Self::Resend => State::Pending,
            Self::Cancel => State::Cancelled,
        }
    }

    /// The reason that the state is given.
    pub const fn reason(self) -> Option<&'static str> {
        match self {
            Self::Resend => None,
            Self::Cancel => Some("cancelled"),
        }
    }
}

/// A change of every delivery that a query finds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bulk {
    /// Names it; chosen by whoever asks.
    pub token: String,
    /// What is done.
    pub action: Action,
    /// To which deliveries.
    pub query: DeliveriesQuery,
    /// How many there were when it was asked for.
    pub matched: u64,
}

/// What a step of the changes under way did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BulkStep {
    /// Webhooks of which deliveries were changed, each once.
    pub webhooks: Vec<WebhookKey>,
    /// Whether anything is left to do.
    pub more: bool,
}
