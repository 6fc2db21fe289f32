//! Damage costs what it touches, and nothing that somebody hid becomes an event.

mod harness;
mod journal;
mod trace;

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

use harness::Harness;
use journal::{Journal, LIMIT, append, append_with};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof};
use proptest::test_runner::TestCaseError;
use rustix::fs::{FlockOperation, flock};
use trace::{Then, trace};
use webhooks::journal::{OwnedRecord, Writer};

/// Bytes before a segment's first record.
const HEADER: u64 = 72;

/// A segment whose owner is gone, and where its records are.
struct Segment {
    journal: Journal,
    path: PathBuf,
    bytes: Vec<u8>,
    records: Vec<OwnedRecord>,
}

/// Appends one event a body, with its own index as fields.
fn segment(bodies: &[Vec<u8>]) -> Segment {
    let journal = Journal::in_memory();
    let mut writer = Writer::new();
    for (n, body) in bodies.iter().enumerate() {
        append_with(&journal.spool, &mut writer, n.to_string().as_bytes(), body);
    }
    let records = journal.reader().read_batch(LIMIT).unwrap().records;
    assert_eq!(records.len(), bodies.len());
    let path = journal.segments().remove(0);
    let bytes = std::fs::read(&path).unwrap();
    Segment { journal, path, bytes, records }
}

#[derive(Debug, Clone)]
enum Damage {
    Cut(prop::sample::Index),
    Flip(prop::sample::Index, u8),
    Zero(prop::sample::Index, usize),
}

impl Damage {
    /// Does it, and says which bytes are not what they were.
    fn apply(&self, bytes: &mut Vec<u8>) -> std::ops::Range<u64> {
        if bytes.is_empty() {
            return 0..0;
        }
        let (from, to) = match self {
            Self::Cut(at) => (at.index(bytes.len()), bytes.len()),
            Self::Flip(at, _) => (at.index(bytes.len()), at.index(bytes.len()) + 1),
            Self::Zero(at, length) => {
                let at = at.index(bytes.len());
                (at, bytes.len().min(at + length))
            }
        };
        match self {
            Self::Cut(_) => bytes.truncate(from),
            Self::Flip(_, bits) => bytes[from] ^= bits,
            Self::Zero(..) => bytes[from..to].fill(0),
        }
        from as u64..to as u64
    }
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        any::<prop::sample::Index>().prop_map(Damage::Cut),
        (any::<prop::sample::Index>(), 1u8..).prop_map(|(at, bits)| Damage::Flip(at, bits)),
        (any::<prop::sample::Index>(), 1usize..9000)
            .prop_map(|(at, length)| Damage::Zero(at, length)),
    ]
}

/// Bodies that may hold anything, and are likely to hold what looks like a record's start.
fn bodies() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let piece = prop_oneof![
        4 => vec(any::<u8>(), 0..200),
        1 => Just(vec![0xf5, 0xc0, 0xff, 0xc1]),
        1 => Just(vec![0xf5, 0xc0, 0xff, 0xc1, 40, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0]),
        1 => vec(any::<u8>(), 5000..6000),
    ];
    vec(vec(piece, 0..4).prop_map(|pieces| pieces.concat()), 1..12)
}

