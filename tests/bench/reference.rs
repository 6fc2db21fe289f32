//! What the guard compares with where its budgets are of other versions: work of the kind that the
//! worker does, by the crates that do it, without a line of ours. `reference N` does it N times.

use std::collections::BTreeMap;
use std::error::Error;
use std::hint::black_box;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

const PAYLOAD: &[u8] = include_bytes!("../payloads/ultimate-multisite-payment_received.json");

/// Reads a payload, sorts it, writes and signs it, so many times.
fn main() -> Result<(), Box<dyn Error>> {
    let times: u32 = std::env::args().nth(1).ok_or("how many times?")?.parse()?;
    for _ in 0..times {
        let value: BTreeMap<String, Value> = serde_json::from_slice(black_box(PAYLOAD))?;
        let text = serde_json::to_vec(&value)?;
        let mut mac = Hmac::<Sha256>::new_from_slice(b"reference")?;
        mac.update(&text);
        black_box(mac.finalize());
    }
    Ok(())
}
