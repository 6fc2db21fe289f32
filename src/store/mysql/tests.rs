//! Connections and errors, each from a real server that was brought to say it. What only a cluster
//! says is in the last test.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use ::mysql::{Error, MySqlError};

use super::test_server::{ENDLESS, TestServer, is_mysql};
use super::{Class, Connection, Endpoint, Password, Server, Tls};
use crate::{Result, StoreError};

/// A connection to a new server's database, with a table `t` of a number and a short text.
fn connected(server: &TestServer) -> Connection {
    let mut connection = Connection::open(&server.database()).unwrap();
    connection
        .define("CREATE TABLE t (id INT PRIMARY KEY, text VARCHAR(3)) ENGINE=InnoDB", &[])
        .unwrap();
    connection
}

fn run(connection: &mut Connection, sql: &str) -> Result<u64> {
    connection.execute(sql, Vec::new())
}

fn numbers(connection: &mut Connection) -> Vec<i32> {
    connection.rows("SELECT id FROM t ORDER BY id", Vec::new()).unwrap()
}

/// Asserts the kind of an error, and that it names the store and no password.
macro_rules! assert_is {
    ($result:expr, $pattern:pat) => {
        let error = $result.map(|_| ()).unwrap_err();
        assert!(matches!(error, $pattern), "{error:?}");
        let text = format!("{error} {error:?}");
        assert!(text.contains("mysql://") && !text.contains("hunter2"), "{text}");
    };
}

#[test]
fn a_server_is_reached_by_its_ipv6_address() {
    let server = TestServer::start(&["--bind-address=::"]);
    let user = server.database_of_user("far", "hunter2", "ALL ON *.*");
    let Endpoint::Tcp(_, port) = user.endpoint else { unreachable!("a user comes over TCP") };
    let address = Server { endpoint: Endpoint::Tcp("::1".into(), port), ..user };
    let mut connection = Connection::open(&address).unwrap();
    assert_eq!(connection.rows::<i32>("SELECT 1", Vec::new()).unwrap(), [1]);
}

#[test]
fn a_transaction_is_there_as_a_whole_or_not_at_all() {
    let server = TestServer::start(&[]);
    let mut connection = connected(&server);
    let done = connection.transaction(|writes| {
        writes.execute("INSERT INTO t VALUES (1, 'a'), (2, 'b')", Vec::new())?;
        // Found, although it is as it is to be.
        writes.execute("UPDATE t SET text = 'b' WHERE id = ?", vec![2.into()])
    });
    assert_eq!(done.unwrap(), 1);
    let undone: Result<()> = connection.transaction(|writes| {
        writes.execute("INSERT INTO t VALUES (3, 'c')", Vec::new())?;
        writes.execute("INSERT INTO t VALUES (1, 'd')", Vec::new()).map(|_| ())
    });
    assert_is!(undone, StoreError::Conflict { .. });
    assert_eq!(numbers(&mut connection), [1, 2]);
}

#[test]
fn a_transaction_that_the_server_took_back_is_not_taken_for_committed() {
    let server = TestServer::start(&[]);
    let mut connection = connected(&server);
    let taken_back = connection.transaction(|writes| {
        writes.execute("INSERT INTO t VALUES (1, 'a')", Vec::new())?;
        // As a node of Galera does by itself.
        writes.execute("ROLLBACK", Vec::new())
    });
    assert_is!(taken_back, StoreError::Conflict { .. });
    assert_eq!(numbers(&mut connection), [0; 0]);
}

