//! Extraction campaigns of a plan: one pipeline over one or more accounts.

use std::sync::Arc;

use super::corpus::techniques_of_family;
use super::deck::Deck;
use super::dice::Dice;
use super::feed::{Manner, Repeats};
use super::honest::{matter, present, work_repeats};
use super::plan::{Extraction, Matter, PlanError, Planner};
use super::population::Population;
use super::shelf::Shelf;
use crate::domain::Technique;

/// Share of the harvests that run one stage of their pipeline; the others run them all in turn.
const SINGLE_STAGE: f64 = 0.6;

/// How a campaign divides its dataset among its accounts.
#[derive(Clone, Copy)]
enum Sharding {
    /// Account i takes every n-th record.
    RoundRobin,
    /// Each account takes records that are alike.
    ByTopic,
    /// Each account draws from all of it.
    Overlapping,
}

struct Campaign<'a> {
    stages: Vec<&'a Shelf>,
    accounts: usize,
    sharding: Sharding,
    machine_paced: bool,
    follows_releases: bool,
    /// Whether its accounts share an address and a payment, as an organisation's do.
    shares_site: bool,
    /// The guise of all its accounts; each has its own when there is none.
    guise: Option<Population>,
}

impl<'a> Planner<'a> {
    /// Adds campaigns until the scenario's accounts are used up.
    pub(super) fn add_attack(&mut self) -> Result<(), PlanError> {
        let until = self.accounts.len() + self.scenario.attack.accounts as usize;
        let mut campaigns = 0;
        while self.accounts.len() < until {
            let left = until - self.accounts.len();
            campaigns += 1;
            self.add_campaign(&format!("{}-{campaigns}", self.scenario.name), left)?;
        }
        Ok(())
    }

    fn add_campaign(&mut self, name: &str, most: usize) -> Result<(), PlanError> {
        let campaign = self.campaign(most)?;
        let techniques = self.techniques(&campaign);
        let company = self.company();
        for account in 0..campaign.accounts {
            let population = campaign.guise.unwrap_or_else(|| self.guise());
            let mut own = self.company_or(campaign.shares_site.then_some(&company));
            own.start = company.start;
            let length = self.length();
            let share = self.mixture();
            let harvested = (f64::from(length) * share).ceil().max(1.0) as usize;
            let matter = self.harvest_matter(&campaign, account, population, harvested);
            let honest = if share < 1.0 {
                // Mostly one language: two would tell on mixed accounts alone.
                let same = self.dice.chance(0.8);
                let language = same.then(|| spoken_language(&matter.language));
                Some(self.matter(population, length as usize, language)?)
            } else {
                None
            };
            let extraction = Extraction {
                matter,
                share,
                campaign: name.to_owned(),
                techniques: techniques.clone(),
                machine_paced: campaign.machine_paced,
                follows_releases: campaign.follows_releases,
            };
            self.add(population, &own, length, honest, Some(extraction));
        }
        Ok(())
    }

