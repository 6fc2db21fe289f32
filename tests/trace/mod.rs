//! A child under `ptrace`: its system calls, one by one.

#![allow(dead_code, reason = "no test binary uses all of it")]

use std::mem::{MaybeUninit, size_of};
use std::ptr::null_mut;

use crate::harness::ChildProcess;

/// What a traced child did.
pub(crate) struct Traced {
    /// The system calls that it entered, by number.
    pub(crate) calls: Vec<i64>,
    pub(crate) answers: Vec<String>,
    pub(crate) end: End,
}

/// How it ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    Killed,
    Left,
}

impl Traced {
    /// The calls between the command and the answer, both of which are of the child's own.
    pub(crate) fn calls_of_first_answer(&self) -> Vec<i64> {
        let command = self.calls.iter().position(|&call| call == libc::SYS_recvfrom).unwrap();
        let after = &self.calls[command + 1..];
        let answer = after.iter().position(|&call| call == libc::SYS_recvfrom).unwrap();
        after[..answer - 1].to_vec()
    }
}

/// What becomes of a child that is about to make a system call.
#[derive(PartialEq, Eq)]
pub(crate) enum Then {
    GoOn,
    Die,
}

/// Lets the child obey `commands` and then leave. Before each of its system calls, by number,
/// `at_step` says what becomes of it; it stands still meanwhile.
pub(crate) fn trace(
    child: &mut ChildProcess,
    commands: &[&str],
    mut at_step: impl FnMut(usize) -> Then,
) -> Traced {
    let pid = child.pid;
    let options = libc::PTRACE_O_TRACESYSGOOD | libc::PTRACE_O_EXITKILL;
    request(libc::PTRACE_SEIZE, pid, options as usize);
    request(libc::PTRACE_INTERRUPT, pid, 0);
    wait(pid);
    for command in commands {
        child.start(command);
    }
    child.hang_up();
    let mut calls = Vec::new();
    let end = loop {
        request(libc::PTRACE_SYSCALL, pid, 0);
        let status = wait(pid);
        if libc::WIFEXITED(status) {
            assert_eq!(libc::WEXITSTATUS(status), 0);
            break End::Left;
        }
        assert!(libc::WIFSTOPPED(status), "{status:x}");
        if libc::WSTOPSIG(status) != libc::SIGTRAP | 0x80 {
            continue;
        }
        let Some(call) = entered(pid) else { continue };
        if at_step(calls.len()) == Then::Die {
            // SAFETY: a signal to a child of ours.
            unsafe { libc::kill(pid, libc::SIGKILL) };
            assert!(libc::WIFSIGNALED(wait(pid)));
            break End::Killed;
        }
        calls.push(call);
    };
    child.is_reaped();
    let answers = std::iter::from_fn(|| Some(child.answer()).filter(|answer| !answer.is_empty()));
    Traced { calls, answers: answers.collect(), end }
}

fn request(what: libc::c_uint, pid: i32, data: usize) {
    // SAFETY: requests that take a number, not an address, about a child of this thread.
    let done = unsafe { libc::ptrace(what, pid, null_mut::<u8>(), data) };
    assert_eq!(done, 0, "{}", std::io::Error::last_os_error());
}

fn wait(pid: i32) -> i32 {
    let mut status = 0;
    // SAFETY: the status is ours.
    let waited = unsafe { libc::waitpid(pid, &raw mut status, libc::__WALL) };
    assert_eq!(waited, pid, "{}", std::io::Error::last_os_error());
    status
}

/// The call that the child is about to make, unless it has just made it.
fn entered(pid: i32) -> Option<i64> {
    let mut info = MaybeUninit::<libc::ptrace_syscall_info>::zeroed();
    let size = size_of::<libc::ptrace_syscall_info>();
    // SAFETY: room for as many bytes as are asked for, all of them numbers, zeroed.
    let info = unsafe {
        assert!(libc::ptrace(libc::PTRACE_GET_SYSCALL_INFO, pid, size, info.as_mut_ptr()) > 0);
        info.assume_init()
    };
    if info.op != libc::PTRACE_SYSCALL_INFO_ENTRY {
        return None;
    }
    // SAFETY: `op` says which of the union's parts is there.
    Some(unsafe { info.u.entry.nr } as i64)
}
