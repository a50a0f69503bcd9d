//! Spans and log records in protobuf, one at a time.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt::Write;

use super::protobuf::{Broken, Field, Fields};
use super::record::{Event, Record, Signal, VALUES_MAX};
use crate::json::Node;

/// Maximum nesting of lists and maps in one attribute.
const DEPTH_MAX: usize = 24;

/// Numbers of the fields that are read; 0 where a signal has none.
struct Numbers {
    name: u32,
    kind: u32,
    attributes: u32,
    body: u32,
    events: u32,
    time: u32,
    observed: u32,
    span: u32,
    status: u32,
}

const SPAN: Numbers = Numbers {
    name: 5,
    kind: 6,
    attributes: 9,
    body: 0,
    events: 11,
    time: 7,
    observed: 7,
    span: 2,
    status: 15,
};

const LOG: Numbers = Numbers {
    name: 12,
    kind: 0,
    attributes: 6,
    body: 5,
    events: 0,
    time: 1,
    observed: 11,
    span: 10,
    status: 0,
};

/// Kind of a span that calls another service.
const KIND_CLIENT: u64 = 3;
/// Status code of an error.
const STATUS_ERROR: u64 = 2;

/// Calls `each` with every record of a body and the attributes of its resource.
///
/// # Errors
/// When the body is not protobuf, or has more than [`VALUES_MAX`] values.
pub(super) fn each_record<'a>(
    body: &'a [u8],
    signal: Signal,
    mut each: impl FnMut(&Record<'a>, &Node<'a>),
) -> Result<(), Broken> {
    let left = Cell::new(VALUES_MAX);
    let numbers = match signal {
        Signal::Traces => SPAN,
        Signal::Logs => LOG,
    };
    for field in Fields::of(body) {
        let (1, group) = field? else { continue };
        let resource = resource(group.bytes(), &left)?;
        for field in Fields::of(group.bytes()) {
            let (2, scope) = field? else { continue };
            for field in Fields::of(scope.bytes()) {
                let (2, record) = field? else { continue };
                each(&record_of(record.bytes(), &numbers, &left)?, &resource);
            }
        }
    }
    Ok(())
}

/// Reads the attributes of the resource of a group of records, wherever among them it stands.
fn resource<'a>(group: &'a [u8], left: &Cell<usize>) -> Result<Node<'a>, Broken> {
    let mut attributes = Vec::new();
    for field in Fields::of(group) {
        let (1, resource) = field? else { continue };
        for field in Fields::of(resource.bytes()) {
            if let (1, pair) = field? {
                attributes.push(attribute(pair.bytes(), DEPTH_MAX, left)?);
            }
        }
    }
    Ok(Node::Object(attributes))
}

fn record_of<'a>(
    message: &'a [u8],
    numbers: &Numbers,
    left: &Cell<usize>,
) -> Result<Record<'a>, Broken> {
    let mut attributes = Vec::new();
    let mut record = Record::default();
    for field in Fields::of(message) {
        let (number, value) = field?;
        match value {
            Field::Bytes(pair) if number == numbers.attributes => {
                attributes.push(attribute(pair, DEPTH_MAX, left)?);
            }
            Field::Bytes(name) if number == numbers.name => record.name = name_of(name),
            Field::Bytes(body) if number == numbers.body => {
                record.body = any_value(body, DEPTH_MAX, left)?;
            }
            Field::Bytes(event) if number == numbers.events => {
                record.events.push(event_of(event, left)?);
            }
            Field::Bytes(id) if number == numbers.span => record.span = hexadecimal(id),
            Field::Bytes(status) if number == numbers.status => {
                let error = Ok((3, Field::Varint(STATUS_ERROR)));
                record.failed = Fields::of(status).any(|code| code == error);
            }
            Field::Varint(kind) if number == numbers.kind => record.outgoing = kind == KIND_CLIENT,
            Field::Fixed64(nanos)
                if nanos > 0
                    && (number == numbers.time
                        || number == numbers.observed && record.nanos == 0) =>
            {
                record.nanos = nanos;
            }
            _ => {}
        }
    }
    record.attributes = Node::Object(attributes);
    Ok(record)
}

fn event_of<'a>(message: &'a [u8], left: &Cell<usize>) -> Result<Event<'a>, Broken> {
    spend(left)?;
    let mut attributes = Vec::new();
    let mut name = "";
    for field in Fields::of(message) {
        match field? {
            (2, bytes) => name = name_of(bytes.bytes()),
            (3, pair) => attributes.push(attribute(pair.bytes(), DEPTH_MAX, left)?),
            _ => {}
        }
    }
    Ok(Event {
        name,
        attributes: Node::Object(attributes),
    })
}

/// Reads a name, which is only compared; one that is not UTF-8 is no known name.
fn name_of(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

fn spend(left: &Cell<usize>) -> Result<(), Broken> {
    left.set(left.get().checked_sub(1).ok_or(Broken)?);
    Ok(())
}

/// Reads a name and its value.
fn attribute<'a>(
    message: &'a [u8],
    depth: usize,
    left: &Cell<usize>,
) -> Result<(Cow<'a, str>, Node<'a>), Broken> {
    spend(left)?;
    let mut named = (Cow::Borrowed(""), Node::Absent);
    for field in Fields::of(message) {
        match field? {
            (1, name) => named.0 = String::from_utf8_lossy(name.bytes()),
            (2, value) => named.1 = any_value(value.bytes(), depth, left)?,
            _ => {}
        }
    }
    Ok(named)
}

fn any_value<'a>(message: &'a [u8], depth: usize, left: &Cell<usize>) -> Result<Node<'a>, Broken> {
    spend(left)?;
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
                    fields.push(attribute(field?.1.bytes(), depth - 1, left)?);
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
