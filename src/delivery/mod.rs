//! Delivery: one attempt to bring one event to one endpoint.
//!
//! | module | owns |
//! |---|---|
//! | `endpoint`, `recipe` | a webhook prepared for sending, and what it makes of events |
//! | [`preview`] | what would be sent |
//! | [`format`], [`template`] | the body: the envelope, what is left of it, what an admin made of it |
//! | [`sign`], [`header`] | signatures, custom headers |
//! | [`guard`], [`address`] | where requests may go |
//! | [`resolve`], `connection`, [`proxy`], [`tls`] | names, sockets and trust, below ureq |
//! | [`request`] | the request, and what came of it |
//! | [`retry`] | when the next attempt is made |

pub mod address;
mod buffers;
mod connection;
mod endpoint;
pub mod fields;
mod form;
pub mod format;
pub mod guard;
pub mod header;
mod json;
mod php_json;
pub mod preview;
pub mod proxy;
mod recipe;
pub mod request;
pub mod resolve;
pub mod retry;
pub mod sign;
pub mod template;
pub mod tls;
mod trace;
pub mod v1;

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Mutex, RwLock};

pub use connection::{CONNECT_TIMEOUT, MAX_AGE};
use endpoint::{Endpoint, Exchange, Shared};
pub use endpoint::{REDACTED, USER_AGENT};
use guard::Guard;
use proxy::{Proxy, ProxySettings};
use request::failure;
use resolve::{Lookup, Names, SystemLookup};
use tls::TlsSettings;

use crate::clock::Clock;
use crate::event::{Event, Flags};
use crate::store::{Attempt, Claim, Failure, Next, Phase};
use crate::webhook::Webhook;

/// How often unused endpoints are looked for; one is dropped, with its idle connections, after
/// being unused for the age at which a connection is too old anyway.
const SWEEP: Duration = Duration::from_secs(10);

/// What holds for all webhooks.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// `webhooks.allow`: what the address guard lets through; see [`guard`].
    pub allow: Vec<String>,
    /// WordPress's proxy.
    pub proxy: Option<ProxySettings>,
    /// `WP_HTTP_BLOCK_EXTERNAL` is set: only these hosts are reached.
    pub block_external: Option<Vec<String>>,
    /// URL of the network's own test inbox, which is reached without being judged.
    pub inbox: Option<String>,
    /// How events fill the keys of the format `v1`.
    pub v1: v1::Projections,
}

/// Makes attempts; shared by all threads of the delivery pool.
///
/// One belongs to one set of [`Settings`]: where they change, a new one is made, and the kept
/// connections go with the old one.
#[derive(Debug)]
pub struct Sender {
    shared: Shared,
    endpoints: RwLock<HashMap<String, Arc<Endpoint>>>,
    swept: Mutex<Instant>,
}

impl Sender {
    /// A sender that asks the system for addresses.
    pub fn new(settings: &Settings) -> Self {
        Self::with_lookup(settings, Box::new(SystemLookup))
    }

    /// A sender that asks `lookup` for addresses.
    pub fn with_lookup(settings: &Settings, lookup: Box<dyn Lookup>) -> Self {
        let guard = Guard::new(&settings.allow, settings.block_external.as_deref())
            .with_inbox(settings.inbox.as_deref());
        let proxy = settings.proxy.as_ref().map(Proxy::new).transpose();
        Self {
            shared: Shared {
                guard: Arc::new(guard),
                names: Arc::new(Names::new(lookup)),
                tls: TlsSettings::default(),
                proxy: proxy.map(|proxy| proxy.map(Arc::new)),
                projections: Arc::new(settings.v1.clone()),
            },
            endpoints: RwLock::default(),
            swept: Mutex::new(Instant::now()),
        }
    }

