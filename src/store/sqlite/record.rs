//! An attempt, with the state and the counters that follow from it.

use rusqlite::{Connection, OptionalExtension, ffi, params};
use serde::Serialize;

use super::error::SqliteError;
use super::ingest::settled;
use super::schema::{DELIVERY, event_of};
use super::transaction::SqliteTransaction;
use crate::{Attempt, Failure, NewAttempt, State, Written};
use domain::id::DeliveryId;
use domain::webhook::Method;

/// What SQLite needs beside the values of a row, and of a header in JSON, in bytes: more than
/// enough.
const ROOM: usize = 1024;
/// Highest number of an attempt; further ones take its place.
const LAST_ATTEMPT: i64 = DELIVERY - 1;

impl SqliteTransaction<'_> {
    pub(super) fn try_record(&mut self, new: &NewAttempt<'_>) -> Result<Written, SqliteError> {
        let NewAttempt { claim, attempt, reason } = *new;
        self.check_size(attempt)?;
        let (state, next_at) = attempt.next.state();
        let Some((key, attempted)) = self.under_way(claim.id)? else { return Ok(Written::Lost) };
        // Forgotten while it was under way: there is nothing left that could be sent again.
        let forgotten = state == State::Pending && !self.has_body(event_of(key))?;
        let (state, next_at) = if forgotten { (State::Cancelled, None) } else { (state, next_at) };
        let number = (attempted + 1).min(LAST_ATTEMPT);
        self.insert_attempt(key + number, attempt, state, next_at)?;
        if let Some(body) = &attempt.request_body
            && claim.request_body.as_deref() != Some(body)
        {
            self.statements
                .get("INSERT OR REPLACE INTO requests (delivery, body) VALUES (?1, ?2)")?
                .execute(params![key, body])?;
        }
        let duration = attempt.duration_us.cast_signed();
        let ended = attempt.started.saturating_add(duration / 1000);
        self.statements
            .get(
                "UPDATE deliveries SET state = ?2, attempts = attempts + 1, attempted = ?3,
                     due = coalesce(?4, due), settled = ?5, last_status = ?6, last_failure = ?7,
                     duration_us = ?8, reason = ?9, deaths = iif(?10, deaths, 0),
                     deaths_alone = iif(?10, deaths_alone, 0)
                 WHERE key = ?1",
            )?
            .execute(params![
                key,
                state as u8,
                number,
                next_at.map(|due| due - self.memory.shift),
                settled(state, ended),
                attempt.status,
                attempt.failure.as_ref().map(|failure| &failure.code),
                duration,
                reason,
                attempt.failure.as_ref().is_some_and(|it| it.code == Failure::WORKER_DIED),
            ])?;
        if !claim.event.flags.has(domain::event::Flags::TEST) {
            self.counters.counted.moved(
                claim.webhook,
                Some(State::Delivering),
                Some(state),
                1,
                ended,
            );
            self.counters.counted.attempted(claim.webhook, ended, attempt.failure.is_none());
            // What never reached an endpoint says nothing of how quick it is.
            if attempt.url.is_some() {
                self.counters.took(claim.webhook, ended, attempt.duration_us);
            }
        }
        Ok(Written::Kept)
    }

    /// Refuses what SQLite would refuse, before anything of it is written.
    fn check_size(&self, attempt: &Attempt) -> Result<(), SqliteError> {
        let headers = attempt.request_headers.iter().chain(&attempt.response_headers);
        let headers: usize = headers.map(|(name, value)| name.len() + value.len() + ROOM).sum();
        let row = headers + attempt.response_body.len() + ROOM;
        let body = attempt.request_body.as_ref().map_or(0, Vec::len) + ROOM;
        let most = largest(self.connection);
        let largest = row.max(body);
        if largest > most {
            return Err(SqliteError::TooLarge(format!(
                "{largest} bytes, at most {most} are possible"
            )));
        }
        Ok(())
    }

    fn insert_attempt(
        &mut self,
        key: i64,
        attempt: &Attempt,
        next: State,
        next_at: Option<i64>,
    ) -> Result<(), SqliteError> {
        let server = self.server()?;
        self.statements
            .get(
                "INSERT OR REPLACE INTO attempts (key, started, duration_us, address, status,
                     failure, request_headers, response_headers, response_body, reconnected,
                     next, next_at, url, server, waited_for, remark, method)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,
                     ?17)",
            )?
            .execute(params![
                key,
                attempt.started,
                attempt.duration_us.cast_signed(),
                attempt.address,
                attempt.status,
                attempt.failure.as_ref().map(json).transpose()?,
                json(&attempt.request_headers)?,
                json(&attempt.response_headers)?,
                attempt.response_body,
                attempt.reconnected,
                next as u8,
                next_at,
                attempt.url,
                server,
                attempt.waited_for,
                attempt.remark.as_ref().map(json).transpose()?,
                attempt.method.map(Method::as_str),
            ])?;
        Ok(())
    }

    fn has_body(&mut self, event: i64) -> rusqlite::Result<bool> {
        self.statements
            .get("SELECT EXISTS (SELECT 1 FROM bodies WHERE event = ?1)")?
            .query_row([event], |row| row.get(0))
    }

    /// Key and number of attempts of a delivery, if it is claimed.
    pub(super) fn under_way(
        &mut self,
        delivery: DeliveryId,
    ) -> rusqlite::Result<Option<(i64, i64)>> {
        let found: Option<(i64, i64, u8)> = self
            .statements
            .get("SELECT key, attempted, state FROM deliveries WHERE id = ?1")?
            .query_row([delivery.as_bytes()], |row| row.try_into())
            .optional()?;
        Ok(found
            .filter(|(.., state)| *state == State::Delivering as u8)
            .map(|(key, attempted, _)| (key, attempted)))
    }
}

/// The longest text, blob or row that this connection takes, in bytes.
fn largest(connection: &Connection) -> usize {
    // SAFETY: the handle is that of an open connection, which outlives this call; a negative
    // limit changes nothing and is answered with the present one.
    let most = unsafe { ffi::sqlite3_limit(connection.handle(), ffi::SQLITE_LIMIT_LENGTH, -1) };
    usize::try_from(most).unwrap_or(usize::MAX)
}

pub(super) fn json(value: &impl Serialize) -> Result<String, SqliteError> {
    serde_json::to_string(value).map_err(|error| SqliteError::Refused(error.to_string()))
}
