//! Announcements that stay a problem for a while, by the clock as it stands now.

const MINUTE_MS: i64 = 60_000;
/// How long a jump of the clock stays a problem, in milliseconds.
const CLOCK_SET_MS: i64 = 60 * MINUTE_MS;
/// How long a store that was set aside stays one, in milliseconds.
const SET_ASIDE_MS: i64 = 24 * 60 * MINUTE_MS;
/// How long a spool that was copied stays one, in milliseconds.
const COPIED_MS: i64 = 24 * 60 * MINUTE_MS;
/// How long a store that went back stays one, in milliseconds.
const WENT_BACK_MS: i64 = 24 * 60 * MINUTE_MS;
/// How long a clock that was set ahead is not trusted with what goes for good, in milliseconds.
const AHEAD_MS: i64 = 24 * 60 * MINUTE_MS;
/// By how much the clock may be off where signatures are verified, in milliseconds (Standard
/// Webhooks 1.0.0).
const TOLERANCE_MS: i64 = 5 * MINUTE_MS;
/// Two readings of a clock may be that far apart, in milliseconds.
const NOW_MS: i64 = MINUTE_MS;

/// Announcements that stay a problem for a while after they were made.
pub const NOTICED: [&str; 4] = [CLOCK_SET, STORE_SET_ASIDE, SPOOL_COPIED, STORE_WENT_BACK];
/// The wall clock was set by so much that receivers refuse signatures.
pub const CLOCK_SET: &str = "clock_set";
/// The store was damaged, lies aside, and an empty one took its place.
pub const STORE_SET_ASIDE: &str = "store_set_aside";
/// A spool was a copy of another server's, and was given an identity of its own.
pub const SPOOL_COPIED: &str = "spool_copied";
/// The store had lost what it had taken in, which was read again.
pub const STORE_WENT_BACK: &str = "store_went_back";
/// Announced where a store in a database was set back, as by a backup that was restored.
pub const STORE_RESTORED: &str = "store_restored";

/// An announcement of the kinds in [`NOTICED`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noticed {
    /// Its code.
    pub code: String,
    /// When it was made, in Unix milliseconds of the clock as it stood then.
    pub at: i64,
    /// By how much the clock had been set, in seconds; 0 for all others.
    pub seconds: i64,
}

/// What the worker announced lately, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lately(Vec<Noticed>);

/// The clock was set, and is not back where it had been.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockSet {
    /// When, by the clock as it stands now, in Unix milliseconds.
    pub at: i64,
    /// By how much in all, in seconds; negative: back.
    pub seconds: i64,
}

impl Lately {
    /// Of announcements, oldest first.
    pub fn new(mut noticed: Vec<Noticed>) -> Self {
        // What was said before the clock was set lies so much further on, or back, by now.
        let mut set_since = 0;
        for one in noticed.iter_mut().rev() {
            one.at += set_since;
            set_since += one.seconds * 1000;
        }
        Self(noticed)
    }

    /// Whether the clock was set within the last hour, by more than receivers allow. A jump that
    /// was undone is over: the clock is right again, or never was.
    pub fn clock_set(&self, now: i64) -> Option<ClockSet> {
        let jumps = self.within(CLOCK_SET, CLOCK_SET_MS, now);
        let seconds: i64 = jumps.clone().map(|jump| jump.seconds).sum();
        let last = jumps.last().filter(|_| (seconds * 1000).abs() > TOLERANCE_MS)?;
        Some(ClockSet { at: last.at, seconds })
    }

    /// By how much the clock was set ahead within the last day, in milliseconds, as far as that was
    /// not undone. What is pruned by a clock that is wrong is gone for good, so the time before
    /// counts until the new one has stood for a day.
    pub fn set_ahead(&self, now: i64) -> i64 {
        let jumps = self.within(CLOCK_SET, AHEAD_MS, now);
        (jumps.map(|jump| jump.seconds).sum::<i64>() * 1000).max(0)
    }

    /// When a store was set aside, if that was within the last day.
    pub fn store_set_aside(&self, now: i64) -> Option<i64> {
        self.within(STORE_SET_ASIDE, SET_ASIDE_MS, now).last().map(|one| one.at)
    }

