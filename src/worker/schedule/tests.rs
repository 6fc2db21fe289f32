//! Who is served, when, and behind whom.

use super::*;

impl Schedule {
    /// Everything that it knows, but for what is another at every run: numbers in a row, times,
    /// ids of disablings.
    pub(crate) fn known(&self) -> Vec<String> {
        let lane = |lane: &Lane| {
            let mut health = Health { failing_since: None, probe_at: None, ..lane.health.clone() };
            health.disabled.iter_mut().for_each(|disabled| disabled.id.clear());
            let place = match lane.place {
                Place::Waiting(_) => Place::Waiting(0),
                Place::Ready(row, _) => Place::Ready(row, 0),
                Place::Crowded(row, _) => Place::Crowded(row, 0),
                place @ (Place::Idle | Place::Full) => place,
            };
            let Lane { id, webhook, origin, next_due, in_flight, takes, bytes, recent, .. } = lane;
            let (webhook, due, recent) = (webhook.is_some(), next_due.is_some(), recent.len());
            format!(
                "{id} {webhook} {origin} {due} {in_flight} {takes} {bytes} {recent} {place:?} {health:?}"
            )
        };
        let mut known: Vec<_> = self.lanes.values().map(lane).collect();
        known.sort_unstable();
        let Self { waiting, under_way, suspects, bytes, held, .. } = self;
        known.push(format!("{} {under_way:?} {suspects} {bytes} {held}", waiting.len()));
        known
    }
}

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
    assert_eq!((turn.key, turn.limit, turn.waited_for), (WebhookKey(11), 1, Some(waits::MACHINE)));
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
    let health = Health { failures_in_row: PROBE_AFTER, probe_at: Some(5000), ..Health::default() };
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

#[test]
fn servers_share_what_a_webhook_may_have_at_once_but_for_what_one_of_them_sends_alone() {
    let rate = r#","concurrency":5,"rate_limit":{"count":100,"per":"second"}"#;
    let mut schedule = schedule(100, &[r#","concurrency":5"#, rate, r#","ordered":true"#]);
    let rooms = |schedule: &Schedule| {
        [1, 2, 3].map(|key| schedule.lane(WebhookKey(key)).expect("a lane").room())
    };
    for (servers, expected) in [(0, 5), (1, 5), (2, 3), (3, 2), (5, 1), (9, 1), (1, 5)] {
        schedule.set_servers(servers, 0);
        assert_eq!(rooms(&schedule), [expected, 5, 1], "{servers} servers");
    }
    // One that fails is sent to by one of them.
    schedule.set_servers(3, 0);
    let health = Health { proven: true, failures_in_row: 1, ..Health::default() };
    schedule.set_health(WebhookKey(1), health, 0);
    assert_eq!(rooms(&schedule), [5, 5, 1]);
    // One that comes later shares, too; and a full one has room as soon as there are fewer servers.
    add(&mut schedule, 4, r#","concurrency":2"#, 0);
    let turns = schedule.take_turns(0, 100);
    let turn = turns.iter().find(|turn| turn.key == WebhookKey(4)).expect("its turn");
    assert_eq!(turn.limit, 1);
}
