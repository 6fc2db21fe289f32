//! What `webhooks_status()` finds in the store, the journal, the disk and the clock that people have to
//! know, though everything seems to run.

use std::collections::HashSet;
use std::path::Path;

use super::published::Published;
use super::status::Problem;
use webhooks::clock::{Clock as _, SystemClock, rfc3339};
use webhooks::spool::Spool;
use webhooks::store::LeftBehind;
use webhooks::store::log::{Outages, StoreSummary};
use webhooks::worker::lock::Holder;

const MINUTE_MS: i64 = 60_000;
/// How old the oldest event of the journal may be, in milliseconds: a worker takes in thousands a
/// second, so a quarter of that is a machine that can't keep up, or a worker that hangs. And how
/// long what is due may wait where no worker runs: whoever visits has one started before.
const BACKLOG_MS: i64 = 4 * MINUTE_MS;
/// After how many seconds a worker hangs that has not been at work: it sleeps for sixty at most.
const HANGS_S: u32 = 180;
/// How long a service manager may take to start the worker anew, in milliseconds.
const RESTART_MS: i64 = 2 * MINUTE_MS;
/// With fewer free bytes nothing can be appended.
pub(super) const NO_BYTES: u64 = 64 << 10;
/// With fewer files that can be made it is told: each process of PHP needs one.
pub(super) const FEW_FILES: u64 = 100;

/// The store's database is away; since when, where the worker has noted it.
pub(super) fn of_absent_store(since: Option<i64>, reason: &str) -> Problem {
    let message = match since {
        Some(since) => format!(
            "the database of the log is away since {}: {reason}; events wait in the journal, and are \
             sent once it is back",
            rfc3339(since)
        ),
        None => format!(
            "the database of the log is away: {reason}; events wait in the journal, and are sent once \
             it is back"
        ),
    };
    problem("store_away", &message)
}

/// The log lies in a database, and a file in the spool has what was to be sent before.
pub(super) fn of_left_behind(left: &LeftBehind, spool: &Path, store: &str) -> Problem {
    let is_network = store == webhooks::store::NETWORK;
    let to = if is_network { store } else { "ADDRESS (as webhooks.store in php.ini has it)" };
    let command = format!("webhooks-worker migrate --spool {} --to {to}", spool.display());
    let message = match &left.mark {
        Some(mark) => format!(
            "a move of the log to {} was begun at {} and is not at its end, so what waits in it is not \
             sent: go on with it, as the spool's owner or root: {command}",
            mark.to,
            rfc3339(mark.since)
        ),
        None => format!(
            "webhooks.store is a database, and store.sqlite in the spool has deliveries that wait or are \
             held ({}), which nobody sends: move them, as the spool's owner or root: {command}",
            if left.waiting < 1000 { left.waiting.to_string() } else { "1000 or more".into() }
        ),
    };
    problem("store_left", &message)
}

/// What the store knows.
pub(super) fn of_store(summary: &StoreSummary, now: i64) -> Vec<Problem> {
    let mut problems = Vec::new();
    if summary.deferred > 0 {
        let message = "the journal has had records that this version does not know; they are kept: \
                       install the version of webhooks-worker that wrote them";
        problems.push(problem("journal", message));
    }
    if let Some(set) = summary.lately.clock_set(now) {
        let (minutes, at) = ((set.seconds.abs() + 30) / 60, rfc3339(set.at));
        let message = if set.seconds > 0 {
            format!(
                "the clock of this server was set ahead by {minutes} minutes at {at}: receivers \
                 refuse what is signed with a wrong time; have the clock kept right (NTP)"
            )
        } else {
            format!(
                "the clock of this server was set back by {minutes} minutes at {at}: receivers \
                 refuse what is signed with a wrong time; have the clock kept right (NTP)"
            )
        };
        problems.push(problem("clock", &message));
    }
    if let Some(at) = summary.lately.store_set_aside(now) {
        let message = format!(
            "the log of deliveries was damaged and lies aside since {}; a new one was begun, and \
             what had waited in the old one is not sent: look after the disk",
            rfc3339(at)
        );
        problems.push(problem("store_set_aside", &message));
    }
    if let Some(at) = summary.lately.spool_copied(now) {
        let message = format!(
            "a server's spool was a copy of another one's, and has had an identity of its own since \
             {}: nothing is lost; delete spool.id from the image that servers are made of",
            rfc3339(at)
        );
        problems.push(problem("spool_copied", &message));
    }
    if let Some(at) = summary.lately.store_went_back(now) {
        let message = format!(
            "the database of the log had lost what it had taken in, as it was restored or another node \
             took over: that was read again from the journal at {}, and sent again where the log has \
             nothing of it",
            rfc3339(at)
        );
        problems.push(problem("store_went_back", &message));
    }
    problems
}

