//! Request bodies: exchanges of a traffic log, encoded beforehand, so that the driver does little work during a run.

use std::path::Path;
use std::process::Command;

use anyhow::Context;
use hyper::body::Bytes;
use prost::Message;
use prost_reflect::{DescriptorPool, DeserializeOptions, DynamicMessage};
use serde_json::Value;

use crate::ServerFlags;

/// Exchanges of one run; the driver cycles through them.
const EXCHANGES: usize = 2_000;
/// Exchanges per batch.
pub(crate) const BATCH: usize = 100;

/// Returns the exchanges of the log, or of simulated accounts.
pub(crate) fn exchanges(flags: &ServerFlags) -> anyhow::Result<Vec<Value>> {
    let folder = tempfile::tempdir()?;
    let made = folder.path().join("traffic.jsonl");
    let path = if let Some(path) = &flags.traffic {
        path
    } else {
        simulate(&flags.stillwatch, &made)?;
        &made
    };
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let lines = text.lines().take(EXCHANGES).map(serde_json::from_str);
    let exchanges: Vec<Value> = lines.collect::<Result<_, _>>()?;
    anyhow::ensure!(
        exchanges.len() >= BATCH,
        "fewer exchanges than a batch holds"
    );
    Ok(exchanges)
}

fn simulate(program: &Path, traffic: &Path) -> anyhow::Result<()> {
    let status = Command::new(program)
        .args(["simulate", "--seed", "1", "--traffic"])
        .arg(traffic)
        .arg("--labels")
        .arg(traffic.with_extension("labels"))
        .status()
        .with_context(|| format!("{} cannot be started", program.display()))?;
    anyhow::ensure!(status.success(), "no traffic was simulated");
    Ok(())
}

/// Encodes bodies of single requests in JSON.
pub(crate) fn json(exchanges: &[Value]) -> Vec<Bytes> {
    exchanges
        .iter()
        .map(|exchange| exchange.to_string().into())
        .collect()
}

/// Encodes bodies of batches in JSON.
pub(crate) fn batches(exchanges: &[Value]) -> Vec<Bytes> {
    let batches = exchanges.chunks_exact(BATCH);
    let body = |batch| serde_json::json!({"exchanges": batch}).to_string().into();
    batches.map(body).collect()
}

/// Encodes bodies of single requests in gRPC.
pub(crate) fn grpc(exchanges: &[Value]) -> anyhow::Result<Vec<Bytes>> {
    let contract = include_bytes!(concat!(env!("OUT_DIR"), "/contract.binpb"));
    let pool = DescriptorPool::decode(&contract[..])?;
    let message = pool
        .get_message_by_name("stillwatch.v1.Exchange")
        .context("the contract")?;
    // Lines of a log may have fields that the contract does not have.
    let lenient = DeserializeOptions::new().deny_unknown_fields(false);
    let body = |exchange: &Value| {
        let message =
            DynamicMessage::deserialize_with_options(message.clone(), exchange, &lenient)?;
        let message = message.encode_to_vec();
        let length = u32::try_from(message.len())?.to_be_bytes();
        Ok([&[0][..], &length, &message].concat().into())
    };
    exchanges.iter().map(body).collect()
}
