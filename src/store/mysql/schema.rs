//! The tables, and how those of an older version become those of this one.
//!
//! An event's key is time-ordered and needs nobody else to be made: 41 bits of milliseconds since
//! 2020, 10 of the worker that took it in, 12 that count within the millisecond. A delivery is the
//! n-th of its event and an attempt the n-th of its delivery, so children are a range of the primary
//! key, "newest first" is that key backwards, and every other index ends in it.
//!
//! One worker at a time makes them ([`Maker`]), and may die at it, or be taken for dead. So each step can
//! be done twice, a server's "there already" is a success, a new version only adds what an older worker
//! can do without, and statements name their columns.

use ::mysql::Value;

use super::connection::Connection;
use super::maker::Maker;
use crate::{Result, StoreError};

/// The n-th entry leads from version n to n + 1.
const MIGRATIONS: [&str; 3] = [include_str!("1.sql"), include_str!("2.sql"), include_str!("3.sql")];

/// The version that this software reads and writes.
pub const VERSION: u32 = MIGRATIONS.len() as u32;

/// Behind every table: what `dump` and `restore` find whatever the server's defaults are.
const TABLE: &str = "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC";

/// Table, column, key, and nothing to drop: that was done before.
const DONE: [u16; 4] = [1050, 1060, 1061, 1091];

/// 2020-01-01T00:00:00Z in Unix milliseconds: the beginning of events' keys.
const BEGINNING: i64 = 1_577_836_800_000;
/// Bits of an event's key below its worker's, and below its milliseconds.
const COUNT_BITS: u32 = 12;
const MS_BITS: u32 = 22;
/// Most workers that a store can ever have had.
pub(super) const WORKERS: u16 = (1 << (MS_BITS - COUNT_BITS)) - 1;

/// The key of an event that a worker takes in now, above the last one that it gave or found.
pub(super) fn next_event(last: u64, worker: u16, now: i64) -> u64 {
    let key = |ms: u64| ms << MS_BITS | u64::from(worker) << COUNT_BITS;
    let new = key(now.saturating_sub(BEGINNING).clamp(0, (1 << 41) - 1).cast_unsigned());
    if new > last {
        return new;
    }
    // Another one within the millisecond, or the clock was set back.
    let next = last + 1;
    let is_own = last >> COUNT_BITS & u64::from(WORKERS) == u64::from(worker);
    if is_own && next & ((1 << COUNT_BITS) - 1) != 0 { next } else { key((last >> MS_BITS) + 1) }
}

/// Makes the tables those of this version; only a worker does, and one at a time.
///
/// # Errors
/// [`StoreError::Newer`] where a newer version made them; [`StoreError::Failed`] with the `GRANT` to
/// give where the user may not; else what the server says.
pub fn migrate(connection: &mut Connection) -> Result<()> {
    let table = connection.server().table("schema");
    // A row that says so, as a table alone may be that of a worker that died half-way.
    connection.define(
        &format!(
            "CREATE TABLE IF NOT EXISTS {table} \
             (one TINYINT UNSIGNED NOT NULL PRIMARY KEY, version INT UNSIGNED NOT NULL) {TABLE}"
        ),
        &DONE,
    )?;
    let Some(_turn) = Maker::wait(connection, is_made)? else { return Ok(()) };
    let found = version(connection)?;
    // Where some are missing of this version, whatever is there stays as it is.
    let first = if found == VERSION { 0 } else { found };
    for (from, step) in MIGRATIONS.iter().enumerate().skip(first as usize) {
        for statement in statements(step, &connection.server().prefix) {
            connection.define(&statement, &DONE)?;
        }
        if found > 0 {
            let note = format!(
                "UPDATE {table} SET version = {} WHERE one = 1 AND version = {from}",
                from + 1
            );
            connection.execute(&note, Vec::new())?;
        }
    }
    if found == 0 {
        // Once all is there: whoever reads meanwhile finds no store, and none of an older version.
        let note = format!("INSERT IGNORE INTO {table} (one, version) VALUES (1, {VERSION})");
        connection.execute(&note, Vec::new())?;
    }
    Ok(())
}

