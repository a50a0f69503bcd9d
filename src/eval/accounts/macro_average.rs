//! Macro-averaged detection: each application and each pipeline counts once.
//!
//! By account, one evaluator with sixty accounts can be the whole of a false-positive rate of 1%, and one pipeline
//! with two hundred accounts most of a recall. A new customer is a new application, and a new adversary a new
//! pipeline: here each has the same weight, however many accounts the stream gave it.

use std::collections::BTreeMap;

use super::cells::{applications, resampled};
use super::options::Options;
use super::sample::{Moment, Row, sample};
use super::trail::AccountTrail;
use crate::eval::table::{Cell, Style, Table};

/// False-positive rates of the table.
const RATES: [f64; 3] = [0.05, 0.01, 0.001];
/// The area under the curve, then one recall for each rate.
const FIGURES: usize = 1 + RATES.len();

/// One account with the weight that makes its application or pipeline count once.
#[derive(Clone, Copy)]
struct Weighted<'a> {
    row: Row<'a>,
    weight: f64,
}

/// Weights the rows, keeping their order, from the lowest score up.
fn weighted<'a>(rows: &[Row<'a>]) -> Vec<Weighted<'a>> {
    let mut sizes: BTreeMap<(bool, &str), f64> = BTreeMap::new();
    for row in rows {
        *sizes.entry(row.unit()).or_default() += 1.0;
    }
    let of = |row: &Row<'a>| Weighted {
        row: *row,
        weight: 1.0 / sizes[&row.unit()],
    };
    rows.iter().map(of).collect()
}

/// Returns the area under the curve and the recalls; `None` when the rows are all benign or all extraction. `rows` are
/// sorted by score.
fn figures(rows: &[Weighted<'_>]) -> [Option<f64>; FIGURES] {
    let total = |extraction: bool| {
        let of_kind = rows
            .iter()
            .filter(|row| row.row.ranked.extraction == extraction);
        of_kind.map(|row| row.weight).sum::<f64>()
    };
    let (benign, extraction) = (total(false), total(true));
    if benign <= 0.0 || extraction <= 0.0 {
        return [None; FIGURES];
    }
    let (mut above_benign, mut above_extraction, mut area) = (0.0, 0.0, 0.0);
    let mut recalls = [0.0; RATES.len()];
    // From the highest score down, equal scores together.
    let score = |row: &Weighted<'_>| row.row.ranked.score + 0.0;
    let ties: Vec<&[Weighted<'_>]> = rows.chunk_by(|a, b| score(a) >= score(b)).collect();
    for tied in ties.into_iter().rev() {
        let (mut own_benign, mut own_attack) = (0.0, 0.0);
        for row in tied {
            if row.row.ranked.extraction {
                own_attack += row.weight;
            } else {
                own_benign += row.weight;
            }
        }
        area += own_benign * (above_extraction + own_attack / 2.0);
        above_benign += own_benign;
        above_extraction += own_attack;
        for (recall, rate) in recalls.iter_mut().zip(RATES) {
            if above_benign <= rate * benign + 1e-9 {
                *recall = above_extraction / extraction;
            }
        }
    }
    let mut figures = [Some(area / (benign * extraction)); FIGURES];
    for (figure, recall) in figures[1..].iter_mut().zip(recalls) {
        *figure = Some(recall);
    }
    figures
}

/// The table of figures by row and moments by column.
pub(super) fn table(trails: &[&AccountTrail], options: &Options) -> Table {
    let mut table = Table::new(
        "Account detection, each application and each pipeline counting once (95% intervals over them)",
        std::iter::once("figure".to_owned()).chain(Moment::ALL.map(Moment::name)),
    )
    .keyed("detection by application", 1);
    let columns: Vec<Vec<Cell>> = Moment::ALL
        .iter()
        .map(|&moment| column(&sample(trails, moment, options.prior), options))
        .collect();
    let names = [
        "applications",
        "pipelines",
        "AUC",
        "recall at FPR 5%",
        "recall at FPR 1%",
        "recall at FPR 0.1%",
    ];
    for (index, name) in names.into_iter().enumerate() {
        let cells = columns.iter().map(|column| column[index].clone());
        table.push(std::iter::once(Cell::text(name)).chain(cells).collect());
    }
    table
}

fn column(rows: &[Row<'_>], options: &Options) -> Vec<Cell> {
    let units = |extraction: bool| {
        let of_kind = rows
            .iter()
            .filter(move |row| row.ranked.extraction == extraction);
        applications(of_kind.map(|row| row.trail))
    };
    let (benign, pipelines) = (units(false), units(true));
    let mut cells = vec![Cell::Count(benign), Cell::Count(pipelines)];
    let rows = weighted(rows);
    let intervals = options
        .bootstrap()
        .intervals(&rows, |row| row.row.unit(), figures);
    for (index, (value, interval)) in figures(&rows).into_iter().zip(intervals).enumerate() {
        let style = if index == 0 {
            Style::Decimal(3)
        } else {
            Style::Percent(1)
        };
        // A rate below one in the number of applications cannot be resolved.
        let resolved = index == 0 || benign as f64 * RATES[index - 1] >= 1.0;
        cells.push(if resolved {
            resampled(value, interval, style)
        } else {
            Cell::Insufficient { n: benign }
        });
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Label, Recommendation, Risk, Timestamp, Verdict};
    use crate::eval::accounts::Checkpoint;

    fn trail(application: &str, verdict: Verdict, score: f64) -> AccountTrail {
        let label = Label {
            account: format!("{application} {score}"),
            verdict,
            techniques: Vec::new(),
            campaign: None,
            conversation: None,
            source: None,
            application: Some(application.to_owned()),
            language: None,
            population: None,
            cell: None,
            group: None,
            group_kind: None,
            successor_of: None,
        };
        let last = Checkpoint {
            seen: 10,
            risk: Risk::from_logit(score),
            score,
            recommendation: Recommendation::Allow,
        };
        AccountTrail::blank(label, last, Timestamp::from_micros(0))
    }

    #[test]
    fn a_customer_with_many_accounts_counts_once() {
        // Three benign applications: the loudest has four accounts. Two pipelines, one with three accounts.
        let mut trails: Vec<AccountTrail> = (0..4)
            .map(|n| trail("loud", Verdict::Benign, 5.0 + f64::from(n)))
            .collect();
        trails.push(trail("quiet", Verdict::Benign, 0.0));
        trails.push(trail("calm", Verdict::Benign, 1.0));
        trails.extend((0..3).map(|n| trail("seen", Verdict::Extraction, 10.0 + f64::from(n))));
        trails.push(trail("hidden", Verdict::Extraction, 2.0));
        let trails: Vec<&AccountTrail> = trails.iter().collect();
        let rows = weighted(&sample(&trails, Moment::Last, 0.05));
        let [area, recall, ..] = figures(&rows);
        // `seen` beats all three, `hidden` beats two of three.
        assert!((area.unwrap() - 5.0 / 6.0).abs() < 1e-12);
        // At 5% no application may be above the threshold: only `seen` is found.
        assert!((recall.unwrap() - 0.5).abs() < 1e-12);
        assert_eq!(figures(&rows[..2]), [None; FIGURES]);
    }
}
