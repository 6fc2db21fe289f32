//! Seeded runs in which everything fails, and nothing may be lost: `make chaos`.
//!
//! Several PHP processes dispatch through the extension while this program kills, stops and
//! continues them and the worker, fills the disk, destroys bytes of the journal, sets the clock,
//! rotates secrets, reconfigures, and is eleven endpoints that fail in every way. Then all heals,
//! and every event has to be where it ought to be.
//!
//! | file | owns |
//! |---|---|
//! | `test_webhooks` | the webhooks and how their deliveries have to end |
//! | `fault` | what goes wrong, drawn from the seed |
//! | `disk`, `worker`, `producer`, `endpoint`, `damage` | the means |
//! | `seed` | a run |
//! | `findings` | what has to hold, and the files that show it |
//!
//! The seed decides the faults; how the processes meet them is the machine's affair.

mod damage;
mod disk;
mod endpoint;
mod fault;
mod findings;
mod producer;
mod seed;
mod test_webhooks;
mod worker;

use std::path::Path;
use std::process::ExitCode;

use testkit::seeds::{Options, exit_code, misused};

use seed::Parts;

const USAGE: &str = "\
Runs the worker and PHP under faults; nothing may be lost.

chaos --worker-binary FILE --extension FILE --out DIR [--seeds N] [--first N] [--until-failure]

  --seeds N          how many runs; 20
  --first N          the first one's seed; 1
  --out DIR          gets results.json, and a folder for each seed
  --until-failure    no run after one that failed
";

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == "--worker") {
        let (spool, clock) = (arguments.next(), arguments.next());
        let (spool, clock) = (spool.unwrap_or_default(), clock.unwrap_or_default());
        return exit_code("chaos", worker::run(Path::new(&spool), Path::new(&clock)));
    }
    match Options::read(|_, _| Ok(false)) {
        Ok(options) => {
            let parts =
                Parts { worker: options.worker.clone(), extension: options.extension.clone() };
            let outcome = options.run(|seed, folder| seed::run(seed, &parts, folder));
            exit_code("chaos", outcome)
        }
        Err(error) => misused("chaos", &error, USAGE),
    }
}
