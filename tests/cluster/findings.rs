//! What has to hold after a run, and the files from which anybody can compute it again.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::time::Duration;

use mysql::prelude::Queryable as _;
use serde_json::{Value, json};
use testkit::deviations::Deviations;
use testkit::{log, seeds};
use webhooks::clock::{Clock as _, SystemClock};
use webhooks::id::EventId;
use webhooks::spool::Spool;
use webhooks::store::State;
use webhooks::store::log::{DeliveryRow, Log};

use crate::accounts::Accounts;
use crate::endpoint::Receipt;
use crate::nodes::{DATABASE, Nodes};
use crate::seed::{LEAST_EVENTS, LEAST_EVENTS_OF_TWO};
use crate::server::address;
use crate::test_webhooks::{RATE, TEST_WEBHOOKS};

/// Over which time the rate is measured, in seconds: what is on the way when a machine is busy arrives
/// together.
const WINDOW: u64 = 5;
/// At most so many of a run's events may be destroyed with a disk, in 100.
const MOST_DESTROYED: usize = 5;

/// What came of a run.
pub(crate) type Findings = seeds::Findings<Figures>;

/// The figures of a run.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Figures {
    /// Ids returned to callers.
    pub(crate) dispatched: usize,
    /// Ids that an endpoint accepted.
    pub(crate) received: usize,
    /// Ids that stood in the journal of a removed server alone.
    pub(crate) destroyed: usize,
    /// Requests accepted for an id that was accepted before.
    pub(crate) duplicates: usize,
    /// What was under way when something was cut off: so many duplicates may there be.
    pub(crate) under_way: u64,
    /// SIGKILLs of workers, php-fpm and nodes.
    pub(crate) kills: u64,
    /// Most requests that the limited webhook got in [`WINDOW`] seconds.
    pub(crate) rate: usize,
    /// Ids, not destroyed, that were neither received nor stand in the log as they ought to.
    pub(crate) lost: usize,
}

impl seeds::Figures for Figures {
    fn add(&mut self, other: &Self) {
        self.dispatched += other.dispatched;
        self.received += other.received;
        self.destroyed += other.destroyed;
        self.duplicates += other.duplicates;
        self.under_way += other.under_way;
        self.kills += other.kills;
        self.rate = self.rate.max(other.rate);
        self.lost += other.lost;
    }

    fn to_json(&self, seeds: usize) -> Value {
        let Self { dispatched, received, destroyed, duplicates, under_way, kills, rate, lost } =
            self;
        json!({
            "seeds": seeds, "dispatched": dispatched, "received": received, "destroyed": destroyed,
            "duplicates": duplicates, "under_way_at_faults": under_way, "kills": kills,
            "most_limited_in_5_s": rate, "lost": lost,
        })
    }
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { dispatched, received, destroyed, duplicates, under_way, kills, rate, lost } =
            self;
        write!(
            f,
            "dispatched {dispatched}, received {received}, destroyed {destroyed}, \
             duplicates {duplicates} of {under_way} under way at faults, kills {kills}, \
             at most {rate} in {WINDOW} s of the limited, lost {lost}"
        )
    }
}

/// All that is known after a run, whose workers have ended.
pub(crate) struct Evidence<'a> {
    pub(crate) out: &'a Path,
    /// Any server's.
    pub(crate) spool: &'a Spool,
    pub(crate) nodes: &'a Nodes,
    pub(crate) accounts: Accounts,
    pub(crate) receipts: Vec<Receipt>,
    pub(crate) destroyed: HashSet<EventId>,
    pub(crate) under_way: u64,
    pub(crate) kills: u64,
    pub(crate) servers: usize,
}

/// A line of the log: event, webhook and state.
type Line = (EventId, String, State);

