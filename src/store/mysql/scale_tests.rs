//! A hundred workers on one MariaDB, on a simulated clock: what docs/scale.md says of leases.

use std::collections::HashMap;

use super::engine_tests::{Tables, write};
use super::test_server::TestServer;
use super::{Connection, MysqlStore};
use crate::conformance::{Fixture as _, attempt, claim, complete, event, ingest};
use crate::{Claim, NewDelivery, Next, Origin, State, Store as _, Wanted, WebhookKey, Written};
use domain::clock::{Clock as _, ManualClock};
use domain::id::DeliveryId;

const WORKERS: usize = 100;
/// Those that die, and those that stand still for longer than a lease and go on.
const DEAD: std::ops::Range<usize> = 0..10;
const FROZEN: std::ops::Range<usize> = 10..15;
/// When they do, and when the frozen go on, in seconds.
const DIE: i64 = 5;
const FREEZE: i64 = 8;
const THAW: i64 = 30;
const END: i64 = 36;
/// A lease, and how often a worker beats, in seconds.
const LEASE: i64 = 15;
const BEAT: i64 = 3;
/// How long the workers' looks take together, in milliseconds: each comes at a time of its own.
const ROUND: i64 = 1000;

fn worker(tables: &Tables, number: usize) -> MysqlStore {
    tables.store(&Origin::example(number as u8 + 1, &format!("web{number}")))
}

/// Two deliveries that wait, of which one is then under way: the webhook's lane is this worker's.
fn begin(store: &mut MysqlStore, clock: &ManualClock, number: usize) -> (WebhookKey, Claim) {
    let webhook = write(store, |t| t.webhook(&format!("hook{number}")));
    for _ in 0..2 {
        let now = clock.unix_ms();
        write(store, |t| {
            let new = NewDelivery {
                id: DeliveryId::at(now),
                webhook,
                state: State::Pending,
                due: now,
                reason: None,
                failure: None,
            };
            ingest(t, &event(now), now, &[], &[new])
        });
    }
    (webhook, claims(store, clock, webhook).remove(0))
}

/// What a worker gets of a webhook: at most one delivery.
fn claims(store: &mut MysqlStore, clock: &ManualClock, webhook: WebhookKey) -> Vec<Claim> {
    let now = clock.unix_ms();
    write(store, |t| claim(t, Wanted { webhook, limit: 1, burst: 1, ordered: false }, now))
}

#[test]
fn of_a_hundred_workers_each_that_dies_has_one_adopter_and_nobody_else_is_missed() {
    let server = TestServer::start(&["--max-connections=200"]);
    let tables = Tables::of(server.database());
    let clock = tables.clock();
    let mut stores: Vec<_> = (0..WORKERS).map(|number| worker(&tables, number)).collect();
    let held: Vec<_> =
        (0..WORKERS).map(|number| begin(&mut stores[number], &clock, number)).collect();

    let mut watcher = Connection::open(tables.server()).unwrap();
    let sql =
        format!("SELECT epoch, alive FROM {} ORDER BY spool", tables.server().table("workers"));
    let mut rows = || -> Vec<(u64, bool)> { watcher.rows(&sql, Vec::new()).unwrap() };
    let mut taken_at = HashMap::new();
    for second in 0..END {
        // Whoever looks first does not do so in every round.
        for turn in 0..WORKERS {
            let number = (turn * 37 + second as usize * 11) % WORKERS;
            let is_dead = DEAD.contains(&number) && second >= DIE;
            let is_frozen = FROZEN.contains(&number) && (FREEZE..THAW).contains(&second);
            if !is_dead && !is_frozen {
                stores[number].look_at_others().unwrap();
            }
            clock.advance(ROUND / WORKERS as i64);
        }
        for (number, (_, is_alive)) in rows().into_iter().enumerate() {
            if !is_alive {
                taken_at.entry(number).or_insert(second);
            }
        }
    }

    // A takeover moves the epoch on by one: each had one adopter, within a lease and two rounds.
    for (number, (epoch, is_alive)) in rows().into_iter().enumerate() {
        let is_missed = |from: i64| {
            let taken = taken_at.get(&number).copied();
            let taken = taken.unwrap_or_else(|| panic!("nobody missed {number}"));
            assert!(
                (from + LEASE - BEAT - 1..=from + LEASE + 2).contains(&taken),
                "{number} {taken}"
            );
        };
        if DEAD.contains(&number) {
            assert_eq!((epoch, is_alive), (2, false), "{number}");
            is_missed(DIE);
        } else if FROZEN.contains(&number) {
            // It began anew when it came back.
            assert_eq!((epoch, is_alive), (3, true), "{number}");
            is_missed(FREEZE);
        } else {
            assert_eq!((epoch, is_alive), (1, true), "{number}");
        }
    }

    // Results of who was taken over are refused, those of all others kept.
    let done = attempt(clock.unix_ms(), Next::Delivered);
    for number in FROZEN.start..WORKERS {
        let expected = if FROZEN.contains(&number) { Written::Lost } else { Written::Kept };
        let written = write(&mut stores[number], |t| complete(t, &held[number].1, &done, None));
        assert_eq!(written, expected, "{number}");
    }
    // Each lane has one holder: of what waits for a webhook whose holder is gone one worker gets
    // something, and of the others' lanes nobody does.
    for (number, (webhook, _)) in held.iter().enumerate() {
        let takers: Vec<_> = (FROZEN.end..WORKERS)
            .filter(|other| *other != number)
            .filter(|other| !claims(&mut stores[*other], &clock, *webhook).is_empty())
            .collect();
        let is_free = number < FROZEN.end;
        assert_eq!(takers.len(), usize::from(is_free), "{number}: {takers:?}");
    }

    // What being watched by all costs the database, for docs/scale.md.
    if std::env::var_os("SHOW").is_some() {
        let questions = || -> u64 {
            let sql = "SELECT CAST(variable_value AS UNSIGNED) FROM information_schema.global_status \
                       WHERE variable_name = 'QUESTIONS'";
            let mut connection = Connection::open(tables.server()).unwrap();
            connection.rows(sql, Vec::new()).unwrap().remove(0)
        };
        let (before, begun) = (questions(), std::time::Instant::now());
        for _ in 0..5 {
            for store in &mut stores[FROZEN.end..] {
                store.look_at_others().unwrap();
                clock.advance(2);
            }
        }
        let looks = 5 * (WORKERS - FROZEN.end) as u64;
        eprintln!(
            "{looks} looks: {:.2} statements and {:.2} ms each",
            (questions() - before) as f64 / looks as f64,
            begun.elapsed().as_secs_f64() * 1000.0 / looks as f64
        );
    }
}
