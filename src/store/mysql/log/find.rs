//! Which deliveries a page of the log shows.
//!
//! Every filter that can be rare has an index of the deliveries themselves, which ends with their
//! place in time. A page is first looked for among the newest deliveries, where what is frequent is
//! found at once; then in the index of the rarest filter (counted up to a limit), newest first,
//! with the others checked row by row. Which index that is, is said each time: the optimizer takes
//! others, which are slower by a hundred times.

use ::mysql::Value;

use super::filter::{About, Filter, Key, Lead, Order};
use super::reads::{Answer, Reads, marks};
use crate::State;
use crate::log::{Counts, DeliveriesQuery, StateCounts, count_each, of_all};

/// Rows up to which the rarer of two filters is looked for.
const COUNTED: u64 = 2_000;
/// Newest deliveries among which a page is looked for first.
const NEWEST: u64 = 2_000;
/// Deliveries that one slice of a whole result looks at, at most.
const WINDOW: u64 = 10_000;
/// Pairs of webhook and state that one statement looks for.
const ARMS: usize = 64;
/// Events of a term that are looked at, at first and at most.
const FIRST_EVENTS: usize = 64;
const MOST_EVENTS: usize = 4_096;

/// Keys of the deliveries that a query is for: newest first, at most one more than its limit.
pub(super) fn keys(reads: &mut Reads<'_>, query: &DeliveriesQuery) -> Answer<Vec<Key>> {
    let mut filter = Filter::new(reads, query)?;
    let limit = query.limit() + 1;
    let named = match filter.named(reads, query)? {
        Some(None) => return Ok(Vec::new()),
        Some(lead) => lead,
        None => None,
    };
    let near = filter.without_backfills();
    let lead = match &named {
        Some(lead) => lead.clone(),
        None => match alone(reads, &near, query)? {
            Some(lead) => lead,
            None => match among_newest(reads, &near, limit)? {
                Near::All(keys) if keys.len() == limit || !near.has_begin() => return Ok(keys),
                _ => rarest(reads, &near, query)?.0,
            },
        },
    };
    let keys = find(reads, &near, &lead, Order::Newest, limit)?;
    if keys.len() == limit || near.from == filter.from {
        return Ok(keys);
    }
    let lead = begin(reads, &mut filter, query, named)?;
    if filter.from >= near.from {
        return Ok(keys);
    }
    find(reads, &filter, &lead, Order::Newest, limit)
}

/// Where a search begins that is for all there are, and from which event on.
fn begin(
    reads: &mut Reads<'_>,
    filter: &mut Filter,
    query: &DeliveriesQuery,
    named: Option<Lead>,
) -> Answer<Lead> {
    if named.is_none() && filter.has_begin() {
        let (lead, rows) = rarest(reads, filter, query)?;
        if rows < COUNTED {
            // To find where they begin would take longer than to look at these few.
            return Ok(lead);
        }
    }
    filter.begin_since(reads)?;
    match named {
        Some(lead) => Ok(lead),
        None => rarest(reads, filter, query).map(|(lead, _)| lead),
    }
}

/// Up to `limit` keys of the deliveries that a query is for, oldest first, behind one delivery and
/// before an event, and the delivery after which to go on: `None` at the end. One call looks at
/// [`WINDOW`] deliveries at most, so it may find none and yet there are more.
pub(crate) fn slice(
    reads: &mut Reads<'_>,
    query: &DeliveriesQuery,
    after: Key,
    below: u64,
    limit: usize,
) -> Answer<(Vec<Key>, Option<Key>)> {
    let mut filter = Filter::new(reads, query)?;
    // Within a window the deliveries themselves are as quick a lead as any index.
    let lead = match filter.named(reads, query)? {
        Some(None) => return Ok((Vec::new(), None)),
        Some(Some(lead)) => lead,
        None => Lead::All,
    };
    filter.begin_since(reads)?;
    filter.below = filter.below.min((below, 0));
    filter.begin_behind(after);
    let sql = format!(
        "SELECT d.event, d.number FROM {{deliveries}} d FORCE INDEX (PRIMARY) WHERE {}
         ORDER BY d.event, d.number LIMIT 1 OFFSET {WINDOW}",
        filter.bounds()
    );
    let end: Option<Key> = reads.first(&sql, Vec::new())?;
    filter.below = end.unwrap_or(filter.below);
    let keys = find(reads, &filter, &lead, Order::Oldest, limit)?;
    let full = keys.last().copied().filter(|_| keys.len() == limit);
    Ok((keys, full.or(end.map(before))))
}

