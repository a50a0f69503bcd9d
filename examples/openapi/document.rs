//! Builds the `OpenAPI` document of the JSON routes from the contract's descriptors, its comments and the error table.

use std::collections::{BTreeMap, BTreeSet};

use prost_reflect::{
    DescriptorPool, FieldDescriptor, FileDescriptor, Kind, MessageDescriptor, MethodDescriptor,
};
use serde_json::{Map, Value, json};
use stillwatch::internals::domain::chat_names::{HTTP_STATUSES, TEMPERATURES};
use stillwatch::internals::domain::{Band, Technique};
use stillwatch::internals::wire::{Bounds, ErrorKind};

const ABOUT: &str = "Every operation takes one JSON object by POST and returns one. The same operations are available \
    over Connect with protobuf, gRPC and gRPC-Web on the same port; ScoreStream, which has no JSON form of one request \
    and one response, only over Connect's streams and gRPC. Field names may be written in snake_case or camelCase, \
    unknown fields are ignored, and null is the same as absent. Errors are explained in errors.md.";

const PLAIN: [(&str, &str); 2] = [
    ("/v1/score", "ScoreConversation"),
    ("/v1/score:batch", "ScoreBatch"),
];

const PROBES: [(&str, &str); 5] = [
    ("/livez", "Whether the process is running."),
    ("/readyz", "Whether requests are scored."),
    ("/healthz", "The same as /readyz."),
    ("/health", "The same as /readyz."),
    ("/ping", "The same as /readyz."),
];

/// Builds the document.
pub(crate) fn document(pool: &DescriptorPool) -> Value {
    let mut paths = Map::new();
    let mut schemas = BTreeMap::new();
    let mut tags =
        vec![json!({"name": "Probes", "description": "For load balancers and orchestrators."})];
    for service in pool
        .services()
        .filter(|service| service.full_name().starts_with("stillwatch."))
    {
        let about = comment(&service.parent_file(), service.path());
        tags.push(json!({"name": service.name(), "description": about}));
        for method in service.methods() {
            if method.is_client_streaming() || method.is_server_streaming() {
                continue;
            }
            let mut named = vec![format!("/{}/{}", service.full_name(), method.name())];
            let plain = PLAIN.iter().filter(|(_, name)| *name == method.name());
            named.extend(plain.map(|(path, _)| (*path).to_owned()));
            for (number, path) in named.into_iter().enumerate() {
                let id = format!(
                    "{}{}{}",
                    service.name(),
                    method.name(),
                    if number == 0 { "" } else { "Plain" }
                );
                paths.insert(
                    path,
                    json!({ "post": operation(&method, service.name(), &id) }),
                );
            }
            gather(&method.input(), true, &mut schemas);
            gather(&method.output(), false, &mut schemas);
        }
    }
    for (path, about) in PROBES {
        let mut responses = json!({ "200": {"description": "Yes.", "content": {"text/plain": {"schema": {"type": "string"}}}} });
        if path != "/livez" {
            responses["503"] = failed(&[ErrorKind::NotReady]);
        }
        responses["405"] = failed(&[ErrorKind::MethodNotAllowed]);
        let operation = json!({
            "operationId": path.trim_start_matches('/'), "tags": ["Probes"], "description": about, "responses": responses,
            "security": [],
        });
        paths.insert(path.to_owned(), json!({ "get": operation }));
    }
    paths.insert("/v1/status".to_owned(), json!({ "get": status() }));
    schemas.insert("CallError".to_owned(), call_error());
    let info = pool.get_message_by_name("stillwatch.v1.ErrorInfo");
    gather(
        &info.expect("a message of the contract"),
        false,
        &mut schemas,
    );
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Stillwatch",
            "version": "v1",
            "description": ABOUT,
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "tags": tags,
        "servers": [{"url": "/"}],
        "security": [{"key": []}, {}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "An API key, if the server requires one."}},
        },
    })
}

fn operation(method: &MethodDescriptor, service: &str, id: &str) -> Value {
    let mut statuses: BTreeMap<u16, Vec<ErrorKind>> = BTreeMap::new();
    for &kind in ErrorKind::ALL {
        statuses
            .entry(kind.row().http_status)
            .or_default()
            .push(kind);
    }
    let answer = json!({"application/json": {"schema": reference(&method.output())}});
    let mut responses = Map::new();
    responses.insert(
        "200".to_owned(),
        json!({"description": "The response.", "content": answer}),
    );
    for (status, kinds) in &statuses {
        responses.insert(status.to_string(), failed(kinds));
    }
    json!({
        "operationId": id,
        "tags": [service],
        "description": comment(&method.parent_file(), method.path()),
        "requestBody": {"required": true, "content": {"application/json": {"schema": reference(&method.input())}}},
        "responses": responses,
    })
}

