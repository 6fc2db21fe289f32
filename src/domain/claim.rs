//! A delivery on its way to an endpoint.

use std::sync::Arc;

use crate::event::Event;
use crate::id::DeliveryId;

/// The store's own number for a webhook: it stays when the webhook is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WebhookKey(pub i64);

/// A delivery that was claimed: `delivering`, with all that an attempt needs.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The delivery.
    pub id: DeliveryId,
    /// To which webhook.
    pub webhook: WebhookKey,
    /// What to deliver; shared by the claims of one event.
    pub event: Arc<Event>,
    /// Attempts made before this one.
    pub attempts: u32,
    /// When it was due, in Unix milliseconds.
    pub due: i64,
    /// The body sent before, where it is not the event's own.
    pub request_body: Option<Arc<[u8]>>,
}
