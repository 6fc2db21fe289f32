//! From `pending` to `delivering`, and back without an attempt.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::tables::{Delivery, Tables};
use crate::{Claim, State, Suspects, Wanted, WebhookKey};
use domain::id::DeliveryId;

impl Tables {
    /// What is pending for a webhook, in the order in which it is claimed; suspects or the others.
    pub(crate) fn waiting(
        &self,
        webhook: WebhookKey,
        ordered: bool,
        suspects: bool,
    ) -> Vec<&Delivery> {
        let is_pending = |it: &&Delivery| it.webhook == webhook && it.state == State::Pending;
        let pending = self.deliveries.values().filter(is_pending);
        let is_meant = |it: &&Delivery| (it.deaths > 0) == suspects;
        if ordered {
            // The first one holds up all others.
            return pending.take_while(is_meant).collect();
        }
        let mut waiting: Vec<_> = pending.filter(is_meant).collect();
        waiting.sort_by_key(|it| (Reverse(it.deaths), it.due));
        waiting
    }

    pub(crate) fn next_due(&self, webhook: WebhookKey, ordered: bool) -> Option<i64> {
        self.waiting(webhook, ordered, false).first().map(|first| first.due)
    }

    /// Keys of what is to be claimed of a webhook.
    pub(super) fn choose(&mut self, wanted: Wanted, now: i64) -> Vec<i64> {
        let Wanted { webhook, limit, ordered, .. } = wanted;
        let waiting = self.waiting(webhook, ordered, false);
        let due: Vec<_> = waiting.into_iter().take_while(|it| it.due <= now).collect();
        if ordered {
            return due.iter().take(limit).map(|it| it.key).collect();
        }
        // Sites take turns from behind the one that had its turn last.
        let last = self.webhook_of(webhook).site;
        let sites: BTreeSet<_> = due.iter().map(|it| it.site).collect();
        let mut sites: Vec<_> = sites.into_iter().collect();
        sites.sort_by_key(|site| last.is_some_and(|last| *site <= last));
        sites.truncate(wanted.most_sites());
        let share = (limit / sites.len().max(1)).max(1);
        let mut chosen: Vec<i64> = Vec::new();
        for site in &sites {
            let of_site = due.iter().filter(|it| it.site == *site).take(share);
            chosen.extend(of_site.map(|it| it.key));
        }
        let rest = due.iter().map(|it| it.key).filter(|key| !chosen.contains(key));
        let rest: Vec<_> = rest.take(limit - chosen.len()).collect();
        chosen.extend(rest);
        if let (Some(site), Some(webhook)) = (sites.last(), self.webhook_mut(webhook)) {
            webhook.site = Some(*site);
        }
        chosen
    }

    /// Claims the delivery with this key.
    pub(super) fn take(&mut self, key: i64) -> Claim {
        let delivery = self.deliveries.get_mut(&key).expect("the caller found it");
        delivery.state = State::Delivering;
        Claim {
            id: delivery.id,
            webhook: delivery.webhook,
            event: Arc::clone(&self.events[&delivery.event].event),
            attempts: delivery.attempts,
            due: delivery.due,
            request_body: delivery.request_body.clone(),
        }
    }

    /// The webhooks that have suspects, those of most deaths first.
    pub(super) fn suspects(&self) -> Vec<Suspects> {
        let mut suspects = Vec::new();
        for webhook in &self.webhooks {
            let first = self.waiting(webhook.key, false, true).first().copied();
            suspects.extend(first.map(|first| Suspects {
                webhook: webhook.key,
                due: first.due,
                deaths: first.deaths,
            }));
        }
        suspects.sort_by_key(|one| (Reverse(one.deaths), one.due, one.webhook));
        suspects
    }

    /// A delivery that is claimed.
    pub(super) fn under_way(&mut self, id: DeliveryId) -> Option<&mut Delivery> {
        self.deliveries.values_mut().find(|it| it.id == id && it.state == State::Delivering)
    }
}
