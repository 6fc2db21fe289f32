//! An attempt, with the state and the counters that follow from it.

use std::sync::Arc;

use super::tables::{HOUR_MS, Made, Tables};
use crate::{Failure, NewAttempt, State, Written};

impl Tables {
    pub(super) fn record(&mut self, new: &NewAttempt<'_>, server: &str) -> Written {
        let NewAttempt { claim, attempt, reason } = *new;
        let (state, next_at) = attempt.next.state();
        let Some(delivery) = self.under_way(claim.id) else { return Written::Lost };
        let (key, event) = (delivery.key, delivery.event);
        // Forgotten while it was under way: there is nothing left that could be sent again.
        let is_forgotten = state == State::Pending && !self.events[&event].has_body();
        let (state, next_at) =
            if is_forgotten { (State::Cancelled, None) } else { (state, next_at) };
        self.know_server(server);
        let ended = attempt.started + (attempt.duration_us / 1000).cast_signed();
        self.enter(key, state, ended);
        let delivery = self.deliveries.get_mut(&key).expect("it is under way");
        let server = server.to_owned();
        delivery.made.push(Arc::new(Made {
            attempt: attempt.clone(),
            next: state,
            next_at,
            server,
        }));
        if let Some(body) = &attempt.request_body {
            delivery.request_body = Some(Arc::from(&body[..]));
        }
        delivery.attempts += 1;
        delivery.due = next_at.unwrap_or(delivery.due);
        delivery.reason = reason.map(str::to_owned);
        delivery.last_status = attempt.status;
        delivery.last_failure = attempt.failure.as_ref().map(|failure| failure.code.clone());
        if delivery.last_failure.as_deref() != Some(Failure::WORKER_DIED) {
            (delivery.deaths, delivery.alone) = (0, 0);
        }
        let (webhook, test) = (delivery.webhook, delivery.test);
        if !test {
            if let Some(webhook) = self.webhook_mut(webhook) {
                webhook.last_attempt = Some(ended);
                if attempt.failure.is_none() {
                    webhook.last_success = Some(ended);
                }
            }
            // What never reached an endpoint says nothing of how quick it is.
            if attempt.url.is_some() {
                let hour = self.hours.entry((ended.div_euclid(HOUR_MS), webhook)).or_default();
                hour.latencies.count(attempt.duration_us);
            }
        }
        Written::Kept
    }
}
