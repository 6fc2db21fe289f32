//! Which deliveries go out as they come in: claimed in the transaction that adds them, they are
//! never due, and need neither a second transaction nor a second look at the event.
//!
//! Only where that is nobody's loss: no lane waits for a thread, and of the webhook's own nothing
//! is due that came before.

use std::collections::HashMap;

use super::pool::{self, Completed};
use super::schedule::Schedule;
use domain::id::DeliveryId;
use store::{Claim, WebhookKey};

/// Most bursts that begin so in one round: what comes next has to be read, too.
const MOST: u32 = 256;

/// The bursts that can begin with one round's deliveries, and those that do.
#[derive(Default)]
pub(super) struct FastPath {
    now: i64,
    free: u32,
    /// Runs that came back in this round, which the schedule does not know of yet.
    ended: HashMap<WebhookKey, u32>,
    lanes: HashMap<WebhookKey, Lane>,
    /// Runs that can begin with deliveries to an origin, of all its webhooks.
    origins: HashMap<usize, u32>,
    /// The first webhook that had places and has none left.
    full: Option<WebhookKey>,
}

/// A webhook's share.
#[derive(Default)]
struct Lane {
    /// Runs that may begin, and those that do.
    room: u32,
    bursts: u32,
    /// See [`Schedule::origin_of`].
    origin: usize,
    /// Most deliveries of one, and where no other can begin.
    burst: u32,
    long: u32,
    claims: Vec<Claim>,
}

impl Lane {
    /// Whether the bursts that begin hold one more delivery.
    fn has_room(&self) -> bool {
        self.claims.len() < (self.bursts * self.burst) as usize
    }

    /// Whether they do if they are as long as can be.
    fn can_stretch(&self) -> bool {
        self.claims.len() < (self.bursts * self.long) as usize
    }
}

impl FastPath {
    /// Those there are once the attempts of this round are recorded.
    pub(super) fn new(schedule: &Schedule, completed: &[Completed], now: i64) -> Self {
        let mut ended = HashMap::new();
        for completed in completed.iter().filter(|completed| completed.end.is_some()) {
            *ended.entry(completed.claim.webhook).or_default() += 1;
        }
        let open = schedule.open_places();
        let free = open.map_or(0, |open| (open + ended.values().sum::<u32>()).min(MOST));
        let mut origins = HashMap::new();
        for (webhook, bursts) in &ended {
            let origin = schedule.origin_of(*webhook);
            *origins.entry(origin).or_insert_with(|| schedule.room_at(origin)) += bursts;
        }
        Self { now, free, ended, lanes: HashMap::new(), origins, full: None }
    }

    /// A webhook that had places and has none left: what comes next may have to wait, and then all that
    /// comes for it has to, until what waits is sent.
    pub(super) const fn full(&self) -> Option<WebhookKey> {
        self.full
    }

    /// A webhook has just failed, or was slow: its deliveries wait.
    pub(super) fn close(&mut self, webhook: WebhookKey) {
        self.lanes.insert(webhook, Lane::default());
    }

    /// Whether a delivery of this webhook finds a place; [`put`](Self::put) takes it.
    pub(super) fn has(&mut self, schedule: &Schedule, webhook: WebhookKey) -> bool {
        let lane = self.lanes.entry(webhook).or_insert_with(|| {
            let ended = self.ended.get(&webhook).copied().unwrap_or(0);
            let (room, burst, long) = schedule.room_at_once(webhook, ended, self.now);
            Lane { room, burst, long, origin: schedule.origin_of(webhook), ..Lane::default() }
        });
        let origin = lane.origin;
        let has_room = lane.has_room() || lane.can_stretch();
        self.origins.entry(origin).or_insert_with(|| schedule.room_at(origin));
        has_room || self.can_begin(webhook)
    }

