//! Thousands of requests under way; few files, processes and memory: what the worker makes of it.

#![allow(clippy::print_stdout, reason = "what happened at a limit is said for the notes")]

mod far;
mod support;

use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use far::Far;
use rustix::process::{Pid, Resource, Rlimit, Signal, geteuid, kill_process, setrlimit};
use serde_json::{Value, json};
use support::{Network, webhook};
use testkit::process::Process;
use webhooks::spool::Spool;
use webhooks::worker::lock;

/// How long all of it may take on a machine that does ten other things.
const PATIENCE: Duration = Duration::from_secs(300);

fn wait_for(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A network whose webhooks have all had an event, with endpoints that are far away.
struct Wide {
    network: Network,
    far: Far,
    webhooks: usize,
    /// Deliveries so far.
    sent: usize,
}

impl Wide {
    fn new(webhooks: usize, more: &Value) -> Self {
        let (mut network, far) = (Network::new(), Far::answering_after(0));
        let hooks: Vec<_> = (0..webhooks)
            .map(|number| webhook(&format!("w{number}"), &far.url(number), &["all"], more))
            .collect();
        network.publish(&Value::from(hooks));
        Self { network, far, webhooks, sent: 0 }
    }

    /// Has the webhooks' first events delivered: from then on they have as many under way as they
    /// may. From then on answers take 200 ms.
    fn prove(&mut self) {
        self.dispatch(1);
        self.network.work_once();
        assert_eq!(self.far.received(), (self.sent, 0));
        self.far.answer_after(200);
    }

    fn dispatch(&mut self, events: usize) {
        for _ in 0..events {
            self.network.dispatch("all");
        }
        self.sent += events * self.webhooks;
    }

    fn count(&self, state: &str) -> usize {
        let Some(mut log) = self.network.log() else { return 0 };
        let query = serde_json::from_value(json!({ "state": state })).expect("a query");
        usize::try_from(log.count_all(&query).expect("a count")).expect("a number")
    }

    fn await_all_delivered(&self) {
        wait_for("every delivery", || self.count("delivered") == self.sent);
        assert_eq!(self.far.received().0, self.sent, "lost");
    }
}

/// A worker process, killed when dropped.
struct Worker(Process);

impl Worker {
    /// Starts it, after `before` in its process.
    fn start(spool: &Path, before: impl Fn() -> io::Result<()> + Send + Sync + 'static) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_webhooks-worker"));
        command.arg("--spool").arg(spool).arg("--foreground");
        command.stdin(Stdio::null()).stderr(Stdio::null());
        // SAFETY: what is called makes a few system calls, and allocates nothing.
        unsafe { command.pre_exec(before) };
        Self(Process::start(&mut command).expect("a worker"))
    }

    fn pid(&self) -> Pid {
        self.0.pid()
    }

    /// What `/proc` says of it, in KiB.
    fn memory(&self, line: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id()));
        let status = status.expect("its status");
        let line = status.lines().find_map(|it| it.strip_prefix(line)).expect("the line");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    /// Waits for its end; whether that was a success.
    fn ended(&mut self) -> bool {
        let mut status = None;
        wait_for("the worker's end", || {
            status = self.0.ended().expect("its state");
            status.is_some()
        });
        status.is_some_and(|status| status.success())
    }
}

fn limited(resource: Resource, most: u64) -> impl Fn() -> io::Result<()> + Send + Sync + 'static {
    move || {
        let limit = Rlimit { current: Some(most), maximum: Some(most) };
        Ok(setrlimit(resource, limit)?)
    }
}

fn unlimited() -> io::Result<()> {
    Ok(())
}

/// As many as a test of a worker's end has under way at least.
const UNDER_WAY: usize = 2000;

fn thousands_under_way() -> (Wide, Worker) {
    let mut wide = Wide::new(500, &json!({}));
    wide.prove();
    // A busy machine begins too few requests in 200 ms to have that many under way at once.
    wide.far.answer_after(3000);
    let worker = Worker::start(wide.network.folder.path(), unlimited);
    wide.dispatch(20);
    wait_for("thousands under way", || wide.far.under_way() >= UNDER_WAY);
    wide.far.answer_after(200);
    (wide, worker)
}

