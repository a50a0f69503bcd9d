//! Side-by-side comparison of Stillwatch's score and every baseline: same accounts, same moments, same figures.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::history::History;
use super::panel::Panel;
use crate::eval::accounts::{AccountTrail, Moment, Options, applications, resampled};
use crate::eval::metrics::{Roc, Scored, benign_needed};
use crate::eval::table::{Cell, Style, Table};

/// Row name of Stillwatch.
const OURS: &str = "Stillwatch";

/// Slice name of all extracting accounts.
const ALL: &str = "all";

/// Moments at which detectors are compared by kind of extraction; the other moments are in the table over time.
const CLOSE: [Moment; 2] = [Moment::Last, Moment::After(50)];

/// One account at one moment, with the score of every detector: Stillwatch first.
struct Row<'a> {
    trail: &'a AccountTrail,
    scores: Vec<f64>,
}

impl Row<'_> {
    /// Label and application or pipeline: stratum and group of a resample.
    fn unit(&self) -> (bool, &str) {
        (self.trail.extraction(), self.trail.application())
    }
}

const FIGURES: usize = 6;

/// Columns for each detector, in the order of [`figures`]: name, style, false-positive rate to be resolved.
const COLUMNS: [(&str, Style, Option<f64>); FIGURES] = [
    ("AUC", Style::Decimal(3), None),
    ("AUC less ours", Style::Decimal(3), None),
    (
        "pAUC (FPR <= 0.1%), standardised",
        Style::Decimal(3),
        Some(1e-3),
    ),
    ("recall at FPR 1%", Style::Percent(1), Some(1e-2)),
    ("recall at FPR 1% less ours", Style::Percent(1), Some(1e-2)),
    ("recall at FPR 0.1%", Style::Percent(1), Some(1e-3)),
];

/// Columns of the table over time, as indices into [`COLUMNS`].
const OVER_MOMENTS: [usize; 2] = [0, 3];

/// Builds the tables of all detectors: how they were fitted, the comparison by kind of extraction at two moments, and
/// the one over all moments.
///
/// Trails and histories are matched by account; an account without a history (an account has none if it has no
/// exchanges) is left out for all detectors. A history ends after [`super::history::STEPS_MAX`] exchanges, so on a
/// longer history a baseline's last score is from an earlier exchange than ours. Differences from our score are
/// resampled in pairs.
pub(crate) fn comparison(
    trails: &[AccountTrail],
    histories: &[History],
    panel: &Panel,
    options: &Options,
) -> Vec<Table> {
    let names: Vec<&str> = std::iter::once(OURS).chain(panel.names()).collect();
    let moments: Vec<Vec<Row<'_>>> = rows(trails, histories, panel);
    let mut tables = vec![panel.forms()];
    let close = Moment::ALL
        .iter()
        .zip(&moments)
        .filter(|(moment, _)| CLOSE.contains(moment));
    tables.extend(close.map(|(moment, rows)| by_attack(&names, *moment, rows, options)));
    tables.push(over_moments(&names, &moments, options));
    tables
}

/// Collects, by moment, the accounts that had reached it.
fn rows<'a>(trails: &'a [AccountTrail], histories: &[History], panel: &Panel) -> Vec<Vec<Row<'a>>> {
    let named: BTreeMap<&str, &History> = histories
        .iter()
        .map(|history| (history.label.account.as_str(), history))
        .collect();
    let of_account = |trail: &'a AccountTrail| -> [Option<Row<'a>>; Moment::ALL.len()] {
        let history = named.get(trail.label.account.as_str());
        Moment::ALL.map(|moment| {
            let checkpoint = moment.of(trail)?;
            let steps = &history?.steps;
            let seen = steps.len().min(checkpoint.seen as usize);
            let mut scores = vec![checkpoint.score];
            scores.extend(panel.scores(&steps[..seen]));
            Some(Row { trail, scores })
        })
    };
    let accounts: Vec<_> = trails.par_iter().map(of_account).collect();
    let mut moments: Vec<Vec<Row<'_>>> = Moment::ALL.iter().map(|_| Vec::new()).collect();
    for account in accounts {
        for (moment, row) in moments.iter_mut().zip(account) {
            moment.extend(row);
        }
    }
    moments
}

