//! A lane's turn, from the row to the requests that come back.

use super::Schedule;
use super::lane::{Row, waits};
use domain::id::DeliveryId;
use store::WebhookKey;

/// Whoever has stood in a row for so long has waited for a place, in milliseconds.
const WAITED_MS: i64 = 10;
/// A lane's turn: claim up to `limit` of its deliveries, and send them in bursts of `burst`, or as many
/// more as there are where `bursts` do not hold them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Turn {
    pub(crate) key: WebhookKey,
    pub(crate) limit: usize,
    pub(crate) burst: usize,
    pub(crate) bursts: usize,
    pub(crate) ordered: bool,
    /// What it waited for, where something was due.
    pub(crate) waited_for: Option<&'static str>,
    suspect: bool,
    /// What its deliveries are taken to hold, in bytes.
    bytes: u64,
}

/// A burst under way.
#[derive(Debug)]
pub(super) struct Burst {
    /// Whether its webhook was a suspect when it went out.
    pub(super) suspect: bool,
    /// Where it went.
    pub(super) origin: usize,
    /// What it holds, in bytes.
    pub(super) bytes: u64,
}

impl Schedule {
    /// The next lane to serve, if there is a place for a request of one. The turn holds the places
    /// that it may fill until it is [`sent`](Self::sent) or [given back](Self::give_back).
    pub(crate) fn next(&mut self, now: i64) -> Option<Turn> {
        while let Some(&(at, key)) = self.waiting.first() {
            if at > now {
                break;
            }
            self.place(key, now);
        }
        loop {
            let (row, key) = self.first_in_row()?;
            let suspect = row.suspect;
            let room = self.room(row).min(self.room_at_origin(key, row));
            // Beyond its first request, it is like those that have some under way.
            let more = Row { more: true, ..row };
            let room_for_all = self.room(more);
            // Where many stand in line nobody takes all: even shares need fewer connections, too.
            let waiting = self.ready[row.number()].len() + self.ready[more.number()].len();
            let waiting = u32::try_from(waiting).unwrap_or(u32::MAX);
            let share = room_for_all.div_ceil(waiting.max(1));
            let room_for_more = share.min(self.room_at_origin(key, more));
            let bytes_left = self.limits.bytes.saturating_sub(self.bytes);
            let lane = self.lanes.get_mut(&key)?;
            let allowed = lane.rate(now).unwrap_or(0).min(lane.room());
            let allowed = allowed.min(room_for_more.max(room.min(1)));
            if allowed == 0 {
                // Its origin has no place for it, or it may not send after all.
                self.place_again(key, now);
                continue;
            }
            let burst = lane.burst();
            let long = if self.has_long_bursts { lane.long_burst() } else { burst };
            // Bodies of megabytes: no more of them than memory has room for.
            let held = u32::try_from(bytes_left / lane.bytes.max(1)).unwrap_or(u32::MAX).max(1);
            let waited = now - lane.since >= WAITED_MS;
            let waited_for = if waited { Some(waits::MACHINE) } else { lane.waits_for };
            let turn = Turn {
                key,
                limit: (allowed * long).min(held) as usize,
                burst: burst as usize,
                bursts: allowed as usize,
                ordered: lane.webhook.as_ref().is_some_and(|webhook| webhook.ordered),
                waited_for,
                suspect,
                bytes: lane.bytes * u64::from((allowed * long).min(held)),
            };
            self.leave(key);
            self.hold(&turn, true);
            self.suspects_turn = !suspect;
            return Some(turn);
        }
    }

    /// The turns that can be served now, at most so many: a transaction can be made of them, and
    /// made again, while nothing here moves.
    pub(crate) fn take_turns(&mut self, now: i64, most: usize) -> Vec<Turn> {
        let mut turns = Vec::new();
        while turns.len() < most
            && let Some(turn) = self.next(now)
        {
            turns.push(turn);
        }
        turns
    }

    /// Gives up a turn of which nothing came: what is due is due as before.
    pub(crate) fn give_back(&mut self, turn: &Turn, now: i64) {
        self.hold(turn, false);
        self.place(turn.key, now);
    }

    /// Holds the places that a turn may fill, or lets go of them.
    fn hold(&mut self, turn: &Turn, hold: bool) {
        let Some(lane) = self.lanes.get_mut(&turn.key) else { return };
        let bursts = turn.limit.div_ceil(turn.burst.max(1)).min(turn.bursts) as u32;
        self.bytes = if hold { self.bytes + turn.bytes } else { self.bytes - turn.bytes };
        let origin = &mut self.origins[lane.origin];
        let suspects = if turn.suspect { bursts } else { 0 };
        let counts = [
            (&mut self.held, bursts),
            (&mut lane.in_flight, bursts),
            (&mut origin.in_flight, bursts),
            (&mut origin.suspects, suspects),
            (&mut self.suspects, suspects),
        ];
        for (count, by) in counts {
            *count = if hold { *count + by } else { count.saturating_sub(by) };
        }
    }

