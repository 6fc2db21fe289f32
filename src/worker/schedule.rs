//! Who may send next: one lane per webhook, served in turn.
//!
//! Pending deliveries live in the store; a lane only knows when its earliest one is due. So
//! memory grows with the number of webhooks, never with the backlog, and a webhook with 100,000
//! deliveries waiting takes one place in the row, like any other.
//!
//! A thread makes a *run* of requests, one after the other: of a webhook that is well, as many
//! as its endpoint answers in [`RUN_US`]; of most of them that is one. To the schedule a run is one
//! request under way, known by its first delivery; a failure ends it (see [`pool`](super::pool)).
//!
//! A lane *waits* until it has something due and may send (its probe's time has come, its rate
//! allows it), is then *ready*, and is *full* while all its requests are under way. Ready lanes
//! are served round robin. Those whose last attempt failed or was slow, and those that have never
//! succeeded yet, are *suspects*: they stand in a row of their own that gets at most half of the
//! pool, and a new one sends one request at a time. A request that has been under way for a
//! second no longer counts against the pool: another thread takes its place, up to
//! [`MOST_THREADS`], of which suspects get half again. So however many endpoints hang from their
//! very first request on, those that answer always find a thread.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use crate::id::DeliveryId;
use crate::store::{Health, WebhookKey, WebhookState};
use crate::webhook::{Per, Webhook};

/// After this many failures in a row a webhook is probed, one delivery at a time.
pub(super) const PROBE_AFTER: u32 = 5;

/// Requests that are expected to be under way at once.
pub(super) const POOL: u32 = 32;
/// Requests that may be under way at once while many of them hang.
pub(super) const MOST_THREADS: u32 = 256;
/// Most requests of a run, and how long all of them are to take, in microseconds: a thread more
/// would gain less than that.
const RUN: u32 = 8;
const RUN_US: u64 = 8000;
/// A request that has taken longer hangs, in milliseconds.
const HANGS_AFTER: i64 = 1000;

/// Where a lane stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Nothing is due, ever, as far as is known.
    Idle,
    /// Until this time (Unix milliseconds).
    Waiting(i64),
    /// In one of the two rows.
    Ready,
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
    next_due: Option<i64>,
    in_flight: u32,
    /// What a request has been taking lately, in microseconds.
    takes: u64,
    /// When requests were made within the rate's window, oldest first.
    recent: VecDeque<i64>,
    place: Place,
}

