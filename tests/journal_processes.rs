//! The journal among processes: forks, kills, many writers with a live reader.

mod journal;
mod puppet;

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use journal::{Journal, LIMIT};
use puppet::Stage;
use webhooks::journal::{Limit, OwnedRecord, Reader, Writer};

/// Longer than anything here takes on the slowest machine; nothing waits for it to pass.
const DEADLINE: Duration = Duration::from_secs(120);

fn words(records: &[OwnedRecord]) -> Vec<String> {
    let word = |record: &OwnedRecord| {
        let body = str::from_utf8(record.body()).unwrap();
        body.split(' ').next().unwrap().to_owned()
    };
    records.iter().map(word).collect()
}

/// Reads all there is and deletes what is finished.
fn drain(reader: &mut Reader) -> Vec<String> {
    drain_torn(reader, 0)
}

/// The same, where so many records may be torn.
fn drain_torn(reader: &mut Reader, torn: usize) -> Vec<String> {
    let batch = reader.read_batch(LIMIT).unwrap();
    assert!(batch.corrupt.len() <= torn && batch.stuck.is_empty(), "{batch:?}");
    let finished = reader.finished().unwrap();
    reader.remove(&finished).unwrap();
    words(&batch.records)
}

#[test]
fn a_forked_child_closes_its_parents_segment_and_starts_its_own() {
    let (journal, stage) = (Journal::new(), Stage::new());
    for how in ["fork", "clone"] {
        let mut parent = stage.enter_with(&journal.path());
        parent.expect("append parent", "ok");
        let mut child = stage.fork(&mut parent, how);
        // A bare clone runs no handlers; there the first append finds out by the pid.
        let inherited = if how == "fork" { "ok 0" } else { "ok 1" };
        child.expect("segments", inherited);
        child.expect("append child", "ok");
        child.expect("segments", "ok 1");
        parent.expect("append parent", "ok");
        parent.expect("segments", "ok 1");
        assert_eq!(journal.segments().len(), 2);
        let mut reader = journal.reader();
        assert_eq!(drain(&mut reader), ["parent", "child", "parent"]);
        assert_eq!(journal.segments().len(), 2, "both owners live");
        parent.kill();
        child.kill();
        assert!(drain(&mut reader).is_empty());
        assert!(journal.segments().is_empty());
    }
}

#[test]
fn an_event_that_was_begun_before_a_fork_is_ended_by_both() {
    let (journal, stage) = (Journal::new(), Stage::new());
    let mut parent = stage.enter_with(&journal.path());
    parent.expect("append first", "ok");
    parent.expect("begin both", "ok");
    let mut child = stage.fork(&mut parent, "fork");
    child.expect("finish", "ok");
    parent.expect("finish", "ok");
    let mut reader = journal.reader();
    assert_eq!(drain(&mut reader), ["first", "both", "both"]);
    assert_eq!(journal.segments().len(), 2);
}

#[test]
fn a_killed_parents_segment_is_finished_while_its_child_lives_on() {
    let (journal, stage) = (Journal::new(), Stage::new());
    let mut parent = stage.enter_with(&journal.path());
    parent.expect("append parent", "ok");
    let mut silent = stage.fork(&mut parent, "fork");
    let mut child = stage.fork(&mut parent, "fork");
    child.expect("append child", "ok");
    parent.kill();
    let mut reader = journal.reader();
    assert_eq!(drain(&mut reader), ["parent", "child"]);
    assert_eq!(journal.segments().len(), 1, "only the child's is left");
    child.expect("append child", "ok");
    silent.expect("append silent", "ok");
    assert_eq!(drain(&mut reader), ["child", "silent"]);
    child.kill();
    silent.kill();
    drain(&mut reader);
    assert!(journal.segments().is_empty());
}

#[test]
fn a_forked_child_closes_the_segments_of_all_threads() {
    let (journal, stage) = (Journal::new(), Stage::new());
    let mut parent = stage.enter_with(&journal.path());
    parent.expect("threads 5", "ok");
    parent.expect("append main", "ok");
    parent.expect("segments", "ok 6");
    let mut child = stage.fork(&mut parent, "fork");
    child.expect("segments", "ok 0");
    child.expect("append child", "ok");
    parent.kill();
    let mut reader = journal.reader();
    assert_eq!(drain(&mut reader).len(), 7);
    assert_eq!(journal.segments().len(), 1);
}

