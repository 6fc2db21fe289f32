//! The address guard: where requests may go (against server-side request forgery).
//!
//! A webhook's URL is anybody's text, and a name can lead anywhere by the time it is resolved.
//! So nothing is judged by its spelling: the URL goes through one parser ([`check_url`]), and
//! every *resolved* address is judged ([`Guard::check_address`]) in our resolver, before each
//! connection and again before a kept-alive one is used. One refused address among several
//! refuses the name.
//!
//! What the server's owner wants reachable all the same stands in `webhooks.allow`: hosts
//! (`hooks.internal`, `*.corp.example`), addresses and networks (`10.1.0.0/16`), each with an
//! optional port (`localhost:8025`, `10.1.0.0/16:443`, `[fd00::/8]:443`).
//!
//! One URL is exempt, as a whole: that of the network's own test inbox, see
//! [`with_inbox`](Guard::with_inbox).

use std::net::{IpAddr, SocketAddr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use url::{Host, Url};

use super::address::{Special, special};
use super::proxy;
use domain::invisible::Invisible;

/// Longest URL of a webhook, in bytes.
pub const MAX_URL: usize = 2048;

/// What requests may reach.
#[derive(Debug, Default)]
pub struct Guard {
    allow: Vec<Allowed>,
    /// `Some`: only these hosts (WordPress's `WP_HTTP_BLOCK_EXTERNAL`).
    accessible: Option<Vec<Pattern>>,
    /// Exempt: the network's own test inbox.
    inbox: Option<Url>,
}

#[derive(Debug)]
struct Allowed {
    what: Target,
    port: Option<u16>,
}

#[derive(Debug)]
enum Target {
    Host(Pattern),
    Net(IpNet),
}

/// A host name in which `*` stands for one or more characters, in lower case.
#[derive(Debug, Clone)]
pub(super) struct Pattern(String);

impl Pattern {
    pub(super) fn new(text: &str) -> Self {
        Self(bare(text).to_ascii_lowercase())
    }

    /// Whether `host` (lower case, no brackets, no trailing dot) is meant.
    pub(super) fn matches(&self, host: &str) -> bool {
        let Some((head, mut rest)) = self.0.split_once('*') else {
            return self.0 == host;
        };
        let Some(mut host) = host.strip_prefix(head) else {
            return false;
        };
        loop {
            let Some((literal, after)) = rest.split_once('*') else {
                return host.len() > rest.len() && host.ends_with(rest);
            };
            let Some(at) = host.get(1..).and_then(|host| host.find(literal)) else {
                return false;
            };
            host = &host[1 + at + literal.len()..];
            rest = after;
        }
    }
}

/// An entry of `webhooks.allow` that says nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AllowError {
    /// It could match nothing.
    #[error(
        "webhooks.allow: \"{0}\" is no host (hooks.internal, *.corp.example), address or network \
         (10.1.0.0/16), with an optional port (localhost:8025, [fd00::/8]:443)"
    )]
    Entry(String),
    /// Nobody sees what it says.
    #[error("webhooks.allow: \"{0}\" contains {1}: delete it there")]
    Invisible(String, Invisible),
}

/// Why a target was refused, and how the server's owner can allow it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The host's address is not one of the public internet.
    #[error(
        "{address} is a {special} and the address of \"{host}\": webhooks may reach public \
         addresses only; add {host} or {address} to webhooks.allow in php.ini if this is meant"
    )]
    Address {
        /// The host as the URL names it.
        host: String,
        /// What it resolved to.
        address: IpAddr,
        /// What kind of address that is.
        special: Special,
    },
    /// `WP_HTTP_BLOCK_EXTERNAL` is set, and the host is not among `WP_ACCESSIBLE_HOSTS`.
    #[error(
        "\"{0}\" is not reachable because WP_HTTP_BLOCK_EXTERNAL is set; add it to \
         WP_ACCESSIBLE_HOSTS in wp-config.php if it is meant"
    )]
    External(String),
}

impl Guard {
    /// A guard that opens `allow`; with `accessible` only those hosts are reached at all. An
    /// entry that says nothing opens nothing; [`check_allow`] finds it.
    pub fn new(allow: &[String], accessible: Option<&[String]>) -> Self {
        Self {
            allow: allow.iter().filter_map(|entry| Allowed::parse(entry)).collect(),
            accessible: accessible
                .map(|hosts| hosts.iter().map(|host| Pattern::new(host)).collect()),
            inbox: None,
        }
    }

