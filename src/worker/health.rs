//! What an attempt says of a webhook: failing, probed, disabled, well again.

use domain::id::EventId;
use domain::webhook::Webhook;
use store::{Attempt, Disabled, Failure, Health};

use super::schedule::PROBE_AFTER;

/// An attempt that took longer than this makes its webhook a slow one, in microseconds.
const SLOW_US: u64 = 1_000_000;
/// First and longest wait between probes, in milliseconds.
const PROBE_MS: (i64, i64) = (5000, 300_000);

/// The health after an attempt that ended at `now` (Unix milliseconds). The second value says
/// whether this attempt disabled the webhook.
pub(super) fn after(
    before: &Health,
    webhook: &Webhook,
    attempt: &Attempt,
    now: i64,
) -> (Health, bool) {
    let slow = attempt.duration_us > SLOW_US;
    let Some(failure) = &attempt.failure else {
        let disabled = before.disabled.clone();
        return (Health { slow, proven: true, disabled, ..Health::default() }, false);
    };
    if is_our_own(failure) {
        return (before.clone(), false);
    }
    let failures_in_row = before.failures_in_row.saturating_add(1);
    let failing_since = before.failing_since.unwrap_or(attempt.started);
    let (probe_at, probes) = probe(before, failures_in_row, attempt.started, now);
    let too_long =
        webhook.disable_after > 0 && now - failing_since >= i64::from(webhook.disable_after) * 1000;
    let reason = match failure.code.as_str() {
        "gone" => Some("gone"),
        _ if too_long => Some("failing"),
        _ => None,
    };
    let disabled = before.disabled.clone().or_else(|| {
        reason.map(|reason| Disabled {
            id: EventId::at(now).to_string(),
            at: now,
            reason: reason.into(),
        })
    });
    let newly = disabled.is_some() && before.disabled.is_none();
    let failing_since = Some(failing_since);
    let proven = before.proven;
    (Health { proven, failures_in_row, failing_since, slow, probe_at, probes, disabled }, newly)
}

/// Whether an attempt gives no reason to wait with the next one.
pub(super) fn is_well(attempt: &Attempt) -> bool {
    attempt.failure.is_none() && attempt.duration_us <= SLOW_US
}

/// When the next probe may be made, and how many have failed. Only a failed probe makes the wait
/// longer: requests that were under way when the probing began fail of the same outage.
fn probe(before: &Health, failures_in_row: u32, started: i64, now: i64) -> (Option<i64>, u32) {
    let (first, longest) = PROBE_MS;
    let wait = |probes: u32| Some(now + (first << probes.min(10)).min(longest));
    match before.probe_at {
        None if failures_in_row < PROBE_AFTER => (None, 0),
        None => (wait(0), 0),
        Some(at) if started < at => (Some(at), before.probes),
        Some(_) => (wait(before.probes + 1), before.probes + 1),
    }
}

/// Whether an attempt failed before it reached the endpoint, by what the webhook or this
/// software is, so that it says nothing of the endpoint's health.
fn is_our_own(failure: &Failure) -> bool {
    matches!(
        failure.code.as_str(),
        "template" | "condition" | "too_large" | "internal" | Failure::WORKER_DIED
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::{Next, Phase};

    const DAY: i64 = 24 * 3600 * 1000;

    fn attempt(code: Option<&str>, started: i64) -> Attempt {
        let failure = code.map(|code| Failure {
            phase: Phase::Connect,
            code: code.into(),
            message: String::new(),
        });
        Attempt { duration_us: 1000, ..Attempt::without_request(started, failure, Next::Failed) }
    }

    fn webhook() -> Webhook {
        serde_json::from_str(r#"{"id":"a","url":"http://x/","events":["*"]}"#).expect("a webhook")
    }

    #[test]
    fn failing_for_five_days_disables_once_and_success_forgets() {
        let mut health = Health::default();
        let mut disabled = Vec::new();
        for hour in 0..=130 {
            let now = hour * 3_600_000;
            let newly;
            (health, newly) = after(&health, &webhook(), &attempt(Some("refused"), now), now);
            if newly {
                disabled.push(now);
            }
        }
        assert_eq!(disabled, [5 * DAY]);
        assert_eq!(health.disabled.as_ref().unwrap().reason, "failing");
        let (well, _) = after(&health, &webhook(), &attempt(None, 0), 0);
        assert_eq!((well.failures_in_row, well.failing_since, well.probe_at), (0, None, None));
        assert_eq!(well.disabled, health.disabled, "only a person ends it");
    }

    #[test]
    fn gone_disables_at_once() {
        let (health, newly) = after(&Health::default(), &webhook(), &attempt(Some("gone"), 5), 6);
        assert!(newly);
        assert_eq!(health.disabled.unwrap().reason, "gone");
    }

    #[test]
    fn probes_double_from_five_seconds_to_five_minutes() {
        let mut health = Health::default();
        let (mut now, mut waits) = (0, Vec::new());
        for _ in 0..14 {
            (health, _) = after(&health, &webhook(), &attempt(Some("timeout"), now), now);
            waits.push(health.probe_at.map_or(0, |at| (at - now) / 1000));
            now = health.probe_at.unwrap_or(now);
        }
        assert_eq!(waits, [0, 0, 0, 0, 5, 10, 20, 40, 80, 160, 300, 300, 300, 300]);
    }

    #[test]
    fn requests_that_failed_together_are_one_outage() {
        let mut health = Health::default();
        for _ in 0..64 {
            (health, _) = after(&health, &webhook(), &attempt(Some("reset"), 0), 7);
        }
        assert_eq!((health.failures_in_row, health.probe_at), (64, Some(5007)));
    }

    #[test]
    fn a_mistake_in_a_template_is_not_the_endpoints_failure() {
        let (health, newly) =
            after(&Health::default(), &webhook(), &attempt(Some("template"), 0), 0);
        assert_eq!((health, newly), (Health::default(), false));
    }
}
