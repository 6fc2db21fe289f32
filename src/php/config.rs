//! What was published: `webhooks_configure()`, `webhooks_revision()`, `webhooks_actions()`.

use ext_php_rs::prelude::*;

use super::arguments::Array;
use super::to_zval::{Tree, to_zval};
use super::zval::{Key, Value};
use super::{encode, exception, process};
use crate::config::{Config, MAX_FILE};

/// Adds these functions to the module.
pub(super) fn add(module: ModuleBuilder<'static>) -> ModuleBuilder<'static> {
    module
        .function(wrap_function!(webhooks_configure))
        .function(wrap_function!(webhooks_revision))
        .function(wrap_function!(webhooks_actions))
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
    encode::encode(webhooks.zval, &mut document, MAX_FILE as usize)
        .map_err(|problem| exception::new(problem.message("")))?;
    process::with(|process| {
        let config = Config::from_json(&document, revision, &process.settings().allow)
            .map_err(exception::new)?;
        config.publish(process.spool().map_err(exception::new)?, moved).map_err(exception::new)?;
        process.published();
        Ok(())
    })
}

/// The published revision. See the stub.
#[php_function]
fn webhooks_revision() -> i64 {
    process::with(|process| {
        process.look_again();
        if process.look().is_err() {
            return 0;
        }
        let allow = process.settings().allow.clone();
        let revision = process
            .subscriptions()
            .filter(|published| published.allow == allow)
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
        to_zval(&published.map_or(&[][..], |published| &published.actions))
    })
    .map_err(exception::new)
}
