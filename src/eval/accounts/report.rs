//! All tables of a stream, in one order, in one rendering.

use super::trails::{AccountTrail, Collected};
use super::{calibration, campaigns, detection, operating, overview, slices, techniques, time};
use crate::eval::bootstrap::Bootstrap;
use crate::eval::table::{Layout, Table};
use crate::train::judge::PRIOR;

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
}

impl Report {
    /// The tables of what was collected. The order of the trails does not matter.
    pub fn new(collected: &Collected, options: &Options) -> Self {
        let mut trails: Vec<&AccountTrail> = collected.trails.iter().collect();
        trails.sort_by(|a, b| a.label.account.cmp(&b.label.account));
        let benign: Vec<&AccountTrail> = trails
            .iter()
            .copied()
            .filter(|trail| !trail.extraction())
            .collect();
        Self {
            tables: vec![
                overview::table(&trails),
                overview::left_out(collected),
                detection::table(&trails, options),
                slices::table(&trails, options),
                techniques::table(&trails, options),
                operating::rates(&benign, options),
                operating::alarms(&benign, options),
                operating::flagged(&benign),
                time::table(&trails, options),
                campaigns::table(&trails, options),
                calibration::table(&trails, options),
            ],
        }
    }

    /// With more tables after its own.
    #[must_use]
    pub fn with(mut self, tables: impl IntoIterator<Item = Table>) -> Self {
        self.tables.extend(tables);
        self
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
