//! What `php --ri webhooks` and phpinfo() show.

use std::panic::catch_unwind;

use ext_php_rs::zend::ModuleEntry;
use ext_php_rs::{info_table_end, info_table_header, info_table_row, info_table_start};

use super::process;
use super::status::Status;

/// Prints the tables.
pub(super) extern "C" fn print(module: *mut ModuleEntry) {
    // A panic may not leave this function; the table is then shorter.
    let _ = catch_unwind(rows);
    super::engine::display_ini(module);
}

fn rows() {
    let status = process::with(Status::of);
    let worker = match (status.worker.running, status.worker.pid, &status.worker.version) {
        (true, Some(pid), Some(version)) => format!("running, version {version}, pid {pid}"),
        (true, ..) => "running".to_owned(),
        (false, ..) if status.worker.autostart => {
            "not running; the next event starts one".to_owned()
        }
        (false, ..) => "not running, and not started by PHP (webhooks.autostart)".to_owned(),
    };
    let spool = match &status.spool.owner {
        Some(owner) => format!("{}, of {owner}", status.spool.path),
        None => format!("{}, not usable", status.spool.path),
    };
    let store = match status.store.schema {
        Some(schema) => format!("{}, schema {schema}", status.store.url),
        None => format!("{}, not made yet", status.store.url),
    };
    let journal = format!("{} bytes waiting", status.journal.bytes_waiting);
    let config = match status.config.revision {
        0 => "not published yet".to_owned(),
        revision => format!("{} webhooks, revision {revision}", status.config.webhooks),
    };
    info_table_start!();
    for (name, value) in [
        ("Webhooks support", "enabled".to_owned()),
        ("Version", status.version.to_owned()),
        ("User", status.user),
        ("Spool", spool),
        ("Journal", journal),
        ("Store", store),
        ("Published", config),
        ("Worker", worker),
    ] {
        info_table_row!(name, value.replace('\0', ""));
    }
    info_table_end!();
    if !status.problems.is_empty() {
        info_table_start!();
        info_table_header!("Problems");
        for problem in status.problems {
            info_table_row!(problem.message.replace('\0', ""));
        }
        info_table_end!();
    }
}
