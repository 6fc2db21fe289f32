//! What would be sent to a webhook for an event, and why it would not: the same request
//! builder, guard and decision as a delivery's, with nothing opened and nobody asked.

use serde::Serialize;
use serde_json::{Map, Value};
use url::Url;

use super::check::{self, Readable};
use super::format::FormatError;
use super::guard::Guard;
use super::request::ADDRESS_REFUSED;
use super::request_builder::PreparedRequest;
use super::template::{Envelope, TemplateError};
use domain::bytes::{Bytes, Headers};
use domain::decision::{CONDITION, Decision};
use domain::event::{Event, EventHeader};
use domain::webhook::{FieldError, Method, Webhook};

/// The reason where [`Preview::error`] says more.
const ERROR: &str = "error";

/// The answer, in the array shape of `stubs/webhooks.stub.php`.
#[derive(Debug, Default, Serialize)]
#[allow(missing_docs, reason = "the stub says what each key means")]
pub struct Preview {
    pub wanted: bool,
    pub reason: Option<String>,
    pub condition: Option<Asked>,
    pub method: &'static str,
    pub url: String,
    pub headers: Headers,
    pub body: Bytes,
    pub content_type: String,
    pub address: Option<Refused>,
    pub error: Option<Mistake>,
}

/// What the condition said, and of what.
#[derive(Debug, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the stub says what each key means")]
pub struct Asked {
    pub result: bool,
    pub values: Map<String, Value>,
}

/// Why the address would be refused.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the stub says what each key means")]
pub struct Refused {
    pub code: &'static str,
    pub message: String,
}

/// What is wrong, and where.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the stub says what each key means")]
pub struct Mistake {
    pub field: String,
    pub message: String,
    pub line: Option<u32>,
    pub column: Option<u32>,
}

impl From<FieldError> for Mistake {
    fn from(FieldError { field, message, place }: FieldError) -> Self {
        let (line, column) = place.unwrap_or_default();
        let from_one = |number| Some(number).filter(|number| *number > 0);
        Self { field, message, line: from_one(line), column: from_one(column) }
    }
}

/// How things stand, beyond the webhook itself.
#[derive(Debug)]
pub struct PreviewContext<'a> {
    /// Where requests may go.
    pub guard: &'a Guard,
    /// Why nothing is sent to any webhook.
    pub held: Option<&'a str>,
    /// Whether the webhook is switched off.
    pub disabled: bool,
    /// Unix milliseconds.
    pub now: i64,
}

impl Preview {
    /// Of what can't be shown at all.
    pub fn impossible(error: FieldError) -> Self {
        Self {
            reason: Some(ERROR.into()),
            method: Method::default().as_str(),
            error: Some(error.into()),
            ..Self::default()
        }
    }

    /// Of an event with these fields.
    pub fn new(
        webhook: &Webhook,
        header: &EventHeader<'_>,
        event: &Event,
        context: &PreviewContext<'_>,
    ) -> Self {
        let wrong = check::check(webhook).err();
        // Of what is wrong the rest can still be shown.
        let Readable { url, builder, .. } = Readable::of(webhook);
        let condition = builder.as_ref().and_then(|builder| builder.condition.as_ref());
        let asked = condition.map(|condition| {
            let result = condition.holds(&Envelope::of(&event.body))?;
            Ok(Asked { result, values: condition.values(&event.body)? })
        });
        let message = builder.as_ref().map(|builder| builder.prepare(event, context.now));
        let reason = match (&wrong, webhook.turns_away(header)) {
            (Some(_), _) => Some(ERROR.to_owned()),
            (None, Some(mismatch)) => Some(mismatch.as_str().to_owned()),
            (None, None) => reason(webhook, header, asked.as_ref(), message.as_ref(), context),
        };
        let method = webhook.method.as_str();
        let mut preview = Self { wanted: reason.is_none(), reason, method, ..Self::default() };
        let mut error = wrong;
        match message {
            Some(Ok(message)) => preview.show(message),
            Some(Err(FormatError::Template(mistake))) => {
                error.get_or_insert_with(|| mistake.of("template"));
            }
            Some(Err(FormatError::Url(mistake))) => {
                error.get_or_insert_with(|| mistake.of("url"));
            }
            Some(Err(mistake @ (FormatError::Body(_) | FormatError::TooLarge { .. }))) => {
                error.get_or_insert_with(|| FieldError::new("data", mistake));
            }
            None => {}
        }
        match asked {
            Some(Ok(asked)) => preview.condition = Some(asked),
            Some(Err(mistake)) => {
                error.get_or_insert_with(|| mistake.of("condition"));
            }
            None => {}
        }
        preview.error = error.map(Mistake::from);
        if let Some(url) = url {
            let exempt = url.fixed().is_some_and(|url| context.guard.exempts(url));
            preview.address = if exempt { None } else { refusal(context.guard, url.origin()) };
            if preview.url.is_empty() {
                preview.url = url.outline();
            }
        }
        preview
    }

