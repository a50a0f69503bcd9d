//! Spans and log records as exporters write them, in protobuf and JSON.

use serde_json::{Value, json};

pub(crate) const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");

/// Time of all records.
const NANOS: u64 = 1_780_000_000_250_000_000;

/// Builder of a protobuf message.
#[derive(Clone, Default)]
pub(crate) struct Message(pub(crate) Vec<u8>);

impl Message {
    fn varint(mut self, mut number: u64) -> Self {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
        self
    }

    fn number(self, field: u64, number: u64) -> Self {
        self.varint(field << 3).varint(number)
    }

    fn fixed64(self, field: u64, number: u64) -> Self {
        let mut message = self.varint(field << 3 | 1);
        message.0.extend(number.to_le_bytes());
        message
    }

    pub(crate) fn bytes(self, field: u64, bytes: &[u8]) -> Self {
        let mut message = self.varint(field << 3 | 2).varint(bytes.len() as u64);
        message.0.extend(bytes);
        message
    }

    fn attributes(self, field: u64, attributes: &Attributes) -> Self {
        attributes.iter().fold(self, |message, (name, value)| {
            let pair = Self::default()
                .bytes(1, name.as_bytes())
                .bytes(2, &any(value).0);
            message.bytes(field, &pair.0)
        })
    }
}

/// Writes a value of any type.
fn any(value: &Value) -> Message {
    let empty = Message::default();
    match value {
        Value::Null => empty,
        Value::Bool(truth) => empty.number(2, u64::from(*truth)),
        Value::String(text) => empty.bytes(1, text.as_bytes()),
        Value::Number(number) => match number.as_u64() {
            Some(number) => empty.number(3, number),
            None => empty.fixed64(4, number.as_f64().expect("a number").to_bits()),
        },
        Value::Array(items) => {
            let list = Message::default();
            let list = items
                .iter()
                .fold(list, |list, item| list.bytes(1, &any(item).0));
            empty.bytes(5, &list.0)
        }
        Value::Object(fields) => {
            let map = Message::default();
            let map = fields.iter().fold(map, |map, (name, value)| {
                let pair = Message::default().bytes(1, name.as_bytes());
                map.bytes(1, &pair.bytes(2, &any(value).0).0)
            });
            empty.bytes(6, &map.0)
        }
    }
}

fn any_json(value: &Value) -> Value {
    match value {
        Value::Null => json!({}),
        Value::Bool(truth) => json!({"boolValue": truth}),
        Value::String(text) => json!({"stringValue": text}),
        Value::Number(number) if number.is_u64() => json!({"intValue": number.to_string()}),
        Value::Number(number) => json!({"doubleValue": number}),
        Value::Array(items) => {
            let items: Vec<Value> = items.iter().map(any_json).collect();
            json!({"arrayValue": {"values": items}})
        }
        Value::Object(fields) => {
            let pair = |(name, of): (&String, &Value)| json!({"key": name, "value": any_json(of)});
            json!({"kvlistValue": {"values": fields.iter().map(pair).collect::<Vec<_>>()}})
        }
    }
}

fn attributes_json(attributes: &Attributes) -> Vec<Value> {
    let pair = |(name, of): &(String, Value)| json!({"key": name, "value": any_json(of)});
    attributes.iter().map(pair).collect()
}

type Attributes = Vec<(String, Value)>;

/// A span or log record.
#[derive(Clone, Default)]
pub(crate) struct Record {
    name: String,
    client: bool,
    failed: bool,
    attributes: Attributes,
    events: Vec<(String, Attributes)>,
    body: Value,
    resource: Attributes,
    span: u8,
}

impl Record {
    /// Creates a record with these attributes.
    pub(crate) fn of(attributes: Value) -> Self {
        Self {
            name: "chat".to_owned(),
            attributes: pairs(attributes),
            span: 0xcd,
            ..Self::default()
        }
    }

    /// Creates a log record of an event.
    pub(crate) fn of_event(name: &str, body: Value, attributes: Value) -> Self {
        Self {
            body,
            ..Self::of(attributes).named(name)
        }
    }

    pub(crate) fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// Marks the span as a call to another service.
    pub(crate) fn outgoing(mut self) -> Self {
        self.client = true;
        self
    }

    pub(crate) fn failed(mut self) -> Self {
        self.failed = true;
        self
    }

    /// Sets all bytes of the span's id.
    pub(crate) fn span(mut self, byte: u8) -> Self {
        self.span = byte;
        self
    }

