//! The readers of traffic logs, labels, pools and catalogues on valid, unusual and hostile input.

#![expect(
    clippy::unwrap_used,
    reason = "a test's helpers fail by panicking, too"
)]

mod files;
mod order;
mod other_files;
mod properties;
mod records;
mod traffic_line;
mod whole;

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use flate2::Compression as Level;
use flate2::write::GzEncoder;
use stillwatch::internals::domain::{Exchange, Timestamp};
use stillwatch::internals::ingest::TrafficReader;
use stillwatch::internals::wire::json::{FromLine, LineError, ToLine};
use tempfile::TempDir;

/// Marks text of a prompt; no error may contain it.
const CANARY: &str = "CANARY-7f3a";

const MINIMAL: &str = r#"{"time":"2026-05-01T12:00:00Z","account":"a","model":"m","messages":[{"role":"user","content":"hello"}]}"#;

const FULL: &str = r#"{"id":"ex-1","time":"2026-05-01T12:00:00.123Z","account":"acc-1","organization":"org-1","conversation":"conv-1","model":"opus-4.6","system":"be brief","messages":[{"role":"user","content":"hello"}],"tools":["search"],"parameters":{"temperature":1.0,"max_tokens":4096,"n":1,"response_format":"json_schema","reasoning_effort":"high","logprobs":false},"response":{"text":"hi","finish_reason":"stop","status":200,"input_tokens":120,"output_tokens":800},"client":{"ip":"203.0.113.7","user_agent":"curl","tls_fingerprint":"t13d","api_key":"key-7","payment":"pay-3"}}"#;

fn exchange(line: &str) -> Result<Exchange, LineError> {
    Exchange::from_line(line.as_bytes()).map(|parsed| parsed.record)
}

/// Returns the code of the error, or "accepted".
fn outcome(line: &[u8]) -> &'static str {
    match Exchange::from_line(line) {
        Ok(_) => "accepted",
        Err(error) => {
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains(CANARY), "an error quotes its line: {shown}");
            error.code()
        }
    }
}

/// [`MINIMAL`] with one more field, which replaces an earlier one of its name.
fn with(field: &str) -> String {
    format!("{},{field}}}", &MINIMAL[..MINIMAL.len() - 1])
}

fn line_of<T: ToLine>(record: &T) -> String {
    let mut line = Vec::new();
    record.to_line(&mut line);
    String::from_utf8(line).unwrap()
}

fn file(folder: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    path
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Level::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstandard(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

/// Lines with ids 0, 1, ..., each a second after the one before.
fn log(lines: u32) -> String {
    let mut log = String::new();
    for n in 0..lines {
        let (hour, minute, second) = (n / 3600, n / 60 % 60, n % 60);
        let time = format!("2026-05-01T{hour:02}:{minute:02}:{second:02}Z");
        let line = MINIMAL.replace("2026-05-01T12:00:00Z", &time);
        writeln!(log, "{{\"id\":\"{n}\",{}", &line[1..]).unwrap();
    }
    log
}

fn ids(reader: &mut TrafficReader) -> Vec<String> {
    reader.filter_map(|item| item.ok()?.id).collect()
}

fn counting(range: std::ops::Range<u32>) -> Vec<String> {
    range.map(|n| n.to_string()).collect()
}

fn at(account: &str, id: Option<&str>, seconds: i64) -> Exchange {
    Exchange {
        account: account.to_owned(),
        id: id.map(str::to_owned),
        time: Timestamp::from_micros(seconds * 1_000_000),
        ..exchange(MINIMAL).unwrap()
    }
}
