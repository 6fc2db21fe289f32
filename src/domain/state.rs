//! The states of a delivery, and which may follow which.
//!
//! ```text
//!                 ┌────────────── resend, recover ──────────────┐
//!                 ▼                                             │
//!  (new) ──▶ pending ◀──▶ delivering ──▶ delivered ─────────────┤
//!    │          │              ├───────▶ failed ────────────────┤
//!    ├──▶ held ◀┤              └───────▶ held                   │
//!    │     ├────┼──▶ cancelled                                  │
//!    │     └────┼──▶ expired                                    │
//!    └──▶ skipped ──────────────────────────────────────────────┘
//! ```

use serde::{Deserialize, Serialize};

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum State {
    /// Waits for its next attempt.
    Pending = 0,
    /// An attempt is under way.
    Delivering = 1,
    /// The endpoint took it (2xx).
    Delivered = 2,
    /// Ran out of attempts, or can't be sent at all; can be resent.
    Failed = 3,
    /// Its webhook is paused or disabled; can be recovered.
    Held = 4,
    /// Its webhook was deleted, or an admin cancelled it.
    Cancelled = 5,
    /// The webhook's condition said no.
    Skipped = 6,
    /// Held for longer than the retention.
    Expired = 7,
}

/// A transition that must not happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a delivery can't go from {from} to {to}")]
pub struct Forbidden {
    /// The present state.
    pub from: State,
    /// The state that was asked for.
    pub to: State,
}

impl State {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 8] = [
        Self::Pending,
        Self::Delivering,
        Self::Delivered,
        Self::Failed,
        Self::Held,
        Self::Cancelled,
        Self::Skipped,
        Self::Expired,
    ];

    /// The state with this number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// The word used in JSON, PHP and on the pages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivering => "delivering",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Held => "held",
            Self::Cancelled => "cancelled",
            Self::Skipped => "skipped",
            Self::Expired => "expired",
        }
    }

    /// Whether nothing more happens by itself.
    pub const fn is_settled(self) -> bool {
        !matches!(self, Self::Pending | Self::Delivering)
    }

    /// Whether a delivery may go from this state to `to`.
    pub const fn may_become(self, to: Self) -> bool {
        use State::{Cancelled, Delivered, Delivering, Expired, Failed, Held, Pending, Skipped};
        matches!(
            (self, to),
            (Pending, Delivering | Held | Cancelled | Failed)
                | (Delivering, Pending | Delivered | Failed | Held | Cancelled)
                | (Held, Pending | Cancelled | Expired)
                // A person's wish: resend or recover.
                | (Delivered | Failed | Cancelled | Skipped | Expired, Pending)
        )
    }

    /// `to`, if a delivery may go there.
    ///
    /// # Errors
    /// Where it may not.
    pub const fn become_state(self, to: Self) -> Result<Self, Forbidden> {
        if self.may_become(to) { Ok(to) } else { Err(Forbidden { from: self, to }) }
    }
}

impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_words_are_one_to_one() {
        for (number, state) in (0u8..).zip(State::ALL) {
            assert_eq!(state as u8, number);
            assert_eq!(State::from_number(number), Some(state));
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
        assert_eq!(State::from_number(8), None);
    }

    #[test]
    fn only_a_claimed_delivery_can_become_delivered() {
        for from in State::ALL {
            let allowed = from.may_become(State::Delivered);
            assert_eq!(allowed, from == State::Delivering, "{from}");
        }
    }
}
