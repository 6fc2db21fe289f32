//! A kept connection of the benchmark's own: as much of HTTP/1.1 as nginx needs.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use crate::Result;

/// See the module.
pub(crate) struct Connection(BufReader<TcpStream>);

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<String>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// A header's value; its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let pairs = self.headers.iter().filter_map(|line| line.split_once(": "));
        pairs.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }
}

impl Connection {
    pub(crate) fn open(port: u16) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::with_capacity(256 << 10, stream)))
    }

    /// Sends a request, written out, and reads the answer.
    pub(crate) fn request(&mut self, head: &str, body: &[u8]) -> Result<Answer> {
        self.0.get_mut().write_all(&[head.as_bytes(), body].concat())?;
        let status = self.line()?.split(' ').nth(1).ok_or("not an answer")?.parse()?;
        let mut answer = Answer { status, headers: Vec::new(), body: Vec::new() };
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            answer.headers.push(line);
        }
        let length = answer.header("content-length").map_or(Ok(0), str::parse)?;
        let mut chunked = answer.header("transfer-encoding") == Some("chunked");
        let body = &mut answer.body;
        while chunked {
            let size = u64::from_str_radix(&self.line()?, 16)?;
            (&mut self.0).take(size).read_to_end(body)?;
            self.line()?;
            chunked = size > 0;
        }
        (&mut self.0).take(length).read_to_end(body)?;
        Ok(answer)
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        if line.is_empty() {
            return Err("the connection was closed".into());
        }
        line.truncate(line.trim_end().len());
        Ok(line)
    }
}
