//! The log on SQLite.
//!
//! It never writes, not even a lock into the `-shm` (`readonly_shm=1`), and makes no file: a
//! reader that made `-wal` or `-shm` as its own user would lock the worker out. Every read is
//! one short transaction, interrupted after two seconds, so that neither a page nor the
//! worker's checkpoint ever waits for it for long.

mod by_state;
mod failures;
mod find;
mod lead;
mod open;
mod outages;
mod overview;
mod person;
mod row;
mod stats;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OptionalExtension, params};

pub(crate) use find::slice;

use self::open::{LONGEST_READ, Open, is_late};
use super::backfill::{self, Between, Bodies};
use super::{Place, count, from_states, positions, schema};
use crate::backfill::{BackfillQuery, MissedCount};
use crate::bulk::Action;
use crate::log::query;
use crate::log::{
    BulkRow, DeliveriesQuery, DeliveryDetail, FailureGroup, FailuresQuery, Lately, LogEngine,
    NEWEST, NOTICED, Noticed, NumberedAnnouncement, Outages, Overview, OverviewQuery, Page,
    StateCounts, StatsQuery, StoreSummary, WebhookStats,
};
use crate::{Result, Selection, State, StoreError};
use domain::clock::rfc3339;
use domain::event::Event;
use domain::id::{DeliveryId, EventId};
use spool::Spool;

/// How long it is looked which deliveries of a whole result still have a body.
const LONGEST_CHECK: Duration = Duration::from_millis(500);
/// Most announcements given at once.
const MOST_ANNOUNCEMENTS: u32 = 100;
const HOUR_MS: i64 = 3_600_000;
/// How long the events that a webhook has not had are counted.
const LONGEST_COUNT: Duration = Duration::from_secs(1);
/// Events that are looked at for it between two looks at the time.
const WINDOW: usize = 1000;

/// A store, open for reading.
pub(crate) struct SqliteLog {
    place: Place,
    open: Open,
}

impl SqliteLog {
    /// Opens for reading the store that an address names (none: `store.sqlite` in the spool);
    /// `None` where there is none yet.
    ///
    /// # Errors
    /// [`StoreError::Newer`] for a store of a later version, [`StoreError::Corrupt`], or what
    /// the system refused.
    pub(crate) fn open(spool: &Spool, address: Option<&str>) -> Result<Option<Self>> {
        let place = Place::new(spool, address)?;
        Ok(Open::new(&place)?.map(|open| Self { place, open }))
    }
}

impl LogEngine for SqliteLog {
    fn deliveries(&mut self, query: &DeliveriesQuery) -> Result<Page> {
        self.read(|connection| {
            let (keys, next) = match &query.person {
                Some(person) => person::keys(connection, query, person)?,
                None => {
                    let mut keys = find::keys(connection, query)?;
                    let more = keys.len() > query.limit();
                    keys.truncate(query.limit());
                    let next = keys.last().copied().filter(|_| more);
                    (keys, next)
                }
            };
            let deliveries = keys
                .iter()
                .map(|key| row::delivery(connection, *key))
                .collect::<rusqlite::Result<Vec<_>>>()?;
            Ok(Page {
                deliveries,
                cursor: next.map(|key| query::cursor(key.cast_unsigned().into())),
            })
        })
    }

    fn delivery(&mut self, id: &DeliveryId) -> Result<Option<DeliveryDetail>> {
        self.read(|connection| {
            let key: Option<i64> = connection
                .prepare_cached("SELECT key FROM deliveries WHERE id = ?1")?
                .query_row([id.as_bytes()], |row| row.get(0))
                .optional()?;
            key.map(|key| row::detail(connection, key)).transpose()
        })
    }

    fn settled(&mut self, event: &EventId) -> Result<Option<Vec<DeliveryDetail>>> {
        self.read(|connection| {
            let event: Option<i64> = connection
                .prepare_cached("SELECT key FROM events WHERE id = ?1")?
                .query_row([event.as_bytes()], |row| row.get(0))
                .optional()?;
            let Some(event) = event else { return Ok(None) };
            let mut deliveries = connection.prepare_cached(
                "SELECT key, state > 1 OR attempted > 0 FROM deliveries
                 WHERE key >= ?1 AND key < ?1 + ?2 ORDER BY key",
            )?;
            let deliveries = deliveries
                .query_map((event, schema::EVENT), |row| row.try_into())?
                .collect::<rusqlite::Result<Vec<(i64, bool)>>>()?;
            if deliveries.iter().any(|(_, done)| !done) {
                return Ok(None);
            }
            let details = deliveries.iter().map(|(key, _)| row::detail(connection, *key));
            details.collect::<rusqlite::Result<_>>().map(Some)
        })
    }