/// The place right before a delivery's.
fn before((event, number): Key) -> Key {
    number.checked_sub(1).map_or((event - 1, u16::MAX), |number| (event, number))
}

/// How many deliveries a query is for, counted up to `most`; `sendable`: leaving out those whose body
/// is gone.
pub(super) fn count(
    reads: &mut Reads<'_>,
    query: &DeliveriesQuery,
    sendable: bool,
    most: Option<u64>,
) -> Answer<u64> {
    let mut filter = Filter::new(reads, query)?;
    if sendable {
        filter.require(
            About::Other,
            "EXISTS (SELECT 1 FROM {bodies} b WHERE b.event = d.event)",
            Vec::new(),
        );
    }
    let named = match filter.named(reads, query)? {
        Some(None) => return Ok(0),
        Some(lead) => lead,
        None => None,
    };
    let lead = begin(reads, &mut filter, query, named)?;
    let (rows, values) = match &lead {
        Lead::Term(term) => of_events(&filter, &lead, term),
        _ => rows(&filter, &lead),
    };
    let sql = match most {
        Some(most) => {
            format!("SELECT COUNT(*) FROM (SELECT 1 FROM {rows} LIMIT {most}) counted")
        }
        None => format!("SELECT COUNT(*) FROM {rows}"),
    };
    one_number(reads, &sql, values)
}

/// See [`LogEngine::count_by_state`](crate::log::LogEngine::count_by_state). What a search or a webhook
/// leads to is looked at once, unless it is more than `most`.
pub(super) fn count_by_state(
    reads: &mut Reads<'_>,
    query: &DeliveriesQuery,
    most: u64,
) -> Answer<StateCounts> {
    let all = of_all(query);
    let mut filter = Filter::new(reads, &all)?;
    let named = match filter.named(reads, &all)? {
        Some(None) => return Ok(StateCounts::new(query, &Counts::default(), most)),
        Some(lead) => lead,
        None => None,
    };
    let is_named = named.is_some();
    let lead = begin(reads, &mut filter, &all, named)?;
    if (is_named || lead != Lead::All)
        && let Some(counts) = at_once(reads, &filter, &lead, most)?
    {
        return Ok(StateCounts::new(query, &counts, most));
    }
    count_each(query, |query| count(reads, query, false, Some(most)))
}

/// Looks at what a lead gives once; `None`: it is more than `most`.
fn at_once(
    reads: &mut Reads<'_>,
    filter: &Filter,
    lead: &Lead,
    most: u64,
) -> Answer<Option<Counts>> {
    let (rows, values) = match lead {
        Lead::Term(term) => of_events(filter, lead, term),
        _ => rows(filter, lead),
    };
    let sql = format!(
        "SELECT state, COUNT(*) FROM (SELECT d.state AS state FROM {rows} LIMIT {most}) counted
         GROUP BY state"
    );
    let found: Vec<(u8, u64)> = reads.rows(&sql, values)?;
    let mut counts = Counts::default();
    for (state, count) in found {
        if let Some(state) = State::from_number(state) {
            counts[state as usize] += count;
        }
    }
    Ok((counts.iter().sum::<u64>() < most).then_some(counts))
}

