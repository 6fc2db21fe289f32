//! The writes of one transaction.

use crate::backfill::Backfills;
use crate::bulk::{Bulk, BulkStep};
use crate::{
    Claim, Claimed, ClockReading, Health, NewAttempt, NewDelivery, NewEvent, Person, Result, State,
    Wanted, WebhookKey, Written,
};
use domain::id::{DeliveryId, EventId};
use journal::SegmentId;

/// Suspects of a webhook: deliveries that were under way when a worker died, and have not been
/// tried since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suspects {
    /// The webhook.
    pub webhook: WebhookKey,
    /// When the one to be tried first is due, in Unix milliseconds.
    pub due: i64,
    /// At how many deaths that one was under way.
    pub deaths: u32,
}

/// What a store may take of the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Half of the file system that it lies on; an engine that lies on none of ours keeps all.
    Half,
    /// So many bytes.
    Bytes(u64),
    /// As little as can be: there is no room left.
    Least,
}

/// What was given up to make room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GivenUp {
    /// Events of which the bodies are gone.
    pub events: u64,
    /// Whether the store still takes more than it may, and there may be more to give up.
    pub more: bool,
}

/// How far the wishes to be forgotten have come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Forgetting {
    /// There is none.
    Nothing,
    /// There is more to look at.
    UnderWay,
    /// One has been fulfilled in the store.
    Done {
        /// What it was asked under.
        token: String,
        /// Who asked.
        person: Person,
        /// How many events' payloads were erased.
        events: u64,
        /// Servers whose journals were not searched yet: that is done once their workers run.
        missing: Vec<String>,
    },
}

/// News for people, numbered; WordPress collects them.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Announcement {
    /// A code: `webhook_disabled`, `webhook_enabled`, `delivery_failed`, `corrupt_records`, ….
    pub code: String,
    /// Unix milliseconds.
    pub at: i64,
    /// Parameters for the sentence; never a secret or a payload.
    pub params: serde_json::Map<String, serde_json::Value>,
}

/// Which deliveries a change is for.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Selection {
    /// These deliveries (empty: not narrowed).
    pub ids: Vec<DeliveryId>,
    /// Of this webhook.
    pub webhook: Option<String>,
    /// In one of these states (empty: any).
    pub states: Vec<State>,
    /// Created at or after, in Unix milliseconds.
    pub since: Option<i64>,
    /// With this reason.
    pub reason: Option<String>,
    /// With none of these reasons.
    pub except: Vec<String>,
}

/// The writes of one transaction.
pub trait Transaction: Backfills {
    /// The key of the webhook with this id, made at the first call.
    ///
    /// # Errors
    /// As for all methods of this trait: where the engine refused; the transaction is undone.
    fn webhook(&mut self, id: &str) -> Result<WebhookKey>;

