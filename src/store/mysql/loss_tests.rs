//! Connections that are lost at a commit, by something between worker and server that cuts them there;
//! and what else a server says to the engine.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::thread;

use super::test_server::TestServer;
use super::{Connection, Endpoint, MysqlStore, Server};
use crate::conformance::{NOON, attempt, claim, committed, complete, event, ingest};
use crate::{
    Attempt, Claim, NewDelivery, NewEvent, Next, Origin, State, Store as _, StoreError,
    Transaction, Wanted, WebhookKey, Written,
};
use domain::clock::ManualClock;
use domain::event::Event;
use domain::id::DeliveryId;

/// What is done with the next commit, and with whoever connects after it.
const PASS: u8 = 0;
/// The server commits, and its answer is lost.
const CUT_AFTER: u8 = 1;
/// The server never hears of it.
const CUT_BEFORE: u8 = 2;

/// Between the engine and a server.
#[derive(Default)]
struct Cut {
    how: AtomicU8,
    /// Connections that are refused after that.
    refused: AtomicU32,
    made: AtomicU32,
}

/// A way to a server that can be cut; its address.
fn way(to: &Server, cut: &Arc<Cut>) -> Server {
    let Endpoint::Tcp(_, port) = to.endpoint else { unreachable!("a user comes over TCP") };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let here = listener.local_addr().unwrap().port();
    let cut = Arc::clone(cut);
    thread::spawn(move || {
        for client in listener.incoming() {
            let Ok(client) = client else { return };
            if cut.how.load(Ordering::SeqCst) == PASS && cut.refused.load(Ordering::SeqCst) > 0 {
                cut.refused.fetch_sub(1, Ordering::SeqCst);
                continue;
            }
            cut.made.fetch_add(1, Ordering::SeqCst);
            let server = TcpStream::connect(("127.0.0.1", port)).unwrap();
            let cut = Arc::clone(&cut);
            thread::spawn(move || carry(client, server, &cut));
        }
    });
    Server { endpoint: Endpoint::Tcp("127.0.0.1".into(), here), ..to.clone() }
}

