//! The limit of a file's size (`ulimit -f`, `RLIMIT_FSIZE`).

use std::ptr::null_mut;

/// A write beyond the limit is to be an error, `EFBIG`, and not the end of the process: by default
/// the kernel sends SIGXFSZ with it. Whoever has set something for that signal keeps it.
pub(super) fn survive() {
    // SAFETY: all zeros are a valid `sigaction`, to be filled by the call.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: without a new action the call only writes to the old one, which outlives it.
    let asked = unsafe { libc::sigaction(libc::SIGXFSZ, std::ptr::null(), &raw mut action) };
    if asked == 0 && action.sa_sigaction == libc::SIG_DFL {
        action.sa_sigaction = libc::SIG_IGN;
        // SAFETY: ignoring is a valid disposition of SIGXFSZ, and runs no code.
        unsafe { libc::sigaction(libc::SIGXFSZ, &raw const action, null_mut()) };
    }
}

/// How many bytes a file of this process may have, where that is limited and can be known.
pub fn file_size() -> Option<u64> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // Not rustix's, which takes no refusal: a sandbox may know no prlimit64().
    // SAFETY: the call only writes to the limit, which outlives it.
    let asked = unsafe { libc::getrlimit(libc::RLIMIT_FSIZE, &raw mut limit) };
    (asked == 0 && limit.rlim_cur != libc::RLIM_INFINITY).then_some(limit.rlim_cur)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disposition() -> libc::sighandler_t {
        // SAFETY: as in `survive`.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        // SAFETY: as in `survive`.
        unsafe { libc::sigaction(libc::SIGXFSZ, std::ptr::null(), &raw mut action) };
        action.sa_sigaction
    }

    #[test]
    fn a_handler_that_somebody_set_stays() {
        extern "C" fn handler(_: libc::c_int) {}
        survive();
        assert_eq!(disposition(), libc::SIG_IGN);
        let theirs = handler as extern "C" fn(libc::c_int) as libc::sighandler_t;
        // SAFETY: the handler does nothing, and nothing sends the signal meanwhile.
        unsafe { libc::signal(libc::SIGXFSZ, theirs) };
        survive();
        assert_eq!(disposition(), theirs);
        // SAFETY: as above.
        unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
    }
}
