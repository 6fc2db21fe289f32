//! Who may send next: one lane per webhook, served in turn.
//!
//! Pending deliveries live in the store; a lane only knows when its earliest one is due. So
//! memory grows with the number of webhooks, never with the backlog, and a webhook with 100,000
//! deliveries waiting takes one place in a row, like any other.
//!
//! What goes out at once is a *burst* of requests, made one after the other: of a webhook that is
//! well, as many as its endpoint answers in [`RUN_US`]; of most of them that is one. To the
//! schedule a burst is one request under way, known by its first delivery; a failure ends it (see
//! [`pool`](super::pool)).
//!
//! A lane *waits* until it has something due and may send (its probe's time has come, its rate
//! allows it), is then *ready*, and is *full* while all the requests that it may have are under
//! way. As many requests are under way as the machine has room for ([`Limits`]), and what is ready
//! is served so that nobody waits for somebody else's backlog:
//!
//! - a lane with nothing under way goes before those that have something, and an eighth of all
//!   places is for such lanes alone;
//! - lanes whose last attempt failed or was slow, and those that have never succeeded yet, are
//!   *suspects*: they get at most half of the places, and a new one sends one request at a time;
//! - the lanes of one *origin* (scheme, host and port) get at most half of the places as well, and
//!   share them in the same way. A lane whose origin has none left stands apart until it has.
//!
//! Within each of these, lanes take turns.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use url::Url;

use super::limits::Limits;
use domain::id::DeliveryId;
use domain::webhook::{Per, Webhook};
use store::{Health, WebhookKey, WebhookState};

/// After this many failures in a row a webhook is probed, one delivery at a time.
pub(super) const PROBE_AFTER: u32 = 5;

/// Most requests of a burst, and how long all of them are to take, in microseconds: to have more
/// under way instead would gain less than that.
const RUN: u32 = 8;
const RUN_US: u64 = 8000;
/// Whoever has stood in a row for so long has waited for a place, in milliseconds.
const WAITED_MS: i64 = 10;
/// What a burst is taken to hold, in bytes, of a lane of which nothing is known.
const USUAL_BYTES: u64 = 4096;

/// What a delivery that was due waited for.
pub(super) mod waits {
    /// The requests that the webhook may have at once were under way.
    pub(crate) const ENDPOINT: &str = "endpoint";
    /// The webhook's rate.
    pub(crate) const RATE: &str = "rate_limit";
    /// Its endpoint was failing, and was asked now and then.
    pub(crate) const PROBE: &str = "probe";
    /// Other webhooks had as many requests under way to the same host as it gets.
    pub(crate) const ORIGIN: &str = "origin";
    /// As much was under way as this machine has room for.
    pub(crate) const MACHINE: &str = "machine";
}

/// In which row a lane stands that is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Row {
    suspect: bool,
    /// Something of it is under way already.
    more: bool,
}

impl Row {
    const fn number(self) -> usize {
        self.suspect as usize + 2 * self.more as usize
    }
}

/// Where a lane stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Nothing is due, ever, as far as is known.
    Idle,
    /// Until this time (Unix milliseconds).
    Waiting(i64),
    /// In one of the rows, under this number.
    Ready(Row, u64),
    /// Beside its origin, which has no place left, under this number.
    Crowded(Row, u64),
    /// All its requests are under way.
    Full,
}

/// A webhook's place in the schedule.
#[derive(Debug)]
pub(super) struct Lane {
    /// The webhook's id in the config.
    pub(super) id: String,
    /// As configured; none once it was deleted.
    pub(super) webhook: Option<Arc<Webhook>>,
    /// How it has been doing.
    pub(super) health: Health,
    /// Where its requests go: a number of [`Schedule::origins`].
    origin: usize,
    next_due: Option<i64>,
    in_flight: u32,
    /// What a request has been taking lately, in microseconds.
    takes: u64,
    /// What a delivery has been holding lately, in bytes.
    bytes: u64,
    /// When requests were made within the rate's window, oldest first.
    recent: VecDeque<i64>,
    place: Place,
    /// When it came to where it stands.
    since: i64,
    /// What keeps it, or last kept it, from sending what is due.
    waits_for: Option<&'static str>,
}

impl Lane {
    fn new(state: WebhookState) -> Self {
        Self {
            id: state.id,
            webhook: None,
            health: state.health,
            origin: 0,
            next_due: state.next_due,
            in_flight: 0,
            takes: RUN_US,
            bytes: USUAL_BYTES,
            recent: VecDeque::new(),
            place: Place::Idle,
            since: 0,
            waits_for: None,
        }
    }

