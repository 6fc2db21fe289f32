//! A mistake in a template or condition, as its author is told of it.

use std::fmt;

use minijinja::{Error, ErrorKind};

use super::{filters, fuel, services};
use crate::json::NotJson;
use domain::webhook::FieldError;

/// Messages of ours about values, which quote none.
const OURS: [&str; 12] = [
    fuel::TOO_LARGE,
    fuel::TOO_DEEP,
    filters::NO_KEY,
    filters::NO_PRODUCT,
    filters::NO_SUM,
    services::NO_DATE,
    services::NO_FORMAT,
    services::NO_ZONE,
    services::NO_LENGTH,
    services::NO_PATH,
    services::NO_VALUE,
    services::NO_MAP,
];

/// A mistake in a template or condition, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    /// From 1; 0: not at one place.
    pub line: u32,
    /// From 1, in characters; 0: not at one place.
    pub column: u32,
    /// What is wrong; parts of the template may be quoted, values of the event never.
    pub message: String,
}

impl TemplateError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { line: 0, column: 0, message: message.into() }
    }

    /// The mistake as one of a webhook's field.
    pub(crate) fn of(self, field: &str) -> FieldError {
        let place = (self.line > 0).then_some((self.line, self.column));
        FieldError { field: field.into(), message: self.message, place }
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column) {
            (0, _) => {}
            (line, 0) => write!(f, "line {line}: ")?,
            (line, column) => write!(f, "line {line}, column {column}: ")?,
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for TemplateError {}

pub(super) fn unreadable(error: NotJson) -> TemplateError {
    TemplateError::new(format!("the event's body can't be read: {error}"))
}

/// The place and reason of an error, without values of the event.
pub(super) fn explain(error: &Error, source: &str) -> TemplateError {
    let line = error.line().unwrap_or_default();
    let unknown = error.detail().and_then(undefined_name);
    let start = unknown
        .and_then(|name| find_from_line(source, line, name))
        .or_else(|| error.range().map(|range| range.start));
    let column = start
        .and_then(|start| source.get(..start))
        .map_or(1, |before| before.rsplit('\n').next().unwrap_or_default().chars().count() + 1);
    let place = error.range().and_then(|range| source.get(range)).unwrap_or_default();
    // What comes out of an operator or a filter has no name but its text.
    let unknown =
        unknown.map(|name| if name.contains("(...)") && !place.is_empty() { place } else { name });
    let message = match (error.kind(), unknown, error.detail()) {
        (ErrorKind::OutOfFuel, ..) => "this takes too many steps".to_owned(),
        (.., Some(detail)) if OURS.contains(&detail) => detail.to_owned(),
        (_, Some(name), _) => format!("\"{name}\" is undefined"),
        (kind, _, Some(detail)) if quotes_the_template_alone(kind) => format!("{kind}: {detail}"),
        (kind, ..) => format!("{kind}: {place}").trim_end_matches([':', ' ']).to_owned(),
    };
    TemplateError { line: line as u32, column: column as u32, message }
}

/// Whether an error's detail is made of the template only, never of the event's values.
fn quotes_the_template_alone(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::SyntaxError
            | ErrorKind::UnknownFilter
            | ErrorKind::UnknownTest
            | ErrorKind::UnknownFunction
            | ErrorKind::UnknownMethod
            | ErrorKind::MissingArgument
            | ErrorKind::TooManyArguments
    )
}

/// The name in "`data.x` is undefined", as minijinja puts it together from the template.
fn undefined_name(detail: &str) -> Option<&str> {
    let (before, _) = detail.rsplit_once("` is undefined")?;
    before.rsplit_once('`').map(|(_, name)| name)
}

fn find_from_line(source: &str, line: usize, name: &str) -> Option<usize> {
    let before: usize =
        source.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    source[before..].find(name).map(|at| before + at)
}