/// Webhooks that are disabled, and whether all endpoints are down at once, which is rarely the
/// endpoints' fault.
pub(super) fn of_outages(outages: &Outages, published: &Published, spool: &Spool) -> Vec<Problem> {
    let mut problems = Vec::new();
    if !outages.disabled.is_empty() {
        let ids: HashSet<&str> = outages.disabled.iter().map(|(id, _)| &**id).collect();
        let names = published.names(spool, &ids);
        // One that is not published any more is nobody's problem.
        let still = outages.disabled.iter().filter_map(|(id, at)| Some((id, at, names.get(id)?)));
        problems.extend(still.map(|(id, at, name)| {
            let message = format!(
                "the webhook \"{name}\" ({id}) is disabled since {}, and its events are kept: fix \
                 its endpoint, and enable it",
                rfc3339(*at)
            );
            problem("webhook_disabled", &message)
        }));
    }
    // One endpoint that is down is its own; two and none that is up is this server's network.
    if outages.down > 1 && published.webhooks > 1 {
        problems.push(if outages.are_nameless {
            let message = "no name of an endpoint is found: look after the DNS servers of this \
                           server (/etc/resolv.conf); what waits is sent once they answer";
            problem("names", message)
        } else {
            let message = "no endpoint is reached, not a single one: look after the network, the \
                           proxy and the firewall of this server; what waits is sent once they \
                           let it through";
            problem("endpoints", message)
        });
    }
    problems
}

/// Nothing can be written to the spool.
pub(super) fn of_read_only(path: &Path) -> Problem {
    let message = format!(
        "the file system of {} can only be read: mount it so that it can be written to (a kernel \
         makes it so after an error of the disk: see its log)",
        path.display()
    );
    problem("spool", &message)
}

/// A disk that is full of files, though not of bytes.
pub(super) fn of_few_files(path: &Path, files: u64) -> Problem {
    let message = format!(
        "the file system of {} has room for {files} more files (inodes) only: delete files that \
         nobody needs, or give it more inodes; a process that can make none keeps its events in \
         WordPress's database",
        path.display()
    );
    problem("disk", &message)
}

/// A worker that has not been at work for long, by its beat in the wake page.
pub(super) fn of_beat(holder: &Holder, beat: u32, now: i64) -> Option<Problem> {
    let second = (SystemClock.monotonic_ns() / 1_000_000_000) as u32;
    let silent = second.checked_sub(beat).filter(|silent| beat > 0 && *silent > HANGS_S)?;
    // One that has just taken the lock reads the store first: the beat is that of the one before.
    if (now - holder.since).abs() < i64::from(HANGS_S) * 1000 {
        return None;
    }
    let message = format!(
        "the worker (process {}) has done nothing since {}: it hangs, or was stopped; end it (kill \
         -9), and another one takes its place; worker.log in the spool says more",
        holder.pid,
        rfc3339(now - i64::from(silent) * 1000)
    );
    Some(problem("worker_hangs", &message))
}

/// Deliveries that are due, with no worker that would send them.
pub(super) fn of_waiting(since: Option<i64>, now: i64) -> Option<Problem> {
    let since = since.filter(|since| now - since > BACKLOG_MS)?;
    let message = format!(
        "no worker runs, and deliveries are due since {}: have one started (webhooks_wake(), or \
         any event), and see worker.log in the spool for why the last one ended",
        rfc3339(since)
    );
    Some(problem("worker", &message))
}

/// The oldest event that was not taken in yet, in Unix milliseconds.
pub(super) fn of_backlog(oldest: Option<i64>, now: i64) -> Option<Problem> {
    let oldest = oldest.filter(|oldest| now - oldest > BACKLOG_MS)?;
    let message = format!(
        "events in the journal wait since {} to be taken in: the worker does not run, hangs, or \
         this machine can't keep up; worker.log in the spool says more",
        rfc3339(oldest)
    );
    Some(problem("backlog", &message))
}

/// No worker runs where only a service manager starts one; `absent`: for how long, in milliseconds,
/// unless the last one died.
pub(super) fn of_absence(absent: Option<i64>) -> Option<Problem> {
    if absent.is_some_and(|age| (0..RESTART_MS).contains(&age)) {
        return None;
    }
    let message = "no worker runs, and PHP may not start one (webhooks.autostart in php.ini): have \
                   the service manager start it; events are kept until then";
    Some(problem("worker", message))
}

fn problem(code: &'static str, message: &str) -> Problem {
    Problem { code, message: message.to_owned() }
}
