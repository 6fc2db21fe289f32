//! When a writer changes segments, and what a full disk does to it.

mod harness;
mod journal;

use std::fs::File;
use std::sync::atomic::{AtomicU64, Ordering};

use harness::{ChildProcess, Harness};
use journal::{Journal, LIMIT, OPTIONS, append};
use webhooks::clock::{Clock, SystemClock};
use webhooks::journal::{JournalError, KIND_EVENT, Writer, status};

/// The machine's monotonic clock, put forward by so many nanoseconds.
#[derive(Default)]
struct Ahead(AtomicU64);

impl Clock for Ahead {
    fn unix_ms(&self) -> i64 {
        SystemClock.unix_ms()
    }
    fn monotonic_ns(&self) -> u64 {
        SystemClock.monotonic_ns() + self.0.load(Ordering::SeqCst)
    }
}

#[test]
fn nothing_is_made_before_the_first_append() {
    let journal = Journal::new();
    let mut writer = Writer::new();
    writer.look(&SystemClock);
    writer.begin(KIND_EVENT, 1, 0);
    assert!(journal.segments().is_empty() && !journal.path().join("journal").exists());
}

#[test]
fn a_segment_of_4_mib_gets_no_more_records() {
    let journal = Journal::new();
    let mut writer = Writer::new();
    let body = "x".repeat(1 << 20);
    for _ in 0..4 {
        append(&journal, &mut writer, &body);
        assert_eq!(journal.segments().len(), 1);
    }
    append(&journal, &mut writer, "in the next");
    assert_eq!(journal.segments().len(), 2);
    let mut reader = journal.reader();
    assert_eq!(reader.read_batch(LIMIT).unwrap().records.len(), 5);
    assert_eq!(reader.finished().unwrap().len(), 1, "the full one has no owner any more");
}

#[test]
fn a_segment_that_has_had_records_for_a_minute_gets_no_more() {
    let journal = Journal::new();
    let (mut writer, clock) = (Writer::new(), Ahead::default());
    let mut append = |clock: &Ahead| {
        writer.look(clock);
        let mut record = writer.begin(KIND_EVENT, 1, 0);
        writer.append(&journal.spool, clock, &mut record, OPTIONS).unwrap();
        journal.segments().len()
    };
    assert_eq!(append(&clock), 1);
    clock.0.fetch_add(50_000_000_000, Ordering::SeqCst);
    assert_eq!(append(&clock), 1);
    clock.0.fetch_add(10_000_000_000, Ordering::SeqCst);
    assert_eq!(append(&clock), 2);
}

#[test]
fn a_segment_that_somebody_removed_or_cut_gets_no_more_records() {
    let journal = Journal::new();
    let mut writer = Writer::new();
    append(&journal, &mut writer, "gone with the file");
    std::fs::remove_file(&journal.segments()[0]).unwrap();
    writer.look(&SystemClock);
    append(&journal, &mut writer, "one");
    let cut = journal.segments().remove(0);
    File::options().write(true).open(&cut).unwrap().set_len(80).unwrap();
    writer.look(&SystemClock);
    append(&journal, &mut writer, "two");
    assert_eq!(journal.segments().len(), 2);
    let batch = journal.reader().read_batch(LIMIT).unwrap();
    assert_eq!(batch.records.iter().map(|record| record.body()).collect::<Vec<_>>(), [b"two"]);
    assert_eq!(batch.corrupt.len(), 1);

    // The whole folder, too.
    std::fs::remove_dir_all(journal.path().join("journal")).unwrap();
    writer.look(&SystemClock);
    append(&journal, &mut writer, "three");
    assert_eq!(journal.reader().read_batch(LIMIT).unwrap().records.len(), 1);
}

#[test]
fn a_reader_follows_when_the_folder_is_removed_and_made_again() {
    let journal = Journal::new();
    let mut reader = journal.reader();
    let mut writer = Writer::new();
    append(&journal, &mut writer, "one");
    reader.read_batch(LIMIT).unwrap();
    std::fs::remove_dir_all(journal.path().join("journal")).unwrap();
    writer.look(&SystemClock);
    append(&journal, &mut writer, "two");
    let batch = reader.read_batch(LIMIT).unwrap();
    assert_eq!(batch.records[0].body(), b"two");
}

#[test]
fn stamps_of_a_writer_only_rise() {
    let journal = Journal::new();
    let clock = webhooks::clock::ManualClock::at(0);
    let mut writer = Writer::new();
    let mut append = || {
        let mut record = writer.begin(KIND_EVENT, 1, 0);
        writer.append(&journal.spool, &clock, &mut record, OPTIONS).unwrap().stamp
    };
    let stamps: Vec<_> = (0..5).map(|_| append()).collect();
    assert!(stamps.is_sorted_by(|a, b| a < b), "{stamps:?}");
}