    fn show(&mut self, message: PreparedRequest<'_>) {
        if let Some(url) = &message.url {
            self.url.clone_from(&url.readable);
        }
        self.headers = Headers::new(message.describe_headers());
        let content_type = &message.payload.content_type;
        self.content_type = content_type.to_str().unwrap_or_default().to_owned();
        self.body = Bytes(message.payload.body.into_owned());
    }
}

/// Why an event that is for a webhook would not be sent to it now.
fn reason(
    webhook: &Webhook,
    header: &EventHeader<'_>,
    asked: Option<&Result<Asked, TemplateError>>,
    message: Option<&Result<PreparedRequest<'_>, FormatError>>,
    context: &PreviewContext<'_>,
) -> Option<String> {
    let condition = || match asked {
        None => Ok(true),
        Some(Ok(asked)) => Ok(asked.result),
        Some(Err(_)) => Err(()),
    };
    let held = || webhook.held(context.held, context.disabled).map(str::to_owned);
    match webhook.decide(header.flags, condition, held) {
        Decision::Fail(()) => Some(ERROR.into()),
        Decision::Skip => Some(CONDITION.into()),
        Decision::Hold(reason) => Some(reason),
        Decision::Send | Decision::Test => (!matches!(message, Some(Ok(_)))).then(|| ERROR.into()),
    }
}

