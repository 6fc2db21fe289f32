//! What an admin writes: a body's template, a condition, and the values of a URL, all in minijinja.
//!
//! They see the event's envelope (`type`, `data`, `site`, …) and nothing else: no files, no
//! other templates, no macros. A name that is not there is a mistake, not an empty text. Time
//! and output are bounded; filters whose memory an argument alone decides are left out.
//!
//! Where the content type is JSON, `{{ … }}` writes a JSON value with its own quotes:
//! `{"text": {{ "Paid: " ~ data.payment_total }}}`.

mod bound;
mod data;
mod depth;
mod filters;
mod fuel;
mod services;
mod text;
pub mod url;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use http::HeaderValue;
use minijinja::machinery::{eval, make_string_output};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Value};

use super::json::{Json, NotJson, Places};
use bound::{Program, Source};
use fuel::Tank;

use domain::invisible::Invisible;
use domain::webhook::FieldError;

/// Longest template, in bytes.
pub const MAX_TEMPLATE: usize = 64 * 1024;
/// Longest content type, in bytes.
pub const MAX_CONTENT_TYPE: usize = 200;
/// Longest condition, in bytes.
pub const MAX_CONDITION: usize = 4096;
/// Largest body that a template may render, in bytes.
pub const MAX_OUTPUT: usize = 1024 * 1024;
/// What all templates and conditions have in common.
static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(filters::environment);
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
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { line: 0, column: 0, message: message.into() }
    }

    /// The mistake as one of a webhook's field.
    pub(super) fn of(self, field: &str) -> FieldError {
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

/// A body's template, compiled.
pub struct Template {
    program: Program,
    escape: AutoEscape,
    content_type: HeaderValue,
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Template").field("content_type", &self.content_type).finish_non_exhaustive()
    }
}

impl Template {
    /// Compiles a template; without a content type its body is `application/json`.
    ///
    /// # Errors
    /// A mistake in its syntax, or a content type that is none.
    pub fn parse(source: &str, content_type: Option<&str>) -> Result<Self, TemplateError> {
        if source.trim().is_empty() {
            return Err(TemplateError::new("the template is empty"));
        }
        if source.len() > MAX_TEMPLATE {
            let message = format!(
                "the template has {} bytes, at most {MAX_TEMPLATE} are possible",
                source.len()
            );
            return Err(TemplateError::new(message));
        }
        check_visible(source, |it| {
            format!("the template contains {it}: delete it, or write it in a text as an escape")
        })?;
        let content_type = content_type.unwrap_or("application/json");
        let value = check_content_type(content_type)?;
        depth::check(source, false)?;
        let escape = escape_for(content_type);
        // By the ending the filter `escape` knows what to do where escaping is off.
        let name = match escape {
            AutoEscape::Json => "body.json",
            AutoEscape::Html => "body.html",
            _ => "body",
        };
        let program = Program::template(Source { text: source.to_owned(), name })
            .map_err(|error| explain(&error, source))?;
        Ok(Self { program, escape, content_type: value })
    }

    /// What it renders.
    pub fn content_type(&self) -> &HeaderValue {
        &self.content_type
    }

    /// The body for an event's envelope (JSON).
    ///
    /// # Errors
    /// A name that the event does not have, a limit that was hit, or output that ought to be
    /// JSON and is not.
    pub fn render(&self, envelope: &[u8]) -> Result<Vec<u8>, TemplateError> {
        let mut output = String::new();
        let envelope = Envelope::of(envelope);
        run(&self.program, &envelope, Tank::of_template(), &mut output, self.escape.clone())?;
        if output.len() > MAX_OUTPUT {
            return Err(TemplateError::new(format!("the body exceeds {MAX_OUTPUT} bytes")));
        }
        if self.escape == AutoEscape::Json {
            check_json(&output)?;
        }
        Ok(output.into_bytes())
    }
}

/// An event's envelope (JSON). Where several conditions read it, what lies where in it is looked for
/// once: of a large event that takes longer than most conditions.
pub struct Envelope<'a> {
    bytes: &'a [u8],
    context: OnceCell<Result<Value, NotJson>>,
}

impl fmt::Debug for Envelope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope").finish_non_exhaustive()
    }
}

impl<'a> Envelope<'a> {
    /// That of an event.
    pub const fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, context: OnceCell::new() }
    }

    fn context(&self) -> Result<Value, TemplateError> {
        self.context.get_or_init(|| data::context(self.bytes)).clone().map_err(unreadable)
    }
}

