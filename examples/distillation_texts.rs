//! Writes the texts from which the distilled rows are generated: permissively licensed requests of the fitting side and
//! our own writing, one JSON string per line. `training/initial/README.md` describes the next steps.
//!
//! `cargo run --release --example distillation_texts -- DATA > texts.jsonl`

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use stillwatch::simulate::corpus::{Corpus, LicenceClass, Partition};
use stillwatch::train::examples::labeled_requests;
use stillwatch::train::manifest::CueManifest;

/// Maximum requests from one pipeline, source or application.
const REQUESTS: usize = 60;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let data = PathBuf::from(std::env::args().nth(1).ok_or("expected the data folder")?);
    let corpus = Corpus::load(&data, &|_, _| ())?.with_own_writing();
    let cues = CueManifest::parse(include_str!("../training/cues.toml"))?;
    let mut used = BTreeMap::<&str, usize>::new();
    let mut out = BufWriter::new(std::io::stdout().lock());
    for request in labeled_requests(&corpus, &cues) {
        let used = used.entry(request.unit).or_default();
        let fitted = request.partition == Partition::Fit;
        if !fitted || request.licence != LicenceClass::Permissive || *used == REQUESTS {
            continue;
        }
        *used += 1;
        let messages = request
            .record
            .messages
            .iter()
            .map(|message| &message.content);
        for text in request.record.system.iter().chain(messages) {
            serde_json::to_writer(&mut out, text.expose())?;
            out.write_all(b"\n")?;
        }
    }
    out.flush()?;
    Ok(())
}
