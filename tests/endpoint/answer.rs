//! What is answered to a request.

use std::io::{self, Write};
use std::time::Duration;

#[derive(Clone, Copy)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) delay: Duration,
}

impl Answer {
    /// What the path asks for: `/status/503/delay/300`.
    pub(crate) fn overridden_by(mut self, path: &str) -> Answer {
        let path = path.split('?').next().unwrap_or_default();
        let mut words = path.split('/');
        while let Some(word) = words.next() {
            let number = || words.clone().next().and_then(|word| word.parse().ok());
            match word {
                "status" => self.status = number().map_or(self.status, |number: u64| number as u16),
                "delay" => self.delay = number().map_or(self.delay, Duration::from_millis),
                _ => {}
            }
        }
        self
    }

    pub(crate) fn write(self, mut stream: impl Write) -> io::Result<()> {
        let body = if self.status < 300 { "Thank you.\n" } else { "No, thank you.\n" };
        let answer = format!(
            "HTTP/1.1 {} Status\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}",
            self.status,
            body.len()
        );
        // In one write: the client must not see a part of it in a packet of its own.
        stream.write_all(answer.as_bytes())
    }
}
