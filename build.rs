//! Build script: compiles the wire contract (`proto/`) into Rust without a `protoc` binary.
//!
//! `protox` parses the contract in pure Rust; `connectrpc-build` generates messages, service traits and the descriptor
//! set that server reflection returns.

use std::path::PathBuf;
use std::{env, fs};

use buffa_codegen::MapRepr;
use connectrpc_build::{CodeGenConfig, Config};

const FILES: [&str; 8] = [
    "stillwatch/v1/error.proto",
    "stillwatch/v1/exchange.proto",
    "stillwatch/v1/assessment.proto",
    "stillwatch/v1/scoring.proto",
    "stillwatch/v1/account.proto",
    "stillwatch/v1/model.proto",
    "stillwatch/v1/label.proto",
    "stillwatch/v1/review.proto",
];

/// Third-party contracts that the server implements; their messages are in their own packages.
const THIRD_PARTY: [&str; 1] = ["envoy/service/ext_proc/v3/external_processor.proto"];
/// Imports of the third-party contracts. Code is generated only for files that are listed.
const IMPORTED: [&str; 2] = [
    "envoy/config/core/v3/base.proto",
    "envoy/type/v3/http_status.proto",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let descriptors = PathBuf::from(env::var("OUT_DIR")?).join("contract.binpb");
    let contract = protox::Compiler::new(["proto", "proto/third_party"])?
        .include_imports(true)
        .include_source_info(true)
        .open_files(FILES.into_iter().chain(THIRD_PARTY))?
        .encode_file_descriptor_set();
    fs::write(&descriptors, contract)?;

    let mut code = CodeGenConfig::default();
    code.generate_json = true;
    code.generate_with_setters = false;
    code.emit_register_fn = false;
    // Unknown fields are dropped rather than carried along.
    code.preserve_unknown_fields = false;
    // Ordered maps, so that equal assessments encode to equal bytes.
    code.map_fields.push((".".into(), MapRepr::BTreeMap));
    // In JSON, an exchange is read as leniently as a line of a log; see `wire::exchange_json`.
    code.message_attributes.push((
        ".stillwatch.v1.Exchange".into(),
        r#"#[serde(from = "crate::wire::ExchangeJson")]"#.into(),
    ));

    Config::new()
        .descriptor_set(&descriptors)
        .files(&[&FILES[..], &THIRD_PARTY, &IMPORTED].concat())
        .buffa_config(code)
        .include_file("contract.rs")
        // The directives would name the descriptor set, which this script writes itself. The script would then always
        // be older than its input, and every build would recompile the crate.
        .emit_rerun_directives(false)
        .compile()?;

    println!("cargo:rerun-if-changed=proto");
    Ok(())
}
