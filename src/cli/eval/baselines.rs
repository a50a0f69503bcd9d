//! Simple baselines beside a bundle: fitted on one labeled stream, scored on the one that the bundle is measured on.

use crate::cli::input::{TrafficFlags, labels};
use crate::cli::terminal::Bars;
use crate::encoder::TextEncoder;
use crate::eval::baseline::{Collector, Panel};
use crate::train::progress::Progress;

use super::Eval;

/// The baselines, if a stream to fit them on is named.
pub(super) fn panel(
    flags: &Eval,
    encoder: &TextEncoder,
    bars: &Bars,
) -> anyhow::Result<Option<Panel>> {
    let Some(path) = &flags.fit_labels else {
        return Ok(None);
    };
    let mut collector = Collector::to_fit(encoder, labels(path)?);
    bars.begin("exchanges to fit baselines on", 0);
    let traffic = TrafficFlags::of(flags.fit_traffic.clone(), flags.models.clone(), false);
    traffic.each_batch(|exchanges| {
        bars.advance(exchanges.len() as u64);
        collector.add(&exchanges);
        Ok(())
    })?;
    bars.begin("fit of the baselines", 0);
    Ok(Some(Panel::fit(&collector.finish())?))
}
