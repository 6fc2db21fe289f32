//! Segments that stay for a while after they were read: until when, what goes back into the journal,
//! and that nothing is left of whom is to be forgotten.

mod journal;

use std::collections::HashMap;

use journal::{Journal, LIMIT, append};
use webhooks::clock::{Clock, SystemClock};
use webhooks::journal::{KIND_ERASED, KIND_EVENT, Kept, Reader, SegmentId, Writer, status};

/// Reads all there is, and keeps what is read to the end as of a time.
fn keep(reader: &mut Reader, kept: &mut Kept, now: i64) -> Vec<SegmentId> {
    while reader.read_batch(LIMIT).unwrap().moves() {}
    let finished = reader.finished().unwrap();
    reader.keep(&finished, kept, now).unwrap();
    finished
}

/// A process that appends these records and ends.
fn write(journal: &Journal, texts: &[&str]) {
    let mut writer = Writer::new();
    for text in texts {
        append(journal, &mut writer, text);
    }
}

fn kept(journal: &Journal, positions: &HashMap<SegmentId, u64>) -> (Kept, usize) {
    Kept::open(&journal.spool, &mut positions.clone()).unwrap()
}

fn contains(journal: &Journal, text: &str) -> bool {
    ["journal", "kept", "corrupt"].iter().any(|folder| {
        let files = std::fs::read_dir(journal.path().join(folder)).unwrap();
        files
            .map(|file| std::fs::read(file.unwrap().path()).unwrap())
            .any(|bytes| bytes.windows(text.len()).any(|bytes| bytes == text.as_bytes()))
    })
}

#[test]
fn what_was_read_stays_beside_the_journal_until_its_time_is_over() {
    let (journal, now) = (Journal::new(), SystemClock.unix_ms());
    let (mut reader, (mut stays, _)) = (journal.reader(), kept(&journal, &HashMap::new()));
    write(&journal, &["one"]);
    let first = keep(&mut reader, &mut stays, now - 5000);
    write(&journal, &["two", "three"]);
    let second = keep(&mut reader, &mut stays, now);
    assert_eq!((first.len(), second.len()), (1, 1));
    assert!(journal.segments().is_empty() && contains(&journal, "three"));
    let waiting = status(&journal.spool, &HashMap::<_, _>::new()).unwrap();
    assert_eq!((waiting.segments, waiting.bytes_waiting), (0, 0));
    // They did not vanish: their positions are wanted.
    while reader.read_batch(LIMIT).unwrap().moves() {}
    assert!(reader.vanished().is_empty());

    assert!(stays.let_go(now - 6000, u64::MAX).unwrap().is_empty());
    assert_eq!(stays.let_go(now - 1000, u64::MAX).unwrap(), first);
    assert!(!contains(&journal, "one") && contains(&journal, "two"));
    assert_eq!(stays.let_go(now + 1, u64::MAX).unwrap(), second);
    assert!(!contains(&journal, "two"));
    assert_eq!(stays.bytes(), 0);
}

#[test]
fn the_oldest_go_where_all_of_them_take_too_much_room() {
    let (journal, now) = (Journal::new(), SystemClock.unix_ms());
    let (mut reader, (mut stays, _)) = (journal.reader(), kept(&journal, &HashMap::new()));
    let text = "x".repeat(100_000);
    let mut made = Vec::new();
    for number in 0..5 {
        write(&journal, &[&text]);
        // Not in the order of their ids, which are random.
        made.extend(keep(&mut reader, &mut stays, now + number));
    }
    let one = stays.bytes() / 5;
    assert!((100_000..=110_000).contains(&one), "{one}");
    assert!(stays.let_go(0, 5 * one).unwrap().is_empty());
    assert_eq!(stays.let_go(0, 3 * one).unwrap(), made[..2]);
    assert_eq!(stays.let_go(0, 0).unwrap(), made[2..]);
}

