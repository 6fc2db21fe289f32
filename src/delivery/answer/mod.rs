//! What an endpoint answers, read as its bytes come.
//!
//! A complete status line of a final response decides (RFC 9112, 4): an endpoint that says 2xx
//! has accepted. Whatever is wrong behind it is a [`Remark`] on the attempt, and its connection is
//! not used again. So this reads more than HTTP/1.1 allows, and never less than libcurl takes as
//! an answer: folded lines (5.2), interim responses with headers (RFC 9110, 15.2), any number of
//! headers, chunk extensions of any length (RFC 9112, 7.1.1), lines that end with LF alone, a
//! status line that says HTTP/2. Content codings are not undone: identity is asked for, and what
//! comes is kept for the log as it is.
//!
//! It opens nothing, and everything it keeps is bounded while it grows.

mod head;

use domain::attempt::Remark;

/// Most bytes of a response's headers, and of a body's chunk extensions.
pub const MAX_RESPONSE_HEADERS: usize = 32 * 1024;
/// Most bytes before a final status is known: interim responses, and the reason. None of them is kept.
/// libcurl takes 300 KiB of heads and 100 KiB of one line, and what it takes as a 2xx is one.
pub(super) const MAX_BEFORE_STATUS: usize = 512 * 1024;
/// What is kept of a response's body, in bytes.
pub const KEPT_BODY: usize = 16 * 1024;
/// What is read of it beyond that, so that the connection can be used again, in bytes.
const DRAINED_BODY: u64 = 48 * 1024;
/// What is kept of a response header's value, in bytes.
const KEPT_HEADER: usize = 1024;
/// What is kept of a line that only begins with something that counts, in bytes.
const KEPT_LINE: usize = 64;
/// What every response begins with (libcurl takes it in small letters as well).
const PROTOCOL: &[u8] = b"http/";

/// Headers that are kept: what helps to find out why, and no cookies.
const KEPT_HEADERS: &[&str] = &[
    "allow",
    "cf-ray",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "location",
    "retry-after",
    "server",
    "via",
    "www-authenticate",
    "x-amz-cf-id",
    "x-amzn-requestid",
    "x-correlation-id",
    "x-request-id",
    "x-vercel-id",
];
/// Headers that say where the body ends, and whether the connection goes on.
const FRAMING_HEADERS: &[&str] = &["connection", "transfer-encoding"];

/// Why there is no complete status line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoStatus {
    /// These bytes are no HTTP/1.1 response.
    Protocol(String),
    /// More head than is read.
    TooLarge,
    /// The connection ended before.
    Ended,
}

