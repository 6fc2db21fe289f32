//! JSON as it was written, and where its values lie in it.
//!
//! An event's body may nest as deeply as json_encode() writes (512 levels), and a tree of its
//! values may take a hundred times its size. So no tree is made: one pass without recursion notes
//! where each value begins and ends, and a value is read where it is asked for.

use std::borrow::Cow;

use serde_json::Number;

/// A text that is not JSON, and from which byte on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not JSON from byte {0} on")]
pub struct NotJson(usize);

impl NotJson {
    /// Not from this byte on, from 0.
    pub(crate) const fn at_byte(at: usize) -> Self {
        Self(at)
    }
}

/// Where the values of a text lie, in their order; a member's name comes before its value.
#[derive(Debug, Default)]
pub struct Places(Vec<Place>);

#[derive(Debug, Clone, Copy)]
struct Place {
    start: u32,
    end: u32,
    /// The place after this value and all within it.
    next: u32,
    /// Items of a list, members of an object.
    count: u32,
}

/// A value where it stands.
#[derive(Debug, Clone, Copy)]
pub struct Json<'a> {
    text: &'a str,
    places: &'a Places,
    at: usize,
}

/// What kind of value one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    True,
    False,
    Number,
    Text,
    List,
    Object,
}

impl Places {
    /// Reads a text of one value.
    ///
    /// # Errors
    /// Where it is not JSON, or longer than 4 GiB.
    pub fn of(text: &str) -> Result<Self, NotJson> {
        if u32::try_from(text.len()).is_err() {
            return Err(NotJson(0));
        }
        let mut reader = Reader { bytes: text.as_bytes(), at: 0, places: Vec::new() };
        reader.places.reserve(text.len() / 16 + 1);
        reader.read()?;
        Ok(Self(reader.places))
    }

    /// The value of the text that this was made of.
    pub fn value<'a>(&'a self, text: &'a str) -> Json<'a> {
        self.value_at(text, 0)
    }

    /// The value with this number.
    pub(crate) fn value_at<'a>(&'a self, text: &'a str, at: usize) -> Json<'a> {
        Json { text, places: self, at }
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    places: Vec<Place>,
}

impl Reader<'_> {
    fn read(&mut self) -> Result<(), NotJson> {
        // The lists and objects that the reading is in.
        let mut open: Vec<usize> = Vec::new();
        self.value(&mut open)?;
        while let Some(&container) = open.last() {
            self.space();
            let is_list = self.bytes[self.places[container].start as usize] == b'[';
            let is_first = self.places[container].count == 0;
            match self.peek() {
                Some(b']') if is_list => self.close(&mut open),
                Some(b'}') if !is_list => self.close(&mut open),
                Some(b',') if !is_first => {
                    self.at += 1;
                    self.member(container, is_list, &mut open)?;
                }
                Some(_) if is_first => self.member(container, is_list, &mut open)?,
                _ => return Err(NotJson(self.at)),
            }
        }
        self.space();
        if self.at == self.bytes.len() { Ok(()) } else { Err(NotJson(self.at)) }
    }

    fn member(
        &mut self,
        container: usize,
        is_list: bool,
        open: &mut Vec<usize>,
    ) -> Result<(), NotJson> {
        self.places[container].count += 1;
        if !is_list {
            self.space();
            let start = self.at;
            if self.peek() != Some(b'"') {
                return Err(NotJson(start));
            }
            self.string()?;
            self.note(start, self.at);
            self.space();
            if self.peek() != Some(b':') {
                return Err(NotJson(self.at));
            }
            self.at += 1;
        }
        self.value(open)
    }

    /// Reads a scalar, or the beginning of a list or object.
    fn value(&mut self, open: &mut Vec<usize>) -> Result<(), NotJson> {
        self.space();
        let start = self.at;
        match self.peek() {
            Some(b'{' | b'[') => {
                self.at += 1;
                open.push(self.places.len());
            }
            Some(b'"') => self.string()?,
            Some(b'-' | b'0'..=b'9') => self.number()?,
            _ => {
                let word = [&b"null"[..], b"true", b"false"]
                    .into_iter()
                    .find(|word| self.bytes[start..].starts_with(word))
                    .ok_or(NotJson(start))?;
                self.at += word.len();
            }
        }
        self.note(start, self.at);
        Ok(())
    }

    fn note(&mut self, start: usize, end: usize) {
        let next = self.places.len() as u32 + 1;
        self.places.push(Place { start: start as u32, end: end as u32, next, count: 0 });
    }

    fn close(&mut self, open: &mut Vec<usize>) {
        self.at += 1;
        if let Some(container) = open.pop() {
            let next = self.places.len() as u32;
            let place = &mut self.places[container];
            (place.end, place.next) = (self.at as u32, next);
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn string(&mut self) -> Result<(), NotJson> {
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    let escape = &self.bytes[self.at + 1..];
                    self.at += match escape {
                        [b'u', digits @ ..]
                            if digits.len() >= 4
                                && digits[..4].iter().all(u8::is_ascii_hexdigit) =>
                        {
                            6
                        }
                        [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
                        _ => return Err(NotJson(self.at)),
                    };
                }
                Some(0..0x20) | None => return Err(NotJson(self.at)),
                Some(_) => self.at += 1,
            }
        }
    }

    /// RFC 8259, section 6.
    fn number(&mut self) -> Result<(), NotJson> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), NotJson> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { Err(NotJson(start)) } else { Ok(()) }
    }
}

