//! What a team finds that can look at so many accounts a day.

use std::collections::BTreeMap;

use super::cells::{SHARE, applications, resampled};
use super::options::Options;
use super::trail::AccountTrail;
use crate::eval::metrics::benign_needed;
use crate::eval::table::{Cell, Number, Style, Table};

/// Accounts that are looked at in a day.
pub(super) const A_DAY: f64 = 100.0;

/// Shares of extraction that the list is made at, beside the stream's own.
const PREVALENCE: f64 = 1e-3;

/// What was looked at by the end of the stream.
#[derive(Clone, Copy, Default)]
struct Looked {
    benign: f64,
    extracting: f64,
}

impl Looked {
    fn precision(self) -> Option<f64> {
        let all = self.benign + self.extracting;
        (all > 0.0).then(|| self.extracting / all)
    }
}

/// What could be looked at: accounts by day as they ranked on it, highest first.
struct Lists {
    /// Places of the accounts; of equal scores, benign ones come first.
    days: Vec<Vec<usize>>,
    extraction: Vec<bool>,
}

impl Lists {
    fn new(trails: &[&AccountTrail]) -> Self {
        let mut days: BTreeMap<i64, Vec<(f64, bool, usize)>> = BTreeMap::new();
        for (place, trail) in trails.iter().enumerate() {
            for high in &trail.days_high {
                let day = days.entry(high.day).or_default();
                day.push((high.score, trail.extraction(), place));
            }
        }
        let ranked = |mut day: Vec<(f64, bool, usize)>| -> Vec<usize> {
            day.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            day.into_iter().map(|(_, _, place)| place).collect()
        };
        Self {
            days: days.into_values().map(ranked).collect(),
            extraction: trails.iter().map(|trail| trail.extraction()).collect(),
        }
    }

    /// Looks, every day, at the [`A_DAY`] accounts that rank highest and were not looked at before. `places` are
    /// the accounts there are, each as often as it is named; at a `prevalence`, benign ones stand for as many
    /// accounts like them as make it so, and fill the list together.
    fn look(&self, places: &[usize], prevalence: Option<f64>) -> Looked {
        let extracting = places
            .iter()
            .filter(|place| self.extraction[**place])
            .count() as f64;
        let benign = places.len() as f64 - extracting;
        let weight = prevalence.map_or(1.0, |share| extracting * (1.0 - share) / (share * benign));
        let mut left = vec![0.0; self.extraction.len()];
        for &place in places {
            left[place] += if self.extraction[place] { 1.0 } else { weight };
        }
        let mut looked = Looked::default();
        for day in &self.days {
            let mut budget = A_DAY;
            for &place in day {
                let taken = left[place].min(budget);
                left[place] -= taken;
                budget -= taken;
                if self.extraction[place] {
                    looked.extracting += taken;
                } else {
                    looked.benign += taken;
                }
                if budget <= 0.0 {
                    break;
                }
            }
        }
        looked
    }
}

/// One row for the stream as it is, one with its benign accounts standing for as many as there would be.
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
    let places: Vec<usize> = (0..trails.len()).collect();
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
        let looked = lists.look(&places, prevalence);
        let number = |value| Cell::Number(Number::new(value, Style::Decimal(0)));
        let enough = benign >= needed && extracting >= options.thin;
        table.push(vec![
            Cell::text(name),
            Cell::Count(benign),
            Cell::Count(extracting),
            Cell::Count(applications(trails.iter().copied())),
            number(looked.benign + looked.extracting),
            number(looked.extracting),
            if enough {
                let interval = options.bootstrap().interval(
                    &places,
                    |place| (trails[*place].extraction(), trails[*place].application()),
                    |places| lists.look(places, prevalence).precision(),
                );
                resampled(looked.precision(), interval, SHARE)
            } else {
                let few = extracting < options.thin;
                let n = if few { extracting } else { benign };
                Cell::Insufficient { n }
            },
        ]);
    }
    table
}
