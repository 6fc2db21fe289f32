//! What goes wrong in a run, and when: drawn from the seed before it begins.

use std::time::Duration;

use testkit::random::Random;

/// Servers and nodes by their places in the lists, from 0.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    /// SIGKILL, and another one after a while.
    KillWorker(usize, Duration),
    /// SIGKILL for php-fpm and all its processes.
    KillFpm(usize, Duration),
    /// For longer than a lease: another worker takes over what it had.
    StopWorker(usize, Duration),
    StopFpm(usize, Duration),
    KillNode(usize, Duration),
    /// SIGTERM, as an upgrade does it, and it starts again.
    RestartNode(usize),
    StopNode(usize, Duration),
    /// It goes on, and hears nothing of the others.
    Isolate(usize, Duration),
    /// All but this one are killed at once: it has no majority.
    KillOthers(usize, Duration),
    KillAllNodes(Duration),
    /// It refuses writes, as one does that a failover leaves behind.
    ReadOnly(usize, Duration),
    FillDisk(usize, Duration),
    /// Everything of a server starts again with a clock that is wrong by so many seconds.
    SetClock(usize, i64),
    /// A server is gone for ever, and its disk with it.
    Remove(usize),
}

const HOUR: i64 = 3600;

/// The faults of a seed and how long the next one is waited for, in order; for a database of so many
/// nodes, and so many servers.
pub(crate) fn plan(random: &mut Random, nodes: usize, servers: usize) -> Vec<(Fault, Duration)> {
    let server = |random: &mut Random| random.below(servers as u64) as usize;
    let node = |random: &mut Random| random.below(nodes as u64) as usize;
    let beyond_the_lease = |random: &mut Random| random.ms(16_500, 18_500);
    let mut faults = vec![
        Fault::KillWorker(server(random), random.ms(0, 1500)),
        Fault::StopWorker(server(random), beyond_the_lease(random)),
        Fault::KillNode(node(random), random.ms(500, 3000)),
        Fault::RestartNode(node(random)),
        // Up to longer than its cluster waits for it.
        Fault::StopNode(node(random), random.ms(2000, 6000)),
        Fault::ReadOnly(node(random), random.ms(1500, 4000)),
    ];
    if nodes > 1 {
        faults.extend([
            Fault::KillWorker(server(random), random.ms(0, 1500)),
            Fault::KillFpm(server(random), random.ms(0, 1500)),
            Fault::KillFpm(server(random), random.ms(0, 1500)),
            Fault::StopFpm(server(random), random.ms(1000, 4000)),
            Fault::Isolate(node(random), random.ms(4000, 8000)),
            Fault::KillOthers(node(random), random.ms(1000, 4000)),
            Fault::KillAllNodes(random.ms(500, 3000)),
            Fault::FillDisk(node(random), random.ms(2000, 5000)),
            Fault::SetClock(server(random), if random.once_in(2) { HOUR } else { -HOUR }),
        ]);
    }
    random.shuffle(&mut faults);
    // In the second half, as it has no more faults of its own after that.
    let half = faults.len() / 2;
    let at = random.between(half as u64, faults.len() as u64 + 1) as usize;
    faults.insert(at, Fault::Remove(server(random)));
    faults.into_iter().map(|fault| (fault, random.ms(300, 1500))).collect()
}
