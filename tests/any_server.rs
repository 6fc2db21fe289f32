//! Old kernels, sandboxes, limits, and file systems that can't do everything: the spool is used
//! and events are delivered all the same.

mod puppet;
mod support;

use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitStatus, Output};

use puppet::{Puppet, Stage, sandbox};
use rustix::process::{Resource, Rlimit, setrlimit};
use serde_json::json;
use support::{Endpoint, Network, wait_for, webhook};
use tempfile::TempDir;
use webhooks::spool::{Access, Spool, SpoolError};
use webhooks::worker::{Request, lock};

/// What a file system, a kernel and a sandbox say to a call that they don't know.
const REFUSALS: [i32; 4] = [libc::EINVAL, libc::ENOSYS, libc::EPERM, libc::EOPNOTSUPP];

fn spool() -> (TempDir, Spool) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    let spool = Spool::open(folder.path()).unwrap();
    (folder, spool)
}

fn enter_without(stage: &Stage, call: libc::c_long, errno: i32, spool: &Path) -> Puppet {
    let mut puppet = stage.enter();
    puppet.expect(&format!("deny {call} {errno}"), "ok");
    puppet.expect(&format!("open {}", spool.display()), "ok");
    puppet
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_spool_works_where_rename_noreplace_is_refused() {
    let stage = Stage::new();
    for errno in REFUSALS {
        let (folder, _) = spool();
        let mut puppet = enter_without(&stage, libc::SYS_renameat2, errno, folder.path());
        for command in ["create worker.log", "publish config.json", "publish config.json", "wake"] {
            puppet.expect(command, "ok");
        }
        puppet.expect("append event", "ok");
        puppet.expect("folder corrupt", "ok");
        assert_eq!(puppet.say("read"), "ok event");
        let made = ["config.json", "corrupt", "journal", "wake", "worker.log"];
        assert_eq!(names(folder.path()), made, "no draft is left");
        for name in names(folder.path()).iter().filter(|name| *name != "corrupt") {
            let links = folder.path().join(name).metadata().unwrap().nlink();
            assert!(links == 1 || name == "journal", "{name} {links}");
        }
    }
}

#[test]
fn one_of_many_makes_a_file_where_rename_noreplace_is_refused() {
    let (folder, _) = spool();
    let stage = Stage::new();
    let mut puppets: Vec<_> = (0..4)
        .map(|n| match n {
            // Not all need be under the same sandbox.
            0 => stage.enter_with(folder.path()),
            _ => enter_without(&stage, libc::SYS_renameat2, libc::EPERM, folder.path()),
        })
        .collect();
    for n in 0..100 {
        for puppet in &mut puppets {
            puppet.start(&format!("create file{n}"));
            puppet.start(&format!("folder folder{n}"));
        }
        for puppet in &mut puppets {
            assert_eq!((puppet.answer(), puppet.answer()), ("ok".into(), "ok".into()));
        }
    }
    assert_eq!(names(folder.path()).len(), 200, "no draft is left");
}

#[test]
fn a_maker_that_died_between_link_and_unlink_leaves_a_file_that_can_be_used() {
    let (folder, spool) = spool();
    let path = |name: &str| folder.path().join(name);
    for use_it in [
        |spool: &Spool| {
            assert!(spool.top().open("worker.lock", Access::ReadWrite).unwrap().is_some());
        },
        |spool: &Spool| assert!(spool.top().version("worker.lock").unwrap().is_some()),
    ] {
        std::fs::write(path(".00.draft"), "").unwrap();
        std::fs::hard_link(path(".00.draft"), path("worker.lock")).unwrap();
        std::fs::write(path(".other.draft"), "").unwrap();
        use_it(&spool);
        assert_eq!(names(folder.path()), [".other.draft", "worker.lock"]);
        std::fs::remove_file(path("worker.lock")).unwrap();
    }
    // A third name, elsewhere, is as bad as a second one.
    let elsewhere = tempfile::tempdir_in(folder.path().parent().unwrap()).unwrap();
    let theirs = elsewhere.path().join("precious");
    std::fs::write(&theirs, "").unwrap();
    for name in [".00.draft", "worker.lock"] {
        std::fs::hard_link(&theirs, path(name)).unwrap();
    }
    for _ in 0..2 {
        let refused = spool.top().open("worker.lock", Access::ReadWrite);
        assert!(matches!(refused, Err(SpoolError::Planted { .. })), "{refused:?}");
        assert!(matches!(spool.top().version("worker.lock"), Err(SpoolError::Planted { .. })));
    }
}

#[test]
fn a_worker_that_sleeps_is_woken_where_files_can_not_be_allocated() {
    let stage = Stage::new();
    for errno in REFUSALS {
        let (folder, _) = spool();
        let mut sleeper = enter_without(&stage, libc::SYS_fallocate, errno, folder.path());
        sleeper.start("sleep");
        let mut waker = enter_without(&stage, libc::SYS_fallocate, errno, folder.path());
        // Every opening allocates anew, and must not write over the word that says asleep.
        wait_for("the sleeper is woken", || (waker.say("wake") == "ok Woken").then_some(()));
        assert_eq!(sleeper.answer(), "ok");
        let wake = folder.path().join("wake").metadata().unwrap();
        assert_eq!(wake.len(), 4096);
        assert!(wake.blocks() * 512 >= 4096, "allocated, so that touching it is no SIGBUS");
    }
}

/// A network with one event that waits for an endpoint.
fn with_an_event() -> (Network, Endpoint) {
    let (mut network, endpoint) = (Network::new(), Endpoint::new());
    network.publish(&json!([webhook("one", &endpoint.url("/"), &["*"], &json!({}))]));
    network.dispatch("paid");
    (network, endpoint)
}

/// Runs the worker once, after `before` in its process.
fn run_once(
    network: &Network,
    before: impl Fn() -> io::Result<()> + Send + Sync + 'static,
) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_webhooks-worker"));
    command.arg("--spool").arg(network.folder.path()).arg("--once");
    // SAFETY: what is given makes a system call or two, and allocates nothing.
    unsafe { command.pre_exec(before) };
    command.output().unwrap()
}

