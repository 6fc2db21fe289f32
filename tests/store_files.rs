//! The store's files: what is refused, what is set aside, what shrinks, what they hold.

mod store;

use std::fs;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::Connection;
use serde_json::Value;
use store::{Place, write_round};
use webhooks::clock::{Clock as _, SystemClock};
use webhooks::store::log::{DeliveriesQuery, FailuresQuery, Log, StatsQuery};
use webhooks::store::{
    Announcement, Durability as _, Selection, SetAside, State, Store as _, StoreError, Transaction,
    sqlite,
};

fn names(place: &Place) -> Vec<String> {
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string();
    let mut names: Vec<_> =
        fs::read_dir(place.path()).unwrap().map(|entry| name(entry).unwrap()).collect();
    names.sort();
    names
}

fn open_or_set_aside(place: &Place) -> (sqlite::SqliteStore, Option<SetAside>) {
    sqlite::open_or_set_aside(place.spool(), None, Arc::new(SystemClock)).unwrap()
}

#[test]
fn a_store_of_a_newer_version_is_refused_and_left_alone() {
    let place = Place::new();
    write_round(&mut place.open().unwrap(), 1).unwrap();
    let file = place.path().join("store.sqlite");
    let file = Connection::open(&file).unwrap();
    let version: u32 = file.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    file.execute_batch("PRAGMA user_version = 99").unwrap();
    for error in [
        place.open().err().unwrap(),
        place.log().err().unwrap(),
        sqlite::open_or_set_aside(place.spool(), None, Arc::new(SystemClock)).err().unwrap(),
    ] {
        assert!(matches!(error, StoreError::Newer { found: 99, .. }), "{error:?}");
        let message = error.to_string();
        assert!(message.contains("store.sqlite has schema version 99"), "{message}");
        assert!(message.contains("install the version"), "{message}");
    }
    file.execute_batch(&format!("PRAGMA user_version = {version}")).unwrap();
    drop(file);
    drop(place.open().unwrap());
    assert_eq!(place.log().unwrap().unwrap().stats(&StatsQuery::default(), 0).unwrap().len(), 2);
}

#[test]
fn a_store_of_version_1_becomes_one_of_this_version() {
    let place = Place::new();
    write_round(&mut place.open().unwrap(), 1).unwrap();
    let stats = || place.log().unwrap().unwrap().stats(&StatsQuery::default(), 0).unwrap();
    let before = stats();
    let file = place.path().join("store.sqlite");
    let old = "DROP INDEX deliveries_rare; DROP TABLE network_hours; DROP TABLE bulks; DROP INDEX deliveries_failing; DROP INDEX deliveries_test;
               ALTER TABLE webhooks DROP COLUMN host; ALTER TABLE events DROP COLUMN terms;
               CREATE INDEX terms_event ON terms (event);
               DROP TABLE servers; DROP TABLE worker_deaths; DROP TABLE spent_keys;
               DROP INDEX deliveries_suspect; DROP INDEX deliveries_sites;
               ALTER TABLE deliveries DROP COLUMN turn_site;
               ALTER TABLE events DROP COLUMN server; ALTER TABLE attempts DROP COLUMN server;
               ALTER TABLE attempts DROP COLUMN url; ALTER TABLE attempts DROP COLUMN waited_for;
               ALTER TABLE attempts DROP COLUMN remark; ALTER TABLE attempts DROP COLUMN method;
               ALTER TABLE deliveries DROP COLUMN deaths;
               ALTER TABLE deliveries DROP COLUMN deaths_alone;
               ALTER TABLE hours DROP COLUMN latencies;
               CREATE TABLE old (segment BLOB PRIMARY KEY, offset INTEGER NOT NULL) STRICT, WITHOUT ROWID;
               INSERT INTO old SELECT segment, offset FROM positions; DROP TABLE positions;
               ALTER TABLE old RENAME TO positions;
               PRAGMA user_version = 1";
    // Kept open: the last one to close a store takes its log with it, and readers see none.
    let file = Connection::open(&file).unwrap();
    file.execute_batch(old).unwrap();
    let error = place.log().err().unwrap().to_string();
    assert!(error.contains("still has schema version 1; it becomes 5 when the worker"), "{error}");
    drop(file);
    drop(place.open().unwrap());
    assert_eq!(stats(), before);
    let mut log = place.log().unwrap().unwrap();
    assert!(log.bulks().unwrap().is_empty());
    assert!(log.failures(&FailuresQuery::default()).unwrap().is_empty());
}