proptest::proptest! {
    #[test]
    fn any_damage_loses_at_most_the_records_it_touches(
        bodies in bodies(),
        damages in vec(damage(), 1..4),
    ) {
        let mut segment = segment(&bodies);
        let mut bytes = segment.bytes.clone();
        let touched: Vec<_> = damages.iter().map(|damage| damage.apply(&mut bytes)).collect();
        std::fs::write(&segment.path, &bytes).unwrap();

        let mut reader = segment.journal.reader();
        let batch = reader.read_batch(LIMIT).unwrap();
        prop_assert!(!batch.more && batch.stuck.is_empty());
        let untouched = |record: &OwnedRecord| {
            touched.iter().all(|part| part.end <= record.offset || record.end <= part.start)
        };
        for record in &batch.records {
            prop_assert!(segment.records.contains(record), "{record:?} was never appended");
        }
        segment.records.retain(untouched);
        for record in &segment.records {
            let times = batch.records.iter().filter(|read| *read == record).count();
            prop_assert_eq!(times, 1, "{:?} among {:?}", record, batch.records);
        }

        // What was not read is in `corrupt/`, byte for byte: together they are the segment.
        let mut parts: Vec<_> = batch.records.iter().map(|read| (read.offset, read.end)).collect();
        for part in &batch.corrupt {
            let copy = segment.journal.path().join("corrupt").join(&part.copy);
            let damaged = &bytes[part.from as usize..part.to as usize];
            prop_assert!(std::fs::read(copy).unwrap() == damaged);
            parts.push((part.from, part.to));
        }
        parts.sort_unstable();
        let mut end = parts.first().map_or(HEADER, |first| first.0);
        prop_assert!(end == 0 || end == HEADER);
        for (from, to) in parts {
            prop_assert_eq!(from, end);
            end = to;
        }
        prop_assert!(end == bytes.len() as u64 || bytes.len() < HEADER as usize);

        // And then it can go.
        let finished = reader.finished().unwrap();
        reader.remove(&finished).unwrap();
        prop_assert!(segment.journal.segments().is_empty());
    }

    #[test]
    fn a_segment_that_grows_byte_by_byte_is_waited_for(
        bodies in bodies(),
        steps in vec(1usize..3000, 20..40),
    ) {
        let segment = segment(&bodies);
        std::fs::remove_file(&segment.path).unwrap();
        let mut growing = File::create(&segment.path).unwrap();
        flock(&growing, FlockOperation::LockExclusive).unwrap();
        let mut reader = segment.journal.reader();
        let (mut heard, mut rest) = (Vec::new(), &segment.bytes[..]);
        for step in steps.into_iter().chain([usize::MAX]) {
            let (now, later) = rest.split_at(step.min(rest.len()));
            growing.write_all(now).unwrap();
            rest = later;
            let batch = reader.read_batch(LIMIT).unwrap();
            prop_assert!(batch.corrupt.is_empty() && batch.stuck.is_empty());
            heard.extend(batch.records);
        }
        prop_assert!(heard == segment.records);
    }
}

#[test]
fn what_a_writer_took_back_is_forgotten() {
    let segment = segment(&[b"first".to_vec(), vec![b'x'; 3000], b"last".to_vec()]);
    let size = segment.bytes.len();
    // A failed append leaves its first bytes for a moment, up to any size, that of what comes
    // in their place as well.
    for left in [HEADER as usize + 1, HEADER as usize + 40, size - 100, size] {
        std::fs::remove_file(&segment.path).unwrap();
        let file = File::create(&segment.path).unwrap();
        flock(&file, FlockOperation::LockExclusive).unwrap();
        let mut failed = segment.bytes.clone();
        failed[HEADER as usize + 8..].fill(b'?');
        file.write_all_at(&failed[..left], 0).unwrap();
        let mut reader = segment.journal.reader();
        assert!(reader.read_batch(LIMIT).unwrap().records.is_empty());
        file.set_len(HEADER).unwrap();
        file.write_all_at(&segment.bytes, 0).unwrap();
        let batch = reader.read_batch(LIMIT).unwrap();
        assert!(batch.corrupt.is_empty(), "{left}: {batch:?}");
        assert_eq!(batch.records, segment.records, "{left}");
    }
}

#[test]
fn what_a_writer_takes_back_at_any_step_of_a_reader_is_forgotten() {
    let segment = segment(&[b"first".to_vec(), b"second".to_vec(), b"last".to_vec()]);
    let mut failed = segment.bytes[..segment.records[1].end as usize].to_vec();
    failed[HEADER as usize + 8..].fill(b'?');
    let harness = Harness::new();
    for step in 0.. {
        std::fs::remove_file(&segment.path).unwrap();
        let file = File::create(&segment.path).unwrap();
        flock(&file, FlockOperation::LockExclusive).unwrap();
        file.write_all_at(&failed, 0).unwrap();
        let mut reader = harness.spawn_in(&segment.journal.path());
        let traced = trace(&mut reader, &["read", "read"], |now| {
            if now == step {
                file.set_len(HEADER).unwrap();
                file.write_all_at(&segment.bytes, 0).unwrap();
            }
            Then::GoOn
        });
        if traced.calls.len() <= step {
            assert!(step > 30, "{step} steps are not all");
            break;
        }
        // Nothing, or as much of it as was there when it looked how much there is.
        let answers = traced.answers.join(" ");
        let heard: Vec<_> = answers.split(' ').filter(|word| *word != "ok").collect();
        assert_eq!(heard, ["first", "second", "last"][..heard.len()], "step {step}");
        assert!(segment.journal.corrupt().is_empty(), "step {step}: {answers}");
    }
}

