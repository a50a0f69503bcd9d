//! Extraction campaigns of a plan: one pipeline over one or more accounts.

use super::card::Unit;
use super::corpus::techniques_of_family;
use super::deal::sample;
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

impl Planner<'_> {
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

    fn add_campaign(&mut self, campaign: &str, most: usize) -> Result<(), PlanError> {
        let shelves = self.shelves;
        let group = self.dice.pick(present(&shelves.lines, "the attack")?);
        let line = self.dice.pick(group);
        let stages = self.stages(&line.stages);
        let attack = &self.scenario.attack;
        let sizes: Vec<f64> = attack.campaigns.iter().map(|size| size.weight).collect();
        let size = &attack.campaigns[self.dice.weighted(&sizes)];
        let accounts = self
            .dice
            .between(size.least as usize, size.most as usize)
            .min(most);
        let machine_paced = self.dice.chance(attack.machine_paced);
        let follows_releases = self.dice.chance(0.25);
        let sharding = [
            Sharding::RoundRobin,
            Sharding::ByTopic,
            Sharding::Overlapping,
        ][self.dice.below(3)];
        // Half of the campaigns share an address and a payment as organisations do; a third mix their guises.
        let shared = self.dice.chance(0.5);
        let guise = (!self.dice.chance(0.3)).then(|| self.guise());
        let techniques = techniques(self, &stages, accounts, follows_releases);
        let company = self.company();
        for account in 0..accounts {
            let population = guise.unwrap_or_else(|| self.guise());
            let mut own = self.company_or(shared.then_some(&company));
            own.start = company.start;
            let length = self.length();
            let share = self.mixture();
            let harvested = (f64::from(length) * share).ceil().max(1.0) as usize;
            let matter = self.harvest_matter(&stages, sharding, (account, accounts), harvested);
            let honest = if share < 1.0 {
                Some(self.matter(population, length as usize)?)
            } else {
                None
            };
            let extraction = Extraction {
                matter,
                share,
                campaign: campaign.to_owned(),
                techniques: techniques.clone(),
                machine_paced,
                follows_releases,
            };
            self.add(population, &own, length, honest, Some(extraction));
        }
        Ok(())
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
        stages: &[&Shelf],
        sharding: Sharding,
        (account, accounts): (usize, usize),
        count: usize,
    ) -> Matter {
        let mut cards = Vec::with_capacity(count);
        for (place, stage) in stages.iter().enumerate() {
            let wanted = (count - cards.len()).div_ceil(stages.len() - place);
            let shard = self.shard(stage, sharding, account, accounts);
            cards.extend(self.shelves.harvest(stage, &shard, wanted, &mut self.dice));
        }
        // Stages run one after another or side by side.
        if self.dice.chance(0.5) {
            self.dice.shuffle(&mut cards);
        }
        let agentic = stages
            .iter()
            .any(|stage| self.family(stage) == "tool_agentic");
        let manner = if agentic && self.dice.chance(0.6) {
            Manner::Agent
        } else {
            Manner::Work
        };
        let repeats = harvest_repeats(&mut self.dice);
        matter(stages[0], cards, manner, repeats)
    }

    fn shard(
        &mut self,
        stage: &Shelf,
        sharding: Sharding,
        account: usize,
        accounts: usize,
    ) -> Vec<u32> {
        let shard: Vec<u32> = match sharding {
            Sharding::RoundRobin => {
                let every = stage.records.iter().skip(account).step_by(accounts);
                every.copied().collect()
            }
            Sharding::ByTopic => {
                let size = stage.records.len().div_ceil(accounts).max(20);
                let cards = self.shelves.subject(stage, size, &mut self.dice);
                cards.iter().map(|card| card.frame().record).collect()
            }
            Sharding::Overlapping => Vec::new(),
        };
        // A shard too small to work on is filled from the whole.
        if shard.len() < 10 {
            sample(&stage.records, stage.records.len(), &mut self.dice)
        } else {
            shard
        }
    }

    fn family(&self, stage: &Shelf) -> &str {
        let records = self.shelves.corpus.records(stage.unit);
        &records[stage.records[0] as usize].family
    }
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

fn techniques(
    planner: &Planner<'_>,
    stages: &[&Shelf],
    accounts: usize,
    follows: bool,
) -> Vec<Technique> {
    let mut techniques: Vec<Technique> = stages
        .iter()
        .filter(|stage| matches!(stage.unit, Unit::Pipeline(_)))
        .flat_map(|stage| techniques_of_family(planner.family(stage)))
        .copied()
        .collect();
    if accounts > 1 {
        techniques.push(Technique::CoordinatedAccounts);
        let released_within = planner
            .scenario
            .models
            .iter()
            .any(|model| model.released > planner.scenario.start);
        if follows && released_within {
            techniques.push(Technique::ModelSwitching);
        }
    }
    techniques.sort_unstable();
    techniques.dedup();
    techniques
}
