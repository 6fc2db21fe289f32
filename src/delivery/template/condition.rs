//! A condition, which says whether a webhook gets an event.

use std::fmt;

use minijinja::AutoEscape;

use super::error::{explain, unreadable};
use super::fuel::Tank;
use super::program::{self, Program, Source};
use super::{Envelope, MAX_CONDITION, TemplateError, check_visible, depth, run};
use crate::json::{Json, NotJson, Places};

/// A condition, compiled.
pub struct Condition {
    program: Program,
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Condition({:?})", self.program.text())
    }
}

impl Condition {
    /// Compiles an expression, such as `data.payment_total_raw >= 100 and site.id in [2, 3]`.
    ///
    /// # Errors
    /// A mistake in its syntax.
    pub fn parse(source: &str) -> Result<Self, TemplateError> {
        if source.len() > MAX_CONDITION {
            let message = format!(
                "the condition has {} bytes, at most {MAX_CONDITION} are possible",
                source.len()
            );
            return Err(TemplateError::new(message));
        }
        check_visible(source, |it| {
            format!("the condition contains {it}: delete it, or write it in a text as an escape")
        })?;
        depth::check(source, true)?;
        let program = Program::expression(Source { text: source.to_owned(), name: "condition" })
            .map_err(|error| explain(&error, source))?;
        Ok(Self { program })
    }

    /// Whether it is true of an event's envelope (JSON).
    ///
    /// # Errors
    /// A name that the event does not have, values that can't be compared, or the limit.
    pub fn holds(&self, envelope: &Envelope<'_>) -> Result<bool, TemplateError> {
        let tank = Tank::of_condition();
        let value = run(&self.program, envelope, tank, &mut String::new(), AutoEscape::None)?;
        Ok(value.is_some_and(|value| value.is_true()))
    }

    /// What it reads of an event's envelope (JSON), in its own order: dotted names and their
    /// values, null where there is none. Of a value that is long, its beginning.
    ///
    /// # Errors
    /// Where the envelope can't be read.
    pub fn values(
        &self,
        envelope: &[u8],
    ) -> Result<serde_json::Map<String, serde_json::Value>, TemplateError> {
        let text = std::str::from_utf8(envelope)
            .map_err(|error| unreadable(NotJson::at_byte(error.valid_up_to())))?;
        let places = Places::of(text).map_err(unreadable)?;
        let envelope = places.value(text);
        let source = self.program.text();
        let mut names = program::names(source);
        names.sort_unstable_by_key(|name| (source.find(name.as_str()), name.len()));
        Ok(names
            .into_iter()
            .map(|name| {
                let value = envelope.path(name.split('.')).map(shown).unwrap_or_default();
                (name, value)
            })
            .collect())
    }
}

/// A value as people are shown it: what is large, or nests deeply, as the beginning of its text.
fn shown(json: Json<'_>) -> serde_json::Value {
    const SHOWN: usize = 10_000;
    let raw = json.raw();
    match serde_json::from_str(raw) {
        Ok(value) if raw.len() <= SHOWN => value,
        _ => {
            let end = raw.floor_char_boundary(SHOWN.min(raw.len()));
            format!("{}…", &raw[..end]).into()
        }
    }
}
