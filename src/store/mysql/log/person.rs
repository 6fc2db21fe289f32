//! Deliveries in whose event a person occurs: the same search as that of `webhooks_forget()`, so that an
//! export has what an erasure erases.

use ::mysql::Value;

use super::filter::{Key, place};
use super::reads::{Answer, Reads, column};
use crate::Person;
use crate::log::DeliveriesQuery;
use crate::mysql::forget::is_about;

/// Most events that one page looks at, and most of their bytes, about: a read has two seconds.
const LOOKED_AT: usize = 10_000;
const BYTES: usize = 32 << 20;
/// Events that one statement reads.
const AT_ONCE: usize = 100;

/// Keys of the deliveries of a page, newest first, and where the next page begins (the last event that
/// was looked at); `None` at the end. All deliveries of an event are on one page, and a page may have
/// none though there are more pages.
pub(super) fn keys(
    reads: &mut Reads<'_>,
    query: &DeliveriesQuery,
    person: &Person,
) -> Answer<(Vec<Key>, Option<Key>)> {
    let mut below = query.cursor.map_or(i64::MAX.cast_unsigned(), |cursor| place(cursor).0);
    let (mut keys, mut events, mut bytes): (Vec<Key>, _, _) = (Vec::new(), 0, 0);
    loop {
        let (mut found, mut in_found, mut read, mut last) = (Vec::new(), 0, 0, None);
        reads.each(
            &format!(
                "SELECT e.`key`, b.body, e.terms,
                     (SELECT COUNT(*) FROM {{deliveries}} d WHERE d.event = e.`key`)
                 FROM {{events}} e LEFT JOIN {{bodies}} b ON b.event = e.`key`
                 WHERE e.`key` < ? ORDER BY e.`key` DESC LIMIT {AT_ONCE}"
            ),
            vec![Value::from(below)],
            |mut row| {
                let event: u64 = column(&mut row, 0)?;
                let body: Option<Vec<u8>> = column(&mut row, 1)?;
                let terms: Option<String> = column(&mut row, 2)?;
                read += 1;
                bytes += body.as_ref().map_or(0, Vec::len);
                last = Some(event);
                if is_about(person, body.as_deref(), terms.as_deref()) {
                    found.push(event);
                    in_found += column::<usize>(&mut row, 3)?;
                }
                Ok(keys.len() + in_found < query.limit() && bytes < BYTES)
            },
        )?;
        let Some(last) = last else { return Ok((keys, None)) };
        events += read;
        below = last;
        for event in found {
            keys.extend(reads.rows::<Key>(
                "SELECT event, number FROM {deliveries} WHERE event = ? ORDER BY number DESC",
                vec![event.into()],
            )?);
        }
        if keys.len() >= query.limit() || events >= LOOKED_AT || bytes >= BYTES {
            return Ok((keys, Some((last, 0))));
        }
    }
}
