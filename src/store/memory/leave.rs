//! What goes: because it is old, because there is no room, because somebody is to be forgotten.

use super::change::Change;
use super::tables::{AskedFor, HOUR_MS, Tables};
use crate::log::{CLOCK_SET, Lately, Noticed};
use crate::{Forgetting, GivenUp, Keep, Person, State};

/// As the other engines have it: see `sqlite/prune.rs`, `suspects.rs` and `bulk.rs`.
const HOURS: i64 = 720;
const DAY_MS: i64 = 24 * HOUR_MS;
const SPENT_MS: i64 = 3 * 366 * DAY_MS;
const STEP_BYTES: usize = 1 << 20;

/// Whether nothing is sent from this state by itself, or by a person who mends a failure.
fn is_over(state: State) -> bool {
    matches!(state, State::Delivered | State::Cancelled | State::Skipped)
}

impl Tables {
    /// Removes up to `limit` old things; whether that was all of them.
    pub(super) fn prune(
        &mut self,
        bodies_before: i64,
        rows_before: i64,
        limit: usize,
        now: i64,
    ) -> bool {
        let ahead = self.set_ahead(now);
        let (bodies_before, rows_before) = (bodies_before - ahead, rows_before - ahead);
        let mut left = limit.max(1);
        let keys: Vec<_> = self.events.keys().copied().collect();
        for key in &keys {
            let stored = &self.events[key];
            // Whatever may still be sent, or sent again, keeps its body.
            let is_old = stored.has_body()
                && stored.created < bodies_before
                && self
                    .deliveries_of(*key)
                    .all(|it| is_over(it.state) && it.settled.is_none_or(|at| at < bodies_before));
            if is_old {
                self.erase_bodies(*key);
                left -= 1;
            }
            if left == 0 {
                return false;
            }
        }
        for key in keys {
            if self.events[&key].created < rows_before {
                left = left.saturating_sub(self.prune_event(key, rows_before, now));
                if left == 0 {
                    return false;
                }
            }
        }
        self.prune_sums(rows_before, now - ahead);
        true
    }

    /// By how much the clock is ahead of what is known to be right; see [`Lately::set_ahead`].
    fn set_ahead(&self, now: i64) -> i64 {
        let jumps = self.announcements.values().filter(|it| it.code == CLOCK_SET);
        let jumps = jumps.map(|it| Noticed {
            code: it.code.clone(),
            at: it.at,
            seconds: it.params.get("seconds").and_then(|it| it.as_i64()).unwrap_or(0),
        });
        Lately::new(jumps.collect()).set_ahead(now)
    }

    /// Removes what is old of an event; how many things.
    fn prune_event(&mut self, event: i64, before: i64, now: i64) -> usize {
        let of_event: Vec<_> =
            self.deliveries_of(event).map(|it| (it.key, it.state, it.settled)).collect();
        let (mut removed, mut kept) = (0, 0);
        for (key, state, settled) in of_event {
            if settled.is_some_and(|settled| settled < before) {
                self.deliveries.remove(&key);
                removed += 1;
                continue;
            }
            kept += 1;
            if state == State::Held {
                // It stays in the log for one more such time.
                self.enter(key, State::Expired, now);
                removed += 1;
            }
        }
        if kept == 0 {
            let gone = self.events.remove(&event).expect("the caller found it");
            if gone.event.id.is_from_key() {
                self.spent.insert(gone.event.id, now + SPENT_MS);
            }
            removed += 1;
        }
        removed
    }

