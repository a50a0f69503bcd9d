//! Soak test: sends requests from many accounts for minutes, to check that memory stops growing once all are stored.

use std::time::Instant;

use hyper::body::Bytes;
use serde_json::{Value, json};

use crate::ServerFlags;
use crate::drive::{Call, Load, drive, quantile};
use crate::process::Server;
use crate::traffic;

/// Seconds between two lines of output.
const STEP: f64 = 10.0;
const LANES: usize = 8;
/// Exchanges per request.
const BATCH: usize = 100;

/// Sends requests and prints a line every few seconds.
pub(crate) async fn run(flags: &ServerFlags, accounts: u64, minutes: f64) -> anyhow::Result<()> {
    let exchanges = traffic::exchanges(flags)?;
    let data = tempfile::tempdir()?;
    let data = data.path().display().to_string();
    let bound = accounts.to_string();
    let arguments = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--data",
        &data,
        "--accounts-max",
        &bound,
    ];
    let server = Server::start(&flags.stillwatch, &arguments)?;
    let begin = Instant::now();
    let mut sent = 0;
    eprintln!("seconds  exchanges/s  accounts  resident MiB  p99 ms of a batch of {BATCH}");
    while begin.elapsed().as_secs_f64() < minutes * 60.0 {
        let call = Call {
            path: "/stillwatch.v1.ScoringService/ScoreBatch",
            content_type: "application/json",
            bodies: bodies(&exchanges, sent, accounts).into(),
            http2: false,
        };
        let load = Load {
            lanes: LANES,
            rate: None,
            seconds: STEP,
        };
        let mut outcome = drive(server.address, &call, load).await?;
        anyhow::ensure!(outcome.failed == 0, "{} calls failed", outcome.failed);
        let scored = (outcome.answered.len() * BATCH) as u64;
        // Bodies may have been sent more than once in a step; accounts are new only in the first pass.
        sent += scored.min((call.bodies.len() * BATCH) as u64);
        eprintln!(
            "{:7.0}  {:11.0}  {:8}  {:12.1}  {}",
            begin.elapsed().as_secs_f64(),
            scored as f64 / outcome.seconds,
            sent.min(accounts),
            server.resident_bytes()? as f64 / 1024.0 / 1024.0,
            quantile(&mut outcome.answered, 0.99),
        );
    }
    Ok(())
}

/// Builds batches for the next accounts; each exchange belongs to a different account, in turn.
fn bodies(exchanges: &[Value], from: u64, accounts: u64) -> Vec<Bytes> {
    let batch = |batch: u64| {
        let exchange = |place: u64| {
            let number = from + batch * BATCH as u64 + place;
            let mut exchange = exchanges[(number % exchanges.len() as u64) as usize].clone();
            exchange["account"] = json!(format!("soak-{}", number % accounts));
            exchange
        };
        let exchanges: Vec<Value> = (0..BATCH as u64).map(exchange).collect();
        json!({"exchanges": exchanges}).to_string().into()
    };
    (0..200).map(batch).collect()
}
