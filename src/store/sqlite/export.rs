//! All that a store holds, as another engine takes it: events in the order in which they came in, each
//! with what belongs to it, then what there is beside them. Nothing is changed here.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use ::mysql::Value;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, params};

pub(crate) use super::moved::{
    MovedAttempt, MovedBulk, MovedDelivery, MovedEvent, MovedWebhook, Rest,
};
use super::schema::{DELIVERY, EVENT, event_of};
use super::{PATIENCE, connect, error};
use crate::moving::{REMAINDER, Sums};
use crate::{Result, StoreError};

/// Bytes of events that are given at once, unless one alone has more.
const MOST_BYTES: usize = 1 << 20;
/// Events that are given at once.
const MOST_EVENTS: u32 = 500;

/// A store that is read as a whole, while no worker writes into it.
pub(crate) struct Export {
    connection: Connection,
    address: String,
    /// What is added to each due time.
    shift: i64,
}

impl Export {
    /// Opens the file, which is of this version.
    ///
    /// # Errors
    /// As SQLite says.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let address = format!("sqlite:{}", path.display());
        let connection = connect(path).map_err(|error| StoreError::Failed {
            action: "opening the store that is moved",
            reason: format!("{error} ({address})"),
        })?;
        let opened = connection
            .busy_timeout(PATIENCE)
            .and_then(|()| connection.query_row("SELECT shift FROM clock", [], |row| row.get(0)));
        let shift = opened.map_err(|error| {
            error::from(&connection, &address, "opening the store that is moved", error)
        })?;
        Ok(Self { connection, address, shift })
    }

    fn read<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        read(&self.connection).map_err(|error| {
            error::from(&self.connection, &self.address, "reading the store that is moved", error)
        })
    }

    /// How many events there are.
    pub(crate) fn events(&self) -> Result<u64> {
        self.read(|connection| {
            let count: i64 =
                connection.query_row("SELECT count(*) FROM events", [], |row| row.get(0))?;
            Ok(count.cast_unsigned())
        })
    }

    /// The next events after a key, and none at the end.
    pub(crate) fn after(&self, key: i64) -> Result<Vec<MovedEvent>> {
        self.read(|connection| {
            let mut select = connection.prepare_cached(
                "SELECT e.key, e.id, e.name, e.site, e.created, s.name, e.terms, b.body,
                     e.timestamp, e.network, e.source, e.flags, e.revision, e.data_start, e.data_end
                 FROM events e LEFT JOIN servers s ON s.key = e.server
                     LEFT JOIN bodies b ON b.event = e.key
                 WHERE e.key > ?1 ORDER BY e.key LIMIT ?2",
            )?;
            let mut rows = select.query(params![key, MOST_EVENTS])?;
            let (mut events, mut bytes) = (Vec::new(), 0);
            while let Some(row) = rows.next()? {
                let key = row.get(0)?;
                let mut event = MovedEvent {
                    key,
                    id: row.get(1)?,
                    name: row.get(2)?,
                    site: row.get::<_, i64>(3)?.cast_unsigned(),
                    created: row.get(4)?,
                    server: row.get(5)?,
                    terms: row.get(6)?,
                    body: row.get(7)?,
                    columns: cells(row, 8..15)?,
                    deliveries: self.deliveries(connection, key)?,
                };
                event.columns[1] = unsigned(row.get(9)?);
                bytes += event.bytes();
                events.push(event);
                if bytes > MOST_BYTES {
                    break;
                }
            }
            Ok(events)
        })
    }

    fn deliveries(
        &self,
        connection: &Connection,
        event: i64,
    ) -> rusqlite::Result<Vec<MovedDelivery>> {
        let mut select = connection.prepare_cached(
            "SELECT d.key, d.id, d.webhook, d.state, d.due, d.reason, d.last_failure, r.body,
                 d.test, d.attempts, d.attempted, d.settled, d.last_status, d.duration_us, d.deaths,
                 d.deaths_alone
             FROM deliveries d LEFT JOIN requests r ON r.delivery = d.key
             WHERE d.key >= ?1 AND d.key < ?1 + ?2 ORDER BY d.key",
        )?;
        let delivery = |row: &Row<'_>| {
            let key: i64 = row.get(0)?;
            Ok(MovedDelivery {
                number: number_of(key),
                id: row.get(1)?,
                webhook: row.get(2)?,
                state: row.get(3)?,
                due: row.get::<_, i64>(4)?.saturating_add(self.shift),
                reason: row.get(5)?,
                last_failure: row.get(6)?,
                request: row.get(7)?,
                columns: cells(row, 8..16)?,
                attempts: attempts(connection, key)?,
            })
        };
        select.query_map([event, EVENT], delivery)?.collect()
    }

    /// All webhooks that were ever written about.
    pub(crate) fn webhooks(&self) -> Result<Vec<MovedWebhook>> {
        self.read(|connection| {
            connection
                .prepare(
                    "SELECT key, id, host, health, delivered, failed, pending, held, last_attempt,
                         last_success
                     FROM webhooks ORDER BY key",
                )?
                .query_map([], |row| {
                    Ok(MovedWebhook {
                        key: row.get(0)?,
                        id: row.get(1)?,
                        host: row.get(2)?,
                        health: row.get(3)?,
                        counters: cells(row, 4..10)?,
                    })
                })?
                .collect()
        })
    }

    /// Names of the servers that wrote into it, those that came last first.
    pub(crate) fn servers(&self, most: u32) -> Result<Vec<String>> {
        self.read(|connection| {
            connection
                .prepare("SELECT name FROM servers ORDER BY key DESC LIMIT ?1")?
                .query_map([most], |row| row.get(0))?
                .collect()
        })
    }

    /// Rows of one of the tables that another engine has as it is, after a row; see [`Rest`].
    pub(crate) fn rest(&self, of: Rest, after: i64, most: u32) -> Result<Vec<(i64, Vec<Value>)>> {
        let sql = match of {
            // Without a rowid: numbered as they come.
            Rest::Hours => {
                "SELECT number, hour, webhook, delivered, failed, latencies FROM
                     (SELECT row_number() OVER (ORDER BY hour, webhook) AS number, * FROM hours)
                 WHERE number > ?1 ORDER BY number LIMIT ?2"
            }
            Rest::SpentKeys => {
                "SELECT number, event, until FROM
                     (SELECT row_number() OVER (ORDER BY event) AS number, * FROM spent_keys)
                 WHERE number > ?1 ORDER BY number LIMIT ?2"
            }
            Rest::Deferred => {
                "SELECT key, kind, created, record FROM deferred WHERE key > ?1 ORDER BY key LIMIT ?2"
            }
            Rest::Deaths => {
                "SELECT rowid, at, under_way FROM worker_deaths WHERE rowid > ?1 ORDER BY rowid LIMIT ?2"
            }
            Rest::Announcements => {
                "SELECT number, code, at, params FROM announcements WHERE number > ?1
                 ORDER BY number LIMIT ?2"
            }
            Rest::Forgetting => {
                "SELECT rowid, token, person, erased FROM forgetting WHERE rowid > ?1
                 ORDER BY rowid LIMIT ?2"
            }
        };
        self.read(|connection| {
            let mut select = connection.prepare_cached(sql)?;
            let columns = select.column_count();
            let row = |row: &Row<'_>| Ok((row.get(0)?, cells(row, 1..columns)?));
            select.query_map(params![after, most], row)?.collect()
        })
    }

    /// How far each segment of the spool's journal was read: its id, and bytes.
    pub(crate) fn positions(&self) -> Result<Vec<(Vec<u8>, u64)>> {
        self.read(|connection| {
            connection
                .prepare("SELECT segment, offset FROM positions")?
                .query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned())))?
                .collect()
        })
    }

    /// The last reading of the clock, where there is one: boot, and offset.
    pub(crate) fn clock(&self) -> Result<(Value, Value)> {
        self.read(|connection| {
            connection.query_row("SELECT boot, offset FROM clock", [], |row| {
                Ok((cell(row.get_ref(0)?), cell(row.get_ref(1)?)))
            })
        })
    }

    /// The number of the newest announcement, also once that was pruned.
    pub(crate) fn announced(&self) -> Result<u64> {
        self.read(|connection| {
            let last: Option<i64> = connection
                .query_row(
                    "SELECT seq FROM sqlite_sequence WHERE name = 'announcements'",
                    [],
                    |row| row.get(0),
                )
                .optional()?;
            Ok(last.unwrap_or(0).cast_unsigned())
        })
    }

    /// Changes of whole results, and backfills: under way, or ended a while ago.
    pub(crate) fn bulks(&self) -> Result<Vec<MovedBulk>> {
        self.read(|connection| {
            let mut last = connection
                .prepare("SELECT key, id FROM events WHERE key <= ?1 ORDER BY key DESC LIMIT 1")?;
            let mut last = |key: i64| {
                last.query_row([key], |row| row.try_into()).optional().map(|found| {
                    found.map(|(event, id): (i64, Vec<u8>)| {
                        // Where the event itself is gone: all of the one before.
                        let number = if event == event_of(key) { number_of(key) } else { u16::MAX };
                        (id, number)
                    })
                })
            };
            let mut select = connection.prepare(
                "SELECT after, below, token, action, query, matched, changed, asked, ended
                 FROM bulks ORDER BY key",
            )?;
            let mut rows = select.query([])?;
            let mut bulks = Vec::new();
            while let Some(row) = rows.next()? {
                let (after, below): (i64, i64) = (row.get(0)?, row.get(1)?);
                bulks.push(MovedBulk {
                    after: if after == 0 { None } else { last(after)? },
                    last: last(below - 1)?.map(|(id, _)| id),
                    columns: cells(row, 2..9)?,
                });
            }
            Ok(bulks)
        })
    }

    /// Counts and sums of the events with these keys and of what belongs to them. `apart`: what the
    /// clock that due times are kept by there is behind this server's.
    pub(crate) fn sums(&self, keys: Range<i64>, apart: i64) -> Result<Sums> {
        let due = format!("max(0, due + {} - {apart})", self.shift);
        let sums = [
            (
                "events",
                format!(
                    "count(*), sum(timestamp % {REMAINDER}), sum(created % {REMAINDER}),
                     sum(octet_length(name)), sum(data_end), sum(flags), sum(octet_length(terms))
                     FROM events WHERE key"
                ),
            ),
            (
                "terms",
                "count(*), sum(octet_length(term)) FROM (SELECT DISTINCT events.key, value AS term
                     FROM events, json_each(events.terms)) AS found WHERE found.key"
                    .into(),
            ),
            ("bodies", "count(*), sum(octet_length(body)) FROM bodies WHERE event".into()),
            (
                "deliveries",
                format!(
                    "count(*), sum(iif(state = 1, 0, state)), sum(test), sum(attempts),
                     sum(attempted), sum(settled % {REMAINDER}), sum(last_status),
                     sum(duration_us % {REMAINDER}), sum(deaths) FROM deliveries WHERE key"
                ),
            ),
            (
                "waiting deliveries",
                format!(
                    "count(*), sum({due} % {REMAINDER}) FROM deliveries WHERE state < 2 AND key"
                ),
            ),
            ("requests", "count(*), sum(octet_length(body)) FROM requests WHERE delivery".into()),
            (
                "attempts",
                format!(
                    "count(*), sum(started % {REMAINDER}), sum(duration_us % {REMAINDER}),
                     sum(status), sum(octet_length(request_headers)),
                     sum(octet_length(response_headers)), sum(octet_length(response_body)),
                     sum(next) FROM attempts WHERE key"
                ),
            ),
        ];
        self.read(|connection| {
            let mut all = BTreeMap::new();
            for (name, sum) in &sums {
                let sql = format!("SELECT {sum} BETWEEN ?1 AND ?2");
                let mut select = connection.prepare_cached(&sql)?;
                let columns = select.column_count();
                let of = select.query_row([keys.start, keys.end - 1], |row| {
                    (0..columns)
                        .map(|at| Ok(row.get::<_, Option<i64>>(at)?.unwrap_or(0)))
                        .collect::<rusqlite::Result<Vec<i64>>>()
                })?;
                all.insert((*name).to_owned(), of);
            }
            Ok(all)
        })
    }

    /// [`sums`](Self::sums) of one event.
    pub(crate) fn sums_of(&self, event: i64, apart: i64) -> Result<Sums> {
        self.sums(event..event + EVENT, apart)
    }
}

