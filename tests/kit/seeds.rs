//! Programs that make runs of many seeds, one after the other: what they are told, what is said of each
//! run, and the sums of all.

use std::fmt::Display;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use lexopt::Arg::Long;
use lexopt::ValueExt as _;
use serde_json::Value;

/// The figures of a run, and of all: they begin with none.
pub trait Figures: Default + Display {
    /// Adds those of another run.
    fn add(&mut self, other: &Self);

    /// As `results.json` has them, of so many runs.
    fn to_json(&self, seeds: usize) -> Value;
}

/// What came of a run.
#[derive(Debug)]
pub struct Findings<F> {
    /// Its figures.
    pub figures: F,
    /// What does not hold; empty: all is well.
    pub deviations: String,
}

/// What such a program is told.
#[derive(Debug)]
pub struct Options {
    /// The worker that is tried: `--worker-binary FILE`.
    pub worker: PathBuf,
    /// The extension that is tried: `--extension FILE`.
    pub extension: PathBuf,
    /// Gets `results.json`, and a folder for each seed: `--out DIR`.
    pub out: PathBuf,
    /// The first run's seed: `--first N`; 1.
    pub first: u64,
    /// How many runs: `--seeds N`; 20.
    pub seeds: u64,
    /// No run after one that failed: `--until-failure`.
    pub until_failure: bool,
}

impl Options {
    /// Reads the command line. `own` takes an option that only this program has, and with the parser its
    /// value; it says whether there is one of that name.
    ///
    /// # Errors
    /// What is missing, or not understood.
    pub fn read(
        mut own: impl FnMut(&str, &mut lexopt::Parser) -> Result<bool, lexopt::Error>,
    ) -> Result<Self, lexopt::Error> {
        let (mut worker, mut extension, mut out) = (None, None, None);
        let (mut first, mut seeds, mut until_failure) = (1, 20, false);
        let mut arguments = lexopt::Parser::from_env();
        while let Some(argument) = arguments.next()? {
            let Long(name) = argument else { return Err(argument.unexpected()) };
            let name = name.to_owned();
            match name.as_str() {
                "worker-binary" => worker = Some(arguments.value()?.into()),
                "extension" => extension = Some(arguments.value()?.into()),
                "out" => out = Some(arguments.value()?.into()),
                "first" => first = arguments.value()?.parse()?,
                "seeds" => seeds = arguments.value()?.parse()?,
                "until-failure" => until_failure = true,
                _ if own(&name, &mut arguments)? => {}
                _ => return Err(Long(&name).unexpected()),
            }
        }
        let worker = worker.ok_or("--worker-binary FILE is missing")?;
        let extension = extension.ok_or("--extension FILE is missing")?;
        let out = out.ok_or("--out DIR is missing")?;
        Ok(Self { worker, extension, out, first, seeds, until_failure })
    }

    /// Makes the runs: `one` is given a seed and its folder in `out`. Says what came of each, and of all.
    ///
    /// # Errors
    /// Which seeds failed, or why the sums can't be written.
    pub fn run<F: Figures>(
        &self,
        mut one: impl FnMut(u64, &Path) -> Result<Findings<F>, String>,
    ) -> Result<(), String> {
        let mut all = F::default();
        let (mut passed, mut failed) = (0, Vec::new());
        for seed in self.first..self.first + self.seeds {
            let begun = Instant::now();
            let findings = one(seed, &self.out.join(seed.to_string()));
            let took = begun.elapsed().as_secs();
            let told = match &findings {
                Ok(findings) => {
                    all.add(&findings.figures);
                    format!("{} ({took} s){}", findings.figures, findings.deviations)
                }
                Err(error) => format!("{error} ({took} s)"),
            };
            if findings.is_ok_and(|findings| findings.deviations.is_empty()) {
                say(&format!("seed {seed}: {told}"));
                passed += 1;
            } else {
                say(&format!("seed {seed} FAILED: {told}"));
                failed.push(seed);
                if self.until_failure {
                    break;
                }
            }
        }
        let results = self.out.join("results.json");
        std::fs::write(&results, format!("{:#}\n", all.to_json(passed + failed.len())))
            .map_err(|error| format!("{}: {error}", results.display()))?;
        say(&format!("{passed} seeds passed, {} failed: {all}", failed.len()));
        if failed.is_empty() {
            return Ok(());
        }
        Err(format!("failed with seed {failed:?}: repeat one with SEED={}", failed[0]))
    }
}

/// At once: who waits for a run of minutes sees how far it is.
fn say(line: &str) {
    let mut out = std::io::stdout();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// How a program ends that is called `name`, with what went wrong on standard error.
pub fn exit_code(name: &str, outcome: Result<(), String>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{name}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// How it ends where the command line is wrong.
pub fn misused(name: &str, error: &lexopt::Error, usage: &str) -> ExitCode {
    eprint!("{name}: {error}\n\n{usage}");
    ExitCode::from(2)
}
