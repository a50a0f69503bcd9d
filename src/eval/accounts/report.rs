//! All tables of a stream, in one order, in one rendering.

use super::trail::AccountTrail;
use super::trails::Collected;
use super::{
    alerts, budget, calibration, campaigns, conversations, detection, equally, grid, guarantee,
    operating, overview, plots, slices, techniques, time,
};
use crate::eval::bootstrap::Bootstrap;
use crate::eval::plot::Plot;
use crate::eval::table::{Cell, Layout, Table};
use crate::train::risk_model::PRIOR;

/// How a report is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Resamples of each interval.
    pub resamples: u32,
    /// Seed of the resamples.
    pub seed: u64,
    /// Share of extraction that the bundle's risks speak for; within (0, 1).
    pub prior: f64,
    /// Units under which a slice is `insufficient`.
    pub thin: u64,
    /// Least risk of a technique at which an account is said to use it.
    pub technique_risk: f64,
}

impl Default for Options {
    /// 1,000 resamples, the prior of training, slices of 20, techniques from even odds on.
    fn default() -> Self {
        Self {
            resamples: 1_000,
            seed: 1,
            prior: PRIOR,
            thin: 20,
            technique_risk: 0.5,
        }
    }
}

impl Options {
    /// The resampling asked for, at 95%.
    pub(in crate::eval) fn bootstrap(&self) -> Bootstrap {
        Bootstrap {
            resamples: self.resamples,
            seed: self.seed,
            ..Bootstrap::default()
        }
    }
}

/// The tables of one evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    tables: Vec<Table>,
    plots: Vec<Plot>,
    false_positives: Vec<(String, u64)>,
}

impl Report {
    /// Parts that a report is made in.
    pub const PARTS: u64 = 9;

    /// The tables of what was collected. The order of the trails does not matter.
    pub fn new(collected: &Collected, options: &Options) -> Self {
        Self::told(collected, options, &|| ())
    }

    /// The same, calling `done` after each of its [`Self::PARTS`].
    pub fn told(collected: &Collected, options: &Options, done: &dyn Fn()) -> Self {
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
                    equally::table(&trails, options),
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
                    guarantee::table(&benign, options),
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
        let told = parts.iter().flat_map(|part| {
            let tables = part();
            done();
            tables
        });
        Self {
            tables: told.collect(),
            plots,
            false_positives: operating::false_positives(&benign),
        }
    }

    /// With more tables after its own.
    #[must_use]
    pub fn with(mut self, tables: impl IntoIterator<Item = Table>) -> Self {
        self.tables.extend(tables);
        self
    }

    /// Every figure by its name; see [`Table::figures`].
    pub fn figures(&self) -> impl Iterator<Item = (String, &Cell)> {
        self.tables.iter().flat_map(Table::figures)
    }

    /// Benign applications with a review, with the number of their accounts reviewed; most accounts first.
    pub fn false_positives(&self) -> &[(String, u64)] {
        &self.false_positives
    }

    /// What is drawn of it.
    pub fn plots(&self) -> &[Plot] {
        &self.plots
    }

    /// The tables, in their order.
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// All tables as one text, ending in a line end: in JSON an array of one object a table, otherwise one
    /// after the other with an empty line between. In CSV a table's first record is its title alone.
    pub fn render(&self, layout: Layout) -> String {
        if layout == Layout::Json {
            let tables = self.tables.iter().map(Table::json).collect();
            return format!("{:#}\n", serde_json::Value::Array(tables));
        }
        let render = |table: &Table| {
            let text = table.render(layout);
            if layout == Layout::Csv {
                format!("\"{}\"\n{text}", table.title().replace('"', "\"\""))
            } else {
                text
            }
        };
        let texts: Vec<String> = self.tables.iter().map(render).collect();
        texts.join("\n")
    }
}