fn attempts(connection: &Connection, delivery: i64) -> rusqlite::Result<Vec<MovedAttempt>> {
    connection
        .prepare_cached(
            "SELECT a.key, s.name, a.started, a.duration_us, a.url, a.method, a.address, a.status,
                 a.failure, a.waited_for, a.request_headers, a.response_headers, a.response_body,
                 a.remark, a.reconnected, a.next, a.next_at
             FROM attempts a LEFT JOIN servers s ON s.key = a.server
             WHERE a.key >= ?1 AND a.key < ?1 + ?2 ORDER BY a.key",
        )?
        .query_map([delivery, DELIVERY], |row| {
            Ok(MovedAttempt {
                number: (row.get::<_, i64>(0)? & (DELIVERY - 1)) as u32,
                server: row.get(1)?,
                columns: cells(row, 2..17)?,
            })
        })?
        .collect()
}

/// The number of a delivery among those of its event.
fn number_of(key: i64) -> u16 {
    ((key & (EVENT - 1)) / DELIVERY) as u16
}

fn cells(row: &Row<'_>, columns: Range<usize>) -> rusqlite::Result<Vec<Value>> {
    columns.map(|at| Ok(cell(row.get_ref(at)?))).collect()
}

fn cell(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::NULL,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => number.into(),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Value::from(bytes),
    }
}

/// SQLite's integers have a sign.
fn unsigned(number: i64) -> Value {
    number.cast_unsigned().into()
}
