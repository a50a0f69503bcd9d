//! Loads the corpus and the scenario that a command names, or the built-in ones.

use std::path::Path;

use anyhow::Context;

use super::progress::ProgressBars;
use crate::simulate::Scenario;
use crate::simulate::corpus::Corpus;
use crate::train::progress::Progress;

/// Loads the corpus in the folder `pools`, or the built-in one.
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

/// Parses the scenario file at `path`, or the text `built_in`.
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
