//! Tests of the contract's style (buf's lint categories `STANDARD` and `COMMENTS`) and its stability (buf's
//! `breaking`).
//!
//! `buf.yaml` configures the same checks for buf; this test needs only the compiled contract. `contract.lock` next to
//! the contract lists every name, number and type that a caller may depend on. After an intended change of the
//! contract, run `STILLWATCH_WRITE_LOCK=1 cargo test --test wire contract` and check the file in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use prost_reflect::{
    Cardinality, FieldDescriptor, FileDescriptor, Kind, MessageDescriptor, MethodDescriptor,
    ServiceDescriptor,
};

use crate::client::pool;
use crate::openapi::comment;

/// Path of the lock file.
const LOCK: &str = "proto/stillwatch/v1/contract.lock";

/// Methods whose request and response are not named after them. The reason is in `buf.yaml`.
const NAMED_OTHERWISE: [&str; 2] = ["ScoreConversation", "ScoreStream"];

/// Returns our own files. Those under `proto/third_party` are contracts of third parties.
fn files() -> Vec<FileDescriptor> {
    let pool = pool();
    let own = pool
        .files()
        .filter(|file| file.package_name().starts_with("stillwatch."));
    own.collect()
}

fn services() -> Vec<ServiceDescriptor> {
    files().iter().flat_map(FileDescriptor::services).collect()
}

fn methods() -> Vec<MethodDescriptor> {
    let services = services();
    services
        .iter()
        .flat_map(ServiceDescriptor::methods)
        .collect()
}

/// Returns every message declared in a file; generated map entries are excluded.
fn messages() -> Vec<MessageDescriptor> {
    let mut messages = Vec::new();
    let mut waiting: Vec<_> = files().iter().flat_map(FileDescriptor::messages).collect();
    while let Some(message) = waiting.pop() {
        waiting.extend(message.child_messages());
        if !message.is_map_entry() {
            messages.push(message);
        }
    }
    messages
}

fn fields() -> Vec<FieldDescriptor> {
    let messages = messages();
    messages
        .iter()
        .flat_map(MessageDescriptor::fields)
        .collect()
}

/// Splits a name like `ListAccounts` into words; empty if the name has another form.
fn words(name: &str) -> Vec<&str> {
    let starts = name.match_indices(|c: char| c.is_ascii_uppercase());
    let starts: Vec<usize> = starts.map(|(at, _)| at).collect();
    let letters = name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if starts.first() != Some(&0) || !letters {
        return Vec::new();
    }
    let ends = starts.iter().skip(1).copied().chain([name.len()]);
    starts
        .iter()
        .zip(ends)
        .map(|(&from, to)| &name[from..to])
        .collect()
}

fn is_lower_snake(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    name.bytes().all(allowed)
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('_')
        && !name.contains("__")
}

