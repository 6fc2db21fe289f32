//! Several workers on one MariaDB: whose a delivery is, and what becomes of a worker that stands
//! still. All have one clock here, which each looks at by itself.

use std::collections::HashSet;

use super::engine_tests::{Tables, write};
use super::row::Owner;
use super::{Connection, MysqlStore};
use crate::conformance::{Fixture as _, NOON, attempt, claim, complete, event, ingest};
use crate::{
    Claim, Forgetting, Leaving, NewDelivery, News, Next, Origin, Person, State, Store, StoreError,
    Wanted, WebhookKey, Written,
};
use domain::clock::{Clock as _, ManualClock};
use domain::id::DeliveryId;
use journal::SegmentId;

/// How long a look leaves between two in these tests, in milliseconds, and a lease.
const STEP: i64 = 3000;
const LEASE: i64 = 15_000;

fn worker(tables: &Tables, number: u8) -> MysqlStore {
    tables.store(&Origin::example(number, &format!("web{number}")))
}

/// Adds an event with one delivery; `Delivering`: claimed as it comes in.
fn add(
    store: &mut MysqlStore,
    clock: &ManualClock,
    webhook: WebhookKey,
    state: State,
) -> DeliveryId {
    let now = clock.unix_ms();
    write(store, |t| {
        let (id, event) = (DeliveryId::at(now), event(now));
        let new = NewDelivery { id, webhook, state, due: now, reason: None, failure: None };
        assert!(ingest(t, &event, now, &[], &[new])?);
        Ok(id)
    })
}

fn claims(store: &mut MysqlStore, clock: &ManualClock, webhook: WebhookKey) -> Vec<Claim> {
    let now = clock.unix_ms();
    write(store, |t| claim(t, Wanted { webhook, limit: 9, burst: 1, ordered: false }, now))
}

fn ids(claims: &[Claim]) -> HashSet<DeliveryId> {
    claims.iter().map(|claim| claim.id).collect()
}

/// Lets time pass while these workers look at each other; what each found.
fn pass(clock: &ManualClock, ms: i64, stores: &mut [&mut MysqlStore]) -> Vec<Vec<News>> {
    pass_by(STEP, clock, ms, stores)
}

/// The same in steps of another length, in milliseconds.
fn pass_by(
    step: i64,
    clock: &ManualClock,
    ms: i64,
    stores: &mut [&mut MysqlStore],
) -> Vec<Vec<News>> {
    let mut found: Vec<Vec<News>> = stores.iter().map(|_| Vec::new()).collect();
    for _ in 0..(ms / step) + 1 {
        for (store, found) in stores.iter_mut().zip(&mut found) {
            found.push(store.look_at_others().unwrap());
        }
        clock.advance(step);
    }
    found
}

/// Epoch of a worker, and whether it is alive, as its row says.
fn row(tables: &Tables, spool: u8) -> (u64, bool) {
    let mut connection = Connection::open(tables.server()).unwrap();
    let sql =
        format!("SELECT epoch, alive FROM {} WHERE spool = ?", tables.server().table("workers"));
    connection.rows(&sql, vec![[spool; 16].as_slice().into()]).unwrap().remove(0)
}

