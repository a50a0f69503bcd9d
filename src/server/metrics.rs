//! The metrics of the server, and their exposition at `/metrics`.
//!
//! No label holds data of a caller: groups of routes, methods, codes and bands are closed lists, and each of their time
//! series exists at 0 before the first request.

pub(super) mod arrivals;

use std::sync::Arc;
use std::time::Duration;

use connectrpc::ErrorCode;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use strum::{IntoStaticStr, VariantArray};

use arrivals::Arrivals;

use super::auth::api_scope::ApiScope;
use super::services::ActiveBundle;
use crate::domain::{Assessment, Band, Recommendation};
use crate::gateway::{Door, Unread};

/// Content type of the exposition format.
pub(super) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Buckets of durations, in seconds: from 0.5 ms to 10 s.
const SECONDS: [f64; 14] = [
    0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0,
];
/// Buckets of risks: finer where risks are rare, because drift shows there first.
const RISKS: [f64; 12] = [
    0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95,
];

type Label = (&'static str, &'static str);

/// Labels of the request counter.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    surface: &'static str,
    method: Arc<str>,
    code: &'static str,
}

/// Labels of the request duration.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DurationLabels {
    surface: &'static str,
    method: Arc<str>,
}

/// Reason why a request was shed: refused, or left unscored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub(super) enum Shed {
    /// `max_concurrent_requests` requests were running.
    Concurrency,
    /// The queue was full.
    Queue,
    /// Its deadline passed, or its client disconnected, while it waited in the queue.
    Cancelled,
    /// Its key has used up its rate.
    Rate,
    /// Its key has reached its maximum of concurrent requests.
    AtOnce,
    /// Background scoring of a gateway's exchange found no memory, no queue slot, or no time at shutdown.
    Background,
}

/// Returns the `code` label of a request; `None` is success.
pub(super) fn code_name(code: Option<ErrorCode>) -> &'static str {
    code.map_or("ok", |code| code.as_str())
}

/// Returns every outcome of a request.
fn codes() -> impl Iterator<Item = Option<ErrorCode>> {
    // gRPC numbers its codes from 1 without gaps.
    let codes = (1..).map_while(ErrorCode::from_grpc_code);
    std::iter::once(None).chain(codes.map(Some))
}

/// All instruments.
pub(super) struct Metrics {
    registry: Registry,
    requests: Family<CallLabels, Counter>,
    request_seconds: Family<DurationLabels, Histogram, fn() -> Histogram>,
    shed: Family<[Label; 1], Counter>,
    unread: Family<[Label; 2], Counter>,
    pub(super) queue_depth: Gauge,
    queue_wait: Histogram,
    work: Histogram,
    verdicts: Family<[Label; 2], Counter>,
    risk: Histogram,
    truncated: Counter,
    arrivals: Arrivals,
    accounts: Gauge,
    ready: Gauge,
    model: Family<Vec<(&'static str, String)>, Gauge>,
}

impl Metrics {
    /// Creates all instruments, at 0.
    pub(super) fn new() -> Arc<Self> {
        let mut metrics = Self {
            registry: Registry::with_prefix("stillwatch"),
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            shed: Family::default(),
            unread: Family::default(),
            queue_depth: Gauge::default(),
            queue_wait: Histogram::new(SECONDS),
            work: Histogram::new(SECONDS),
            verdicts: Family::default(),
            risk: Histogram::new(RISKS),
            truncated: Counter::default(),
            arrivals: Arrivals::default(),
            accounts: Gauge::default(),
            ready: Gauge::default(),
            model: Family::default(),
        };
        metrics.register();
        metrics.start_at_zero();
        Arc::new(metrics)
    }

    /// Creates the time series of a method, at 0.
    pub(super) fn start_calls(&self, api: ApiScope, method: &Arc<str>) {
        drop(self.request_seconds.get_or_create(&duration(api, method)));
        for code in codes() {
            drop(self.requests.get_or_create(&call(api, method, code)));
        }
    }

    /// Counts a finished request.
    pub(super) fn count_request(
        &self,
        api: ApiScope,
        method: &Arc<str>,
        code: Option<ErrorCode>,
        took: Duration,
    ) {
        self.requests.get_or_create(&call(api, method, code)).inc();
        if code.is_none() {
            self.arrivals.count_call(api, method);
        }
        self.request_seconds
            .get_or_create(&duration(api, method))
            .observe(took.as_secs_f64());
    }

    /// Counts a shed request.
    pub(super) fn shed(&self, reason: Shed) {
        self.shed.get_or_create(&[("reason", reason.into())]).inc();
    }

    /// Counts a call of which not everything was read. Returns how many there were before it.
    pub(super) fn count_unread(&self, door: Door, reason: Unread) -> u64 {
        self.unread.get_or_create(&unread(door, reason)).inc()
    }

    /// Records how long a request waited for a worker.
    pub(super) fn observe_queue_wait(&self, time: Duration) {
        self.queue_wait.observe(time.as_secs_f64());
    }

    /// Records how long a worker was busy with one request.
    pub(super) fn observe_work(&self, time: Duration) {
        self.work.observe(time.as_secs_f64());
    }