    fn campaign(&mut self, most: usize) -> Result<Campaign<'a>, PlanError> {
        let shelves = self.shelves;
        let group = self.dice.pick(present(&shelves.lines, "the attack")?);
        let line = self.dice.pick(group);
        let stages = self.stages(&line.stages);
        let attack = &self.scenario.attack;
        let sizes: Vec<f64> = attack.campaigns.iter().map(|size| size.weight).collect();
        let size = &attack.campaigns[self.dice.weighted(&sizes)];
        let accounts = self.dice.between(size.least as usize, size.most as usize);
        Ok(Campaign {
            stages,
            accounts: accounts.min(most),
            sharding: *self.dice.pick(&[
                Sharding::RoundRobin,
                Sharding::ByTopic,
                Sharding::Overlapping,
            ]),
            machine_paced: self.dice.chance(attack.machine_paced),
            follows_releases: self.dice.chance(0.25),
            shares_site: self.dice.chance(0.5),
            guise: (!self.dice.chance(0.3)).then(|| self.guise()),
        })
    }

    fn stages<'s>(&mut self, stages: &'s [Shelf]) -> Vec<&'s Shelf> {
        if self.dice.chance(SINGLE_STAGE) {
            let sizes: Vec<f64> = stages
                .iter()
                .map(|s| (s.records.len() as f64).sqrt())
                .collect();
            vec![&stages[self.dice.weighted(&sizes)]]
        } else {
            stages.iter().collect()
        }
    }

    /// The guise of an attacker: any honest population, by its share.
    fn guise(&mut self) -> Population {
        let weights = self.scenario.benign.populations.weights();
        Population::ALL[self.dice.weighted(&weights)]
    }

    fn mixture(&mut self) -> f64 {
        let mixtures = &self.scenario.attack.mixtures;
        let weights: Vec<f64> = mixtures.iter().map(|mixture| mixture.weight).collect();
        mixtures[self.dice.weighted(&weights)].share
    }

    fn harvest_matter(
        &mut self,
        campaign: &Campaign<'_>,
        account: usize,
        population: Population,
        count: usize,
    ) -> Matter {
        let stages = &campaign.stages;
        let mut piles = Vec::with_capacity(stages.len());
        let mut left = count;
        for (place, stage) in stages.iter().enumerate() {
            let wanted = left.div_ceil(stages.len() - place);
            left -= wanted;
            let shard = self.shard(stage, campaign, account);
            piles.push(self.shelves.harvest(stage, &shard, wanted, &mut self.dice));
        }
        let mut deck = Deck::of(piles);
        // Stages run one after another or side by side.
        if self.dice.chance(0.5) {
            deck = deck.shuffled(&mut self.dice);
        }
        let agentic = stages
            .iter()
            .any(|stage| self.family(stage) == "tool_agentic");
        let manner = if agentic && self.dice.chance(0.6) {
            Manner::Agent
        } else if population.chats() && self.dice.chance(0.5) {
            // Through a chat window: question after question in one conversation.
            Manner::Talk
        } else {
            Manner::Work
        };
        let repeats = harvest_repeats(&mut self.dice);
        matter(stages[0], vec![deck], manner, repeats)
    }

    fn shard(&mut self, stage: &Shelf, campaign: &Campaign<'_>, account: usize) -> Arc<[u32]> {
        let accounts = campaign.accounts;
        let shard: Arc<[u32]> = match campaign.sharding {
            Sharding::RoundRobin => {
                let every = stage.records.iter().skip(account).step_by(accounts);
                every.copied().collect()
            }
            Sharding::ByTopic => {
                let size = stage.records.len().div_ceil(accounts).max(20);
                let cards = self.shelves.subject(stage, size, &mut self.dice);
                cards.iter().map(|card| card.frame().record).collect()
            }
            Sharding::Overlapping => Arc::default(),
        };
        // A shard too small to work on is filled from the whole.
        if shard.len() < 10 {
            Arc::clone(&stage.records)
        } else {
            shard
        }
    }

    fn techniques(&self, campaign: &Campaign<'_>) -> Vec<Technique> {
        let families = campaign.stages.iter().map(|stage| self.family(stage));
        let mut techniques: Vec<Technique> =
            families.flat_map(techniques_of_family).copied().collect();
        if campaign.accounts > 1 {
            techniques.push(Technique::CoordinatedAccounts);
            let start = self.scenario.start;
            let released_within = self.scenario.models.iter().any(|m| m.released > start);
            if campaign.follows_releases && released_within {
                techniques.push(Technique::ModelSwitching);
            }
        }
        techniques.sort_unstable();
        techniques.dedup();
        techniques
    }

    fn family(&self, stage: &Shelf) -> &str {
        let records = self.shelves.corpus.records(stage.unit);
        &records[stage.records[0] as usize].family
    }
}

/// The language of those who run a harvest; an English template over Chinese text is run in Chinese.
fn spoken_language(language: &str) -> &str {
    if language == "mix" { "zh" } else { language }
}

/// Most harvests sweep without repeats; some sample each prompt several times; some repeat to look like a product.
fn harvest_repeats(dice: &mut Dice) -> Repeats {
    match dice.below(10) {
        0 | 1 => Repeats {
            copies: dice.between(2, 8) as u32,
            ..Repeats::default()
        },
        2..=4 => work_repeats(dice, 0.0),
        _ => Repeats {
            copies: 1,
            ..Repeats::default()
        },
    }
}
