//! What was measured: kept, printed, written.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::Result;
use crate::figures::{FIGURES, Figure};
use crate::rounds::{Rounds, median, spread};

/// The figures of one build.
#[derive(Default)]
pub(crate) struct Results {
    rounds: Vec<(&'static str, Rounds)>,
    notes: Vec<String>,
}

impl Results {
    /// Adds a figure, which is the median of its rounds.
    pub(crate) fn add(&mut self, key: &'static str, rounds: Rounds) {
        say(&format!("  {key:<24} {}", shown(median(&rounds))));
        self.rounds.push((key, rounds));
    }

    /// Adds a sentence about what was seen beside the figures.
    pub(crate) fn note(&mut self, note: String) {
        say(&format!("    {note}"));
        self.notes.push(note);
    }

    /// The figure with this key, where it was measured.
    pub(crate) fn value(&self, key: &str) -> Option<f64> {
        Some(median(self.rounds(key)?))
    }

    fn rounds(&self, key: &str) -> Option<&Rounds> {
        self.rounds.iter().find(|(known, _)| *known == key).map(|(_, rounds)| rounds)
    }

    /// The figures that were measured, in the order of the table.
    pub(crate) fn figures(&self) -> impl Iterator<Item = (&'static Figure, f64, &Rounds)> {
        FIGURES.iter().filter_map(|figure| {
            let rounds = self.rounds(figure.key)?;
            Some((figure, median(rounds), rounds))
        })
    }

    /// The sentences.
    pub(crate) fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The table, for a terminal.
    pub(crate) fn table(&self, base: Option<&Self>) -> String {
        let mut text = format!(
            "{:<22} {:>11} {:>23} {:>4}  {:>9} {:>9}  {:<4}  {}\n",
            "figure", "median", "middle half", "n", "must", "aim", "met", "peer"
        );
        for (figure, value, rounds) in self.figures() {
            let (low, high) = spread(rounds);
            let _ = write!(
                text,
                "{:<22} {:>11} {:>23} {:>4}  {:>9} {:>9}  {:<4}  {}",
                figure.key,
                shown(value),
                format!("{} – {}", shown(low), shown(high)),
                rounds.len(),
                shown(figure.must),
                shown(figure.aim),
                figure.met(value),
                figure.peer
            );
            if let Some(before) = base.and_then(|base| base.value(figure.key)) {
                let _ = write!(text, "  was {}: × {:.3}", shown(before), value / before);
            }
            text.push('\n');
        }
        text
    }

    /// Writes `results.json` and the rounds into this folder.
    pub(crate) fn write(&self, folder: &Path) -> Result {
        let raw = folder.join("raw");
        let _ = fs::remove_dir_all(&raw);
        fs::create_dir_all(&raw)?;
        let mut all = Map::new();
        for (figure, value, rounds) in self.figures() {
            all.insert(figure.key.to_owned(), json!(value));
            fs::write(raw.join(format!("{}.json", figure.key)), json!(rounds).to_string())?;
        }
        let text = serde_json::to_string_pretty(&Value::Object(all))?;
        Ok(fs::write(folder.join("results.json"), text + "\n")?)
    }
}

/// A number with as many places as are of interest.
pub(crate) fn shown(value: f64) -> String {
    let places = match value.abs() {
        1000.0.. => 0,
        100.0..1000.0 => 1,
        10.0..100.0 => 2,
        _ => 3,
    };
    let text = format!("{value:.places$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// A line for whoever waits.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}
