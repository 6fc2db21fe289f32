//! What people are told of the published config, without the rest of it: with 10,000 webhooks the whole
//! takes four times as long to read, and ten times the memory.

use serde::Deserialize;

use super::{CONFIG_FILE, ConfigError, Installation, read_file};
use domain::database::Database;
use domain::webhook::SetAside;
use spool::Spool;

/// The published config without what webhooks are sent by. Unknown members are passed over, so a config
/// that can be read so far is not always one that the worker takes.
#[derive(Debug, Deserialize)]
pub struct Overview {
    /// As [`Config::revision`](super::Config::revision), and so on.
    #[serde(default)]
    pub revision: u64,
    /// Whose webhooks these are.
    #[serde(default)]
    pub installation: Option<Installation>,
    /// Why nothing is sent.
    #[serde(default)]
    pub held: Option<String>,
    /// `webhooks.allow` of the process that published.
    #[serde(default)]
    pub allow: Vec<String>,
    /// `webhooks.max_in_flight` of the process that published.
    #[serde(default)]
    pub max_in_flight: Option<u32>,
    /// `webhooks.keep_segments` of the process that published.
    #[serde(default)]
    pub keep_segments: Option<u32>,
    /// The network's own database, where a store lies in it.
    #[serde(default)]
    pub database: Option<Database>,
    /// The webhooks.
    pub webhooks: Vec<WebhookOverview>,
}

/// A webhook without what it is sent by.
#[derive(Debug, Deserialize)]
pub struct WebhookOverview {
    /// Its id.
    pub id: String,
    /// What people call it.
    #[serde(default)]
    pub name: String,
    /// Somebody wants nothing sent.
    #[serde(default)]
    pub paused: bool,
    /// Published as invalid.
    #[serde(default)]
    pub set_aside: Option<SetAside>,
}

impl Overview {
    /// Reads it; `None` where nothing was published yet.
    ///
    /// # Errors
    /// As [`Config::load`](super::Config::load).
    pub fn load(spool: &Spool) -> Result<Option<Self>, ConfigError> {
        read_file(spool, CONFIG_FILE)
    }
}
