//! Seeded runs in which everything fails, and nothing may be lost: `make chaos`.
//!
//! Several PHP processes dispatch through the extension while this program kills, stops and
//! continues them and the worker, fills the disk, destroys bytes of the journal, sets the clock,
//! rotates secrets, reconfigures, and is eleven endpoints that fail in every way. Then all heals,
//! and every event has to be where it ought to be.
//!
//! | file | owns |
//! |---|---|
//! | `test_webhooks`, `payload` | the webhooks and how their deliveries have to end; what is dispatched |
//! | `fault` | what goes wrong, drawn from the seed |
//! | `disk`, `worker`, `producer`, `process`, `endpoint`, `damage` | the means |
//! | `seed` | a run |
//! | `findings`, `signature` | what has to hold, and the files that show it |
//!
//! The seed decides the faults; how the processes meet them is the machine's affair.

mod damage;
mod disk;
mod endpoint;
mod fault;
mod findings;
mod payload;
mod producer;
mod seed;
mod test_webhooks;
mod worker;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use lexopt::ValueExt as _;
use lexopt::prelude::Long;

use findings::Figures;
use seed::Parts;

const USAGE: &str = "\
Runs the worker and PHP under faults; nothing may be lost.

chaos --worker-binary FILE --extension FILE --out DIR [--seeds N] [--first N] [--until-failure]

  --seeds N          how many runs; 20
  --first N          the first one's seed; 1
  --out DIR          gets results.json, and a folder for each seed
  --until-failure    no run after one that failed
";

struct Options {
    parts: Parts,
    out: PathBuf,
    first: u64,
    seeds: u64,
    until_failure: bool,
}

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == "--worker") {
        let (spool, clock) = (arguments.next(), arguments.next());
        let (spool, clock) = (spool.unwrap_or_default(), clock.unwrap_or_default());
        return exit_code(worker::run(Path::new(&spool), Path::new(&clock)));
    }
    match options() {
        Ok(options) => exit_code(run(&options)),
        Err(error) => {
            eprint!("chaos: {error}\n\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn exit_code(outcome: Result<(), String>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("chaos: {error}");
            ExitCode::FAILURE
        }
    }
}

fn options() -> Result<Options, lexopt::Error> {
    let (mut worker, mut extension, mut out) = (None, None, None);
    let (mut first, mut seeds, mut until_failure) = (1, 20, false);
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("worker-binary") => worker = Some(arguments.value()?.into()),
            Long("extension") => extension = Some(arguments.value()?.into()),
            Long("out") => out = Some(arguments.value()?.into()),
            Long("first") => first = arguments.value()?.parse()?,
            Long("seeds") => seeds = arguments.value()?.parse()?,
            Long("until-failure") => until_failure = true,
            other => return Err(other.unexpected()),
        }
    }
    let worker = worker.ok_or("--worker-binary FILE is missing")?;
    let extension = extension.ok_or("--extension FILE is missing")?;
    let out = out.ok_or("--out DIR is missing")?;
    Ok(Options { parts: Parts { worker, extension }, out, first, seeds, until_failure })
}

fn run(options: &Options) -> Result<(), String> {
    let mut out = std::io::stdout();
    let mut say = |text: String| {
        let _ = writeln!(out, "{text}").and_then(|()| out.flush());
    };
    let mut all = Figures::default();
    let (mut passed, mut failed) = (0, Vec::new());
    for seed in options.first..options.first + options.seeds {
        let begun = Instant::now();
        let findings = seed::run(seed, &options.parts, &options.out.join(seed.to_string()));
        let told = match &findings {
            Ok(findings) => {
                all.add(&findings.figures);
                let took = begun.elapsed().as_secs();
                format!("{} ({took} s){}", findings.figures, findings.deviations)
            }
            Err(error) => error.clone(),
        };
        if findings.is_ok_and(|findings| findings.deviations.is_empty()) {
            say(format!("seed {seed}: {told}"));
            passed += 1;
        } else {
            say(format!("seed {seed} FAILED: {told}"));
            failed.push(seed);
            if options.until_failure {
                break;
            }
        }
    }
    let results = options.out.join("results.json");
    std::fs::write(&results, format!("{:#}\n", all.to_json(passed + failed.len())))
        .map_err(|error| format!("{}: {error}", results.display()))?;
    say(format!("{passed} seeds passed, {} failed: {all}", failed.len()));
    if failed.is_empty() {
        return Ok(());
    }
    Err(format!("failed with seed {failed:?}: repeat one with SEED={}", failed[0]))
}
