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
//! | `test_webhooks` | the webhooks |
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
mod seed;
mod server;
mod test_webhooks;
mod user;
mod visitors;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use lexopt::ValueExt as _;
use testkit::seeds::{Options, exit_code, misused};

use nodes::Template;
use seed::Setting;
use server::Parts;
use user::User;

const USAGE: &str = "\
Runs several servers on one database under faults; nothing may be lost.

cluster --worker-binary FILE --extension FILE --out DIR [--seeds N] [--first N] [--until-failure] [--short] [--calm]

  --seeds N          how many runs; 20
  --first N          the first one's seed; 1
  --until-failure    no run after one that failed
  --short            one MariaDB and two workers, without WordPress
  --calm             no faults
  --bench            figures instead of faults
  --part NAME        of the figures only these: single, takeover or galera
  --scripts DIR      where wsrep_sst_rsync lies
  --as-root          this program is root in a name space of its own alone
  --out DIR          gets results.json, and a folder for each seed
";

/// What only this program is told.
struct Kind {
    scripts: PathBuf,
    short: bool,
    calm: bool,
    bench: bool,
    /// Which figures.
    bench_parts: Vec<bench::Part>,
    user: User,
}

fn main() -> ExitCode {
    let mut kind = Kind {
        scripts: PathBuf::from("/usr/bin"),
        short: false,
        calm: false,
        bench: false,
        bench_parts: bench::Part::ALL.to_vec(),
        user: User::WwwData,
    };
    let options = Options::read(|name, arguments| {
        match name {
            "scripts" => kind.scripts = arguments.value()?.into(),
            "short" => kind.short = true,
            "calm" => kind.calm = true,
            "bench" => kind.bench = true,
            "part" => {
                let name = arguments.value()?.string()?;
                let part = bench::Part::named(&name);
                kind.bench_parts = vec![part.ok_or(format!("there is no part \"{name}\""))?];
            }
            "as-root" => kind.user = User::Own,
            _ => return Ok(false),
        }
        Ok(true)
    });
    match options {
        Ok(options) => exit_code("cluster", run(&options, &kind)),
        Err(error) => misused("cluster", &error, USAGE),
    }
}

fn run(options: &Options, kind: &Kind) -> Result<(), String> {
    // Where www-data can go.
    let folder = tempfile::Builder::new().prefix("network-webhooks.").tempdir();
    let folder = folder.map_err(|error| error.to_string())?;
    let outcome = run_in(options, kind, folder.path());
    let _ = folder.close();
    outcome
}

fn run_in(options: &Options, kind: &Kind, folder: &Path) -> Result<(), String> {
    let io = |error: std::io::Error| error.to_string();
    kind.user.make_folder(folder).map_err(io)?;
    let copy = |from: &Path, name: &str| {
        let to = folder.join(name);
        fs::copy(from, &to).map_err(|error| format!("{}: {error}", from.display()))?;
        Ok::<_, String>(to)
    };
    let (worker, extension) =
        (copy(&options.worker, "webhooks-worker")?, copy(&options.extension, "webhooks.so")?);
    let wordpress = match kind.short || kind.bench {
        true => None,
        false => Some(front::copy_wordpress(folder, kind.user)?),
    };
    let parts = Parts { worker, extension, wordpress, user: kind.user };
    if kind.bench {
        let template = |count: usize| {
            let folder = folder.join(format!("template{count}"));
            Template::make(&folder, kind.user, count, &kind.scripts, || Ok(()))
        };
        let folder = folder.join("bench");
        return bench::run(&parts, &kind.bench_parts, template, &folder, &options.out);
    }
    let (count, servers) = if kind.short { (1, 2) } else { (3, 3) };
    let template =
        Template::make(&folder.join("template"), kind.user, count, &kind.scripts, || {
            parts.wordpress.as_deref().map_or(Ok(()), |root| front::install(root, kind.user))
        })?;
    let setting = Setting { parts: &parts, template: &template, servers, calm: kind.calm };
    options.run(|seed, out| seed::run(seed, &setting, &folder.join("run"), out))
}