#[test]
fn a_damaged_store_is_set_aside_with_its_log_and_index() {
    let place = Place::new();
    write_round(&mut place.open().unwrap(), 1).unwrap();
    let file = place.path().join("store.sqlite");
    fs::write(&file, vec![0x5a; 100_000]).unwrap();
    assert!(matches!(place.open(), Err(StoreError::Corrupt { .. })));
    assert!(matches!(place.log(), Err(StoreError::Corrupt { .. })));

    let (mut store, set_aside) = open_or_set_aside(&place);
    let set_aside = set_aside.unwrap();
    assert!(set_aside.reason.contains("not a database"), "{}", set_aside.reason);
    assert_eq!(fs::read(&set_aside.path).unwrap(), vec![0x5a; 100_000]);
    let kept = set_aside.path.file_name().unwrap().to_str().unwrap();
    assert!(kept.starts_with("store.sqlite.damaged-20"), "{kept}");
    let expected = [
        "store.sqlite".to_owned(),
        "store.sqlite-shm".to_owned(),
        "store.sqlite-wal".to_owned(),
        kept.to_owned(),
        format!("{kept}-shm"),
        format!("{kept}-wal"),
    ];
    assert_eq!(names(&place), expected);
    write_round(&mut store, 1).unwrap();
    drop(store);
    assert_eq!(open_or_set_aside(&place).1, None);
}

#[test]
fn damage_that_shows_later_is_told_as_damage() {
    let place = Place::new();
    let mut store = place.open().unwrap();
    for number in 0..200 {
        write_round(&mut store, number).unwrap();
    }
    drop(store);
    let path = place.path().join("store.sqlite");
    let mut file = fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
    let mut page = [0; 8192];
    // Everything but the first page, which tells what the file is and where its tables lie.
    for at in 1..file.metadata().unwrap().len() / 8192 {
        file.seek(SeekFrom::Start(at * 8192)).unwrap();
        file.read_exact(&mut page).unwrap();
        page[..64].fill(0xff);
        file.seek(SeekFrom::Start(at * 8192)).unwrap();
        file.write_all(&page).unwrap();
    }
    let (mut store, set_aside) = open_or_set_aside(&place);
    // Opening reads little; whether it met the damage or the next write does, it is told.
    if set_aside.is_none() {
        let error = write_round(&mut store, 201).unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
        drop(store);
        sqlite::set_aside(place.spool(), None, &SystemClock).unwrap();
        store = place.open().unwrap();
    }
    write_round(&mut store, 1).unwrap();
}

#[test]
fn somebody_elses_database_is_neither_used_nor_moved() {
    let place = Place::new();
    let file = place.path().join("store.sqlite");
    Connection::open(&file).unwrap().execute_batch("CREATE TABLE wp_posts (id)").unwrap();
    let open = || sqlite::open_or_set_aside(place.spool(), None, Arc::new(SystemClock));
    for error in [open().err().unwrap(), place.log().err().unwrap()] {
        assert!(error.to_string().contains("database of another application"), "{error}");
    }
    let tables: String = Connection::open(&file)
        .unwrap()
        .query_row("SELECT group_concat(name) FROM sqlite_schema", [], |row| row.get(0))
        .unwrap();
    assert_eq!(tables, "wp_posts");
}

