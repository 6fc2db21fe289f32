//! The reading side on a real MariaDB, beside SQLite's: whatever was written into a store on SQLite is
//! copied, row by row, and the whole suite and random histories are asked of the copy.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use ::mysql::Value;
use rusqlite::types::Value as Of;

use super::MysqlLog;
use super::filter::{EPOCH, SHIFT};
use crate::conformance::{Fixture, conformance};
use crate::log::{DeliveriesQuery, Log, LogEngine as _};
use crate::mysql::test_server::TestServer;
use crate::mysql::{Connection, Server, migrate};
use crate::sqlite::tests::InSpool;
use crate::{Origin, Store, history};
use domain::clock::ManualClock;

/// One server for all tests of this process, which ends it.
pub(super) fn server() -> &'static TestServer {
    static SERVER: OnceLock<TestServer> = OnceLock::new();
    SERVER.get_or_init(|| TestServer::start(&["--innodb-buffer-pool-size=256M"]))
}

/// A prefix of a test's own.
pub(super) fn own_tables() -> Server {
    static LAST: AtomicU32 = AtomicU32::new(0);
    let prefix = format!("t{}_", LAST.fetch_add(1, Ordering::Relaxed));
    let server = Server { prefix, ..server().database() };
    migrate(&mut Connection::open(&server).unwrap()).unwrap();
    server
}

/// A store on SQLite that is read as its copy on MariaDB.
struct Copied {
    inner: InSpool,
    server: Server,
    copied: Mutex<Option<i64>>,
    source: Mutex<Option<rusqlite::Connection>>,
}

impl Copied {
    fn new() -> Self {
        Self {
            inner: InSpool::new(),
            server: own_tables(),
            copied: Mutex::new(None),
            source: Mutex::new(None),
        }
    }

    /// Copies what changed since the last time.
    fn copy(&self) {
        let mut source = self.source.lock().unwrap();
        let source = source.get_or_insert_with(|| {
            rusqlite::Connection::open(self.inner.path().join("store.sqlite")).unwrap()
        });
        let version: i64 = source.query_row("PRAGMA data_version", [], |row| row.get(0)).unwrap();
        let mut copied = self.copied.lock().unwrap();
        if *copied == Some(version) {
            return;
        }
        *copied = Some(version);
        copy(source, &self.server);
    }
}

impl Fixture for Copied {
    fn open_as(&self, origin: &Origin) -> Box<dyn Store> {
        self.inner.open_as(origin)
    }

    fn log(&self) -> Log {
        self.copy();
        let log = MysqlLog::open(&self.server, None).unwrap().unwrap();
        Log { engine: Box::new(log) }
    }

    fn clock(&self) -> Arc<ManualClock> {
        self.inner.clock()
    }
}

/// Copies a whole store.
fn copy(source: &rusqlite::Connection, server: &Server) {
    let mut to = Connection::open(server).unwrap();
    let keys = keys(source);
    let key = |old: i64| Value::from(keys[&(old & -(1 << 28))]);
    let number = |old: i64| Value::from((old & ((1 << 28) - 1)) >> 12);
    let mut table = |name: &str, columns: &str, rows: Vec<Vec<Value>>| {
        to.execute(&format!("DELETE FROM {}", server.table(name)), Vec::new()).unwrap();
        for rows in rows.chunks(500) {
            let marks = format!("({})", super::reads::marks(rows[0].len()));
            let all = vec![marks; rows.len()].join(",");
            let sql = format!("INSERT INTO {} ({columns}) VALUES {all}", server.table(name));
            to.execute(&sql, rows.concat()).unwrap();
        }
    };
    let rows = |sql: &str| -> Vec<Vec<Of>> {
        let mut statement = source.prepare(sql).unwrap();
        let columns = statement.column_count();
        let rows = statement.query_map([], |row| (0..columns).map(|at| row.get(at)).collect());
        rows.unwrap().map(Result::unwrap).collect()
    };
    let as_they_are = |sql: &str| -> Vec<Vec<Value>> {
        rows(sql).into_iter().map(|row| row.into_iter().map(value).collect()).collect()
    };
    // The first of their columns is a key, which becomes another; of a delivery also its number.
    let of_events = |sql: &str| -> Vec<Vec<Value>> {
        let rows = rows(sql).into_iter();
        rows.map(|mut row| {
            let old = integer(&row.remove(0));
            [key(old)].into_iter().chain(row.into_iter().map(value)).collect()
        })
        .collect()
    };
    let of_deliveries = |sql: &str| -> Vec<Vec<Value>> {
        let rows = rows(sql).into_iter();
        rows.map(|mut row| {
            let old = integer(&row.remove(0));
            [key(old), number(old)].into_iter().chain(row.into_iter().map(value)).collect()
        })
        .collect()
    };
    table(
        "workers",
        "`key`, server, spool, version, epoch, beat, alive",
        as_they_are(
            "SELECT key, name, substr(CAST(key AS BLOB) || zeroblob(16), 1, 16), '', 1, 1, 1
             FROM servers",
        ),
    );
    table(
        "events",
        "`key`, id, name, timestamp, network, site, source, flags, revision, created, data_start,
         data_end, server, terms",
        of_events(
            "SELECT key, id, name, timestamp, network, site, source, flags, revision, created,
                 data_start, data_end, coalesce(server, 0), terms FROM events",
        ),
    );
    table("bodies", "event, body", of_events("SELECT event, body FROM bodies"));
    table("terms", "event, term", of_events("SELECT event, term FROM terms"));
    table(
        "deliveries",
        "event, number, id, webhook, name, site, state, due, test, attempts, attempted, settled,
         reason, last_status, last_failure, duration_us, deaths, deaths_alone",
        of_deliveries(
            "SELECT d.key, d.id, webhook, name, site, state,
                 iif(state < 2, due + (SELECT shift FROM clock), 0), test, attempts, attempted,
                 settled, reason, last_status, last_failure, duration_us, deaths, deaths_alone
             FROM deliveries d JOIN events e ON e.key = d.key & -268435456",
        ),
    );
    table(
        "requests",
        "event, delivery, body",
        of_deliveries("SELECT delivery, body FROM requests"),
    );
    table(
        "attempts",
        "event, delivery, number, server, started, duration_us, url, address, status, failure,
         waited_for, request_headers, response_headers, response_body, remark, reconnected, next,
         next_at",
        of_deliveries(
            "SELECT key, key & 4095, coalesce(server, 0), started, duration_us, url, address,
                 status, failure, waited_for, request_headers, response_headers, response_body,
                 remark, reconnected, next, next_at FROM attempts",
        ),
    );
    table(
        "webhooks",
        "`key`, id, host, health",
        as_they_are("SELECT key, id, host, health FROM webhooks"),
    );
    // As two workers would have counted it, of which one took away what the other added.
    table(
        "counters",
        "webhook, worker, delivered, failed, pending, held, last_attempt, last_success",
        as_they_are(
            "SELECT key, 1, delivered + 7, failed + 7, pending + 7, held + 7, last_attempt,
                 last_success FROM webhooks
             UNION ALL SELECT key, 2, -7, -7, -7, -7, NULL, NULL FROM webhooks",
        ),
    );
    table(
        "hours",
        "hour, webhook, worker, delivered, failed, latencies",
        as_they_are("SELECT hour, webhook, 1, delivered, failed, latencies FROM hours"),
    );
    table(
        "bulks",
        "token, action, query, matched, changed, after_event, after_number, below, asked, ended",
        as_they_are(
            "SELECT token, action, query, matched, changed, 0, 0, key, asked, ended FROM bulks",
        ),
    );
    table(
        "announcements",
        "number, code, at, params",
        as_they_are("SELECT number, code, at, params FROM announcements"),
    );
    table(
        "announced",
        "one, last",
        as_they_are("SELECT 1, coalesce((SELECT seq FROM sqlite_sequence), 0)"),
    );
    table(
        "worker_deaths",
        "worker, at, under_way",
        as_they_are("SELECT 0, at, under_way FROM worker_deaths"),
    );
    table(
        "positions",
        "segment, worker, `offset`",
        as_they_are("SELECT segment, 0, offset FROM positions"),
    );
}

