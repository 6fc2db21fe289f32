//! Backfills: walking through the events that a webhook has not had, in the order in which they were
//! taken in. How far each is stands beside the changes of whole results.

use ::mysql::{Row, Value};

use super::held::event_of;
use super::record::json;
use super::row::Cells;
use super::transaction::MysqlTransaction;
use super::unit::BulkRow;
use crate::backfill::{BACKFILL, Backfill, BackfillQuery, Missed, Stretch};
use crate::{Result, State, StoreError};
use domain::event::{Event, Flags};
use domain::id::DeliveryId;

/// Bytes of bodies of one stretch, unless one alone has more.
const MOST_BYTES: usize = 4 << 20;

impl MysqlTransaction<'_> {
    pub(super) fn try_begin_backfill(&mut self, backfill: &Backfill, now: i64) -> Result<()> {
        let query = json(&backfill.query)?;
        self.begin(&backfill.token, BACKFILL, query, backfill.matched, now)
    }

    pub(super) fn try_look_back(
        &mut self,
        limit: usize,
        wants: &dyn Fn(&BackfillQuery, &Event) -> bool,
    ) -> Result<Option<Stretch>> {
        let is = |bulk: &BulkRow| bulk.action == BACKFILL;
        let Some(bulk) = self.open_bulk(&is)? else { return Ok(None) };
        if !self.leads()? {
            return Ok(None);
        }
        let query: BackfillQuery =
            serde_json::from_str(&bulk.query).map_err(|error| StoreError::Failed {
                action: "looking for the events of a backfill",
                reason: format!("the query of a backfill: {error}"),
            })?;
        let (missed, next) = self.stretch(&query, bulk.after.0, bulk.below, limit, wants)?;
        let BulkRow { token, asked, changed: made, .. } = bulk;
        let next = next.map(u64::cast_signed);
        Ok(Some(Stretch { token, query, asked, made, missed, next }))
    }

    pub(super) fn try_note_backfill(
        &mut self,
        token: &str,
        made: u64,
        next: Option<i64>,
        now: i64,
    ) -> Result<()> {
        let is = |bulk: &BulkRow| bulk.action == BACKFILL && bulk.token == token;
        if let Some(bulk) = self.open_bulk(&is)? {
            self.note_bulk(bulk, made, next.map(|next| (next.cast_unsigned(), 0)), now);
        }
        Ok(())
    }

    /// Events that a webhook has not had, oldest first, between two keys (both excluded), and the key
    /// after which to go on: none at the end. One call looks at `limit` events.
    fn stretch(
        &mut self,
        query: &BackfillQuery,
        after: u64,
        below: u64,
        limit: usize,
        wants: &dyn Fn(&BackfillQuery, &Event) -> bool,
    ) -> Result<(Vec<Missed>, Option<u64>)> {
        let webhook = self.known_webhook(&query.webhook_id)?.map_or(0, |key| key.0);
        let (mut narrowed, mut narrow) = (String::new(), Vec::<Value>::new());
        if let Some(id) = query.event_id {
            narrowed += " AND e.id = ?";
            narrow.push(id.as_bytes().as_slice().into());
        }
        for (condition, time) in [(">=", query.since), ("<=", query.until)] {
            if let Some(time) = time {
                narrowed += &format!(" AND e.created {condition} ?");
                narrow.push(time.into());
            }
        }
        let (events, deliveries, bodies) =
            (self.table("events"), self.table("deliveries"), self.table("bodies"));
        let sql = format!(
            "SELECT e.`key` FROM {events} e WHERE e.`key` > ? AND e.`key` < ?{narrowed} \
             ORDER BY e.`key` LIMIT 1 OFFSET ?"
        );
        let mut values: Vec<Value> = vec![after.into(), below.into()];
        values.extend(narrow.clone());
        values.push(limit.max(1).into());
        let end: Option<u64> = self.rows(&sql, values)?.first().copied();
        let skipped = State::Skipped as u8;
        let sql = format!(
            "SELECT e.`key`, e.id, e.name, e.timestamp, e.network, e.site, e.source, e.flags, \
                 e.revision, e.data_start, e.data_end, NULL, e.created, \
                 (SELECT d.id FROM {deliveries} d WHERE d.event = e.`key` AND d.webhook = ? \
                     AND d.state = {skipped} LIMIT 1) \
             FROM {events} e WHERE e.`key` > ? AND e.`key` < ?{narrowed} AND e.flags & {test} = 0 \
                 AND NOT EXISTS (SELECT 1 FROM {deliveries} d WHERE d.event = e.`key` \
                     AND d.webhook = ? AND d.state <> {skipped}) \
                 AND EXISTS (SELECT 1 FROM {bodies} b WHERE b.event = e.`key`) \
             ORDER BY e.`key`",
            test = Flags::TEST.bits()
        );
        let mut values: Vec<Value> =
            vec![webhook.into(), after.into(), end.unwrap_or(below).into()];
        values.extend(narrow);
        values.push(webhook.into());
        let (mut missed, mut bytes) = (Vec::new(), 0);
        for mut row in self.rows::<Row>(&sql, values)? {
            let Some((key, mut one)) = missed_of(&mut row) else { continue };
            if !wants(query, &one.event) {
                continue;
            }
            let sql = format!("SELECT body FROM {bodies} WHERE event = ?");
            let body: Vec<Vec<u8>> = self.rows(&sql, vec![key.into()])?;
            one.event.body = body.into_iter().next().unwrap_or_default().into();
            bytes += one.event.body.len();
            missed.push(one);
            if bytes > MOST_BYTES {
                return Ok((missed, Some(key)));
            }
        }
        Ok((missed, end.map(|end| end - 1)))
    }
}

/// An event without its body, with its key.
fn missed_of(row: &mut Row) -> Option<(u64, Missed)> {
    let (key, event) = event_of(row)?;
    let mut cells = Cells { row, at: 12 };
    let created = cells.next()?;
    let skipped = match cells.next::<Option<Vec<u8>>>()? {
        Some(id) => Some(DeliveryId::from_bytes(id.try_into().ok()?)),
        None => None,
    };
    Some((key, Missed { event, created, skipped }))
}
