//! Fits the additive model by cyclic boosting.
//!
//! The learner of explainable boosting machines (Lou, Caruana, Gehrke & Hooker 2013; Nori, Jenkins, Koch &
//! Caruana 2019): features take turns, each step is small, so correlated features share the credit instead
//! of the first one taking it all. A step is a damped Newton step of the weighted logistic loss in every
//! bin, smoothed over neighbouring bins; a monotone table is then projected back (isotonic regression
//! weighted by bin mass), and every table is centred on honest accounts, with the intercept taking a
//! Newton step of its own in each round. Rounds stop when whole held-out groups no longer gain.
//!
//! Pairs of features may follow, chosen by a screen of what is left to explain (`pairs`).
//!
//! Everything that is learnt, bin edges and centring included, comes from rows outside the held-out
//! groups; those choose the number of rounds and nothing else. Deterministic: no random numbers, fixed
//! order.

mod bins;
mod cycle;
mod pairs;
mod rows;
mod table;
#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact by design, or worked by hand")]
mod tests;

use std::collections::BTreeSet;

use thiserror::Error;

use crate::risk::{AdditiveModel, AdditiveModelError, MAX_BINS, MAX_PAIRS};

pub use rows::TrainingRows;

use cycle::{Cycle, Snapshot};

/// What is known of a feature beforehand.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its name in the model.
    pub name: String,
    /// Whether more of it may never lower the score.
    pub monotone: bool,
    /// `n0`: the exposure at which it counts by half; zero for no shrinkage.
    pub shrink: f64,
}

/// How to boost.
#[derive(Clone, Copy, Debug, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Most bins of a feature, at most [`MAX_BINS`].
    pub bins: usize,
    /// Smallest share of the training weight in a bin.
    pub smallest_bin: f64,
    /// Share of the remaining weight that a bin takes, so that bins are finer towards high values; 0 for equal weight.
    pub tail: f64,
    /// Fraction of a Newton step taken.
    pub learning_rate: f64,
    /// Most rounds over all features.
    pub rounds: usize,
    /// Rounds without a gain on the held-out groups before stopping.
    pub patience: usize,
    /// L2 penalty of a step, in rows' worth of curvature: steps are small where there is little data.
    pub penalty: f64,
    /// How much of its neighbours' evidence a bin also counts as its own, in [0, 1].
    pub smoothing: f64,
    /// Most pair tables, boosted after all others and kept only as far as the held-out groups gain; at
    /// most [`MAX_PAIRS`].
    pub pairs: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            bins: MAX_BINS,
            smallest_bin: 0.005,
            tail: 0.0,
            learning_rate: 0.1,
            rounds: 400,
            patience: 20,
            penalty: 1.0,
            smoothing: 0.5,
            pairs: 0,
        }
    }
}

/// A fitted model with the record of its fit.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    /// The model.
    pub model: AdditiveModel,
    /// Rounds that the tables of single features took.
    pub rounds: usize,
    /// Mean weighted logistic loss on the training rows.
    pub training_loss: f64,
    /// The same on the held-out groups, where there were any.
    pub held_out_loss: Option<f64>,
}

/// Why nothing could be fitted.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum BoostError {
    /// Lengths that do not agree.
    #[error("{what}: expected {expected}, came {came}")]
    Length {
        /// Which input.
        what: &'static str,
        /// Length expected.
        expected: usize,
        /// Length that came.
        came: usize,
    },
    /// A weight or exposure that is negative or not finite.
    #[error("{what} of row {row}: expected a finite number of at least 0, came {came}")]
    Number {
        /// Which input.
        what: &'static str,
        /// Which row.
        row: usize,
        /// What came.
        came: f64,
    },
    /// A class without training weight.
    #[error(
        "outside the held-out groups, expected rows of both kinds, came {benign} benign and {extraction} extraction"
    )]
    OneClass {
        /// Benign training rows.
        benign: usize,
        /// Extraction training rows.
        extraction: usize,
    },
    /// A setting out of range.
    #[error("setting {name}: expected {expected}, came {came}")]
    Setting {
        /// Which setting.
        name: &'static str,
        /// Its range.
        expected: &'static str,
        /// What came.
        came: f64,
    },
    /// A model that fails its own checks.
    #[error(transparent)]
    Model(#[from] AdditiveModelError),
}

/// Fits an additive model of `columns` to `rows`, stopping by the groups in `held_out`.
///
/// With no held-out group present all rounds are run. A feature that is constant, or is known for fewer
/// than `smallest_bin` of the honest training weight, keeps a flat table of zero: what is never seen in honest
/// accounts cannot be compared with them.
///
/// # Errors
/// When lengths disagree, a weight or exposure is negative or not finite, a setting is out of range, or a
/// class has no training rows.
pub fn fit(
    rows: &TrainingRows<'_>,
    columns: &[Column],
    held_out: &BTreeSet<u64>,
    settings: &Settings,
) -> Result<Fitted, BoostError> {
    settings.check()?;
    rows.check(columns.len())?;
    let mut cycle = Cycle::new(*rows, columns, held_out, *settings)?;
    let mut best = run(&mut cycle, 0, settings);
    let rounds = best.round;
    if settings.pairs > 0 {
        let begin = cycle.add_pairs();
        best = run(&mut cycle, begin, settings);
    }
    Ok(Fitted {
        rounds,
        training_loss: best.training_loss,
        held_out_loss: best.held_out_loss,
        model: cycle.into_model()?,
    })
}

/// Boosts the tables from the `from`-th on until the held-out groups gain no more, and goes back to the
/// best round.
fn run(cycle: &mut Cycle<'_, '_>, from: usize, settings: &Settings) -> Snapshot {
    let mut best = cycle.snapshot(0);
    for round in 1..=settings.rounds {
        cycle.advance(from);
        let now = cycle.snapshot(round);
        let gained = match (now.held_out_loss, best.held_out_loss) {
            (Some(now), Some(lowest)) => now < lowest,
            _ => true,
        };
        if gained {
            best = now;
        } else if round - best.round >= settings.patience {
            break;
        }
    }
    cycle.restore(&best);
    best
}

impl Settings {
    fn check(&self) -> Result<(), BoostError> {
        let within = |name, value: f64, low: f64, high: f64, expected| {
            if (low..=high).contains(&value) {
                return Ok(());
            }
            Err(BoostError::Setting {
                name,
                expected,
                came: value,
            })
        };
        within("bins", self.bins as f64, 2.0, MAX_BINS as f64, "2 to 32")?;
        within("pairs", self.pairs as f64, 0.0, MAX_PAIRS as f64, "0 to 10")?;
        within("tail", self.tail, 0.0, 0.9, "0 to 0.9")?;
        within("smallest_bin", self.smallest_bin, 0.0, 0.5, "0 to 0.5")?;
        within(
            "learning_rate",
            self.learning_rate,
            1e-4,
            1.0,
            "0.0001 to 1",
        )?;
        within("penalty", self.penalty, 0.0, 1e9, "0 to 1e9")?;
        within("smoothing", self.smoothing, 0.0, 1.0, "0 to 1")
    }
}
