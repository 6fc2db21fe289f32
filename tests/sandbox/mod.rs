//! A kernel or a sandbox that refuses a system call: what a container's seccomp profile does.

#![allow(dead_code, unreachable_pub, reason = "no test binary uses all of it")]

use std::io;

/// The call of this number answers with this error, for good, for this process and all that it
/// starts. Needs no privilege, and may run between fork and exec: it allocates nothing.
pub fn deny(call: libc::c_long, errno: libc::c_int) -> io::Result<()> {
    let statement = |code: u32, k: u32| libc::sock_filter { code: code as u16, jt: 0, jf: 0, k };
    // The number is the first member of `seccomp_data` (linux/seccomp.h).
    let number = statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0);
    let is_other = libc::sock_filter {
        code: (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16,
        jt: 0,
        jf: 1,
        k: call as u32,
    };
    let refuse =
        statement(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ERRNO | errno.cast_unsigned());
    let let_pass = statement(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ALLOW);
    let mut filter = [number, is_other, refuse, let_pass];
    let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
    let (one, none) = (1 as libc::c_ulong, 0 as libc::c_ulong);
    // SAFETY: the first call takes numbers only; the second reads the program and the filter it
    // points to, both of which outlive it.
    let failed = unsafe {
        libc::prctl(libc::PR_SET_NO_NEW_PRIVS, one, none, none, none) != 0
            || libc::prctl(
                libc::PR_SET_SECCOMP,
                libc::SECCOMP_MODE_FILTER as libc::c_ulong,
                &raw const program,
            ) != 0
    };
    if failed { Err(io::Error::last_os_error()) } else { Ok(()) }
}
