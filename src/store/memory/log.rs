//! The reading side.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::Hash;

use super::Shared;
use super::tables::{AskedFor, Delivery, HOUR_MS, Made, StoredWebhook, Tables};
use crate::backfill::{BACKFILL, BackfillQuery, MissedCount};
use crate::bulk::Action;
use crate::log::query::cursor;
use crate::log::row::{created, milliseconds, percentiles};
use crate::log::{
    AttemptRow, BulkRow, CLOCK_SET, DeliveriesQuery, DeliveryDetail, DeliveryRow, DisabledSince,
    EventCount, FailureGroup, FailuresQuery, Hour, Lately, LogEngine, NAMED, NEWEST, NOTICED,
    Noticed, NumberedAnnouncement, Outages, Overview, OverviewQuery, Page, SiteCount, StatsQuery,
    StoreSummary, WebhookStats,
};
use crate::{Latencies, Phase, Result, Selection, State, WebhookKey, term};
use domain::bytes::{Bytes, Headers};
use domain::clock::rfc3339;
use domain::event::{Event, Flags};
use domain::id::{DeliveryId, EventId};

/// The tables, open for reading.
pub(crate) struct MemoryLog(pub(crate) Shared);

impl Tables {
    /// What a query is for, oldest first, whatever its limit and cursor.
    pub(super) fn find<'t>(
        &'t self,
        query: &'t DeliveriesQuery,
    ) -> impl DoubleEndedIterator<Item = &'t Delivery> {
        self.deliveries.values().filter(move |it| self.is_meant(it, query))
    }

    fn is_meant(&self, it: &Delivery, query: &DeliveriesQuery) -> bool {
        let stored = &self.events[&it.event];
        let event = &stored.event;
        let is_named = |text: &String| match text.trim().parse::<EventId>() {
            Ok(id) => event.id == id,
            Err(_) => stored.terms.contains(&term(text)),
        };
        query.webhook_id.as_ref().is_none_or(|id| self.webhook_of(it.webhook).id == *id)
            && query.event.as_ref().is_none_or(|name| event.name == *name)
            && query.event_id.is_none_or(|id| event.id == id)
            && query.site_id.is_none_or(|site| event.site.cast_signed() == site)
            && (query.state.is_empty() || query.state.contains(&it.state))
            && query.failure.as_ref().is_none_or(|code| it.last_failure.as_ref() == Some(code))
            && query.status.is_none_or(|status| it.last_status.unwrap_or(0) == status)
            && query.since.is_none_or(|since| created(it.id) >= since)
            && query.until.is_none_or(|until| created(it.id) <= until)
            && query.search.as_ref().is_none_or(is_named)
            && query.test.is_none_or(|test| it.test == test)
    }

    fn row(&self, it: &Delivery) -> DeliveryRow {
        let event = &self.events[&it.event].event;
        DeliveryRow {
            id: it.id,
            event_id: event.id,
            event: event.name.clone(),
            webhook_id: self.webhook_of(it.webhook).id.clone(),
            site_id: event.site.cast_signed(),
            source: event.source.clone(),
            state: it.state,
            reason: it.reason.clone(),
            test: it.test,
            created: rfc3339(created(it.id)),
            due: (it.state == State::Pending).then(|| rfc3339(it.due)),
            settled: it.settled.map(rfc3339),
            attempts: it.made.len() as u32,
            last_status: it.last_status,
            last_failure: it.last_failure.clone(),
            duration_ms: it.made.last().map(|made| took(made)),
        }
    }

    fn detail(&self, it: &Delivery) -> DeliveryDetail {
        let stored = &self.events[&it.event];
        let made: Vec<_> =
            (1..).zip(&it.made).map(|(number, made)| attempt(number, made)).collect();
        let types = made.iter().rev().filter_map(|made| made.request_headers.get("content-type"));
        let content_type = types.clone().next().unwrap_or("application/json").to_owned();
        let event_body = stored.has_body().then(|| stored.event.body.to_vec());
        let body = it.request_body.as_ref().map(|body| body.to_vec()).or(event_body);
        DeliveryDetail {
            delivery: self.row(it),
            body: body.map(Bytes),
            content_type,
            attempts_made: made,
            server: (self.servers.len() > 1).then(|| stored.server.clone()),
        }
    }

    /// A page of the deliveries in whose event a person occurs: all deliveries of an event are on one.
    fn page_of_person(&self, query: &DeliveriesQuery, person: &crate::Person) -> Page {
        let mut deliveries = Vec::new();
        for (key, stored) in self.events.range(..query.cursor.unwrap_or(i64::MAX)).rev() {
            if stored.is_about(person) {
                let mut of_event: Vec<_> = self.deliveries_of(*key).collect();
                of_event.reverse();
                deliveries.extend(of_event.into_iter().map(|it| self.row(it)));
            }
            if deliveries.len() >= query.limit() {
                return Page { deliveries, cursor: Some(cursor(*key)) };
            }
        }
        Page { deliveries, cursor: None }
    }

    fn pending_and_held(&self, webhook: Option<WebhookKey>) -> (i64, i64) {
        let is_meant = |it: &&Delivery| !it.test && webhook.is_none_or(|key| it.webhook == key);
        let counted = self.deliveries.values().filter(is_meant);
        let count = |states: &[State]| {
            counted.clone().filter(|it| states.contains(&it.state)).count() as i64
        };
        (count(&[State::Pending, State::Delivering]), count(&[State::Held]))
    }

    fn stats_of(&self, webhook: &StoredWebhook, first: i64, last: i64) -> WebhookStats {
        let (pending, held) = self.pending_and_held(Some(webhook.key));
        let health = webhook.health.clone().unwrap_or_default();
        let disabled = health.disabled.map(|it| DisabledSince {
            id: it.id,
            at: rfc3339(it.at),
            reason: it.reason,
        });
        let mut stats = WebhookStats {
            delivered: webhook.delivered,
            failed: webhook.failed,
            pending,
            held,
            last_attempt: webhook.last_attempt.map(rfc3339),
            last_success: webhook.last_success.map(rfc3339),
            failing_since: health.failing_since.map(rfc3339),
            failures_in_row: health.failures_in_row,
            disabled,
            ..WebhookStats::new(first..=last)
        };
        let mut latencies = Latencies::default();
        self.add_hours(&mut stats.hours, &mut latencies, first, |key| key == webhook.key);
        stats.set_latencies(&latencies);
        stats
    }

    /// Adds what happened to some webhooks in these hours, of which `first` is the first.
    fn add_hours(
        &self,
        hours: &mut [Hour],
        latencies: &mut Latencies,
        first: i64,
        is_meant: impl Fn(WebhookKey) -> bool,
    ) {
        for ((hour, webhook), of_hour) in &self.hours {
            let at = usize::try_from(hour - first).ok().filter(|at| *at < hours.len());
            let Some(at) = at.filter(|_| is_meant(*webhook)) else { continue };
            hours[at].delivered += of_hour.delivered;
            hours[at].failed += of_hour.failed;
            latencies.add(&of_hour.latencies);
        }
    }

    fn overview(&self, first: i64, last: i64, sample: usize) -> Overview {
        let (pending, held) = self.pending_and_held(None);
        let hour = |hour| Hour { hour: rfc3339(hour * HOUR_MS), delivered: 0, failed: 0 };
        let mut hours: Vec<_> = (first..=last).map(hour).collect();
        let mut latencies = Latencies::default();
        self.add_hours(&mut hours, &mut latencies, first, |_| true);
        let (p50_ms, p95_ms) = percentiles(&latencies);
        let newest = self.events.values().rev();
        let newest =
            newest.filter(|it| it.created >= first * HOUR_MS && !it.event.flags.has(Flags::TEST));
        let newest: Vec<_> = newest.take(sample).map(|stored| &stored.event).collect();
        let sites = most(newest.iter().map(|event| event.site.cast_signed()));
        let events = most(newest.iter().map(|event| event.name.clone()));
        Overview {
            pending,
            held,
            hours,
            p50_ms,
            p95_ms,
            sampled: newest.len(),
            sites: sites.into_iter().map(|(site_id, count)| SiteCount { site_id, count }).collect(),
            events: events.into_iter().map(|(event, count)| EventCount { event, count }).collect(),
        }
    }

    fn failures(&self, query: &FailuresQuery) -> Vec<FailureGroup> {
        let mut groups: BTreeMap<_, Vec<&Delivery>> = BTreeMap::new();
        for it in self.deliveries.values().filter(|it| fails(it)) {
            if query.since.is_none_or(|since| created(it.id) >= since)
                && query.webhook_id.as_ref().is_none_or(|id| self.webhook_of(it.webhook).id == *id)
            {
                groups.entry((it.webhook, &it.last_failure, it.last_status)).or_default().push(it);
            }
        }
        let group =
            |((webhook, code, status), of_group): ((_, &Option<String>, _), Vec<&Delivery>)| {
                let webhook = self.webhook_of(webhook);
                let count = |states: &[State]| {
                    of_group.iter().filter(|it| states.contains(&it.state)).count() as i64
                };
                let (first, last) = (of_group[0].id, of_group[of_group.len() - 1].id);
                FailureGroup {
                    webhook_id: webhook.id.clone(),
                    code: code.clone().unwrap_or_default(),
                    status,
                    host: webhook.host.clone(),
                    count: of_group.len() as i64,
                    failed: count(&[State::Failed]),
                    waiting: count(&[State::Pending, State::Delivering]),
                    held: count(&[State::Held]),
                    since: rfc3339(created(first)),
                    last: rfc3339(created(last)),
                    example: last,
                }
            };
        let mut groups: Vec<_> = groups.into_iter().map(group).collect();
        groups.sort_by_key(|group| Reverse(group.count));
        groups
    }

    fn outages(&self, is_left_out: &dyn Fn(&str) -> bool) -> Outages {
        let published = self.webhooks.iter().filter_map(|it| Some((it, it.host.as_ref()?)));
        let published = published.filter_map(|(it, host)| Some((it, host, it.health.as_ref()?)));
        let disabled = published.clone().filter_map(|(it, _, health)| {
            health.disabled.as_ref().map(|disabled| (it.id.clone(), disabled.at))
        });
        let outages = Outages { disabled: disabled.collect(), ..Outages::default() };
        let asked: Vec<_> = published
            .filter(|(it, _, health)| !is_left_out(&it.id) && health.disabled.is_none())
            .collect();
        if asked.iter().any(|(.., health)| health.failures_in_row < 2) {
            return outages;
        }
        let hosts: HashSet<_> = asked.iter().map(|(_, host, _)| host).collect();
        let is_nameless = |it: &Delivery| {
            let last = it.made.last().and_then(|made| made.attempt.failure.as_ref());
            fails(it) && last.is_some_and(|failure| failure.phase == Phase::Resolve)
        };
        let are_nameless = asked.iter().all(|(webhook, ..)| {
            self.deliveries.values().any(|it| it.webhook == webhook.key && is_nameless(it))
        });
        Outages { down: hosts.len(), are_nameless, ..outages }
    }
}

