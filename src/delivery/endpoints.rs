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

    /// Keeps an endpoint, and every few seconds lets go of those that were not used for a while.
    pub(super) fn keep(&self, endpoint: &Arc<Endpoint>, now: Instant) {
        self.by_webhook.write().insert(endpoint.webhook.id.clone(), Arc::clone(endpoint));
        if let Some(mut swept) = self.swept.try_lock().filter(|swept| now >= **swept + SWEEP) {
            *swept = now;
            // As long as a connection is kept.
            let is_used = |endpoint: &Endpoint| *endpoint.used.lock() + MAX_AGE > now;
            self.by_webhook.write().retain(|_, endpoint| is_used(endpoint));
        }
    }

    /// Lets go of all of them.
    pub(super) fn forget(&self) {
        *self.by_webhook.write() = HashMap::new();
    }
}
