//! Delivery: one attempt to bring one event to one endpoint.
//!
//! | module | owns |
//! |---|---|
//! | [`mod@check`] | reads a webhook once: what can be sent, and what is wrong with it |
//! | `endpoint`, `request_builder` | a webhook prepared for sending, and what it makes of events |
//! | [`preview`] | what would be sent |
//! | [`format`], [`template`] | the body: the envelope, what is left of it, what an admin made of it |
//! | [`mod@url`] | where requests go: a URL, or one that is made anew for each event |
//! | [`sign`], [`header`] | signatures, custom headers |
//! | [`guard`], [`address`] | where requests may go |
//! | [`io`] | the thread on which requests are under way |
//! | [`resolve`], `connection`, [`proxy`], [`tls`], `kept` | names, sockets, trust, and what is kept for the next request |
//! | `answer`, `exchange` | HTTP/1.1 on one connection |
//! | `request` | the request, and what came of it |
//! | [`retry`] | when the next attempt is made |

pub mod address;
mod answer;
pub mod check;
mod connection;
mod endpoint;
mod endpoints;
mod exchange;
pub mod fields;
mod form;
pub mod format;
pub mod guard;
pub mod header;
pub mod io;
mod json;
mod kept;
mod php_json;
pub mod preview;
pub mod proxy;
mod request;
mod request_builder;
pub mod resolve;
pub mod retry;
pub mod sign;
pub mod template;
pub mod tls;
mod trace;
pub mod url;
pub mod v1;
mod verify;
mod woocommerce;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use once_cell::sync::OnceCell;

pub use answer::{KEPT_BODY, MAX_RESPONSE_HEADERS};
pub use connection::{CONNECT_TIMEOUT, MAX_AGE};
use endpoint::{Endpoint, Exchange, Shared, internal};
use endpoints::Endpoints;
use guard::Guard;
pub use header::{REDACTED, USER_AGENT};
use io::{IoThread, contained};
pub use json::{Json, Places};
use kept::Kept;
use proxy::{Proxy, ProxySettings};
use request::{Network, failure};
use resolve::{Lookup, Names, SystemLookup};
use template::Envelope;

use domain::attempt::{Attempt, Failure, Next, Phase};
use domain::claim::Claim;
use domain::clock::Clock;
use domain::event::Flags;
use domain::webhook::Webhook;

/// Whether a webhook's condition holds for an event, asked by who delivers nothing; without a
/// condition it does.
///
/// # Errors
/// As [`Sender::accepts`].
pub fn accepts(webhook: &Webhook, event: &Envelope<'_>) -> Result<bool, Failure> {
    catch_unwind(AssertUnwindSafe(|| endpoint::accepts(webhook, event)))
        .unwrap_or_else(|_| Err(internal()))
}

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
    /// Most connections that are kept for later requests (0: a thousand).
    pub most_kept: usize,
}

/// Connections that are kept where nobody says how many, in all.
const MOST_KEPT: usize = 1000;

/// Makes attempts, as many at once as it is asked for.
///
/// One belongs to one set of [`Settings`]: where they change, a new one is made, and the kept
/// connections go with the old one.
pub struct Sender {
    shared: Shared,
    /// Of those who wait for what they [`send`](Self::send).
    own: OnceCell<IoThread>,
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
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
                network: Network {
                    names: Arc::new(Names::new(lookup)),
                    kept: Arc::new(Kept::default()),
                    endpoints: Arc::new(Endpoints::new()),
                    tls: Arc::default(),
                    most_kept: if settings.most_kept == 0 { MOST_KEPT } else { settings.most_kept },
                },
                proxy: proxy.map(|proxy| proxy.map(Arc::new)),
                projections: Arc::new(settings.v1.clone()),
            },
            own: OnceCell::new(),
        }
    }

    /// Makes one attempt and waits for it, with an I/O thread of this sender's own; see
    /// [`attempt`](Self::attempt).
    pub fn send(&self, webhook: &Webhook, claim: &Claim, clock: &dyn Clock) -> Attempt {
        // Where the system had no thread for it, the next attempt asks again.
        match self.own.get_or_try_init(IoThread::start) {
            Ok(thread) => thread.wait_for(self.attempt(webhook, claim, clock)),
            Err(error) => {
                let failure = failure(Phase::Prepare, "internal", error.to_string());
                conclude(webhook, claim, clock, begin(clock), Err(failure))
            }
        }
    }

    /// Makes one attempt: whatever happens stands in what it returns. Has to run on an
    /// [`IoThread`].
    ///
    /// What happens next follows the webhook's schedule; an event that can't be turned into a
    /// request fails for good, as would every further attempt.
    pub async fn attempt(&self, webhook: &Webhook, claim: &Claim, clock: &dyn Clock) -> Attempt {
        let begun = begin(clock);
        let exchange = contained(async {
            self.endpoint(webhook)?.exchange(&self.shared.network, &claim.event, begun.0).await
        });
        let exchange = exchange.await.unwrap_or_else(|| Err(internal()));
        conclude(webhook, claim, clock, begun, exchange)
    }

    /// Whether the webhook's condition holds for `event`; without a condition it does.
    ///
    /// # Errors
    /// Where the webhook can't be used, or its condition fails on this event: the delivery is
    /// `failed` with this, without attempts.
    pub fn accepts(&self, webhook: &Webhook, event: &Envelope<'_>) -> Result<bool, Failure> {
        if webhook.condition.is_none() {
            return Ok(true);
        }
        let accepts = || {
            if webhook.set_aside.is_some() {
                return endpoint::accepts(webhook, event); // Its endpoint may be what is wrong.
            }
            self.endpoint(webhook)?.accepts(event)
        };
        // One condition that dies costs its own webhook the event, and no other.
        catch_unwind(AssertUnwindSafe(accepts)).unwrap_or_else(|_| Err(internal()))
    }

    fn endpoint(&self, webhook: &Webhook) -> Result<Arc<Endpoint>, Failure> {
        if let Some(aside) = &webhook.set_aside {
            // Of what is wrong, defaults took the place: unsigned, without its headers.
            let message = format!("the webhook is invalid: {}: {}", aside.field, aside.message);
            return Err(failure(Phase::Prepare, "invalid", message));
        }
        let now = Instant::now();
        let endpoints = &self.shared.network.endpoints;
        endpoints.sweep(now);
        if let Some(endpoint) = endpoints.get(webhook, now) {
            return Ok(endpoint);
        }
        let endpoint = Arc::new(Endpoint::new(webhook, &self.shared)?);
        endpoints.keep(&endpoint);
        Ok(endpoint)
    }
}

/// When an attempt begins: Unix milliseconds, and nanoseconds of the monotonic clock.
fn begin(clock: &dyn Clock) -> (i64, u64) {
    (clock.unix_ms(), clock.monotonic_ns())
}

/// What an exchange means for its delivery.
fn conclude(
    webhook: &Webhook,
    claim: &Claim,
    clock: &dyn Clock,
    (started, begun): (i64, u64),
    exchange: Result<Exchange, Failure>,
) -> Attempt {
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
    let (response_body, request_body) =
        if webhook.log_bodies { (outcome.body, exchange.request_body) } else { (Vec::new(), None) };
    Attempt {
        started,
        duration_us,
        url: exchange.url,
        method: exchange.method,
        address: outcome.address,
        status: outcome.status,
        failure: outcome.failure,
        remark: outcome.remark,
        response_headers: outcome.headers,
        response_body,
        request_body,
        request_headers: exchange.request_headers,
        reconnected: outcome.reconnected,
        waited_for: None,
        next,
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