    /// Makes one attempt: whatever happens stands in what it returns.
    ///
    /// What happens next follows the webhook's schedule; an event that can't be turned into a
    /// request fails for good, as would every further attempt.
    pub fn send(&self, webhook: &Webhook, claim: &Claim, clock: &dyn Clock) -> Attempt {
        let (started, begun) = (clock.unix_ms(), clock.monotonic_ns());
        // A worker thread must outlive whatever an endpoint's bytes bring to light in a library.
        let exchange = catch_unwind(AssertUnwindSafe(|| {
            self.endpoint(webhook)?.exchange(&claim.event, started)
        }))
        .unwrap_or_else(|_| {
            Err(failure(Phase::Prepare, "internal", "an internal error; see worker.log"))
        });
        let duration_us = clock.monotonic_ns().saturating_sub(begun) / 1000;
        let exchange = exchange.unwrap_or_else(Exchange::failed);
        let outcome = exchange.outcome;
        let next = match &outcome.failure {
            None => Next::Delivered,
            Some(failure) if is_final(failure) => Next::Failed,
            Some(_) => {
                let now = clock.unix_ms();
                let asked = outcome.headers.iter().find(|(name, _)| name == "retry-after");
                let asked = asked
                    .zip(outcome.status)
                    .and_then(|((_, value), status)| retry::retry_after(status, value, now));
                let test = claim.event.flags.has(Flags::TEST);
                retry::next(webhook, claim.attempts + 1, test, now, asked, random_fraction())
            }
        };
        let (response_body, request_body) = if webhook.log_bodies {
            (outcome.body, exchange.request_body)
        } else {
            (Vec::new(), None)
        };
        Attempt {
            started,
            duration_us,
            address: outcome.address,
            status: outcome.status,
            failure: outcome.failure,
            response_headers: outcome.headers,
            response_body,
            request_body,
            request_headers: exchange.request_headers,
            reconnected: outcome.reconnected,
            next,
        }
    }

    /// Whether the webhook's condition holds for `event`; without a condition it does.
    ///
    /// # Errors
    /// Where the webhook can't be used, or its condition fails on this event: the delivery is
    /// `failed` with this, without attempts.
    pub fn accepts(&self, webhook: &Webhook, event: &Event) -> Result<bool, Failure> {
        if webhook.condition.is_none() {
            return Ok(true);
        }
        // One condition that dies costs its own webhook the event, and no other.
        catch_unwind(AssertUnwindSafe(|| self.endpoint(webhook)?.accepts(event))).unwrap_or_else(
            |_| Err(failure(Phase::Prepare, "internal", "an internal error; see worker.log")),
        )
    }

    fn endpoint(&self, webhook: &Webhook) -> Result<Arc<Endpoint>, Failure> {
        let now = Instant::now();
        self.sweep(now);
        if let Some(endpoint) = self.endpoints.read().get(&webhook.id)
            && endpoint.webhook == *webhook
        {
            *endpoint.used.lock() = now;
            return Ok(Arc::clone(endpoint));
        }
        let endpoint = Arc::new(Endpoint::new(webhook, &self.shared)?);
        self.endpoints.write().insert(webhook.id.clone(), Arc::clone(&endpoint));
        Ok(endpoint)
    }

    /// Drops what was not used for a while, so that thousands of quiet webhooks hold no sockets.
    fn sweep(&self, now: Instant) {
        let Some(mut swept) = self.swept.try_lock().filter(|swept| now >= **swept + SWEEP) else {
            return;
        };
        *swept = now;
        self.endpoints.write().retain(|_, endpoint| *endpoint.used.lock() + MAX_AGE > now);
    }
}

/// Whether every further attempt would fail the same way: what was decided before a request
/// was made, and an endpoint that says it is gone. A CA file may appear, though, and what
/// surprised us once may not do so again.
fn is_final(failure: &Failure) -> bool {
    match failure.phase {
        Phase::Prepare => !matches!(&*failure.code, "certificate" | "internal"),
        _ => failure.code == "gone",
    }
}

fn random_fraction() -> f64 {
    // Without random numbers everything comes back at the middle of its range.
    getrandom::u32().map_or(0.5, |random| f64::from(random) / f64::from(u32::MAX))
}
