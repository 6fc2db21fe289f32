//! Watching the other workers, on this one's own clock.
//!
//! A worker is dead when its row has stood still for a lease's time *while it was looked at*: where
//! nobody could look, as the database was away or this worker stood still itself, the time begins
//! anew, so that an outage of the database is nobody's death. Whoever finds it moves its row to the
//! next epoch, in the same transaction in which what it had claimed goes back: that has one winner,
//! and the other can commit nothing any more. Its lanes are free with its epoch, and go to whoever
//! takes them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use super::engine::{MysqlStore, health_of};
use super::lanes::LEADER;
use super::lease::Role;
use super::memory::Lane;
use super::suspects::After;
use super::transaction::MysqlTransaction;
use crate::{News, Result, StoreError, WebhookKey, WebhookState};

/// How long a worker may stand still: longer than a cluster needs to miss a node.
const LEASE: Duration = Duration::from_secs(15);
/// How often a worker that has nothing to write says that it is alive.
const BEAT: Duration = Duration::from_secs(3);
/// How often others are looked at, while there are any; and who may have come, while there are none.
const LOOK: Duration = Duration::from_millis(200);
const LOOK_ALONE: Duration = Duration::from_secs(1);
/// How often what changes rarely is looked at.
const SLOW: Duration = Duration::from_secs(1);
/// Webhooks of which one look finds out what is due.
const ASKED: usize = 500;

/// Another worker's row as it is read: key, epoch, beat, whether it is alive, revision of its config,
/// whether it sends.
type Row = (u16, u64, u64, bool, u64, bool);

/// What is known of the others.
#[derive(Default)]
pub(super) struct Watch {
    others: HashMap<u16, Seen>,
    /// When they were looked at last, and what changes rarely, and when this worker last wrote; in
    /// nanoseconds of the monotonic clock.
    looked: u64,
    looked_slowly: u64,
    written: u64,
    /// Health of webhooks, as it was found.
    healths: HashMap<WebhookKey, Option<String>>,
    /// Of which webhooks the next look finds out what is due.
    next: usize,
    /// Another worker that lives goes by an older config: it gives lanes up.
    has_older: bool,
    /// All of them are to be looked at: lanes may be free.
    all: bool,
    /// Somebody wrote, or lanes may be free, since what changes rarely was looked at.
    wrote: bool,
    /// Somebody came, left or was taken over since it was looked for what who left had not given back, and
    /// when that was, in nanoseconds of the monotonic clock.
    changed: bool,
    looked_for_left: u64,
}

/// Another worker's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    epoch: u64,
    beat: u64,
    is_alive: bool,
    /// Since when it has been so, in nanoseconds of this worker's monotonic clock.
    since: u64,
}

impl Watch {
    /// How often it is to be looked.
    pub(super) fn every(&self) -> Duration {
        if self.others.values().any(|seen| seen.is_alive) { LOOK } else { LOOK_ALONE }
    }

    /// What is due is to be found out of all webhooks.
    pub(super) fn look_at_all(&mut self) {
        self.all = true;
    }

    /// A transaction moved the beat on.
    pub(super) fn has_written(&mut self, now: u64) {
        self.written = now;
    }

    /// Takes in the rows of the others; whether any of them wrote, and whether any came, left or was
    /// taken over.
    fn see(&mut self, rows: Vec<Row>, now: u64) -> (bool, bool) {
        // What nobody looked at for so long may have gone on meanwhile.
        let blind = since(self.looked, now) > LEASE / 3;
        self.looked = now;
        let (mut wrote, mut changed) = (false, false);
        let keys: HashSet<u16> = rows.iter().map(|row| row.0).collect();
        self.others.retain(|key, _| keys.contains(key));
        for (key, epoch, beat, is_alive, ..) in rows {
            let new = Seen { epoch, beat, is_alive, since: now };
            let seen = self.others.entry(key).or_insert_with(|| {
                (wrote, changed) = (true, true);
                new
            });
            changed |= (seen.epoch, seen.is_alive) != (epoch, is_alive);
            if (seen.epoch, seen.beat, seen.is_alive) != (epoch, beat, is_alive) {
                wrote = true;
                *seen = new;
            } else if blind {
                seen.since = now;
            }
        }
        (wrote, changed)
    }

    /// Workers that have stood still for too long.
    fn dead(&self, now: u64) -> Vec<(u16, Seen)> {
        let others = self.others.iter().map(|(key, seen)| (*key, *seen));
        others.filter(|(_, seen)| seen.is_alive && since(seen.since, now) >= LEASE).collect()
    }
}

fn since(then: u64, now: u64) -> Duration {
    Duration::from_nanos(now.saturating_sub(then))
}

impl MysqlStore {
    /// See [`Store::look_at_others`](crate::Store::look_at_others).
    pub(super) fn look(&mut self) -> Result<News> {
        let result = self.try_look();
        if let Err(error) = &result {
            self.doubt(error);
        }
        result
    }

