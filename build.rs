//! Compiles the wire contract (`proto/`) into Rust, with no `protoc` on the machine.
//!
//! `protox` reads the contract in pure Rust; `connectrpc-build` writes messages, service traits and the
//! descriptor set that reflection answers from.

use std::path::PathBuf;
use std::{env, fs};

use buffa_codegen::MapRepr;
use connectrpc_build::{CodeGenConfig, Config};

const FILES: [&str; 7] = [
    "stillwatch/v1/error.proto",
    "stillwatch/v1/exchange.proto",
    "stillwatch/v1/assessment.proto",
    "stillwatch/v1/scoring.proto",
    "stillwatch/v1/account.proto",
    "stillwatch/v1/model.proto",
    "stillwatch/v1/label.proto",
];

/// Contracts of others that the server speaks; their own messages live in packages of their own.
const THIRD_PARTY: [&str; 1] = ["envoy/service/ext_proc/v3/external_processor.proto"];
/// What those import; code is made for each file that is named.
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
    // What this version does not know is not carried along.
    code.preserve_unknown_fields = false;
    // Ordered, so that the same assessment is the same bytes.
    code.map_fields.push((".".into(), MapRepr::BTreeMap));
    // In JSON a message's content is a string or a list of parts; see `wire::lenient_message`.
    code.message_attributes.push((
        ".stillwatch.v1.Message".into(),
        r#"#[serde(from = "crate::wire::LenientMessage")]"#.into(),
    ));

    Config::new()
        .descriptor_set(&descriptors)
        .files(&[&FILES[..], &THIRD_PARTY, &IMPORTED].concat())
        .buffa_config(code)
        .include_file("contract.rs")
        // It would name the descriptor set, which this script writes itself: then the script is always older than its
        // input, and every build compiles the crate again.
        .emit_rerun_directives(false)
        .compile()?;

    println!("cargo:rerun-if-changed=proto");
    Ok(())
}
