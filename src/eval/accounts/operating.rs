//! False positives of benign accounts at the operating points as served.

use std::collections::BTreeMap;

use super::cells::{SHARE, SMALL_SHARE, applications, resampled, share};
use super::options::Options;
use super::trail::{AccountTrail, NOT_STATED};
use crate::eval::metrics::{benign_needed, wilson};
use crate::eval::plot::Bar;
use crate::eval::table::{Cell, Number, Style, Table};

/// Most applications listed.
const LISTED: usize = 20;

fn reviewed(trails: &[&AccountTrail]) -> u64 {
    trails.iter().filter(|t| t.first_review.is_some()).count() as u64
}

fn restricted(trails: &[&AccountTrail]) -> u64 {
    trails.iter().filter(|t| t.first_restrict.is_some()).count() as u64
}

/// Groups benign accounts by one of their names.
fn by<'a>(
    benign: &[&'a AccountTrail],
    name: for<'t> fn(&'t AccountTrail) -> &'t str,
) -> BTreeMap<&'a str, Vec<&'a AccountTrail>> {
    let mut groups: BTreeMap<&str, Vec<&AccountTrail>> = BTreeMap::new();
    for &trail in benign {
        groups.entry(name(trail)).or_default().push(trail);
    }
    groups
}

fn population(trail: &AccountTrail) -> &str {
    trail.label.population.as_deref().unwrap_or(NOT_STATED)
}

fn language(trail: &AccountTrail) -> &str {
    trail.label.language.as_deref().unwrap_or(NOT_STATED)
}

/// Slices of the benign accounts: dimension, value, accounts.
fn slices<'a>(benign: &[&'a AccountTrail]) -> Vec<(&'static str, &'a str, Vec<&'a AccountTrail>)> {
    let mut slices = vec![("all", "all", benign.to_vec())];
    for (kind, groups) in [
        ("population", by(benign, population)),
        ("language", by(benign, language)),
        ("age", by(benign, |trail| trail.age())),
    ] {
        slices.extend(groups.into_iter().map(|(name, group)| (kind, name, group)));
    }
    slices
}

/// Share of benign accounts ever recommended for review or restriction, overall and by slice. The Wilson intervals
/// treat accounts as independent, which those of one application are not: read the number of applications beside them.
pub(super) fn rates(benign: &[&AccountTrail], options: &Options) -> Table {
    let mut table = Table::new(
        "Benign accounts ever recommended for review or restriction (Wilson intervals)",
        [
            "slice of",
            "slice",
            "accounts",
            "applications",
            "ever review",
            "ever restrict",
        ],
    )
    .keyed("false positives", 2);
    for (kind, name, group) in slices(benign) {
        let n = group.len() as u64;
        table.push(vec![
            Cell::text(kind),
            Cell::text(name),
            Cell::Count(n),
            Cell::Count(applications(group.iter().copied())),
            share(reviewed(&group), n, options.thin, SMALL_SHARE),
            share(restricted(&group), n, options.thin, SMALL_SHARE),
        ]);
    }
    table
}

/// Returns reviews per 1,000 benign account-days. An account's days run from its first to its last exchange, which is
/// a lower bound, so the rate is an upper bound.
fn alarms_per_1000_days(benign: &[&AccountTrail]) -> Option<f64> {
    let days: f64 = benign.iter().map(|trail| trail.days()).sum();
    (days > 0.0).then(|| 1_000.0 * reviewed(benign) as f64 / days)
}

/// The rate by which slices are compared.
type Rate = fn(&[&AccountTrail]) -> Option<f64>;

/// Returns the upper end of the Wilson interval of the share of reviewed accounts. `None` for slices too small to
/// bound it near 1%: there the bound would reflect their size, not their rate.
fn highest_review(benign: &[&AccountTrail]) -> Option<f64> {
    let n = benign.len() as u64;
    let interval = wilson(reviewed(benign), n).filter(|_| n >= benign_needed(0.01))?;
    Some(interval.high)
}

/// Returns the slice of a dimension with the highest rate, thin slices left out, and that rate divided by the reviewed
/// share of all accounts.
fn worst(
    benign: &[&AccountTrail],
    kind: &str,
    rate: Rate,
    options: &Options,
) -> Option<(String, f64)> {
    let mut worst: Option<(String, f64)> = None;
    for (of, name, group) in slices(benign) {
        let thick = group.len() as u64 >= options.thin;
        let Some(rate) = rate(&group).filter(|_| of == kind && thick) else {
            continue;
        };
        if worst.as_ref().is_none_or(|worst| rate > worst.1) {
            worst = Some((name.to_owned(), rate));
        }
    }
    let (name, rate_of_worst) = worst?;
    let all = ever_review(benign).filter(|share| *share > 0.0)?;
    Some((name, rate_of_worst / all))
}

