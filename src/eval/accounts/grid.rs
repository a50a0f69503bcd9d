//! The grid of adaptive adversaries: recall of each cell, moment by moment.

use std::collections::BTreeMap;

use super::cells::{applications, distinct};
use super::options::Options;
use super::recall::{RATES, View};
use super::sample::Moment;
use super::trail::AccountTrail;
use crate::eval::plot::{Heat, HeatCell};
use crate::eval::table::{Cell, Table};

/// Groups extracting accounts by cell, in the order of the cells' names.
fn cells<'a>(trails: &[&'a AccountTrail]) -> BTreeMap<&'a str, Vec<&'a AccountTrail>> {
    let mut cells: BTreeMap<&str, Vec<&AccountTrail>> = BTreeMap::new();
    for &trail in trails.iter().filter(|trail| trail.extraction()) {
        cells.entry(trail.cell()).or_default().push(trail);
    }
    cells
}

/// Builds one table for each false-positive rate: cells by row, moments by column.
pub(super) fn tables(trails: &[&AccountTrail], options: &Options) -> Vec<Table> {
    let heads = ["cell", "pipelines", "campaigns", "accounts"].map(str::to_owned);
    let mut tables: Vec<Table> = ["1%", "0.1%"]
        .iter()
        .map(|rate| {
            let columns = heads.iter().cloned().chain(Moment::ALL.map(Moment::name));
            let title = format!(
                "Grid: recall at FPR {rate} by cell and moment (thresholds of all benign accounts; 95% intervals over \
                 pipelines)"
            );
            Table::new(title, columns).keyed(format!("grid at FPR {rate}"), 1)
        })
        .collect();
    let views = Moment::ALL.map(|moment| View::new(trails, moment, options));
    for (name, members) in cells(trails) {
        let mut rows = vec![
            vec![
                Cell::text(name),
                Cell::Count(applications(members.iter().copied())),
                Cell::Count(distinct(members.iter().map(|trail| trail.campaign()))),
                Cell::Count(members.len() as u64),
            ];
            RATES.len()
        ];
        for view in &views {
            let belongs = |trail: &AccountTrail| trail.cell() == name;
            let (_, figures, _) = view.cells(belongs, AccountTrail::application, options);
            for (row, figure) in rows.iter_mut().zip(figures) {
                row.push(figure);
            }
        }
        for (table, row) in tables.iter_mut().zip(rows) {
            table.push(row);
        }
    }
    tables
}

/// Converts the first of [`tables`] to a heat map.
pub(super) fn heat(table: &Table) -> Heat {
    let first = table.columns().len() - Moment::ALL.len();
    Heat {
        columns: table.columns()[first..].to_vec(),
        rows: table
            .rows()
            .iter()
            .map(|row| {
                let cells = row[first..].iter().map(|cell| HeatCell {
                    share: cell.value(),
                    words: cell.short(),
                });
                (row[0].short(), cells.collect())
            })
            .collect(),
    }
}
