//! All webhooks together, in the array shape of `stubs/webhooks.stub.php`.

use serde::{Deserialize, Deserializer, Serialize, de};

use super::query::hours;
use super::row::Hour;

/// Events that are looked at to say which sites and events make most, where nothing is said and at most.
pub const SAMPLED: usize = 10_000;
/// Sites and events that are named.
pub(crate) const NAMED: usize = 10;

/// The query of `webhooks_overview()`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "the stub says what each key means")]
pub struct OverviewQuery {
    #[serde(deserialize_with = "hours")]
    pub hours: u16,
    #[serde(deserialize_with = "sample")]
    pub sample: usize,
}

impl Default for OverviewQuery {
    fn default() -> Self {
        Self { hours: 24, sample: SAMPLED }
    }
}

fn sample<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    let sample = i64::deserialize(deserializer)?;
    usize::try_from(sample)
        .ok()
        .filter(|sample| *sample <= SAMPLED)
        .ok_or_else(|| de::Error::custom(format!("`sample` is 0 to {SAMPLED}, not {sample}")))
}

/// How all webhooks have been doing.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the stub says what each key means")]
pub struct Overview {
    pub pending: i64,
    pub held: i64,
    pub hours: Vec<Hour>,
    pub p50_ms: Option<f64>,
    pub p95_ms: Option<f64>,
    pub sampled: usize,
    pub sites: Vec<SiteCount>,
    pub events: Vec<EventCount>,
}

/// How many of the events that were looked at are about a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the stub says what each key means")]
pub struct SiteCount {
    pub site_id: i64,
    pub count: usize,
}

/// How many of the events that were looked at have a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the stub says what each key means")]
pub struct EventCount {
    pub event: String,
    pub count: usize,
}
