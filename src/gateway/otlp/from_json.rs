//! Spans and log records in JSON, one at a time.

use std::borrow::Cow;

use super::record::{Event, Record, Signal};
use crate::json::Node;

/// Calls `each` with every record of a body and the attributes of its resource.
pub(super) fn each_record<'a>(
    body: &'a Node<'a>,
    signal: Signal,
    mut each: impl FnMut(&Record<'a>, &Node<'a>),
) {
    let (groups, scopes, records) = match signal {
        Signal::Traces => ("resourceSpans", "scopeSpans", "spans"),
        Signal::Logs => ("resourceLogs", "scopeLogs", "logRecords"),
    };
    for group in body.get(groups).items() {
        let resource = attributes(group.get("resource").get("attributes"));
        for scope in group.get(scopes).items() {
            for record in scope.get(records).items() {
                each(&record_of(record), &resource);
            }
        }
    }
}

fn record_of<'a>(record: &'a Node<'a>) -> Record<'a> {
    let is = |node: &Node<'_>, number: u64, name: &str| {
        node.count() == Some(number) || node.text() == Some(name)
    };
    let times = ["startTimeUnixNano", "timeUnixNano", "observedTimeUnixNano"];
    let nanos = times
        .iter()
        .filter_map(|time| nanoseconds(record.get(time)))
        .find(|nanos| *nanos > 0);
    let events = record.get("events").items().iter();
    Record {
        name: record
            .first(&["eventName", "name"])
            .text()
            .unwrap_or_default(),
        attributes: attributes(record.get("attributes")),
        body: value(record.get("body")),
        events: events.map(event_of).collect(),
        nanos: nanos.unwrap_or(0),
        span: record.get("spanId").name(),
        outgoing: is(record.get("kind"), 3, "SPAN_KIND_CLIENT"),
        failed: is(record.get("status").get("code"), 2, "STATUS_CODE_ERROR"),
    }
}

fn event_of<'a>(event: &'a Node<'a>) -> Event<'a> {
    Event {
        name: event.get("name").text().unwrap_or_default(),
        attributes: attributes(event.get("attributes")),
    }
}

/// Reads a 64-bit number, which JSON carries as a string; as a float it would lose its microseconds.
fn nanoseconds(node: &Node<'_>) -> Option<u64> {
    node.name()?.parse().ok()
}

fn attributes<'a>(list: &'a Node<'a>) -> Node<'a> {
    let named = |attribute: &'a Node<'a>| {
        let name = attribute.get("key").text()?;
        Some((Cow::Borrowed(name), value(attribute.get("value"))))
    };
    Node::Object(list.items().iter().filter_map(named).collect())
}

fn value<'a>(any: &'a Node<'a>) -> Node<'a> {
    let list = any.get("arrayValue");
    let map = any.get("kvlistValue");
    if !list.is_absent() {
        return Node::List(list.get("values").items().iter().map(value).collect());
    }
    if !map.is_absent() {
        return attributes(map.get("values"));
    }
    match any.first(&["stringValue", "boolValue", "intValue", "doubleValue"]) {
        Node::Text(text) => Node::Text(Cow::Borrowed(text)),
        other => other.clone(),
    }
}
