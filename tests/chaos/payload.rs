//! What a producer dispatches, known in advance: `produce.php` makes the same of the same
//! numbers, so that a byte that changed on the way is seen.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::test_webhooks;

/// Who dispatched an event, and which one of theirs it was.
pub(crate) type Number = (u64, u64);

/// The event's name and its `data`, as JSON.
pub(crate) fn payload(seed: u64, (producer, number): Number) -> (&'static str, String) {
    let digest = Sha256::digest(format!("{seed}/{producer}/{number}"));
    let mut hex = String::new();
    for byte in digest {
        let _ = write!(hex, "{byte:02x}");
    }
    let names = test_webhooks::names();
    let name = names[usize::from(u16::from_be_bytes([digest[0], digest[1]])) % names.len()];
    let note = hex.repeat(usize::from(digest[2]) % 64);
    let data = format!(
        r#"{{"producer":{producer},"number":{number},"text":"Zoë & \"Ünïcode\" </b>","note":"{note}"}}"#
    );
    (name, data)
}
