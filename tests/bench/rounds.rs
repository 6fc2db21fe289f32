//! Rounds: both sides in turn, and what many rounds come to.

use std::time::Duration;

use hdrhistogram::Histogram;

/// The values of the rounds of a figure.
pub(crate) type Rounds = Vec<f64>;

/// The middle one; of an even number the mean of the two in the middle.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        len if len.is_multiple_of(2) => f64::midpoint(sorted[middle - 1], sorted[middle]),
        _ => sorted[middle],
    }
}

/// Between which values the middle half of the rounds lies.
pub(crate) fn spread(values: &[f64]) -> (f64, f64) {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let last = sorted.len().saturating_sub(1) as f64;
        sorted.get((last * share).round() as usize).copied().unwrap_or(f64::NAN)
    };
    (at(0.25), at(0.75))
}

/// The geometric mean.
pub(crate) fn geometric_mean(values: &[f64]) -> f64 {
    (values.iter().map(|value| value.ln()).sum::<f64>() / values.len() as f64).exp()
}

/// What each of two sides comes to in a round: side 0, 1, 1, 0, and in the next round the other way
/// round. Whatever changes steadily meanwhile weighs on both alike, and so does coming after the
/// other.
pub(crate) fn abba<E>(
    round: usize,
    mut measure: impl FnMut(usize) -> Result<f64, E>,
) -> Result<[f64; 2], E> {
    let (outer, inner) = (round % 2, 1 - round % 2);
    let mut means = [0.0; 2];
    for side in [outer, inner, inner, outer] {
        means[side] += measure(side)? / 2.0;
    }
    Ok(means)
}

/// All latencies, to three digits, in nanoseconds.
pub(crate) struct Latencies(Histogram<u64>);

impl Latencies {
    pub(crate) fn of(values: impl IntoIterator<Item = u64>) -> Self {
        // Up to two minutes, after which nobody waits any more; legal bounds can't fail.
        let mut all = Histogram::new_with_bounds(1, 120_000_000_000, 3).expect("a histogram");
        values.into_iter().for_each(|value| all.saturating_record(value));
        Self(all)
    }

    /// The value that `percent` of all do not exceed.
    pub(crate) fn percentile(&self, percent: f64) -> Duration {
        Duration::from_nanos(self.0.value_at_percentile(percent))
    }

    /// Percentiles in words.
    pub(crate) fn describe(&self) -> String {
        let ms = |percent| self.percentile(percent).as_secs_f64() * 1e3;
        format!(
            "p50 {:.3} ms, p90 {:.3}, p99 {:.3}, p99.9 {:.3}, max {:.3} of {}",
            ms(50.0),
            ms(90.0),
            ms(99.0),
            ms(99.9),
            ms(100.0),
            self.0.len()
        )
    }
}