    pub(crate) fn event(mut self, name: &str, attributes: Value) -> Self {
        self.events.push((name.to_owned(), pairs(attributes)));
        self
    }

    /// Removes attributes.
    pub(crate) fn without(mut self, names: &[&str]) -> Self {
        self.attributes
            .retain(|(name, _)| !names.contains(&name.as_str()));
        self
    }

    /// Sets the attributes of the program that emits the record.
    pub(crate) fn resource(mut self, attributes: Value) -> Self {
        self.resource = pairs(attributes);
        self
    }
}

fn pairs(attributes: Value) -> Attributes {
    match attributes {
        Value::Object(fields) => fields.into_iter().collect(),
        other => panic!("expected an object, got {other}"),
    }
}

/// Writes spans, one resource each.
pub(crate) fn protobuf_traces(records: &[Record]) -> Vec<u8> {
    let group = |body: Message, record: &Record| {
        let mut span = Message::default()
            .bytes(1, &[0xab; 16])
            .bytes(2, &[record.span; 8])
            .bytes(5, record.name.as_bytes())
            .number(6, if record.client { 3 } else { 1 })
            .fixed64(7, NANOS)
            .attributes(9, &record.attributes);
        for (name, attributes) in &record.events {
            let event = Message::default().fixed64(1, NANOS);
            let event = event.bytes(2, name.as_bytes()).attributes(3, attributes);
            span = span.bytes(11, &event.0);
        }
        if record.failed {
            span = span.bytes(15, &Message::default().number(3, 2).0);
        }
        let scope = Message::default().bytes(2, &span.0);
        let resource = Message::default().attributes(1, &record.resource);
        // The resource last: a reader must not depend on the order of fields.
        body.bytes(
            1,
            &Message::default()
                .bytes(2, &scope.0)
                .bytes(1, &resource.0)
                .0,
        )
    };
    records.iter().fold(Message::default(), group).0
}

/// Writes log records, one resource each.
pub(crate) fn protobuf_logs(records: &[Record]) -> Vec<u8> {
    let group = |body: Message, record: &Record| {
        let log = Message::default()
            .fixed64(11, NANOS)
            .bytes(12, record.name.as_bytes())
            .bytes(5, &any(&record.body).0)
            .attributes(6, &record.attributes)
            .bytes(9, &[0xab; 16])
            .bytes(10, &[record.span; 8]);
        let scope = Message::default().bytes(2, &log.0);
        let resource = Message::default().attributes(1, &record.resource);
        body.bytes(
            1,
            &Message::default()
                .bytes(1, &resource.0)
                .bytes(2, &scope.0)
                .0,
        )
    };
    records.iter().fold(Message::default(), group).0
}

/// Writes spans, one resource each.
pub(crate) fn json_traces(records: &[Record]) -> Value {
    let group = |record: &Record| {
        let event = |(name, attributes): &(String, Attributes)| {
            json!({"name": name, "timeUnixNano": NANOS.to_string(),
                   "attributes": attributes_json(attributes)})
        };
        json!({
            "resource": {"attributes": attributes_json(&record.resource)},
            "scopeSpans": [{"spans": [{
                "traceId": "ab".repeat(16),
                "spanId": format!("{:02x}", record.span).repeat(8),
                "name": record.name,
                "kind": if record.client { 3 } else { 1 },
                "startTimeUnixNano": NANOS.to_string(),
                "attributes": attributes_json(&record.attributes),
                "events": record.events.iter().map(event).collect::<Vec<_>>(),
                "status": if record.failed { json!({"code": 2}) } else { json!({}) },
            }]}],
        })
    };
    json!({"resourceSpans": records.iter().map(group).collect::<Vec<_>>()})
}

/// Writes log records, one resource each.
pub(crate) fn json_logs(records: &[Record]) -> Value {
    let group = |record: &Record| {
        json!({
            "resource": {"attributes": attributes_json(&record.resource)},
            "scopeLogs": [{"logRecords": [{
                "traceId": "ab".repeat(16),
                "spanId": format!("{:02x}", record.span).repeat(8),
                "eventName": record.name,
                "timeUnixNano": "0",
                "observedTimeUnixNano": NANOS.to_string(),
                "attributes": attributes_json(&record.attributes),
                "body": any_json(&record.body),
            }]}],
        })
    };
    json!({"resourceLogs": records.iter().map(group).collect::<Vec<_>>()})
}
