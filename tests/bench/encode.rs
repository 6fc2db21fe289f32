//! `encode_ratio`, `encode_ratio_worst`: JSON beside PHP's own.

use serde_json::json;

use crate::results::Results;
use crate::rounds::{Rounds, geometric_mean, median};
use crate::testbed::Testbed;
use crate::{Bench, Result};

pub(crate) fn run(bench: &Bench, results: &mut Results) -> Result {
    let testbed = Testbed::new(&bench.build)?;
    let mut script = testbed.script("encode.php")?;
    let answer = script.ask(&json!({ "rounds": bench.pick(61, 9) }))?;
    let mut payloads: Vec<(String, Rounds)> = Vec::new();
    for (name, measured) in answer.as_object().ok_or("no payloads")? {
        let pairs = measured["rounds"].as_array().ok_or("no rounds")?.iter();
        let ratio = |pair: &serde_json::Value| Some(pair[0].as_f64()? / pair[1].as_f64()?);
        payloads.push((name.clone(), pairs.filter_map(ratio).collect()));
    }
    let rounds = payloads.first().map_or(0, |(_, rounds)| rounds.len());
    let means = (0..rounds).map(|round| {
        let ratios: Vec<_> = payloads.iter().map(|(_, rounds)| rounds[round]).collect();
        geometric_mean(&ratios)
    });
    results.add("encode_ratio", means.collect());
    for (name, rounds) in &payloads {
        results.note(format!("encode, {name}: {:.3} of json_encode's time", median(rounds)));
    }
    let worst = payloads.into_iter().max_by(|a, b| median(&a.1).total_cmp(&median(&b.1)));
    results.add("encode_ratio_worst", worst.ok_or("no payloads")?.1);
    script.end()
}
