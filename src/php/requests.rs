//! The functions that ask the worker for something. What people wish goes through the journal,
//! like events.

use std::time::Duration;

use ext_php_rs::prelude::*;

use super::arguments::{Array, StringOrArray};
use super::log::{ask, wait_for};
use super::to_zval::{Tree, to_zval};
use super::zval::{Key, Value};
use super::{exception, process, query};
use webhooks::clock::{Clock as _, SystemClock, parse_rfc3339};
use webhooks::id::{DeliveryId, EventId};
use webhooks::journal::KIND_REQUEST;
use webhooks::store::bulk::{Action, Bulk};
use webhooks::store::log::{DeliveriesQuery, StatsQuery};
use webhooks::store::{Person, Selection, State};
use webhooks::worker::{FORGOTTEN, Request};

/// Adds these functions to the module.
pub(super) fn add(module: ModuleBuilder<'static>) -> ModuleBuilder<'static> {
    module
        .function(wrap_function!(webhooks_resend))
        .function(wrap_function!(webhooks_cancel))
        .function(wrap_function!(webhooks_bulks))
        .function(wrap_function!(webhooks_recover))
        .function(wrap_function!(webhooks_enable))
        .function(wrap_function!(webhooks_forget))
        .function(wrap_function!(webhooks_wake))
}

/// How long [`webhooks_forget`] waits for the worker.
const FORGETTING: Duration = Duration::from_secs(30);

/// Appends a request, and makes sure that somebody reads it.
pub(super) fn request(request: &Request) -> PhpResult<()> {
    let json = serde_json::to_vec(request).map_err(exception::new)?;
    process::with(|process| {
        process.look_again();
        process.look().map_err(exception::new)?;
        let revision = process.subscriptions().map_or(0, |published| published.revision);
        let mut record = process.begin(KIND_REQUEST, revision, 0);
        record.body().extend_from_slice(&json);
        process.append(record).map_err(exception::new)
    })
}

/// How many deliveries a request is for.
fn matching(which: &Selection, to: State) -> PhpResult<i64> {
    ask(|log| log.count(which, to)).map(u64::cast_signed)
}

/// Sends deliveries again. See the stub.
#[php_function]
fn webhooks_resend(ids: StringOrArray<'_>) -> PhpResult<i64> {
    change(ids, Action::Resend)
}

/// Gives up deliveries that wait. See the stub.
#[php_function]
fn webhooks_cancel(ids: StringOrArray<'_>) -> PhpResult<i64> {
    change(ids, Action::Cancel)
}

/// How far the changes of whole results are. See the stub.
#[php_function]
fn webhooks_bulks() -> PhpResult<Tree> {
    to_zval(&ask(|log| log.bulks())?).map_err(exception::new)
}

/// Asks for a change of deliveries that are named, or of a whole result.
fn change(ids: StringOrArray<'_>, action: Action) -> PhpResult<i64> {
    let ids = match ids {
        StringOrArray::String(id) => vec![delivery_id(id)?],
        StringOrArray::Array(array) if array.table.iter().any(|(key, _)| is_name(key)) => {
            return change_whole(array, action);
        }
        StringOrArray::Array(list) => list
            .table
            .iter()
            .map(|(_, id)| match Value::behind(id) {
                Value::Text(id) => delivery_id(id),
                other => Err(exception::new(format!(
                    "ids: expected ids of deliveries, got {}",
                    other.type_name()
                ))),
            })
            .collect::<PhpResult<_>>()?,
    };
    if ids.is_empty() {
        return Ok(0); // An empty selection would be everything.
    }
    let which = Selection { ids: ids.clone(), ..Selection::default() };
    let count = matching(&which, action.to())?;
    if count > 0 {
        request(&match action {
            Action::Resend => Request::Resend { ids },
            Action::Cancel => Request::Cancel { ids },
        })?;
    }
    Ok(count)
}

fn is_name(key: Key<'_>) -> bool {
    matches!(key, Key::Text(_))
}

/// Asks for a change of everything that a filter finds.
fn change_whole(filter: Array<'_>, action: Action) -> PhpResult<i64> {
    let query = query::whole(Some(filter))?;
    if query == DeliveriesQuery::default() {
        // A filter whose values happen to be missing is a mistake, and this can't be taken back.
        return Err(exception::new("expected a filter that filters: this one finds everything"));
    }
    let matched = ask(|log| log.count_for(&query, action))?;
    if matched > 0 {
        let token = EventId::at(SystemClock.unix_ms()).to_string();
        request(&Request::Bulk(Bulk { token, action, query, matched }))?;
    }
    Ok(matched.cast_signed())
}

fn delivery_id(text: &[u8]) -> PhpResult<DeliveryId> {
    String::from_utf8_lossy(text).parse().map_err(exception::new)
}

/// Sends what a webhook missed. See the stub.
#[php_function]
fn webhooks_recover(webhook_id: &str, since: Option<&str>) -> PhpResult<i64> {
    let since = since
        .map(|text| {
            parse_rfc3339(text).ok_or_else(|| {
                exception::new(format!(
                    "since: \"{text}\" is no time; expected RFC 3339, such as 2026-11-20T10:00:00Z"
                ))
            })
        })
        .transpose()?;
    let webhook = webhook_id.to_owned();
    let which = Selection {
        webhook: Some(webhook.clone()),
        states: vec![State::Held, State::Failed],
        since,
        ..Selection::default()
    };
    let count = matching(&which, State::Pending)?;
    if count > 0 {
        request(&Request::Recover { webhook, since })?;
    }
    Ok(count)
}

/// Ends the disabling of a webhook. See the stub.
#[php_function]
fn webhooks_enable(webhook_id: &str, disabling: &str) -> PhpResult<bool> {
    let webhook = webhook_id.to_owned();
    let query = StatsQuery { webhook_ids: Some(vec![webhook.clone()]), hours: 0, fields: None };
    let stats = ask(|log| log.stats(&query, 0))?;
    let answers = stats
        .get(webhook_id)
        .and_then(|stats| stats.disabled.as_ref())
        .is_some_and(|disabled| disabled.id == disabling);
    if answers {
        request(&Request::Enable { webhook, disabling: disabling.to_owned() })?;
    }
    Ok(answers)
}

/// Erases payloads in which a person occurs. See the stub.
#[php_function]
fn webhooks_forget(query: Array<'_>) -> PhpResult<i64> {
    let person: Person = query::read(Some(query))?;
    if person.email.is_none() && person.user_id.is_none() {
        return Err(exception::new("expected an email, a user_id, or both"));
    }
    // What was announced before this cannot be the answer.
    let before = ask(|log| log.summary().map(|summary| summary.announcements))?;
    let token = EventId::at(0).to_string();
    request(&Request::Forget { token: token.clone(), person })?;
    let mut after = before;
    let answer = wait_for(FORGETTING, |log| {
        let news = log.announcements(after)?;
        after = news.last().map_or(after, |last| last.number);
        Ok(news.into_iter().find(|news| {
            news.code == FORGOTTEN && news.params.get("token").is_some_and(|of| *of == token)
        }))
    })?;
    let answer = answer.ok_or_else(|| {
        exception::new(
            "the worker is not done within 30 seconds; what was asked for is kept, and done as \
             soon as it can be (webhooks_status() tells whether a worker runs)",
        )
    })?;
    let events = answer.params.get("events").and_then(serde_json::Value::as_i64).unwrap_or(0);
    let missing = answer.params.get("missing").and_then(serde_json::Value::as_array);
    let names: Vec<_> =
        missing.into_iter().flatten().filter_map(serde_json::Value::as_str).collect();
    if names.is_empty() {
        return Ok(events);
    }
    Err(exception::new(format!(
        "{events} payloads were erased; the journal of {} was not searched, as no worker runs there: \
         what was asked for is kept, and done as soon as one does",
        names.join(", ")
    )))
}

/// Makes sure that a worker runs. See the stub.
#[php_function]
fn webhooks_wake() -> bool {
    process::with(|process| process.wake().unwrap_or(false))
}
