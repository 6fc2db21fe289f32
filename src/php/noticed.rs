//! What `webhooks_status()` finds in the store, the journal and the clock that people have to know,
//! though everything seems to run.

use std::collections::{HashMap, HashSet};

use super::status::Problem;
use webhooks::clock::rfc3339;
use webhooks::config::Config;
use webhooks::store::log::{CLOCK_SET, STORE_SET_ASIDE, StoreSummary};
use webhooks::webhook::Webhook;

const MINUTE_MS: i64 = 60_000;
/// How old the oldest event of the journal may be, in milliseconds: a worker takes in thousands a
/// second, so a quarter of that is a machine that can't keep up, or a worker that hangs.
const BACKLOG_MS: i64 = 4 * MINUTE_MS;
/// How far ahead of the clock something written here may lie, in milliseconds: what receivers of
/// signatures allow (Standard Webhooks 1.0.0).
const AHEAD_MS: i64 = 5 * MINUTE_MS;
/// How long a service manager may take to start the worker anew, in milliseconds.
const RESTART_MS: i64 = 2 * MINUTE_MS;
/// How long a jump of the clock stays a problem, in milliseconds.
const CLOCK_MS: i64 = 60 * MINUTE_MS;
/// How long a store that was set aside stays one, in milliseconds.
const SET_ASIDE_MS: i64 = 24 * 60 * MINUTE_MS;
/// Failures in a row from which on an endpoint is down and not only slow at one attempt.
const DOWN: u32 = 2;

/// What the store knows.
pub(super) fn of_store(summary: &StoreSummary, config: Option<&Config>, now: i64) -> Vec<Problem> {
    let mut problems = Vec::new();
    if summary.deferred > 0 {
        let message = "the journal has had records that this version does not know; they are kept: \
                       install the version of webhooks-worker that wrote them";
        problems.push(problem("journal", message));
    }
    let lately = |code: &str, within: i64| {
        let mut noticed = summary.noticed.iter().rev();
        noticed.find(|(noticed, at)| noticed == code && (now - within..=now).contains(at))
    };
    if let Some((_, at)) = lately(CLOCK_SET, CLOCK_MS) {
        let message = format!(
            "the clock of this server was set by more than five minutes at {}: receivers refuse \
             what is signed with a wrong time; have the clock kept right (NTP)",
            rfc3339(*at)
        );
        problems.push(problem("clock", &message));
    }
    if let Some((_, at)) = lately(STORE_SET_ASIDE, SET_ASIDE_MS) {
        let message = format!(
            "the log of deliveries was damaged and lies aside since {}; a new one was begun, and \
             what had waited in the old one is not sent: look after the disk",
            rfc3339(*at)
        );
        problems.push(problem("store_set_aside", &message));
    }
    if let Some(config) = config {
        problems.extend(of_webhooks(summary, config));
    }
    problems
}

/// Webhooks that are disabled, and whether all endpoints are down at once, which is rarely the
/// endpoints' fault.
fn of_webhooks(summary: &StoreSummary, config: &Config) -> Vec<Problem> {
    let mut problems = Vec::new();
    let (mut down, mut nameless, mut all_down) = (HashSet::new(), true, true);
    let published: HashMap<&str, &Webhook> =
        config.webhooks.iter().map(|webhook| (&*webhook.id, webhook)).collect();
    for of in &summary.webhooks {
        let Some(webhook) = published.get(&*of.id) else { continue };
        if let Some(disabled) = &of.health.disabled {
            let message = format!(
                "the webhook \"{}\" ({}) is disabled since {}, and its events are kept: fix its \
                 endpoint, and enable it",
                webhook.name,
                webhook.id,
                rfc3339(disabled.at)
            );
            problems.push(problem("webhook_disabled", &message));
        } else if !webhook.paused && webhook.set_aside.is_none() {
            all_down &= of.health.failures_in_row >= DOWN;
            nameless &= of.name_not_found;
            down.insert(host(webhook));
        }
    }
    // One endpoint that is down is its own; two and none that is up is this server's network.
    if all_down && down.len() > 1 {
        problems.push(if nameless {
            let message = "no name of an endpoint is found: look after the DNS servers of this \
                           server (/etc/resolv.conf); what waits is sent once they answer";
            problem("names", message)
        } else {
            let message = "no endpoint is reached, not a single one: look after the network, the \
                           proxy and the firewall of this server; what waits is sent once they \
                           let it through";
            problem("endpoints", message)
        });
    }
    problems
}

fn host(webhook: &Webhook) -> &str {
    let rest = webhook.url.split_once("://").map_or(&*webhook.url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// The oldest event that was not taken in yet, in Unix milliseconds.
pub(super) fn of_backlog(oldest: Option<i64>, now: i64) -> Option<Problem> {
    let oldest = oldest.filter(|oldest| now - oldest > BACKLOG_MS)?;
    let message = format!(
        "events in the journal wait since {} to be taken in: the worker does not run, hangs, or \
         this machine can't keep up; worker.log in the spool says more",
        rfc3339(oldest)
    );
    Some(problem("backlog", &message))
}

/// Times at which something was written here, in Unix milliseconds.
pub(super) fn of_clock(written: &[i64], now: i64) -> Option<Problem> {
    let latest = written.iter().copied().max().filter(|latest| *latest > now + AHEAD_MS)?;
    let message = format!(
        "the clock of this server stands at {}, and what was written here has a later time, {}: \
         one of them is wrong; have the clock kept right (NTP)",
        rfc3339(now),
        rfc3339(latest)
    );
    Some(problem("clock", &message))
}

/// No worker runs where only a service manager starts one; `absent`: for how long, in milliseconds,
/// unless the last one died.
pub(super) fn of_absence(absent: Option<i64>) -> Option<Problem> {
    if absent.is_some_and(|age| (0..RESTART_MS).contains(&age)) {
        return None;
    }
    let message = "no worker runs, and PHP may not start one (webhooks.autostart in php.ini): have \
                   the service manager start it; events are kept until then";
    Some(problem("worker", message))
}

fn problem(code: &'static str, message: &str) -> Problem {
    Problem { code, message: message.to_owned() }
}
