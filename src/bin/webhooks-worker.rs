//! The worker's process: arguments in, exit code out.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use lexopt::ValueExt;
use lexopt::prelude::{Long, Short, Value};
use webhooks::store;
use webhooks::worker::{self, Migration, Mode, Options, WorkerError};

const HELP: &str = "\
webhooks-worker delivers what PHP processes have written to a spool's journal.

Usage: webhooks-worker --spool DIR [--store URL] [--take-in-only]
                       [--once | --drain | --foreground | --daemonize]
       webhooks-worker migrate [--spool DIR] [--from sqlite:/path] --to mysql:

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

  migrate        moves the log from a file into a database on a server, and leaves
  --from URL     sqlite:/path of the file (by default store.sqlite in the spool)
  --to URL       mysql: (the network's own database) or mysql://user@host:port/database

One worker runs on a spool; a second one says so and leaves. Run as root it takes the place of
the folder's owner. SIGTERM lets requests under way finish for ten seconds; whatever is left is
delivered by the next worker. What it does is told in DIR/worker.log.

While a log is moved no worker runs: events wait in the journal. Killed at any moment, the move goes on
when it is called again; then set webhooks.store in php.ini to where the log is.

Exit codes: 0 done, 1 it could not start or go on, 2 the arguments are wrong.
";

/// What the arguments ask for.
enum Asked {
    Run(Options),
    Migrate(Migration),
}

fn main() -> ExitCode {
    let options = match asked() {
        Ok(Some(Asked::Run(options))) => options,
        Ok(Some(Asked::Migrate(migration))) => return migrate(&migration),
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

fn migrate(migration: &Migration) -> ExitCode {
    // Whoever stopped reading it does not stop the move.
    let mut say = |sentence: &str| drop(writeln!(std::io::stdout(), "{sentence}"));
    match worker::migrate(migration, &mut say) {
        Ok(moved) => {
            let there = match moved.there {
                0 => String::new(),
                there => format!(", {there} were there already"),
            };
            say(&format!(
                "The log was moved: {} events came over{there}. The old one lies in {}.\n\
                 Set webhooks.store = {} in php.ini, and restart PHP: until then events wait in the journal.",
                moved.events,
                moved.kept_as.display(),
                store::without_credentials(&migration.to)
            ));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("webhooks-worker: {error}\nCalled again, the move goes on where it was.");
            ExitCode::FAILURE
        }
    }
}

/// The folder of a store's file, which is the spool where no other one is named.
fn folder_of(from: Option<&String>) -> Option<PathBuf> {
    let path = Path::new(from?.strip_prefix("sqlite:")?);
    path.parent().filter(|folder| folder.is_absolute()).map(Path::to_owned)
}

/// What is asked for, or `None` where help or version was asked for (and given).
fn asked() -> Result<Option<Asked>, lexopt::Error> {
    let mut arguments = lexopt::Parser::from_env();
    let (mut spool, mut store, mut mode, mut takes_in_only) = (None, None, None, false);
    let (mut migrates, mut from, mut to) = (false, None, None);
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
            Value(command) if command == "migrate" && !migrates => {
                migrates = true;
                continue;
            }
            Long("from") if migrates => {
                from = Some(arguments.value()?.string()?);
                continue;
            }
            Long("to") if migrates => {
                to = Some(arguments.value()?.string()?);
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
    if migrates {
        if mode.is_some() || store.is_some() || takes_in_only {
            return Err("migrate takes --spool, --from and --to, and nothing else".into());
        }
        let to = to.ok_or("--to mysql: is missing")?;
        let spool = spool.or_else(|| folder_of(from.as_ref())).ok_or("--spool DIR is missing")?;
        return Ok(Some(Asked::Migrate(Migration { spool, from, to })));
    }
    let spool = spool.ok_or("--spool DIR is missing")?;
    let mode = mode.unwrap_or(Mode::Foreground);
    Ok(Some(Asked::Run(Options { spool, store, mode, takes_in_only })))
}
