//! Erasing what a person asks to be forgotten, in small steps, by the worker that leads.

use ::mysql::Value;

use super::change::Change;
use super::record::json;
use super::transaction::{MysqlTransaction, list};
use super::unit::Forgotten;
use crate::{Forgetting, Person, Result, State, StoreError};

/// A wish that is under way.
struct Wish {
    token: String,
    person: Person,
    how_far: Forgotten,
}

/// What a worker does that has not searched its journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Missing {
    Alive,
    /// It left as it had nothing to do, with its journal read to the end.
    Asleep,
    /// It ended with a journal of which nobody knows what it has.
    Gone,
}

/// All events were looked at; the wish waits for journals that were not searched.
const WAITS: u64 = u64::MAX;
/// A worker that has not run for so long is gone for good with its journal, in seconds.
const GONE_S: u64 = 30 * 24 * 3600;

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

fn read_person(person: &str) -> Result<Person> {
    serde_json::from_str(person).map_err(|error| StoreError::Failed {
        action: "forgetting a person",
        reason: format!("a wish to forget: {error}"),
    })
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
            self.unit.forgetting.insert(token.to_owned(), Some(Forgotten::default()));
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
            self.rows(&sql, vec![wish.how_far.after.into(), limit.into()])?;
        let mut found = Vec::new();
        for (event, body, terms) in &candidates {
            wish.how_far.after = *event;
            let body = body.as_deref().filter(|_| !self.unit.erased.contains(event));
            if is_about(&wish.person, body, terms.as_deref()) {
                found.push(*event);
                wish.how_far.erased += 1;
            } else if body.is_none() {
                self.erase_numbers(*event, terms.as_deref(), &wish.person)?;
            }
        }
        self.erase(&found)?;
        if candidates.is_empty() {
            self.erase_deferred(&wish.person)?;
            self.erase_bulks(&wish.person)?;
            return self.end(wish);
        }
        self.note(&wish.token, wish.how_far);
        Ok(Forgetting::UnderWay)
    }

    /// All events were looked at.
    fn end(&mut self, mut wish: Wish) -> Result<Forgetting> {
        let searched = self.number_searched(&wish.token)?;
        if searched != wish.how_far.searched {
            // Whoever searched its journal meanwhile may have taken in events behind what was looked at.
            (wish.how_far.after, wish.how_far.searched) = (0, searched);
            self.note(&wish.token, wish.how_far);
            return Ok(Forgetting::UnderWay);
        }
        let missing = self.missing(&wish.token)?;
        if missing.is_empty() {
            self.fulfil(&wish.token);
        } else {
            wish.how_far.after = WAITS;
            self.note(&wish.token, wish.how_far);
        }
        // Whose journal was read to the end has none of it but in what is kept, which is searched when
        // that worker is back.
        let missing = missing.into_iter().filter(|(_, state)| *state != Missing::Asleep);
        let missing = missing.map(|(server, _)| server).collect();
        let Wish { token, person, how_far } = wish;
        Ok(Forgetting::Done { token, person, events: how_far.erased, missing })
    }

    fn note(&mut self, token: &str, how_far: Forgotten) {
        let table = self.table("forgetting");
        self.unit.run_on_one(
            format!("UPDATE {table} SET after = ?, erased = ?, searched = ? WHERE token = ?"),
            vec![
                how_far.after.into(),
                how_far.erased.into(),
                how_far.searched.into(),
                token.into(),
            ],
        );
        self.unit.forgetting.insert(token.to_owned(), Some(how_far));
    }

    fn fulfil(&mut self, token: &str) {
        let (wishes, searched) = (self.table("forgetting"), self.table("searched"));
        let of = || vec![Value::from(token)];
        self.unit.run_on_one(format!("DELETE FROM {wishes} WHERE token = ?"), of());
        self.unit.run(format!("DELETE FROM {searched} WHERE token = ?"), of());
        self.unit.forgetting.insert(token.to_owned(), None);
    }

    fn number_searched(&mut self, token: &str) -> Result<u64> {
        let sql = format!("SELECT COUNT(*) FROM {} WHERE token = ?", self.table("searched"));
        let found: Vec<u64> = self.rows(&sql, vec![token.into()])?;
        Ok(found.first().copied().unwrap_or(0))
    }

    /// Other workers that have not searched their journals for a wish: their servers, and what they do.
    fn missing(&mut self, token: &str) -> Result<Vec<(String, Missing)>> {
        let sql = format!(
            "SELECT w.server, w.alive, w.asleep FROM {} w WHERE w.`key` <> ? \
             AND (w.alive = 1 OR w.ended + ? > UNIX_TIMESTAMP()) \
             AND NOT EXISTS (SELECT 1 FROM {} s WHERE s.token = ? AND s.worker = w.`key`) \
             ORDER BY w.server, w.`key`",
            self.table("workers"),
            self.table("searched")
        );
        let values = vec![self.me.worker.into(), GONE_S.into(), token.into()];
        let found: Vec<(String, bool, bool)> = self.rows(&sql, values)?;
        let state = |(server, is_alive, is_asleep): (String, bool, bool)| {
            let state = match (is_alive, is_asleep) {
                (true, _) => Missing::Alive,
                (false, true) => Missing::Asleep,
                (false, false) => Missing::Gone,
            };
            (server, state)
        };
        Ok(found.into_iter().map(state).collect())
    }

    /// Whether this worker's journal was not searched for one of the wishes.
    pub(super) fn has_to_search(&mut self) -> Result<bool> {
        Ok(!self.try_wishes_to_search()?.is_empty())
    }

    /// See [`Transaction::wishes_to_search`](crate::Transaction::wishes_to_search).
    pub(super) fn try_wishes_to_search(&mut self) -> Result<Vec<(String, Person)>> {
        let sql = format!(
            "SELECT f.token, f.person FROM {} f WHERE NOT EXISTS \
             (SELECT 1 FROM {} s WHERE s.token = f.token AND s.worker = ?) ORDER BY f.token",
            self.table("forgetting"),
            self.table("searched")
        );
        let found: Vec<(String, String)> = self.rows(&sql, vec![self.me.worker.into()])?;
        found.into_iter().map(|(token, person)| Ok((token, read_person(&person)?))).collect()
    }

    /// See [`Transaction::note_searched`](crate::Transaction::note_searched). A wish that is fulfilled by
    /// now is noted, too: once.
    pub(super) fn try_note_searched(&mut self, tokens: &[String]) {
        let sql = format!(
            "INSERT INTO {} (token, worker) SELECT f.token, ? FROM {} f WHERE f.token = ? \
             ON DUPLICATE KEY UPDATE worker = VALUES(worker)",
            self.table("searched"),
            self.table("forgetting")
        );
        for token in tokens {
            let values = vec![self.me.worker.into(), token.as_str().into()];
            self.unit.run(sql.clone(), values);
        }
    }

    /// The first wish of which there is something to be done.
    fn wish(&mut self) -> Result<Option<Wish>> {
        let sql = format!(
            "SELECT token, person, after, erased, searched FROM {} ORDER BY token",
            self.table("forgetting")
        );
        let mut found: Vec<(String, String, u64, u64, u64)> = self.rows(&sql, Vec::new())?;
        // Those of this transaction come after all that were there before it.
        let new = self.unit.wishes.iter().cloned();
        found.extend(new.map(|(token, person)| (token, person, 0, 0, 0)));
        for (token, person, after, erased, searched) in found {
            let mut how_far = match self.unit.forgetting.get(&token) {
                Some(None) => continue,
                Some(Some(by_now)) => *by_now,
                None => Forgotten { after, erased, searched },
            };
            if how_far.after == 0 || how_far.after == WAITS {
                let by_now = self.number_searched(&token)?;
                let missing = self.missing(&token)?;
                let is_new = how_far.after == 0 || by_now != how_far.searched;
                if !is_new && missing.is_empty() {
                    self.fulfil(&token);
                }
                // Those that live are waited for: it takes them a moment.
                if !is_new || missing.iter().any(|(_, state)| *state == Missing::Alive) {
                    continue;
                }
                (how_far.after, how_far.searched) = (0, by_now);
            }
            return Ok(Some(Wish { token, person: read_person(&person)?, how_far }));
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
