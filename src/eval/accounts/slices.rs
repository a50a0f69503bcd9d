//! Recall by slice: cell, population, technique, language, pipeline.

use std::collections::BTreeMap;

use super::cells::{SHARE, UNSAID, applications, distinct, resampled};
use super::report::Options;
use super::sample::{Moment, Row, curve, sample};
use super::trails::AccountTrail;
use crate::eval::metrics::benign_needed;
use crate::eval::table::{Cell, Table};

/// False-positive rates that recall is read at.
const RATES: [f64; 2] = [1e-2, 1e-3];

/// When recall is read.
const MOMENTS: [Moment; 2] = [Moment::Last, Moment::After(50)];

/// One moment: its extracting accounts and the thresholds on their scores.
struct View<'a> {
    extracting: Vec<Row<'a>>,
    /// Of each rate, or the number of benign accounts, too few for it.
    thresholds: [Result<f64, u64>; RATES.len()],
}

impl<'a> View<'a> {
    fn new(trails: &[&'a AccountTrail], moment: Moment, options: &Options) -> Self {
        let rows = sample(trails, moment, options.prior);
        let curve = curve(&rows);
        let benign = rows.iter().filter(|row| !row.ranked.extraction).count() as u64;
        let threshold = |rate| match &curve {
            Some(curve) if benign >= benign_needed(rate) => Ok(curve.threshold_at(rate)),
            _ => Err(benign),
        };
        Self {
            thresholds: RATES.map(threshold),
            extracting: rows
                .into_iter()
                .filter(|row| row.ranked.extraction)
                .collect(),
        }
    }

    /// Number of accounts of a slice, and its recall at each rate. Thresholds are those of all benign
    /// accounts; the interval holds them, so it speaks of the slice's pipelines (campaigns, within one).
    fn cells(
        &self,
        belongs: impl Fn(&AccountTrail) -> bool,
        group: for<'t> fn(&'t AccountTrail) -> &'t str,
        options: &Options,
    ) -> (u64, [Cell; RATES.len()], Option<f64>) {
        let rows: Vec<Row<'_>> = self
            .extracting
            .iter()
            .filter(|row| belongs(row.trail))
            .copied()
            .collect();
        let n = rows.len() as u64;
        let recall = |rows: &[Row<'_>]| {
            self.thresholds.map(|threshold| {
                let threshold = threshold.ok()?;
                let found = rows.iter().filter(|row| row.ranked.score > threshold);
                (!rows.is_empty()).then(|| found.count() as f64 / rows.len() as f64)
            })
        };
        if n < options.thin {
            return (n, RATES.map(|_| Cell::Insufficient { n }), None);
        }
        let values = recall(&rows);
        let intervals = options
            .bootstrap()
            .intervals(&rows, |row| ((), group(row.trail)), recall);
        let cell = |index: usize| match self.thresholds[index] {
            Ok(_) => resampled(values[index], intervals[index], SHARE),
            Err(n) => Cell::Insufficient { n },
        };
        (n, std::array::from_fn(cell), values[0])
    }
}

/// Names of the slices that a trail belongs to.
type Names = fn(&AccountTrail) -> Vec<String>;

fn said(name: Option<&String>) -> Vec<String> {
    vec![name.map_or_else(|| UNSAID.to_owned(), Clone::clone)]
}

/// Kinds of slice. An account that extracts in several ways counts for each of them.
const KINDS: [(&str, Names); 5] = [
    ("cell", |trail| trail.label.cell.iter().cloned().collect()),
    ("population", |trail| said(trail.label.population.as_ref())),
    ("technique", |trail| {
        let names = trail.label.techniques.iter();
        names.map(|technique| technique.name().to_owned()).collect()
    }),
    ("language", |trail| said(trail.label.language.as_ref())),
    ("pipeline", |trail| said(trail.label.application.as_ref())),
];

/// One row a slice; pipelines worst first, the others by name.
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
    );
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