impl Evidence<'_> {
    /// Writes the files and judges.
    ///
    /// # Errors
    /// Where no judgement is possible.
    pub(crate) fn examine(self) -> Result<Findings, String> {
        let mut deviations = Deviations::default();
        let mut log = Log::open(self.spool, Some(&address(1)))
            .map_err(|error| error.to_string())?
            .ok_or("there is no store")?;
        let line = |row: DeliveryRow| (row.event_id, row.webhook_id, row.state);
        let lines: Vec<Line> = log::deliveries(&mut log)?.into_iter().map(line).collect();
        self.write(&lines)?;
        self.judge_callers(&mut deviations);
        self.judge_receipts(&mut deviations);
        self.judge_order(&mut deviations);
        let lost = self.judge_log(&lines, &mut deviations);
        self.judge_counters(&mut log, &mut deviations)?;
        let rate = self.judge_rate(&mut deviations);
        let accepted: Vec<_> = self.receipts.iter().filter(|receipt| receipt.accepted).collect();
        let received: HashSet<_> = accepted.iter().map(|receipt| receipt.id.as_str()).collect();
        let figures = Figures {
            dispatched: self.accounts.dispatched.len(),
            received: received.len(),
            destroyed: self.destroyed.len(),
            duplicates: accepted.len() - received.len(),
            under_way: self.under_way,
            kills: self.kills,
            rate,
            lost,
        };
        if figures.duplicates as u64 > self.under_way {
            deviations.add("more came twice than was under way", figures.duplicates.to_string());
        }
        if figures.destroyed * 100 > figures.dispatched * MOST_DESTROYED {
            deviations.add("a disk took too many events with it", figures.destroyed.to_string());
        }
        Ok(Findings { figures, deviations: deviations.report() })
    }

    fn write(&self, log: &[Line]) -> Result<(), String> {
        let lines = |lines: Vec<String>| lines.into_iter().map(|line| line + "\n").collect();
        let dispatched = self.accounts.dispatched.iter().map(|event| event.id.to_string());
        let states = log.iter().map(|(id, _, state)| format!("{id} {state}"));
        let mut destroyed: Vec<_> = self.destroyed.iter().map(ToString::to_string).collect();
        destroyed.sort_unstable();
        let files: [(&str, String); 3] = [
            ("dispatched.txt", lines(dispatched.collect())),
            ("log.txt", lines(states.collect())),
            ("destroyed.txt", lines(destroyed)),
        ];
        for (name, text) in files {
            std::fs::write(self.out.join(name), text)
                .map_err(|error| format!("{name}: {error}"))?;
        }
        Ok(())
    }

    fn judge_callers(&self, deviations: &mut Deviations) {
        // A producer that was killed does not know of its last one.
        let of_visitors = |number: &&(u64, u64)| number.0 < 1000;
        for number in self.accounts.open.iter().filter(of_visitors) {
            deviations.add("a visitor was not answered in the end", format!("{number:?}"));
        }
        for message in &self.accounts.refused {
            deviations.add("a dispatch was refused", message);
        }
        let ids: HashSet<_> = self.accounts.dispatched.iter().map(|event| event.id).collect();
        if ids.len() != self.accounts.dispatched.len() {
            deviations.add("an id was returned for two events", "");
        }
        let least = if self.servers > 2 { LEAST_EVENTS } else { LEAST_EVENTS_OF_TWO };
        if ids.len() < least {
            deviations.add("too few events", ids.len().to_string());
        }
    }

    fn judge_receipts(&self, deviations: &mut Deviations) {
        let known: HashMap<_, _> = self
            .accounts
            .dispatched
            .iter()
            .map(|event| (event.id.to_string(), event.number))
            .collect();
        let open: HashSet<_> = self.accounts.open.iter().collect();
        for receipt in &self.receipts {
            let told = || format!("{} at {}", receipt.id, receipt.webhook);
            if let Some(fault) = &receipt.fault {
                let told = format!("{}: {fault}", told());
                deviations.add("a signature or body is not as it was made", told);
            } else if known.get(&receipt.id) != Some(&receipt.number)
                && !open.contains(&receipt.number)
            {
                deviations.add("something was received that was not dispatched", told());
            }
        }
    }

    /// The endpoint of an ordered webhook accepts each producer's events in their order: those of a
    /// visitor come from several servers.
    fn judge_order(&self, deviations: &mut Deviations) {
        let (mut seen, mut last) = (HashSet::new(), HashMap::new());
        let ordered = |receipt: &&Receipt| {
            receipt.accepted && receipt.webhook == "ordered" && receipt.number.0 >= 1000
        };
        for receipt in self.receipts.iter().filter(ordered) {
            let (producer, number) = receipt.number;
            if !seen.insert(receipt.number) {
                continue; // A duplicate says nothing.
            }
            if last.insert(producer, number).is_some_and(|before| before > number) {
                deviations.add(
                    "an ordered webhook's events came out of order",
                    format!("{} ({producer}, {number})", receipt.id),
                );
            }
        }
    }

    /// Most requests that the limited webhook got in [`WINDOW`] seconds, which its rate bounds.
    fn judge_rate(&self, deviations: &mut Deviations) -> usize {
        let limited = |receipt: &&Receipt| receipt.webhook == "limited";
        let mut at: Vec<_> =
            self.receipts.iter().filter(limited).map(|receipt| receipt.at).collect();
        at.sort_unstable();
        let window = Duration::from_secs(WINDOW);
        let within =
            |first: usize| at[first..].iter().take_while(|it| **it - at[first] < window).count();
        let most = (0..at.len()).map(within).max().unwrap_or(0);
        // One window more at the edge; a lane's new holder does not know what was sent within the last.
        if most > RATE * (WINDOW as usize + 2) {
            deviations.add("the rate was not kept", format!("{most} in {WINDOW} s"));
        }
        most
    }

    /// Compares the log with what ought to stand there; returns how many ids are lost.
    fn judge_log(&self, log: &[Line], deviations: &mut Deviations) -> usize {
        let mut rows: HashMap<EventId, Vec<(&str, State)>> = HashMap::new();
        for (id, webhook, state) in log {
            rows.entry(*id).or_default().push((webhook, *state));
        }
        let accepted: HashMap<&str, (u64, u64)> = self
            .receipts
            .iter()
            .filter(|receipt| receipt.accepted)
            .map(|receipt| (receipt.id.as_str(), receipt.number))
            .collect();
        let mut lost = 0;
        for event in &self.accounts.dispatched {
            let (id, name) = (event.id, event.name);
            let was_received = accepted.contains_key(id.to_string().as_str());
            let told = |what: &str| format!("{id} {:?} of {name}: {what}", event.number);
            match rows.remove(&id).as_deref() {
                None if self.destroyed.contains(&id) => {}
                None => {
                    lost += usize::from(!was_received);
                    deviations.add("an event is not in the log", told("nothing"));
                }
                Some([(webhook, State::Delivered)]) if *webhook == name => {
                    if !was_received {
                        lost += 1;
                        deviations.add("the log says delivered, no endpoint accepted it", told(""));
                    }
                }
                Some(others) => {
                    lost += usize::from(!was_received);
                    let found = format!("{others:?}");
                    deviations
                        .add("a delivery is not in the state it ought to be in", told(&found));
                }
            }
        }
        // Those of which a killed producer does not know.
        if rows.len() > self.accounts.open.len() {
            let more = rows.keys().next().map(ToString::to_string).unwrap_or_default();
            deviations.add("the log has events that were not dispatched", more);
        }
        lost
    }

    /// What the counters say of each webhook is what a recount finds.
    fn judge_counters(&self, log: &mut Log, deviations: &mut Deviations) -> Result<(), String> {
        let query = serde_json::from_value(json!({ "hours": 0 })).map_err(|it| it.to_string())?;
        let stats = log.stats(&query, SystemClock.unix_ms()).map_err(|error| error.to_string())?;
        let mut root = self.nodes.root()?;
        let sql = format!(
            "SELECT CAST(w.id AS CHAR), d.state, COUNT(*) FROM {DATABASE}.wp_webhooks_store_deliveries d \
             JOIN {DATABASE}.wp_webhooks_store_webhooks w ON w.`key` = d.webhook GROUP BY w.id, d.state"
        );
        let rows: Vec<(String, u8, i64)> = root.query(sql).map_err(|error| error.to_string())?;
        let count = |webhook: &str, states: &[u8]| -> i64 {
            let of = |row: &&(String, u8, i64)| row.0 == webhook && states.contains(&row.1);
            rows.iter().filter(of).map(|row| row.2).sum()
        };
        for webhook in &TEST_WEBHOOKS {
            let Some(stats) = stats.get(webhook.name) else {
                deviations.add("a webhook has no counters", webhook.name);
                continue;
            };
            let counted = (stats.delivered, stats.pending, stats.failed);
            let found = (
                count(webhook.name, &[DELIVERED]),
                count(webhook.name, &[PENDING, DELIVERING]),
                count(webhook.name, &[FAILED]),
            );
            if counted != found {
                let told = format!("{}: {counted:?}, there are {found:?}", webhook.name);
                deviations.add("counters (delivered, pending, failed) are wrong", told);
            }
        }
        Ok(())
    }
}

/// Numbers of states in the database.
const PENDING: u8 = 0;
const DELIVERING: u8 = 1;
const DELIVERED: u8 = 2;
const FAILED: u8 = 3;
