//! `make bench`: what everything costs, next to what else does it.
//!
//! Each file measures one thing, checks what it measured, and adds its figures. Peers alternate
//! with ours within a round, so that a machine that becomes slower does so for both.

mod chart;
mod crowd;
mod deliveries;
mod dispatch;
mod document;
mod encode;
mod figures;
mod http_client;
mod idle;
mod latency;
mod million;
mod network;
mod nginx;
mod page;
mod peers;
mod receiver;
mod results;
mod rounds;
mod script;
mod testbed;
mod wan;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use results::{Results, say};
use testbed::Build;

type Result<T = (), E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

const USAGE: &str = "\
bench [--quick] [--base FOLDER] [NAME…]

  --quick         fewer and shorter rounds: a look, not a figure
  --base FOLDER   a tree of this project that is built: measured too, in turn
  NAME            only these benchmarks
";

/// What a benchmark needs to know.
struct Bench {
    build: Build,
    quick: bool,
    /// The payload of a payment, as json_encode() writes it.
    data: String,
    full_rate: Cell<Option<f64>>,
}

impl Bench {
    fn new(tree: &Path, quick: bool) -> Result<Self> {
        let build = Build::of(tree)?;
        let data = std::process::Command::new("php")
            .args([
                "-n",
                "-r",
                "require 'tests/bench/answer.php'; echo json_encode(payment(), FLAGS);",
            ])
            .output()?;
        let data = String::from_utf8(data.stdout)?;
        Ok(Self { build, quick, data, full_rate: Cell::new(None) })
    }

    /// One for a real run, another for a quick one.
    fn pick<T>(&self, full: T, quick: T) -> T {
        if self.quick { quick } else { full }
    }

    /// Deliveries a second, once they were measured.
    fn full_rate(&self) -> Option<f64> {
        self.full_rate.get()
    }

    fn set_full_rate(&self, rate: f64) {
        self.full_rate.set(Some(rate));
    }
}

type Benchmark = fn(&Bench, &mut Results) -> Result;

/// All of them, in the order in which they run.
const BENCHMARKS: [(&str, Benchmark); 18] = [
    ("encode", encode::run),
    ("dispatch", dispatch::beside_json_encode),
    ("dispatch-8", dispatch::of_eight),
    ("dispatch-10k", dispatch::of_ten_thousand),
    ("page", page::run),
    ("peers", peers::run),
    ("deliveries", deliveries::run),
    ("latency", latency::quiet),
    ("latency-loaded", latency::loaded),
    ("million", million::run),
    ("wan", wan::plain),
    ("wan-tls", wan::tls),
    ("tls", wan::tls_beside_plain),
    ("quiet", wan::quiet),
    ("hanging", wan::hanging),
    ("spread", wan::spread),
    ("idle", idle::run),
    (CONTROL, page::control),
];
/// Of the yardstick and not of us: only where it is asked for.
const CONTROL: &str = "page-control";

#[derive(Default)]
struct Options {
    quick: bool,
    base: Option<PathBuf>,
    names: Vec<String>,
}

fn options() -> Result<Options> {
    use lexopt::prelude::*;
    let mut options = Options::default();
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("quick") => options.quick = true,
            Long("base") => options.base = Some(arguments.value()?.into()),
            Value(name) => options.names.push(name.string()?),
            _ => return Err(USAGE.into()),
        }
    }
    let known = |name: &String| BENCHMARKS.iter().any(|(known, _)| known == name);
    if let Some(unknown) = options.names.iter().find(|name| !known(name)) {
        let names: Vec<_> = BENCHMARKS.iter().map(|(name, _)| *name).collect();
        return Err(format!("there is no {unknown}; there are {}", names.join(", ")).into());
    }
    Ok(options)
}

fn run() -> Result {
    let options = options()?;
    std::fs::create_dir_all("target/bench")?;
    let ours = Bench::new(Path::new("."), options.quick)?;
    let base = options.base.as_deref().map(|tree| Bench::new(tree, options.quick)).transpose()?;
    let (mut results, mut before) = (Results::default(), Results::default());
    let begun = Instant::now();
    for (name, benchmark) in BENCHMARKS {
        let is_wanted = if options.names.is_empty() {
            name != CONTROL
        } else {
            options.names.iter().any(|wanted| wanted == name)
        };
        if !is_wanted {
            continue;
        }
        if let Some(base) = &base {
            say(&format!("{name} (base)"));
            benchmark(base, &mut before).map_err(|error| format!("{name} (base): {error}"))?;
        }
        let started = Instant::now();
        say(name);
        benchmark(&ours, &mut results).map_err(|error| format!("{name}: {error}"))?;
        say(&format!("    {:.0} s", started.elapsed().as_secs_f64()));
    }
    let machine = document::machine();
    say(&format!("\n{machine}; {:.0} s", begun.elapsed().as_secs_f64()));
    say(&results.table(base.is_some().then_some(&before)));
    results.write(Path::new("target/bench"))?;
    // What is published is a whole run at full length, of this tree alone.
    if !options.quick && options.names.is_empty() && base.is_none() {
        document::write(&results, &machine)?;
        std::fs::write("docs/benchmarks.svg", chart::draw(&results, &machine))?;
    }
    let missed: Vec<_> =
        results.figures().filter(|(figure, value, _)| figure.met(*value) == "no").collect();
    for (figure, ..) in &missed {
        say(&format!("{} misses its must", figure.key));
    }
    Ok(())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}
