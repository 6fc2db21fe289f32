//! The store's three files: where they lie, made by the spool's policy, set aside together.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::SqliteStore;
use crate::{Mark, Origin, Result, SetAside, StoreError};
use domain::clock::{Clock, rfc3339};
use spool::{Privacy, Spool, SpoolError};

/// The store's name in the spool.
const NAME: &str = "store.sqlite";

/// What SQLite adds to the name for its write-ahead log and that log's index.
const SUFFIXES: [&str; 3] = ["-wal", "-shm", ""];

/// The place of a store.
#[derive(Debug)]
pub(crate) struct Place {
    /// The spool, or another folder under the same rules.
    folder: Spool,
    name: String,
    /// Without links, as SQLite is told to follow none.
    path: PathBuf,
}

impl Place {
    /// The place that an address names; without one, `store.sqlite` in the spool.
    ///
    /// # Errors
    /// [`StoreError::Address`] for another engine or a relative path; where the folder is none
    /// that follows the rules of a spool.
    pub(crate) fn new(spool: &Spool, address: Option<&str>) -> Result<Self> {
        let Some(address) = address.filter(|address| !address.is_empty()) else {
            return Self::within(spool.clone(), NAME);
        };
        let wrong = || StoreError::Address(address.to_owned());
        let path = Path::new(address.strip_prefix("sqlite:").ok_or_else(wrong)?);
        let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(wrong)?;
        let parent = path.parent().filter(|_| path.is_absolute()).ok_or_else(wrong)?;
        Self::within(Spool::open(parent).map_err(refused)?, name)
    }

    fn within(folder: Spool, name: &str) -> Result<Self> {
        let path = std::fs::canonicalize(folder.path())
            .map_err(|error| {
                refused(SpoolError::io(folder.path(), "find the folder of the store", error))
            })?
            .join(name);
        Ok(Self { folder, name: name.to_owned(), path })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn names(&self) -> [String; 3] {
        SUFFIXES.map(|suffix| format!("{}{suffix}", self.name))
    }

    /// Bytes of each of the three files; `None` where one of them is missing. Links and whatever
    /// else may have been planted there are refused.
    pub(crate) fn sizes(&self) -> Result<Option<u64>> {
        let mut sum = 0;
        for name in self.names() {
            match self.folder.top().version(&name).map_err(refused)? {
                Some(version) => sum += version.size,
                None => return Ok(None),
            }
        }
        Ok(Some(sum))
    }

    /// Makes the files that are missing, with the spool's modes and owner. SQLite would give
    /// `-wal` and `-shm` those of whoever comes first.
    fn prepare(&self) -> Result<()> {
        let folder = self.folder.top();
        for name in self.names() {
            // A file that is there must not even be opened: closing it again would drop the locks
            // that SQLite holds on it elsewhere in this process.
            if folder.version(&name).map_err(refused)?.is_none() {
                folder.create(&name, Privacy::Shared).map_err(refused)?;
            }
        }
        folder.sync().map_err(refused)
    }

    /// Renames the three files, so that a new store can be made in their place.
    fn set_aside(&self, now: i64) -> Result<PathBuf> {
        self.rename(&format!(".damaged-{}", rfc3339(now).replace(':', "-")))
    }

    /// Gives the three files a name with this at its end, which the path has that is returned.
    fn rename(&self, mark: &str) -> Result<PathBuf> {
        let folder = self.folder.top();
        // The log before what it belongs to: a crash in between leaves a database without its
        // last commits, never a new one with the commits of another.
        for (name, suffix) in self.names().iter().zip(SUFFIXES) {
            if folder.version(name).map_err(refused)?.is_some() {
                let to = format!("{}{mark}{suffix}", self.name);
                folder.rename(name, &to).map_err(refused)?;
            }
        }
        folder.sync().map_err(refused)?;
        Ok(self.with(mark))
    }

    /// The path with this at its end.
    fn with(&self, mark: &str) -> PathBuf {
        let mut path = self.path.clone().into_os_string();
        path.push(mark);
        path.into()
    }

    fn has(&self, mark: &str) -> Result<bool> {
        let name = format!("{}{mark}", self.name);
        Ok(self.folder.top().version(&name).map_err(refused)?.is_some())
    }

    /// Refuses a store that was moved away, and gives up a move that is under way: whoever opens the store
    /// is going to write into it.
    fn stays_here(&self) -> Result<()> {
        if !self.has("")? && self.has(MOVED)? {
            return Err(StoreError::Failed {
                action: "opening the store",
                reason: format!(
                    "the log in {} was moved into a database: set webhooks.store in php.ini to its \
                     address (mysql:, or what --to was), or remove {} to begin an empty log",
                    self.path.display(),
                    self.with(MOVED).display()
                ),
            });
        }
        if self.has(MOVING)? {
            tracing::warn!(
                "a move of the log was not brought to its end, and begins anew next time"
            );
            self.remove_mark()?;
        }
        Ok(())
    }
}

/// At the end of the name of a store that was moved away.
const MOVED: &str = ".moved";
/// At the end of the name of the mark beside one that is being moved.
const MOVING: &str = ".moving";
/// Longest mark that is read, in bytes.
const MOST: u64 = 4096;

impl Place {
    /// The mark of a move that is under way; one that can't be read is none.
    pub(crate) fn mark(&self) -> Result<Option<Mark>> {
        let name = format!("{}{MOVING}", self.name);
        let read = self.folder.top().read(&name, MOST).map_err(refused)?;
        Ok(read.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }

    /// Takes the mark of a move away, where there is one.
    pub(crate) fn remove_mark(&self) -> Result<()> {
        let folder = self.folder.top();
        folder.remove(&format!("{}{MOVING}", self.name)).map_err(refused)?;
        folder.sync().map_err(refused)
    }
}

#[cfg(feature = "mysql")]
impl Place {
    /// Whether the store is there.
    pub(crate) fn is_there(&self) -> Result<bool> {
        self.has("")
    }