#[test]
fn a_worker_that_stood_still_is_taken_over_once_and_its_results_are_refused() {
    let tables = Tables::new();
    let clock = tables.clock();
    let (mut frozen, mut one, mut two) =
        (worker(&tables, 1), worker(&tables, 2), worker(&tables, 3));
    let webhook = write(&mut frozen, |t| t.webhook("crm"));
    let waiting = [(); 2].map(|()| add(&mut frozen, &clock, webhook, State::Pending));
    let mut under_way = claims(&mut frozen, &clock, webhook);
    assert_eq!(ids(&under_way), HashSet::from(waiting));
    // One that went out as it came in, and one that waits.
    let at_once = add(&mut frozen, &clock, webhook, State::Delivering);
    let later = add(&mut frozen, &clock, webhook, State::Pending);

    // While it lives, nothing of it is anybody else's.
    pass(&clock, LEASE - STEP, &mut [&mut frozen, &mut one, &mut two]);
    for other in [&mut one, &mut two] {
        assert!(claims(other, &clock, webhook).is_empty());
        assert_eq!(write(other, |t| t.next_due(webhook, false)), None);
    }
    let found = pass(&clock, LEASE + STEP, &mut [&mut one, &mut two]);
    // Nobody has the lane: whoever comes first is to try what was under way.
    assert!(found.iter().all(|news| news.iter().any(|news| news.suspects)));
    // Each takeover moves the epoch on by one.
    let (epoch, is_alive) = row(&tables, 1);
    assert!(epoch == 2 && !is_alive);

    // Whoever comes first has the lane: the other has nothing of it.
    let news: Vec<_> = found.iter().flatten().flat_map(|news| &news.due).collect();
    assert!(news.contains(&&(webhook, Some(NOON))), "{news:?}");
    assert_eq!(ids(&claims(&mut one, &clock, webhook)), HashSet::from([later]));
    assert!(claims(&mut two, &clock, webhook).is_empty());
    assert!(write(&mut two, |t| t.claim_suspect(webhook, clock.unix_ms(), false)).is_none());
    let mut tried = Vec::new();
    while let Some(claim) = write(&mut one, |t| t.claim_suspect(webhook, clock.unix_ms(), false)) {
        tried.push(claim);
    }
    let expected: HashSet<_> = waiting.into_iter().chain([at_once]).collect();
    assert_eq!(ids(&tried), expected);
    let done = attempt(clock.unix_ms(), Next::Delivered);
    assert_eq!(write(&mut one, |t| complete(t, &tried[0], &done, None)), Written::Kept);

    // It wakes up: what it had under way is not its own, whatever came of it. What it reads of its
    // journal is taken in, under a new lease.
    under_way.push(Claim { id: at_once, ..under_way[0].clone() });
    let failed = attempt(clock.unix_ms(), Next::Failed);
    for claim in &under_way {
        assert_eq!(write(&mut frozen, |t| complete(t, claim, &failed, None)), Written::Lost);
        assert_eq!(write(&mut frozen, |t| t.release(claim.id, NOON)), Written::Lost);
    }
    assert_eq!(row(&tables, 1), (3, true));
    let new = add(&mut frozen, &clock, webhook, State::Pending);
    assert_eq!(ids(&claims(&mut one, &clock, webhook)), HashSet::from([new]));
    for claim in &tried {
        let shown = tables.log().delivery(&claim.id).unwrap().unwrap();
        let made = usize::from(claim.id == tried[0].id);
        assert_eq!(
            (shown.attempts_made.len(), shown.delivery.state == State::Delivered),
            (made, made == 1)
        );
    }
}

#[test]
fn a_fenced_worker_writes_nothing_of_a_transaction() {
    let tables = Tables::new();
    let clock = tables.clock();
    let (mut frozen, mut other) = (worker(&tables, 1), worker(&tables, 2));
    let webhook = write(&mut frozen, |t| t.webhook("crm"));
    add(&mut frozen, &clock, webhook, State::Pending);
    pass(&clock, LEASE + 2 * STEP, &mut [&mut other]);
    // All that it had read before would fit.
    let now = clock.unix_ms();
    let (id, lost) = (DeliveryId::at(now), event(now));
    let mut tries = 0;
    let refused = frozen.transaction(&mut |t| {
        tries += 1;
        let new = NewDelivery {
            id,
            webhook,
            state: State::Pending,
            due: now,
            reason: None,
            failure: None,
        };
        t.set_position(SegmentId([1; 16]), 7)?;
        ingest(t, &lost, now, &[], &[new]).map(drop)
    });
    assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
    assert_eq!(tries, 1);
    assert!(tables.log().delivery(&id).unwrap().is_none());
    assert!(frozen.load().unwrap().positions.is_empty());
}