#[test]
fn planted_links_are_refused() {
    for name in ["store.sqlite", "store.sqlite-wal", "store.sqlite-shm"] {
        let elsewhere = Place::new();
        let victim = elsewhere.path().join("victim");
        fs::write(&victim, "untouched").unwrap();
        let plant_link = |at: PathBuf| symlink(&victim, at).unwrap();
        let plant_name = |at: PathBuf| fs::hard_link(&victim, at).unwrap();
        let plants: [&dyn Fn(PathBuf); 2] = [&plant_link, &plant_name];
        for plant in plants {
            let place = Place::new();
            drop(place.open().unwrap());
            fs::remove_file(place.path().join(name)).unwrap();
            plant(place.path().join(name));
            for error in [place.open().err().unwrap(), place.log().err().unwrap()] {
                assert!(error.to_string().contains(name), "{error}");
            }
            assert_eq!(fs::read(&victim).unwrap(), b"untouched");
        }
    }
}

#[test]
fn a_store_can_lie_outside_the_spool_and_below_links() {
    let (spool, other) = (Place::new(), Place::new());
    let link = spool.path().join("link");
    symlink(other.path(), &link).unwrap();
    // A folder of its own follows the rules of a spool; every character may be in its path.
    let address = format!("sqlite:{}/l%6fg?mode=memory#.db", link.display());
    let mut store = sqlite::open(spool.spool(), Some(&address), Arc::new(SystemClock)).unwrap();
    write_round(&mut store, 1).unwrap();
    let mut log = Log::open(spool.spool(), Some(&address)).unwrap().unwrap();
    let page = log.deliveries(&DeliveriesQuery::default()).unwrap();
    assert_eq!(page.deliveries.len(), 2);
    assert!(other.path().join("l%6fg?mode=memory#.db").exists());
    for address in ["postgres://localhost/db", "sqlite:store.sqlite", "/store.sqlite", "sqlite:/"] {
        let error = Log::open(spool.spool(), Some(address)).err().unwrap();
        assert!(matches!(error, StoreError::Address(_)), "{address}: {error}");
    }
}

#[test]
fn pruning_in_small_steps_shrinks_the_file() {
    let place = Place::new();
    let mut store = place.open().unwrap();
    store.load().unwrap();
    for number in 0..2000 {
        write_round(&mut store, number).unwrap();
    }
    // The second delivery of each round is still pending; without it everything can go.
    let all = Selection::default();
    let cancelled = State::Cancelled;
    store.transaction(&mut |tx| tx.change(&all, cancelled, 0, None).map(drop)).unwrap();
    assert!(store.truncate_wal().unwrap());
    let size = || fs::metadata(place.path().join("store.sqlite")).unwrap().len();
    let full = size();
    let future = SystemClock.unix_ms() + 1000;
    let (mut more, mut steps) = (true, 0);
    while more {
        let prune = &mut |tx: &mut dyn Transaction| {
            more = tx.prune(future, future, 100)?;
            Ok(())
        };
        store.transaction(prune).unwrap();
        steps += 1;
    }
    assert!(store.truncate_wal().unwrap());
    assert!(steps >= 20, "{steps}");
    assert!(size() < full / 10, "{full} bytes became {}", size());
    let mut log = place.log().unwrap().unwrap();
    assert!(log.deliveries(&DeliveriesQuery::default()).unwrap().deliveries.is_empty());
    assert_eq!(log.stats(&StatsQuery::default(), 0).unwrap()["one"].delivered, 2000);
}

/// The keys of `@phpstan-type NAME array{…}` in the stub.
fn keys_in_stub(name: &str) -> Vec<String> {
    let stub = include_str!("../stubs/webhooks.stub.php");
    let (_, after) = stub.split_once(&format!("@phpstan-type {name} array{{")).unwrap();
    keys_of_shape(after)
}

