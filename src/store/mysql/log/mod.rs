//! The log on a MySQL or MariaDB server.
//!
//! One connection for a request, which reads and never writes; every statement is bounded by the
//! server, every answer by a clock here, and none is part of a transaction, so that nothing ever waits
//! for a reader. A connection that was lost since it was last used is made anew, once.

mod count;
mod failures;
mod filter;
mod find;
#[cfg(test)]
mod million;
mod missed;
mod outages;
mod overview;
mod person;
mod reads;
mod row;
mod stats;
mod summary;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use ::mysql::Row;

use super::address::Server;
use super::connection::Connection;
use super::schema;
use crate::backfill::{BackfillQuery, MissedCount};
use crate::bulk::Action;
use crate::log::query;
use crate::log::{
    BulkRow, DeliveriesQuery, DeliveryDetail, FailureGroup, FailuresQuery, LogEngine,
    NumberedAnnouncement, Outages, Overview, OverviewQuery, Page, StateCounts, StatsQuery,
    StoreSummary, WebhookStats,
};
use crate::sqlite::from_states;
use crate::{Result, Selection, SpoolId, State, StoreError};
use domain::clock::rfc3339;
use domain::event::Event;
use domain::id::{DeliveryId, EventId};
pub(super) use find::slice;
pub(super) use reads::Reads;
use reads::{Answer, ReadError};

/// How long an answer may take, and the server for each of its statements.
const LONGEST_READ: Duration = Duration::from_secs(2);
/// How long nobody waits for a server that says nothing: what it stops by itself it tells before.
const SILENCE: Duration = Duration::from_secs(4);
/// How long it is looked which deliveries of a whole result still have a body.
const LONGEST_CHECK: Duration = Duration::from_millis(500);
/// How long the events that a webhook has not had are counted.
const LONGEST_COUNT: Duration = Duration::from_secs(1);
/// Most announcements given at once.
const MOST_ANNOUNCEMENTS: u32 = 100;
/// Changes of whole results given at once: those of a day are few.
const MOST_BULKS: u32 = 1_000;

/// A store, open for reading.
pub(crate) struct MysqlLog {
    server: Server,
    /// Of which spool the positions and deaths are; none: this server has had no worker yet.
    spool: Option<SpoolId>,
    connection: Own,
}

/// A connection of the process that made it: another one, which a fork made, must not say goodbye to the
/// server over it.
struct Own {
    connection: Option<Connection>,
    pid: u32,
}

impl Own {
    fn new(connection: Connection) -> Self {
        Self { connection: Some(connection), pid: std::process::id() }
    }

    /// None: it is another process's.
    fn get(&mut self) -> Option<&mut Connection> {
        self.connection.as_mut().filter(|_| self.pid == std::process::id())
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        if self.pid != std::process::id()
            && let Some(connection) = self.connection.take()
        {
            connection.forget();
        }
    }
}

impl MysqlLog {
    /// Opens for reading; `None` where no worker has made the tables yet.
    ///
    /// # Errors
    /// [`StoreError::Newer`] for a store of a later version; what [`Connection::open`] says.
    pub(crate) fn open(server: &Server, spool: Option<SpoolId>) -> Result<Option<Self>> {
        let read_timeout = server.read_timeout.min(SILENCE);
        let server = Server { read_timeout, ..server.clone() };
        let connection = Own::new(Connection::open_for_reading(&server, LONGEST_READ)?);
        let mut log = Self { server, spool, connection };
        match log.version()? {
            0 => Ok(None),
            schema::VERSION => Ok(Some(log)),
            found if found > schema::VERSION => Err(StoreError::Newer {
                store: log.server.to_string(),
                found,
                known: schema::VERSION,
            }),
            found => Err(StoreError::Failed {
                action: "opening the log",
                reason: format!(
                    "{} still has schema version {found}; it becomes {} when the worker of this \
                     version starts",
                    log.server,
                    schema::VERSION
                ),
            }),
        }
    }