/// The key that each event has there.
fn keys(source: &rusqlite::Connection) -> std::collections::HashMap<i64, u64> {
    let mut statement = source.prepare("SELECT key, created FROM events ORDER BY key").unwrap();
    let rows = statement.query_map([], |row| row.try_into()).unwrap();
    let mut last = 0;
    rows.map(|row| {
        let (old, created): (i64, i64) = row.unwrap();
        let at = created.saturating_sub(EPOCH).max(0).cast_unsigned() << SHIFT;
        last = at.max(last + 1);
        (old, last)
    })
    .collect()
}

fn integer(of: &Of) -> i64 {
    let Of::Integer(integer) = of else { panic!("{of:?}") };
    *integer
}

fn value(of: Of) -> Value {
    match of {
        Of::Null => Value::NULL,
        Of::Integer(integer) => integer.into(),
        Of::Real(real) => real.into(),
        Of::Text(text) => text.into(),
        Of::Blob(bytes) => bytes.into(),
    }
}

conformance!(Copied::new());

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config {
        cases: 24,
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn random_histories(
        history in history::history(),
        queries in proptest::collection::vec(history::asked(), 4),
    ) {
        history::an_engine_does_what_the_model_does(&Copied::new(), &history, &queries);
    }
}

#[test]
fn a_read_that_takes_too_long_is_ended_by_the_server() {
    let server = own_tables();
    let mut log = MysqlLog::open(&server, None).unwrap().unwrap();
    let endless = log.read(|reads| {
        reads.first::<u64>("SELECT COUNT(*) FROM seq_1_to_100000000 a, seq_1_to_1000 b", Vec::new())
    });
    let error = endless.unwrap_err().to_string();
    assert_eq!(error, "reading the log: took over 2 seconds: narrow the query");
    // Nothing is left of it.
    assert!(log.announcements(0).unwrap().is_empty());
}

#[test]
fn a_reader_writes_nothing() {
    let server = own_tables();
    let mut log = MysqlLog::open(&server, None).unwrap().unwrap();
    let refused = log.read(|reads| {
        reads.rows::<u64>("INSERT INTO {announced} (one, last) VALUES (2, 2)", Vec::new())
    });
    assert!(refused.unwrap_err().to_string().contains("READ ONLY"));
}

#[test]
fn a_connection_that_was_lost_is_made_anew_and_a_server_that_is_gone_is_told() {
    let own = TestServer::start(&[]);
    let server = own.database();
    assert!(MysqlLog::open(&server, None).unwrap().is_none(), "no worker made the tables yet");
    migrate(&mut Connection::open(&server).unwrap()).unwrap();
    let mut log = MysqlLog::open(&server, None).unwrap().unwrap();
    let mine: u64 =
        log.read(|reads| reads.first("SELECT CONNECTION_ID()", Vec::new())).unwrap().unwrap();
    let mut other = Connection::open(&server).unwrap();
    other.define(&format!("KILL {mine}"), &[]).unwrap();
    assert!(log.deliveries(&DeliveriesQuery::default()).unwrap().deliveries.is_empty());
    drop(own);
    let error = log.deliveries(&DeliveriesQuery::default()).unwrap_err();
    assert!(matches!(error, crate::StoreError::Unavailable { .. }), "{error}");
    assert!(error.to_string().contains("can't be reached"), "{error}");
}
