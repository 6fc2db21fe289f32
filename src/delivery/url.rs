//! Where a webhook's requests go: a URL, or one that is made anew for each event.

use std::sync::Arc;

use url::Url;

use super::guard::{UrlError, check_url};
use super::header::REDACTED;
use super::template::url::{RenderedUrl, UrlTemplate, is_template};
use super::template::{Envelope, TemplateError};
use domain::webhook::{FieldError, Key};

/// A webhook's URL, read once.
#[derive(Debug)]
pub enum WebhookUrl {
    /// The same for all events.
    Fixed(Arc<RequestUrl>),
    /// With `{{ … }}` in its path or query.
    Template(Box<UrlTemplate>),
}

/// The address of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestUrl {
    /// Where it goes.
    pub url: Url,
    /// As everybody may see it who may see the log.
    pub recorded: String,
    /// As those see it who manage webhooks: with dots for the webhook's keys alone.
    pub readable: String,
}

impl WebhookUrl {
    /// Reads the URL of a webhook with these keys.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str, keys: &[Key]) -> Result<Self, FieldError> {
        if is_template(text) {
            let template = UrlTemplate::parse(text, keys).map_err(|error| error.of("url"))?;
            return Ok(Self::Template(Box::new(template)));
        }
        check_url(text)
            .map(|url| Self::Fixed(Arc::new(RequestUrl::new(url))))
            .map_err(|error| FieldError::new("url", error))
    }

    /// A URL with the scheme, host and port to which all requests go; path and query are those of
    /// no event.
    pub fn origin(&self) -> &Url {
        match self {
            Self::Fixed(url) => &url.url,
            Self::Template(template) => template.harmless(),
        }
    }

    /// The URL that is the same for all events.
    pub fn fixed(&self) -> Option<&Url> {
        match self {
            Self::Fixed(url) => Some(&url.url),
            Self::Template(_) => None,
        }
    }

    /// The URL as it is shown where no address can be made of it.
    pub fn outline(&self) -> String {
        match self {
            Self::Fixed(url) => url.readable.clone(),
            Self::Template(template) => template.outline(REDACTED),
        }
    }

    /// The address for an event's envelope (JSON).
    ///
    /// # Errors
    /// See [`UrlTemplate::render`].
    pub fn of(&self, envelope: &[u8]) -> Result<Arc<RequestUrl>, TemplateError> {
        let template = match self {
            Self::Fixed(url) => return Ok(Arc::clone(url)),
            Self::Template(template) => template,
        };
        let rendered = template.render(&Envelope::of(envelope))?;
        Ok(Arc::new(RequestUrl {
            recorded: RenderedUrl::hide(&recorded(rendered.masked()), REDACTED),
            readable: RenderedUrl::hide(rendered.masked().as_str(), REDACTED),
            url: rendered.url,
        }))
    }
}

impl RequestUrl {
    fn new(url: Url) -> Self {
        Self { recorded: recorded(&url), readable: url.as_str().to_owned(), url }
    }
}

/// The URL to whose scheme, host and port a webhook's requests go, whatever else is wrong with it.
///
/// # Errors
/// Where that can't be told.
pub fn origin(text: &str) -> Result<Url, UrlError> {
    let end = text.split_once("://").map_or(0, |(scheme, rest)| {
        scheme.len() + 3 + rest.find(['/', '?', '#', '{']).unwrap_or(rest.len())
    });
    check_url(text.get(..end).unwrap_or_default())
}

