//! What only the reading side does; all the rest is asked by the suite (`engine_tests.rs`).

use super::MysqlLog;
use crate::log::{DeliveriesQuery, LogEngine as _};
use crate::mysql::test_server::{ENDLESS, TestServer};
use crate::mysql::{Connection, migrate};

/// An empty store on a server of the test's own, open for reading.
fn opened() -> (TestServer, MysqlLog) {
    let server = TestServer::start(&[]);
    migrate(&mut Connection::open(&server.database()).unwrap()).unwrap();
    let log = MysqlLog::open(&server.database(), None).unwrap().unwrap();
    (server, log)
}

#[test]
fn a_read_that_takes_too_long_is_ended_by_the_server() {
    let (_server, mut log) = opened();
    let endless = log.read(|reads| reads.first::<u64>(ENDLESS, Vec::new()));
    let error = endless.unwrap_err().to_string();
    assert_eq!(error, "reading the log: took over 2 seconds: narrow the query");
    // Nothing is left of it.
    assert!(log.announcements(0).unwrap().is_empty());
}

#[test]
fn a_reader_writes_nothing() {
    let (_server, mut log) = opened();
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
