//! Seeded runs of several servers on one database in which everything fails, and nothing may be lost:
//! `make cluster`.
//!
//! Three nodes of a Galera cluster, three web servers – each with php-fpm, a spool and a worker – and one
//! nginx before them, with WordPress on the cluster. Processes of WordPress and of plain PHP dispatch while
//! this program kills, stops and cuts off workers, php-fpm and nodes. Then all heals, and every event has to
//! be where it ought to be. With `--short` it is one MariaDB and two workers.
//!
//! | file | owns |
//! |---|---|
//! | `test_webhooks` | the webhooks; what is dispatched is chaos's |
//! | `fault` | what goes wrong, drawn from the seed |
//! | `nodes`, `gateway`, `server`, `front`, `visitors`, `endpoint`, `disk`, `user` | the means |
//! | `seed` | a run |
//! | `bench` | figures of the same parts, without faults: `make bench NAME=cluster` |
//! | `accounts`, `findings` | what has to hold, and the files that show it |
//!
//! All of it is in name spaces of its own (run.sh): ports, disks and processes end with it.

mod accounts;
mod bench;
mod disk;
mod endpoint;
mod fault;
mod findings;
mod front;
mod gateway;
mod nodes;
#[path = "../chaos/payload.rs"]
mod payload;
mod seed;
mod server;
mod test_webhooks;
mod user;
mod visitors;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use lexopt::ValueExt as _;
use lexopt::prelude::Long;

use findings::Figures;
use nodes::Template;
use seed::Setting;
use server::Parts;
use user::User;

const USAGE: &str = "\
Runs several servers on one database under faults; nothing may be lost.

cluster --worker-binary FILE --extension FILE --out DIR [--seeds N] [--first N] [--short] [--calm]

  --seeds N          how many runs; 20
  --first N          the first one's seed; 1
  --short            one MariaDB and two workers, without WordPress
  --calm             no faults
  --bench            figures instead of faults
  --part NAME        of the figures only these: single, takeover or galera
  --scripts DIR      where wsrep_sst_rsync lies
  --as-root          this program is root in a name space of its own alone
  --out DIR          gets results.json, and a folder for each seed
";

struct Options {
    worker: PathBuf,
    extension: PathBuf,
    out: PathBuf,
    scripts: PathBuf,
    first: u64,
    seeds: u64,
    short: bool,
    calm: bool,
    bench: bool,
    /// Which figures.
    bench_parts: Vec<bench::Part>,
    user: User,
}

fn main() -> ExitCode {
    let options = match options() {
        Ok(options) => options,
        Err(error) => {
            eprint!("cluster: {error}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cluster: {error}");
            ExitCode::FAILURE
        }
    }
}

fn options() -> Result<Options, lexopt::Error> {
    let (mut worker, mut extension, mut out) = (None, None, None);
    let (mut first, mut seeds, mut short, mut calm, mut bench) = (1, 20, false, false, false);
    let mut bench_parts = bench::Part::ALL.to_vec();
    let (mut scripts, mut user) = (PathBuf::from("/usr/bin"), User::WwwData);
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("worker-binary") => worker = Some(arguments.value()?.into()),
            Long("extension") => extension = Some(arguments.value()?.into()),
            Long("out") => out = Some(arguments.value()?.into()),
            Long("scripts") => scripts = arguments.value()?.into(),
            Long("first") => first = arguments.value()?.parse()?,
            Long("seeds") => seeds = arguments.value()?.parse()?,
            Long("short") => short = true,
            Long("calm") => calm = true,
            Long("bench") => bench = true,
            Long("part") => {
                let name = arguments.value()?.string()?;
                let part = bench::Part::named(&name);
                bench_parts = vec![part.ok_or(format!("there is no part \"{name}\""))?];
            }
            Long("as-root") => user = User::Own,
            other => return Err(other.unexpected()),
        }
    }
    let worker = worker.ok_or("--worker-binary FILE is missing")?;
    let extension = extension.ok_or("--extension FILE is missing")?;
    let out = out.ok_or("--out DIR is missing")?;
    Ok(Options {
        worker,
        extension,
        out,
        scripts,
        first,
        seeds,
        short,
        calm,
        bench,
        bench_parts,
        user,
    })
}

fn run(options: &Options) -> Result<(), String> {
    // Where www-data can go.
    let folder = tempfile::Builder::new().prefix("network-webhooks.").tempdir();
    let folder = folder.map_err(|error| error.to_string())?;
    let outcome = run_in(options, folder.path());
    let _ = folder.close();
    outcome
}

fn run_in(options: &Options, folder: &Path) -> Result<(), String> {
    let io = |error: std::io::Error| error.to_string();
    options.user.make_folder(folder).map_err(io)?;
    let copy = |from: &Path, name: &str| {
        let to = folder.join(name);
        fs::copy(from, &to).map_err(|error| format!("{}: {error}", from.display()))?;
        Ok::<_, String>(to)
    };
    let (worker, extension) =
        (copy(&options.worker, "webhooks-worker")?, copy(&options.extension, "webhooks.so")?);
    let wordpress = match options.short || options.bench {
        true => None,
        false => Some(front::copy_wordpress(folder, options.user)?),
    };
    let parts = Parts { worker, extension, wordpress, user: options.user };
    if options.bench {
        let template = |count: usize| {
            let folder = folder.join(format!("template{count}"));
            Template::make(&folder, options.user, count, &options.scripts, || Ok(()))
        };
        let folder = folder.join("bench");
        return bench::run(&parts, &options.bench_parts, template, &folder, &options.out);
    }
    let (count, servers) = if options.short { (1, 2) } else { (3, 3) };
    let template =
        Template::make(&folder.join("template"), options.user, count, &options.scripts, || {
            parts.wordpress.as_deref().map_or(Ok(()), |root| front::install(root, options.user))
        })?;
    let setting = Setting { parts: &parts, template: &template, servers, calm: options.calm };

    let mut out = std::io::stdout();
    let mut say = |text: String| {
        let _ = writeln!(out, "{text}").and_then(|()| out.flush());
    };
    let mut all = Figures::default();
    let (mut passed, mut failed) = (0, Vec::new());
    for seed in options.first..options.first + options.seeds {
        let begun = Instant::now();
        let to = options.out.join(seed.to_string());
        let findings = seed::run(seed, &setting, &folder.join("run"), &to);
        let took = begun.elapsed().as_secs();
        let told = match &findings {
            Ok(findings) => {
                all.add(&findings.figures);
                format!("{} ({took} s){}", findings.figures, findings.deviations)
            }
            Err(error) => format!("{error} ({took} s)"),
        };
        if findings.is_ok_and(|findings| findings.deviations.is_empty()) {
            say(format!("seed {seed}: {told}"));
            passed += 1;
        } else {
            say(format!("seed {seed} FAILED: {told}"));
            failed.push(seed);
        }
    }
    let results = options.out.join("results.json");
    fs::write(&results, format!("{:#}\n", all.to_json(passed + failed.len())))
        .map_err(|error| format!("{}: {error}", results.display()))?;
    say(format!("{passed} seeds passed, {} failed: {all}", failed.len()));
    if failed.is_empty() {
        return Ok(());
    }
    Err(format!("failed with seed {failed:?}: repeat one with SEED={}", failed[0]))
}
