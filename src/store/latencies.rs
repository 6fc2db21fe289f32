//! How long requests took: counts in buckets whose width grows with what they hold.
//!
//! Four buckets for each doubling, from a microsecond on, so a percentile is right to an eighth.
//! An hour of a webhook has a few dozen bytes, however many requests it made, and hours add up.

use std::collections::BTreeMap;

/// Counts of requests by how long they took.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Latencies {
    counts: BTreeMap<u8, u64>,
}

/// Buckets for each doubling, as a power of two.
const PARTS: u32 = 2;

impl Latencies {
    /// Counts a request that took `us` microseconds.
    pub fn count(&mut self, us: u64) {
        *self.counts.entry(bucket(us)).or_default() += 1;
    }

    /// Adds those of another time, or of another server.
    pub fn add(&mut self, other: &Self) {
        for (bucket, count) in &other.counts {
            let sum = self.counts.entry(*bucket).or_default();
            *sum = sum.saturating_add(*count);
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// The time, in microseconds, within which this share of the requests was answered (0.5: the
    /// median); none where there were none.
    pub fn percentile(&self, share: f64) -> Option<u64> {
        let total: u64 = self.counts.values().sum();
        let rank = ((total as f64 * share).ceil() as u64).clamp(1, total.max(1));
        let mut passed = 0;
        let mut at_rank = self.counts.iter().skip_while(|(_, count)| {
            passed += **count;
            passed < rank
        });
        at_rank.next().map(|(bucket, _)| middle(*bucket))
    }

    /// As a store keeps them: pairs of a bucket's number and its count, the latter in groups of
    /// seven bits, lowest first, of which all but the last have the eighth bit (LEB128).
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(3 * self.counts.len());
        for (bucket, count) in &self.counts {
            bytes.push(*bucket);
            let mut rest = *count;
            while rest >= 0x80 {
                bytes.push(rest as u8 | 0x80);
                rest >>= 7;
            }
            bytes.push(rest as u8);
        }
        bytes
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote; what is cut off or malformed counts nothing.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let mut counts = BTreeMap::new();
        let mut rest = bytes.iter();
        while let Some(bucket) = rest.next() {
            let (mut count, mut shift) = (0_u64, 0);
            let ended = loop {
                let Some(byte) = rest.next().filter(|_| shift < u64::BITS) else { break false };
                count |= u64::from(byte & 0x7f) << shift;
                shift += 7;
                if byte & 0x80 == 0 {
                    break true;
                }
            };
            if !ended {
                break;
            }
            counts.insert(*bucket, count);
        }
        Self { counts }
    }
}

/// The bucket of a time in microseconds: its doublings, and the quarter between two of them.
fn bucket(us: u64) -> u8 {
    let us = us.max(1);
    let doublings = us.ilog2();
    let quarter = (u128::from(us) << PARTS >> doublings) & 3;
    (doublings << PARTS) as u8 | quarter as u8
}

/// The middle of a bucket, in microseconds.
fn middle(bucket: u8) -> u64 {
    let (doublings, quarter) = (u32::from(bucket >> PARTS), u128::from(bucket & 3));
    let twice = (2 * (4 + quarter) + 1) << doublings >> PARTS;
    (twice / 2) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_is_within_an_eighth_of_its_buckets_middle() {
        for us in (1..20_000).chain((0..44).map(|power| 3 << power)).chain([u64::MAX, 60_000_000]) {
            let found = middle(bucket(us));
            let error = us.abs_diff(found) as f64 / us as f64;
            assert!(error <= 0.125 || us < 8, "{us} µs is told as {found}");
        }
        assert!((0..u8::MAX).all(|bucket| middle(bucket) <= middle(bucket + 1)));
    }

    #[test]
    fn percentiles_are_those_of_the_times() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.percentile(0.5), None);
        (1..=1000).for_each(|ms| latencies.count(ms * 1000));
        for (share, expected) in [(0.5, 500_000.0), (0.95, 950_000.0), (1.0, 1_000_000.0)] {
            let found = latencies.percentile(share).unwrap() as f64;
            assert!((found / expected - 1.0).abs() <= 0.125, "{share}: {found}");
        }
        let mut one = Latencies::default();
        one.count(7000);
        assert_eq!(one.percentile(0.0), one.percentile(1.0));
    }

    #[test]
    fn bytes_keep_every_count() {
        let mut latencies = Latencies::default();
        for (us, times) in [(1, 1), (900, 127), (1100, 128), (60_000_000, 20_000)] {
            (0..times).for_each(|_| latencies.count(us));
        }
        let bytes = latencies.to_bytes();
        assert_eq!(Latencies::from_bytes(&bytes), latencies);
        let mut twice = latencies.clone();
        twice.add(&latencies);
        assert_eq!(twice.percentile(0.5), latencies.percentile(0.5));
        // Damaged, it is what could be read.
        let cut = Latencies::from_bytes(&bytes[..bytes.len() - 1]);
        assert_eq!(cut.counts.len(), 3);
        assert_eq!(Latencies::from_bytes(&[9, 0xff, 0xff]), Latencies::default());
        Latencies::from_bytes(&[0xff; 40]);
    }
}