/// Computes every figure of a detector on a sample, `None` where it is undefined.
fn figures(rows: &[&Row<'_>], detector: usize) -> [Option<f64>; FIGURES] {
    let curve = |detector: usize| {
        let scored: Vec<Scored> = rows
            .iter()
            .map(|row| Scored {
                score: row.scores[detector],
                extraction: row.trail.extraction(),
            })
            .collect();
        Roc::new(&scored)
    };
    let (Some(its), Some(ours)) = (curve(detector), curve(0)) else {
        return [None; FIGURES];
    };
    let recall = |curve: &Roc, rate| curve.recall_at(rate, 0).value();
    let less = |its: Option<f64>, ours: Option<f64>| Some(its? - ours?).filter(|_| detector > 0);
    [
        Some(its.area()),
        less(Some(its.area()), Some(ours.area())),
        Some(its.partial_area(1e-3)),
        recall(&its, 1e-2),
        less(recall(&its, 1e-2), recall(&ours, 1e-2)),
        recall(&its, 1e-3),
    ]
}

/// Builds the cells of one detector on one sample, one for each of [`COLUMNS`].
fn cells(rows: &[&Row<'_>], detector: usize, options: &Options) -> Vec<Cell> {
    let extracting = rows.iter().filter(|row| row.trail.extraction()).count() as u64;
    let benign = rows.len() as u64 - extracting;
    let enough = |rate: Option<f64>| {
        if extracting < options.thin {
            Err(extracting)
        } else if benign < rate.map_or(options.thin, benign_needed) {
            Err(benign)
        } else {
            Ok(())
        }
    };
    let values = figures(rows, detector);
    let intervals = if enough(None).is_ok() {
        let of = |rows: &[&Row<'_>]| figures(rows, detector);
        options.bootstrap().intervals(rows, |row| row.unit(), of)
    } else {
        [None; FIGURES]
    };
    let columns = COLUMNS.iter().zip(values).zip(intervals);
    columns
        .map(
            |((&(name, style, rate), value), interval)| match enough(rate) {
                Err(n) => Cell::Insufficient { n },
                Ok(()) if detector == 0 && name.ends_with("ours") => Cell::text("-"),
                Ok(()) => resampled(value, interval, style),
            },
        )
        .collect()
}

fn by_attack(names: &[&str], moment: Moment, rows: &[Row<'_>], options: &Options) -> Table {
    let mut table = Table::new(
        format!(
            "Detectors side by side, {} (95% intervals over applications and pipelines)",
            moment.name()
        ),
        [
            "attack",
            "detector",
            "benign accounts",
            "extracting accounts",
            "pipelines",
        ]
        .into_iter()
        .chain(COLUMNS.map(|(name, ..)| name)),
    );
    let attacks: BTreeSet<&str> = rows
        .iter()
        .filter(|row| row.trail.extraction())
        .filter_map(|row| row.trail.label.population.as_deref())
        .collect();
    for attack in std::iter::once(ALL).chain(attacks) {
        let belongs = |row: &&Row<'_>| {
            let population = row.trail.label.population.as_deref();
            !row.trail.extraction() || attack == ALL || population == Some(attack)
        };
        let slice: Vec<&Row<'_>> = rows.iter().filter(belongs).collect();
        let of = |extraction: bool| {
            let trails = slice.iter().map(|row| row.trail);
            trails.filter(move |trail| trail.extraction() == extraction)
        };
        for (detector, name) in names.iter().enumerate() {
            let mut line = vec![
                Cell::text(attack),
                Cell::text(*name),
                Cell::Count(of(false).count() as u64),
                Cell::Count(of(true).count() as u64),
                Cell::Count(applications(of(true))),
            ];
            line.extend(cells(&slice, detector, options));
            table.push(line);
        }
    }
    table
}

fn over_moments(names: &[&str], moments: &[Vec<Row<'_>>], options: &Options) -> Table {
    let columns = Moment::ALL.iter().flat_map(|moment| {
        OVER_MOMENTS.map(|figure| format!("{}, {}", COLUMNS[figure].0, moment.name()))
    });
    let mut table = Table::new(
        "Detectors over time, all attacks (95% intervals over applications and pipelines)",
        std::iter::once("detector".to_owned()).chain(columns),
    );
    for (detector, name) in names.iter().enumerate() {
        let mut line = vec![Cell::text(*name)];
        for rows in moments {
            let rows: Vec<&Row<'_>> = rows.iter().collect();
            let all = cells(&rows, detector, options);
            line.extend(OVER_MOMENTS.map(|figure| all[figure].clone()));
        }
        table.push(line);
    }
    table
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::comparison;
    use crate::domain::{Recommendation, Risk};
    use crate::eval::baseline::Panel;
    use crate::eval::baseline::history::History;
    use crate::eval::baseline::panel::tests::stream;
    use crate::eval::{AccountTrail, Options, accounts::Checkpoint};

    /// Builds a trail that our score ranks perfectly; every second extracting account is mixed.
    fn trail((number, history): (usize, &History)) -> AccountTrail {
        let mut label = history.label.clone();
        if history.extraction() {
            let attack = if number % 8 == 0 { "pure" } else { "mixed_50" };
            label.population = Some(attack.to_owned());
        }
        let score = f64::from(u8::from(history.extraction()));
        let after = |seen| Checkpoint {
            seen,
            risk: Risk::from_logit(score),
            score,
            recommendation: Recommendation::Allow,
        };
        let last = after(history.steps.len() as u64);
        AccountTrail {
            checkpoints: [10, 25].map(after).to_vec(),
            ..AccountTrail::blank(label, last, history.steps[0].time)
        }
    }

    #[test]
    fn hand_worked_rows_beside_ours() {
        let histories = stream();
        let trails: Vec<AccountTrail> = histories.iter().enumerate().map(trail).collect();
        let panel = Panel::fit(&histories).unwrap();
        let options = Options {
            resamples: 20,
            thin: 1,
            ..Options::default()
        };
        let tables: Vec<Value> = comparison(&trails, &histories, &panel, &options)
            .iter()
            .map(crate::eval::table::Table::json)
            .collect();
        let [forms, last, after_50, over_moments] = &tables[..] else {
            panic!("{} tables", tables.len());
        };
        let detectors = panel.names().count() + 1;
        assert_eq!(forms["rows"].as_array().unwrap().len(), detectors - 1);
        assert_eq!(over_moments["rows"].as_array().unwrap().len(), detectors);
        // All, mixed, pure; no account reached 50 exchanges.
        let rows = last["rows"].as_array().unwrap();
        assert_eq!(rows.len(), 3 * detectors);
        assert_eq!(after_50["rows"].as_array().unwrap().len(), detectors);
        let row = |attack: &str, detector: &str| {
            let found = rows
                .iter()
                .find(|row| row["attack"] == attack && row["detector"] == detector);
            found.unwrap()
        };
        let near = |cell: &Value, expected: f64| {
            let value = cell["value"].as_f64().unwrap();
            assert!((value - expected).abs() < 1e-9, "{value} for {expected}");
        };
        assert_eq!(rows[0]["detector"], "Stillwatch");
        near(&row("all", "Stillwatch")["AUC"], 1.0);
        assert_eq!(row("all", "Stillwatch")["AUC less ours"], "-");
        near(&row("all", "keyword list")["AUC less ours"], 0.0);
        // Extracting account 4k beats the 3k benign ones with smaller numbers: 3 (0 + ... + 9) of 10 x 30.
        let ngram = "n-gram regression, mean";
        near(&row("all", ngram)["AUC"], 135.0 / 300.0);
        near(&row("all", ngram)["AUC less ours"], 135.0 / 300.0 - 1.0);
        // Pure are 0, 8, ..., 32: 3 (0 + 2 + 4 + 6 + 8) of 5 x 30.
        near(&row("pure", ngram)["AUC"], 60.0 / 150.0);
        assert_eq!(row("pure", ngram)["extracting accounts"], 5);
        // Forty accounts cannot resolve a rate of 1%.
        assert_eq!(row("all", ngram)["recall at FPR 1%"]["insufficient"], true);
    }
}
