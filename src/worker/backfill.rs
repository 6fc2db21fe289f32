//! Backfills: a step makes deliveries of some of the events that a webhook has not had. What is new
//! and due has its turn between two of them.

use super::WorkerError;
use super::effects::Effects;
use super::engine::Worker;
use super::schedule::Schedule;
use super::wishes::Left;
use delivery::Sender;
use delivery::template::Envelope;
use domain::decision::Decision;
use domain::event::Event;
use domain::id::DeliveryId;
use domain::webhook::Webhook;
use store::backfill::{Backfill, BackfillQuery, Missed, Stretch};
use store::{self, NewDelivery, Result, Selection, State, Store, Transaction, WebhookKey};

/// Events that one step looks at.
const STEP: usize = 500;

impl<S: Store> Worker<S> {
    /// A step of the oldest backfill.
    pub(super) fn backfill(&mut self, now: i64) -> Result<bool, WorkerError> {
        let ready = self.wishes.backfills == Left::Perhaps && !self.reserve.is_full();
        let Some(active) = self.active.as_ref().filter(|_| ready) else { return Ok(false) };
        let (routes, schedule) = (&active.routes, &self.schedule);
        let wants = |query: &BackfillQuery, event: &Event| {
            routes.webhook(&query.webhook_id).is_some_and(|webhook| {
                query.any_event || webhook.turns_away(&event.header()).is_none()
            })
        };
        let (mut more, mut effects) = (false, Effects::default());
        store::commit(&mut self.store, &mut |tx| {
            (more, effects) = (false, Effects::default());
            let Some(stretch) = tx.look_back(STEP, &wants)? else { return Ok(()) };
            more = true;
            let Some(webhook) = routes.webhook(&stretch.query.webhook_id) else {
                return tx.note_backfill(&stretch.token, 0, None, now); // It was deleted.
            };
            let key = effects.key(tx, schedule, webhook)?;
            let giving = Giving {
                webhook,
                key,
                sender: &active.sender,
                network: active.config.held.as_deref(),
                disabled: is_disabled(schedule, key),
                now,
            };
            let made = giving.give(tx, &stretch)?;
            tx.note_backfill(&stretch.token, made, stretch.next, now)?;
            effects.touched.push(key);
            effects.find_due(tx, schedule)
        })?;
        self.follow(effects, now);
        self.wishes.backfills = Left::of(more);
        Ok(more)
    }
}

fn is_disabled(schedule: &Schedule, key: WebhookKey) -> bool {
    schedule.lane(key).is_some_and(|lane| lane.health.disabled.is_some())
}

/// Who is given what was missed, as things stand.
struct Giving<'a> {
    webhook: &'a Webhook,
    key: WebhookKey,
    sender: &'a Sender,
    /// Why nothing is sent to anybody.
    network: Option<&'a str>,
    disabled: bool,
    now: i64,
}

impl Giving<'_> {
    /// Makes deliveries; how many.
    fn give(&self, tx: &mut dyn Transaction, stretch: &Stretch) -> Result<u64> {
        let (mut made, mut new) = (0, Vec::new());
        for missed in &stretch.missed {
            let due = stretch.due(stretch.made + made, self.now);
            let Some(delivery) = self.delivery(stretch, missed, due) else { continue };
            made += match missed.skipped {
                None => {
                    new.push((missed.event.id, delivery));
                    1
                }
                // What would not wait stays as it is, and can be looked back for again.
                Some(_) if delivery.state != State::Pending => 0,
                Some(skipped) => {
                    let which = Selection { ids: vec![skipped], ..Selection::default() };
                    tx.change(&which, State::Pending, due, delivery.reason.as_deref())?.min(1)
                }
            };
        }
        tx.add_deliveries(&new)?;
        Ok(made)
    }

    /// The delivery of what was missed; none where the webhook does not want it.
    fn delivery(&self, stretch: &Stretch, missed: &Missed, due: i64) -> Option<NewDelivery> {
        let event = &missed.event;
        let envelope = Envelope::of(&event.body);
        let decision = self.webhook.decide(
            event.flags,
            // Who names an event wants it, whatever the condition says.
            || {
                if stretch.query.any_event {
                    Ok(true)
                } else {
                    self.sender.accepts(self.webhook, &envelope)
                }
            },
            || self.webhook.held(self.network, self.disabled).map(str::to_owned),
        );
        let mut delivery = NewDelivery {
            // In the log it stands where its event does.
            id: DeliveryId::at(missed.created),
            webhook: self.key,
            state: State::Pending,
            due,
            reason: Some(Backfill::reason(&stretch.token)),
            failure: None,
        };
        match decision {
            Decision::Send => {}
            // Tests are never looked back for, and what the condition refuses is not missed.
            Decision::Test | Decision::Skip => return None,
            Decision::Hold(reason) => {
                (delivery.state, delivery.reason) = (State::Held, Some(reason));
            }
            Decision::Fail(failure) => {
                (delivery.state, delivery.reason) = (State::Failed, Some(failure.message));
                delivery.failure = Some(failure.code);
            }
        }
        Some(delivery)
    }
}