#[test]
fn a_file_system_without_fallocate_is_no_full_disk() {
    for errno in [libc::EOPNOTSUPP, libc::ENOSYS, libc::EPERM] {
        let (network, endpoint) = with_an_event();
        let output = run_once(&network, move || sandbox::deny(libc::SYS_fallocate, errno));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        assert_eq!(endpoint.received().len(), 1, "{said}");
        assert!(!said.contains("full") && !said.contains("ERROR"), "{said}");
        let reserve = network.folder.path().join("reserve").metadata().unwrap();
        assert_eq!(reserve.len(), 8 << 20);
        assert!(reserve.blocks() * 512 >= 8 << 20, "it has its room: {} blocks", reserve.blocks());
    }
}

#[test]
fn personal_data_is_forgotten_where_no_hole_can_be_made() {
    // The read part of a segment whose owner lives is emptied by writing.
    for errno in [libc::EOPNOTSUPP, libc::ENOSYS, libc::EPERM] {
        let (mut network, endpoint) = (Network::new(), Endpoint::new());
        network.publish(&json!([webhook("one", &endpoint.url("/"), &["*"], &json!({}))]));
        network.dispatch_data("paid", &json!({"email": "ada@example.org"}));
        let denied = move || sandbox::deny(libc::SYS_fallocate, errno);
        assert!(run_once(&network, denied).status.success());
        let holds_it = |network: &Network| {
            let journal = network.folder.path().join("journal");
            names(&journal).iter().any(|name| {
                let bytes = std::fs::read(journal.join(name)).unwrap();
                bytes.windows(15).any(|part| part == b"ada@example.org")
            })
        };
        assert!(holds_it(&network), "this process's segment is there as long as it lives");
        network.request(&Request::Forget {
            token: "t".into(),
            person: serde_json::from_value(json!({"email": "ada@example.org"})).unwrap(),
        });
        let output = run_once(&network, denied);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(!holds_it(&network));
    }
}

