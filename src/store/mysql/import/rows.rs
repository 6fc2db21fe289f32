//! What was exported, as rows of the tables here.

use std::collections::{BTreeSet, HashMap};

use ::mysql::Value;

use super::{PUT_OFF, bytes, failed, sums};
use crate::mysql::ingest::code;
use crate::mysql::row::{DERIVED, derived};
use crate::mysql::transaction::MysqlTransaction;
use crate::mysql::unit::{Insert, size};
use crate::sqlite::export::{MovedAttempt, MovedDelivery, MovedEvent};
use crate::{Result, State, StoreError, WebhookKey};
use domain::id::EventId;

/// Rows of the tables that events and what belongs to them are in.
pub(super) struct Rows<'a> {
    webhooks: &'a HashMap<i64, WebhookKey>,
    servers: &'a HashMap<String, u16>,
    apart: i64,
    /// Most bytes of a row.
    largest: usize,
    tables: [String; 6],
    events: Vec<Vec<Value>>,
    bodies: Vec<Vec<Value>>,
    terms: Vec<Vec<Value>>,
    deliveries: Vec<Vec<Value>>,
    requests: Vec<Vec<Value>>,
    attempts: Vec<Vec<Value>>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(
        transaction: &MysqlTransaction<'_>,
        webhooks: &'a HashMap<i64, WebhookKey>,
        servers: &'a HashMap<String, u16>,
        apart: i64,
    ) -> Self {
        let names = ["events", "bodies", "terms", "deliveries", "requests", "attempts"];
        Self {
            webhooks,
            servers,
            apart,
            largest: transaction.connection.largest(),
            tables: names.map(|name| transaction.table(name)),
            events: Vec::new(),
            bodies: Vec::new(),
            terms: Vec::new(),
            deliveries: Vec::new(),
            requests: Vec::new(),
            attempts: Vec::new(),
        }
    }

    /// The key of a server's row; 0, which is nobody's, where it is not known.
    fn server(&self, name: Option<&String>) -> Value {
        name.and_then(|name| self.servers.get(name)).copied().unwrap_or(0).into()
    }

    /// Refuses what no request can carry.
    fn check(&self, event: &MovedEvent, size: usize) -> Result<()> {
        if size <= self.largest {
            return Ok(());
        }
        let id: Option<[u8; 16]> = event.id.as_slice().try_into().ok();
        Err(StoreError::TooLarge {
            store: "the database".into(),
            reason: format!(
                "the event {} has {size} bytes, and its requests take at most {}: set \
                 max_allowed_packet of the server higher, and go on",
                id.map(|id| EventId::from_bytes(id).to_string()).unwrap_or_default(),
                self.largest
            ),
        })
    }

    pub(super) fn event(&mut self, key: u64, event: &MovedEvent) -> Result<()> {
        let MovedEvent { id, name, site, created, server, columns, terms, body, .. } = event;
        let mut row = vec![key.into(), bytes(id), name.as_str().into(), (*site).into()];
        row.extend([(*created).into(), self.server(server.as_ref()), terms.as_deref().into()]);
        row.extend(columns.iter().cloned());
        self.events.push(row);
        if let Some(body) = body {
            self.check(event, body.len())?;
            self.bodies.push(vec![key.into(), bytes(body)]);
        }
        let terms: BTreeSet<String> =
            terms.as_ref().and_then(|terms| serde_json::from_str(terms).ok()).unwrap_or_default();
        self.terms.extend(terms.into_iter().map(|term| vec![term.into(), key.into()]));
        event.deliveries.iter().try_for_each(|delivery| self.delivery(key, event, delivery))
    }

    fn delivery(&mut self, key: u64, event: &MovedEvent, delivery: &MovedDelivery) -> Result<()> {
        let Some(webhook) = self.webhooks.get(&delivery.webhook) else {
            return Err(failed(format!("there is no webhook {}", delivery.webhook)));
        };
        let (state, due) = match State::from_number(delivery.state) {
            // Nobody sends it any more: its worker is gone.
            Some(State::Pending | State::Delivering) => {
                (State::Pending as u8, sums::due(delivery.due, self.apart) + PUT_OFF)
            }
            Some(State::Held) => (State::Pending as u8, 2 * PUT_OFF),
            _ => (delivery.state, 0),
        };
        let number = delivery.number;
        let mut row: Vec<Value> = vec![key.into(), number.into(), bytes(&delivery.id)];
        row.extend([webhook.0.into(), event.name.as_str().into(), event.site.into()]);
        row.extend([state.into(), due.into()]);
        row.extend(
            [&delivery.reason, &delivery.last_failure].map(|it| it.as_deref().map(code).into()),
        );
        row.extend(delivery.columns.iter().cloned());
        // As its place in `into_inserts` says.
        let last_status = delivery.columns.get(4).cloned().unwrap_or(Value::NULL);
        let has_failure = delivery.last_failure.is_some();
        row.extend(derived(state, webhook.0, due, has_failure, last_status));
        self.deliveries.push(row);
        if let Some(body) = &delivery.request {
            self.check(event, body.len())?;
            self.requests.push(vec![key.into(), number.into(), bytes(body)]);
        }
        for MovedAttempt { number: attempt, server, columns } in &delivery.attempts {
            let mut row: Vec<Value> =
                vec![key.into(), number.into(), (*attempt).into(), self.server(server.as_ref())];
            row.extend(columns.iter().cloned());
            self.check(event, size(&row))?;
            self.attempts.push(row);
        }
        Ok(())
    }

    pub(super) fn into_inserts(self) -> Vec<Insert> {
        let deliveries = format!(
            "event, number, id, webhook, name, site, state, due, reason, last_failure, test, attempts, \
             attempted, settled, last_status, duration_us, deaths, deaths_alone, {DERIVED}"
        );
        let columns = [
            "`key`, id, name, site, created, server, terms, timestamp, network, source, flags, \
             revision, data_start, data_end",
            "event, body",
            "term, event",
            deliveries.as_str(),
            "event, delivery, body",
            "event, delivery, number, server, started, duration_us, url, method, address, status, \
             failure, waited_for, request_headers, response_headers, response_body, remark, \
             reconnected, next, next_at",
        ];
        let rows =
            [self.events, self.bodies, self.terms, self.deliveries, self.requests, self.attempts];
        self.tables
            .iter()
            .zip(columns)
            .zip(rows)
            .map(|((table, columns), rows)| Insert {
                into: format!("INSERT INTO {table} ({columns})"),
                rows,
                then: "",
            })
            .collect()
    }
}
