//! What an admin writes: a body's template, a condition, and the values of a URL, all in minijinja.
//!
//! They see the event's envelope (`type`, `data`, `site`, …) and nothing else: no files, no
//! other templates, no macros. A name that is not there is a mistake, not an empty text. Time
//! and output are bounded; filters whose memory an argument alone decides are left out.
//!
//! Where the content type is JSON, `{{ … }}` writes a JSON value with its own quotes:
//! `{"text": {{ "Paid: " ~ data.payment_total }}}`.

mod bound;
mod condition;
mod data;
mod depth;
mod error;
mod filters;
mod fuel;
mod program;
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

use super::json::NotJson;
pub use condition::Condition;
pub use error::TemplateError;
use error::{explain, unreadable};
use fuel::Tank;
use program::{Program, Source};

use domain::invisible::Invisible;

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
