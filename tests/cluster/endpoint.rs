//! The endpoint of all webhooks: what came, when, and whether it is as it was made.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use testkit::http::Request;
use testkit::payload::{self, Number};
use testkit::server::{Server, respond};
use testkit::signature::{Key, signers};

use crate::test_webhooks::{REFUSED, TEST_WEBHOOKS, names, secret};

/// A request that came in whole.
#[derive(Debug, Clone)]
pub(crate) struct Receipt {
    pub(crate) webhook: String,
    pub(crate) id: String,
    pub(crate) number: Number,
    /// Answered with 2xx.
    pub(crate) accepted: bool,
    /// What is wrong with it.
    pub(crate) fault: Option<String>,
    /// Since the run's begin.
    pub(crate) at: Duration,
}

struct Receipts {
    list: Vec<Receipt>,
    /// `received.txt`: a line for each accepted request, and for each that is not as it should.
    file: File,
}

/// See the module.
pub(crate) struct Endpoint {
    server: Server,
    receipts: Arc<Mutex<Receipts>>,
}

impl Endpoint {
    /// Opens it; what is accepted is written to `file`.
    pub(crate) fn open(seed: u64, file: &Path) -> io::Result<Self> {
        let receipts = Receipts { list: Vec::new(), file: File::create(file)? };
        let receipts = Arc::new(Mutex::new(receipts));
        let (kept, begun, moods) = (Arc::clone(&receipts), Instant::now(), AtomicUsize::new(0));
        let server = Server::start(move |request, to| {
            let webhook = request.path.trim_start_matches('/').to_owned();
            let is_refused =
                webhook == "moody" && moods.fetch_add(1, Ordering::SeqCst).is_multiple_of(REFUSED);
            let receipt = examine(seed, webhook, request, !is_refused, begun.elapsed());
            // Before the answer: what the worker calls delivered has to stand here already.
            let mut receipts = kept.lock();
            if receipt.accepted || receipt.fault.is_some() {
                let finding = if receipt.fault.is_none() { "valid" } else { "invalid" };
                let _ = writeln!(receipts.file, "{} {finding}", receipt.id);
            }
            let turn = receipts.list.len();
            receipts.list.push(receipt);
            drop(receipts);
            // So that something is under way when a worker dies.
            std::thread::sleep(Duration::from_millis(20 * (turn as u64 % 7)));
            respond(to, if is_refused { "503 Later" } else { "204 Taken" }, "", b"")
        });
        Ok(Self { server, receipts })
    }

    pub(crate) fn url(&self, webhook: &str) -> String {
        format!("http://{}/{webhook}", self.server.address)
    }

    pub(crate) fn receipts(&self) -> Vec<Receipt> {
        self.receipts.lock().list.clone()
    }
}

fn examine(seed: u64, webhook: String, request: &Request, accepted: bool, at: Duration) -> Receipt {
    let header = |name: &str| request.header(name).unwrap_or_default();
    let id = header("webhook-id").to_owned();
    let (timestamp, signatures) = (header("webhook-timestamp"), header("webhook-signature"));
    let keys: Vec<_> = Key::of(secret(&webhook)).into_iter().collect();
    let is_signed = signers(&keys, &id, timestamp, signatures, &request.body).is_some();
    let read = read(seed, &webhook, &id, &request.body);
    let fault = match &read {
        _ if !is_signed => Some(format!("signature {signatures} at {timestamp}")),
        Err(fault) => Some(fault.clone()),
        Ok(_) => None,
    };
    Receipt { webhook, id, number: read.unwrap_or_default(), accepted, fault, at }
}

/// Whose event a body carries; why it can't be what was dispatched.
fn read(seed: u64, webhook: &str, id: &str, body: &[u8]) -> Result<Number, String> {
    if !TEST_WEBHOOKS.iter().any(|known| known.name == webhook) {
        return Err(format!("there is no webhook {webhook}"));
    }
    payload::read(&names(), seed, webhook, id, body)
}
