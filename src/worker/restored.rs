//! A store in a database that was set back: somebody restored a backup. What waited then may have been
//! sent since, so it is held until a person decides; of what this server remembers to have sent
//! ([`Sent`](super::sent::Sent)) that is said.

use std::collections::HashSet;

use super::WorkerError;
use super::engine::Worker;
use super::sent::{Pair, Record, pair, since};
use domain::decision::{RESTORED, RESTORED_SENT};
use domain::id::DeliveryId;
use store::log::STORE_RESTORED;
use store::{Selection, State, Store};

/// A store that lost less is none that was restored, in milliseconds: another node took over, which had
/// not got the last commits yet. What is lost so is sent again.
const SET_BACK_MS: i64 = 5_000;
/// For so long it is remembered what was sent before, as the journal may be read again, in milliseconds.
const REMEMBERED_MS: i64 = 24 * 3_600_000;
/// For so long after the start of a worker that found it, what others had under way may come to wait
/// again, in milliseconds: their leases are over by then.
const LEASES_MS: i64 = 60_000;
/// Records that the store is asked about at once.
const ASKED: usize = 500;
/// Most questions: of more than that it was found long before.
const MOST_ASKED: usize = 400;

/// What a worker knows of the store's having been restored.
#[derive(Default)]
pub(super) struct Restored {
    /// What was sent before.
    remembered: HashSet<Pair>,
    /// When it was found, in Unix milliseconds.
    found: Option<i64>,
}

impl Restored {
    /// Whether an event was sent to a webhook, of which a store that was restored knows nothing.
    pub(super) fn remembers(&self, event: domain::id::EventId, webhook: &str) -> bool {
        !self.remembered.is_empty() && self.remembered.contains(&pair(event, webhook))
    }
}

/// What a store has lost.
struct Lost {
    /// When the oldest of what it has lost was recorded, in Unix milliseconds.
    since: i64,
    /// Deliveries that it has, and that were sent by then.
    sent: Vec<DeliveryId>,
}

/// Compares what is remembered with what the store has, from the newest on.
fn lost(store: &mut impl Store, records: &[Record]) -> store::Result<Option<Lost>> {
    let Some(newest) = records.last() else { return Ok(None) };
    let mut lost = Lost { since: i64::MAX, sent: Vec::new() };
    for records in records.rchunks(ASKED).take(MOST_ASKED) {
        let mut events: Vec<_> = records.iter().map(Record::event).collect();
        events.sort_unstable();
        events.dedup();
        let found = store.recorded(&events)?;
        let known: std::collections::HashMap<Pair, _> = found
            .deliveries
            .iter()
            .map(|one| (pair(one.event, &one.webhook), (one.delivery, one.is_delivered)))
            .collect();
        let before = lost.since;
        for record in records {
            let is_lost = match known.get(&record.pair) {
                Some((_, true)) => false,
                Some((delivery, false)) => {
                    lost.sent.push(*delivery);
                    true
                }
                // One that is older than all that is there may have been pruned.
                None => record.at > found.newest,
            };
            if is_lost {
                lost.since = lost.since.min(record.at);
            }
        }
        if lost.since == before {
            break;
        }
    }
    let is_restored = newest.at.saturating_sub(lost.since) >= SET_BACK_MS;
    Ok((lost.since < i64::MAX && is_restored).then_some(lost))
}

impl<S: Store> Worker<S> {
    /// Looks whether the store was set back, and holds what waits in it then.
    pub(super) fn look_for_a_restoration(&mut self, records: &[Record]) -> Result<(), WorkerError> {
        let now = self.clock.unix_ms();
        let mark = records.iter().rposition(Record::is_mark);
        if let Some(mark) = mark.map(|at| records[at]).filter(|mark| now - mark.at < REMEMBERED_MS)
        {
            self.restored.remembered = since(records, mark.at - REMEMBERED_MS);
        }
        let Some(lost) = lost(&mut self.store, &records[mark.map_or(0, |at| at + 1)..])? else {
            return Ok(());
        };
        self.restored.remembered.extend(since(records, lost.since));
        self.restored.found = Some(now);
        let sent = Selection {
            ids: lost.sent.clone(),
            states: vec![State::Pending],
            ..Selection::default()
        };
        let mut held = (0, 0);
        store::commit(&mut self.store, &mut |tx| {
            held = (0, 0);
            if !sent.ids.is_empty() {
                held.0 = tx.change(&sent, State::Held, now, Some(RESTORED_SENT))?;
            }
            let waiting = Selection { states: vec![State::Pending], ..Selection::default() };
            held.1 = tx.change(&waiting, State::Held, now, Some(RESTORED))?;
            Ok(())
        })?;
        tracing::warn!(
            since = domain::clock::rfc3339(lost.since),
            sent = held.0,
            others = held.1,
            "the store was set back, as by a backup that was restored: what waited in it is held"
        );
        let params = [
            ("since", domain::clock::rfc3339(lost.since).into()),
            ("sent", held.0.into()),
            ("held", (held.0 + held.1).into()),
        ];
        self.announce(STORE_RESTORED, params);
        if let Some(memory) = &mut self.sent {
            memory.looked_through(now);
        }
        Ok(())
    }

    /// What other workers had under way in a store that was set back waits again, as they are gone.
    pub(super) fn hold_restored(&mut self, now: i64) -> Result<(), WorkerError> {
        if self.restored.found.is_none_or(|found| now - found > LEASES_MS) {
            return Ok(());
        }
        store::commit(&mut self.store, &mut |tx| {
            let waiting = Selection { states: vec![State::Pending], ..Selection::default() };
            tx.change(&waiting, State::Held, now, Some(RESTORED)).map(drop)
        })?;
        Ok(())
    }
}
