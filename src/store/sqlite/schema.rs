//! The tables, and how a store of an older version becomes one of this version.
//!
//! One integer orders everything. An event's key is a multiple of 2^28 and grows with every
//! event; the key of its n-th delivery is the event's plus n · 2^12; the key of a delivery's
//! n-th attempt is the delivery's plus n. So a parent is found by masking, children are a range,
//! "newest first" is the primary key backwards, and none of the three tables needs an index on
//! its parent. There is room for 2^35 events, 65,536 deliveries of one event, and 4,095 attempts
//! of one delivery.

use rusqlite::Connection;

use super::error;
use crate::{Result, StoreError};

/// `application_id` in the file's header: "wbhk".
const APPLICATION: i32 = 0x7762_686b;

/// Bytes of a page: with twice as many, taking in a lone event writes twice as much, and taking
/// in a million takes as long.
const PAGE_SIZE: u32 = 4096;

/// The n-th entry leads from version n to n + 1.
const MIGRATIONS: [&str; 5] = [
    include_str!("1.sql"),
    include_str!("2.sql"),
    include_str!("3.sql"),
    include_str!("4.sql"),
    include_str!("5.sql"),
];

/// The version that this software reads and writes.
pub(crate) const VERSION: u32 = MIGRATIONS.len() as u32;

/// Distance between the keys of two events.
pub(crate) const EVENT: i64 = 1 << 28;
/// Distance between the keys of two deliveries of an event.
pub(crate) const DELIVERY: i64 = 1 << 12;

/// The key of the event that a delivery's (or attempt's) key belongs to.
pub(crate) const fn event_of(key: i64) -> i64 {
    key & -EVENT
}

/// What a file is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing yet.
    Empty,
    /// A store of this version (0: in the making).
    Store(u32),
    /// A database of something else.
    Foreign,
}

/// Says what the file is, from its header and schema alone.
pub(crate) fn find(connection: &Connection) -> rusqlite::Result<Found> {
    // One snapshot: a worker may be making the store between two looks.
    let snapshot = connection.unchecked_transaction()?;
    let number = |sql: &str| snapshot.query_row(sql, [], |row| row.get::<_, i64>(0));
    let application = number("PRAGMA application_id")?;
    let version = number("PRAGMA user_version")?;
    let tables = number("SELECT count(*) FROM sqlite_schema")?;
    Ok(if application == i64::from(APPLICATION) {
        Found::Store(u32::try_from(version).unwrap_or(u32::MAX))
    } else if application == 0 && version == 0 && tables == 0 {
        Found::Empty
    } else {
        Found::Foreign
    })
}

/// Somebody else's database is no damaged store: it is refused, and stays where it is.
pub(crate) fn foreign(store: &str) -> StoreError {
    StoreError::Failed {
        action: "opening the store",
        reason: format!("{store} is the database of another application"),
    }
}

