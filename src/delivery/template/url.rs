//! A webhook's URL as a template: `{{ … }}` in its path and query, made anew for each event.
//!
//! Scheme, host and port are fixed text, so nothing that an event says decides whom a request goes
//! to. What comes out of `{{ … }}` is percent-encoded for its place (RFC 3986, section 2.3: all but
//! letters, digits and `-._~`), and the address that results is compared with the same one made of
//! harmless values: it has the same origin, as many segments and as many members of its query, or
//! nothing is sent.
//!
//! Beside the envelope the URL sees `keys`, the webhook's own secret values. Where one of them goes
//! into it, what people are shown has dots.

use std::fmt::Write as _;
use std::sync::Arc;

use minijinja::AutoEscape;
use minijinja::machinery::{Token, parse_expr, tokenize};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Object, ObjectRepr, Value, ValueKind};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::data::Node;
use super::fuel::Tank;
use super::program::{Program, Source};
use super::{Envelope, TemplateError, depth, explain, run_on};
use crate::guard::{MAX_URL, UrlError, check_url};
use domain::invisible::Invisible;
use domain::webhook::Key;

/// Most values in one URL.
pub const MAX_VALUES: usize = 20;
/// Name under which a URL sees the webhook's keys.
const KEYS: &str = "keys";
/// Stands for a key in what is shown, until nothing encodes it any more.
const HIDDEN: &str = "~~key~~";
/// Stands for a value where a URL is tried out.
const HARMLESS: &str = "x";
/// What is not percent-encoded: RFC 3986, "unreserved".
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Where a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Path,
    Query,
}

/// A `{{ … }}`.
struct Part {
    /// The text before it.
    before: String,
    /// What stands within the braces.
    expression: String,
    /// Its first character, from 1.
    column: u32,
    place: Place,
    /// It names a key.
    is_secret: bool,
}

/// See the module.
pub struct UrlTemplate {
    parts: Vec<Part>,
    /// The text behind the last part.
    after: String,
    /// A list of all values: what they may do is counted together.
    program: Program,
    keys: Value,
    harmless: Url,
}

impl std::fmt::Debug for UrlTemplate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UrlTemplate").field("values", &self.parts.len()).finish_non_exhaustive()
    }
}

/// An address that was made for an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedUrl {
    /// Where the request goes.
    pub url: Url,
    /// The same with something harmless in the place of each key; see [`hide`].
    masked: Url,
}

impl RenderedUrl {
    /// A text that was made of the [masked](Self::masked) address, with `dots` for each key.
    pub fn hide(text: &str, dots: &str) -> String {
        text.replace(HIDDEN, dots)
    }

    /// The address without the webhook's keys, for [`hide`](Self::hide).
    pub fn masked(&self) -> &Url {
        &self.masked
    }
}

/// Whether a webhook's URL is a template.
pub fn is_template(url: &str) -> bool {
    url.contains("{{") || url.contains("{%") || url.contains("{#")
}

impl UrlTemplate {
    /// Reads a URL with `{{ … }}` in it.
    ///
    /// # Errors
    /// A mistake in its syntax, a `{{ … }}` where none can stand, or an address that can be none.
    pub fn parse(source: &str, keys: &[Key]) -> Result<Self, TemplateError> {
        let refused = |error: UrlError| TemplateError::new(error.to_string());
        if source.len() > MAX_URL {
            return Err(refused(UrlError::Length(source.len())));
        }
        // Within the braces a space is one; nothing else is that nobody sees.
        if source.chars().any(char::is_control) {
            return Err(refused(UrlError::Character("a control character")));
        }
        if let Some(invisible) = Invisible::find_in_words(source) {
            return Err(refused(UrlError::Invisible(invisible)));
        }
        depth::check(source, false)?;
        let (parts, after) = split(source)?;
        let mut harmless = String::new();
        for part in &parts {
            harmless.push_str(&part.before);
            harmless.push_str(HARMLESS);
        }
        harmless.push_str(&after);
        let harmless = check_url(&harmless).map_err(refused)?;
        let program = Program::expression(Source { text: as_list(source, &parts), name: "url" })
            .map_err(|error| explain(&error, source))?;
        let keys = keys.iter().map(|key| (key.name.as_str(), key.value.expose()));
        Ok(Self { parts, after, program, keys: Value::from_pairs(keys), harmless })
    }

    /// The URL with something harmless for each value: of scheme, host and port it is the one to
    /// which all requests go.
    pub fn harmless(&self) -> &Url {
        &self.harmless
    }

