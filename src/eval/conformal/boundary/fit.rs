//! Fitting a boundary: cell by cell, among the accounts that passed no earlier threshold.

use std::collections::BTreeMap;

use super::edge::{Edge, ScorePath, StratumBoundary};
use crate::eval::conformal::alpha_spending::spending;
use crate::risk::{TargetRates, Threshold};
use crate::statistics::binomial::clopper_pearson_upper;
use crate::train::benign_sample::{
    BenignSample, BenignScore, CONFIDENCE, Weighed, applications, weighed,
};
use crate::train::operating_points::{FEWEST_ACCOUNTS, FEWEST_APPLICATIONS};

/// Returns the highest scores in a cell of the accounts that reach it.
pub(super) fn highs(paths: &[&ScorePath<'_>], cell: usize, cells: usize) -> Vec<BenignScore> {
    let reached = paths.iter().filter_map(|path| {
        Some(BenignScore {
            score: path.highs.within(cell, cells)?,
            application: path.application,
        })
    });
    reached.collect()
}

/// Whether these accounts are enough to set a threshold of their own.
pub(super) fn enough(rows: &[Weighed]) -> bool {
    rows.len() as u64 >= FEWEST_ACCOUNTS && applications(rows.iter()) as u64 >= FEWEST_APPLICATIONS
}

/// Sets the thresholds of all rates; of the whole, or of a part that borrows from it.
pub(super) fn stratum(
    paths: &[&ScorePath<'_>],
    cells: usize,
    rates: TargetRates,
    whole: Option<&StratumBoundary>,
    members: Vec<String>,
) -> StratumBoundary {
    let watch = edge(
        paths,
        cells,
        rates.watch,
        whole.map(|whole| &whole.watch),
        None,
    );
    let borrowed = whole.map(|whole| &whole.review);
    let review = edge(paths, cells, rates.review, borrowed, Some(&watch));
    let borrowed = whole.map(|whole| &whole.restrict);
    let restrict = edge(paths, cells, rates.restrict, borrowed, Some(&review));
    StratumBoundary {
        members,
        watch,
        review,
        restrict,
    }
}

/// Sets the thresholds of one rate, cell by cell, none under that of the edge `below`. A cell that too few accounts
/// reach borrows from the whole.
fn edge(
    paths: &[&ScorePath<'_>],
    cells: usize,
    rate: f64,
    whole: Option<&Edge>,
    below: Option<&Edge>,
) -> Edge {
    let mut left = paths.to_vec();
    let mut beyond = 0.0;
    let mut thresholds: Vec<Threshold> = Vec::with_capacity(cells);
    for (cell, part) in spending(cells).into_iter().enumerate() {
        let reached = weighed(&highs(paths, cell, cells));
        let standing = standing(&left, &reached, cell, cells);
        let floor = below.map_or(f64::MIN, |below| below.cells[cell].score);
        let own = BenignSample::of(standing.clone(), applications(reached.iter()));
        let threshold = match whole {
            Some(whole) if !enough(&standing) => Threshold {
                score: whole.cells[cell].score.max(floor),
                extrapolated: true,
                ..whole.cells[cell]
            },
            _ if enough(&standing) => own.threshold(rate * part, floor),
            // The whole itself, when nearly all of it has passed before.
            _ => own.highest(rate * part, floor),
        };
        left.retain(|path| {
            let high = path.highs.within(cell, cells);
            high.is_none_or(|high| high <= threshold.score)
        });
        let weight = standing
            .iter()
            .filter(|row| row.benign.score > threshold.score);
        beyond += weight.map(|row| row.weight).sum::<f64>();
        thresholds.push(threshold);
    }
    let mut edge = Edge {
        target_rate: rate,
        cells: thresholds,
        ever: 0.0,
        ever_upper: 1.0,
    };
    let all = weighed(&highs(paths, 0, 1));
    let count = applications(all.iter()) as f64;
    let passed = paths
        .iter()
        .zip(&all)
        .filter(|(path, _)| edge.passed(&path.highs));
    edge.ever = passed.map(|(_, row)| row.weight).sum::<f64>() / count;
    // Every cell but the first uses one more block of the sample.
    let blocks = beyond + (cells - 1) as f64;
    edge.ever_upper = clopper_pearson_upper(blocks, count, CONFIDENCE);
    edge
}

/// Returns the accounts of `left` in a cell, with the weights that they have among all that reach it.
fn standing(
    left: &[&ScorePath<'_>],
    reached: &[Weighed],
    cell: usize,
    cells: usize,
) -> Vec<Weighed> {
    let weights: BTreeMap<u64, f64> = reached
        .iter()
        .map(|row| (row.benign.application, row.weight))
        .collect();
    let standing = highs(left, cell, cells).into_iter().map(|benign| Weighed {
        weight: weights[&benign.application],
        benign,
    });
    standing.collect()
}
