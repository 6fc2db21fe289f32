//! Many deliveries at once: what was selected, whole results, backfills.

use std::collections::BTreeSet;

use super::tables::{AskedFor, Delivery, StoredChange, StoredEvent, Tables};
use crate::backfill::{Backfill, BackfillQuery, Missed, Stretch};
use crate::bulk::{Bulk, BulkStep};
use crate::log::row::created;
use crate::{Selection, State, WebhookKey};
use domain::event::{Event, Flags};

/// What a change writes.
#[derive(Clone, Copy)]
pub(super) struct Change<'a> {
    pub(super) to: State,
    pub(super) due: i64,
    pub(super) reason: Option<&'a str>,
    pub(super) now: i64,
}

impl Tables {
    /// Whether a delivery can become `to` by somebody's wish: what is under way ends by the rules that
    /// hold then, and what has no body can't be sent.
    pub(super) fn can_change(&self, delivery: &Delivery, to: State) -> bool {
        ![delivery.state, to].contains(&State::Delivering)
            && delivery.state.may_become(to)
            && (to != State::Pending || self.has_body(delivery))
    }

    /// Keys of what is selected, each as often as it is named.
    pub(super) fn selected(&self, which: &Selection) -> Vec<i64> {
        let named: Vec<&Delivery> = if which.ids.is_empty() {
            self.deliveries.values().collect()
        } else {
            which.ids.iter().filter_map(|id| self.delivery_by_id(*id)).collect()
        };
        let is_meant = |it: &&Delivery| {
            let reason = it.reason.as_deref();
            which.webhook.as_ref().is_none_or(|id| self.webhook_of(it.webhook).id == *id)
                && (which.states.is_empty() || which.states.contains(&it.state))
                && which.since.is_none_or(|since| created(it.id) >= since)
                && (which.reason.is_none() || which.reason.as_deref() == reason)
                && !which.except.iter().any(|except| except == reason.unwrap_or_default())
        };
        named.into_iter().filter(is_meant).map(|it| it.key).collect()
    }

    /// Changes one delivery, if that is allowed.
    pub(super) fn change_one(&mut self, key: i64, change: Change<'_>) -> bool {
        if !self.can_change(&self.deliveries[&key], change.to) {
            return false;
        }
        self.enter(key, change.to, change.now);
        let delivery = self.deliveries.get_mut(&key).expect("it was changed");
        delivery.reason = change.reason.map(str::to_owned);
        if change.to == State::Pending {
            (delivery.due, delivery.attempts) = (change.due, 0);
            (delivery.deaths, delivery.alone) = (delivery.deaths.min(1), 0);
        }
        true
    }

    /// Notes a change of many deliveries; `below`: the first key that came after it.
    fn begin(&mut self, asked_for: AskedFor, below: i64, now: i64) {
        let change =
            StoredChange { asked_for, changed: 0, after: 0, below, asked: now, ended: None };
        if self.changes.iter().all(|known| known.token() != change.token()) {
            self.changes.push(change);
        }
    }

    pub(super) fn begin_bulk(&mut self, bulk: &Bulk, now: i64) {
        let below = self.deliveries.last_key_value().map_or(1, |(key, _)| key + 1);
        self.begin(AskedFor::Bulk(bulk.clone()), below, now);
    }

    pub(super) fn begin_backfill(&mut self, backfill: &Backfill, now: i64) {
        let below = self.events.last_key_value().map_or(1, |(key, _)| key + 1);
        self.begin(AskedFor::Backfill(backfill.clone()), below, now);
    }

    /// The oldest change of a whole result that is under way.
    fn open_bulk(&self) -> Option<(usize, Bulk)> {
        let open = |(at, change): (usize, &StoredChange)| match &change.asked_for {
            AskedFor::Bulk(bulk) if change.ended.is_none() => Some((at, bulk.clone())),
            _ => None,
        };
        self.changes.iter().enumerate().find_map(open)
    }

