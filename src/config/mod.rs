//! The published webhooks: what WordPress wishes, as the data plane reads it.
//!
//! Two files in the spool. `config.json` (0600, with secrets) is for the worker;
//! `subscriptions.json` (no secrets) is the only one that a dispatching process reads, see
//! [`Subscriptions`]. Both are written atomically under one lock, the config first: a process
//! that accepts an event under a revision can rely on the worker finding it.

mod actions;
mod aside;
mod document;
mod error;
mod overview;
mod subscriptions;

use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

use rustix::fs::FlockOperation;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use actions::Actions;
pub use aside::{Wrong, check_webhooks};
pub use document::{too_large, too_many};
pub use error::ConfigError;
pub use overview::{Overview, WebhookOverview};
pub use subscriptions::{SUBSCRIPTIONS_FILE, Subscriptions};

use document::{Parts, parts, read_webhook, try_out};
use error::form;

/// The worker's file.
pub use domain::database::CONFIG_FILE;

use delivery::check;
use delivery::guard::{check_allow, check_url};
use delivery::proxy::{ProxySettings, check_proxy};
use delivery::v1::Projections;
use domain::database::Database;
use domain::webhook::Webhook;
use spool::{Access, Privacy, Spool};

/// Most webhooks of a config.
pub const MAX_WEBHOOKS: usize = 50_000;
const LOCK_FILE: &str = "config.lock";
/// Version of both files' form.
const FORMAT: u32 = 1;
/// Larger files are refused unread: 10,000 webhooks with templates take some 20 MB.
const MAX_FILE: u64 = 256 << 20;
/// Most bytes of a document that is published, looked at while it is written: 50,000 webhooks of 1.3 KB
/// each. The file says more of each webhook than the document has to.
pub const MAX_DOCUMENT: usize = 64 << 20;
/// How long publishing waits for another process that publishes.
const LOCK_WAIT: Duration = Duration::from_secs(5);

/// Everything that was published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    #[serde(default = "format")]
    format: u32,
    /// Grows with every change; records carry the one they were accepted under.
    #[serde(default)]
    pub revision: u64,
    /// Whose webhooks these are.
    #[serde(default)]
    pub installation: Option<Installation>,
    /// Why nothing is sent (a code such as `deactivated`); events become held deliveries.
    #[serde(default)]
    pub held: Option<String>,
    /// The publisher gives the spool up: it belongs to nobody afterwards. Not kept.
    #[serde(default, skip_serializing)]
    pub release: bool,
    /// `webhooks.allow` of the process that published: hosts and CIDRs.
    #[serde(default)]
    pub allow: Vec<String>,
    /// `webhooks.max_in_flight` of the process that published: how many requests may be under way
    /// at once; none: as many as the worker's machine has room for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_in_flight: Option<u32>,
    /// `webhooks.keep_segments` of the process that published: for how many seconds segments of the
    /// journal stay after they were read, where the store may lose what it has; none: an hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_segments: Option<u32>,
    /// How long the log keeps things.
    #[serde(default)]
    pub retention: Retention,
    /// Event or pattern → paths in `data` whose values exact search finds.
    #[serde(default)]
    pub lookup: BTreeMap<String, Vec<String>>,
    /// The proxy that all requests go through.
    #[serde(default)]
    pub proxy: Option<ProxySettings>,
    /// `WP_HTTP_BLOCK_EXTERNAL` is on, and only these hosts are reached.
    #[serde(default)]
    pub block_external: Option<Vec<String>>,
    /// URL of the network's own test inbox, which is reached without being judged.
    #[serde(default)]
    pub inbox: Option<String>,
    /// Whatever the publisher wants back in every dispatching process.
    #[serde(default)]
    pub actions: Actions,
    /// The network's own database, for a store that lies in it (`webhooks.store = mysql:`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<Database>,
    /// How events fill the keys of the format `v1`.
    #[serde(default)]
    pub v1: Projections,
    /// The webhooks.
    pub webhooks: Vec<Webhook>,
}

const fn format() -> u32 {
    FORMAT
}

