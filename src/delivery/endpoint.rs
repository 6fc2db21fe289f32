//! A webhook prepared for sending: everything that is the same for all its requests is read
//! and checked once.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::check::{self, Readable};
use super::guard::Guard;
use super::proxy::Proxy;
use super::request::{self, Network, Outcome, Target, failure};
use super::request_builder::{DetachedRequest, RequestBuilder};
use super::template::Envelope;
use domain::attempt::{Failure, Phase};
use domain::event::Event;
use domain::webhook::{FieldError, Format, Method, Webhook};

/// Longest body, in bytes, that is made and signed beside other requests' input and output.
const LIGHT: usize = 64 * 1024;

/// What endpoints share.
pub(super) struct Shared {
    pub(super) guard: Arc<Guard>,
    pub(super) network: Network,
    /// `Err`: there is one, and it can't be read; nothing is sent past it.
    pub(super) proxy: Result<Option<Arc<Proxy>>, super::proxy::ProxyError>,
    pub(super) projections: Arc<super::v1::Projections>,
}

/// See the module.
pub(super) struct Endpoint {
    /// What it was made from.
    pub(super) webhook: Webhook,
    pub(super) used: Mutex<Instant>,
    target: Target,
    builder: RequestBuilder,
}

/// A request as it was made, and what came of it.
pub(super) struct Exchange {
    pub(super) outcome: Outcome,
    /// Where the request went, as the log shows it; none where none was made.
    pub(super) url: Option<String>,
    /// How it asked; none where none was made.
    pub(super) method: Option<Method>,
    pub(super) request_headers: Vec<(String, String)>,
    pub(super) request_body: Option<Vec<u8>>,
}

impl Exchange {
    /// None took place.
    pub(super) fn failed(failure: Failure) -> Self {
        let outcome = Outcome { failure: Some(failure), ..Outcome::default() };
        Self { outcome, url: None, method: None, request_headers: Vec::new(), request_body: None }
    }
}

impl Endpoint {
    /// Reads and checks everything.
    ///
    /// # Errors
    /// What can't be used, as the failure of an attempt.
    pub(super) fn new(webhook: &Webhook, shared: &Shared) -> Result<Self, Failure> {
        let prepare = |code: &str, message: String| failure(Phase::Prepare, code, message);
        let (url, builder) = match Readable::of(webhook) {
            Readable { url: Some(url), builder: Some(builder), wrong: None } => (url, builder),
            Readable { wrong, .. } => return Err(wrong.as_ref().map_or_else(internal, unreadable)),
        };
        let origin = url.origin();
        let proxy = shared.proxy.clone().map_err(|error| prepare("proxy", error.to_string()))?;
        // Without https no trust is needed, and a system without roots is no reason to fail.
        let tls = match origin.scheme() {
            "https" => Some(
                shared
                    .network
                    .tls
                    .get(webhook.ca_file.as_deref())
                    .map_err(|error| prepare("certificate", error.to_string()))?,
            ),
            _ => None,
        };
        // Nor through the proxy, where WordPress sends no request to itself either. It is one whole
        // URL: no event makes another one of it.
        let exempt = url.fixed().is_some_and(|url| shared.guard.exempts(url));
        let (guard, proxy) = if exempt {
            (Arc::new(Guard::open()), None)
        } else {
            (Arc::clone(&shared.guard), proxy)
        };
        Ok(Self {
            webhook: webhook.clone(),
            used: Mutex::new(Instant::now()),
            target: Target::new(origin, webhook.method, tls, guard, proxy, exempt),
            builder: builder.with_projections(Arc::clone(&shared.projections)),
        })
    }

    /// Whether the webhook's condition holds for an event.
    pub(super) fn accepts(&self, envelope: &Envelope<'_>) -> Result<bool, Failure> {
        self.builder
            .accepts(envelope)
            .map_err(|error| failure(Phase::Prepare, "condition", error.to_string()))
    }

    /// Makes one request. `now` is in Unix milliseconds.
    ///
    /// # Errors
    /// Where no request could be made of the event.
    pub(super) async fn exchange(
        self: &Arc<Self>,
        network: &Network,
        event: &Arc<Event>,
        now: i64,
    ) -> Result<Exchange, Failure> {
        if event.body.is_empty() {
            return Err(failure(Phase::Prepare, "pruned", "the event's body is no longer kept"));
        }
        let DetachedRequest { url, headers, described, body } = if self.is_light(event) {
            self.builder.prepare(event, now)?.detach(event).ok_or_else(internal)?
        } else {
            let (endpoint, event) = (Arc::clone(self), Arc::clone(event));
            let prepare =
                move || endpoint.builder.prepare(&event, now)?.detach(&event).ok_or_else(internal);
            // It panics where the system has no thread for it: then everybody waits for this one.
            match catch_unwind(AssertUnwindSafe(|| tokio::task::spawn_blocking(prepare.clone()))) {
                Ok(prepared) => prepared.await.map_err(|_| internal())??,
                Err(_) => prepare()?,
            }
        };
        let bytes = body.as_deref().unwrap_or(&event.body);
        let limit = timeout(&self.webhook);
        let outcome = request::send(&self.target, network, &url.url, &headers, bytes, limit).await;
        Ok(Exchange {
            outcome,
            url: Some(url.recorded.clone()),
            method: Some(self.webhook.method),
            request_headers: described,
            request_body: body,
        })
    }

    /// Whether making the request takes no longer than its input and output do.
    fn is_light(&self, event: &Event) -> bool {
        let webhook = &self.webhook;
        !matches!(webhook.format, Format::Template | Format::V1)
            && self.builder.url.as_ref().is_some_and(|url| url.fixed().is_some())
            && webhook.fields.is_empty()
            && event.body.len() <= LIGHT
    }
}

/// What is wrong with a webhook, as the failure of an attempt.
fn unreadable(error: &FieldError) -> Failure {
    let code = match error.field.split(['[', '.']).next() {
        Some("url" | "keys") => "url",
        Some("headers") => "header",
        Some("secrets") => "secret",
        Some("condition") => "condition",
        _ => "template",
    };
    failure(Phase::Prepare, code, error.reason())
}

/// What came to light in a library by what an endpoint or an event said.
pub(super) fn internal() -> Failure {
    failure(Phase::Prepare, "internal", "an internal error; see worker.log")
}

/// Whether a webhook's condition holds for an event, whatever else of the webhook is wrong.
pub(super) fn accepts(webhook: &Webhook, envelope: &Envelope<'_>) -> Result<bool, Failure> {
    check::condition(webhook)
        .and_then(|condition| condition.map_or(Ok(true), |condition| condition.holds(envelope)))
        .map_err(|error| failure(Phase::Prepare, "condition", error.to_string()))
}

fn timeout(webhook: &Webhook) -> Duration {
    Duration::from_secs(webhook.timeout.clamp(1, 60).into())
}
