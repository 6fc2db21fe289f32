//! A journal, to be read without being changed.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use webhooks::journal::JOURNAL_FOLDER;
use webhooks::spool::Spool;

/// A spool at `scratch`, which is made anew, with a copy of what the journal of `spool` has.
///
/// # Errors
/// What the system, or the copied spool, refused.
pub fn copy(spool: &Spool, scratch: &Path) -> io::Result<Spool> {
    let _ = std::fs::remove_dir_all(scratch);
    let journal = scratch.join(JOURNAL_FOLDER);
    std::fs::create_dir_all(&journal)?;
    for folder in [scratch, &journal] {
        std::fs::set_permissions(folder, PermissionsExt::from_mode(0o700))?;
    }
    for entry in std::fs::read_dir(spool.path().join(JOURNAL_FOLDER))? {
        let entry = entry?;
        std::fs::copy(entry.path(), journal.join(entry.file_name()))?;
    }
    Spool::open(scratch).map_err(io::Error::other)
}
