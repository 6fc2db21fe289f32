//! What is recorded of deliveries of which a worker remembers that it sent them.

use super::engine::MysqlStore;
use super::transaction::list;
use crate::{Recorded, RecordedDelivery, Result};
use domain::id::{DeliveryId, EventId};

impl MysqlStore {
    /// See [`Store::recorded`](crate::Store::recorded).
    pub(super) fn try_recorded(&mut self, events: &[EventId]) -> Result<Recorded> {
        let connection = self.connected()?;
        let table = |name: &str| connection.server().table(name);
        let (places, values) = list(events.iter().map(|id| id.as_bytes().as_slice().into()));
        let sql = format!(
            "SELECT e.id, w.id, d.id, d.state = 2 OR EXISTS (SELECT 1 FROM {} a \
                 WHERE a.event = d.event AND a.delivery = d.number AND a.next = 2) \
             FROM {} e STRAIGHT_JOIN {} d ON d.event = e.`key` \
             STRAIGHT_JOIN {} w ON w.`key` = d.webhook WHERE e.id IN ({places})",
            table("attempts"),
            table("events"),
            table("deliveries"),
            table("webhooks")
        );
        let newest = format!("SELECT created FROM {} ORDER BY `key` DESC LIMIT 1", table("events"));
        let found: Vec<(Vec<u8>, String, Vec<u8>, bool)> = connection.rows(&sql, values)?;
        let newest: Vec<i64> = connection.rows(&newest, Vec::new())?;
        let delivery =
            |(event, webhook, delivery, is_delivered): (Vec<u8>, String, Vec<u8>, bool)| {
                Some(RecordedDelivery {
                    event: EventId::from_bytes(event.try_into().ok()?),
                    webhook,
                    delivery: DeliveryId::from_bytes(delivery.try_into().ok()?),
                    is_delivered,
                })
            };
        Ok(Recorded {
            deliveries: found.into_iter().filter_map(delivery).collect(),
            newest: newest.first().copied().unwrap_or(0),
        })
    }
}
