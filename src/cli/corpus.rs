//! The corpus and the scenario that a command was asked for, or the ones built in.

use std::path::Path;

use anyhow::Context;

use super::progress::ProgressBars;
use crate::simulate::Scenario;
use crate::simulate::corpus::Corpus;
use crate::train::progress::Progress;

/// The corpus in a folder, or the one built in.
pub(super) fn corpus(pools: Option<&Path>, bars: &ProgressBars) -> anyhow::Result<Corpus> {
    let Some(folder) = pools else {
        return Ok(Corpus::miniature());
    };
    bars.begin("pools and applications", 0);
    let corpus = Corpus::load(folder, &|_, _| {})
        .with_context(|| format!("prompt pools {}", folder.display()))?;
    bars.finish();
    Ok(corpus)
}

/// The scenario in a file, or the one given as text.
pub(super) fn scenario(path: Option<&Path>, built_in: &str) -> anyhow::Result<Scenario> {
    let text = match path {
        Some(path) => std::fs::read_to_string(path).with_context(|| path.display().to_string())?,
        None => built_in.to_owned(),
    };
    let name = path.map_or("the built-in scenario".to_owned(), |path| {
        path.display().to_string()
    });
    Scenario::parse(&text).context(name)
}
