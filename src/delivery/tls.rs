//! TLS settings: the system's roots, for some webhooks a further CA file; verification can't be
//! switched off.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::sync::Arc;

use parking_lot::Mutex;
use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls_platform_verifier::Verifier;
use tokio_rustls::TlsConnector;

/// Largest CA file, in bytes.
const MAX_CA_FILE: u64 = 1024 * 1024;

/// A set of trusted roots that can't be had.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The CA file can't be read.
    #[error("the CA file {path} can't be read: {source}")]
    Read {
        /// Its path.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// Nothing in it.
    #[error("the CA file {0} contains no certificate in PEM form (-----BEGIN CERTIFICATE-----)")]
    Empty(String),
    /// rustls refused the roots.
    #[error("the trusted certificates can't be used: {0}")]
    Roots(rustls::Error),
}

/// Sessions that are remembered, eight of a host at most: a handshake that resumes one is half the work
/// for both sides.
const SESSIONS: usize = 4096;

/// Whom to trust, and the sessions made so far.
#[derive(Clone)]
pub(super) struct Tls {
    /// Tells these settings from others.
    pub(super) number: usize,
    pub(super) connector: TlsConnector,
}

/// Builds TLS settings, each once: loading the system's roots takes milliseconds and a copy of
/// them hundreds of kilobytes, and webhooks with equal settings share connections and sessions.
#[derive(Default)]
pub(super) struct TlsSettings {
    built: Mutex<Built>,
}

#[derive(Default)]
struct Built {
    /// By the further authorities' certificates.
    settings: HashMap<Vec<CertificateDer<'static>>, Tls>,
    /// How many there have been: a number is never used again, as connections are told apart by it.
    count: usize,
}

impl TlsSettings {
    /// The settings with the system's roots, and those of `ca_file`.
    pub(super) fn get(&self, ca_file: Option<&str>) -> Result<Tls, TlsError> {
        let extra = ca_file.map(read_certificates).transpose()?.unwrap_or_default();
        let mut built = self.built.lock();
        if let Some(tls) = built.settings.get(&extra) {
            return Ok(tls.clone());
        }
        let connector = TlsConnector::from(build(extra.clone())?);
        let tls = Tls { number: built.count, connector };
        built.count += 1;
        built.settings.insert(extra, tls.clone());
        Ok(tls)
    }

    /// Lets go of all of them, with the sessions that they remember.
    pub(super) fn forget(&self) {
        self.built.lock().settings = HashMap::new();
    }
}

fn build(extra: Vec<CertificateDer<'static>>) -> Result<Arc<ClientConfig>, TlsError> {
    let provider: Arc<CryptoProvider> = Arc::new(rustls::crypto::ring::default_provider());
    let verifier =
        Verifier::new_with_extra_roots(extra, Arc::clone(&provider)).map_err(TlsError::Roots)?;
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Roots)?
        // Named so because any verifier can be given here: this one verifies.
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.resumption = Resumption::in_memory_sessions(SESSIONS);
    Ok(Arc::new(config))
}

/// The certificates of a PEM file.
///
/// # Errors
/// Where it can't be read or holds none.
pub fn read_certificates(path: &str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let unreadable = |source| TlsError::Read { path: path.to_owned(), source };
    let size = fs::metadata(path).map_err(unreadable)?;
    if !size.is_file() || size.len() > MAX_CA_FILE {
        let reason = format!("it is no file of at most {MAX_CA_FILE} bytes");
        return Err(unreadable(io::Error::other(reason)));
    }
    let pem = fs::read(path).map_err(unreadable)?;
    let certificates = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| unreadable(io::Error::other(error.to_string())))?;
    if certificates.is_empty() {
        return Err(TlsError::Empty(path.to_owned()));
    }
    Ok(certificates)
}