impl Lane {
    fn new(state: WebhookState) -> Self {
        Self {
            id: state.id,
            webhook: None,
            health: state.health,
            next_due: state.next_due,
            in_flight: 0,
            takes: RUN_US,
            recent: VecDeque::new(),
            place: Place::Idle,
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

    /// Most requests of one of its runs.
    fn run(&self) -> u32 {
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

    /// When it may send next; none where nothing is due or nobody is there.
    fn ready_at(&mut self, now: i64) -> Option<i64> {
        let due = self.next_due?.max(self.health.probe_at.unwrap_or(i64::MIN));
        Some(self.rate(now).map_or_else(|free_at| due.max(free_at), |_| due))
    }
}

/// A request under way.
#[derive(Debug)]
struct Request {
    delivery: DeliveryId,
    /// When it was handed out, in Unix milliseconds.
    since: i64,
    /// Whether its webhook was a suspect then.
    suspect: bool,
}

/// All lanes, and the requests that are under way.
#[derive(Debug)]
pub(super) struct Schedule {
    lanes: HashMap<WebhookKey, Lane>,
    keys: HashMap<String, WebhookKey>,
    waiting: BTreeSet<(i64, WebhookKey)>,
    ready: VecDeque<WebhookKey>,
    ready_suspects: VecDeque<WebhookKey>,
    pool: u32,
    /// Oldest first.
    under_way: VecDeque<Request>,
}

/// A lane's turn: claim up to `limit` of its deliveries, and send them in runs of `run`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) key: WebhookKey,
    pub(super) limit: usize,
    pub(super) run: usize,
    pub(super) ordered: bool,
    suspect: bool,
}

impl Schedule {
    /// The schedule of a pool that is to have `pool` requests under way ([`POOL`]).
    pub(super) fn new(pool: u32, webhooks: Vec<WebhookState>) -> Self {
        let keys = webhooks.iter().map(|state| (state.id.clone(), state.key)).collect();
        Self {
            keys,
            lanes: webhooks.into_iter().map(|state| (state.key, Lane::new(state))).collect(),
            waiting: BTreeSet::new(),
            ready: VecDeque::new(),
            ready_suspects: VecDeque::new(),
            pool,
            under_way: VecDeque::new(),
        }
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
        let state =
            WebhookState { key, id: webhook.id.clone(), health: Health::default(), next_due: None };
        let lane = self.lanes.entry(key).or_insert_with(|| Lane::new(state));
        lane.webhook = Some(webhook);
    }

    /// Sets or takes away what is configured for a webhook.
    pub(super) fn configure(&mut self, key: WebhookKey, webhook: Option<Arc<Webhook>>, now: i64) {
        if let Some(lane) = self.lanes.get_mut(&key) {
            lane.webhook = webhook;
            self.place(key, now);
        }
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
        self.under_way.iter_mut().for_each(|request| request.since += ms);
        let keys: Vec<_> = self.lanes.keys().copied().collect();
        for key in keys {
            if let Some(lane) = self.lanes.get_mut(&key) {
                lane.next_due = lane.next_due.map(|due| due + ms);
                lane.recent.iter_mut().for_each(|sent| *sent += ms);
                lane.health.shift(ms);
            }
            self.place(key, now);
        }
    }

    /// The next lane to serve, if a thread of the pool is free for one.
    pub(super) fn next(&mut self, now: i64) -> Option<Turn> {
        while let Some(&(at, key)) = self.waiting.first() {
            if at > now {
                break;
            }
            self.place(key, now);
        }
        loop {
            let (free, free_suspect) = self.free(now);
            // Suspects first: their share is bounded, and else a steady flow of healthy ones
            // would never let them try.
            let (row, free) = if free_suspect > 0 && !self.ready_suspects.is_empty() {
                (&mut self.ready_suspects, free_suspect)
            } else if free > 0 {
                (&mut self.ready, free)
            } else {
                return None;
            };
            let key = row.pop_front()?;
            let Some(lane) = self.lanes.get_mut(&key).filter(|lane| lane.place == Place::Ready)
            else {
                continue; // It left the row while it stood there.
            };
            if lane.is_suspect() && free > free_suspect {
                self.ready_suspects.push_back(key); // It was healthy when it came into the row.
                continue;
            }
            lane.place = Place::Idle;
            let allowed = lane.rate(now).unwrap_or(0).min(lane.room()).min(free);
            if allowed == 0 {
                self.place(key, now);
                continue;
            }
            return Some(Turn {
                key,
                limit: (allowed * lane.run()) as usize,
                run: lane.run() as usize,
                ordered: lane.webhook.as_ref().is_some_and(|webhook| webhook.ordered),
                suspect: lane.is_suspect(),
            });
        }
    }

    /// A lane's turn outside its row, for one delivery, where neither its health nor its limits keep
    /// it from sending now.
    pub(super) fn turn_of(&mut self, key: WebhookKey, now: i64) -> Option<Turn> {
        let lane = self.lanes.get_mut(&key)?;
        let ordered = lane.webhook.as_ref()?.ordered;
        let is_probed = lane.health.probe_at.is_none_or(|at| at <= now);
        let may_send = is_probed && lane.room() > 0 && lane.rate(now).unwrap_or(0) > 0;
        let suspect = lane.is_suspect();
        may_send.then_some(Turn { key, limit: 1, run: 1, ordered, suspect })
    }

    /// How many requests more may be under way: of anybody, and of suspects.
    fn free(&self, now: i64) -> (u32, u32) {
        let (mut fresh, mut suspects, mut fresh_suspects) = (0, 0, 0);
        for request in &self.under_way {
            let is_fresh = u32::from(request.since + HANGS_AFTER > now);
            fresh += is_fresh;
            if request.suspect {
                suspects += 1;
                fresh_suspects += is_fresh;
            }
        }
        let threads = MOST_THREADS.saturating_sub(self.under_way.len() as u32);
        let free = self.pool.saturating_sub(fresh).min(threads);
        let free_suspect = (self.pool / 2).saturating_sub(fresh_suspects);
        (free, free.min(free_suspect).min((MOST_THREADS / 2).saturating_sub(suspects)))
    }

    /// How many runs may begin with deliveries that have just come in, of all webhooks; none
    /// where a lane waits for a thread already.
    pub(super) fn open_places(&self, now: i64) -> Option<u32> {
        let nobody_waits = self.ready.is_empty() && self.ready_suspects.is_empty();
        nobody_waits.then(|| self.free(now).0)
    }

    /// The same of one webhook, and the length of its runs; `ended` of those under way are over.
    pub(super) fn room_at_once(&self, key: WebhookKey, ended: u32, now: i64) -> (u32, u32) {
        let lane = self
            .lanes
            .get(&key)
            .filter(|lane| lane.is_free() && lane.next_due.is_none_or(|due| due > now));
        lane.map_or((0, 0), |lane| {
            (lane.room_beside(lane.in_flight.saturating_sub(ended)), lane.run())
        })
    }

    /// Notes runs that go out without a turn.
    pub(super) fn sent_at_once(
        &mut self,
        key: WebhookKey,
        runs: impl Iterator<Item = DeliveryId>,
        now: i64,
    ) {
        self.begin(key, false, runs, now);
        self.place(key, now);
    }

    /// Notes what a turn brought: these runs go out, the next delivery is due at `due`.
    pub(super) fn sent(
        &mut self,
        turn: &Turn,
        runs: impl Iterator<Item = DeliveryId>,
        due: Option<i64>,
        now: i64,
    ) {
        self.begin(turn.key, turn.suspect, runs, now);
        if let Some(lane) = self.lanes.get_mut(&turn.key) {
            lane.next_due = due;
        }
        self.place(turn.key, now);
    }

    fn begin(
        &mut self,
        key: WebhookKey,
        suspect: bool,
        runs: impl Iterator<Item = DeliveryId>,
        now: i64,
    ) {
        let Some(lane) = self.lanes.get_mut(&key) else { return };
        let before = self.under_way.len();
        self.under_way.extend(runs.map(|run| Request { delivery: run, since: now, suspect }));
        let begun = (self.under_way.len() - before) as u32;
        lane.in_flight += begun;
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

    /// Notes that a run came back; one that went out without a turn (a test) counts not.
    pub(super) fn came_back(&mut self, key: WebhookKey, delivery: DeliveryId, now: i64) {
        let Some(lane) = self.lanes.get_mut(&key) else { return };
        let Some(at) = self.under_way.iter().position(|one| one.delivery == delivery) else {
            return;
        };
        self.under_way.remove(at);
        lane.in_flight = lane.in_flight.saturating_sub(1);
        self.place(key, now);
    }

    /// When something becomes due by itself, in Unix milliseconds; none: only news wakes.
    pub(super) fn wake_at(&self, now: i64) -> Option<i64> {
        let due = self.waiting.first().map(|(at, _)| *at);
        // Somebody waits for a thread: there is one more when the next request turns out to hang.
        let blocked = !self.ready.is_empty() || !self.ready_suspects.is_empty();
        let hangs = self.under_way.iter().map(|request| request.since + HANGS_AFTER);
        let freed = hangs.filter(|_| blocked).find(|at| *at > now);
        due.into_iter().chain(freed).min()
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
            Place::Ready | Place::Full => false,
        })
    }

    /// Puts a lane where it belongs.
    fn place(&mut self, key: WebhookKey, now: i64) {
        let Some(lane) = self.lanes.get_mut(&key) else { return };
        let place = match lane.ready_at(now) {
            None => Place::Idle,
            Some(_) if lane.room() == 0 => Place::Full,
            Some(at) if at > now => Place::Waiting(at),
            Some(_) => Place::Ready,
        };
        if place == lane.place {
            return;
        }
        if let Place::Waiting(at) = lane.place {
            self.waiting.remove(&(at, key));
        }
        // A lane that stops being ready keeps its place in the row: `next` passes over it.
        let stands_in_row = lane.place == Place::Ready;
        lane.place = place;
        match place {
            Place::Waiting(at) => {
                self.waiting.insert((at, key));
            }
            Place::Ready if !stands_in_row && lane.is_suspect() => {
                self.ready_suspects.push_back(key);
            }
            Place::Ready if !stands_in_row => self.ready.push_back(key),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn webhook(id: &str, more: &str) -> Arc<Webhook> {
        let json = format!(r#"{{"id":"{id}","url":"http://x/","events":["*"]{more}}}"#);
        Arc::new(serde_json::from_str(&json).expect("a webhook"))
    }

    fn schedule(pool: u32, webhooks: &[&str]) -> Schedule {
        let mut schedule = Schedule::new(pool, Vec::new());
        for (key, more) in (1..).zip(webhooks) {
            schedule.add(WebhookKey(key), webhook(&format!("whk_{key}"), more));
            let health = Health { proven: true, ..Health::default() };
            schedule.set_health(WebhookKey(key), health, 0);
            schedule.set_due(WebhookKey(key), Some(0), 0);
        }
        schedule
    }

    /// The same id for every request of a webhook: those of one lane come back together.
    fn id(key: i64) -> DeliveryId {
        DeliveryId::from_bytes(i128::from(key).to_be_bytes())
    }

    /// Serves turns until none is left; returns (webhook, runs) of each.
    fn serve(schedule: &mut Schedule, now: i64, due: Option<i64>) -> Vec<(i64, usize)> {
        let mut served = Vec::new();
        while let Some(turn) = schedule.next(now) {
            let runs = turn.limit / turn.run;
            schedule.sent(&turn, std::iter::repeat_n(id(turn.key.0), runs), due, now);
            served.push((turn.key.0, runs));
        }
        served
    }

    #[test]
    fn lanes_are_served_in_turn_within_their_concurrency() {
        let mut schedule = schedule(20, &["", r#","concurrency":2"#, r#","ordered":true"#]);
        assert_eq!(serve(&mut schedule, 0, Some(0)), [(1, 8), (2, 2), (3, 1)]);
        assert!(!schedule.is_caught_up(0) && !schedule.is_idle());
        schedule.came_back(WebhookKey(3), id(3), 0);
        schedule.came_back(WebhookKey(1), id(1), 0);
        assert_eq!(serve(&mut schedule, 0, None), [(3, 1), (1, 1)]);
    }

    #[test]
    fn hanging_webhooks_leave_half_of_the_pool_to_others() {
        let mut schedule = Schedule::new(8, Vec::new());
        for key in 1..=20 {
            schedule.add(WebhookKey(key), webhook(&format!("whk_{key}"), ""));
            let health = Health { failures_in_row: 1, proven: true, ..Health::default() };
            schedule.set_health(WebhookKey(key), health, 0);
            schedule.set_due(WebhookKey(key), Some(0), 0);
        }
        let slow: usize = serve(&mut schedule, 0, Some(0)).iter().map(|(_, limit)| limit).sum();
        assert_eq!(slow, 4);
        schedule.add(WebhookKey(21), webhook("whk_21", ""));
        schedule.set_health(WebhookKey(21), Health { proven: true, ..Health::default() }, 0);
        schedule.set_due(WebhookKey(21), Some(0), 0);
        assert_eq!(serve(&mut schedule, 0, Some(0)), [(21, 4)]);
    }

    #[test]
    fn requests_that_hang_make_room_for_others_after_a_second() {
        let mut schedule = Schedule::new(4, Vec::new());
        for key in 1..=5 {
            schedule.add(WebhookKey(key), webhook(&format!("whk_{key}"), ""));
            schedule.set_due(WebhookKey(key), Some(0), 0);
        }
        // Nothing is known of them: one request each, and half of the pool.
        assert_eq!(serve(&mut schedule, 0, Some(0)), [(1, 1), (2, 1)]);
        assert_eq!(schedule.wake_at(0), Some(HANGS_AFTER));
        assert_eq!(schedule.next(HANGS_AFTER - 1), None);
        assert_eq!(serve(&mut schedule, HANGS_AFTER, Some(0)), [(3, 1), (4, 1)]);
    }

    #[test]
    fn whoever_answers_finds_a_thread_behind_any_number_that_hang() {
        let mut schedule = Schedule::new(POOL, Vec::new());
        for key in 1..=i64::from(MOST_THREADS) + 100 {
            schedule.add(WebhookKey(key), webhook(&format!("whk_{key}"), ""));
            schedule.set_due(WebhookKey(key), Some(0), 0);
        }
        let seconds = (0..100).map(|second| second * HANGS_AFTER);
        let hanging: usize = seconds.map(|now| serve(&mut schedule, now, Some(0)).len()).sum();
        assert_eq!(hanging, MOST_THREADS as usize / 2);
        let now = 100 * HANGS_AFTER;
        assert_eq!(schedule.wake_at(now), None, "it wakes for nothing");
        schedule.add(WebhookKey(1000), webhook("whk_1000", ""));
        schedule.set_health(WebhookKey(1000), Health { proven: true, ..Health::default() }, now);
        schedule.set_due(WebhookKey(1000), Some(0), now);
        assert_eq!(serve(&mut schedule, now, None), [(1000, 8)]);
    }

    #[test]
    fn a_failing_webhook_is_probed_with_one_request_at_its_time() {
        let mut schedule = schedule(8, &[""]);
        let health =
            Health { failures_in_row: PROBE_AFTER, probe_at: Some(5000), ..Health::default() };
        schedule.set_health(WebhookKey(1), health, 0);
        assert_eq!(schedule.next(4999), None);
        assert_eq!(schedule.wake_at(0), Some(5000));
        assert_eq!(serve(&mut schedule, 5000, Some(0)), [(1, 1)]);
    }

    #[test]
    fn a_rate_is_kept_over_any_window() {
        let mut schedule = schedule(8, &[r#","rate_limit":{"count":3,"per":"second"}"#]);
        assert_eq!(serve(&mut schedule, 0, Some(0)), [(1, 3)]);
        for _ in 0..3 {
            schedule.came_back(WebhookKey(1), id(1), 10);
        }
        assert_eq!(schedule.next(999), None);
        assert_eq!(schedule.wake_at(999), Some(1000));
        assert_eq!(serve(&mut schedule, 1000, None), [(1, 3)]);
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
            turns.push((turn.key.0, turn.limit, turn.run));
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
        assert_eq!(schedule.wake_at(3_600_000), Some(3_660_000));
        schedule.shift(-7_200_000, -3_600_000);
        assert_eq!(schedule.wake_at(-3_600_000), Some(-3_540_000));
    }

    #[test]
    fn a_deleted_webhook_is_never_served() {
        let mut schedule = schedule(8, &[""]);
        schedule.configure(WebhookKey(1), None, 0);
        assert_eq!(schedule.next(0), None);
        assert!(schedule.is_idle() && schedule.is_caught_up(0));
    }
}
