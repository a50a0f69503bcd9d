//! A sample: accounts at one moment of their history, ranked by the score served then.

use super::trail::{AccountTrail, Checkpoint};
use crate::eval::metrics::{Roc, Scored};
use crate::risk::shift_prior;

/// The moment at which accounts are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::eval) enum Moment {
    /// After each account's last exchange.
    Last,
    /// After this number of exchanges, over the accounts that reached it.
    After(u64),
}

impl Moment {
    /// The moments shown in tables of detection.
    pub(in crate::eval) const ALL: [Self; 6] = [
        Self::Last,
        Self::After(10),
        Self::After(25),
        Self::After(50),
        Self::After(100),
        Self::After(200),
    ];

    /// Returns the column name of the moment.
    pub(in crate::eval) fn name(self) -> String {
        match self {
            Self::Last => "at the last exchange".to_owned(),
            Self::After(exchanges) => format!("after {exchanges}"),
        }
    }

    /// Returns the account's state at this moment, if it got that far.
    pub(in crate::eval) fn of(self, trail: &AccountTrail) -> Option<Checkpoint> {
        match self {
            Self::Last => Some(trail.last),
            Self::After(exchanges) => trail.after(exchanges),
        }
    }
}

/// One account at one moment.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    /// The account.
    pub(super) trail: &'a AccountTrail,
    /// Log-odds and label, for ranking.
    pub(super) ranked: Scored,
    /// Risk at the sample's own prevalence and label, for calibration.
    pub(super) calibrated: Scored,
}

impl<'a> Row<'a> {
    /// Label and application or pipeline: stratum and group of a resample.
    pub(super) fn unit(&self) -> (bool, &'a str) {
        (self.ranked.extraction, self.trail.application())
    }
}

/// Returns the accounts that had reached `moment`, from the lowest score up.
///
/// A bundle's risks assume a share `prior` of extraction; a stream made for measuring has another, so risks are
/// shifted to the sample's own share before they are compared with outcomes.
pub(super) fn sample<'a>(trails: &[&'a AccountTrail], moment: Moment, prior: f64) -> Vec<Row<'a>> {
    let reached: Vec<(&AccountTrail, Checkpoint)> = trails
        .iter()
        .filter_map(|&trail| Some((trail, moment.of(trail)?)))
        .collect();
    let extracting = reached
        .iter()
        .filter(|(trail, _)| trail.extraction())
        .count();
    let prevalence = extracting as f64 / reached.len().max(1) as f64;
    let both_kinds = extracting > 0 && extracting < reached.len();
    let row = |(trail, checkpoint): (&'a AccountTrail, Checkpoint)| {
        let risk = if both_kinds {
            shift_prior(checkpoint.risk, prior, prevalence)
        } else {
            checkpoint.risk
        };
        let scored = |score| Scored {
            score,
            extraction: trail.extraction(),
        };
        Row {
            trail,
            ranked: scored(checkpoint.score),
            calibrated: scored(risk.value()),
        }
    };
    let mut rows: Vec<Row<'_>> = reached.into_iter().map(row).collect();
    // The sort is stable, so that equal scores stay in the order of the accounts.
    rows.sort_by(|a, b| a.ranked.score.total_cmp(&b.ranked.score));
    rows
}

/// Builds the ROC curve of a sample; `None` when the accounts are all benign or all extraction.
pub(super) fn curve(rows: &[Row<'_>]) -> Option<Roc> {
    let ranked: Vec<Scored> = rows.iter().map(|row| row.ranked).collect();
    Roc::new(&ranked)
}