#[test]
fn a_kill_with_thousands_under_way_loses_nothing_and_repeats_only_those() {
    let (wide, mut worker) = thousands_under_way();
    worker.0.kill().expect("SIGKILL and its end");
    let claimed = wide.count("delivering");
    assert!(claimed >= UNDER_WAY, "{claimed}");
    let begun = Instant::now();
    let _worker = Worker::start(wide.network.folder.path(), unlimited);
    wide.await_all_delivered();
    let (_, repeated) = wide.far.received();
    println!(
        "kill -9 with {claimed} under way: {} deliveries, lost 0, {repeated} twice, all there \
         {:.1} s later",
        wide.sent,
        begun.elapsed().as_secs_f64()
    );
    assert!(repeated <= claimed, "{repeated} of {claimed}");
}

#[test]
fn a_worker_asked_to_leave_with_thousands_under_way_leaves_in_time_and_repeats_nothing() {
    let (wide, mut worker) = thousands_under_way();
    let begun = Instant::now();
    kill_process(worker.pid(), Signal::TERM).expect("the signal");
    assert!(worker.ended());
    let took = begun.elapsed();
    println!("SIGTERM with thousands under way at 3 s: it left after {took:.1?}");
    // Ten seconds are what requests have; the rest is what a busy machine may take.
    assert!(took < Duration::from_secs(20), "{took:?}");
    assert_eq!((wide.count("delivering"), wide.far.under_way()), (0, 0));
    let _worker = Worker::start(wide.network.folder.path(), unlimited);
    wide.await_all_delivered();
    assert_eq!(wide.far.received().1, 0, "twice");
}

#[test]
fn a_thousand_events_to_one_host_open_no_more_connections_than_requests_are_under_way() {
    let (mut network, far) = (Network::new(), Far::answering_after(50));
    let hooks: Vec<_> = (0..10)
        .map(|number| format!("{}/{number}", far.url(0)))
        .map(|url| webhook(&url[url.len() - 1..], &url, &["all"], &json!({})))
        .collect();
    network.publish(&Value::from(hooks));
    let mut wide = Wide { network, far, webhooks: 10, sent: 0 };
    let _worker = Worker::start(wide.network.folder.path(), unlimited);
    wide.dispatch(100);
    wide.await_all_delivered();
    let (opened, most) = (wide.far.opened(), wide.far.most_under_way());
    println!("1,000 events of ten webhooks: {opened} connections, {most} requests at once at most");
    assert!(opened <= most && most > 10, "{opened} connections, {most} requests at once");
}

#[test]
fn few_files_are_fewer_requests_and_no_failure_and_are_told() {
    const FILES: u64 = 256;
    let mut wide = Wide::new(400, &json!({ "retries": [] }));
    wide.prove();
    let spool = wide.network.folder.path().to_owned();
    wide.far.most_connections();
    let worker = Worker::start(&spool, limited(Resource::Nofile, FILES));
    wide.dispatch(5);
    let mut files = 0;
    wait_for("every delivery", || {
        let now = std::fs::read_dir(format!("/proc/{}/fd", worker.0.id())).expect("files").count();
        files = files.max(now);
        wide.count("delivered") + wide.count("failed") == wide.sent
    });
    assert_eq!((wide.count("failed"), wide.far.received()), (0, (wide.sent, 0)));
    let holder = lock::holder(&wide.network.spool).expect("the lock").expect("its holder");
    assert_eq!((holder.descriptors, holder.possible), (Some(FILES), 144));
    let connections = wide.far.most_connections();
    println!("{FILES} files: {connections} connections at once at most, {files} files");
    assert!((100..=192).contains(&connections), "{connections}");
}

