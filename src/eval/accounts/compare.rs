//! Paired comparison of two bundles on one stream, account by account.

use std::collections::BTreeMap;

use super::cells::{SHARE, SMALL_SHARE, applications, resampled};
use super::detection::{FIGURES, enough, figure_names, figures};
use super::options::Options;
use super::sample::{Moment, Row, sample};
use super::trail::{AccountTrail, Answered};
use super::trails::Collected;
use crate::eval::table::{Cell, Number, Style, Table};

/// The results of both bundles for one account, or for one of its moments.
#[derive(Clone, Copy)]
struct Pair<T> {
    own: T,
    other: T,
}

/// Builds the tables of differences between two bundles on the same accounts, `own` minus `other`.
///
/// Both are resampled together, so an interval that excludes 0 is a difference even where the intervals of the two
/// figures overlap.
pub fn compared(
    (own_name, own): (&str, &Collected),
    (other_name, other): (&str, &Collected),
    options: &Options,
) -> Vec<Table> {
    let of_other: BTreeMap<&str, &AccountTrail> = other
        .trails
        .iter()
        .map(|trail| (trail.label.account.as_str(), trail))
        .collect();
    let mut pairs: Vec<Pair<&AccountTrail>> = own
        .trails
        .iter()
        .filter_map(|own| {
            let other = of_other.get(own.label.account.as_str())?;
            Some(Pair { own, other })
        })
        .collect();
    pairs.sort_by_key(|pair| &pair.own.label.account);
    let names = [own_name, other_name];
    vec![
        detection(&pairs, Moment::Last, names, options),
        detection(&pairs, Moment::After(50), names, options),
        served(&pairs, names, options),
    ]
}

fn table(title: &str, key: &str, names: [&str; 2]) -> Table {
    let [own, mut other] = names.map(str::to_owned);
    if own == other {
        other.push_str(" (compared)");
    }
    let columns = ["figure".to_owned(), own, other, "difference".to_owned()];
    let title = format!("{title} (differences with 95% intervals over applications and pipelines)");
    Table::new(title, columns).keyed(key, 1)
}

fn split<T: Copy>(pairs: &[Pair<T>]) -> [Vec<T>; 2] {
    [
        pairs.iter().map(|pair| pair.own).collect(),
        pairs.iter().map(|pair| pair.other).collect(),
    ]
}

fn difference<const N: usize>(of: [[Option<f64>; N]; 2]) -> [Option<f64>; N] {
    std::array::from_fn(|index| Some(of[0][index]? - of[1][index]?))
}

fn detection(
    pairs: &[Pair<&AccountTrail>],
    moment: Moment,
    names: [&str; 2],
    options: &Options,
) -> Table {
    let [own, other] = split(pairs).map(|trails| sample(&trails, moment, options.prior));
    let of_other: BTreeMap<&str, Row<'_>> = other
        .iter()
        .map(|row| (row.trail.label.account.as_str(), *row))
        .collect();
    let rows: Vec<Pair<Row<'_>>> = own
        .iter()
        .filter_map(|&own| {
            let other = *of_other.get(own.trail.label.account.as_str())?;
            Some(Pair { own, other })
        })
        .collect();
    let both = |rows: &[Pair<Row<'_>>]| split(rows).map(|rows| figures(&rows));
    let values = both(&rows);
    let differences = options.bootstrap().intervals(
        &rows,
        |pair| pair.own.unit(),
        |rows| difference::<FIGURES>(both(rows)),
    );
    let name = moment.name();
    let mut table = table(
        &format!("Compared, {name}"),
        &format!("compared {name}"),
        names,
    );
    for (index, (figure, style)) in figure_names().enumerate() {
        let mut cells = vec![Cell::text(figure)];
        let plain =
            |value: Option<f64>| Cell::Number(Number::new(value.unwrap_or(f64::NAN), style));
        if let Err(n) = enough(&own, index, options) {
            cells.extend(vec![Cell::Insufficient { n }; 3]);
        } else {
            cells.extend([plain(values[0][index]), plain(values[1][index])]);
            let value = difference(values)[index];
            cells.push(resampled(value, differences[index], style));
        }
        table.push(cells);
    }
    table
}

const SERVED: [(&str, Style); 5] = [
    ("extracting accounts ever reviewed", SHARE),
    ("benign accounts ever reviewed", SMALL_SHARE),
    ("reviews per 1,000 benign account-days", Style::Decimal(2)),
    ("exchanges leaked before the first review", SHARE),
    ("output tokens leaked before the first review", SHARE),
];

fn of_served(trails: &[&AccountTrail]) -> [Option<f64>; SERVED.len()] {
    let (extracting, benign): (Vec<&AccountTrail>, Vec<&AccountTrail>) =
        trails.iter().copied().partition(|trail| trail.extraction());
    let ratio = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
    let reviewed = |trails: &[&AccountTrail]| {
        trails.iter().filter(|t| t.first_review.is_some()).count() as f64
    };
    let sum = |of: fn(&AccountTrail) -> Answered, part: fn(Answered) -> u64| {
        extracting.iter().map(|trail| part(of(trail))).sum::<u64>() as f64
    };
    let leaked = |part| {
        ratio(
            sum(|trail| trail.unnoticed, part),
            sum(|trail| trail.answered, part),
        )
    };
    [
        ratio(reviewed(&extracting), extracting.len() as f64),
        ratio(reviewed(&benign), benign.len() as f64),
        ratio(
            1_000.0 * reviewed(&benign),
            benign.iter().map(|trail| trail.days()).sum(),
        ),
        leaked(|answered| answered.exchanges),
        leaked(|answered| answered.tokens),
    ]
}

fn served(pairs: &[Pair<&AccountTrail>], names: [&str; 2], options: &Options) -> Table {
    let both = |pairs: &[Pair<&AccountTrail>]| split(pairs).map(|trails| of_served(&trails));
    let values = both(pairs);
    let differences = options.bootstrap().intervals(
        pairs,
        |pair| (pair.own.extraction(), pair.own.application()),
        |pairs| difference(both(pairs)),
    );
    let mut table = table("Compared, as served", "compared as served", names);
    let n = pairs.len() as u64;
    for (index, (name, style)) in SERVED.into_iter().enumerate() {
        let plain =
            |value: Option<f64>| Cell::Number(Number::new(value.unwrap_or(f64::NAN), style));
        table.push(vec![
            Cell::text(name),
            plain(values[0][index]),
            plain(values[1][index]),
            if n < options.thin {
                Cell::Insufficient { n }
            } else {
                resampled(difference(values)[index], differences[index], style)
            },
        ]);
    }
    let groups = applications(pairs.iter().map(|pair| pair.own));
    let count = Cell::Count(groups);
    table.push(vec![
        Cell::text("applications and pipelines"),
        count.clone(),
        count,
        Cell::text(""),
    ]);
    table
}
