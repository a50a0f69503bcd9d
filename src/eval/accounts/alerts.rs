//! What a team finds that can look at so many accounts a day.

use std::collections::BTreeMap;

use super::cells::{SHARE, applications, resampled};
use super::report::Options;
use super::trail::AccountTrail;
use crate::eval::metrics::benign_needed;
use crate::eval::table::{Cell, Number, Style, Table};

/// Accounts that are looked at in a day.
const A_DAY: f64 = 100.0;

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

/// Every day the [`A_DAY`] accounts that scored highest on it and were not looked at before. Each benign account
/// stands for `weight` accounts like it, which fill the list together; of equal scores, benign ones come first.
fn look(trails: &[&AccountTrail], weight: f64) -> Looked {
    let mut days: BTreeMap<i64, Vec<(f64, bool, usize)>> = BTreeMap::new();
    for (index, trail) in trails.iter().enumerate() {
        for high in &trail.days_high {
            let day = days.entry(high.day).or_default();
            day.push((high.score, trail.extraction(), index));
        }
    }
    let mut left: Vec<f64> = trails
        .iter()
        .map(|trail| if trail.extraction() { 1.0 } else { weight })
        .collect();
    let mut looked = Looked::default();
    for mut list in days.into_values() {
        list.retain(|&(_, _, index)| left[index] > 0.0);
        list.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
        let mut budget = A_DAY;
        for (_, extraction, index) in list {
            let taken = left[index].min(budget);
            left[index] -= taken;
            budget -= taken;
            if extraction {
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

/// How many accounts each benign one stands for at a prevalence.
fn weight(trails: &[&AccountTrail], prevalence: Option<f64>) -> f64 {
    let extracting = trails.iter().filter(|trail| trail.extraction()).count() as f64;
    let benign = trails.len() as f64 - extracting;
    prevalence.map_or(1.0, |share| extracting * (1.0 - share) / (share * benign))
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
        let precision =
            |trails: &[&AccountTrail]| look(trails, weight(trails, prevalence)).precision();
        let looked = look(trails, weight(trails, prevalence));
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
                    trails,
                    |trail| (trail.extraction(), trail.application()),
                    precision,
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
