//! The published config, as the worker takes it over.

use std::sync::Arc;

use super::WorkerError;
use super::engine::Worker;
use super::limits::Limits;
use super::routes::Routes;
use config::{CONFIG_FILE, Config, ConfigError};
use delivery::url::origin;
use delivery::{Sender, Settings};
use domain::decision::{DISABLED, PAUSED, RESTORED, RESTORED_SENT, UNJUDGED};
use spool::FileVersion;
use store::{self, Selection, State, Store};

/// Reasons of what is held until a person has it sent.
const KEPT: [&str; 5] = [PAUSED, DISABLED, UNJUDGED, RESTORED, RESTORED_SENT];

/// The published config, prepared.
pub(super) struct ActiveConfig {
    pub(super) config: Config,
    pub(super) version: FileVersion,
    pub(super) routes: Routes,
    pub(super) sender: Arc<Sender>,
}

impl<S: Store> Worker<S> {
    /// Loads the config if it changed. A damaged one is told and the last good one kept.
    pub(super) fn look_at_config(&mut self, now: i64) {
        self.next_config = now + 1000;
        let version = match self.spool.top().version(CONFIG_FILE) {
            Ok(Some(version)) => version,
            Ok(None) => return,
            Err(error) => return tracing::error!(%error, "the config can't be read"),
        };
        if self.active.as_ref().is_some_and(|active| active.version == version) {
            return;
        }
        match Config::load(&self.spool) {
            Ok(Some(config)) => {
                if let Err(error) = self.configure(config, version, now) {
                    tracing::error!(%error, "the config can't be taken over");
                }
            }
            Ok(None) => {}
            Err(error @ ConfigError::Newer { .. }) => tracing::error!(%error, "the config is kept"),
            Err(error) => tracing::error!(%error, "the config is kept as it was"),
        }
    }

    /// Holds what waits for webhooks to which nothing is sent: it has come to wait again since the config
    /// was taken over, as another worker had it under way and is gone.
    pub(super) fn hold(&mut self) -> Result<(), WorkerError> {
        let Some(active) = &self.active else { return Ok(()) };
        let mut held = Vec::new();
        for (_, lane) in self.schedule.lanes() {
            let Some(webhook) = active.routes.webhook(&lane.id) else { continue };
            let network = active.config.held.as_deref();
            match webhook.held(network, lane.health.disabled.is_some()) {
                None | Some(DISABLED) => {}
                Some(reason) => held.push((lane.id.clone(), reason.to_owned())),
            }
        }
        let now = self.clock.unix_ms();
        store::commit(&mut self.store, &mut |tx| {
            for (webhook, reason) in &held {
                let waiting = Selection {
                    webhook: Some(webhook.clone()),
                    states: vec![State::Pending],
                    ..Selection::default()
                };
                tx.change(&waiting, State::Held, now, Some(reason))?;
            }
            Ok(())
        })?;
        Ok(())
    }

    /// Takes over a config. Where no other server has a newer one, deliveries of deleted webhooks are
    /// cancelled, those of paused ones held, and what the whole network's hold kept is released when it ends.
    pub(super) fn configure(
        &mut self,
        config: Config,
        version: FileVersion,
        now: i64,
    ) -> Result<(), WorkerError> {
        if let Some(installation) = &config.installation {
            let dropped = self.store.belong_to(&installation.id)?;
            if dropped > 0 {
                tracing::warn!(
                    deliveries = dropped,
                    "the log is a copy of another installation's: what waited in it is cancelled"
                );
            }
        }
        let routes = Routes::new(&config);
        let (mut new, mut due) = (Vec::new(), Vec::new());
        let is_ordered = |id: &str| routes.webhook(id).is_some_and(|webhook| webhook.ordered);
        let (store, schedule) = (&mut self.store, &self.schedule);
        store::commit(store, &mut |tx| {
            (new, due) = (Vec::new(), Vec::new());
            // Of several servers each gets a new config by itself: what this one does not name may be
            // new, and what it says of others be over.
            let is_newest = tx.note_config(config.revision)?;
            for (key, lane) in schedule.lanes().filter(|_| is_newest) {
                let of = |states: &[State]| Selection {
                    webhook: Some(lane.id.clone()),
                    states: states.to_vec(),
                    ..Selection::default()
                };
                let waiting = of(&[State::Pending]);
                match routes.webhook(&lane.id) {
                    None => {
                        let waiting = of(&[State::Pending, State::Held]);
                        tx.change(&waiting, State::Cancelled, now, Some("deleted"))?;
                        tx.set_host(key, None)?;
                    }
                    Some(webhook) => {
                        match webhook.held(config.held.as_deref(), lane.health.disabled.is_some()) {
                            // What a person had sent again goes out even so.
                            Some(DISABLED) => {}
                            Some(reason) => {
                                tx.change(&waiting, State::Held, now, Some(reason))?;
                            }
                            // Of the network's hold, whatever it was for, and of a webhook that
                            // was mended; the others end by a click.
                            None => {
                                let except = KEPT.map(str::to_owned).to_vec();
                                let held = Selection { except, ..of(&[State::Held]) };
                                tx.change(&held, State::Pending, now, None)?;
                            }
                        }
                    }
                }
            }
            let asked: Vec<_> =
                schedule.lanes().map(|(key, lane)| (key, is_ordered(&lane.id))).collect();
            due = asked.iter().map(|(key, _)| *key).zip(tx.next_due_of(&asked)?).collect();
            for webhook in routes.webhooks() {
                let key = tx.webhook(&webhook.id)?;
                let url = origin(&webhook.url).ok();
                if is_newest {
                    tx.set_host(key, url.as_ref().and_then(|url| url.host_str()))?;
                }
                if schedule.key(&webhook.id).is_none() {
                    new.push((key, Arc::clone(webhook)));
                }
            }
            Ok(())
        })?;
        for (key, webhook) in new {
            self.schedule.add(key, webhook);
        }
        for (key, due) in due {
            let webhook = self.schedule.lane(key).and_then(|lane| routes.webhook(&lane.id));
            self.schedule.configure(key, webhook.cloned(), now);
            self.schedule.set_due(key, due, now);
        }
        tracing::info!(
            revision = config.revision,
            webhooks = config.webhooks.len(),
            held = config.held,
            "config taken over"
        );
        let limits = Limits::of_this_process(config.max_in_flight);
        if limits != self.schedule.limits() || self.active.is_none() {
            tracing::info!(
                requests = limits.requests,
                kept = limits.kept,
                limited_by_descriptors = limits.descriptors,
                "under way at once, at most"
            );
        }
        self.schedule.set_limits(limits);
        let sender = Arc::new(Sender::new(&Settings {
            allow: config.allow.clone(),
            proxy: config.proxy.clone(),
            block_external: config.block_external.clone(),
            inbox: config.inbox.clone(),
            v1: config.v1.clone(),
            most_kept: self.schedule.limits().kept as usize,
        }));
        self.active = Some(ActiveConfig { config, version, routes, sender });
        Ok(())
    }
}