/// Returns the operation of the status, whose answer is not a message of the contract.
fn status() -> Value {
    let counts = |about: &str, names: &[&str]| {
        let count = json!({"type": "integer", "minimum": 0});
        let properties: Map<String, Value> = names
            .iter()
            .map(|name| ((*name).to_owned(), count.clone()))
            .collect();
        json!({"type": "object", "description": about, "properties": properties})
    };
    let time = json!({"type": "string", "format": "date-time"});
    let door = json!({
        "type": "object",
        "properties": {
            "door": {"type": "string", "description": "A way by which exchanges come in."},
            "calls": {"type": "integer", "minimum": 0, "description": "Calls answered."},
            "last_call": {"type": ["string", "null"], "format": "date-time", "description": "Time of the last one."},
        },
    });
    let exchanges = [
        "counted",
        "repeated",
        "refused",
        "without_text",
        "without_model",
        "without_time",
        "truncated",
    ];
    let accounts = ["known", "with_enough_history", "exchanges_needed"];
    let schema = json!({
        "type": "object",
        "properties": {
            "since": time, "now": time,
            "summary": {
                "type": "array", "items": {"type": "string"},
                "description": "Sentences for people: what arrives, from when detection can speak, what looks wrong.",
            },
            "exchanges": counts("Exchanges since the start.", &exchanges),
            "accounts": counts("Accounts in memory.", &accounts),
            "doors": {"type": "array", "items": door, "description": "Every door, used or not."},
        },
    });
    let page = json!({"schema": {"type": "string"}});
    json!({
        "operationId": "status",
        "tags": ["Probes"],
        "description": "What arrives, in words and numbers. A caller that accepts text/html gets a page.",
        "responses": {
            "200": {
                "description": "The status.",
                "content": {"application/json": {"schema": schema}, "text/html": page},
            },
            "401": failed(&[ErrorKind::Unauthenticated]),
            "403": failed(&[ErrorKind::Forbidden]),
            "405": failed(&[ErrorKind::MethodNotAllowed]),
            "429": failed(&[ErrorKind::Overloaded, ErrorKind::RateLimited]),
        },
    })
}

fn failed(kinds: &[ErrorKind]) -> Value {
    let reasons: Vec<&str> = kinds.iter().map(|kind| kind.row().reason).collect();
    let schema = json!({"$ref": "#/components/schemas/CallError"});
    json!({
        "description": format!("`{}`.", reasons.join("`, `")),
        "content": {"application/json": {"schema": schema}},
    })
}

/// Returns the schema of Connect's error form, which is not a message of the contract.
fn call_error() -> Value {
    let detail = json!({
        "type": "object",
        "properties": {
            "type": {"type": "string", "description": "`stillwatch.v1.ErrorInfo`."},
            "value": {"type": "string", "description": "The same as `debug`, as protobuf in base64."},
            "debug": {"$ref": "#/components/schemas/ErrorInfo"},
        },
    });
    let codes: BTreeSet<&str> = ErrorKind::ALL
        .iter()
        .map(|kind| kind.row().code.as_str())
        .collect();
    json!({
        "type": "object",
        "description": "Why a call has no answer.",
        "required": ["code"],
        "properties": {
            "code": {"type": "string", "enum": codes, "description": "The Connect code."},
            "message": {"type": "string", "description": "For people. Never holds text of a request."},
            "details": {"type": "array", "items": detail, "description": "For programs."},
        },
    })
}

/// Adds the schema of a message and of the messages that it contains.
fn gather(message: &MessageDescriptor, asked: bool, schemas: &mut BTreeMap<String, Value>) {
    if schemas.contains_key(message.name()) {
        return;
    }
    schemas.insert(message.name().to_owned(), Value::Null);
    let mut properties = Map::new();
    for field in message.fields() {
        properties.insert(field.name().to_owned(), property(message, &field));
        let kinds = match field.kind() {
            Kind::Message(entry) if field.is_map() => entry.map_entry_value_field().kind(),
            kind => kind,
        };
        if let Kind::Message(part) = kinds {
            gather(&part, asked, schemas);
        }
    }
    let mut schema = json!({
        "type": "object",
        "description": comment(&message.parent_file(), message.path()),
        "properties": properties,
    });
    narrow(message.name(), &mut schema);
    if asked {
        admit_null(&mut schema);
    }
    schemas.insert(message.name().to_owned(), schema);
}

