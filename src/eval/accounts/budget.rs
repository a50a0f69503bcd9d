//! Daily alerts under a false-discovery rate, and the benign share among them.
//!
//! Half of the benign applications calibrate the e-values; the other half and the extracting accounts are tested.

use std::collections::BTreeMap;

use super::alerts::A_DAY;
use super::cells::{SHARE, resampled};
use super::options::Options;
use super::trail::AccountTrail;
use crate::eval::accounts::half_split::HalfSplit;
use crate::eval::conformal::alert_budget::{AlertBudget, Plan, daily_list};
use crate::eval::conformal::e_value::EValues;
use crate::eval::table::{Cell, Number, Style, Table};
use crate::train::benign_sample::BenignScore;

/// Nominal false-discovery rates: the allowed benign share of the alerts.
const RATES: [f64; 2] = [0.1, 0.2];

/// Scores are log-odds, so the bet is the odds themselves.
const ETA: f64 = 1.0;

/// Log-odds above which a score adds no more evidence.
const CAP: f64 = 12.0;

/// Tested accounts, by day, with the e-value of the highest score so far.
struct Days<'a> {
    accounts: Vec<&'a AccountTrail>,
    /// Indices of the accounts with an exchange on the day.
    days: Vec<Vec<(usize, f64)>>,
}

impl<'a> Days<'a> {
    fn new(accounts: Vec<&'a AccountTrail>, values: &EValues) -> Self {
        let mut days: BTreeMap<i64, Vec<(usize, f64)>> = BTreeMap::new();
        for (index, trail) in accounts.iter().enumerate() {
            let mut highest = f64::NEG_INFINITY;
            for high in &trail.days_high {
                highest = highest.max(high.score);
                let day = days.entry(high.day).or_default();
                day.push((index, values.e_value(highest)));
            }
        }
        Self {
            accounts,
            days: days.into_values().collect(),
        }
    }

    /// Lists each day separately, each account at most once.
    fn listed(&self, alpha: f64) -> Vec<usize> {
        let mut listed = Vec::new();
        let mut before = vec![false; self.accounts.len()];
        for day in &self.days {
            // An account that was listed before still counts among those of the day.
            let values: Vec<f64> = day
                .iter()
                .map(|&(index, value)| if before[index] { 0.0 } else { value })
                .collect();
            for listed_index in daily_list(&values, alpha, A_DAY as usize) {
                let index = day[listed_index].0;
                before[index] = true;
                listed.push(index);
            }
        }
        listed
    }

    /// Lists all days as one stream.
    fn streamed(&self, alpha: f64) -> Vec<usize> {
        let many = self.accounts.len().max(1);
        let budget = AlertBudget::new(Plan {
            alpha,
            a_day: A_DAY as usize,
            expected: many as u64,
            waiting_max: many,
        });
        let mut budget = budget.expect("rates lie within (0, 1)");
        let mut shown = Vec::new();
        for day in &self.days {
            for &(index, value) in day {
                budget.raise(index as u128, value);
            }
            shown.extend(budget.end_day().into_iter().map(|account| account as usize));
        }
        shown
    }
}

/// One row for each listing rule and each rate; no rows when too few applications are benign.
pub(super) fn table(trails: &[&AccountTrail], options: &Options) -> Table {
    let mut table = Table::new(
        format!(
            "At most {A_DAY} alerts a day at a rate of false discoveries (e-values of half of the benign applications; \
             95% intervals over applications and pipelines)"
        ),
        [
            "list",
            "allowed",
            "applications",
            "accounts",
            "days",
            "alerts",
            "extracting among them",
            "alerts a day",
            "honest share",
        ],
    )
    .keyed("budget", 2);
    let benign = trails.iter().copied().filter(|trail| !trail.extraction());
    let half_split = HalfSplit::of(benign);
    let highest = |(application, trail): &(u64, &AccountTrail)| BenignScore {
        score: trail
            .days_high
            .iter()
            .map(|high| high.score)
            .fold(f64::NAN, f64::max),
        application: *application,
    };
    let calibrating: Vec<BenignScore> = half_split.calibrating.iter().map(highest).collect();
    let Ok(values) = EValues::fit(&calibrating, ETA, CAP) else {
        return table;
    };
    let extracting = trails.iter().copied().filter(|trail| trail.extraction());
    let measured = half_split.measured.iter().map(|(_, trail)| *trail);
    let days = Days::new(extracting.chain(measured).collect(), &values);
    for stream in [false, true] {
        for alpha in RATES {
            let list = if stream {
                days.streamed(alpha)
            } else {
                days.listed(alpha)
            };
            let found: Vec<&AccountTrail> =
                list.into_iter().map(|index| days.accounts[index]).collect();
            let extracting = found.iter().filter(|trail| trail.extraction()).count() as u64;
            let (alerts, count) = (found.len() as u64, days.days.len() as u64);
            let interval = options.bootstrap().interval(
                &found,
                |trail| (trail.extraction(), trail.application()),
                benign_share,
            );
            table.push(vec![
                Cell::text(if stream {
                    "as a stream"
                } else {
                    "each day alone"
                }),
                Cell::text(format!("{}%", alpha * 100.0)),
                Cell::Count(values.applications()),
                Cell::Count(days.accounts.len() as u64),
                Cell::Count(count),
                Cell::Count(alerts),
                Cell::Count(extracting),
                Cell::Number(Number::new(alerts as f64 / count as f64, Style::Decimal(1))),
                if alerts < options.thin {
                    Cell::Insufficient { n: alerts }
                } else {
                    resampled(benign_share(&found), interval, SHARE)
                },
            ]);
        }
    }
    table
}

fn benign_share(found: &[&AccountTrail]) -> Option<f64> {
    let benign = found.iter().filter(|trail| !trail.extraction()).count();
    (!found.is_empty()).then(|| benign as f64 / found.len() as f64)
}