/// Carries bytes both ways, until it is cut.
fn carry(mut client: TcpStream, mut server: TcpStream, cut: &Cut) {
    let (mut back_from, mut back_to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    thread::spawn(move || {
        let _ = std::io::copy(&mut back_from, &mut back_to);
        let _ = back_to.shutdown(Shutdown::Both);
    });
    let mut bytes = [0; 1 << 16];
    while let Ok(read @ 1..) = client.read(&mut bytes) {
        // A command of its own: length, number, "query", text.
        let is_commit = bytes[..read].ends_with(b"\x03COMMIT");
        let how = if is_commit { cut.how.swap(PASS, Ordering::SeqCst) } else { PASS };
        if how == CUT_AFTER {
            // Its answer goes nowhere.
            let _ = client.shutdown(Shutdown::Both);
        }
        if how != CUT_BEFORE && server.write_all(&bytes[..read]).is_err() || how != PASS {
            break;
        }
    }
    if server.peer_addr().is_ok() {
        // What was sent is to arrive before the end.
        let _ = server.shutdown(Shutdown::Write);
    }
    let _ = client.shutdown(Shutdown::Both);
}

struct Cuttable {
    _server: TestServer,
    direct: Server,
    cut: Arc<Cut>,
    store: MysqlStore,
}

fn origin() -> Origin {
    Origin::example(5, "web1")
}

fn cuttable() -> Cuttable {
    let server = TestServer::start(&[]);
    let direct = server.database_of_user("worker", "hunter2", "ALL ON store.*");
    let cut = Arc::<Cut>::default();
    let through = way(&direct, &cut);
    let find = Box::new(move || Ok(through.clone()));
    let clock = Arc::new(ManualClock::at(NOON));
    let store = MysqlStore::open_with(find, origin(), clock, false).unwrap();
    Cuttable { _server: server, direct, cut, store }
}

fn new(webhook: WebhookKey, state: State) -> NewDelivery {
    NewDelivery { id: DeliveryId::at(NOON), webhook, state, due: NOON, reason: None, failure: None }
}

fn count(server: &Server, table: &str, of: &str) -> u64 {
    let mut connection = Connection::open(server).unwrap();
    let sql = format!("SELECT COUNT(*) FROM {} WHERE {of}", server.table(table));
    connection.rows(&sql, Vec::new()).unwrap()[0]
}

#[test]
fn a_connection_that_is_lost_at_a_commit_changes_nothing_of_what_comes_out() {
    let Cuttable { _server, direct, cut, mut store } = cuttable();
    let webhook = committed(&mut store, |t| t.webhook("crm")).unwrap();
    for how in [CUT_AFTER, CUT_BEFORE] {
        let mut tries = 0;
        let (event, delivery) = (event(NOON), new(webhook, State::Delivering));
        cut.how.store(how, Ordering::SeqCst);
        let made = cut.made.load(Ordering::SeqCst);
        let added = committed(&mut store, |t| {
            tries += 1;
            ingest(t, &event, NOON, &["a".into()], std::slice::from_ref(&delivery))
        });
        assert!(added.unwrap() && tries == 1, "what was read is not read again");
        assert_eq!(cut.made.load(Ordering::SeqCst), made + 1, "it was cut: {how}");
        // The claim is the caller's, and its attempt is recorded once.
        let claim = Claim {
            id: delivery.id,
            webhook,
            event: Arc::new(event),
            attempts: 0,
            due: NOON,
            request_body: None,
        };
        cut.how.store(how, Ordering::SeqCst);
        let done = attempt(NOON, Next::Delivered);
        let written = committed(&mut store, |t| complete(t, &claim, &done, None)).unwrap();
        assert_eq!(written, Written::Kept);
    }
    for table in ["events", "deliveries", "attempts"] {
        assert_eq!(count(&direct, table, "1 = 1"), 2, "{table}");
    }
    assert_eq!(count(&direct, "deliveries", "state = 2 AND attempted = 1"), 2);
    assert_eq!(count(&direct, "counters", "delivered = 2 AND pending = 0"), 1);
}

#[test]
fn what_a_lost_commit_had_claimed_goes_back_where_nobody_was_told() {
    let Cuttable { _server, direct, cut, mut store } = cuttable();
    let webhook = committed(&mut store, |t| t.webhook("crm")).unwrap();
    for how in [CUT_AFTER, CUT_BEFORE] {
        let (event, delivery) = (event(NOON), new(webhook, State::Delivering));
        // Longer than a transaction is looked after.
        cut.how.store(how, Ordering::SeqCst);
        cut.refused.store(10, Ordering::SeqCst);
        let add =
            |t: &mut dyn Transaction| ingest(t, &event, NOON, &[], std::slice::from_ref(&delivery));
        let lost = committed(&mut store, add);
        assert!(matches!(lost, Err(StoreError::Unavailable { .. })), "{lost:?}");
        while cut.refused.load(Ordering::SeqCst) > 0 {
            assert!(matches!(committed(&mut store, add), Err(StoreError::Unavailable { .. })));
        }
        // The same once more: it is there already, or it is not. In both cases it is sent once.
        let added = committed(&mut store, add).unwrap();
        assert_eq!(added, how == CUT_BEFORE);
        let wanted = Wanted { webhook, limit: 9, burst: 1, ordered: false };
        let claims = committed(&mut store, |t| claim(t, wanted, NOON)).unwrap();
        assert_eq!(claims.len(), usize::from(how == CUT_AFTER), "{how}");
        assert_eq!(count(&direct, "deliveries", "state = 1"), 1);
        let claim = Claim {
            id: delivery.id,
            webhook,
            event: Arc::new(event),
            attempts: 0,
            due: NOON,
            request_body: None,
        };
        let done = attempt(NOON, Next::Delivered);
        let written = committed(&mut store, |t| complete(t, &claim, &done, None)).unwrap();
        assert_eq!(written, Written::Kept);
    }
    assert_eq!(count(&direct, "attempts", "1 = 1"), 2);
}

#[test]
fn what_is_too_large_for_one_statement_is_split_and_for_one_row_refused() {
    let server = TestServer::start(&["--max-allowed-packet=1M"]);
    let direct = server.database();
    let find = Box::new(move || Ok(direct.clone()));
    let clock = Arc::new(ManualClock::at(NOON));
    let mut store = MysqlStore::open_with(find, origin(), clock, false).unwrap();
    let webhook = committed(&mut store, |t| t.webhook("crm")).unwrap();
    // Five megabytes in all.
    let events: Vec<Event> =
        (0..100).map(|_| Event { body: vec![b'a'; 50_000].into(), ..event(NOON) }).collect();
    let to: Vec<_> = events.iter().map(|_| [new(webhook, State::Pending)]).collect();
    let all: Vec<_> = events
        .iter()
        .zip(&to)
        .map(|(event, to)| NewEvent { event, terms: &[], deliveries: to })
        .collect();
    assert_eq!(committed(&mut store, |t| t.ingest(&all, NOON)).unwrap(), vec![true; 100]);
    let large = Event { body: vec![b'a'; 2 << 20].into(), ..event(NOON) };
    let refused = committed(&mut store, |t| {
        let refused = ingest(t, &large, NOON, &[], &[new(webhook, State::Pending)]);
        // The transaction goes on without it.
        t.set_position(journal::SegmentId([1; 16]), 5)?;
        Ok(refused.unwrap_err())
    });
    assert!(matches!(refused, Ok(StoreError::TooLarge { .. })), "{refused:?}");
    assert_eq!(store.load().unwrap().positions.len(), 1);

    let wanted = Wanted { webhook, limit: 3, burst: 1, ordered: true };
    let claims = committed(&mut store, |t| claim(t, wanted, NOON)).unwrap();
    let small = attempt(NOON, Next::Delivered);
    let large = Attempt { response_body: vec![b'a'; 2 << 20], ..small.clone() };
    let written = committed(&mut store, |t| {
        let attempts: Vec<_> = claims
            .iter()
            .zip([&small, &large, &small])
            .map(|(claim, attempt)| crate::NewAttempt { claim, attempt, reason: None })
            .collect();
        t.complete(&attempts)
    })
    .unwrap();
    assert!(matches!(&written[..], [Written::Kept, Written::TooLarge { .. }, Written::Kept]));
}

#[test]
fn a_server_that_only_reads_or_has_no_room_for_a_connection_is_tried_again() {
    let server = TestServer::with_few_connections();
    let mut root = Connection::open(&server.database()).unwrap();
    let user = server.database_of_user("worker", "hunter2", "ALL ON store.*");
    let through = user.clone();
    let find = Box::new(move || Ok(through.clone()));
    let clock = Arc::new(ManualClock::at(NOON));
    let mut store = MysqlStore::open_with(find, origin(), clock, false).unwrap();
    root.execute("SET GLOBAL read_only = 1", Vec::new()).unwrap();
    let refused = committed(&mut store, |t| t.webhook("crm"));
    assert!(matches!(refused, Err(StoreError::ReadOnly { .. })), "{refused:?}");
    root.execute("SET GLOBAL read_only = 0", Vec::new()).unwrap();
    // It has given up its connection meanwhile: others take them all.
    let mut others = Vec::new();
    while let Ok(other) = Connection::open(&user) {
        others.push(other);
    }
    let refused = committed(&mut store, |t| t.webhook("crm"));
    assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
    drop(others);
    let mut key = committed(&mut store, |t| t.webhook("crm"));
    for _ in 0..100 {
        if key.is_ok() {
            break;
        }
        thread::sleep(std::time::Duration::from_millis(50));
        key = committed(&mut store, |t| t.webhook("crm"));
    }
    assert_eq!(key.unwrap(), WebhookKey(1));
}

#[test]
fn a_user_who_may_not_write_is_told_what_to_grant() {
    let server = TestServer::start(&[]);
    let find = |server: &Server| {
        let server = server.clone();
        Box::new(move || Ok(server.clone()))
    };
    let clock = Arc::new(ManualClock::at(NOON));
    let reader = server.database_of_user("reader", "hunter2", "SELECT ON store.*");
    let told = MysqlStore::open_with(find(&reader), origin(), clock.clone(), false);
    let told = told.map(drop).unwrap_err().to_string();
    assert!(told.contains("GRANT SELECT, INSERT") && !told.contains("hunter2"), "{told}");
    MysqlStore::open_with(find(&server.database()), origin(), clock.clone(), false).unwrap();
    let told = MysqlStore::open_with(find(&reader), origin(), clock, false);
    let told = told.map(drop).unwrap_err().to_string();
    assert!(told.contains("GRANT SELECT, INSERT"), "{told}");
}