fn is_version(part: &str) -> bool {
    let digits = part.strip_prefix('v').unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Panics with the list of all offenders, if any.
fn forbid(rule: &str, offenders: impl IntoIterator<Item = String>) {
    let offenders: Vec<String> = offenders.into_iter().collect();
    assert!(offenders.is_empty(), "{rule}:\n{}", offenders.join("\n"));
}

#[test]
fn packages_are_folders_and_end_in_a_version() {
    forbid(
        "package a.b.v1 is in the folder a/b/v1, in files with names in lower_snake",
        files().into_iter().filter_map(|file| {
            let package = file.package_name().to_owned();
            let folder = package.replace('.', "/");
            let path = file.name().strip_prefix(&format!("{folder}/"));
            let stem = path.and_then(|path| path.strip_suffix(".proto"));
            let versioned = package.rsplit('.').next().is_some_and(is_version);
            let fine = versioned && stem.is_some_and(is_lower_snake);
            (!fine).then(|| file.name().to_owned())
        }),
    );
}

#[test]
fn service_and_method_names_follow_the_style() {
    forbid(
        "a service is called SomethingService",
        services()
            .into_iter()
            .map(|service| service.name().to_owned())
            .filter(|name| words(name).len() < 2 || !name.ends_with("Service")),
    );
    forbid(
        "a method is called by a verb and a noun, such as GetAccount",
        methods()
            .into_iter()
            .map(|method| method.name().to_owned())
            .filter(|name| words(name).len() < 2),
    );
    let names: Vec<String> = methods().iter().map(|m| m.name().to_owned()).collect();
    let distinct: BTreeSet<&String> = names.iter().collect();
    assert_eq!(
        distinct.len(),
        names.len(),
        "metrics know a method by its name: {names:?}"
    );
}

#[test]
fn requests_and_responses_belong_to_one_method_each() {
    let other = |method: &MethodDescriptor| NAMED_OTHERWISE.contains(&method.name());
    forbid(
        "DoThing(DoThingRequest) returns (DoThingResponse)",
        methods()
            .into_iter()
            .filter(|method| !other(method))
            .filter(|method| {
                method.input().name() != format!("{}Request", method.name())
                    || method.output().name() != format!("{}Response", method.name())
            })
            .map(|method| method.full_name().to_owned()),
    );
    let named: Vec<_> = methods();
    for exception in NAMED_OTHERWISE {
        let method = named.iter().find(|method| method.name() == exception);
        let method = method.unwrap_or_else(|| panic!("{exception} is gone: take it off the list"));
        assert_ne!(method.input().name(), format!("{exception}Request"));
    }
}

#[test]
fn messages_and_fields_have_names_of_their_kind() {
    forbid(
        "a message is called in UpperCamelCase",
        messages()
            .into_iter()
            .map(|message| message.full_name().to_owned())
            .filter(|name| words(name.rsplit('.').next().unwrap_or_default()).is_empty()),
    );
    forbid(
        "a field is called in lower_snake_case",
        fields()
            .into_iter()
            .filter(|field| !is_lower_snake(field.name()))
            .map(|field| field.full_name().to_owned()),
    );
    forbid(
        "vocabularies are strings, not enums: see the comment of Assessment",
        files()
            .iter()
            .flat_map(FileDescriptor::enums)
            .map(|one| one.full_name().to_owned()),
    );
}

#[test]
fn everything_is_explained() {
    let mut silent = Vec::new();
    let mut check = |file: &FileDescriptor, path: &[i32], name: &str| {
        if comment(file, path).is_empty() {
            silent.push(name.to_owned());
        }
    };
    for service in services() {
        check(&service.parent_file(), service.path(), service.full_name());
    }
    for method in methods() {
        check(&method.parent_file(), method.path(), method.full_name());
    }
    for message in messages() {
        let file = message.parent_file();
        check(&file, message.path(), message.full_name());
        for field in message.fields() {
            check(&file, field.path(), field.full_name());
        }
        for oneof in message.oneofs().filter(|oneof| !oneof.is_synthetic()) {
            check(&file, oneof.path(), oneof.full_name());
        }
    }
    forbid("a comment above every declaration", silent);
}

/// Lists what callers may depend on, one item per line.
fn lock() -> String {
    let mut lines = BTreeMap::new();
    for method in methods() {
        let stream = |streams: bool| if streams { "stream " } else { "" };
        let line = format!(
            "rpc {}({}{}) returns ({}{})",
            method.full_name(),
            stream(method.is_client_streaming()),
            method.input().full_name(),
            stream(method.is_server_streaming()),
            method.output().full_name(),
        );
        lines.insert((method.full_name().to_owned(), 0), line);
    }
    for message in messages() {
        let name = message.full_name().to_owned();
        lines.insert((name.clone(), 0), format!("message {name}"));
        for field in message.fields() {
            let line = format!(
                "field {name} {} {} = {} (json {})",
                type_of(&field),
                field.name(),
                field.number(),
                field.json_name(),
            );
            lines.insert((name.clone(), field.number()), line);
        }
    }
    let lines: Vec<String> = lines.into_values().collect();
    lines.join("\n") + "\n"
}

fn type_of(field: &FieldDescriptor) -> String {
    let oneof = field.containing_oneof();
    let oneof = oneof.filter(|oneof| !oneof.is_synthetic());
    let label = match field.cardinality() {
        _ if field.is_map() => "map ".to_owned(),
        Cardinality::Repeated => "repeated ".to_owned(),
        _ if oneof.is_some() => format!("oneof {} ", oneof.expect("it is one").name()),
        _ if field.supports_presence() && !matches!(field.kind(), Kind::Message(_)) => {
            "optional ".to_owned()
        }
        _ => String::new(),
    };
    let kind = |kind: Kind| match kind {
        Kind::Message(message) => message.full_name().to_owned(),
        scalar => format!("{scalar:?}").to_lowercase(),
    };
    match field.kind() {
        Kind::Message(entry) if field.is_map() => format!(
            "{label}<{}, {}>",
            kind(entry.map_entry_key_field().kind()),
            kind(entry.map_entry_value_field().kind())
        ),
        one => label + &kind(one),
    }
}

#[test]
fn the_contract_changes_only_with_its_lock() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(LOCK);
    let made = lock();
    if std::env::var_os("STILLWATCH_WRITE_LOCK").is_some() {
        std::fs::write(&path, &made).expect("the folder of the contract");
    }
    let kept = std::fs::read_to_string(&path).expect("the contract's lock");
    let (old, new): (BTreeSet<&str>, BTreeSet<&str>) =
        (kept.lines().collect(), made.lines().collect());
    let list = |lines: Vec<&&str>| -> String {
        lines
            .iter()
            .fold(String::new(), |list, line| list + "\n  " + line)
    };
    let gone = list(old.difference(&new).collect());
    let added = list(new.difference(&old).collect());
    assert!(
        gone.is_empty(),
        "breaking: callers of this version of the contract depend on{gone}\nand now there is{added}\nGive what is new a \
         name and number of its own. Where the break is meant, run `STILLWATCH_WRITE_LOCK=1 cargo test --test wire contract`"
    );
    assert!(
        added.is_empty(),
        "new in the contract:{added}\nRun `STILLWATCH_WRITE_LOCK=1 cargo test --test wire contract` and check {LOCK} in"
    );
}