    /// The URL as it is shown where no event is known: with dots for each value.
    pub fn outline(&self, dots: &str) -> String {
        let parts = self.parts.iter().map(|part| format!("{}{dots}", part.before));
        parts.collect::<String>() + &self.after
    }

    /// The address for an event.
    ///
    /// # Errors
    /// A value that is missing or can stand in no address, a limit that was hit, or an address that
    /// would be another than the webhook's.
    pub fn render(&self, envelope: &Envelope<'_>) -> Result<RenderedUrl, TemplateError> {
        let context = match envelope.context()?.downcast_object::<Node>() {
            Some(node) => Value::from_object(WithKeys { node, keys: self.keys.clone() }),
            None => return Err(TemplateError::new("the event's body is no object")),
        };
        let tank = Tank::of_template();
        let list = run_on(&self.program, context, tank, &mut String::new(), AutoEscape::None)?;
        let mut values = list.unwrap_or_default().try_iter().into_iter().flatten();
        let (mut text, mut shown) = (String::new(), String::new());
        for part in &self.parts {
            let value = values.next().unwrap_or_default();
            let value = part.text(&value).map_err(|message| part.wrong(message))?;
            text.push_str(&part.before);
            shown.push_str(&part.before);
            let encoded = utf8_percent_encode(&value, ENCODED);
            let _ = write!(text, "{encoded}");
            if part.is_secret {
                shown.push_str(HIDDEN);
            } else {
                let _ = write!(shown, "{encoded}");
            }
        }
        text.push_str(&self.after);
        shown.push_str(&self.after);
        let refused = |error: UrlError| TemplateError::new(error.to_string());
        let url = check_url(&text).map_err(refused)?;
        if shape(&url) != shape(&self.harmless) {
            let message = "with the values of this event the URL would lead to another path";
            return Err(TemplateError::new(message));
        }
        // Its length is no matter: nothing is sent to it.
        let mut masked =
            Url::parse(&shown).map_err(|error| refused(UrlError::Malformed(error.to_string())))?;
        masked.set_fragment(None);
        Ok(RenderedUrl { url, masked })
    }
}

impl Part {
    fn wrong(&self, message: String) -> TemplateError {
        TemplateError { line: 1, column: self.column, message }
    }

    /// A value as it stands in the URL before it is encoded.
    fn text(&self, value: &Value) -> Result<String, String> {
        let name = &self.expression;
        let text = match value.kind() {
            ValueKind::Undefined => return Err(format!("\"{name}\" is undefined")),
            ValueKind::None => {
                return Err(format!("\"{name}\" is null, which a URL can't have"));
            }
            ValueKind::Seq | ValueKind::Iterable | ValueKind::Map => {
                return Err(format!("\"{name}\" is a list or a map, which a URL can't have"));
            }
            // What is too large to be one, or could not be paid for.
            ValueKind::Invalid => return Err(super::fuel::TOO_LARGE.to_owned()),
            // As JSON and JavaScript write it.
            ValueKind::Bool => value.to_string().to_lowercase(),
            _ => value.to_string(),
        };
        if self.place == Place::Query {
            return Ok(text);
        }
        if text.is_empty() {
            return Err(format!("\"{name}\" is empty, which a part of a path can't be"));
        }
        // Encoded it is one segment; a server that decodes too early would still take a way up.
        if text.split(['/', '\\']).any(|part| part == "." || part == "..") {
            return Err(format!("\"{name}\" has a . or .. in it that would lead to another path"));
        }
        Ok(text)
    }
}

/// What a value must not change.
fn shape(url: &Url) -> (String, usize, Option<usize>, bool) {
    let origin = url.origin().ascii_serialization();
    let segments = url.path().split('/').count();
    let members = url.query().map(|query| query.split('&').count());
    (origin, segments, members, url.fragment().is_some())
}

