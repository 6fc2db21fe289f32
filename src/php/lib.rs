//! The binding: PHP's types in, bytes out. Nothing else in the crate knows of PHP.
//!
//! | module | owns |
//! |---|---|
//! | [`zval`] | PHP's values as they lie in memory |
//! | [`engine`] | calls into PHP |
//! | [`encode`] | zvals to JSON |
//! | [`ini`], [`exception`] | settings and the exception class |
//!
//! What is legal when: module startup registers names and nothing else. php-fpm runs it in a
//! process that never serves a request, and may never run shutdown, so no file, lock, thread or
//! random state may come of it, and nothing may rely on a shutdown hook.

mod arguments;
mod backfill;
mod config;
mod database;
mod dispatch;
mod encode;
mod engine;
mod envelope;
mod exception;
mod info;
mod ini;
mod log;
mod noticed;
mod options;
mod preview;
mod process;
mod published;
mod query;
mod requests;
mod signing;
mod status;
mod text;
mod to_zval;
mod zval;

use std::cell::Cell;
use std::panic::catch_unwind;

use ext_php_rs::builders::{ModuleBuilder, ModuleStartup};
use ext_php_rs::internal::startup_guard;
use ext_php_rs::prelude::*;
use ext_php_rs::types::Zval;
use ext_php_rs::zend::{ModuleAllocations, ModuleEntry, StaticModuleEntry};

use arguments::Detail;
use text::Text;

thread_local! {
    /// Kept from call to call, so that it has the size that is needed.
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// What the buffer may keep, in bytes: one large value should not make a process large for ever.
const KEEP: usize = 2 << 20;

/// Most bytes of JSON that are written at once: what no event can have, nor be near to.
fn largest() -> usize {
    const LEAST: usize = 1 << 20;
    ini::max_payload().max(LEAST).saturating_mul(4)
}

/// JSON, byte for byte as json_encode() writes it.
#[php_function]
fn webhooks_encode(value: &Zval) -> PhpResult<Text> {
    // Taken out: jsonSerialize() may call this function again.
    let mut json = BUFFER.take();
    json.clear();
    let encoded = encode::encode(value, &mut json, largest()).map(|()| Text::new(&json));
    if json.capacity() <= KEEP {
        BUFFER.set(json);
    }
    encoded.map_err(|problem| exception::new(problem.message("")))
}

/// What Reflection is to say of parameters beyond what their Rust types say.
const DETAILS: &[(&str, usize, Detail)] = &[
    ("webhooks_dispatch", 1, Detail::OrObject),
    ("webhooks_dispatch", 2, Detail::DefaultsToEmpty),
    ("webhooks_check", 1, Detail::DefaultsToEmpty),
    ("webhooks_deliveries", 0, Detail::DefaultsToEmpty),
    ("webhooks_stats", 0, Detail::DefaultsToEmpty),
    ("webhooks_preview", 2, Detail::OrObject),
    ("webhooks_preview", 3, Detail::DefaultsToEmpty),
    ("webhooks_count", 0, Detail::DefaultsToEmpty),
    ("webhooks_count_by_state", 0, Detail::DefaultsToEmpty),
    ("webhooks_failures", 0, Detail::DefaultsToEmpty),
    ("webhooks_overview", 0, Detail::DefaultsToEmpty),
    ("webhooks_missed", 1, Detail::DefaultsToEmpty),
    ("webhooks_backfill", 1, Detail::DefaultsToEmpty),
    ("webhooks_resend", 0, Detail::OrArray),
    ("webhooks_cancel", 0, Detail::OrArray),
    ("webhooks_verify", 0, Detail::OrArray),
];

/// Where PHP begins: what the extension is called and what it has.
#[unsafe(no_mangle)]
extern "C" fn get_module() -> *mut ModuleEntry {
    static MODULE: StaticModuleEntry = StaticModuleEntry::new();
    MODULE.get_or_init(|| {
        let module = ModuleBuilder::new("webhooks", env!("CARGO_PKG_VERSION"))
            .startup_function(startup)
            .request_startup_function(request_startup)
            .request_shutdown_function(request_shutdown)
            .info_function(info::print)
            .function(wrap_function!(webhooks_encode));
        let module = [
            dispatch::add,
            config::add,
            database::add,
            preview::add,
            log::add,
            requests::add,
            backfill::add,
            signing::add,
            status::add,
        ]
        .into_iter()
        .fold(module, |module, add| add(module));
        let built: (ModuleEntry, ModuleStartup, ModuleAllocations) =
            module.try_into().expect("no two functions have one name");
        let (entry, _nothing_else, mut allocations) = built;
        arguments::complete(&mut allocations, DETAILS);
        (entry, allocations)
    })
}

extern "C" fn startup(_type: i32, module: i32) -> i32 {
    startup_guard(|| {
        ini::register(module);
        exception::register()
    })
}

extern "C" fn request_startup(_type: i32, _module: i32) -> i32 {
    // A panic may not leave this function; there is nothing in it that could.
    let _ = catch_unwind(process::request_starts);
    0
}

extern "C" fn request_shutdown(_type: i32, _module: i32) -> i32 {
    // As above.
    let _ = catch_unwind(process::request_ends);
    0
}