#[test]
fn status_counts_what_is_waiting_and_since_when() {
    let journal = Journal::new();
    let mut writers = [Writer::new(), Writer::new()];
    let before = SystemClock.unix_ms();
    for writer in &mut writers {
        append(&journal, writer, "waiting");
    }
    let after = SystemClock.unix_ms();
    let status = status(&journal.spool, &[].into()).unwrap();
    let bytes: u64 = journal.segments().iter().map(|it| it.metadata().unwrap().len() - 72).sum();
    assert_eq!((status.segments, status.bytes_waiting), (2, bytes));
    // Milliseconds are rounded on both of the clocks.
    let oldest = status.oldest.unwrap();
    assert!(before - 1 <= oldest && oldest <= after + 1, "{before} {oldest} {after}");

    let mut reader = journal.reader();
    reader.read_batch(LIMIT).unwrap();
    let status = reader.waiting().unwrap();
    assert_eq!((status.segments, status.bytes_waiting, status.oldest), (2, 0, None));
}

/// Fills the child's spool until an append fails, and says how many went in.
fn fill(writer: &mut ChildProcess) -> usize {
    for n in 0.. {
        let said = writer.say(&format!("swell f{n} 5000"));
        if !said.starts_with("ok") {
            assert!(said.contains("bytes") && said.contains(".seg"), "{said}");
            return n;
        }
        assert!(n < 1000, "the disk is full by now");
    }
    unreachable!()
}

/// A failed append leaves nothing behind, and the same segment goes on once there is room.
fn survives_a_full_disk(writer: &mut ChildProcess, make_room: impl FnOnce(&mut ChildProcess)) {
    let accepted = fill(writer);
    assert!(accepted > 2);
    let expected: Vec<_> = (0..accepted).map(|n| format!("f{n}")).collect();
    assert_eq!(writer.say("read"), format!("ok {}", expected.join(" ")));
    assert_eq!(fill(writer), 0);
    assert_eq!(writer.say("waiting"), "ok 0", "nothing is left of what was refused");
    make_room(writer);
    writer.expect("append after", "ok");
    assert_eq!(writer.say("read"), "ok after");
    writer.expect("segments", "ok 2");
}

#[test]
fn an_append_beyond_the_file_size_limit_is_undone() {
    let (journal, harness) = (Journal::new(), Harness::new());
    let mut writer = harness.spawn_in(&journal.path());
    writer.expect("limit 60000", "ok");
    survives_a_full_disk(&mut writer, |writer| writer.expect("limit 1000000", "ok"));
}

#[test]
fn an_append_to_a_full_disk_is_undone() {
    let (journal, harness) = (Journal::new(), Harness::new());
    let mut writer = harness.spawn();
    let mounted = writer.say(&format!("tmpfs {} 64", journal.path().display()));
    if mounted != "ok" {
        // Who may not mount has no disk to fill; the file size limit is tried above.
        assert!(mounted.contains("not permitted"), "{mounted}");
        return;
    }
    writer.expect(&format!("open {}", journal.path().display()), "ok");
    // What the reader needs for itself is made before the disk is full.
    writer.expect("append first", "ok");
    assert_eq!(writer.say("read"), "ok first");
    writer.expect("ballast 16384", "ok");
    survives_a_full_disk(&mut writer, |writer| writer.expect("ballast 0", "ok"));
}

#[test]
fn no_room_for_a_segment_is_an_error_that_says_so() {
    let (journal, harness) = (Journal::new(), Harness::new());
    let mut writer = harness.spawn_in(&journal.path());
    writer.expect("limit 40", "ok");
    let said = writer.say("append lost");
    assert!(said.contains("journal") && said.contains("ulimit -f"), "{said}");
    assert!(journal.segments().is_empty(), "the draft was taken away");
    writer.expect("limit 100000", "ok");
    writer.expect("append found", "ok");
    assert_eq!(writer.say("read"), "ok found");
}

#[test]
fn a_disk_that_is_full_is_told_from_other_refusals() {
    let full =
        |error| JournalError::Append { path: "/s".into(), user: "root".into(), source: error };
    assert!(full(std::io::Error::from_raw_os_error(libc::ENOSPC)).is_full());
    assert!(full(std::io::Error::from_raw_os_error(libc::EDQUOT)).is_full());
    assert!(!full(std::io::Error::from_raw_os_error(libc::EIO)).is_full());
}
