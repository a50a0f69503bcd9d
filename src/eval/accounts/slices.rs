//! Recall by slice: cell, population, technique, language, age, pipeline.

use std::collections::BTreeMap;

use super::cells::{applications, distinct};
use super::options::Options;
use super::recall::View;
use super::sample::Moment;
use super::trail::{AccountTrail, NOT_STATED};
use crate::eval::table::{Cell, Table};

/// Moments at which recall is reported.
const MOMENTS: [Moment; 2] = [Moment::Last, Moment::After(50)];

/// Returns the names of the slices that a trail belongs to.
type Names = fn(&AccountTrail) -> Vec<String>;

fn one_name(name: Option<&String>) -> Vec<String> {
    vec![name.map_or_else(|| NOT_STATED.to_owned(), Clone::clone)]
}

/// Dimensions of slicing. An account that uses several techniques counts for each of them.
const KINDS: [(&str, Names); 6] = [
    ("cell", |trail| trail.label.cell.iter().cloned().collect()),
    ("population", |trail| {
        one_name(trail.label.population.as_ref())
    }),
    ("technique", |trail| {
        let names = trail.label.techniques.iter();
        names.map(|technique| technique.name().to_owned()).collect()
    }),
    ("language", |trail| one_name(trail.label.language.as_ref())),
    ("age", |trail| vec![trail.age().to_owned()]),
    ("pipeline", |trail| {
        one_name(trail.label.application.as_ref())
    }),
];

/// One row for each slice; pipelines worst first, other slices by name.
pub(super) fn table(trails: &[&AccountTrail], options: &Options) -> Table {
    let views = MOMENTS.map(|moment| View::new(trails, moment, options));
    let mut table = Table::new(
        "Recall by slice (thresholds of all benign accounts; 95% intervals over pipelines, within one over campaigns)",
        [
            "slice of",
            "slice",
            "pipelines",
            "campaigns",
            "accounts",
            "recall at FPR 1%",
            "recall at FPR 0.1%",
            "accounts after 50",
            "recall at FPR 1% after 50",
            "recall at FPR 0.1% after 50",
        ],
    )
    .keyed("recall", 2);
    for (kind, names) in KINDS {
        let by_pipeline = kind == "pipeline";
        let group = if by_pipeline {
            AccountTrail::campaign
        } else {
            AccountTrail::application
        };
        let mut slices: BTreeMap<String, Vec<&AccountTrail>> = BTreeMap::new();
        for row in &views[0].extracting {
            for name in names(row.trail) {
                slices.entry(name).or_default().push(row.trail);
            }
        }
        let mut rows: Vec<(Option<f64>, Vec<Cell>)> = slices
            .into_iter()
            .map(|(name, members)| {
                let mut cells = vec![
                    Cell::text(kind),
                    Cell::text(&name),
                    Cell::Count(applications(members.iter().copied())),
                    Cell::Count(distinct(members.iter().map(|trail| trail.campaign()))),
                ];
                let mut recall = None;
                for (index, view) in views.iter().enumerate() {
                    let belongs = |trail: &AccountTrail| names(trail).contains(&name);
                    let (n, figures, first) = view.cells(belongs, group, options);
                    if index == 0 {
                        recall = first;
                    }
                    cells.push(Cell::Count(n));
                    cells.extend(figures);
                }
                (recall, cells)
            })
            .collect();
        if by_pipeline {
            // Slices without a figure come last; equal ones stay in the order of their names.
            let badness = |recall: Option<f64>| recall.unwrap_or(f64::INFINITY);
            rows.sort_by(|a, b| badness(a.0).total_cmp(&badness(b.0)));
        }
        for (_, cells) in rows {
            table.push(cells);
        }
    }
    table
}
