//! The scores of benign accounts in order, each with its weight, and the threshold that so many of them certify.
//!
//! The order statistic of hierarchical conformal prediction, and beyond it the upper end of a Pareto tail; which
//! accounts are in the sample, and what their scores are the highest of, is for the caller to know.

use std::collections::{BTreeMap, BTreeSet};

use crate::risk::Threshold;
use crate::statistics::binomial::{clopper_pearson_upper, student_t_upper};
use crate::statistics::decimal::twelve_digits_up;
use crate::statistics::pareto_tail::{Tail, weighted_quantile};

/// Confidence of every upper bound.
pub(crate) const CONFIDENCE: f64 = 0.95;
/// The part of the accounts that a tail is fitted to.
const TAIL_SHARE: f64 = 0.05;
/// A tail takes at least this many accounts, and never more than half.
const TAIL_ACCOUNTS: f64 = 20.0;
/// A rate that so many applications just certify is not missed by less than this.
const ROUNDING: f64 = 1e-12;
/// Applications are left out in at most this many turns.
const MOST_JACKKNIFE_TURNS: usize = 40;

/// The score of one benign account that trained nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BenignScore {
    /// Raw score in log-odds. The highest it ever reached, where a threshold is to bound the share of benign accounts
    /// that EVER pass it and not only those beyond it at one moment.
    pub score: f64,
    /// The application (customer) behind the account.
    pub application: u64,
}

/// One account among the others of its application.
#[derive(Clone, Copy)]
pub(crate) struct Weighed {
    pub(crate) benign: BenignScore,
    /// One over the accounts of its application.
    pub(crate) weight: f64,
}

/// Benign scores in order.
pub(crate) struct BenignSample {
    sorted: Vec<(f64, f64)>,
    /// For each of `sorted`, in which turn of the jackknife its application is left out.
    turns: Vec<usize>,
    turn_count: usize,
    applications: usize,
}

/// Each account with one over the number of its application's accounts.
pub(crate) fn weighed(benign: &[BenignScore]) -> Vec<Weighed> {
    let mut sizes: BTreeMap<u64, f64> = BTreeMap::new();
    for row in benign {
        *sizes.entry(row.application).or_default() += 1.0;
    }
    let weighed = |row: &BenignScore| Weighed {
        benign: *row,
        weight: 1.0 / sizes[&row.application],
    };
    benign.iter().map(weighed).collect()
}

impl BenignSample {
    /// Of all accounts: every application weighs one.
    pub(crate) fn new(benign: &[BenignScore]) -> Self {
        let weighed = weighed(benign);
        let applications = applications(weighed.iter());
        Self::of(weighed, applications)
    }

    /// Of what is left of `applications` applications when some of their accounts have been taken away: the others
    /// keep the weights that they had.
    pub(crate) fn of(mut rows: Vec<Weighed>, applications: usize) -> Self {
        rows.sort_by(|a, b| {
            let (a, b) = (a.benign, b.benign);
            a.score
                .total_cmp(&b.score)
                .then(a.application.cmp(&b.application))
        });
        let ids: BTreeSet<u64> = rows.iter().map(|row| row.benign.application).collect();
        let turn_count = ids.len().min(MOST_JACKKNIFE_TURNS);
        let turn_of: BTreeMap<u64, usize> = ids
            .into_iter()
            .enumerate()
            .map(|(index, id)| (id, index % MOST_JACKKNIFE_TURNS))
            .collect();
        Self {
            sorted: rows
                .iter()
                .map(|row| (row.benign.score, row.weight))
                .collect(),
            turns: rows
                .iter()
                .map(|row| turn_of[&row.benign.application])
                .collect(),
            turn_count,
            applications,
        }
    }

    /// Distinct applications that it stands for.
    pub(crate) const fn applications(&self) -> u64 {
        self.applications as u64
    }

    /// The threshold for one rate, not below `floor`.
    pub(crate) fn threshold(&self, rate: f64, floor: f64) -> Threshold {
        let applications = self.applications as f64;
        // The new account's own application counts as one wholly beyond the threshold.
        let weight: f64 = self.sorted.iter().map(|(_, weight)| weight).sum();
        let wanted = (weight + 1.0 - (applications + 1.0) * rate) / weight;
        let extrapolated = (applications + 1.0) * rate < 1.0 - ROUNDING;
        let score = if extrapolated {
            self.extrapolate(rate)
        } else {
            weighted_quantile(&self.sorted, wanted).unwrap_or(f64::MAX)
        };
        self.described(score.max(floor), rate, extrapolated)
    }

    /// The highest score seen: all that can be said where next to nobody is left.
    pub(crate) fn highest(&self, rate: f64, floor: f64) -> Threshold {
        let highest = self.sorted.last().map_or(floor, |&(score, _)| score);
        self.described(highest.max(floor), rate, true)
    }

    fn described(&self, score: f64, rate: f64, extrapolated: bool) -> Threshold {
        let applications = self.applications as f64;
        let score = twelve_digits_up(score);
        let beyond = &self.sorted[self.sorted.partition_point(|&(at, _)| at <= score)..];
        let weight_beyond: f64 = beyond.iter().map(|(_, weight)| weight).sum();
        let (accounts, accounts_beyond) = (self.sorted.len() as u64, beyond.len() as u64);
        Threshold {
            score,
            target_rate: rate,
            accounts,
            applications: self.applications as u64,
            accounts_beyond,
            rate: weight_beyond / applications,
            upper_by_accounts: clopper_pearson_upper(
                accounts_beyond as f64,
                accounts as f64,
                CONFIDENCE,
            ),
            upper_by_applications: clopper_pearson_upper(weight_beyond, applications, CONFIDENCE),
            extrapolated,
        }
    }

    /// The upper end of the tail's quantile, never inside the data's own.
    fn extrapolate(&self, rate: f64) -> f64 {
        let seen = weighted_quantile(&self.sorted, 1.0 - rate).unwrap_or(f64::MAX);
        let highest = self.sorted.last().map_or(seen, |&(score, _)| score);
        let Some(estimate) = tail_quantile(&self.sorted, rate) else {
            // A tail of ties has no shape. No benign account seen is beyond its highest score.
            return highest;
        };
        let left_out: Vec<f64> = (0..self.turn_count)
            .map(|turn| {
                let kept: Vec<(f64, f64)> = self
                    .sorted
                    .iter()
                    .zip(&self.turns)
                    .filter_map(|(&row, &of)| (of != turn).then_some(row))
                    .collect();
                tail_quantile(&kept, rate).unwrap_or(highest)
            })
            .collect();
        let turns = self.turn_count as f64;
        let mean = left_out.iter().sum::<f64>() / turns;
        let variance = left_out
            .iter()
            .map(|value| (value - mean).powi(2))
            .sum::<f64>()
            * (turns - 1.0)
            / turns;
        seen.max(estimate + student_t_upper(turns - 1.0, 1.0 - CONFIDENCE) * variance.sqrt())
    }
}

/// The value that a tail fitted to the upper part of `sorted` exceeds with probability `rate`.
fn tail_quantile(sorted: &[(f64, f64)], rate: f64) -> Option<f64> {
    let share = (TAIL_ACCOUNTS / sorted.len() as f64).clamp(TAIL_SHARE, 0.5);
    Tail::fit(sorted, share).map(|tail| tail.quantile(rate))
}

/// Distinct applications among accounts.
pub(crate) fn applications<'a>(rows: impl Iterator<Item = &'a Weighed>) -> usize {
    rows.map(|row| row.benign.application)
        .collect::<BTreeSet<_>>()
        .len()
}