    fn stats(&mut self, query: &StatsQuery, now: i64) -> Result<BTreeMap<String, WebhookStats>> {
        let webhooks = match &query.webhook_ids {
            Some(ids) => ids.len(),
            None => self.read(stats::count)?,
        };
        query.check_size(webhooks)?;
        self.read(|connection| stats::read(connection, query, now))
    }

    fn overview(&mut self, query: &OverviewQuery, now: i64) -> Result<Overview> {
        self.read(|connection| overview::read(connection, query, now))
    }

    fn announcements(&mut self, after: i64) -> Result<Vec<NumberedAnnouncement>> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT number, code, at, params FROM announcements
                     WHERE number > ?1 ORDER BY number LIMIT ?2",
                )?
                .query_map(params![after, MOST_ANNOUNCEMENTS], |row| {
                    Ok(NumberedAnnouncement {
                        number: row.get(0)?,
                        code: row.get(1)?,
                        at: rfc3339(row.get(2)?),
                        params: serde_json::from_str(row.get_ref(3)?.as_str()?).unwrap_or_default(),
                    })
                })?
                .collect()
        })
    }

    fn count_all(&mut self, query: &DeliveriesQuery) -> Result<u64> {
        self.read(|connection| find::count(connection, query, false))
    }

    fn count_up_to(&mut self, query: &DeliveriesQuery, most: u64) -> Result<u64> {
        self.read(|connection| find::count_up_to(connection, query, most))
    }

    fn count_by_state(&mut self, query: &DeliveriesQuery, most: u64) -> Result<StateCounts> {
        self.read(|connection| by_state::count(connection, query, most))
    }

    fn count_for(&mut self, query: &DeliveriesQuery, action: Action) -> Result<u64> {
        let state = from_states(&query.state, action.to());
        if state.is_empty() {
            return Ok(0);
        }
        let query = DeliveriesQuery { state, ..query.clone() };
        let sendable = action == Action::Resend;
        let patience = if sendable { LONGEST_CHECK } else { LONGEST_READ };
        match self.try_read(patience, |connection| find::count(connection, &query, sendable))? {
            Err(error) if sendable && is_late(&error) => self.count_all(&query),
            counted => counted.map_err(|error| self.failed(error)),
        }
    }

    fn failures(&mut self, query: &FailuresQuery) -> Result<Vec<FailureGroup>> {
        self.read(|connection| failures::groups(connection, query))
    }

    fn bulks(&mut self) -> Result<Vec<BulkRow>> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT token, action, query, matched, changed, asked, ended FROM bulks
                     ORDER BY key DESC",
                )?
                .query_map([], row::bulk)?
                .collect()
        })
    }

    fn missed(
        &mut self,
        query: &BackfillQuery,
        with_bodies: bool,
        wants: &dyn Fn(&Event) -> bool,
    ) -> Result<MissedCount> {
        self.read(|connection| {
            let begun = Instant::now();
            let bodies = if with_bodies { Bodies::Asked } else { Bodies::Never };
            let all = Between { after: 0, below: i64::MAX };
            let mut left = Some(backfill::between(connection, query, all)?);
            let mut count = MissedCount::default();
            while let Some(between) = left {
                if begun.elapsed() > LONGEST_COUNT {
                    count.more = true;
                    break;
                }
                let (missed, next) =
                    backfill::stretch(connection, query, between, WINDOW, bodies, wants)?;
                count.events += missed.len() as u64;
                left = next.map(|after| Between { after, ..between });
            }
            Ok(count)
        })
    }

    fn count(&mut self, which: &Selection, to: State) -> Result<u64> {
        self.read(|connection| count(connection, which, to))
    }

    fn summary(&mut self) -> Result<StoreSummary> {
        let size = self.place.sizes()?.unwrap_or(0);
        // A worker of a later version may have taken it over since it was opened.
        let schema = self.read(|connection| {
            connection.query_row("PRAGMA user_version", [], |row| row.get::<_, u32>(0))
        })?;
        if schema > schema::VERSION {
            let store = format!("sqlite:{}", self.place.path().display());
            return Err(StoreError::Newer { store, found: schema, known: schema::VERSION });
        }
        self.read(|connection| {
            let announcements = connection
                .query_row(
                    "SELECT seq FROM sqlite_sequence WHERE name = 'announcements'",
                    [],
                    |row| row.get(0),
                )
                .optional()?;
            Ok(StoreSummary {
                schema,
                size,
                announcements: announcements.unwrap_or(0),
                positions: positions(connection)?,
                deaths: connection
                    .prepare("SELECT at FROM worker_deaths ORDER BY at")?
                    .query_map([], |row| row.get(0))?
                    .collect::<rusqlite::Result<_>>()?,
                // They may be many, and one is enough.
                deferred: connection.query_row(
                    "SELECT count(*) FROM (SELECT 1 FROM deferred LIMIT 1000)",
                    [],
                    |row| row.get(0),
                )?,
                lately: lately(connection)?,
                waiting_since: outages::waiting_since(connection)?,
                workers: Vec::new(),
            })
        })
    }

    fn outages(&mut self, is_left_out: &dyn Fn(&str) -> bool) -> Result<Outages> {
        self.read(|connection| outages::find(connection, is_left_out))
    }
}