    fn try_look(&mut self) -> Result<News> {
        self.is_whole()?;
        let now = self.clock.monotonic_ns();
        if since(self.watch.written, now) >= BEAT {
            match self.beat() {
                // It was taken over, and has begun anew.
                Err(StoreError::Conflict { .. }) => self.watch.all = true,
                beaten => beaten?,
            }
            self.watch.has_written(now);
        }
        self.connected()?;
        self.compare()?;
        let me = self.lease.me;
        let connection = self.connected()?;
        let sql = format!(
            "SELECT `key`, epoch, beat, alive, revision, delivers FROM {} WHERE `key` <> ?",
            connection.server().table("workers")
        );
        let rows: Vec<Row> = connection.rows(&sql, vec![me.worker.into()])?;
        let mine = self.memory.revision;
        let has_older = rows.iter().any(|row| row.3 && row.4 < mine);
        let newest = rows.iter().filter(|row| row.3).map(|row| row.4).max().unwrap_or(0);
        // Of those that take in only nobody needs to leave anything to send.
        let others = rows.iter().filter(|row| row.3 && row.5).count();
        let all = others + usize::from(self.role == Role::Delivers);
        let servers = u32::try_from(all).unwrap_or(u32::MAX);
        let (wrote, changed) = self.watch.see(rows, now);
        let mut news = News { servers, ..News::default() };
        let dead = if self.role == Role::TakesIn { Vec::new() } else { self.watch.dead(now) };
        for (worker, seen) in dead {
            self.take_over(worker, seen, &mut news)?;
        }
        self.compare_revisions(newest);
        self.watch.changed |= changed;
        let slowly = since(self.watch.looked_slowly, now) >= SLOW;
        if slowly {
            self.watch.looked_slowly = now;
            if self.link.look_who_reads()? {
                self.memory.doubt();
                self.link.is_doubtful = true;
                self.compare()?;
            }
            self.yield_lanes()?;
            if std::mem::replace(&mut self.watch.has_older, has_older) || has_older {
                // Whose a lane is, is looked at again: nobody says that it was given up.
                self.memory.lanes.retain(|_, lane| *lane == Lane::Mine);
                self.watch.all = true;
            }
            self.adopt(&mut news)?;
            self.look_at_leader(&mut news)?;
        }
        if changed {
            self.memory.lanes.retain(|_, lane| *lane == Lane::Mine);
            self.watch.all = true;
        }
        // Also what was found out between two slow looks: by the next one, dues may have been looked at.
        self.watch.wrote |= wrote || self.watch.all;
        if slowly && self.watch.wrote {
            self.look_at_webhooks(&mut news)?;
            self.look_at_suspects(&mut news)?;
            self.watch.wrote = false;
        }
        if wrote || self.watch.all {
            self.look_at_dues(&mut news)?;
        }
        Ok(news)
    }

    /// Takes over a worker whose lease is over.
    fn take_over(&mut self, worker: u16, seen: Seen, news: &mut News) -> Result<()> {
        let mut after = After::default();
        let taken = self.run(&mut |transaction| {
            let sql = format!(
                "UPDATE {} SET epoch = ?, alive = 0, ended = UNIX_TIMESTAMP() \
                 WHERE `key` = ? AND epoch = ? AND beat = ? AND alive = ?",
                transaction.table("workers")
            );
            let values = vec![
                (seen.epoch + 1).into(),
                worker.into(),
                seen.epoch.into(),
                seen.beat.into(),
                seen.is_alive.into(),
            ];
            transaction.unit.run_on_one(sql, values);
            after = transaction.after_a_death(worker, seen.epoch + 1)?;
            Ok(())
        });
        match taken {
            // It lives after all, or another one was first.
            Err(StoreError::Conflict { .. }) => return Ok(()),
            taken => taken?,
        }
        tracing::warn!(
            worker,
            reclaimed = after.reclaimed,
            "another worker has stood still for too long: what it had under way is tried here"
        );
        let epoch = seen.epoch + 1;
        self.watch.others.insert(worker, Seen { epoch, is_alive: false, ..seen });
        self.memory.lanes.retain(|_, lane| *lane == Lane::Mine);
        self.watch.all = true;
        news.suspects |= after.reclaimed > 0;
        news.deadly.extend(after.deadly);
        Ok(())
    }

