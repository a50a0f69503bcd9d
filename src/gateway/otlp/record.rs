//! One span or log record, read from protobuf or JSON.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt::Write;

use super::protobuf::{Broken, Field, Fields};
use crate::json::Node;

/// Maximum attribute values of one body.
const VALUES_MAX: usize = 1_000_000;
/// Maximum nesting of lists and maps in one attribute.
const DEPTH_MAX: usize = 24;

/// The signal being exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// Spans.
    Traces,
    /// Log records.
    Logs,
}

/// The fields of a span or log record that are used.
pub(super) struct Record<'a> {
    /// Attributes, as one object.
    pub(super) attributes: Node<'a>,
    /// Time in nanoseconds since 1970; 0 when unknown.
    pub(super) nanos: u64,
    /// Span id, in hexadecimal.
    pub(super) span: Option<String>,
    /// Whether the status is an error.
    pub(super) failed: bool,
}

/// Calls `each` with every record of a protobuf body.
///
/// # Errors
/// When the body is not protobuf, or has more than [`VALUES_MAX`] attribute values.
pub(super) fn of_protobuf<'a>(
    body: &'a [u8],
    signal: Signal,
    mut each: impl FnMut(&Record<'a>),
) -> Result<(), Broken> {
    let left = Cell::new(VALUES_MAX);
    for field in Fields::of(body) {
        let (1, resource) = field? else { continue };
        for field in Fields::of(resource.bytes()) {
            let (2, scope) = field? else { continue };
            for field in Fields::of(scope.bytes()) {
                let (2, record) = field? else { continue };
                each(&record_of(record.bytes(), signal, &left)?);
            }
        }
    }
    Ok(())
}

fn record_of<'a>(
    message: &'a [u8],
    signal: Signal,
    left: &Cell<usize>,
) -> Result<Record<'a>, Broken> {
    // Field numbers of: attributes, time, fallback time, span id, status.
    let numbers = match signal {
        Signal::Traces => (9, 7, 7, 2, 15),
        Signal::Logs => (6, 1, 11, 10, 0),
    };
    let (attributes, time, observed, span, status) = numbers;
    let mut fields = Vec::new();
    let mut record = Record {
        attributes: Node::Absent,
        nanos: 0,
        span: None,
        failed: false,
    };
    for field in Fields::of(message) {
        let (number, value) = field?;
        match value {
            Field::Bytes(bytes) if number == attributes => fields.push(attribute(bytes, left)?),
            Field::Bytes(bytes) if number == span => record.span = hexadecimal(bytes),
            Field::Bytes(bytes) if number == status => {
                record.failed = Fields::of(bytes).any(|code| code == Ok((3, Field::Varint(2))));
            }
            Field::Fixed64(nanos) if number == time || number == observed && record.nanos == 0 => {
                record.nanos = nanos;
            }
            _ => {}
        }
    }
    record.attributes = Node::Object(fields);
    Ok(record)
}

fn attribute<'a>(
    message: &'a [u8],
    left: &Cell<usize>,
) -> Result<(Cow<'a, str>, Node<'a>), Broken> {
    let mut named = (Cow::Borrowed(""), Node::Absent);
    for field in Fields::of(message) {
        match field? {
            (1, name) => named.0 = String::from_utf8_lossy(name.bytes()),
            (2, value) => named.1 = any_value(value.bytes(), DEPTH_MAX, left)?,
            _ => {}
        }
    }
    Ok(named)
}

fn any_value<'a>(message: &'a [u8], depth: usize, left: &Cell<usize>) -> Result<Node<'a>, Broken> {
    left.set(left.get().checked_sub(1).ok_or(Broken)?);
    let mut node = Node::Absent;
    for field in Fields::of(message) {
        node = match field? {
            (1, text) => Node::Text(String::from_utf8_lossy(text.bytes())),
            (2, Field::Varint(value)) => Node::Boolean(value != 0),
            (3, Field::Varint(value)) => Node::Number((value as i64).into()),
            (4, Field::Fixed64(bits)) => serde_json::Number::from_f64(f64::from_bits(bits))
                .map_or(Node::Absent, Node::Number),
            (5 | 6, _) if depth == 0 => Node::Absent,
            (5, list) => {
                let mut items = Vec::new();
                for item in Fields::of(list.bytes()) {
                    items.push(any_value(item?.1.bytes(), depth - 1, left)?);
                }
                Node::List(items)
            }
            (6, map) => {
                let mut fields = Vec::new();
                for field in Fields::of(map.bytes()) {
                    let mut named = (Cow::Borrowed(""), Node::Absent);
                    for part in Fields::of(field?.1.bytes()) {
                        match part? {
                            (1, name) => named.0 = String::from_utf8_lossy(name.bytes()),
                            (2, value) => named.1 = any_value(value.bytes(), depth - 1, left)?,
                            _ => {}
                        }
                    }
                    fields.push(named);
                }
                Node::Object(fields)
            }
            _ => Node::Absent,
        };
    }
    Ok(node)
}

fn hexadecimal(bytes: &[u8]) -> Option<String> {
    if bytes.is_empty() || bytes.len() > 16 {
        return None;
    }
    Some(bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

/// Calls `each` with every record of a JSON body.
pub(super) fn of_json<'a>(body: &'a Node<'a>, signal: Signal, mut each: impl FnMut(&Record<'a>)) {
    let (resources, scopes, records) = match signal {
        Signal::Traces => ("resourceSpans", "scopeSpans", "spans"),
        Signal::Logs => ("resourceLogs", "scopeLogs", "logRecords"),
    };
    for resource in body.get(resources).items() {
        for scope in resource.get(scopes).items() {
            for record in scope.get(records).items() {
                each(&record_of_json(record));
            }
        }
    }
}

fn record_of_json<'a>(record: &'a Node<'a>) -> Record<'a> {
    let status = record.get("status").get("code");
    let times = ["startTimeUnixNano", "timeUnixNano", "observedTimeUnixNano"];
    let nanos = times
        .iter()
        .filter_map(|time| nanoseconds(record.get(time)))
        .find(|nanos| *nanos > 0);
    Record {
        attributes: Node::Object(attributes_of_json(record.get("attributes"))),
        nanos: nanos.unwrap_or(0),
        span: record.get("spanId").name(),
        failed: status.count() == Some(2) || status.text() == Some("STATUS_CODE_ERROR"),
    }
}

/// Reads a 64-bit number, which JSON carries as a string; as a float it would lose its microseconds.
fn nanoseconds(node: &Node<'_>) -> Option<u64> {
    node.name()?.parse().ok()
}

fn attributes_of_json<'a>(list: &'a Node<'a>) -> Vec<(Cow<'a, str>, Node<'a>)> {
    let named = |attribute: &'a Node<'a>| {
        let name = attribute.get("key").text()?;
        Some((Cow::Borrowed(name), value_of_json(attribute.get("value"))))
    };
    list.items().iter().filter_map(named).collect()
}

fn value_of_json<'a>(value: &'a Node<'a>) -> Node<'a> {
    let list = value.get("arrayValue");
    let map = value.get("kvlistValue");
    if !list.is_absent() {
        let items = list.get("values").items().iter();
        return Node::List(items.map(value_of_json).collect());
    }
    if !map.is_absent() {
        return Node::Object(attributes_of_json(map.get("values")));
    }
    match value.first(&["stringValue", "boolValue", "intValue", "doubleValue"]) {
        Node::Text(text) => Node::Text(Cow::Borrowed(text)),
        other => other.clone(),
    }
}
