//! Attempts, with the states and the counters that follow from them.

use std::collections::{BTreeSet, HashSet};

use ::mysql::Value;
use serde::Serialize;

use super::ingest::{code, settled};
use super::memory::hour;
use super::transaction::{MysqlTransaction, list};
use super::unit::size;
use crate::{
    Attempt, Failure, Latencies, NewAttempt, Next, Result, State, StoreError, WebhookKey, Written,
};
use domain::event::Flags;
use domain::webhook::Method;

/// Events that one statement asks for.
const ASKED: usize = 500;

impl MysqlTransaction<'_> {
    pub(super) fn try_complete(&mut self, attempts: &[NewAttempt<'_>]) -> Result<Vec<Written>> {
        let ids: Vec<_> = attempts.iter().map(|new| new.claim.id).collect();
        let rows = self.under_way(&ids)?;
        let retried = attempts.iter().filter(|new| matches!(new.attempt.next, Next::Retry(_)));
        let retried = retried.filter_map(|new| rows.get(&new.claim.id)).map(|row| row.place.0);
        let bodies = self.with_body(retried.collect())?;
        self.look_at_latencies(attempts)?;
        let mut written = Vec::with_capacity(attempts.len());
        let mut recorded = HashSet::new();
        for new in attempts {
            written.push(match rows.get(&new.claim.id) {
                Some(_) if recorded.contains(&new.claim.id) => Written::Lost,
                None => Written::Lost,
                Some(row) => match self.record(new, row, &bodies) {
                    Ok(()) => {
                        recorded.insert(new.claim.id);
                        Written::Kept
                    }
                    Err(StoreError::TooLarge { reason, .. }) => Written::TooLarge { reason },
                    Err(error) => return Err(error),
                },
            });
        }
        Ok(written)
    }

    fn record(
        &mut self,
        new: &NewAttempt<'_>,
        before: &super::row::Delivery,
        bodies: &HashSet<u64>,
    ) -> Result<()> {
        let NewAttempt { claim, attempt, reason } = *new;
        let (state, next_at) = match attempt.next {
            Next::Delivered => (State::Delivered, None),
            Next::Retry(due) => (State::Pending, Some(due)),
            Next::Failed => (State::Failed, None),
            Next::Held => (State::Held, None),
            Next::Cancelled => (State::Cancelled, None),
        };
        // Forgotten while it was under way: there is nothing left that could be sent again.
        let forgotten = state == State::Pending && !bodies.contains(&before.place.0);
        let (state, next_at) = if forgotten { (State::Cancelled, None) } else { (state, next_at) };
        let number = before.attempted.saturating_add(1);
        let row = self.attempt_row(before, number, attempt, state, next_at)?;
        let request = attempt.request_body.as_ref();
        let request = request.filter(|body| claim.request_body.as_deref() != Some(body.as_slice()));
        let most = self.connection.largest();
        let largest = size(&row).max(request.map_or(0, Vec::len));
        if largest > most {
            return Err(self.too_large(largest, most));
        }
        self.unit.attempts.push(row);
        if let Some(body) = request {
            self.unit.requests.insert(before.place, body.clone());
        }
        let duration = attempt.duration_us.cast_signed();
        let ended = attempt.started.saturating_add(duration / 1000);
        let died = attempt.failure.as_ref().is_some_and(|it| it.code == Failure::WORKER_DIED);
        let mut after = before.clone();
        after.put(state, next_at.map_or(before.due, |due| due - self.shift()));
        after.attempts = after.attempts.saturating_add(1);
        after.attempted = number;
        after.settled = settled(state, ended);
        after.last_status = attempt.status;
        after.last_failure = attempt.failure.as_ref().map(|failure| code(&failure.code));
        after.duration_us = Some(attempt.duration_us);
        after.reason = reason.map(code);
        if !died {
            (after.deaths, after.deaths_alone) = (0, 0);
        }
        self.change_to(before, after);
        if !claim.event.flags.has(Flags::TEST) {
            let counters = &mut self.unit.counters;
            counters.counted.moved(claim.webhook, Some(State::Delivering), Some(state), 1, ended);
            counters.counted.attempted(claim.webhook, ended, attempt.failure.is_none());
            // What never reached an endpoint says nothing of how quick it is.
            if attempt.url.is_some() {
                let known = &self.memory.latencies;
                counters.took(claim.webhook, ended, attempt.duration_us, known);
            }
        }
        Ok(())
    }

    fn attempt_row(
        &self,
        delivery: &super::row::Delivery,
        number: u32,
        attempt: &Attempt,
        next: State,
        next_at: Option<i64>,
    ) -> Result<Vec<Value>> {
        Ok(vec![
            delivery.place.0.into(),
            delivery.place.1.into(),
            number.into(),
            self.me.worker.into(),
            attempt.started.into(),
            attempt.duration_us.into(),
            attempt.url.as_deref().into(),
            attempt.method.map(Method::as_str).into(),
            attempt.address.as_deref().into(),
            attempt.status.into(),
            attempt.failure.as_ref().map(json).transpose()?.into(),
            attempt.waited_for.into(),
            json(&attempt.request_headers)?.into(),
            json(&attempt.response_headers)?.into(),
            attempt.response_body.as_slice().into(),
            attempt.remark.as_ref().map(json).transpose()?.into(),
            attempt.reconnected.into(),
            (next as u8).into(),
            next_at.into(),
        ])
    }

    /// Those of these events that have a body.
    pub(super) fn with_body(&mut self, events: BTreeSet<u64>) -> Result<HashSet<u64>> {
        let events: Vec<_> = events.into_iter().collect();
        let mut with = HashSet::new();
        for asked in events.chunks(ASKED) {
            let (places, values) = list(asked.iter().map(|key| (*key).into()));
            let sql =
                format!("SELECT event FROM {} WHERE event IN ({places})", self.table("bodies"));
            with.extend(self.rows::<u64>(&sql, values)?);
        }
        let new = self.unit.events.iter().filter(|row| !row.event.body.is_empty());
        with.extend(new.map(|row| row.key));
        with.retain(|event| !self.unit.erased.contains(event));
        Ok(with)
    }

    /// Reads what is counted of these attempts' hours already.
    fn look_at_latencies(&mut self, attempts: &[NewAttempt<'_>]) -> Result<()> {
        let mut hours = BTreeSet::new();
        for new in attempts.iter().filter(|new| new.attempt.url.is_some()) {
            let took = new.attempt.duration_us.cast_signed() / 1000;
            hours.insert((hour(new.attempt.started.saturating_add(took)), new.claim.webhook));
        }
        hours.retain(|hour| !self.memory.latencies.contains_key(hour));
        let hours: Vec<_> = hours.into_iter().collect();
        for asked in hours.chunks(ASKED) {
            let places =
                vec!["(hour = ? AND webhook = ? AND worker = ?)"; asked.len()].join(" OR ");
            let worker = i64::from(self.me.worker);
            let values = asked.iter().flat_map(|(hour, webhook)| [*hour, webhook.0, worker]);
            let sql = format!(
                "SELECT hour, webhook, latencies FROM {} WHERE {places}",
                self.table("hours")
            );
            let values = values.map(Value::from).collect();
            let found: Vec<(i64, i64, Option<Vec<u8>>)> = self.rows(&sql, values)?;
            for hour in asked {
                self.memory.latencies.insert(*hour, Latencies::default());
            }
            for (hour, webhook, bytes) in found {
                let latencies = Latencies::from_bytes(&bytes.unwrap_or_default());
                self.memory.latencies.insert((hour, WebhookKey(webhook)), latencies);
            }
        }
        Ok(())
    }
}

pub(super) fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| StoreError::Failed {
        action: "writing JSON for the store",
        reason: error.to_string(),
    })
}
