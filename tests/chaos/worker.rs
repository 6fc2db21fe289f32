//! The worker: the shipped binary, or the same code under a clock that can be set.
//!
//! Nothing that is shipped takes a false time, no name space moves `CLOCK_REALTIME`, and the
//! machine's own clock is not this test's to set. So in turn with the binary this program runs
//! the library's worker in a process of its own (itself, with `--worker`), whose clock adds what
//! stands in a file. The binary that follows it sees a clock that was put back while no worker
//! ran.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use webhooks::clock::{Clock, SystemClock};
use webhooks::worker::{self, Mode, Options};

use testkit::process::Process;

/// The system's clock, set by the milliseconds in a file.
struct SetClock(File);

impl Clock for SetClock {
    fn unix_ms(&self) -> i64 {
        let mut bytes = [0; 8];
        let read = self.0.read_exact_at(&mut bytes, 0);
        SystemClock.unix_ms() + read.map_or(0, |()| i64::from_le_bytes(bytes))
    }

    fn monotonic_ns(&self) -> u64 {
        SystemClock.monotonic_ns()
    }
}

/// Runs the library's worker until SIGTERM: what `--worker SPOOL CLOCK` does.
pub(crate) fn run(spool: &Path, clock: &Path) -> Result<(), String> {
    let file = File::open(clock).map_err(|error| format!("{}: {error}", clock.display()))?;
    let options = Options {
        spool: spool.to_owned(),
        store: None,
        mode: Mode::Foreground,
        takes_in_only: false,
    };
    worker::run_with(&options, Arc::new(SetClock(file))).map_err(|error| error.to_string())
}

/// Starts workers on one spool.
pub(crate) struct Workers {
    binary: PathBuf,
    spool: PathBuf,
    clock: PathBuf,
    /// What all of them say.
    output: File,
}

impl Workers {
    /// `folder` gets the clock and what the workers say.
    pub(crate) fn new(binary: &Path, spool: &Path, folder: &Path) -> io::Result<Self> {
        let workers = Self {
            binary: binary.to_owned(),
            spool: spool.to_owned(),
            clock: folder.join("clock"),
            output: File::create(folder.join("worker.txt"))?,
        };
        std::fs::write(&workers.clock, 0_i64.to_le_bytes())?;
        Ok(workers)
    }

    /// Starts one: the binary, or one whose clock can be set.
    pub(crate) fn start(&self, with_clock: bool) -> io::Result<Process> {
        let mut command = if with_clock {
            let mut command = Command::new(std::env::current_exe()?);
            command.arg("--worker").arg(&self.spool).arg(&self.clock);
            command
        } else {
            let mut command = Command::new(&self.binary);
            command.arg("--foreground").arg("--spool").arg(&self.spool);
            command
        };
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(self.output.try_clone()?);
        Process::start(&mut command)
    }

    /// Puts the clock at so many milliseconds from the true time.
    pub(crate) fn set_clock(&self, offset: i64) -> io::Result<()> {
        File::options().write(true).open(&self.clock)?.write_all_at(&offset.to_le_bytes(), 0)
    }
}
