//! A scenario: the composition of a stream, apart from its seed. A commented TOML file, fully validated before use.

mod benign;
mod checks;
mod evasion;
mod exchanges;
mod extraction;
mod range;

use std::collections::BTreeSet;

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use toml::Table;

use super::corpus::Partition;
use crate::domain::{DAY_MICROS, Timestamp};
use checks::{check, probability};

pub(crate) use benign::Benign;
pub use benign::PopulationShares;
pub use checks::ScenarioError;
#[cfg(test)]
pub(crate) use evasion::EvasionSettings;
pub(crate) use evasion::LanguageSwitch;
pub(crate) use exchanges::Exchanges;
pub(crate) use extraction::{Bans, ExtractionSettings, Pipelines, Relay, Sharding};
pub(crate) use range::Range;

/// Settings of a stream.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Name, used in ids of campaigns and in reports.
    pub name: String,
    /// Sides of the split that requests are drawn from.
    #[serde(deserialize_with = "partitions")]
    pub partitions: Vec<Partition>,
    /// First moment of the stream.
    #[serde(deserialize_with = "instant")]
    pub start: Timestamp,
    /// Length in days.
    pub days: u32,
    /// Share of the stream, from its start, in which accounts start.
    #[serde(default = "beginnings")]
    pub beginnings: f64,
    /// Number of exchanges of one account.
    pub exchanges: Exchanges,
    /// Benign accounts.
    pub benign: Benign,
    /// Extracting accounts; the baseline of the cells if there are any.
    pub extraction: ExtractionSettings,
    /// Variations of the extraction in file order: played instead of it, side by side in one stream.
    #[serde(skip)]
    pub cells: Vec<Cell>,
    /// Further extracting accounts, played beside the others: each has a name and the keys of the extraction that
    /// differ.
    #[serde(skip)]
    pub beside: Vec<Cell>,
    /// Cells as written: a name, and the keys of the extraction that differ.
    #[serde(rename = "cell", default)]
    rows: Vec<Table>,
    /// The same of what is played beside.
    #[serde(rename = "beside", default)]
    beside_rows: Vec<Table>,
    /// Available models, oldest release first.
    #[serde(rename = "model")]
    pub models: Vec<Model>,
}

/// One variation of the extraction.
#[derive(Clone, Debug)]
pub struct Cell {
    /// Name used in labels.
    pub name: String,
    /// The extraction with the cell's changes.
    pub extraction: ExtractionSettings,
}

/// The extraction as written, as the baseline that cells change.
#[derive(Deserialize)]
struct Baseline {
    extraction: Table,
}

/// An available model.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Model id.
    pub id: String,
    /// Release time.
    #[serde(deserialize_with = "instant")]
    pub released: Timestamp,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum PartitionRow {
    Fit,
    Calibrate,
    Test,
}

impl Scenario {
    /// Reads and validates a scenario.
    ///
    /// # Errors
    /// When the text is not a scenario or its values do not describe a valid stream.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let mut scenario: Self = toml::from_str(text)?;
        let models = &mut scenario.models;
        models.sort_by(|left, right| (left.released, &left.id).cmp(&(right.released, &right.id)));
        scenario.validate()?;
        let Baseline { extraction } = toml::from_str(text)?;
        let rows = std::mem::take(&mut scenario.rows);
        let beside = std::mem::take(&mut scenario.beside_rows);
        let mut names = BTreeSet::new();
        let mut cells = |rows: Vec<Table>| -> Result<Vec<Cell>, ScenarioError> {
            let mut cells = Vec::with_capacity(rows.len());
            for row in rows {
                let cell = Cell::of(row, extraction.clone())?;
                if !names.insert(cell.name.clone()) {
                    return Err(ScenarioError::Cell {
                        name: cell.name,
                        reason: "expected a name of its own, got that of an earlier cell"
                            .to_owned(),
                    });
                }
                cells.push(cell);
            }
            Ok(cells)
        };
        scenario.cells = cells(rows)?;
        scenario.beside = cells(beside)?;
        Ok(scenario)
    }

    /// Returns the end of the stream: the moment after the last exchange.
    pub fn end(&self) -> Timestamp {
        Timestamp::from_micros(self.start.as_micros() + i64::from(self.days) * DAY_MICROS)
    }

    fn validate(&self) -> Result<(), ScenarioError> {
        self.exchanges.validate("exchanges")?;
        let days = self.days;
        check((1..=366).contains(&days), "days", "1 to 366", &days)?;
        check(
            !self.partitions.is_empty(),
            "partitions",
            "at least one",
            &"none",
        )?;
        self.benign.validate()?;
        self.extraction.validate()?;
        probability("beginnings", self.beginnings)?;
        let available = self.models.iter().filter(|m| m.released <= self.start);
        let available = available.count();
        check(
            available >= 2,
            "model",
            "at least two released by the start",
            &available,
        )
    }
}

