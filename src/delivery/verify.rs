//! Verifying a signature, as a receiver does: the other half of [`sign`](crate::sign).

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ed25519_dalek::VerifyingKey;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::sign::{Key, PUBLIC, SecretError, Signer, authenticate, signed_parts};

/// The three headers of a request that is to be verified.
#[derive(Debug, Clone, Copy)]
pub struct SignedHeaders<'a> {
    /// `webhook-id`
    pub id: &'a str,
    /// `webhook-timestamp`
    pub timestamp: &'a str,
    /// `webhook-signature`: one or more, separated by spaces
    pub signature: &'a str,
}

/// Whether one of the signatures was made with one of the secrets (`whsec_`, `whpk_` or
/// `whsk_`), and the timestamp is at most `tolerance` seconds from `now` (Unix seconds).
/// Signatures are compared in constant time.
///
/// # Errors
/// Where a secret is malformed, or there are more than anybody changes between.
pub fn verify(
    secrets: &[&str],
    headers: SignedHeaders<'_>,
    body: &[u8],
    now: i64,
    tolerance: u64,
) -> Result<bool, SecretError> {
    if secrets.len() > MOST_SECRETS {
        return Err(SecretError::TooMany(secrets.len()));
    }
    let verifiers =
        secrets.iter().map(|secret| Verifier::parse(secret)).collect::<Result<Vec<_>, _>>()?;
    let Ok(timestamp) = headers.timestamp.parse::<i64>() else {
        return Ok(false);
    };
    if timestamp.abs_diff(now) > tolerance {
        return Ok(false);
    }
    let parts = signed_parts(headers.id, headers.timestamp, body);
    let candidates = Candidates::of(headers.signature);
    // All are looked at, whichever fits.
    Ok(verifiers.iter().fold(false, |fits, verifier| verifier.accepts(&parts, &candidates) | fits))
}

/// Most secrets that a request is verified with: each has to read the whole body.
pub(crate) const MOST_SECRETS: usize = 50;
/// Most signatures of each scheme that are looked at: a sender that changes its secrets sends two
/// or three, and whoever sends hundreds wants them to cost something.
const MOST_SYMMETRIC: usize = 32;
/// Of ed25519, where each one has to hash the whole body.
const MOST_ASYMMETRIC: usize = 4;

/// The signatures of a header that can be one, by their length.
struct Candidates {
    symmetric: Vec<[u8; 32]>,
    asymmetric: Vec<[u8; 64]>,
}

impl Candidates {
    fn of(header: &str) -> Self {
        fn read<const N: usize>(header: &str, scheme: &str, most: usize) -> Vec<[u8; N]> {
            let texts = header.split(' ').filter_map(|one| one.strip_prefix(scheme));
            texts
                .filter(|text| text.len() == N.div_ceil(3) * 4)
                .filter_map(|text| BASE64_STANDARD.decode(text).ok()?.try_into().ok())
                .take(most)
                .collect()
        }
        Self {
            symmetric: read(header, "v1,", MOST_SYMMETRIC),
            asymmetric: read(header, "v1a,", MOST_ASYMMETRIC),
        }
    }
}

enum Verifier {
    Symmetric(Hmac<Sha256>),
    Asymmetric(VerifyingKey),
}

impl Verifier {
    fn parse(secret: &str) -> Result<Self, SecretError> {
        if let Some(text) = secret.strip_prefix(PUBLIC) {
            let bytes = BASE64_STANDARD.decode(text).map_err(|_| SecretError::Base64)?;
            let bytes = bytes.as_slice().try_into().map_err(|_| SecretError::PublicKey)?;
            return VerifyingKey::from_bytes(bytes)
                .map(Self::Asymmetric)
                .map_err(|_| SecretError::PublicKey);
        }
        Ok(match Signer::parse(secret)?.0 {
            Key::Symmetric(mac) => Self::Symmetric(mac),
            Key::Asymmetric(key) => Self::Asymmetric(key.verifying_key()),
        })
    }

    /// Whether one of the candidates is its signature: the body is read once a secret.
    fn accepts(&self, parts: &[&[u8]], candidates: &Candidates) -> bool {
        match self {
            Self::Symmetric(_) if candidates.symmetric.is_empty() => false,
            Self::Symmetric(mac) => {
                let mac = authenticate(mac, parts);
                // Compared in constant time; only the last step is done anew.
                candidates
                    .symmetric
                    .iter()
                    .fold(false, |fits, one| mac.clone().verify_slice(one).is_ok() | fits)
            }
            Self::Asymmetric(_) if candidates.asymmetric.is_empty() => false,
            Self::Asymmetric(key) => {
                let message = parts.concat();
                candidates.asymmetric.iter().any(|one| {
                    let signature = ed25519_dalek::Signature::from_bytes(one);
                    key.verify_strict(&message, &signature).is_ok()
                })
            }
        }
    }
}