#[test]
fn more_threads_than_fit_the_table_are_refused() {
    let (journal, stage) = (Journal::new(), Stage::new());
    let mut many = stage.enter_with(&journal.path());
    many.expect("files 2000", "ok");
    many.expect("threads 1024", "ok");
    let said = many.say("append one too many");
    assert!(said.contains("1024 threads"), "{said}");
    // And the file that was opened for it is closed.
    many.expect("segments", "ok 1024");
}

#[test]
fn a_program_that_a_writer_starts_inherits_no_segment() {
    // The puppet itself is started by exec: by a process that has a segment open.
    let (journal, stage) = (Journal::new(), Stage::new());
    let mut writer = Writer::new();
    journal::append(&journal, &mut writer, "ours");
    let mut other = stage.enter_with(&journal.path());
    other.expect("segments", "ok 0");
    drop(writer);
    let mut reader = journal.reader();
    assert_eq!(drain(&mut reader), ["ours"]);
    assert!(journal.segments().is_empty(), "nobody else held it");
}

#[test]
fn eight_writers_and_a_live_reader_lose_nothing_and_repeat_nothing() {
    const EACH: usize = 500;
    let (journal, stage) = (Journal::new(), Stage::new());
    let mut writers: Vec<_> = (0..8).map(|_| stage.enter_with(&journal.path())).collect();
    for (n, writer) in writers.iter_mut().enumerate() {
        writer.start(&format!("flood w{n} {EACH}"));
    }
    let lines: Vec<_> = writers
        .into_iter()
        .map(|mut writer| {
            std::thread::spawn(move || {
                let said = (0..EACH).map(|_| writer.answer()).collect::<Vec<_>>();
                assert_eq!(writer.answer(), "ok");
                said
            })
        })
        .collect();

    let mut reader = journal.reader();
    let mut heard = Vec::new();
    let deadline = Instant::now() + DEADLINE;
    while heard.len() < 8 * EACH {
        assert!(Instant::now() < deadline, "{} events heard", heard.len());
        let mut last = 0;
        loop {
            let batch = reader.read_batch(Limit { records: 50, bytes: 200_000 }).unwrap();
            assert!(batch.corrupt.is_empty() && batch.stuck.is_empty(), "{batch:?}");
            for record in &batch.records {
                assert!(last <= record.stamp, "a pass is sorted by stamp");
                last = record.stamp;
            }
            heard.extend(words(&batch.records));
            if !batch.more {
                break;
            }
        }
        let finished = reader.finished().unwrap();
        reader.remove(&finished).unwrap();
    }
    let mut said = HashSet::new();
    for (n, line) in lines.into_iter().enumerate() {
        let line = line.join().unwrap();
        let of_this = format!("w{n}-");
        let in_order = heard.iter().filter(|word| word.starts_with(&of_this)).collect::<Vec<_>>();
        assert_eq!(in_order, line.iter().collect::<Vec<_>>());
        said.extend(line);
    }
    assert_eq!(said.len(), 8 * EACH);
    assert_eq!(heard.len(), 8 * EACH);
    // The writers have been killed by now.
    assert!(drain(&mut reader).is_empty());
    assert!(journal.segments().is_empty());
}

#[test]
fn writers_that_are_killed_lose_nothing_that_was_accepted() {
    let (journal, stage) = (Journal::new(), Stage::new());
    let mut reader = journal.reader();
    let (mut heard, mut said) = (HashMap::new(), Vec::new());
    for round in 0..20 {
        let mut writer = stage.enter_with(&journal.path());
        writer.start(&format!("flood r{round} 100000"));
        for _ in 0..round * 3 {
            said.push(writer.answer());
        }
        let pid = rustix::process::Pid::from_raw(writer.pid).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
        // What it could still say before it died counts.
        let rest = std::iter::from_fn(|| Some(writer.answer()).filter(|word| !word.is_empty()));
        said.extend(rest);
        drop(writer);
        // A kill in the midst of a long write leaves its first pages; nobody was told that such
        // an event was accepted.
        for word in drain_torn(&mut reader, 1) {
            *heard.entry(word).or_insert(0) += 1;
        }
    }
    assert!(said.len() > 500);
    assert!(said.iter().all(|word| heard.get(word) == Some(&1)));
    assert!(heard.values().all(|&times| times == 1));
    // At most the one whose acceptance the writer could not say any more.
    assert!(heard.len() <= said.len() + 20, "{} heard, {} said", heard.len(), said.len());
    drain(&mut reader);
    assert!(journal.segments().is_empty());
}