/// The rows of the events that a term leads to, as [`rows`]: two tables, of which the first leads.
fn of_events(filter: &Filter, lead: &Lead, term: &str) -> (String, Vec<Value>) {
    let (condition, mut values) = filter.all(lead);
    values.insert(0, Value::from(term.as_bytes()));
    let rows = format!(
        "{{terms}} t STRAIGHT_JOIN {{deliveries}} d FORCE INDEX (PRIMARY) ON d.event = t.event
         WHERE t.term = ? AND {condition}"
    );
    (rows, values)
}

fn one_number(reads: &mut Reads<'_>, sql: &str, values: Vec<Value>) -> Answer<u64> {
    Ok(reads.first(sql, values)?.unwrap_or(0))
}

/// The lead of a query that asks for nothing else, and whose index is in the order of time.
fn alone(reads: &mut Reads<'_>, filter: &Filter, query: &DeliveriesQuery) -> Answer<Option<Lead>> {
    let lead = match filter.conditions.as_slice() {
        [] => Lead::All,
        [(About::Webhook, ..)] => arms(reads, query)?,
        [(About::Name, ..)] => Lead::Name(query.event.clone().unwrap_or_default()),
        [(About::Site, ..)] => Lead::Site(query.site_id.unwrap_or_default()),
        [(About::Test, ..)] if query.test == Some(true) => Lead::Tests,
        _ => return Ok(None),
    };
    Ok(Some(lead))
}

/// What was found among the newest deliveries.
enum Near {
    /// All that is asked for.
    All(Vec<Key>),
    /// There may be more.
    Some,
}

/// Looks among the newest deliveries of the filter's keys.
fn among_newest(reads: &mut Reads<'_>, filter: &Filter, limit: usize) -> Answer<Near> {
    let bounds = filter.bounds();
    let begin = format!(
        "SELECT d.event FROM {{deliveries}} d FORCE INDEX (PRIMARY) WHERE {bounds}
         ORDER BY d.event DESC, d.number DESC LIMIT 1 OFFSET {NEWEST}"
    );
    let begin: Option<u64> = reads.first(&begin, Vec::new())?;
    let (condition, values) = filter.conditions_but(&[]);
    let sql = format!(
        "SELECT d.event, d.number FROM {{deliveries}} d FORCE INDEX (PRIMARY)
         WHERE {bounds} AND d.event >= {} AND {condition}
         ORDER BY d.event DESC, d.number DESC LIMIT {limit}",
        begin.unwrap_or(0)
    );
    let keys: Vec<Key> = reads.rows(&sql, values)?;
    // Where there are no more deliveries, there is nothing left to find.
    Ok(if keys.len() >= limit || begin.is_none() { Near::All(keys) } else { Near::Some })
}

/// The rarest of the filters that have an index, and how many rows it leads to within the filter's keys,
/// counted up to [`COUNTED`]; one that is alone is counted only where a search has a begin.
fn rarest(reads: &mut Reads<'_>, filter: &Filter, query: &DeliveriesQuery) -> Answer<(Lead, u64)> {
    // Of those that are frequent the first is taken: names and sites are read in the order of time.
    let mut ways = Vec::new();
    ways.extend(query.event.clone().map(Lead::Name));
    ways.extend(query.site_id.map(Lead::Site));
    ways.extend((query.test == Some(true)).then_some(Lead::Tests));
    if query.webhook_id.is_some() || !query.state.is_empty() {
        ways.push(arms(reads, query)?);
    }
    ways.extend(query.failure.clone().map(Lead::Failure));
    if ways.len() < 2 && !filter.has_begin() {
        return Ok((ways.pop().unwrap_or(Lead::All), COUNTED));
    }
    let (mut rarest, mut fewest) = (None, COUNTED);
    for lead in ways {
        // Nothing but what the lead itself is about: that is what its index has to be read for.
        let alone = filter.without_conditions();
        let (rows, values) = rows(&alone, &lead);
        let sql = format!("SELECT COUNT(*) FROM (SELECT 1 FROM {rows} LIMIT {fewest}) counted");
        let found = one_number(reads, &sql, values)?;
        if found < fewest || rarest.is_none() {
            (rarest, fewest) = (Some(lead), found);
        }
        if fewest == 0 {
            break;
        }
    }
    Ok((rarest.unwrap_or(Lead::All), fewest))
}

