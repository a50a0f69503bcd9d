//! What the server counts, under which names; the text of `/metrics`.
//!
//! No label holds anything of a caller: surfaces, methods, codes and bands are closed lists, and every series of theirs
//! is there at 0 before the first call.

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::{ActiveBundle, Surface};
use crate::domain::{Assessment, Band, Recommendation};

/// The content type of the text.
pub(super) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Connect and gRPC codes that a call can end with. Others count as `unknown`.
pub(super) const CODES: [&str; 13] = [
    "ok",
    "canceled",
    "invalid_argument",
    "deadline_exceeded",
    "not_found",
    "permission_denied",
    "resource_exhausted",
    "failed_precondition",
    "unimplemented",
    "internal",
    "unavailable",
    "unauthenticated",
    "unknown",
];
/// The method of a call that its surface does not list.
pub(super) const OTHER: &str = "other";

/// From 0.5 ms to 10 s.
const SECONDS: [f64; 14] = [
    0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0,
];
/// Finer where risks are rare, since drift shows there first.
const RISKS: [f64; 12] = [
    0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95,
];

const BANDS: [Band; 5] = [
    Band::Insufficient,
    Band::Low,
    Band::Elevated,
    Band::High,
    Band::Severe,
];
const RECOMMENDATIONS: [Recommendation; 4] = [
    Recommendation::Allow,
    Recommendation::Watch,
    Recommendation::Review,
    Recommendation::Restrict,
];

type Label = (&'static str, &'static str);

/// Why a call was turned away before it was scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shed {
    /// `calls_max` calls were inside.
    Door,
    /// Every place of the queue was taken.
    Queue,
    /// It left the queue before its turn: its deadline passed, or its caller went.
    Left,
    /// Its key had made more calls a second than it may.
    Rate,
    /// Its key had more calls inside than it may.
    AtOnce,
    /// A gateway's exchange, scored with nobody waiting for it, found no room or no worker.
    Unawaited,
}

impl Shed {
    const ALL: [Self; 6] = [
        Self::Door,
        Self::Queue,
        Self::Left,
        Self::Rate,
        Self::AtOnce,
        Self::Unawaited,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Door => "door",
            Self::Queue => "queue",
            Self::Left => "left",
            Self::Rate => "rate",
            Self::AtOnce => "at_once",
            Self::Unawaited => "unawaited",
        }
    }
}

/// Every instrument.
pub(super) struct Metrics {
    registry: Registry,
    requests: Family<[Label; 3], Counter>,
    request_seconds: Family<[Label; 2], Histogram, fn() -> Histogram>,
    shed: Family<[Label; 1], Counter>,
    pub(super) queue_depth: Gauge,
    queue_wait: Histogram,
    work: Histogram,
    verdicts: Family<[Label; 2], Counter>,
    risk: Histogram,
    truncated: Counter,
    accounts: Gauge,
    ready: Gauge,
    model: Family<Vec<(&'static str, String)>, Gauge>,
}

impl Metrics {
    /// All at 0.
    pub(super) fn new() -> Arc<Self> {
        let mut metrics = Self {
            registry: Registry::with_prefix("stillwatch"),
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            shed: Family::default(),
            queue_depth: Gauge::default(),
            queue_wait: Histogram::new(SECONDS),
            work: Histogram::new(SECONDS),
            verdicts: Family::default(),
            risk: Histogram::new(RISKS),
            truncated: Counter::default(),
            accounts: Gauge::default(),
            ready: Gauge::default(),
            model: Family::default(),
        };
        metrics.register();
        metrics.start_at_zero();
        Arc::new(metrics)
    }

    /// One call has ended.
    pub(super) fn answered(
        &self,
        surface: Surface,
        method: &'static str,
        code: &'static str,
        took: Duration,
    ) {
        let [of, by] = [("surface", surface.name()), ("method", method)];
        self.requests.get_or_create(&[of, by, ("code", code)]).inc();
        self.request_seconds
            .get_or_create(&[of, by])
            .observe(took.as_secs_f64());
    }

    /// One call was turned away.
    pub(super) fn shed(&self, reason: Shed) {
        self.shed.get_or_create(&[("reason", reason.name())]).inc();
    }

    /// One call has a worker, after so long.
    pub(super) fn waited(&self, time: Duration) {
        self.queue_wait.observe(time.as_secs_f64());
    }

    /// A worker was busy so long with one call.
    pub(super) fn worked(&self, time: Duration) {
        self.work.observe(time.as_secs_f64());
    }

    /// One exchange was scored.
    pub(super) fn scored(&self, assessment: &Assessment) {
        self.verdicts
            .get_or_create(&verdict(assessment.recommendation, assessment.band))
            .inc();
        self.risk.observe(assessment.risk.value());
        if assessment.truncated {
            self.truncated.inc();
        }
    }

    /// The text now.
    pub(super) fn text(&self, bundle: ActiveBundle, accounts: usize, ready: bool) -> String {
        self.accounts
            .set(i64::try_from(accounts).unwrap_or(i64::MAX));
        self.ready.set(i64::from(ready));
        let model = vec![("bundle", bundle.name), ("digest", bundle.digest)];
        if self.model.get(&model).is_none() {
            self.model.clear();
            self.model.get_or_create(&model).set(1);
        }
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("a string takes everything");
        text
    }

