//! Signatures of Standard Webhooks 1.0.0 ("Signature scheme"): what is signed is
//! `{id}.{timestamp}.{body}`, with HMAC-SHA256 (`v1`) or ed25519 (`v1a`).
//!
//! A secret is parsed once ([`Signer`]) and signs many requests; its text never appears in an
//! error, nor does a parsed one have a `Debug` that shows it.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ed25519_dalek::SigningKey;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::verify::MOST_SECRETS;
pub use crate::verify::{SignedHeaders, verify};
use domain::webhook::Secret;

/// Prefix of a symmetric secret.
pub const SYMMETRIC: &str = "whsec_";
/// Prefix of an ed25519 private key.
pub const PRIVATE: &str = "whsk_";
/// Prefix of an ed25519 public key.
pub const PUBLIC: &str = "whpk_";

/// Fewest and most bytes of a symmetric secret ("Signing secret": 192 to 512 bits).
pub(crate) const SYMMETRIC_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// Bytes of a generated symmetric secret.
const GENERATED_BYTES: usize = 32;

/// Why a text is no secret; says nothing of what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// None of the three prefixes.
    #[error("a secret begins with \"whsec_\" (HMAC-SHA256) or \"whsk_\" (ed25519)")]
    Prefix,
    /// Not base64.
    #[error("after its prefix a secret is base64 with padding (A-Z a-z 0-9 + / =)")]
    Base64,
    /// A symmetric secret of the wrong size.
    #[error("a \"whsec_\" secret has 24 to 64 bytes before base64, this one {0}")]
    SymmetricLength(usize),
    /// An ed25519 key of the wrong size, or whose halves do not belong together.
    #[error(
        "a \"whsk_\" key is an ed25519 seed of 32 bytes (or seed and public key, 64 bytes) in base64"
    )]
    PrivateKey,
    /// Not an ed25519 public key.
    #[error("a \"whpk_\" key is an ed25519 public key of 32 bytes in base64")]
    PublicKey,
    /// A public key where something is to be signed.
    #[error("a \"whpk_\" key can only verify; signing takes its \"whsk_\" key")]
    CannotSign,
    /// More than a request is verified with.
    #[error("there are {0} secrets, at most {MOST_SECRETS} are possible")]
    TooMany(usize),
}

/// A parsed secret, ready to sign.
#[derive(Clone)]
pub struct Signer(pub(crate) Key);

#[derive(Clone)]
pub(crate) enum Key {
    /// The state after the key's block: saves two of the compressions of each signature.
    Symmetric(Hmac<Sha256>),
    Asymmetric(Box<SigningKey>),
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Key::Symmetric(_) => "Signer(v1 …)",
            Key::Asymmetric(_) => "Signer(v1a …)",
        })
    }
}

impl Signer {
    /// Parses a `whsec_` or `whsk_` secret.
    ///
    /// # Errors
    /// Where it is of neither form.
    pub fn parse(secret: &str) -> Result<Self, SecretError> {
        if let Some(text) = secret.strip_prefix(SYMMETRIC) {
            symmetric(text).map(|mac| Self(Key::Symmetric(mac)))
        } else if let Some(text) = secret.strip_prefix(PRIVATE) {
            private_key(text).map(|key| Self(Key::Asymmetric(Box::new(key))))
        } else if secret.starts_with(PUBLIC) {
            Err(SecretError::CannotSign)
        } else {
            Err(SecretError::Prefix)
        }
    }

    /// WooCommerce's own signature: HMAC-SHA256 of the body alone, in base64. `None` of an ed25519 key.
    pub(super) fn sign_body(&self, body: &[u8]) -> Option<String> {
        match &self.0 {
            Key::Symmetric(mac) => {
                let mac = mac.clone().chain_update(body);
                Some(BASE64_STANDARD.encode(mac.finalize().into_bytes()))
            }
            Key::Asymmetric(_) => None,
        }
    }

