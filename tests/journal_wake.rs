//! A sleeping worker is woken, and one that is about to sleep is not missed.

mod harness;
mod journal;

use std::sync::mpsc;
use std::time::{Duration, Instant};

use harness::{ChildProcess, Harness};
use journal::{Journal, LIMIT, append_to};
use webhooks::journal::Writer;
use webhooks::journal::wake::{Sleeper, Waker, Woken};
use webhooks::spool::WAKE_FILE;

/// Longer than anything here takes on the slowest machine; nothing waits for it to pass.
const DEADLINE: Duration = Duration::from_secs(120);

/// Returns when the child waits for the word to change.
fn is_asleep(child: &ChildProcess) {
    let (path, futex) = (format!("/proc/{}/syscall", child.pid), libc::SYS_futex.to_string());
    let deadline = Instant::now() + DEADLINE;
    while std::fs::read_to_string(&path).unwrap().split(' ').next() != Some(&futex) {
        assert!(Instant::now() < deadline);
        std::thread::yield_now();
    }
}

#[test]
fn a_waking_worker_is_left_in_peace() {
    let journal = Journal::new();
    let waker = Waker::open(&journal.spool).unwrap();
    assert_eq!(waker.wake_if_asleep(), Woken::Awake, "there was never one that slept");
    let mut sleeper = Sleeper::open(&journal.spool).unwrap();
    assert_eq!(waker.wake_if_asleep(), Woken::Awake);
    sleeper.prepare();
    sleeper.stay_awake();
    assert_eq!(waker.wake_if_asleep(), Woken::Awake);
    let page = std::fs::metadata(journal.path().join(WAKE_FILE)).unwrap();
    assert_eq!(page.len(), 4096);
}

#[test]
fn a_call_between_the_last_look_and_the_wait_is_not_lost() {
    let journal = Journal::new();
    let waker = Waker::open(&journal.spool).unwrap();
    let mut sleeper = Sleeper::open(&journal.spool).unwrap();
    sleeper.prepare();
    assert_eq!(waker.wake_if_asleep(), Woken::NobodySleeps);
    // Would never return.
    sleeper.wait(None);
    assert_eq!(waker.wake_if_asleep(), Woken::Awake);
}

#[test]
fn a_sleeping_worker_is_woken_by_another_process() {
    let (journal, harness) = (Journal::new(), Harness::new());
    let waker = Waker::open(&journal.spool).unwrap();
    let mut worker = harness.spawn_in(&journal.path());
    worker.start("sleep");
    is_asleep(&worker);
    assert_eq!(waker.wake_if_asleep(), Woken::Woken);
    // It need not have run yet.
    assert_eq!(waker.wake_if_asleep(), Woken::Awake);
    assert_eq!(worker.answer(), "ok");
    assert_eq!(waker.wake_if_asleep(), Woken::Awake);
}

#[test]
fn a_worker_that_left_leaves_the_word_set() {
    let journal = Journal::new();
    let waker = Waker::open(&journal.spool).unwrap();
    let mut sleeper = Sleeper::open(&journal.spool).unwrap();
    sleeper.leave();
    drop(sleeper);
    for _ in 0..3 {
        assert_eq!(waker.wake_if_asleep(), Woken::NobodySleeps);
    }
    // Until the next one comes.
    let _next = Sleeper::open(&journal.spool).unwrap();
    assert_eq!(waker.wake_if_asleep(), Woken::Awake);
}

#[test]
fn a_worker_killed_in_its_sleep_is_found_missing() {
    let (journal, harness) = (Journal::new(), Harness::new());
    let waker = Waker::open(&journal.spool).unwrap();
    let mut worker = harness.spawn_in(&journal.path());
    worker.start("sleep");
    is_asleep(&worker);
    worker.kill();
    for _ in 0..3 {
        assert_eq!(waker.wake_if_asleep(), Woken::NobodySleeps);
    }
}

#[test]
fn the_process_itself_can_end_its_sleep() {
    let journal = Journal::new();
    let mut sleeper = Sleeper::open(&journal.spool).unwrap();
    let handle = sleeper.handle();
    let (ready, is_ready) = mpsc::channel();
    let other = std::thread::spawn(move || {
        is_ready.recv().unwrap();
        handle.wake();
    });
    sleeper.prepare();
    ready.send(()).unwrap();
    sleeper.wait(None);
    other.join().unwrap();
}

#[test]
fn a_sleep_ends_in_time() {
    let journal = Journal::new();
    let mut sleeper = Sleeper::open(&journal.spool).unwrap();
    sleeper.prepare();
    let before = Instant::now();
    sleeper.wait(Some(Duration::from_millis(20)));
    assert!(before.elapsed() >= Duration::from_millis(20));
    // Without being prepared there is nothing to wait for.
    sleeper.wait(None);
}

#[test]
fn a_file_that_was_cut_is_a_page_again() {
    let journal = Journal::new();
    drop(Waker::open(&journal.spool).unwrap());
    let path = journal.path().join(WAKE_FILE);
    std::fs::File::options().write(true).open(&path).unwrap().set_len(0).unwrap();
    let waker = Waker::open(&journal.spool).unwrap();
    assert_eq!(waker.wake_if_asleep(), Woken::Awake);
}

/// Appends and sleeps race each other; a wake that got lost would leave the reader asleep.
#[test]
fn no_append_is_slept_through() {
    const EACH: usize = 2000;
    let journal = Journal::new();
    let mut sleeper = Sleeper::open(&journal.spool).unwrap();
    let spool = &journal.spool;
    let (done, is_done) = mpsc::channel();
    std::thread::scope(|scope| {
        for n in 0..3 {
            scope.spawn(move || {
                let (mut writer, waker) = (Writer::new(), Waker::open(spool).unwrap());
                // Not before the worker has gone to sleep for the first time.
                while waker.wake_if_asleep() == Woken::Awake {
                    std::thread::yield_now();
                }
                for m in 0..EACH {
                    append_to(spool, &mut writer, "event");
                    waker.wake_if_asleep();
                    // Lets the worker fall asleep now and then.
                    if m % (7 + n) == 0 {
                        std::thread::yield_now();
                    }
                }
            });
        }
        let mut reader = journal.reader();
        let worker = std::thread::Builder::new();
        worker
            .spawn_scoped(scope, move || {
                let (mut heard, mut sleeps) = (0, 0);
                loop {
                    heard += reader.read_batch(LIMIT).unwrap().records.len();
                    sleeper.prepare();
                    let more = reader.read_batch(LIMIT).unwrap().records.len();
                    heard += more;
                    if heard == 3 * EACH {
                        break;
                    }
                    if more > 0 {
                        sleeper.stay_awake();
                    } else {
                        sleeper.wait(None);
                        sleeps += 1;
                    }
                }
                done.send(sleeps).unwrap();
            })
            .unwrap();
        let Ok(sleeps) = is_done.recv_timeout(DEADLINE) else {
            // The threads can't be ended in any other way.
            eprintln!("the reader sleeps while events wait");
            std::process::abort();
        };
        assert!(sleeps > 0, "it never slept, so nothing was tried");
    });
}
