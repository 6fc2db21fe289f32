//! The figures: what each is, and what it has to be.

/// Which side of the bound is the good one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Better {
    Lower,
    Higher,
}

/// A row of the table.
pub(crate) struct Figure {
    pub(crate) key: &'static str,
    pub(crate) what: &'static str,
    /// What it is measured against.
    pub(crate) peer: &'static str,
    pub(crate) better: Better,
    pub(crate) must: f64,
    pub(crate) aim: f64,
}

impl Figure {
    /// Whether `value` is as good as `bound`.
    pub(crate) fn meets(&self, value: f64, bound: f64) -> bool {
        match self.better {
            Better::Lower => value <= bound,
            Better::Higher => value >= bound,
        }
    }

    /// `aim`, `must` or `no`.
    pub(crate) fn met(&self, value: f64) -> &'static str {
        if self.meets(value, self.aim) {
            "aim"
        } else if self.meets(value, self.must) {
            "must"
        } else {
            "no"
        }
    }
}

const fn at_most(
    key: &'static str,
    what: &'static str,
    peer: &'static str,
    must: f64,
    aim: f64,
) -> Figure {
    Figure { key, what, peer, better: Better::Lower, must, aim }
}

const fn at_least(
    key: &'static str,
    what: &'static str,
    peer: &'static str,
    must: f64,
    aim: f64,
) -> Figure {
    Figure { key, what, peer, better: Better::Higher, must, aim }
}

/// All of them, in the order of the table.
#[rustfmt::skip]
pub(crate) static FIGURES: [Figure; 30] = [
    at_most("encode_ratio", "webhooks_encode, six payloads, geometric mean", "json_encode", 0.77, 0.5),
    at_most("encode_ratio_worst", "the worst of the six", "json_encode", 1.0, 0.7),
    at_most("dispatch_ratio", "webhooks_dispatch, p50", "json_encode", 3.0, 1.5),
    at_most("dispatch_p999_us", "webhooks_dispatch, 8 processes at 200/s each, p99.9, µs", "", 1500.0, 300.0),
    at_most("no_subscriber_us", "an event that nobody wants, µs", "", 0.5, 0.15),
    at_most("dispatch_10k_ratio", "dispatch with 10,000 webhooks", "with 10", 1.2, 1.02),
    at_most("request_ratio", "a WordPress page that dispatches an event", "without plugin and extension", 1.04, 1.02),
    at_least("vs_nonblocking_post", "wp_remote_post(blocking => false), p50", "webhooks_dispatch", 75.0, 200.0),
    at_least("vs_insert", "$wpdb->insert, MariaDB's default durability, p50", "webhooks_dispatch", 100.0, 250.0),
    at_least("vs_insert_nosync", "the same, innodb_flush_log_at_trx_commit=2", "webhooks_dispatch", 20.0, 50.0),
    at_least("deliveries_per_second", "signed, recorded, one endpoint, 16 connections", "", 8000.0, 20000.0),
    at_least("deliveries_per_wrk", "the same", "wrk -t1 -c16, the same POST", 0.08, 0.2),
    at_least("ingest_per_second", "1,000,000 records, one delivery each", "", 50_000.0, 100_000.0),
    at_most("latency_p50_ms", "dispatch returns → endpoint has it, 200/s, p50, ms", "", 1.5, 0.5),
    at_most("latency_p99_ms", "the same, p99, ms", "", 10.0, 2.0),
    at_most("latency_loaded_p99_ms", "at 70 % of the full rate, one more webhook hangs, p99, ms", "", 50.0, 10.0),
    at_most("worker_rss_mib", "worker's peak memory at full rate, MiB", "", 40.0, 20.0),
    at_most("worker_rss_1m_mib", "the same with 1,000,000 pending, MiB", "", 64.0, 32.0),
    at_least("backlog_rate_ratio", "deliveries/s with 1,000,000 pending", "with few", 0.8, 0.95),
    at_most("list_1m_ms", "webhooks_deliveries, filter and cursor, 1,000,000 deliveries, p99, ms", "", 20.0, 3.0),
    at_most("cpu_us_per_delivery", "worker's CPU time for a delivery at full rate, µs", "", 150.0, 60.0),
    at_least("wan_per_second", "500 webhooks, 200 ms, 60 events each: deliveries/s", "", 5000.0, 10_000.0),
    at_least("wan_tls_per_second", "the same over TLS 1.3, each webhook another host", "", 3000.0, 8000.0),
    at_most("wan_rss_mib", "worker's peak memory there, over TLS, MiB", "", 192.0, 96.0),
    at_most("wan_cpu_us_per_delivery", "worker's CPU time for a delivery at 200 ms, µs", "", 150.0, 60.0),
    at_least("tls_per_second", "one endpoint over TLS, kept alive", "plain", 0.6, 0.85),
    at_most("quiet_p99_ms", "100 events/s beside 300 busy webhooks of 50–900 ms, p99, ms", "", 50.0, 10.0),
    at_most("hanging_p99_ratio", "100 webhooks beside 2,000 that hang, p99", "alone", 2.0, 1.2),
    at_most("spread_p99_ms", "5,000 events at once, one for each of 5,000 webhooks at 50 ms, p99, ms", "", 1500.0, 600.0),
    at_most("idle_wakeups", "idle worker's context switches a second", "", 1.0, 0.05),
];