    /// Takes over what workers that left had not given back.
    fn adopt(&mut self, news: &mut News) -> Result<()> {
        if self.role == Role::TakesIn || self.watch.others.values().all(|seen| seen.is_alive) {
            return Ok(());
        }
        let now = self.clock.monotonic_ns();
        if !self.watch.changed && since(self.watch.looked_for_left, now) < LEASE {
            return Ok(());
        }
        let me = self.lease.me;
        let connection = self.connected()?;
        let server = connection.server();
        let sql = format!(
            "SELECT DISTINCT h.`key` FROM {} w \
             STRAIGHT_JOIN {} d FORCE INDEX (state) ON d.webhook = w.`key` AND d.state = 1 \
             STRAIGHT_JOIN {} h ON h.`key` = d.owner WHERE h.alive = 0 AND h.`key` <> ?",
            server.table("webhooks"),
            server.table("deliveries"),
            server.table("workers")
        );
        let left: Vec<u16> = connection.rows(&sql, vec![me.worker.into()])?;
        (self.watch.changed, self.watch.looked_for_left) = (false, now);
        for worker in left {
            if let Some(seen) = self.watch.others.get(&worker).copied() {
                self.take_over(worker, seen, news)?;
            }
        }
        Ok(())
    }

    /// Whether this worker leads, and what there is to do then.
    fn look_at_leader(&mut self, news: &mut News) -> Result<()> {
        // Also where it led: a move may lead instead.
        self.memory.lanes.remove(&LEADER);
        let (mut leads, mut wishes) = (false, false);
        self.repeat(&mut |transaction| {
            transaction.look_at_lanes(&[LEADER])?;
            leads = transaction.may_send(LEADER);
            wishes = leads && transaction.has_wishes()? || transaction.has_to_search()?;
            Ok(())
        })?;
        // Those of its own journal it knows of itself.
        news.wishes = wishes;
        Ok(())
    }

    /// Finds webhooks whose health somebody else wrote.
    fn look_at_webhooks(&mut self, news: &mut News) -> Result<()> {
        let connection = self.connected()?;
        let sql =
            format!("SELECT `key`, id, health FROM {}", connection.server().table("webhooks"));
        let found: Vec<(i64, String, Option<String>)> = connection.rows(&sql, Vec::new())?;
        for (key, id, health) in found {
            let key = WebhookKey(key);
            self.memory.webhooks.insert(id.clone(), key);
            if self.watch.healths.get(&key) != Some(&health) {
                self.watch.healths.insert(key, health.clone());
                let health = health_of(health);
                news.webhooks.push(WebhookState { key, id, health, next_due: None });
            }
        }
        Ok(())
    }

    /// Finds out whether there are suspects in this worker's lanes, or in those that nobody has: who took
    /// over a dead worker, or came back itself, need not have the lane of what that had under way.
    fn look_at_suspects(&mut self, news: &mut News) -> Result<()> {
        if self.role == Role::TakesIn {
            return Ok(());
        }
        let webhooks: Vec<_> = self.memory.webhooks.values().copied().collect();
        let mut any = false;
        self.repeat(&mut |transaction| {
            any = transaction.has_suspects(&webhooks)?;
            Ok(())
        })?;
        news.suspects |= any;
        Ok(())
    }

    /// Finds out what is due in this worker's lanes and in those that nobody has: all of them, or the
    /// next of very many.
    fn look_at_dues(&mut self, news: &mut News) -> Result<()> {
        let mut webhooks: Vec<_> = self.memory.webhooks.values().copied().collect();
        webhooks.sort_unstable();
        let first = if webhooks.len() <= ASKED { 0 } else { self.watch.next % webhooks.len() };
        let most = webhooks.len().min(ASKED);
        let asked: Vec<_> = webhooks.into_iter().cycle().skip(first).take(most).collect();
        let mut due = BTreeMap::new();
        self.repeat(&mut |transaction| {
            due = transaction.dues_of_all(&asked)?;
            Ok(())
        })?;
        self.watch.next = first + asked.len();
        let is_round = self.watch.next >= self.memory.webhooks.len();
        self.watch.all &= !is_round;
        news.due.extend(due);
        Ok(())
    }
}

impl MysqlTransaction<'_> {
    /// When the earliest pending delivery of each webhook is due that this worker may send for.
    fn dues_of_all(
        &mut self,
        webhooks: &[WebhookKey],
    ) -> Result<BTreeMap<WebhookKey, Option<i64>>> {
        self.look_at_lanes(webhooks)?;
        let of: Vec<_> = webhooks.iter().copied().filter(|it| self.may_send(*it)).collect();
        let due = self.first_due(&of)?;
        let shift = self.shift();
        let of_webhook = |webhook| due.get(&webhook).map(|due| due + shift);
        Ok(of.iter().map(|webhook| (*webhook, of_webhook(*webhook))).collect())
    }

    /// Whether there is a change, a backfill or a wish to be forgotten under way.
    fn has_wishes(&mut self) -> Result<bool> {
        let sql = format!(
            "SELECT EXISTS (SELECT 1 FROM {} WHERE ended IS NULL) \
                 OR EXISTS (SELECT 1 FROM {})",
            self.table("bulks"),
            self.table("forgetting")
        );
        let found: Vec<bool> = self.rows(&sql, Vec::new())?;
        Ok(found.first().copied().unwrap_or(false))
    }
}
