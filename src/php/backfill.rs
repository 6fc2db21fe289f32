//! The functions that send a webhook what it has not had.

use ext_php_rs::prelude::*;

use super::arguments::{Array, OptionalArray};
use super::log::ask;
use super::preview::webhook;
use super::requests::request;
use super::to_zval::{Tree, to_zval};
use super::{exception, query};
use webhooks::clock::{Clock as _, SystemClock};
use webhooks::delivery;
use webhooks::delivery::template::Envelope;
use webhooks::event::Event;
use webhooks::id::EventId;
use webhooks::store::backfill::{BACKFILL, Backfill, BackfillQuery, MissedCount};
use webhooks::webhook::Webhook;
use webhooks::worker::Request;

/// Most deliveries a minute that can be asked for: more is no pace.
const MOST_PER_MINUTE: u32 = 60_000;

/// Adds these functions to the module.
pub(super) fn add(module: ModuleBuilder<'static>) -> ModuleBuilder<'static> {
    module
        .function(wrap_function!(webhooks_missed))
        .function(wrap_function!(webhooks_backfill))
        .function(wrap_function!(webhooks_stop_backfill))
}

/// How many events a webhook has not had. See the stub.
#[php_function]
fn webhooks_missed(webhook: Array<'_>, query: OptionalArray<'_>) -> PhpResult<Tree> {
    let (webhook, query) = read(webhook, query)?;
    to_zval(&count(&webhook, &query)?).map_err(exception::new)
}

/// Sends a webhook events that it has not had. See the stub.
#[php_function]
fn webhooks_backfill(webhook: Array<'_>, query: OptionalArray<'_>) -> PhpResult<i64> {
    let (webhook, query) = read(webhook, query)?;
    let missed = count(&webhook, &query)?;
    if missed != MissedCount::default() {
        let token = EventId::at(SystemClock.unix_ms()).to_string();
        request(&Request::Backfill(Backfill { token, query, matched: missed.events }))?;
    }
    Ok(missed.events.cast_signed())
}

/// Ends a backfill. See the stub.
#[php_function]
fn webhooks_stop_backfill(id: &str) -> PhpResult<bool> {
    let bulks = ask(|log| log.bulks())?;
    let found = bulks.iter().find(|bulk| bulk.id == id && bulk.action == BACKFILL);
    let webhook = found.and_then(|bulk| bulk.query.get("webhook_id")?.as_str());
    let Some(webhook) = webhook.map(str::to_owned) else { return Ok(false) };
    request(&Request::StopBackfill { token: id.to_owned(), webhook })?;
    Ok(true)
}

fn read(array: Array<'_>, query: OptionalArray<'_>) -> PhpResult<(Webhook, BackfillQuery)> {
    let webhook = webhook(array)?;
    let mut query: BackfillQuery = query::read(query.0)?;
    if !query.webhook_id.is_empty() && query.webhook_id != webhook.id {
        return Err(exception::new("webhook_id: expected the webhook's own, or none"));
    }
    if query.per_minute.is_some_and(|rate| !(1..=MOST_PER_MINUTE).contains(&rate)) {
        let message = format!("per_minute: expected 1 to {MOST_PER_MINUTE}");
        return Err(exception::new(message));
    }
    if query.any_event && query.event_id.is_none() {
        return Err(exception::new("any_event: expected an event_id as well"));
    }
    query.webhook_id.clone_from(&webhook.id);
    Ok((webhook, query))
}

/// How many there are, as the worker will find them.
fn count(webhook: &Webhook, query: &BackfillQuery) -> PhpResult<MissedCount> {
    let with_bodies = webhook.condition.is_some() && !query.any_event;
    let wants = |event: &Event| {
        query.any_event
            || webhook.turns_away(&event.header()).is_none()
                // What can't be judged becomes a failed delivery, so that somebody sees it.
                && (!with_bodies
                    || delivery::accepts(webhook, &Envelope::of(&event.body)).unwrap_or(true))
    };
    ask(|log| log.missed(query, with_bodies, &wants))
}