/// Reads a segment whose record `broken` was damaged, and expects all the others and nothing
/// else.
fn others_survive(segment: &Segment, broken: usize, at: u64) -> Result<(), TestCaseError> {
    let file = File::options().write(true).open(&segment.path).unwrap();
    file.write_all_at(&[segment.bytes[at as usize] ^ 1], at).unwrap();
    let batch = segment.journal.reader().read_batch(LIMIT).unwrap();
    let mut others = segment.records.clone();
    others.remove(broken);
    prop_assert!(batch.records == others, "{:?}", batch.records);
    prop_assert_eq!(batch.corrupt.len(), 1);
    Ok(())
}

#[test]
fn a_sound_record_hidden_in_a_payload_never_becomes_an_event() {
    // Records of another segment, header and all: sound, but of another segment.
    let foreign = segment(&[vec![b'.'; 200], b"evil".to_vec(), b"worse".to_vec()]);
    let evil = foreign.records[1].offset;
    let hide = |padding: usize| {
        let padding = vec![b' '; padding];
        let records = &foreign.bytes[evil as usize..];
        [b"first".to_vec(), [&padding, records, &foreign.bytes].concat(), b"last".to_vec()]
    };
    // In the very place that they had there.
    let body = segment(&hide(0)).records[1].offset + 32 + 1;
    let bodies = hide((evil - body) as usize);
    let outer = segment(&bodies);
    let at = evil as usize;
    assert_eq!(&outer.bytes[at..at + 40], &foreign.bytes[at..at + 40]);
    // Each byte of the record's own head, and its last.
    let record = &outer.records[1];
    for at in (record.offset..record.offset + 32).chain([record.end - 1]) {
        let fresh = segment(&bodies);
        others_survive(&fresh, 1, at).unwrap();
    }
}

#[test]
fn a_record_of_the_same_segment_copied_elsewhere_is_no_event() {
    // Somebody who can read the journal sends its bytes back in.
    let journal = Journal::new();
    let mut writer = Writer::new();
    append(&journal, &mut writer, "first");
    let copied = std::fs::read(&journal.segments()[0]).unwrap()[HEADER as usize..].to_vec();
    append_with(&journal.spool, &mut writer, b"", &copied);
    append(&journal, &mut writer, "last");
    drop(writer);
    let records = journal.reader().read_batch(LIMIT).unwrap().records;
    let path = journal.segments().remove(0);
    let bytes = std::fs::read(&path).unwrap();
    let at = records[1].offset + 3;
    let segment = Segment { journal, path, bytes, records };
    others_survive(&segment, 1, at).unwrap();
}

#[test]
fn damage_before_a_sound_record_is_not_waited_for() {
    let journal = Journal::new();
    let mut writer = Writer::new();
    for body in ["one", "two", "three"] {
        append(&journal, &mut writer, body);
    }
    let records = journal.reader().read_batch(LIMIT).unwrap().records;
    let file = File::options().write(true).open(&journal.segments()[0]).unwrap();
    // A length that reaches far behind the end: it looks like a record under way.
    file.write_all_at(&[0xff, 0xff, 0xff, 0x03], records[1].offset + 4).unwrap();
    let mut reader = journal.reader();
    let batch = reader.read_batch(LIMIT).unwrap();
    assert_eq!(batch.records, [records[0].clone(), records[2].clone()]);
    assert_eq!((batch.corrupt[0].from, batch.corrupt[0].to), (records[1].offset, records[1].end));
    assert_eq!(batch.positions, [(records[0].segment, records[2].end)]);

    // In the last record it could be one: until the next is there, or nobody to write it.
    file.write_all_at(&[0xff, 0xff, 0xff, 0x03], records[2].offset + 4).unwrap();
    let mut reader = journal.reader_at([(records[0].segment, records[2].offset)].into());
    let batch = reader.read_batch(LIMIT).unwrap();
    assert!(batch.records.is_empty() && batch.corrupt.is_empty(), "{batch:?}");
    append(&journal, &mut writer, "four");
    let batch = reader.read_batch(LIMIT).unwrap();
    assert_eq!((batch.records.len(), batch.corrupt.len()), (1, 1));
    assert_eq!(batch.records[0].body(), b"four");
}