/// Whether a delivery is one of those that fail.
fn fails(it: &Delivery) -> bool {
    let states = [State::Pending, State::Delivering, State::Failed, State::Held];
    it.last_failure.is_some() && !it.test && states.contains(&it.state)
}

fn took(made: &Made) -> f64 {
    milliseconds(made.attempt.duration_us.cast_signed())
}

fn attempt(number: i64, made: &Made) -> AttemptRow {
    let it = &made.attempt;
    AttemptRow {
        number,
        started: rfc3339(it.started),
        duration_ms: took(made),
        url: it.url.clone(),
        method: it.method.map(|method| method.as_str().to_owned()),
        address: it.address.clone(),
        status: it.status,
        failure: it.failure.clone(),
        request_headers: Headers::new(it.request_headers.clone()),
        response_headers: Headers::new(it.response_headers.clone()),
        response_body: Bytes(it.response_body.clone()),
        reconnected: it.reconnected,
        remark: it.remark.clone(),
        waited_for: it.waited_for.map(str::to_owned),
        server: Some(made.server.clone()),
        next: if made.next == State::Pending { "retry" } else { made.next.as_str() },
        next_at: made.next_at.map(rfc3339),
    }
}

/// Those that come most often, the most frequent first.
fn most<T: Hash + Ord>(all: impl Iterator<Item = T>) -> Vec<(T, usize)> {
    let mut counts: HashMap<T, usize> = HashMap::new();
    all.for_each(|one| *counts.entry(one).or_default() += 1);
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_unstable_by(|(a, n), (b, m)| m.cmp(n).then_with(|| a.cmp(b)));
    counts.truncate(NAMED);
    counts
}

