//! What a transaction changes in memory. It is collected while the transaction is made, which may be
//! made again as a whole, and followed once that is committed: memory follows only commits.

use std::collections::HashMap;
use std::sync::Arc;

use super::engine::Worker;
use super::fast_path::FastPath;
use super::ingest::Matched;
use super::pool::{self, Job};
use super::schedule::Schedule;
use super::wishes::Asked;
use domain::id::{DeliveryId, EventId};
use domain::webhook::Webhook;
use store::{Claim, Health, Result, Store, Transaction, WebhookKey};

/// Whose earliest due time may have changed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum Touched {
    /// That of the webhooks whose health changed, and of those that are named.
    #[default]
    Named,
    /// A request changed deliveries of whichever webhooks.
    All,
}

/// What is to be followed once the transaction is committed.
#[derive(Default)]
pub(super) struct Effects {
    /// Webhooks that the store numbered.
    pub(super) new: Vec<(WebhookKey, Arc<Webhook>)>,
    /// Webhooks whose earliest due time may have changed.
    pub(super) touched: Vec<WebhookKey>,
    pub(super) touches: Touched,
    /// When the earliest pending delivery of these is due by now.
    pub(super) due: Vec<(WebhookKey, Option<i64>)>,
    /// Test deliveries: claimed as they were written, they wait in no lane.
    pub(super) tests: Vec<(Claim, Arc<Webhook>)>,
    /// Deliveries that go out as they come in.
    pub(super) fast_path: FastPath,
    /// What somebody asked for that is done in steps.
    pub(super) asked: Asked,
    /// Webhooks that were switched off.
    pub(super) disabled: Vec<WebhookKey>,
    /// Webhooks that a person enabled.
    pub(super) enabled: Vec<WebhookKey>,
    /// Health after the attempts.
    pub(super) healths: HashMap<WebhookKey, Health>,
    /// Deliveries that were under way and are not any more, whatever came of them.
    pub(super) ended: Vec<DeliveryId>,
    /// The bursts that came back to their lanes, and what their last requests took, in
    /// microseconds.
    pub(super) came_back: Vec<(WebhookKey, DeliveryId, u64)>,
    /// Keys of those that are new, by id.
    pub(super) keys: HashMap<String, WebhookKey>,
    /// Events that are more than the store can keep.
    pub(super) too_large: Vec<EventId>,
    /// Events that are matched and not yet written.
    pub(super) matched: Vec<Matched>,
}

impl Effects {
    /// The store's key of a webhook, made where the schedule knows none.
    pub(super) fn key(
        &mut self,
        tx: &mut dyn Transaction,
        schedule: &Schedule,
        webhook: &Arc<Webhook>,
    ) -> Result<WebhookKey> {
        if let Some(key) = schedule.key(&webhook.id).or(self.keys.get(&webhook.id).copied()) {
            return Ok(key);
        }
        let key = tx.webhook(&webhook.id)?;
        self.keys.insert(webhook.id.clone(), key);
        self.new.push((key, Arc::clone(webhook)));
        Ok(key)
    }

    /// Looks when all that was touched is due by now.
    pub(super) fn find_due(&mut self, tx: &mut dyn Transaction, schedule: &Schedule) -> Result<()> {
        if self.touches == Touched::All {
            self.touched = schedule.lanes().map(|(key, _)| key).collect();
        }
        self.touched.extend(self.healths.keys());
        self.touched.sort_unstable();
        self.touched.dedup();
        let asked: Vec<_> =
            self.touched.iter().map(|key| (*key, schedule.is_ordered(*key))).collect();
        self.due = self.touched.iter().copied().zip(tx.next_due_of(&asked)?).collect();
        Ok(())
    }
}

impl<S: Store> Worker<S> {
    /// Follows a committed transaction in memory.
    pub(super) fn follow(&mut self, effects: Effects, now: i64) {
        for (key, webhook) in effects.new {
            self.schedule.add(key, webhook);
        }
        for delivery in &effects.ended {
            self.aftermath.trials.ended(*delivery, now);
        }
        if effects.touches == Touched::All {
            self.aftermath.trials.look(now);
        }
        self.wishes.note(effects.asked);
        for key in effects.enabled {
            self.schedule.set_health(key, Health::default(), now);
        }
        for (key, health) in effects.healths {
            self.schedule.set_health(key, health, now);
        }
        for (key, delivery, us) in effects.came_back {
            self.schedule.took(key, us);
            self.schedule.came_back(key, delivery, now);
        }
        for (key, due) in effects.due {
            self.schedule.set_due(key, due, now);
        }
        let Some(sender) = self.active.as_ref().map(|active| &active.sender) else {
            return;
        };
        let job =
            |burst, webhook| Job { burst, webhook, sender: Arc::clone(sender), waited_for: None };
        let mut jobs: Vec<_> =
            effects.tests.into_iter().map(|(claim, webhook)| job(vec![claim], webhook)).collect();
        for (key, bursts) in effects.fast_path.into_bursts() {
            self.schedule.admit(key, bursts.iter().map(|burst| pool::weigh(burst)), now);
            let lane = self.schedule.lane(key);
            if let Some(webhook) = lane.and_then(|lane| lane.webhook.as_ref()) {
                jobs.extend(bursts.into_iter().map(|burst| job(burst, Arc::clone(webhook))));
            }
        }
        self.pool.send(jobs);
    }
}
