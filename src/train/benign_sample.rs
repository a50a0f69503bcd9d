//! A sorted, weighted sample of benign scores, and the threshold that it certifies for a false-positive rate.
//!
//! The threshold is the order statistic of hierarchical conformal prediction and, beyond the data, the upper end of a
//! Pareto tail. The caller decides which accounts are in the sample and over which moments a score is the maximum.

use std::collections::{BTreeMap, BTreeSet};

use crate::risk::Threshold;
use crate::statistics::binomial::{clopper_pearson_upper, student_t_upper};
use crate::statistics::decimal::twelve_digits_up;
use crate::statistics::pareto_tail::{Tail, weighted_quantile};

/// Confidence of every upper bound.
pub(crate) const CONFIDENCE: f64 = 0.95;
/// Share of the accounts that a tail is fitted to.
const TAIL_SHARE: f64 = 0.05;
/// Minimum number of accounts of a tail, which never takes more than half of them.
const TAIL_ACCOUNTS: f64 = 20.0;
/// Rounding tolerance, so that a rate that the number of applications just certifies is not missed.
const ROUNDING: f64 = 1e-12;
/// Maximum number of jackknife turns in which applications are left out.
const MOST_JACKKNIFE_TURNS: usize = 40;

/// The score of one benign account that was not used in training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct BenignScore {
    /// Raw score in log-odds. Where a threshold must bound the share of benign accounts that EVER pass it, not only of
    /// those beyond it at one moment, this is the highest score the account ever reached.
    pub score: f64,
    /// The application (customer) that the account belongs to.
    pub application: u64,
}

/// One account, weighted within its application.
#[derive(Clone, Copy)]
pub(crate) struct Weighed {
    pub(crate) benign: BenignScore,
    /// One divided by the number of accounts of its application.
    pub(crate) weight: f64,
}

/// Benign scores in ascending order.
pub(crate) struct BenignSample {
    sorted: Vec<(f64, f64)>,
    /// For each of `sorted`, the jackknife turn in which its application is left out.
    turns: Vec<usize>,
    turn_count: usize,
    applications: usize,
}

/// Returns each account with a weight of one divided by the number of its application's accounts.
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
    /// Creates a sample of all accounts, in which every application weighs one.
    pub(crate) fn new(benign: &[BenignScore]) -> Self {
        let weighed = weighed(benign);
        let applications = applications(weighed.iter());
        Self::of(weighed, applications)
    }

    /// Creates a sample of the accounts that remain of `applications` applications after some were removed; the
    /// remaining ones keep their weights.
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

    /// Returns the number of distinct applications that the sample represents.
    pub(crate) const fn applications(&self) -> u64 {
        self.applications as u64
    }

    /// Returns the threshold for one rate, not below `floor`.
    pub(crate) fn threshold(&self, rate: f64, floor: f64) -> Threshold {
        let applications = self.applications as f64;
        // The new account's own application counts as lying entirely beyond the threshold.
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

    /// Returns the highest score in the sample: the only statement possible when almost no accounts are left.
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

    /// Returns the upper end of the tail's quantile, never below the data's own.
    fn extrapolate(&self, rate: f64) -> f64 {
        let seen = weighted_quantile(&self.sorted, 1.0 - rate).unwrap_or(f64::MAX);
        let highest = self.sorted.last().map_or(seen, |&(score, _)| score);
        let Some(estimate) = tail_quantile(&self.sorted, rate) else {
            // A tail of ties has no shape. No benign account in the sample exceeds its highest score.
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

/// Returns the value that a tail fitted to the upper part of `sorted` exceeds with probability `rate`.
fn tail_quantile(sorted: &[(f64, f64)], rate: f64) -> Option<f64> {
    let share = (TAIL_ACCOUNTS / sorted.len() as f64).clamp(TAIL_SHARE, 0.5);
    Tail::fit(sorted, share).map(|tail| tail.quantile(rate))
}

/// Returns the number of distinct applications among accounts.
pub(crate) fn applications<'a>(rows: impl Iterator<Item = &'a Weighed>) -> usize {
    rows.map(|row| row.benign.application)
        .collect::<BTreeSet<_>>()
        .len()
}
