//! What a webhook makes of events: its condition, and headers, body and signatures of its
//! requests. It opens nothing, so it can also be asked what would be sent.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::format::{FormatError, Formatter, Payload, with_data};
use super::header::{REDACTED, USER_AGENT};
use super::sign::Signer;
use super::template::{Condition, Envelope, TemplateError};
use super::url::{RequestUrl, WebhookUrl};
use super::v1::Projections;
use super::woocommerce;
use domain::event::{Event, Flags};

const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");
const TEST: HeaderName = HeaderName::from_static("webhook-test");

/// Secrets ready to sign, and until when (Unix seconds).
pub(super) type Signers = Vec<(Signer, Option<i64>)>;

/// See the module.
#[derive(Debug)]
pub(super) struct RequestBuilder {
    /// None where it can't be read.
    pub(super) url: Option<Arc<WebhookUrl>>,
    pub(super) headers: HeaderMap,
    pub(super) signers: Signers,
    pub(super) formatter: Formatter,
    pub(super) condition: Option<Condition>,
}

/// A request.
pub(super) struct PreparedRequest<'a> {
    /// None where the webhook's can't be read.
    pub(super) url: Option<Arc<RequestUrl>>,
    pub(super) headers: HeaderMap,
    pub(super) payload: Payload<'a>,
}

impl RequestBuilder {
    /// With what is published about the format `v1`.
    pub(super) fn with_projections(self, projections: Arc<Projections>) -> Self {
        Self { formatter: self.formatter.with_projections(projections), ..self }
    }

    /// Whether the webhook's condition holds for an event.
    pub(super) fn accepts(&self, envelope: &Envelope<'_>) -> Result<bool, TemplateError> {
        self.condition.as_ref().map_or(Ok(true), |condition| condition.holds(envelope))
    }

    /// The request of an event. `now` is in Unix milliseconds.
    pub(super) fn prepare<'a>(
        &self,
        event: &'a Event,
        now: i64,
    ) -> Result<PreparedRequest<'a>, FormatError> {
        let data = self.formatter.data(event)?;
        let url = self.url.as_ref().map(|url| match url.fixed() {
            // Of most events nothing has to be put together.
            Some(_) => url.of(&[]),
            None => url.of(&with_data(event, &data)),
        });
        let url = url.transpose().map_err(FormatError::Url)?;
        let payload = self.formatter.format_data(event, data)?;
        Ok(PreparedRequest { url, headers: self.sign(event, &payload, now), payload })
    }

    fn sign(&self, event: &Event, payload: &Payload<'_>, now: i64) -> HeaderMap {
        let timestamp = now.div_euclid(1000);
        let id = event.id.text();
        let mut headers = self.headers.clone();
        headers.insert(header::CONTENT_TYPE, payload.content_type.clone());
        headers.extend(payload.headers.iter().cloned().map(|(name, value)| (Some(name), value)));
        headers.insert(ID, ascii(&id));
        headers.insert(TIMESTAMP, timestamp.into());
        let mut signature = String::new();
        let id = std::str::from_utf8(&id).unwrap_or_default();
        for (signer, until) in &self.signers {
            if until.is_none_or(|until| timestamp <= until) {
                signer.sign(id, timestamp, &payload.body, &mut signature);
            }
        }
        if self.formatter.is_woocommerce() {
            // One header has one signature: that of the secret which stays.
            let lasting = self.signers.iter().filter(|(_, until)| until.is_none());
            let ending =
                self.signers.iter().filter(|(_, until)| until.is_some_and(|it| timestamp <= it));
            let own = lasting.chain(ending).find_map(|(signer, _)| signer.sign_body(&payload.body));
            if let Some(own) = own {
                headers.insert(woocommerce::SIGNATURE, ascii(own.as_bytes()));
            }
        }
        if !signature.is_empty() {
            headers.insert(SIGNATURE, ascii(signature.as_bytes()));
        }
        if event.flags.has(Flags::TEST) {
            headers.insert(TEST, HeaderValue::from_static("true"));
        }
        headers
    }
}

/// A request that is no longer bound to its event.
pub(super) struct DetachedRequest {
    pub(super) url: Arc<RequestUrl>,
    pub(super) headers: HeaderMap,
    /// See [`PreparedRequest::describe_headers`].
    pub(super) described: Vec<(String, String)>,
    /// The body, where it is not the event's own.
    pub(super) body: Option<Vec<u8>>,
}

impl PreparedRequest<'_> {
    /// Ready to be sent for `event`, of which it was made; none where it has no address.
    pub(super) fn detach(self, event: &Event) -> Option<DetachedRequest> {
        let described = self.describe_headers();
        Some(DetachedRequest {
            url: self.url?,
            described,
            headers: self.headers,
            body: self.payload.into_own_body(event),
        })
    }

    /// The headers as people may see them: custom ones without their values.
    pub(super) fn describe_headers(&self) -> Vec<(String, String)> {
        let mut described = Vec::with_capacity(self.headers.len() + 2);
        described.push(("user-agent".to_owned(), USER_AGENT.to_owned()));
        described.push(("content-length".to_owned(), self.payload.body.len().to_string()));
        described.extend(self.headers.iter().map(|(name, value)| {
            let shown =
                if value.is_sensitive() { REDACTED } else { value.to_str().unwrap_or_default() };
            (name.as_str().to_owned(), shown.to_owned())
        }));
        described
    }
}

/// A value of letters, digits and punctuation, as ids and signatures are.
fn ascii(text: &[u8]) -> HeaderValue {
    HeaderValue::from_bytes(text).unwrap_or(HeaderValue::from_static(""))
}
