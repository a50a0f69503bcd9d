//! Table cells that several tables share, and the number of independent units behind a set of accounts.

use std::collections::BTreeSet;

use super::trail::AccountTrail;
use crate::eval::bootstrap::Resampled;
use crate::eval::metrics::wilson;
use crate::eval::table::{Cell, Number, Style};

/// Per cent with one decimal: shares of accounts.
pub(super) const SHARE: Style = Style::Percent(1);
/// Per cent with two decimals: shares that should be small.
pub(super) const SMALL_SHARE: Style = Style::Percent(2);

/// Fewest applications, pipelines or campaigns for which a bootstrap interval is shown.
const GROUPS_NEEDED: u64 = 5;

/// Builds the cell of a figure with its bootstrap interval; an undefined figure is written as such.
///
/// No interval is shown from a handful of groups, nor one of zero width: when no resample differs, as when no account
/// was flagged, that is not certainty.
pub(in crate::eval) fn resampled(value: Option<f64>, by: Option<Resampled>, style: Style) -> Cell {
    let number = Number::new(value.unwrap_or(f64::NAN), style);
    let says_something =
        |by: &Resampled| by.groups >= GROUPS_NEEDED && by.interval.low < by.interval.high;
    Cell::Number(
        by.filter(says_something)
            .map_or(number, |by| number.within(by.interval)),
    )
}

/// Builds the cell of a share with its Wilson interval and n; insufficient under `needed`.
pub(super) fn share(hits: u64, n: u64, needed: u64, style: Style) -> Cell {
    match wilson(hits, n) {
        Some(interval) if n >= needed => Cell::Number(
            Number::new(hits as f64 / n as f64, style)
                .within(interval)
                .of(n),
        ),
        _ => Cell::Insufficient { n },
    }
}

/// Counts the distinct applications or pipelines among accounts.
pub(in crate::eval) fn applications<'a>(trails: impl IntoIterator<Item = &'a AccountTrail>) -> u64 {
    distinct(trails.into_iter().map(AccountTrail::application))
}

/// Counts distinct names.
pub(super) fn distinct<'a>(names: impl IntoIterator<Item = &'a str>) -> u64 {
    names.into_iter().collect::<BTreeSet<_>>().len() as u64
}
