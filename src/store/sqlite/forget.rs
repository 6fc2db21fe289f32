//! Erasing what a person asks to be forgotten, in small steps.

use rusqlite::{OptionalExtension, params};

use super::error::SqliteError;
use super::record;
use super::schema::EVENT;
use super::transaction::SqliteTransaction;
use crate::{Forgetting, Person, Selection, State};

/// A wish that is under way.
struct Wish {
    token: String,
    person: Person,
    /// Key of the last event that was looked at.
    after: i64,
    erased: i64,
}

/// Whether an event is about a person: by its payload, or where that is gone by what it is found by.
pub(super) fn is_about(person: &Person, body: Option<&[u8]>, terms: Option<&str>) -> bool {
    match body {
        Some(body) => person.occurs_in(body),
        None => person.occurs_in_terms(&read_terms(terms)),
    }
}

/// An event's terms as they are kept.
fn read_terms(terms: Option<&str>) -> Vec<String> {
    terms.and_then(|terms| serde_json::from_str(terms).ok()).unwrap_or_default()
}

impl SqliteTransaction<'_> {
    pub(super) fn try_begin_forgetting(
        &mut self,
        token: &str,
        person: &Person,
    ) -> Result<(), SqliteError> {
        let person = serde_json::to_string(person)
            .map_err(|error| SqliteError::Refused(error.to_string()))?;
        self.statements
            .get("INSERT OR IGNORE INTO forgetting (token, person, after, erased) VALUES (?1, ?2, -1, 0)")?
            .execute((token, person))?;
        Ok(())
    }

    pub(super) fn try_forget(&mut self, limit: usize) -> Result<Forgetting, SqliteError> {
        let Some(mut wish) = self.wish()? else { return Ok(Forgetting::Nothing) };
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let candidates: Vec<(i64, Option<Vec<u8>>, Option<String>)> = self
            .statements
            .get(
                "SELECT key, body, terms FROM events LEFT JOIN bodies ON event = key
                 WHERE key > ?1 ORDER BY key LIMIT ?2",
            )?
            .query_map((wish.after, limit), |row| row.try_into())?
            .collect::<rusqlite::Result<_>>()?;
        for (event, body, terms) in &candidates {
            wish.after = *event;
            if is_about(&wish.person, body.as_deref(), terms.as_deref()) {
                self.erase(*event)?;
                wish.erased += 1;
            } else if body.is_none() {
                self.erase_numbers(*event, terms.as_deref(), &wish.person)?;
            }
        }
        if candidates.is_empty() {
            self.erase_deferred(&wish.person)?;
            self.erase_bulks(&wish.person)?;
            self.statements
                .get("DELETE FROM forgetting WHERE token = ?1")?
                .execute([&wish.token])?;
            let (token, person) = (wish.token, wish.person);
            let events = wish.erased.cast_unsigned();
            return Ok(Forgetting::Done { token, person, events, missing: Vec::new() });
        }
        self.statements
            .get("UPDATE forgetting SET after = ?2, erased = ?3 WHERE token = ?1")?
            .execute(params![wish.token, wish.after, wish.erased])?;
        Ok(Forgetting::UnderWay)
    }

    fn wish(&mut self) -> Result<Option<Wish>, SqliteError> {
        let found: Option<(String, String, i64, i64)> = self
            .statements
            .get("SELECT token, person, after, erased FROM forgetting ORDER BY rowid LIMIT 1")?
            .query_row([], |row| row.try_into())
            .optional()?;
        let Some((token, person, after, erased)) = found else { return Ok(None) };
        let person = serde_json::from_str(&person)
            .map_err(|error| SqliteError::Refused(format!("a wish to forget: {error}")))?;
        Ok(Some(Wish { token, person, after, erased }))
    }

    /// Erases an event's payload wherever it stands, and gives up what was still to be sent.
    fn erase(&mut self, event: i64) -> Result<(), SqliteError> {
        let waiting: Vec<[u8; 16]> = self
            .statements
            .get("SELECT id FROM deliveries WHERE key >= ?1 AND key < ?1 + ?2 AND state IN (0, 4)")?
            .query_map((event, EVENT), |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        if !waiting.is_empty() {
            let ids = waiting.into_iter().map(domain::id::DeliveryId::from_bytes).collect();
            let which = Selection { ids, ..Selection::default() };
            self.try_change(&which, State::Cancelled, 0, Some("forgotten"))?;
        }
        self.erase_bodies(event)?;
        self.erase_terms(event)?;
        self.statements.get("UPDATE events SET terms = NULL WHERE key = ?1")?.execute([event])?;
        self.events.remove(&event);
        Ok(())
    }

    /// An event whose payload is gone is no more found by a number that may be the person's id.
    fn erase_numbers(
        &mut self,
        event: i64,
        terms: Option<&str>,
        person: &Person,
    ) -> Result<(), SqliteError> {
        let mut terms = read_terms(terms);
        let Some(at) = terms.iter().position(|term| person.may_be(term)) else { return Ok(()) };
        let term = terms.remove(at);
        self.statements
            .get("DELETE FROM terms WHERE event = ?1 AND term = ?2")?
            .execute(params![event, term])?;
        let left = (!terms.is_empty()).then(|| record::json(&terms)).transpose()?;
        self.statements
            .get("UPDATE events SET terms = ?2 WHERE key = ?1")?
            .execute(params![event, left])?;
        Ok(())
    }

    /// Records of kinds that this version does not know are bytes to it.
    fn erase_deferred(&mut self, person: &Person) -> Result<(), SqliteError> {
        let records: Vec<(i64, Vec<u8>)> = self
            .statements
            .get("SELECT key, record FROM deferred")?
            .query_map([], |row| row.try_into())?
            .collect::<rusqlite::Result<_>>()?;
        for (key, record) in records {
            if person.occurs_in(&record) {
                self.statements.get("DELETE FROM deferred WHERE key = ?1")?.execute([key])?;
            }
        }
        Ok(())
    }
}
