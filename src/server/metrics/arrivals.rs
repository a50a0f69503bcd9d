//! What has arrived since the start, and through which door: counters for `/metrics` and `/v1/status`.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use strum::{IntoStaticStr, VariantArray};

use crate::domain::{Assessment, Exchange, Timestamp};
use crate::gateway::UNKNOWN_MODEL;
use crate::server::auth::api_scope::ApiScope;
use crate::server::clock;

type Label = (&'static str, &'static str);

/// What can be said of an exchange that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub(in crate::server) enum Arrival {
    /// It was counted in its account's history.
    Counted,
    /// It repeats an earlier one and was not counted again.
    Repeated,
    /// It was refused: unreadable, or without something that an exchange needs.
    Refused,
    /// It was counted and holds no text of a request.
    WithoutText,
    /// It was counted and names no model.
    WithoutModel,
    /// It was read and has no time of its own.
    WithoutTime,
    /// It was counted and was longer than what is read.
    Truncated,
}

/// A way by which exchanges come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub(in crate::server) enum Door {
    /// `ScoringService` and `/v1/score`.
    Scoring,
    /// LiteLLM's guardrail.
    LitellmGuardrail,
    /// LiteLLM's log export.
    LitellmLog,
    /// Portkey's webhook.
    Portkey,
    /// agentgateway's prompt guard.
    Agentgateway,
    /// Envoy's external processing.
    Envoy,
    /// OpenTelemetry traces and logs.
    Otlp,
}

/// What there is to know of an exchange before it is scored, when its text is gone.
#[derive(Clone, Copy)]
pub(in crate::server) struct Shape {
    has_text: bool,
    names_model: bool,
}

/// The counters.
#[derive(Default)]
pub(in crate::server) struct Arrivals {
    exchanges: Family<[Label; 1], Counter>,
    calls: Family<[Label; 1], Counter>,
    last_call: Family<[Label; 1], Gauge>,
}

impl Shape {
    /// Returns the shape of an exchange.
    pub(in crate::server) fn of(exchange: &Exchange) -> Self {
        let has_words = |text: &str| !text.trim().is_empty();
        let mut messages = exchange.messages.iter();
        Self {
            has_text: messages.any(|message| has_words(message.content.expose())),
            names_model: exchange.model != UNKNOWN_MODEL,
        }
    }
}

impl Door {
    /// Every door.
    pub(in crate::server) const ALL: &'static [Self] = Self::VARIANTS;

    /// Returns the door of a route: its group and the last segment of its path.
    fn of(api: ApiScope, method: &str) -> Option<Self> {
        Some(match (api, method) {
            (ApiScope::Scoring, _) => Self::Scoring,
            (ApiScope::Hooks, "litellm_basic_guardrail_api") => Self::LitellmGuardrail,
            (ApiScope::Telemetry, "litellm") => Self::LitellmLog,
            (ApiScope::Hooks, "webhook") => Self::Portkey,
            (ApiScope::Hooks, "request" | "response") => Self::Agentgateway,
            (ApiScope::Hooks, "Process") => Self::Envoy,
            (ApiScope::Telemetry, "traces" | "logs") => Self::Otlp,
            _ => return None,
        })
    }

    /// Returns the stable name.
    pub(in crate::server) fn name(self) -> &'static str {
        self.into()
    }
}

impl Arrivals {
    /// Counts a scored exchange.
    pub(in crate::server) fn count_scored(&self, shape: Shape, assessment: &Assessment) {
        if assessment.duplicate {
            return self.count(Arrival::Repeated);
        }
        self.count(Arrival::Counted);
        for (holds, what) in [
            (!shape.has_text, Arrival::WithoutText),
            (!shape.names_model, Arrival::WithoutModel),
            (assessment.truncated, Arrival::Truncated),
        ] {
            if holds {
                self.count(what);
            }
        }
    }

    /// Counts something that arrived.
    pub(in crate::server) fn count(&self, what: Arrival) {
        self.exchanges.get_or_create(&label(what)).inc();
    }

    /// Returns how much of it arrived.
    pub(in crate::server) fn value(&self, what: Arrival) -> u64 {
        self.exchanges.get_or_create(&label(what)).get()
    }

    /// Counts a call that was answered, if its route is a door.
    pub(super) fn count_call(&self, api: ApiScope, method: &str) {
        if let Some(door) = Door::of(api, method) {
            self.calls.get_or_create(&door_label(door)).inc();
            let seconds = clock::now().as_micros() / 1_000_000;
            self.last_call.get_or_create(&door_label(door)).set(seconds);
        }
    }

    /// Returns the calls through a door, and the time of the last one.
    pub(in crate::server) fn calls(&self, door: Door) -> (u64, Option<Timestamp>) {
        let calls = self.calls.get_or_create(&door_label(door)).get();
        let seconds = self.last_call.get_or_create(&door_label(door)).get();
        let last = (seconds > 0).then(|| Timestamp::from_micros(seconds * 1_000_000));
        (calls, last)
    }

    #[rustfmt::skip]
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "exchanges",
            "Exchanges that arrived; `without_text`, `without_model` and `truncated` are parts of `counted`",
            self.exchanges.clone(),
        );
        registry.register("door_calls", "Calls answered, by the door through which exchanges come", self.calls.clone());
        registry.register_with_unit(
            "door_last_call_timestamp",
            "Time of the last call answered at a door, since the epoch; 0 before the first",
            Unit::Seconds,
            self.last_call.clone(),
        );
    }

    /// Creates every time series, at 0.
    pub(super) fn start_at_zero(&self) {
        for &what in Arrival::VARIANTS {
            drop(self.exchanges.get_or_create(&label(what)));
        }
        for &door in Door::ALL {
            drop(self.calls.get_or_create(&door_label(door)));
            drop(self.last_call.get_or_create(&door_label(door)));
        }
    }
}

fn label(what: Arrival) -> [Label; 1] {
    [("what", what.into())]
}

fn door_label(door: Door) -> [Label; 1] {
    [("door", door.name())]
}
