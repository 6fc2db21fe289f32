//! A step, on whichever engine.

use super::step::{Add, Backfill};
use super::{Known, NAMES, Step, WEBHOOKS};
use crate::backfill::{Backfill as Wish, BackfillQuery};
use crate::bulk::Bulk;
use crate::conformance::{attempt, claim, complete, event, ingest};
use crate::memory::{Delivery, Tables};
use crate::{
    Attempt, Claim, ClockReading, Forgetting, GivenUp, Keep, NewDelivery, Next, Person, Result,
    Selection, State, Transaction, Wanted, term,
};
use domain::event::{Event, Flags};
use domain::id::{DeliveryId, EventId};
use journal::Boot;

/// What an engine says to a step; webhooks by their place among [`WEBHOOKS`].
#[derive(Debug, PartialEq)]
pub(super) enum Answer {
    Nothing,
    Added(bool),
    Claimed(Vec<Shown>),
    Changed(u64),
    Bulk(Vec<usize>),
    Backfill { found: Vec<EventId>, made: u64 },
    Forgotten(u64),
}

/// A claim, as far as it is the same in every store.
#[derive(Debug, PartialEq)]
pub(super) struct Shown {
    pub(super) id: DeliveryId,
    webhook: usize,
    event: Event,
    attempts: u32,
    due: i64,
    request_body: Option<Vec<u8>>,
}

impl Answer {
    /// Notes what is under way now.
    pub(super) fn claimed(knows: &mut Known, claims: Vec<Claim>) -> Self {
        let shown = claims.iter().map(|claim| Shown {
            id: claim.id,
            webhook: knows.keys.iter().position(|key| *key == claim.webhook).expect("it is known"),
            event: (*claim.event).clone(),
            attempts: claim.attempts,
            due: claim.due,
            request_body: claim.request_body.as_ref().map(|body| body.to_vec()),
        });
        let shown = shown.collect();
        knows.claims.extend(claims.into_iter().map(|claim| (claim.id, claim)));
        Self::Claimed(shown)
    }
}

/// Ids that rise: those that one step gives.
struct Ids {
    now: i64,
    last: u64,
}

impl Ids {
    fn new(now: i64, steps: u32) -> Self {
        Self { now, last: u64::from(steps) << 16 }
    }

    fn next(&mut self) -> [u8; 16] {
        self.last += 1;
        let bits = u128::from(self.now.cast_unsigned()) << 80 | u128::from(self.last);
        bits.to_be_bytes()
    }
}

/// Runs a step: `ids` are those of all deliveries, and `steps` tells it from all others.
pub(super) fn live(
    t: &mut dyn Transaction,
    step: &Step,
    knows: &mut Known,
    ids: &[DeliveryId],
    steps: u32,
    now: i64,
) -> Result<Answer> {
    let mut new_ids = Ids::new(now, steps);
    let keys = knows.keys;
    let under_way: Vec<_> = knows.claims.keys().copied().collect();
    Ok(match step {
        Step::Add(add) => Answer::Added(take_in(t, add, knows, &mut new_ids, now)?),
        Step::Claim { webhook, limit, ordered } => {
            // Turns of one and of several.
            let burst = 1 + *limit % 3;
            let wanted =
                Wanted { webhook: keys[*webhook], limit: *limit, burst, ordered: *ordered };
            let claims = claim(t, wanted, now)?;
            Answer::claimed(knows, claims)
        }
        Step::Try { webhook, ordered } => {
            let claim = t.claim_suspect(keys[*webhook], now, *ordered)?;
            Answer::claimed(knows, claim.into_iter().collect())
        }
        Step::Finish { which, next, ms } if !under_way.is_empty() => {
            let claim = knows.claims.remove(which.get(&under_way)).expect("it is under way");
            let next = match next {
                Next::Retry(after) => Next::Retry(now + after),
                next => *next,
            };
            let attempt = Attempt { duration_us: ms * 1000, ..attempt(now, next) };
            complete(t, &claim, &attempt, None)?;
            Answer::Nothing
        }
        Step::Release { which, delay } if !under_way.is_empty() => {
            let id = *which.get(&under_way);
            knows.claims.remove(&id);
            t.release(id, now + delay)?;
            Answer::Nothing
        }
        Step::Leave => {
            knows.claims.clear();
            Answer::Changed(t.release_all()?)
        }
        Step::Change { webhook, from, to, since } => {
            let which = Selection {
                webhook: webhook.map(|at| WEBHOOKS[at].to_owned()),
                states: from.clone(),
                since: since.map(|ago| now - ago),
                ..Selection::default()
            };
            Answer::Changed(t.change(&which, *to, now, None)?)
        }
        Step::ChangeOne { which, to } if !ids.is_empty() => {
            let which = Selection { ids: vec![*which.get(ids)], ..Selection::default() };
            Answer::Changed(t.change(&which, *to, now, None)?)
        }
        Step::Bulk { asked, action } => {
            let bulk = Bulk {
                token: format!("bulk{steps}"),
                action: *action,
                query: asked.query(),
                matched: 7,
            };
            t.begin_bulk(&bulk, now)?;
            t.begin_bulk(&bulk, now)?;
            let mut touched = Vec::new();
            loop {
                let step = t.step_bulk(now, asked.limit)?;
                touched.extend(step.webhooks.iter().map(|webhook| {
                    keys.iter().position(|key| key == webhook).expect("it is known")
                }));
                if !step.more {
                    break;
                }
            }
            touched.sort_unstable();
            touched.dedup();
            Answer::Bulk(touched)
        }
        Step::Backfill(backfill) => look_back(t, backfill, knows, &mut new_ids, steps, now)?,
        Step::Forget { user } => {
            let person = Person { email: None, user_id: Some(*user) };
            t.begin_forgetting(&format!("wish{steps}"), &person)?;
            loop {
                match t.forget(3)? {
                    Forgetting::UnderWay => {}
                    Forgetting::Done { events, .. } => break Answer::Forgotten(events),
                    Forgetting::Nothing => panic!("it was asked for"),
                }
            }
        }
        Step::GiveUp => {
            let mut events = 0;
            loop {
                let GivenUp { events: more, more: goes_on } = t.give_up(Keep::Least, 2)?;
                events += more;
                if !goes_on {
                    break Answer::Forgotten(events);
                }
            }
        }
        Step::Shift { by } => {
            t.shift_due(*by, ClockReading { boot: Boot::default(), offset: 0 })?;
            Answer::Nothing
        }
        Step::Prune { bodies, rows } => {
            while t.prune(now - bodies, now - rows, 1000)? {}
            Answer::Nothing
        }
        Step::Finish { .. } | Step::Release { .. } | Step::ChangeOne { .. } | Step::Restart => {
            Answer::Nothing
        }
    })
}

