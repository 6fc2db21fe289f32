//! When the next attempt is made.
//!
//! The schedule is the webhook's list of delays (by default that of Standard Webhooks), each
//! varied by up to a tenth so that what failed together does not come back together. An
//! endpoint that says `Retry-After` is not asked earlier than it wishes.

use std::time::{Duration, SystemTime};

use domain::attempt::Next;
use domain::webhook::Webhook;

/// How far a delay is varied, as a part of it, in either direction.
const JITTER: f64 = 0.1;
/// The longest wish of an endpoint that is granted.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 3600);

/// What follows a failed attempt, the `attempts_made`th: another one while the schedule lasts.
/// A test is attempted once. `jitter` is 0–1, evenly distributed; `now_ms` Unix milliseconds.
pub fn next(
    webhook: &Webhook,
    attempts_made: u32,
    test: bool,
    now_ms: i64,
    retry_after: Option<Duration>,
    jitter: f64,
) -> Next {
    let scheduled = attempts_made.checked_sub(1).and_then(|i| webhook.retries.get(i as usize));
    match scheduled {
        Some(&seconds) if !test => {
            let varied = f64::from(seconds) * 1000.0 * (1.0 - JITTER + 2.0 * JITTER * jitter);
            let asked = retry_after.unwrap_or_default().min(MAX_RETRY_AFTER).as_millis();
            Next::Retry(now_ms.saturating_add((varied as i64).max(asked as i64)))
        }
        _ => Next::Failed,
    }
}

/// The wish of a `Retry-After` header (RFC 9110, 10.2.3: seconds or a date), if the status is
/// one for which it is honoured (429 and 503); at most 24 hours, a past date is no wish.
pub fn retry_after(status: u16, value: &str, now_ms: i64) -> Option<Duration> {
    if !matches!(status, 429 | 503) {
        return None;
    }
    let value = value.trim();
    let wish = if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than fit are a wish for longer than is granted anyway.
        value.parse().map_or(MAX_RETRY_AFTER, Duration::from_secs)
    } else {
        let now = SystemTime::UNIX_EPOCH + Duration::from_millis(now_ms.try_into().ok()?);
        httpdate::parse_http_date(value).ok()?.duration_since(now).ok()?
    };
    Some(wish.min(MAX_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_763_632_800_000;

    fn webhook() -> Webhook {
        serde_json::from_value(
            serde_json::json!({"id": "a", "url": "https://a.test/", "events": ["*"]}),
        )
        .unwrap()
    }

    #[test]
    fn the_schedule_is_that_of_standard_webhooks() {
        let mut at = NOW;
        let mut since_start = Vec::new();
        let mut attempts = 1;
        while let Next::Retry(due) = next(&webhook(), attempts, false, at, None, 0.5) {
            (at, attempts) = (due, attempts + 1);
            since_start.push((at - NOW) / 1000);
        }
        let expected = [5, 305, 2105, 9305, 27_305, 63_305, 113_705, 185_705, 272_105];
        assert_eq!(since_start, expected);
    }

    #[test]
    fn delays_vary_by_a_tenth_each_way() {
        let due = |jitter| match next(&webhook(), 2, false, NOW, None, jitter) {
            Next::Retry(due) => due - NOW,
            other => panic!("{other:?}"),
        };
        assert_eq!([due(0.0), due(0.5), due(1.0)], [270_000, 300_000, 330_000]);
    }

    #[test]
    fn a_test_is_attempted_once_and_an_empty_schedule_never_retries() {
        assert_eq!(next(&webhook(), 1, true, NOW, Some(Duration::from_secs(9)), 0.5), Next::Failed);
        let once = Webhook { retries: Vec::new(), ..webhook() };
        assert_eq!(next(&once, 1, false, NOW, None, 0.5), Next::Failed);
    }

    #[test]
    fn an_endpoint_is_not_asked_earlier_than_it_wishes() {
        let due = |attempts, wish| {
            next(&webhook(), attempts, false, NOW, Some(Duration::from_secs(wish)), 0.5)
        };
        assert_eq!(due(1, 120), Next::Retry(NOW + 120_000));
        assert_eq!(due(2, 120), Next::Retry(NOW + 300_000));
        assert_eq!(due(1, 7 * 86_400), Next::Retry(NOW + 86_400_000));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let seconds = |status, value| retry_after(status, value, NOW).map(|wish| wish.as_secs());
        assert_eq!(seconds(429, "120"), Some(120));
        assert_eq!(seconds(503, " 7 "), Some(7));
        assert_eq!(seconds(503, "99999999999999999999999"), Some(86_400));
        assert_eq!(seconds(429, "Thu, 20 Nov 2025 10:01:00 GMT"), Some(60));
        assert_eq!(seconds(429, "Thu, 20 Nov 2025 09:59:00 GMT"), None);
        assert_eq!(seconds(429, "Fri, 20 Nov 2026 10:00:00 GMT"), Some(86_400));
        for nonsense in ["", "soon", "-5", "1.5", "+3"] {
            assert_eq!(seconds(429, nonsense), None, "{nonsense}");
        }
        assert_eq!(seconds(500, "120"), None);
    }
}
