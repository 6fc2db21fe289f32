//! What has to hold after a run, and the files from which anybody can compute it again.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use serde_json::{Value, json};
use testkit::deviations::Deviations;
use testkit::{log, seeds};
use webhooks::id::EventId;
use webhooks::spool::Spool;
use webhooks::store::log::{DeliveryRow, Log};
use webhooks::store::{Failure, State};

use crate::endpoint::Receipt;
use crate::producer::{Accounts, Dispatched};
use crate::seed::LEAST_EVENTS;
use crate::test_webhooks;

/// What came of a run.
pub(crate) type Findings = seeds::Findings<Figures>;

/// The figures of a run.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Figures {
    /// Ids returned to callers.
    pub(crate) dispatched: usize,
    /// Ids that an endpoint accepted.
    pub(crate) received: usize,
    /// Ids in bytes that the run itself destroyed.
    pub(crate) destroyed: usize,
    /// Requests accepted for an id that was accepted before.
    pub(crate) duplicates: usize,
    /// SIGKILLs of workers and PHP processes.
    pub(crate) kills: u64,
    /// Ids whose delivery failed as it was alone under way at two deaths of workers: who kills so
    /// often can't be told from a delivery that does, and the log says so.
    pub(crate) convicted: usize,
    /// Ids, not destroyed, that were neither received nor stand in the log as they ought to.
    pub(crate) lost: usize,
}

impl seeds::Figures for Figures {
    fn add(&mut self, other: &Self) {
        self.dispatched += other.dispatched;
        self.received += other.received;
        self.destroyed += other.destroyed;
        self.duplicates += other.duplicates;
        self.kills += other.kills;
        self.convicted += other.convicted;
        self.lost += other.lost;
    }

    fn to_json(&self, seeds: usize) -> Value {
        let Self { dispatched, received, destroyed, duplicates, kills, convicted, lost } = self;
        json!({
            "seeds": seeds, "dispatched": dispatched, "received": received, "destroyed": destroyed,
            "duplicates": duplicates, "kills": kills, "convicted": convicted, "lost": lost,
        })
    }
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { dispatched, received, destroyed, duplicates, kills, convicted, lost } = self;
        write!(
            f,
            "dispatched {dispatched}, received {received}, destroyed {destroyed}, \
             duplicates {duplicates}, kills {kills}, convicted {convicted}, lost {lost}"
        )
    }
}

/// Events that were alone under way when workers were killed, and the deaths that were known before
/// each of these.
pub(crate) type AloneAtDeaths = HashMap<EventId, HashSet<Vec<i64>>>;

/// A line of the log: event, webhook, state and whether workers are said to have died of it.
type Line = (EventId, String, State, bool);

/// All that is known after a run, whose worker has ended.
pub(crate) struct Evidence<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) spool: &'a Spool,
    pub(crate) accounts: Accounts,
    pub(crate) receipts: Vec<Receipt>,
    pub(crate) destroyed: Vec<EventId>,
    pub(crate) alone: AloneAtDeaths,
    pub(crate) kills: u64,
    /// The producer that dispatched after the last rotation.
    pub(crate) last_producer: u64,
}

