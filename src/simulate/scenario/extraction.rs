//! Extracting accounts of a scenario: how many, in which campaigns, at what pace, with what fate and with what evasion.
//! Settings alone; what they make of an account is told by the files that read them.

use serde::Deserialize;

use super::checks::{ScenarioError, check, check_weights, probability};
use super::evasion::EvasionSettings;
use super::exchanges::Exchanges;
use super::range::{DAYS_MOST, PER_DAY_MOST, Range};

/// Extracting accounts, in campaigns. What is optional and absent is drawn for each campaign, or does not happen.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtractionSettings {
    /// Number of accounts; successors of banned ones come on top.
    pub accounts: u32,
    /// How much of an account's traffic is extraction, with the weight of such accounts.
    pub mixtures: Vec<Mixture>,
    /// How many accounts a campaign has, with the weight of such campaigns.
    pub campaigns: Vec<CampaignSize>,
    /// Share of the accounts that are machine-paced; the rest keep a benign arrival process.
    pub machine_paced: f64,
    /// Mean exchanges a day of a machine-paced account, uniform on the logarithmic scale; the published rates,
    /// 5.6 to 857, when absent.
    #[serde(default = "published_rates")]
    pub per_day: Range,
    /// Exchanges of one account; those of the scenario when absent.
    pub exchanges: Option<Exchanges>,
    /// Days that a campaign lasts, its successors included; to the end of the stream when absent.
    pub window_days: Option<f64>,
    /// Share of the campaigns that move to a new model within hours of its release.
    #[serde(default = "usual_pivots")]
    pub pivots: f64,
    /// Days after which a guard appears on the newest model and the campaign falls back to the one before.
    pub fallback: Option<Range>,
    /// Accounts are banned.
    pub bans: Option<Bans>,
    /// Accounts serve unrelated people while the extraction rides along.
    pub relay: Option<Relay>,
    /// Accounts try many ways of asking, most of which are refused.
    pub probing: Option<Probing>,
    /// How the extraction hides what it is.
    #[serde(default)]
    pub evasion: EvasionSettings,
}

/// An extraction share and its weight.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mixture {
    /// Share of the exchanges that are extraction; 1 for a pure account.
    pub share: f64,
    /// Relative weight.
    pub weight: f64,
}

/// A range of campaign sizes and its weight.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CampaignSize {
    /// Fewest accounts.
    pub least: u32,
    /// Most accounts.
    pub most: u32,
    /// Relative weight, counted in campaigns.
    pub weight: f64,
    /// How they divide the dataset; drawn when absent.
    pub sharding: Option<Sharding>,
    /// Most accounts of the pool that are in the stream; the dataset is divided among all of the pool.
    pub seen: Option<u32>,
}

/// How a campaign divides its dataset among its accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sharding {
    /// Account i takes every n-th record.
    RoundRobin,
    /// Each account takes records that are alike.
    ByTopic,
    /// Each account draws from all of it.
    Overlapping,
}

/// Accounts end when they are banned, and others go on in their place.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bans {
    /// Days from an account's first exchange to its ban, uniform on the logarithmic scale.
    pub after_days: Range,
    /// Whether the whole pool is banned at one moment; else each account on its own.
    #[serde(default)]
    pub together: bool,
    /// How many times a banned account is replaced.
    #[serde(default)]
    pub successors: u32,
}

/// A relay network: one account, many end users who know nothing of each other.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relay {
    /// Fewest end users of an account.
    pub least: u32,
    /// Most end users of an account.
    pub most: u32,
}

/// Many extraction phrasings from many pipelines on one account.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probing {
    /// Phrasings tried, as far as there are pipelines with so many.
    pub phrasings: u32,
    /// Share of the extraction that is refused.
    pub refused: f64,
}

const fn published_rates() -> Range {
    Range::CAMPAIGNS
}

const fn usual_pivots() -> f64 {
    0.25
}

impl ExtractionSettings {
    /// # Errors
    /// When a value makes no stream.
    pub(crate) fn validate(&self) -> Result<(), ScenarioError> {
        let weights: Vec<f64> = self.mixtures.iter().map(|m| m.weight).collect();
        check_weights("extraction.mixtures", &weights)?;
        for mixture in &self.mixtures {
            share("extraction.mixtures.share", mixture.share)?;
        }
        self.validate_campaigns()?;
        probability("extraction.machine_paced", self.machine_paced)?;
        probability("extraction.pivots", self.pivots)?;
        self.per_day.validate("extraction.per_day", PER_DAY_MOST)?;
        if let Some(days) = self.fallback {
            days.validate("extraction.fallback", DAYS_MOST)?;
        }
        if let Some(Bans { after_days, .. }) = self.bans {
            after_days.validate("extraction.bans.after_days", DAYS_MOST)?;
        }
        if let Some(exchanges) = &self.exchanges {
            exchanges.validate("extraction.exchanges")?;
            let expected = "set for all accounts, in exchanges";
            check(
                !exchanges.by_rhythm,
                "extraction.exchanges.by_rhythm",
                expected,
                &true,
            )?;
        }
        if let Some(days) = self.window_days {
            let within = days > 0.0 && days <= DAYS_MOST;
            check(
                within,
                "extraction.window_days",
                "more than 0, at most 366",
                &days,
            )?;
        }
        if let Some(bans) = self.bans {
            let few = bans.successors <= 100;
            check(
                few,
                "extraction.bans.successors",
                "at most 100",
                &bans.successors,
            )?;
        }
        if let Some(Relay { least, most }) = self.relay {
            let pair = format!("{least}, {most}");
            let usable = 2 <= least && least <= most && most <= 1_000;
            check(
                usable,
                "extraction.relay",
                "2 <= least <= most <= 1000 end users",
                &pair,
            )?;
            let mixed = self.mixtures.iter().all(|mixture| mixture.share < 1.0);
            let expected = "less than 1 with a relay, whose end users are honest";
            check(mixed, "extraction.mixtures.share", expected, &1)?;
        }
        if let Some(probing) = self.probing {
            let some = (2..=500).contains(&probing.phrasings);
            let expected = "2 to 500";
            check(
                some,
                "extraction.probing.phrasings",
                expected,
                &probing.phrasings,
            )?;
            probability("extraction.probing.refused", probing.refused)?;
        }
        self.evasion.validate()
    }

    fn validate_campaigns(&self) -> Result<(), ScenarioError> {
        let weights: Vec<f64> = self.campaigns.iter().map(|c| c.weight).collect();
        check_weights("extraction.campaigns", &weights)?;
        for campaign in &self.campaigns {
            let CampaignSize {
                least, most, seen, ..
            } = campaign;
            let pair = format!("{least}, {most}");
            let usable = 1 <= *least && least <= most && *most <= 1_000_000;
            check(
                usable,
                "extraction.campaigns",
                "1 <= least <= most <= 1000000",
                &pair,
            )?;
            if let Some(seen) = seen {
                check(
                    *seen >= 1,
                    "extraction.campaigns.seen",
                    "at least 1 account",
                    seen,
                )?;
            }
        }
        Ok(())
    }
}

fn share(key: &'static str, share: f64) -> Result<(), ScenarioError> {
    let usable = share > 0.0 && share <= 1.0;
    check(usable, key, "more than 0, at most 1", &share)
}