#[test]
fn a_torn_tail_is_set_aside_once_its_owner_is_gone() {
    let journal = Journal::new();
    let mut writer = Writer::new();
    append(&journal, &mut writer, "one");
    append(&journal, &mut writer, "torn");
    let path = journal.segments().remove(0);
    let size = std::fs::metadata(&path).unwrap().len();
    File::options().write(true).open(&path).unwrap().set_len(size - 1).unwrap();
    let mut reader = journal.reader();
    assert_eq!(reader.read_batch(LIMIT).unwrap().records.len(), 1);
    assert!(reader.finished().unwrap().is_empty());
    drop(writer);
    let batch = reader.read_batch(LIMIT).unwrap();
    assert_eq!(batch.corrupt.len(), 1);
    assert_eq!(batch.corrupt[0].to, size - 1);
    assert_eq!(batch.positions, [(batch.corrupt[0].segment, size - 1)]);
    let finished = reader.finished().unwrap();
    reader.remove(&finished).unwrap();
    assert!(journal.segments().is_empty());
    assert_eq!(journal.corrupt().len(), 1);
}

#[test]
fn a_huge_segment_of_nothing_is_read_in_bounded_memory() {
    let journal = Journal::new();
    let mut writer = Writer::new();
    append(&journal, &mut writer, "one");
    drop(writer);
    let path = journal.segments().remove(0);
    let file = File::options().append(true).open(&path).unwrap();
    // A head that promises all that a record may have, then a hole that holds it.
    let records = journal.reader().read_batch(LIMIT).unwrap().records;
    let mut head = records[0].whole()[..32].to_vec();
    head[4..8].copy_from_slice(&(64u32 << 20).to_le_bytes());
    (&file).write_all(&head).unwrap();
    file.set_len(80 << 20).unwrap();
    let before = peak_memory();
    let batch = journal.reader().read_batch(LIMIT).unwrap();
    assert_eq!(batch.records, records);
    assert_eq!((batch.corrupt.len(), batch.corrupt[0].to), (1, 80 << 20));
    let copy = std::fs::metadata(journal.path().join("corrupt").join(&batch.corrupt[0].copy));
    assert!(copy.unwrap().len() <= 68 << 20, "a copy is bounded too");
    let peak = (peak_memory() - before) >> 20;
    assert!(peak < 200, "{peak} MiB");
}

/// Bytes that this process had in memory at most.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() << 10
}

#[test]
fn a_segment_of_an_unknown_format_is_reported_and_left_alone() {
    let journal = Journal::new();
    let mut writer = Writer::new();
    append(&journal, &mut writer, "of a later version");
    let path = journal.segments().remove(0);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[8] = 2;
    let checksum = twox_hash::XxHash3_64::oneshot(&bytes[..64]).to_le_bytes();
    bytes[64..72].copy_from_slice(&checksum);
    std::fs::write(&path, &bytes).unwrap();
    drop(writer);
    let mut known = Writer::new();
    append(&journal, &mut known, "of this version");
    let mut reader = journal.reader();
    let batch = reader.read_batch(LIMIT).unwrap();
    assert_eq!(batch.records.len(), 1);
    let [stuck] = &batch.stuck[..] else { panic!("{batch:?}") };
    let message = stuck.error.to_string();
    assert!(message.contains("format 2") && path.ends_with(&stuck.name), "{message}");
    // Said once, and neither read nor deleted.
    assert!(reader.read_batch(LIMIT).unwrap().stuck.is_empty());
    assert!(reader.finished().unwrap().is_empty());
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
    assert!(reader.vanished().is_empty());
}

#[test]
fn damage_that_cannot_be_copied_holds_up_its_segment_only() {
    let damaged = segment(&[b"one".to_vec(), b"two".to_vec(), b"three".to_vec()]);
    let at = damaged.records[1].offset;
    File::options().write(true).open(&damaged.path).unwrap().write_all_at(&[0], at).unwrap();
    let mut other = Writer::new();
    append(&damaged.journal, &mut other, "other");
    let mut reader = damaged.journal.reader();
    let corrupt = damaged.journal.path().join("corrupt");
    std::fs::remove_dir(&corrupt).unwrap();
    std::fs::write(&corrupt, "in the way").unwrap();
    let batch = reader.read_batch(LIMIT).unwrap();
    let bodies: Vec<_> = batch.records.iter().map(OwnedRecord::body).collect();
    assert_eq!(bodies, [&b"one"[..], b"other"]);
    assert_eq!((batch.corrupt.len(), batch.stuck.len()), (0, 1));
    assert!(reader.finished().unwrap().is_empty());
    std::fs::remove_file(&corrupt).unwrap();
    let batch = reader.read_batch(LIMIT).unwrap();
    assert_eq!((batch.records.len(), batch.corrupt.len()), (1, 1));
    assert_eq!(reader.finished().unwrap().len(), 1);
}
