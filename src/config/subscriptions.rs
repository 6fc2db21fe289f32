//! Who subscribes to what: all that a dispatching process needs to know of the config.

use std::collections::HashMap;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::{Actions, Config, ConfigError, FORMAT, read_file};
use domain::event;
use domain::webhook::Sites;
use spool::Spool;

/// The dispatching processes' file: no secrets, the folder's policy.
pub const SUBSCRIPTIONS_FILE: &str = "subscriptions.json";

/// Answers are kept for this many event names, so that made-up names can't fill the memory.
const MOST_ANSWERS: usize = 4096;

/// What stands in the file.
#[derive(Serialize, Deserialize)]
struct File {
    format: u32,
    revision: u64,
    fingerprint: Option<String>,
    allow: Vec<String>,
    #[serde(default)]
    max_in_flight: Option<u32>,
    #[serde(default)]
    keep_segments: Option<u32>,
    webhooks: usize,
    held: Option<String>,
    #[serde(default)]
    block_external: Option<Vec<String>>,
    #[serde(default)]
    inbox: Option<String>,
    #[serde(default)]
    actions: Actions,
    rules: Vec<Rule>,
}

/// Somebody subscribes to these events of these sites.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Rule {
    event: String,
    sites: Sites,
    network: bool,
}

/// The answers to one event name.
#[derive(Debug, Default)]
struct Answer {
    /// For any site at all.
    any: bool,
    /// For every site: no list to look at.
    all: bool,
    /// For events of the whole network.
    network: bool,
    /// Otherwise one of these has to include the site.
    sites: Vec<Sites>,
}

/// The published subscriptions, with the answers given so far.
#[derive(Debug)]
pub struct Subscriptions {
    /// Revision of the config that they are of.
    pub revision: u64,
    /// Fingerprint of the installation that published.
    pub fingerprint: Option<String>,
    /// `webhooks.allow` at publishing.
    pub allow: Vec<String>,
    /// `webhooks.max_in_flight` at publishing.
    pub max_in_flight: Option<u32>,
    /// `webhooks.keep_segments` at publishing.
    pub keep_segments: Option<u32>,
    /// How many webhooks there are.
    pub webhooks: usize,
    /// Why nothing is sent, see [`Config::held`].
    pub held: Option<String>,
    /// See [`Config::block_external`].
    pub block_external: Option<Vec<String>>,
    /// See [`Config::inbox`]. Who can read this file can read WordPress's database too.
    pub inbox: Option<String>,
    /// What the publisher wants back, see [`Config::actions`].
    pub actions: Actions,
    exact: HashMap<String, Vec<Rule>>,
    patterns: Vec<Rule>,
    answers: HashMap<String, Rc<Answer>>,
}

impl Subscriptions {
    /// The file's content for a config. Rules that say the same stand once: 10,000 webhooks for
    /// one event of all sites are one rule.
    pub(super) fn of(config: &Config) -> Vec<u8> {
        let mut seen = std::collections::HashSet::new();
        let mut rules = Vec::new();
        for webhook in &config.webhooks {
            for event in &webhook.events {
                let rule = Rule {
                    event: event.clone(),
                    sites: webhook.sites.clone(),
                    network: webhook.network_events,
                };
                if seen.insert(serde_json::to_string(&rule).unwrap_or_default()) {
                    rules.push(rule);
                }
            }
        }
        let file = File {
            format: FORMAT,
            revision: config.revision,
            fingerprint: config.installation.as_ref().map(|ours| ours.fingerprint.clone()),
            allow: config.allow.clone(),
            max_in_flight: config.max_in_flight,
            keep_segments: config.keep_segments,
            webhooks: config.webhooks.len(),
            held: config.held.clone(),
            block_external: config.block_external.clone(),
            inbox: config.inbox.clone(),
            actions: config.actions.clone(),
            rules,
        };
        serde_json::to_vec(&file).unwrap_or_default()
    }

    /// Reads the file; `None` where nothing was published yet.
    ///
    /// # Errors
    /// Where it can't be opened, is damaged or of a newer format. Then nobody knows who
    /// subscribes, and every event has to be taken.
    pub fn load(spool: &Spool) -> Result<Option<Self>, ConfigError> {
        Ok(read_file::<File>(spool, SUBSCRIPTIONS_FILE)?.map(Self::new))
    }

    fn new(file: File) -> Self {
        let mut exact: HashMap<String, Vec<Rule>> = HashMap::new();
        let mut patterns = Vec::new();
        for rule in file.rules {
            if rule.event.contains('*') {
                patterns.push(rule);
            } else {
                exact.entry(rule.event.clone()).or_default().push(rule);
            }
        }
        Self {
            revision: file.revision,
            fingerprint: file.fingerprint,
            allow: file.allow,
            max_in_flight: file.max_in_flight,
            keep_segments: file.keep_segments,
            webhooks: file.webhooks,
            held: file.held,
            block_external: file.block_external,
            inbox: file.inbox,
            actions: file.actions,
            exact,
            patterns,
            answers: HashMap::new(),
        }
    }

    /// Whether anybody subscribes to an event: of a site, of the network as a whole
    /// (`network`), or with `None` of any site. One look-up after the first question.
    pub fn wants(&mut self, event: &str, site: Option<u64>, network: bool) -> bool {
        let answer = match self.answers.get(event) {
            Some(answer) => Rc::clone(answer),
            None => {
                let answer = Rc::new(self.answer(event));
                if self.answers.len() >= MOST_ANSWERS {
                    self.answers.clear();
                }
                self.answers.insert(event.to_owned(), Rc::clone(&answer));
                answer
            }
        };
        match site {
            _ if network => answer.network,
            None => answer.any,
            Some(site) => answer.all || answer.sites.iter().any(|sites| sites.include(site)),
        }
    }

    fn answer(&self, event: &str) -> Answer {
        let exact = self.exact.get(event).into_iter().flatten();
        let patterns = self.patterns.iter().filter(|rule| event::matches(&rule.event, event));
        let mut answer = Answer::default();
        for rule in exact.chain(patterns) {
            answer.any = true;
            answer.all |= rule.sites == Sites::All;
            answer.network |= rule.network;
            answer.sites.push(rule.sites.clone());
        }
        answer
    }
}
