//! The log, whole.

use serde_json::json;
use webhooks::store::log::{DeliveryRow, Log};

/// Every delivery of a log.
///
/// # Errors
/// What can't be read.
pub fn deliveries(log: &mut Log) -> Result<Vec<DeliveryRow>, String> {
    let mut rows = Vec::new();
    let mut query = json!({ "limit": 200 });
    loop {
        let wanted = serde_json::from_value(query).map_err(|error| error.to_string())?;
        let page = log.deliveries(&wanted).map_err(|error| error.to_string())?;
        rows.extend(page.deliveries);
        match page.cursor {
            Some(cursor) => query = json!({ "limit": 200, "cursor": cursor }),
            None => return Ok(rows),
        }
    }
}