/// The first and the last of so many hours up to now, since 1970.
fn hours(hours: u16, now: i64) -> (i64, i64) {
    let last = now.div_euclid(HOUR_MS);
    (last - i64::from(hours) + 1, last)
}

impl LogEngine for MemoryLog {
    fn deliveries(&mut self, query: &DeliveriesQuery) -> Result<Page> {
        let tables = self.0.lock();
        if let Some(person) = &query.person {
            return Ok(tables.page_of_person(query, person));
        }
        let below = query.cursor.unwrap_or(i64::MAX);
        let found = tables.find(query).rev().filter(|it| it.key < below);
        let found: Vec<_> = found.take(query.limit() + 1).collect();
        let page = &found[..found.len().min(query.limit())];
        let cursor = page.last().filter(|_| found.len() > page.len()).map(|last| cursor(last.key));
        Ok(Page { deliveries: page.iter().map(|it| tables.row(it)).collect(), cursor })
    }

    fn delivery(&mut self, id: &DeliveryId) -> Result<Option<DeliveryDetail>> {
        let tables = self.0.lock();
        Ok(tables.delivery_by_id(*id).map(|it| tables.detail(it)))
    }

    fn settled(&mut self, event: &EventId) -> Result<Option<Vec<DeliveryDetail>>> {
        let tables = self.0.lock();
        let Some(key) = tables.event_by_id(*event) else { return Ok(None) };
        let of_event: Vec<_> = tables.deliveries_of(key).collect();
        let all = of_event.iter().all(|it| it.state.is_settled() || !it.made.is_empty());
        Ok(all.then(|| of_event.iter().map(|it| tables.detail(it)).collect()))
    }

