//! The head of an answer: its status line, its headers, and where they say that its body ends.

use super::{Answer, FRAMING_HEADERS, KEPT_HEADERS, NoStatus, PROTOCOL, State};

impl Answer {
    pub(super) fn status_line(&mut self, line: &[u8]) {
        self.state = State::Headers;
        match read_status(line) {
            // An interim one (RFC 9110, 15.2): its headers mean nothing, the next one counts.
            Some((_, 100 | 102..=199)) => {}
            Some((persists, status)) => {
                self.status = Some(status);
                self.persistent = persists;
                // What came before takes no room from what comes now.
                self.head = 0;
            }
            None => {
                let shown = String::from_utf8_lossy(&line[..line.len().min(32)]);
                let shown = shown.replace(|c: char| c.is_control(), "\u{fffd}");
                self.fail(NoStatus::Protocol(format!("its first line is \"{shown}\"")));
            }
        }
    }

    pub(super) fn header_line(&mut self, line: &[u8]) {
        if line.is_empty() {
            self.finish_header();
            return match self.status {
                None => self.state = State::Status,
                Some(status) => self.begin_body(status),
            };
        }
        if matches!(line[0], b' ' | b'\t') {
            // A folded line (RFC 9112, 5.2): one space in its place.
            if let Some((_, value)) = &mut self.header {
                value.push(b' ');
                value.extend_from_slice(line.trim_ascii());
            }
            return;
        }
        self.finish_header();
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            if self.status.is_some() {
                self.note("header", "the answer has a header line without a colon");
            }
            return;
        };
        let name = line[..colon].trim_ascii_end();
        let mut known = KEPT_HEADERS.iter().chain(FRAMING_HEADERS);
        let known = known.find(|known| known.as_bytes().eq_ignore_ascii_case(name));
        if let Some(known) = known.filter(|_| self.status.is_some()) {
            self.header = Some((known, line[colon + 1..].trim_ascii().to_vec()));
        }
        if name.is_empty() && self.status.is_some() {
            self.note("header", "the answer has a header without a name");
        }
    }

    pub(super) fn finish_header(&mut self) {
        self.headers.extend(self.header.take());
    }

    /// Where the body ends (RFC 9112, 6.3), and whether the connection goes on (9.3).
    fn begin_body(&mut self, status: u16) {
        // What was read of the head so far does not count against the body's own lines.
        self.head = 0;
        let is = |token: &[u8], what: &str| token.eq_ignore_ascii_case(what.as_bytes());
        let closes = self.tokens("connection").any(|token| is(token, "close"));
        let coding = self.tokens("transfer-encoding").filter(|coding| !coding.is_empty()).last();
        let chunked = coding.map(|coding| is(coding, "chunked"));
        let lengths: Vec<_> = self.tokens("content-length").collect();
        let agree = lengths.windows(2).all(|pair| pair[0] == pair[1]);
        let digits = lengths.first().map(|length| {
            let digits = std::str::from_utf8(length).ok()?;
            digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
        });
        self.persistent &= !closes;
        self.state = match (status, chunked, digits) {
            (101 | 204 | 304, ..) => {
                self.persistent &= status != 101;
                State::Done
            }
            (_, Some(true), length) => {
                // With both, one of two readers would see another answer: not used again.
                self.persistent &= length.is_none();
                State::ChunkSize
            }
            (_, Some(false), _) => {
                self.note("body", "the answer has a transfer coding other than chunked");
                State::UntilClose
            }
            (_, None, Some(Some(length))) if agree => match length {
                0 => State::Done,
                length => State::Length(length),
            },
            (_, None, Some(_)) => {
                self.note("body", "the answer's content-length is no number, or there are several");
                State::Done
            }
            (_, None, None) => {
                self.persistent = false;
                State::UntilClose
            }
        };
    }
}

/// Whether its connection persists by itself, and the status, of a status line read as libcurl
/// reads it: any case, `HTTP/2` too, several spaces, no reason. The status has three digits.
fn read_status(line: &[u8]) -> Option<(bool, u16)> {
    let version = line.get(PROTOCOL.len()..)?.trim_ascii_start();
    let (persists, rest) = match version {
        [b'1', b'.', b'1', b' ', rest @ ..] => (true, rest),
        [b'1', b'.', b'0', b' ', rest @ ..] | [b'2', b'.', b'0', b' ', rest @ ..] => (false, rest),
        [b'2', rest @ ..] => (false, rest),
        _ => return None,
    };
    let rest = rest.trim_ascii_start();
    let digits = rest.get(..3).filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
    if rest.get(3).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let status = std::str::from_utf8(digits).ok()?.parse().ok()?;
    (status >= 100).then_some((persists, status))
}
