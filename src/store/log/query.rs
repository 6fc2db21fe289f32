//! What can be asked of the log; unknown keys and bad values are refused by name.

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::{Person, State, StoreError};
use domain::id::EventId;

/// Deliveries of a page where nothing is said.
const DEFAULT_LIMIT: usize = 50;
/// Most deliveries of a page.
const MAX_LIMIT: usize = 200;

/// Most hours that `webhooks_stats()` lists, of all webhooks together: in PHP each takes 424 bytes.
const MOST_HOURS: usize = 100_000;

/// The query of `webhooks_deliveries()`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "the stub says what each key means")]
pub struct DeliveriesQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<EventId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site_id: Option<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "states")]
    pub state: Vec<State>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none", with = "time")]
    pub since: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none", with = "time")]
    pub until: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "limit")]
    pub limit: Option<usize>,
    // Nor is this: a change is not for what a person occurs in.
    #[serde(skip_serializing)]
    pub person: Option<Box<Person>>,
    // Never written: what is written is the query of a whole result (a bulk change), which has no pages.
    #[serde(skip_serializing, deserialize_with = "parse_cursor")]
    pub cursor: Option<u128>,
}

/// The query of `webhooks_failures()`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "the stub says what each key means")]
pub struct FailuresQuery {
    pub webhook_id: Option<String>,
    #[serde(deserialize_with = "time::deserialize")]
    pub since: Option<i64>,
}

/// The query of `webhooks_stats()`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "the stub says what each key means")]
pub struct StatsQuery {
    pub webhook_ids: Option<Vec<String>>,
    #[serde(deserialize_with = "hours")]
    pub hours: u16,
    pub fields: Option<Vec<StatsField>>,
}

impl Default for StatsQuery {
    fn default() -> Self {
        Self { webhook_ids: None, hours: 24, fields: None }
    }
}

/// A key of what `webhooks_stats()` gives of a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the stub says what each key means")]
pub enum StatsField {
    Delivered,
    Failed,
    Pending,
    Held,
    Hours,
    P50Ms,
    P95Ms,
    LastAttempt,
    LastSuccess,
    FailingSince,
    FailuresInRow,
    Disabled,
}

impl StatsQuery {
    /// Refuses what would be more than a PHP process has room for.
    ///
    /// # Errors
    /// Says how much was asked for, and of what there can be less.
    pub(crate) fn check_size(&self, webhooks: usize) -> crate::Result<()> {
        let hours = usize::from(self.hours);
        if webhooks.saturating_mul(hours) <= MOST_HOURS {
            return Ok(());
        }
        Err(StoreError::Failed {
            action: "reading the log",
            reason: format!(
                "{hours} hours of {webhooks} webhooks are more than {MOST_HOURS} hours in all: ask for \
                 fewer hours (0: none), or name fewer webhooks (webhook_ids)"
            ),
        })
    }
}

impl DeliveriesQuery {
    pub(crate) fn limit(&self) -> usize {
        self.limit.unwrap_or(DEFAULT_LIMIT)
    }

    /// Refuses a person beside other filters, or one of whom nothing is known.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check_person(&self) -> Result<(), &'static str> {
        let Some(person) = &self.person else { return Ok(()) };
        let rest = Self { person: None, limit: None, cursor: None, ..self.clone() };
        if rest != Self::default() {
            return Err("person: stands alone, or beside limit and cursor");
        }
        if person.email.is_none() && person.user_id.is_none() {
            return Err("person: expected an email, a user_id, or both");
        }
        Ok(())
    }

    /// Refuses what says which page of the result is meant.
    ///
    /// # Errors
    /// Names the key.
    pub fn check_whole(&self) -> Result<(), &'static str> {
        if self.person.is_some() {
            return Err("person: only webhooks_deliveries() looks for a person");
        }
        match (self.limit, self.cursor) {
            (Some(_), _) => Err("limit: this is about the whole result, which has no pages"),
            (_, Some(_)) => Err("cursor: this is about the whole result, which has no pages"),
            _ => Ok(()),
        }
    }
}

fn states<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<State>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "`state` is a state's name or a list of them")]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }
    let names = match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(name) => vec![name],
        OneOrMany::Many(names) => names,
    };
    let state = |name: &String| {
        State::ALL.into_iter().find(|state| state.as_str() == name).ok_or_else(|| {
            let all = State::ALL.map(State::as_str).join(", ");
            de::Error::custom(format!("\"{name}\" is no state; there are {all}"))
        })
    };
    names.iter().map(state).collect()
}

/// Unix milliseconds, written as RFC 3339.
pub(crate) mod time {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    use domain::clock::{parse_rfc3339, rfc3339};

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<i64>, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
        parse_rfc3339(&text).map(Some).ok_or_else(|| {
            de::Error::custom(format!(
                "\"{text}\" is no time; expected RFC 3339, such as 2026-11-20T10:00:00Z"
            ))
        })
    }

    #[expect(clippy::ref_option, reason = "serde gives a reference")]
    pub(crate) fn serialize<S: Serializer>(
        time: &Option<i64>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        time.map(rfc3339).serialize(serializer)
    }
}

fn limit<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<usize>, D::Error> {
    let limit = Option::<i64>::deserialize(deserializer)?;
    let within = |limit: i64| {
        usize::try_from(limit)
            .ok()
            .filter(|limit| (1..=MAX_LIMIT).contains(limit))
            .ok_or_else(|| de::Error::custom(format!("`limit` is 1 to {MAX_LIMIT}, not {limit}")))
    };
    limit.map(within).transpose()
}

pub(crate) fn hours<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    let hours = i64::deserialize(deserializer)?;
    u16::try_from(hours)
        .ok()
        .filter(|hours| *hours <= 720)
        .ok_or_else(|| de::Error::custom(format!("`hours` is 0 to 720, not {hours}")))
}

fn parse_cursor<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u128>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    u128::from_str_radix(&text, 16).ok().filter(|key| *key > 0).map(Some).ok_or_else(|| {
        de::Error::custom(format!("\"{text}\" is no cursor of webhooks_deliveries()"))
    })
}

/// The cursor that leads on from the delivery with this key.
pub(crate) fn cursor(key: u128) -> String {
    format!("{key:x}")
}
