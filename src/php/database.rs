//! What `wp-config.php` says of the network's own database: `webhooks_database()`.

use ext_php_rs::prelude::*;

use super::arguments::Array;
use super::{exception, process, query};
use webhooks::database::Database;

/// Adds this function to the module.
pub(super) fn add(module: ModuleBuilder<'static>) -> ModuleBuilder<'static> {
    module.function(wrap_function!(webhooks_database))
}

/// Tells this request of the network's own database. See the stub.
#[php_function]
fn webhooks_database(database: Array<'_>) -> PhpResult<()> {
    let database: Database = query::read_secret(Some(database))?;
    database.check().map_err(|(member, error)| exception::new(format!("{member}: {error}")))?;
    process::with(|process| process.set_database(database));
    Ok(())
}
