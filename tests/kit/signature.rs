//! The receiver's side of Standard Webhooks 1.0.0 ("Signature scheme"), written from the
//! specification and not with the crate's own code, which signs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signature, SigningKey, Verifier as _, VerifyingKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What verifies the signatures of one secret.
pub enum Key {
    /// Of `v1`: HMAC-SHA256.
    Symmetric(Vec<u8>),
    /// Of `v1a`: ed25519.
    Public(Box<VerifyingKey>),
}

impl Key {
    /// The key of a `whsec_` or `whsk_` secret.
    pub fn of(secret: &str) -> Option<Self> {
        let (prefix, text) = secret.split_once('_')?;
        let bytes = BASE64.decode(text).ok()?;
        match prefix {
            "whsec" => Some(Self::Symmetric(bytes)),
            "whsk" => {
                let key = SigningKey::from_bytes(bytes.first_chunk::<32>()?);
                Some(Self::Public(Box::new(key.verifying_key())))
            }
            _ => None,
        }
    }

    fn made(&self, version: &str, signature: &[u8], content: &[u8]) -> bool {
        match (self, version) {
            (Self::Symmetric(key), "v1") => {
                let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return false };
                mac.update(content);
                mac.verify_slice(signature).is_ok()
            }
            (Self::Public(key), "v1a") => {
                let signature = Signature::from_slice(signature);
                signature.is_ok_and(|signature| key.verify(content, &signature).is_ok())
            }
            _ => false,
        }
    }
}

/// Which keys made the signatures of a request, one for each; `None` where none was made by a
/// known key, or one by an unknown key.
pub fn signers(
    keys: &[Key],
    id: &str,
    timestamp: &str,
    signatures: &str,
    body: &[u8],
) -> Option<Vec<usize>> {
    let content = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat();
    let signer = |one: &str| {
        let (version, text) = one.split_once(',')?;
        let signature = BASE64.decode(text).ok()?;
        keys.iter().position(|key| key.made(version, &signature, &content))
    };
    let signers: Option<Vec<_>> = signatures.split(' ').map(signer).collect();
    signers.filter(|signers| !signers.is_empty())
}
