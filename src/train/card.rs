//! The model card: states what a bundle is, what it was made of, and what it can and cannot do.

use std::fmt::Write;

use super::summary::{AccountsFrom, Summary};
use crate::detect::{DETECTORS, MEASURE_COUNT, Maturity};
use crate::risk::{Fusion, RiskModel, Threshold};

/// What is said of simulated accounts.
const SIMULATED: &str = "\nAccounts are simulated: real requests on the rhythms of real production traces. No labeled \
    account-level traffic is public. Requests come from published pipelines and applications under permissive licences \
    only, and from our own writing; none of their text is in the bundle beyond the vocabulary's tokens.\n\n";

/// What is said of accounts that reviewers labeled.
const LABELED: &str = "\nFusion, calibration and thresholds were fitted on an operator's own labeled traffic and on \
    nothing simulated: they hold for accounts like those, as those reviewers judged them, and a mistake of theirs is a \
    mistake of this bundle. No text, name or time of that traffic is in the bundle; its vocabulary and text model are \
    those of the bundle that was refitted, whose card says what they were made of.\n\n";

/// Returns the card of a bundle in Markdown. Figures of the held-out side are added by whoever measures them.
pub(crate) fn card(name: &str, version: u32, summary: &Summary, model: &RiskModel) -> String {
    let mut card = format!("# Model card: {name}@{version}\n\n");
    card.push_str(
        "Scores conversations and accounts for capability extraction. A static text encoder (byte-level BPE, \
         attention-pooled token vectors, 17 cue heads, and a linear member over which tokens and pairs occur), bounded \
         account statistics, an additive fusion of a few measures and calibration by account. Token vectors start from rows distilled from the multilingual Universal \
         Sentence Encoder (Apache-2.0) unless the recipe says otherwise.\n\n## Made of\n\n",
    );
    for line in &summary.lines {
        let _ = writeln!(card, "- {line}");
    }
    card.push_str(match summary.accounts {
        AccountsFrom::Simulator => SIMULATED,
        AccountsFrom::LabeledTraffic => LABELED,
    });
    card.push_str(&what_decides(model.fusion()));
    card.push_str(
        "\n## Operating points\n\n\
         Score thresholds that a benign account passes *at any time* with the target's probability, each application \
         counting equally. Evaluators and judges, who send what extractions send, pass them far more often than others; a \
         mark takes them out of the queue. An extrapolated threshold for restriction restricts nobody: it recommends a \
         review.\n\n\
         | recommendation | target | score above | benign accounts | applications | seen beyond | upper 95% bound | tail |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    let points = model.operating_points();
    let rows = [
        ("watch", points.watch()),
        ("review", points.review()),
        ("restrict", points.restrict()),
    ];
    for (name, threshold) in rows {
        card.push_str(&row(name, threshold));
    }
    card.push_str(
        "\n## Limits\n\n\
         - The prior is 5% of accounts; shift it to your own traffic before reading a risk as a probability.\n\
         - Requests that a benign user would send word for word (bare questions, agent prompts) carry no cue: only \
         the stream of the account can tell, and often it does not.\n\
         - English and Chinese taught it most; other languages rest on few sources. Read the slice report.\n\
         - Traffic whose cue-free extraction is spread over many accounts is not seen by this version.\n\
         - It recommends; a person decides.\n",
    );
    card
}

/// Describes which measures have a term and what the others are for.
fn what_decides(fusion: &Fusion) -> String {
    let mut deciding: Vec<&str> = Vec::new();
    let mut terms: Vec<String> = Vec::new();
    for (measure, _) in fusion.terms() {
        let technique = measure.card().technique.name();
        terms.push(format!("`{}` (of `{technique}`)", measure.measure().code));
        if !deciding.contains(&technique) {
            deciding.push(technique);
        }
    }
    let live = DETECTORS
        .iter()
        .filter(|card| card.maturity == Maturity::Live)
        .count();
    format!(
        "## What decides\n\n\
         {} of {MEASURE_COUNT} measures have a term: {}. So {} of the {} detectors decide; {} are context, which \
         `explain` prints and which changes no risk, and {} are drafts that measure nothing yet. A technique that no \
         term speaks for is not answered as a risk. A term that speaks for any intent counts for each of the five \
         techniques with an intent by how much of that intent was seen.\n",
        terms.len(),
        terms.join(", "),
        deciding.len(),
        DETECTORS.len(),
        live - deciding.len(),
        DETECTORS.len() - live,
    )
}

fn row(name: &str, threshold: &Threshold) -> String {
    format!(
        "| {name} | {:.2}% | {:.2} | {} | {} | {:.3}% | {:.3}% | {} |\n",
        threshold.target_rate * 100.0,
        threshold.score,
        threshold.accounts,
        threshold.applications,
        // A rate over no accounts is 0, whatever its sign.
        threshold.rate.max(0.0) * 100.0,
        threshold.upper_by_applications * 100.0,
        if threshold.extrapolated {
            "extrapolated"
        } else {
            "observed"
        }
    )
}