/// Takes a source apart.
fn split(source: &str) -> Result<(Vec<Part>, String), TemplateError> {
    let column = |at: usize| source[..at].chars().count() as u32 + 1;
    let wrong = |at: usize, message: &str| {
        Err(TemplateError { line: 1, column: column(at), message: message.to_owned() })
    };
    let mut parts: Vec<Part> = Vec::new();
    let (mut text_from, mut open) = (0, None);
    for token in tokenize(source, false, SyntaxConfig::default()) {
        let (token, span) = token.map_err(|error| explain(&error, source))?;
        let (start, end) = (span.start_offset as usize, span.end_offset as usize);
        match token {
            Token::BlockStart => return wrong(start, ONLY_VALUES),
            Token::VariableStart => {
                if source[start..end] != *"{{" {
                    return wrong(start, ONLY_VALUES);
                }
                open = Some((start, end));
            }
            Token::VariableEnd => {
                let Some((braces, from)) = open.take() else { continue };
                if source[start..end] != *"}}" {
                    return wrong(start, ONLY_VALUES);
                }
                if parts.len() == MAX_VALUES {
                    let message = format!("a URL can have {MAX_VALUES} values at most");
                    return Err(TemplateError { line: 1, column: column(braces), message });
                }
                let before = &source[text_from..braces];
                let place = place(&parts, before).map_err(|message| TemplateError {
                    line: 1,
                    column: column(braces),
                    message: message.to_owned(),
                })?;
                let expression = source[from..start].trim();
                parse_expr(&source[from..start]).map_err(|error| {
                    let mistake = explain(&error, &source[from..start]);
                    TemplateError { line: 1, column: mistake.column + column(from) - 1, ..mistake }
                })?;
                parts.push(Part {
                    before: before.to_owned(),
                    expression: expression.to_owned(),
                    column: column(from) + leading(&source[from..start]),
                    place,
                    is_secret: names_keys(expression),
                });
                text_from = end;
            }
            _ => {}
        }
    }
    let after = source[text_from..].to_owned();
    // Comments and what stands raw are no tokens.
    let texts = parts.iter().map(|part| &part.before).chain([&after]);
    let marks = ["{%", "{#", "#}", "{{"];
    if texts.into_iter().any(|text| marks.iter().any(|mark| text.contains(mark))) {
        return wrong(source.find("{%").unwrap_or(0), ONLY_VALUES);
    }
    if parts.is_empty() {
        return wrong(0, ONLY_VALUES);
    }
    Ok((parts, after))
}

/// Whether an expression may have to do with the webhook's keys: the name alone is enough.
fn names_keys(expression: &str) -> bool {
    let tokens = tokenize(expression, true, SyntaxConfig::default());
    tokens.flatten().any(|(token, _)| matches!(token, Token::Ident(name) if name == KEYS))
}

const ONLY_VALUES: &str =
    "of templates a URL can have values alone, without blocks, comments and minus signs";

fn leading(text: &str) -> u32 {
    text.chars().take_while(|letter| letter.is_whitespace()).count() as u32
}

/// Where a value stands that comes behind this text.
fn place(parts: &[Part], before: &str) -> Result<Place, &'static str> {
    let all: String = parts.iter().map(|part| format!("{}{HARMLESS}", part.before)).collect();
    let all = all + before;
    let behind_scheme = all.split_once("://").map(|(_, rest)| rest);
    let Some(rest) =
        behind_scheme.and_then(|rest| rest.find(['/', '?', '#']).map(|at| &rest[at..]))
    else {
        return Err(
            "scheme, host and port of a URL are fixed: values can stand in its path and query only",
        );
    };
    if rest.contains('#') {
        return Err("what stands behind # is never sent: no value can stand there");
    }
    let hexadecimal = |letter: &u8| letter.is_ascii_hexdigit();
    let last = before.as_bytes();
    if let [.., b'%'] = last {
        return Err(HALF_ENCODED);
    }
    if let [.., b'%', digit] = last
        && hexadecimal(digit)
    {
        return Err(HALF_ENCODED);
    }
    Ok(if rest.contains('?') { Place::Query } else { Place::Path })
}

const HALF_ENCODED: &str =
    "before a value stands a % that is not complete: write %25 for a percent sign";

/// The source as an expression that is a list of its values, each at its own place: for every
/// character of the text between them there is a space.
fn as_list(source: &str, parts: &[Part]) -> String {
    let mut list = String::with_capacity(source.len());
    let mut rest = source;
    for (number, part) in parts.iter().enumerate() {
        list.extend(part.before.chars().map(|_| ' '));
        rest = &rest[part.before.len() + 2..];
        list.push_str(if number == 0 { "[(" } else { " (" });
        let inner = rest.find(&part.expression).map_or(0, |at| at + part.expression.len());
        let end = inner + rest[inner..].find("}}").unwrap_or(0);
        list.push_str(&rest[..end]);
        list.push_str(if number + 1 == parts.len() { ")]" } else { ")," });
        rest = &rest[end + 2..];
    }
    list
}

/// An envelope, and the webhook's keys beside it.
#[derive(Debug)]
struct WithKeys {
    node: Arc<Node>,
    keys: Value,
}

impl Object for WithKeys {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        if key == KEYS { Some(self.keys.clone()) } else { self.node.get_value_by_str(key) }
    }
}
