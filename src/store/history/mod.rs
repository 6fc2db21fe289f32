//! Random histories: an engine beside the store in memory, which is their model.
//!
//! Each step is one transaction on both, some of which fail at their end. Both have to answer the
//! same, and after each step the whole log, the counters, the overview and what is due next have to be
//! the same; at the end every delivery with its attempts, and random queries.

mod compare;
mod live;
mod query;
mod step;

use std::collections::BTreeMap;

use crate::conformance::{Fixture, Trial};
use crate::log::Log;
use crate::memory::{InMemory, MemoryStore};
use crate::{Claim, Loaded, Origin, StoreError, Transaction as _, WebhookKey};
use domain::clock::Clock;
use domain::id::DeliveryId;
use live::{Answer, check_claimed, live};
pub(crate) use query::{Asked, asked};
pub(crate) use step::{Step, history};

const WEBHOOKS: [&str; 3] = ["crm", "shop", "zap"];
const NAMES: [&str; 3] = ["payment_received", "account_created", "site_created"];

/// What a worker knows of its store.
#[derive(Debug, Clone)]
struct Known {
    keys: [WebhookKey; 3],
    /// What is under way.
    claims: BTreeMap<DeliveryId, Claim>,
}

/// An engine and its model.
struct Pair<'f> {
    engine: Trial<'f>,
    engine_log: Log,
    engine_knows: Known,
    model: MemoryStore,
    fixture: InMemory,
    model_log: Log,
    model_knows: Known,
    /// Steps so far: names what each of them makes.
    steps: u32,
}

/// Lives through a history and compares.
pub(crate) fn an_engine_does_what_the_model_does(
    fixture: &dyn Fixture,
    history: &[(Step, i64, bool)],
    queries: &[Asked],
) {
    let mut pair = Pair::new(fixture);
    for (step, time, fails) in history {
        pair.step(step, *time, *fails);
        pair.compare(24);
    }
    pair.compare(720);
    pair.compare_details();
    for asked in queries {
        asked.compare(&mut *pair.engine_log, &mut *pair.model_log);
    }
}

/// Lives through a history in one engine, has its store moved into another one, compares, and lives
/// through a second history there.
pub(crate) fn a_moved_store_goes_on(
    [from, to]: [&dyn Fixture; 2],
    [before, after]: [&[(Step, i64, bool)]; 2],
    queries: &[Asked],
    migrate: &mut dyn FnMut(),
) {
    let mut pair = Pair::new(from);
    for (step, time, fails) in before {
        pair.step(step, *time, *fails);
    }
    // As a move finds it: no worker runs, and what one had under way waits again.
    pair.restart();
    pair.steps += 1;
    pair.live(&Step::Leave, false);
    pair.leave();
    migrate();
    pair.come_to(to);
    pair.compare(720);
    pair.compare_details();
    for asked in queries {
        asked.compare(&mut *pair.engine_log, &mut *pair.model_log);
    }
    for (step, time, fails) in after {
        pair.step(step, *time, *fails);
        pair.compare(24);
    }
    pair.compare(720);
    pair.compare_details();
}

impl<'f> Pair<'f> {
    fn new(fixture: &'f dyn Fixture) -> Self {
        let mut engine = Trial::new(fixture);
        let in_memory = InMemory::new(fixture.clock());
        let mut model = in_memory.memory_store(&Origin::example(5, "web1"));
        let keys = WEBHOOKS.map(|id| engine.webhook(id));
        let engine_knows = Known { keys, claims: BTreeMap::new() };
        let keys = WEBHOOKS.map(|id| model.run(|t| t.webhook(id)).unwrap());
        let model_knows = Known { keys, claims: BTreeMap::new() };
        let (engine_log, model_log) = (fixture.log(), in_memory.log());
        let fixture = in_memory;
        Self { engine, engine_log, engine_knows, model, fixture, model_log, model_knows, steps: 0 }
    }

    /// The engine's worker leaves, and nobody reads.
    fn leave(&mut self) {
        let nothing = InMemory::new(self.engine.fixture.clock());
        self.engine.store = nothing.open();
        self.engine_log = nothing.log();
    }

    /// A worker comes to another engine's store that has the same.
    fn come_to(&mut self, fixture: &'f dyn Fixture) {
        self.engine = Trial::new(fixture);
        self.engine.store.load().unwrap();
        self.engine_log = fixture.log();
        self.engine_knows.keys = WEBHOOKS.map(|id| self.engine.webhook(id));
    }

    fn step(&mut self, step: &Step, time: i64, fails: bool) {
        self.engine.clock.advance(time);
        self.steps += 1;
        if matches!(step, Step::Restart) {
            self.restart();
        } else {
            self.live(step, fails);
        }
    }

    /// A step that is a transaction.
    fn live(&mut self, step: &Step, fails: bool) {
        let now = self.engine.clock.unix_ms();
        let steps = self.steps;
        let end = || {
            let reason = String::new();
            if fails { Err(StoreError::Failed { action: "test", reason }) } else { Ok(()) }
        };
        let before = (self.engine_knows.clone(), self.model_knows.clone());
        let ids: Vec<_> = self.fixture.tables.lock().deliveries.values().map(|it| it.id).collect();

        let mut answer = Answer::Nothing;
        let knows = &mut self.engine_knows;
        let result = self.engine.store.transaction(&mut |t| {
            answer = live(t, step, knows, &ids, steps, now)?;
            end()
        });
        assert_eq!(result.is_err(), fails, "{result:?}");

        let mut expected = Answer::Nothing;
        let knows = &mut self.model_knows;
        let chosen = check_claimed(&self.fixture.tables.lock(), step, knows, &answer, now);
        let result = self.model.run(|t| {
            expected = match chosen {
                Some(ids) => Answer::claimed(knows, t.take(&ids)),
                None => live(t, step, knows, &ids, steps, now)?,
            };
            end()
        });
        assert_eq!(result.is_err(), fails, "{result:?}");
        assert_eq!(answer, expected, "{step:?}");
        if fails {
            (self.engine_knows, self.model_knows) = before;
        }
    }

    /// The worker dies, and the next one finds what it left.
    fn restart(&mut self) {
        let (found, expected) = (self.engine.die(), self.load_model());
        let loaded = |loaded: &Loaded| {
            let mut webhooks: Vec<_> = loaded
                .webhooks
                .iter()
                .map(|webhook| (webhook.id.clone(), webhook.health.clone(), webhook.next_due))
                .collect();
            webhooks.sort_by(|(a, ..), (b, ..)| a.cmp(b));
            let deadly: Vec<_> = loaded.deadly.iter().map(|claim| claim.id).collect();
            (webhooks, loaded.clock, loaded.reclaimed, loaded.suspects, deadly)
        };
        assert_eq!(loaded(&found), loaded(&expected));
        for (knows, loaded) in [(&mut self.engine_knows, found), (&mut self.model_knows, expected)]
        {
            knows.claims = loaded.deadly.into_iter().map(|claim| (claim.id, claim)).collect();
        }
    }

    fn load_model(&mut self) -> Loaded {
        use crate::Store as _;
        self.model.load().unwrap()
    }
}