#[test]
fn an_outage_of_the_database_is_nobodys_death() {
    let tables = Tables::new();
    let clock = tables.clock();
    let (mut one, mut two) = (worker(&tables, 1), worker(&tables, 2));
    let webhook = write(&mut one, |t| t.webhook("crm"));
    add(&mut one, &clock, webhook, State::Pending);
    assert_eq!(claims(&mut one, &clock, webhook).len(), 1);
    pass(&clock, STEP, &mut [&mut one, &mut two]);
    // For an hour nobody could look, nor beat.
    clock.advance(3_600_000);
    let found = pass(&clock, STEP, &mut [&mut two, &mut one]);
    assert!(found.iter().flatten().all(|news| !news.suspects));
    assert_eq!([row(&tables, 1), row(&tables, 2)], [(1, true); 2]);
}

#[test]
fn a_worker_that_leaves_is_not_waited_for() {
    let tables = Tables::new();
    let clock = tables.clock();
    let (mut one, mut two) = (worker(&tables, 1), worker(&tables, 2));
    let webhook = write(&mut one, |t| t.webhook("crm"));
    let id = add(&mut one, &clock, webhook, State::Pending);
    assert_eq!(claims(&mut one, &clock, webhook).len(), 1);
    pass(&clock, STEP, &mut [&mut two]);
    assert!(claims(&mut two, &clock, webhook).is_empty());
    write(&mut one, |t| t.release_all());
    drop(one);
    let found = pass(&clock, 0, &mut [&mut two]);
    assert_eq!(found[0][0].due, [(webhook, Some(NOON))]);
    assert!(!found[0][0].suspects);
    assert_eq!(ids(&claims(&mut two, &clock, webhook)), HashSet::from([id]));
}

#[test]
fn what_a_worker_left_without_a_word_is_tried_by_another() {
    let tables = Tables::new();
    let clock = tables.clock();
    let (mut one, mut two) = (worker(&tables, 1), worker(&tables, 2));
    let webhook = write(&mut one, |t| t.webhook("crm"));
    let id = add(&mut one, &clock, webhook, State::Delivering);
    drop(one);
    let found = pass(&clock, STEP, &mut [&mut two]);
    assert!(found[0].iter().any(|news| news.suspects));
    let claim = write(&mut two, |t| t.claim_suspect(webhook, clock.unix_ms(), false)).unwrap();
    assert_eq!(claim.id, id);
}

#[test]
fn what_a_dead_worker_had_under_way_is_tried_by_whoever_has_the_lane() {
    let tables = Tables::new();
    let clock = tables.clock();
    let (mut dying, mut holder, mut adopter) =
        (worker(&tables, 1), worker(&tables, 2), worker(&tables, 3));
    let webhook = write(&mut holder, |t| t.webhook("crm"));
    assert_eq!(write(&mut dying, |t| t.webhook("crm")), webhook);
    add(&mut holder, &clock, webhook, State::Pending);
    assert_eq!(claims(&mut holder, &clock, webhook).len(), 1);
    let at_once = add(&mut dying, &clock, webhook, State::Delivering);
    pass(&clock, STEP, &mut [&mut dying, &mut holder, &mut adopter]);
    // The one without the lane comes first, each time.
    let found = pass(&clock, LEASE + STEP, &mut [&mut adopter, &mut holder]);
    assert_eq!(row(&tables, 1), (2, false));
    assert!(found[1].iter().any(|news| news.suspects), "the holder knows");
    let now = clock.unix_ms();
    assert!(write(&mut adopter, |t| t.claim_suspect(webhook, now, false)).is_none());
    let claim = write(&mut holder, |t| t.claim_suspect(webhook, now, false)).unwrap();
    assert_eq!(claim.id, at_once);
    let news = pass(&clock, 0, &mut [&mut holder]);
    assert!(!news[0][0].suspects, "there is none any more");

    // One that comes back, and finds what it had itself, need not have the lane either.
    let mut again = worker(&tables, 1);
    let second = add(&mut again, &clock, webhook, State::Delivering);
    std::mem::forget(again);
    let mut back = worker(&tables, 1);
    assert_eq!(back.load().unwrap().reclaimed, 1);
    let found = pass(&clock, STEP, &mut [&mut back, &mut holder]);
    assert!(found[1].iter().any(|news| news.suspects), "the holder knows");
    let now = clock.unix_ms();
    let claim = write(&mut holder, |t| t.claim_suspect(webhook, now, false)).unwrap();
    assert_eq!(claim.id, second);
}