/// The keys of the array shape that begins here, without those of shapes within it.
fn keys_of_shape(text: &str) -> Vec<String> {
    let (mut depth, mut words, mut keys) = (0, String::new(), Vec::new());
    for letter in text.chars() {
        match letter {
            '{' | '<' => depth += 1,
            '}' if depth == 0 => break,
            '}' | '>' => depth -= 1,
            ':' if depth == 0 => {
                let key = words.rsplit([' ', '*', ',', '\n']).next().unwrap();
                keys.push(key.trim_end_matches('?').to_owned());
            }
            _ => {}
        }
        words.push(letter);
    }
    keys
}

fn keys(value: &Value) -> Vec<String> {
    value.as_object().unwrap().keys().cloned().collect()
}

#[test]
fn results_have_the_shapes_of_the_stub() {
    let place = Place::new();
    let mut store = place.open().unwrap();
    write_round(&mut store, 1).unwrap();
    let announcement = Announcement { code: "test".into(), at: 0, params: serde_json::Map::new() };
    store.transaction(&mut |tx| tx.announce(&announcement).map(drop)).unwrap();
    let mut log = place.log().unwrap().unwrap();
    let page = log.deliveries(&DeliveriesQuery::default()).unwrap();
    let first = serde_json::to_value(&page.deliveries[1]).unwrap();
    assert_eq!(keys(&first), keys_in_stub("Delivery"));
    assert_eq!(keys(&serde_json::to_value(&page).unwrap()), ["deliveries", "cursor"]);

    let detail = log.delivery(&page.deliveries[1].id).unwrap().unwrap();
    let detail = serde_json::to_value(detail).unwrap();
    let more = ["body", "content_type", "attempts_made"].map(String::from).to_vec();
    assert_eq!(keys(&detail), [keys_in_stub("Delivery"), more].concat());
    assert_eq!(keys(&detail["attempts_made"][0]), keys_in_stub("Attempt"));

    let stub = include_str!("../stubs/webhooks.stub.php");
    let (_, after) = stub.split_once("@return array{webhooks: array<string, array{").unwrap();
    let stats = log.stats(&StatsQuery::default(), SystemClock.unix_ms()).unwrap();
    let stats = serde_json::to_value(stats).unwrap();
    assert_eq!(keys(&stats["one"]), keys_of_shape(after));
    assert_eq!(keys(&stats["one"]["hours"][0]), ["hour", "delivered", "failed"]);
    let news = serde_json::to_value(log.announcements(0).unwrap()).unwrap();
    assert_eq!(keys(&news[0]), ["number", "code", "at", "params"]);
}

#[test]
fn bad_queries_are_refused_by_name() {
    for (query, message) in [
        (r#"{"webhook": "crm"}"#, "unknown field `webhook`"),
        (r#"{"state": "lost"}"#, "\"lost\" is no state; there are pending, delivering,"),
        (r#"{"since": "yesterday"}"#, "\"yesterday\" is no time; expected RFC 3339"),
        (r#"{"limit": 201}"#, "`limit` is 1 to 200, not 201"),
        (r#"{"limit": 0}"#, "`limit` is 1 to 200, not 0"),
        (r#"{"cursor": "x"}"#, "\"x\" is no cursor of webhooks_deliveries()"),
        (r#"{"event_id": "evt_1"}"#, "\"evt_1\" is not an event's id"),
    ] {
        let error = serde_json::from_str::<DeliveriesQuery>(query).unwrap_err().to_string();
        assert!(error.contains(message), "{query}: {error}");
    }
    let query = r#"{"state": ["failed", "held"], "limit": 200, "since": "2026-11-20T10:00:00Z"}"#;
    let query: DeliveriesQuery = serde_json::from_str(query).unwrap();
    assert_eq!((query.state.len(), query.since), (2, Some(1_795_168_800_000)));
    let error = serde_json::from_str::<StatsQuery>(r#"{"hours": 721}"#).unwrap_err().to_string();
    assert!(error.contains("`hours` is 0 to 720, not 721"), "{error}");
}