#[test]
fn no_system_call_of_the_last_ten_years_is_needed() {
    let calls = [
        ("renameat2", libc::SYS_renameat2),
        ("fallocate", libc::SYS_fallocate),
        ("close_range", libc::SYS_close_range),
        ("getrandom", libc::SYS_getrandom),
        ("statx", libc::SYS_statx),
        ("openat2", libc::SYS_openat2),
        ("faccessat2", libc::SYS_faccessat2),
        ("copy_file_range", libc::SYS_copy_file_range),
        ("preadv2", libc::SYS_preadv2),
        ("pwritev2", libc::SYS_pwritev2),
        ("membarrier", libc::SYS_membarrier),
        ("memfd_create", libc::SYS_memfd_create),
        ("pidfd_open", libc::SYS_pidfd_open),
        ("rseq", libc::SYS_rseq),
        ("io_uring_setup", libc::SYS_io_uring_setup),
        ("sched_setscheduler", libc::SYS_sched_setscheduler),
        ("prlimit64", libc::SYS_prlimit64),
        ("sched_getaffinity", libc::SYS_sched_getaffinity),
        ("prctl", libc::SYS_prctl),
        ("madvise", libc::SYS_madvise),
        ("sysinfo", libc::SYS_sysinfo),
    ];
    for (name, call) in calls {
        for errno in [libc::ENOSYS, libc::EPERM] {
            let (network, endpoint) = with_an_event();
            let output = run_once(&network, move || sandbox::deny(call, errno));
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{name} {errno}: {:?} {said}", output.status);
            assert_eq!(endpoint.received().len(), 1, "{name} {errno}: {said}");
            assert!(!said.contains("ERROR"), "{name} {errno}: {said}");
        }
    }
    // What glibc itself asks for; it takes ENOSYS only.
    let (network, endpoint) = with_an_event();
    let denied = || sandbox::deny(libc::SYS_clone3, libc::ENOSYS);
    assert!(run_once(&network, denied).status.success());
    assert_eq!(endpoint.received().len(), 1);
}

fn limited_to(bytes: u64) -> impl Fn() -> io::Result<()> + Send + Sync + 'static {
    move || {
        let limit = Rlimit { current: Some(bytes), maximum: Some(bytes) };
        Ok(setrlimit(Resource::Fsize, limit)?)
    }
}

#[test]
fn a_limit_of_a_files_size_does_not_kill_the_worker_and_is_told() {
    // Room for the store of one event, and not for the reserve as it usually is.
    let (network, endpoint) = with_an_event();
    let output = run_once(&network, limited_to(2 << 20));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{:?} {said}", output.status);
    assert_eq!(endpoint.received().len(), 1, "{said}");
    assert!(said.contains("ulimit -f") && said.contains("bytes=2097152"), "{said}");
    assert_eq!(network.folder.path().join("reserve").metadata().unwrap().len(), 2 << 20);

    // Not even room for an empty store: an error that says what to do.
    let (network, endpoint) = with_an_event();
    let output = run_once(&network, limited_to(64 << 10));
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(ExitStatus::code(&output.status), Some(1), "{:?} {said}", output.status);
    assert!(said.contains("File too large") && said.contains("`ulimit -f`"), "{said}");
    assert!(endpoint.received().is_empty());
    // With more room everything is there.
    assert!(run_once(&network, || Ok(())).status.success());
    assert_eq!(endpoint.received().len(), 1);
}

#[test]
fn a_daemon_keeps_no_socket_of_its_starter_where_close_range_is_refused() {
    for errno in [libc::EPERM, libc::ENOSYS] {
        let (network, endpoint) = with_an_event();
        // By a path, which no other test can take when it is free again.
        let address = network.folder.path().with_extension("socket");
        let socket = UnixListener::bind(&address).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_webhooks-worker"));
        command.arg("--spool").arg(network.folder.path()).arg("--daemonize");
        // A copy that is kept across exec, as php-fpm's listening socket is; in the worker alone, as
        // what other tests start meanwhile would have it, too.
        let listening = socket.as_raw_fd();
        let before = move || {
            // SAFETY: the descriptor is open in the child, as it was in its parent.
            if unsafe { libc::dup(listening) } < 0 {
                return Err(io::Error::last_os_error());
            }
            sandbox::deny(libc::SYS_close_range, errno)
        };
        // SAFETY: system calls alone, and allocates nothing.
        unsafe { command.pre_exec(before) };
        assert!(command.status().unwrap().success());
        drop(socket);
        wait_for("the event arrives", || (endpoint.received().len() == 1).then_some(()));
        let refused = UnixStream::connect(&address).unwrap_err();
        std::fs::remove_file(&address).unwrap();
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused, "nobody listens any more");
        let worker = lock::holder(&network.spool).unwrap().unwrap();
        let pid = rustix::process::Pid::from_raw(worker.pid as i32).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        wait_for("the worker leaves", || (!lock::is_held(&network.spool).unwrap()).then_some(()));
    }
}
