//! The report: all tables of a stream in a fixed order, with one rendering.

use super::options::Options;
use super::trail::AccountTrail;
use super::trails::Collected;
use super::{
    alerts, budget, calibration, campaigns, conversations, detection, grid, operating, overview,
    plots, slices, techniques, time,
};
use crate::eval::accounts::{coverage, macro_average};
use crate::eval::plot::Plot;
use crate::eval::table::{Cell, Layout, Table};

/// The tables and charts of one evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    tables: Vec<Table>,
    plots: Vec<Plot>,
    false_positives: Vec<(String, u64)>,
}

impl Report {
    /// Number of steps of building a report, for progress.
    pub const PARTS: u64 = 9;

    /// Builds the tables of what was collected. The order of the trails does not matter.
    pub fn new(collected: &Collected, options: &Options) -> Self {
        Self::with_progress(collected, options, &|| ())
    }

    /// Like [`Self::new`], calling `done` after each of its [`Self::PARTS`].
    pub fn with_progress(collected: &Collected, options: &Options, done: &dyn Fn()) -> Self {
        let mut trails: Vec<&AccountTrail> = collected.trails.iter().collect();
        trails.sort_by(|a, b| a.label.account.cmp(&b.label.account));
        let benign: Vec<&AccountTrail> = trails
            .iter()
            .copied()
            .filter(|trail| !trail.extraction())
            .collect();
        let grid = grid::tables(&trails, options);
        let plots = plots::all(&trails, &grid[0], options);
        let parts: [&dyn Fn() -> Vec<Table>; Self::PARTS as usize] = [
            &|| vec![overview::table(&trails), overview::left_out(collected)],
            &|| {
                vec![
                    detection::table(&trails, options),
                    macro_average::table(&trails, options),
                ]
            },
            &|| {
                vec![
                    alerts::table(&trails, options),
                    budget::table(&trails, options),
                ]
            },
            &|| vec![slices::table(&trails, options)],
            &|| grid.clone(),
            &|| {
                vec![
                    techniques::table(&trails, options),
                    conversations::table(collected, options),
                ]
            },
            &|| {
                vec![
                    operating::rates(&benign, options),
                    operating::alarms(&benign, options),
                    operating::flagged(&benign),
                    coverage::table(&benign, options),
                ]
            },
            &|| vec![time::table(&trails, options)],
            &|| {
                vec![
                    campaigns::table(&trails, options),
                    calibration::table(&trails, options),
                ]
            },
        ];
        let tables = parts.iter().flat_map(|part| {
            let tables = part();
            done();
            tables
        });
        Self {
            tables: tables.collect(),
            plots,
            false_positives: operating::false_positives(&benign),
        }
    }

    /// Appends more tables.
    #[must_use]
    pub fn with(mut self, tables: impl IntoIterator<Item = Table>) -> Self {
        self.tables.extend(tables);
        self
    }

    /// Iterates over every figure with its name; see [`Table::figures`].
    pub fn figures(&self) -> impl Iterator<Item = (String, &Cell)> {
        self.tables.iter().flat_map(Table::figures)
    }

    /// Lists benign applications with a review, with the number of their accounts reviewed; most accounts first.
    pub fn false_positives(&self) -> &[(String, u64)] {
        &self.false_positives
    }

    /// Returns the charts.
    pub fn plots(&self) -> &[Plot] {
        &self.plots
    }

    /// Returns the tables, in order.
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// Renders all tables as one text that ends in a newline; see [`Table::render_all`].
    pub fn render(&self, layout: Layout) -> String {
        Table::render_all(&self.tables, layout)
    }
}
