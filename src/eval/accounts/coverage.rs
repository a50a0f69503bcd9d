//! Conformal guarantees for benign accounts, by exposure and over the whole history, and whether they held.
//!
//! Half of the applications set the thresholds, as [`crate::eval::conformal::boundary`] does; the other half is
//! measured. These are not the served thresholds, which are the bundle's and are in the table of false alarms.

use std::collections::BTreeSet;

use super::cells::SMALL_SHARE;
use super::options::Options;
use super::trail::{AccountTrail, NOT_STATED};
use crate::eval::accounts::half_split::HalfSplit;
use crate::eval::conformal::alpha_spending::{Highs, span};
use crate::eval::conformal::boundary::{ConformalBoundary, Edge, ScorePath};
use crate::eval::metrics::Interval;
use crate::eval::table::{Cell, Number, Table};
use crate::risk::TargetRates;
use crate::statistics::binomial::clopper_pearson_upper;
use crate::train::benign_sample::BenignScore;

/// Number of cells requested; cells that too few accounts reach are merged.
const CELLS: usize = 8;

/// One row for each cell and one for the whole history, for thresholds by exposure and for a single threshold.
pub(super) fn table(benign: &[&AccountTrail], options: &Options) -> Table {
    let mut table = Table::new(
        "What can be promised: benign accounts beyond a threshold set on half of the applications (Clopper-Pearson \
         over the other half)",
        [
            "recommendation",
            "thresholds",
            "exchanges",
            "promised at most",
            "applications",
            "certified at most",
            "measured",
            "extrapolated",
        ],
    )
    .keyed("guarantee", 3);
    let half_split = HalfSplit::of(benign.iter().copied());
    let path = |(application, trail): &(u64, &'_ AccountTrail)| (*application, trail.highs);
    let calibrating: Vec<ScorePath<'_>> = half_split
        .calibrating
        .iter()
        .map(|(application, trail)| ScorePath {
            stratum: trail.label.population.as_deref().unwrap_or(NOT_STATED),
            application: *application,
            highs: trail.highs,
        })
        .collect();
    let measured: Vec<(u64, Highs)> = half_split.measured.iter().map(path).collect();
    for (name, cells) in [("single", 1), ("by exposure", CELLS)] {
        // With too few accounts for a guarantee there is no row.
        let Ok(boundary) = ConformalBoundary::fit(&calibrating, cells, TargetRates::default())
        else {
            continue;
        };
        let hardest = boundary.hardest();
        for (recommendation, edge) in [("watch", &hardest.watch), ("review", &hardest.review)] {
            let mut push = |exchanges: String, row: [Cell; 5]| {
                let names = [recommendation, name].map(Cell::text);
                let cells = names.into_iter().chain([Cell::text(exchanges)]).chain(row);
                table.push(cells.collect());
            };
            if edge.cells.len() > 1 {
                for (cell, row) in cells_of(edge, &measured, options).into_iter().enumerate() {
                    push(exchanges(cell, edge.cells.len()), row);
                }
            }
            push("ever".to_owned(), ever(edge, &measured, options));
        }
    }
    table
}

fn exchanges(cell: usize, cells: usize) -> String {
    match span(cell, cells) {
        (1, Some(last)) => format!("up to {last}"),
        (first, Some(last)) => format!("{first} to {last}"),
        (first, None) => format!("from {first}"),
    }
}

/// Among accounts that reach a cell, those that pass a threshold for the first time there.
fn cells_of(edge: &Edge, measured: &[(u64, Highs)], options: &Options) -> Vec<[Cell; 5]> {
    let cells = edge.cells.len();
    let row = |cell: usize| {
        let threshold = &edge.cells[cell];
        let reached = measured
            .iter()
            .filter(|(_, highs)| highs.within(cell, cells).is_some());
        let first = |highs: &Highs| {
            let before = (0..cell).any(|before| edge.passed_in(highs, before));
            edge.passed_in(highs, cell) && !before
        };
        let passed: Vec<(u64, bool)> = reached.map(|(id, highs)| (*id, first(highs))).collect();
        [
            share(threshold.target_rate),
            Cell::Count(threshold.applications),
            share(threshold.upper_by_applications),
            passed_share(&passed, options),
            Cell::text(if threshold.extrapolated { "yes" } else { "no" }),
        ]
    };
    (0..cells).map(row).collect()
}

fn ever(edge: &Edge, measured: &[(u64, Highs)], options: &Options) -> [Cell; 5] {
    let reached = measured.iter().filter(|(_, highs)| highs.ever().is_some());
    let passed: Vec<(u64, bool)> = reached
        .map(|(id, highs)| (*id, edge.passed(highs)))
        .collect();
    [
        share(edge.target_rate),
        Cell::Count(edge.cells[0].applications),
        share(edge.ever_upper),
        passed_share(&passed, options),
        Cell::text(if edge.extrapolated() { "yes" } else { "no" }),
    ]
}

fn share(value: f64) -> Cell {
    Cell::Number(Number::new(value, SMALL_SHARE))
}

/// The share of accounts that passed, with every application weighted equally and counted as one observation.
fn passed_share(passed: &[(u64, bool)], options: &Options) -> Cell {
    let n = passed.len() as u64;
    let rows: Vec<BenignScore> = passed
        .iter()
        .map(|&(application, passed)| BenignScore {
            score: f64::from(u8::from(passed)),
            application,
        })
        .collect();
    let ids: BTreeSet<u64> = rows.iter().map(|row| row.application).collect();
    let applications = ids.len() as f64;
    if n < options.thin || ids.is_empty() {
        return Cell::Insufficient { n };
    }
    let of = |id: &u64| {
        let own = rows.iter().filter(|row| row.application == *id);
        let (hits, all) = own.fold((0.0, 0.0), |(hits, all), row| (hits + row.score, all + 1.0));
        hits / all
    };
    let hits: f64 = ids.iter().map(of).sum();
    let interval = Interval {
        low: 1.0 - clopper_pearson_upper(applications - hits, applications, 0.975),
        high: clopper_pearson_upper(hits, applications, 0.975),
    };
    Cell::Number(
        Number::new(hits / applications, SMALL_SHARE)
            .within(interval)
            .of(ids.len() as u64),
    )
}
