//! Deliveries in whose event a person occurs: the same search as that of `webhooks_forget()`, so that an
//! export has what an erasure erases.

use rusqlite::{Connection, params};

use crate::Person;
use crate::log::DeliveriesQuery;
use crate::sqlite::forget::is_about;
use crate::sqlite::schema::EVENT;

/// Most events that one page looks at, and most of their bytes, about: a read has two seconds.
const LOOKED_AT: usize = 10_000;
const BYTES: usize = 32 << 20;

/// Keys of the deliveries of a page, newest first, and where the next page begins (the key of the last
/// event that was looked at); `None` at the end. All deliveries of an event are on one page, and a page
/// may have none though there are more pages.
pub(super) fn keys(
    connection: &Connection,
    query: &DeliveriesQuery,
    person: &Person,
) -> rusqlite::Result<(Vec<i64>, Option<i64>)> {
    let mut found = connection.prepare_cached(
        "SELECT key, body, terms FROM events LEFT JOIN bodies ON event = key
         WHERE key < ?1 ORDER BY key DESC",
    )?;
    let mut deliveries = connection.prepare_cached(
        "SELECT key FROM deliveries WHERE key >= ?1 AND key < ?1 + ?2 ORDER BY key DESC",
    )?;
    let mut rows = found.query([query.cursor.unwrap_or(i64::MAX)])?;
    let (mut keys, mut events, mut bytes) = (Vec::new(), 0, 0);
    while let Some(row) = rows.next()? {
        let (event, body) = (row.get(0)?, row.get_ref(1)?.as_bytes_or_null()?);
        let terms = row.get_ref(2)?.as_str_or_null()?;
        events += 1;
        bytes += body.map_or(0, <[u8]>::len);
        if is_about(person, body, terms) {
            for key in deliveries.query_map(params![event, EVENT], |row| row.get::<_, i64>(0))? {
                keys.push(key?);
            }
        }
        if keys.len() >= query.limit() || events == LOOKED_AT || bytes >= BYTES {
            return Ok((keys, Some(event)));
        }
    }
    Ok((keys, None))
}
