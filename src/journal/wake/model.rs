//! Every order in which writers and the worker can meet, with all that a weak memory allows, by
//! [`loom`]. A wake-up that is lost is a worker that waits for ever: loom calls it a deadlock.

use std::time::Duration;

use loom::sync::atomic::{AtomicU32, AtomicUsize, Ordering, fence};
use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;

use super::Woken;
use super::protocol::{Side, Word, call_if_asleep, prepare, stay_awake};

/// The page and the journal, as the memory model sees them.
struct Model {
    word: AtomicU32,
    /// The kernel's side of the futex: how many sleep, under its lock, and their bed.
    sleeping: Mutex<u32>,
    bed: Condvar,
    /// Records in the journal. Nothing but the fences orders them with the word.
    records: AtomicUsize,
    /// Whose fence is taken away.
    without: Option<Side>,
}

impl Model {
    fn new(without: Option<Side>) -> Arc<Self> {
        Arc::new(Self {
            word: AtomicU32::new(0),
            sleeping: Mutex::new(0),
            bed: Condvar::new(),
            records: AtomicUsize::new(0),
            without,
        })
    }

    fn append_and_call(&self) -> Woken {
        self.records.fetch_add(1, Ordering::Relaxed);
        call_if_asleep(self, || true)
    }

    /// The worker, until it has seen so many records.
    fn read(&self, records: usize) {
        loop {
            let expected = prepare(self);
            if self.records.load(Ordering::Relaxed) == records {
                return stay_awake(self);
            }
            self.wait(expected, None);
            stay_awake(self);
        }
    }
}

impl Word for Model {
    fn load(&self) -> u32 {
        self.word.load(Ordering::Relaxed)
    }

    fn add(&self, value: u32) -> u32 {
        self.word.fetch_add(value, Ordering::SeqCst)
    }

    fn and(&self, value: u32) -> u32 {
        self.word.fetch_and(value, Ordering::SeqCst)
    }

    fn update(&self, change: fn(u32) -> u32) -> u32 {
        self.word
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |old| Some(change(old)))
            .expect("there is always an answer")
    }

    fn replace(&self, old: u32, new: u32) {
        let _ = self.word.compare_exchange(old, new, Ordering::SeqCst, Ordering::SeqCst);
    }

    fn fence(&self, side: Side) {
        if self.without != Some(side) {
            fence(Ordering::SeqCst);
        }
    }

    /// As the kernel does: the word is compared under the lock under which wakers look for
    /// sleepers.
    fn wait(&self, expected: u32, _: Option<Duration>) {
        let mut sleeping = self.sleeping.lock().expect("no panic");
        if self.word.load(Ordering::Relaxed) == expected {
            *sleeping += 1;
            drop(self.bed.wait(sleeping));
        }
    }

    fn wake(&self) -> bool {
        let mut sleeping = self.sleeping.lock().expect("no panic");
        if *sleeping == 0 {
            return false;
        }
        *sleeping -= 1;
        self.bed.notify_one();
        true
    }
}

/// A worker that reads what so many writers append.
fn meet(writers: usize, without: Option<Side>) {
    let mut model = loom::model::Builder::new();
    // More switches between threads than this show no more faults, but take minutes.
    model.preemption_bound = (writers > 1).then_some(3);
    model.check(move || {
        let model = Model::new(without);
        let writers: Vec<_> = (0..writers)
            .map(|_| {
                let model = Arc::clone(&model);
                thread::spawn(move || model.append_and_call())
            })
            .collect();
        model.read(writers.len());
        for writer in writers {
            writer.join().expect("no panic");
        }
    });
}

#[test]
fn no_wake_up_is_lost() {
    meet(1, None);
}

#[test]
fn no_wake_up_of_two_is_lost() {
    meet(2, None);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_the_writers_fence_one_is_lost() {
    meet(1, Some(Side::Writer));
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_the_workers_fence_one_is_lost() {
    meet(1, Some(Side::Worker));
}

/// A worker that leaves says asleep and looks once more; a writer that it misses finds that
/// nobody sleeps, and starts another.
fn leave(without: Option<Side>) {
    loom::model(move || {
        let model = Model::new(without);
        let writer = {
            let model = Arc::clone(&model);
            thread::spawn(move || model.append_and_call())
        };
        prepare(&*model);
        let seen = model.records.load(Ordering::Relaxed) == 1;
        let told = writer.join().expect("no panic");
        assert!(seen || told == Woken::NobodySleeps, "a record is left to nobody");
    });
}

#[test]
fn a_worker_that_leaves_leaves_nothing_behind() {
    leave(None);
}

#[test]
#[should_panic(expected = "a record is left to nobody")]
fn without_a_fence_a_worker_that_leaves_leaves_a_record_behind() {
    leave(Some(Side::Worker));
}
