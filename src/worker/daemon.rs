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

fn close_inherited() {
    // SAFETY: no descriptor above 2 is owned by anything in this process yet: it has opened
    // nothing, and those that it inherited are known to nobody.
    unsafe { libc::close_range(3, libc::c_uint::MAX, 0) };
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
