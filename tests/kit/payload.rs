//! What a producer of a seeded run dispatches, known in advance: tests/chaos/produce.php makes the same of
//! the same numbers, so that a byte that changed on the way is seen.

use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

/// Who dispatched an event, and which one of theirs it was.
pub type Number = (u64, u64);

/// The event's name, one of `names`, and its `data`, as JSON.
pub fn payload(
    names: &[&'static str],
    seed: u64,
    (producer, number): Number,
) -> (&'static str, String) {
    let digest = Sha256::digest(format!("{seed}/{producer}/{number}"));
    let mut hex = String::new();
    for byte in digest {
        let _ = write!(hex, "{byte:02x}");
    }
    let name = names[usize::from(u16::from_be_bytes([digest[0], digest[1]])) % names.len()];
    let note = hex.repeat(usize::from(digest[2]) % 64);
    let data = format!(
        r#"{{"producer":{producer},"number":{number},"text":"Zoë & \"Ünïcode\" </b>","note":"{note}"}}"#
    );
    (name, data)
}

/// What a producer put into the envelope.
#[derive(Deserialize)]
struct Envelope<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    name: &'a str,
    #[serde(borrow)]
    data: &'a RawValue,
}

#[derive(Deserialize)]
struct Origin {
    producer: u64,
    number: u64,
}

/// Whose event a body carries that came to `webhook`, which gets the events of its name, under an id.
///
/// # Errors
/// Why it can't be what was dispatched.
pub fn read(
    names: &[&'static str],
    seed: u64,
    webhook: &str,
    id: &str,
    body: &[u8],
) -> Result<Number, String> {
    let envelope: Envelope<'_> = serde_json::from_slice(body)
        .map_err(|error| format!("the body is no envelope: {error}"))?;
    let data = envelope.data.get();
    let Origin { producer, number } =
        serde_json::from_str(data).map_err(|error| format!("whose data: {error}"))?;
    let (name, expected) = payload(names, seed, (producer, number));
    if (envelope.id, envelope.name, name) != (id, name, webhook) {
        return Err(format!("{} {} came to {webhook} as {id}", envelope.id, envelope.name));
    }
    if data != expected {
        return Err(format!("the data is {data} instead of {expected}"));
    }
    Ok((producer, number))
}
