//! What a transaction adds to the counters of webhooks and hours: the rules are the same in every
//! engine, and each writes it in its own way.

use std::collections::BTreeMap;

use crate::{State, WebhookKey};

pub(crate) const HOUR_MS: i64 = 3_600_000;

/// What is added. Tests never get here.
#[derive(Default)]
pub(crate) struct Counted {
    pub(crate) webhooks: BTreeMap<WebhookKey, Delta>,
    /// Delivered and failed, by hour and webhook.
    pub(crate) hours: BTreeMap<(i64, WebhookKey), (i64, i64)>,
}

/// What is added to a webhook's counters, and when it was last tried by then.
#[derive(Default)]
pub(crate) struct Delta {
    pub(crate) delivered: i64,
    pub(crate) failed: i64,
    pub(crate) pending: i64,
    pub(crate) held: i64,
    pub(crate) last_attempt: Option<i64>,
    pub(crate) last_success: Option<i64>,
}

impl Counted {
    /// `count` deliveries of a webhook came into being (`from` is `None`), or went from one
    /// state to another, at `now`.
    pub(crate) fn moved(
        &mut self,
        webhook: WebhookKey,
        from: Option<State>,
        to: Option<State>,
        count: i64,
        now: i64,
    ) {
        let delta = self.webhooks.entry(webhook).or_default();
        for (state, count) in [(from, -count), (to, count)] {
            match state {
                Some(State::Pending | State::Delivering) => delta.pending += count,
                Some(State::Held) => delta.held += count,
                _ => {}
            }
        }
        // These two count what happened, so nothing takes from them.
        let (delivered, failed) = match to {
            Some(State::Delivered) => (count, 0),
            Some(State::Failed) => (0, count),
            _ => return,
        };
        delta.delivered += delivered;
        delta.failed += failed;
        let hour = self.hours.entry((now.div_euclid(HOUR_MS), webhook)).or_default();
        hour.0 += delivered;
        hour.1 += failed;
    }

    /// An attempt was made at `now`.
    pub(crate) fn attempted(&mut self, webhook: WebhookKey, now: i64, success: bool) {
        let delta = self.webhooks.entry(webhook).or_default();
        delta.last_attempt = delta.last_attempt.max(Some(now));
        if success {
            delta.last_success = delta.last_success.max(Some(now));
        }
    }
}
