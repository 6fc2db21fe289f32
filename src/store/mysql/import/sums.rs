//! Counts and sums of what came over, to be compared with those of the old store.

use ::mysql::{Row, Value, from_value_opt};

use super::{Import, PUT_OFF};
use crate::moving::{REMAINDER, Sums, add};
use crate::{Result, State, StoreError};

/// Events that are summed up at once: in between it is said that this worker is alive.
const AT_ONCE: u32 = 20_000;

/// Whether a row is of an event that a worker's move brought; `column` has the event's key.
pub(super) fn is_moved(column: &str, worker: u16) -> String {
    format!("{column} >> 12 & 1023 = {worker}")
}

/// When a delivery is due, by the clock that due times are kept by.
pub(super) fn due(by_this_server: i64, apart: i64) -> i64 {
    by_this_server.saturating_sub(apart).clamp(0, PUT_OFF - 1)
}

/// What is summed up of each table, with the column that has an event's key; as
/// [`Export::sums`](crate::sqlite::export::Export::sums) does it.
fn sums() -> Vec<(&'static str, &'static str, &'static str, Vec<String>)> {
    let sum = |column: &str| format!("SUM({column})");
    let rest = |column: &str| format!("SUM({column} % {REMAINDER})");
    let bytes = |column: &str| format!("SUM(OCTET_LENGTH({column}))");
    let count = || "COUNT(*)".to_owned();
    let held = State::Held as u8;
    let twice = 2 * PUT_OFF;
    let waits = format!("state = 0 AND due < {twice}");
    vec![
        (
            "events",
            "events",
            "`key`",
            vec![
                count(),
                rest("timestamp"),
                rest("created"),
                bytes("name"),
                sum("data_end"),
                sum("flags"),
                bytes("terms"),
            ],
        ),
        ("bodies", "bodies", "event", vec![count(), bytes("body")]),
        (
            "deliveries",
            "deliveries",
            "event",
            vec![
                count(),
                format!("SUM(IF(state = 0 AND due >= {twice}, {held}, state))"),
                sum("test"),
                sum("attempts"),
                sum("attempted"),
                rest("settled"),
                sum("last_status"),
                rest("duration_us"),
                sum("deaths"),
            ],
        ),
        (
            "waiting deliveries",
            "deliveries",
            "event",
            vec![
                format!("SUM({waits})"),
                format!("SUM(IF({waits}, (due - {PUT_OFF}) % {REMAINDER}, 0))"),
            ],
        ),
        ("requests", "requests", "event", vec![count(), bytes("body")]),
        (
            "attempts",
            "attempts",
            "event",
            vec![
                count(),
                rest("started"),
                rest("duration_us"),
                sum("status"),
                bytes("request_headers"),
                bytes("response_headers"),
                bytes("response_body"),
                sum("next"),
            ],
        ),
    ]
}

impl Import {
    /// Counts and sums, before anything of it may go.
    ///
    /// # Errors
    /// As the server says.
    pub(crate) fn sums(&mut self) -> Result<Sums> {
        let terms = vec!["COUNT(*)".to_owned(), "SUM(OCTET_LENGTH(term))".to_owned()];
        let mut all = Sums::new();
        all.insert("terms".into(), self.sum("terms", "event", &terms, "TRUE", Vec::new())?);
        let mut after = 0_u64;
        loop {
            let connection = self.store.connected()?;
            let sql = format!(
                "SELECT `key` FROM {} WHERE `key` > ? ORDER BY `key` LIMIT 1 OFFSET {AT_ONCE}",
                connection.server().table("events")
            );
            let end: Vec<u64> = connection.rows(&sql, vec![after.into()])?;
            let last = end.first().copied();
            let upto = last.unwrap_or(u64::MAX);
            let mut part = Sums::new();
            for (name, table, column, columns) in sums() {
                let between = format!("{column} > ? AND {column} <= ?");
                let values = vec![after.into(), upto.into()];
                part.insert(name.into(), self.sum(table, column, &columns, &between, values)?);
            }
            add(&mut all, &part);
            match last {
                Some(last) => after = last,
                None => return Ok(all),
            }
            match self.store.beat() {
                Ok(()) | Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn sum(
        &mut self,
        table: &str,
        column: &str,
        columns: &[String],
        narrowed: &str,
        values: Vec<Value>,
    ) -> Result<Vec<i64>> {
        let me = self.store.lease.me.worker;
        let connection = self.store.connected()?;
        let columns: Vec<_> =
            columns.iter().map(|column| format!("CAST(COALESCE({column}, 0) AS SIGNED)")).collect();
        let sql = format!(
            "SELECT {} FROM {} WHERE {narrowed} AND {}",
            columns.join(", "),
            connection.server().table(table),
            is_moved(column, me)
        );
        let mut found: Vec<Row> = connection.rows(&sql, values)?;
        let row = found.pop().map(Row::unwrap).unwrap_or_default();
        Ok(row.into_iter().map(|value| from_value_opt(value).unwrap_or(-1)).collect())
    }
}
