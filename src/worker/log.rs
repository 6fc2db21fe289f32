//! `worker.log`: what the worker did, one line each, rotated by size.
//!
//! Codes, ids and addresses only; never a secret, a payload or a response.

use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;

use parking_lot::Mutex;
use tracing_subscriber::fmt::MakeWriter;

use spool::{Access, Privacy, Spool, SpoolError, file_size_limit};

const LOG_FILE: &str = "worker.log";
const OLD_LOG_FILE: &str = "worker.log.1";
/// The log is rotated when it is larger, in bytes, or has half of what a file of this process may
/// have; one old one is kept.
const MAX_SIZE: u64 = 4 << 20;

/// Sends everything that is traced to the log (and, with `copy`, to standard error).
///
/// # Errors
/// Where the log can't be opened.
pub(super) fn init(spool: Spool, copy: bool) -> Result<(), SpoolError> {
    let log = Log { state: Arc::new(Mutex::new(State::open(spool)?)), copy };
    let subscriber = tracing_subscriber::fmt()
        .with_writer(log)
        .with_ansi(false)
        .with_target(false)
        .with_max_level(tracing::Level::INFO)
        .finish();
    // Set already only where a test runs two workers in one process: the first one's log serves.
    let _ = tracing::subscriber::set_global_default(subscriber);
    Ok(())
}

struct State {
    spool: Spool,
    file: File,
    size: u64,
    most: u64,
}

impl State {
    fn open(spool: Spool) -> Result<Self, SpoolError> {
        let file = spool.top().open_or_create(LOG_FILE, Access::Append, Privacy::Shared)?;
        let size = file.metadata().map_or(0, |file| file.len());
        let most = file_size_limit().map_or(MAX_SIZE, |limit| MAX_SIZE.min(limit / 2));
        Ok(Self { spool, file, size, most })
    }
}

#[derive(Clone)]
struct Log {
    state: Arc<Mutex<State>>,
    copy: bool,
}

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.copy {
            let _ = io::stderr().write_all(line);
        }
        let mut state = self.state.lock();
        if state.size > state.most
            && state.spool.top().rename(LOG_FILE, OLD_LOG_FILE).is_ok()
            && let Ok(new) = State::open(state.spool.clone())
        {
            *state = new;
        }
        // A full disk must not stop the worker: the line is lost.
        if state.file.write_all(line).is_ok() {
            state.size += line.len() as u64;
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
