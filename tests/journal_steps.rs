//! Processes killed at every single step.
//!
//! A child is traced, and killed as it enters its n-th system call, for every n that there
//! is. Between two system calls nothing changes on disk, so this is every state in which a
//! `kill -9` can leave the journal (but for the middle of a `write`; see
//! `journal_processes.rs`).

mod harness;
mod journal;
mod trace;

use std::fs::File;
use std::path::Path;

use harness::Harness;
use journal::{Journal, LIMIT, append};
use trace::{End, Then, trace};
use webhooks::journal::Writer;

/// Kills at this step.
fn die_at(step: usize) -> impl FnMut(usize) -> Then {
    move |now| if now == step { Then::Die } else { Then::GoOn }
}

/// Names of drafts below the spool.
fn drafts(spool: &Path) -> Vec<String> {
    let folders = [spool.to_owned(), spool.join("journal"), spool.join("corrupt")];
    let names = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with('.')).collect()
}

#[test]
fn a_writer_killed_at_any_step_loses_nothing_that_it_accepted() {
    let harness = Harness::new();
    // Makes the folder, a segment, one by age, one by size.
    let commands = ["append a", "append b", "look 61", "append c", "swell d. 4200000", "append e"];
    let bodies = ["a", "b", "c", "d", "e"];
    for step in 0.. {
        let journal = Journal::in_memory();
        let mut writer = harness.spawn_in(&journal.path());
        let traced = trace(&mut writer, &commands, die_at(step));
        let said = traced.answers.iter().filter(|answer| answer.starts_with("ok ")).count();
        drop(writer);

        let mut reader = journal.reader();
        let batch = reader.read_batch(LIMIT).unwrap();
        assert!(batch.corrupt.is_empty() && batch.stuck.is_empty(), "step {step}: {batch:?}");
        let heard: Vec<_> = batch.records.iter().map(|read| &read.body()[..1]).collect();
        let expected: Vec<_> = bodies.iter().map(|body| body.as_bytes()).collect();
        assert_eq!(heard, expected[..heard.len()], "step {step}");
        // The last one may be in the journal before the writer could say so.
        assert!(heard.len() == said || heard.len() == said + 1, "step {step}: {said} said");
        let finished = reader.finished().unwrap();
        reader.remove(&finished).unwrap();
        assert!(journal.segments().is_empty(), "step {step}");
        assert!(drafts(&journal.path()).is_empty(), "step {step}: {:?}", drafts(&journal.path()));

        if traced.end == End::Left {
            assert_eq!(heard.len(), bodies.len());
            assert!(step > 30, "{step} steps are not all");
            break;
        }
    }
}

#[test]
fn a_worker_that_tidies_up_at_any_step_of_a_writer_disturbs_nothing() {
    let harness = Harness::new();
    let commands = ["folder corrupt", "append a", "look 61", "append b"];
    for step in 0.. {
        let journal = Journal::in_memory();
        let mut writer = harness.spawn_in(&journal.path());
        let (mut reader, mut heard) = (None, Vec::new());
        let mut read = || {
            let reader = reader.get_or_insert_with(|| journal.reader());
            let batch = reader.read_batch(LIMIT).unwrap();
            assert!(batch.corrupt.is_empty() && batch.stuck.is_empty(), "step {step}: {batch:?}");
            heard.extend(batch.records.iter().map(|record| record.body().to_vec()));
            let finished = reader.finished().unwrap();
            reader.remove(&finished).unwrap();
        };
        let traced = trace(&mut writer, &commands, |now| {
            if now == step {
                read();
            }
            Then::GoOn
        });
        assert!(traced.answers.iter().all(|it| it.starts_with("ok")), "{:?}", traced.answers);
        assert_eq!(traced.answers.len(), commands.len(), "step {step}");
        read();
        assert_eq!(heard, [b"a", b"b"], "step {step}");
        assert!(journal.segments().is_empty(), "step {step}");
        if traced.calls.len() <= step {
            assert!(step > 30, "{step} steps are not all");
            break;
        }
    }
}

#[test]
fn a_reader_killed_at_any_step_loses_nothing_and_repeats_nothing() {
    let harness = Harness::new();
    for step in 0.. {
        let journal = Journal::in_memory();
        let (mut dead, mut torn, mut live) = (Writer::new(), Writer::new(), Writer::new());
        append(&journal, &mut torn, "a");
        append(&journal, &mut torn, "torn");
        let path = journal.segments().remove(0);
        let size = path.metadata().unwrap().len();
        File::options().write(true).open(path).unwrap().set_len(size - 1).unwrap();
        append(&journal, &mut dead, "b");
        append(&journal, &mut live, "c");
        append(&journal, &mut dead, "d");
        drop((dead, torn));
        // And what writers left that died between making a file and naming it.
        std::fs::write(journal.path().join("journal/.left.draft"), "half").unwrap();
        std::fs::create_dir(journal.path().join(".left.draft")).unwrap();

        let mut worker = harness.spawn_in(&journal.path());
        let traced = trace(&mut worker, &["work"], die_at(step));
        drop(worker);
        let mut worker = harness.spawn_in(&journal.path());
        worker.expect("work", "ok a b c d");
        assert_eq!(journal.segments().len(), 1, "step {step}: only that of the living");
        assert_eq!(journal.corrupt().len(), 1, "step {step}");
        assert!(drafts(&journal.path()).is_empty(), "step {step}: {:?}", drafts(&journal.path()));
        drop(worker);
        drop(live);

        if traced.end == End::Left {
            assert!(step > 60, "{step} steps are not all");
            break;
        }
    }
}

#[test]
fn an_append_is_one_write_and_asks_nothing() {
    let (journal, harness) = (Journal::new(), Harness::new());
    let mut writer = harness.spawn_in(&journal.path());
    writer.expect("append first", "ok");
    let traced = trace(&mut writer, &["append second"], |_| Then::GoOn);
    // Which process this is takes a call as well, since libc forgot; it goes nowhere.
    let calls = traced.calls_of_first_answer();
    assert_eq!(calls, [libc::SYS_getpid, libc::SYS_write]);
}

#[test]
fn a_synced_append_is_durable_with_its_segments_name() {
    let (journal, harness) = (Journal::new(), Harness::new());
    let mut writer = harness.spawn_in(&journal.path());
    writer.expect("sync", "ok");
    let calls = trace(&mut writer, &["append first"], |_| Then::GoOn).calls_of_first_answer();
    // The folder's own name, the segment's name, the record.
    let place = |wanted| calls.iter().rposition(|&call| call == wanted).unwrap();
    let (named, written) = (place(libc::SYS_renameat2), place(libc::SYS_fdatasync));
    let synced: Vec<_> = (0..calls.len()).filter(|&at| calls[at] == libc::SYS_fsync).collect();
    assert_eq!(synced.len(), 2);
    assert!(synced[0] < named && named < synced[1] && synced[1] < written, "{calls:?}");

    let mut writer = harness.spawn_in(&journal.path());
    writer.expect("sync", "ok");
    writer.expect("append second", "ok");
    let calls = trace(&mut writer, &["append third"], |_| Then::GoOn).calls_of_first_answer();
    assert_eq!(calls, [libc::SYS_getpid, libc::SYS_write, libc::SYS_fdatasync]);
}