    fn is_suspect(&self) -> bool {
        self.health.is_suspect()
    }

    /// Whether neither its health nor what is configured keeps it from sending.
    fn is_free(&self) -> bool {
        let free = |webhook: &Arc<Webhook>| !webhook.ordered && webhook.rate_limit.is_none();
        self.webhook.as_ref().is_some_and(free) && !self.is_suspect()
    }

    /// Most requests of one of its bursts.
    fn burst(&self) -> u32 {
        let quick = u32::try_from(RUN_US / self.takes.max(1)).unwrap_or(RUN);
        if self.is_free() { quick.clamp(1, RUN) } else { 1 }
    }

    /// How many requests more it may have under way, whatever is due.
    fn room(&self) -> u32 {
        self.room_beside(self.in_flight)
    }

    fn room_beside(&self, in_flight: u32) -> u32 {
        let most = match &self.webhook {
            None => 0,
            Some(webhook) if webhook.ordered => 1,
            Some(_) if !self.health.proven || self.health.failures_in_row >= PROBE_AFTER => 1,
            Some(webhook) => webhook.concurrency,
        };
        most.saturating_sub(in_flight)
    }

    fn row(&self) -> Row {
        Row { suspect: self.is_suspect(), more: self.in_flight > 0 }
    }

    /// How many requests the rate allows at `now`, and when the next one if none.
    fn rate(&mut self, now: i64) -> Result<u32, i64> {
        let Some(rate) = self.webhook.as_ref().and_then(|webhook| webhook.rate_limit) else {
            return Ok(u32::MAX);
        };
        let window = match rate.per {
            Per::Second => 1000,
            Per::Minute => 60_000,
        };
        // A time in the future is one from before the wall clock was put back.
        self.recent.retain(|&sent| (now - window..=now).contains(&sent) && sent > now - window);
        match rate.count.saturating_sub(self.recent.len() as u32) {
            0 => Err(self.recent.front().map_or(now, |first| first + window)),
            free => Ok(free),
        }
    }

    /// When it may send next; none where nothing is due or nobody is there. Notes what keeps it
    /// from sending what is due.
    fn ready_at(&mut self, now: i64) -> Option<i64> {
        let due = self.next_due?;
        let probe = self.health.probe_at.filter(|at| *at > due);
        let at = probe.unwrap_or(due);
        let free = self.rate(now).err().filter(|free| *free > at);
        if due > now {
            self.waits_for = None;
        } else if free.is_some() {
            self.waits_for = Some(waits::RATE);
        } else if probe.is_some_and(|at| at > now) {
            self.waits_for = Some(waits::PROBE);
        }
        Some(free.unwrap_or(at))
    }
}

/// A burst under way.
#[derive(Debug)]
struct Burst {
    /// Whether its webhook was a suspect when it went out.
    suspect: bool,
    /// Where it went.
    origin: usize,
    /// What it holds, in bytes.
    bytes: u64,
}

/// What webhooks of one scheme, host and port share.
#[derive(Debug, Default)]
struct Origin {
    in_flight: u32,
    suspects: u32,
    /// Lanes that stand apart until there is a place, by [`Row::number`].
    crowded: [BTreeSet<(u64, WebhookKey)>; 4],
}

/// How many of `most` places are free for those in a row, where `all` are taken, and of these
/// `suspects` by suspects.
fn share(most: u32, all: u32, suspects: u32, row: Row) -> u32 {
    let reserve = most / 8;
    let kept = match (row.suspect, row.more) {
        (_, true) => reserve,
        (true, false) => reserve / 2,
        (false, false) => 0,
    };
    let room = (most - kept).saturating_sub(all);
    if !row.suspect {
        return room;
    }
    let most = (most / 2).max(1) - if row.more { reserve / 2 } else { 0 };
    room.min(most.saturating_sub(suspects))
}

/// All lanes, and the requests that are under way.
#[derive(Debug)]
pub(super) struct Schedule {
    lanes: HashMap<WebhookKey, Lane>,
    keys: HashMap<String, WebhookKey>,
    waiting: BTreeSet<(i64, WebhookKey)>,
    /// By [`Row::number`].
    ready: [BTreeSet<(u64, WebhookKey)>; 4],
    /// The next number in a row.
    next_number: u64,
    /// Suspects are the next to be asked.
    suspects_turn: bool,
    limits: Limits,
    origins: Vec<Origin>,
    origin_numbers: HashMap<String, usize>,
    under_way: HashMap<DeliveryId, Burst>,
    suspects: u32,
    /// What the bursts under way hold, in bytes.
    bytes: u64,
    /// Places of turns of which it is not known yet whether they fill them.
    held: u32,
}

