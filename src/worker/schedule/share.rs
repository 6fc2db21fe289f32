//! How many of the places are free for whom: of this machine, of an origin, of a webhook.

use std::collections::BTreeSet;

use url::Url;

use super::Schedule;
use super::lane::Row;
use store::WebhookKey;

/// What webhooks of one scheme, host and port share.
#[derive(Debug, Default)]
pub(super) struct Origin {
    pub(super) in_flight: u32,
    pub(super) suspects: u32,
    /// Lanes that stand apart until there is a place, by [`Row::number`].
    pub(super) crowded: [BTreeSet<(u64, WebhookKey)>; 4],
}

/// How many of `most` places are free for those in a row, where `all` are taken, and of these
/// `suspects` by suspects.
fn share(most: u32, all: u32, suspects: u32, row: Row) -> u32 {
    let reserve = most / 8;
    let kept = match (row.suspect, row.more) {
        (_, true) => reserve,
        (true, false) => reserve / 2,
        (false, false) => 0,
    };
    let room = (most - kept).saturating_sub(all);
    if !row.suspect {
        return room;
    }
    let most = (most / 2).max(1) - if row.more { reserve / 2 } else { 0 };
    room.min(most.saturating_sub(suspects))
}

impl Schedule {
    /// The number of a URL's origin.
    pub(super) fn origin(&mut self, url: &str) -> usize {
        let parsed = Url::parse(url).ok();
        let origin = parsed.map(|url| url.origin().ascii_serialization()).unwrap_or_default();
        let next = self.origins.len();
        let number = *self.origin_numbers.entry(origin).or_insert(next);
        if number == next {
            self.origins.push(Origin::default());
        }
        number
    }

    /// How many requests more may be under way of those in a row.
    pub(super) fn room(&self, row: Row) -> u32 {
        share(self.limits.requests, self.under_way.len() as u32 + self.held, self.suspects, row)
    }

    /// The number of a webhook's origin.
    pub(crate) fn origin_of(&self, key: WebhookKey) -> usize {
        self.lanes.get(&key).map_or(0, |lane| lane.origin)
    }

    /// How many bursts more may be under way to an origin, of webhooks that are well and have some.
    pub(crate) fn room_at(&self, origin: usize) -> u32 {
        self.room_to(origin, Row { suspect: false, more: true })
    }

    /// The same as [`room`](Self::room), of those to one lane's origin.
    pub(super) fn room_at_origin(&self, key: WebhookKey, row: Row) -> u32 {
        self.room_to(self.origin_of(key), row)
    }

    pub(super) fn room_to(&self, origin: usize, row: Row) -> u32 {
        let origin = &self.origins[origin];
        share(self.limits.requests_to_origin(), origin.in_flight, origin.suspects, row)
    }

    /// How many bursts may begin with deliveries that have just come in, of all webhooks; none
    /// where a healthy lane waits for a place already.
    pub(crate) fn open_places(&self) -> Option<u32> {
        let waits = |more| !self.ready[Row { suspect: false, more }.number()].is_empty();
        let is_heavy = self.bytes >= self.limits.bytes;
        let nobody_waits = !waits(false) && !waits(true) && !is_heavy;
        nobody_waits.then(|| self.room(Row { suspect: false, more: true }))
    }

    /// Whether most of the bursts that a webhook may have are under way, of which `ended` are over, and
    /// nothing but that keeps it from sending more. Of one whose endpoint is quick: what comes in for
    /// others is not to wait for a slow one.
    pub(crate) fn is_crowded(&self, key: WebhookKey, ended: u32) -> bool {
        self.lanes.get(&key).is_some_and(|lane| {
            let free = lane.room_beside(lane.in_flight.saturating_sub(ended));
            lane.is_free() && lane.long_burst() > 1 && 2 * free < lane.room_beside(0)
        })
    }

    /// As [`open_places`](Self::open_places) of one webhook, the length of its bursts, and what that may be where there is no room for
    /// another one; `ended` of those under way are over.
    pub(crate) fn room_at_once(&self, key: WebhookKey, ended: u32, now: i64) -> (u32, u32, u32) {
        let lane = self
            .lanes
            .get(&key)
            .filter(|lane| lane.is_free() && lane.next_due.is_none_or(|due| due > now));
        lane.map_or((0, 0, 0), |lane| {
            let long = if self.has_long_bursts { lane.long_burst() } else { lane.burst() };
            (lane.room_beside(lane.in_flight.saturating_sub(ended)), lane.burst(), long)
        })
    }
}