    /// Counters, announcements, deaths, spent keys and changes that are too old.
    fn prune_sums(&mut self, before: i64, now: i64) {
        let oldest = now.div_euclid(HOUR_MS) - HOURS;
        self.hours.retain(|(hour, _), _| *hour >= oldest);
        // What was said before the clock was set is as much older, or younger, by now.
        let mut set_since = 0;
        let mut kept = Vec::new();
        for (number, announcement) in self.announcements.iter().rev() {
            let is_jump = announcement.code == CLOCK_SET;
            if announcement.at >= before - set_since {
                kept.push((*number, announcement.clone()));
            }
            let seconds = announcement.params.get("seconds").and_then(serde_json::Value::as_i64);
            set_since += seconds.filter(|_| is_jump).unwrap_or(0) * 1000;
        }
        self.announcements = kept.into_iter().collect();
        self.deaths.retain(|death| death.at >= now - DAY_MS);
        self.spent.retain(|_, until| *until >= now);
        self.changes.retain(|change| change.ended.is_none_or(|at| at >= now - DAY_MS));
    }

    /// Gives up the bodies of what was delivered, the oldest first.
    pub(super) fn give_up(&mut self, keep: Keep, limit: usize) -> GivenUp {
        let may = match keep {
            Keep::Half => return GivenUp::default(),
            Keep::Bytes(bytes) => bytes,
            Keep::Least => 0,
        };
        let used = |tables: &Self| {
            tables.events.values().map(|stored| stored.event.body.len() as u64).sum::<u64>()
        };
        if used(self) <= may {
            return GivenUp::default();
        }
        let is_over = |key: &i64| self.deliveries_of(*key).all(|it| is_over(it.state));
        let with_body = self.events.iter().filter(|(_, stored)| stored.has_body());
        let over: Vec<_> =
            with_body.map(|(key, _)| *key).filter(is_over).take(limit.max(1)).collect();
        let (mut events, mut bytes) = (0, 0);
        for key in over {
            if bytes >= STEP_BYTES {
                break;
            }
            bytes += self.events[&key].event.body.len();
            events += 1;
            self.erase_bodies(key);
        }
        GivenUp { events, more: events > 0 && used(self) > may }
    }

    /// Looks at the next `limit` bodies for the oldest wish.
    pub(super) fn forget(&mut self, limit: usize, now: i64) -> Forgetting {
        let Some(wish) = self.wishes.first().cloned() else { return Forgetting::Nothing };
        let next: Vec<_> =
            self.events.range(wish.after + 1..).map(|(key, _)| *key).take(limit).collect();
        let Some(last) = next.last() else {
            self.wishes.remove(0);
            let person = wish.person;
            self.deferred.retain(|record| !person.occurs_in(record));
            let names = |it: &AskedFor| person.occurs_in(it.query().to_string().as_bytes());
            self.changes.retain(|change| !names(&change.asked_for));
            let (token, events) = (wish.token, wish.erased);
            return Forgetting::Done { token, person, events, missing: Vec::new() };
        };
        let mut erased = 0;
        self.wishes[0].after = *last;
        for key in next {
            if self.events[&key].is_about(&wish.person) {
                self.erase(key, now);
                erased += 1;
            } else {
                self.erase_numbers(key, &wish.person);
            }
        }
        self.wishes[0].erased += erased;
        Forgetting::UnderWay
    }

    /// An event whose payload is gone is no more found by a number that may be the person's id.
    fn erase_numbers(&mut self, event: i64, person: &Person) {
        if let Some(stored) = self.events.get_mut(&event).filter(|stored| !stored.has_body()) {
            stored.terms.retain(|term| !person.may_be(term));
        }
    }

    /// Erases an event's payload wherever it stands, and gives up what was still to be sent.
    fn erase(&mut self, event: i64, now: i64) {
        let waiting = |state| matches!(state, State::Pending | State::Held);
        let of_event = self.deliveries_of(event).filter(|it| waiting(it.state));
        for key in of_event.map(|it| it.key).collect::<Vec<_>>() {
            let reason = Some("forgotten");
            self.change_one(key, Change { to: State::Cancelled, due: 0, reason, now });
        }
        self.erase_bodies(event);
        if let Some(stored) = self.events.get_mut(&event) {
            stored.terms.clear();
        }
    }
}
