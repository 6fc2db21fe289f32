//! What was appended is read: in order, once, by stamp over all segments.

mod journal;
mod puppet;

use std::collections::HashMap;

use journal::{Journal, LIMIT, OPTIONS, append};
use webhooks::clock::{Clock, SystemClock};
use webhooks::journal::{
    AppendOptions, JournalError, KIND_EVENT, KIND_REQUEST, Limit, SegmentId, Writer, status,
};

#[test]
fn a_record_is_read_as_it_was_appended() {
    let journal = Journal::new();
    let mut writer = Writer::new();
    writer.begin().extend_from_slice(b"fields");
    writer.fields_done();
    writer.buffer().extend_from_slice(b"{\"body\":true}");
    let body = writer.body_start();
    writer.buffer()[body - 6] = b'F';
    let options = AppendOptions { sync: true, max_record: 1 << 20 };
    let appended = writer.append(&journal.spool, &SystemClock, KIND_REQUEST, 77, options).unwrap();

    let batch = journal.reader().read_batch(LIMIT).unwrap();
    let [record] = &batch.records[..] else { panic!("{batch:?}") };
    assert_eq!((record.kind, record.revision, record.stamp), (KIND_REQUEST, 77, appended.stamp));
    assert_eq!((record.fields(), record.body()), (&b"Fields"[..], &b"{\"body\":true}"[..]));
    assert_eq!(batch.positions, [(record.segment, record.end)]);
    assert!(!batch.more && batch.corrupt.is_empty() && batch.stuck.is_empty());
}

#[test]
fn records_of_all_writers_come_by_stamp_and_only_once() {
    let journal = Journal::new();
    let mut writers = [const { Writer::new() }; 3];
    let said: Vec<_> =
        (0..30).map(|n| append(&journal, &mut writers[n % 3], &n.to_string())).collect();
    let mut reader = journal.reader();
    let mut heard = Vec::new();
    loop {
        let batch = reader.read_batch(Limit { records: 7, bytes: usize::MAX }).unwrap();
        assert!(batch.records.len() <= 7);
        heard.extend(batch.records.iter().map(|record| record.stamp));
        if !batch.more {
            break;
        }
    }
    assert_eq!(heard, said);
    assert!(reader.read_batch(LIMIT).unwrap().records.is_empty());
    // The next reader goes on where the positions say.
    append(&journal, &mut writers[1], "later");
    let mut next = journal.reader_at(reader.positions());
    assert_eq!(next.read_batch(LIMIT).unwrap().records.len(), 1);
}

#[test]
fn what_is_stamped_after_a_pass_began_waits_for_a_later_one() {
    /// An hour ahead of the reader's clock.
    struct Ahead;
    impl Clock for Ahead {
        fn unix_ms(&self) -> i64 {
            SystemClock.unix_ms()
        }
        fn monotonic_ns(&self) -> u64 {
            SystemClock.monotonic_ns() + 3_600_000_000_000
        }
    }
    let journal = Journal::new();
    let (mut late, mut now) = (Writer::new(), Writer::new());
    append(&journal, &mut late, "one");
    late.begin();
    late.fields_done();
    late.append(&journal.spool, &Ahead, KIND_EVENT, 1, OPTIONS).unwrap();
    append(&journal, &mut now, "two");
    let mut reader = journal.reader();
    let batch = reader.read_batch(LIMIT).unwrap();
    assert_eq!(batch.records.iter().map(|it| it.body()).collect::<Vec<_>>(), [b"one", b"two"]);
    drop(late);
    assert!(reader.finished().unwrap().is_empty(), "it was not read to the end");
}

#[test]
fn a_batch_ends_at_its_limit_of_bytes() {
    let journal = Journal::new();
    let mut writer = Writer::new();
    for _ in 0..3 {
        append(&journal, &mut writer, &"x".repeat(1000));
    }
    let mut reader = journal.reader();
    let first = reader.read_batch(Limit { records: 100, bytes: 1001 }).unwrap();
    assert_eq!((first.records.len(), first.more), (1, true));
    let rest = reader.read_batch(LIMIT).unwrap();
    assert_eq!((rest.records.len(), rest.more), (2, false));
}

#[test]
fn a_segment_is_deleted_once_its_owner_is_gone_and_it_was_read() {
    let journal = Journal::new();
    let mut writer = Writer::new();
    append(&journal, &mut writer, "one");
    let mut reader = journal.reader();
    reader.read_batch(LIMIT).unwrap();
    assert_eq!(reader.finished().unwrap(), [], "its owner lives");
    append(&journal, &mut writer, "two");
    drop(writer);
    assert_eq!(reader.finished().unwrap(), [], "not read to the end");
    reader.read_batch(LIMIT).unwrap();
    let finished = reader.finished().unwrap();
    assert_eq!(finished.len(), 1);
    assert_eq!(journal.segments().len(), 1);
    reader.remove(&finished).unwrap();
    assert!(journal.segments().is_empty());
    assert!(reader.read_batch(LIMIT).unwrap().positions.is_empty());
    assert!(reader.vanished().is_empty(), "the caller knows what it removed");
}

