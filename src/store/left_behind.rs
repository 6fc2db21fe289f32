//! A store in the spool that is not the one that is used: what was not moved when `webhooks.store` was
//! set to a database, or not to the end.

use serde::{Deserialize, Serialize};

use crate::log::{DeliveriesQuery, LogEngine as _};
use crate::sqlite::{Place, SqliteLog};
use crate::{Result, State};
#[cfg(feature = "mysql")]
use crate::{SpoolId, StoreError};
use spool::Spool;

/// Deliveries that are counted: of more it is only told that there are as many.
const COUNTED: u64 = 1000;

/// The mark beside a store that is being moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Of this move, as 32 hexadecimal digits.
    pub(crate) id: String,
    /// The address that it goes to, without credentials.
    pub to: String,
    /// Since when, in Unix milliseconds.
    pub since: i64,
}

impl Mark {
    #[cfg(feature = "mysql")]
    pub(crate) fn new(to: &str, now: i64) -> Result<Self> {
        let mut id = [0; 16];
        rustix::rand::getrandom(&mut id, rustix::rand::GetRandomFlags::empty())
            .map_err(|error| failed(error.to_string()))?;
        let id = format!("{:032x}", u128::from_be_bytes(id));
        Ok(Self { id, to: to.to_owned(), since: now })
    }

    #[cfg(feature = "mysql")]
    pub(crate) fn spool(&self) -> Result<SpoolId> {
        let number = u128::from_str_radix(&self.id, 16);
        let number = number.map_err(|error| failed(format!("the mark of a move: {error}")))?;
        Ok(SpoolId(number.to_be_bytes()))
    }
}

/// A store in the spool that is not the one that is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftBehind {
    /// Deliveries that wait in it, or are held: counted up to a thousand.
    pub waiting: u64,
    /// A move of it that has not come to its end.
    pub mark: Option<Mark>,
}

/// What is left in the spool's own store, where another one is used.
///
/// # Errors
/// Where it can't be read.
pub fn left_behind(spool: &Spool) -> Result<Option<LeftBehind>> {
    let place = Place::new(spool, None)?;
    let mark = place.mark()?;
    let state = vec![State::Pending, State::Delivering, State::Held];
    let query = DeliveriesQuery { state, ..DeliveriesQuery::default() };
    let waiting = match SqliteLog::open(spool, None)? {
        Some(mut log) => log.count_up_to(&query, COUNTED)?,
        None => 0,
    };
    Ok((waiting > 0 || mark.is_some()).then_some(LeftBehind { waiting, mark }))
}

#[cfg(feature = "mysql")]
fn failed(reason: String) -> StoreError {
    StoreError::Failed { action: "moving the log", reason }
}
