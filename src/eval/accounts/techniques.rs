//! Technique classification of accounts: precision, recall and F1.

use super::cells::{applications, resampled};
use super::options::Options;
use super::trail::{AccountTrail, CONVERSATION};
use crate::domain::{Label, Technique, Verdict};
use crate::eval::metrics::{Confusion, macro_f1};
use crate::eval::table::{Cell, Style, Table};

const TECHNIQUES: usize = CONVERSATION.len();
/// Precision, recall and F1 of each technique, and the mean F1.
const FIGURES: usize = 3 * TECHNIQUES + 1;

/// Returns the first technique of a label that is visible in a conversation; `None` for benign ones.
pub(super) fn first_of_conversation(label: &Label) -> Option<Technique> {
    let mut techniques = label.techniques.iter().copied();
    techniques
        .find(|technique| label.verdict == Verdict::Extraction && CONVERSATION.contains(technique))
}

fn truth(trail: &AccountTrail) -> Option<Technique> {
    first_of_conversation(&trail.label)
}

/// Returns the likeliest technique after the last exchange, if its risk is at least `least`.
fn predicted(trail: &AccountTrail, least: f64) -> Option<Technique> {
    let likeliest = trail.technique?;
    (likeliest.risk.value() >= least).then_some(likeliest.technique)
}

fn confusions(trails: &[&AccountTrail], least: f64) -> [Confusion; TECHNIQUES] {
    let mut confusions = [Confusion::default(); TECHNIQUES];
    for trail in trails {
        let (predicted, truth) = (predicted(trail, least), truth(trail));
        for (confusion, technique) in confusions.iter_mut().zip(CONVERSATION) {
            confusion.add(predicted == Some(technique), truth == Some(technique));
        }
    }
    confusions
}

fn figures(trails: &[&AccountTrail], least: f64) -> [Option<f64>; FIGURES] {
    let confusions = confusions(trails, least);
    std::array::from_fn(|index| match confusions.get(index / 3) {
        None => macro_f1(&confusions),
        Some(confusion) => match index % 3 {
            0 => confusion.precision(),
            1 => confusion.recall(),
            _ => confusion.f1(),
        },
    })
}

/// One row for each technique and one for their mean.
///
/// Every labeled account counts: a benign account that is classified as using a technique lowers its precision, so
/// precision is at the stream's own prevalence.
pub(super) fn table(trails: &[&AccountTrail], options: &Options) -> Table {
    let least = options.technique_risk;
    let mut table = Table::new(
        format!(
            "Technique said of an account (the likeliest of four, from risk {least} on, at the stream's own prevalence)"
        ),
        [
            "technique",
            "accounts",
            "pipelines",
            "precision",
            "recall",
            "F1",
        ],
    )
    .keyed("techniques", 1);
    let values = figures(trails, least);
    let intervals = options.bootstrap().intervals(
        trails,
        |trail| (trail.extraction(), trail.application()),
        |trails| figures(trails, least),
    );
    let cell = |index: usize, n: u64| {
        if n < options.thin {
            Cell::Insufficient { n }
        } else {
            resampled(values[index], intervals[index], Style::Decimal(3))
        }
    };
    let counts = |is: &dyn Fn(Option<Technique>) -> bool| {
        let accounts: Vec<&AccountTrail> = trails
            .iter()
            .copied()
            .filter(|trail| is(truth(trail)))
            .collect();
        (accounts.len() as u64, applications(accounts))
    };
    for (index, technique) in CONVERSATION.into_iter().enumerate() {
        let (n, pipelines) = counts(&|truth| truth == Some(technique));
        let mut cells = vec![
            Cell::text(technique.name()),
            Cell::Count(n),
            Cell::Count(pipelines),
        ];
        cells.extend((3 * index..3 * index + 3).map(|figure| cell(figure, n)));
        table.push(cells);
    }
    let (n, pipelines) = counts(&|truth| truth.is_some());
    table.push(vec![
        Cell::text("mean of techniques (macro)"),
        Cell::Count(n),
        Cell::Count(pipelines),
        Cell::text(""),
        Cell::text(""),
        cell(FIGURES - 1, n),
    ]);
    table
}
