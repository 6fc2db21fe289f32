//! Time, injectable.
//!
//! Two clocks are needed and never mixed: the wall clock for what people and endpoints read
//! (`timestamp`, due times, log), and the monotonic clock for order within a boot and for
//! durations. Everything that waits or schedules takes a [`Clock`], so that a test can jump
//! hours in either direction.

use std::sync::atomic::{AtomicI64, Ordering};

/// The two readings that the worker and the journal need.
pub trait Clock: Send + Sync {
    /// Milliseconds since the Unix epoch (wall clock; may jump).
    fn unix_ms(&self) -> i64;
    /// Nanoseconds of `CLOCK_MONOTONIC` (never jumps; starts anew at each boot).
    fn monotonic_ns(&self) -> u64;
}

/// How far the wall clock stands before the monotonic one, in milliseconds: within a boot it
/// changes when the wall clock is set.
pub fn offset(clock: &(impl Clock + ?Sized)) -> i64 {
    clock.unix_ms() - (clock.monotonic_ns() / 1_000_000).cast_signed()
}

/// The machine's own clocks, read through the vDSO.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn unix_ms(&self) -> i64 {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
        now.tv_sec * 1000 + now.tv_nsec / 1_000_000
    }

    fn monotonic_ns(&self) -> u64 {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        now.tv_sec.cast_unsigned() * 1_000_000_000 + now.tv_nsec.cast_unsigned()
    }
}

/// Bytes of [`rfc3339_bytes`].
pub const RFC3339_LEN: usize = 24;

/// A time as RFC 3339 in UTC with milliseconds: `2026-11-20T10:00:00.123Z`.
pub fn rfc3339(unix_ms: i64) -> String {
    String::from_utf8_lossy(&rfc3339_bytes(unix_ms)).into_owned()
}

/// [`rfc3339`] without allocating. Years outside 0–9999, which RFC 3339 can't write, are cut off
/// there.
pub fn rfc3339_bytes(unix_ms: i64) -> [u8; RFC3339_LEN] {
    const FIRST: i64 = -62_167_219_200_000;
    const LAST: i64 = 253_402_300_799_999;
    let unix_ms = unix_ms.clamp(FIRST, LAST);
    let (day, ms) = (unix_ms.div_euclid(DAY_MS), unix_ms.rem_euclid(DAY_MS));
    let (year, month, day) = civil_from_days(day);
    let mut text = *b"0000-00-00T00:00:00.000Z";
    let mut put = |at: usize, digits: usize, mut value: i64| {
        for place in (at..at + digits).rev() {
            text[place] = b'0' + (value % 10) as u8;
            value /= 10;
        }
    };
    put(0, 4, year);
    put(5, 2, month);
    put(8, 2, day);
    put(11, 2, ms / 3_600_000);
    put(14, 2, ms / 60_000 % 60);
    put(17, 2, ms / 1000 % 60);
    put(20, 3, ms % 1000);
    text
}

