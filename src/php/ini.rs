//! The settings of php.ini. All are system-wide: `ini_set()` can't change them, and neither can
//! .htaccess or .user.ini.

use std::cell::Cell;
use std::ffi::{CStr, OsStr, c_int, c_void};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use ext_php_rs::ffi::{ZEND_RESULT_CODE_SUCCESS, zend_ini_entry, zend_string};
use ext_php_rs::flags::IniEntryPermission;
use ext_php_rs::zend::{IniEntryDef, IniEntryDefs};

use super::engine;

const SPOOL: &CStr = c"webhooks.spool";
const STORE: &CStr = c"webhooks.store";
const WORKER: &CStr = c"webhooks.worker";
const AUTOSTART: &CStr = c"webhooks.autostart";
const DELIVER: &CStr = c"webhooks.deliver";
const SYNC: &CStr = c"webhooks.sync";
const MAX_PAYLOAD: &CStr = c"webhooks.max_payload";
const ALLOW: &CStr = c"webhooks.allow";
const MAX_IN_FLIGHT: &CStr = c"webhooks.max_in_flight";
const KEEP_SEGMENTS: &CStr = c"webhooks.keep_segments";

/// What `webhooks.max_payload` is where it says nothing that can be understood.
const DEFAULT_PAYLOAD: usize = 1 << 20;

thread_local! {
    /// The engine gave one of the entries another value since they were last read.
    static CHANGED: Cell<bool> = const { Cell::new(false) };
    /// `webhooks.max_payload`, once it was read; the engine changed none since.
    static LIMIT: Cell<Option<usize>> = const { Cell::new(None) };
}

/// `webhooks.max_payload`, for what needs no other setting.
#[inline]
pub(super) fn max_payload() -> usize {
    LIMIT.get().unwrap_or_else(read_max_payload)
}

#[cold]
fn read_max_payload() -> usize {
    let text = String::from_utf8_lossy(engine::ini_bytes(MAX_PAYLOAD)).trim().to_owned();
    let limit = quantity(&text).unwrap_or(DEFAULT_PAYLOAD);
    LIMIT.set(Some(limit));
    limit
}

const fn entry(name: &'static CStr, default: &'static CStr) -> IniEntryDef {
    let mut entry = IniEntryDef::new(name, default, IniEntryPermission::System);
    entry.on_modify = Some(on_modify);
    entry
}

/// The engine is about to change an entry: at the start, for a request with settings of its own
/// (`PHP_ADMIN_VALUE`), and after it. Every value is taken as it is.
extern "C" fn on_modify(
    _entry: *mut zend_ini_entry,
    _value: *mut zend_string,
    _first: *mut c_void,
    _second: *mut c_void,
    _third: *mut c_void,
    _stage: c_int,
) -> c_int {
    CHANGED.set(true);
    LIMIT.set(None);
    ZEND_RESULT_CODE_SUCCESS
}

static ENTRIES: IniEntryDefs<11> = IniEntryDefs::new([
    entry(SPOOL, c"/var/lib/webhooks"),
    entry(STORE, c""),
    entry(WORKER, c"webhooks-worker"),
    entry(AUTOSTART, c"1"),
    entry(DELIVER, c"1"),
    entry(SYNC, c"0"),
    entry(MAX_PAYLOAD, c"1M"),
    entry(ALLOW, c""),
    entry(MAX_IN_FLIGHT, c""),
    entry(KEEP_SEGMENTS, c""),
    IniEntryDef::end(),
]);

/// Registers the settings; for module startup.
pub(super) fn register(module: i32) {
    IniEntryDef::register(ENTRIES.as_slice(), module);
}

/// Whether any may be another than when they were last read. In most requests none is, and reading
/// them is a third of what the extension's first call takes.
pub(super) fn has_changed() -> bool {
    CHANGED.get()
}

/// The settings, as they are in this request.
pub(super) struct Settings {
    pub(super) spool: PathBuf,
    /// `None`: the store in the spool.
    pub(super) store: Option<String>,
    pub(super) worker: PathBuf,
    pub(super) autostart: bool,
    /// Whether this server's worker delivers what it takes in.
    pub(super) deliver: bool,
    pub(super) sync: bool,
    /// Largest record, in bytes.
    pub(super) max_payload: usize,
    /// Sorted, without duplicates.
    pub(super) allow: Vec<String>,
    /// Most requests under way at once; `None`: as many as the worker's machine has room for.
    pub(super) max_in_flight: Option<u32>,
    /// For how many seconds segments of the journal stay after they were read; `None`: an hour.
    pub(super) keep_segments: Option<u32>,
}

impl Settings {
    pub(super) fn read() -> Self {
        CHANGED.set(false);
        let text = |name| String::from_utf8_lossy(engine::ini_bytes(name)).trim().to_owned();
        let path = |name| Path::new(OsStr::from_bytes(engine::ini_bytes(name))).to_owned();
        let on = |name| {
            let text = text(name).to_ascii_lowercase();
            matches!(&*text, "on" | "yes" | "true") || text.parse::<i64>().is_ok_and(|n| n != 0)
        };
        let mut allow: Vec<_> = text(ALLOW)
            .split(|c: char| c == ',' || c.is_whitespace())
            .filter(|entry| !entry.is_empty())
            .map(str::to_owned)
            .collect();
        allow.sort();
        allow.dedup();
        Self {
            spool: path(SPOOL),
            store: Some(text(STORE)).filter(|url| !url.is_empty()),
            worker: path(WORKER),
            autostart: on(AUTOSTART),
            deliver: on(DELIVER),
            sync: on(SYNC),
            max_payload: quantity(&text(MAX_PAYLOAD)).unwrap_or(DEFAULT_PAYLOAD),
            allow,
            max_in_flight: text(MAX_IN_FLIGHT).parse().ok().filter(|most| *most > 0),
            keep_segments: text(KEEP_SEGMENTS).parse().ok(),
        }
    }
}

/// A number of bytes, as php.ini has them: `1048576`, `1024K`, `1M`.
fn quantity(text: &str) -> Option<usize> {
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic()).trim_end();
    let factor = match text[number.len()..].trim().to_ascii_lowercase().as_str() {
        "" => 1,
        "k" => 1 << 10,
        "m" => 1 << 20,
        "g" => 1 << 30,
        _ => return None,
    };
    number.parse::<usize>().ok()?.checked_mul(factor)
}