    /// Whether it was moved away.
    pub(crate) fn is_moved(&self) -> Result<bool> {
        self.has(MOVED)
    }

    /// Where it lies once it was moved away.
    pub(crate) fn moved_path(&self) -> PathBuf {
        self.with(MOVED)
    }

    /// Where the mark lies of one that is being moved.
    pub(crate) fn mark_path(&self) -> PathBuf {
        self.with(MOVING)
    }

    /// Marks it as being moved.
    pub(crate) fn put_mark(&self, mark: &Mark) -> Result<()> {
        let json = serde_json::to_vec(mark).unwrap_or_default();
        let name = format!("{}{MOVING}", self.name);
        self.folder.top().replace(&name, &json, Privacy::Shared).map_err(refused)?;
        self.folder.top().sync().map_err(refused)
    }

    /// Gives it the name of one that was moved away.
    pub(crate) fn put_out_of_use(&self) -> Result<()> {
        self.rename(MOVED).map(drop)
    }
}

/// Opens a store that is to be moved, as the worker that has just come up, and leaves it with all that
/// it has in its one file.
///
/// # Errors
/// As for [`open`].
#[cfg(feature = "mysql")]
pub(crate) fn open_to_move(
    spool: &Spool,
    address: Option<&str>,
    clock: Arc<dyn Clock>,
) -> Result<()> {
    use crate::{Durability as _, Store as _};
    let place = Place::new(spool, address)?;
    place.prepare()?;
    let mut store = SqliteStore::open_file(place.path(), Origin::embedded(), clock)?;
    store.load()?;
    store.truncate_wal().map(drop)
}

/// Opens the store that an address names (none: `store.sqlite` in the spool), made if it isn't
/// there.
///
/// # Errors
/// [`StoreError::Newer`], [`StoreError::Corrupt`], or what the system refused.
pub fn open(spool: &Spool, address: Option<&str>, clock: Arc<dyn Clock>) -> Result<SqliteStore> {
    open_as(spool, address, Origin::embedded(), clock)
}

/// [`open`] for a worker that is not the spool's own.
pub(super) fn open_as(
    spool: &Spool,
    address: Option<&str>,
    origin: Origin,
    clock: Arc<dyn Clock>,
) -> Result<SqliteStore> {
    let place = Place::new(spool, address)?;
    place.stays_here()?;
    place.prepare()?;
    SqliteStore::open_file(place.path(), origin, clock)
}

/// [`open`]; a damaged store is set aside first, to be announced, and an empty one takes its
/// place. Also what to call (after dropping the store) when damage shows later.
///
/// # Errors
/// As for [`open`].
pub fn open_or_set_aside(
    spool: &Spool,
    address: Option<&str>,
    clock: Arc<dyn Clock>,
) -> Result<(SqliteStore, Option<SetAside>)> {
    match open(spool, address, Arc::clone(&clock)) {
        Err(StoreError::Corrupt { reason, .. }) => {
            let path = set_aside(spool, address, &*clock)?;
            Ok((open(spool, address, clock)?, Some(SetAside { path, reason })))
        }
        opened => opened.map(|store| (store, None)),
    }
}

/// Renames the files of a damaged store, which nobody here has open any more, and says where
/// they are now.
///
/// # Errors
/// What the system refused.
pub fn set_aside(spool: &Spool, address: Option<&str>, clock: &dyn Clock) -> Result<PathBuf> {
    Place::new(spool, address)?.set_aside(clock.unix_ms())
}

#[allow(clippy::needless_pass_by_value, reason = "the form that map_err wants")]
fn refused(error: SpoolError) -> StoreError {
    let (store, reason) = ("the store's folder".to_owned(), error.to_string());
    if error.is_full() {
        StoreError::Full { store, reason }
    } else {
        StoreError::Failed { action: "opening the store", reason }
    }
}
