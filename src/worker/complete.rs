//! Recording an attempt: the delivery's state, the webhook's health, and what follows from both.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::effects::Effects;
use super::health;
use super::ingest::{self, Context, DeliveryIds};
use super::pool::Completed;
use domain::event::{EventHeader, Flags};
use domain::id::EventId;
use domain::webhook::Webhook;
use store::{
    Announcement, Attempt, Claim, Failure, Health, NewAttempt, Next, Phase, Result, Selection,
    State, StoreError, Transaction, WebhookKey, Written,
};

/// An event that the worker raises when a webhook is switched off.
const WEBHOOK_DISABLED: &str = "webhook_disabled";
/// An event that the worker raises when a delivery ran out of attempts.
const DELIVERY_FAILED: &str = "webhook_delivery_failed";

/// Records attempts and what follows from them.
pub(super) fn attempts(
    tx: &mut dyn Transaction,
    context: &Context<'_>,
    all: &[Completed],
    ids: &mut DeliveryIds,
    effects: &mut Effects,
) -> Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    let written = write(tx, decided(context, all))?;
    for (completed, written) in all.iter().zip(written) {
        follow(tx, context, completed, written.as_deref(), ids, effects)?;
    }
    Ok(())
}

/// An attempt as it is to be written.
struct Decided<'a> {
    claim: &'a Claim,
    attempt: Cow<'a, Attempt>,
    reason: Option<&'a str>,
}

/// What is to be written of the attempts that came back. Each of a webhook counts on it that those
/// before it are kept.
fn decided<'a>(context: &Context<'a>, all: &'a [Completed]) -> Vec<Decided<'a>> {
    let mut healths = HashMap::new();
    let decide = |completed: &'a Completed| {
        let Completed { claim, attempt, webhook, .. } = completed;
        if claim.event.flags.has(Flags::TEST) {
            return Decided { claim, attempt: Cow::Borrowed(attempt), reason: None };
        }
        let before = healths.entry(claim.webhook);
        let before = before.or_insert_with(|| health_in_memory(context, claim.webhook));
        *before = health::after(before, webhook, attempt, context.now).0;
        let (next, reason) = next(context, webhook, before, attempt);
        let attempt = if next == attempt.next {
            Cow::Borrowed(attempt)
        } else {
            Cow::Owned(Attempt { next, ..attempt.clone() })
        };
        Decided { claim, attempt, reason }
    };
    all.iter().map(decide).collect()
}

fn health_in_memory(context: &Context<'_>, webhook: WebhookKey) -> Health {
    context.schedule.lane(webhook).map(|lane| lane.health.clone()).unwrap_or_default()
}

/// Writes attempts into the store; each as it stands there, or none where the delivery is somebody
/// else's by now. What the store can't keep fails the attempt, and nothing else: it would be so
/// with every further one.
fn write<'a>(
    tx: &mut dyn Transaction,
    decided: Vec<Decided<'a>>,
) -> Result<Vec<Option<Cow<'a, Attempt>>>> {
    let mut written = record(tx, &decided)?;
    let (mut attempts, mut places, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    for (at, (Decided { claim, attempt, .. }, written)) in
        decided.into_iter().zip(&written).enumerate()
    {
        if let Written::TooLarge { reason } = written {
            tracing::error!(delivery = %claim.id, reason, "an attempt is too large for the store");
            let attempt = Cow::Owned(too_large(&attempt, reason));
            failed.push(Decided { claim, attempt, reason: Some("too_large") });
            places.push(at);
        } else if *written == Written::Lost {
            tracing::warn!(delivery = %claim.id, "an attempt came too late: its delivery is another's");
        }
        attempts.push(Some(attempt));
    }
    if !failed.is_empty() {
        for ((at, failed), now) in places.into_iter().zip(&failed).zip(record(tx, &failed)?) {
            if let Written::TooLarge { reason } = now {
                let action = "recording that an attempt is too large";
                return Err(StoreError::Failed { action, reason });
            }
            (written[at], attempts[at]) = (now, Some(failed.attempt.clone()));
        }
    }
    for (attempt, _) in attempts.iter_mut().zip(written).filter(|(_, it)| *it == Written::Lost) {
        *attempt = None;
    }
    Ok(attempts)
}