    /// When a spool was found to be a copy, if that was within the last day.
    pub fn spool_copied(&self, now: i64) -> Option<i64> {
        self.within(SPOOL_COPIED, COPIED_MS, now).last().map(|one| one.at)
    }

    /// When a store was found to have gone back, if that was within the last day.
    pub fn store_went_back(&self, now: i64) -> Option<i64> {
        self.within(STORE_WENT_BACK, WENT_BACK_MS, now).last().map(|one| one.at)
    }

    fn within<'a>(
        &'a self,
        code: &'a str,
        within: i64,
        now: i64,
    ) -> impl Iterator<Item = &'a Noticed> + Clone {
        let time = now - within..=now + NOW_MS;
        self.0.iter().filter(move |one| one.code == code && time.contains(&one.at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 60 * MINUTE_MS;
    const DAY: i64 = 24 * HOUR;
    const NOW: i64 = 1_763_632_800_000;

    fn set(at: i64, seconds: i64) -> Noticed {
        Noticed { code: CLOCK_SET.into(), at, seconds }
    }

    #[test]
    fn a_jump_is_a_problem_for_an_hour_in_both_directions() {
        for seconds in [900, -900] {
            let lately = Lately::new(vec![set(NOW, seconds)]);
            for (age, expected) in [(0, true), (HOUR, true), (HOUR + 1, false), (DAY, false)] {
                let found = lately.clock_set(NOW + age);
                assert_eq!(found.is_some(), expected, "{seconds} s, {age} ms later");
                assert!(found.is_none_or(|set| set == ClockSet { at: NOW, seconds }));
            }
        }
    }

    #[test]
    fn a_clock_that_had_been_a_year_ahead_was_complained_of_until_that_year_was_over() {
        let year = 365 * DAY / 1000;
        // Ahead at one minute, right again ten minutes later: both as the clock stood then.
        let ahead = set(NOW + MINUTE_MS + year * 1000, year);
        let back = set(NOW + 11 * MINUTE_MS, -year);
        let lately = Lately::new(vec![ahead.clone()]);
        assert_eq!(lately.clock_set(ahead.at + 5000).map(|set| set.seconds), Some(year));
        let lately = Lately::new(vec![ahead, back]);
        assert_eq!(lately.clock_set(NOW + 11 * MINUTE_MS), None, "it is right again");
        assert_eq!(lately.clock_set(NOW + 30 * DAY), None);
    }

    #[test]
    fn a_jump_too_late_to_be_undone_within_the_hour_is_told_as_one() {
        let lately = Lately::new(vec![set(NOW, 7200), set(NOW + 3 * HOUR, -7200)]);
        assert_eq!(lately.clock_set(NOW + 3 * HOUR).map(|set| set.seconds), Some(-7200));
        assert_eq!(lately.clock_set(NOW + 4 * HOUR + 1), None);
    }

    #[test]
    fn what_was_set_aside_before_the_clock_was_set_is_known_for_a_day_all_the_same() {
        let aside = Noticed { code: STORE_SET_ASIDE.into(), at: NOW + 30 * DAY, seconds: 0 };
        // The clock was a month ahead then, and was set right an hour later.
        let lately = Lately::new(vec![aside, set(NOW + HOUR, -30 * 24 * 3600)]);
        assert_eq!(lately.store_set_aside(NOW + HOUR), Some(NOW));
        assert_eq!(lately.store_set_aside(NOW + DAY + 1), None);
    }

    #[test]
    fn a_clock_that_was_set_ahead_is_trusted_after_a_day() {
        let ahead = Lately::new(vec![set(NOW, 86_400)]);
        assert_eq!(ahead.set_ahead(NOW + DAY), DAY);
        assert_eq!(ahead.set_ahead(NOW + DAY + 1), 0);
        let undone = Lately::new(vec![set(NOW, 86_400), set(NOW - DAY + HOUR, -86_400)]);
        assert_eq!(undone.set_ahead(NOW - DAY + HOUR), 0);
        assert_eq!(Lately::new(vec![set(NOW, -86_400)]).set_ahead(NOW), 0);
    }
}
