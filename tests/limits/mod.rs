//! What a test that hurts may take: no input of at most a megabyte takes more than 64 MiB above what
//! the process has anyway, and more than a second of processor time.
//!
//! The second is held where the optimiser worked: `make test` runs these tests so.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::fs;
use std::sync::{Mutex, MutexGuard};

use rustix::time::{ClockId, clock_gettime};

/// Most that is taken above the idle peak, in KiB.
const MEMORY: u64 = 64 * 1024;
/// Most processor time in seconds. What bounds it is counted and does not vary; this is only how
/// long that takes, which without the optimiser is ten to thirty times as much.
const CPU: f64 = if cfg!(debug_assertions) { 20.0 } else { 1.0 };
/// Stack of the thread that reads what is given to it: a fourth of a thread of the pool.
pub(crate) const STACK: usize = 256 << 10;

/// A line of /proc/self/status, in KiB.
fn status(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Processor time of this thread, in seconds.
fn of_this_thread() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Processor time of the threads that make requests, in seconds.
pub(crate) fn of_delivery() -> f64 {
    let mut sum = 0.0;
    for thread in fs::read_dir("/proc/self/task").unwrap().flatten() {
        let read = |name: &str| fs::read_to_string(thread.path().join(name)).unwrap_or_default();
        if matches!(read("comm").trim(), "deliver" | "prepare") {
            let ns = read("schedstat").split(' ').next().and_then(|ns| ns.parse::<f64>().ok());
            sum += ns.unwrap_or(0.0) / 1e9;
        }
    }
    sum
}

/// One at a time: the peak is the process's.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    // Another test's failure is no reason to fail.
    ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The peak so far, which begins anew.
fn peak() -> u64 {
    // SAFETY: gives what is free back to the system, so that the peak is this run's.
    unsafe { libc::malloc_trim(0) };
    fs::write("/proc/self/clear_refs", "5").unwrap();
    status("VmHWM:")
}

fn judge(what: &str, before: u64, cpu: f64) {
    let memory = status("VmHWM:").saturating_sub(before);
    if std::env::var_os("SHOW").is_some() {
        eprintln!("{memory:>8} KiB {cpu:>7.3} s  {what}");
    }
    assert!(memory < MEMORY, "{what} takes {memory} KiB");
    assert!(cpu < CPU, "{what} takes {cpu} s");
}

/// Runs something, on a thread with little stack, and looks at what it took.
pub(crate) fn within_limits<T: Send + 'static>(
    what: &str,
    run: impl FnOnce() -> T + Send + 'static,
) -> T {
    let _alone = alone();
    let before = peak();
    let timed = move || {
        let started = of_this_thread();
        let result = run();
        (result, of_this_thread() - started)
    };
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(timed).unwrap();
    let (result, cpu) = thread.join().unwrap_or_else(|_| panic!("{what} panics"));
    judge(what, before, cpu);
    result
}

/// Runs something that makes a request, and looks at what the threads that make it took.
pub(crate) fn delivered_within_limits<T>(what: &str, run: impl FnOnce(&dyn Fn()) -> T) -> T {
    let _alone = alone();
    let before = peak();
    let started = of_delivery();
    let cpu = std::cell::Cell::new(0.0);
    // To be called while the threads are there.
    let result = run(&|| cpu.set(of_delivery() - started));
    judge(what, before, cpu.get());
    result
}