#[test]
fn a_store_that_went_back_reads_again_what_it_does_not_know() {
    let (journal, now) = (Journal::new(), SystemClock.unix_ms());
    let (mut reader, (mut stays, _)) = (journal.reader(), kept(&journal, &HashMap::new()));
    write(&journal, &["known"]);
    write(&journal, &["half", "lost half"]);
    write(&journal, &["lost"]);
    let batch = reader.read_batch(LIMIT).unwrap();
    let end = |text: &str| {
        let is = |body: &[u8]| body == text.as_bytes();
        let record = batch.records.iter().find(|record| is(record.body())).unwrap();
        (record.segment, record.end)
    };
    keep(&mut reader, &mut stays, now - 5000);
    assert_eq!(journal.segments().len(), 0);
    // What stays is what the store has read to the end, since when it did.
    let mut positions: HashMap<_, _> = [end("known"), end("half")].into();
    let (mut stays, back) = Kept::open(&journal.spool, &mut positions).unwrap();
    assert_eq!((back, journal.segments().len()), (2, 2));
    assert_eq!(positions, HashMap::from([end("half")]));
    let mut reader = journal.reader_at(positions);
    let batch = reader.read_batch(LIMIT).unwrap();
    let mut again: Vec<_> = batch.records.iter().map(|record| record.body()).collect();
    again.sort_unstable();
    assert_eq!(again, [&b"lost"[..], b"lost half"]);
    assert_eq!(stays.let_go(now - 5000, u64::MAX).unwrap(), []);
    assert_eq!(stays.let_go(now - 4000, u64::MAX).unwrap(), [end("known").0]);
    // They are kept once more.
    assert_eq!(keep(&mut reader, &mut stays, now).len(), 2);
    // What was read for another store is nothing to read again.
    Kept::discard(&journal.spool).unwrap();
    assert_eq!(kept(&journal, &HashMap::new()).1, 0);
    assert!(!contains(&journal, "lost"));
}

#[test]
fn of_records_that_are_to_be_forgotten_nothing_is_left_and_the_others_can_be_read() {
    let (journal, now) = (Journal::new(), SystemClock.unix_ms());
    let (mut reader, (mut stays, _)) = (journal.reader(), kept(&journal, &HashMap::new()));
    write(&journal, &["of bob", "of ann", "of bob again"]);
    keep(&mut reader, &mut stays, now - 5000);
    let mut writer = Writer::new();
    append(&journal, &mut writer, "live, of ann");
    append(&journal, &mut writer, "live, of bob");
    while reader.read_batch(LIMIT).unwrap().moves() {}
    append(&journal, &mut writer, "unread, of ann");
    let is_ann = |bytes: &[u8]| bytes.windows(3).any(|bytes| bytes == b"ann");
    reader.erase(&is_ann).unwrap();
    let mut last = stays.erase(None, &is_ann).unwrap();
    assert!(last.is_some());
    while last.is_some() {
        last = stays.erase(last, &is_ann).unwrap();
    }
    for gone in ["of ann", "live, of ann"] {
        let left = contains(&journal, gone);
        assert_eq!(left, gone == "of ann", "only what was not read: {gone}");
    }
    // The owner goes on, and so does its reader.
    append(&journal, &mut writer, "live again");
    let batch = reader.read_batch(LIMIT).unwrap();
    let read: Vec<_> = batch.records.iter().map(|record| record.body()).collect();
    assert_eq!(read, [&b"unread, of ann"[..], b"live again"]);
    reader.erase(&is_ann).unwrap();
    assert!(!contains(&journal, "ann"));

    // Since when it is kept is as it was; and whoever reads it all again finds the others whole.
    assert!(stays.let_go(now - 6000, u64::MAX).unwrap().is_empty());
    drop((reader, stays, writer));
    assert_eq!(kept(&journal, &HashMap::new()).1, 1);
    let batch = journal.reader().read_batch(LIMIT).unwrap();
    assert!(batch.corrupt.is_empty(), "{:?}", batch.corrupt);
    let of = |kind| batch.records.iter().filter(move |record| record.kind == kind);
    let left: Vec<_> = of(KIND_EVENT).map(|record| record.body()).collect();
    assert_eq!(left, [&b"of bob"[..], b"of bob again", b"live, of bob", b"live again"]);
    assert_eq!(of(KIND_ERASED).count(), 3);
    assert!(of(KIND_ERASED).all(|record| record.body().iter().all(|byte| *byte == 0)));
}
