//! A webhook prepared for sending: everything that is the same for all its requests is read
//! and checked once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use ureq::Agent;
use ureq::http::Uri;

use super::connection::{MAX_AGE, WireConnector};
use super::format::Formatter;
use super::guard::{Guard, check_url};
use super::proxy::Proxy;
use super::recipe::{self, Message, Recipe};
use super::request::{self, MAX_RESPONSE_HEADERS, Outcome, failure};
use super::resolve::{GuardedResolver, Names, PATIENCE};
use super::tls::TlsSettings;
use crate::event::Event;
use crate::store::{Failure, Phase};
use crate::webhook::Webhook;

/// `User-Agent` of every request.
pub const USER_AGENT: &str = concat!("Network-Webhooks/", env!("CARGO_PKG_VERSION"));
/// What stands in the log for the value of a custom header.
pub const REDACTED: &str = "•••";

/// What endpoints share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) guard: Arc<Guard>,
    pub(super) names: Arc<Names>,
    pub(super) tls: TlsSettings,
    /// `Err`: there is one, and it can't be read; nothing is sent past it.
    pub(super) proxy: Result<Option<Arc<Proxy>>, super::proxy::ProxyError>,
    pub(super) projections: Arc<super::v1::Projections>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Endpoint {
    /// What it was made from.
    pub(super) webhook: Webhook,
    pub(super) used: Mutex<Instant>,
    agent: Agent,
    uri: Uri,
    recipe: Recipe,
}

/// A request as it was made, and what came of it.
pub(super) struct Exchange {
    pub(super) outcome: Outcome,
    pub(super) request_headers: Vec<(String, String)>,
    pub(super) request_body: Option<Vec<u8>>,
}

impl Exchange {
    /// None took place.
    pub(super) fn failed(failure: Failure) -> Self {
        let outcome = Outcome { failure: Some(failure), ..Outcome::default() };
        Self { outcome, request_headers: Vec::new(), request_body: None }
    }
}

impl Endpoint {
    /// Reads and checks everything.
    ///
    /// # Errors
    /// What can't be used, as the failure of an attempt.
    pub(super) fn new(webhook: &Webhook, shared: &Shared) -> Result<Self, Failure> {
        let prepare = |code: &str, message: String| failure(Phase::Prepare, code, message);
        let url = check_url(&webhook.url).map_err(|error| prepare("url", error.to_string()))?;
        let uri =
            url.as_str().parse().map_err(|_| prepare("url", "the URL can't be read".into()))?;
        let headers =
            recipe::headers(webhook).map_err(|error| prepare("header", error.to_string()))?;
        let signers =
            recipe::signers(webhook).map_err(|error| prepare("secret", error.to_string()))?;
        let proxy = shared.proxy.clone().map_err(|error| prepare("proxy", error.to_string()))?;
        // Without https no trust is needed, and a system without roots is no reason to fail.
        let tls = match url.scheme() {
            "https" => Some(
                shared
                    .tls
                    .get(webhook.ca_file.as_deref())
                    .map_err(|error| prepare("certificate", error.to_string()))?,
            ),
            _ => None,
        };
        let names = Arc::clone(&shared.names);
        // Nor through the proxy, where WordPress sends no request to itself either.
        let (guard, proxy) = if shared.guard.exempts(&url) {
            (Arc::new(Guard::open()), None)
        } else {
            (Arc::clone(&shared.guard), proxy)
        };
        let resolver = GuardedResolver { guard: Arc::clone(&guard), names: Arc::clone(&names) };
        let connector = WireConnector { guard, names, tls, proxy };
        let idle = webhook.concurrency as usize;
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .user_agent(USER_AGENT)
            .accept_encoding("identity")
            .timeout_global(Some(timeout(webhook)))
            .timeout_resolve(Some(PATIENCE))
            .timeout_connect(Some(super::connection::CONNECT_TIMEOUT))
            .max_response_header_size(MAX_RESPONSE_HEADERS)
            .max_idle_connections(idle)
            .max_idle_connections_per_host(idle)
            .max_idle_age(MAX_AGE)
            .build();
        Ok(Self {
            webhook: webhook.clone(),
            used: Mutex::new(Instant::now()),
            agent: Agent::with_parts(config, connector, resolver),
            uri,
            recipe: Recipe {
                headers,
                signers,
                formatter: Formatter::new(webhook)
                    .map_err(|error| prepare("template", error.to_string()))?
                    .with_projections(Arc::clone(&shared.projections)),
                condition: recipe::condition(webhook)
                    .map_err(|error| prepare("condition", error.to_string()))?,
            },
        })
    }

    /// Whether the webhook's condition holds for an event.
    pub(super) fn accepts(&self, event: &Event) -> Result<bool, Failure> {
        self.recipe
            .accepts(event)
            .map_err(|error| failure(Phase::Prepare, "condition", error.to_string()))
    }

    /// Makes one request. `now` is in Unix milliseconds.
    ///
    /// # Errors
    /// Where no request could be made of the event.
    pub(super) fn exchange(&self, event: &Event, now: i64) -> Result<Exchange, Failure> {
        if event.body.is_empty() {
            return Err(failure(Phase::Prepare, "pruned", "the event's body is no longer kept"));
        }
        let message = self.recipe.message(event, now)?;
        let request_headers = message.describe_headers();
        let Message { headers, payload } = message;
        let outcome =
            request::send(&self.agent, &self.uri, headers, &payload.body, timeout(&self.webhook));
        Ok(Exchange { outcome, request_headers, request_body: payload.into_own_body(event) })
    }
}

/// Whether a webhook's condition holds for an event, whatever else of the webhook is wrong.
pub(super) fn accepts(webhook: &Webhook, event: &Event) -> Result<bool, Failure> {
    recipe::condition(webhook)
        .and_then(|condition| condition.map_or(Ok(true), |condition| condition.holds(&event.body)))
        .map_err(|error| failure(Phase::Prepare, "condition", error.to_string()))
}

fn timeout(webhook: &Webhook) -> Duration {
    Duration::from_secs(webhook.timeout.clamp(1, 60).into())
}
