//! WordPress's proxy (`WP_PROXY_HOST` and its companions).
//!
//! The target is resolved and judged here, and the proxy is told the *address* (`CONNECT
//! 203.0.113.7:443`), not the name: it would resolve the name once more, and might get another
//! answer than the one that was judged. The proxy's own address is exempt from judgement.
//! Proxy variables of the environment are not honoured.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::{Host, Url};

use super::connection;
use super::guard::Pattern;
use super::resolve::{NameError, Names};
use super::trace::Trace;
use domain::invisible::Invisible;
use domain::webhook::Secret;

/// Longest answer to CONNECT, in bytes.
const MAX_ANSWER: usize = 8 * 1024;

/// The proxy as configured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProxySettings {
    /// `http://user:password@host:port`
    pub url: Secret,
    /// Hosts that are reached without it; `*` stands for any characters.
    #[serde(default)]
    pub bypass: Vec<String>,
}

/// A proxy setting that can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the proxy's URL has to be http://host:port, with user:password@ before the host if it asks for them"
)]
pub struct ProxyError;

/// The proxy, ready to be used.
pub(super) struct Proxy {
    host: Host<String>,
    port: u16,
    authorization: Option<String>,
    bypass: Vec<Pattern>,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({}:{})", self.host, self.port)
    }
}

/// Whether these settings can be used.
///
/// # Errors
/// Where the URL is malformed; it is not shown.
pub fn check_proxy(settings: &ProxySettings) -> Result<(), ProxyError> {
    Proxy::new(settings).map(drop)
}

impl Proxy {
    pub(super) fn new(settings: &ProxySettings) -> Result<Self, ProxyError> {
        let text = settings.url.expose();
        let url = Url::parse(text).map_err(|_| ProxyError)?;
        // The parser drops what is invisible: another host than one reads.
        if Invisible::find(text).is_some() {
            return Err(ProxyError);
        }
        let host = url.host().ok_or(ProxyError)?.to_owned();
        let port = url.port_or_known_default().ok_or(ProxyError)?;
        if url.scheme() != "http" {
            return Err(ProxyError);
        }
        let authorization = (!url.username().is_empty() || url.password().is_some()).then(|| {
            let mut pair = percent_decode(url.username());
            pair.push(b':');
            pair.extend(percent_decode(url.password().unwrap_or_default()));
            format!("Proxy-Authorization: Basic {}\r\n", BASE64_STANDARD.encode(pair))
        });
        let bypass = settings.bypass.iter().map(|host| Pattern::new(host)).collect();
        Ok(Self { host, port, authorization, bypass })
    }

    /// Whether `host` is reached without the proxy; WordPress never sends its own machine
    /// through it.
    pub(super) fn is_bypassed(&self, host: &str) -> bool {
        host == "localhost" || self.bypass.iter().any(|pattern| pattern.matches(host))
    }

    /// Opens a tunnel to one of the target's addresses.
    pub(super) async fn open(
        &self,
        names: &Arc<Names>,
        target: &[SocketAddr],
        deadline: Instant,
        trace: &mut Trace,
    ) -> io::Result<TcpStream> {
        let target = target.first().ok_or(io::ErrorKind::AddrNotAvailable)?;
        let addresses = self.addresses(names, deadline).await?;
        let mut socket = connection::connect(&addresses, deadline, trace).await?;
        let authorization = self.authorization.as_deref().unwrap_or_default();
        let request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{authorization}\r\n");
        socket.write_all(request.as_bytes()).await?;
        let answer = read_answer(&mut socket).await?;
        // "HTTP/1.1 200 Connection established"
        let status = answer.split(' ').nth(1).and_then(|status| status.parse::<u16>().ok());
        match status {
            Some(200..=299) if answer.starts_with("HTTP/1.") => Ok(socket),
            Some(status) => Err(io::Error::other(format!(
                "the proxy {}:{} answered {status} to CONNECT {target}",
                self.host, self.port
            ))),
            None => Err(io::Error::other(format!("{}:{} is no HTTP proxy", self.host, self.port))),
        }
    }

    async fn addresses(
        &self,
        names: &Arc<Names>,
        deadline: Instant,
    ) -> io::Result<Vec<SocketAddr>> {
        let found = match &self.host {
            Host::Ipv4(address) => return Ok(vec![(*address, self.port).into()]),
            Host::Ipv6(address) => return Ok(vec![(*address, self.port).into()]),
            Host::Domain(name) => {
                let left = deadline.saturating_duration_since(Instant::now());
                names.addresses(name, left).await.map_err(|error| match error {
                    NameError::Timeout => io::ErrorKind::TimedOut.into(),
                    NameError::NotFound(said) => {
                        io::Error::other(format!("the proxy's address is unknown: {name}: {said}"))
                    }
                    NameError::NoThread(said) => io::Error::other(format!(
                        "no thread can be started to look the name up: {said}"
                    )),
                })?
            }
        };
        Ok(found.iter().map(|&address| (address, self.port).into()).collect())
    }
}

/// The head of the answer. Byte by byte, because what follows belongs to the target.
async fn read_answer(socket: &mut TcpStream) -> io::Result<String> {
    let mut answer = Vec::new();
    let mut byte = [0];
    while !answer.ends_with(b"\r\n\r\n") {
        if answer.len() == MAX_ANSWER || socket.read(&mut byte).await? == 0 {
            return Err(io::Error::other("the proxy's answer to CONNECT ended early"));
        }
        answer.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Percent-decodes a part of a URL; what is no escape stays.
pub(super) fn percent_decode(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().iter();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(&byte) = bytes.next() {
        let pair = bytes.as_slice().get(..2).filter(|_| byte == b'%');
        match pair.and_then(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()) {
            Some(value) => {
                decoded.push(value);
                bytes.nth(1);
            }
            None => decoded.push(byte),
        }
    }
    decoded
}