    fn stats(&mut self, query: &StatsQuery, now: i64) -> Result<BTreeMap<String, WebhookStats>> {
        let tables = self.0.lock();
        let (first, last) = hours(query.hours, now);
        let wants = |id: &String| query.webhook_ids.as_ref().is_none_or(|ids| ids.contains(id));
        let known: Vec<_> = tables.webhooks.iter().filter(|webhook| wants(&webhook.id)).collect();
        query.check_size(query.webhook_ids.as_ref().map_or(known.len(), Vec::len))?;
        let mut stats: BTreeMap<_, _> =
            known.into_iter().map(|it| (it.id.clone(), tables.stats_of(it, first, last))).collect();
        for id in query.webhook_ids.iter().flatten() {
            stats.entry(id.clone()).or_insert_with(|| WebhookStats::new(first..=last));
        }
        Ok(stats)
    }

    fn overview(&mut self, query: &OverviewQuery, now: i64) -> Result<Overview> {
        let (first, last) = hours(query.hours, now);
        Ok(self.0.lock().overview(first, last, query.sample))
    }

    fn announcements(&mut self, after: i64) -> Result<Vec<NumberedAnnouncement>> {
        let tables = self.0.lock();
        let numbered = |(number, it): (&i64, &crate::Announcement)| NumberedAnnouncement {
            number: *number,
            code: it.code.clone(),
            at: rfc3339(it.at),
            params: it.params.clone(),
        };
        Ok(tables.announcements.range(after + 1..).take(100).map(numbered).collect())
    }

