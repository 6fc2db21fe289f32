//! From records to deliveries: who gets an event, and in which state its delivery begins.

use std::sync::Arc;

use serde_json::Value;

use super::effects::{Effects, Touched};
use super::request::Request;
use super::restored::Restored;
use super::routes::Routes;
use super::schedule::Schedule;
use config::Config;
use delivery::Sender;
use delivery::template::Envelope;
use domain::decision::{CONDITION, Decision, RESTORED_SENT};
use domain::event::{Event, EventHeader};
use domain::id::{DeliveryId, EventId};
use journal::{self, OwnedRecord};
use store::backfill::Backfill;
use store::bulk::Action;
use store::{
    Announcement, Claim, Health, NewDelivery, NewEvent, Result, Selection, State, StoreError,
    Transaction, WebhookKey,
};

/// An event, with what is to be written with it.
pub(super) struct Matched {
    event: Arc<Event>,
    terms: Vec<String>,
    deliveries: Vec<NewDelivery>,
}

/// What ingesting reads.
pub(super) struct Context<'a> {
    pub(super) config: &'a Config,
    pub(super) routes: &'a Routes,
    pub(super) schedule: &'a Schedule,
    pub(super) sender: &'a Sender,
    pub(super) restored: &'a Restored,
    /// Other servers deliver.
    pub(super) sends_nothing: bool,
    pub(super) now: i64,
}

/// Takes one record in. What can't be read is kept (`deferred`), never dropped. An event is only
/// matched: [`write`] brings it into the store, here where there are enough of them.
pub(super) fn record(
    tx: &mut dyn Transaction,
    context: &Context<'_>,
    record: &OwnedRecord,
    ids: &mut DeliveryIds,
    effects: &mut Effects,
) -> Result<()> {
    match record.kind {
        journal::KIND_EVENT => match EventHeader::read(record.fields(), record.body()) {
            Ok(header) => {
                let body = Arc::from(record.body());
                event(tx, context, &header, record.revision, body, ids, effects)?;
                if effects.matched.len() >= tx.best_batch() {
                    write(tx, context.now, effects)?;
                }
                Ok(())
            }
            Err(_) => tx.defer(record.kind, record.whole(), context.now),
        },
        journal::KIND_REQUEST => match serde_json::from_slice(record.body()) {
            Ok(wish) => {
                // It is for what came before it.
                write(tx, context.now, effects)?;
                if !tx.is_new_wish(record.segment, record.offset, context.now)? {
                    return Ok(());
                }
                request(tx, context, wish, effects)
            }
            Err(_) => tx.defer(record.kind, record.whole(), context.now),
        },
        journal::KIND_ERASED => Ok(()),
        unknown => tx.defer(unknown, record.whole(), context.now),
    }
}

/// Writes the events that are matched, with their deliveries. One that is not new (the same
/// idempotency key, or a record that was read before) goes to nobody.
pub(super) fn write(tx: &mut dyn Transaction, now: i64, effects: &mut Effects) -> Result<()> {
    let mut matched = std::mem::take(&mut effects.matched);
    if matched.is_empty() {
        return Ok(());
    }
    let events: Vec<_> = matched
        .iter()
        .map(|Matched { event, terms, deliveries }| NewEvent { event, terms, deliveries })
        .collect();
    let added = match tx.ingest(&events, now) {
        // Of all of them nothing was written: those that fit go in by themselves.
        Err(StoreError::TooLarge { .. }) => one_by_one(tx, &events, now, &mut effects.too_large)?,
        added => added?,
    };
    for (known, _) in matched.iter().zip(added).filter(|(_, added)| !added) {
        for delivery in known.deliveries.iter().filter(|new| new.state == State::Delivering) {
            effects.tests.retain(|(claim, _)| claim.id != delivery.id);
            effects.fast_path.withdraw(delivery.webhook, delivery.id);
        }
    }
    matched.clear();
    effects.matched = matched;
    Ok(())
}

/// Adds events, some of which are more than the store can keep: whether each was added.
fn one_by_one(
    tx: &mut dyn Transaction,
    events: &[NewEvent<'_>],
    now: i64,
    too_large: &mut Vec<EventId>,
) -> Result<Vec<bool>> {
    let mut add = |event: &NewEvent<'_>| match tx.ingest(std::slice::from_ref(event), now) {
        Err(StoreError::TooLarge { reason, .. }) => {
            tracing::error!(event = %event.event.id, reason, "too large for the store, and set aside");
            too_large.push(event.event.id);
            Ok(false)
        }
        added => added.map(|added| added.first() == Some(&true)),
    };
    events.iter().map(&mut add).collect()
}

