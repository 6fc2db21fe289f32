//! A store in memory: the rules of [`Store`](crate::Store) in the plainest way there is, every row
//! looked at each time. It is there for tests. The conformance suite runs on it, so that no
//! assumption about SQLite hides in that; and random histories compare every other engine with it.
//!
//! A transaction works on a copy of the tables, which takes their place at its end.

mod change;
mod claim;
mod leave;
mod log;
mod record;
mod tables;
mod tests;
mod transaction;

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

pub(crate) use self::log::MemoryLog;
pub(crate) use self::tables::{Delivery, Tables};
pub(crate) use self::tests::InMemory;
pub(crate) use self::transaction::MemoryTransaction;
use crate::{
    Durability, Loaded, Origin, Result, State, Store, Transaction, WebhookState, is_deadly,
};
use domain::clock::Clock;

/// The tables, which the writing side shares with the reading one.
pub(crate) type Shared = Arc<Mutex<Tables>>;

/// The writing side.
pub(crate) struct MemoryStore {
    tables: Shared,
    clock: Arc<dyn Clock>,
    origin: Origin,
}

impl MemoryStore {
    /// Of a worker that writes into these tables.
    pub(crate) fn new(tables: Shared, origin: Origin, clock: Arc<dyn Clock>) -> Self {
        Self { tables, clock, origin }
    }

    /// One transaction, with what only this engine can be asked for.
    ///
    /// # Errors
    /// What `work` returned.
    pub(crate) fn run<T>(
        &mut self,
        work: impl FnOnce(&mut MemoryTransaction<'_>) -> Result<T>,
    ) -> Result<T> {
        let mut tables = self.tables.lock().clone();
        let (clock, origin) = (&*self.clock, &self.origin);
        let done = work(&mut MemoryTransaction { tables: &mut tables, clock, origin })?;
        *self.tables.lock() = tables;
        Ok(done)
    }
}

/// What is committed is as safe as it ever will be.
impl Durability for MemoryStore {}

impl Store for MemoryStore {
    fn transaction(
        &mut self,
        work: &mut dyn FnMut(&mut dyn Transaction) -> Result<()>,
    ) -> Result<()> {
        self.run(|transaction| work(transaction))
    }

    fn load(&mut self) -> Result<Loaded> {
        let spool = self.origin.spool;
        self.run(|transaction| {
            let tables = &mut *transaction.tables;
            let (reclaimed, deadly) = after_a_death(tables);
            let of_spool = tables.positions.iter().filter(|((of, _), _)| *of == spool);
            let positions: HashMap<_, _> =
                of_spool.map(|((_, segment), offset)| (*segment, *offset)).collect();
            let webhooks = tables.webhooks.iter().map(|webhook| WebhookState {
                key: webhook.key,
                id: webhook.id.clone(),
                health: webhook.health.clone().unwrap_or_default(),
                next_due: tables.next_due(webhook.key, false),
            });
            let is_suspect = |it: &Delivery| it.state == State::Pending && it.deaths > 0;
            Ok(Loaded {
                positions,
                webhooks: webhooks.collect(),
                clock: tables.clock,
                reclaimed,
                suspects: tables.deliveries.values().any(is_suspect),
                deadly: deadly.into_iter().map(|key| tables.take(key)).collect(),
                ..Loaded::default()
            })
        })
    }
}

/// Everything under way is a suspect from now on: how many, and keys of what is deadly.
fn after_a_death(tables: &mut Tables) -> (u64, Vec<i64>) {
    let under_way = tables.deliveries.values_mut().filter(|it| it.state == State::Delivering);
    let mut under_way: Vec<_> = under_way.collect();
    let is_alone = under_way.len() == 1;
    let (mut reclaimed, mut deadly) = (0, Vec::new());
    for delivery in &mut under_way {
        delivery.deaths += 1;
        delivery.alone += u32::from(is_alone);
        if is_alone && is_deadly(delivery.alone) {
            deadly.push(delivery.key);
        } else {
            delivery.state = State::Pending;
            reclaimed += 1;
        }
    }
    (reclaimed, deadly)
}
