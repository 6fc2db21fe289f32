//! The store's WAL goes into its file, and to the disk, on a thread of its own: a commit is a
//! `write`, and waits for the disk only where that can't keep up.
//!
//! SQLite's write-ahead log (WAL, `-wal`) grows with every commit and begins anew once all of it
//! stands in the file, which a checkpoint brings about. Made by the committing thread, a checkpoint
//! would hold up every delivery for as long as the disk takes. Beside it, a pass leaves behind what
//! was committed meanwhile, so it is repeated while that shrinks: in the first gap between two
//! commits nothing is left. Where there never is a gap, the committing thread makes the last
//! pass itself, over the few pages that are left of a file that was just brought to the disk. So
//! it does where the disk has no room for more WAL, or can't keep up at all ([`MOST`]).

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex, MutexGuard};
use rusqlite::{Connection, ffi};

/// Most bytes that the WAL may have while others could still make it shorter.
const MOST: u64 = 128 << 20;
/// It never takes more than this share of the file system.
const SHARE: u64 = 16;
/// A WAL that took longer to fill begins anew as an empty file. What was written so long ago may
/// no longer be in the system's memory, and as frames are no multiple of a block, writing over it
/// would read two blocks a frame from the disk first. A quick one is written over: to take its
/// room from the file system once more would cost its commits more.
const LONG: Duration = Duration::from_secs(5);
/// Most pages that the committing thread copies while the other one can do so: a few
/// milliseconds.
const FEW: u32 = 512;

/// The committing side.
pub(super) struct Checkpointer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    /// Pages of WAL after which a pass is made beside the commits, and in their place.
    part: u32,
    most: u32,
    /// Pages in the WAL when it was last looked at, and at which the next passes begin.
    seen: u32,
    next: u32,
    next_here: u32,
    /// When it began, and how many bytes of it a quick one keeps when it begins anew.
    begun: Instant,
    room: u32,
}

struct Shared {
    wal: File,
    /// Pages in the WAL, and commits so far.
    pages: AtomicU32,
    commits: AtomicU64,
    /// So many of the WAL's pages are in the file and on the disk, but for a few of the last; 0
    /// where the last pass can't be made yet.
    settled: AtomicU32,
    wishes: Mutex<Wishes>,
    news: Condvar,
    /// Held by whoever makes a pass.
    turn: Mutex<()>,
}

#[derive(Default)]
struct Wishes {
    pass: bool,
    /// Commits that are wanted on the disk, and that are there.
    sync: u64,
    synced: u64,
    refused: Option<std::io::Error>,
    end: bool,
}

