//! How much may be under way: what is asked for, as far as this machine has room for it.

use std::fs;
use std::path::Path;

/// Requests under way where nothing says otherwise and the machine has room for them.
const USUAL: u32 = 4096;
/// Descriptors for everything but connections, at least: the store, the journal's segments.
const OTHER_DESCRIPTORS: u64 = 64;
/// The usual soft limit of descriptors, where this process may not ask for its own.
const USUAL_DESCRIPTORS: u64 = 1024;
/// What a request under way is taken to need, in bytes: TLS, its delivery, its answer.
const REQUEST_BYTES: u64 = 48 << 10;
/// What all bodies under way may hold, in bytes, at least and at most.
const BODY_BYTES: (u64, u64) = (8 << 20, 128 << 20);

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    /// Requests under way at once.
    pub(super) requests: u32,
    /// What their deliveries hold, in bytes; a single one may hold more.
    pub(super) bytes: u64,
    /// Connections that are kept while nothing is under way on them.
    pub(super) kept: u32,
    /// The soft limit of descriptors (`ulimit -n`), where that is why there are no more requests.
    pub(super) descriptors: Option<u64>,
    /// Requests for which there are descriptors.
    pub(super) possible: u32,
}

impl Limits {
    /// Those of this process, which wants so many requests under way
    /// (`webhooks.max_in_flight`; none: as many as there is room for). The soft limit of
    /// descriptors is raised to the hard one.
    pub(super) fn of_this_process(wanted: Option<u32>) -> Self {
        Self::new(wanted, raise_descriptors(), memory())
    }

    fn new(wanted: Option<u32>, descriptors: u64, memory: Option<u64>) -> Self {
        let memory = memory.unwrap_or(u64::MAX);
        let by_memory = u32::try_from(memory / 4 / REQUEST_BYTES).unwrap_or(u32::MAX);
        let requests = wanted.unwrap_or(by_memory.min(USUAL)).max(1);
        let other = OTHER_DESCRIPTORS.max(descriptors / 8);
        let sockets = u32::try_from(descriptors.saturating_sub(other)).unwrap_or(u32::MAX).max(2);
        // A quarter of the sockets is kept alive beside those that are in use.
        let most = sockets - sockets / 4;
        Self {
            requests: requests.min(most),
            bytes: (memory / 16).clamp(BODY_BYTES.0, BODY_BYTES.1),
            kept: (sockets - requests.min(most)).min(requests),
            descriptors: (most < requests).then_some(descriptors),
            possible: most,
        }
    }

    /// Requests under way at once to one scheme, host and port.
    pub(super) const fn requests_to_origin(self) -> u32 {
        if self.requests < 2 { 1 } else { self.requests / 2 }
    }
}

/// Raises the soft limit of descriptors to the hard one; returns what it is then.
fn raise_descriptors() -> u64 {
    let Some(limit) = descriptors() else { return USUAL_DESCRIPTORS };
    let raised = libc::rlimit { rlim_cur: limit.rlim_max, ..limit };
    // SAFETY: the call only reads the limit, which outlives it.
    let is_raised = unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const raised) } == 0;
    // RLIM_INFINITY is the largest number.
    if is_raised { limit.rlim_max } else { limit.rlim_cur }
}

/// The limits of descriptors, where they can be known.
fn descriptors() -> Option<libc::rlimit> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // Not rustix's, which takes no refusal: a sandbox may know no prlimit64().
    // SAFETY: the call only writes to the limit, which outlives it.
    let asked = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) };
    (asked == 0).then_some(limit)
}

/// Memory of the machine, or of the control groups that this process is in, in bytes.
fn memory() -> Option<u64> {
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
        Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
    });
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    memory_of(&groups, Path::new("/sys/fs/cgroup")).into_iter().chain(machine).min()
}

/// What the control groups of `/proc/self/cgroup` allow, in bytes, where they are mounted at `root`:
/// those of version 2, and those of version 1. A container may see its own group as the root, and
/// the path that it has outside all the same.
fn memory_of(groups: &str, root: &Path) -> Option<u64> {
    let lines = groups.lines().filter_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?);
        let (folder, file) = match controllers {
            "" => (root.to_owned(), "memory.max"),
            _ if controllers.split(',').any(|controller| controller == "memory") => {
                (root.join("memory"), "memory.limit_in_bytes")
            }
            _ => return None,
        };
        let limits = Path::new(path.trim_start_matches('/')).ancestors();
        limits.filter_map(|group| limit_in(&folder.join(group).join(file))).min()
    });
    lines.min()
}

fn limit_in(file: &Path) -> Option<u64> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    #[test]
    fn a_machine_with_room_has_as_many_as_usual_or_as_asked_for() {
        let limits = Limits::new(None, 20_000, Some(24 << 30));
        assert_eq!((limits.requests, limits.kept, limits.descriptors), (4096, 4096, None));
        assert_eq!(limits.bytes, 128 * MIB);
        assert_eq!(Limits::new(Some(10_000), 20_000, Some(MIB)).requests, 10_000);
        assert_eq!(Limits::new(Some(7), 1024, None).requests, 7);
    }

    #[test]
    fn few_descriptors_limit_and_are_named() {
        let limits = Limits::new(None, 256, Some(24 << 30));
        assert_eq!((limits.requests, limits.kept, limits.descriptors), (144, 48, Some(256)));
        assert!(u64::from(limits.requests + limits.kept) + OTHER_DESCRIPTORS <= 256);
        assert_eq!(Limits::new(Some(100), 256, None).descriptors, None);
        assert_eq!(Limits::new(None, 10, None).requests, 2);
    }

    #[test]
    fn a_small_container_has_fewer_and_holds_less() {
        let limits = Limits::new(None, 20_000, Some(128 * MIB));
        assert_eq!((limits.requests, limits.bytes), (682, 8 * MIB));
    }

    #[test]
    fn the_least_of_all_control_groups_counts_in_both_versions() {
        let root = tempfile::tempdir().expect("a folder");
        let limit = |file: &str, text: &str| {
            let file = root.path().join(file);
            fs::create_dir_all(file.parent().expect("a folder")).expect("made");
            fs::write(file, text).expect("written");
        };
        let of = |groups: &str| memory_of(groups, root.path());
        assert_eq!(of("0::/\n"), None);
        limit("memory.max", "max\n");
        limit("app.slice/memory.max", "1000\n");
        limit("app.slice/worker.service/memory.max", "2000\n");
        limit("memory/memory.limit_in_bytes", "9223372036854771712\n");
        limit("memory/docker/memory.limit_in_bytes", "700\n");
        assert_eq!(of("0::/app.slice/worker.service\n"), Some(1000));
        assert_eq!(of("0::/of/another/namespace\n"), None);
        assert_eq!(of("5:cpu,memory:/docker/worker\n1:cpu:/\n0::/\n"), Some(700));
        assert_eq!(of("5:memory:/docker\n0::/app.slice\n"), Some(700));
        limit("memory/memory.limit_in_bytes", "500\n");
        assert_eq!(of("5:memory:/of/another/namespace\n"), Some(500));
    }

    #[test]
    fn this_process_has_some_room() {
        let limits = Limits::of_this_process(None);
        assert!(limits.requests > 0 && memory().is_some_and(|bytes| bytes > 16 * MIB));
        let limit = descriptors().expect("a limit");
        assert_eq!(limit.rlim_cur, limit.rlim_max);
    }
}