    /// Counts a scored exchange; repeats are not counted again.
    pub(super) fn count_assessment(&self, assessment: &Assessment) {
        if assessment.duplicate {
            return;
        }
        self.verdicts
            .get_or_create(&verdict(assessment.recommendation, assessment.band))
            .inc();
        self.risk.observe(assessment.risk.value());
        if assessment.truncated {
            self.truncated.inc();
        }
    }

    /// Returns the counters of what arrived.
    pub(super) const fn arrivals(&self) -> &Arrivals {
        &self.arrivals
    }

    /// Returns the current metrics in the exposition format.
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
        encode(&mut text, &self.registry).expect("writing to a string cannot fail");
        text
    }

    #[rustfmt::skip]
    fn register(&mut self) {
        let build: Family<[Label; 1], Gauge> = Family::default();
        build.get_or_create(&[("version", env!("CARGO_PKG_VERSION"))]).set(1);
        let registry = &mut self.registry;
        registry.register(
            "requests",
            "Requests answered, by surface, method and Connect or gRPC code",
            self.requests.clone(),
        );
        registry.register_with_unit(
            "request_duration",
            "Time from a request's headers to its response, or to the end of a stream",
            Unit::Seconds,
            self.request_seconds.clone(),
        );
        registry.register(
            "shed",
            "Requests refused or left unscored: for concurrent requests (max_concurrent_requests), a full queue, \
             a client or deadline gone while queued, the key's rate or its concurrent requests; and gateway \
             exchanges dropped in the background",
            self.shed.clone(),
        );
        registry.register(
            "unread_exchanges",
            "Calls at gateways counted without their content (malformed, too_large, no_messages) or not counted \
             (redacted, no_account, stranger, unusable), by door and reason",
            self.unread.clone(),
        );
        registry.register("queue_depth", "Requests waiting for a worker", self.queue_depth.clone());
        registry.register_with_unit(
            "queue_wait",
            "Time that admitted requests waited for a worker",
            Unit::Seconds,
            self.queue_wait.clone(),
        );
        registry.register_with_unit(
            "work",
            "Time that a worker was busy with one request; a batch is one request",
            Unit::Seconds,
            self.work.clone(),
        );
        registry.register("verdicts", "Exchanges scored, by recommendation and band", self.verdicts.clone());
        registry.register("risk", "Risk of scored exchanges; a change of its distribution is drift", self.risk.clone());
        registry.register(
            "truncated",
            "Exchanges whose text was longer than the text model reads",
            self.truncated.clone(),
        );
        self.arrivals.register(registry);
        registry.register("accounts", "Accounts in memory", self.accounts.clone());
        registry.register("ready", "1 if the server is ready (see `/readyz`), else 0", self.ready.clone());
        registry.register(
            "model_info",
            "Always 1; labeled with the active bundle and the BLAKE3 digest of its manifest",
            self.model.clone(),
        );
        registry.register("build_info", "Always 1; labeled with the program's version", build);
    }

    fn start_at_zero(&self) {
        self.arrivals.start_at_zero();
        for reason in Shed::VARIANTS {
            drop(self.shed.get_or_create(&[("reason", reason.into())]));
        }
        for &door in Door::VARIANTS {
            for &reason in Unread::VARIANTS {
                drop(self.unread.get_or_create(&unread(door, reason)));
            }
        }
        for &recommendation in Recommendation::ALL {
            for &band in Band::ALL {
                drop(self.verdicts.get_or_create(&verdict(recommendation, band)));
            }
        }
    }
}

fn call(api: ApiScope, method: &Arc<str>, code: Option<ErrorCode>) -> CallLabels {
    CallLabels {
        surface: api.name(),
        method: Arc::clone(method),
        code: code_name(code),
    }
}

fn duration(api: ApiScope, method: &Arc<str>) -> DurationLabels {
    DurationLabels {
        surface: api.name(),
        method: Arc::clone(method),
    }
}

fn unread(door: Door, reason: Unread) -> [Label; 2] {
    [("door", door.into()), ("reason", reason.into())]
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

    /// Returns the table of the documentation, generated from the registry.
    fn table() -> String {
        let metrics = Metrics::new();
        metrics.start_calls(ApiScope::Open, &"call".into());
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
            let time = ["_duration", "_wait", "_work", "_timestamp"];
            let time = time.iter().any(|word| name.contains(word));
            assert_eq!(time, name.ends_with("_seconds"), "{row}");
            assert!(!row.contains("`account`"), "{row}");
        }
    }

    #[test]
    fn no_call_makes_a_series() {
        let metrics = Metrics::new();
        let series = |metrics: &Metrics| {
            let mut text = String::new();
            encode(&mut text, &metrics.registry).unwrap();
            text.lines().count()
        };
        let method = Arc::from("call");
        for &api in ApiScope::ALL {
            metrics.start_calls(api, &method);
        }
        let before = series(&metrics);
        for &api in ApiScope::ALL {
            for code in codes() {
                metrics.count_request(api, &method, code, Duration::from_millis(3));
            }
        }
        assert_eq!(
            series(&metrics),
            before,
            "every series exists from the start"
        );
    }
}
