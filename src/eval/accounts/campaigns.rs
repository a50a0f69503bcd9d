//! Campaigns: how much of each was found, and how much it had got before anybody looked.

use std::collections::BTreeMap;

use super::cells::{SHARE, distinct, resampled, share};
use super::report::Options;
use super::trails::AccountTrail;
use crate::eval::table::{Cell, Table};

/// One campaign, as far as its accounts are labeled.
#[derive(Clone, Copy, Default)]
struct Campaign<'a> {
    pipeline: &'a str,
    accounts: u64,
    /// Accounts with a review of their own.
    found: u64,
    exchanges: u64,
    /// Exchanges up to and including the first review of any of its accounts.
    leaked: u64,
}

/// Sizes that campaigns are told apart by: name, fewest and most accounts.
const SIZES: [(&str, u64, u64); 5] = [
    ("any", 1, u64::MAX),
    ("1", 1, 1),
    ("2 to 9", 2, 9),
    ("10 to 99", 10, 99),
    ("100 and more", 100, u64::MAX),
];

fn campaigns<'a>(trails: &[&'a AccountTrail]) -> Vec<Campaign<'a>> {
    let mut campaigns: BTreeMap<&str, Campaign<'_>> = BTreeMap::new();
    for trail in trails.iter().filter(|trail| trail.extraction()) {
        let campaign = campaigns
            .entry(trail.campaign())
            .or_insert_with(|| Campaign {
                pipeline: trail.application(),
                ..Campaign::default()
            });
        campaign.accounts += 1;
        campaign.found += u64::from(trail.first_review.is_some());
        campaign.exchanges += trail.exchanges();
        campaign.leaked += trail.unnoticed;
    }
    campaigns.into_values().collect()
}

/// Accounts found and exchanges leaked, each campaign counting once, and exchanges leaked of all together.
fn figures(campaigns: &[Campaign<'_>]) -> [Option<f64>; 3] {
    let n = campaigns.len() as f64;
    let mean = |of: fn(&Campaign<'_>) -> f64| {
        (!campaigns.is_empty()).then(|| campaigns.iter().map(of).sum::<f64>() / n)
    };
    let sum = |of: fn(&Campaign<'_>) -> u64| campaigns.iter().map(of).sum::<u64>();
    let exchanges = sum(|campaign| campaign.exchanges);
    let leaked = sum(|campaign| campaign.leaked);
    [
        mean(|campaign| campaign.found as f64 / campaign.accounts as f64),
        mean(|campaign| campaign.leaked as f64 / campaign.exchanges as f64),
        (exchanges > 0).then(|| leaked as f64 / exchanges as f64),
    ]
}

/// One row for each size of campaign.
pub(super) fn table(trails: &[&AccountTrail], options: &Options) -> Table {
    let mut table = Table::new(
        "Campaigns (review of single accounts; 95% intervals over pipelines)",
        [
            "accounts in the campaign",
            "campaigns",
            "pipelines",
            "accounts",
            "exchanges",
            "campaigns with a review",
            "accounts found, mean of campaigns",
            "leaked before the first review, mean of campaigns",
            "leaked before the first review, all exchanges",
        ],
    );
    let all = campaigns(trails);
    for (name, least, most) in SIZES {
        let campaigns: Vec<Campaign<'_>> = all
            .iter()
            .filter(|campaign| (least..=most).contains(&campaign.accounts))
            .copied()
            .collect();
        let n = campaigns.len() as u64;
        let noticed = campaigns.iter().filter(|c| c.found > 0).count() as u64;
        let mut cells = vec![
            Cell::text(name),
            Cell::Count(n),
            Cell::Count(distinct(campaigns.iter().map(|c| c.pipeline))),
            Cell::Count(campaigns.iter().map(|c| c.accounts).sum()),
            Cell::Count(campaigns.iter().map(|c| c.exchanges).sum()),
            share(noticed, n, options.thin, SHARE),
        ];
        let intervals = options
            .bootstrap()
            .intervals(&campaigns, |c| ((), c.pipeline), figures);
        for (value, interval) in figures(&campaigns).into_iter().zip(intervals) {
            cells.push(if n < options.thin {
                Cell::Insufficient { n }
            } else {
                resampled(value, interval, SHARE)
            });
        }
        table.push(cells);
    }
    table
}
