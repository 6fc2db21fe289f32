//! How many deliveries each state has.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{DeliveriesQuery, LogEngine};
use crate::{Result, State};

/// How many deliveries a query is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StateCounts {
    /// Whatever their state.
    pub all: u64,
    /// By the words of the states that were asked for.
    pub states: BTreeMap<&'static str, u64>,
}

impl StateCounts {
    /// Of a store without deliveries.
    pub fn none(query: &DeliveriesQuery) -> Self {
        Self::new(query, &Counts::default(), 0)
    }

    /// Of what was counted of each state, up to `most`; those that were not asked for are left out of `states`.
    pub(crate) fn new(query: &DeliveriesQuery, counts: &Counts, most: u64) -> Self {
        let state = |state: State| (state.as_str(), counts[state as usize].min(most));
        Self {
            all: counts.iter().sum::<u64>().min(most),
            states: asked(query).map(state).collect(),
        }
    }
}

/// Deliveries by the number of their state.
pub(crate) type Counts = [u64; State::ALL.len()];

/// The states that a query is about.
fn asked(query: &DeliveriesQuery) -> impl Iterator<Item = State> + '_ {
    let is_asked = |state: &State| query.state.is_empty() || query.state.contains(state);
    State::ALL.into_iter().filter(is_asked)
}

/// The same query whatever the state.
pub(crate) fn of_all(query: &DeliveriesQuery) -> DeliveriesQuery {
    DeliveriesQuery { state: Vec::new(), ..query.clone() }
}

/// Counts each for itself.
pub(super) fn one_by_one<E: LogEngine + ?Sized>(
    log: &mut E,
    query: &DeliveriesQuery,
    most: u64,
) -> Result<StateCounts> {
    each(query, |query| log.count_up_to(query, most))
}

/// Counts each for itself, by a function that counts what a query is for.
pub(crate) fn each<E>(
    query: &DeliveriesQuery,
    mut count: impl FnMut(&DeliveriesQuery) -> std::result::Result<u64, E>,
) -> std::result::Result<StateCounts, E> {
    let all = count(&of_all(query))?;
    let mut states = BTreeMap::new();
    for state in asked(query) {
        let of_state = DeliveriesQuery { state: vec![state], ..query.clone() };
        states.insert(state.as_str(), count(&of_state)?);
    }
    Ok(StateCounts { all, states })
}