#[test]
fn without_a_thread_deliveries_wait_and_go_as_soon_as_there_is_one() {
    // Root has no such limit: the worker becomes the spool's owner.
    const NOBODY_ELSE: u32 = 54_321;
    if !geteuid().is_root() {
        return;
    }
    let mut wide = Wide::new(20, &json!({}));
    wide.dispatch(1);
    let spool = wide.network.folder.path().to_owned();
    for folder in [spool.join("journal"), spool.clone()] {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            own(&entry.expect("a file").path(), NOBODY_ELSE);
        }
        own(&folder, NOBODY_ELSE);
    }
    wide.network.spool = Spool::open(&spool).expect("the spool as it is now");
    // Processes of that user, threads among them; these are all that it may have but one.
    let mut others = Command::new("sleep");
    others.arg("600").uid(NOBODY_ELSE);
    let others: Vec<_> = (0..7).map(|_| Process::start(&mut others).expect("another")).collect();
    let mut worker = Worker::start(&spool, limited(Resource::Nproc, 8));
    let said = || std::fs::read_to_string(spool.join("worker.log")).unwrap_or_default();
    wait_for("what it says", || said().contains("ulimit -u"));
    assert_eq!(wide.far.received(), (0, 0));
    drop(others);
    wait_for("every delivery", || wide.count("delivered") == wide.sent);
    assert_eq!(said().matches("ulimit -u").count(), 1, "{}", said());
    kill_process(worker.pid(), Signal::TERM).expect("the signal");
    assert!(worker.ended());
}

fn own(path: &Path, user: u32) {
    std::os::unix::fs::lchown(path, Some(user), Some(user)).expect("another owner");
}

/// A control group with so many bytes of memory, where one can be made; removed when dropped.
#[derive(Debug)]
struct Group(PathBuf);

impl Group {
    fn new(bytes: u64) -> Option<Self> {
        let name = format!("network-webhooks-test-{}", std::process::id());
        let root = Path::new("/sys/fs/cgroup");
        [("", "memory.max"), ("memory", "memory.limit_in_bytes")].into_iter().find_map(
            |(folder, file)| {
                let folder = root.join(folder);
                folder.join("cgroup.procs").exists().then_some(())?;
                let group = Self(folder.join(&name));
                std::fs::create_dir(&group.0).ok()?;
                std::fs::write(group.0.join(file), bytes.to_string()).ok()?;
                Some(group)
            },
        )
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir(&self.0);
    }
}

#[test]
fn a_container_of_128_mb_has_fewer_requests_under_way_and_delivers_everything() {
    const MEMORY: u64 = 128 << 20;
    let mut wide = Wide::new(500, &json!({ "retries": [] }));
    wide.prove();
    let group = Group::new(MEMORY);
    let spool = wide.network.folder.path().to_owned();
    let mut worker = if let Some(Group(folder)) = &group {
        let procs = std::fs::File::options().write(true).open(folder.join("cgroup.procs"));
        let procs = procs.expect("the group");
        // "0" is whoever writes it.
        Worker::start(&spool, move || Ok(rustix::io::write(&procs, b"0").map(drop)?))
    } else {
        // No group can be made here: at least it may have no more than that.
        Worker::start(&spool, limited(Resource::Data, MEMORY))
    };
    let text = "x".repeat(20_000);
    for _ in 0..10 {
        wide.network.dispatch_data("all", &json!({ "text": text }));
        wide.sent += wide.webhooks;
    }
    let mut most = 0;
    wait_for("every delivery", || {
        most = most.max(wide.far.under_way());
        wide.count("delivered") + wide.count("failed") == wide.sent
    });
    assert_eq!((wide.count("failed"), wide.far.received()), (0, (wide.sent, 0)));
    let peak = worker.memory("VmHWM:") / 1024;
    println!("128 MB ({group:?}): {most} under way at most, {peak} MiB at most");
    assert!(peak < MEMORY >> 20, "{peak} MiB");
    if group.is_some() {
        assert!(most <= 682, "a quarter of it, 48 KiB each: {most}");
    }
    kill_process(worker.pid(), Signal::TERM).expect("the signal");
    assert!(worker.ended());
}