#[test]
fn who_came_second_repeats_the_transaction() {
    let server = TestServer::start(&[]);
    let (mut one, mut two) = (connected(&server), Connection::open(&server.database()).unwrap());
    run(&mut one, "INSERT INTO t VALUES (1, 'a'), (2, 'b')").unwrap();

    // A lock that is not given up in time (1205) leaves its transaction open: it has to be undone.
    run(&mut two, "SET SESSION innodb_lock_wait_timeout = 1").unwrap();
    one.transaction(|first| {
        first.execute("UPDATE t SET text = 'x' WHERE id = 1", Vec::new())?;
        let late: Result<u64> = two.transaction(|second| {
            second.execute("INSERT INTO t VALUES (3, 'c')", Vec::new())?;
            second.execute("UPDATE t SET text = 'y' WHERE id = 1", Vec::new())
        });
        assert_is!(late, StoreError::Conflict { .. });
        Ok(())
    })
    .unwrap();
    assert_eq!(numbers(&mut two), [1, 2]);

    // Two that wait for each other (1213): one of them has to begin again.
    run(&mut two, "SET SESSION innodb_lock_wait_timeout = 50").unwrap();
    run(&mut one, "SET SESSION innodb_lock_wait_timeout = 50").unwrap();
    let barrier = std::sync::Barrier::new(2);
    let update = |connection: &mut Connection, ids: [i32; 2]| {
        connection.transaction(|writes| {
            writes.execute("UPDATE t SET text = 'z' WHERE id = ?", vec![ids[0].into()])?;
            barrier.wait();
            writes.execute("UPDATE t SET text = 'z' WHERE id = ?", vec![ids[1].into()])
        })
    };
    let (first, second) = thread::scope(|scope| {
        let other = scope.spawn(|| update(&mut two, [2, 1]));
        (update(&mut one, [1, 2]), other.join().unwrap())
    });
    assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
    assert_is!(first.and(second), StoreError::Conflict { .. });
}

#[test]
fn a_statement_alone_that_was_taken_back_is_made_again() {
    let server = TestServer::start(&[]);
    let (mut one, mut two) = (connected(&server), Connection::open(&server.database()).unwrap());
    let mut watcher = Connection::open(&server.database()).unwrap();
    run(&mut one, "INSERT INTO t VALUES (1, 'a'), (2, 'b')").unwrap();
    let deadlocks = if is_mysql() {
        "SELECT count FROM information_schema.innodb_metrics WHERE name = 'lock_deadlocks'"
    } else {
        "SELECT variable_value FROM information_schema.global_status \
         WHERE variable_name = 'INNODB_DEADLOCKS'"
    };
    let waits = "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'";
    let written = thread::scope(|scope| {
        let late = one.transaction(|first| {
            // Of two that wait for each other it is not this one that is taken back: it has written more.
            let rows: Vec<_> = (3..50).map(|id| format!("({id}, 'c')")).collect();
            first.execute(&format!("INSERT INTO t VALUES {}", rows.join(",")), Vec::new())?;
            first.execute("UPDATE t SET text = 'x' WHERE id = 1", Vec::new())?;
            let late = scope
                .spawn(|| run(&mut two, "UPDATE t SET text = 'y' WHERE id <= 2 ORDER BY id DESC"));
            let begun = Instant::now();
            while watcher.rows::<u64>(waits, Vec::new())? != [1] {
                assert!(begun.elapsed() < Duration::from_secs(60), "the other one does not wait");
                // What is asked for again within 100 ms is answered as before.
                thread::sleep(Duration::from_millis(150));
            }
            first.execute("UPDATE t SET text = 'x' WHERE id = 2", Vec::new())?;
            Ok(late)
        });
        late.unwrap().join().unwrap()
    });
    assert_eq!(written.unwrap(), 2);
    assert_eq!(watcher.rows::<u64>(deadlocks, Vec::new()).unwrap(), [1]);
    let texts: Vec<String> = watcher.rows("SELECT text FROM t WHERE id <= 2", Vec::new()).unwrap();
    assert_eq!(texts, ["y", "y"]);
}

#[test]
fn a_lost_connection_says_nothing_of_its_transaction() {
    let server = TestServer::start(&[]);
    let (mut one, mut two) = (connected(&server), Connection::open(&server.database()).unwrap());
    let id: Vec<u64> = one.rows("SELECT CONNECTION_ID()", Vec::new()).unwrap();
    let lost = one.transaction(|writes| {
        writes.execute("INSERT INTO t VALUES (1, 'a')", Vec::new())?;
        run(&mut two, &format!("KILL {}", id[0]))
    });
    assert_is!(lost, StoreError::Unavailable { .. });
    assert_is!(run(&mut one, "DO 1"), StoreError::Unavailable { .. });

    // Who waits longer than an answer may take does not know either.
    let hasty = Server { read_timeout: Duration::from_secs(1), ..server.database() };
    let mut hasty = Connection::open(&hasty).unwrap();
    let begun = Instant::now();
    assert_is!(run(&mut hasty, "DO SLEEP(60)"), StoreError::Unavailable { .. });
    assert!(begun.elapsed() < Duration::from_secs(30));

    let gone = server.database();
    drop(server);
    assert_is!(run(&mut two, "DO 1"), StoreError::Unavailable { .. });
    assert_is!(Connection::open(&gone), StoreError::Unavailable { .. });
}