impl Checkpointer {
    /// Takes over the checkpoints of the store in this file from its writing connection.
    pub(super) fn start(writer: &mut Connection, path: &Path) -> rusqlite::Result<Self> {
        let mut wal = path.as_os_str().to_owned();
        wal.push("-wal");
        let system = rustix::fs::statvfs(&wal);
        let share = system.map_or(MOST, |it| it.f_blocks.saturating_mul(it.f_frsize) / SHARE);
        let most = MOST.min(share) as u32;
        limit_size(writer, 0)?;
        let page: u32 = writer.query_row("PRAGMA page_size", [], |row| row.get(0))?;
        // SQLite locks the store's index, never its log, so closing this descriptor drops none.
        let wal = OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NOFOLLOW)
            .open(wal)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        let shared = Arc::new(Shared {
            wal,
            pages: AtomicU32::new(0),
            commits: AtomicU64::new(0),
            settled: AtomicU32::new(0),
            wishes: Mutex::default(),
            news: Condvar::new(),
            turn: Mutex::new(()),
        });
        let counted = Arc::clone(&shared);
        // In place of SQLite's own hook, which would make a checkpoint in the commit.
        writer.wal_hook(Some(move |_: &mut _, pages: i32| {
            counted.pages.store(pages.unsigned_abs(), Ordering::Relaxed);
            counted.commits.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }))?;
        let connection = super::connect(path)?;
        let working = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("checkpoint".into())
            .stack_size(1 << 20)
            .spawn(move || work(&working, &connection))
            .map_err(
                |error| tracing::error!(%error, "no thread can be started; commits checkpoint"),
            )
            .ok();
        let (part, room, most) = (most / 4 / page, most, most / page);
        Ok(Self {
            shared,
            thread,
            part,
            most,
            seen: 0,
            next: part,
            next_here: most,
            begun: Instant::now(),
            room,
        })
    }

    /// To be called between two transactions: has a pass made when it is time for one.
    pub(super) fn look(&mut self, writer: &Connection) -> rusqlite::Result<()> {
        let pages = self.shared.pages.load(Ordering::Relaxed);
        if pages < self.seen {
            (self.next, self.next_here) = (self.part, self.most); // It began anew.
            self.shared.settled.store(0, Ordering::Relaxed);
            self.begun = Instant::now();
        }
        self.seen = pages;
        let settled = self.shared.settled.load(Ordering::Relaxed);
        // What was settled of the WAL before this one may be more than there is of this one.
        let few = pages.checked_sub(settled).is_some_and(|left| left <= FEW);
        let is_last = settled > 0 && few && pages >= self.most / 2;
        if is_last || pages >= self.next_here || (self.thread.is_none() && pages >= self.next) {
            let _turn = self.shared.turn.lock();
            self.shared.settled.store(0, Ordering::Relaxed);
            pass(writer)?;
            // What a reader keeps from being copied is left for later.
            self.next = pages + self.part;
            self.next_here = self.next_here.max(self.next);
        } else if pages >= self.next {
            limit_size(writer, if self.begun.elapsed() < LONG { self.room } else { 0 })?;
            self.next = pages + self.part;
            self.shared.wishes.lock().pass = true;
            self.shared.news.notify_one();
        }
        Ok(())
    }

    /// A commit found no room: what the WAL holds makes way for what comes.
    pub(super) fn make_room(&self, writer: &Connection) {
        let _turn = self.shared.turn.lock();
        if let Err(error) = pass(writer) {
            warn(&error);
        }
    }

    /// How many commits there were so far.
    pub(super) fn commits(&self) -> u64 {
        self.shared.commits.load(Ordering::Relaxed)
    }

    /// Whether the first `commits` would survive a power cut; if not, that is brought about.
    pub(super) fn is_synced(&self, commits: u64) -> std::io::Result<bool> {
        if self.thread.is_none() {
            return self.sync().map(|()| true);
        }
        let mut wishes = self.shared.wishes.lock();
        if let Some(error) = wishes.refused.take() {
            return Err(error);
        }
        if commits > wishes.synced {
            wishes.sync = wishes.sync.max(commits);
            self.shared.news.notify_one();
        }
        Ok(commits <= wishes.synced)
    }

    /// Returns when all commits would survive a power cut. Whatever has left the WAL stands in
    /// the file and was synced by the checkpoint that put it there.
    pub(super) fn sync(&self) -> std::io::Result<()> {
        self.shared.wal.sync_data()
    }

    /// Keeps the thread from making a pass meanwhile.
    pub(super) fn alone<T>(&self, work: impl FnOnce() -> T) -> T {
        let _turn = self.shared.turn.lock();
        work()
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.shared.wishes.lock().end = true;
        self.shared.news.notify_one();
        if let Some(thread) = self.thread.take() {
            // It can't panic on the way out, and there is nobody to tell.
            let _ = thread.join();
        }
    }
}

fn work(shared: &Shared, connection: &Connection) {
    let mut wishes = shared.wishes.lock();
    while !wishes.end {
        if wishes.sync > wishes.synced {
            let commits = shared.commits.load(Ordering::Relaxed);
            let result = MutexGuard::unlocked(&mut wishes, || shared.wal.sync_data());
            match result {
                Ok(()) => wishes.synced = commits,
                Err(error) => {
                    wishes.sync = wishes.synced;
                    wishes.refused = Some(error);
                }
            }
        } else if std::mem::take(&mut wishes.pass) {
            MutexGuard::unlocked(&mut wishes, || catch_up(shared, connection));
        } else {
            shared.news.wait(&mut wishes);
        }
    }
}

/// Copies what is there. While commits never cease, some is always left: then the file is
/// brought to the disk, so that the last pass finds little to do.
fn catch_up(shared: &Shared, connection: &Connection) {
    let _turn = shared.turn.lock();
    let copied = passes(shared, connection).and_then(|(_, left)| {
        if left > 0 {
            sync_file(connection)?;
            let (settled, _) = passes(shared, connection)?;
            shared.settled.store(settled, Ordering::Relaxed);
        }
        Ok(())
    });
    if let Err(error) = copied {
        warn(&error);
    }
}

