//! Account detection: ranking and calibration, at several moments of an account's history.

use super::cells::{applications, resampled};
use super::options::Options;
use super::sample::{Moment, Row, curve, sample};
use super::trail::AccountTrail;
use crate::eval::metrics::{Roc, Scored, benign_needed, brier, expected_calibration_error};
use crate::eval::table::{Cell, Style, Table};

/// Number of bins of the calibration error.
pub(super) const BINS: usize = 10;

/// Number of figures of a sample.
pub(super) const FIGURES: usize = 9;

/// One row of the table.
struct Figure {
    name: &'static str,
    style: Style,
    /// The false-positive rate, or prevalence, that there must be enough benign accounts to resolve.
    rate: Option<f64>,
}

/// In the order of [`figures`].
const ROWS: [Figure; FIGURES] = [
    Figure::new("AUC", Style::Decimal(3), None),
    Figure::new(
        "pAUC (FPR <= 0.1%), standardised",
        Style::Decimal(3),
        Some(1e-3),
    ),
    Figure::new("recall at FPR 1%", Style::Percent(1), Some(1e-2)),
    Figure::new("recall at FPR 0.1%", Style::Percent(1), Some(1e-3)),
    Figure::new("recall at FPR 0.01%", Style::Percent(1), Some(1e-4)),
    Figure::new("AUPRC at prevalence 1e-3", Style::Decimal(3), Some(1e-3)),
    Figure::new("AUPRC at prevalence 1e-4", Style::Decimal(3), Some(1e-4)),
    Figure::new("Brier score", Style::Decimal(4), None),
    Figure::new("expected calibration error", Style::Decimal(4), None),
];

impl Figure {
    const fn new(name: &'static str, style: Style, rate: Option<f64>) -> Self {
        Self { name, style, rate }
    }

    /// Returns the number of benign accounts below which the figure is insufficient.
    fn benign_needed(&self, options: &Options) -> u64 {
        self.rate.map_or(options.thin, benign_needed)
    }
}

/// Computes every figure of a sample, `None` where it is undefined.
pub(super) fn figures(rows: &[Row<'_>]) -> [Option<f64>; FIGURES] {
    let calibrated: Vec<Scored> = rows.iter().map(|row| row.calibrated).collect();
    let curve = curve(rows);
    let ranked = |figure: fn(&Roc) -> f64| curve.as_ref().map(figure);
    let recall = |rate| curve.as_ref()?.recall_at(rate, 0).value();
    [
        ranked(Roc::area),
        ranked(|curve| curve.partial_area(1e-3)),
        recall(1e-2),
        recall(1e-3),
        recall(1e-4),
        ranked(|curve| curve.average_precision(1e-3)),
        ranked(|curve| curve.average_precision(1e-4)),
        brier(&calibrated),
        expected_calibration_error(&calibrated, BINS),
    ]
}

/// Iterates over the names and styles of the figures, in their order.
pub(super) fn figure_names() -> impl Iterator<Item = (&'static str, Style)> {
    ROWS.iter().map(|figure| (figure.name, figure.style))
}

/// Checks that a sample is large enough for the figure at this index.
///
/// # Errors
/// When it has too few benign or extracting accounts; the error is their number.
pub(super) fn enough(rows: &[Row<'_>], figure: usize, options: &Options) -> Result<(), u64> {
    let extracting = rows.iter().filter(|row| row.ranked.extraction).count() as u64;
    let benign = rows.len() as u64 - extracting;
    if extracting < options.thin {
        Err(extracting)
    } else if benign < ROWS[figure].benign_needed(options) {
        Err(benign)
    } else {
        Ok(())
    }
}

/// Builds one column: the cells of every row.
fn column(rows: &[Row<'_>], options: &Options) -> Vec<Cell> {
    let of = |extraction: bool| {
        rows.iter()
            .filter(move |row| row.ranked.extraction == extraction)
            .map(|row| row.trail)
    };
    let (benign, extracting) = (of(false).count() as u64, of(true).count() as u64);
    let mut cells = vec![
        Cell::Count(benign),
        Cell::Count(applications(of(false))),
        Cell::Count(extracting),
        Cell::Count(applications(of(true))),
    ];
    let values = figures(rows);
    let intervals = if (0..FIGURES).any(|figure| enough(rows, figure, options).is_ok()) {
        options.bootstrap().intervals(rows, Row::unit, figures)
    } else {
        [None; FIGURES]
    };
    for (index, (value, interval)) in values.into_iter().zip(intervals).enumerate() {
        cells.push(match enough(rows, index, options) {
            Ok(()) => resampled(value, interval, ROWS[index].style),
            Err(n) => Cell::Insufficient { n },
        });
    }
    cells
}

/// The table of figures by row and moments by column.
///
/// Accounts are ranked by the served score. Brier score and calibration error are of the risk shifted from the
/// bundle's prior to the sample's own prevalence. A figure at a rate (or prevalence) that the benign accounts are too
/// few to resolve is insufficient, with their number.
pub(super) fn table(trails: &[&AccountTrail], options: &Options) -> Table {
    let columns: Vec<Vec<Cell>> = Moment::ALL
        .iter()
        .map(|&moment| column(&sample(trails, moment, options.prior), options))
        .collect();
    let mut table = Table::new(
        "Account detection (95% intervals over applications and pipelines)",
        std::iter::once("figure".to_owned()).chain(Moment::ALL.map(Moment::name)),
    )
    .keyed("detection", 1);
    let names = [
        "benign accounts",
        "applications",
        "extracting accounts",
        "pipelines",
    ]
    .into_iter()
    .chain(ROWS.iter().map(|figure| figure.name));
    for (index, name) in names.enumerate() {
        let cells = columns.iter().map(|column| column[index].clone());
        table.push(std::iter::once(Cell::text(name)).chain(cells).collect());
    }
    table
}
