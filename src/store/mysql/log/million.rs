//! A million deliveries on MariaDB, and how long each list of them takes. No part of the plain run, as
//! it measures: `cargo test -p store a_million_deliveries -- --ignored --nocapture`.

#![expect(clippy::print_stdout, reason = "it prints figures")]

use std::time::{Duration, Instant};

use super::MysqlLog;
use super::filter::{EPOCH, SHIFT};
use crate::State;
use crate::conformance::{HOUR, NOON};
use crate::log::{DeliveriesQuery, FailuresQuery, LogEngine, OverviewQuery, StatsQuery};
use crate::mysql::test_server::TestServer;
use crate::mysql::{Connection, Server, migrate};

/// Most that a list may take, in milliseconds, by 99 of 100.
const MOST_MS: f64 = 25.0;
/// Deliveries, and those that one statement writes.
const ALL: u64 = 1_000_000;
const AT_ONCE: u64 = 20_000;
/// When the first of them was made: one every 2.5 seconds, the last one now.
const START: i64 = NOON - ALL as i64 * 2_500;
/// How often each is asked.
const ROUNDS: usize = 200;

/// The columns that both kinds of rows are made of: `n` is the delivery's number, from 1 on.
fn key() -> String {
    let first = (START - EPOCH) << SHIFT;
    format!("({first} + n * {} + 4096)", 2_500_i64 << SHIFT)
}

fn fill(server: &Server) {
    let mut to = Connection::open(server).unwrap();
    migrate(&mut to).unwrap();
    let key = key();
    let created = format!("({} + n * 2500)", START);
    // Few names and sites have most of the events, and most have few.
    let name = "CONCAT('event_', FLOOR(POW(RAND(n), 3) * 100))";
    let site = "(1 + FLOOR(POW(RAND(n + 7), 4) * 3000))";
    let webhook = "(1 + n MOD 20)";
    // 90 % delivered; what fails is spread, what waits is new.
    let state = "(CASE WHEN n > 997000 AND n MOD 3 = 0 THEN 0 WHEN n MOD 50 = 7 THEN 3
        WHEN n MOD 100 = 13 THEN 4 WHEN n MOD 100 = 33 THEN 5 WHEN n MOD 100 IN (44, 45, 46) THEN 6
        ELSE 2 END)";
    let id = |salt: u8| {
        format!("UNHEX(CONCAT(LPAD(HEX({created}), 12, '0'), '{salt:04X}', LPAD(HEX(n), 16, '0')))")
    };
    let (event_id, delivery_id) = (id(1), id(2));
    let rows =
        |from: u64| format!("(SELECT seq n FROM seq_{from}_to_{}) rows_", from + AT_ONCE - 1);
    for from in (1..=ALL).step_by(AT_ONCE as usize) {
        let rows = rows(from);
        for (table, columns, values) in [
            (
                "events",
                "`key`, id, name, timestamp, network, site, source, flags, revision, created,
                 data_start, data_end, server",
                format!(
                    "{key}, {event_id}, {name}, {created}, 1, {site}, 'woocommerce', 0, 7, {created},
                     0, 2, 1"
                ),
            ),
            ("bodies", "event, body", format!("{key}, REPEAT('{{\"a\":1}}', 60)")),
            (
                "terms",
                "term, event",
                format!("CONCAT('person-', FLOOR(RAND(n + 3) * 50000), '@example.org'), {key}"),
            ),
            ("terms", "term, event", format!("CONCAT('order-', n), {key}")),
            (
                "deliveries",
                "event, number, id, webhook, name, site, state, due, test, attempts, attempted,
                 settled, last_status, last_failure, duration_us, pending_of, pending_due,
                 failed_status, failed_state",
                format!(
                    "{key}, 1, {delivery_id}, {webhook}, {name}, {site}, {state},
                     IF({state} = 0, {created} + 60000, 0), n MOD 1000 = 500, 1, 1,
                     IF({state} IN (0, 4), NULL, {created} + 50),
                     CASE {state} WHEN 2 THEN 200 WHEN 3 THEN 500 ELSE NULL END,
                     CASE {state} WHEN 3 THEN 'status' ELSE NULL END, 20000,
                     IF({state} = 0, {webhook}, NULL), IF({state} = 0, {created} + 60000, NULL),
                     IF({state} = 3, 500, NULL), IF({state} = 3, 3, NULL)"
                ),
            ),
            (
                "attempts",
                "event, delivery, number, server, started, duration_us, request_headers,
                 response_headers, response_body, reconnected, next",
                format!(
                    "{key}, 1, 1, 1, {created}, 20000,
                     '[[\"content-type\",\"application/json\"]]', '[]', 'ok', 0, {state}"
                ),
            ),
        ] {
            let table = server.table(table);
            let sql = format!("INSERT INTO {table} ({columns}) SELECT {values} FROM {rows}");
            to.execute(&sql, Vec::new()).unwrap_or_else(|error| panic!("{error}: {sql}"));
        }
    }
    for sql in [
        format!(
            "INSERT INTO {} (`key`, id, host) SELECT seq, CONCAT('whk_', seq), 'crm.example'
             FROM seq_1_to_20",
            server.table("webhooks")
        ),
        format!(
            "INSERT INTO {} (webhook, worker, delivered, pending, held)
             SELECT a.seq, b.seq, 15000, 17, 170 FROM seq_1_to_20 a, seq_1_to_3 b",
            server.table("counters")
        ),
        format!(
            "INSERT INTO {} (hour, webhook, worker, delivered, failed)
             SELECT {} - a.seq, b.seq, c.seq, 20, 1 FROM seq_0_to_719 a, seq_1_to_20 b, seq_1_to_3 c",
            server.table("hours"),
            NOON / HOUR
        ),
        format!(
            "INSERT INTO {} (`key`, spool, place, server, version, epoch, beat, alive)
             VALUES (1, REPEAT('a', 16), REPEAT('b', 16), 'web1', '', 1, 1, 1)",
            server.table("workers")
        ),
    ] {
        to.execute(&sql, Vec::new()).unwrap();
    }
    for table in ["events", "deliveries", "terms", "bodies"] {
        to.rows::<::mysql::Row>(&format!("ANALYZE TABLE {}", server.table(table)), Vec::new())
            .unwrap();
    }
}