/// Whether there is nothing to be made.
fn is_made(connection: &mut Connection) -> Result<bool> {
    let found = version(connection)?;
    if found > VERSION {
        return Err(StoreError::Newer {
            store: connection.server().to_string(),
            found,
            known: VERSION,
        });
    }
    // A backup may have left some of them out, and somebody may have removed one.
    Ok(found == VERSION && !lacks_tables(connection)?)
}

/// Whether one of the tables is not there.
fn lacks_tables(connection: &mut Connection) -> Result<bool> {
    let names: Vec<Value> = MIGRATIONS
        .concat()
        .split("CREATE TABLE IF NOT EXISTS {prefix}")
        .skip(1)
        .filter_map(|made| made.split(' ').next())
        .map(|name| connection.server().table(name).replace('`', "").to_lowercase().into())
        .collect();
    let sql = format!(
        "SELECT COUNT(*) FROM information_schema.tables \
         WHERE table_schema = DATABASE() AND LOWER(table_name) IN ({})",
        vec!["?"; names.len()].join(", ")
    );
    let all = names.len() as u64;
    Ok(connection.rows::<u64>(&sql, names)?.first() != Some(&all))
}

/// The version of the tables; 0 where they are not whole yet.
fn version(connection: &mut Connection) -> Result<u32> {
    let table = connection.server().table("schema");
    let found: Vec<u32> =
        connection.rows(&format!("SELECT version FROM {table} WHERE one = 1"), Vec::new())?;
    Ok(found.first().copied().unwrap_or(0))
}