    fn version(&mut self) -> Result<u32> {
        /// "Table doesn't exist".
        const NO_TABLE: u16 = 1146;
        let found = self.try_read(LONGEST_READ, |reads| {
            reads.first("SELECT version FROM {schema} WHERE one = 1", Vec::new())
        });
        match found {
            Err(ReadError::Server(::mysql::Error::MySqlError(error))) if error.code == NO_TABLE => {
                Ok(0)
            }
            Err(error) => Err(self.failed(error)),
            Ok(version) => Ok(version.unwrap_or(0)),
        }
    }

    fn read<T>(&mut self, read: impl FnMut(&mut Reads<'_>) -> Answer<T>) -> Result<T> {
        self.try_read(LONGEST_READ, read).map_err(|error| self.failed(error))
    }

    /// Reads, over another connection where this one is another process's or was lost since.
    fn try_read<T>(
        &mut self,
        longest: Duration,
        mut read: impl FnMut(&mut Reads<'_>) -> Answer<T>,
    ) -> Answer<T> {
        if let Some(connection) = self.connection.get() {
            match read(&mut Reads::within(connection, longest)) {
                Err(error) if error.ends_connection() => {}
                answer => return answer,
            }
        }
        let mut connection =
            Connection::open_for_reading(&self.server, LONGEST_READ).map_err(ReadError::Store)?;
        let answer = read(&mut Reads::within(&mut connection, longest));
        self.connection = Own::new(connection);
        answer
    }

    fn failed(&self, error: ReadError) -> StoreError {
        error.into_store_error(&self.server, LONGEST_READ)
    }
}

impl LogEngine for MysqlLog {
    fn deliveries(&mut self, query: &DeliveriesQuery) -> Result<Page> {
        let spool = self.spool;
        self.read(|reads| {
            let shift = summary::shift(reads, spool)?;
            let (keys, next) = match &query.person {
                Some(person) => person::keys(reads, query, person)?,
                None => {
                    let mut keys = find::keys(reads, query)?;
                    let more = keys.len() > query.limit();
                    keys.truncate(query.limit());
                    let next = keys.last().copied().filter(|_| more);
                    (keys, next)
                }
            };
            let deliveries = row::deliveries(reads, &keys, shift)?;
            Ok(Page { deliveries, cursor: next.map(filter::cursor).map(query::cursor) })
        })
    }

    fn delivery(&mut self, id: &DeliveryId) -> Result<Option<DeliveryDetail>> {
        let spool = self.spool;
        self.read(|reads| {
            let shift = summary::shift(reads, spool)?;
            let key = reads.first(
                "SELECT event, number FROM {deliveries} WHERE id = ?",
                vec![id.as_bytes().into()],
            )?;
            match key {
                Some(key) => row::detail(reads, key, shift),
                None => Ok(None),
            }
        })
    }

    fn settled(&mut self, event: &EventId) -> Result<Option<Vec<DeliveryDetail>>> {
        let spool = self.spool;
        self.read(|reads| {
            let shift = summary::shift(reads, spool)?;
            let event: Option<u64> = reads
                .first("SELECT `key` FROM {events} WHERE id = ?", vec![event.as_bytes().into()])?;
            let Some(event) = event else { return Ok(None) };
            let deliveries: Vec<(u16, bool)> = reads.rows(
                "SELECT number, state > 1 OR attempted > 0 FROM {deliveries} WHERE event = ?
                 ORDER BY number",
                vec![event.into()],
            )?;
            if deliveries.iter().any(|(_, done)| !done) {
                return Ok(None);
            }
            let details = deliveries
                .iter()
                .filter_map(|(number, _)| row::detail(reads, (event, *number), shift).transpose());
            details.collect::<Answer<_>>().map(Some)
        })
    }

    fn stats(&mut self, query: &StatsQuery, now: i64) -> Result<BTreeMap<String, WebhookStats>> {
        let webhooks = match &query.webhook_ids {
            Some(ids) => ids.len(),
            None => self.read(stats::count)?,
        };
        query.check_size(webhooks)?;
        self.read(|reads| stats::read(reads, query, now))
    }

    fn overview(&mut self, query: &OverviewQuery, now: i64) -> Result<Overview> {
        self.read(|reads| overview::read(reads, query, now))
    }

    fn announcements(&mut self, after: i64) -> Result<Vec<NumberedAnnouncement>> {
        self.read(|reads| {
            let found: Vec<(i64, String, i64, String)> = reads.rows(
                &format!(
                    "SELECT number, code, at, params FROM {{announcements}} WHERE number > ?
                     ORDER BY number LIMIT {MOST_ANNOUNCEMENTS}"
                ),
                vec![after.max(0).into()],
            )?;
            let told = found.into_iter().map(|(number, code, at, params)| NumberedAnnouncement {
                number,
                code,
                at: rfc3339(at),
                params: serde_json::from_str(&params).unwrap_or_default(),
            });
            Ok(told.collect())
        })
    }

    fn count_all(&mut self, query: &DeliveriesQuery) -> Result<u64> {
        self.read(|reads| find::count(reads, query, false, None))
    }

    fn count_up_to(&mut self, query: &DeliveriesQuery, most: u64) -> Result<u64> {
        self.read(|reads| find::count(reads, query, false, Some(most)))
    }

    fn count_by_state(&mut self, query: &DeliveriesQuery, most: u64) -> Result<StateCounts> {
        self.read(|reads| find::count_by_state(reads, query, most))
    }

    fn count_for(&mut self, query: &DeliveriesQuery, action: Action) -> Result<u64> {
        let state = from_states(&query.state, action.to());
        if state.is_empty() {
            return Ok(0);
        }
        let query = DeliveriesQuery { state, ..query.clone() };
        let sendable = action == Action::Resend;
        let patience = if sendable { LONGEST_CHECK } else { LONGEST_READ };
        match self.try_read(patience, |reads| find::count(reads, &query, sendable, None)) {
            Err(ReadError::Late) if sendable => self.count_all(&query),
            counted => counted.map_err(|error| self.failed(error)),
        }
    }

    fn failures(&mut self, query: &FailuresQuery) -> Result<Vec<FailureGroup>> {
        self.read(|reads| failures::groups(reads, query))
    }

    fn bulks(&mut self) -> Result<Vec<BulkRow>> {
        self.read(|reads| {
            let found: Vec<Row> = reads.rows(
                &format!(
                    "SELECT token, action, query, matched, changed, asked, ended FROM {{bulks}}
                     ORDER BY asked DESC, below DESC, token DESC LIMIT {MOST_BULKS}"
                ),
                Vec::new(),
            )?;
            found.into_iter().map(row::bulk).collect()
        })
    }

    fn missed(
        &mut self,
        query: &BackfillQuery,
        with_bodies: bool,
        wants: &dyn Fn(&Event) -> bool,
    ) -> Result<MissedCount> {
        let until = Instant::now() + LONGEST_COUNT;
        self.read(|reads| missed::count(reads, query, with_bodies, until, wants))
    }

    fn count(&mut self, which: &Selection, to: State) -> Result<u64> {
        self.read(|reads| count::selected(reads, which, to))
    }

    fn summary(&mut self) -> Result<StoreSummary> {
        // A worker of a later version may have taken it over since it was opened.
        let schema = self.version()?;
        if schema > schema::VERSION {
            let store = self.server.to_string();
            return Err(StoreError::Newer { store, found: schema, known: schema::VERSION });
        }
        let (spool, database) = (self.spool, self.server.database.clone());
        self.read(|reads| summary::read(reads, spool, &database, schema))
    }

    fn outages(&mut self, is_left_out: &dyn Fn(&str) -> bool) -> Result<Outages> {
        self.read(|reads| outages::find(reads, is_left_out))
    }
}