/// One WordPress database: an id in it, and what it looked like when it was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Installation {
    /// A UUID.
    pub id: String,
    /// Database host, name, prefix and the main site's address, hashed or as text.
    pub fingerprint: String,
}

/// How long the log keeps things, in days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Deliveries and attempts.
    pub deliveries_days: u32,
    /// Bodies, after success.
    pub bodies_days: u32,
    /// What the log may take of the disk, in bytes: above it bodies of what was delivered are given
    /// up before their time, the oldest first. None: half of the file system it lies on.
    pub bytes: Option<u64>,
}

impl Default for Retention {
    fn default() -> Self {
        Self { deliveries_days: 30, bodies_days: 7, bytes: None }
    }
}

impl Config {
    /// Reads what `webhooks_configure()` was given: a list of webhooks, or the whole document.
    ///
    /// # Errors
    /// Names the webhook and the field, or the place in the document.
    pub fn from_json(
        document: &[u8],
        revision: u64,
        allow: &[String],
    ) -> Result<Self, ConfigError> {
        let Parts { mut members, actions, webhooks: list } = parts(document)?;
        members.remove("moved");
        // PHP writes an empty map as an empty list.
        members.retain(|_, value| !value.as_array().is_some_and(Vec::is_empty));
        let examples = match members.remove("examples") {
            None => Map::new(),
            Some(Value::Object(examples)) => examples,
            Some(_) => return Err(form("examples", &"expected event names with their data")),
        };
        members.insert("webhooks".into(), Value::Array(Vec::new()));
        members.insert("revision".into(), revision.into());
        members.insert("allow".into(), allow.into());
        members.remove("max_in_flight");
        members.remove("keep_segments");
        let mut config: Self = serde_path_to_error::deserialize(Value::Object(members))
            .map_err(|error| form(&error.path().to_string(), error.inner()))?;
        config.actions = actions;
        config.webhooks =
            list.into_iter().enumerate().map(read_webhook).collect::<Result<_, _>>()?;
        config.check()?;
        config.try_out(&examples)?;
        Ok(config)
    }

    /// With the limit of requests under way of the process that publishes.
    #[must_use]
    pub fn with_max_in_flight(self, max_in_flight: Option<u32>) -> Self {
        Self { max_in_flight, ..self }
    }

    /// With the time for which segments of the journal stay of the process that publishes, in seconds.
    #[must_use]
    pub fn with_keep_segments(self, keep_segments: Option<u32>) -> Self {
        Self { keep_segments, ..self }
    }

    /// Renders what admins wrote with the examples of the events that it is for, so that a
    /// mistake shows when it is saved and not at the first delivery.
    fn try_out(&self, examples: &Map<String, Value>) -> Result<(), ConfigError> {
        for webhook in &self.webhooks {
            try_out(webhook, examples)
                .map_err(|field| ConfigError::Webhook { webhook: webhook.id.clone(), field })?;
        }
        Ok(())
    }

    fn check(&self) -> Result<(), ConfigError> {
        for entry in &self.allow {
            check_allow(entry).map_err(|error| form("webhooks.allow", &error))?;
        }
        if let Some(proxy) = &self.proxy {
            check_proxy(proxy).map_err(|error| form("proxy.url", &error))?;
        }
        if let Some(inbox) = &self.inbox {
            check_url(inbox).map_err(|error| form("inbox", &error))?;
        }
        if let Some(database) = &self.database {
            database
                .check()
                .map_err(|(member, error)| form(&format!("database.{member}"), &error))?;
        }
        let mut ids = HashSet::new();
        for webhook in &self.webhooks {
            check::check(webhook)
                .map_err(|field| ConfigError::Webhook { webhook: webhook.id.clone(), field })?;
            if !ids.insert(&webhook.id) {
                return Err(ConfigError::Twice(webhook.id.clone()));
            }
        }
        Ok(())
    }

