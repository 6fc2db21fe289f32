//! A request and its answer on one connection, written and read at the same time: an endpoint
//! may answer before it has read everything (413, 429), and close then. What it said is read
//! even where writing fails.

use std::future::{Future as _, poll_fn};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::ReadBuf;
use tokio::time::{Sleep, sleep};

use super::answer::Answer;
use super::connection::Stream;
use super::trace::Trace;
use domain::attempt::Phase;

/// Bytes of head and body that leave in one write, one packet and one TLS record.
const TOGETHER: usize = 16 * 1024;
/// Bytes read at once.
const READ: usize = 8 * 1024;
/// Reads after which an answer is taken for one that comes byte by byte: what is read of a usual
/// one fits in fifty packets.
const DRIPS: u32 = 256;
/// How long more of such an answer is let come together before it is read on: a read for each of
/// its bytes would be seconds of processor time.
const GULP: Duration = Duration::from_millis(10);

/// What is sent: head, and as much of the body as leaves with it, then the rest of the body.
pub(super) struct Output<'a> {
    first: Vec<u8>,
    head: usize,
    rest: &'a [u8],
    sent: usize,
    flushed: bool,
}

impl<'a> Output<'a> {
    /// A request of this head (with the empty line behind it) and body.
    pub(super) fn new(mut head: Vec<u8>, body: &'a [u8]) -> Self {
        let length = head.len();
        let (near, rest) = body.split_at(TOGETHER.saturating_sub(length).min(body.len()));
        head.extend_from_slice(near);
        Self { first: head, head: length, rest, sent: 0, flushed: false }
    }

    /// As if nothing had been sent.
    pub(super) fn rewind(&mut self) {
        (self.sent, self.flushed) = (0, false);
    }

    /// Whether all of it is on its way.
    pub(super) fn is_through(&self) -> bool {
        self.flushed
    }

    fn left(&self) -> &[u8] {
        match self.first.get(self.sent..) {
            Some(left) if !left.is_empty() => left,
            _ => &self.rest[self.sent - self.first.len()..],
        }
    }

    /// Writes what the connection takes; ready once all of it is on its way.
    fn poll(&mut self, stream: &mut Stream, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let left = self.left();
            if left.is_empty() {
                break;
            }
            match stream.poll_write(cx, left) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(sent)) => self.sent += sent,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return Poll::Pending,
            }
        }
        let flushed = stream.poll_flush(cx);
        self.flushed = matches!(flushed, Poll::Ready(Ok(())));
        flushed
    }
}

/// Sends and reads until the answer is complete; what came of it stands in `answer`, also where
/// the caller's patience ends before.
///
/// # Errors
/// Why there is no status.
pub(super) async fn exchange(
    stream: &mut Stream,
    output: &mut Output<'_>,
    answer: &mut Answer,
    trace: &mut Trace,
) -> io::Result<()> {
    let mut failed = None;
    let mut stopped = false;
    let mut gulps = Gulps::default();
    trace.phase = Phase::SendRequest;
    poll_fn(|cx| {
        // A refusal ends the request; an acceptance does not: the endpoint may be reading on.
        stopped |= answer.status().is_some_and(|status| status >= 300) && !output.flushed;
        if !output.flushed && !stopped && failed.is_none() {
            if let Poll::Ready(Err(error)) = output.poll(stream, cx) {
                failed = Some(error);
            }
            trace.phase = match output.sent {
                _ if output.flushed => Phase::RecvResponse,
                sent if sent < output.head => Phase::SendRequest,
                _ => Phase::SendBody,
            };
        }
        loop {
            if answer.is_done() {
                let waits = answer.status().is_some() && !output.flushed && !stopped;
                // Accepted, and the request is not through yet.
                return if waits && failed.is_none() { Poll::Pending } else { Poll::Ready(()) };
            }
            if gulps.poll(cx).is_pending() {
                return Poll::Pending;
            }
            match poll_read(stream, answer, cx) {
                Poll::Ready(Ok(0)) => answer.end(),
                Poll::Ready(Ok(_)) => gulps.note_read(),
                Poll::Ready(Err(error)) => {
                    // What went wrong first says more.
                    failed.get_or_insert(error);
                    answer.end();
                }
                Poll::Pending => return Poll::Pending,
            }
            if answer.is_in_body() && answer.status().is_some() {
                trace.phase = Phase::RecvBody;
            }
            if answer.status().is_some_and(|status| status >= 300) && !output.flushed {
                stopped = true;
            }
        }
    })
    .await;
    if !output.flushed && answer.status().is_some() {
        answer.note("unread", "the endpoint answered before it had the whole request");
    }
    match failed {
        Some(error) if answer.status().is_none() => Err(error),
        _ => Ok(()),
    }
}

/// How often an answer was read, and the pause before it is read again.
#[derive(Default)]
struct Gulps {
    reads: u32,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Gulps {
    /// Something came.
    fn note_read(&mut self) {
        self.reads += 1;
        if self.reads > DRIPS {
            self.pause = Some(Box::pin(sleep(GULP)));
        }
    }

    /// Ready once it may be read again.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(cx));
            self.pause = None;
        }
        Poll::Ready(())
    }
}

/// Reads what is there into the answer; how many bytes that were.
fn poll_read(
    stream: &mut Stream,
    answer: &mut Answer,
    cx: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    // On the stack, and only while it is read: a request that waits holds no buffer.
    let mut bytes = [const { std::mem::MaybeUninit::uninit() }; READ];
    let mut buffer = ReadBuf::uninit(&mut bytes);
    match stream.poll_read(cx, &mut buffer) {
        Poll::Ready(Ok(())) => {
            answer.push(buffer.filled());
            Poll::Ready(Ok(buffer.filled().len()))
        }
        // An end without a goodbye is an end (of a body it is told by its length).
        Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Poll::Ready(Ok(0))
        }
        Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
        Poll::Pending => Poll::Pending,
    }
}