/// A step's statements. A `{prefix}` is that of the store's tables.
fn statements(step: &str, prefix: &str) -> Vec<String> {
    step.split(";\n")
        .map(str::trim)
        .filter(|statement| !statement.is_empty())
        .map(|statement| {
            let statement = statement.replace("{prefix}", &format!("{prefix}webhooks_store_"));
            if statement.contains("CREATE TABLE") {
                format!("{statement} {TABLE}")
            } else {
                statement
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::mysql::row::DERIVED;
    use crate::mysql::test_server::{TestServer, is_mysql};

    #[test]
    fn keys_of_events_rise_whatever_the_clock_does_and_are_of_one_worker() {
        let (mut one, mut two) = (0, 0);
        let (mut ones, mut twos) = (Vec::new(), Vec::new());
        for now in [BEGINNING, BEGINNING + 5, BEGINNING + 5, 0, BEGINNING + 6, BEGINNING + 90_000] {
            for _ in 0..5000 {
                one = next_event(one, 1, now);
                two = next_event(two.max(one), WORKERS, now);
                ones.push(one);
                twos.push(two);
            }
        }
        for (keys, worker) in [(ones, 1), (twos, u64::from(WORKERS))] {
            assert!(keys.is_sorted() && keys.windows(2).all(|pair| pair[0] != pair[1]));
            assert!(keys.iter().all(|key| key >> COUNT_BITS & 0x3ff == worker && *key < 1 << 63));
        }
        assert_eq!(next_event(0, 3, BEGINNING + 1), 1 << 22 | 3 << 12);
    }

    /// The tables of a prefix with their definitions.
    fn tables(connection: &mut Connection) -> Vec<(String, String)> {
        let like = connection.server().table("%").replace('`', "").replace('_', "\\_");
        let names: Vec<String> = connection
            .rows(
                "SELECT table_name FROM information_schema.tables \
                 WHERE table_schema = DATABASE() AND table_name LIKE ? ORDER BY 1",
                vec![like.into()],
            )
            .unwrap();
        names
            .iter()
            .map(|name| {
                let made = connection.rows(&format!("SHOW CREATE TABLE `{name}`"), Vec::new());
                made.unwrap().remove(0)
            })
            .collect()
    }

    #[test]
    fn tables_are_made_by_several_workers_at_once_and_are_the_same_after_a_second_time() {
        let server = TestServer::start(&[]);
        let database = server.database();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| migrate(&mut Connection::open(&database).unwrap()).unwrap());
            }
        });
        let mut connection = Connection::open(&database).unwrap();
        assert_eq!(version(&mut connection).unwrap(), VERSION);
        let made = tables(&mut connection);
        assert_eq!(made.len(), MIGRATIONS.concat().matches("CREATE TABLE").count() + 1);
        for (name, definition) in &made {
            assert!(definition.contains("ENGINE=InnoDB"), "{name}: {definition}");
            assert!(definition.contains("COLLATE=utf8mb4_bin"), "{name}: {definition}");
        }
        migrate(&mut connection).unwrap();
        assert_eq!(tables(&mut connection), made);
    }

    #[test]
    fn what_a_worker_left_half_made_is_finished() {
        let server = TestServer::start(&[]);
        let mut connection = Connection::open(&server.database()).unwrap();
        migrate(&mut connection).unwrap();
        let made = tables(&mut connection);
        let server = connection.server().clone();
        for sql in [
            format!("DELETE FROM {}", server.table("schema")),
            format!("DROP TABLE {}, {}", server.table("attempts"), server.table("spent_keys")),
        ] {
            connection.execute(&sql, Vec::new()).unwrap();
        }
        migrate(&mut connection).unwrap();
        assert_eq!(tables(&mut connection), made);
    }

    #[test]
    fn no_table_is_without_a_primary_key() {
        let wanted = match is_mysql() {
            true => "--sql-require-primary-key=ON",
            false => "--innodb-force-primary-key=ON",
        };
        let server = TestServer::start(&[wanted]);
        migrate(&mut Connection::open(&server.database()).unwrap()).unwrap();
    }

    #[test]
    fn deaths_of_an_older_version_stay() {
        let server = TestServer::start(&[]);
        let mut connection = Connection::open(&server.database()).unwrap();
        migrate(&mut connection).unwrap();
        let made = tables(&mut connection);
        let (schema, deaths) =
            (connection.server().table("schema"), connection.server().table("worker_deaths"));
        for sql in [
            format!("ALTER TABLE {deaths} DROP COLUMN number"),
            format!("INSERT INTO {deaths} (worker, at, under_way) VALUES (1, 5, 7), (1, 5, 8)"),
            format!("UPDATE {schema} SET version = 2"),
        ] {
            connection.execute(&sql, Vec::new()).unwrap();
        }
        migrate(&mut connection).unwrap();
        let next = |(name, definition): &(String, String)| {
            (name.clone(), definition.replace(" AUTO_INCREMENT=3", ""))
        };
        assert_eq!(tables(&mut connection).iter().map(next).collect::<Vec<_>>(), made);
        let sql = format!("SELECT COUNT(*) FROM {deaths}");
        assert_eq!(connection.rows::<u64>(&sql, Vec::new()).unwrap(), [2]);
    }

    #[test]
    fn tables_that_a_backup_left_out_are_made_and_the_others_stay_as_they_are() {
        let server = TestServer::start(&[]);
        let mut connection = Connection::open(&server.database()).unwrap();
        migrate(&mut connection).unwrap();
        let made = tables(&mut connection);
        let server = connection.server().clone();
        let all = made.iter().map(|(name, _)| name.split("webhooks_store_").nth(1).unwrap());
        for name in all {
            connection.execute(&format!("DROP TABLE {}", server.table(name)), Vec::new()).unwrap();
            migrate(&mut connection).unwrap();
            assert_eq!(tables(&mut connection), made, "without {name}");
        }
        let kept =
            format!("INSERT INTO {} (`key`, id) VALUES (5, 'crm')", server.table("webhooks"));
        connection.execute(&kept, Vec::new()).unwrap();
        for name in ["deliveries", "bodies", "attempts"] {
            connection.execute(&format!("DROP TABLE {}", server.table(name)), Vec::new()).unwrap();
        }
        migrate(&mut connection).unwrap();
        assert_eq!(tables(&mut connection), made);
        assert_eq!(version(&mut connection).unwrap(), VERSION);
        let sql = format!("SELECT `key` FROM {}", server.table("webhooks"));
        assert_eq!(connection.rows::<i64>(&sql, Vec::new()).unwrap(), [5]);
    }

    #[test]
    fn rows_of_an_older_version_have_what_follows_from_them() {
        let server = TestServer::start(&[]);
        let mut connection = Connection::open(&server.database()).unwrap();
        let prefix = connection.server().prefix.clone();
        for statement in statements(MIGRATIONS[0], &prefix) {
            connection.define(&statement, &[]).unwrap();
        }
        let (schema, deliveries) =
            (connection.server().table("schema"), connection.server().table("deliveries"));
        connection
            .define(
                &format!(
                    "CREATE TABLE {schema} (one TINYINT UNSIGNED NOT NULL PRIMARY KEY, \
                     version INT UNSIGNED NOT NULL) {TABLE}"
                ),
                &[],
            )
            .unwrap();
        for sql in [
            format!("INSERT INTO {schema} VALUES (1, 1)"),
            format!(
                "INSERT INTO {deliveries} (event, number, id, webhook, name, site, state, due, test, \
                 last_status, last_failure) VALUES \
                 (1, 0, REPEAT('a', 16), 7, 'paid', 1, 0, 50, 0, NULL, NULL), \
                 (2, 0, REPEAT('b', 16), 7, 'paid', 1, 0, 60, 0, 503, 'status'), \
                 (3, 0, REPEAT('c', 16), 7, 'paid', 1, 3, 0, 0, NULL, 'timeout'), \
                 (4, 0, REPEAT('d', 16), 7, 'paid', 1, 2, 0, 0, 204, NULL)"
            ),
        ] {
            connection.execute(&sql, Vec::new()).unwrap();
        }
        migrate(&mut connection).unwrap();
        assert_eq!(version(&mut connection).unwrap(), VERSION);
        type Derived = (Option<i64>, Option<i64>, Option<u16>, Option<u8>);
        let sql = format!("SELECT {DERIVED} FROM {deliveries} ORDER BY event");
        let found: Vec<Derived> = connection.rows(&sql, Vec::new()).unwrap();
        let expected = [
            (Some(7), Some(50), None, None),
            (Some(7), Some(60), Some(503), Some(0)),
            (None, None, None, Some(3)),
            (None, None, None, None),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn two_networks_share_a_database_by_their_prefixes() {
        let server = TestServer::start(&[]);
        let database = server.database();
        for prefix in ["wp_", "other_"] {
            let one = crate::mysql::Server { prefix: prefix.into(), ..database.clone() };
            migrate(&mut Connection::open(&one).unwrap()).unwrap();
        }
        let other = crate::mysql::Server { prefix: "other_".into(), ..database };
        let mut connection = Connection::open(&other).unwrap();
        assert_eq!(
            tables(&mut connection).len(),
            MIGRATIONS.concat().matches("CREATE TABLE").count() + 1
        );
    }

    #[test]
    fn tables_of_a_newer_version_are_left_as_they_are() {
        let server = TestServer::start(&[]);
        let mut connection = Connection::open(&server.database()).unwrap();
        migrate(&mut connection).unwrap();
        let table = connection.server().table("schema");
        connection.execute(&format!("UPDATE {table} SET version = 99"), Vec::new()).unwrap();
        let refused = migrate(&mut connection).unwrap_err();
        assert!(
            matches!(refused, StoreError::Newer { found: 99, known: VERSION, .. }),
            "{refused}"
        );
    }

    #[test]
    fn every_table_takes_the_longest_prefix() {
        let all = statements(&MIGRATIONS.concat(), &"p".repeat(32));
        for statement in all.iter().filter(|statement| statement.contains("CREATE TABLE")) {
            let name = statement.split("EXISTS ").nth(1).unwrap().split(' ').next().unwrap();
            assert!(name.len() <= 64, "{name}");
        }
    }
}