/// The Unix milliseconds of an RFC 3339 time (`2026-11-20T10:00:00Z`, with a fraction or an
/// offset if you like); digits beyond milliseconds are dropped. `None` where it is none.
pub fn parse_rfc3339(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let number = |from: usize, digits: usize| {
        let digits = bytes.get(from..from + digits)?;
        digits.iter().try_fold(0i64, |value, digit| {
            digit.is_ascii_digit().then(|| value * 10 + i64::from(digit - b'0'))
        })
    };
    let is = |at: usize, any: &[u8]| bytes.get(at).is_some_and(|byte| any.contains(byte));
    let (year, month, day) = (number(0, 4)?, number(5, 2)?, number(8, 2)?);
    let (hour, minute, second) = (number(11, 2)?, number(14, 2)?, number(17, 2)?);
    let separated = is(4, b"-") && is(7, b"-") && is(10, b"Tt ") && is(13, b":") && is(16, b":");
    // A leap second (60) is taken as the first one of the next minute.
    let in_range = (1..=12).contains(&month) && hour < 24 && minute < 60 && second <= 60;
    let days = days_from_civil(year, month, day);
    if !separated || !in_range || civil_from_days(days) != (year, month, day) {
        return None;
    }
    let mut at = 19;
    let mut ms = 0;
    if is(at, b".") {
        let digits = bytes[at + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        for place in 0..3 {
            ms = ms * 10 + if place < digits { number(at + 1 + place, 1)? } else { 0 };
        }
        at += if digits > 0 { 1 + digits } else { return None };
    }
    let offset = match bytes.get(at..)? {
        b"Z" | b"z" => 0,
        [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
            let (hours, minutes) = (number(at + 1, 2)?, number(at + 4, 2)?);
            let minutes = (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)?;
            if *sign == b'-' { -minutes } else { minutes }
        }
        _ => return None,
    };
    Some(days * DAY_MS + ((hour * 60 + minute - offset) * 60 + second) * 1000 + ms)
}

const DAY_MS: i64 = 24 * 3600 * 1000;

/// Year, month and day of a day counted from 1970-01-01 (proleptic Gregorian calendar). Counted
/// in eras of 400 years that begin on 1 March, so that the leap day is a year's last.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

/// The inverse of [`civil_from_days`].
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
    let month = if month > 2 { month - 3 } else { month + 9 };
    let day = (153 * month + 2) / 5 + day - 1 + 365 * year + year / 4 - year / 100;
    era * 146_097 + day - 719_468
}

/// A clock that stands still until a test moves it.
#[derive(Debug, Default)]
pub struct ManualClock {
    unix_ms: AtomicI64,
    monotonic_ns: AtomicI64,
}

impl ManualClock {
    /// A clock that shows `unix_ms` (and a monotonic reading of zero).
    pub fn at(unix_ms: i64) -> Self {
        let clock = Self::default();
        clock.unix_ms.store(unix_ms, Ordering::SeqCst);
        clock
    }

    /// Lets `ms` milliseconds pass on both clocks.
    pub fn advance(&self, ms: i64) {
        self.unix_ms.fetch_add(ms, Ordering::SeqCst);
        self.monotonic_ns.fetch_add(ms * 1_000_000, Ordering::SeqCst);
    }

    /// Sets the wall clock by `ms` (negative: back) while no time passes.
    pub fn jump(&self, ms: i64) {
        self.unix_ms.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn unix_ms(&self) -> i64 {
        self.unix_ms.load(Ordering::SeqCst)
    }

    fn monotonic_ns(&self) -> u64 {
        self.monotonic_ns.load(Ordering::SeqCst).cast_unsigned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of GNU date.
    #[test]
    fn times_are_written_and_read_as_rfc_3339() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_763_632_800_123, "2025-11-20T10:00:00.123Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(rfc3339(ms), text);
            assert_eq!(parse_rfc3339(text), Some(ms), "{text}");
        }
        assert_eq!(rfc3339(i64::MAX), "9999-12-31T23:59:59.999Z");
        assert_eq!(rfc3339(i64::MIN), "0000-01-01T00:00:00.000Z");
    }

    #[test]
    fn offsets_and_fractions_are_read() {
        let noon = parse_rfc3339("2026-11-20T12:00:00Z");
        assert_eq!(parse_rfc3339("2026-11-20T14:30:00.0+02:30"), noon);
        assert_eq!(parse_rfc3339("2026-11-20t09:00:00-03:00"), noon);
        assert_eq!(parse_rfc3339("2026-11-20 12:00:00.12345678Z"), noon.map(|ms| ms + 123));
        for text in [
            "",
            "2026-11-20",
            "2026-11-20T12:00:00",
            "2026-02-29T12:00:00Z",
            "2026-13-01T12:00:00Z",
            "2026-11-20T24:00:00Z",
            "2026-11-20T12:00:00.Z",
            "2026-11-20T12:00:00+2:00",
            "2026-11-20T12:00:00Zx",
            "20x6-11-20T12:00:00Z",
        ] {
            assert_eq!(parse_rfc3339(text), None, "{text}");
        }
    }
}