fn ever_review(benign: &[&AccountTrail]) -> Option<f64> {
    (!benign.is_empty()).then(|| reviewed(benign) as f64 / benign.len() as f64)
}

fn ever_restrict(benign: &[&AccountTrail]) -> Option<f64> {
    (!benign.is_empty()).then(|| restricted(benign) as f64 / benign.len() as f64)
}

const METRICS: [(&str, Rate, Style); 3] = [
    ("ever review", ever_review, SMALL_SHARE),
    ("ever restrict", ever_restrict, SMALL_SHARE),
    (
        "reviews per 1,000 account-days",
        alarms_per_1000_days,
        Style::Decimal(2),
    ),
];

/// The table of false alarms, one figure per row.
pub(super) fn alarms(benign: &[&AccountTrail], options: &Options) -> Table {
    let mut table = Table::new(
        "False alarms (95% intervals over applications)",
        ["figure", "of", "value"],
    )
    .keyed("false alarms", 1);
    let n = benign.len() as u64;
    for (name, metric, style) in METRICS {
        let interval =
            options
                .bootstrap()
                .interval(benign, |trail| ((), trail.application()), metric);
        table.push(vec![
            Cell::text(name),
            Cell::text("benign accounts"),
            if n < options.thin {
                Cell::Insufficient { n }
            } else {
                resampled(metric(benign), interval, style)
            },
        ]);
    }
    let groups = by(benign, AccountTrail::application);
    let flagged = groups.values().filter(|group| reviewed(group) > 0).count() as u64;
    table.push(vec![
        Cell::text("with a review (Wilson interval)"),
        Cell::text("applications"),
        share(flagged, groups.len() as u64, options.thin, SHARE),
    ]);
    let rates: [(&str, Rate); 2] = [
        ("worst", ever_review),
        ("worst upper bound of a", highest_review),
    ];
    for (name, rate) in rates {
        for kind in ["population", "language"] {
            let worst = worst(benign, kind, rate, options);
            let ratio = worst.as_ref().map_or(f64::NAN, |worst| worst.1);
            table.push(vec![
                Cell::text(format!("ever review, {name} {kind} over all")),
                Cell::text(worst.map_or_else(String::new, |worst| worst.0)),
                Cell::Number(Number::new(ratio, Style::Decimal(2))),
            ]);
        }
    }
    table
}

/// Lists benign applications with a review, with the number of accounts reviewed; most accounts first.
pub(super) fn false_positives(benign: &[&AccountTrail]) -> Vec<(String, u64)> {
    let mut flagged: Vec<(String, u64)> = by(benign, AccountTrail::application)
        .into_iter()
        .map(|(name, group)| (name.to_owned(), reviewed(&group)))
        .filter(|(_, reviewed)| *reviewed > 0)
        .collect();
    // The sort is stable: equal counts stay in the order of their names.
    flagged.sort_by_key(|(_, reviewed)| std::cmp::Reverse(*reviewed));
    flagged
}

/// Shares of benign accounts reviewed by population and language, for a chart.
pub(super) fn bars(benign: &[&AccountTrail], options: &Options) -> Vec<Bar> {
    slices(benign)
        .into_iter()
        .map(|(kind, name, group)| {
            let (hits, n) = (reviewed(&group), group.len() as u64);
            let interval = wilson(hits, n).filter(|_| n >= options.thin);
            Bar {
                name: if kind == name {
                    format!("{name} accounts")
                } else {
                    format!("{kind} {name}")
                },
                share: interval.map(|ends| (hits as f64 / n as f64, ends.low, ends.high)),
                words: share(hits, n, options.thin, SMALL_SHARE).words(),
            }
        })
        .collect()
}

/// The benign applications with the most accounts reviewed, at most twenty.
pub(super) fn flagged(benign: &[&AccountTrail]) -> Table {
    let mut table = Table::new(
        format!("Benign applications with a review (most accounts first, at most {LISTED})"),
        ["application", "accounts", "ever review", "ever restrict"],
    );
    let groups = by(benign, AccountTrail::application);
    for (name, reviewed) in false_positives(benign).into_iter().take(LISTED) {
        let group = &groups[name.as_str()];
        table.push(vec![
            Cell::text(&name),
            Cell::Count(group.len() as u64),
            Cell::Count(reviewed),
            Cell::Count(restricted(group)),
        ]);
    }
    table
}