#[test]
fn suspects_of_a_worker_that_came_back_and_died_again_waited_for_ever() {
    // Whenever its lanes become free: beside the look at what changes rarely, or between two.
    const OFTEN: i64 = 200;
    for early in 0..5 {
        let tables = Tables::new();
        let clock = tables.clock();
        let (mut dying, mut other) = (worker(&tables, 1), worker(&tables, 2));
        let webhook = write(&mut dying, |t| t.webhook("crm"));
        let id = add(&mut dying, &clock, webhook, State::Pending);
        assert_eq!(claims(&mut dying, &clock, webhook).len(), 1);
        pass_by(OFTEN, &clock, STEP, &mut [&mut dying, &mut other]);
        std::mem::forget(dying);
        let mut back = worker(&tables, 1);
        assert_eq!(back.load().unwrap().reclaimed, 1);
        pass_by(OFTEN, &clock, 1000 + early * OFTEN, &mut [&mut back, &mut other]);
        std::mem::forget(back);
        let found = pass_by(OFTEN, &clock, LEASE + STEP, &mut [&mut other]);
        assert!(found[0].iter().any(|news| news.suspects), "{early}");
        let claim = write(&mut other, |t| t.claim_suspect(webhook, clock.unix_ms(), false));
        assert_eq!(claim.map(|claim| claim.id), Some(id));
    }
}

#[test]
fn what_comes_in_elsewhere_is_told_to_whoever_has_the_lane() {
    let tables = Tables::new();
    let clock = tables.clock();
    let (mut holder, mut other) = (worker(&tables, 1), worker(&tables, 2));
    let webhook = write(&mut holder, |t| t.webhook("crm"));
    add(&mut holder, &clock, webhook, State::Pending);
    assert_eq!(claims(&mut holder, &clock, webhook).len(), 1);
    pass(&clock, STEP, &mut [&mut holder, &mut other]);
    assert!(holder.look_at_others().unwrap().due.iter().all(|(_, due)| due.is_none()));
    // The key of a webhook is the same for all.
    assert_eq!(write(&mut other, |t| t.webhook("crm")), webhook);
    let now = clock.unix_ms();
    let id = add(&mut other, &clock, webhook, State::Pending);
    let at_once = add(&mut other, &clock, webhook, State::Delivering);
    assert!(claims(&mut other, &clock, webhook).is_empty());
    let health = crate::Health { failures_in_row: 3, ..Default::default() };
    write(&mut other, |t| t.set_health(webhook, &health));
    clock.advance(STEP);
    let news = holder.look_at_others().unwrap();
    assert_eq!(news.due, [(webhook, Some(now))]);
    assert!(news.webhooks.iter().any(|it| it.key == webhook && it.health == health));
    assert_eq!(ids(&claims(&mut holder, &clock, webhook)), HashSet::from([id]));
    // What went at once belongs to whoever took it in.
    let claim = Claim { id: at_once, ..claims_of(&tables, webhook) };
    let done = attempt(now, Next::Delivered);
    assert_eq!(write(&mut holder, |t| complete(t, &claim, &done, None)), Written::Lost);
    assert_eq!(write(&mut other, |t| complete(t, &claim, &done, None)), Written::Kept);
}

/// A claim to be filled in.
fn claims_of(tables: &Tables, webhook: WebhookKey) -> Claim {
    let event = event(tables.clock().unix_ms());
    let id = DeliveryId::at(NOON);
    Claim { id, webhook, event: event.into(), attempts: 0, due: NOON, request_body: None }
}

