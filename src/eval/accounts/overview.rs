//! Sample sizes behind the figures.

use super::cells::{SHARE, applications, distinct};
use super::trail::AccountTrail;
use super::trails::Collected;
use crate::eval::table::{Cell, Number, Style, Table};

/// Counts of benign and extracting accounts.
pub(super) fn table(trails: &[&AccountTrail]) -> Table {
    let mut table = Table::new(
        "What stands behind the figures",
        ["what", "benign", "extraction", "all"],
    )
    .keyed("overview", 1);
    let of = |extraction: bool| -> Vec<&AccountTrail> {
        let kept = trails.iter().copied();
        kept.filter(|trail| trail.extraction() == extraction)
            .collect()
    };
    let sides = [of(false), of(true), trails.to_vec()];
    let mut push = |name: &str, cell: &dyn Fn(&[&AccountTrail]) -> Cell| {
        let cells = sides.iter().map(|side| cell(side));
        table.push(std::iter::once(Cell::text(name)).chain(cells).collect());
    };
    push("accounts", &|side| Cell::Count(side.len() as u64));
    push("share of accounts", &|side| {
        let share = side.len() as f64 / trails.len() as f64;
        Cell::Number(Number::new(share, SHARE))
    });
    push("applications or pipelines", &|side| {
        Cell::Count(applications(side.iter().copied()))
    });
    push("campaigns", &|side| {
        let named = side.iter().filter_map(|t| t.label.campaign.as_deref());
        Cell::Count(distinct(named))
    });
    push("populations", &|side| {
        let named = side.iter().filter_map(|t| t.label.population.as_deref());
        Cell::Count(distinct(named))
    });
    push("languages", &|side| {
        let named = side.iter().filter_map(|t| t.label.language.as_deref());
        Cell::Count(distinct(named))
    });
    push("exchanges", &|side| {
        Cell::Count(side.iter().map(|trail| trail.exchanges()).sum())
    });
    push("exchanges of the median account", &|side| {
        let mut exchanges: Vec<u64> = side.iter().map(|trail| trail.exchanges()).collect();
        exchanges.sort_unstable();
        Cell::Count(exchanges.get(exchanges.len() / 2).copied().unwrap_or(0))
    });
    push("account-days", &|side| {
        let days = side.iter().map(|trail| trail.days()).sum();
        Cell::Number(Number::new(days, Style::Decimal(1)))
    });
    table
}

/// Counts of what was read and is in no figure, or makes one doubtful.
pub(super) fn left_out(collected: &Collected) -> Table {
    let mut table = Table::new("Read, and in no figure", ["what", "count"]).keyed("left out", 1);
    for (what, count) in [
        ("labeled accounts without an exchange", collected.silent),
        (
            "labels of single conversations",
            collected.conversation_labels,
        ),
        (
            "labels replaced by a later one of the same account",
            collected.replaced_labels,
        ),
        ("accounts without a label", collected.unlabeled_accounts),
        (
            "exchanges of accounts without a label",
            collected.unlabeled_exchanges,
        ),
        (
            "exchanges earlier than the one before them (leaked shares follow the log, not time)",
            collected.backwards,
        ),
    ] {
        table.push(vec![Cell::text(what), Cell::Count(count)]);
    }
    table
}
