//! Values as text: JSON, and the words of a list or map that is put into a text. Both end where a
//! value ends that is too large, and take no stack for what nests in the event.

use minijinja::value::{Value, ValueKind};
use minijinja::{Error, ErrorKind};

use super::data::{Node, scalar};
use super::fuel::{self, MAX_NESTED, MAX_VALUE, TOO_DEEP};
use crate::json::{Json, Kind};

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// JSON without spaces.
    Json,
    /// As the filter `tojson` does: a space after `,` and `:`, or lines with this indent; what
    /// HTML takes for its own is escaped.
    JsonForHtml(Option<usize>),
    /// As minijinja puts a list into a text: `[1, 'x', True]`.
    Words,
}

/// A text under way.
pub(super) struct Writer {
    out: String,
    style: Style,
    depth: usize,
}

impl Writer {
    pub(super) const fn new(style: Style) -> Self {
        Self { out: String::new(), style, depth: 0 }
    }

    pub(super) fn finish(self) -> String {
        self.out
    }

    fn push(&mut self, text: &str) -> Result<(), Error> {
        fuel::spend(text.len())?;
        fuel::fits(self.out.len() + text.len())?;
        self.out.push_str(text);
        Ok(())
    }

    /// Appends a value.
    pub(super) fn value(&mut self, value: &Value) -> Result<(), Error> {
        if let Some(node) = value.downcast_object_ref::<Node>() {
            return self.node(node.json());
        }
        if !matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable | ValueKind::Map) {
            return self.scalar(value);
        }
        if self.depth == MAX_NESTED {
            return Err(Error::new(ErrorKind::InvalidOperation, TOO_DEEP));
        }
        let is_map = value.kind() == ValueKind::Map;
        let is_tuple = value.is_tuple() && self.style == Style::Words;
        let (open, close) = match (is_map, is_tuple) {
            (true, _) => ("{", "}"),
            (false, true) => ("(", ")"),
            (false, false) => ("[", "]"),
        };
        self.open(open)?;
        let mut count = 0;
        if is_map {
            for (key, value) in fuel::pairs(value) {
                self.separate(count)?;
                count += 1;
                self.key(&key)?;
                self.value(&value)?;
            }
        } else {
            for item in value.try_iter()?.checked() {
                self.separate(count)?;
                count += 1;
                self.value(&item?)?;
            }
        }
        if is_tuple && count == 1 {
            self.push(",")?;
        }
        self.close(close, count)
    }

    fn scalar(&mut self, value: &Value) -> Result<(), Error> {
        fuel::read(value)?;
        if self.style == Style::Words {
            return self.push(&format!("{value:?}"));
        }
        let json = match value.kind() {
            ValueKind::Undefined => "null".to_owned(),
            ValueKind::Plain => serde_json::Value::from(value.to_string()).to_string(),
            _ => serde_json::to_string(value)
                .map_err(|_| Error::new(ErrorKind::BadSerialization, "this has no JSON form"))?,
        };
        self.json_text(&json)
    }

    /// Appends a text of JSON.
    fn json_text(&mut self, json: &str) -> Result<(), Error> {
        let Style::JsonForHtml(_) = self.style else {
            return self.push(json);
        };
        let mut rest = json;
        while let Some(at) = rest.find(['<', '>', '&', '\'']) {
            self.push(&rest[..at])?;
            self.push(match rest.as_bytes()[at] {
                b'<' => "\\u003c",
                b'>' => "\\u003e",
                b'&' => "\\u0026",
                _ => "\\u0027",
            })?;
            rest = &rest[at + 1..];
        }
        self.push(rest)
    }

    fn key(&mut self, key: &Value) -> Result<(), Error> {
        match (self.style, key.kind()) {
            (Style::Words, _) | (_, ValueKind::String) => self.scalar(key)?,
            (_, ValueKind::Number | ValueKind::Bool) => {
                self.push("\"")?;
                self.scalar(key)?;
                self.push("\"")?;
            }
            _ => return Err(Error::new(ErrorKind::BadSerialization, "this can be no key in JSON")),
        }
        self.colon()
    }

    fn colon(&mut self) -> Result<(), Error> {
        self.push(if self.style == Style::Json { ":" } else { ": " })
    }

    fn open(&mut self, bracket: &str) -> Result<(), Error> {
        self.depth += 1;
        self.push(bracket)
    }

    /// What comes before an item.
    fn separate(&mut self, before: usize) -> Result<(), Error> {
        match (self.style, before) {
            (Style::JsonForHtml(Some(_)), 0) => self.line(),
            (_, 0) => Ok(()),
            (Style::Json, _) => self.push(","),
            (Style::JsonForHtml(Some(_)), _) => {
                self.push(",")?;
                self.line()
            }
            _ => self.push(", "),
        }
    }

    fn line(&mut self) -> Result<(), Error> {
        let Style::JsonForHtml(Some(indent)) = self.style else { return Ok(()) };
        let width = indent.saturating_mul(self.depth);
        fuel::fits(width)?;
        self.push("\n")?;
        self.push(&" ".repeat(width))
    }

    fn close(&mut self, bracket: &str, count: usize) -> Result<(), Error> {
        self.depth -= 1;
        if count > 0 {
            self.line()?;
        }
        self.push(bracket)
    }

    /// Appends a part of the event, without recursion.
    pub(super) fn node(&mut self, json: Json<'_>) -> Result<(), Error> {
        if self.style == Style::Json {
            return self.push(json.raw());
        }
        type Members<'a> = Box<dyn Iterator<Item = (Option<Json<'a>>, Json<'a>)> + 'a>;
        fn members(value: Json<'_>) -> Members<'_> {
            match value.kind() {
                Kind::List => Box::new(value.items().map(|item| (None, item))),
                _ => Box::new(value.members().map(|(key, value)| (Some(key), value))),
            }
        }
        let mut open: Vec<(Members<'_>, usize, &str)> = Vec::new();
        let mut next = Some((None, json));
        while let Some((key, value)) = next {
            if let Some(key) = key {
                self.part(key)?;
                self.colon()?;
            }
            match value.kind() {
                Kind::List => {
                    self.open("[")?;
                    open.push((members(value), 0, "]"));
                }
                Kind::Object => {
                    self.open("{")?;
                    open.push((members(value), 0, "}"));
                }
                _ => self.part(value)?,
            }
            next = loop {
                let Some((left, count, bracket)) = open.last_mut() else { break None };
                match left.next() {
                    Some(member) => {
                        *count += 1;
                        let before = *count - 1;
                        self.separate(before)?;
                        break Some(member);
                    }
                    None => {
                        let (count, bracket) = (*count, *bracket);
                        open.pop();
                        self.close(bracket, count)?;
                    }
                }
            };
        }
        Ok(())
    }

    /// A scalar or a name of the event.
    fn part(&mut self, json: Json<'_>) -> Result<(), Error> {
        if self.style == Style::Words {
            fuel::spend(json.raw().len())?;
            fuel::fits(json.raw().len())?;
            return self.push(&format!("{:?}", scalar(json)));
        }
        self.json_text(json.raw())
    }
}

/// A value as a text, where it is none: what stands in an output, or is joined to another.
pub(super) fn words(value: &Value) -> Result<String, Error> {
    let mut writer = Writer::new(Style::Words);
    writer.value(value)?;
    debug_assert!(writer.out.len() <= MAX_VALUE);
    Ok(writer.finish())
}