/// The webhooks and states that a query asks for.
fn arms(reads: &mut Reads<'_>, query: &DeliveriesQuery) -> Answer<Lead> {
    let webhooks = match &query.webhook_id {
        Some(id) => {
            reads.rows("SELECT `key` FROM {webhooks} WHERE id = ?", vec![id.as_bytes().into()])?
        }
        None => reads.rows("SELECT `key` FROM {webhooks}", Vec::new())?,
    };
    // Each once, however often it was named.
    let asked = |state: &State| query.state.is_empty() || query.state.contains(state);
    Ok(Lead::Arms(webhooks, State::ALL.into_iter().filter(asked).collect()))
}

fn find(
    reads: &mut Reads<'_>,
    filter: &Filter,
    lead: &Lead,
    order: Order,
    limit: usize,
) -> Answer<Vec<Key>> {
    match lead {
        Lead::Term(term) => of_term(reads, filter, term, order, limit),
        Lead::Arms(webhooks, states) if order == Order::Newest => {
            of_arms(reads, filter, webhooks, states, limit)
        }
        _ => {
            let (rows, values) = rows(filter, lead);
            let by = order.sql();
            let sql = format!("SELECT d.event, d.number FROM {rows} ORDER BY {by} LIMIT {limit}");
            reads.rows(&sql, values)
        }
    }
}

/// The rows that a lead leads to: SQL after FROM, and its values.
fn rows(filter: &Filter, lead: &Lead) -> (String, Vec<Value>) {
    let (index, own, mut values): (_, String, Vec<Value>) = match lead {
        Lead::All | Lead::Term(_) => ("PRIMARY", "TRUE".into(), Vec::new()),
        Lead::Tests => ("test", "d.test = 1".into(), Vec::new()),
        Lead::Name(name) => ("name", "d.name = ?".into(), vec![name.as_bytes().into()]),
        Lead::Site(site) => ("site", "d.site = ?".into(), vec![(*site).into()]),
        Lead::Failure(code) => {
            ("failing", "d.last_failure = ?".into(), vec![code.as_bytes().into()])
        }
        Lead::Arms(webhooks, states) if webhooks.is_empty() || states.is_empty() => {
            ("state", "FALSE".into(), Vec::new())
        }
        Lead::Arms(webhooks, states) => {
            // Said so that the bounds narrow what is read of each: what is settled is due at no time.
            let (waiting, settled): (Vec<State>, Vec<State>) =
                states.iter().partition(|state| is_waiting(**state));
            let mut parts = Vec::new();
            if !waiting.is_empty() {
                parts.push(format!("d.state IN ({})", numbers(&waiting)));
            }
            if !settled.is_empty() {
                parts.push(format!("(d.state IN ({}) AND d.due = 0)", numbers(&settled)));
            }
            (
                "state",
                format!("d.webhook IN ({}) AND ({})", marks(webhooks.len()), parts.join(" OR ")),
                webhooks.iter().map(|key| Value::from(*key)).collect(),
            )
        }
    };
    let (condition, more) = filter.all(lead);
    values.extend(more);
    (format!("{{deliveries}} d FORCE INDEX ({index}) WHERE {own} AND {condition}"), values)
}

/// Whether deliveries in a state are due at a time: all others have a due time of 0.
const fn is_waiting(state: State) -> bool {
    matches!(state, State::Pending | State::Delivering)
}

/// States as SQL lists them.
pub(super) fn numbers(states: &[State]) -> String {
    let numbers: Vec<_> = states.iter().map(|state| (*state as u8).to_string()).collect();
    numbers.join(",")
}