/// Runs a program on an envelope.
fn run(
    program: &Program,
    envelope: &Envelope<'_>,
    tank: Tank,
    output: &mut String,
    escape: AutoEscape,
) -> Result<Option<Value>, TemplateError> {
    run_on(program, envelope.context()?, tank, output, escape)
}

/// Runs a program on what it sees.
#[allow(
    clippy::needless_pass_by_value,
    reason = "the tank is there for as long as the program runs"
)]
fn run_on(
    program: &Program,
    context: Value,
    tank: Tank,
    output: &mut String,
    escape: AutoEscape,
) -> Result<Option<Value>, TemplateError> {
    let environment: &Environment<'_> = &ENVIRONMENT;
    let mut output = make_string_output(output);
    let blocks = BTreeMap::new();
    let instructions = program.instructions();
    let result = eval(environment, instructions, context, &blocks, &mut output, escape)
        .map(|(value, _)| value);
    match result {
        Ok(_) if tank.is_empty() => {
            Err(explain(&Error::from(ErrorKind::OutOfFuel), program.text()))
        }
        Ok(value) => Ok(value),
        Err(error) => Err(explain(&error, program.text())),
    }
}

fn unreadable(error: NotJson) -> TemplateError {
    TemplateError::new(format!("the event's body can't be read: {error}"))
}

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
        let mut names = bound::names(source);
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

/// Whether a template can be compiled and renders an event's example.
///
/// # Errors
/// The mistake, with line and column.
pub fn check_template(
    source: &str,
    content_type: Option<&str>,
    example: &serde_json::Value,
) -> Result<(), TemplateError> {
    Template::parse(source, content_type)?.render(&envelope_of(example)?).map(drop)
}

/// Whether a condition can be compiled and evaluated on an event's example.
///
/// # Errors
/// The mistake, with line and column.
pub fn check_condition(source: &str, example: &serde_json::Value) -> Result<(), TemplateError> {
    Condition::parse(source)?.holds(&Envelope::of(&envelope_of(example)?)).map(drop)
}

/// Reads a content type (RFC 9110, 8.3.1).
///
/// # Errors
/// Where it is none.
pub fn check_content_type(text: &str) -> Result<HeaderValue, TemplateError> {
    let wrong =
        || TemplateError::new(format!("\"{text}\" is no content type, such as application/json"));
    let token = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b))
    };
    let essence = essence(text);
    let (kind, subtype) = essence.split_once('/').ok_or_else(wrong)?;
    if text.len() > MAX_CONTENT_TYPE || !text.is_ascii() || !token(kind) || !token(subtype) {
        return Err(wrong());
    }
    HeaderValue::from_str(text).map_err(|_| wrong())
}

fn essence(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}

fn escape_for(content_type: &str) -> AutoEscape {
    let essence = essence(content_type).to_ascii_lowercase();
    match essence.as_str() {
        "application/json" | "text/json" => AutoEscape::Json,
        "text/html" | "application/xml" | "text/xml" => AutoEscape::Html,
        other if other.ends_with("+json") => AutoEscape::Json,
        other if other.ends_with("+xml") => AutoEscape::Html,
        _ => AutoEscape::None,
    }
}

fn envelope_of(example: &serde_json::Value) -> Result<Vec<u8>, TemplateError> {
    serde_json::to_vec(example).map_err(|error| TemplateError::new(error.to_string()))
}

fn check_json(output: &str) -> Result<(), TemplateError> {
    serde_json::from_str::<serde::de::IgnoredAny>(output).map(drop).map_err(|error| {
        TemplateError::new(format!(
            "what the template renders is not JSON (line {}, column {} of the output); values \
             bring their own quotes: {{\"text\": {{{{ data.name }}}}}}",
            error.line(),
            error.column(),
        ))
    })
}

/// Refuses what nobody sees: a byte order mark would stand before a form's first key, and a
/// no-break space in a condition be no space. In a text it can be written as an escape.
fn check_visible(
    source: &str,
    message: impl FnOnce(Invisible) -> String,
) -> Result<(), TemplateError> {
    let Some(invisible) = Invisible::find_in_lines(source) else {
        return Ok(());
    };
    let before = &source[..invisible.at];
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Err(TemplateError {
        line: before.matches('\n').count() as u32 + 1,
        column: column as u32,
        message: message(invisible),
    })
}

/// The place and reason of an error, without values of the event.
fn explain(error: &Error, source: &str) -> TemplateError {
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