/// Returns constraints that the contract states in comments and its types do not express.
fn narrow(message: &str, schema: &mut Value) {
    let named = json!([
        {"required": ["account"]},
        {"required": ["pseudonym"]},
    ]);
    let marked = json!([
        {"required": ["account"]},
        {"required": ["pseudonym"]},
        {"required": ["template"]},
    ]);
    let techniques: Vec<&str> = Technique::ALL.iter().map(|one| one.name()).collect();
    let bands: Vec<&str> = Band::ALL.iter().map(|one| one.name()).collect();
    let bounds = Bounds::STANDARD;
    let (whole, fields) = match message {
        "Exchange" => (
            json!({"required": ["account", "model", "messages"]}),
            json!({
                "account": {"minLength": 1}, "model": {"minLength": 1}, "time": {"format": "date-time", "pattern": "^(19[7-9][0-9]|2[01][0-9]{2})-"},
                "messages": {"minItems": 1, "maxItems": bounds.messages_max},
                "tools": {"maxItems": bounds.tools_max},
            }),
        ),
        "Message" => (
            json!({"required": ["role"]}),
            json!({"role": {"enum": ["system", "developer", "user", "assistant", "model", "tool", "function"]}}),
        ),
        "Parameters" => (
            json!({}),
            json!({"temperature": {"minimum": TEMPERATURES.start(), "maximum": TEMPERATURES.end()}, "n": {"minimum": 1}}),
        ),
        "Response" => (
            json!({}),
            json!({"status": {"minimum": HTTP_STATUSES.start(), "maximum": HTTP_STATUSES.end()}}),
        ),
        "ScoreBatchRequest" => (
            json!({}),
            json!({"exchanges": {"maxItems": bounds.batch_max}}),
        ),
        "GetAccountRequest" | "ExplainAccountRequest" | "DeleteAccountRequest" => (
            json!({ "oneOf": named }),
            json!({"account": {"minLength": 1}, "pseudonym": {"pattern": "^[0-9a-fA-F]{32}$"}}),
        ),
        "ListAccountsRequest" => (
            json!({}),
            json!({
                "page_size": {"maximum": 500}, "page_token": {"pattern": "^([0-9a-f]{32})?$"},
                "bands": {"maxItems": bands.len(), "items": {"type": "string", "enum": bands}},
            }),
        ),
        "VerifyModelRequest" | "ActivateModelRequest" => (
            json!({"required": ["bundle"]}),
            json!({"bundle": {"minLength": 1}}),
        ),
        "SubmitLabelRequest" => (
            json!({
                "required": ["label"],
                "oneOf": named,
                "if": {"properties": {"label": {"const": "benign"}}},
                "then": {"properties": {"techniques": {"maxItems": 0}}},
            }),
            json!({
                "account": {"minLength": 1}, "pseudonym": {"pattern": "^[0-9a-fA-F]{32}$"}, "label": {"enum": ["extraction", "benign"]},
                "techniques": {"maxItems": techniques.len(), "items": {"type": "string", "enum": techniques}},
            }),
        ),
        "ExportLabelsRequest" => (
            json!({}),
            json!({"page_size": {"maximum": 1_000}, "page_token": {"pattern": "^([0-9a-f]{32}(:[\\s\\S]*)?)?$"}}),
        ),
        "ListQueueRequest" => (
            json!({}),
            json!({"page_size": {"maximum": 500}, "page_token": {"pattern": "^([0-9a-f]{16}-[0-9a-f]{32})?$"}}),
        ),
        "ListMarksRequest" => (
            json!({}),
            json!({"page_size": {"maximum": 1_000}, "page_token": {"pattern": "^([0-9a-f]{32}|[0-9a-f]{16})?$"}}),
        ),
        "SubmitMarkRequest" => (
            json!({"required": ["disposition", "reason", "reviewer", "expires_at"], "oneOf": marked}),
            json!({
                "account": {"minLength": 1}, "pseudonym": {"pattern": "^[0-9a-fA-F]{32}$"}, "template": {"pattern": "^[0-9a-fA-F]{16}$"},
                "disposition": {"enum": ["confirmed", "benign_expected", "false_positive", "inconclusive"]},
                "reason": {"minLength": 1}, "reviewer": {"minLength": 1}, "expires_at": {"format": "date-time"},
            }),
        ),
        "RemoveMarkRequest" => (
            json!({"required": ["reviewer"], "oneOf": marked}),
            json!({
                "account": {"minLength": 1}, "pseudonym": {"pattern": "^[0-9a-fA-F]{32}$"}, "template": {"pattern": "^[0-9a-fA-F]{16}$"},
                "reviewer": {"minLength": 1},
            }),
        ),
        _ => return,
    };
    join(schema, &whole);
    for (field, narrower) in fields.as_object().expect("fields") {
        let property = &mut schema["properties"][field];
        assert!(property.is_object(), "{message} has no field {field}");
        join(property, narrower);
    }
}

