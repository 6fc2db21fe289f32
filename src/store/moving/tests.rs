//! Moves from SQLite to a real MariaDB: histories, and moves that end at any moment.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::{Move, Moved, Told};
use crate::conformance::{Fixture, NOON, Trial, claim, event, ingest};
use crate::log::DeliveriesQuery;
use crate::mysql::engine_tests::Tables;
use crate::mysql::{self, Connection, Endpoint, Find, Server};
use crate::sqlite::tests::InSpool;
use crate::{
    Announcement, Disabled, Health, NewDelivery, Next, Origin, Result, State, Store, StoreError,
    Wanted, history, left_behind,
};
use domain::clock::{Clock, ManualClock};
use domain::id::{DeliveryId, EventId};
use journal::SegmentId;

/// The worker of both stores, as the fixtures open them.
fn worker() -> Origin {
    Origin::example(5, "web1")
}

/// A SQLite store, and tables on the server for it.
struct Both {
    old: InSpool,
    new: Tables,
}

impl Both {
    fn new() -> Self {
        let old = InSpool::new();
        let new = Tables::by(old.clock());
        Self { old, new }
    }

    fn find(&self) -> Find {
        let server = self.new.server().clone();
        Box::new(move || Ok(server.clone()))
    }

    fn try_to_move(&self, tell: &mut dyn FnMut(Told)) -> Result<Moved> {
        let clock: Arc<dyn Clock> = self.old.clock();
        Move {
            spool: self.old.spool(),
            from: None,
            to: "mysql:",
            worker: worker(),
            clock: &clock,
            has_clock: false,
            tell,
        }
        .run(self.find())
    }

    fn migrate(&self) -> Moved {
        self.try_to_move(&mut |_| {}).unwrap()
    }

    /// Moves, and is ended the `n`-th time that something is told; whether it came to its end before.
    fn ends_at(&self, n: usize) -> bool {
        let told = Cell::new(0);
        let ended = catch_unwind(AssertUnwindSafe(|| {
            self.try_to_move(&mut |_| {
                if told.replace(told.get() + 1) == n {
                    // Without a message: that is meant.
                    std::panic::resume_unwind(Box::new(()));
                }
            })
        }));
        ended.is_ok_and(|moved| moved.is_ok())
    }

    fn connection(&self) -> Connection {
        Connection::open(self.new.server()).unwrap()
    }

    /// Rows of a table.
    fn count(&self, table: &str) -> u64 {
        let sql = format!("SELECT COUNT(*) FROM {}", self.new.server().table(table));
        self.connection().rows::<u64>(&sql, Vec::new()).unwrap()[0]
    }
}

