//! Honest applications left out: how many of their prompts pass thresholds that other applications set.

use std::collections::BTreeMap;

use super::figures::{ModelReport, RATE, ROW_MIN, threshold};
use super::report::PromptReport;
use crate::eval::metrics::wilson;
use crate::eval::table::{Cell, Number, Style, Table};

/// Applications that are listed.
const LISTED: usize = 30;

/// Scores of a fold's honest prompts, by application or pool.
pub(super) type HonestScores = BTreeMap<String, Vec<f64>>;

/// Honest prompts of one application (with its translations) or pool.
#[derive(Clone, Debug, PartialEq)]
pub struct ApplicationRow {
    /// Application group or pool.
    pub application: String,
    /// Prompts above the threshold of the other folds.
    pub flagged: u64,
    /// Prompts.
    pub n: u64,
}

impl ApplicationRow {
    fn share(&self) -> f64 {
        self.flagged as f64 / self.n as f64
    }
}

/// Each application against the threshold that leaves 1% of the honest prompts of the other folds above it: neither
/// the model nor the threshold has met it. By name.
pub(super) fn left_out(folds: &[HonestScores]) -> Vec<ApplicationRow> {
    let mut rows = Vec::new();
    for (fold, own) in folds.iter().enumerate() {
        let others = folds.iter().enumerate().filter(|(other, _)| *other != fold);
        let others: Vec<f64> = others
            .flat_map(|(_, scores)| scores.values().flatten().copied())
            .collect();
        let Some(threshold) = threshold(others) else {
            continue;
        };
        rows.extend(own.iter().map(|(application, scores)| ApplicationRow {
            application: application.clone(),
            flagged: scores.iter().filter(|score| **score > threshold).count() as u64,
            n: scores.len() as u64,
        }));
    }
    rows.sort_by(|a, b| a.application.cmp(&b.application));
    rows
}

/// All applications together, then those flagged most by the first model.
pub(super) fn tables(report: &PromptReport) -> Vec<Table> {
    let models: Vec<Vec<ApplicationRow>> = report
        .models
        .iter()
        .map(ModelReport::applications)
        .collect();
    let names = report.models.iter().map(|model| model.name);
    let per_cent = format!("{:.0}%", RATE * 100.0);
    let mut summary = Table::new(
        format!("Honest applications left out, at the {per_cent} threshold of the other folds"),
        ["figure", "n"].into_iter().chain(names.clone()),
    )
    .keyed("applications left out", 1);
    let mut worst = Table::new(
        format!(
            "Honest applications flagged most (at least {ROW_MIN} prompts, at most {LISTED} listed)"
        ),
        ["application", "n"].into_iter().chain(names),
    );
    let Some(first) = models.first() else {
        return vec![summary, worst];
    };
    let sum = |rows: &[ApplicationRow], of: fn(&ApplicationRow) -> u64| -> u64 {
        rows.iter().map(of).sum()
    };
    let mut push = |name: &str, n: u64, cell: &dyn Fn(&[ApplicationRow]) -> Cell| {
        let head = [Cell::text(name), Cell::Count(n)];
        let cells = models.iter().map(|rows| cell(rows));
        summary.push(head.into_iter().chain(cells).collect());
    };
    push("prompts flagged", sum(first, |row| row.n), &|rows| {
        share(sum(rows, |row| row.flagged), sum(rows, |row| row.n))
    });
    push(
        "applications with a prompt flagged",
        first.len() as u64,
        &|rows| {
            share(
                rows.iter().filter(|row| row.flagged > 0).count() as u64,
                rows.len() as u64,
            )
        },
    );
    push(
        "applications with a tenth of their prompts flagged",
        first.len() as u64,
        &|rows| {
            share(
                rows.iter().filter(|row| row.share() >= 0.1).count() as u64,
                rows.len() as u64,
            )
        },
    );
    let mut places: Vec<usize> = (0..first.len())
        .filter(|place| first[*place].n >= ROW_MIN)
        .collect();
    // Stable: equal ones stay in the order of their names.
    places.sort_by(|a, b| first[*b].share().total_cmp(&first[*a].share()));
    for place in places.into_iter().take(LISTED) {
        let head = [
            Cell::text(&first[place].application),
            Cell::Count(first[place].n),
        ];
        let cells = models
            .iter()
            .map(|rows| share(rows[place].flagged, rows[place].n));
        worst.push(head.into_iter().chain(cells).collect());
    }
    vec![summary, worst]
}

fn share(hits: u64, n: u64) -> Cell {
    wilson(hits, n).map_or(Cell::Insufficient { n }, |interval| {
        Cell::Number(Number::new(hits as f64 / n as f64, Style::Percent(1)).within(interval))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_those_of_the_others() {
        let scores = |from: u32| (from..from + 100).map(f64::from).collect::<Vec<f64>>();
        let fold = |name: &str, from: u32| HonestScores::from([(name.to_owned(), scores(from))]);
        // One of the other fold's hundred may lie above: 198 for the low application, 98 for the high one.
        let rows = left_out(&[fold("low", 0), fold("high", 100)]);
        let flagged: Vec<(&str, u64)> = rows
            .iter()
            .map(|row| (row.application.as_str(), row.flagged))
            .collect();
        assert_eq!(flagged, [("high", 100), ("low", 0)]);
        assert!(left_out(&[fold("alone", 0)]).is_empty());
    }
}
