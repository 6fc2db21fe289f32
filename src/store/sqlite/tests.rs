//! SQLite under the conformance suite.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use crate::conformance::{Fixture, NOON, attempt, claim, conformance, event, ingest};
use crate::log::Log;
use crate::{
    Attempt, NewAttempt, NewDelivery, Next, Origin, State, Store, Wanted, Written, history,
};
use domain::clock::ManualClock;
use domain::id::DeliveryId;
use spool::Spool;

/// A store in a spool of its own.
pub(crate) struct InSpool {
    spool: Spool,
    clock: Arc<ManualClock>,
    _folder: tempfile::TempDir,
}

impl InSpool {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let spool = Spool::open(folder.path()).unwrap();
        Self { spool, clock: Arc::new(ManualClock::at(NOON)), _folder: folder }
    }

    pub(crate) fn spool(&self) -> &Spool {
        &self.spool
    }

    /// The reading side, with all that SQLite can be asked.
    pub(crate) fn sqlite_log(&self) -> super::SqliteLog {
        super::SqliteLog::open(&self.spool, None).unwrap().unwrap()
    }
}

impl Fixture for InSpool {
    fn open_as(&self, origin: &Origin) -> Box<dyn Store> {
        Box::new(super::files::open_as(&self.spool, None, origin.clone(), self.clock()).unwrap())
    }

    fn log(&self) -> Log {
        Log::open(&self.spool, None).unwrap().unwrap()
    }

    fn clock(&self) -> Arc<ManualClock> {
        Arc::clone(&self.clock)
    }
}

conformance!(InSpool::new());

#[test]
fn of_attempts_that_end_together_only_the_one_that_is_too_large_is_left_out() {
    let fixture = InSpool::new();
    let mut store =
        super::files::open_as(&fixture.spool, None, Origin::embedded(), fixture.clock()).unwrap();
    let (mut ids, mut claims) = (Vec::new(), Vec::new());
    store
        .transaction(&mut |t| {
            let webhook = t.webhook("crm")?;
            for _ in 0..3 {
                let (id, state) = (DeliveryId::at(NOON), State::Pending);
                let new =
                    NewDelivery { id, webhook, state, due: NOON, reason: None, failure: None };
                assert!(ingest(t, &event(NOON), NOON, &[], &[new])?);
                ids.push(id);
            }
            claims = claim(t, Wanted { webhook, limit: 9, burst: 1, ordered: true }, NOON)?;
            Ok(())
        })
        .unwrap();
    store.take_at_most(20_000);
    let small = attempt(NOON, Next::Delivered);
    let large = Attempt { response_body: vec![b'a'; 30_000], ..small.clone() };
    let attempts: Vec<_> = claims
        .iter()
        .zip([&small, &large, &small])
        .map(|(claim, attempt)| NewAttempt { claim, attempt, reason: None })
        .collect();
    let mut written = Vec::new();
    store
        .transaction(&mut |t| {
            written = t.complete(&attempts)?;
            Ok(())
        })
        .unwrap();
    assert_eq!((&written[0], &written[2]), (&Written::Kept, &Written::Kept));
    let Written::TooLarge { reason } = &written[1] else { panic!("{written:?}") };
    assert!(reason.contains("at most 20000"), "{reason}");
    let states = [State::Delivered, State::Delivering, State::Delivered];
    for ((id, state), made) in ids.iter().zip(states).zip([1, 0, 1]) {
        let shown = fixture.log().delivery(id).unwrap().unwrap();
        assert_eq!((shown.delivery.state, shown.attempts_made.len()), (state, made));
    }
    // It is still the caller's: what there is room for can be recorded.
    let failed = attempt(NOON, Next::Failed);
    let new = NewAttempt { claim: &claims[1], attempt: &failed, reason: Some("too_large") };
    store
        .transaction(&mut |t| {
            assert_eq!(t.complete(&[new])?, [Written::Kept]);
            Ok(())
        })
        .unwrap();
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config {
        cases: 96,
        // Histories are found again by the seed that a failure prints.
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn random_histories(
        history in history::history(),
        queries in proptest::collection::vec(history::asked(), 4),
    ) {
        history::an_engine_does_what_the_model_does(&InSpool::new(), &history, &queries);
    }
}