/// Allows null in requests for optional fields, where it is the same as absent.
fn admit_null(schema: &mut Value) {
    let mut required = schema["required"].as_array().cloned().unwrap_or_default();
    // Where one of two fields is required, null counts as neither.
    let one_of = schema["oneOf"].as_array().cloned().unwrap_or_default();
    required.extend(one_of.iter().map(|only| only["required"][0].clone()));
    let fields = schema["properties"].as_object_mut().expect("fields");
    for (_, property) in fields
        .iter_mut()
        .filter(|(name, _)| !required.contains(&json!(name)))
    {
        let absent = json!({"type": "null"});
        if let Some(path) = property.as_object_mut().expect("a schema").remove("$ref") {
            property["anyOf"] = json!([{ "$ref": path }, absent]);
        } else if let Some(kinds) = property.get_mut("anyOf").and_then(Value::as_array_mut) {
            kinds.push(absent);
        } else {
            property["type"] = json!([property["type"], "null"]);
        }
    }
}

fn join(schema: &mut Value, narrower: &Value) {
    for (key, value) in narrower.as_object().expect("an object") {
        schema[key] = value.clone();
    }
}

fn property(message: &MessageDescriptor, field: &FieldDescriptor) -> Value {
    let kind = match field.kind() {
        Kind::Message(entry) if field.is_map() => {
            json!({"type": "object", "additionalProperties": kind(&entry.map_entry_value_field().kind())})
        }
        one if field.is_list() => json!({"type": "array", "items": kind(&one)}),
        // `wire::lenient_message`: the forms that chat callers use.
        _ if message.name() == "Message" && field.name() == "content" => {
            let part = json!({"type": "object", "properties": {"type": {"type": "string"}, "text": {"type": "string"}}});
            json!({"anyOf": [{"type": "string"}, {"type": "array", "items": {"anyOf": [{"type": "string"}, part]}}]})
        }
        one => kind(&one),
    };
    let mut property = kind;
    property["description"] = json!(comment(&message.parent_file(), field.path()));
    property
}

/// Returns the JSON schema of a proto3 type.
fn kind(kind: &Kind) -> Value {
    match kind {
        Kind::String => json!({"type": "string"}),
        Kind::Bool => json!({"type": "boolean"}),
        Kind::Uint32 => json!({"type": "integer", "minimum": 0, "maximum": u32::MAX}),
        Kind::Uint64 => {
            json!({"anyOf": [{"type": "integer", "minimum": 0, "maximum": u64::MAX}, {"type": "string", "pattern": "^[0-9]{1,19}$"}]})
        }
        Kind::Double => {
            json!({"anyOf": [{"type": "number"}, {"enum": ["NaN", "Infinity", "-Infinity"]}]})
        }
        Kind::Float => {
            json!({"type": "number", "minimum": -3.4e38, "maximum": 3.4e38})
        }
        Kind::Message(message) => reference(message),
        other => panic!("no schema for {other:?}"),
    }
}

fn reference(message: &MessageDescriptor) -> Value {
    json!({"$ref": format!("#/components/schemas/{}", message.name())})
}

/// Returns the comment above a declaration of the contract: lines are joined, blank lines kept.
pub(crate) fn comment(file: &FileDescriptor, path: &[i32]) -> String {
    let source = file.file_descriptor_proto().source_code_info.as_ref();
    let mut locations = source.into_iter().flat_map(|source| &source.location);
    let location = locations.find(|location| location.path == path);
    let text = location
        .and_then(|location| location.leading_comments.as_deref())
        .unwrap_or_default();
    let paragraphs = text.split("\n\n").map(|paragraph| {
        let lines = paragraph
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty());
        lines.collect::<Vec<_>>().join(" ")
    });
    paragraphs
        .filter(|paragraph| !paragraph.is_empty())
        .collect::<Vec<_>>()
        .join("\n\n")
}

/// Returns the document in its committed form.
pub(crate) fn text(pool: &DescriptorPool) -> String {
    serde_json::to_string_pretty(&document(pool)).expect("JSON") + "\n"
}