    fn count_all(&mut self, query: &DeliveriesQuery) -> Result<u64> {
        Ok(self.0.lock().find(query).count() as u64)
    }

    fn count_for(&mut self, query: &DeliveriesQuery, action: Action) -> Result<u64> {
        let tables = self.0.lock();
        let can_change = |it: &&Delivery| tables.can_change(it, action.to());
        Ok(tables.find(query).filter(can_change).count() as u64)
    }

    fn failures(&mut self, query: &FailuresQuery) -> Result<Vec<FailureGroup>> {
        Ok(self.0.lock().failures(query))
    }

    fn bulks(&mut self) -> Result<Vec<BulkRow>> {
        let tables = self.0.lock();
        let rows = tables.changes.iter().rev().map(|change| {
            let (action, matched) = match &change.asked_for {
                AskedFor::Bulk(bulk) => (bulk.action.as_str(), bulk.matched),
                AskedFor::Backfill(backfill) => (BACKFILL, backfill.matched),
            };
            BulkRow {
                id: change.asked_for.token().to_owned(),
                action: action.to_owned(),
                query: change.asked_for.query(),
                matched: matched.cast_signed(),
                changed: change.changed.cast_signed(),
                asked: rfc3339(change.asked),
                ended: change.ended.map(rfc3339),
            }
        });
        Ok(rows.collect())
    }

    fn missed(
        &mut self,
        query: &BackfillQuery,
        with_bodies: bool,
        wants: &dyn Fn(&Event) -> bool,
    ) -> Result<MissedCount> {
        let events = self.0.lock().count_missed(query, with_bodies, wants);
        Ok(MissedCount { events, more: false })
    }

    fn count(&mut self, which: &Selection, to: State) -> Result<u64> {
        let tables = self.0.lock();
        let selected = tables.selected(which).into_iter();
        Ok(selected.filter(|key| tables.can_change(&tables.deliveries[key], to)).count() as u64)
    }

    fn summary(&mut self) -> Result<StoreSummary> {
        let tables = self.0.lock();
        let newest = tables.announcements.range(tables.announced - NEWEST + 1..);
        let noticed = newest.filter(|(_, it)| NOTICED.contains(&&*it.code)).map(|(_, it)| {
            let seconds = it.params.get("seconds").and_then(serde_json::Value::as_i64);
            let seconds = seconds.filter(|_| it.code == CLOCK_SET).unwrap_or(0);
            Noticed { code: it.code.clone(), at: it.at, seconds }
        });
        let mut deaths: Vec<_> = tables.deaths.iter().map(|death| death.at).collect();
        deaths.sort_unstable();
        let is_waiting = |it: &&Delivery| it.state == State::Pending && !it.test;
        let positions = tables.positions.iter();
        Ok(StoreSummary {
            schema: 0,
            size: 0,
            announcements: tables.announced,
            positions: positions.map(|((_, segment), offset)| (*segment, *offset)).collect(),
            deaths,
            deferred: tables.deferred.len() as i64,
            lately: Lately::new(noticed.collect()),
            waiting_since: tables.deliveries.values().filter(is_waiting).map(|it| it.due).min(),
        })
    }

    fn outages(&mut self, is_left_out: &dyn Fn(&str) -> bool) -> Result<Outages> {
        Ok(self.0.lock().outages(is_left_out))
    }
}