/// What the worker announced of the kinds in [`NOTICED`].
fn lately(connection: &Connection) -> rusqlite::Result<Lately> {
    let noticed: Vec<_> = connection
        .prepare_cached(
            "SELECT code, at, coalesce(params ->> '$.seconds', 0) FROM announcements
             WHERE number > (SELECT max(number) FROM announcements) - ?1
                 AND code IN (?2, ?3, ?4, ?5) ORDER BY number",
        )?
        .query_map(params![NEWEST, NOTICED[0], NOTICED[1], NOTICED[2], NOTICED[3]], |row| {
            Ok(Noticed { code: row.get(0)?, at: row.get(1)?, seconds: row.get(2)? })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Lately::new(noticed))
}

impl SqliteLog {
    /// Runs one short transaction, on a connection to the file that is there now.
    fn read<T>(&mut self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        self.try_read(LONGEST_READ, read)?.map_err(|error| self.failed(error))
    }

    fn try_read<T>(
        &mut self,
        longest: Duration,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<rusqlite::Result<T>> {
        self.refresh()?;
        Ok(self.open.read(longest, read))
    }

    /// Opens anew where the file was replaced (a damaged one was set aside) or this is a fork.
    fn refresh(&mut self) -> Result<()> {
        let forked = self.open.is_forked();
        if !forked && !self.open.has_moved() {
            return Ok(());
        }
        let Some(open) = Open::new(&self.place)? else {
            return Err(StoreError::Failed {
                action: "reading the log",
                reason: format!("{} is gone; is it being replaced?", self.place.path().display()),
            });
        };
        let old = std::mem::replace(&mut self.open, open);
        if forked {
            // Closing would touch what belongs to the parent.
            std::mem::forget(old);
        }
        Ok(())
    }

    fn failed(&self, error: rusqlite::Error) -> StoreError {
        if is_late(&error) {
            return StoreError::Failed {
                action: "reading the log",
                reason: format!("took over {} seconds: narrow the query", LONGEST_READ.as_secs()),
            };
        }
        let address = format!("sqlite:{}", self.place.path().display());
        self.open.error(&address, error)
    }
}

#[cfg(test)]
impl SqliteLog {
    /// The number that a statement gives.
    pub(super) fn one(&mut self, sql: &str) -> i64 {
        self.read(|connection| connection.query_row(sql, [], |row| row.get(0))).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use crate::conformance::Fixture as _;
    use crate::log::LogEngine as _;
    use crate::sqlite::tests::InSpool;

    #[test]
    fn a_read_that_takes_too_long_is_interrupted() {
        let fixture = InSpool::new();
        let _store = fixture.open();
        let mut log = fixture.sqlite_log();
        let endless = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n)
                       SELECT max(n) FROM n";
        let error =
            log.read(|connection| connection.query_row(endless, [], |row| row.get::<_, i64>(0)));
        let error = error.unwrap_err().to_string();
        assert_eq!(error, "reading the log: took over 2 seconds: narrow the query");
        // Nothing is left of it.
        assert!(log.announcements(0).unwrap().is_empty());
    }
}
