//! Reads a traffic log and does nothing else: the baseline that `stillwatch score` is compared with.
//!
//! `cargo run --release --example parse_only -- traffic.jsonl`

use stillwatch::ingest::{InputError, TrafficReader};

fn main() -> Result<(), InputError> {
    let mut reader = TrafficReader::new(std::env::args_os().skip(1).map(Into::into));
    let mut exchanges = 0_usize;
    while let Some(batch) = reader.next_batch()? {
        exchanges += batch.iter().filter(|line| line.is_ok()).count();
    }
    eprintln!("{exchanges} exchanges");
    Ok(())
}
