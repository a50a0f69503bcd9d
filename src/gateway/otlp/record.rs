//! One span or log record: what the readers of either encoding hand over.

use crate::json::Node;

/// Maximum attributes, attribute values and events of one body. At some 60 bytes each, this bounds the memory that a
/// body can take beyond its own size.
pub(super) const VALUES_MAX: usize = 1_000_000;

/// The signal being exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// Spans.
    Traces,
    /// Log records.
    Logs,
}

/// An event of a span.
pub(super) struct Event<'a> {
    pub(super) name: &'a str,
    /// Attributes, as one object.
    pub(super) attributes: Node<'a>,
}

/// The fields of a span or log record that are used.
#[derive(Default)]
pub(super) struct Record<'a> {
    /// The name of a span, or the event name of a log record; empty when absent.
    pub(super) name: &'a str,
    /// Attributes, as one object.
    pub(super) attributes: Node<'a>,
    /// The body of a log record.
    pub(super) body: Node<'a>,
    /// The events of a span, in order.
    pub(super) events: Vec<Event<'a>>,
    /// Time in nanoseconds since 1970; 0 when unknown.
    pub(super) nanos: u64,
    /// Span id, in hexadecimal.
    pub(super) span: Option<String>,
    /// Whether the span is a call to another service.
    pub(super) outgoing: bool,
    /// Whether the status is an error.
    pub(super) failed: bool,
}

impl Record<'_> {
    /// Returns the name of a log record's event: its own field today, an attribute in older exporters.
    pub(super) fn event_name(&self) -> &str {
        match self.attributes.get("event.name").text() {
            Some(name) if self.name.is_empty() => name,
            _ => self.name,
        }
    }
}
