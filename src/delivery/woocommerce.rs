//! What WooCommerce's own webhooks say beside the body, so that a receiver of theirs goes on working.
//!
//! | header | |
//! |---|---|
//! | `x-wc-webhook-source` | the site's address, with a slash at its end |
//! | `x-wc-webhook-topic` | `order.updated`; of what is none of its topics `action.` and the event's name |
//! | `x-wc-webhook-resource`, `x-wc-webhook-event` | both parts of the topic |
//! | `x-wc-webhook-signature` | HMAC-SHA256 of the body in base64, with the secret's bytes |
//! | `x-wc-webhook-id` | the webhook's id |
//! | `x-wc-webhook-delivery-id` | the event's id: the same for every attempt |

use http::{HeaderName, HeaderValue};

use super::json::{NotJson, Places};
use domain::event::{Event, WOOCOMMERCE};

/// The header of its signature.
pub(super) const SIGNATURE: HeaderName = HeaderName::from_static("x-wc-webhook-signature");

/// All of its headers but the signature.
pub(super) fn headers(
    event: &Event,
    webhook: &str,
) -> Result<Vec<(HeaderName, HeaderValue)>, NotJson> {
    let text =
        std::str::from_utf8(&event.body).map_err(|error| NotJson::at_byte(error.valid_up_to()))?;
    let places = Places::of(text)?;
    let url = places.value(text).path(["site", "url"].into_iter());
    let site = url.map(|url| url.text().trim_end_matches('/').to_owned()).unwrap_or_default();
    let (resource, what) = topic(&event.name);
    let values = [
        ("x-wc-webhook-source", format!("{site}/")),
        ("x-wc-webhook-topic", format!("{resource}.{what}")),
        ("x-wc-webhook-resource", resource.to_owned()),
        ("x-wc-webhook-event", what.to_owned()),
        ("x-wc-webhook-id", webhook.to_owned()),
        ("x-wc-webhook-delivery-id", event.id.to_string()),
    ];
    Ok(values
        .into_iter()
        .filter_map(|(name, value)| {
            Some((HeaderName::from_static(name), HeaderValue::try_from(value).ok()?))
        })
        .collect())
}

/// Both parts of the topic that an event's name stands for.
fn topic(name: &str) -> (&str, &str) {
    let own = name.strip_prefix(WOOCOMMERCE).and_then(|topic| topic.split_once('.'));
    own.unwrap_or(("action", name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_the_name_without_its_beginning() {
        assert_eq!(topic("woocommerce.order.updated"), ("order", "updated"));
        assert_eq!(topic("payment_received"), ("action", "payment_received"));
    }
}
