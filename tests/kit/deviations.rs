//! What does not hold after a run under faults.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Deviations: each assertion with its first examples.
#[derive(Debug, Default)]
pub struct Deviations(BTreeMap<&'static str, Vec<String>>);

impl Deviations {
    /// Notes one of an assertion.
    pub fn add(&mut self, assertion: &'static str, what: impl Into<String>) {
        self.0.entry(assertion).or_default().push(what.into());
    }

    /// A line for each assertion; empty: all of them hold.
    pub fn report(&self) -> String {
        let mut text = String::new();
        for (assertion, examples) in &self.0 {
            let first: Vec<_> = examples.iter().take(3).map(String::as_str).collect();
            let _ = write!(text, "\n  {assertion}: {} ({})", examples.len(), first.join("; "));
        }
        text
    }
}