impl<'a> Json<'a> {
    fn place(self) -> Place {
        self.places.0[self.at]
    }

    fn is_at(self, at: usize) -> Self {
        Self { at, ..self }
    }

    /// Its number among the values of the text.
    pub(crate) const fn place_number(self) -> usize {
        self.at
    }

    /// The value as it was written.
    pub fn raw(self) -> &'a str {
        let place = self.place();
        &self.text[place.start as usize..place.end as usize]
    }

    /// What kind of value it is.
    pub(crate) fn kind(self) -> Kind {
        match self.text.as_bytes()[self.place().start as usize] {
            b'{' => Kind::Object,
            b'[' => Kind::List,
            b'"' => Kind::Text,
            b'n' => Kind::Null,
            b't' => Kind::True,
            b'f' => Kind::False,
            _ => Kind::Number,
        }
    }

    /// Items of a list, members of an object; 0 for anything else.
    pub(crate) fn count(self) -> usize {
        self.place().count as usize
    }

    /// A text without its quotes and escapes; of anything else, as it was written.
    pub(crate) fn text(self) -> Cow<'a, str> {
        let raw = self.raw();
        match raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"')) {
            Some(plain) if !plain.contains('\\') => Cow::Borrowed(plain),
            // Half of a surrogate pair is JSON, and no text.
            Some(plain) => serde_json::from_str(raw).unwrap_or(Cow::Borrowed(plain)),
            None => Cow::Borrowed(raw),
        }
    }

    /// A number; none where it is beyond what 64 bits hold.
    pub(crate) fn number(self) -> Option<Number> {
        serde_json::from_str(self.raw()).ok()
    }

    /// The place of the first value within a list or object.
    pub(crate) const fn first(self) -> usize {
        self.at + 1
    }

    /// The place of what follows this value.
    pub(crate) fn next(self) -> usize {
        self.place().next as usize
    }

    /// A list's items.
    pub fn items(self) -> impl Iterator<Item = Self> {
        let count = if self.kind() == Kind::List { self.count() } else { 0 };
        let mut at = self.first();
        (0..count).map(move |_| {
            let item = self.is_at(at);
            at = item.next();
            item
        })
    }

    /// An object's members: name and value.
    pub fn members(self) -> impl Iterator<Item = (Self, Self)> {
        let count = if self.kind() == Kind::Object { self.count() } else { 0 };
        let mut at = self.first();
        (0..count).map(move |_| {
            let name = self.is_at(at);
            let value = self.is_at(name.next());
            at = value.next();
            (name, value)
        })
    }

    /// An object's member.
    pub fn member(self, name: &str) -> Option<Self> {
        self.members().find(|(known, _)| known.is_text(name)).map(|(_, value)| value)
    }

    /// What a path of names leads to.
    pub(crate) fn path<'p>(self, mut names: impl Iterator<Item = &'p str>) -> Option<Self> {
        names.try_fold(self, |value, name| value.member(name))
    }

    /// Whether it is this text.
    pub(crate) fn is_text(self, text: &str) -> bool {
        let raw = self.raw();
        match raw.get(1..raw.len().saturating_sub(1)) {
            Some(plain) if plain == text => !plain.contains('\\'),
            Some(plain) => plain.contains('\\') && self.text() == text,
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_where_they_stand() {
        let text =
            r#" {"a": [1, -2.5e3, "x\n\"\u00e9", [], {}], "b\/c" :{"d":null,"e":true}, "":false} "#;
        let places = Places::of(text).unwrap();
        let all = places.value(text);
        assert_eq!((all.kind(), all.count()), (Kind::Object, 3));
        let list = all.member("a").unwrap();
        let raw: Vec<_> = list.items().map(Json::raw).collect();
        assert_eq!(raw, ["1", "-2.5e3", r#""x\n\"\u00e9""#, "[]", "{}"]);
        assert_eq!(list.items().nth(2).unwrap().text(), "x\n\"é");
        assert_eq!(all.path(["b/c", "e"].into_iter()).unwrap().kind(), Kind::True);
        assert_eq!(all.member("").unwrap().kind(), Kind::False);
        assert!(all.member("b\\/c").is_none() && all.path(["a", "0"].into_iter()).is_none());
        assert_eq!(
            all.members().map(|(name, _)| name.text()).collect::<Vec<_>>(),
            ["a", "b/c", ""]
        );
    }

    #[test]
    fn what_serde_json_refuses_is_refused() {
        for text in [
            "",
            "{",
            "[",
            "]",
            "[1",
            "[1,",
            "[1,]",
            "{,}",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1,}"#,
            "{1:2}",
            "nul",
            "01",
            "1.",
            "-",
            "1e",
            "+1",
            ".5",
            r#""\x""#,
            r#""\u12"#,
            "\"\n\"",
            "1 2",
            r#"{"a" 1}"#,
            "[1 2]",
            "{]",
            "[}",
            "\"a",
            r#""\"#,
        ] {
            assert!(Places::of(text).is_err(), "{text}");
            assert!(serde_json::from_str::<serde_json::Value>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn depth_takes_no_stack() {
        let text = format!("{}1{}", "[".repeat(500_000), "]".repeat(500_000));
        let check = move || {
            let places = Places::of(&text).unwrap();
            let all = places.value(&text);
            assert_eq!((all.raw().len(), all.next()), (text.len(), 500_001));
        };
        std::thread::Builder::new().stack_size(64 << 10).spawn(check).unwrap().join().unwrap();
    }
}
