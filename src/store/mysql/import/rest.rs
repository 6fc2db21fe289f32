//! What a store holds beside its events. Whatever can be written twice comes by the batch; the rest in
//! the one transaction that says that all of it is there.

use ::mysql::Value;

use super::{Import, Progress, Step, bytes, failed};
use crate::mysql::engine::health_of;
use crate::mysql::transaction::MysqlTransaction;
use crate::mysql::unit::Insert;
use crate::sqlite::export::{Export, MovedBulk, MovedWebhook, Rest};
use crate::{Leaving, Result};

/// Rows that one transaction brings.
const ROWS: u32 = 10_000;

impl Import {
    /// Brings what there is beside events.
    ///
    /// # Errors
    /// As the server says. It can be done again.
    pub(crate) fn rest(&mut self, webhooks: &[MovedWebhook], export: &Export) -> Result<()> {
        self.in_batches(Rest::Hours, export)?;
        self.in_batches(Rest::SpentKeys, export)?;
        self.in_batches(Rest::Deferred, export)?;
        let worker = self.worker.clone();
        let worker = self.row_of(&worker, env!("CARGO_PKG_VERSION"), Leaving::Ended)?;
        let last = self.last(worker, webhooks, export)?;
        let next = Progress { step: Step::Rest, ..self.progress.clone() };
        let writes = self.writes;
        self.store.repeat(&mut |transaction| {
            transaction.lead()?;
            transaction.bring(&last)?;
            transaction.note_move(&next, writes)
        })?;
        self.follow(Some(next));
        Ok(())
    }

    fn in_batches(&mut self, of: Rest, export: &Export) -> Result<()> {
        let me = self.store.lease.me.worker;
        let mut after = 0;
        loop {
            let rows = export.rest(of, after, ROWS)?;
            let Some((last, _)) = rows.last() else { return Ok(()) };
            after = *last;
            let mut insert = Insert { into: String::new(), rows: Vec::new(), then: "" };
            let table;
            match of {
                Rest::Hours => {
                    table = "hours";
                    insert.into = "(hour, webhook, delivered, failed, latencies, worker)".into();
                    insert.then = " ON DUPLICATE KEY UPDATE delivered = VALUES(delivered), \
                         failed = VALUES(failed), latencies = VALUES(latencies)";
                    for (_, mut row) in rows {
                        let webhook = ::mysql::from_value_opt::<i64>(row[1].clone()).ok();
                        let Some(key) = webhook.and_then(|key| self.webhooks.get(&key)) else {
                            continue;
                        };
                        row[1] = key.0.into();
                        row.push(me.into());
                        insert.rows.push(row);
                    }
                }
                Rest::SpentKeys => {
                    table = "spent_keys";
                    insert.into = "(event, `until`)".into();
                    insert.then =
                        " ON DUPLICATE KEY UPDATE `until` = GREATEST(`until`, VALUES(`until`))";
                    insert.rows.extend(rows.into_iter().map(|(_, row)| row));
                }
                // Those that are moved beside the events: records of later versions.
                _ => {
                    table = "deferred";
                    insert.into = "(kind, created, record, worker, number)".into();
                    insert.then = " ON DUPLICATE KEY UPDATE kind = VALUES(kind)";
                    for (number, mut row) in rows {
                        row.extend([me.into(), number.into()]);
                        insert.rows.push(row);
                    }
                }
            }
            self.store.repeat(&mut |transaction| {
                transaction.lead()?;
                let into = format!("INSERT INTO {} {}", transaction.table(table), insert.into);
                let (rows, then) = (insert.rows.clone(), insert.then);
                transaction.unit.inserts = vec![Insert { into, rows, then }];
                Ok(())
            })?;
        }
    }

    fn last<'w>(
        &mut self,
        worker: u16,
        webhooks: &'w [MovedWebhook],
        export: &Export,
    ) -> Result<Last<'w>> {
        let all = |of| export.rest(of, 0, u32::MAX);
        let known = webhooks
            .iter()
            .filter_map(|webhook| self.webhooks.get(&webhook.key).map(|key| (key.0, webhook)));
        Ok(Last {
            worker,
            webhooks: known.collect(),
            positions: export.positions()?,
            clock: export.clock()?,
            deaths: all(Rest::Deaths)?.into_iter().map(|(_, row)| row).collect(),
            announcements: all(Rest::Announcements)?,
            announced: export.announced()?,
            forgetting: all(Rest::Forgetting)?.into_iter().map(|(_, row)| row).collect(),
            bulks: export.bulks()?,
        })
    }
}

/// What comes over at once.
struct Last<'w> {
    /// The spool's worker.
    worker: u16,
    webhooks: Vec<(i64, &'w MovedWebhook)>,
    positions: Vec<(Vec<u8>, u64)>,
    clock: (Value, Value),
    deaths: Vec<Vec<Value>>,
    announcements: Vec<(i64, Vec<Value>)>,
    announced: u64,
    forgetting: Vec<Vec<Value>>,
    bulks: Vec<MovedBulk>,
}