#[test]
fn segments_of_dead_boots_come_first_and_in_their_order() {
    let journal = Journal::new();
    let of_boot = |boot: u8, made: i64, body: &str| {
        let before = journal.segments();
        append(&journal, &mut Writer::new(), body);
        // As that boot would have written it.
        let paths = journal.segments();
        let path = paths.iter().find(|path| !before.contains(path)).unwrap();
        let mut bytes = std::fs::read(path).unwrap();
        bytes[32..48].fill(boot);
        bytes[48..56].copy_from_slice(&made.to_le_bytes());
        let checksum = twox_hash::XxHash3_64::oneshot(&bytes[..64]).to_le_bytes();
        bytes[64..72].copy_from_slice(&checksum);
        std::fs::write(path, bytes).unwrap();
    };
    of_boot(7, 2_000, "second boot");
    of_boot(9, 1_000, "first boot, first");
    of_boot(7, 2_500, "second boot again");
    // Made after the second boot began, but part of the first: by the first segment of each.
    of_boot(9, 1_500, "first boot, second");
    let mut writer = Writer::new();
    append(&journal, &mut writer, "this boot");
    let batch = journal.reader().read_batch(LIMIT).unwrap();
    let bodies: Vec<_> =
        batch.records.iter().map(|it| str::from_utf8(it.body()).unwrap()).collect();
    let first = ["first boot, first", "first boot, second"];
    assert_eq!(bodies, [&first[..], &["second boot", "second boot again", "this boot"]].concat());
    // Their clocks say nothing about when it was by ours, but their headers do.
    let status = status(&journal.spool, &HashMap::new()).unwrap();
    assert!((1_000..60_000).contains(&status.oldest.unwrap()), "{status:?}");
}

#[test]
fn more_segments_than_may_be_open_are_read_in_order_and_deleted() {
    const SEGMENTS: usize = 700;
    let (journal, stage) = (Journal::new(), puppet::Stage::new());
    // What short CLI processes leave, two events each.
    let mut writers = [const { Writer::new() }; SEGMENTS / 100];
    let mut expected = Vec::new();
    for round in 0..100 {
        for (n, writer) in writers.iter_mut().enumerate() {
            append(&journal, writer, &format!("{round}-{n}"));
            expected.push(format!("{round}-{n}"));
        }
        for (n, writer) in writers.iter_mut().enumerate() {
            append(&journal, writer, &format!("{round}-{n}-again"));
            expected.push(format!("{round}-{n}-again"));
            *writer = Writer::new();
        }
    }
    assert_eq!(journal.segments().len(), SEGMENTS);
    let mut worker = stage.enter_with(&journal.path());
    worker.expect("files 450", "ok");
    assert_eq!(worker.say("read"), format!("ok {}", expected.join(" ")));
    let mut removed = 0;
    while removed < SEGMENTS {
        let said = worker.say("tidy");
        let some: usize =
            said.strip_prefix("ok ").unwrap_or_else(|| panic!("{said}")).parse().unwrap();
        assert!(some > 0, "{removed} removed");
        removed += some;
    }
    assert!(journal.segments().is_empty());
}

#[test]
fn what_is_too_large_is_refused_with_both_sizes() {
    let journal = Journal::new();
    let mut writer = Writer::new();
    writer.begin();
    writer.fields_done();
    writer.buffer().extend_from_slice(&[b'x'; 5001]);
    let options = AppendOptions { sync: false, max_record: 5000 };
    let error = writer.append(&journal.spool, &SystemClock, KIND_EVENT, 1, options).unwrap_err();
    assert!(matches!(error, JournalError::TooLarge { size: 5001, limit: 5000 }));
    let message = error.to_string();
    assert!(message.contains("5001") && message.contains("5000"), "{message}");
    assert!(journal.segments().is_empty(), "nothing was opened for it");
}

#[test]
fn positions_of_segments_that_are_gone_are_reported_once() {
    let journal = Journal::new();
    let mut writer = Writer::new();
    append(&journal, &mut writer, "one");
    let mut reader = journal.reader();
    let (here, _) = reader.read_batch(LIMIT).unwrap().positions[0];
    let never = SegmentId([9; 16]);
    std::fs::remove_file(&journal.segments()[0]).unwrap();
    reader.read_batch(LIMIT).unwrap();
    assert_eq!(reader.vanished(), [here]);
    let mut reader = journal.reader_at(HashMap::from([(never, 100)]));
    reader.read_batch(LIMIT).unwrap();
    assert_eq!(reader.vanished(), [never]);
    reader.read_batch(LIMIT).unwrap();
    assert_eq!(reader.vanished(), []);
}