/// A URL as everybody who may see the log may see it: without userinfo and fragment, and with
/// dots for the values of its query. Names of parameters say which URL it was; values are where
/// endpoints of automation services expect their keys (`sig`, `token`, `code`), and nothing tells
/// those from others. A parameter without a name is a value.
fn recorded(url: &Url) -> String {
    let mut bare = url.clone();
    // Neither can fail for http and https, which is all that `check_url` lets through.
    let _ = bare.set_username("");
    let _ = bare.set_password(None);
    bare.set_fragment(None);
    let Some(query) = url.query() else { return bare.into() };
    bare.set_query(None);
    let hidden = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) => format!("{name}={REDACTED}"),
        None if pair.is_empty() => String::new(),
        None => REDACTED.to_owned(),
    });
    format!("{bare}?{}", hidden.collect::<Vec<_>>().join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::webhook::Secret;

    const EVENT: &str = r##"{"id":"evt_1","type":"user_created","site":null,"data":{"id":7,"email":"Ann+x@Example.org","list":"a b","up":"..","dot":".","way":"../lists/9","back":"..\\x","slash":"a/b","host":"@evil.example","hash":"#x","amp":"&admin=1","empty":"","null":null,"items":[1],"long":"LONG","percent":"%2e%2e","emoji":"é😀","bool":true,"price":12.5,"e":"e","star":"*"}}"##;

    fn keys() -> Vec<Key> {
        let key =
            |name: &str, value: &str| Key { name: name.into(), value: Secret::new(value.into()) };
        vec![key("token", "123:s3cret/x"), key("blank", "")]
    }

    fn url_of(source: &str) -> Result<Arc<RequestUrl>, String> {
        let url = WebhookUrl::parse(source, &keys()).map_err(|error| error.to_string())?;
        url.of(EVENT.as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_log_shows_a_url_without_its_secrets() {
        for (url, expected) in [
            ("https://crm.example/hook", "https://crm.example/hook"),
            ("https://u:p@crm.example:8443/a%2Fb/#top", "https://crm.example:8443/a%2Fb/"),
            (
                "https://x.example/?api-version=1&sig=s3cret",
                "https://x.example/?api-version=•••&sig=•••",
            ),
            ("https://x.example/?s3cret", "https://x.example/?•••"),
            ("http://x.example/?a=b=c&&d=", "http://x.example/?a=•••&&d=•••"),
        ] {
            assert_eq!(recorded(&url.parse().unwrap()), expected);
        }
    }

    #[test]
    fn values_are_encoded_for_their_place() {
        for (source, expected) in [
            ("https://x.example/users/{{ data.id }}", "https://x.example/users/7"),
            (
                "https://x.example/lists/{{ data.list }}/members/{{ data.email|lower|md5 }}",
                "https://x.example/lists/a%20b/members/f4af5e2af210958a37f80033808615c3",
            ),
            ("https://x.example/{{ data.slash }}/b", "https://x.example/a%2Fb/b"),
            (
                "https://x.example/u-{{ data.host }}.json",
                "https://x.example/u-%40evil.example.json",
            ),
            ("https://x.example/{{ data.hash }}?b=1", "https://x.example/%23x?b=1"),
            ("https://x.example/?q={{ data.amp }}&b=1", "https://x.example/?q=%26admin%3D1&b=1"),
            ("https://x.example/?q={{ data.empty }}", "https://x.example/?q="),
            ("https://x.example/?q={{ data.up }}", "https://x.example/?q=.."),
            ("https://x.example?{{ data.list }}={{ data.id }}", "https://x.example/?a%20b=7"),
            ("https://x.example/{{ data.percent }}", "https://x.example/%252e%252e"),
            ("https://x.example/{{ data.emoji }}", "https://x.example/%C3%A9%F0%9F%98%80"),
            ("https://x.example/{{data.bool}}/{{ data.price }}", "https://x.example/true/12.5"),
            ("https://x.example/{{ data['list'] ~ \"}}\" }}", "https://x.example/a%20b%7D%7D"),
            ("https://x.example/{{ data.star }}{{ data.id }}", "https://x.example/%2A7"),
            ("http://x.example:8080/é/{{ type }}#x", "http://x.example:8080/%C3%A9/user_created"),
        ] {
            let url = url_of(source);
            assert_eq!(url.as_ref().map(|url| url.url.as_str()), Ok(expected), "{source}");
        }
    }

    #[test]
    fn keys_are_shown_to_nobody() {
        let url = url_of("https://x.example/bot{{ keys.token }}/send?chat={{ data.id }}").unwrap();
        assert_eq!(url.url.as_str(), "https://x.example/bot123%3As3cret%2Fx/send?chat=7");
        assert_eq!(url.recorded, "https://x.example/bot•••/send?chat=•••");
        assert_eq!(url.readable, "https://x.example/bot•••/send?chat=7");
        for expression in ["keys['token']", "keys.token|upper", "data.e ~ keys.token", "keys|items"]
        {
            let source = format!("https://x.example/?k={{{{ {expression} }}}}");
            let url = url_of(&source);
            assert!(
                url.is_err() || url.as_ref().unwrap().readable == "https://x.example/?k=•••",
                "{url:?}"
            );
        }
        let error = url_of("https://x.example/{{ keys.other }}").unwrap_err();
        assert!(error.contains("\"keys.other\" is undefined"), "{error}");
        let shown =
            format!("{:?}", WebhookUrl::parse("https://x.example/{{ keys.token }}", &keys()));
        assert!(!shown.contains("s3cret"), "{shown}");
    }

    #[test]
    fn a_value_leads_nowhere_else() {
        for (expression, message) in [
            ("data.up", "\"data.up\" has a . or .. in it that would lead to another path"),
            ("data.dot", "\"data.dot\" has a . or .. in it that would lead to another path"),
            ("data.way", "\"data.way\" has a . or .. in it that would lead to another path"),
            ("data.back", "\"data.back\" has a . or .. in it that would lead to another path"),
            ("data.empty", "\"data.empty\" is empty, which a part of a path can't be"),
            ("keys.blank", "\"keys.blank\" is empty, which a part of a path can't be"),
            ("data.null", "\"data.null\" is null, which a URL can't have"),
            ("data.items", "\"data.items\" is a list or a map, which a URL can't have"),
            ("data.nothing", "\"data.nothing\" is undefined"),
            ("data.nothing.more", "\"data.nothing\" is undefined"),
            ("site.url", "\"site.url\" is undefined"),
        ] {
            let error = url_of(&format!("https://x.example/a/{{{{ {expression} }}}}")).unwrap_err();
            assert_eq!(error, format!("line 1, column 24: {message}"), "{expression}");
        }
        // What the text before and a value make together.
        for source in
            ["https://x.example/a/.{{ data.dot ~ '' }}/b", "https://x.example/a/.{{ '.x'[:1] }}"]
        {
            assert!(url_of(source).is_err(), "{source}");
        }
        let long = "https://x.example/{{ data.long * 600 }}";
        assert_eq!(url_of(long).unwrap_err(), "the URL has 2418 bytes, at most 2048 are possible");
        let steps = "https://x.example/{% for x in y %}{{ x }}{% endfor %}";
        assert!(url_of(steps).is_err());
        let fuel = "https://x.example/{{ range(100000)|map('string')|join('')|length }}".to_owned()
            + &"{{ range(100000)|map('string')|join('')|length }}".repeat(9);
        assert!(url_of(&fuel).unwrap_err().contains("this takes too many steps"));
    }

    #[test]
    fn what_is_no_value_at_all_is_not_sent_as_text() {
        let event = format!(r#"{{"data":{{"large":"{}"}}}}"#, "x".repeat(5 << 20));
        for source in ["https://x.example/{{ data.large }}", "https://x.example/?{{ data.large }}"]
        {
            let url = WebhookUrl::parse(source, &[]).unwrap();
            assert!(url.of(event.as_bytes()).is_err());
        }
        // A long key makes the shown address shorter, a short one longer: neither is a reason.
        let keys = [Key { name: "k".into(), value: Secret::new("k".into()) }];
        let source = format!("https://x.example/{}{{{{ keys.k }}}}", "a".repeat(2000));
        let url = WebhookUrl::parse(&source, &keys).unwrap().of(EVENT.as_bytes()).unwrap();
        assert!(url.recorded.ends_with("a•••") && url.url.as_str().len() == 2019);
    }

    #[test]
    fn scheme_host_and_port_are_fixed() {
        let fixed =
            "scheme, host and port of a URL are fixed: values can stand in its path and query only";
        for source in [
            "{{ data.url }}",
            "{{ data.scheme }}://x.example/",
            "https://{{ data.host }}/",
            "https://{{ data.host }}.x.example/",
            "https://x.example:{{ data.port }}/",
            "https://x.example{{ data.path }}",
            "https://x.example{{ data.path }}/b",
        ] {
            let error = url_of(source).unwrap_err();
            assert!(error.ends_with(fixed), "{source}: {error}");
        }
        for (source, message) in [
            (
                "https://x.example/#{{ data.id }}",
                "url: line 1, column 20: what stands behind # is never sent",
            ),
            (
                "https://x.example/{% if a %}b{% endif %}",
                "url: line 1, column 19: of templates a URL can have",
            ),
            (
                "https://x.example/{%raw%}{{a}}{%endraw%}/{{ data.id }}",
                "url: line 1, column 19: of templates a URL can have",
            ),
            ("https://x.example/{# a #}", "url: line 1, column 1: of templates a URL can have"),
            (
                "https://x.example/{{- data.id }}",
                "url: line 1, column 19: of templates a URL can have",
            ),
            (
                "https://x.example/{{ data.id -}}",
                "url: line 1, column 30: of templates a URL can have",
            ),
            ("https://x.example/{{ data.id", "url: line 1, column"),
            ("https://x.example/{{ }}", "url: line 1, column"),
            ("https://x.example/{{ 1 + }}", "url: line 1, column"),
            ("https://x.example/{{ data.id|nothing }}", "line 1, column 30: unknown filter"),
            ("https://x.example/{{ a], [b }}", "url: line 1, column"),
            ("https://x.example/{{ a), (b }}", "url: line 1, column"),
            (
                "https://x.example/%2{{ data.e }}",
                "url: line 1, column 21: before a value stands a %",
            ),
            (
                "https://x.example/%{{ data.e }}",
                "url: line 1, column 20: before a value stands a %",
            ),
            ("https://x.example/a b/{{ data.e }}", "url: the URL contains a space"),
            ("https://x.example\\{{ data.e }}", "url: line 1, column 19: scheme, host"),
            ("https://u:p@x.example/{{ data.e }}", "url: the URL contains a user name"),
            ("ftp://x.example/{{ data.e }}", "url: the URL has to begin with"),
            ("https://x.example/{{ data.e\n }}", "url: the URL contains a control character"),
        ] {
            let error = url_of(source).unwrap_err();
            assert!(error.starts_with(message), "{source}: {error}");
        }
        let many = format!("https://x.example/{}", "{{ data.id }}".repeat(21));
        assert!(url_of(&many).unwrap_err().contains("a URL can have 20 values at most"));
        assert!(url_of(&format!("https://x.example/{}", "{{ data.id }}".repeat(20))).is_ok());
    }

    #[test]
    fn the_origin_is_known_of_whatever_can_be_read() {
        for (text, expected) in [
            ("https://x.example/{{ a }}", "https://x.example/"),
            ("https://x.example:8080?{{ a", "https://x.example:8080/"),
            ("https://X.example", "https://x.example/"),
        ] {
            assert_eq!(origin(text).unwrap().as_str(), expected);
        }
        assert!(origin("{{ a }}").is_err() && origin("https://{{ a }}/").is_err());
    }
}
