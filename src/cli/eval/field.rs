//! Evaluates a bundle on the field set, a folder of cases, and holds it to the gates that lie beside them.

use std::path::Path;

use anyhow::{Context, bail};

use super::flags::EvalFlags;
use super::gating::Gating;
use crate::cli::Exit;
use crate::cli::progress::ProgressBars;
use crate::eval::field::{Case, FieldFiles, cases, outcomes, tables};
use crate::eval::table::Table;
use crate::privacy::PseudonymKey;
use crate::train::progress::Progress;

/// Name of the gates in the folder, unless others are given.
const GATES: &str = "gates.toml";

#[expect(clippy::print_stdout, reason = "the report is this command's data")]
pub(super) fn run(flags: &EvalFlags, folder: &Path) -> anyhow::Result<Exit> {
    let Some(layout) = flags.format.layout() else {
        bail!("-o html: expected another format; only reports on accounts have an HTML page");
    };
    let gates = match &flags.gates {
        Some(path) => Gating::read(path)?,
        None => Gating::read(&folder.join(GATES))?,
    };
    let texts = read(folder)?;
    let [common, published, honest, evasions] = texts.each_ref().map(String::as_str);
    let cases = cases(FieldFiles {
        common,
        published,
        honest,
        evasions,
    })
    .with_context(|| folder.display().to_string())?;
    let bars = ProgressBars::new();
    let engine = flags.model.engine(PseudonymKey::offline())?;
    let exchanges: usize = cases.iter().map(Case::len).sum();
    bars.begin("exchanges of the field set", exchanges as u64);
    let outcomes = outcomes(&engine, &cases, &|scored| bars.advance(scored))
        .with_context(|| folder.display().to_string())?;
    bars.finish();
    let mut report = tables(&outcomes);
    let (held, checked) = gates.hold(&report, &[])?;
    report.extend(checked);
    print!("{}", Table::render_all(&report, layout));
    Ok(if held { Exit::Success } else { Exit::UnderGate })
}

fn read(folder: &Path) -> anyhow::Result<[String; 4]> {
    let mut texts: [String; 4] = Default::default();
    for (name, text) in FieldFiles::NAMES.iter().zip(&mut texts) {
        let path = folder.join(name);
        *text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    }
    Ok(texts)
}