/// Passes until nothing is left, or not much less than before: readers, or ever more commits.
/// How many pages of the WAL are copied, and how many left.
fn passes(shared: &Shared, connection: &Connection) -> rusqlite::Result<(u32, u32)> {
    let mut left = u32::MAX;
    loop {
        let copied = pass(connection)?;
        let now = shared.pages.load(Ordering::Relaxed).saturating_sub(copied);
        let before = std::mem::replace(&mut left, now);
        if now == 0 || now > before / 2 {
            return Ok((copied, now));
        }
    }
}

/// Copies what is committed and no reader holds back; how many pages of the WAL stand in the
/// file by then.
fn pass(connection: &Connection) -> rusqlite::Result<u32> {
    let mut checkpoint = connection.prepare_cached("PRAGMA wal_checkpoint(PASSIVE)")?;
    let copied: i64 = checkpoint.query_row([], |row| row.get(2))?;
    Ok(u32::try_from(copied).unwrap_or(0))
}

/// To how many bytes the WAL is cut when it begins anew.
fn limit_size(writer: &Connection, bytes: u32) -> rusqlite::Result<()> {
    let limit = format!("PRAGMA journal_size_limit = {bytes}");
    writer.query_row(&limit, [], |row| row.get::<_, u32>(0)).map(drop)
}

/// Brings to the disk what passes have copied into the file; SQLite does that in the last one
/// only. By SQLite's own descriptor: to close another one would drop its locks.
fn sync_file(connection: &Connection) -> rusqlite::Result<()> {
    let mut file: *mut ffi::sqlite3_file = std::ptr::null_mut();
    // SAFETY: the connection is open, "main" is its database, and this control writes a pointer
    // to where the last argument points.
    let found = unsafe {
        ffi::sqlite3_file_control(
            connection.handle(),
            c"main".as_ptr(),
            ffi::SQLITE_FCNTL_FILE_POINTER,
            (&raw mut file).cast(),
        )
    };
    let code = if found == ffi::SQLITE_OK {
        // SAFETY: an open connection's file lives as long as it, has methods, and is used by
        // this thread alone.
        unsafe {
            (*(*file).pMethods).xSync.map_or(found, |sync| sync(file, ffi::SQLITE_SYNC_NORMAL))
        }
    } else {
        found
    };
    match code {
        ffi::SQLITE_OK => Ok(()),
        code => Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)),
    }
}

/// Nothing is lost: it stays in the WAL, and the next pass tries again.
fn warn(error: &rusqlite::Error) {
    tracing::warn!(%error, "the store's WAL can't be copied into its file");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How long the thread may take for a pass.
    const PATIENCE: Duration = Duration::from_secs(60);

    struct Logged {
        writer: Connection,
        checkpointer: Checkpointer,
        wal: std::path::PathBuf,
        _folder: tempfile::TempDir,
    }

    impl Logged {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("store");
            let mut writer = Connection::open(&path).unwrap();
            let made = "PRAGMA journal_mode = WAL; CREATE TABLE bodies (body BLOB)";
            writer.execute_batch(made).unwrap();
            let mut checkpointer = Checkpointer::start(&mut writer, &path).unwrap();
            (checkpointer.part, checkpointer.next) = (8, 8);
            Self { writer, checkpointer, wal: folder.path().join("store-wal"), _folder: folder }
        }

        /// Commits until the WAL begins anew. Of how many bytes it was, and is.
        fn begin_anew(&mut self) -> (u64, u64) {
            let size = |wal: &Path| std::fs::metadata(wal).unwrap().len();
            let (begun, deadline) = (self.checkpointer.begun, Instant::now() + PATIENCE);
            loop {
                let before = size(&self.wal);
                self.writer.execute("INSERT INTO bodies VALUES (zeroblob(3000))", []).unwrap();
                self.checkpointer.look(&self.writer).unwrap();
                if self.checkpointer.begun != begun {
                    return (before, size(&self.wal));
                }
                assert!(Instant::now() < deadline, "the WAL never begins anew");
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }

    #[test]
    fn a_wal_that_took_long_makes_way_for_an_empty_one() {
        let mut logged = Logged::new();
        let (before, after) = logged.begin_anew();
        assert_eq!(before, after, "a quick one is written over");
        logged.checkpointer.begun = Instant::now().checked_sub(LONG).unwrap();
        let (before, after) = logged.begin_anew();
        assert!(after < before, "{before} → {after}");
        let (before, after) = logged.begin_anew();
        assert_eq!(before, after, "quick again");
        logged.checkpointer.room = 16 << 10;
        let (before, after) = logged.begin_anew();
        assert!(
            after < before && after <= 16 << 10,
            "{before} → {after}: no more than it may have"
        );
    }
}