    /// Whether another burst of this webhook can begin.
    fn can_begin(&self, webhook: WebhookKey) -> bool {
        let Some(lane) = self.lanes.get(&webhook) else { return false };
        let at_origin = self.origins.get(&lane.origin).copied().unwrap_or(0);
        lane.bursts < lane.room && self.free > 0 && at_origin > 0
    }

    /// Gives a delivery the place that it [`has`](Self::has).
    pub(super) fn put(&mut self, claim: Claim) {
        let (webhook, can_begin) = (claim.webhook, self.can_begin(claim.webhook));
        let Some(lane) = self.lanes.get_mut(&webhook) else { return };
        if !lane.has_room() && can_begin {
            lane.bursts += 1;
            self.free -= 1;
            self.origins.entry(lane.origin).and_modify(|room| *room = room.saturating_sub(1));
        }
        lane.claims.push(claim);
        let is_filled = !lane.has_room() && !lane.can_stretch();
        if is_filled && !self.can_begin(webhook) {
            self.full.get_or_insert(webhook);
        }
    }

    /// Takes back a delivery that was [`put`](Self::put), as its event is not new. The place stays
    /// empty in this round.
    pub(super) fn withdraw(&mut self, webhook: WebhookKey, delivery: DeliveryId) {
        if let Some(lane) = self.lanes.get_mut(&webhook) {
            lane.claims.retain(|claim| claim.id != delivery);
        }
    }

