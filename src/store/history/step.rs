//! What happens in a history.

use proptest::prelude::*;

use super::query::{Asked, asked};
use crate::bulk::Action;
use crate::conformance::{DAY, HOUR};
use crate::{Next, State};

/// One step; each but a restart is a transaction.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Add(Add),
    Claim {
        webhook: usize,
        limit: usize,
        ordered: bool,
    },
    Try {
        webhook: usize,
        ordered: bool,
    },
    Finish {
        which: prop::sample::Index,
        next: Next,
        ms: u64,
    },
    Release {
        which: prop::sample::Index,
        delay: i64,
    },
    Change {
        webhook: Option<usize>,
        from: Vec<State>,
        to: State,
        since: Option<i64>,
    },
    ChangeOne {
        which: prop::sample::Index,
        to: State,
    },
    Bulk {
        asked: Asked,
        action: Action,
    },
    Backfill(Backfill),
    /// The user with this id asks to be forgotten.
    Forget {
        user: u64,
    },
    /// There is no room left.
    GiveUp,
    /// The worker ends of its own accord.
    Leave,
    Shift {
        by: i64,
    },
    Prune {
        bodies: i64,
        rows: i64,
    },
    /// A worker dies, and the next one comes.
    Restart,
}

/// An event comes in.
#[derive(Debug, Clone)]
pub(crate) struct Add {
    /// To whom, and in which state each of these deliveries begins.
    pub(super) webhooks: Vec<usize>,
    pub(super) state: State,
    pub(super) test: bool,
    pub(super) name: usize,
    /// Also the user whom its data names, and what it is found by.
    pub(super) site: u64,
    /// Its idempotency key: one that was there before is added no more.
    pub(super) key: Option<u8>,
    /// How long after now its deliveries are due, in milliseconds.
    pub(super) delay: i64,
}

/// A webhook is sent what it has not had.
#[derive(Debug, Clone)]
pub(crate) struct Backfill {
    /// One that nobody knows yet is among them.
    pub(super) webhook: usize,
    pub(super) name: Option<usize>,
    /// How long ago, in milliseconds.
    pub(super) since: Option<i64>,
    pub(super) until: Option<i64>,
    pub(super) per_minute: Option<u32>,
    /// Events that are looked at in one go.
    pub(super) limit: usize,
}

pub(super) fn state() -> impl Strategy<Value = State> {
    prop::sample::select(&State::ALL[..])
}

fn step() -> impl Strategy<Value = Step> {
    let some = prop::collection::vec(0..3usize, 0..3);
    let first = prop::sample::select(vec![
        State::Pending,
        State::Pending,
        State::Pending,
        State::Held,
        State::Skipped,
        State::Failed,
    ]);
    let next = prop_oneof![
        3 => Just(Next::Delivered),
        2 => (0..2 * HOUR).prop_map(Next::Retry),
        1 => Just(Next::Failed),
        1 => Just(Next::Held),
        1 => Just(Next::Cancelled),
    ];
    let ago = 0..3 * DAY;
    let index = any::<prop::sample::Index>;
    prop_oneof![
        6 => (
            some,
            first,
            prop::bool::weighted(0.2),
            (0..3usize, 0..4u64),
            prop::option::weighted(0.2, 0..3u8),
            0..HOUR,
        ).prop_map(|(webhooks, state, test, (name, site), key, delay)| {
            Step::Add(Add { webhooks, state, test, name, site, key, delay })
        }),
        6 => (0..3usize, 1..4usize, prop::bool::weighted(0.3))
            .prop_map(|(webhook, limit, ordered)| Step::Claim { webhook, limit, ordered }),
        3 => (0..3usize, prop::bool::weighted(0.3))
            .prop_map(|(webhook, ordered)| Step::Try { webhook, ordered }),
        6 => (index(), next, 1..9000u64)
            .prop_map(|(which, next, ms)| Step::Finish { which, next, ms }),
        2 => (index(), 0..HOUR).prop_map(|(which, delay)| Step::Release { which, delay }),
        2 => (
            prop::option::of(0..3usize),
            prop::collection::vec(state(), 0..3),
            state(),
            prop::option::of(ago.clone()),
        ).prop_map(|(webhook, from, to, since)| Step::Change { webhook, from, to, since }),
        2 => (index(), state()).prop_map(|(which, to)| Step::ChangeOne { which, to }),
        2 => (asked(), prop::sample::select(vec![Action::Resend, Action::Cancel]))
            .prop_map(|(asked, action)| Step::Bulk { asked, action }),
        2 => (
            0..4usize,
            prop::option::of(0..3usize),
            (prop::option::of(ago.clone()), prop::option::of(ago.clone())),
            prop::option::weighted(0.3, 1..100u32),
            1..5usize,
        ).prop_map(|(webhook, name, (since, until), per_minute, limit)| {
            Step::Backfill(Backfill { webhook, name, since, until, per_minute, limit })
        }),
        1 => (0..4u64).prop_map(|user| Step::Forget { user }),
        1 => Just(Step::GiveUp),
        1 => Just(Step::Leave),
        1 => (-HOUR..HOUR).prop_map(|by| Step::Shift { by }),
        1 => (ago.clone(), ago).prop_map(|(bodies, rows)| Step::Prune { bodies, rows }),
        1 => Just(Step::Restart),
    ]
}

/// A history of steps: how much time passes before each, and whether it fails at its end.
pub(crate) fn history() -> impl Strategy<Value = Vec<(Step, i64, bool)>> {
    let time = prop_oneof![3 => Just(0), 3 => 1..HOUR, 1 => HOUR..DAY];
    prop::collection::vec((step(), time, prop::bool::weighted(0.15)), 1..60)
}