#[test]
fn a_server_that_only_reads_says_so() {
    let server = TestServer::start(&[]);
    let mut root = connected(&server);
    let user = server.database_of_user("writer", "hunter2", "ALL ON store.*");
    let mut writer = Connection::open(&user).unwrap();
    run(&mut root, "SET GLOBAL read_only = 1").unwrap();
    assert_is!(run(&mut writer, "INSERT INTO t VALUES (1, 'a')"), StoreError::ReadOnly { .. });
    run(&mut root, "SET GLOBAL read_only = 0").unwrap();
    run(&mut writer, "SET SESSION TRANSACTION READ ONLY").unwrap();
    let refused =
        writer.transaction(|writes| writes.execute("INSERT INTO t VALUES (1, 'a')", Vec::new()));
    assert_is!(refused, StoreError::ReadOnly { .. });
}

#[test]
fn a_full_table_and_what_is_too_large_are_told_apart() {
    let server = TestServer::start(&[]);
    let mut connection = connected(&server);
    run(&mut connection, "SET SESSION max_heap_table_size = 16384").unwrap();
    connection.define("CREATE TABLE full (text CHAR(255)) ENGINE=MEMORY", &[]).unwrap();
    let rows = vec!["('a')"; 1000].join(",");
    assert_is!(
        run(&mut connection, &format!("INSERT INTO full VALUES {rows}")),
        StoreError::ServerFull { .. }
    );

    // Ours: a request that is larger than what servers take by default is not sent at all.
    let large = connection.define(&format!("DO '{}'", "a".repeat(20 << 20)), &[]);
    assert_is!(large, StoreError::TooLarge { .. });
    assert_eq!(numbers(&mut connection), [0; 0]);
    let many = format!("DO 1 IN ({})", vec!["?"; 70_000].join(","));
    assert_is!(connection.execute(&many, vec![1.into(); 70_000]), StoreError::TooLarge { .. });
    assert_eq!(numbers(&mut connection), [0; 0]);
}

#[test]
fn a_busy_server_is_asked_again_later() {
    let server = TestServer::with_few_connections();
    let mut root = connected(&server);
    let user = server.database_of_user("writer", "hunter2", "ALL ON store.*");
    let mut open = Vec::new();
    let refused = loop {
        match Connection::open(&user) {
            Ok(connection) => open.push(connection),
            Err(error) => break error,
        }
        assert!(open.len() <= 10);
    };
    assert_is!(Err::<(), _>(refused), StoreError::Unavailable { .. });

    run(&mut root, "SET GLOBAL max_prepared_stmt_count = 0").unwrap();
    assert_is!(run(&mut open[0], "INSERT INTO t VALUES (1, 'a')"), StoreError::Unavailable { .. });
    // Not prepared itself, as nothing can be.
    root.define("SET GLOBAL max_prepared_stmt_count = 100", &[]).unwrap();
    let longest = Duration::from_millis(100);
    let mut reader = Connection::open_for_reading(&server.database(), longest).unwrap();
    assert_is!(reader.rows::<u64>(ENDLESS, Vec::new()), StoreError::Unavailable { .. });
}

