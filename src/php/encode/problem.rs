//! Why a value has no JSON form, and where it stands.

use std::fmt::Write as _;

use crate::zval::Key;

/// What is wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reason {
    /// A string that is not UTF-8, from this byte on.
    NotUtf8 { at: usize, byte: u8 },
    /// A key that is not UTF-8.
    KeyNotUtf8,
    /// INF or NAN.
    NotFinite(&'static str),
    /// A resource or something else that JSON has no word for.
    Type(&'static str),
    /// An array that contains itself.
    Recursion,
    /// More levels than json_encode() writes.
    TooDeep,
    /// More bytes than are allowed: where the buffer would end at the least.
    TooLarge { end: usize },
    /// What the engine said about an object.
    Object(String),
    /// PHP code threw: its exception is pending, and the message of this one is never seen.
    Thrown,
}

impl Reason {
    /// What `json_last_error_msg()` says of it.
    pub(super) fn as_json_error(&self) -> String {
        let message = match self {
            Self::NotUtf8 { .. } | Self::KeyNotUtf8 => {
                "Malformed UTF-8 characters, possibly incorrectly encoded"
            }
            Self::NotFinite(_) => "Inf and NaN cannot be JSON encoded",
            Self::Type(_) => "Type is not supported",
            Self::Recursion => "Recursion detected",
            Self::TooDeep => "Maximum stack depth exceeded",
            Self::Object(message) => message,
            Self::TooLarge { .. } | Self::Thrown => "",
        };
        message.to_owned()
    }
}

/// Longest name in a path, in bytes.
const LONGEST_NAME: usize = 200;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Index(i64),
    Name(String),
}

impl Step {
    pub(super) fn of(key: Key<'_>) -> Self {
        match key {
            Key::Index(index) => Self::Index(index),
            Key::Text(name) if name.len() <= LONGEST_NAME => {
                Self::Name(String::from_utf8_lossy(name).into_owned())
            }
            // Of a very long one the beginning: a path of such names would be longer than any
            // payload.
            Key::Text(name) => {
                let beginning = String::from_utf8_lossy(&name[..LONGEST_NAME]);
                Self::Name(format!("{}…", beginning.trim_end_matches('\u{fffd}')))
            }
        }
    }

    fn append_to(&self, path: &mut String) {
        let _ = match self {
            Self::Index(index) => write!(path, "[{index}]"),
            Self::Name(name) if !is_word(name) => write!(path, "[{name:?}]"),
            Self::Name(name) if path.is_empty() => write!(path, "{name}"),
            Self::Name(name) => write!(path, ".{name}"),
        };
    }
}

/// A value that has no JSON form; built only when one is met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) reason: Reason,
    /// Innermost first: each level adds its own while the walk returns.
    steps: Vec<Step>,
}

impl Problem {
    #[cold]
    pub(super) fn new(reason: Reason) -> Box<Self> {
        Box::new(Self { reason, steps: Vec::new() })
    }

    /// Adds the key under which the value, or what contains it, stands.
    #[cold]
    pub(super) fn under(mut self: Box<Self>, key: Key<'_>) -> Box<Self> {
        self.steps.push(Step::of(key));
        self
    }

    /// The path from a root, such as `data.order.items[3].name`.
    pub(crate) fn path(&self, root: &str) -> String {
        path(root, self.steps.iter().rev())
    }

    /// A sentence for a person.
    pub(crate) fn message(&self, root: &str) -> String {
        let mut path = self.path(root);
        if path.is_empty() {
            path.push_str("the value");
        }
        match &self.reason {
            Reason::NotUtf8 { at, byte } => format!(
                "{path} is not UTF-8: byte {at} is 0x{byte:02x}; convert it with mb_convert_encoding()"
            ),
            Reason::KeyNotUtf8 => {
                format!("{path} has a key that is not UTF-8; convert it with mb_convert_encoding()")
            }
            Reason::NotFinite(what) => format!("{path} is {what}, which JSON has no number for"),
            Reason::Type(what) => format!("{path} is a {what}, which JSON has no form for"),
            Reason::Recursion => format!("{path} contains itself"),
            Reason::TooDeep => format!("{path} is nested more than 512 levels deep"),
            Reason::TooLarge { end } => format!(
                "the value has at least {end} bytes of JSON, more than what webhooks.max_payload \
                 allows: encode less at once, or raise webhooks.max_payload"
            ),
            Reason::Object(said) => format!("{path} is an object that has no JSON form: {said}"),
            Reason::Thrown => format!("{path} is an object whose jsonSerialize() threw"),
        }
    }
}

/// A path in words; the middle of one that is very deep is left out.
pub(super) fn path<'a>(root: &str, steps: impl ExactSizeIterator<Item = &'a Step>) -> String {
    const FIRST: usize = 16;
    const LAST: usize = 8;
    let depth = steps.len();
    let shown = |place: usize| depth <= FIRST + LAST || place < FIRST || place + LAST >= depth;
    let mut path = root.to_owned();
    for (place, step) in steps.enumerate() {
        if shown(place) {
            step.append_to(&mut path);
        } else if place == FIRST {
            path.push('…');
        }
    }
    path
}

fn is_word(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}
