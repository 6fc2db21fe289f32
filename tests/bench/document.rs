//! `docs/benchmarks.md`: the table and what was seen, between two marks; the rest is written by
//! hand.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use crate::Result;
use crate::results::{Results, shown};
use crate::rounds::spread;

const PATH: &str = "docs/benchmarks.md";
const BEGIN: &str = "<!-- make bench -->\n";
const END: &str = "<!-- /make bench -->\n";

/// What it ran on, in a line.
pub(crate) fn machine() -> String {
    let said = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output();
        let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        text.unwrap_or_default().lines().next().unwrap_or_default().trim().to_owned()
    };
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let info = read("/proc/cpuinfo");
    let field = |name: &str| {
        let line = info.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_once(": ")).map_or("?", |(_, value)| value).to_owned()
    };
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let kib = read("/proc/meminfo").split_whitespace().nth(1).and_then(|it| it.parse::<u64>().ok());
    let release = read("/etc/os-release");
    let name = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    format!(
        "{} (family {}, model {}), {cores} cores, {} GiB; {}, Linux {}; PHP {}; {}",
        field("model name"),
        field("cpu family"),
        field("model\t"),
        kib.unwrap_or(0) >> 20,
        name.unwrap_or("?").trim_matches('"'),
        said("uname", &["-r"]),
        said("php", &["-n", "-r", "echo PHP_VERSION;"]),
        said("rustc", &["--version"])
    )
}

/// Puts the table into the document.
pub(crate) fn write(results: &Results, machine: &str) -> Result {
    let text = fs::read_to_string(PATH)?;
    let (before, rest) = text.split_once(BEGIN).ok_or("docs/benchmarks.md has lost its marks")?;
    let (_, after) = rest.split_once(END).ok_or("docs/benchmarks.md has lost its marks")?;
    let mut table = format!(
        "{machine}.\n\n| figure | | measured | middle half of the rounds | rounds | must | aim | met |\n\
         |---|---|---|---|---|---|---|---|\n"
    );
    for (figure, value, rounds) in results.figures() {
        let (low, high) = spread(rounds);
        let peer = match (figure.peer, figure.better) {
            ("", _) => String::new(),
            (peer, _) => format!(" ÷ {peer}"),
        };
        let _ = writeln!(
            table,
            "| `{}` | {}{peer} | **{}** | {} – {} | {} | {} | {} | {} |",
            figure.key,
            figure.what,
            shown(value),
            shown(low),
            shown(high),
            rounds.len(),
            shown(figure.must),
            shown(figure.aim),
            figure.met(value)
        );
    }
    table.push_str("\nSeen beside them:\n\n");
    for note in results.notes() {
        let _ = writeln!(table, "- {note}");
    }
    Ok(fs::write(PATH, format!("{before}{BEGIN}{table}{END}{after}"))?)
}