impl MysqlTransaction<'_> {
    fn bring(&mut self, last: &Last<'_>) -> Result<()> {
        self.unit.inserts.clear();
        self.bring_webhooks(last)?;
        let worker = Value::from(last.worker);
        let rows = last
            .positions
            .iter()
            .map(|(segment, offset)| vec![bytes(segment), worker.clone(), (*offset).into()]);
        // Where its worker has read on here already, that stays.
        self.bring_rows(
            "positions",
            "segment, worker, `offset`",
            rows.collect(),
            " ON DUPLICATE KEY UPDATE `offset` = GREATEST(`offset`, VALUES(`offset`))",
        );
        let (boot, offset) = last.clock.clone();
        let shift = self.shift();
        self.bring_rows(
            "clocks",
            "worker, boot, `offset`, shift",
            vec![vec![worker.clone(), boot, offset, shift.into()]],
            " ON DUPLICATE KEY UPDATE boot = COALESCE(boot, VALUES(boot)), \
             `offset` = COALESCE(`offset`, VALUES(`offset`))",
        );
        let rows = last.deaths.iter().map(|death| {
            let mut row = death.clone();
            row.push(worker.clone());
            row
        });
        self.bring_rows("worker_deaths", "at, under_way, worker", rows.collect(), "");
        // From its beginning: the person may occur in what came over before what was looked at.
        let rows = last.forgetting.iter().map(|wish| {
            let mut row = wish.clone();
            row.push(0.into());
            row
        });
        self.bring_rows(
            "forgetting",
            "token, person, erased, after",
            rows.collect(),
            " ON DUPLICATE KEY UPDATE after = 0",
        );
        self.bring_bulks(&last.bulks)?;
        self.bring_announcements(last)
    }

    fn bring_rows(
        &mut self,
        table: &str,
        columns: &str,
        rows: Vec<Vec<Value>>,
        then: &'static str,
    ) {
        let into = format!("INSERT INTO {} ({columns})", self.table(table));
        self.unit.inserts.push(Insert { into, rows, then });
    }

    /// Counters and health. A webhook that was disabled stays so; else what happened to it here since
    /// is newer.
    fn bring_webhooks(&mut self, last: &Last<'_>) -> Result<()> {
        let sql = format!("SELECT `key`, health FROM {}", self.table("webhooks"));
        let here: std::collections::HashMap<i64, Option<String>> =
            self.rows::<(i64, Option<String>)>(&sql, Vec::new())?.into_iter().collect();
        let mut counters = Vec::new();
        for (key, webhook) in &last.webhooks {
            let mut row = vec![(*key).into(), self.me.worker.into()];
            row.extend(webhook.counters.iter().cloned());
            counters.push(row);
            if let Some(host) = &webhook.host {
                let sql = format!(
                    "UPDATE {} SET host = ? WHERE `key` = ? AND host IS NULL",
                    self.table("webhooks")
                );
                self.unit.run(sql, vec![host.as_str().into(), (*key).into()]);
            }
            let Some(health) = &webhook.health else { continue };
            let now = here.get(key).cloned().flatten();
            let is_disabled = |json: Option<String>| health_of(json).disabled.is_some();
            if now.is_none() || (is_disabled(Some(health.clone())) && !is_disabled(now)) {
                self.unit.healths.insert(crate::WebhookKey(*key), health.clone());
            }
        }
        self.bring_rows(
            "counters",
            "webhook, worker, delivered, failed, pending, held, last_attempt, last_success",
            counters,
            "",
        );
        Ok(())
    }

    /// Numbers stay, as WordPress remembers the last one that it saw; where there are others by that
    /// number, these are told after all: rather twice than never.
    fn bring_announcements(&mut self, last: &Last<'_>) -> Result<()> {
        let table = self.table("announced");
        let sql = format!("SELECT last FROM {table} WHERE one = 1");
        let here: u64 = self.rows(&sql, Vec::new())?.first().copied().unwrap_or(0);
        let mut newest = here.max(last.announced);
        let mut rows = Vec::new();
        for (number, columns) in &last.announcements {
            let mut number = number.cast_unsigned();
            if number <= here {
                newest += 1;
                number = newest;
            }
            let mut row = vec![number.into()];
            row.extend(columns.iter().cloned());
            rows.push(row);
        }
        self.bring_rows("announcements", "number, code, at, params", rows, "");
        let sql = format!("UPDATE {table} SET last = ? WHERE one = 1 AND last = ?");
        self.unit.run_on_one(sql, vec![newest.into(), here.into()]);
        Ok(())
    }

    fn bring_bulks(&mut self, bulks: &[MovedBulk]) -> Result<()> {
        let sql = format!("SELECT `key` FROM {} WHERE id = ?", self.table("events"));
        let mut rows = Vec::new();
        for bulk in bulks {
            let mut key_of = |id: &[u8]| -> Result<u64> {
                let found: Vec<u64> = self.rows(&sql, vec![bytes(id)])?;
                found
                    .first()
                    .copied()
                    .ok_or_else(|| failed("an event that a change has come to is not there".into()))
            };
            let (event, number) = match &bulk.after {
                Some((id, number)) => (key_of(id)?, *number),
                None => (0, 0),
            };
            let below = match &bulk.last {
                Some(id) => key_of(id)? + 1,
                None => 0,
            };
            let mut row = bulk.columns.clone();
            row.extend([event.into(), number.into(), below.into()]);
            rows.push(row);
        }
        self.bring_rows(
            "bulks",
            "token, action, query, matched, changed, asked, ended, after_event, after_number, below",
            rows,
            " ON DUPLICATE KEY UPDATE token = VALUES(token)",
        );
        Ok(())
    }
}
