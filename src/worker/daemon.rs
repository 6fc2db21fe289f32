//! Becoming a process of its own: nothing of the starter is kept, least of all its sockets.
//!
//! A worker that php-fpm starts inherits its listening socket; kept open, it would go on taking
//! connections that nobody answers after fpm is gone. So everything but the three standard
//! descriptors is closed before anything is opened, signals get their defaults back, and two
//! forks with a session between them detach the worker from process group and terminal.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{Mode, OFlags};
use rustix::process::{Gid, Uid};

/// Closes inherited descriptors, resets signals, and returns in a detached grandchild; the first
/// process leaves with success. To be called before any thread is started or file opened.
///
/// # Errors
/// Where the kernel refused a step.
pub(super) fn detach() -> io::Result<()> {
    close_inherited();
    reset_signals();
    fork_and_leave()?;
    rustix::process::setsid()?;
    fork_and_leave()?;
    rustix::process::chdir("/")?;
    let null = rustix::fs::open("/dev/null", OFlags::RDWR, Mode::empty())?;
    rustix::stdio::dup2_stdin(&null)?;
    rustix::stdio::dup2_stdout(&null)?;
    rustix::stdio::dup2_stderr(&null)?;
    Ok(())
}

/// Root takes the place of the folder's owner, for good.
///
/// # Errors
/// Where the folder can't be read or the kernel refused.
pub(super) fn become_owner_of(spool: &Path) -> io::Result<()> {
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let folder = std::fs::metadata(spool)?;
    if folder.uid() == 0 {
        return Ok(());
    }
    let (user, group) = (Uid::from_raw(folder.uid()), Gid::from_raw(folder.gid()));
    // Groups first: without root's user id they could not be given up any more. One thread runs
    // yet, so that rustix's per-thread calls set the whole process.
    rustix::thread::set_thread_groups(&[group])?;
    rustix::thread::set_thread_res_gid(group, group, group)?;
    rustix::thread::set_thread_res_uid(user, user, user)?;
    Ok(())
}

/// First descriptor behind standard input, output and error.
const FIRST: libc::c_int = 3;
/// Descriptors that are tried one by one, where nobody can say which are open: as many as Linux
/// lets a process have unless `fs.nr_open` is raised.
const MOST: u64 = 1 << 20;

fn close_inherited() {
    // By number: the C library has a function of that name only since glibc 2.34.
    // SAFETY: no descriptor above 2 is owned by anything in this process yet: it has opened
    // nothing, and those that it inherited are known to nobody.
    let closed = unsafe { libc::syscall(libc::SYS_close_range, FIRST, libc::c_uint::MAX, 0) };
    if closed != 0 {
        // Linux before 5.9 (ENOSYS), or a sandbox (EPERM).
        close_each(Path::new("/proc/self/fd"));
    }
}

/// Closes one by one what `list` names, or, where it can't be read (no /proc), whatever may be
/// open.
fn close_each(list: &Path) {
    // All names first: the list is itself read through a descriptor.
    let open = std::fs::read_dir(list)
        .map(|names| names.flatten().filter_map(|it| it.file_name().to_str()?.parse().ok()));
    let open: Vec<libc::c_int> = match open {
        Ok(open) => open.collect(),
        Err(_) => {
            let mut limit = libc::rlimit { rlim_cur: MOST, rlim_max: MOST };
            // SAFETY: the call only writes to the limit, which outlives it; where it is refused,
            // the limit stays the largest.
            unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) };
            // What was opened before the limit was lowered has a number above it.
            let most = limit.rlim_cur.max(limit.rlim_max).min(MOST);
            (FIRST..most as libc::c_int).collect()
        }
    };
    for descriptor in open.into_iter().filter(|descriptor| *descriptor >= FIRST) {
        // SAFETY: as in `close_inherited`; a number that is not open is refused.
        unsafe { libc::close(descriptor) };
    }
}

fn reset_signals() {
    for signal in 1..=64 {
        // SAFETY: SIG_DFL is a disposition for every signal; those that can't be set (KILL,
        // STOP, libc's own) are refused without effect.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    // SAFETY: an all-zero set is filled by sigemptyset before it is used.
    unsafe {
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut());
    }
    // A connection that an endpoint closed is an error of that write, not the end of the worker.
    // SAFETY: as above; ignoring is a valid disposition of SIGPIPE.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
}

fn fork_and_leave() -> io::Result<()> {
    // SAFETY: this process has one thread, so the child has all of it.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(()),
        // SAFETY: leaves without running anything that the child will run as well.
        _ => unsafe { libc::_exit(0) },
    }
}

/// From now on this thread, and those that it starts, no longer take the processor away from
/// whoever runs when they are woken: that is most often the request that has just dispatched, or
/// the database that it waits for. Their share of a busy machine stays the same (`sched(7)`).
pub(super) fn give_way() {
    // SAFETY: all zeros are a valid `sched_param`.
    let none: libc::sched_param = unsafe { std::mem::zeroed() };
    // SAFETY: the parameter lives for as long as the call.
    if unsafe { libc::sched_setscheduler(0, libc::SCHED_BATCH, &raw const none) } != 0 {
        let error = io::Error::last_os_error();
        tracing::debug!(%error, "the worker can't be made to give way");
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd;

    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    use super::*;

    /// Runs `check` in a child of this process, which may close what it likes.
    fn in_a_child(check: impl FnOnce() -> bool) -> bool {
        // SAFETY: the child allocates, which glibc's fork allows, takes no lock of the test
        // runner's, and leaves by _exit.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let failed = !check();
            // SAFETY: runs nothing of the parent's.
            unsafe { libc::_exit(failed.into()) };
        }
        let mut status = -1;
        // SAFETY: the pointer is to a local variable that outlives the call.
        let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
        waited == child && status == 0
    }

    fn is_open(descriptor: libc::c_int) -> bool {
        // SAFETY: asks for flags and changes nothing.
        unsafe { libc::fcntl(descriptor, libc::F_GETFD) != -1 }
    }

    #[test]
    fn descriptors_are_closed_one_by_one_with_and_without_proc() {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a socket");
        let socket = socket.as_raw_fd();
        for list in ["/proc/self/fd", "/nowhere"] {
            let closed = in_a_child(|| {
                // High up, and above the limit that the process has by then.
                // SAFETY: copies a descriptor to a number that nothing has.
                let high = unsafe { libc::fcntl(socket, libc::F_DUPFD, 900) };
                let maximum = getrlimit(Resource::Nofile).maximum;
                let low = Rlimit { current: Some(64), maximum };
                setrlimit(Resource::Nofile, low).is_ok() && is_open(high) && {
                    close_each(Path::new(list));
                    !is_open(high) && !is_open(socket) && is_open(0) && is_open(2)
                }
            });
            assert!(closed, "{list}");
        }
    }
}