/// `count` events for two webhooks, a millisecond apart; some of them delivered.
fn fill(trial: &mut Trial<'_>, count: usize) -> Vec<EventId> {
    let webhooks = ["crm", "shop"].map(|id| trial.webhook(id));
    let mut ids = Vec::new();
    for number in 0..count {
        trial.clock.advance(1);
        let now = trial.clock.unix_ms();
        let event = event(now);
        let new = |webhook| NewDelivery {
            id: DeliveryId::at(now),
            webhook,
            state: if number % 7 == 3 { State::Held } else { State::Pending },
            due: now + (number as i64 % 5) * 60_000,
            reason: None,
            failure: None,
        };
        let deliveries = webhooks.map(new);
        let terms = [format!("order-{number}")];
        trial.write(|t| {
            assert!(ingest(t, &event, now, &terms, &deliveries)?);
            if number % 3 == 0 {
                let wanted = Wanted { webhook: webhooks[0], limit: 1, burst: 1, ordered: false };
                for claim in claim(t, wanted, now)? {
                    let attempt = crate::conformance::attempt(now, Next::Delivered);
                    crate::conformance::complete(t, &claim, &attempt, None)?;
                }
            }
            Ok(())
        });
        ids.push(event.id);
    }
    ids
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config {
        cases: 24,
        // Histories are found again by the seed that a failure prints.
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn random_histories_go_on_where_they_were_moved_to(
        before in history::history(),
        after in history::history(),
        queries in proptest::collection::vec(history::asked(), 4),
    ) {
        let both = Both::new();
        history::a_moved_store_goes_on(
            [&both.old, &both.new],
            [&before, &after],
            &queries,
            &mut || drop(both.migrate()),
        );
    }

    #[test]
    fn a_move_that_ends_at_any_moment_goes_on(
        before in history::history(),
        moments in proptest::collection::vec(0..8_usize, 0..5),
    ) {
        let both = Both::new();
        history::a_moved_store_goes_on([&both.old, &both.new], [&before, &[]], &[], &mut || {
            if !moments.iter().any(|moment| both.ends_at(*moment)) {
                both.migrate();
            }
        });
    }
}

#[test]
fn what_is_beside_the_events_comes_over() {
    let both = Both::new();
    let mut trial = Trial::new(&both.old);
    fill(&mut trial, 20);
    let disabled = Disabled { id: "d1".into(), at: NOON, reason: "failing".into() };
    let health = Health { failures_in_row: 9, disabled: Some(disabled), ..Health::default() };
    let shop = trial.webhook("shop");
    let said =
        |code: &str| Announcement { code: code.into(), at: NOON, params: Default::default() };
    trial.write(|t| {
        t.set_health(shop, &health)?;
        t.set_host(shop, Some("shop.example"))?;
        for code in ["webhook_disabled", "delivery_failed"] {
            t.announce(&said(code))?;
        }
        t.set_position(SegmentId([1; 16]), 700)?;
        t.set_position(SegmentId([2; 16]), 900)?;
        t.defer(99, b"of a later version", NOON)?;
        t.note_death(NOON, 3)?;
        Ok(())
    });
    let announced = |log: &mut crate::log::Log| {
        let all = log.announcements(0).unwrap();
        all.into_iter().map(|it| serde_json::to_value(it).unwrap()).collect::<Vec<_>>()
    };
    let expected = announced(&mut both.old.log());
    drop(trial);
    both.migrate();

    let mut trial = Trial::new(&both.new);
    let loaded = trial.store.load().unwrap();
    let found = loaded.webhooks.iter().find(|webhook| webhook.id == "shop").unwrap();
    assert_eq!(found.health, health);
    let positions = [(SegmentId([1; 16]), 700), (SegmentId([2; 16]), 900)];
    assert_eq!(loaded.positions, positions.into());
    assert_eq!(announced(&mut both.new.log()), expected);
    let summary = both.new.log().summary().unwrap();
    assert_eq!((summary.deaths.clone(), summary.announcements), (vec![NOON], 2));
    // A row of the move is no worker that people are told of.
    let workers: Vec<_> = summary.workers.iter().map(|it| it.server.as_str()).collect();
    assert_eq!(workers, ["web1"]);
    assert_eq!(both.count("deferred"), 1);
    assert_eq!(trial.write(|t| t.announce(&said("webhook_enabled"))), 3);
    let sql = format!("SELECT host FROM {} WHERE id = 'shop'", both.new.server().table("webhooks"));
    assert_eq!(both.connection().rows::<String>(&sql, Vec::new()).unwrap(), ["shop.example"]);
}

#[test]
fn what_waits_goes_on_waiting_for_the_same_time_and_in_order() {
    let both = Both::new();
    let mut trial = Trial::new(&both.old);
    fill(&mut trial, 60);
    let (mut expected, now) = (Vec::new(), trial.clock.unix_ms() + 3_600_000);
    let claims = |trial: &mut Trial<'_>, ordered| {
        let shop = trial.webhook("shop");
        let claims =
            trial.write(|t| claim(t, Wanted { webhook: shop, limit: 99, burst: 1, ordered }, now));
        claims.iter().map(|claim| (claim.id, claim.due, claim.attempts)).collect::<Vec<_>>()
    };
    for ordered in [true, false] {
        expected.push(claims(&mut trial, ordered));
        trial.write(|t| t.release_all());
    }
    drop(trial);
    both.migrate();
    let mut trial = Trial::new(&both.new);
    for (ordered, expected) in [true, false].into_iter().zip(expected) {
        assert_eq!(claims(&mut trial, ordered), expected);
        trial.write(|t| t.release_all());
    }
}

#[test]
fn nothing_of_a_move_may_be_sent_before_its_end() {
    let both = Both::new();
    let mut trial = Trial::new(&both.old);
    let all = fill(&mut trial, 1200).len();
    drop(trial);
    // Ended when the first events are there.
    assert!(!both.ends_at(1));
    let moved = both.count("events");
    assert!(moved > 0 && moved < all as u64, "{moved}");
    let mut other = both.new.store(&Origin::example(9, "web2"));
    other.load().unwrap();
    let now = both.old.clock().unix_ms() + 30 * 86_400_000;
    for _ in 0..3 {
        other.look_at_others().unwrap();
        other
            .transaction(&mut |t| {
                for id in ["crm", "shop"] {
                    let webhook = t.webhook(id)?;
                    let wanted = Wanted { webhook, limit: 9, burst: 1, ordered: false };
                    assert!(claim(t, wanted, now)?.is_empty());
                    assert!(t.next_due(webhook, false)?.is_none_or(|due| due > now));
                }
                Ok(())
            })
            .unwrap();
    }
    drop(other);
    both.migrate();
    assert_eq!(both.count("events"), all as u64);
    let mut log = both.new.log();
    let held = DeliveriesQuery { state: vec![State::Held], ..DeliveriesQuery::default() };
    let expected = 2 * (0..all).filter(|number| number % 7 == 3).count() as u64;
    assert_eq!(log.count_all(&held).unwrap(), expected);
}

