//! From `pending` to `delivering`: what goes next.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ::mysql::Value;

use super::row::{COLUMNS, Delivery, Place};
use super::transaction::{MysqlTransaction, list};
use crate::{Claimed, Result, State, Wanted, WebhookKey};

/// Sites that are asked beyond those that there is something to be claimed of: of most of them,
/// what is pending is due later.
const MORE_SITES: usize = 32;
/// Webhooks of which one statement finds what is pending, and what is due.
const TOGETHER: usize = 32;
const ASKED: usize = 1000;

/// The first of what is pending of a webhook.
#[derive(Default)]
struct First {
    /// In the order of its claims.
    rows: Vec<Delivery>,
    /// Whether there are no more.
    is_all: bool,
}

impl First {
    /// When the next one is due once these are claimed, by the database's clock; none: that is not
    /// known.
    fn next(&self, claimed: &[Delivery]) -> Option<Option<i64>> {
        let claimed: BTreeSet<Place> = claimed.iter().map(|row| row.place).collect();
        let next = self.rows.iter().find(|row| !claimed.contains(&row.place));
        match next {
            Some(row) => Some((row.deaths == 0).then_some(row.due)),
            None => self.is_all.then_some(None),
        }
    }
}

impl MysqlTransaction<'_> {
    pub(super) fn try_claim(&mut self, wanted: &[Wanted], now: i64) -> Result<Vec<Claimed>> {
        let webhooks: Vec<_> = wanted.iter().map(|wanted| wanted.webhook).collect();
        self.look_at_lanes(&webhooks)?;
        let due = now - self.shift();
        let mut found = self.first_of_all(wanted)?;
        let (mut chosen, mut next) = (Vec::new(), Vec::new());
        for wanted in wanted {
            let first = found.remove(&wanted.webhook).unwrap_or_default();
            // Nothing after the first that isn't due may go before it, nor after a suspect that is to
            // be tried first.
            let goes = |row: &Delivery| row.waits() && row.due <= due;
            let is_all = first.is_all || !first.rows.iter().all(goes);
            let mut rows: Vec<_> = first.rows.iter().take_while(|row| goes(row)).cloned().collect();
            let picked = if wanted.ordered || rows.is_empty() {
                rows.truncate(wanted.limit);
                rows
            } else {
                if !is_all {
                    rows = self.first_of_sites(*wanted, due, rows)?;
                }
                self.in_turn(*wanted, rows)
            };
            if !picked.is_empty() {
                self.hold(wanted.webhook)?;
            }
            next.push(first.next(&picked));
            chosen.push(picked);
        }
        let mut claims = self.take(chosen.iter().flatten())?.into_iter();
        let mut claimed = Vec::with_capacity(wanted.len());
        for ((wanted, rows), next) in wanted.iter().zip(&chosen).zip(next) {
            let claims: Vec<_> = claims.by_ref().take(rows.len()).collect();
            let next_due = match next {
                Some(next) => next.map(|due| due + self.shift()),
                None => self.try_next_due_of(&[(wanted.webhook, wanted.ordered)])?.pop().flatten(),
            };
            claimed.push(Claimed { claims, next_due });
        }
        Ok(claimed)
    }

    /// What is pending of each webhook for which this worker sends, as much as may be claimed of it
    /// and some more.
    fn first_of_all(&mut self, wanted: &[Wanted]) -> Result<HashMap<WebhookKey, First>> {
        let may = wanted.iter().filter(|wanted| self.may_send(wanted.webhook));
        let may: Vec<Wanted> = may.copied().collect();
        let mut all = HashMap::new();
        for wanted in may.iter().filter(|wanted| wanted.ordered) {
            let first = self.pending(wanted.webhook, true, wanted.limit + 1)?;
            all.insert(wanted.webhook, first);
        }
        let others: Vec<_> = may.into_iter().filter(|wanted| !wanted.ordered).collect();
        for part in others.chunks(TOGETHER) {
            self.first_of_part(part, &mut all)?;
        }
        Ok(all)
    }

    /// [`pending`](Self::pending) of several webhooks by one statement, of which there are few texts.
    fn first_of_part(
        &mut self,
        part: &[Wanted],
        all: &mut HashMap<WebhookKey, First>,
    ) -> Result<()> {
        let mut most = HashMap::new();
        let mut values: Vec<Value> = Vec::new();
        for wanted in part {
            let rows = wanted.limit + MORE_SITES + self.changed_of(wanted.webhook);
            most.insert(wanted.webhook, rows);
            values.extend([wanted.webhook.0.into(), rows.into()]);
        }
        let parts = part.len().next_power_of_two();
        values.resize(2 * parts, 0.into());
        let one = format!(
            "(SELECT {COLUMNS} FROM {} d FORCE INDEX (state) WHERE d.webhook = ? AND d.state = 0 \
             AND d.deaths = 0 ORDER BY d.due, d.event, d.number LIMIT ?)",
            self.table("deliveries")
        );
        let rows: Vec<Delivery> = self.rows(&vec![one; parts].join(" UNION ALL "), values)?;
        let mut by_webhook: HashMap<WebhookKey, (Vec<Delivery>, usize)> = HashMap::new();
        for row in rows {
            let (rows, read) = by_webhook.entry(row.webhook).or_default();
            *read += 1;
            if !self.unit.deliveries.contains_key(&row.place) {
                rows.push(row);
            }
        }
        for wanted in part {
            let (mut rows, read) = by_webhook.remove(&wanted.webhook).unwrap_or_default();
            let after = self.unit.deliveries.values().filter_map(|changed| changed.after.as_ref());
            let of = |row: &&Delivery| row.webhook == wanted.webhook && row.waits();
            rows.extend(after.filter(of).cloned());
            rows.sort_by_key(|row| (row.due, row.place));
            let is_all = most.get(&wanted.webhook).is_none_or(|most| read < *most);
            all.insert(wanted.webhook, First { rows, is_all });
        }
        Ok(())
    }

    /// The first of what is pending of a webhook: in the order of the events (`ordered`, with those
    /// that are suspects), or of when it is due.
    fn pending(&mut self, webhook: WebhookKey, ordered: bool, most: usize) -> Result<First> {
        let of = |delivery: &Delivery| {
            delivery.webhook == webhook
                && if ordered { delivery.state == State::Pending } else { delivery.waits() }
        };
        let most = most + self.changed_of(webhook);
        let (suspects, order) = if ordered {
            ("", "d.event, d.number")
        } else {
            (" AND d.deaths = 0", "d.due, d.event, d.number")
        };
        let rest = format!(
            "FORCE INDEX (state) WHERE d.webhook = ? AND d.state = 0{suspects} ORDER BY {order} LIMIT ?"
        );
        let (mut rows, read) = self.find_some(&rest, vec![webhook.0.into(), most.into()], &of)?;
        if !ordered {
            rows.sort_by_key(|row| (row.due, row.place));
        }
        Ok(First { rows, is_all: read < most })
    }

    /// The first of each of the sites that have something due, from behind the one that was asked
    /// last: with thousands of events of one site pending, another one's first does not wait for
    /// them. With `rows`, which are those due first.
    fn first_of_sites(
        &mut self,
        wanted: Wanted,
        due: i64,
        rows: Vec<Delivery>,
    ) -> Result<Vec<Delivery>> {
        let begin = self.memory.sites.get(&wanted.webhook).copied();
        let most = wanted.limit + MORE_SITES;
        let mut sites: Vec<u64> = Vec::new();
        for (from, to) in
            [(begin.map_or(0, |site| site.saturating_add(1)), u64::MAX), (0, begin.unwrap_or(0))]
        {
            if sites.len() >= wanted.most_sites()
                || (from == 0 && begin.is_none() && !sites.is_empty())
            {
                break;
            }
            let sql = format!(
                "SELECT d.site, MIN(d.pending_due) FROM {} d FORCE INDEX (turn) \
                 WHERE d.pending_of = ? AND d.deaths = 0 AND d.site >= ? AND d.site <= ? \
                 GROUP BY d.site ORDER BY d.site LIMIT ?",
                self.table("deliveries")
            );
            let values = vec![wanted.webhook.0.into(), from.into(), to.into(), most.into()];
            let found: Vec<(u64, i64)> = self.rows(&sql, values)?;
            sites.extend(found.iter().filter(|(_, first)| *first <= due).map(|(site, _)| *site));
        }
        sites.truncate(wanted.most_sites());
        let share = (wanted.limit / sites.len().max(1)).max(1);
        let mut all: BTreeMap<Place, Delivery> =
            rows.into_iter().map(|row| (row.place, row)).collect();
        for site in sites {
            let most = share + self.changed_of(wanted.webhook);
            let rest = "FORCE INDEX (turn) WHERE d.pending_of = ? AND d.deaths = 0 AND d.site = ? \
                 AND d.pending_due <= ? AND d.state = 0 ORDER BY d.pending_due, d.event, d.number LIMIT ?";
            let of = |it: &Delivery| {
                it.webhook == wanted.webhook && it.waits() && it.site == site && it.due <= due
            };
            let values = vec![wanted.webhook.0.into(), site.into(), due.into(), most.into()];
            let (found, _) = self.find_some(rest, values, &of)?;
            all.extend(found.into_iter().map(|row| (row.place, row)));
        }
        let mut rows: Vec<_> = all.into_values().collect();
        rows.sort_by_key(|row| (row.due, row.place));
        Ok(rows)
    }

    /// Of rows that are due, in order of that: a share of each site, in turn, then whatever is due
    /// first.
    fn in_turn(&mut self, wanted: Wanted, rows: Vec<Delivery>) -> Vec<Delivery> {
        let begin = self.memory.sites.get(&wanted.webhook).copied();
        let sites: BTreeSet<u64> = rows.iter().map(|row| row.site).collect();
        let behind = sites.iter().filter(|site| begin.is_none_or(|begin| **site > begin));
        let before = sites.iter().filter(|site| begin.is_some_and(|begin| **site <= begin));
        let turns: Vec<u64> = behind.chain(before).take(wanted.most_sites()).copied().collect();
        if let Some(last) = turns.last() {
            self.memory.sites.insert(wanted.webhook, *last);
        }
        let share = (wanted.limit / turns.len().max(1)).max(1);
        let mut left: Vec<Option<Delivery>> = rows.into_iter().map(Some).collect();
        let mut picked = Vec::new();
        for site in turns {
            let of_site =
                left.iter_mut().filter(|row| row.as_ref().is_some_and(|row| row.site == site));
            picked.extend(of_site.take(share).filter_map(Option::take));
        }
        let room = wanted.limit.saturating_sub(picked.len());
        picked.extend(left.into_iter().flatten().take(room));
        picked.truncate(wanted.limit);
        picked
    }

    /// When the earliest of each webhook's pending deliveries may be attempted (`ordered`: its
    /// first one), by this worker's clock; none where another worker sends what waits for it.
    pub(super) fn try_next_due_of(
        &mut self,
        of: &[(WebhookKey, bool)],
    ) -> Result<Vec<Option<i64>>> {
        let webhooks: Vec<_> = of.iter().map(|(webhook, _)| *webhook).collect();
        self.look_at_lanes(&webhooks)?;
        let is_simple = |webhook, ordered: bool| !ordered && self.changed_of(webhook) == 0;
        let mut simple: Vec<_> =
            of.iter().filter(|(it, ordered)| is_simple(*it, *ordered)).map(|it| it.0).collect();
        simple.retain(|webhook| self.may_send(*webhook));
        let first = self.first_due(&simple)?;
        let mut all = Vec::with_capacity(of.len());
        for (webhook, ordered) in of {
            let due = if !self.may_send(*webhook) {
                None
            } else if !ordered && self.changed_of(*webhook) == 0 {
                first.get(webhook).copied()
            } else {
                let first = self.pending(*webhook, *ordered, 1)?.rows.into_iter().next();
                // A suspect at the head of an ordered webhook holds up the others until it was tried.
                first.filter(|row| row.deaths == 0).map(|row| row.due)
            };
            all.push(due.map(|due| due + self.shift()));
        }
        Ok(all)
    }

    /// When the first delivery is due of each of these webhooks that has one, by the database's clock;
    /// of what waits in the database nothing may have been changed.
    pub(super) fn first_due(&mut self, of: &[WebhookKey]) -> Result<HashMap<WebhookKey, i64>> {
        let mut all = HashMap::new();
        for part in of.chunks(ASKED) {
            let (places, values) = list(part.iter().map(|webhook| webhook.0.into()));
            let sql = format!(
                "SELECT w.`key`, (SELECT d.due FROM {} d FORCE INDEX (state) \
                     WHERE d.webhook = w.`key` AND d.state = 0 AND d.deaths = 0 \
                     ORDER BY d.due LIMIT 1) \
                 FROM {} w WHERE w.`key` IN ({places})",
                self.table("deliveries"),
                self.table("webhooks")
            );
            let found: Vec<(i64, Option<i64>)> = self.rows(&sql, values)?;
            all.extend(found.into_iter().filter_map(|(key, due)| Some((WebhookKey(key), due?))));
        }
        let of: BTreeSet<_> = of.iter().copied().collect();
        for row in self.unit.deliveries.values().filter_map(|changed| changed.after.as_ref()) {
            if row.waits() && of.contains(&row.webhook) {
                let due = all.entry(row.webhook).or_insert(row.due);
                *due = row.due.min(*due);
            }
        }
        Ok(all)
    }
}