    /// Notes that the caller goes by a config of this revision from now on; whether no other writer has
    /// ever gone by a newer one. Where one has, what this config does not name may be new, and what it
    /// says of the others be over: nothing that waits is to be changed by it.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn note_config(&mut self, revision: u64) -> Result<bool> {
        let _ = revision;
        Ok(true)
    }

    /// How many events [`ingest`](Self::ingest) is best given at once, where there are more. An
    /// engine on the network wants many; one in the process none to wait for, since what was made
    /// for an event is still in the caches, and its memory is used again for the next.
    fn best_batch(&self) -> usize {
        usize::MAX
    }

    /// Adds events in this order, each with its deliveries, and says of each whether it was added.
    /// Not so (and nothing of it is written) where one with this id is there already, or, where the
    /// id is of an idempotency key, was in the last three years.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn ingest(&mut self, events: &[NewEvent<'_>], now: i64) -> Result<Vec<bool>>;

    /// Adds deliveries of events that are in the store, in this order.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook); [`StoreError::Failed`] where there is no such event.
    fn add_deliveries(&mut self, deliveries: &[(EventId, NewDelivery)]) -> Result<()>;

    /// Moves a segment's position.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn set_position(&mut self, segment: SegmentId, offset: u64) -> Result<()>;

    /// Forgets the position of a segment that was deleted.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn forget_position(&mut self, segment: SegmentId) -> Result<()>;

    /// Keeps a record of a kind that only a later version knows, whole.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn defer(&mut self, kind: u8, record: &[u8], now: i64) -> Result<()>;

    /// Turns due deliveries of webhooks from `pending` to `delivering`, of each as many as are
    /// wanted: the sites of their events take turns, each of a burst, and of each what was due first goes first
    /// (`ordered`: in the order of the events, and none while the first is not due). Suspects are
    /// left for [`claim_suspect`](Self::claim_suspect).
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn claim(&mut self, wanted: &[Wanted], now: i64) -> Result<Vec<Claimed>>;

    /// The webhooks that have suspects, those of most deaths first.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn suspects(&mut self) -> Result<Vec<Suspects>>;

    /// Claims the suspect of a webhook that is to be tried first: that of most deaths, then that
    /// due first (`ordered`: the webhook's first delivery, if that is one). None where none is due.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn claim_suspect(
        &mut self,
        webhook: WebhookKey,
        now: i64,
        ordered: bool,
    ) -> Result<Option<Claim>>;

    /// Returns a claimed delivery to `pending`, due at `due`, without an attempt.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn release(&mut self, delivery: DeliveryId, due: i64) -> Result<Written>;

    /// Returns everything that is claimed to `pending`: its worker leaves of its own accord.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn release_all(&mut self) -> Result<u64>;

    /// Notes that a worker of this server died; how many did within the last hour.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn note_death(&mut self, now: i64, under_way: u64) -> Result<u64>;

    /// Records attempts of claimed deliveries in this order, and says of each what became of it.
    /// One that is kept moves its delivery to the state that `attempt.next` says, and counts
    /// (`delivered` or `failed`, per hour and in all) unless the event is a test. The delivery is no
    /// suspect any more, unless it failed for being one ([`Failure::WORKER_DIED`]). Of one that is
    /// too large nothing is written and its delivery stays claimed; the others are written all the
    /// same.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn complete(&mut self, attempts: &[NewAttempt<'_>]) -> Result<Vec<Written>>;

    /// Moves the selected deliveries to `state` where that transition is allowed (`Pending`
    /// ones become due at `due` and start their schedule anew); returns how many. What is being
    /// delivered stays as it is: its attempt ends by the rules that hold then. What has no body
    /// any more stays too when it was to become `Pending`.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn change(
        &mut self,
        which: &Selection,
        state: State,
        due: i64,
        reason: Option<&str>,
    ) -> Result<u64>;

    /// Adds `by` to the due time of everything pending (the wall clock jumped), and notes the
    /// clock by which due times are right now.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn shift_due(&mut self, by: i64, clock: ClockReading) -> Result<()>;

    /// When [`claim`](Self::claim) can next have something for a webhook: when its earliest
    /// pending delivery is due (`ordered`: its first one).
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn next_due(&mut self, webhook: WebhookKey, ordered: bool) -> Result<Option<i64>>;

    /// [`next_due`](Self::next_due) of several webhooks, each with whether it is ordered. An engine
    /// on the network asks for them all in one statement.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn next_due_of(&mut self, webhooks: &[(WebhookKey, bool)]) -> Result<Vec<Option<i64>>> {
        webhooks.iter().map(|(webhook, ordered)| self.next_due(*webhook, *ordered)).collect()
    }

    /// Writes a webhook's health.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn set_health(&mut self, webhook: WebhookKey, health: &Health) -> Result<()>;

    /// Adds an announcement; returns its number.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn announce(&mut self, announcement: &Announcement) -> Result<i64>;

    /// Removes up to `limit` old things: bodies of events delivered before `bodies_before`,
    /// deliveries (with attempts and events) settled before `rows_before`, both in Unix
    /// milliseconds; returns whether there may be more. Held deliveries older than
    /// `rows_before` become `expired` first. By how much the clock was set ahead within a day
    /// ([`CLOCK_SET`](crate::log::CLOCK_SET)), by so much less is old.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn prune(&mut self, bodies_before: i64, rows_before: i64, limit: usize) -> Result<bool>;

    /// Where the store takes more than it may: gives up the bodies of what was delivered
    /// (cancelled or skipped, or went to nobody), the oldest first, of up to `limit` events or a
    /// megabyte at a time. What may still be sent keeps its own, and the log its entries.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn give_up(&mut self, keep: Keep, limit: usize) -> Result<GivenUp>;

    /// Notes the host of a webhook's URL (none: it is deleted).
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn set_host(&mut self, webhook: WebhookKey, host: Option<&str>) -> Result<()>;

    /// Notes that a wish is fulfilled which stands at this place of a journal; whether it was not before. An
    /// engine in which positions may go back remembers them, as the journal is read again then.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn is_new_wish(&mut self, segment: SegmentId, offset: u64, now: i64) -> Result<bool> {
        let _ = (segment, offset, now);
        Ok(true)
    }

    /// Notes that every delivery that a query finds now is to be changed. The same token a
    /// second time changes nothing.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn begin_bulk(&mut self, bulk: &Bulk, now: i64) -> Result<()>;

    /// Changes up to `limit` deliveries of the oldest such wish, oldest first, by the rules of
    /// [`change`](Self::change).
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn step_bulk(&mut self, now: i64, limit: usize) -> Result<BulkStep>;

    /// Notes that a person wishes to be forgotten; `token` names the wish.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn begin_forgetting(&mut self, token: &str, person: &Person) -> Result<()>;

    /// The wishes to be forgotten for which the caller has not searched its journal yet, where others write
    /// into the store too: tokens and persons. A wish of an embedded store comes from the one journal.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn wishes_to_search(&mut self) -> Result<Vec<(String, Person)>> {
        Ok(Vec::new())
    }

    /// Notes that what the caller's journal held before these wishes is in the store, and nothing of it
    /// left in the journal.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn note_searched(&mut self, tokens: &[String]) -> Result<()> {
        let _ = tokens;
        Ok(())
    }

    /// Looks at the next `limit` events for the oldest wish and erases the payloads in which the
    /// person occurs; what waited to be sent of them is cancelled (`forgotten`). Where the payload
    /// is gone, its search terms go if the person occurs in them ([`Person::occurs_in_terms`]), else
    /// the one that may be the person's id.
    ///
    /// # Errors
    /// See [`webhook`](Self::webhook).
    fn forget(&mut self, limit: usize) -> Result<Forgetting>;
}
