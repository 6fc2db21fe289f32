//! The store's log takes a commit in one `write`.
//!
//! SQLite writes each page of a commit into its log (`-wal`) by two calls: a head of 24 bytes and
//! the page. A commit of the worker has some forty pages, most of them the hot ends of trees.
//! This VFS is SQLite's own but for the log's file, whose frames it keeps in memory until the one
//! that ends the transaction is whole ("WAL File Format" in SQLite's "Database File Format"), and
//! writes them all then. So what SQLite calls committed is in the file, an error of that write
//! (a full disk) is the commit's error as before, and nobody reads what is not there: SQLite
//! tells readers of a commit only after its last frame was written.

use std::ffi::{CStr, c_int, c_void};
use std::sync::OnceLock;

use rusqlite::ffi;

const NAME: &CStr = c"webhooks";
/// Bytes of a frame's head; in it, big-endian, the pages of the database if the frame ends a
/// transaction, and else 0.
const HEAD: usize = 24;
const ENDS: std::ops::Range<usize> = 4..8;
/// A transaction that outgrows SQLite's cache writes some of it early: it is kept up to so many
/// bytes.
const MOST: usize = 1 << 20;
/// SQLite's own VFS writes less than 128 KiB at a time (`seekAndWriteFd` in os_unix.c).
const PART: usize = 124 << 10;

/// What was written and is not in the file yet.
struct Frames {
    bytes: Vec<u8>,
    /// Offset behind the last byte that was written, kept or not; what comes there, appends.
    end: i64,
    /// The frame that is being written ends a transaction.
    ends: bool,
}

impl Frames {
    /// Keeps these bytes if they append; whether all that is kept has to be in the file now.
    /// `None`: they belong elsewhere, behind whatever is kept.
    fn keep(&mut self, bytes: &[u8], offset: i64) -> Option<bool> {
        let is_head = bytes.len() == HEAD;
        if is_head {
            self.ends = bytes[ENDS] != [0; 4];
        }
        if offset != self.end {
            return None;
        }
        self.end += bytes.len() as i64;
        self.bytes.extend_from_slice(bytes);
        Some((self.ends && !is_head) || self.bytes.len() >= MOST)
    }

    /// Offset of the first byte that is kept.
    fn begin(&self) -> i64 {
        self.end - self.bytes.len() as i64
    }
}

/// The log's file as SQLite holds it. Behind it, in the same memory, lies the system's file.
#[repr(C)]
struct LogFile {
    base: ffi::sqlite3_file,
    frames: Frames,
}

/// A method of the system's file.
macro_rules! system {
    ($file:expr, $method:ident ( $($argument:expr),* )) => {{
        let file = system_file($file);
        // SAFETY: SQLite calls methods of files that are open; so the system's file is open, too.
        match unsafe { (*(*file).pMethods).$method } {
            // SAFETY: the arguments are those that SQLite gave, for the method of that name.
            Some(method) => unsafe { method(file $(, $argument)*) },
            None => ffi::SQLITE_NOTFOUND,
        }
    }};
}

fn system_file(file: *mut ffi::sqlite3_file) -> *mut ffi::sqlite3_file {
    file.cast::<LogFile>().wrapping_add(1).cast()
}

fn frames<'f>(file: *mut ffi::sqlite3_file) -> &'f mut Frames {
    // SAFETY: these methods belong to what open() made a LogFile, and SQLite calls them one at a
    // time; the reference does not leave the call.
    unsafe { &mut (*file.cast::<LogFile>()).frames }
}

/// Brings what is kept into the file.
fn flush(file: *mut ffi::sqlite3_file) -> c_int {
    let frames = frames(file);
    let mut offset = frames.begin();
    for part in frames.bytes.chunks(PART) {
        let code = system!(file, xWrite(part.as_ptr().cast(), part.len() as c_int, offset));
        if code != ffi::SQLITE_OK {
            return code;
        }
        offset += part.len() as i64;
    }
    frames.bytes.clear();
    ffi::SQLITE_OK
}

/// A method that finds everything in the file.
macro_rules! flushed {
    ($name:ident, $method:ident ( $($argument:ident: $type:ty),* )) => {
        extern "C" fn $name(file: *mut ffi::sqlite3_file $(, $argument: $type)*) -> c_int {
            match flush(file) {
                ffi::SQLITE_OK => system!(file, $method($($argument),*)),
                code => code,
            }
        }
    };
}

/// A method that the log's content is no matter of.
macro_rules! same {
    ($name:ident, $method:ident ( $($argument:ident: $type:ty),* )) => {
        extern "C" fn $name(file: *mut ffi::sqlite3_file $(, $argument: $type)*) -> c_int {
            system!(file, $method($($argument),*))
        }
    };
}

