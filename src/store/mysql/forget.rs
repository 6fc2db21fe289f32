//! Erasing what a person asks to be forgotten, in small steps, by the worker that leads.

use ::mysql::Value;

use super::change::Change;
use super::record::json;
use super::transaction::{MysqlTransaction, list};
use crate::{Forgetting, Person, Result, State, StoreError};

/// A wish that is under way.
struct Wish {
    token: String,
    person: Person,
    /// Key of the last event that was looked at.
    after: u64,
    erased: u64,
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

impl MysqlTransaction<'_> {
    pub(super) fn try_begin_forgetting(&mut self, token: &str, person: &Person) -> Result<()> {
        let table = self.table("forgetting");
        let sql = format!("SELECT 1 FROM {table} WHERE token = ?");
        let known: Vec<u8> = self.rows(&sql, vec![token.into()])?;
        if known.is_empty() && !self.unit.forgetting.contains_key(token) {
            let person = json(person)?;
            self.unit.run(
                format!("INSERT INTO {table} (token, person, after, erased) VALUES (?, ?, 0, 0)"),
                vec![token.into(), person.as_str().into()],
            );
            self.unit.forgetting.insert(token.to_owned(), Some((0, 0)));
            self.unit.wishes.push((token.to_owned(), person));
        }
        Ok(())
    }

    pub(super) fn try_forget(&mut self, limit: usize) -> Result<Forgetting> {
        let Some(mut wish) = self.wish()? else { return Ok(Forgetting::Nothing) };
        if !self.leads()? {
            return Ok(Forgetting::Nothing);
        }
        let sql = format!(
            "SELECT e.`key`, b.body, e.terms FROM {} e LEFT JOIN {} b ON b.event = e.`key` \
             WHERE e.`key` > ? ORDER BY e.`key` LIMIT ?",
            self.table("events"),
            self.table("bodies")
        );
        let candidates: Vec<(u64, Option<Vec<u8>>, Option<String>)> =
            self.rows(&sql, vec![wish.after.into(), limit.into()])?;
        let mut found = Vec::new();
        for (event, body, terms) in &candidates {
            wish.after = *event;
            let body = body.as_deref().filter(|_| !self.unit.erased.contains(event));
            if is_about(&wish.person, body, terms.as_deref()) {
                found.push(*event);
                wish.erased += 1;
            } else if body.is_none() {
                self.erase_numbers(*event, terms.as_deref(), &wish.person)?;
            }
        }
        self.erase(&found)?;
        let table = self.table("forgetting");
        if candidates.is_empty() {
            self.erase_deferred(&wish.person)?;
            self.erase_bulks(&wish.person)?;
            let token = vec![wish.token.as_str().into()];
            self.unit.run_on_one(format!("DELETE FROM {table} WHERE token = ?"), token);
            self.unit.forgetting.insert(wish.token.clone(), None);
            let Wish { token, person, erased: events, .. } = wish;
            return Ok(Forgetting::Done { token, person, events });
        }
        self.unit.run_on_one(
            format!("UPDATE {table} SET after = ?, erased = ? WHERE token = ?"),
            vec![wish.after.into(), wish.erased.into(), wish.token.as_str().into()],
        );
        self.unit.forgetting.insert(wish.token, Some((wish.after, wish.erased)));
        Ok(Forgetting::UnderWay)
    }

    fn wish(&mut self) -> Result<Option<Wish>> {
        let sql = format!(
            "SELECT token, person, after, erased FROM {} ORDER BY token",
            self.table("forgetting")
        );
        let mut found: Vec<(String, String, u64, u64)> = self.rows(&sql, Vec::new())?;
        // Those of this transaction come after all that were there before it.
        let new = self.unit.wishes.iter().cloned();
        found.extend(new.map(|(token, person)| (token, person, 0, 0)));
        for (token, person, after, erased) in found {
            let (after, erased) = match self.unit.forgetting.get(&token) {
                Some(None) => continue,
                Some(Some(by_now)) => *by_now,
                None => (after, erased),
            };
            let person = serde_json::from_str(&person).map_err(|error| StoreError::Failed {
                action: "forgetting a person",
                reason: format!("a wish to forget: {error}"),
            })?;
            return Ok(Some(Wish { token, person, after, erased }));
        }
        Ok(None)
    }

    /// Erases these events' payloads wherever they stand, and gives up what was still to be sent.
    fn erase(&mut self, events: &[u64]) -> Result<()> {
        if events.is_empty() {
            return Ok(());
        }
        let waiting: Vec<_> = self
            .deliveries_of(events)?
            .into_iter()
            .filter(|row| matches!(row.state, State::Pending | State::Held))
            .collect();
        let change = Change {
            to: State::Cancelled,
            due: 0,
            reason: Some("forgotten"),
            now: self.clock.unix_ms(),
        };
        self.change_rows(waiting, &change)?;
        self.erase_bodies(events);
        self.erase_terms(events)?;
        let (places, values) = list(events.iter().map(|event| Value::from(*event)));
        let sql =
            format!("UPDATE {} SET terms = NULL WHERE `key` IN ({places})", self.table("events"));
        self.unit.run(sql, values);
        for event in events {
            self.memory.events.remove(event);
        }
        Ok(())
    }

    /// An event whose payload is gone is no more found by a number that may be the person's id.
    fn erase_numbers(&mut self, event: u64, terms: Option<&str>, person: &Person) -> Result<()> {
        let mut terms = read_terms(terms);
        let Some(at) = terms.iter().position(|term| person.may_be(term)) else { return Ok(()) };
        let term = terms.remove(at);
        let sql = format!("DELETE FROM {} WHERE term = ? AND event = ?", self.table("terms"));
        self.unit.run(sql, vec![term.into(), event.into()]);
        let left = (!terms.is_empty()).then(|| json(&terms)).transpose()?;
        let sql = format!("UPDATE {} SET terms = ? WHERE `key` = ?", self.table("events"));
        self.unit.run(sql, vec![left.into(), event.into()]);
        Ok(())
    }

    /// Records of kinds that this version does not know are bytes to it.
    fn erase_deferred(&mut self, person: &Person) -> Result<()> {
        let table = self.table("deferred");
        let records: Vec<(u16, u64, Vec<u8>)> =
            self.rows(&format!("SELECT worker, number, record FROM {table}"), Vec::new())?;
        for (worker, number, record) in records {
            if person.occurs_in(&record) {
                self.unit.run(
                    format!("DELETE FROM {table} WHERE worker = ? AND number = ?"),
                    vec![worker.into(), number.into()],
                );
            }
        }
        Ok(())
    }
}
