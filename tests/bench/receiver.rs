//! The endpoint that verifies: keeps every request with the time at which it was there, and says
//! afterwards whether signatures, bodies and ids are those that they have to be.
//!
//! Nothing is verified while time is taken: that would be the machine's time too.

use std::collections::HashMap;
use std::io::BufReader;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use serde_json::value::RawValue;

use crate::Result;
use crate::http::{Answer, Request};
use crate::plane::SECRET;
use crate::process::wait_for;
use crate::signature::{Key, signers};

/// A request, and when it was there whole (`CLOCK_MONOTONIC`, which is PHP's hrtime).
pub(crate) struct Arrival {
    pub(crate) at: u64,
    pub(crate) request: Request,
}

/// See the module. Its threads end with the process.
pub(crate) struct Receiver {
    port: u16,
    arrivals: Arc<Mutex<Vec<Arrival>>>,
}

impl Receiver {
    pub(crate) fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let receiver = Self { port: listener.local_addr()?.port(), arrivals: Arc::default() };
        let arrivals = Arc::clone(&receiver.arrivals);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let arrivals = Arc::clone(&arrivals);
                // A worker that ends cuts its connections.
                std::thread::spawn(move || converse(&stream, &arrivals).is_ok());
            }
        });
        Ok(receiver)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// Of a webhook whose every request hangs.
    pub(crate) fn hanging_url(&self) -> String {
        format!("{}delay/600000", self.url())
    }

    fn count(&self) -> usize {
        self.arrivals.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Waits until so many requests are there, and gives them away.
    pub(crate) fn take(&self, count: usize) -> Result<Vec<Arrival>> {
        wait_for("the receiver has all requests", || self.count() >= count)?;
        Ok(std::mem::take(&mut *self.arrivals.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

fn converse(stream: &TcpStream, arrivals: &Mutex<Vec<Arrival>>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::with_capacity(16 << 10, stream);
    while let Some(request) = Request::read(&mut reader)? {
        let answer = Answer { status: 200, delay: Duration::ZERO }.overridden_by(&request.path);
        if answer.delay.is_zero() {
            let at = Arrival { at: monotonic_ns(), request };
            arrivals.lock().unwrap_or_else(PoisonError::into_inner).push(at);
        }
        std::thread::sleep(answer.delay);
        answer.write(stream)?;
    }
    Ok(())
}

fn monotonic_ns() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec.unsigned_abs() * 1_000_000_000 + now.tv_nsec.unsigned_abs()
}

/// Checks that these are one request for each of `count` events, each signed, with the payload
/// as json_encode() writes it; gives back when each was there.
pub(crate) fn verify(
    arrivals: &[Arrival],
    count: usize,
    data: &str,
) -> Result<HashMap<String, u64>> {
    #[derive(serde::Deserialize)]
    struct Envelope<'a> {
        id: &'a str,
        #[serde(borrow)]
        data: &'a RawValue,
    }
    let keys: Vec<_> = Key::of(SECRET).into_iter().collect();
    let mut at = HashMap::new();
    for Arrival { at: time, request } in arrivals {
        if request.method != "POST" {
            return Err(format!("a request that is no POST: {}", request.method).into());
        }
        let header = |name: &str| request.header(name).unwrap_or_default();
        let (id, timestamp) = (header("webhook-id"), header("webhook-timestamp"));
        let signature = header("webhook-signature");
        if signers(&keys, id, timestamp, signature, &request.body).is_none() {
            return Err(format!("a request whose signature is wrong: {id} {signature}").into());
        }
        let envelope: Envelope<'_> = serde_json::from_slice(&request.body)?;
        if envelope.id != id || envelope.data.get() != data {
            return Err(format!("a body that is not the event's: {id}").into());
        }
        if at.insert(id.to_owned(), *time).is_some() {
            return Err(format!("{id} was received twice").into());
        }
    }
    if at.len() == count { Ok(at) } else { Err(format!("{} of {count} events", at.len()).into()) }
}