flushed!(truncate, xTruncate(size: i64));
flushed!(sync, xSync(flags: c_int));
flushed!(file_size, xFileSize(size: *mut i64));
same!(lock, xLock(level: c_int));
same!(unlock, xUnlock(level: c_int));
same!(check_reserved_lock, xCheckReservedLock(is_locked: *mut c_int));
same!(file_control, xFileControl(what: c_int, argument: *mut c_void));
same!(sector_size, xSectorSize());
same!(device_characteristics, xDeviceCharacteristics());

/// Of what was committed, which is in the file, whatever becomes of what is kept; or of that.
extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    into: *mut c_void,
    length: c_int,
    offset: i64,
) -> c_int {
    if offset + i64::from(length) > frames(file).begin() {
        let code = flush(file);
        if code != ffi::SQLITE_OK {
            return code;
        }
    }
    system!(file, xRead(into, length, offset))
}

extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    from: *const c_void,
    length: c_int,
    offset: i64,
) -> c_int {
    // SAFETY: SQLite writes `length` bytes, which is no negative number, from there.
    let bytes = unsafe { std::slice::from_raw_parts(from.cast::<u8>(), length as usize) };
    let code = match frames(file).keep(bytes, offset) {
        Some(false) => ffi::SQLITE_OK,
        Some(true) => flush(file),
        None => match flush(file) {
            ffi::SQLITE_OK => {
                frames(file).end = offset + i64::from(length);
                system!(file, xWrite(from, length, offset))
            }
            code => code,
        },
    };
    if code != ffi::SQLITE_OK {
        // SQLite undoes a transaction that could not be written.
        frames(file).bytes.clear();
    }
    code
}

extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    let code = system!(file, xClose());
    // SAFETY: open() made it, and nobody uses a file that was closed. What it still keeps is of a
    // transaction that did not end.
    unsafe { std::ptr::drop_in_place(&raw mut (*file.cast::<LogFile>()).frames) };
    code
}

/// Without locks, shared memory and mapping: SQLite asks the database's file for those.
static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 1,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: None,
    xShmLock: None,
    xShmBarrier: None,
    xShmUnmap: None,
    xFetch: None,
    xUnfetch: None,
};

extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    flags_out: *mut c_int,
) -> c_int {
    let is_log = flags & ffi::SQLITE_OPEN_WAL != 0;
    let real = if is_log { system_file(file) } else { file };
    // SAFETY: SQLite's own VFS is there as long as SQLite. It is asked as SQLite asked, with
    // memory for its file.
    let code = unsafe {
        let system = ffi::sqlite3_vfs_find(std::ptr::null());
        let open = (*system).xOpen;
        open.map_or(ffi::SQLITE_CANTOPEN, |open| open(system, name, real, flags, flags_out))
    };
    if is_log {
        let methods = if code == ffi::SQLITE_OK { &raw const METHODS } else { std::ptr::null() };
        let base = ffi::sqlite3_file { pMethods: methods };
        let frames = Frames { bytes: Vec::new(), end: -1, ends: false };
        // SAFETY: the memory is this file's, `szOsFile` bytes, aligned for pointers. Without
        // methods nobody closes it; then the Vec owns nothing yet.
        unsafe { file.cast::<LogFile>().write(LogFile { base, frames }) };
    }
    code
}

