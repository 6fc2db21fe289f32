//! Writing what becomes of deliveries.
//!
//! Two ways lead from one state of a row to another, each in one statement for many rows. What this worker
//! has claimed and nobody else may change while its lease holds, which is nearly all there is, goes as
//! rows that are "added", and found to be there by their primary key: the server looks each up once and
//! changes it on the spot. Anything else goes as JSON, of which the server makes a table and joins that.

use ::mysql::Value;
use serde_json::Value as Json;

use super::address::Server;
use super::connection::Writes;
use super::row::{CHANGE, DERIVED, Delivery, Owner};
use super::unit::{MOST_ROWS, conflict, insert};
use crate::{Result, State, StoreError};

/// Most rows that one statement changes.
const MOST_CHANGES: usize = 1000;

/// A delivery before and after.
pub(super) struct Changed {
    /// As the database has it; none: it is new.
    pub(super) before: Option<Delivery>,
    /// None: it is deleted.
    pub(super) after: Option<Delivery>,
}

/// Writes all of them.
///
/// # Errors
/// [`StoreError::Conflict`](crate::StoreError::Conflict) where a row is not as it was `before`.
pub(super) fn write<'c>(
    writes: &mut Writes<'_>,
    server: &Server,
    me: Owner,
    all: impl Iterator<Item = &'c Changed>,
) -> Result<()> {
    let (mut new, mut own, mut others, mut gone) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for Changed { before, after } in all {
        match (before, after) {
            (None, Some(after)) => new.push(added(after)),
            (Some(before), Some(after)) if before == after => {}
            (Some(before), Some(after)) if is_own(before, me) => own.push(whole(after)),
            (Some(before), Some(after)) => others.push(after.change(before)),
            (Some(before), None) => gone.push(before),
            (None, None) => {}
        }
    }
    let table = server.table("deliveries");
    let into = format!("INSERT INTO {table} ({ADDED}, {DERIVED})");
    insert(writes, &into, new, "")?;
    write_own(writes, server, me, own)?;
    let sql = change(&table);
    for changes in others.chunks(MOST_CHANGES) {
        let found = writes.execute(&sql, vec![Json::from(changes).to_string().into()])?;
        if found != changes.len() as u64 {
            return Err(conflict(server, CHANGED));
        }
    }
    delete(writes, server, &gone)
}

/// Somebody else's doing.
const CHANGED: &str = "a delivery was changed";

/// Columns of a delivery that comes into being, in the order of [`added`].
const ADDED: &str = "event, number, id, webhook, name, site, state, owner, epoch, due, test, settled, \
     reason, last_failure";

fn added(delivery: &Delivery) -> Vec<Value> {
    let mut row = vec![
        delivery.place.0.into(),
        delivery.place.1.into(),
        delivery.id.as_bytes().as_slice().into(),
        delivery.webhook.0.into(),
        delivery.name.as_str().into(),
        delivery.site.into(),
        (delivery.state as u8).into(),
        delivery.owner.worker.into(),
        delivery.owner.epoch.into(),
        delivery.due.into(),
        delivery.test.into(),
        delivery.settled.into(),
        delivery.reason.as_deref().into(),
        delivery.last_failure.as_deref().into(),
    ];
    row.extend(delivery.derived());
    row
}

/// Columns of a delivery that was there, beside those of [`ADDED`], in the order of [`whole`].
const MORE: [&str; 6] =
    ["attempts", "attempted", "last_status", "duration_us", "deaths", "deaths_alone"];

fn whole(delivery: &Delivery) -> Vec<Value> {
    let mut row = added(delivery);
    row.extend([
        delivery.attempts.into(),
        delivery.attempted.into(),
        delivery.last_status.into(),
        delivery.duration_us.into(),
        delivery.deaths.into(),
        delivery.deaths_alone.into(),
    ]);
    row
}

/// Whether it is under way here.
fn is_own(delivery: &Delivery, me: Owner) -> bool {
    delivery.state == State::Delivering && delivery.owner == me
}

/// Changes what this worker has under way. Each row counts twice: it was there, and became another one. One
/// that is gone would be added and count once; one that is not this worker's becomes nothing (its number
/// is out of range, which ends the statement).
fn write_own(
    writes: &mut Writes<'_>,
    server: &Server,
    me: Owner,
    rows: Vec<Vec<Value>>,
) -> Result<()> {
    let table = server.table("deliveries");
    let into = format!("INSERT INTO {table} ({ADDED}, {DERIVED}, {})", MORE.join(", "));
    // The state and whose it is last: they are compared before they are changed.
    let set: Vec<_> = ["due", "settled", "reason", "last_failure"]
        .into_iter()
        .chain(DERIVED.split(", "))
        .chain(MORE)
        .chain(["epoch", "owner", "state"])
        .map(|column| format!("{column} = VALUES({column})"))
        .collect();
    let then = format!(
        " ON DUPLICATE KEY UPDATE \
         test = IF(state = {} AND owner = {} AND epoch = {}, test, -1), {}",
        State::Delivering as u8,
        me.worker,
        me.epoch,
        set.join(", ")
    );
    let expected = 2 * rows.len() as u64;
    match insert(writes, &into, rows, &then) {
        Ok(found) if found == expected => Ok(()),
        Ok(_) => Err(conflict(server, CHANGED)),
        Err(StoreError::Failed { reason, .. }) if reason.contains("'test'") => {
            Err(conflict(server, CHANGED))
        }
        Err(error) => Err(error),
    }
}

/// The statement that changes deliveries as a JSON array of [`Delivery::change`] says: one text
/// for whatever number of them, so that it is prepared once.
fn change(table: &str) -> String {
    let columns: Vec<_> = CHANGE
        .iter()
        .enumerate()
        .map(|(at, (name, of))| format!("`{name}` {of} PATH '$[{at}]'"))
        .collect();
    let set: Vec<_> = CHANGE[5..].iter().map(|(name, _)| format!("d.{name} = v.{name}")).collect();
    format!(
        "UPDATE JSON_TABLE(?, '$[*]' COLUMNS ({})) v STRAIGHT_JOIN {table} d FORCE INDEX (PRIMARY) \
         ON d.event = v.event AND d.number = v.number SET {}, \
         d.pending_of = IF(v.state = 0, d.webhook, NULL), \
         d.pending_due = IF(v.state = 0, v.due, NULL), \
         d.failed_status = IF(v.last_failure IS NULL, NULL, v.last_status), \
         d.failed_state = IF(v.last_failure IS NULL, NULL, v.state) \
         WHERE d.state = v.was AND d.owner = v.was_owner AND d.epoch = v.was_epoch",
        columns.join(", "),
        set.join(", ")
    )
}

fn delete(writes: &mut Writes<'_>, server: &Server, gone: &[&Delivery]) -> Result<()> {
    let table = server.table("deliveries");
    for gone in gone.chunks(MOST_ROWS) {
        let (mut values, mut places) = (Vec::new(), Vec::new());
        for delivery in gone {
            places.push("(event = ? AND number = ? AND state = ?)");
            values.extend([delivery.place.0.into(), delivery.place.1.into()]);
            values.push((delivery.state as u8).into());
        }
        let sql = format!("DELETE FROM {table} WHERE {}", places.join(" OR "));
        if writes.execute(&sql, values)? != gone.len() as u64 {
            return Err(conflict(server, CHANGED));
        }
    }
    Ok(())
}
