//! What `webhooks_status()` needs of the published config. Reading that takes longer with each webhook,
//! so a process does it once for each publication, and keeps only what it asks for.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use serde::Serialize;

use webhooks::config::{ConfigError, Installation, Overview};
use webhooks::database::Database;
use webhooks::spool::{FileVersion, Spool};

/// See the module.
#[derive(Debug)]
pub(super) struct Published {
    /// Of the file that it was read from.
    pub(super) version: FileVersion,
    pub(super) revision: u64,
    pub(super) installation: Option<Installation>,
    pub(super) held: Option<String>,
    pub(super) allow: Vec<String>,
    pub(super) max_in_flight: Option<u32>,
    pub(super) keep_segments: Option<u32>,
    /// The network's own database, where a store lies in it.
    pub(super) database: Option<Database>,
    /// How many webhooks there are.
    pub(super) webhooks: usize,
    pub(super) set_aside: Vec<SetAside>,
    /// Ids of webhooks to which nothing is sent because somebody wants it so, or they are invalid.
    left_out: HashSet<String>,
    /// Names of those that were asked for.
    names: RefCell<HashMap<String, Option<String>>>,
}

/// A webhook that was published as invalid.
#[derive(Debug, Clone, Serialize)]
pub(super) struct SetAside {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) field: String,
    pub(super) message: String,
}

impl Published {
    /// Reads it; `version` is that of the file, as it was seen before.
    pub(super) fn read(spool: &Spool, version: FileVersion) -> Result<Option<Self>, ConfigError> {
        let Some(config) = Overview::load(spool)? else { return Ok(None) };
        let (mut set_aside, mut left_out) = (Vec::new(), HashSet::new());
        for webhook in &config.webhooks {
            if webhook.paused || webhook.set_aside.is_some() {
                left_out.insert(webhook.id.clone());
            }
            if let Some(aside) = &webhook.set_aside {
                set_aside.push(SetAside {
                    id: webhook.id.clone(),
                    name: webhook.name.clone(),
                    field: aside.field.clone(),
                    message: aside.message.clone(),
                });
            }
        }
        Ok(Some(Self {
            version,
            revision: config.revision,
            installation: config.installation,
            held: config.held,
            allow: config.allow,
            max_in_flight: config.max_in_flight,
            keep_segments: config.keep_segments,
            database: config.database,
            webhooks: config.webhooks.len(),
            set_aside,
            left_out,
            names: RefCell::default(),
        }))
    }

    /// Whether it is no wonder that nothing reaches this webhook.
    pub(super) fn is_left_out(&self, id: &str) -> bool {
        self.left_out.contains(id)
    }

    /// The name of a webhook; none where it is not published. Rarely wanted, and for the same ones each
    /// time: so the config is read once more for those that were not asked for before.
    pub(super) fn names(&self, spool: &Spool, ids: &HashSet<&str>) -> HashMap<String, String> {
        let mut names = self.names.borrow_mut();
        if ids.iter().any(|id| !names.contains_key(*id)) {
            let config = Overview::load(spool).ok().flatten();
            let webhooks = config.into_iter().flat_map(|config| config.webhooks);
            let wanted = webhooks.filter(|webhook| ids.contains(&*webhook.id));
            let mut found: HashMap<_, _> =
                wanted.map(|webhook| (webhook.id, Some(webhook.name))).collect();
            for id in ids {
                found.entry((*id).to_owned()).or_default();
            }
            *names = found;
        }
        let known = names.iter().filter(|(id, _)| ids.contains(&***id));
        known.filter_map(|(id, name)| Some((id.clone(), name.clone()?))).collect()
    }
}