/// Matches an event: a delivery for each webhook that gets it. [`write`] brings it into the store.
pub(super) fn event(
    tx: &mut dyn Transaction,
    context: &Context<'_>,
    header: &EventHeader<'_>,
    revision: u64,
    body: Arc<[u8]>,
    ids: &mut DeliveryIds,
    effects: &mut Effects,
) -> Result<()> {
    let now = context.now;
    let event = Arc::new(Event::new(header, revision, body));
    let terms = context.routes.terms(&event);
    let mut deliveries = Vec::new();
    let due = now.max(header.timestamp.saturating_add(i64::from(header.delay)));
    let claim = |id, webhook| Claim {
        id,
        webhook,
        event: Arc::clone(&event),
        attempts: 0,
        due: now,
        request_body: None,
    };
    let envelope = Envelope::of(&event.body);
    for webhook in context.routes.of(header) {
        let key = effects.key(tx, context.schedule, webhook)?;
        let mut delivery = NewDelivery {
            id: ids.next(now),
            webhook: key,
            state: State::Pending,
            due: if header.delay == 0 { now } else { due },
            reason: None,
            failure: None,
        };
        let decision = webhook.decide(
            header.flags,
            || context.sender.accepts(webhook, &envelope),
            || {
                let disabled = is_disabled(context, effects, key);
                let held = webhook.held(context.config.held.as_deref(), disabled);
                let sent = || context.restored.remembers(event.id, &webhook.id);
                held.or_else(|| sent().then_some(RESTORED_SENT)).map(str::to_owned)
            },
        );
        match decision {
            Decision::Test if !context.sends_nothing => {
                delivery.state = State::Delivering;
                effects.tests.push((claim(delivery.id, key), Arc::clone(webhook)));
            }
            Decision::Send if header.delay == 0 && effects.fast_path.has(context.schedule, key) => {
                delivery.state = State::Delivering;
                effects.fast_path.put(claim(delivery.id, key));
            }
            Decision::Test | Decision::Send => effects.touched.push(key),
            Decision::Skip => {
                (delivery.state, delivery.reason) = (State::Skipped, Some(CONDITION.into()));
            }
            Decision::Fail(failure) => {
                (delivery.state, delivery.reason) = (State::Failed, Some(failure.message));
                delivery.failure = Some(failure.code);
            }
            Decision::Hold(reason) => {
                (delivery.state, delivery.reason) = (State::Held, Some(reason));
            }
        }
        deliveries.push(delivery);
    }
    effects.matched.push(Matched { event, terms, deliveries });
    Ok(())
}

/// Whether a webhook is switched off, as things stand in this transaction.
fn is_disabled(context: &Context<'_>, effects: &Effects, key: WebhookKey) -> bool {
    let before = || context.schedule.lane(key).is_some_and(|lane| lane.health.disabled.is_some());
    !effects.enabled.contains(&key) && (effects.disabled.contains(&key) || before())
}

/// Does what a person asked for.
fn request(
    tx: &mut dyn Transaction,
    context: &Context<'_>,
    wish: Request,
    effects: &mut Effects,
) -> Result<()> {
    let now = context.now;
    effects.touches = Touched::All;
    match wish {
        Request::Resend { ids } => {
            let which = Selection { ids, ..Selection::default() };
            tx.change(&which, State::Pending, now, None)?;
        }
        Request::Recover { webhook, since } => {
            let states = vec![State::Held, State::Failed];
            let which = Selection { webhook: Some(webhook), states, since, ..Selection::default() };
            tx.change(&which, State::Pending, now, None)?;
        }
        Request::Cancel { ids } => {
            let which = Selection { ids, ..Selection::default() };
            tx.change(&which, State::Cancelled, now, Action::Cancel.reason())?;
        }
        Request::Bulk(bulk) => {
            tx.begin_bulk(&bulk, now)?;
            effects.asked.change = true;
        }
        Request::Backfill(backfill) => {
            tx.begin_backfill(&backfill, now)?;
            effects.asked.backfill = true;
        }
        Request::StopBackfill { token, webhook } => {
            tx.note_backfill(&token, 0, None, now)?;
            let which = Selection {
                webhook: Some(webhook),
                states: vec![State::Pending],
                reason: Some(Backfill::reason(&token)),
                ..Selection::default()
            };
            tx.change(&which, State::Cancelled, now, Action::Cancel.reason())?;
        }
        Request::Enable { webhook, disabling } => {
            let answered = context.schedule.key(&webhook).filter(|key| {
                let lane = context.schedule.lane(*key);
                lane.and_then(|lane| lane.health.disabled.as_ref())
                    .is_some_and(|disabled| disabled.id == disabling)
            });
            if let Some(key) = answered {
                tx.set_health(key, &Health::default())?;
                effects.enabled.push(key);
                let configured = context.schedule.lane(key).and_then(|lane| lane.webhook.as_ref());
                let params = [
                    ("webhook_name".to_owned(), configured.map(|it| it.name.clone()).into()),
                    ("webhook_id".to_owned(), Value::from(webhook)),
                ];
                tx.announce(&Announcement {
                    code: "webhook_enabled".into(),
                    at: now,
                    params: params.into_iter().collect(),
                })?;
            }
        }
        Request::Forget { token, person } => {
            tx.begin_forgetting(&token, &person)?;
            effects.asked.forgetting = true;
        }
    }
    Ok(())
}

/// Ids of deliveries, strictly rising within this worker, so that their order is that in which
/// events were taken in, even within a millisecond.
#[derive(Debug, Default)]
pub(super) struct DeliveryIds {
    last: u128,
}

impl DeliveryIds {
    pub(super) fn next(&mut self, now: i64) -> DeliveryId {
        let new = u128::from_be_bytes(*DeliveryId::at(now).as_bytes());
        // The wall clock may go back; an id may not.
        self.last = if new > self.last { new } else { self.last + 1 };
        DeliveryId::from_bytes(self.last.to_be_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delivery_ids_rise_whatever_the_clock_does() {
        let mut ids = DeliveryIds::default();
        let made: Vec<_> = [5, 5, 5, 4, 6, 6, 0].map(|now| ids.next(now)).into();
        assert!(made.is_sorted() && made.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
