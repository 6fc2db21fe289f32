//! What was published: `webhooks_configure()`, `webhooks_check()`, `webhooks_revision()`,
//! `webhooks_actions()`, `webhooks_published_secrets()`.

use std::fs;
use std::os::unix::fs::MetadataExt;

use ext_php_rs::prelude::*;
use ext_php_rs::types::Zval;
use serde::Serialize;
use serde_transcode::Transcoder;

use super::arguments::{Array, OptionalArray};
use super::to_zval::{Tree, to_zval};
use super::zval::{Key, Value};
use super::{encode, exception, process};
use webhooks::config::{
    CONFIG_FILE, Config, MAX_DOCUMENT, MAX_WEBHOOKS, check_webhooks, too_large, too_many,
};
use webhooks::webhook::{self, FieldError, Header, RotatingSecret};

/// Adds these functions to the module.
pub(super) fn add(module: ModuleBuilder<'static>) -> ModuleBuilder<'static> {
    module
        .function(wrap_function!(webhooks_configure))
        .function(wrap_function!(webhooks_check))
        .function(wrap_function!(webhooks_revision))
        .function(wrap_function!(webhooks_actions))
        .function(wrap_function!(webhooks_published_secrets))
}

/// Publishes the webhooks. See the stub.
#[php_function]
fn webhooks_configure(webhooks: Array<'_>, revision: i64) -> PhpResult<()> {
    let revision = u64::try_from(revision)
        .ok()
        .filter(|it| *it > 0)
        .ok_or_else(|| exception::new(format!("revision {revision}: expected a number above 0")))?;
    let moved = webhooks.table.iter().find(|(key, _)| matches!(key, Key::Text(b"moved")));
    let moved = match moved.map(|(_, value)| Value::behind(value)) {
        None | Some(Value::False) => false,
        Some(Value::True) => true,
        Some(other) => {
            let got = other.type_name();
            return Err(exception::new(format!("moved: expected a bool, got {got}")));
        }
    };
    let mut document = Vec::new();
    encode::encode(webhooks.zval, &mut document, MAX_DOCUMENT).map_err(|problem| {
        exception::new(match problem.reason {
            encode::Reason::TooLarge { .. } => too_large(),
            _ => problem.message(""),
        })
    })?;
    process::with(|process| {
        let settings = process.settings();
        let config = Config::from_json(&document, revision, &settings.allow)
            .map_err(exception::new)?
            .with_max_in_flight(settings.max_in_flight)
            .with_keep_segments(settings.keep_segments);
        config.publish(process.spool().map_err(exception::new)?, moved).map_err(exception::new)?;
        process.published();
        Ok(())
    })
}

/// One of several webhooks that is wrong, in the words of the stub.
#[derive(Serialize)]
struct Mistake {
    number: usize,
    field: String,
    message: String,
}

/// Judges webhooks, each for itself. See the stub.
#[php_function]
fn webhooks_check(webhooks: Array<'_>, examples: OptionalArray<'_>) -> PhpResult<Tree> {
    let examples = match examples.0.map(|examples| json(examples.zval)).transpose() {
        Ok(Some(serde_json::Value::Object(examples))) => examples,
        Ok(_) => serde_json::Map::new(),
        Err(error) => return Err(exception::new(error)),
    };
    let number = webhooks.table.len();
    if number > MAX_WEBHOOKS {
        return Err(exception::new(too_many(number)));
    }
    let webhooks = webhooks.table.iter().map(|(_, webhook)| json(webhook));
    let wrong = check_webhooks(webhooks, &examples);
    let mistakes: Vec<Mistake> = wrong
        .into_iter()
        .map(|wrong| Mistake {
            number: wrong.place,
            message: wrong.error.reason(),
            field: wrong.error.field,
        })
        .collect();
    to_zval(&mistakes).map_err(exception::new)
}

/// A value as JSON; what can't be that is told with its path.
fn json(value: &Zval) -> Result<serde_json::Value, FieldError> {
    let mut json = Vec::new();
    encode::encode(value, &mut json, super::largest())
        .map_err(|problem| FieldError::new(problem.path(""), problem.message("")))?;
    serde_json::from_slice(&json).map_err(|error| FieldError::new(".", error))
}

/// The published revision. See the stub.
#[php_function]
fn webhooks_revision() -> i64 {
    process::with(|process| {
        process.look_again();
        if process.look().is_err() {
            return 0;
        }
        if process.has_other_database() {
            return 0;
        }
        let settings = process.settings();
        let (allow, max_in_flight) = (settings.allow.clone(), settings.max_in_flight);
        let keep_segments = settings.keep_segments;
        let revision = process
            .subscriptions()
            .filter(|published| published.allow == allow)
            .filter(|published| published.max_in_flight == max_in_flight)
            .filter(|published| published.keep_segments == keep_segments)
            .map_or(0, |published| published.revision);
        revision.cast_signed()
    })
}

/// The published actions. See the stub.
#[php_function]
fn webhooks_actions() -> PhpResult<Tree> {
    process::with(|process| {
        let readable = process.look().is_ok();
        let published = process.subscriptions().filter(|_| readable);
        let actions = published.map_or("[]", |published| published.actions.json());
        let mut read = serde_json::Deserializer::from_str(actions);
        to_zval(&Transcoder::new(&mut read))
    })
    .map_err(exception::new)
}

/// What is secret of a published webhook, in the words of the stub.
#[derive(Serialize)]
struct PublishedSecrets {
    installation: Option<String>,
    revision: u64,
    /// When its file was written, as Unix time in seconds; 0: nobody says.
    published: i64,
    secrets: Vec<RotatingSecret>,
    headers: Vec<Header>,
    keys: Vec<webhook::Key>,
}

/// Secrets, headers and keys of a published webhook. See the stub.
#[php_function]
fn webhooks_published_secrets(webhook_id: &str) -> PhpResult<Option<Tree>> {
    let (at, published) = process::with(|process| {
        let spool = process.spool().map_err(exception::new)?;
        // Before it is read: a file that takes its place meanwhile must not lend it its time.
        let at = fs::metadata(spool.path_of(CONFIG_FILE)).map_or(0, |file| file.mtime());
        Config::load(spool).map(|config| (at, config)).map_err(exception::new)
    })?;
    let found = published.and_then(|config| {
        let webhook = config.webhooks.into_iter().find(|webhook| webhook.id == webhook_id)?;
        // Of one that was set aside only what could be read was published.
        webhook.set_aside.is_none().then(|| PublishedSecrets {
            installation: config.installation.map(|ours| ours.id),
            revision: config.revision,
            published: at,
            secrets: webhook.secrets,
            headers: webhook.headers,
            keys: webhook.keys,
        })
    });
    found.map(|found| to_zval(&found).map_err(exception::new)).transpose()
}