    /// Up to `limit` deliveries more of the oldest change of a whole result; `now` by the clock, `due`
    /// as the caller has it.
    pub(super) fn step_bulk(&mut self, due: i64, limit: usize, now: i64) -> BulkStep {
        let Some((at, bulk)) = self.open_bulk() else { return BulkStep::default() };
        let StoredChange { after, below, .. } = self.changes[at];
        let to = bulk.action.to();
        let change = Change { to, due, reason: bulk.action.reason(), now };
        let query = bulk.query;
        let is_left = |it: &&Delivery| {
            (after + 1..below).contains(&it.key)
                && ![it.state, to].contains(&State::Delivering)
                && it.state.may_become(to)
        };
        let left: Vec<_> = self.find(&query).filter(is_left).collect();
        let keys: Vec<_> = left.iter().take(limit).map(|it| it.key).collect();
        let next = keys.last().copied().filter(|_| left.len() >= limit);
        let mut webhooks: BTreeSet<WebhookKey> = BTreeSet::new();
        let mut changed = 0;
        for key in keys {
            if self.change_one(key, change) {
                changed += 1;
                webhooks.insert(self.deliveries[&key].webhook);
            }
        }
        self.changes[at].note(changed, next, due);
        let more = self.open_bulk().is_some();
        BulkStep { webhooks: webhooks.into_iter().collect(), more }
    }

    /// An event that the webhook of a backfill has not had, with its body.
    fn missed(&self, query: &BackfillQuery, (key, stored): (&i64, &StoredEvent)) -> Option<Missed> {
        let webhook = self.webhook(&query.webhook_id);
        let had = self.deliveries_of(*key).filter(|it| Some(it.webhook) == webhook);
        let had: Vec<_> = had.collect();
        let is_missed = query.event_id.is_none_or(|id| stored.event.id == id)
            && query.since.is_none_or(|since| stored.created >= since)
            && query.until.is_none_or(|until| stored.created <= until)
            && !stored.event.flags.has(Flags::TEST)
            && stored.has_body()
            && had.iter().all(|it| it.state == State::Skipped);
        is_missed.then(|| Missed {
            event: (*stored.event).clone(),
            created: stored.created,
            skipped: had.first().map(|it| it.id),
        })
    }

    /// How many events a backfill would be for.
    pub(super) fn count_missed(
        &self,
        query: &BackfillQuery,
        with_bodies: bool,
        wants: &dyn Fn(&Event) -> bool,
    ) -> u64 {
        let missed = self.events.iter().filter_map(|stored| self.missed(query, stored));
        let is_wanted = |one: &Missed| {
            if with_bodies { wants(&one.event) } else { wants(&without_body(&one.event)) }
        };
        missed.filter(is_wanted).count() as u64
    }

    /// Up to `limit` events more of the oldest backfill under way.
    pub(super) fn look_back(
        &self,
        limit: usize,
        wants: &dyn Fn(&BackfillQuery, &Event) -> bool,
    ) -> Option<Stretch> {
        let open = |change: &&StoredChange| {
            matches!(change.asked_for, AskedFor::Backfill(_)) && change.ended.is_none()
        };
        let change = self.changes.iter().find(open)?;
        let AskedFor::Backfill(Backfill { token, query, .. }) = &change.asked_for else {
            return None;
        };
        let mut left = self.events.range(change.after + 1..change.below);
        let looked_at: Vec<_> = left.by_ref().take(limit).collect();
        let next = looked_at.last().map(|(key, _)| **key).filter(|_| left.next().is_some());
        let missed = looked_at.into_iter().filter_map(|stored| self.missed(query, stored));
        let missed = missed.filter(|one| wants(query, &without_body(&one.event))).collect();
        let (token, query) = (token.clone(), query.clone());
        Some(Stretch { token, query, asked: change.asked, made: change.changed, missed, next })
    }

    pub(super) fn note_backfill(&mut self, token: &str, made: u64, next: Option<i64>, now: i64) {
        let is_meant = |change: &&mut StoredChange| {
            matches!(change.asked_for, AskedFor::Backfill(_))
                && change.ended.is_none()
                && change.token() == token
        };
        if let Some(change) = self.changes.iter_mut().find(is_meant) {
            change.note(made, next, now);
        }
    }
}

fn without_body(event: &Event) -> Event {
    Event { body: [].into(), ..event.clone() }
}
