//! `webhooks_preview()`: what would be sent, and why it would not.

use ext_php_rs::prelude::*;

use super::arguments::{Array, ArrayOrObject, Bytes, OptionalArray};
use super::options::Options;
use super::process::{self, Process};
use super::to_zval::{Tree, to_zval};
use super::{dispatch, encode, envelope, exception};
use webhooks::clock::{Clock as _, SystemClock};
use webhooks::delivery::guard::Guard;
use webhooks::delivery::preview::{Preview, PreviewContext};
use webhooks::event::Event;
use webhooks::journal::JournalError;
use webhooks::store::log::StatsQuery;
use webhooks::webhook::{FieldError, Webhook};

/// Adds this function to the module.
pub(super) fn add(module: ModuleBuilder<'static>) -> ModuleBuilder<'static> {
    module.function(wrap_function!(webhooks_preview))
}

/// Why there is no preview.
enum Stop {
    /// PHP code threw: its exception is pending.
    Thrown(PhpException),
    /// What it should be of can't be read.
    Impossible(FieldError),
}

impl From<FieldError> for Stop {
    fn from(error: FieldError) -> Self {
        Self::Impossible(error)
    }
}

/// What would be sent. See the stub.
#[php_function]
fn webhooks_preview(
    webhook: Array<'_>,
    event: Bytes<'_>,
    data: ArrayOrObject<'_>,
    options: OptionalArray<'_>,
) -> PhpResult<Tree> {
    let preview = match preview(webhook, event, data, options) {
        Ok(preview) => preview,
        Err(Stop::Impossible(error)) => Preview::impossible(error),
        Err(Stop::Thrown(exception)) => return Err(exception),
    };
    to_zval(&preview).map_err(exception::new)
}

fn preview(
    webhook: Array<'_>,
    event: Bytes<'_>,
    data: ArrayOrObject<'_>,
    options: OptionalArray<'_>,
) -> Result<Preview, Stop> {
    let webhook = read_webhook(webhook)?;
    let name =
        dispatch::event_name(event.0).map_err(|message| FieldError::new("event", message))?;
    let options = Options::read(options.0.map(|options| options.table))
        .map_err(|error| FieldError::new("options", error))?;
    let now = SystemClock.unix_ms();
    let limit = process::with(|process| dispatch::largest(process.settings().max_payload));
    let timestamp = options.timestamp.unwrap_or(now);
    let mut header = options.header(options.id(name, now), timestamp, name);
    let mut body = Vec::new();
    let room = limit.saturating_sub(header.written_len()).max(1);
    // PHP code may run here (jsonSerialize); nothing of the process is borrowed.
    envelope::write(&mut body, &mut header, data.0, &options, room).map_err(
        |error| match error.end {
            _ if error.thrown => Stop::Thrown(exception::new(error)),
            Some(end) => FieldError::new("data", dispatch::too_large(end, limit)).into(),
            None => FieldError::new("data", error).into(),
        },
    )?;
    let size = header.written_len() + body.len();
    if size > limit {
        return Err(FieldError::new("data", JournalError::TooLarge { size, limit }).into());
    }
    let event = Event::new(&header, 0, body.into());
    Ok(process::with(|process| {
        let (held, guard) = look(process);
        let disabled = is_disabled(process, &webhook);
        let context = PreviewContext { guard: &guard, held: held.as_deref(), disabled, now };
        Preview::new(&webhook, &header, &event, &context)
    }))
}

/// The webhook that an array is.
///
/// # Errors
/// Says which of its fields can't be read, and why.
pub(super) fn webhook(array: Array<'_>) -> PhpResult<Webhook> {
    read_webhook(array).map_err(|stop| match stop {
        Stop::Thrown(exception) => exception,
        Stop::Impossible(error) => exception::new(error),
    })
}

fn read_webhook(array: Array<'_>) -> Result<Webhook, Stop> {
    let mut json = Vec::new();
    encode::encode(array.zval, &mut json, super::largest()).map_err(|problem| {
        let message = problem.message("");
        if problem.reason == encode::Reason::Thrown {
            Stop::Thrown(exception::new(message))
        } else {
            FieldError::new(problem.path(""), message).into()
        }
    })?;
    let value = serde_json::from_slice(&json)
        .map_err(|error| FieldError::new("webhook", error))
        .map(|value| match value {
            // An empty array is a list to PHP.
            serde_json::Value::Array(list) if list.is_empty() => serde_json::json!({}),
            value => value,
        })?;
    Ok(Webhook::from_value(value)?)
}

/// Why nothing is sent to anybody, and where requests may go, as far as that was published.
fn look(process: &mut Process) -> (Option<String>, Guard) {
    let readable = process.look().is_ok();
    let allow = process.settings().allow.clone();
    let published = process.subscriptions().filter(|_| readable);
    let (held, guard) = published.map_or_else(
        || (None, Guard::new(&allow, None)),
        |published| {
            let guard = Guard::new(&allow, published.block_external.as_deref())
                .with_inbox(published.inbox.as_deref());
            (published.held.clone(), guard)
        },
    );
    (held, guard)
}

/// Whether the worker switched the webhook off; where nobody can say, it did not.
fn is_disabled(process: &mut Process, webhook: &Webhook) -> bool {
    let query = StatsQuery { webhook_ids: Some(vec![webhook.id.clone()]), hours: 0, fields: None };
    let stats = process.log().ok().flatten().and_then(|log| log.stats(&query, 0).ok());
    let stats = stats.and_then(|mut stats| stats.remove(&webhook.id));
    stats.is_some_and(|stats| stats.disabled.is_some())
}