    /// A lane's turn outside its row, for one delivery, where neither its health nor its limits
    /// keep it from sending now.
    pub(crate) fn turn_of(&mut self, key: WebhookKey, now: i64) -> Option<Turn> {
        let lane = self.lanes.get_mut(&key)?;
        let ordered = lane.webhook.as_ref()?.ordered;
        let is_probed = lane.health.probe_at.is_none_or(|at| at <= now);
        let may_send = is_probed && lane.room() > 0 && lane.rate(now).unwrap_or(0) > 0;
        let suspect = lane.is_suspect();
        let bytes = lane.bytes;
        let (limit, burst, bursts, waited_for) = (1, 1, 1, None);
        let turn = Turn { key, limit, burst, bursts, ordered, waited_for, suspect, bytes };
        may_send.then(|| {
            self.hold(&turn, true);
            turn
        })
    }

    /// Whose turn it is, and in which row it stands.
    fn first_in_row(&self) -> Option<(Row, WebhookKey)> {
        let any = self.held > 0 || !self.under_way.is_empty();
        if self.bytes >= self.limits.bytes && any {
            return None;
        }
        // In turn: a steady flow of healthy ones would never let suspects try, and the reverse.
        let suspects = [self.suspects_turn, !self.suspects_turn];
        let rows = [false, true]
            .into_iter()
            .flat_map(|more| suspects.into_iter().map(move |suspect| Row { suspect, more }));
        rows.filter(|row| self.room(*row) > 0)
            .find_map(|row| Some((row, self.ready[row.number()].first()?.1)))
    }

    /// Notes bursts that go out without a turn.
    pub(crate) fn admit(
        &mut self,
        key: WebhookKey,
        bursts: impl Iterator<Item = (DeliveryId, u64)>,
        now: i64,
    ) {
        self.begin(key, false, bursts, now);
        self.place(key, now);
    }

    /// Notes what a turn brought: these bursts go out (their first deliveries, and what they hold
    /// in bytes), the next delivery is due at `due`.
    pub(crate) fn sent(
        &mut self,
        turn: &Turn,
        bursts: impl Iterator<Item = (DeliveryId, u64)>,
        due: Option<i64>,
        now: i64,
    ) {
        self.hold(turn, false);
        self.begin(turn.key, turn.suspect, bursts, now);
        if let Some(lane) = self.lanes.get_mut(&turn.key) {
            lane.next_due = due;
        }
        self.place(turn.key, now);
    }

    fn begin(
        &mut self,
        key: WebhookKey,
        suspect: bool,
        bursts: impl Iterator<Item = (DeliveryId, u64)>,
        now: i64,
    ) {
        let Some(lane) = self.lanes.get_mut(&key) else { return };
        let origin = lane.origin;
        let mut begun = 0;
        for (burst, bytes) in bursts {
            begun += 1;
            self.bytes += bytes;
            lane.bytes = (lane.bytes + bytes) / 2;
            self.under_way.insert(burst, Burst { suspect, origin, bytes });
        }
        lane.in_flight += begun;
        self.origins[origin].in_flight += begun;
        let suspects = if suspect { begun } else { 0 };
        self.origins[origin].suspects += suspects;
        self.suspects += suspects;
        if lane.webhook.as_ref().is_some_and(|webhook| webhook.rate_limit.is_some()) {
            lane.recent.extend((0..begun).map(|_| now));
        }
    }

    /// Notes what a request took, in microseconds.
    pub(crate) fn took(&mut self, key: WebhookKey, us: u64) {
        if let Some(lane) = self.lanes.get_mut(&key) {
            lane.takes = (3 * lane.takes + us) / 4;
        }
    }

    /// Notes that a burst came back; one that went out without a turn (a test) counts not.
    pub(crate) fn came_back(&mut self, key: WebhookKey, delivery: DeliveryId, now: i64) {
        let Some(burst) = self.under_way.remove(&delivery) else { return };
        self.bytes -= burst.bytes;
        self.suspects -= u32::from(burst.suspect);
        let origin = &mut self.origins[burst.origin];
        origin.in_flight -= 1;
        origin.suspects -= u32::from(burst.suspect);
        if let Some(lane) = self.lanes.get_mut(&key) {
            lane.in_flight = lane.in_flight.saturating_sub(1);
            self.place(key, now);
        }
        // Whoever stands apart for want of a place there looks again.
        let rows = [(false, false), (true, false), (false, true), (true, true)];
        for (suspect, more) in rows {
            let row = Row { suspect, more };
            let first = self.origins[burst.origin].crowded[row.number()].first().copied();
            if let Some((_, key)) = first.filter(|_| self.room_to(burst.origin, row) > 0) {
                self.place(key, now);
            }
        }
    }
}