    /// Appends a signature with its identifier (`v1,…` or `v1a,…`), after a space where
    /// `header` holds one already.
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8], header: &mut String) {
        if !header.is_empty() {
            header.push(' ');
        }
        let mut digits = itoa::Buffer::new();
        let parts = signed_parts(id, digits.format(timestamp), body);
        match &self.0 {
            Key::Symmetric(mac) => {
                header.push_str("v1,");
                BASE64_STANDARD
                    .encode_string(authenticate(mac, &parts).finalize().as_bytes(), header);
            }
            Key::Asymmetric(key) => {
                use ed25519_dalek::ed25519::signature::MultipartSigner;
                header.push_str("v1a,");
                BASE64_STANDARD.encode_string(key.multipart_sign(&parts).to_bytes(), header);
            }
        }
    }
}

/// Whether `secret` can sign: `whsec_` + base64 of 24–64 bytes, or `whsk_` + an ed25519 key.
///
/// # Errors
/// What is wrong with it, without its text.
pub fn check_secret(secret: &str) -> Result<(), SecretError> {
    Signer::parse(secret).map(drop)
}

/// The value of `webhook-signature` for one secret.
///
/// # Errors
/// Where the secret is malformed.
pub fn sign(secret: &str, id: &str, timestamp: i64, body: &[u8]) -> Result<String, SecretError> {
    let mut header = String::new();
    Signer::parse(secret)?.sign(id, timestamp, body, &mut header);
    Ok(header)
}

/// A new symmetric secret of 32 random bytes.
///
/// # Errors
/// Where the kernel has no random numbers.
pub fn generate() -> Result<Secret, getrandom::Error> {
    let mut bytes = [0; GENERATED_BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(Secret::new(format!("{SYMMETRIC}{}", BASE64_STANDARD.encode(bytes))))
}

/// A new ed25519 private key; [`public_key`] gives what receivers need.
///
/// # Errors
/// Where the kernel has no random numbers.
pub fn generate_asymmetric() -> Result<Secret, getrandom::Error> {
    let mut seed = [0; ed25519_dalek::SECRET_KEY_LENGTH];
    getrandom::fill(&mut seed)?;
    Ok(Secret::new(format!("{PRIVATE}{}", BASE64_STANDARD.encode(seed))))
}

/// The public key (`whpk_…`) that belongs to a private one (`whsk_…`): no secret.
///
/// # Errors
/// Where the private key is malformed, or symmetric.
pub fn public_key(secret: &str) -> Result<String, SecretError> {
    let text = secret.strip_prefix(PRIVATE).ok_or(SecretError::PrivateKey)?;
    let key = private_key(text)?.verifying_key();
    Ok(format!("{PUBLIC}{}", BASE64_STANDARD.encode(key.as_bytes())))
}

pub(crate) fn signed_parts<'a>(id: &'a str, timestamp: &'a str, body: &'a [u8]) -> [&'a [u8]; 5] {
    [id.as_bytes(), b".", timestamp.as_bytes(), b".", body]
}

pub(crate) fn authenticate(keyed: &Hmac<Sha256>, parts: &[&[u8]]) -> Hmac<Sha256> {
    let mut mac = keyed.clone();
    for part in parts {
        mac.update(part);
    }
    mac
}

fn symmetric(text: &str) -> Result<Hmac<Sha256>, SecretError> {
    let key = BASE64_STANDARD.decode(text).map_err(|_| SecretError::Base64)?;
    if !SYMMETRIC_BYTES.contains(&key.len()) {
        return Err(SecretError::SymmetricLength(key.len()));
    }
    Hmac::new_from_slice(&key).map_err(|_| SecretError::SymmetricLength(key.len()))
}