    /// Writes both files, unless something newer or somebody else's stands there. `moved`: take
    /// over what was published under the same installation id from another place.
    ///
    /// # Errors
    /// Nothing was published; the message says what to do.
    pub fn publish(mut self, spool: &Spool, moved: bool) -> Result<(), ConfigError> {
        let (owner, _) = spool.owner();
        let user = rustix::process::geteuid().as_raw();
        if user != 0 && user != owner {
            let path = spool.path().display().to_string();
            return Err(ConfigError::NotOwner { path, user, owner });
        }
        let _lock = lock(spool)?;
        match Self::load(spool) {
            Ok(Some(published)) => self.may_replace(&published, spool, moved)?,
            // A damaged file is mended by publishing.
            Ok(None) | Err(ConfigError::Damaged { .. }) => {}
            Err(error) => return Err(error),
        }
        if std::mem::take(&mut self.release) {
            self.installation = None;
        }
        let written = serde_json::to_vec(&self).map_err(|error| form("its start", &error))?;
        spool.top().replace(CONFIG_FILE, &written, Privacy::Private)?;
        Ok(spool.top().replace(SUBSCRIPTIONS_FILE, &Subscriptions::of(&self), Privacy::Shared)?)
    }

    /// Whether this may take the place of `published`; takes over its installation where this
    /// document names none.
    fn may_replace(
        &mut self,
        published: &Self,
        spool: &Spool,
        moved: bool,
    ) -> Result<(), ConfigError> {
        let path = spool.path().display().to_string();
        match (&published.installation, &self.installation) {
            // A reinstallation in the same place: it has another id, and the old one nothing left.
            (Some(theirs), Some(ours))
                if theirs.id != ours.id
                    && theirs.fingerprint == ours.fingerprint
                    && published.webhooks.is_empty() => {}
            (Some(theirs), Some(ours)) if theirs.id != ours.id => {
                return Err(ConfigError::OtherInstallation {
                    path,
                    theirs: theirs.id.clone(),
                    ours: ours.id.clone(),
                });
            }
            (Some(theirs), Some(ours)) if theirs.fingerprint != ours.fingerprint && !moved => {
                return Err(ConfigError::Moved {
                    path,
                    theirs: theirs.fingerprint.clone(),
                    ours: ours.fingerprint.clone(),
                });
            }
            (Some(theirs), None) => self.installation = Some(theirs.clone()),
            _ => {}
        }
        // The same again is no error: several processes may notice one change.
        if self.revision < published.revision
            || (self.revision == published.revision && *self != *published)
        {
            let (offered, published) = (self.revision, published.revision);
            return Err(ConfigError::Stale { offered, published });
        }
        Ok(())
    }

    /// Reads `config.json`; `None` where nothing was published yet.
    ///
    /// # Errors
    /// Where it can't be opened, is damaged or of a newer format.
    pub fn load(spool: &Spool) -> Result<Option<Self>, ConfigError> {
        read_file(spool, CONFIG_FILE)
    }
}

/// Reads one of the two files, whose `format` is looked at first.
fn read_file<T: for<'de> Deserialize<'de>>(
    spool: &Spool,
    name: &str,
) -> Result<Option<T>, ConfigError> {
    #[derive(Deserialize)]
    struct Version {
        format: u32,
    }
    let Some(bytes) = spool.top().read(name, MAX_FILE)? else {
        return Ok(None);
    };
    let path = || spool.path().join(name).display().to_string();
    let damaged = |error: serde_json::Error| ConfigError::Damaged {
        path: path(),
        // serde_json's messages can quote a value; where it stands is enough.
        message: format!("line {}, column {}", error.line(), error.column()),
    };
    let version: Version = serde_json::from_slice(&bytes).map_err(damaged)?;
    if version.format > FORMAT {
        return Err(ConfigError::Newer { path: path(), found: version.format });
    }
    serde_json::from_slice(&bytes).map(Some).map_err(damaged)
}

/// Holds the publishing lock until dropped.
fn lock(spool: &Spool) -> Result<std::fs::File, ConfigError> {
    let file = spool.top().open_or_create(LOCK_FILE, Access::ReadWrite, Privacy::Shared)?;
    let deadline = Instant::now() + LOCK_WAIT;
    while rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
        if Instant::now() > deadline {
            return Err(ConfigError::Busy(spool.path().join(LOCK_FILE).display().to_string()));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(file)
}

#[cfg(test)]
mod tests;
