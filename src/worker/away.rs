//! Since when the store's database is away: noted by the worker, which asks it all the time, and told
//! by `webhooks_status()` of any process.

use serde::{Deserialize, Serialize};

use spool::{Privacy, Spool, SpoolError};

/// In the spool, while the database is away.
const AWAY_FILE: &str = "store.away";
/// Longest reason that is kept, in bytes.
const LONGEST: usize = 1000;

/// That it is away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Away {
    /// Since when, in Unix milliseconds.
    pub since: i64,
    /// Why, in the words of the store's error.
    pub reason: String,
}

/// Notes that it is away, where that is news; the first note of an outage says since when.
///
/// # Errors
/// Where the file can't be written.
pub fn note(spool: &Spool, reason: &str, now: i64) -> Result<(), SpoolError> {
    if read(spool).is_some() {
        return Ok(());
    }
    let reason = reason.chars().take(LONGEST / 4).collect();
    let written = serde_json::to_vec(&Away { since: now, reason }).unwrap_or_default();
    spool.top().replace(AWAY_FILE, &written, Privacy::Shared)
}

/// Notes that it is back.
///
/// # Errors
/// Where the file can't be removed.
pub fn clear(spool: &Spool) -> Result<(), SpoolError> {
    spool.top().remove(AWAY_FILE)
}

/// What was noted; `None`: it is there, as far as the worker knows.
pub fn read(spool: &Spool) -> Option<Away> {
    let bytes = spool.top().read(AWAY_FILE, 64 << 10).ok()??;
    serde_json::from_slice(&bytes).ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn an_outage_is_known_since_its_begin_until_its_end() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o700)).unwrap();
        let spool = Spool::open(folder.path()).unwrap();
        assert_eq!(read(&spool), None);
        note(&spool, "refused", 7).unwrap();
        note(&spool, "still refused", 9).unwrap();
        assert_eq!(read(&spool), Some(Away { since: 7, reason: "refused".into() }));
        clear(&spool).unwrap();
        clear(&spool).unwrap();
        assert_eq!(read(&spool), None);
    }
}
