//! `Webhooks\Exception`: a normal class, which PHP code can catch, throw and extend.

use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use ext_php_rs::builders::ClassBuilder;
use ext_php_rs::exception::PhpException;
use ext_php_rs::zend::{ClassEntry, ce};

use super::engine;

/// The class as of this module startup: the engine frees it at shutdown, and a SAPI may start
/// modules more than once in a process.
static CLASS: AtomicPtr<ClassEntry> = AtomicPtr::new(ptr::null_mut());

/// Registers the class; for module startup.
pub(super) fn register() -> ext_php_rs::error::Result<()> {
    ClassBuilder::new("Webhooks\\Exception")
        .extends((engine::runtime_exception, "\\RuntimeException"))
        .registration(|class, _| CLASS.store(class, Ordering::Release))
        .register()
}

/// What `getCode()` says where the event itself is at fault: it is refused again, however often it
/// is tried. 0 says that the same event may be taken another time.
pub(super) const REFUSED: i32 = 1;

/// An exception with this message. It throws nothing where one of PHP's own is pending.
#[cold]
#[expect(clippy::needless_pass_by_value, reason = "it is what map_err() is given")]
pub(super) fn new(message: impl ToString) -> PhpException {
    with_code(&message.to_string(), 0)
}

/// The same for an event that can never be taken as it is: see [`REFUSED`].
#[cold]
#[expect(clippy::needless_pass_by_value, reason = "it is what map_err() is given")]
pub(super) fn refused(message: impl ToString) -> PhpException {
    with_code(&message.to_string(), REFUSED)
}

/// Longest message, in bytes: it may quote what it is about, and that may be a megabyte.
const LONGEST: usize = 4096;

fn with_code(message: &str, code: i32) -> PhpException {
    let cut;
    let message = if message.len() > LONGEST {
        cut = format!("{}…", &message[..message.floor_char_boundary(LONGEST)]);
        &cut
    } else {
        message
    };
    let class = engine::class(CLASS.load(Ordering::Acquire)).unwrap_or_else(ce::exception);
    // The engine's texts end at a NUL byte.
    PhpException::new(message.replace('\0', "\\0"), code, class)
}