/// An event with its deliveries; whether it was new.
fn take_in(
    t: &mut dyn Transaction,
    add: &Add,
    knows: &Known,
    ids: &mut Ids,
    now: i64,
) -> Result<bool> {
    let (name, site) = (NAMES[add.name], add.site);
    let id = match add.key {
        Some(key) => EventId::from_key(name, site, &key.to_string()),
        None => EventId::from_bytes(ids.next()),
    };
    let flags = if add.test { Flags::TEST } else { Flags::default() };
    let body = format!(r#"{{"data":{{"user_id":{site}}}}}"#).into_bytes();
    let data = 8..body.len() as u32 - 1;
    let event = Event { id, name: name.into(), site, flags, data, body: body.into(), ..event(now) };
    let mut deliveries = Vec::new();
    for webhook in &add.webhooks {
        deliveries.push(NewDelivery {
            id: DeliveryId::from_bytes(ids.next()),
            webhook: knows.keys[*webhook],
            state: add.state,
            due: now + add.delay,
            reason: None,
            failure: None,
        });
    }
    ingest(t, &event, now, &[term(&format!(" ORDER-{site} "))], &deliveries)
}

/// A backfill from its beginning to its end.
fn look_back(
    t: &mut dyn Transaction,
    backfill: &Backfill,
    knows: &Known,
    ids: &mut Ids,
    steps: u32,
    now: i64,
) -> Result<Answer> {
    let known = WEBHOOKS.get(backfill.webhook);
    let query = BackfillQuery {
        webhook_id: known.copied().unwrap_or("nobody").to_owned(),
        since: backfill.since.map(|ago| now - ago),
        until: backfill.until.map(|ago| now - ago),
        per_minute: backfill.per_minute,
        ..BackfillQuery::default()
    };
    let wish = Wish { token: format!("backfill{steps}"), query, matched: 7 };
    t.begin_backfill(&wish, now)?;
    t.begin_backfill(&wish, now)?;
    let wants = |_: &BackfillQuery, event: &Event| {
        assert!(event.body.is_empty());
        backfill.name.is_none_or(|name| event.name == NAMES[name])
    };
    let (mut found, mut all) = (Vec::new(), 0);
    while let Some(stretch) = t.look_back(backfill.limit, &wants)? {
        assert_eq!((&stretch.token, &stretch.query), (&wish.token, &wish.query));
        assert_eq!((stretch.made, stretch.asked), (all, now));
        let mut made = 0;
        for missed in &stretch.missed {
            found.push(missed.event.id);
            assert!(!missed.event.body.is_empty());
            let due = stretch.due(stretch.made + made, now);
            let Some(key) = knows.keys.get(backfill.webhook) else { continue };
            if let Some(skipped) = missed.skipped {
                let which = Selection { ids: vec![skipped], ..Selection::default() };
                made += t.change(&which, State::Pending, due, None)?;
                continue;
            }
            let id = DeliveryId::from_bytes(ids.next());
            let (webhook, state) = (*key, State::Pending);
            let new = NewDelivery { id, webhook, state, due, reason: None, failure: None };
            t.add_deliveries(&[(missed.event.id, new)])?;
            made += 1;
        }
        all += made;
        t.note_backfill(&stretch.token, made, stretch.next, now)?;
    }
    Ok(Answer::Backfill { found, made: all })
}

/// What was claimed is what may be: as much as is due, of each site what is due first. Which sites
/// have their turn is the engine's choice, so the model claims the same.
pub(super) fn check_claimed(
    model: &Tables,
    step: &Step,
    knows: &Known,
    answer: &Answer,
    now: i64,
) -> Option<Vec<DeliveryId>> {
    let (Step::Claim { webhook, limit, ordered }, Answer::Claimed(claims)) = (step, answer) else {
        return None;
    };
    let waiting = model.waiting(knows.keys[*webhook], *ordered, false);
    let due: Vec<&Delivery> = waiting.into_iter().take_while(|it| it.due <= now).collect();
    assert_eq!(due.len().min(*limit), claims.len());
    let at = |claim: &Shown| due.iter().position(|it| it.id == claim.id);
    let places: Vec<_> = claims.iter().map(|claim| at(claim).expect("due")).collect();
    if *ordered {
        assert_eq!(places, (0..claims.len()).collect::<Vec<_>>());
    }
    for place in &places {
        let site = due[*place].site;
        let earlier = (0..*place).filter(|before| due[*before].site == site);
        let is_earlier = |before: &usize| due[*before].due < due[*place].due;
        assert!(earlier.filter(is_earlier).all(|before| places.contains(&before)));
    }
    Some(claims.iter().map(|claim| claim.id).collect())
}
