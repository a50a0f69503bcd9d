//! Planning of extraction campaigns: one pipeline over one or more accounts, successors included.

use std::sync::Arc;

use super::pipeline::Pick;
use crate::domain::{Technique, Timestamp};
use crate::simulate::behaviour::population::Population;
use crate::simulate::corpus::techniques_of_family;
use crate::simulate::evasion::{Evasion, read_in};
use crate::simulate::plan::account::AccountPlan;
use crate::simulate::plan::account_replacement::{AccountReplacement, later};
use crate::simulate::plan::benign::{work_repeats, workload};
use crate::simulate::plan::feed::{Manner, Repeats};
use crate::simulate::plan::planner::{
    Extraction, Life, Organisation, Own, PROBES, PlanError, Planner, STAYS, Workload,
};
use crate::simulate::prompt::record_sets::RecordSet;
use crate::simulate::prompt::request_sequence::RequestSequence;
use crate::simulate::rng::SeededRng;
use crate::simulate::scenario::{ExtractionSettings, Pipelines, Sharding};

/// Minimum number of dataset records that an account works on; larger pools share shards of this size.
const SHARD_RECORDS: usize = 20;

#[allow(
    clippy::struct_excessive_bools,
    reason = "four choices that do not depend on each other"
)]
struct Campaign<'a> {
    extraction: &'a ExtractionSettings,
    cell: Option<&'a str>,
    is_beside: bool,
    name: String,
    /// Stages of all pipelines that the pool carries.
    stages: Vec<&'a RecordSet>,
    /// Position in `stages` of the first stage of each pipeline.
    pipelines: Vec<usize>,
    /// Number of accounts of the pool.
    accounts: usize,
    /// Number of those accounts that are in the stream.
    seen: usize,
    sharding: Sharding,
    machine_paced: bool,
    follows_releases: bool,
    /// Time at which a guard appears on the newest model.
    guard: Option<Timestamp>,
    /// Whether the accounts share an address and a payment method, as an organisation's do.
    shares_site: bool,
    /// Population whose client profile all accounts share; if `None`, each account draws its own.
    client_profile: Option<Population>,
    /// Evasion of all accounts, before their positions in the rotation are set.
    evasion: Option<Evasion>,
    techniques: Vec<Technique>,
}

impl<'a> Campaign<'a> {
    /// Returns the campaign of an account: that of its pool, and of its own pipeline where the pool carries several.
    fn name_of(&self, account: usize, generation: u32) -> String {
        let mut name = self.name.clone();
        if self.pipelines.len() > 1 {
            let letters = b'a'..=b'z';
            let own = letters.map(char::from).nth(account % self.pipelines.len());
            name.extend(own);
        }
        if generation > 0 {
            name = format!("{name}.{}", generation + 1);
        }
        name
    }

    /// Returns the stages that an account runs, those of its own pipeline first.
    fn stages_of(&self, account: usize) -> Vec<&'a RecordSet> {
        let mut stages = self.stages.clone();
        stages.rotate_left(self.pipelines[account % self.pipelines.len()]);
        stages
    }
}

impl<'a> Planner<'a> {
    /// Adds the scenario's extraction, or that of each cell.
    pub(crate) fn add_extraction(&mut self) -> Result<(), PlanError> {
        let scenario = self.scenario;
        if scenario.cells.is_empty() {
            self.add_campaigns(&scenario.extraction, None, false)?;
        }
        for cell in &scenario.cells {
            self.add_campaigns(&cell.extraction, Some(&cell.name), false)?;
        }
        for cell in &scenario.beside {
            self.add_campaigns(&cell.extraction, Some(&cell.name), true)?;
        }
        Ok(())
    }

    /// Adds campaigns until the extraction's number of accounts is reached.
    fn add_campaigns(
        &mut self,
        extraction: &'a ExtractionSettings,
        cell: Option<&'a str>,
        is_beside: bool,
    ) -> Result<(), PlanError> {
        let mut left = extraction.accounts as usize;
        let mut number = 0;
        while left > 0 {
            number += 1;
            left -= self.add_campaign(extraction, (cell, is_beside), number, left)?;
        }
        Ok(())
    }

