//! Reliability: how often accounts of about the same risk were extracting.

use super::cells::share;
use super::detection::BINS;
use super::options::Options;
use super::sample::{Moment, sample};
use super::trail::AccountTrail;
use crate::eval::metrics::{Scored, reliability};
use crate::eval::table::{Cell, Number, Style, Table};

/// One row for each decile of the accounts at their last exchange, from the lowest risk up; accounts of equal risk
/// share a row.
pub(super) fn table(trails: &[&AccountTrail], options: &Options) -> Table {
    let mut table = Table::new(
        format!(
            "Reliability by tenth, at the last exchange (risk moved from a prior of {} to the stream's prevalence)",
            options.prior
        ),
        ["tenth", "accounts", "mean risk said", "share extracting"],
    )
    .keyed("reliability", 1);
    let calibrated: Vec<Scored> = sample(trails, Moment::Last, options.prior)
        .iter()
        .map(|row| row.calibrated)
        .collect();
    for (index, bin) in reliability(&calibrated, BINS).into_iter().enumerate() {
        let extracting = (bin.observed * bin.n as f64).round() as u64;
        table.push(vec![
            Cell::Count(index as u64 + 1),
            Cell::Count(bin.n),
            Cell::Number(Number::new(bin.stated, Style::Percent(2))),
            share(extracting, bin.n, options.thin, Style::Percent(2)),
        ]);
    }
    table
}
