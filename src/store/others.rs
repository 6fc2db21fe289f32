//! What other writers of a store did meanwhile.

use crate::{Claim, WebhookKey, WebhookState};

/// What other writers did since the last look; see [`Store::look_at_others`](crate::Store::look_at_others).
#[derive(Debug, Default)]
pub struct News {
    /// How many writers live that send what comes in, this one among them.
    pub servers: u32,
    /// Webhooks whose health somebody else wrote, or that somebody else numbered.
    pub webhooks: Vec<WebhookState>,
    /// Webhooks for which there may be something else due first by now, with when.
    pub due: Vec<(WebhookKey, Option<i64>)>,
    /// Whether there may be suspects that were not known of.
    pub suspects: bool,
    /// As [`Loaded::deadly`](crate::Loaded::deadly), of a worker whose lease was over.
    pub deadly: Vec<Claim>,
    /// Whether there may be changes, backfills or wishes under way that others noted.
    pub wishes: bool,
}

/// How a writer leaves a store that others go on with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Leaving {
    /// It was ended, or says nothing of it: its journal may have something still.
    #[default]
    Ended,
    /// It had nothing to do, and its journal was read to the end; it is back when something happens.
    Asleep,
    /// For good: all that it had, also what was in its journal, is the others'.
    Drained,
}