    /// The same guard with one URL exempt: that of the network's own test inbox, which may well
    /// be at a private address. What can't be a webhook's URL exempts nothing.
    #[must_use]
    pub fn with_inbox(self, url: Option<&str>) -> Self {
        Self { inbox: url.and_then(|url| check_url(url).ok()), ..self }
    }

    /// Whether this very URL (scheme, host, port, path and query, as [`check_url`] reads them)
    /// is reached without being judged. Redirects are never followed, so it leads nowhere else.
    pub fn exempts(&self, url: &Url) -> bool {
        self.inbox.as_ref() == Some(url)
    }

    /// A guard that lets everything through.
    pub(super) fn open() -> Self {
        let everywhere = [IpNet::V4(Ipv4Net::default()), IpNet::V6(Ipv6Net::default())];
        let allow = everywhere.map(|net| Allowed { what: Target::Net(net), port: None });
        Self { allow: allow.into(), ..Self::default() }
    }

    /// Whether `host` may be asked for at all.
    ///
    /// # Errors
    /// Where WordPress blocks it.
    pub fn check_host(&self, host: &str) -> Result<(), Refusal> {
        let Some(accessible) = &self.accessible else {
            return Ok(());
        };
        let name = bare(host);
        // WordPress never counts its own machine as external.
        if name == "localhost" || accessible.iter().any(|pattern| pattern.matches(name)) {
            return Ok(());
        }
        Err(Refusal::External(host.to_owned()))
    }

    /// Judges what a URL says itself: whether its host may be asked for at all, and its address
    /// where it names one, which is then returned.
    ///
    /// # Errors
    /// See [`check_host`](Self::check_host) and [`check_address`](Self::check_address).
    pub fn check_uri(&self, host: &str, port: u16) -> Result<Option<IpAddr>, Refusal> {
        self.check_host(host)?;
        let Ok(address) = host.trim_start_matches('[').trim_end_matches(']').parse() else {
            return Ok(None);
        };
        self.check_address(host, SocketAddr::new(address, port))?;
        Ok(Some(address))
    }

    /// Whether a request for `host` may be sent to `address`.
    ///
    /// # Errors
    /// Where the address is not one of the public internet and nothing allows it.
    pub fn check_address(&self, host: &str, address: SocketAddr) -> Result<(), Refusal> {
        let Some(special) = special(address.ip()) else {
            return Ok(());
        };
        if self.allow.iter().any(|allowed| allowed.covers(bare(host), address)) {
            return Ok(());
        }
        Err(Refusal::Address { host: host.to_owned(), address: address.ip(), special })
    }
}

impl Allowed {
    fn parse(entry: &str) -> Option<Self> {
        let entry = entry.trim();
        // An IPv6 address has colons of its own: with a port it stands in brackets.
        let (what, port) = if let Some(bracketed) = entry.strip_prefix('[') {
            let (inside, after) = bracketed.split_once(']')?;
            (inside, if after.is_empty() { None } else { Some(after.strip_prefix(':')?) })
        } else {
            match entry.split_once(':') {
                Some((what, port)) if !port.contains(':') => (what, Some(port)),
                _ => (entry, None),
            }
        };
        let port = match port {
            Some(text) => Some(text.parse().ok().filter(|&port| port != 0)?),
            None => None,
        };
        let what = if let Ok(net) = what.parse::<IpNet>() {
            Target::Net(net)
        } else if let Ok(address) = what.parse::<IpAddr>() {
            Target::Net(IpNet::from(address))
        } else {
            Target::Host(host_pattern(what)?)
        };
        Some(Self { what, port })
    }

    fn covers(&self, host: &str, address: SocketAddr) -> bool {
        self.port.is_none_or(|port| port == address.port())
            && match &self.what {
                Target::Host(pattern) => pattern.matches(host),
                Target::Net(net) => {
                    net.contains(&address.ip().to_canonical()) || net.contains(&address.ip())
                }
            }
    }
}

