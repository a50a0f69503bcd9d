//! Classification of single exchanges: extraction or benign, and which technique.

use std::collections::BTreeMap;

use super::cells::{distinct, resampled};
use super::options::Options;
use super::techniques::first_of_conversation;
use super::trail::{CONVERSATION, NOT_STATED};
use super::trails::Collected;
use crate::domain::{Label, Technique, Verdict};
use crate::eval::accounts::answers::{AnswerCounts, RiskBin, bin_at};
use crate::eval::metrics::{Confusion, macro_f1};
use crate::eval::table::{Cell, Style, Table};

const TECHNIQUES: usize = CONVERSATION.len();
/// Classes of the table: the techniques, then extraction of any kind.
const CLASSES: usize = TECHNIQUES + 1;
/// Precision, recall and F1 of each class, and the mean F1 of the techniques.
const FIGURES: usize = 3 * CLASSES + 1;

/// Share of benign exchanges that may be flagged.
const RATE: f64 = 0.01;

/// Exchanges that share one label.
#[derive(Clone, Copy)]
struct Unit<'a> {
    label: &'a Label,
    /// Index in [`CONVERSATION`] of the technique, if they are extraction.
    truth: Option<usize>,
    answers: &'a AnswerCounts,
    /// Number of exchanges flagged as each technique, and as extraction of any kind.
    flagged: [u64; CLASSES],
    exchanges: u64,
}

impl<'a> Unit<'a> {
    fn new(label: &'a Label, answers: &'a AnswerCounts) -> Self {
        let technique = first_of_conversation(label);
        Self {
            label,
            truth: technique.and_then(|t| CONVERSATION.iter().position(|&own| own == t)),
            answers,
            flagged: [0; CLASSES],
            exchanges: answers.exchanges(),
        }
    }

    fn flag(&mut self, threshold: RiskBin) {
        let above = self.answers.entries().iter().filter(|e| e.bin > threshold);
        for entry in above {
            self.flagged[TECHNIQUES] += entry.exchanges;
            let index = CONVERSATION
                .iter()
                .position(|&own| Some(own) == entry.technique);
            if let Some(index) = index {
                self.flagged[index] += entry.exchanges;
            }
        }
    }

    fn extraction(&self) -> bool {
        self.label.verdict == Verdict::Extraction
    }

    fn belongs(&self, class: usize) -> bool {
        if class == TECHNIQUES {
            self.extraction()
        } else {
            self.truth == Some(class)
        }
    }

    fn application(&self) -> &'a str {
        let Label {
            application,
            account,
            ..
        } = self.label;
        application.as_deref().unwrap_or(account)
    }

    fn language(&self) -> &'a str {
        self.label.language.as_deref().unwrap_or(NOT_STATED)
    }
}

/// Whether every exchange of an account has the account's label. For mixed accounts it is unknown which exchanges
/// extract.
fn pure(label: &Label) -> bool {
    let mixed = |population: &str| population.starts_with("mixed");
    label.verdict == Verdict::Benign || !label.population.as_deref().is_some_and(mixed)
}

fn confusion(units: &[Unit<'_>], class: usize) -> Confusion {
    let mut confusion = Confusion::default();
    for unit in units {
        let (flagged, rest) = (unit.flagged[class], unit.exchanges - unit.flagged[class]);
        if unit.belongs(class) {
            confusion.true_positives += flagged;
            confusion.false_negatives += rest;
        } else {
            confusion.false_positives += flagged;
            confusion.true_negatives += rest;
        }
    }
    confusion
}

fn figures(units: &[Unit<'_>]) -> [Option<f64>; FIGURES] {
    let confusions: [Confusion; CLASSES] = std::array::from_fn(|class| confusion(units, class));
    std::array::from_fn(|index| match confusions.get(index / 3) {
        None => macro_f1(&confusions[..TECHNIQUES]),
        Some(confusion) => match index % 3 {
            0 => confusion.precision(),
            1 => confusion.recall(),
            _ => confusion.f1(),
        },
    })
}

/// One row for each technique, one for extraction of any kind and one for the mean of techniques; over all languages
/// together and for each language.
///
/// The truth of an exchange is the label of its conversation, or else of its account if that is pure. An exchange is
/// flagged when the risk of its conversation is above the level that 1% of benign exchanges reach; its predicted
/// technique is the one that was then the likeliest of its account, since assessments name no technique of a single
/// conversation. Precision is at the stream's own prevalence.
pub(super) fn table(collected: &Collected, options: &Options) -> Table {
    let mut units: Vec<Unit<'_>> = collected
        .trails
        .iter()
        .filter(|trail| pure(&trail.label))
        .map(|trail| Unit::new(&trail.label, &trail.answers))
        .chain(
            collected
                .conversations
                .iter()
                .map(|own| Unit::new(&own.label, &own.answers)),
        )
        .filter(|unit| unit.exchanges > 0)
        .collect();
    units.sort_by_key(|unit| (&unit.label.account, &unit.label.conversation));
    let benign = units.iter().filter(|unit| !unit.extraction());
    let threshold = bin_at(benign.map(|unit| unit.answers), RATE);
    for unit in &mut units {
        unit.flag(threshold);
    }
    let above = if threshold == RiskBin::LOWEST {
        0.0
    } else {
        threshold.risk().value()
    };
    let mut table = Table::new(
        format!(
            "Conversations: exchanges of pure accounts (said from risk {above:.4} on, which 1% of benign exchanges \
             pass; at the stream's own prevalence; 95% intervals over applications and pipelines)"
        ),
        ["language", "technique", "exchanges", "pipelines", "precision", "recall", "F1"],
    )
    .keyed("conversations", 2);
    let mut languages: BTreeMap<&str, Vec<Unit<'_>>> = BTreeMap::new();
    for unit in &units {
        languages.entry(unit.language()).or_default().push(*unit);
    }
    push(&mut table, "all", &units, options);
    for (language, units) in languages {
        // A language without extraction has no recall; its false alarms are in another table.
        if units.iter().any(Unit::extraction) {
            push(&mut table, language, &units, options);
        }
    }
    table
}

fn push(table: &mut Table, language: &str, units: &[Unit<'_>], options: &Options) {
    let values = figures(units);
    let intervals = options.bootstrap().intervals(
        units,
        |unit| (unit.extraction(), unit.application()),
        figures,
    );
    let names = CONVERSATION.map(Technique::name);
    for class in 0..=CLASSES {
        // After the classes comes the mean of the techniques.
        let mean = class == CLASSES;
        let name = match names.get(class) {
            Some(name) => name,
            None if mean => "mean of techniques (macro)",
            None => "any",
        };
        let members: Vec<&Unit<'_>> = units
            .iter()
            .filter(|unit| unit.belongs(class.min(TECHNIQUES)))
            .collect();
        let n: u64 = members.iter().map(|unit| unit.exchanges).sum();
        if n == 0 && !mean {
            continue;
        }
        let cell = |index: usize| {
            if n < options.thin {
                Cell::Insufficient { n }
            } else {
                resampled(values[index], intervals[index], Style::Decimal(3))
            }
        };
        let mut cells = vec![
            Cell::text(language),
            Cell::text(name),
            Cell::Count(n),
            Cell::Count(distinct(members.iter().map(|unit| unit.application()))),
        ];
        if mean {
            cells.extend([Cell::text(""), Cell::text(""), cell(FIGURES - 1)]);
        } else {
            cells.extend((3 * class..3 * class + 3).map(cell));
        }
        table.push(cells);
    }
}
