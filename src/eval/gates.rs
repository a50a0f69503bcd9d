//! Release gates: a floor or a ceiling for figures of a report, by name.

use serde::Deserialize;
use thiserror::Error;

use super::table::{Cell, Number, Style, Table};

/// The gates of a release.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gates {
    /// File name of the list of known false positives, in the folder of the gates file.
    pub known_false_positives: Option<String>,
    /// The gates, in the order of the file.
    #[serde(default, rename = "gate")]
    pub gates: Vec<Gate>,
}

/// The bounds of one figure.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// Name of the figure, `table / row / column`.
    pub figure: String,
    /// Lowest accepted value.
    pub floor: Option<f64>,
    /// Highest accepted value.
    pub ceiling: Option<f64>,
    /// Reason for the bound.
    pub why: String,
}

/// Why figures cannot be checked against gates.
#[derive(Debug, Error)]
pub enum GateError {
    /// The text is not a gates file.
    #[error("expected [[gate]] entries with figure, floor or ceiling, and why: {0}")]
    Form(#[from] toml::de::Error),
    /// A gate that bounds nothing, or that no value can pass.
    #[error(
        "gate on {figure:?}: expected a finite floor or ceiling, or both with the floor not above"
    )]
    Bound {
        /// Name of the figure.
        figure: String,
    },
    /// No figure of the report has this name.
    #[error(
        "gate on {figure:?}: no figure has this name{}",
        nearest.as_ref().map_or_else(String::new, |name| format!("; the nearest is {name:?}"))
    )]
    Unknown {
        /// The name given.
        figure: String,
        /// The most similar name of a figure.
        nearest: Option<String>,
    },
}

/// A gate with the value found for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked<'a> {
    /// The gate.
    pub gate: &'a Gate,
    /// The value of the figure.
    pub got: Cell,
    /// Whether the value is within bounds. A figure that is undefined or insufficient is not: a figure that was not
    /// measured was not reached.
    pub held: bool,
}

impl Gates {
    /// Reads gates from TOML.
    ///
    /// # Errors
    /// When the text is not a gates file, or a gate bounds nothing.
    pub fn parse(text: &str) -> Result<Self, GateError> {
        let gates: Self = toml::from_str(text)?;
        for gate in &gates.gates {
            let bounds = [gate.floor, gate.ceiling];
            let stated = bounds.iter().flatten();
            let crossed = matches!(bounds, [Some(floor), Some(ceiling)] if floor > ceiling);
            if stated.clone().count() == 0 || crossed || !stated.clone().all(|b| b.is_finite()) {
                let figure = gate.figure.clone();
                return Err(GateError::Bound { figure });
            }
        }
        Ok(gates)
    }

    /// Checks the tables of a report against every gate, in their order.
    ///
    /// # Errors
    /// When a gate names no figure of the report.
    pub fn check(&self, report: &[Table]) -> Result<Vec<Checked<'_>>, GateError> {
        let figures: Vec<(String, &Cell)> = report.iter().flat_map(Table::figures).collect();
        let checked = self.gates.iter().map(|gate| {
            let figure = figures.iter().find(|(name, _)| *name == gate.figure);
            let (_, got) = figure.ok_or_else(|| GateError::Unknown {
                figure: gate.figure.clone(),
                nearest: nearest(&gate.figure, figures.iter().map(|(name, _)| name)),
            })?;
            Ok(gate.check(got))
        });
        checked.collect()
    }
}

impl Gate {
    fn check(&self, got: &Cell) -> Checked<'_> {
        let within = |value: f64| {
            self.floor.is_none_or(|floor| value >= floor)
                && self.ceiling.is_none_or(|ceiling| value <= ceiling)
        };
        Checked {
            gate: self,
            got: got.clone(),
            held: got.value().is_some_and(within),
        }
    }
}

/// Returns the name at the smallest edit distance, ignoring case.
fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a String>) -> Option<String> {
    let name = name.to_lowercase();
    let similarity = |other: &str| strsim::normalized_levenshtein(&name, &other.to_lowercase());
    names
        .max_by(|a, b| similarity(a).total_cmp(&similarity(b)))
        .cloned()
}

/// Renders the checked gates as a table, those not held first.
pub fn table(checked: &[Checked<'_>]) -> Table {
    let mut table = Table::new(
        "Gates",
        ["held", "figure", "least", "most", "actual", "why the bound"],
    );
    let mut checked: Vec<&Checked<'_>> = checked.iter().collect();
    checked.sort_by_key(|checked| checked.held);
    for Checked { gate, got, held } in checked {
        let style = match got {
            Cell::Number(number) => number.style,
            Cell::Count(_) => Style::Decimal(0),
            _ => Style::Decimal(3),
        };
        let bound = |bound: Option<f64>| {
            bound.map_or_else(
                || Cell::text(""),
                |bound| Cell::Number(Number::new(bound, style)),
            )
        };
        table.push(vec![
            Cell::text(if *held { "yes" } else { "NO" }),
            Cell::text(&gate.figure),
            bound(gate.floor),
            bound(gate.ceiling),
            got.clone(),
            Cell::text(&gate.why),
        ]);
    }
    table
}