/// Where in a response the next byte belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Status,
    Headers,
    /// A body of so many bytes more.
    Length(u64),
    /// A body that ends with the connection.
    UntilClose,
    /// The line with a chunk's size.
    ChunkSize,
    /// A chunk's data, so many bytes more.
    Chunk(u64),
    /// The end of line behind a chunk's data.
    ChunkEnd,
    Trailers,
    /// Nothing more is read.
    Done,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Answer {
    state: State,
    status: Option<u16>,
    failure: Option<NoStatus>,
    remark: Option<Remark>,
    /// The line that is being read.
    line: Vec<u8>,
    /// Bytes of heads, chunk extensions and trailers so far.
    head: usize,
    /// The header whose value may go on in the next line.
    header: Option<(&'static str, Vec<u8>)>,
    headers: Vec<(&'static str, Vec<u8>)>,
    body: Vec<u8>,
    /// Bytes of the body so far, kept or not.
    length: u64,
    /// The connection can be used again once all is read.
    persistent: bool,
    /// Any byte came.
    begun: bool,
}

impl Default for Answer {
    fn default() -> Self {
        Self {
            state: State::Status,
            status: None,
            failure: None,
            remark: None,
            line: Vec::new(),
            head: 0,
            header: None,
            headers: Vec::new(),
            body: Vec::new(),
            length: 0,
            persistent: false,
            begun: false,
        }
    }
}

impl Answer {
    /// Status of the final response, once its status line is complete.
    pub(super) fn status(&self) -> Option<u16> {
        self.status
    }

    /// Whether any byte came.
    pub(super) fn has_begun(&self) -> bool {
        self.begun
    }

    /// Whether the final response's head is complete, or will never be.
    pub(super) fn is_in_body(&self) -> bool {
        !matches!(self.state, State::Status | State::Headers)
    }

    /// Whether nothing more is to be read.
    pub(super) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Whether the connection can serve another request, as far as the response says.
    pub(super) fn is_persistent(&self) -> bool {
        self.is_done() && self.persistent
    }

    /// Notes what is wrong with what came after the status line; the first remark stays.
    pub(super) fn note(&mut self, code: &str, message: impl Into<String>) {
        self.persistent = false;
        self.remark.get_or_insert_with(|| Remark { code: code.into(), message: message.into() });
    }

    /// Takes the next bytes.
    pub(super) fn push(&mut self, mut bytes: &[u8]) {
        self.begun |= !bytes.is_empty();
        while !bytes.is_empty() {
            bytes = match self.state {
                State::Done => {
                    // An answer to nothing that was asked: it must not answer what comes next.
                    self.note("surplus", "the endpoint sent more than one answer");
                    return;
                }
                State::Length(left) => {
                    let (rest, left) = self.take_body(bytes, left);
                    self.continue_with(if left == 0 { State::Done } else { State::Length(left) });
                    rest
                }
                State::Chunk(left) => {
                    let (rest, left) = self.take_body(bytes, left);
                    self.continue_with(if left == 0 {
                        State::ChunkEnd
                    } else {
                        State::Chunk(left)
                    });
                    rest
                }
                State::UntilClose => self.take_body(bytes, u64::MAX).0,
                _ => self.take_line(bytes),
            };
        }
    }

    /// The connection ended.
    pub(super) fn end(&mut self) {
        self.persistent = false;
        match self.state {
            State::Done => {}
            State::UntilClose => self.state = State::Done,
            State::Status if self.status.is_none() => self.fail(NoStatus::Ended),
            State::Status | State::Headers => {
                self.finish_header();
                self.note("cut", "the connection ended amid the headers of the answer");
                self.state = State::Done;
            }
            _ => {
                self.note("cut", "the connection ended amid the answer's body");
                self.state = State::Done;
            }
        }
    }

    /// The first value of each header that is kept, in one order, and readable.
    pub(super) fn kept_headers(&self) -> Vec<(String, String)> {
        let kept = KEPT_HEADERS.iter().filter_map(|name| {
            let value = self.values(name).next()?;
            Some(((*name).to_owned(), readable(value)))
        });
        kept.collect()
    }

    /// Whether it has a header of this name (one of those that are kept).
    pub(super) fn has_header(&self, name: &str) -> bool {
        self.values(name).next().is_some()
    }

    /// What is left of it: the body's first bytes, the remark, and why there is no status.
    pub(super) fn into_parts(self) -> (Vec<u8>, Option<Remark>, Option<NoStatus>) {
        (self.body, self.remark, self.failure)
    }

    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.headers.iter().filter(move |(known, _)| *known == name).map(|(_, value)| &value[..])
    }

    /// The values of a header that is a list.
    fn tokens<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        let values = self.values(name);
        values.flat_map(|value| value.split(|byte| *byte == b',')).map(<[u8]>::trim_ascii)
    }

    fn fail(&mut self, failure: NoStatus) {
        self.failure = Some(failure);
        self.state = State::Done;
    }

    /// Goes on, unless enough of the body was read.
    fn continue_with(&mut self, next: State) {
        if self.state != State::Done {
            self.state = next;
        }
    }

    /// Takes up to `left` bytes of the body; returns the rest of `bytes`, and what is left then.
    fn take_body<'a>(&mut self, bytes: &'a [u8], left: u64) -> (&'a [u8], u64) {
        let amount = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        let (data, rest) = bytes.split_at(amount);
        let room = KEPT_BODY - self.body.len();
        self.body.extend_from_slice(&data[..room.min(amount)]);
        self.length += amount as u64;
        if self.length > KEPT_BODY as u64 + DRAINED_BODY {
            // It is for the log alone, which has what it wants.
            self.persistent = false;
            self.state = State::Done;
            return (&[], left - amount as u64);
        }
        (rest, left - amount as u64)
    }

    /// Takes bytes up to the end of a line; returns the rest.
    fn take_line<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let part = &bytes[..end.unwrap_or(bytes.len())];
        let is_final = self.status.is_some();
        let counts = is_final && self.state == State::Headers;
        let keeps = if counts { MAX_RESPONSE_HEADERS } else { KEPT_LINE };
        let kept = part.len().min(keeps.saturating_sub(self.line.len()));
        self.line.extend_from_slice(&part[..kept]);
        // Of a chunk, what is longer than its size: there may be thousands of chunks.
        let is_chunk = matches!(self.state, State::ChunkSize | State::ChunkEnd);
        self.head += if is_chunk { part.len() - kept } else { part.len() + 1 };
        if self.state == State::Status && !self.may_be_http() {
            self.fail(NoStatus::Protocol("it does not begin with HTTP/1.1".into()));
            return &[];
        }
        if self.head > if is_final { MAX_RESPONSE_HEADERS } else { MAX_BEFORE_STATUS } {
            self.too_large();
            return &[];
        }
        let Some(end) = end else { return &[] };
        let mut line = std::mem::take(&mut self.line);
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        match self.state {
            State::Status => self.status_line(&line),
            State::Headers => self.header_line(&line),
            State::ChunkSize => self.chunk_size(&line),
            State::ChunkEnd if line.is_empty() => self.state = State::ChunkSize,
            State::ChunkEnd => self.malformed_body("a chunk is longer than it says"),
            State::Trailers if line.is_empty() => self.state = State::Done,
            _ => {}
        }
        line.clear();
        self.line = line;
        &bytes[end + 1..]
    }

    fn may_be_http(&self) -> bool {
        let length = self.line.len().min(PROTOCOL.len());
        self.line[..length].eq_ignore_ascii_case(&PROTOCOL[..length])
    }

    fn too_large(&mut self) {
        match (self.state, self.status) {
            (State::Status, _) | (State::Headers, None) => self.fail(NoStatus::TooLarge),
            (State::Headers, Some(_)) => {
                self.finish_header();
                let message = format!("the answer's headers exceed {MAX_RESPONSE_HEADERS} bytes");
                self.note("too_large", message);
                self.state = State::Done;
            }
            _ => self.malformed_body("its chunks have too many extensions or trailers"),
        }
    }

    fn malformed_body(&mut self, what: &str) {
        self.note("body", format!("the answer's body is malformed: {what}"));
        self.state = State::Done;
    }

    fn chunk_size(&mut self, line: &[u8]) {
        let line = line.trim_ascii_start();
        let end = line.iter().position(|byte| !byte.is_ascii_hexdigit()).unwrap_or(line.len());
        let digits = std::str::from_utf8(&line[..end]).unwrap_or_default();
        self.state = match u64::from_str_radix(digits, 16) {
            Ok(0) if end < KEPT_LINE => State::Trailers,
            Ok(size @ 1..) => State::Chunk(size),
            _ => return self.malformed_body("a chunk has no size"),
        };
    }
}

/// A value as people may see it: its first bytes, without control characters (RFC 9110, 5.5).
fn readable(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(&value[..value.len().min(KEPT_HEADER)]).into_owned();
    text.replace(|c: char| c.is_control() && c != '\t', " ")
}