/// The VFS's name, for opening a connection that writes.
pub(super) fn vfs() -> rusqlite::Result<&'static CStr> {
    static REGISTERED: OnceLock<c_int> = OnceLock::new();
    let code = REGISTERED.get_or_init(|| {
        // SAFETY: it gives SQLite's own VFS, which stays as it is, or nothing.
        let Some(system) = (unsafe { ffi::sqlite3_vfs_find(std::ptr::null()).as_ref() }) else {
            return ffi::SQLITE_ERROR;
        };
        // SQLite's methods for everything else take from this only what is the same in both.
        let ours = Box::leak(Box::new(ffi::sqlite3_vfs {
            szOsFile: system.szOsFile + size_of::<LogFile>() as c_int,
            pNext: std::ptr::null_mut(),
            zName: NAME.as_ptr(),
            xOpen: Some(open),
            ..*system
        }));
        // SAFETY: it lives for ever, and all its methods are there.
        unsafe { ffi::sqlite3_vfs_register(ours, 0) }
    });
    match *code {
        ffi::SQLITE_OK => Ok(NAME),
        code => Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)),
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use proptest::prelude::*;
    use rusqlite::Connection;

    use super::*;

    /// A cache of so few pages that a transaction of a few rows outgrows it.
    const SETUP: &str =
        "PRAGMA synchronous = OFF; PRAGMA cache_size = 8; PRAGMA wal_autocheckpoint = 40";
    const TABLE: &str = "PRAGMA journal_mode = WAL;
        CREATE TABLE rows (key INTEGER PRIMARY KEY, value INTEGER, filler BLOB)";

    fn open(path: &Path) -> Connection {
        let flags = rusqlite::OpenFlags::default();
        let writer = Connection::open_with_flags_and_vfs(path, flags, vfs().unwrap()).unwrap();
        writer.execute_batch(SETUP).unwrap();
        writer
    }

    struct Store {
        writer: Connection,
        /// Keeps the log when the writer closes, as a worker that died does.
        _other: Connection,
        path: PathBuf,
        folder: tempfile::TempDir,
    }

    impl Store {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("store");
            let writer = open(&path);
            writer.execute_batch(TABLE).unwrap();
            let other = Connection::open(&path).unwrap();
            other.execute_batch("SELECT * FROM rows").unwrap();
            Self { writer, _other: other, path, folder }
        }

        fn log_size(&self) -> u64 {
            std::fs::metadata(self.folder.path().join("store-wal")).unwrap().len()
        }

        fn put(&self, key: i64, value: i64) {
            let put = "INSERT OR REPLACE INTO rows VALUES (?1, ?2, zeroblob(3000))";
            self.writer.execute(put, (key, value)).unwrap();
        }

        fn run(&self, sql: &str) {
            self.writer.execute_batch(sql).unwrap();
        }

        /// What a crash at this moment would leave.
        fn after_a_crash(&self) -> Vec<(i64, i64)> {
            let folder = tempfile::tempdir().unwrap();
            for file in ["store", "store-wal"] {
                std::fs::copy(self.folder.path().join(file), folder.path().join(file)).unwrap();
            }
            rows(&folder.path().join("store"))
        }
    }

    /// What a connection on SQLite's own VFS reads.
    fn rows(path: &Path) -> Vec<(i64, i64)> {
        let reader = Connection::open(path).unwrap();
        let check: String =
            reader.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(check, "ok");
        let mut select = reader.prepare("SELECT key, value FROM rows ORDER BY key").unwrap();
        let rows = select.query_map([], |row| row.try_into()).unwrap();
        rows.map(Result::unwrap).collect()
    }

    #[test]
    fn the_file_gets_a_transaction_when_it_ends() {
        let store = Store::new();
        let before = store.log_size();
        store.run("BEGIN");
        (0..20).for_each(|key| store.put(key, key));
        assert_eq!(store.log_size(), before, "20 rows of a page each, in a cache of 8 pages");
        store.run("COMMIT");
        assert!(store.log_size() >= before + 20 * 4096);
        assert_eq!(rows(&store.path).len(), 20);
    }

    #[derive(Debug, Clone)]
    enum Step {
        Put(i64),
        Savepoint,
        BackToSavepoint,
        Commit,
        Rollback,
        Crash,
        Reopen,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            20 => (0..60i64).prop_map(Step::Put),
            1 => Just(Step::Savepoint),
            1 => Just(Step::BackToSavepoint),
            2 => Just(Step::Commit),
            1 => Just(Step::Rollback),
            1 => Just(Step::Crash),
            1 => Just(Step::Reopen),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

        #[test]
        fn others_read_what_was_committed_whatever_happens(
            steps in proptest::collection::vec(step(), 1..300),
        ) {
            let mut store = Store::new();
            let mut committed = std::collections::BTreeMap::new();
            let (mut now, mut saved) = (committed.clone(), committed.clone());
            store.run("BEGIN; SAVEPOINT here");
            for (number, step) in steps.into_iter().chain([Step::Commit]).enumerate() {
                match step {
                    Step::Put(key) => {
                        store.put(key, number as i64);
                        now.insert(key, number as i64);
                    }
                    Step::Savepoint => {
                        store.run("RELEASE here; SAVEPOINT here");
                        saved.clone_from(&now);
                    }
                    Step::BackToSavepoint => {
                        store.run("ROLLBACK TO here");
                        now.clone_from(&saved);
                    }
                    Step::Commit | Step::Rollback | Step::Reopen => {
                        if matches!(step, Step::Commit) {
                            store.run("COMMIT");
                            committed.clone_from(&now);
                        } else {
                            store.run("ROLLBACK");
                            now.clone_from(&committed);
                        }
                        if matches!(step, Step::Reopen) {
                            store.writer = open(&store.path);
                        }
                        prop_assert_eq!(rows(&store.path), Vec::from_iter(committed.clone()));
                        store.run("BEGIN; SAVEPOINT here");
                        saved.clone_from(&now);
                    }
                    Step::Crash => {
                        prop_assert_eq!(store.after_a_crash(), Vec::from_iter(committed.clone()));
                    }
                }
            }
        }
    }
}
