//! Tables of benign applications left out: how many of their prompts pass thresholds set by other applications.

use super::application_row::{ApplicationRow, RATE, share};
use super::figures::{ModelReport, ROW_MIN};
use crate::eval::table::{Cell, Table};

/// Most applications listed.
const LISTED: usize = 30;

/// The table of all applications together, then that of those flagged most by the first model.
pub(super) fn tables(reports: &[ModelReport]) -> Vec<Table> {
    let models: Vec<Vec<ApplicationRow>> = reports.iter().map(ModelReport::applications).collect();
    let names = reports.iter().map(|model| model.name);
    let per_cent = format!("{:.0}%", RATE * 100.0);
    let mut summary = Table::new(
        format!("Benign applications left out, at the {per_cent} threshold of the other folds"),
        ["figure", "n"].into_iter().chain(names.clone()),
    )
    .keyed("applications left out", 1);
    let mut worst = Table::new(
        format!(
            "Benign applications flagged most (at least {ROW_MIN} prompts, at most {LISTED} listed)"
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
    let mut indices: Vec<usize> = (0..first.len())
        .filter(|index| first[*index].n >= ROW_MIN)
        .collect();
    // The sort is stable: equal shares stay in the order of their names.
    indices.sort_by(|a, b| first[*b].share().total_cmp(&first[*a].share()));
    for index in indices.into_iter().take(LISTED) {
        let head = [
            Cell::text(&first[index].application),
            Cell::Count(first[index].n),
        ];
        let cells = models
            .iter()
            .map(|rows| share(rows[index].flagged, rows[index].n));
        worst.push(head.into_iter().chain(cells).collect());
    }
    vec![summary, worst]
}
