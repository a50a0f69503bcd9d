//! Precision of a review team with a fixed daily budget of accounts.

use std::collections::BTreeMap;

use super::cells::{SHARE, applications, resampled};
use super::options::Options;
use super::trail::AccountTrail;
use crate::eval::metrics::benign_needed;
use crate::eval::table::{Cell, Number, Style, Table};

/// Accounts reviewed in a day.
pub(super) const A_DAY: f64 = 100.0;

/// Prevalence of extraction at which the table is computed, beside the stream's own.
const PREVALENCE: f64 = 1e-3;

/// Accounts reviewed by the end of the stream.
#[derive(Clone, Copy, Default)]
struct Reviewed {
    benign: f64,
    extracting: f64,
}

impl Reviewed {
    fn precision(self) -> Option<f64> {
        let all = self.benign + self.extracting;
        (all > 0.0).then(|| self.extracting / all)
    }
}

/// Accounts by day in the order of their score on that day, highest first.
struct Lists {
    /// Indices of the accounts; among equal scores, benign ones come first.
    days: Vec<Vec<usize>>,
    extraction: Vec<bool>,
}

impl Lists {
    fn new(trails: &[&AccountTrail]) -> Self {
        let mut days: BTreeMap<i64, Vec<(f64, bool, usize)>> = BTreeMap::new();
        for (index, trail) in trails.iter().enumerate() {
            for high in &trail.days_high {
                let day = days.entry(high.day).or_default();
                day.push((high.score, trail.extraction(), index));
            }
        }
        let ranked = |mut day: Vec<(f64, bool, usize)>| -> Vec<usize> {
            day.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            day.into_iter().map(|(_, _, index)| index).collect()
        };
        Self {
            days: days.into_values().map(ranked).collect(),
            extraction: trails.iter().map(|trail| trail.extraction()).collect(),
        }
    }

    /// Reviews, every day, the [`A_DAY`] accounts with the highest scores that were not reviewed before. `indices` are
    /// the accounts of a resample, each as often as it is listed. At a `prevalence`, each benign account counts as
    /// many similar accounts as that share requires, and they use up the budget together.
    fn review(&self, indices: &[usize], prevalence: Option<f64>) -> Reviewed {
        let extracting = indices
            .iter()
            .filter(|index| self.extraction[**index])
            .count() as f64;
        let benign = indices.len() as f64 - extracting;
        let weight = prevalence.map_or(1.0, |share| extracting * (1.0 - share) / (share * benign));
        let mut left = vec![0.0; self.extraction.len()];
        for &index in indices {
            left[index] += if self.extraction[index] { 1.0 } else { weight };
        }
        let mut reviewed = Reviewed::default();
        for day in &self.days {
            let mut budget = A_DAY;
            for &index in day {
                let taken = left[index].min(budget);
                left[index] -= taken;
                budget -= taken;
                if self.extraction[index] {
                    reviewed.extracting += taken;
                } else {
                    reviewed.benign += taken;
                }
                if budget <= 0.0 {
                    break;
                }
            }
        }
        reviewed
    }
}

/// One row for the stream as it is, one with its benign accounts weighted up to the assumed prevalence.
pub(super) fn table(trails: &[&AccountTrail], options: &Options) -> Table {
    let mut table = Table::new(
        format!(
            "Looking at the {A_DAY} highest accounts a day, each once (95% intervals over applications and pipelines)"
        ),
        [
            "population",
            "benign accounts",
            "extracting accounts",
            "applications and pipelines",
            "looked at",
            "extracting among them",
            "precision",
        ],
    )
    .keyed("alerts", 1);
    let lists = Lists::new(trails);
    let indices: Vec<usize> = (0..trails.len()).collect();
    let extracting = trails.iter().filter(|trail| trail.extraction()).count() as u64;
    let benign = trails.len() as u64 - extracting;
    for (name, prevalence, needed) in [
        ("the stream's own", None, options.thin),
        (
            "extraction at 1e-3",
            Some(PREVALENCE),
            benign_needed(PREVALENCE),
        ),
    ] {
        let reviewed = lists.review(&indices, prevalence);
        let number = |value| Cell::Number(Number::new(value, Style::Decimal(0)));
        let enough = benign >= needed && extracting >= options.thin;
        table.push(vec![
            Cell::text(name),
            Cell::Count(benign),
            Cell::Count(extracting),
            Cell::Count(applications(trails.iter().copied())),
            number(reviewed.benign + reviewed.extracting),
            number(reviewed.extracting),
            if enough {
                let interval = options.bootstrap().interval(
                    &indices,
                    |index| (trails[*index].extraction(), trails[*index].application()),
                    |indices| lists.review(indices, prevalence).precision(),
                );
                resampled(reviewed.precision(), interval, SHARE)
            } else {
                let few = extracting < options.thin;
                let n = if few { extracting } else { benign };
                Cell::Insufficient { n }
            },
        ]);
    }
    table
}