/// A pattern that could match a host: letters of any script become what the URL's parser makes
/// of them.
fn host_pattern(text: &str) -> Option<Pattern> {
    let sample = text.replace('*', "x");
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'*');
    match Host::parse(&sample).ok()? {
        Host::Domain(name) if text.is_ascii() => {
            (!name.is_empty() && text.bytes().all(plain)).then(|| Pattern::new(text))
        }
        Host::Domain(name) => (!text.contains('*')).then(|| Pattern::new(&name)),
        // A number in a spelling that hides it.
        Host::Ipv4(_) | Host::Ipv6(_) => None,
    }
}

/// Whether an entry of `webhooks.allow` says something.
///
/// # Errors
/// Names the entry and what is possible.
pub fn check_allow(entry: &str) -> Result<(), AllowError> {
    if let Some(invisible) = Invisible::find(entry) {
        return Err(AllowError::Invisible(entry.to_owned(), invisible));
    }
    Allowed::parse(entry).map(drop).ok_or_else(|| AllowError::Entry(entry.to_owned()))
}

/// A host without the brackets of an IPv6 address and without the dot that ends a full name.
fn bare(host: &str) -> &str {
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.strip_suffix('.').unwrap_or(host)
}

/// Why a text can't be the URL of a webhook.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Nothing there.
    #[error("the URL is empty")]
    Empty,
    /// Too long.
    #[error("the URL has {0} bytes, at most {MAX_URL} are possible")]
    Length(usize),
    /// Characters that parsers disagree about.
    #[error("the URL contains {0}")]
    Character(&'static str),
    /// Characters that nobody sees.
    #[error("the URL contains {0}")]
    Invisible(Invisible),
    /// Neither `https:` nor `http:`.
    #[error("the URL has to begin with https:// or http://")]
    Scheme,
    /// `user:password@`
    #[error(
        "the URL contains a user name or password; use a request header (Authorization) instead"
    )]
    UserInfo,
    /// Port 0.
    #[error("the URL has port 0")]
    Port,
    /// What the parser said.
    #[error("the URL can't be read: {0}")]
    Malformed(String),
}

/// Reads the URL of a webhook with the parser of the URL standard, and refuses what parsers are
/// known to read differently. It says nothing about where the host leads: that is judged when
/// it is resolved.
///
/// # Errors
/// What is wrong with it.
pub fn check_url(text: &str) -> Result<Url, UrlError> {
    if text.is_empty() {
        return Err(UrlError::Empty);
    }
    if text.len() > MAX_URL {
        return Err(UrlError::Length(text.len()));
    }
    // The standard's parser drops tabs and line feeds and trims spaces; others don't.
    if text.chars().any(char::is_control) {
        return Err(UrlError::Character("a control character"));
    }
    if text.chars().any(char::is_whitespace) {
        return Err(UrlError::Character("a space"));
    }
    if let Some(invisible) = Invisible::find(text) {
        return Err(UrlError::Invisible(invisible));
    }
    if text.contains('\\') {
        return Err(UrlError::Character("a backslash"));
    }
    let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
    if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
        return Err(UrlError::Scheme);
    }
    // "https:///host" is read as "https://host" by the standard and as a path by others.
    if text[scheme.len() + 3..].starts_with('/') {
        return Err(UrlError::Malformed("there is no host".into()));
    }
    let authority = text[scheme.len() + 3..].split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(UrlError::UserInfo);
    }
    let mut url = Url::parse(text).map_err(|error| UrlError::Malformed(error.to_string()))?;
    // The parser decodes a host and drops what is invisible in it: another host than one reads.
    let host = proxy::percent_decode(authority);
    if let Some(invisible) = Invisible::find(&String::from_utf8_lossy(&host)) {
        return Err(UrlError::Invisible(invisible));
    }
    if url.port() == Some(0) {
        return Err(UrlError::Port);
    }
    // A trailing dot only says that the name is complete; certificates don't have it.
    if let Some(Host::Domain(host)) = url.host() {
        let host = host.strip_suffix('.').unwrap_or(host).to_owned();
        if host.split('.').any(str::is_empty) {
            return Err(UrlError::Malformed("a part of the host's name is empty".into()));
        }
        url.set_host(Some(&host)).map_err(|error| UrlError::Malformed(error.to_string()))?;
    }
    url.set_fragment(None);
    url.as_str().parse::<http::Uri>().map_err(|error| UrlError::Malformed(error.to_string()))?;
    Ok(url)
}