#[test]
fn one_leads_and_another_does_when_it_leaves() {
    let tables = Tables::new();
    let clock = tables.clock();
    let (mut one, mut two) = (worker(&tables, 1), worker(&tables, 2));
    let webhook = write(&mut one, |t| t.webhook("crm"));
    for _ in 0..3 {
        let id = add(&mut one, &clock, webhook, State::Delivering);
        let claim = Claim { id, ..claims_of(&tables, webhook) };
        let failed = attempt(clock.unix_ms(), Next::Failed);
        write(&mut one, |t| complete(t, &claim, &failed, None));
    }
    write(&mut one, |t| t.prune(0, 0, 1));
    // The other notes a wish, which is for the one that leads.
    let bulk = crate::bulk::Bulk {
        token: "t".into(),
        action: crate::bulk::Action::Resend,
        query: serde_json::from_str(r#"{"state":"failed"}"#).unwrap(),
        matched: 3,
    };
    let now = clock.unix_ms();
    write(&mut two, |t| t.begin_bulk(&bulk, now));
    assert_eq!(write(&mut two, |t| t.step_bulk(now, 1)), Default::default());
    pass(&clock, STEP, &mut [&mut one, &mut two]);
    assert!(one.look_at_others().unwrap().wishes);
    assert!(write(&mut one, |t| t.step_bulk(now, 1)).more);
    drop(one);
    pass(&clock, STEP, &mut [&mut two]);
    assert!(two.look_at_others().unwrap().wishes);
    while write(&mut two, |t| t.step_bulk(now, 1)).more {}
    assert_eq!(tables.log().bulks().unwrap()[0].changed, 3);
}

#[test]
fn workers_at_once_give_each_number_once() {
    let tables = Tables::new();
    drop(worker(&tables, 1));
    let made: Vec<(Owner, WebhookKey)> = std::thread::scope(|scope| {
        let one = |number: u8| {
            let tables = &tables;
            scope.spawn(move || {
                let mut store = worker(tables, number);
                let webhook = write(&mut store, |t| t.webhook("crm"));
                let news = crate::Announcement {
                    code: "test".into(),
                    at: NOON,
                    params: serde_json::Map::new(),
                };
                for _ in 0..20 {
                    write(&mut store, |t| t.announce(&news));
                }
                (store.lease.me, webhook)
            })
        };
        let threads: Vec<_> = (1..=3).map(one).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(made.iter().map(|(me, _)| me.worker).collect::<HashSet<_>>().len(), 3);
    assert!(made.iter().all(|(_, webhook)| *webhook == made[0].1));
    let numbers: Vec<_> =
        tables.log().announcements(0).unwrap().iter().map(|news| news.number).collect();
    assert_eq!(numbers, (1..=60).collect::<Vec<_>>());
}

#[test]
fn who_goes_by_an_older_config_gives_its_lanes_up_once_nothing_is_under_way() {
    let tables = Tables::new();
    let clock = tables.clock();
    let (mut old, mut new) = (worker(&tables, 1), worker(&tables, 2));
    let webhook = write(&mut old, |t| t.webhook("crm"));
    for store in [&mut old, &mut new] {
        assert!(write(store, |t| t.note_config(1)));
    }
    let first = add(&mut old, &clock, webhook, State::Pending);
    let under_way = claims(&mut old, &clock, webhook);
    assert_eq!(ids(&under_way), HashSet::from([first]));
    let second = add(&mut old, &clock, webhook, State::Pending);
    assert!(write(&mut new, |t| t.note_config(2)));
    pass(&clock, STEP, &mut [&mut old, &mut new]);
    assert!(claims(&mut old, &clock, webhook).is_empty());
    assert!(claims(&mut new, &clock, webhook).is_empty(), "the first is still under way");
    let done = attempt(clock.unix_ms(), Next::Delivered);
    assert_eq!(write(&mut old, |t| complete(t, &under_way[0], &done, None)), Written::Kept);
    let found = pass(&clock, STEP, &mut [&mut old, &mut new]);
    assert!(found[1].iter().any(|news| news.due.contains(&(webhook, Some(NOON)))));
    assert_eq!(ids(&claims(&mut new, &clock, webhook)), HashSet::from([second]));
    assert!(!write(&mut old, |t| t.note_config(1)), "another one knows better");

    // Nobody else lives: what waits is sent by what is known; nothing is changed by it.
    write(&mut new, |t| t.release_all());
    drop(new);
    pass(&clock, STEP, &mut [&mut old]);
    assert_eq!(ids(&claims(&mut old, &clock, webhook)), HashSet::from([second]));
    assert!(!write(&mut old, |t| t.note_config(1)));
    assert!(write(&mut old, |t| t.note_config(2)));
}

#[test]
fn who_only_takes_in_leaves_the_others_all_that_may_be_under_way() {
    let tables = Tables::new();
    let clock = tables.clock();
    let (mut one, mut two) = (worker(&tables, 1), worker(&tables, 2));
    let mut inner = worker(&tables, 3);
    inner.only_takes_in();
    inner.load().unwrap();
    let servers = |found: &[Vec<News>]| -> Vec<u32> {
        found.iter().map(|news| news.last().map_or(0, |news| news.servers)).collect()
    };
    let found = pass(&clock, 0, &mut [&mut one, &mut two, &mut inner]);
    assert_eq!(servers(&found), [2, 2, 2]);
    drop(two);
    let found = pass(&clock, STEP, &mut [&mut one, &mut inner]);
    assert_eq!(servers(&found), [1, 1]);
    // The same spool's next worker may send.
    drop(inner);
    let mut outer = worker(&tables, 3);
    outer.load().unwrap();
    let found = pass(&clock, STEP, &mut [&mut one, &mut outer]);
    assert_eq!(servers(&found), [2, 2]);
}

/// Fulfils a wish as far as it goes: servers that are missing; none: it is not done.
fn forget(store: &mut MysqlStore) -> Option<Vec<String>> {
    for _ in 0..10 {
        match write(store, |t| t.forget(100)) {
            Forgetting::Nothing => return None,
            Forgetting::UnderWay => {}
            Forgetting::Done { missing, .. } => return Some(missing),
        }
    }
    None
}

#[test]
fn a_worker_that_sleeps_is_not_missed_by_who_forgets_and_searches_when_it_wakes() {
    let tables = Tables::new();
    let person: Person = serde_json::from_str(r#"{"email":"zoe@example.org"}"#).unwrap();
    for (leaving, missing) in [
        (Leaving::Ended, vec!["web2".to_owned()]),
        (Leaving::Asleep, Vec::new()),
        (Leaving::Drained, Vec::new()),
    ] {
        let (mut one, mut two) = (worker(&tables, 1), worker(&tables, 2));
        let token = format!("{leaving:?}");
        two.leaves(leaving);
        drop(two);
        write(&mut one, |t| {
            t.begin_forgetting(&token, &person)?;
            t.note_searched(std::slice::from_ref(&token))
        });
        assert_eq!(forget(&mut one), Some(missing), "{leaving:?}");
        assert_eq!(forget(&mut one), None);
        // Once it is back it is asked, but for one that had handed over all that it had.
        let mut back = worker(&tables, 2);
        let wishes = write(&mut back, |t| t.wishes_to_search());
        let tokens: Vec<_> = wishes.iter().map(|(token, _)| token.clone()).collect();
        if leaving == Leaving::Drained {
            assert!(tokens.is_empty());
            continue;
        }
        assert_eq!(tokens, [token]);
        write(&mut back, |t| t.note_searched(&tokens));
        assert_eq!(forget(&mut one), Some(Vec::new()));
        assert_eq!(forget(&mut one), None);
    }
}

#[test]
fn a_wish_at_a_place_of_a_journal_is_fulfilled_once() {
    let tables = Tables::new();
    let mut one = worker(&tables, 1);
    let is_new = |store: &mut MysqlStore, at: u64| {
        write(store, |t| t.is_new_wish(SegmentId([7; 16]), at, NOON))
    };
    assert!(is_new(&mut one, 40));
    // One that was undone is none.
    let undone = one.transaction(&mut |t| {
        assert!(t.is_new_wish(SegmentId([7; 16]), 80, NOON)?);
        Err(StoreError::Failed { action: "a test", reason: String::new() })
    });
    assert!(undone.is_err());
    assert_eq!([is_new(&mut one, 40), is_new(&mut one, 80)], [false, true]);
    // Of a copied disk, too.
    let mut copy = worker(&tables, 2);
    assert_eq!([is_new(&mut copy, 80), is_new(&mut copy, 120)], [false, true]);
}
