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

/// An exception with this message. It throws nothing where one of PHP's own is pending.
#[cold]
#[expect(clippy::needless_pass_by_value, reason = "it is what map_err() is given")]
pub(super) fn new(message: impl ToString) -> PhpException {
    let class = engine::class(CLASS.load(Ordering::Acquire)).unwrap_or_else(ce::exception);
    // The engine's texts end at a NUL byte.
    PhpException::new(message.to_string().replace('\0', "\\0"), 0, class)
}
