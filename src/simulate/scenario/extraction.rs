//! Settings of a scenario's extracting accounts: how many, in which campaigns, at what pace, how they end and with what
//! evasion. Settings alone; the files that read them describe their effect on an account.

use serde::Deserialize;

use super::checks::{ScenarioError, check, check_weights, probability};
use super::evasion::EvasionSettings;
use super::exchanges::Exchanges;
use super::range::{DAYS_MOST, PER_DAY_MOST, Range};

/// Extracting accounts, in campaigns. An absent optional setting is drawn for each campaign, or the feature is off.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtractionSettings {
    /// Number of accounts, successors of banned ones not counted.
    pub accounts: u32,
    /// Shares of extraction in an account's traffic, each with the weight of such accounts.
    pub mixtures: Vec<Mixture>,
    /// Sizes of campaigns in accounts, each with the weight of such campaigns.
    pub campaigns: Vec<CampaignSize>,
    /// Share of machine-paced accounts; the rest keep a benign arrival process.
    pub machine_paced: f64,
    /// Mean exchanges per day of a machine-paced account, log-uniform; the published rates, 5.6 to 857, if absent.
    #[serde(default = "published_rates")]
    pub per_day: Range,
    /// Exchanges of one account; those of the scenario if absent.
    pub exchanges: Option<Exchanges>,
    /// Duration of a campaign in days, successors included; to the end of the stream if absent.
    pub window_days: Option<f64>,
    /// Share of the campaigns that move to a new model within hours of its release.
    #[serde(default = "usual_pivots")]
    pub pivots: f64,
    /// Days after which a guard appears on the newest model and the campaign falls back to the one before.
    pub fallback: Option<Range>,
    /// Bans of accounts.
    pub bans: Option<Bans>,
    /// Relay: accounts serve unrelated people along with the extraction.
    pub relay: Option<Relay>,
    /// Probing: accounts try many ways of asking, most of which are refused.
    pub probing: Option<Probing>,
    /// Number of pipelines that each pool carries at once, each a campaign of its own; one if absent.
    pub pipelines: Option<Pipelines>,
    /// Evasion of the extraction.
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
    /// Minimum number of accounts.
    pub least: u32,
    /// Maximum number of accounts.
    pub most: u32,
    /// Relative weight, counted in campaigns.
    pub weight: f64,
    /// Division of the dataset among the accounts; drawn if absent.
    pub sharding: Option<Sharding>,
    /// Maximum number of accounts of the pool in the stream; the dataset is divided among the whole pool.
    pub seen: Option<u32>,
}

/// The way a campaign divides its dataset among its accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sharding {
    /// Account i takes every n-th record.
    RoundRobin,
    /// Each account takes similar records.
    ByTopic,
    /// Each account draws from the whole dataset.
    Overlapping,
}

/// Accounts end when they are banned, and successors replace them.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bans {
    /// Days from an account's first exchange to its ban, log-uniform.
    pub after_days: Range,
    /// Whether the whole pool is banned at once; otherwise each account separately.
    #[serde(default)]
    pub together: bool,
    /// Number of times a banned account is replaced.
    #[serde(default)]
    pub successors: u32,
}

/// A relay network: one account, many end users unaware of each other.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relay {
    /// Minimum number of end users of an account.
    pub least: u32,
    /// Maximum number of end users of an account.
    pub most: u32,
    /// Whether the relay masks them, as relays of 2026 do: one device, session ids that rotate every 15 minutes, client
    /// fields blank or its own, and typed turns passed on one by one with a floor between them while turns that tools
    /// cause overlap. Off by default: their clients are passed on as they are.
    #[serde(default)]
    pub masked: bool,
}

/// Many extraction phrasings from many pipelines on one account.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probing {
    /// Number of phrasings tried, as far as there are enough pipelines.
    pub phrasings: u32,
    /// Share of the extraction requests that are refused. Half of those are tried again within minutes, most of them on
    /// a weaker model.
    pub refused: f64,
}

/// A number of pipelines.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pipelines {
    /// Fewest.
    pub least: u32,
    /// Most.
    pub most: u32,
}

const fn published_rates() -> Range {
    Range::CAMPAIGNS
}

const fn usual_pivots() -> f64 {
    0.25
}

impl ExtractionSettings {
    /// # Errors
    /// When a value does not describe a valid stream.
    pub(crate) fn validate(&self) -> Result<(), ScenarioError> {
        let weights: Vec<f64> = self.mixtures.iter().map(|m| m.weight).collect();
        check_weights("extraction.mixtures", &weights)?;
        for mixture in &self.mixtures {
            // Only a relay has something to send without extraction.
            if mixture.share != 0.0 || self.relay.is_none() {
                share("extraction.mixtures.share", mixture.share)?;
            }
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
        if let Some(Pipelines { least, most }) = self.pipelines {
            let pair = format!("{least}, {most}");
            let few = 1 <= least && least <= most && most <= 10;
            let expected = "1 <= least <= most <= 10 pipelines";
            check(few, "extraction.pipelines", expected, &pair)?;
        }
        if let Some(Relay { least, most, .. }) = self.relay {
            let pair = format!("{least}, {most}");
            let usable = 2 <= least && least <= most && most <= 1_000;
            check(
                usable,
                "extraction.relay",
                "2 <= least <= most <= 1000 end users",
                &pair,
            )?;
            let mixed = self.mixtures.iter().all(|mixture| mixture.share < 1.0);
            let expected = "less than 1 with a relay, whose end users are benign";
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