impl Evidence<'_> {
    /// Writes the files and judges.
    ///
    /// # Errors
    /// Where no judgement is possible.
    pub(crate) fn examine(self) -> Result<Findings, String> {
        let mut deviations = Deviations::default();
        let log = self.log()?;
        self.write(&log)?;
        self.judge_callers(&mut deviations);
        self.judge_receipts(&mut deviations);
        self.judge_order(&mut deviations);
        let convicted = self.judge_convictions(&log, &mut deviations);
        let lost = self.judge_log(&log, &convicted, &mut deviations);
        self.judge_store(&mut deviations)?;
        let accepted = self.accepted();
        let requests = self.receipts.iter().filter(|receipt| receipt.accepted).count();
        let figures = Figures {
            dispatched: self.accounts.dispatched.len(),
            received: accepted.len(),
            destroyed: self.destroyed.iter().collect::<HashSet<_>>().len(),
            duplicates: requests - accepted.len(),
            kills: self.kills,
            convicted: convicted.len(),
            lost,
        };
        Ok(Findings { figures, deviations: deviations.report() })
    }

    fn accepted(&self) -> HashSet<&str> {
        let accepted = self.receipts.iter().filter(|receipt| receipt.accepted);
        accepted.map(|receipt| receipt.id.as_str()).collect()
    }

    /// The whole log.
    fn log(&self) -> Result<Vec<Line>, String> {
        let mut log = Log::open(self.spool, None)
            .map_err(|error| error.to_string())?
            .ok_or("there is no store")?;
        let line = |row: DeliveryRow| {
            let died = row.reason.as_deref() == Some(Failure::WORKER_DIED);
            (row.event_id, row.webhook_id, row.state, died && row.state == State::Failed)
        };
        Ok(log::deliveries(&mut log)?.into_iter().map(line).collect())
    }

    fn write(&self, log: &[Line]) -> Result<(), String> {
        let lines = |lines: Vec<String>| lines.into_iter().map(|line| line + "\n").collect();
        let dispatched = self.accounts.dispatched.iter().map(|event| event.id.to_string());
        let states = log.iter().map(|(id, _, state, _)| format!("{id} {state}"));
        let mut destroyed: Vec<_> = self.destroyed.iter().map(ToString::to_string).collect();
        destroyed.sort_unstable();
        destroyed.dedup();
        let files: [(&str, String); 3] = [
            ("dispatched.txt", lines(dispatched.collect())),
            ("log.txt", lines(states.collect())),
            ("destroyed.txt", lines(destroyed)),
        ];
        for (name, text) in files {
            std::fs::write(self.folder.join(name), text)
                .map_err(|error| format!("{name}: {error}"))?;
        }
        Ok(())
    }

    fn judge_callers(&self, deviations: &mut Deviations) {
        let accounts = &self.accounts;
        for number in &accounts.open {
            deviations.add("a dispatch neither returned nor threw", format!("{number:?}"));
        }
        // The last producer dispatches after a webhook was deleted.
        for number in accounts.unwanted.iter().filter(|number| number.0 != self.last_producer) {
            deviations.add("an event had no subscriber", format!("{number:?}"));
        }
        for message in &accounts.messages {
            if !message.contains("make room") {
                deviations.add("a dispatch was refused for another reason than room", message);
            }
        }
        let ids: HashSet<_> = accounts.dispatched.iter().map(|event| event.id).collect();
        if ids.len() != accounts.dispatched.len() {
            deviations.add("an id was returned for two events", "");
        }
        if ids.len() < LEAST_EVENTS {
            deviations.add("too few events", ids.len().to_string());
        }
    }

    fn judge_receipts(&self, deviations: &mut Deviations) {
        let known: HashMap<_, _> =
            self.accounts.dispatched.iter().map(|event| (event.id.to_string(), event)).collect();
        for receipt in &self.receipts {
            let told = || format!("{} at {}", receipt.id, receipt.webhook);
            if let Some(fault) = &receipt.fault {
                deviations.add(
                    "a signature or body is not as it was made",
                    format!("{}: {fault}", told()),
                );
                continue;
            }
            match known.get(&receipt.id) {
                _ if self.accounts.refused.contains(&receipt.number) => {
                    deviations.add("a refused event was received", told());
                }
                Some(Dispatched { number, .. }) if *number == receipt.number => {}
                _ => deviations.add("something was received that was not dispatched", told()),
            }
            let rotated = receipt.number.0 == self.last_producer;
            if rotated && receipt.signers.len() < 2 {
                deviations.add("one secret signed while two did", told());
            }
        }
    }

    /// The endpoint of an ordered webhook accepts each producer's events in their order.
    fn judge_order(&self, deviations: &mut Deviations) {
        let (mut seen, mut last) = (HashSet::new(), HashMap::new());
        let ordered = |receipt: &&Receipt| receipt.accepted && receipt.webhook == "ordered";
        for receipt in self.receipts.iter().filter(ordered) {
            let (producer, number) = receipt.number;
            if !seen.insert(receipt.number) {
                continue; // A duplicate says nothing.
            }
            if last.insert(producer, number).is_some_and(|before| before > number) {
                deviations.add("an ordered webhook's events came out of order", receipt.id.clone());
            }
        }
    }

    /// What failed as workers died of it; only what was alone under way at two of their deaths may.
    fn judge_convictions(&self, log: &[Line], deviations: &mut Deviations) -> HashSet<EventId> {
        let convicted: HashSet<_> =
            log.iter().filter(|(.., died)| *died).map(|(id, ..)| *id).collect();
        for id in &convicted {
            let alone = self.alone.get(id).map_or(0, HashSet::len);
            if alone < 2 {
                let told = format!("{id}: alone under way at {alone} deaths");
                deviations.add("a delivery is said to have ended workers, and has not", told);
            }
        }
        convicted
    }

    /// Compares the log with what ought to stand there; returns how many ids are lost.
    fn judge_log(
        &self,
        log: &[Line],
        convicted: &HashSet<EventId>,
        deviations: &mut Deviations,
    ) -> usize {
        let mut rows: HashMap<EventId, Vec<(&str, State)>> = HashMap::new();
        for (id, webhook, state, _) in log {
            rows.entry(*id).or_default().push((webhook, *state));
        }
        let accepted = self.accepted();
        let mut lost = 0;
        for Dispatched { id, number, name } in &self.accounts.dispatched {
            let expected = test_webhooks::expected(name).map(|expected| expected.state(number.1));
            let was_received = accepted.contains(id.to_string().as_str());
            let told = |what: &str| format!("{id} of {name}: {what}");
            match rows.remove(id).as_deref() {
                None if self.destroyed.contains(id) => {}
                None => {
                    if !was_received {
                        lost += 1;
                    }
                    deviations.add("an event is not in the log", told("nothing"));
                }
                Some([(webhook, state)]) if *webhook == *name && Some(*state) == expected => {
                    if *state == State::Delivered && !was_received {
                        lost += 1;
                        deviations.add("the log says delivered, no endpoint accepted it", told(""));
                    }
                }
                Some([(webhook, State::Failed)]) if *webhook == *name && convicted.contains(id) => {
                }
                Some(others) => {
                    if !was_received {
                        lost += 1;
                    }
                    let found = format!("{others:?}");
                    deviations
                        .add("a delivery is not in the state it ought to be in", told(&found));
                }
            }
        }
        for id in rows.keys() {
            deviations.add("the log has an event that was not dispatched", id.to_string());
        }
        lost
    }

    fn judge_store(&self, deviations: &mut Deviations) -> Result<(), String> {
        let path = self.spool.path().join("store.sqlite");
        let integrity = rusqlite::Connection::open(path)
            .and_then(|it| {
                it.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0))
            })
            .map_err(|error| format!("PRAGMA integrity_check: {error}"))?;
        if integrity != "ok" {
            deviations.add("PRAGMA integrity_check", integrity);
        }
        Ok(())
    }
}
