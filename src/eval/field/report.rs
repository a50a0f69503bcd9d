//! The tables of a run over the field set.

use std::collections::BTreeSet;

use super::case::{Expected, Set};
use super::outcome::Outcome;
use super::tally::Tally;
use crate::eval::table::{Cell, Number, Style, Table};

/// Most rows of the table of misses; its title says how many there are.
const MISSES_MAX: usize = 60;

/// Makes the tables: totals, shares by kind, carrier and language, every cell, stories, evasions, misses by name.
pub fn tables(outcomes: &[Outcome<'_>]) -> Vec<Table> {
    let of = |set: Set| {
        let own = outcomes
            .iter()
            .filter(move |outcome| outcome.case.set == set);
        own.collect::<Vec<_>>()
    };
    let mut tables = vec![totals(outcomes)];
    for set in [Set::Published, Set::LookAlikes] {
        let outcomes = of(set);
        tables.push(margins(set, &outcomes));
        tables.push(cells(set, &outcomes));
    }
    tables.push(accounts(Set::Stories, "language", &of(Set::Stories)));
    tables.push(accounts(Set::Evasions, "harvest", &of(Set::Evasions)));
    tables.push(misses(outcomes));
    tables
}

fn totals(outcomes: &[Outcome<'_>]) -> Table {
    let mut table = Table::new(
        "Field set: recommendations per part, with Wilson intervals over accounts",
        [
            "part",
            "accounts",
            "exchanges",
            "reviewed",
            "at most watch",
            "as expected",
        ],
    )
    .keyed("field", 1);
    let mut row = |name: &str, tally: Tally| {
        table.push(vec![
            Cell::text(name),
            Cell::Count(tally.accounts),
            Cell::Count(tally.exchanges),
            tally.reviewed(),
            tally.watched(),
            tally.held(),
        ]);
    };
    for set in Set::ALL {
        row(
            set.name(),
            Tally::of(outcomes.iter().filter(|outcome| outcome.case.set == set)),
        );
    }
    for (name, honest) in [("honest", true), ("extraction", false)] {
        let own = outcomes.iter();
        row(
            name,
            Tally::of(own.filter(|outcome| outcome.case.set.honest() == honest)),
        );
    }
    table
}

type Dimension = (&'static str, fn(&Outcome<'_>) -> String);

/// What accounts of kinds are grouped by.
const DIMENSIONS: [Dimension; 3] = [
    ("kind", |outcome| outcome.case.kind.clone()),
    ("carrier", |outcome| outcome.case.carrier.clone()),
    ("language", |outcome| outcome.case.language.clone()),
];

/// Shares by kind, by carrier and by language; the worst first.
fn margins(set: Set, outcomes: &[&Outcome<'_>]) -> Table {
    let mut table = Table::new(
        format!("Field set, {}: by kind, carrier and language", set.name()),
        ["by", "group", "reviewed", "at most watch", "as expected"],
    )
    .keyed(format!("field {}", set.name()), 2);
    for (by, value) in DIMENSIONS {
        let groups: BTreeSet<String> = outcomes.iter().map(|outcome| value(outcome)).collect();
        let tally = |group: &String| {
            let own = outcomes.iter().filter(|outcome| value(outcome) == *group);
            Tally::of(own.copied())
        };
        let mut rows: Vec<(String, Tally)> = groups
            .into_iter()
            .map(|group| {
                let tally = tally(&group);
                (group, tally)
            })
            .collect();
        rows.sort_by(|(_, a), (_, b)| {
            let share = |tally: &Tally| tally.held().value().unwrap_or(0.0);
            share(a).total_cmp(&share(b))
        });
        for (group, tally) in rows {
            table.push(vec![
                Cell::text(by),
                Cell::text(group),
                tally.reviewed(),
                tally.watched(),
                tally.held(),
            ]);
        }
    }
    table
}

/// The share as expected of each kind, carrier and language; a column for each language.
fn cells(set: Set, outcomes: &[&Outcome<'_>]) -> Table {
    let languages: BTreeSet<&str> = outcomes.iter().map(|o| o.case.language.as_str()).collect();
    let rows: BTreeSet<(&str, &str)> = outcomes
        .iter()
        .map(|outcome| (outcome.case.kind.as_str(), outcome.case.carrier.as_str()))
        .collect();
    let mut table = Table::new(
        format!(
            "Field set, {}: accounts as expected in each cell",
            set.name()
        ),
        ["kind", "carrier"]
            .into_iter()
            .chain(languages.iter().copied()),
    )
    .keyed(format!("field {} cells", set.name()), 2);
    for (kind, carrier) in rows {
        let mut row = vec![Cell::text(kind), Cell::text(carrier)];
        row.extend(languages.iter().map(|language| {
            let own = outcomes.iter().filter(|outcome| {
                let case = outcome.case;
                (
                    case.kind.as_str(),
                    case.carrier.as_str(),
                    &case.language.as_str(),
                ) == (kind, carrier, language)
            });
            Tally::of(own.copied()).held_alone()
        }));
        table.push(row);
    }
    table
}

/// One row for each story and language, or evasion and harvest.
fn accounts(set: Set, second: &str, outcomes: &[&Outcome<'_>]) -> Table {
    let of = |outcome: &Outcome<'_>| {
        let case = outcome.case;
        let second = if set == Set::Stories {
            &case.language
        } else {
            &case.carrier
        };
        (case.kind.clone(), second.clone())
    };
    let mut table = Table::new(
        format!("Field set, {}", set.name()),
        [
            set.name(),
            second,
            "exchanges of each",
            "expected",
            "highest",
            "last",
            "highest risk at the end",
            "as expected",
        ],
    )
    .keyed(format!("field {} each", set.name()), 2);
    let mut seen = BTreeSet::new();
    for first in outcomes {
        let group = of(first);
        if !seen.insert(group.clone()) {
            continue;
        }
        let own: Vec<&Outcome<'_>> = outcomes
            .iter()
            .copied()
            .filter(|outcome| of(outcome) == group)
            .collect();
        let highest = own.iter().map(|outcome| outcome.highest).max();
        let last = own.iter().map(|outcome| outcome.last).max();
        let risk = own.iter().map(|outcome| outcome.risk).fold(0.0, f64::max);
        table.push(vec![
            Cell::text(group.0),
            Cell::text(group.1),
            Cell::Count(first.case.len() as u64),
            expected(first),
            Cell::text(highest.map_or("", |advice| advice.name())),
            Cell::text(last.map_or("", |advice| advice.name())),
            Cell::Number(Number::new(risk, Style::Decimal(3))),
            Tally::of(own.iter().copied()).held_alone(),
        ]);
    }
    table
}

fn expected(outcome: &Outcome<'_>) -> Cell {
    Cell::text(match outcome.case.expected {
        Expected::AtLeast(least) => format!("at least {}", least.name()),
        Expected::AtMost(most) => format!("at most {}", most.name()),
    })
}

/// Accounts for which the recommendation was not as expected: honest ones first, the highest risk first; then
/// extracting ones, the lowest risk first.
fn misses(outcomes: &[Outcome<'_>]) -> Table {
    let mut missed: Vec<&Outcome<'_>> = outcomes.iter().filter(|one| !one.held()).collect();
    missed.sort_by(|a, b| {
        let key = |outcome: &Outcome<'_>| {
            let honest = outcome.case.set.honest();
            (!honest, if honest { -outcome.risk } else { outcome.risk })
        };
        let ((side_a, risk_a), (side_b, risk_b)) = (key(a), key(b));
        side_a.cmp(&side_b).then(risk_a.total_cmp(&risk_b))
    });
    let mut table = Table::new(
        format!(
            "Field set: {} misses of {} accounts, at most {MISSES_MAX} listed",
            missed.len(),
            outcomes.len()
        ),
        ["account", "expected", "highest", "last", "risk at the end"],
    );
    // Where both sides have many, each has half of the rows, so that neither hides the other.
    let (honest, extraction): (Vec<&Outcome<'_>>, Vec<&Outcome<'_>>) =
        missed.into_iter().partition(|one| one.case.set.honest());
    let honest_rows = honest
        .len()
        .min(MISSES_MAX - extraction.len().min(MISSES_MAX / 2));
    let listed = honest.into_iter().take(honest_rows);
    for outcome in listed.chain(extraction.into_iter().take(MISSES_MAX - honest_rows)) {
        table.push(vec![
            Cell::text(outcome.case.name()),
            expected(outcome),
            Cell::text(outcome.highest.name()),
            Cell::text(outcome.last.name()),
            Cell::Number(Number::new(outcome.risk, Style::Decimal(3))),
        ]);
    }
    table
}