/// A lane's turn: claim up to `limit` of its deliveries, and send them in bursts of `burst`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) key: WebhookKey,
    pub(super) limit: usize,
    pub(super) burst: usize,
    pub(super) ordered: bool,
    /// What it waited for, where something was due.
    pub(super) waited_for: Option<&'static str>,
    suspect: bool,
    /// What its deliveries are taken to hold, in bytes.
    bytes: u64,
}

impl Schedule {
    /// The schedule of a worker with these limits.
    pub(super) fn new(limits: Limits, webhooks: Vec<WebhookState>) -> Self {
        let keys = webhooks.iter().map(|state| (state.id.clone(), state.key)).collect();
        Self {
            keys,
            lanes: webhooks.into_iter().map(|state| (state.key, Lane::new(state))).collect(),
            waiting: BTreeSet::new(),
            ready: Default::default(),
            next_number: 0,
            suspects_turn: true,
            limits,
            origins: vec![Origin::default()],
            origin_numbers: HashMap::new(),
            under_way: HashMap::new(),
            held: 0,
            suspects: 0,
            bytes: 0,
        }
    }

    /// How much may be under way.
    pub(super) fn limits(&self) -> Limits {
        self.limits
    }

    /// Sets how much may be under way; what is under way already goes on.
    pub(super) fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// The key of a webhook that is in the schedule.
    pub(super) fn key(&self, id: &str) -> Option<WebhookKey> {
        self.keys.get(id).copied()
    }

    /// A webhook's lane.
    pub(super) fn lane(&self, key: WebhookKey) -> Option<&Lane> {
        self.lanes.get(&key)
    }

    /// Whether a webhook's deliveries are made strictly in order.
    pub(super) fn is_ordered(&self, key: WebhookKey) -> bool {
        let webhook = self.lanes.get(&key).and_then(|lane| lane.webhook.as_ref());
        webhook.is_some_and(|webhook| webhook.ordered)
    }

    /// Every webhook's key and lane.
    pub(super) fn lanes(&self) -> impl Iterator<Item = (WebhookKey, &Lane)> {
        self.lanes.iter().map(|(key, lane)| (*key, lane))
    }

    /// Adds a webhook that the store has just numbered.
    pub(super) fn add(&mut self, key: WebhookKey, webhook: Arc<Webhook>) {
        self.keys.insert(webhook.id.clone(), key);
        let origin = self.origin(&webhook.url);
        let state =
            WebhookState { key, id: webhook.id.clone(), health: Health::default(), next_due: None };
        let lane = self.lanes.entry(key).or_insert_with(|| Lane::new(state));
        (lane.webhook, lane.origin) = (Some(webhook), origin);
    }

    /// Sets or takes away what is configured for a webhook.
    pub(super) fn configure(&mut self, key: WebhookKey, webhook: Option<Arc<Webhook>>, now: i64) {
        let origin = webhook.as_ref().map(|webhook| self.origin(&webhook.url));
        // Out of its old origin's row, before it has another one.
        self.leave(key);
        if let Some(lane) = self.lanes.get_mut(&key) {
            lane.webhook = webhook;
            lane.origin = origin.unwrap_or(lane.origin);
            self.place(key, now);
        }
    }

    /// The number of a URL's origin.
    fn origin(&mut self, url: &str) -> usize {
        let parsed = Url::parse(url).ok();
        let origin = parsed.map(|url| url.origin().ascii_serialization()).unwrap_or_default();
        let next = self.origins.len();
        let number = *self.origin_numbers.entry(origin).or_insert(next);
        if number == next {
            self.origins.push(Origin::default());
        }
        number
    }

    /// Notes when a webhook's earliest delivery is due now.
    pub(super) fn set_due(&mut self, key: WebhookKey, due: Option<i64>, now: i64) {
        if let Some(lane) = self.lanes.get_mut(&key) {
            lane.next_due = due;
            self.place(key, now);
        }
    }

    /// Notes a webhook's health.
    pub(super) fn set_health(&mut self, key: WebhookKey, health: Health, now: i64) {
        if let Some(lane) = self.lanes.get_mut(&key) {
            lane.health = health;
            self.place(key, now);
        }
    }

