//! As much of HTTP/1.1 as a receiver of webhooks needs: bodies with a length, kept connections.

use std::io::{self, BufRead, Read};

use webhooks::id::EventId;

/// What a request may weigh. The largest record of the journal is smaller.
const MAX_BODY: usize = 64 << 20;

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Request {
    /// As it was sent: `POST`.
    pub method: String,
    /// The request-target, byte for byte.
    pub path: String,
    /// Names in lower case, in the order of arrival.
    pub headers: Vec<(String, String)>,
    /// Whole.
    pub body: Vec<u8>,
    /// The how-manieth on its connection, from 1, where a [`Server`](crate::server::Server) took it.
    pub number: usize,
}

impl Request {
    /// Reads the next request; `None` where the connection was closed between two requests.
    ///
    /// # Errors
    /// Where what arrives is no HTTP/1.1 request with a length, or the connection breaks.
    pub fn read(reader: &mut impl BufRead) -> io::Result<Option<Request>> {
        let Some(line) = line(reader)? else { return Ok(None) };
        let mut words = line.split(' ');
        let (Some(method), Some(path), Some("HTTP/1.1")) =
            (words.next(), words.next(), words.next())
        else {
            return Err(invalid(format!("not a request line: {line}")));
        };
        let (method, path) = (method.to_owned(), path.to_owned());
        let mut headers = Vec::new();
        loop {
            let line = self::line(reader)?.ok_or_else(|| invalid("cut in the headers".into()))?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line
                .split_once(':')
                .ok_or_else(|| invalid(format!("not a header line: {line}")))?;
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut request = Request { method, path, headers, body: Vec::new(), number: 1 };
        let length = match request.header("content-length") {
            Some(length) => length.parse().map_err(|_| invalid(format!("length {length}")))?,
            None if request.header("transfer-encoding").is_none() => 0,
            None => return Err(invalid("a body without a length".into())),
        };
        if length > MAX_BODY {
            return Err(invalid(format!("a body of {length} bytes")));
        }
        request.body.resize(length, 0);
        reader.read_exact(&mut request.body)?;
        Ok(Some(request))
    }

    /// The first line.
    pub fn line(&self) -> String {
        format!("{} {} HTTP/1.1", self.method, self.path)
    }

    /// The event that it is about.
    ///
    /// # Panics
    /// Where its `webhook-id` is none.
    pub fn id(&self) -> EventId {
        self.header("webhook-id").expect("webhook-id").parse().expect("an event's id")
    }

    /// The first header of this name (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A line without its end; `None` at the end of the stream.
fn line(reader: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    reader.take(64 << 10).read_until(b'\n', &mut bytes)?;
    if bytes.is_empty() {
        return Ok(None);
    }
    while bytes.last().is_some_and(|byte| b"\r\n".contains(byte)) {
        bytes.pop();
    }
    String::from_utf8(bytes).map(Some).map_err(|error| invalid(error.to_string()))
}

fn invalid(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