#[test]
fn a_worker_that_wrote_meanwhile_has_the_move_begin_anew() {
    let both = Both::new();
    let mut trial = Trial::new(&both.old);
    let mut all = fill(&mut trial, 1200);
    drop(trial);
    assert!(!both.ends_at(2));
    assert!(left_behind(both.old.spool()).unwrap().unwrap().mark.is_some());
    // PHP started one, which goes on with the old store.
    let mut trial = Trial::new(&both.old);
    assert!(left_behind(both.old.spool()).unwrap().unwrap().mark.is_none());
    trial.clock.advance(3_600_000);
    let crm = trial.webhook("crm");
    let claims = trial.claim(crm, 50);
    assert_eq!(claims.len(), 50);
    for claim in &claims {
        trial.record(claim, Next::Delivered);
    }
    all.extend(fill(&mut trial, 5));
    let stats = trial.stats("crm");
    drop(trial);
    let moved = both.migrate();
    assert_eq!((moved.events, moved.there), (all.len() as u64, 0));
    let trial = Trial::new(&both.new);
    assert_eq!(trial.stats("crm"), stats);
    assert_eq!(both.count("moves"), 1);
    assert_eq!(both.count("terms"), all.len() as u64);
}

#[test]
fn what_is_there_already_stays_as_it_is_there() {
    let both = Both::new();
    let (mut old, mut new) = (Trial::new(&both.old), Trial::new(&both.new));
    // The end of a journal that was read by both.
    let mut twice = Vec::new();
    for number in 0..40 {
        let now = both.old.clock().unix_ms();
        let event = event(now);
        for trial in [&mut old, &mut new].into_iter().take(if number < 30 { 1 } else { 2 }) {
            let crm = trial.webhook("crm");
            twice.extend(trial.add(&event, &[crm], State::Pending));
        }
    }
    let crm = new.webhook("crm");
    for claim in new.claim(crm, 4) {
        new.record(&claim, Next::Delivered);
    }
    drop(old);
    drop(new);
    let moved = both.migrate();
    assert_eq!((moved.events, moved.there), (30, 10));
    let trial = Trial::new(&both.new);
    let (stats, query) = (trial.stats("crm"), DeliveriesQuery::default());
    assert_eq!(both.new.log().count_all(&query).unwrap(), 40);
    assert_eq!(stats.delivered, 4);
}

#[test]
fn a_log_that_was_moved_is_not_begun_anew_in_its_place() {
    let both = Both::new();
    fill(&mut Trial::new(&both.old), 3);
    assert_eq!(left_behind(both.old.spool()).unwrap().unwrap().waiting, 6 - 1);
    let moved = both.migrate();
    assert!(moved.kept_as.exists());
    assert_eq!(left_behind(both.old.spool()).unwrap(), None);
    let clock = Arc::new(ManualClock::at(NOON));
    let refused = crate::open(both.old.spool(), None, clock).err().unwrap().to_string();
    assert!(refused.contains("was moved into a database: set webhooks.store"), "{refused}");
    let again = both.try_to_move(&mut |_| {}).unwrap_err().to_string();
    assert!(again.contains("the log was moved before, and lies in"), "{again}");
    // Removed by hand, it is an empty log.
    std::fs::remove_file(&moved.kept_as).unwrap();
    drop(both.old.open());
}

#[test]
fn counts_that_differ_are_told_and_the_old_store_stays() {
    let both = Both::new();
    fill(&mut Trial::new(&both.old), 700);
    let spoil = Cell::new(true);
    let refused = both
        .try_to_move(&mut |told| {
            if told == Told::Compares && spoil.replace(false) {
                let table = both.new.server().table("deliveries");
                let sql = format!("UPDATE {table} SET attempts = attempts + 1 LIMIT 1");
                both.connection().execute(&sql, Vec::new()).unwrap();
            }
        })
        .unwrap_err();
    assert!(matches!(refused, StoreError::Failed { .. }));
    assert!(refused.to_string().contains("deliveries ["), "{refused}");
    assert_eq!(both.migrate().events, 700);
    assert_eq!(both.count("events"), 700);
}

#[test]
fn a_worker_that_comes_to_a_database_reads_on_where_the_file_ended() {
    let both = Both::new();
    let mut trial = Trial::new(&both.old);
    let positions = [(SegmentId([1; 16]), 700), (SegmentId([2; 16]), 900)];
    // The one worker of an embedded store has no spool's id.
    drop(std::mem::replace(&mut trial.store, both.old.open_as(&Origin::embedded())));
    trial.write(|t| positions.iter().try_for_each(|(segment, at)| t.set_position(*segment, *at)));
    drop(trial);
    let Server { endpoint: Endpoint::Socket(socket), prefix, .. } = both.new.server().clone()
    else {
        unreachable!("the tests' server is reached by its socket")
    };
    let address =
        format!("mysql://root@localhost/store?prefix={prefix}&socket={}", socket.display());
    let clock: Arc<dyn Clock> = both.old.clock();
    let open = || mysql::open(both.old.spool(), &address, Arc::clone(&clock)).unwrap();
    let mut store = open();
    assert_eq!(store.load().unwrap().positions, positions.into());
    // From then on it knows that itself.
    store.transaction(&mut |t| t.forget_position(SegmentId([1; 16]))).unwrap();
    drop(store);
    assert_eq!(open().load().unwrap().positions, positions[1..].iter().copied().collect());
}
