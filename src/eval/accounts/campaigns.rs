//! Campaigns: how much of each was detected, and how much it had extracted before the first review.

use std::collections::BTreeMap;

use super::cells::{SHARE, distinct, resampled, share};
use super::options::Options;
use super::trail::{AccountTrail, Answered};
use crate::eval::table::{Cell, Table};

/// One campaign, as far as its accounts are labeled.
#[derive(Clone, Copy, Default)]
struct Campaign<'a> {
    pipeline: &'a str,
    accounts: u64,
    /// Accounts that reached a review themselves.
    found: u64,
    exchanges: u64,
    tokens: u64,
    /// Answers up to and including the first review of any of its accounts.
    leaked: Answered,
}

/// Size classes of campaigns: name, fewest and most accounts.
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
        campaign.tokens += trail.answered.tokens;
        campaign.leaked.exchanges += trail.unnoticed.exchanges;
        campaign.leaked.tokens += trail.unnoticed.tokens;
    }
    campaigns.into_values().collect()
}

const FIGURES: usize = 5;

/// Shares of accounts reviewed, exchanges leaked and tokens leaked, as means over campaigns, then exchanges and tokens
/// leaked over all campaigns together. Campaigns whose log has no token counts are left out of the token shares.
fn figures(campaigns: &[Campaign<'_>]) -> [Option<f64>; FIGURES] {
    let mean = |of: fn(&Campaign<'_>) -> Option<f64>| {
        let shares: Vec<f64> = campaigns.iter().filter_map(of).collect();
        (!shares.is_empty()).then(|| shares.iter().sum::<f64>() / shares.len() as f64)
    };
    let sum = |of: fn(&Campaign<'_>) -> u64| campaigns.iter().map(of).sum::<u64>();
    [
        mean(|campaign| ratio(campaign.found, campaign.accounts)),
        mean(leaked_share),
        mean(|campaign| ratio(campaign.leaked.tokens, campaign.tokens)),
        ratio(sum(|c| c.leaked.exchanges), sum(|c| c.exchanges)),
        ratio(sum(|c| c.leaked.tokens), sum(|c| c.tokens)),
    ]
}

/// Share of a campaign's exchanges that was answered before the first review.
fn leaked_share(campaign: &Campaign<'_>) -> Option<f64> {
    ratio(campaign.leaked.exchanges, campaign.exchanges)
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Share of each campaign's exchanges that was answered before the first review, smallest first.
pub(super) fn leaked(trails: &[&AccountTrail]) -> Vec<f64> {
    let mut shares: Vec<f64> = campaigns(trails).iter().filter_map(leaked_share).collect();
    shares.sort_by(f64::total_cmp);
    shares
}

/// One row for each size class.
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
            "output tokens leaked, mean of campaigns",
            "leaked before the first review, all exchanges",
            "output tokens leaked, all",
        ],
    )
    .keyed("campaigns", 1);
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
