//! Writes `docs/openapi.json`, which the server serves and `tests/wire/openapi.rs` compares.
//!
//! After a change of `proto/` or of the error table, run `cargo run --example openapi` and commit the file.

mod document;

use std::path::Path;

use prost_reflect::DescriptorPool;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let contract = include_bytes!(concat!(env!("OUT_DIR"), "/contract.binpb"));
    let pool = DescriptorPool::decode(&contract[..])?;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json");
    std::fs::write(path, document::text(&pool))?;
    Ok(())
}
