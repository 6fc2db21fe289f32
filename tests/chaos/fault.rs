//! What goes wrong in a run, and when: drawn from the seed before it begins.

use std::time::Duration;

use crate::endpoint::{MOODS, Mood};
use crate::test_webhooks::MOODY;
use testkit::random::Random;

const HOUR: i64 = 3_600_000;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    /// SIGKILL, and another one after a while.
    KillWorker(Duration),
    /// The same, and the one that follows is killed so soon that it is taking in what waits.
    KillTwice(Duration),
    StopWorker(Duration),
    KillProducer,
    StopProducer(Duration),
    /// The disk is full for a while; the worker may be killed meanwhile.
    FillDisk {
        lasts: Duration,
        kill: bool,
    },
    /// Bytes of the journal's tail are cut off or flipped, while nobody uses it.
    Damage,
    Mood {
        webhook: &'static str,
        mood: Mood,
        lasts: Duration,
    },
    /// One answers 410 from now on.
    Gone,
    /// The wall clock is put so many milliseconds from the true time.
    SetClock(i64),
    RotateSecret(&'static str),
    /// Pauses the webhook "paused", or resumes it.
    Pause,
    /// The whole network is held, or released.
    Hold,
}

/// The faults of a run, each with the time before the next one: every kind at least once.
pub(crate) fn plan(random: &mut Random) -> Vec<(Fault, Duration)> {
    let mut faults: Vec<Fault> = (0..KINDS).map(|kind| draw(kind, random)).collect();
    faults.extend(MOODS.map(|mood| bad(mood, random)));
    // Those from which most is to be feared, more often.
    faults.extend([0, 0, 2, 2, 4, 5, 5, 5, 11, 11, 11].map(|kind| draw(kind, random)));
    for _ in 0..8 {
        let kind = random.below(KINDS);
        faults.push(draw(kind, random));
    }
    random.shuffle(&mut faults);
    faults.into_iter().map(|fault| (fault, random.ms(50, 500))).collect()
}

const KINDS: u64 = 13;

fn draw(kind: u64, random: &mut Random) -> Fault {
    match kind {
        0 => Fault::KillWorker(random.ms(0, 400)),
        1 => Fault::StopWorker(random.ms(100, 1300)),
        2 => Fault::KillProducer,
        3 => Fault::StopProducer(random.ms(50, 500)),
        4 => Fault::FillDisk { lasts: random.ms(200, 800), kill: random.once_in(2) },
        5 => Fault::Damage,
        6 => random.pick(&MOODS).copied().map_or(Fault::Damage, |mood| bad(mood, random)),
        7 => Fault::Gone,
        8 => Fault::SetClock((random.below(25) as i64 - 12) * HOUR),
        9 => Fault::RotateSecret(random.pick(&MOODY).copied().unwrap_or("one")),
        10 => Fault::Pause,
        11 => Fault::KillTwice(random.ms(2, 60)),
        _ => Fault::Hold,
    }
}

/// Short enough that a probe comes soon after it.
fn bad(mood: Mood, random: &mut Random) -> Fault {
    let webhook = random.pick(&MOODY).copied().unwrap_or("one");
    Fault::Mood { webhook, mood, lasts: random.ms(200, 2500) }
}
