//! How many deliveries each state has, found in one go where that is possible.

use rusqlite::{Connection, params_from_iter};

use super::find::Filter;
use super::lead::Lead;
use crate::State;
use crate::log::{Counts, DeliveriesQuery, StateCounts, count_each, of_all};

/// See [`LogEngine::count_by_state`](crate::log::LogEngine::count_by_state).
pub(super) fn count(
    connection: &Connection,
    query: &DeliveriesQuery,
    most: u64,
) -> rusqlite::Result<StateCounts> {
    let all = of_all(query);
    let mut filter = Filter::new(connection, &all)?;
    let leads = filter.starts(connection, &all)?;
    filter.is_wide = leads == [Lead::All] && filter.nearest(connection)?.is_some();
    if !filter.is_wide
        && let Some(counts) = at_once(connection, &filter, &leads, most)?
    {
        return Ok(StateCounts::new(query, &counts, most));
    }
    count_each(query, |query| {
        let mut of_one = Filter::new(connection, query)?;
        of_one.is_wide = filter.is_wide;
        let leads = of_one.starts(connection, query)?;
        of_one.count_up_to(connection, &leads, most)
    })
}

/// Looks at what the leads give once; `None`: it is more than `most`.
fn at_once(
    connection: &Connection,
    filter: &Filter,
    leads: &[Lead],
    most: u64,
) -> rusqlite::Result<Option<Counts>> {
    let mut counts = Counts::default();
    for lead in leads {
        if let Lead::Arm(_, state) = lead {
            let count = &mut counts[*state as usize];
            *count += filter.count_up_to(connection, std::slice::from_ref(lead), most - *count)?;
            continue;
        }
        let (rows, _, values) = filter.rows(lead);
        let sql = format!(
            "SELECT state, count(*) FROM (SELECT d.state AS state FROM {rows} LIMIT {most})
             GROUP BY state"
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(values))?;
        let mut seen = 0;
        while let Some(row) = rows.next()? {
            let count = row.get::<_, i64>(1)?.cast_unsigned();
            seen += count;
            if let Some(state) = State::from_number(row.get(0)?) {
                counts[state as usize] += count;
            }
        }
        if seen >= most {
            return Ok(None);
        }
    }
    Ok(Some(counts))
}