/// The newest deliveries of webhooks in states. Within one of each they are in the order of time, as
/// what is settled is due at no time; so each is read until it has given a page.
fn of_arms(
    reads: &mut Reads<'_>,
    filter: &Filter,
    webhooks: &[u64],
    states: &[State],
    limit: usize,
) -> Answer<Vec<Key>> {
    let arms: Vec<_> = webhooks
        .iter()
        .flat_map(|webhook| states.iter().map(move |state| (*webhook, *state)))
        .collect();
    if arms.len() > ARMS {
        // Few of many: all of them are sorted at once.
        let lead = Lead::Arms(webhooks.to_vec(), states.to_vec());
        let (rows, values) = rows(filter, &lead);
        let counted =
            format!("SELECT COUNT(*) FROM (SELECT 1 FROM {rows} LIMIT {COUNTED}) counted");
        if one_number(reads, &counted, values.clone())? < COUNTED {
            let by = Order::Newest.sql();
            let sql = format!("SELECT d.event, d.number FROM {rows} ORDER BY {by} LIMIT {limit}");
            return reads.rows(&sql, values);
        }
    }
    let (condition, values) = filter.all(&Lead::Arms(Vec::new(), Vec::new()));
    let by = Order::Newest.sql();
    let mut keys: Vec<Key> = Vec::new();
    for arms in arms.chunks(ARMS) {
        let (mut parts, mut all) = (Vec::new(), Vec::new());
        for (webhook, state) in arms {
            let due = if is_waiting(*state) { "" } else { " AND d.due = 0" };
            parts.push(format!(
                "(SELECT d.event, d.number FROM {{deliveries}} d FORCE INDEX (state)
                 WHERE d.webhook = {webhook} AND d.state = {}{due} AND {condition}
                 ORDER BY {by} LIMIT {limit})",
                *state as u8
            ));
            all.extend(values.iter().cloned());
        }
        keys.extend(reads.rows::<Key>(&parts.join(" UNION ALL "), all)?);
        keys.sort_unstable_by(|a, b| b.cmp(a));
        keys.truncate(limit);
    }
    Ok(keys)
}

/// Deliveries of events that a term leads to; the events are taken in their order, a few at first.
fn of_term(
    reads: &mut Reads<'_>,
    filter: &Filter,
    term: &str,
    order: Order,
    limit: usize,
) -> Answer<Vec<Key>> {
    let (condition, values) = filter.all(&Lead::Term(String::new()));
    let direction = if order == Order::Newest { "DESC" } else { "ASC" };
    let (mut from, mut to) = (filter.from, filter.below.0);
    let (mut keys, mut number) = (Vec::new(), FIRST_EVENTS);
    loop {
        let sql = format!(
            "SELECT event FROM {{terms}} FORCE INDEX (PRIMARY)
             WHERE term = ? AND event >= {from} AND event <= {to}
             ORDER BY event {direction} LIMIT {number}"
        );
        let events: Vec<u64> = reads.rows(&sql, vec![term.as_bytes().into()])?;
        let Some(last) = events.last().copied() else { return Ok(keys) };
        let (low, high) = (last.min(events[0]), last.max(events[0]));
        let sql = format!(
            "SELECT d.event, d.number FROM {{deliveries}} d FORCE INDEX (PRIMARY)
             WHERE d.event IN ({}) AND d.event >= {low} AND d.event <= {high} AND {condition}
             ORDER BY {} LIMIT {}",
            events.iter().map(u64::to_string).collect::<Vec<_>>().join(","),
            order.sql(),
            limit - keys.len()
        );
        keys.extend(reads.rows::<Key>(&sql, values.clone())?);
        if keys.len() >= limit || events.len() < number {
            return Ok(keys);
        }
        match order {
            Order::Newest if last > from => to = last - 1,
            Order::Oldest => from = last + 1,
            Order::Newest => return Ok(keys),
        }
        number = (number * 2).min(MOST_EVENTS);
    }
}
