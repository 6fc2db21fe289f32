//! What is sent: the body of an event in each of the formats a webhook can have.
//!
//! | format | body |
//! |---|---|
//! | `standard` | the event's own bytes, not copied |
//! | `flat` | `data` alone, as `wp_json_encode()` writes it |
//! | `v1` | a form: `webhook_id`, `type`, `data[…]`, with the keys of WP Ultimo 1 where it had the event |
//! | `cloudevents` | CloudEvents 1.0, structured mode |
//! | `cloudevents-binary` | `data` alone, the attributes as `ce-` headers |
//! | `woocommerce` | `data` alone, as `wp_json_encode()` writes it, with the headers of WooCommerce |
//! | `template` | what the admin's template makes of the envelope |
//!
//! A webhook's `fields` apply before any of them. Numbers and the order of keys are never
//! changed: JSON is rewritten as text, not through values.

use std::borrow::Cow;
use std::sync::Arc;

use http::{HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::fields::FieldFilter;
use super::form::{Form, TooLarge};
use super::json::{Json, NotJson, Places};
use super::php_json;
use super::request::failure;
use super::template::{Template, TemplateError};
use super::v1::Projections;
use super::woocommerce;
use domain::attempt::{Failure, Phase};
use domain::event::Event;
use domain::webhook::{Format, Webhook};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
/// Bytes that a format may make of even a small event.
pub const MAX_BODY: usize = 4 << 20;
const CLOUDEVENT: HeaderValue = HeaderValue::from_static("application/cloudevents+json");

/// What is to be sent.
#[derive(Debug)]
pub struct Payload<'a> {
    /// The bytes that are signed and sent.
    pub body: Cow<'a, [u8]>,
    /// Their type.
    pub content_type: HeaderValue,
    /// Headers that belong to the format.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

/// Why an event can't be turned into a body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// Its own body is not what this version writes.
    #[error("the event's body can't be read: {0}")]
    Body(#[from] NotJson),
    /// It would be larger than a body may be.
    #[error(
        "in the format {format} this event's body exceeds {limit} bytes: send fewer fields, or \
         another format"
    )]
    TooLarge {
        /// The webhook's format.
        format: &'static str,
        /// Most bytes.
        limit: usize,
    },
    /// The template fails on it.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The URL's template does.
    #[error(transparent)]
    Url(TemplateError),
}

impl From<FormatError> for Failure {
    fn from(error: FormatError) -> Self {
        let code = match error {
            FormatError::Body(_) | FormatError::TooLarge { .. } => "body",
            FormatError::Template(_) => "template",
            FormatError::Url(_) => "url",
        };
        failure(Phase::Prepare, code, error.to_string())
    }
}

/// A webhook's format, fields and template, read once.
#[derive(Debug)]
pub struct Formatter {
    webhook: String,
    format: Format,
    fields: Option<FieldFilter>,
    template: Option<Template>,
    projections: Arc<Projections>,
}

impl Formatter {
    /// Reads what the webhook says about its body.
    ///
    /// # Errors
    /// Where its template, content type or a field's path can't be read.
    pub fn new(webhook: &Webhook) -> Result<Self, TemplateError> {
        let template = match webhook.format {
            Format::Template => {
                let source = webhook.template.as_deref().unwrap_or_default();
                Some(Template::parse(source, webhook.content_type.as_deref())?)
            }
            _ => None,
        };
        let fields = match &webhook.fields[..] {
            [] => None,
            paths => Some(
                FieldFilter::new(paths).map_err(|error| TemplateError::new(error.to_string()))?,
            ),
        };
        let (webhook, format) = (webhook.id.clone(), webhook.format);
        Ok(Self { webhook, format, fields, template, projections: Arc::default() })
    }

    /// With what is published about the format `v1`.
    #[must_use]
    pub fn with_projections(self, projections: Arc<Projections>) -> Self {
        Self { projections, ..self }
    }

    /// The payload of an event.
    ///
    /// # Errors
    /// Where the template fails on it, or its body is not what this version writes.
    pub fn format<'a>(&self, event: &'a Event) -> Result<Payload<'a>, FormatError> {
        self.format_data(event, self.data(event)?)
    }

    /// What the webhook gets of an event's data.
    ///
    /// # Errors
    /// Where its body is not what this version writes.
    pub fn data<'a>(&self, event: &'a Event) -> Result<Cow<'a, [u8]>, FormatError> {
        Ok(match &self.fields {
            None => Cow::Borrowed(event.data()),
            Some(fields) => Cow::Owned(fields.filter(event.data())?),
        })
    }

    /// The payload of an event with this [data](Self::data).
    ///
    /// # Errors
    /// Where the template fails on it, or its body is not what this version writes.
    pub fn format_data<'a>(
        &self,
        event: &'a Event,
        data: Cow<'a, [u8]>,
    ) -> Result<Payload<'a>, FormatError> {
        let of_type = |body, content_type| Payload { body, content_type, headers: Vec::new() };
        Ok(match self.format {
            Format::Standard => of_type(with_data(event, &data), JSON),
            Format::Flat => of_type(Cow::Owned(php_json::rewrite(&data)), JSON),
            Format::WooCommerce => Payload {
                body: Cow::Owned(php_json::rewrite(&data)),
                content_type: JSON,
                headers: woocommerce::headers(event, &self.webhook)?,
            },
            Format::V1 => of_type(Cow::Owned(self.form(event, &data)?.into_bytes()), FORM),
            Format::CloudEvents => of_type(Cow::Owned(cloud_event(event, &data)?), CLOUDEVENT),
            Format::CloudEventsBinary => {
                Payload { headers: cloud_headers(event)?, body: data, content_type: JSON }
            }
            Format::Template => {
                let template =
                    self.template.as_ref().ok_or_else(|| TemplateError::new("there is none"))?;
                let body = template.render(&with_data(event, &data))?;
                of_type(Cow::Owned(body), template.content_type().clone())
            }
        })
    }
}

