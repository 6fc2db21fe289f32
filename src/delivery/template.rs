//! What an admin writes: a body's template, and a condition, both in minijinja.
//!
//! They see the event's envelope (`type`, `data`, `site`, …) and nothing else: no files, no
//! other templates, no macros. A name that is not there is a mistake, not an empty text. Time
//! and output are bounded; filters whose memory an argument alone decides are left out.
//!
//! Where the content type is JSON, `{{ … }}` writes a JSON value with its own quotes:
//! `{"text": {{ "Paid: " ~ data.payment_total }}}`.

use std::fmt;
use std::io;
use std::sync::LazyLock;

use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Expression, UndefinedBehavior};
use ureq::http::HeaderValue;

use crate::invisible::Invisible;

/// Longest template, in bytes.
pub const MAX_TEMPLATE: usize = 64 * 1024;
/// Longest condition, in bytes.
pub const MAX_CONDITION: usize = 4096;
/// Largest body that a template may render, in bytes.
pub const MAX_OUTPUT: usize = 1024 * 1024;
/// Steps that a template or condition may take: some milliseconds.
const FUEL: u64 = 200_000;
/// Depth of a template's expressions and blocks.
const RECURSION: usize = 100;
/// The name under which an environment knows its one template.
const NAME: &str = "body";
/// Parts of the envelope that not every event has.
const OPTIONAL: [&str; 5] = ["site", "scope", "source", "actor", "altered"];
/// Built-ins that can fill the memory with one call, or hold state across a loop.
const UNBOUNDED_FILTERS: [&str; 5] = ["batch", "format", "indent", "pprint", "slice"];
const UNBOUNDED_GLOBALS: [&str; 2] = ["debug", "namespace"];

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
    environment: Environment<'static>,
    content_type: HeaderValue,
    is_json: bool,
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
        let escape = escape_for(content_type);
        let is_json = escape == AutoEscape::Json;
        let mut environment = bounded();
        environment.set_auto_escape_callback(move |_| escape.clone());
        environment
            .add_template_owned(NAME, source.to_owned())
            .map_err(|error| explain(&error, source))?;
        Ok(Self { environment, content_type: value, is_json })
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
        let template = self.environment.get_template(NAME).map_err(|error| explain(&error, ""))?;
        let mut output = Limited(Vec::new());
        template
            .render_captured_to(context(envelope)?, &mut output)
            .map_err(|error| explain(&error, template.source()))?;
        if self.is_json {
            check_json(&output.0)?;
        }
        Ok(output.0)
    }
}

/// A condition, compiled.
pub struct Condition {
    expression: Expression<'static, 'static>,
    source: String,
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Condition({:?})", self.source)
    }
}

impl Condition {
    /// Compiles an expression, such as `data.payment_total_raw >= 100 and site.id in [2, 3]`.
    ///
    /// # Errors
    /// A mistake in its syntax.
    pub fn parse(source: &str) -> Result<Self, TemplateError> {
        static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(bounded);
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
        let expression = ENVIRONMENT
            .compile_expression_owned(source.to_owned())
            .map_err(|error| explain(&error, source))?;
        Ok(Self { expression, source: source.to_owned() })
    }

    /// Whether it is true of an event's envelope (JSON).
    ///
    /// # Errors
    /// A name that the event does not have, values that can't be compared, or the limit.
    pub fn holds(&self, envelope: &[u8]) -> Result<bool, TemplateError> {
        let value = self.expression.eval(context(envelope)?);
        value.map(|value| value.is_true()).map_err(|error| explain(&error, &self.source))
    }

    /// What it reads of an event's envelope (JSON), in its own order: dotted names and their
    /// values, null where there is none.
    ///
    /// # Errors
    /// Where the envelope can't be read.
    pub fn values(
        &self,
        envelope: &[u8],
    ) -> Result<serde_json::Map<String, serde_json::Value>, TemplateError> {
        let envelope = envelope_from(envelope)?;
        let mut names: Vec<_> = self.expression.undeclared_variables(true).into_iter().collect();
        names.sort_unstable_by_key(|name| (self.source.find(name.as_str()), name.len()));
        let value = |name: &str| {
            let (first, rest) = name.split_once('.').unwrap_or((name, ""));
            rest.split('.')
                .filter(|step| !step.is_empty())
                .try_fold(envelope.get(first)?, |value, step| value.get(step))
                .cloned()
        };
        Ok(names
            .into_iter()
            .map(|name| {
                let value = value(&name).unwrap_or_default();
                (name, value)
            })
            .collect())
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
    Condition::parse(source)?.holds(&envelope_of(example)?).map(drop)
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
    if text.len() > 200 || !text.is_ascii() || !token(kind) || !token(subtype) {
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

/// An environment in which nothing runs for long.
fn bounded() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(RECURSION);
    environment.set_debug(true);
    for filter in UNBOUNDED_FILTERS {
        environment.remove_filter(filter);
    }
    for global in UNBOUNDED_GLOBALS {
        environment.remove_global(global);
    }
    environment
}

fn envelope_of(example: &serde_json::Value) -> Result<Vec<u8>, TemplateError> {
    serde_json::to_vec(example).map_err(|error| TemplateError::new(error.to_string()))
}

fn envelope_from(json: &[u8]) -> Result<serde_json::Map<String, serde_json::Value>, TemplateError> {
    serde_json::from_slice(json)
        .map_err(|error| TemplateError::new(format!("the event's body can't be read: {error}")))
}

fn context(envelope: &[u8]) -> Result<Value, TemplateError> {
    let mut envelope = envelope_from(envelope)?;
    for name in OPTIONAL {
        envelope.entry(name).or_insert(serde_json::Value::Null);
    }
    Ok(Value::from(Serde(envelope)))
}

/// A body that may not grow without end.
struct Limited(Vec<u8>);

impl io::Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_OUTPUT {
            return Err(io::Error::other(format!("the body exceeds {MAX_OUTPUT} bytes")));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn check_json(output: &[u8]) -> Result<(), TemplateError> {
    serde_json::from_slice::<serde::de::IgnoredAny>(output).map(drop).map_err(|error| {
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
    let message = match (error.kind(), unknown, error.detail()) {
        (ErrorKind::OutOfFuel, ..) => "this takes too many steps".to_owned(),
        (ErrorKind::WriteFailure, ..) => format!("the body exceeds {MAX_OUTPUT} bytes"),
        (_, Some(name), _) => format!("\"{name}\" is undefined"),
        (kind, _, Some(detail)) if quotes_the_template_alone(kind) => format!("{kind}: {detail}"),
        (kind, ..) => {
            let place = error.range().and_then(|range| source.get(range)).unwrap_or_default();
            format!("{kind}: {place}").trim_end_matches([':', ' ']).to_owned()
        }
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
