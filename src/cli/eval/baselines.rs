//! Simple baselines for comparison with a bundle: fitted on one labeled stream, scored on the stream that the bundle is
//! evaluated on.

use std::path::Path;

use crate::cli::input::{TrafficFlags, named_labels};
use crate::cli::progress::ProgressBars;
use crate::encoder::TextEncoder;
use crate::eval::baseline::{Collector, Panel};
use crate::train::progress::Progress;

use super::flags::EvalFlags;

/// Fits the baselines on the traffic of `--fit-traffic`. Returns them with the encoder they use.
pub(super) fn fit(
    flags: &EvalFlags,
    label_file: &Path,
    bars: &ProgressBars,
) -> anyhow::Result<(Panel, TextEncoder)> {
    let encoder = flags.model.bundle()?.encoder;
    let mut collector = Collector::to_fit(&encoder, named_labels(label_file)?);
    bars.begin("exchanges to fit baselines on", 0);
    let traffic = TrafficFlags::of(
        flags.fit_traffic.clone(),
        flags.models.clone(),
        &flags.records,
    )
    .by_account(flags.account.as_ref());
    traffic.each_batch_of_new(|exchanges| {
        bars.advance(exchanges.len() as u64);
        collector.add(&exchanges);
    })?;
    bars.begin("fit of the baselines", 0);
    let panel = Panel::fit(&collector.finish())?;
    Ok((panel, encoder))
}