    /// The bursts to begin, by webhook.
    pub(super) fn into_bursts(self) -> impl Iterator<Item = (WebhookKey, Vec<Vec<Claim>>)> {
        let begun = self.lanes.into_iter().filter(|(_, lane)| !lane.claims.is_empty());
        begun.map(|(key, lane)| {
            let (claims, burst) = (lane.claims.into_iter(), lane.burst as usize);
            (key, pool::bursts(claims, burst, lane.bursts as usize))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::limits::Limits;
    use domain::event::Event;
    use store::Health;

    const KEY: WebhookKey = WebhookKey(1);

    fn schedule(more: &str) -> Schedule {
        let mut schedule = Schedule::new(Limits::of_this_process(Some(64)), Vec::new());
        let json = format!(r#"{{"id":"a","url":"http://x/","events":["*"]{more}}}"#);
        schedule.add(KEY, Arc::new(serde_json::from_str(&json).expect("a webhook")));
        schedule.set_health(KEY, Health { proven: true, ..Health::default() }, 0);
        schedule
    }

    fn claim(webhook: WebhookKey) -> Claim {
        Claim {
            id: DeliveryId::at(0),
            webhook,
            event: Arc::new(Event::example("{}")),
            attempts: 0,
            due: 0,
            request_body: None,
        }
    }

    /// How many deliveries find a place, and the lengths of their bursts.
    fn fill(schedule: &Schedule) -> Vec<usize> {
        let mut fast_path = FastPath::new(schedule, &[], 0);
        for _ in 0..1000 {
            if fast_path.has(schedule, KEY) {
                fast_path.put(claim(KEY));
            }
        }
        fast_path.into_bursts().flat_map(|(_, bursts)| bursts).map(|burst| burst.len()).collect()
    }

    #[test]
    fn new_deliveries_fill_the_runs_that_are_free() {
        let mut schedule = schedule(r#","concurrency":3"#);
        assert_eq!(fill(&schedule), [1, 1, 1], "nobody knows yet how quick it is");
        (0..20).for_each(|_| schedule.took(KEY, 100));
        assert_eq!(fill(&schedule), [8, 8, 8]);
        let mut fast_path = FastPath::new(&schedule, &[], 0);
        let mut places = 0;
        while fast_path.full().is_none() {
            assert!(fast_path.has(&schedule, KEY));
            fast_path.put(claim(KEY));
            places += 1;
        }
        assert_eq!((places, fast_path.has(&schedule, KEY)), (24, false));
        schedule.admit(KEY, [(DeliveryId::at(0), 1)].into_iter(), 0);
        assert_eq!(fill(&schedule), [8, 8]);
        let mut fast_path = FastPath::new(&schedule, &[], 0);
        (0..9).for_each(|_| assert!(fast_path.has(&schedule, KEY)));
        (0..9).for_each(|_| fast_path.put(claim(KEY)));
        let bursts: Vec<_> = fast_path.into_bursts().flat_map(|(_, bursts)| bursts).collect();
        assert_eq!(bursts.iter().map(Vec::len).collect::<Vec<_>>(), [5, 4], "no thread more");
    }

    #[test]
    fn bursts_are_long_where_rounds_are_and_no_other_can_begin() {
        let mut schedule = schedule(r#","concurrency":3"#);
        schedule.set_long_bursts(true);
        (0..40).for_each(|_| schedule.took(KEY, 2500));
        assert_eq!(fill(&schedule), [20, 20, 20], "as many as take 50 ms");
        (0..20).for_each(|_| schedule.took(KEY, 100));
        assert_eq!(fill(&schedule), [32, 32, 32]);
        // What places are there for is spread over them first.
        let mut fast_path = FastPath::new(&schedule, &[], 0);
        (0..20).for_each(|_| assert!(fast_path.has(&schedule, KEY)));
        (0..20).for_each(|_| fast_path.put(claim(KEY)));
        assert_eq!(fast_path.full(), None);
        let bursts: Vec<_> = fast_path.into_bursts().flat_map(|(_, bursts)| bursts).collect();
        assert_eq!(bursts.iter().map(Vec::len).collect::<Vec<_>>(), [7, 7, 6]);
        // A slow endpoint has one at a time as ever.
        (0..40).for_each(|_| schedule.took(KEY, 90_000));
        assert_eq!(fill(&schedule), [1, 1, 1]);
    }

    #[test]
    fn what_is_withdrawn_does_not_go() {
        let schedule = schedule(r#","concurrency":3"#);
        let mut fast_path = FastPath::new(&schedule, &[], 0);
        let claims = [claim(KEY), claim(KEY)];
        for claim in &claims {
            assert!(fast_path.has(&schedule, KEY));
            fast_path.put(claim.clone());
        }
        fast_path.withdraw(KEY, claims[0].id);
        fast_path.withdraw(WebhookKey(2), claims[1].id);
        let bursts: Vec<_> = fast_path.into_bursts().flat_map(|(_, bursts)| bursts).collect();
        let left: Vec<_> = bursts.iter().flatten().map(|claim| claim.id).collect();
        assert_eq!(left, [claims[1].id]);
        let mut fast_path = FastPath::new(&schedule, &[], 0);
        assert!(fast_path.has(&schedule, KEY));
        fast_path.put(claims[0].clone());
        fast_path.withdraw(KEY, claims[0].id);
        assert_eq!(fast_path.into_bursts().count(), 0);
    }

    #[test]
    fn nothing_new_goes_before_what_is_due() {
        let mut schedule = schedule("");
        schedule.set_due(KEY, Some(0), 0);
        assert!(fill(&schedule).is_empty());
        let turn = schedule.next(0).expect("a turn");
        schedule.give_back(&turn, 0);
        schedule.set_due(KEY, Some(60_000), 0);
        assert_eq!(fill(&schedule).len(), 8, "a retry in a minute keeps nobody");
    }

    #[test]
    fn order_rate_and_failures_let_nothing_go_at_once() {
        for more in [r#","ordered":true"#, r#","rate_limit":{"count":3,"per":"second"}"#] {
            assert!(fill(&schedule(more)).is_empty(), "{more}");
        }
        let mut schedule = schedule("");
        let mut fast_path = FastPath::new(&schedule, &[], 0);
        fast_path.close(KEY);
        assert!(!fast_path.has(&schedule, KEY));
        schedule.set_health(KEY, Health { slow: true, proven: true, ..Health::default() }, 0);
        assert!(fill(&schedule).is_empty());
    }
}