fn record(tx: &mut dyn Transaction, decided: &[Decided<'_>]) -> Result<Vec<Written>> {
    let attempts: Vec<_> = decided
        .iter()
        .map(|Decided { claim, attempt, reason }| NewAttempt { claim, attempt, reason: *reason })
        .collect();
    tx.complete(&attempts)
}

/// What follows from an attempt, which is in the store as `written`; none where it says nothing
/// here, as somebody else has recorded one.
fn follow(
    tx: &mut dyn Transaction,
    context: &Context<'_>,
    completed: &Completed,
    written: Option<&Attempt>,
    ids: &mut DeliveryIds,
    effects: &mut Effects,
) -> Result<()> {
    let Completed { claim, attempt, webhook, .. } = completed;
    let (event, key) = (&claim.event, claim.webhook);
    effects.ended.push(claim.id);
    if let Some(end) = &completed.end {
        effects.came_back.push((key, end.burst, attempt.duration_us));
    }
    if event.flags.has(Flags::TEST) {
        return Ok(());
    }
    let before = effects.healths.get(&key).cloned();
    let before = before.unwrap_or_else(|| health_in_memory(context, key));
    let (health, newly_disabled) = match written {
        Some(_) => health::after(&before, webhook, attempt, context.now),
        None => (before.clone(), false),
    };
    if health != before {
        tx.set_health(key, &health)?;
    }
    if newly_disabled {
        effects.disabled.push(key);
        disabled(tx, context, webhook, &health, ids, effects)?;
    }
    let failure = written.filter(|written| written.next == Next::Failed);
    if let Some(attempt) = failure.filter(|_| !event.flags.has(Flags::OWN)) {
        failed(tx, context, webhook, claim, attempt, ids, effects)?;
    }
    for claim in completed.end.iter().flat_map(|end| &end.rest) {
        put_back(tx, context, webhook, &health, claim)?;
    }
    effects.healths.insert(key, health);
    Ok(())
}

/// What can be kept of an attempt that is too large to be kept.
fn too_large(attempt: &Attempt, reason: &str) -> Attempt {
    Attempt {
        failure: Some(Failure {
            phase: Phase::Prepare,
            code: "too_large".into(),
            message: format!("the log can't keep this attempt: {reason}"),
        }),
        response_headers: Vec::new(),
        response_body: Vec::new(),
        request_body: None,
        method: None,
        request_headers: Vec::new(),
        next: Next::Failed,
        ..attempt.clone()
    }
}

/// Returns a claim that no attempt was made of to where it belongs by now.
pub(super) fn put_back(
    tx: &mut dyn Transaction,
    context: &Context<'_>,
    webhook: &Webhook,
    health: &Health,
    claim: &Claim,
) -> Result<()> {
    if tx.release(claim.id, claim.due)? == Written::Lost {
        return Ok(());
    }
    let (state, reason) = match context.routes.webhook(&webhook.id) {
        None => (State::Cancelled, "deleted"),
        Some(now) => match now.held(context.config.held.as_deref(), health.disabled.is_some()) {
            Some(reason) => (State::Held, reason),
            None => return Ok(()),
        },
    };
    let which = Selection { ids: vec![claim.id], ..Selection::default() };
    tx.change(&which, state, context.now, Some(reason)).map(drop)
}

/// What the config and the webhook's health make of a retry. An endpoint that is gone (410) is
/// asked no more; what it did not take is held with the rest, for when the webhook is enabled.
/// With the reason of the state that follows.
fn next<'a>(
    context: &Context<'a>,
    webhook: &Webhook,
    health: &Health,
    attempt: &Attempt,
) -> (Next, Option<&'a str>) {
    let gone = attempt.failure.as_ref().is_some_and(|failure| failure.code == "gone");
    let waits = gone || matches!(attempt.next, Next::Retry(_));
    let died = attempt.failure.as_ref().is_some_and(|it| it.code == Failure::WORKER_DIED);
    match context.routes.webhook(&webhook.id) {
        _ if died => (attempt.next, Some(Failure::WORKER_DIED)),
        _ if !waits => (attempt.next, None),
        None => (Next::Cancelled, Some("deleted")),
        Some(now) => match now.held(context.config.held.as_deref(), health.disabled.is_some()) {
            Some(reason) => (Next::Held, Some(reason)),
            None => (attempt.next, None),
        },
    }
}