#[test]
fn what_only_a_person_can_give_is_named() {
    let server = TestServer::start(&[]);
    let mut root = connected(&server);
    let user = server.database_of_user("writer", "hunter2", "SELECT ON store.*");

    let wrong = Server { password: Password("hunter2!".into()), ..user.clone() };
    assert_is!(Connection::open(&wrong), StoreError::Failed { .. });
    let elsewhere = Server { database: "mysql".into(), ..user.clone() };
    let told = Connection::open(&elsewhere).map(|_| ()).unwrap_err().to_string();
    assert!(told.contains("1044") && told.contains("ON `mysql`.* TO the user 'writer'"), "{told}");
    let missing = Server { database: "none".into(), ..server.database() };
    let told = Connection::open(&missing).map(|_| ()).unwrap_err().to_string();
    assert!(told.contains("1049") && told.contains("CREATE DATABASE `none`"), "{told}");

    let mut reader = Connection::open(&user).unwrap();
    let told = run(&mut reader, "INSERT INTO t VALUES (1, 'a')").unwrap_err().to_string();
    assert!(told.contains("1142") && told.contains("GRANT SELECT, INSERT"), "{told}");
    let told = super::migrate(&mut reader).unwrap_err().to_string();
    assert!(told.contains("1142") && told.contains("CREATE"), "{told}");
    let told = run(&mut root, "INSERT INTO none VALUES (1)").unwrap_err().to_string();
    assert!(told.contains("1146"), "{told}");
    // With the rights that the message names, the tables are made.
    let rights = "SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX, DROP ON store.*";
    let able = server.database_of_user("worker", "hunter2", rights);
    super::migrate(&mut Connection::open(&able).unwrap()).unwrap();
}

#[test]
fn data_that_does_not_fit_is_refused_and_not_cut() {
    let server = TestServer::start(&[]);
    let mut connection = connected(&server);
    for (values, code) in
        [("(1, 'long')", "1406"), ("(99999999999, 'a')", "1264"), ("('x', 'a')", "1366")]
    {
        let error = run(&mut connection, &format!("INSERT INTO t VALUES {values}")).unwrap_err();
        assert!(matches!(error, StoreError::Failed { .. }), "{error:?}");
        assert!(error.to_string().contains(code), "{error}");
    }
    assert_eq!(numbers(&mut connection), [0; 0]);
}

#[test]
fn a_connection_by_tcp_is_protected_as_its_address_says() {
    let certificate =
        rcgen::generate_simple_self_signed(["localhost".into(), "127.0.0.1".into()]).unwrap();
    let (pem, key) = (certificate.cert.pem(), certificate.signing_key.serialize_pem());
    let arguments = ["--ssl-cert=cert.pem", "--ssl-key=key.pem", "--require-secure-transport=ON"];
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    fs::write(&ca, &pem).unwrap();
    // A relative path is one below the data.
    let server = TestServer::start_with(&arguments, |path| {
        fs::write(path.join("data/cert.pem"), &pem).unwrap();
        fs::write(path.join("data/key.pem"), &key).unwrap();
    });
    let plain = server.database_of_user("writer", "hunter2", "ALL ON store.*");
    let cipher = |tls: Tls| -> Result<String> {
        let mut connection = Connection::open(&Server { tls, ..plain.clone() })?;
        let rows: Vec<(String, String)> =
            connection.rows("SHOW STATUS LIKE 'Ssl_cipher'", Vec::new())?;
        Ok(rows[0].1.clone())
    };
    for tls in [Tls::Encrypted, Tls::Verified(Some(ca))] {
        assert!(
            cipher(tls.clone()).unwrap().contains("AES") || cipher(tls).unwrap().contains("CHACHA")
        );
    }
    // Nobody's authority, and one that wants more than is offered.
    assert!(
        cipher(Tls::Verified(None)).unwrap_err().to_string().to_lowercase().contains("certificate")
    );
    let refused: Result<String> = cipher(Tls::Off);
    assert_is!(refused, StoreError::Failed { .. });
    // The server's own machine, to which nothing has to be protected.
    assert!(matches!(server.database().endpoint, Endpoint::Socket(_)));
    Connection::open(&Server { tls: Tls::Verified(None), ..server.database() }).unwrap();
}

/// As `COMMIT`, a node that left its cluster and an oversized write set say it; their numbers were
/// seen on three nodes of Galera 26.4.
#[test]
fn what_a_cluster_says_is_known() {
    let said = |code, message: &str| {
        Class::of(&Error::MySqlError(MySqlError {
            state: "HY000".into(),
            code,
            message: message.into(),
        }))
    };
    assert_eq!(said(1180, "Got error 6 during COMMIT"), Class::Lost);
    assert_eq!(
        said(1047, "WSREP has not yet prepared node for application use"),
        Class::NotPrimary
    );
    assert_eq!(said(1105, "Maximum writeset size exceeded"), Class::TooLarge);
    assert_eq!(said(1105, "Unknown error"), Class::Other);
}