    #[rustfmt::skip]
    fn register(&mut self) {
        let build: Family<[Label; 1], Gauge> = Family::default();
        build.get_or_create(&[("version", env!("CARGO_PKG_VERSION"))]).set(1);
        let registry = &mut self.registry;
        registry.register("requests", "Calls answered, by surface, method and Connect or gRPC code", self.requests.clone());
        registry.register_with_unit("request_duration", "From a call's headers to its answer, or to the end of a stream", Unit::Seconds, self.request_seconds.clone());
        registry.register("shed", "Calls turned away unscored: at the door (calls_max), for a full queue, left before their turn, for their key's rate or its calls at once; and exchanges of gateways that nobody waited for", self.shed.clone());
        registry.register("queue_depth", "Calls that wait for a worker", self.queue_depth.clone());
        registry.register_with_unit("queue_wait", "How long admitted calls waited for a worker", Unit::Seconds, self.queue_wait.clone());
        registry.register_with_unit("work", "How long a worker was busy with one call; a batch is one call", Unit::Seconds, self.work.clone());
        registry.register("verdicts", "Exchanges scored, by recommendation and band", self.verdicts.clone());
        registry.register("risk", "Risks of exchanges scored; a change of its shape is drift", self.risk.clone());
        registry.register("truncated", "Exchanges whose text was longer than the text model reads", self.truncated.clone());
        registry.register("accounts", "Accounts remembered", self.accounts.clone());
        registry.register("ready", "1 when `/readyz` says yes", self.ready.clone());
        registry.register("model_info", "1; the active bundle and the BLAKE3 digest of its manifest", self.model.clone());
        registry.register("build_info", "1; the program's version", build);
    }

    fn start_at_zero(&self) {
        for surface in Surface::ALL {
            for &method in surface.methods().iter().chain([&OTHER]) {
                let [of, by] = [("surface", surface.name()), ("method", method)];
                drop(self.request_seconds.get_or_create(&[of, by]));
                for code in CODES {
                    drop(self.requests.get_or_create(&[of, by, ("code", code)]));
                }
            }
        }
        for reason in Shed::ALL {
            drop(self.shed.get_or_create(&[("reason", reason.name())]));
        }
        for recommendation in RECOMMENDATIONS {
            for band in BANDS {
                drop(self.verdicts.get_or_create(&verdict(recommendation, band)));
            }
        }
    }
}

fn verdict(recommendation: Recommendation, band: Band) -> [Label; 2] {
    [
        ("recommendation", recommendation.name()),
        ("band", band.name()),
    ]
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    /// The table of the documentation, from what is registered.
    fn table() -> String {
        let metrics = Metrics::new();
        let model = vec![("bundle", String::new()), ("digest", String::new())];
        drop(metrics.model.get_or_create(&model));
        let mut text = String::new();
        encode(&mut text, &metrics.registry).unwrap();
        let mut table = String::from("| metric | type | labels | meaning |\n|---|---|---|---|\n");
        for block in text.split("# HELP ").skip(1) {
            let (name, help) = block.lines().next().unwrap().split_once(' ').unwrap();
            let kind = block.lines().find_map(|line| line.strip_prefix("# TYPE "));
            let kind = kind.unwrap().rsplit(' ').next().unwrap();
            let sample = block
                .lines()
                .skip(1)
                .find(|line| !line.starts_with('#'))
                .unwrap();
            let labels = sample
                .split_once('{')
                .map_or("", |(_, rest)| rest.split('}').next().unwrap());
            let labels = labels.split(',').filter_map(|pair| pair.split('=').next());
            let labels: Vec<String> = labels
                .filter(|name| !matches!(*name, "" | "le"))
                .map(|name| format!("`{name}`"))
                .collect();
            let suffix = if kind == "counter" { "_total" } else { "" };
            let help = help.trim_end_matches('.');
            writeln!(
                table,
                "| `{name}{suffix}` | {kind} | {} | {help} |",
                labels.join(", ")
            )
            .unwrap();
        }
        table
    }

    #[test]
    fn the_page_has_the_table() {
        let page = include_str!("../../docs/metrics.md");
        let table = table();
        assert!(
            page.contains(&table),
            "docs/metrics.md should have:\n{table}"
        );
    }

    #[test]
    fn names_follow_the_conventions() {
        for row in table().lines().skip(2) {
            assert!(row.starts_with("| `stillwatch_"), "{row}");
            let name = row.split('`').nth(1).unwrap();
            let time = ["_duration", "_wait", "_work"];
            let time = time.iter().any(|word| name.contains(word));
            assert_eq!(time, name.ends_with("_seconds"), "{row}");
            assert!(!row.contains("`account`"), "{row}");
        }
    }

    #[test]
    fn no_path_makes_a_series() {
        let metrics = Metrics::new();
        let series = |metrics: &Metrics| {
            let mut text = String::new();
            encode(&mut text, &metrics.registry).unwrap();
            text.lines().count()
        };
        let before = series(&metrics);
        for surface in Surface::ALL {
            for &method in surface.methods().iter().chain([&OTHER]) {
                for code in CODES {
                    metrics.answered(surface, method, code, Duration::from_millis(3));
                }
            }
        }
        assert_eq!(
            series(&metrics),
            before,
            "every series is there from the start"
        );
    }
}