/// What the guard says of what the URL names itself.
fn refusal(guard: &Guard, url: &Url) -> Option<Refused> {
    let port = url.port_or_known_default().unwrap_or_default();
    let refusal = guard.check_uri(url.host_str()?, port).err()?;
    Some(Refused { code: ADDRESS_REFUSED, message: refusal.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::event::Flags;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const BODY: &str = r#"{"id":"evt_1","type":"payment_received","site":{"id":3,"url":"https://a.example"},"data":{"total":12.50,"customer":{"email":"a@b.example"}}}"#;

    fn preview_of(more: &Value, flags: Flags, held: Option<&str>, disabled: bool) -> Preview {
        let mut document = serde_json::json!({
            "id": "whk_1", "url": "https://crm.example/in", "events": ["payment_*"],
            "secrets": [{ "secret": SECRET }],
        });
        document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let webhook = Webhook::from_value(document).unwrap();
        let start = BODY.find(r#"{"total"#).unwrap() as u32;
        let data = start..(BODY.len() as u32 - 1);
        let header = EventHeader { flags, data, ..EventHeader::example() };
        let event = Event::new(&header, 1, BODY.as_bytes().into());
        let guard = Guard::new(&["10.1.0.0/16".into()], None)
            .with_inbox(Some("http://10.2.2.3/?inbox=token"));
        let context = PreviewContext { guard: &guard, held, disabled, now: 1_763_632_800_123 };
        Preview::new(&webhook, &header, &event, &context)
    }

    fn preview(more: &Value) -> Preview {
        preview_of(more, Flags::default(), None, false)
    }

    fn mistake(field: &str, message: &str, place: Option<(u32, u32)>) -> Option<Mistake> {
        let (line, column) = place.unzip();
        Some(Mistake { field: field.into(), message: message.into(), line, column })
    }

    #[test]
    fn it_shows_what_a_delivery_sends() {
        use crate::sign::sign;
        let preview = preview(&serde_json::json!({
            "headers": [{ "name": "Authorization", "value": "Bearer abc" }],
        }));
        assert_eq!((preview.wanted, preview.reason), (true, None));
        assert_eq!((&*preview.url, preview.method), ("https://crm.example/in", "POST"));
        assert_eq!(preview.body.0, BODY.as_bytes());
        assert_eq!(preview.content_type, "application/json");
        let header = |name: &str| {
            let Headers(headers) = &preview.headers;
            headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
        };
        assert_eq!(header("authorization").as_deref(), Some("•••"));
        assert_eq!(header("webhook-timestamp").as_deref(), Some("1763632800"));
        let signature =
            sign(SECRET, &header("webhook-id").unwrap(), 1_763_632_800, BODY.as_bytes());
        assert_eq!(header("webhook-signature"), signature.ok());
        assert_eq!((preview.address, preview.error), (None, None));
    }

    #[test]
    fn the_method_is_the_webhooks() {
        for method in ["POST", "PUT", "PATCH"] {
            let preview = preview(&serde_json::json!({ "method": method }));
            assert_eq!((preview.wanted, preview.method), (true, method));
        }
    }

    #[test]
    fn a_condition_is_shown_with_what_it_read() {
        let condition = |text: &str| preview(&serde_json::json!({ "condition": text }));
        let yes = condition("data.total > 10 and (site.id in [3] or data.customer.name == 'x')");
        assert_eq!((yes.wanted, yes.reason), (true, None));
        let asked = yes.condition.unwrap();
        assert!(asked.result);
        let expected = r#"{"data.total":12.5,"site.id":3,"data.customer.name":null}"#;
        assert_eq!(serde_json::to_string(&asked.values).unwrap(), expected);
        let no = condition("data.total > 20");
        assert_eq!((no.wanted, no.reason.as_deref()), (false, Some("condition")));
        assert!(!no.body.0.is_empty());
        let typo = condition("data.total > 10 and data.totl > 1");
        assert_eq!(typo.reason.as_deref(), Some("error"));
        assert_eq!(typo.condition, None);
        let error = mistake("condition", r#""data.totl" is undefined"#, Some((1, 21)));
        assert_eq!(typo.error, error);
    }

    #[test]
    fn a_mistake_has_its_line_and_column_and_hides_nothing_else() {
        let template =
            |text: &str| preview(&serde_json::json!({ "format": "template", "template": text }));
        let good = template(r#"{"text":{{ data.total }}}"#);
        assert_eq!((&good.body.0[..], good.error), (&br#"{"text":12.5}"#[..], None));
        let undefined = template("{\n  \"text\": {{ data.totl }}\n}");
        let error = mistake("template", r#""data.totl" is undefined"#, Some((2, 14)));
        assert_eq!(undefined.error, error);
        assert_eq!((undefined.wanted, undefined.reason.as_deref()), (false, Some("error")));
        let syntax = template("{\"a\": {{ data. }}}");
        let error = syntax.error.unwrap();
        assert_eq!((&*error.field, error.line), ("template", Some(1)));
        // Nothing but the URL is wrong.
        let elsewhere = preview(&serde_json::json!({ "url": "ftp://crm.example" }));
        assert_eq!(elsewhere.body.0, BODY.as_bytes());
        assert_eq!(elsewhere.url, "");
        let message = "the URL has to begin with https:// or http://";
        assert_eq!(elsewhere.error, mistake("url", message, None));
        assert_eq!(elsewhere.reason.as_deref(), Some("error"));
    }

    #[test]
    fn reasons_are_those_of_the_worker() {
        let reason = |more: Value, flags, held, disabled| {
            preview_of(&more, flags, held, disabled).reason.unwrap_or_default()
        };
        let none = Flags::default();
        let json = |text| serde_json::from_str::<Value>(text).unwrap();
        for (more, flags, held, disabled, expected) in [
            ("{}", none, None, false, ""),
            (r#"{"events":["order_*"]}"#, none, None, false, "event"),
            (r#"{"sites":{"except":[3]}}"#, none, None, false, "site"),
            (r#"{"network_events":false}"#, Flags::NETWORK, None, false, "network"),
            ("{}", Flags::IMPORT, None, false, "import"),
            (r#"{"paused":true}"#, none, None, true, "paused"),
            ("{}", none, None, true, "disabled"),
            (r#"{"paused":true}"#, none, Some("copy"), false, "copy"),
            (r#"{"paused":true,"condition":"false"}"#, none, None, false, "condition"),
            (r#"{"paused":true,"condition":"false"}"#, Flags::TEST, Some("copy"), true, ""),
            // It never comes to the mistake.
            (r#"{"events":["order_*"],"condition":"data.x"}"#, none, None, false, "event"),
        ] {
            assert_eq!(reason(json(more), flags, held, disabled), expected, "{more}");
        }
    }

    #[test]
    fn the_guard_judges_what_the_url_names() {
        let address = |url: &str| preview(&serde_json::json!({ "url": url })).address;
        assert_eq!(address("http://10.1.2.3/"), None);
        assert_eq!(address("http://crm.internal/"), None);
        assert_eq!(address("http://10.2.2.3/?inbox=token"), None);
        for url in [
            "http://10.2.2.3/",
            "http://10.2.2.3:8080/?inbox=token",
            "http://[::1]:8080/",
            "http://0x7f000001/",
        ] {
            let refused = address(url).expect(url);
            assert_eq!(refused.code, "address_refused");
            assert!(refused.message.contains("webhooks.allow"), "{}", refused.message);
        }
    }
}
