//! The functions that read the log.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use ext_php_rs::prelude::*;
use serde::Serialize;

use super::arguments::OptionalArray;
use super::process;
use super::to_zval::{Tree, to_zval};
use super::{exception, query};
use webhooks::clock::{Clock as _, SystemClock};
use webhooks::id::EventId;
use webhooks::store;
use webhooks::store::log::{
    DeliveriesQuery, FailuresQuery, Log, OverviewQuery, Page, StateCounts, StatsQuery,
};

/// Adds these functions to the module.
pub(super) fn add(module: ModuleBuilder<'static>) -> ModuleBuilder<'static> {
    module
        .function(wrap_function!(webhooks_deliveries))
        .function(wrap_function!(webhooks_count))
        .function(wrap_function!(webhooks_count_by_state))
        .function(wrap_function!(webhooks_failures))
        .function(wrap_function!(webhooks_delivery))
        .function(wrap_function!(webhooks_stats))
        .function(wrap_function!(webhooks_overview))
        .function(wrap_function!(webhooks_wait))
        .function(wrap_function!(webhooks_announcements))
}

/// How long nobody looks again while waiting for the worker: doubling from the first to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LAST_PAUSE: Duration = Duration::from_millis(50);

/// Longest wait: no PHP process lives so long.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// Asks the log; an empty answer where there is none yet.
pub(super) fn ask<T: Default>(question: impl FnOnce(&mut Log) -> store::Result<T>) -> PhpResult<T> {
    process::with(|process| {
        process.spool().map_err(exception::new)?;
        match process.log().map_err(exception::new)? {
            Some(log) => question(log).map_err(exception::new),
            None => Ok(T::default()),
        }
    })
}

/// Asks again and again until there is an answer, or the time is up.
pub(super) fn wait_for<T>(
    timeout: Duration,
    mut question: impl FnMut(&mut Log) -> store::Result<Option<T>>,
) -> PhpResult<Option<T>> {
    let until = Instant::now() + timeout.min(LONGEST);
    let mut pause = FIRST_PAUSE;
    loop {
        let answer = ask(&mut question)?;
        let left = until.saturating_duration_since(Instant::now());
        if answer.is_some() || left.is_zero() {
            return Ok(answer);
        }
        thread::sleep(pause.min(left));
        pause = (pause * 2).min(LAST_PAUSE);
    }
}

fn give(result: &impl Serialize) -> PhpResult<Tree> {
    to_zval(result).map_err(exception::new)
}

/// The log, newest first. See the stub.
#[php_function]
fn webhooks_deliveries(query: OptionalArray<'_>) -> PhpResult<Tree> {
    let query: DeliveriesQuery = query::read(query.0)?;
    query.check_person().map_err(exception::new)?;
    let page = ask(|log| log.deliveries(&query).map(Some))?;
    give(&page.unwrap_or(Page { deliveries: Vec::new(), cursor: None }))
}

/// How many deliveries a filter has. See the stub.
#[php_function]
#[php(defaults(most = 0))]
fn webhooks_count(query: OptionalArray<'_>, most: i64) -> PhpResult<i64> {
    let query = query::whole(query.0)?;
    let count = match limit(most)? {
        None => ask(|log| log.count_all(&query)),
        Some(most) => ask(|log| log.count_up_to(&query, most)),
    };
    count.map(u64::cast_signed)
}

/// Up to how many are counted; none: all (`0`).
fn limit(most: i64) -> PhpResult<Option<u64>> {
    match u64::try_from(most) {
        Err(_) => Err(exception::new(format!("most: expected 0 or more, got {most}"))),
        Ok(most) => Ok(Some(most).filter(|most| *most > 0)),
    }
}

/// How many deliveries of each state a filter has. See the stub.
#[php_function]
#[php(defaults(most = 0))]
fn webhooks_count_by_state(query: OptionalArray<'_>, most: i64) -> PhpResult<Tree> {
    let query = query::whole(query.0)?;
    let most = limit(most)?.unwrap_or(i64::MAX.cast_unsigned());
    let counts = ask(|log| log.count_by_state(&query, most).map(Some))?;
    give(&counts.unwrap_or_else(|| StateCounts::none(&query)))
}

/// What fails, by webhook and cause. See the stub.
#[php_function]
fn webhooks_failures(query: OptionalArray<'_>) -> PhpResult<Tree> {
    let query: FailuresQuery = query::read(query.0)?;
    give(&ask(|log| log.failures(&query))?)
}

/// One delivery with its attempts. See the stub.
#[php_function]
fn webhooks_delivery(id: &str) -> PhpResult<Option<Tree>> {
    let id = id.parse().map_err(exception::new)?;
    ask(|log| log.delivery(&id))?.as_ref().map(give).transpose()
}

/// Counters and health. See the stub.
#[php_function]
fn webhooks_stats(query: OptionalArray<'_>) -> PhpResult<Tree> {
    #[derive(Serialize)]
    struct Stats<T> {
        webhooks: BTreeMap<String, T>,
    }
    let query: StatsQuery = query::read(query.0)?;
    let webhooks = ask(|log| log.stats(&query, SystemClock.unix_ms()))?;
    match &query.fields {
        None => give(&Stats { webhooks }),
        Some(fields) => {
            let some = webhooks.iter().map(|(id, stats)| (id.clone(), stats.only(fields)));
            give(&Stats { webhooks: some.collect() })
        }
    }
}

/// All webhooks together. See the stub.
#[php_function]
fn webhooks_overview(query: OptionalArray<'_>) -> PhpResult<Tree> {
    let query: OverviewQuery = query::read(query.0)?;
    give(&ask(|log| log.overview(&query, SystemClock.unix_ms()))?)
}

/// Waits for an event's first attempts. See the stub.
#[php_function]
fn webhooks_wait(event_id: &str, timeout: f64) -> PhpResult<Option<Tree>> {
    let id: EventId = event_id.parse().map_err(exception::new)?;
    let timeout = Duration::try_from_secs_f64(timeout).map_err(|_| {
        exception::new(format!("timeout: expected seconds from 0 on, got {timeout}"))
    })?;
    wait_for(timeout, |log| log.settled(&id))?.as_ref().map(give).transpose()
}

/// News for people. See the stub.
#[php_function]
#[php(defaults(after = 0))]
fn webhooks_announcements(after: i64) -> PhpResult<Tree> {
    give(&ask(|log| log.announcements(after))?)
}
