//! Time to first review, in exchanges, with accounts censored that ended before one.

use std::collections::BTreeMap;

use super::cells::{SHARE, applications, resampled};
use super::options::Options;
use super::survival::{Span, Survival};
use super::trail::{AccountTrail, NOT_STATED};
use crate::eval::table::{Cell, Table};

/// Exchanges at which the detected share is reported.
const BY: [u64; 5] = [10, 25, 50, 100, 200];

fn span(trail: &AccountTrail) -> Span {
    Span {
        until: trail.first_review.unwrap_or(trail.exchanges()),
        detected: trail.first_review.is_some(),
    }
}

fn detected(trails: &[&AccountTrail]) -> [Option<f64>; BY.len()] {
    let survival = survival(trails);
    BY.map(|exchanges| Some(survival.detected_by(exchanges)))
}

pub(super) fn survival(trails: &[&AccountTrail]) -> Survival {
    let spans: Vec<Span> = trails.iter().map(|trail| span(trail)).collect();
    Survival::new(&spans)
}

fn row(name: &str, trails: &[&AccountTrail], options: &Options) -> Vec<Cell> {
    let median = survival(trails).median();
    let mut cells = vec![
        Cell::text(name),
        Cell::Count(trails.len() as u64),
        Cell::Count(applications(trails.iter().copied())),
        median.map_or_else(|| Cell::text("not reached"), Cell::Count),
    ];
    let intervals =
        options
            .bootstrap()
            .intervals(trails, |trail| ((), trail.application()), detected);
    for ((exchanges, value), interval) in BY.into_iter().zip(detected(trails)).zip(intervals) {
        // Accounts whose state after this many exchanges is known; that of the others is estimated from them.
        let known = trails
            .iter()
            .map(|trail| span(trail))
            .filter(|span| span.detected || span.until >= exchanges)
            .count() as u64;
        cells.push(if known < options.thin {
            Cell::Insufficient { n: known }
        } else {
            resampled(value, interval, SHARE)
        });
    }
    cells
}

/// Share of accounts reviewed within a number of exchanges: extracting accounts, together and by population, and
/// benign ones, whose reviews are false alarms.
pub(super) fn table(trails: &[&AccountTrail], options: &Options) -> Table {
    let columns = ["accounts", "n", "applications or pipelines", "median"].map(str::to_owned);
    let mut table = Table::new(
        "Exchanges until the first review (Kaplan-Meier; 95% intervals over applications and pipelines)",
        columns
            .into_iter()
            .chain(BY.map(|exchanges| format!("reviewed by {exchanges}"))),
    )
    .keyed("time", 1);
    let (extracting, benign): (Vec<&AccountTrail>, Vec<&AccountTrail>) =
        trails.iter().copied().partition(|trail| trail.extraction());
    let mut populations: BTreeMap<&str, Vec<&AccountTrail>> = BTreeMap::new();
    for &trail in &extracting {
        let population = trail.label.population.as_deref().unwrap_or(NOT_STATED);
        populations.entry(population).or_default().push(trail);
    }
    table.push(row("extracting", &extracting, options));
    for (population, members) in populations {
        let name = format!("extracting, {population}");
        table.push(row(&name, &members, options));
    }
    table.push(row("benign (false alarms)", &benign, options));
    table
}