/// The middle and the 99th of a hundred, in milliseconds.
fn measure(mut ask: impl FnMut(usize)) -> (f64, f64) {
    for round in 0..20 {
        ask(round);
    }
    let mut took: Vec<Duration> = (0..ROUNDS)
        .map(|round| {
            let begun = Instant::now();
            ask(round);
            begun.elapsed()
        })
        .collect();
    took.sort_unstable();
    let ms = |at: usize| took[at].as_secs_f64() * 1000.0;
    (ms(ROUNDS / 2), ms(ROUNDS * 99 / 100))
}

#[test]
#[ignore = "it measures, and fills a database for a minute"]
fn a_million_deliveries_are_listed_in_time() {
    let own = TestServer::start(&["--innodb-buffer-pool-size=1G"]);
    let server = own.database();
    let begun = Instant::now();
    fill(&server);
    println!("filled in {:.0} s", begun.elapsed().as_secs_f64());
    let mut log = MysqlLog::open(&server, None).unwrap().unwrap();
    let all = DeliveriesQuery::default;
    let webhook = |at: usize| Some(format!("whk_{}", 1 + at % 20));
    let name = |at: usize| Some(format!("event_{}", at % 100));
    let ago = |hours: usize| Some(NOON - hours as i64 * HOUR);
    let place = |at: usize| {
        let n = (at as i64 * 4_999) % 1_000_000 + 1;
        let first = (START - EPOCH) << SHIFT;
        let event = first + n * (2_500_i64 << SHIFT) + 4096;
        Some(super::filter::cursor((event.cast_unsigned(), 1)))
    };
    type Of<'a> = (&'a str, Box<dyn Fn(usize) -> DeliveriesQuery + 'a>);
    let lists: Vec<Of<'_>> = vec![
        ("newest", Box::new(|_| all())),
        ("any page", Box::new(|at| DeliveriesQuery { cursor: place(at), ..all() })),
        ("webhook", Box::new(|at| DeliveriesQuery { webhook_id: webhook(at), ..all() })),
        (
            "webhook, any page",
            Box::new(|at| DeliveriesQuery { webhook_id: webhook(at), cursor: place(at), ..all() }),
        ),
        (
            "webhook, failed",
            Box::new(|at| DeliveriesQuery {
                webhook_id: webhook(at),
                state: vec![State::Failed],
                ..all()
            }),
        ),
        (
            "webhook, failed and held",
            Box::new(|at| DeliveriesQuery {
                webhook_id: webhook(at),
                state: vec![State::Failed, State::Held],
                ..all()
            }),
        ),
        ("failed", Box::new(|_| DeliveriesQuery { state: vec![State::Failed], ..all() })),
        ("pending", Box::new(|_| DeliveriesQuery { state: vec![State::Pending], ..all() })),
        ("expired: none", Box::new(|_| DeliveriesQuery { state: vec![State::Expired], ..all() })),
        (
            "failed, any page",
            Box::new(|at| DeliveriesQuery {
                state: vec![State::Failed],
                cursor: place(at),
                ..all()
            }),
        ),
        ("site", Box::new(|at| DeliveriesQuery { site_id: Some(1 + at as i64), ..all() })),
        ("event", Box::new(|at| DeliveriesQuery { event: name(at), ..all() })),
        (
            "event, any page",
            Box::new(|at| DeliveriesQuery { event: name(at), cursor: place(at), ..all() }),
        ),
        (
            "event, webhook",
            Box::new(|at| DeliveriesQuery { event: name(at), webhook_id: webhook(at), ..all() }),
        ),
        (
            "event, webhook, failed",
            Box::new(|at| DeliveriesQuery {
                event: name(at),
                webhook_id: webhook(at),
                state: vec![State::Failed],
                ..all()
            }),
        ),
        (
            "site, failed",
            Box::new(|at| DeliveriesQuery {
                site_id: Some(1 + at as i64),
                state: vec![State::Failed],
                ..all()
            }),
        ),
        ("failure", Box::new(|_| DeliveriesQuery { failure: Some("status".into()), ..all() })),
        ("tests", Box::new(|_| DeliveriesQuery { test: Some(true), ..all() })),
        (
            "one day of a webhook",
            Box::new(|at| DeliveriesQuery {
                webhook_id: webhook(at),
                since: ago(24 + at % 600),
                until: ago(at % 600),
                ..all()
            }),
        ),
        (
            "one day of an event",
            Box::new(|at| DeliveriesQuery {
                event: name(at),
                since: ago(24 + at % 600),
                until: ago(at % 600),
                ..all()
            }),
        ),
        (
            "search: a person",
            Box::new(|at| DeliveriesQuery {
                search: Some(format!("person-{}@example.org", at * 211)),
                ..all()
            }),
        ),
        (
            "search: an order",
            Box::new(|at| DeliveriesQuery {
                search: Some(format!("order-{}", at * 4_211 + 1)),
                ..all()
            }),
        ),
    ];
    let mut slow = Vec::new();
    let mut tell = |name: &str, (p50, p99): (f64, f64), counts: bool| {
        println!("{name:28} {p50:8.2} {p99:8.2}");
        if counts && p99 > MOST_MS {
            slow.push(format!("{name}: {p99:.1} ms"));
        }
    };
    println!("{:28} {:>8} {:>8}   ms", "list", "p50", "p99");
    for (name, query) in &lists {
        tell(name, measure(|round| drop(log.deliveries(&query(round)).unwrap())), true);
    }
    println!("counted up to 10,001");
    for (name, query) in &lists {
        tell(name, measure(|round| _ = log.count_up_to(&query(round), 10_001).unwrap()), true);
    }
    let id = log.deliveries(&all()).unwrap().deliveries[0].id;
    tell("one delivery", measure(|_| drop(log.delivery(&id).unwrap())), true);
    let failures = FailuresQuery::default();
    tell("failures", measure(|_| drop(log.failures(&failures).unwrap())), true);
    let of_one = FailuresQuery { webhook_id: webhook(3), ..FailuresQuery::default() };
    tell("failures of a webhook", measure(|_| drop(log.failures(&of_one).unwrap())), true);
    let stats = StatsQuery::default();
    tell("stats", measure(|_| drop(log.stats(&stats, NOON).unwrap())), true);
    let overview = OverviewQuery::default();
    tell("overview", measure(|_| drop(log.overview(&overview, NOON).unwrap())), true);
    tell("summary", measure(|_| drop(log.summary().unwrap())), true);
    tell("outages", measure(|_| drop(log.outages(&|_| false).unwrap())), true);
    tell("connecting", measure(|_| drop(MysqlLog::open(&server, None).unwrap())), true);
    assert!(slow.is_empty(), "over {MOST_MS} ms: {slow:?}");
}
