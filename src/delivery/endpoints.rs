//! Endpoints that were used lately: what a webhook says is read once for many attempts, and thousands
//! of quiet webhooks take no memory.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::webhook::Webhook;
use parking_lot::{Mutex, RwLock};

use super::connection::MAX_AGE;
use super::endpoint::Endpoint;

/// How often unused ones are looked for while others are used.
const SWEEP: Duration = Duration::from_secs(10);

/// See the module.
pub(super) struct Endpoints {
    /// By the webhook's id.
    by_webhook: RwLock<HashMap<String, Arc<Endpoint>>>,
    swept: Mutex<Instant>,
}

impl Endpoints {
    pub(super) fn new() -> Self {
        Self { by_webhook: RwLock::default(), swept: Mutex::new(Instant::now()) }
    }

    /// The endpoint of a webhook, if it was used lately and the webhook has not changed since.
    pub(super) fn get(&self, webhook: &Webhook, now: Instant) -> Option<Arc<Endpoint>> {
        let endpoints = self.by_webhook.read();
        let endpoint = endpoints.get(&webhook.id)?;
        if endpoint.webhook != *webhook {
            return None;
        }
        *endpoint.used.lock() = now;
        Some(Arc::clone(endpoint))
    }

    /// Keeps an endpoint for whoever uses it next.
    pub(super) fn keep(&self, endpoint: &Arc<Endpoint>) {
        self.by_webhook.write().insert(endpoint.webhook.id.clone(), Arc::clone(endpoint));
    }

    /// Every few seconds, [`drop_unused`](Self::drop_unused).
    pub(super) fn sweep(&self, now: Instant) {
        if let Some(mut swept) = self.swept.try_lock().filter(|swept| now >= **swept + SWEEP) {
            *swept = now;
            self.drop_unused(now);
        }
    }

    /// Lets go of those that were not used for as long as a connection is kept; whether none is left.
    pub(super) fn drop_unused(&self, now: Instant) -> bool {
        let mut endpoints = self.by_webhook.write();
        endpoints.retain(|_, endpoint| *endpoint.used.lock() + MAX_AGE > now);
        if endpoints.is_empty() {
            endpoints.shrink_to_fit();
        }
        endpoints.is_empty()
    }
}
