//! What outlives a power cut, and what is gone for good.

use crate::Result;

/// What an engine does so that a commit outlives a power cut, and so that what is deleted is gone.
/// One whose commits do so by themselves, and that keeps no log of its own beside its tables, has
/// nothing to add to the answers here.
pub trait Durability {
    /// Whether what was committed may be lost all the same, as with a node that had not handed it on: what
    /// was read of the journal is then kept for a while, to be read again
    /// ([`StoreError::WentBack`](crate::StoreError::WentBack)), and what was sent is remembered outside of
    /// the store too.
    fn may_go_back(&self) -> bool {
        false
    }

    /// How many transactions that changed something were committed since the store was opened.
    fn commits(&self) -> u64 {
        0
    }

    /// Whether the first `commits` of them would survive a power cut. If not, that is brought
    /// about without keeping the caller waiting: ask again. Segments are deleted only after this.
    ///
    /// # Errors
    /// Where the disk refused.
    fn is_durable(&mut self, commits: u64) -> Result<bool> {
        let _ = commits;
        Ok(true)
    }

    /// Returns when everything committed so far would survive a power cut.
    ///
    /// # Errors
    /// Where the disk refused.
    fn make_durable(&mut self) -> Result<()> {
        Ok(())
    }

    /// Removes what was deleted from the engine's write-ahead log too, and gives its room back;
    /// `false` where a reader stood in the way, so that it has to be tried again.
    ///
    /// # Errors
    /// Where the disk refused.
    fn truncate_wal(&mut self) -> Result<bool> {
        Ok(true)
    }
}

impl<S: crate::Store + ?Sized> Durability for Box<S> {
    fn may_go_back(&self) -> bool {
        (**self).may_go_back()
    }

    fn commits(&self) -> u64 {
        (**self).commits()
    }

    fn is_durable(&mut self, commits: u64) -> Result<bool> {
        (**self).is_durable(commits)
    }

    fn make_durable(&mut self) -> Result<()> {
        (**self).make_durable()
    }

    fn truncate_wal(&mut self) -> Result<bool> {
        (**self).truncate_wal()
    }
}