/// A webhook was switched off: what waits is held, people and other webhooks are told.
fn disabled(
    tx: &mut dyn Transaction,
    context: &Context<'_>,
    webhook: &Webhook,
    health: &Health,
    ids: &mut DeliveryIds,
    effects: &mut Effects,
) -> Result<()> {
    let waiting = Selection {
        webhook: Some(webhook.id.clone()),
        states: vec![State::Pending],
        ..Selection::default()
    };
    let held = tx.change(&waiting, State::Held, context.now, Some("disabled"))?;
    let Some(disabled) = &health.disabled else { return Ok(()) };
    tracing::warn!(webhook = webhook.id, reason = disabled.reason, held, "webhook disabled");
    let news = json!({
        "webhook_id": webhook.id,
        "webhook_name": webhook.name,
        "reason": disabled.reason,
        "failing_since": health.failing_since.map(domain::clock::rfc3339),
        "failures_in_row": health.failures_in_row,
        "held": held,
    });
    announce(tx, context, WEBHOOK_DISABLED, &news)?;
    raise(tx, context, WEBHOOK_DISABLED, &news, ids, effects)
}

/// A delivery ran out of attempts (or can't be sent at all).
fn failed(
    tx: &mut dyn Transaction,
    context: &Context<'_>,
    webhook: &Webhook,
    claim: &Claim,
    attempt: &Attempt,
    ids: &mut DeliveryIds,
    effects: &mut Effects,
) -> Result<()> {
    let news = json!({
        "delivery_id": claim.id,
        "event_id": claim.event.id,
        "event": claim.event.name,
        "webhook_id": webhook.id,
        "webhook_name": webhook.name,
        "attempts": claim.attempts + 1,
        "status": attempt.status,
        "failure": attempt.failure.as_ref().map(|failure| &failure.code),
    });
    announce(tx, context, "delivery_failed", &news)?;
    raise(tx, context, DELIVERY_FAILED, &news, ids, effects)
}

fn announce(
    tx: &mut dyn Transaction,
    context: &Context<'_>,
    code: &str,
    params: &Value,
) -> Result<()> {
    let params = params.as_object().cloned().unwrap_or_else(Map::new);
    tx.announce(&Announcement { code: code.into(), at: context.now, params }).map(drop)
}

/// Raises an event of the worker's own, in the transaction of its cause: it happens if and only
/// if that does, and needs no way round through the journal.
fn raise(
    tx: &mut dyn Transaction,
    context: &Context<'_>,
    name: &str,
    data: &Value,
    ids: &mut DeliveryIds,
    effects: &mut Effects,
) -> Result<()> {
    let id = EventId::at(context.now);
    let head = format!(
        r#"{{"id":"{id}","type":"{name}","timestamp":"{}","scope":"network","source":"network-webhooks","data":"#,
        domain::clock::rfc3339(context.now)
    );
    let body = format!("{head}{data}}}").into_bytes();
    let header = EventHeader {
        id,
        timestamp: context.now,
        network: 0,
        site: 0,
        delay: 0,
        flags: Flags::OWN.with(Flags::NETWORK),
        data: head.len() as u32..(body.len() - 1) as u32,
        name,
        source: "network-webhooks",
        only: "",
    };
    let revision = context.config.revision;
    ingest::event(tx, context, &header, revision, Arc::from(body), ids, effects)?;
    ingest::write(tx, context.now, effects)
}
