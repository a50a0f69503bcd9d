//! Recall of a slice of the extracting accounts, at thresholds set on all benign accounts.

use super::cells::{SHARE, resampled};
use super::options::Options;
use super::sample::{Moment, Row, curve, sample};
use super::trail::AccountTrail;
use crate::eval::metrics::benign_needed;
use crate::eval::table::Cell;

/// False-positive rates at which recall is reported.
pub(super) const RATES: [f64; 2] = [1e-2, 1e-3];

/// One moment: its extracting accounts and the score thresholds.
pub(super) struct View<'a> {
    /// The extracting accounts that reached the moment.
    pub(super) extracting: Vec<Row<'a>>,
    /// The threshold for each rate, or the number of benign accounts when there are too few for it.
    thresholds: [Result<f64, u64>; RATES.len()],
}

impl<'a> View<'a> {
    pub(super) fn new(trails: &[&'a AccountTrail], moment: Moment, options: &Options) -> Self {
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

    /// Returns the cells of a slice: its number of accounts, and its recall at each rate. Thresholds are those of all
    /// benign accounts; the interval takes them as fixed, so it covers the sampling of the slice's pipelines (of
    /// campaigns, within one pipeline).
    pub(super) fn cells(
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