/// The specification says "standard ed25519 key pair"; its Go library takes the seed of 32
/// bytes, Svix writes seed and public key, 64 bytes.
fn private_key(text: &str) -> Result<SigningKey, SecretError> {
    let bytes = BASE64_STANDARD.decode(text).map_err(|_| SecretError::Base64)?;
    if let Ok(seed) = <&[u8; 32]>::try_from(bytes.as_slice()) {
        return Ok(SigningKey::from_bytes(seed));
    }
    let pair = <&[u8; 64]>::try_from(bytes.as_slice()).map_err(|_| SecretError::PrivateKey)?;
    SigningKey::from_keypair_bytes(pair).map_err(|_| SecretError::PrivateKey)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const TIMESTAMP: i64 = 1_614_265_330;
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    /// From the test of the reference library in Go, which signs the same message.
    const PRIVATE_KEY: &str = "whsk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=";
    const ASYMMETRIC_SIGNATURE: &str = "v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag==";

    fn verified(secrets: &[&str], signature: &str, now: i64) -> bool {
        let headers = SignedHeaders { id: ID, timestamp: "1614265330", signature };
        verify(secrets, headers, BODY, now, 300).unwrap()
    }

    #[test]
    fn the_vectors_of_the_reference_libraries() {
        assert_eq!(sign(SECRET, ID, TIMESTAMP, BODY).unwrap(), SIGNATURE);
        assert_eq!(sign(PRIVATE_KEY, ID, TIMESTAMP, BODY).unwrap(), ASYMMETRIC_SIGNATURE);
    }

    #[test]
    fn one_good_signature_among_several_is_enough() {
        let both = format!("v1,AAAA {SIGNATURE} v2,zzzz {ASYMMETRIC_SIGNATURE}");
        let public = public_key(PRIVATE_KEY).unwrap();
        assert!(verified(&[SECRET], &both, TIMESTAMP));
        assert!(verified(&[&public], &both, TIMESTAMP));
        assert!(verified(&[generate().unwrap().expose(), SECRET], SIGNATURE, TIMESTAMP));
        assert!(!verified(&[generate().unwrap().expose()], &both, TIMESTAMP));
        assert!(!verified(&[&public], SIGNATURE, TIMESTAMP));
        assert!(!verified(&[SECRET], &SIGNATURE.replace("v1,", "v1a,"), TIMESTAMP));
        assert!(!verified(&[SECRET], "", TIMESTAMP));
    }

    #[test]
    fn a_header_full_of_signatures_costs_no_more_than_one() {
        // 8 kB of candidates on 8 MB took 7.4 s: a MAC for each of them.
        let body = vec![b'x'; 8 << 20];
        let secret = generate().unwrap();
        let key = generate_asymmetric().unwrap();
        let public = public_key(key.expose()).unwrap();
        let garbage = |scheme: &str, bytes: usize, count: usize| {
            vec![format!("{scheme},{}", BASE64_STANDARD.encode(vec![7; bytes])); count].join(" ")
        };
        let time = |secret: &str, signature: &str| {
            let headers = SignedHeaders { id: ID, timestamp: "1614265330", signature };
            let started = cpu();
            let fits = verify(&[secret], headers, &body, TIMESTAMP, 300).unwrap();
            (fits, cpu() - started)
        };
        let good = sign(secret.expose(), ID, TIMESTAMP, &body).unwrap();
        let (fits, one) = time(secret.expose(), &good);
        assert!(fits);
        for (garbage, fits) in [
            (garbage("v1", 32, 170), false),
            (format!("{} {good}", garbage("v1", 32, 20)), true),
            // What has another length is none, and takes no place.
            (format!("{} {good}", garbage("v1", 31, 170)), true),
            (format!("{} {good}", garbage("v1", 64, 90)), true),
            (format!("{} {good}", garbage("v1a", 64, 90)), true),
            (format!("{} {good}", "v1,= v1 , ".repeat(800)), true),
        ] {
            let (fitted, took) = time(secret.expose(), &garbage);
            assert_eq!(fitted, fits, "{}", &garbage[..40]);
            assert!(took < 3.0 * one + 0.05, "{took} s instead of {one}");
        }
        let good = sign(key.expose(), ID, TIMESTAMP, &body).unwrap();
        let (fits, one) = time(&public, &good);
        assert!(fits);
        let (fits, took) = time(&public, &garbage("v1a", 64, 90));
        assert!(!fits && took < 6.0 * one + 0.05, "{took} s instead of {one}");
    }

    /// CPU time of this thread, in seconds.
    fn cpu() -> f64 {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
    }

    #[test]
    fn a_changed_byte_anywhere_is_noticed() {
        let headers = SignedHeaders { id: ID, timestamp: "1614265330", signature: SIGNATURE };
        assert!(verify(&[SECRET], headers, BODY, TIMESTAMP, 0).unwrap());
        assert!(!verify(&[SECRET], headers, b"{}", TIMESTAMP, 0).unwrap());
        assert!(
            !verify(&[SECRET], SignedHeaders { id: "msg_x", ..headers }, BODY, TIMESTAMP, 0)
                .unwrap()
        );
        let later = SignedHeaders { timestamp: "1614265331", ..headers };
        assert!(!verify(&[SECRET], later, BODY, TIMESTAMP, 300).unwrap());
        let words = SignedHeaders { timestamp: "now", ..headers };
        assert!(!verify(&[SECRET], words, BODY, TIMESTAMP, 300).unwrap());
    }

    #[test]
    fn too_old_and_too_new_are_refused() {
        for (now, expected) in
            [(300, true), (301, false), (-300, true), (-301, false), (i64::MAX - TIMESTAMP, false)]
        {
            assert_eq!(verified(&[SECRET], SIGNATURE, TIMESTAMP + now), expected, "{now}");
        }
    }

    #[test]
    fn a_rotation_signs_with_every_secret() {
        let newer = generate().unwrap();
        let mut header = String::new();
        Signer::parse(newer.expose()).unwrap().sign(ID, TIMESTAMP, BODY, &mut header);
        Signer::parse(SECRET).unwrap().sign(ID, TIMESTAMP, BODY, &mut header);
        assert_eq!(header.split(' ').count(), 2);
        assert!(verified(&[newer.expose()], &header, TIMESTAMP));
        assert!(verified(&[SECRET], &header, TIMESTAMP));
    }

    #[test]
    fn generated_secrets_are_valid_and_differ() {
        let (a, b) = (generate().unwrap(), generate().unwrap());
        assert!(check_secret(a.expose()).is_ok() && a != b);
        let key = generate_asymmetric().unwrap();
        assert!(check_secret(key.expose()).is_ok());
        assert!(public_key(key.expose()).unwrap().starts_with(PUBLIC));
    }

    #[test]
    fn seed_and_key_pair_are_the_same_key() {
        let seed = BASE64_STANDARD.decode(&PRIVATE_KEY[PRIVATE.len()..]).unwrap();
        let mut pair = seed.clone();
        pair.extend(
            SigningKey::from_bytes(seed.as_slice().try_into().unwrap()).verifying_key().as_bytes(),
        );
        let long = format!("{PRIVATE}{}", BASE64_STANDARD.encode(&pair));
        assert_eq!(sign(&long, ID, TIMESTAMP, BODY).unwrap(), ASYMMETRIC_SIGNATURE);
        pair[40] ^= 1;
        let torn = format!("{PRIVATE}{}", BASE64_STANDARD.encode(&pair));
        assert_eq!(check_secret(&torn), Err(SecretError::PrivateKey));
    }

    #[test]
    fn malformed_secrets_are_refused_without_being_shown() {
        let sized = |bytes: usize| format!("{SYMMETRIC}{}", BASE64_STANDARD.encode(vec![7; bytes]));
        for (secret, expected) in [
            (String::new(), SecretError::Prefix),
            ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into(), SecretError::Prefix),
            ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa-_".into(), SecretError::Base64),
            (sized(23), SecretError::SymmetricLength(23)),
            (sized(65), SecretError::SymmetricLength(65)),
            ("whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into(), SecretError::PrivateKey),
            (public_key(PRIVATE_KEY).unwrap(), SecretError::CannotSign),
        ] {
            assert_eq!(check_secret(&secret), Err(expected));
            assert!(secret.len() < 8 || !expected.to_string().contains(&secret[6..]));
        }
        assert!(check_secret(&sized(24)).is_ok() && check_secret(&sized(64)).is_ok());
        assert_eq!(format!("{:?}", Signer::parse(SECRET).unwrap()), "Signer(v1 …)");
    }
}