impl Cell {
    fn of(mut row: Table, mut extraction: Table) -> Result<Self, ScenarioError> {
        let Some(toml::Value::String(name)) = row.remove("name") else {
            return Err(ScenarioError::Cell {
                name: String::new(),
                reason: "expected a name".to_owned(),
            });
        };
        overlay(&mut extraction, row);
        let wrong = |reason: String| ScenarioError::Cell {
            name: name.clone(),
            reason,
        };
        let extraction: ExtractionSettings = extraction
            .try_into()
            .map_err(|error: toml::de::Error| wrong(error.message().to_owned()))?;
        extraction
            .validate()
            .map_err(|error| wrong(error.to_string()))?;
        Ok(Self { name, extraction })
    }
}

/// Merges `changes` into `settings`: tables key by key, everything else as a whole.
fn overlay(settings: &mut Table, changes: Table) {
    for (key, change) in changes {
        match (settings.get_mut(&key), change) {
            (Some(toml::Value::Table(inner)), toml::Value::Table(change)) => overlay(inner, change),
            (_, change) => {
                settings.insert(key, change);
            }
        }
    }
}

/// Most accounts can finish if they start in the first part of the stream.
const fn beginnings() -> f64 {
    0.6
}

impl From<PartitionRow> for Partition {
    fn from(row: PartitionRow) -> Self {
        match row {
            PartitionRow::Fit => Self::Fit,
            PartitionRow::Calibrate => Self::Calibrate,
            PartitionRow::Test => Self::Test,
        }
    }
}

fn instant<'de, D: Deserializer<'de>>(row: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(row)?;
    let instant: jiff::Timestamp = text
        .parse()
        .map_err(|_| D::Error::custom("expected a time such as 2026-03-02T00:00:00Z"))?;
    Ok(Timestamp::from_micros(instant.as_microsecond()))
}

/// Accepts only the sides that can be drawn from; withheld material is in no stream.
fn partitions<'de, D: Deserializer<'de>>(row: D) -> Result<Vec<Partition>, D::Error> {
    let rows = Vec::<PartitionRow>::deserialize(row)?;
    Ok(rows.into_iter().map(Partition::from).collect())
}

#[cfg(test)]
mod tests {
    use super::{Scenario, ScenarioError};

    const SMOKE: &str = include_str!("../../eval/scenarios/smoke.toml");

    #[test]
    fn the_committed_scenarios_are_valid() {
        for text in [
            SMOKE,
            include_str!("../../eval/scenarios/train.toml"),
            include_str!("../../eval/scenarios/heldout.toml"),
            include_str!("../../eval/scenarios/grid.toml"),
            include_str!("../../eval/scenarios/published.toml"),
            include_str!("../../eval/scenarios/pools.toml"),
            include_str!("../../eval/scenarios/traces.toml"),
            include_str!("../../eval/scenarios/scale.toml"),
        ] {
            let scenario = Scenario::parse(text).expect("a committed scenario");
            assert!(scenario.end() > scenario.start);
        }
    }

    #[test]
    fn a_misspelt_key_is_an_error() {
        let text = SMOKE.replace("machine_paced", "machine_paced_share");
        assert!(matches!(
            Scenario::parse(&text),
            Err(ScenarioError::Malformed(_))
        ));
    }

    #[test]
    fn invalid_values_are_named() {
        let cases = [
            ("least = 10", "least = 0", "exchanges"),
            ("days = ", "days = 0 # ", "days"),
            ("share = 0.5", "share = 1.5", "extraction.mixtures.share"),
            ("partitions = [", "partitions = [] # [", "partitions"),
        ];
        for (from, to, key) in cases {
            let text = SMOKE.replace(from, to);
            assert_ne!(text, SMOKE, "{from} is not in the scenario");
            match Scenario::parse(&text) {
                Err(ScenarioError::Invalid { key: found, .. }) => assert_eq!(found, key),
                other => panic!("{from} -> {to}: {:?}", other.map(|s| s.name)),
            }
        }
    }
}
