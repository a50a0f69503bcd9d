//! Evaluates a bundle on labeled traffic, next to a second bundle if one is given.

use std::path::{Path, PathBuf};

use anyhow::bail;

use super::baselines;
use super::flags::EvalFlags;
use super::gating::Gating;
use crate::cli::Exit;
use crate::cli::input::{TrafficFlags, named_labels};
use crate::cli::progress::ProgressBars;
use crate::cli::terminal::hint;
use crate::cli::what_was_read::{WhatWasRead, names};
use crate::domain::{Exchange, Label};
use crate::engine::Engine;
use crate::eval::accounts::{Collected, compared, errors};
use crate::eval::baseline::{Collector, comparison};
use crate::eval::page::page;
use crate::eval::{Options, Report, Step, Trails};
use crate::privacy::PseudonymKey;
use crate::train::progress::Progress;

/// The name of an evaluated bundle and the trails it produced.
struct Measured {
    bundle: String,
    collected: Collected,
}

#[expect(clippy::print_stdout, reason = "the report is this command's data")]
pub(super) fn run(flags: &EvalFlags, label_file: &Path) -> anyhow::Result<Exit> {
    let bars = ProgressBars::new();
    // The gates are read first: a misspelt gate should not cost a pass over the stream.
    let gates = flags.gates.as_deref().map(Gating::read).transpose()?;
    let truth = named_labels(label_file)?;
    let fitted = match &flags.fit_labels {
        Some(labels) => Some(baselines::fit(flags, labels, &bars)?),
        None => None,
    };
    let mut beside = fitted
        .as_ref()
        .map(|(panel, encoder)| Collector::to_score(encoder, panel.ngram(), truth.clone()));
    let read = WhatWasRead::default();
    let (measured, mut exit) = measure(flags, &truth, &bars, |exchanges| {
        read.add(exchanges);
        if let Some(beside) = &mut beside {
            beside.add(exchanges);
        }
    })?;
    let [own, other] = [measured.first(), measured.get(1)];
    let own = own.expect("the bundle itself is always measured");
    require_labeled_traffic(own, &truth, &read, (label_file, &flags.traffic))?;
    bars.begin("intervals", Report::PARTS);
    let options = Options {
        resamples: flags.resamples,
        ..Options::default()
    };
    let mut report = Report::with_progress(&own.collected, &options, &|| bars.advance(1));
    if let Some(other) = other {
        report = report.with(compared(
            (&own.bundle, &own.collected),
            (&other.bundle, &other.collected),
            &options,
        ));
    }
    if let (Some((panel, _)), Some(beside)) = (&fitted, beside) {
        bars.begin("baselines", 0);
        let trails = &own.collected.trails;
        report = report.with(comparison(trails, &beside.finish(), panel, &options));
    }
    if let Some(n) = flags.errors {
        report = report.with(errors(&own.collected, n));
    }
    bars.finish();
    read.report(&flags.traffic);
    if let Some(gates) = &gates {
        let (held, tables) = gates.hold(report.tables(), report.false_positives())?;
        report = report.with(tables);
        if !held {
            exit = Exit::UnderGate;
        }
    }
    match flags.format.layout() {
        Some(layout) => print!("{}", report.render(layout)),
        None => print!(
            "{}",
            page("Stillwatch evaluation", &about(flags, own), &report)
        ),
    }
    Ok(exit)
}

/// Scores the stream with every bundle in one pass and calls `also` with every counted exchange.
fn measure(
    flags: &EvalFlags,
    truth: &[Label],
    bars: &ProgressBars,
    mut also: impl FnMut(&[Exchange]),
) -> anyhow::Result<(Vec<Measured>, Exit)> {
    let mut engines = vec![flags.model.engine(PseudonymKey::offline())?];
    if let Some(other) = &flags.compare {
        engines.push(
            flags
                .model
                .with_bundle(other)
                .engine(PseudonymKey::offline())?,
        );
    }
    let mut runs: Vec<(Engine, Trails)> = engines
        .into_iter()
        .map(|engine| (engine, Trails::new(truth.iter().cloned())))
        .collect();
    bars.begin("exchanges", 0);
    let traffic = TrafficFlags::of(flags.traffic.clone(), flags.models.clone(), &flags.records)
        .by_account(flags.account.as_ref());
    let exit = traffic.each_batch(|mut exchanges| {
        let read = exchanges.len();
        let mut counted = Vec::new();
        for (engine, trails) in &mut runs {
            let assessments = engine.score_batch(&exchanges);
            counted = assessments.iter().map(|one| !one.duplicate).collect();
            for (exchange, assessment) in exchanges.iter().zip(&assessments) {
                if !assessment.duplicate {
                    trails.add(Step::of(exchange, assessment));
                }
            }
        }
        // All bundles agree on this: whether an exchange is a repeat does not depend on the model.
        let mut counted = counted.into_iter();
        exchanges.retain(|_| counted.next().unwrap_or(true));
        also(&exchanges);
        bars.advance(read as u64);
        Ok(read - exchanges.len())
    })?;
    let measured = runs.into_iter().map(|(engine, trails)| Measured {
        bundle: engine.bundle().to_owned(),
        collected: trails.finish(),
    });
    Ok((measured.collect(), exit))
}

/// Checks that some label has an exchange: a report without any would be zeros.
fn require_labeled_traffic(
    own: &Measured,
    truth: &[Label],
    read: &WhatWasRead,
    (label_file, traffic): (&Path, &[PathBuf]),
) -> anyhow::Result<()> {
    let Some(first) = truth.first() else {
        bail!("no labels of named accounts in {}", label_file.display());
    };
    if read.exchanges() == 0 {
        bail!("no exchanges in {}", names(traffic));
    }
    let collected = &own.collected;
    if !collected.trails.is_empty() || !collected.conversations.is_empty() {
        return Ok(());
    }
    hint("labels name accounts, and conversations if they have one, as the traffic does");
    bail!(
        "no label has an exchange: {} labels in {}, {} accounts in {}; the first label is of account {:?}",
        truth.len(),
        label_file.display(),
        read.accounts(),
        names(traffic),
        first.account
    );
}

/// Describes the source of the figures on the HTML page.
fn about(flags: &EvalFlags, own: &Measured) -> Vec<String> {
    let name = |path: &PathBuf| {
        path.file_name()
            .map(|name| name.to_string_lossy().into_owned())
    };
    let logs: Vec<String> = flags.traffic.iter().filter_map(name).collect();
    vec![
        format!(
            "Bundle {} on {}, evaluated by stillwatch {}.",
            own.bundle,
            logs.join(", "),
            env!("CARGO_PKG_VERSION")
        ),
        format!(
            "Intervals cover 95% of {} resamples of whole applications, pipelines and campaigns. \
             Figures based on too few units are marked.",
            flags.resamples
        ),
    ]
}
