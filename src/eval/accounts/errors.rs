//! The worst errors: the benign accounts that score highest and the extracting ones that score lowest.

use super::trail::{AccountTrail, NOT_STATED};
use super::trails::Collected;
use crate::eval::table::{Cell, Number, Style, Table};

/// Lists the `n` worst accounts of each label at their last exchange, the worst first.
pub fn errors(collected: &Collected, n: usize) -> Vec<Table> {
    let mut trails: Vec<&AccountTrail> = collected.trails.iter().collect();
    trails.sort_by(|a, b| {
        let by_score = b.last.score.total_cmp(&a.last.score);
        by_score.then_with(|| a.label.account.cmp(&b.label.account))
    });
    let (extracting, benign): (Vec<&AccountTrail>, Vec<&AccountTrail>) =
        trails.into_iter().partition(|trail| trail.extraction());
    vec![
        table(
            "Benign accounts with the highest scores",
            benign.into_iter().take(n),
        ),
        table(
            "Extracting accounts with the lowest scores",
            extracting.into_iter().rev().take(n),
        ),
    ]
}

fn table<'a>(title: &str, trails: impl Iterator<Item = &'a AccountTrail>) -> Table {
    let mut table = Table::new(
        title,
        [
            "account",
            "application or pipeline",
            "language",
            "population",
            "exchanges",
            "score",
            "risk",
            "reviewed at",
            "strongest reasons (log-odds)",
        ],
    );
    for trail in trails {
        let or_not_stated =
            |name: &Option<String>| Cell::text(name.as_deref().unwrap_or(NOT_STATED));
        let reasons: Vec<String> = trail
            .reasons
            .iter()
            .flatten()
            .map(|(code, contribution)| format!("{code} {contribution:+.2}"))
            .collect();
        table.push(vec![
            Cell::text(&trail.label.account),
            Cell::text(trail.application()),
            or_not_stated(&trail.label.language),
            or_not_stated(&trail.label.population),
            Cell::Count(trail.exchanges()),
            Cell::Number(Number::new(trail.last.score, Style::Decimal(2))),
            Cell::Number(Number::new(trail.last.risk.value(), Style::Decimal(4))),
            trail
                .first_review
                .map_or_else(|| Cell::text("never"), Cell::Count),
            Cell::text(reasons.join(", ")),
        ]);
    }
    table
}
