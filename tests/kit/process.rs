//! A process of the run: stopped, continued, killed.

use std::io;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

/// How long a condition may take on a machine that does ten other things.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until `condition` holds.
///
/// # Errors
/// Where it did not within a minute; says `what` was waited for.
pub fn wait_for(what: &str, mut condition: impl FnMut() -> bool) -> Result<(), String> {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        if Instant::now() > deadline {
            return Err(format!("waited in vain: {what}"));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

/// Killed when dropped.
pub struct Process(Child);

impl Process {
    /// Starts the command.
    ///
    /// # Errors
    /// Where it can't be started.
    pub fn start(command: &mut Command) -> io::Result<Self> {
        command.spawn().map(Self)
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        // One that has ended is a zombie until it is waited for: no other gets its number.
        let _ = rustix::process::kill_process(self.pid(), signal);
    }

    /// Its number, as system calls take it.
    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.0)
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Stops it and returns once it stands still (or has ended).
    ///
    /// # Errors
    /// Where it did not stop in time.
    pub fn stop(&self) -> Result<(), String> {
        self.signal(Signal::STOP);
        let stat = format!("/proc/{}/stat", self.id());
        wait_for("a stopped process", || {
            let stat = std::fs::read_to_string(&stat).unwrap_or_default();
            let state = stat.rsplit_once(") ").map_or("Z", |(_, rest)| rest);
            state.starts_with(['T', 'Z', 'X'])
        })
    }

    /// SIGKILL; returns once it is gone.
    ///
    /// # Errors
    /// Where it can't be killed, or not be waited for.
    pub fn kill(&mut self) -> io::Result<()> {
        self.0.kill()?;
        self.0.wait().map(drop)
    }

    /// How it ended, if it has.
    ///
    /// # Errors
    /// Where the system does not say.
    pub fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.0.try_wait()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have been waited for.
        let _ = self.kill();
    }
}