impl Formatter {
    /// Whether receivers verify WooCommerce's own signature, of the body alone.
    pub(super) fn is_woocommerce(&self) -> bool {
        self.format == Format::WooCommerce
    }

    /// The form of [`Format::V1`].
    fn form(&self, event: &Event, data: &[u8]) -> Result<String, FormatError> {
        let text = text_of(data)?;
        let places = Places::of(text)?;
        let data = places.value(text);
        let limit = largest(event);
        let of_event = self.projections.get(&event.name);
        let fill = || {
            let mut form = Form::new(&self.webhook, &event.name, limit)?;
            match of_event.and_then(|sources| sources.get(&event.source)) {
                Some(projection) => projection.fill(data, &mut form)?,
                None => form.value(data)?,
            }
            Ok(form.finish())
        };
        fill().map_err(|TooLarge| FormatError::TooLarge { format: "v1", limit })
    }
}

/// Most bytes of a body that a format makes of an event: no format that keeps the data as it is
/// comes near, and one that repeats parts of it ends there.
fn largest(event: &Event) -> usize {
    MAX_BODY.max(4 * event.body.len())
}

fn text_of(json: &[u8]) -> Result<&str, NotJson> {
    std::str::from_utf8(json).map_err(|error| NotJson::at_byte(error.valid_up_to()))
}

impl Payload<'_> {
    /// The body, where it is not the event's own.
    pub(super) fn into_own_body(self, event: &Event) -> Option<Vec<u8>> {
        match self.body {
            Cow::Borrowed(body) if body.len() == event.body.len() => None,
            body => Some(body.into_owned()),
        }
    }
}

/// The event's body with other data in its place.
pub(super) fn with_data<'a>(event: &'a Event, data: &Cow<'a, [u8]>) -> Cow<'a, [u8]> {
    let (start, end) = (event.data.start as usize, event.data.end as usize);
    match (data, event.body.get(..start), event.body.get(end..)) {
        (Cow::Owned(data), Some(before), Some(after)) => Cow::Owned([before, data, after].concat()),
        _ => Cow::Borrowed(&event.body),
    }
}

/// The context attributes (CloudEvents 1.0.2, "Context Attributes") but `datacontenttype`.
/// `source` is the site's URL; what is about no site has a reference of its own.
fn attributes(event: &Event) -> Result<Vec<(&'static str, Cow<'_, str>)>, NotJson> {
    let text = text_of(&event.body)?;
    let places = Places::of(text)?;
    let body = places.value(text);
    let owned = |value: Json<'_>| value.text().into_owned();
    let url = body.path(["site", "url"].into_iter()).map(owned).filter(|url| !url.is_empty());
    let source = url.unwrap_or_else(|| format!("/networks/{}", event.network)).into();
    let time = body.member("timestamp").map(owned).unwrap_or_default().into();
    let version = body.member("version").map_or_else(|| "1".to_owned(), owned);
    let mut attributes = vec![
        ("specversion", Cow::Borrowed("1.0")),
        ("id", event.id.to_string().into()),
        ("source", source),
        ("type", Cow::Borrowed(&*event.name)),
        ("time", time),
        ("dataschema", format!("urn:network-webhooks:{}:{version}", event.name).into()),
        ("networkid", event.network.to_string().into()),
    ];
    if event.site != 0 {
        attributes.push(("siteid", event.site.to_string().into()));
    }
    if !event.source.is_empty() {
        attributes.push(("eventsource", Cow::Borrowed(&*event.source)));
    }
    Ok(attributes)
}

/// JSON format 1.0.2, "Envelope". Ids are strings: its integers end at 32 bits.
fn cloud_event(event: &Event, data: &[u8]) -> Result<Vec<u8>, NotJson> {
    let mut body = vec![b'{'];
    let quote = |text: &str| serde_json::Value::from(text).to_string();
    for (name, value) in attributes(event)? {
        body.extend_from_slice(format!("{}:{},", quote(name), quote(&value)).as_bytes());
    }
    body.extend_from_slice(br#""datacontenttype":"application/json","data":"#);
    body.extend_from_slice(data);
    body.push(b'}');
    Ok(body)
}

/// HTTP protocol binding 1.0.2, "Binary Content Mode".
fn cloud_headers(event: &Event) -> Result<Vec<(HeaderName, HeaderValue)>, NotJson> {
    let headers = attributes(event)?.into_iter().filter_map(|(name, value)| {
        let name = HeaderName::try_from(format!("ce-{name}")).ok()?;
        Some((name, HeaderValue::try_from(header_text(&value)).ok()?))
    });
    Ok(headers.collect())
}

/// "HTTP Header Values": what is not visible ASCII, and `"` and `%`, is percent-encoded.
fn header_text(value: &str) -> String {
    const ENCODED: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'%');
    utf8_percent_encode(value, ENCODED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_values_are_encoded_as_the_binding_says() {
        assert_eq!(header_text("https://a.test/x?y=z"), "https://a.test/x?y=z");
        assert_eq!(
            header_text("Euro \u{20AC} \u{1F600} \"100%\""),
            "Euro%20%E2%82%AC%20%F0%9F%98%80%20%22100%25%22"
        );
    }
}
