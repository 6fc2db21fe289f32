//! How a webhook has been doing.

use serde::{Deserialize, Serialize};

/// How a webhook has been doing; owned by the store, never by the config.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Health {
    /// Whether an attempt has ever succeeded.
    pub proven: bool,
    /// Attempts that failed since the last success.
    pub failures_in_row: u32,
    /// When the first of them began, in Unix milliseconds.
    pub failing_since: Option<i64>,
    /// Whether the last attempt took over a second.
    pub slow: bool,
    /// When the next probe may be made (after five failures in a row), in Unix milliseconds.
    pub probe_at: Option<i64>,
    /// Probes that failed since then.
    pub probes: u32,
    /// Set while it is switched off.
    pub disabled: Option<Disabled>,
}

impl Health {
    /// Whether its next attempts may well fail or hang: nothing is known yet, or the last one did.
    pub fn is_suspect(&self) -> bool {
        !self.proven || self.slow || self.failures_in_row > 0
    }

    /// Whether any of it lies on the wall clock's line and still matters.
    pub fn has_times(&self) -> bool {
        self.probe_at.is_some() || self.failing_since.is_some()
    }

    /// Moves what lies on the wall clock's line by `ms`, as that was set by so much.
    pub fn shift(&mut self, ms: i64) {
        for time in [&mut self.probe_at, &mut self.failing_since] {
            *time = time.map(|at| at + ms);
        }
    }
}

/// A webhook that was switched off, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disabled {
    /// Names this disabling; an Enable has to answer it.
    pub id: String,
    /// Unix milliseconds.
    pub at: i64,
    /// A code: `gone` (410) or `failing` (every attempt failed for too long).
    pub reason: String,
}
