//! The worker's process: arguments in, exit code out.

use std::io::Write;
use std::process::ExitCode;

use lexopt::ValueExt;
use lexopt::prelude::{Long, Short};
use webhooks::worker::{self, Mode, Options, WorkerError};

const HELP: &str = "\
webhooks-worker delivers what PHP processes have written to a spool's journal.

Usage: webhooks-worker --spool DIR [--store URL] [--take-in-only]
                       [--once | --drain | --foreground | --daemonize]

  --spool DIR    the folder that PHP and the worker share (webhooks.spool in php.ini)
  --store URL    where events and deliveries are kept: sqlite:/path/of/a/file, or
                 mysql://user@host:port/database of several servers together
                 (webhooks.store in php.ini; by default store.sqlite in the spool)

  --take-in-only leave the delivering to other servers of the same store (webhooks.deliver = 0 in
                 php.ini), as for web servers that may not reach endpoints

  --once         take in what is there, attempt what is due, and leave
  --drain        before a server goes for good: take in what is there and send nothing, so that other
                 servers of the same store go on with it, and leave; stop PHP and the worker first
  --foreground   run until SIGTERM, for a service manager (the default)
  --daemonize    detach, and leave after a minute without work: this is how PHP starts it

  --help         this text
  --version      the version

One worker runs on a spool; a second one says so and leaves. Run as root it takes the place of
the folder's owner. SIGTERM lets requests under way finish for ten seconds; whatever is left is
delivered by the next worker. What it does is told in DIR/worker.log.

Exit codes: 0 done, 1 it could not start or go on, 2 the arguments are wrong.
";

fn main() -> ExitCode {
    let options = match options() {
        Ok(Some(options)) => options,
        Ok(None) => return ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("webhooks-worker: {error}\nTry webhooks-worker --help.");
            return ExitCode::from(2);
        }
    };
    match worker::run(&options) {
        Ok(()) if options.mode == Mode::Drain => {
            let done = "drained: nothing waits in this spool any more\n";
            let _ = std::io::stdout().write_all(done.as_bytes());
            ExitCode::SUCCESS
        }
        Ok(()) => ExitCode::SUCCESS,
        // PHP started two at once: the other one does the work.
        Err(WorkerError::Running { .. }) if options.mode == Mode::Daemonize => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("webhooks-worker: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The options, or `None` where help or version was asked for (and given).
fn options() -> Result<Option<Options>, lexopt::Error> {
    let mut arguments = lexopt::Parser::from_env();
    let (mut spool, mut store, mut mode, mut takes_in_only) = (None, None, None, false);
    while let Some(argument) = arguments.next()? {
        let chosen = match argument {
            Long("spool") => {
                let given = arguments.value()?;
                // As meant here: the worker goes to another folder.
                let absolute = std::path::absolute(&given);
                spool = Some(absolute.unwrap_or_else(|_| given.into()));
                continue;
            }
            Long("store") => {
                store = Some(arguments.value()?.string()?);
                continue;
            }
            Long("take-in-only") => {
                takes_in_only = true;
                continue;
            }
            Long("once") => Mode::Once,
            Long("drain") => Mode::Drain,
            Long("foreground") => Mode::Foreground,
            Long("daemonize") => Mode::Daemonize,
            Long("help") | Short('h') => {
                let _ = std::io::stdout().write_all(HELP.as_bytes());
                return Ok(None);
            }
            Long("version") | Short('V') => {
                let version = concat!("webhooks-worker ", env!("CARGO_PKG_VERSION"), "\n");
                let _ = std::io::stdout().write_all(version.as_bytes());
                return Ok(None);
            }
            other => return Err(other.unexpected()),
        };
        if mode.replace(chosen).is_some_and(|before| before != chosen) {
            return Err("--once, --drain, --foreground and --daemonize exclude each other".into());
        }
    }
    let spool = spool.ok_or("--spool DIR is missing")?;
    Ok(Some(Options { spool, store, mode: mode.unwrap_or(Mode::Foreground), takes_in_only }))
}