/// Makes the schema that of this version.
///
/// # Errors
/// A newer or foreign file; whatever the engine says.
pub(crate) fn migrate(connection: &Connection, store: &str) -> Result<()> {
    let failed = |error| error::from(connection, store, "opening the store", error);
    let version = match find(connection).map_err(failed)? {
        Found::Empty => {
            // Both have to be set before the first page is written.
            connection
                .execute_batch(&format!(
                    "PRAGMA page_size = {PAGE_SIZE}; PRAGMA auto_vacuum = INCREMENTAL;"
                ))
                .map_err(failed)?;
            0
        }
        Found::Store(version) if version <= VERSION => version,
        Found::Store(found) => {
            return Err(StoreError::Newer { store: store.into(), found, known: VERSION });
        }
        Found::Foreign => {
            return Err(foreign(store));
        }
    };
    let _: String =
        connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).map_err(failed)?;
    if version < VERSION {
        // In one transaction: a reader sees no version in between.
        let steps = MIGRATIONS[version as usize..].join("\n");
        connection
            .execute_batch(&format!(
                "BEGIN IMMEDIATE; {steps}
                 PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION}; COMMIT;"
            ))
            .map_err(failed)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_of_version_2_keeps_what_it_finds_events_by() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(&MIGRATIONS[..2].join("\n")).unwrap();
        connection
            .execute_batch(&format!(
                "PRAGMA application_id = {APPLICATION}; PRAGMA user_version = 2;
                 INSERT INTO terms VALUES ('7', 0), ('ann@example.org', 0);
                 INSERT INTO events VALUES (0, x'00', 'a', 0, 1, 1, '', 0, 1, 0, 0, 0),
                     ({EVENT}, x'01', 'a', 0, 1, 1, '', 0, 1, 0, 0, 0);"
            ))
            .unwrap();
        migrate(&connection, "a test's").unwrap();
        let terms: Vec<Option<String>> = connection
            .prepare("SELECT terms FROM events ORDER BY key")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(rusqlite::Result::unwrap)
            .collect();
        assert_eq!(terms, [Some(r#"["7","ann@example.org"]"#.to_owned()), None]);
        assert_eq!(find(&connection).unwrap(), Found::Store(VERSION));
    }

    /// What the schema consists of, and how each part was made.
    fn parts(connection: &Connection) -> Vec<(String, String)> {
        connection
            .prepare("SELECT name, coalesce(sql, '') FROM sqlite_schema ORDER BY name")
            .unwrap()
            .query_map([], |row| row.try_into())
            .unwrap()
            .map(rusqlite::Result::unwrap)
            .collect()
    }

    #[test]
    fn a_store_of_any_version_becomes_one_of_this_with_all_it_held() {
        let new = Connection::open_in_memory().unwrap();
        migrate(&new, "a test's").unwrap();
        for version in 1..VERSION {
            let old = Connection::open_in_memory().unwrap();
            old.execute_batch(&MIGRATIONS[..version as usize].join("\n")).unwrap();
            // Since version 4 a position belongs to a spool.
            let spool = if version < 4 { "" } else { "zeroblob(16), " };
            old.execute_batch(&format!(
                "PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {version};
                 INSERT INTO webhooks (key, id, delivered) VALUES (1, 'crm', 1);
                 INSERT INTO events (key, id, name, timestamp, network, site, source, flags,
                         revision, created, data_start, data_end)
                     VALUES ({EVENT}, x'01', 'a', 0, 1, 1, '', 0, 1, 0, 0, 0);
                 INSERT INTO deliveries (key, id, webhook, state, due, test, attempted)
                     VALUES ({EVENT}, x'02', 1, 2, 0, 0, 1);
                 INSERT INTO attempts (key, started, duration_us, request_headers,
                         response_headers, response_body, reconnected, next)
                     VALUES ({EVENT} + 1, 5, 7, '[]', '[]', x'', 0, 2);
                 INSERT INTO hours (hour, webhook, delivered, failed) VALUES (3, 1, 1, 0);
                 INSERT INTO positions VALUES ({spool}x'0102', 99);"
            ))
            .unwrap();
            migrate(&old, "a test's").unwrap();
            assert_eq!(find(&old).unwrap(), Found::Store(VERSION));
            assert_eq!(parts(&old), parts(&new), "from version {version}");
            type Kept = (String, i64, i64, Option<String>, Option<i64>, Option<Vec<u8>>);
            let kept: Kept = old
                .query_row(
                    "SELECT webhooks.id, deaths, attempts.duration_us, url, attempts.server, latencies
                     FROM webhooks, deliveries, attempts, hours
                     WHERE attempts.key = deliveries.key + 1",
                    [],
                    |row| row.try_into(),
                )
                .unwrap_or_else(|error| panic!("version {version}: {error}"));
            assert_eq!(kept, ("crm".into(), 0, 7, None, None, None));
            let position: ([u8; 16], Vec<u8>, i64) =
                old.query_row("SELECT * FROM positions", [], |row| row.try_into()).unwrap();
            assert_eq!(position, ([0; 16], vec![1, 2], 99));
        }
    }
}