    /// The wall clock was put forward by `ms` (negative: back): what waits goes with it.
    pub(super) fn shift(&mut self, ms: i64, now: i64) {
        let keys: Vec<_> = self.lanes.keys().copied().collect();
        for key in keys {
            if let Some(lane) = self.lanes.get_mut(&key) {
                lane.next_due = lane.next_due.map(|due| due + ms);
                lane.recent.iter_mut().for_each(|sent| *sent += ms);
                lane.health.shift(ms);
                lane.since += ms;
            }
            self.place(key, now);
        }
    }

    /// The next lane to serve, if there is a place for a request of one. The turn holds the places
    /// that it may fill until it is [`sent`](Self::sent) or [given back](Self::give_back).
    pub(super) fn next(&mut self, now: i64) -> Option<Turn> {
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
            // Bodies of megabytes: no more of them than memory has room for.
            let held = u32::try_from(bytes_left / lane.bytes.max(1)).unwrap_or(u32::MAX).max(1);
            let waited = now - lane.since >= WAITED_MS;
            let waited_for = if waited { Some(waits::MACHINE) } else { lane.waits_for };
            let turn = Turn {
                key,
                limit: (allowed * burst).min(held) as usize,
                burst: burst as usize,
                ordered: lane.webhook.as_ref().is_some_and(|webhook| webhook.ordered),
                waited_for,
                suspect,
                bytes: lane.bytes * u64::from((allowed * burst).min(held)),
            };
            self.leave(key);
            self.hold(&turn, true);
            self.suspects_turn = !suspect;
            return Some(turn);
        }
    }

    /// The turns that can be served now, at most so many: a transaction can be made of them, and
    /// made again, while nothing here moves.
    pub(super) fn take_turns(&mut self, now: i64, most: usize) -> Vec<Turn> {
        let mut turns = Vec::new();
        while turns.len() < most
            && let Some(turn) = self.next(now)
        {
            turns.push(turn);
        }
        turns
    }

    /// Gives up a turn of which nothing came: what is due is due as before.
    pub(super) fn give_back(&mut self, turn: &Turn, now: i64) {
        self.hold(turn, false);
        self.place(turn.key, now);
    }

    /// Holds the places that a turn may fill, or lets go of them.
    fn hold(&mut self, turn: &Turn, hold: bool) {
        let Some(lane) = self.lanes.get_mut(&turn.key) else { return };
        let bursts = turn.limit.div_ceil(turn.burst.max(1)) as u32;
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
    pub(super) fn turn_of(&mut self, key: WebhookKey, now: i64) -> Option<Turn> {
        let lane = self.lanes.get_mut(&key)?;
        let ordered = lane.webhook.as_ref()?.ordered;
        let is_probed = lane.health.probe_at.is_none_or(|at| at <= now);
        let may_send = is_probed && lane.room() > 0 && lane.rate(now).unwrap_or(0) > 0;
        let suspect = lane.is_suspect();
        let bytes = lane.bytes;
        let turn = Turn { key, limit: 1, burst: 1, ordered, waited_for: None, suspect, bytes };
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

    /// How many requests more may be under way of those in a row.
    fn room(&self, row: Row) -> u32 {
        share(self.limits.requests, self.under_way.len() as u32 + self.held, self.suspects, row)
    }

    /// The number of a webhook's origin.
    pub(super) fn origin_of(&self, key: WebhookKey) -> usize {
        self.lanes.get(&key).map_or(0, |lane| lane.origin)
    }

    /// How many bursts more may be under way to an origin, of webhooks that are well and have some.
    pub(super) fn room_at(&self, origin: usize) -> u32 {
        self.room_to(origin, Row { suspect: false, more: true })
    }

    /// The same as [`room`](Self::room), of those to one lane's origin.
    fn room_at_origin(&self, key: WebhookKey, row: Row) -> u32 {
        self.room_to(self.origin_of(key), row)
    }

    fn room_to(&self, origin: usize, row: Row) -> u32 {
        let origin = &self.origins[origin];
        share(self.limits.requests_to_origin(), origin.in_flight, origin.suspects, row)
    }

    /// How many bursts may begin with deliveries that have just come in, of all webhooks; none
    /// where a healthy lane waits for a place already.
    pub(super) fn open_places(&self) -> Option<u32> {
        let waits = |more| !self.ready[Row { suspect: false, more }.number()].is_empty();
        let is_heavy = self.bytes >= self.limits.bytes;
        let nobody_waits = !waits(false) && !waits(true) && !is_heavy;
        nobody_waits.then(|| self.room(Row { suspect: false, more: true }))
    }

    /// The same of one webhook, and the length of its bursts; `ended` of those under way are over.
    pub(super) fn room_at_once(&self, key: WebhookKey, ended: u32, now: i64) -> (u32, u32) {
        let lane = self
            .lanes
            .get(&key)
            .filter(|lane| lane.is_free() && lane.next_due.is_none_or(|due| due > now));
        lane.map_or((0, 0), |lane| {
            (lane.room_beside(lane.in_flight.saturating_sub(ended)), lane.burst())
        })
    }

    /// Notes bursts that go out without a turn.
    pub(super) fn admit(
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
    pub(super) fn sent(
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
    pub(super) fn took(&mut self, key: WebhookKey, us: u64) {
        if let Some(lane) = self.lanes.get_mut(&key) {
            lane.takes = (3 * lane.takes + us) / 4;
        }
    }

    /// Notes that a burst came back; one that went out without a turn (a test) counts not.
    pub(super) fn came_back(&mut self, key: WebhookKey, delivery: DeliveryId, now: i64) {
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

    /// When something becomes due by itself, in Unix milliseconds; none: only news wakes.
    pub(super) fn wake_at(&self) -> Option<i64> {
        self.waiting.first().map(|(at, _)| *at)
    }

    /// Whether nothing is pending, now or later.
    pub(super) fn is_idle(&self) -> bool {
        self.lanes.values().all(|lane| lane.next_due.is_none() || lane.webhook.is_none())
    }

    /// Whether nothing is due at `now`.
    pub(super) fn is_caught_up(&self, now: i64) -> bool {
        self.lanes.values().filter(|lane| lane.webhook.is_some()).all(|lane| match lane.place {
            Place::Idle => true,
            Place::Waiting(at) => at > now,
            Place::Ready(..) | Place::Crowded(..) | Place::Full => false,
        })
    }

    /// Puts a lane where it belongs; one that belongs where it is keeps its turn.
    fn place(&mut self, key: WebhookKey, now: i64) {
        let Some(lane) = self.lanes.get_mut(&key) else { return };
        let ready_at = lane.ready_at(now);
        let row = lane.row();
        let number = self.next_number;
        let place = match ready_at {
            None => Place::Idle,
            Some(_) if lane.room() == 0 => Place::Full,
            Some(at) if at > now => Place::Waiting(at),
            Some(_) if self.room_at_origin(key, row) == 0 => Place::Crowded(row, number),
            Some(_) => Place::Ready(row, number),
        };
        let Some(lane) = self.lanes.get_mut(&key) else { return };
        let stays = match (place, lane.place) {
            (Place::Ready(new, _), Place::Ready(old, _))
            | (Place::Crowded(new, _), Place::Crowded(old, _)) => new == old,
            (new, old) => new == old,
        };
        if stays {
            return;
        }
        match place {
            Place::Full if lane.next_due.is_some_and(|due| due <= now) => {
                lane.waits_for = Some(waits::ENDPOINT);
            }
            Place::Crowded(..) => lane.waits_for = Some(waits::ORIGIN),
            _ => {}
        }
        self.leave(key);
        let Some(lane) = self.lanes.get_mut(&key) else { return };
        (lane.place, lane.since) = (place, now);
        let origin = lane.origin;
        self.next_number += 1;
        match place {
            Place::Idle | Place::Full => {}
            Place::Waiting(at) => drop(self.waiting.insert((at, key))),
            Place::Ready(row, number) => drop(self.ready[row.number()].insert((number, key))),
            Place::Crowded(row, number) => {
                self.origins[origin].crowded[row.number()].insert((number, key));
            }
        }
    }

    /// Puts a lane that may not send where it belongs, behind the others.
    fn place_again(&mut self, key: WebhookKey, now: i64) {
        self.leave(key);
        self.place(key, now);
    }

    /// Takes a lane away from where it stands.
    fn leave(&mut self, key: WebhookKey) {
        let Some(lane) = self.lanes.get_mut(&key) else { return };
        match std::mem::replace(&mut lane.place, Place::Idle) {
            Place::Idle | Place::Full => {}
            Place::Waiting(at) => drop(self.waiting.remove(&(at, key))),
            Place::Ready(row, number) => drop(self.ready[row.number()].remove(&(number, key))),
            Place::Crowded(row, number) => {
                let crowded = &mut self.origins[lane.origin].crowded[row.number()];
                crowded.remove(&(number, key));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(requests: u32) -> Limits {
        Limits { requests, bytes: 1 << 30, kept: 0, descriptors: None, possible: requests }
    }

    fn webhook(id: &str, more: &str) -> Arc<Webhook> {
        // An origin each, but where `more` has a URL.
        let url = format!(r#""url":"http://{id}/","#);
        let url = if more.contains("url") { "" } else { &url };
        let json = format!(r#"{{"id":"{id}",{url}"events":["*"]{more}}}"#);
        Arc::new(serde_json::from_str(&json).expect("a webhook"))
    }

    /// A webhook that is well, with something due.
    fn add(schedule: &mut Schedule, key: i64, more: &str, now: i64) {
        schedule.add(WebhookKey(key), webhook(&format!("whk{key}"), more));
        let health = Health { proven: true, ..Health::default() };
        schedule.set_health(WebhookKey(key), health, now);
        schedule.set_due(WebhookKey(key), Some(now), now);
    }

    fn schedule(requests: u32, webhooks: &[&str]) -> Schedule {
        let mut schedule = Schedule::new(limits(requests), Vec::new());
        (1..).zip(webhooks).for_each(|(key, more)| add(&mut schedule, key, more, 0));
        schedule
    }

    /// Webhooks of which nothing is known, with something due.
    fn unproven(requests: u32, keys: std::ops::RangeInclusive<i64>) -> Schedule {
        let mut schedule = Schedule::new(limits(requests), Vec::new());
        for key in keys {
            schedule.add(WebhookKey(key), webhook(&format!("whk{key}"), ""));
            schedule.set_due(WebhookKey(key), Some(0), 0);
        }
        schedule
    }

    /// The id of a webhook's burst, by number.
    fn id(key: i64, number: usize) -> DeliveryId {
        DeliveryId::from_bytes((i128::from(key) << 32 | number as i128).to_be_bytes())
    }

    /// Runs of a turn, numbered from those under way on.
    fn bursts(schedule: &Schedule, turn: &Turn) -> Vec<(DeliveryId, u64)> {
        let free = (0..).map(|number| id(turn.key.0, number));
        let free = free.filter(|burst| !schedule.under_way.contains_key(burst));
        free.take(turn.limit.div_ceil(turn.burst)).map(|burst| (burst, 100)).collect()
    }

    /// Serves turns until none is left; returns (webhook, bursts) of each.
    fn serve(schedule: &mut Schedule, now: i64, due: Option<i64>) -> Vec<(i64, usize)> {
        let mut served = Vec::new();
        while let Some(turn) = schedule.next(now) {
            let bursts = bursts(schedule, &turn);
            served.push((turn.key.0, bursts.len()));
            schedule.sent(&turn, bursts.into_iter(), due, now);
        }
        served
    }

    #[test]
    fn lanes_are_served_in_turn_within_their_concurrency() {
        let mut schedule = schedule(20, &["", r#","concurrency":2"#, r#","ordered":true"#]);
        let served = serve(&mut schedule, 0, Some(0));
        assert_eq!(served, [(1, 6), (2, 2), (3, 1), (1, 2)]);
        assert!(!schedule.is_caught_up(0) && !schedule.is_idle());
        schedule.came_back(WebhookKey(3), id(3, 0), 0);
        schedule.came_back(WebhookKey(1), id(1, 0), 0);
        assert_eq!(serve(&mut schedule, 0, None), [(3, 1), (1, 1)]);
    }

    #[test]
    fn hanging_webhooks_leave_half_of_the_places_to_others() {
        let mut schedule = Schedule::new(limits(8), Vec::new());
        for key in 1..=20 {
            add(&mut schedule, key, "", 0);
            let health = Health { failures_in_row: 1, proven: true, ..Health::default() };
            schedule.set_health(WebhookKey(key), health, 0);
        }
        let slow: usize = serve(&mut schedule, 0, Some(0)).iter().map(|(_, limit)| limit).sum();
        assert_eq!(slow, 4);
        add(&mut schedule, 21, "", 0);
        assert_eq!(serve(&mut schedule, 0, Some(0)), [(21, 3)], "the last is kept for others");
        add(&mut schedule, 22, "", 0);
        assert_eq!(serve(&mut schedule, 0, Some(0)), [(22, 1)]);
    }

    #[test]
    fn whoever_answers_finds_a_place_behind_any_number_that_hang() {
        let mut schedule = unproven(4096, 1..=5000);
        let hanging = serve(&mut schedule, 0, Some(0));
        assert!(hanging.iter().all(|(_, bursts)| *bursts == 1), "nothing is known of them");
        assert_eq!(hanging.len(), 2048);
        let now = 100_000;
        assert_eq!((serve(&mut schedule, now, None).len(), schedule.wake_at()), (0, None));
        add(&mut schedule, 10_000, "", now);
        assert_eq!(serve(&mut schedule, now, None), [(10_000, 8)]);
    }

    #[test]
    fn nobodys_backlog_takes_the_last_places() {
        let mut schedule = schedule(64, &[r#","concurrency":64"#, r#","concurrency":64"#]);
        let served: usize = serve(&mut schedule, 0, Some(0)).iter().map(|(_, bursts)| bursts).sum();
        assert_eq!(served, 56);
        // A quiet one comes, and goes first whenever it has nothing under way.
        for quiet in 3..=10 {
            add(&mut schedule, quiet, "", 5);
            assert_eq!(serve(&mut schedule, 5, Some(5)), [(quiet, 1)]);
        }
        add(&mut schedule, 11, "", 5);
        assert_eq!(serve(&mut schedule, 5, Some(5)), [], "all places are taken");
        schedule.came_back(WebhookKey(1), id(1, 0), 6);
        let turn = schedule.next(30).expect("a turn");
        assert_eq!(
            (turn.key, turn.limit, turn.waited_for),
            (WebhookKey(11), 1, Some(waits::MACHINE))
        );
    }

    #[test]
    fn a_webhook_with_nothing_under_way_goes_before_those_with_something() {
        let mut schedule = schedule(64, &["", ""]);
        let turn = schedule.next(0).expect("a turn");
        assert_eq!(turn.key, WebhookKey(1));
        schedule.sent(&turn, [(id(1, 0), 1)].into_iter(), Some(0), 0);
        // The first stands in a row again, with room for more, before the third comes.
        add(&mut schedule, 3, "", 0);
        let order: Vec<_> = serve(&mut schedule, 0, None).iter().map(|(key, _)| *key).collect();
        assert_eq!(order, [2, 3, 1]);
    }

    #[test]
    fn neither_suspects_nor_healthy_ones_keep_the_others_from_trying() {
        let mut schedule = unproven(4, 1..=10);
        (11..=20).for_each(|key| add(&mut schedule, key, r#","concurrency":1"#, 0));
        let served = serve(&mut schedule, 0, Some(0));
        let suspects = served.iter().filter(|(key, _)| *key <= 10).count();
        assert_eq!((served.len(), suspects), (4, 2));
        assert_ne!(served[0].0 <= 10, served[1].0 <= 10, "they take turns: {served:?}");
    }

    #[test]
    fn webhooks_of_one_origin_share_half_of_the_places() {
        let zapier = r#","url":"https://hooks.zapier.com/a","concurrency":10"#;
        let mut schedule = schedule(64, &[zapier, zapier, zapier, zapier, zapier]);
        let served = serve(&mut schedule, 0, Some(0));
        assert_eq!(served, [(1, 10), (2, 10), (3, 8), (4, 1), (5, 1)], "28, and one each");
        add(&mut schedule, 6, r#","url":"https://hooks.zapier.com:443/b""#, 0);
        add(&mut schedule, 7, r#","url":"https://elsewhere.test/""#, 0);
        add(&mut schedule, 8, r#","url":"http://hooks.zapier.com/""#, 0);
        assert_eq!(serve(&mut schedule, 0, Some(0)), [(6, 1), (7, 8), (8, 8)]);
        add(&mut schedule, 9, zapier, 0);
        add(&mut schedule, 10, zapier, 0);
        assert_eq!(serve(&mut schedule, 0, Some(0)), [(9, 1)], "32 of 64 are taken");
        assert!(!schedule.is_caught_up(0));
        schedule.came_back(WebhookKey(1), id(1, 0), 7);
        let turn = schedule.next(7).expect("a turn");
        assert_eq!((turn.key, turn.waited_for), (WebhookKey(10), Some(waits::ORIGIN)));
        let bursts = bursts(&schedule, &turn);
        schedule.sent(&turn, bursts.into_iter(), None, 7);
        // Whoever has a backlog there has turns again once fewer are under way.
        for number in 1..6 {
            schedule.came_back(WebhookKey(1), id(1, number), 8);
        }
        let more: usize = serve(&mut schedule, 8, None).iter().map(|(_, bursts)| bursts).sum();
        assert_eq!(more, 1);
    }

    #[test]
    fn large_bodies_are_no_more_than_memory_has_room_for() {
        let mut schedule = schedule(64, &["", "", ""]);
        schedule.set_limits(Limits { bytes: 1000, ..limits(64) });
        let turn = schedule.next(0).expect("a turn");
        schedule.sent(&turn, [(id(1, 0), 5000)].into_iter(), Some(0), 0);
        assert_eq!((schedule.next(0), schedule.open_places()), (None, None));
        schedule.came_back(WebhookKey(1), id(1, 0), 1);
        assert_eq!(schedule.next(1).map(|turn| turn.limit), Some(1), "one may hold more");
    }

    #[test]
    fn a_failing_webhook_is_probed_with_one_request_at_its_time() {
        let mut schedule = schedule(8, &[""]);
        let health =
            Health { failures_in_row: PROBE_AFTER, probe_at: Some(5000), ..Health::default() };
        schedule.set_health(WebhookKey(1), health, 0);
        assert_eq!(schedule.next(4999), None);
        assert_eq!(schedule.wake_at(), Some(5000));
        assert_eq!(serve(&mut schedule, 5000, Some(0)), [(1, 1)]);
    }

    #[test]
    fn a_rate_is_kept_over_any_window() {
        let mut schedule = schedule(8, &[r#","rate_limit":{"count":3,"per":"second"}"#]);
        assert_eq!(serve(&mut schedule, 0, Some(0)), [(1, 3)]);
        for number in 0..3 {
            schedule.came_back(WebhookKey(1), id(1, number), 10);
        }
        assert_eq!(schedule.next(999), None);
        assert_eq!(schedule.wake_at(), Some(1000));
        assert_eq!(serve(&mut schedule, 1000, None), [(1, 3)]);
    }

    #[test]
    fn what_is_due_knows_what_it_waited_for() {
        let rate = r#","rate_limit":{"count":1,"per":"second"}"#;
        let mut schedule = schedule(64, &[r#","concurrency":1"#, rate, "", ""]);
        let failing =
            Health { failures_in_row: 9, probe_at: Some(700), proven: true, ..Health::default() };
        schedule.set_health(WebhookKey(3), failing, 0);
        schedule.set_due(WebhookKey(4), Some(500), 0);
        assert_eq!(serve(&mut schedule, 0, Some(0)), [(1, 1), (2, 1)]);
        (1..=2).for_each(|key| schedule.came_back(WebhookKey(key), id(key, 0), 400));
        let mut waited = HashMap::new();
        for now in [400, 500, 700, 1000] {
            while let Some(turn) = schedule.next(now) {
                waited.insert(turn.key.0, (now, turn.waited_for));
                schedule.sent(&turn, [(id(turn.key.0, 1), 1)].into_iter(), None, now);
            }
        }
        let expected = [
            (1, (400, Some(waits::ENDPOINT))),
            (2, (1000, Some(waits::RATE))),
            (3, (700, Some(waits::PROBE))),
            (4, (500, None)),
        ];
        assert_eq!(waited, expected.into());
    }

    #[test]
    fn only_a_webhook_that_is_well_and_quick_has_runs() {
        let limited = r#","rate_limit":{"count":3,"per":"second"}"#;
        let mut schedule = schedule(64, &["", r#","ordered":true"#, limited, "", "", ""]);
        let failed = Health { failures_in_row: 1, proven: true, ..Health::default() };
        schedule.set_health(WebhookKey(4), failed, 0);
        for (key, us) in [(1, 100), (2, 100), (3, 100), (4, 100), (5, 2000), (6, 300_000)] {
            (0..20).for_each(|_| schedule.took(WebhookKey(key), us));
        }
        let mut turns = Vec::new();
        while let Some(turn) = schedule.next(0) {
            schedule.sent(&turn, std::iter::empty(), None, 0);
            turns.push((turn.key.0, turn.limit, turn.burst));
        }
        turns.sort_unstable();
        let all = [(1, 64, 8), (2, 1, 1), (3, 3, 1), (4, 8, 1), (5, 24, 3), (6, 8, 1)];
        assert_eq!(turns, all);
    }

    #[test]
    fn due_times_go_with_the_wall_clock() {
        let mut schedule = schedule(8, &[""]);
        schedule.set_due(WebhookKey(1), Some(60_000), 0);
        schedule.shift(3_600_000, 3_600_000);
        assert_eq!(schedule.wake_at(), Some(3_660_000));
        schedule.shift(-7_200_000, -3_600_000);
        assert_eq!(schedule.wake_at(), Some(-3_540_000));
    }

    #[test]
    fn a_deleted_webhook_is_never_served() {
        let mut schedule = schedule(8, &[""]);
        schedule.configure(WebhookKey(1), None, 0);
        assert_eq!(schedule.next(0), None);
        assert!(schedule.is_idle() && schedule.is_caught_up(0));
    }
}