    /// Adds a campaign of at most `most` accounts and returns its number of accounts, successors excluded.
    fn add_campaign(
        &mut self,
        extraction: &'a ExtractionSettings,
        cell: (Option<&'a str>, bool),
        number: u32,
        most: usize,
    ) -> Result<usize, PlanError> {
        let mut campaign = self.campaign(extraction, cell, number, most)?;
        let mut organisation = self.organisation();
        if let Some(window) = extraction.window_days {
            // A campaign with a set duration starts early enough to end within the stream.
            let spare = (f64::from(self.scenario.days) - window).max(0.0);
            organisation.start = later(self.scenario.start, spare * self.rng.unit());
        }
        let end = self.scenario.end();
        let replacement =
            AccountReplacement::new(extraction, organisation.start, end, &mut self.rng);
        campaign.guard = extraction
            .fallback
            .map(|days| later(organisation.start, days.draw(&mut self.rng)));
        for account in 0..campaign.seen {
            let mut predecessor = None;
            for generation in 0..=replacement.successors() {
                let slot = (account, generation);
                let end =
                    self.add_extractor(&campaign, &organisation, &replacement, slot, predecessor)?;
                let replaced = generation < replacement.successors();
                let start = replaced
                    .then(|| replacement.successor(end, &mut self.rng))
                    .flatten();
                let banned = self.accounts.last().map(AccountPlan::account);
                predecessor = start.zip(banned.map(str::to_owned));
                if predecessor.is_none() {
                    break;
                }
            }
        }
        Ok(campaign.seen)
    }

    /// Adds one account, the `generation`-th successor of the first, and returns its end.
    fn add_extractor(
        &mut self,
        campaign: &Campaign<'a>,
        organisation: &Organisation,
        replacement: &AccountReplacement,
        (account, generation): (usize, u32),
        predecessor: Option<(Timestamp, String)>,
    ) -> Result<Timestamp, PlanError> {
        let extraction = campaign.extraction;
        let population = match extraction.relay {
            Some(_) => Population::Reseller,
            None => campaign
                .client_profile
                .unwrap_or_else(|| self.client_profile()),
        };
        let mut home = self.organisation_or(campaign.shares_site.then_some(organisation));
        home.start = organisation.start;
        let exchanges = extraction.exchanges.as_ref();
        let length = self.length(exchanges.unwrap_or(&self.scenario.exchanges));
        let share = self.mixture(extraction);
        let extracted = (f64::from(length) * share).ceil().max(1.0) as usize;
        let workload = (share > 0.0)
            .then(|| self.extraction_workload(campaign, account, population, extracted));
        let rest = if share < 1.0 { length as usize } else { 0 };
        let language = workload.as_ref().map_or("", |workload| &workload.language);
        let own = self.cover(extraction, population, rest, read_in(language))?;
        let (start, successor_of) = match predecessor {
            Some((start, banned)) => (start, Some(banned)),
            None => (self.start_near(&home), None),
        };
        let end = replacement.end_of(start, generation, &mut self.rng);
        let mut techniques = campaign.techniques.clone();
        if workload.is_none() {
            techniques.retain(|technique| *technique == Technique::CoordinatedAccounts);
        }
        // A company or a household that is only imitated resells nothing.
        let resells = own.population == Population::Reseller;
        if resells && !own.workloads.is_empty() {
            techniques.push(Technique::RelayResale);
            techniques.sort_unstable();
        }
        let extraction = Extraction {
            workload,
            share,
            campaign: campaign.name_of(account, generation),
            cell: campaign.cell.map(str::to_owned),
            is_beside: campaign.is_beside,
            techniques,
            per_day: campaign.machine_paced.then_some(extraction.per_day),
            is_serialised: extraction.relay.is_some_and(|relay| relay.masked),
            follows_releases: campaign.follows_releases,
            guard: campaign.guard,
            refused: extraction.probing.map_or(0.0, |probing| probing.refused),
            after_refusal: match extraction.probing {
                Some(_) => Some(PROBES),
                // The guard is what sends it back, no single refusal.
                None => campaign.guard.map(|_| STAYS),
            },
            life: Life { start, end },
            successor_of,
        };
        self.add(own, &home, length, Some(extraction));
        Ok(end)
    }

    /// Draws what an extracting account sends besides its extraction, in `count` exchanges: benign traffic that fits
    /// its client profile, or nothing.
    fn cover(
        &mut self,
        extraction: &ExtractionSettings,
        population: Population,
        count: usize,
        language: &str,
    ) -> Result<Own, PlanError> {
        if population == Population::Reseller {
            let users = self.end_user_kinds(extraction.relay);
            return match count {
                0 => Ok(Own::nothing(population, users)),
                _ => self.end_user_workloads(users, count, extraction.relay),
            };
        }
        if count == 0 {
            return Ok(Own::nothing(population, Vec::new()));
        }
        // Mostly one language: two languages would occur on mixed accounts only and so give them away.
        let same = self.rng.chance(0.8);
        self.own(population, count, same.then_some(language))
    }

    fn campaign(
        &mut self,
        extraction: &'a ExtractionSettings,
        (cell, is_beside): (Option<&'a str>, bool),
        number: u32,
        most: usize,
    ) -> Result<Campaign<'a>, PlanError> {
        // Cells run the same pipelines in the same order, so that they differ only in the setting.
        let scenario = &self.scenario.name;
        let (pick, name) = match cell {
            None => (Pick::Drawn, format!("{scenario}-{number}")),
            Some(cell) if is_beside => (Pick::Drawn, format!("{scenario}-{cell}-{number}")),
            Some(cell) => (Pick::Paired(number), format!("{scenario}-{cell}-{number}")),
        };
        let mut stages = self.stages(extraction, pick)?;
        let mut pipelines = vec![0];
        if let Some(Pipelines { least, most }) = extraction.pipelines {
            for _ in 1..self.rng.between(least as usize, most as usize) {
                pipelines.push(stages.len());
                stages.extend(self.stages(extraction, Pick::Drawn)?);
            }
        }
        let sizes: Vec<f64> = extraction
            .campaigns
            .iter()
            .map(|size| size.weight)
            .collect();
        let size = &extraction.campaigns[self.rng.weighted(&sizes)];
        let accounts = self.rng.between(size.least as usize, size.most as usize);
        let seen = size.seen.map_or(usize::MAX, |seen| seen as usize).min(most);
        let drawn = *self.rng.pick(&[
            Sharding::RoundRobin,
            Sharding::ByTopic,
            Sharding::Overlapping,
        ]);
        let mut campaign = Campaign {
            extraction,
            cell,
            is_beside,
            name,
            stages,
            pipelines,
            // A pool that is only partly in the stream keeps its full size.
            accounts: if size.seen.is_some() {
                accounts
            } else {
                accounts.min(most)
            },
            seen: accounts.min(seen),
            sharding: size.sharding.unwrap_or(drawn),
            machine_paced: self.rng.chance(extraction.machine_paced),
            follows_releases: self.rng.chance(extraction.pivots),
            guard: None,
            shares_site: self.rng.chance(0.5),
            client_profile: (!self.rng.chance(0.3)).then(|| self.client_profile()),
            evasion: None,
            techniques: Vec::new(),
        };
        campaign.evasion = self.evasion(extraction, &campaign.stages);
        campaign.techniques = self.techniques(extraction, &campaign);
        Ok(campaign)
    }

    /// Draws the population whose client profile an extracting account has: any benign one by its share, but none of
    /// several people or whose own requests look like extraction, which relays and probing are.
    fn client_profile(&mut self) -> Population {
        let mut shares = self.scenario.benign.populations.clone();
        (shares.company, shares.household, shares.researcher) = (0.0, 0.0, 0.0);
        if shares.weights().iter().sum::<f64>() == 0.0 {
            shares.tenant = 1.0;
        }
        Population::ALL[self.rng.weighted(&shares.weights())]
    }

    fn mixture(&mut self, extraction: &ExtractionSettings) -> f64 {
        let weights: Vec<f64> = extraction.mixtures.iter().map(|m| m.weight).collect();
        extraction.mixtures[self.rng.weighted(&weights)].share
    }

    fn extraction_workload(
        &mut self,
        campaign: &Campaign<'a>,
        account: usize,
        population: Population,
        count: usize,
    ) -> Workload {
        let extraction = campaign.extraction;
        let stages = campaign.stages_of(account);
        let mut pools = Vec::with_capacity(stages.len());
        let mut left = count;
        for (position, stage) in stages.iter().enumerate() {
            let wanted = left.div_ceil(stages.len() - position);
            if wanted == 0 {
                break;
            }
            left -= wanted;
            let shard = self.shard(stage, campaign, account);
            pools.push(
                self.record_sets
                    .extraction(stage, &shard, wanted, &mut self.rng),
            );
        }
        let rotates = extraction.evasion.templates.is_some() || extraction.probing.is_some();
        let sequence = if rotates {
            RequestSequence::in_turn(pools)
        } else if self.rng.chance(0.5) {
            // Stages run interleaved or one after another.
            RequestSequence::of(pools).shuffled(&mut self.rng)
        } else {
            RequestSequence::of(pools)
        };
        let agentic = stages
            .iter()
            .any(|stage| self.family(stage) == "tool_agentic");
        let manner = if agentic && self.rng.chance(0.6) {
            Manner::Agent
        } else if population.chats() && self.rng.chance(0.5) {
            // Through a chat window: many questions in one conversation.
            Manner::Talk
        } else {
            Manner::Work
        };
        let repeats = match extraction.evasion.repeats {
            None => extraction_repeats(&mut self.rng),
            Some(popular) => Repeats {
                popular,
                copies: 1,
                ..Repeats::default()
            },
        };
        let mut workload = workload(stages[0], sequence, manner, repeats);
        workload
            .groups
            .extend(stages.iter().map(|stage| stage.group.clone()));
        if let Some(evasion) = &campaign.evasion {
            let groups = evasion
                .inputs
                .iter()
                .map(|input| self.record_sets.group(input.unit));
            workload.groups.extend(groups.map(str::to_owned));
            workload.feed.evasion = Some(Arc::new(Evasion {
                offset: self.rng.below(evasion.wordings),
                ..evasion.clone()
            }));
        }
        workload
    }

    /// Returns the dataset records assigned to an account of the pool.
    fn shard(&mut self, stage: &RecordSet, campaign: &Campaign<'_>, account: usize) -> Arc<[u32]> {
        let records = &stage.records;
        match campaign.sharding {
            Sharding::RoundRobin => {
                let position = account * campaign.accounts / campaign.seen;
                let shards = campaign.accounts.min(records.len() / SHARD_RECORDS).max(1);
                let every = records.iter().skip(position % shards).step_by(shards);
                every.copied().collect()
            }
            Sharding::ByTopic => {
                let size = records.len().div_ceil(campaign.accounts).max(SHARD_RECORDS);
                let specs = self.record_sets.subject(stage, size, &mut self.rng);
                specs.iter().map(|spec| spec.frame().record).collect()
            }
            Sharding::Overlapping => Arc::clone(records),
        }
    }

    fn techniques(
        &self,
        extraction: &ExtractionSettings,
        campaign: &Campaign<'_>,
    ) -> Vec<Technique> {
        let mut techniques: Vec<Technique> = if extraction.probing.is_some() {
            vec![Technique::TechniqueProbing]
        } else {
            let families = campaign.stages.iter().map(|stage| self.family(stage));
            families.flat_map(techniques_of_family).copied().collect()
        };
        let start = self.scenario.start;
        let released_within = self.scenario.models.iter().any(|m| m.released > start);
        let coordinated = campaign.accounts > 1;
        let pivots = campaign.follows_releases && released_within && coordinated;
        if coordinated {
            techniques.push(Technique::CoordinatedAccounts);
        }
        if pivots || extraction.fallback.is_some() {
            techniques.push(Technique::ModelSwitching);
        }
        techniques.sort_unstable();
        techniques.dedup();
        techniques
    }

    fn family(&self, stage: &RecordSet) -> &str {
        let records = self.record_sets.corpus.records(stage.unit);
        &records[stage.records[0] as usize].family
    }
}

/// Most extractions sweep without repeats; some sample each prompt several times; some repeat to look like a product.
fn extraction_repeats(rng: &mut SeededRng) -> Repeats {
    match rng.below(10) {
        0 | 1 => Repeats {
            copies: rng.between(2, 8) as u32,
            ..Repeats::default()
        },
        2..=4 => work_repeats(rng, 0.0),
        _ => Repeats {
            copies: 1,
            ..Repeats::default()
        },
    }
}
