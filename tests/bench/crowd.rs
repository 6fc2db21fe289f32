//! Thousands of endpoints that answer after as long as real ones do, over plain HTTP or TLS, and
//! keep every request so that it can be verified afterwards. A webhook's path says how its
//! endpoint behaves: `/200/name` answers after 200 ms, `/hang/name` never, `/429/0/name` refuses.

use std::collections::{HashMap, HashSet};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use testkit::signature::Key;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpSocket;
use tokio_rustls::TlsAcceptor;

use crate::Result;
use crate::receiver::{Arrival, length, monotonic_ns, verified};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const BUSY: &[u8] =
    b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n";

/// What the requests came as.
#[derive(Default)]
struct Seen {
    arrivals: Vec<Arrival>,
    handshakes: usize,
}

/// See the module. Its thread ends with the process.
pub(crate) struct Crowd {
    port: u16,
    seen: Arc<Mutex<Seen>>,
    /// The authority of the endpoints' certificates.
    authority: Option<tempfile::NamedTempFile>,
}

impl Crowd {
    /// Endpoints at `hosts` loopback addresses, behind TLS or not.
    pub(crate) fn start(hosts: usize, tls: bool) -> Result<Self> {
        let listener = std::net::TcpListener::bind("0.0.0.0:0")?;
        let port = listener.local_addr()?.port();
        drop(listener);
        let (authority, acceptors) =
            if tls { certificates(hosts)? } else { (None, HashMap::new()) };
        let crowd = Self { port, seen: Arc::default(), authority };
        let seen = Arc::clone(&crowd.seen);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (ready, is_ready) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let served = runtime.block_on(async {
                let socket = TcpSocket::new_v4()?;
                socket.bind(SocketAddr::from(([0, 0, 0, 0], port)))?;
                let listener = socket.listen(4096)?;
                let _ = ready.send(());
                loop {
                    let (stream, _) = listener.accept().await?;
                    stream.set_nodelay(true)?;
                    let acceptor = acceptors.get(&stream.local_addr()?.ip()).cloned();
                    let seen = Arc::clone(&seen);
                    tokio::spawn(async move {
                        let Some(acceptor) = acceptor else { return converse(stream, &seen).await };
                        let stream = acceptor.accept(stream).await?;
                        lock(&seen).handshakes += 1;
                        converse(stream, &seen).await
                    });
                }
                #[allow(unreachable_code, reason = "says what the block comes to")]
                io::Result::Ok(())
            });
            served.expect("the endpoints serve");
        });
        is_ready.recv()?;
        Ok(crowd)
    }

    /// The URL of an endpoint of the `host`th address that behaves as `path` says.
    pub(crate) fn url(&self, host: usize, path: &str) -> String {
        let scheme = if self.authority.is_some() { "https" } else { "http" };
        format!("{scheme}://{}:{}/{path}", address(host), self.port)
    }

    /// The file with the authority of their certificates.
    pub(crate) fn authority(&self) -> Option<String> {
        let path = self.authority.as_ref()?.path().canonicalize();
        path.ok().map(|path| path.display().to_string())
    }

    /// How many requests came, and how many TLS handshakes were made.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let seen = lock(&self.seen);
        (seen.arrivals.len(), seen.handshakes)
    }

    /// All requests so far.
    pub(crate) fn take(&self) -> Vec<Arrival> {
        std::mem::take(&mut lock(&self.seen).arrivals)
    }
}

fn lock(seen: &Mutex<Seen>) -> std::sync::MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

fn address(host: usize) -> Ipv4Addr {
    let [_, _, high, low] = u32::try_from(host + 1).unwrap_or(u32::MAX).to_be_bytes();
    Ipv4Addr::new(127, 9, high, low)
}

type Acceptors = HashMap<IpAddr, TlsAcceptor>;

/// A certificate for each host, and the file of who signed them.
fn certificates(hosts: usize) -> Result<(Option<tempfile::NamedTempFile>, Acceptors)> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
    let file = tempfile::Builder::new().suffix(".pem").tempfile_in("target/bench")?;
    std::fs::write(file.path(), issuer.pem())?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut acceptors = HashMap::new();
    for host in 0..hosts {
        let key = KeyPair::generate()?;
        let address = address(host);
        let certificate =
            CertificateParams::new(vec![address.to_string()])?.signed_by(&key, &issuer)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.into()], key)?;
        acceptors.insert(address.into(), TlsAcceptor::from(Arc::new(config)));
    }
    Ok((Some(file), acceptors))
}

async fn converse(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    seen: &Mutex<Seen>,
) -> io::Result<()> {
    let mut bytes = Vec::with_capacity(4096);
    loop {
        let request = loop {
            if let Some(length) = length(&bytes).filter(|length| bytes.len() >= *length) {
                break length;
            }
            if stream.read_buf(&mut bytes).await? == 0 {
                return Ok(());
            }
        };
        let rest = bytes.split_off(request);
        let bytes = std::mem::replace(&mut bytes, rest);
        let path = bytes.split(|byte| *byte == b' ').nth(1).unwrap_or_default().to_vec();
        lock(seen).arrivals.push(Arrival { at: monotonic_ns(), bytes });
        let mut behaviour = path.split(|byte| *byte == b'/').skip(1);
        let answer = match behaviour.next() {
            Some(b"hang") => return stream.read_u8().await.map(drop),
            Some(b"429") => BUSY,
            Some(digits) => {
                let ms = std::str::from_utf8(digits).ok().and_then(|ms| ms.parse().ok());
                match ms.unwrap_or(0) {
                    0 => {}
                    ms => tokio::time::sleep(Duration::from_millis(ms)).await,
                }
                ANSWER
            }
            None => ANSWER,
        };
        stream.write_all(answer).await?;
        stream.flush().await?;
    }
}

/// Checks that each request is signed with `secret`, has the payload as json_encode() writes it,
/// and came once to each path; gives back when each event was where.
pub(crate) fn verify(
    arrivals: &[Arrival],
    secret: &str,
    data: &str,
) -> Result<HashMap<(String, String), u64>> {
    let keys: Vec<_> = Key::of(secret).into_iter().collect();
    let mut at = HashMap::new();
    let mut twice = HashSet::new();
    for arrival in arrivals {
        let request = arrival.request()?;
        let id = verified(&request, &keys, data)?;
        let which = (id.to_owned(), request.path);
        let is_repeated = which.1.starts_with("/429") || which.1.starts_with("/hang");
        if at.insert(which.clone(), arrival.at).is_some() && !is_repeated {
            twice.insert(which);
        }
    }
    if twice.is_empty() {
        Ok(at)
    } else {
        Err(format!("{} were received twice", twice.len()).into())
    }
}
