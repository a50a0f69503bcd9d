//! Extraction campaigns of a plan: one pipeline over one or more accounts, their successors included.

use std::sync::Arc;

use super::attack::{Attack, Sharding};
use super::card::RecordRef;
use super::corpus::techniques_of_family;
use super::deal::sample;
use super::deck::Deck;
use super::dice::Dice;
use super::disguise::{Disguise, LanguageSwitch, product, read_in, tongue};
use super::feed::{Manner, Repeats};
use super::honest::{matter, work_repeats};
use super::pipeline::Pick;
use super::plan::{Company, Extraction, Life, Matter, Own, PlanError, Planner};
use super::population::Population;
use super::shelf::Shelf;
use super::succession::{Succession, later};
use super::template::Template;
use crate::domain::{Technique, Timestamp};

/// Fewest records of a dataset that an account works on; larger pools share shards of this size.
const SHARD_RECORDS: usize = 20;

/// Inputs in another language that a campaign has at hand.
const INPUTS: usize = 200;

struct Campaign<'a> {
    attack: &'a Attack,
    cell: Option<&'a str>,
    name: String,
    stages: Vec<&'a Shelf>,
    /// Accounts of the pool.
    accounts: usize,
    /// Those of them that are in the stream.
    seen: usize,
    sharding: Sharding,
    machine_paced: bool,
    follows_releases: bool,
    /// When a guard appears on the newest model.
    guard: Option<Timestamp>,
    /// Whether its accounts share an address and a payment, as an organisation's do.
    shares_site: bool,
    /// The guise of all its accounts; each has its own when there is none.
    guise: Option<Population>,
    /// What all its accounts wear, before their places in the rotation.
    disguise: Option<Disguise>,
    techniques: Vec<Technique>,
}

impl<'a> Planner<'a> {
    /// Adds the scenario's attack, or each of its cells.
    pub(super) fn add_attack(&mut self) -> Result<(), PlanError> {
        let scenario = self.scenario;
        if scenario.cells.is_empty() {
            return self.add_campaigns(&scenario.attack, None);
        }
        scenario
            .cells
            .iter()
            .try_for_each(|cell| self.add_campaigns(&cell.attack, Some(&cell.name)))
    }

    /// Adds campaigns until the attack's accounts are used up.
    fn add_campaigns(
        &mut self,
        attack: &'a Attack,
        cell: Option<&'a str>,
    ) -> Result<(), PlanError> {
        let mut left = attack.accounts as usize;
        let mut number = 0;
        while left > 0 {
            number += 1;
            left -= self.add_campaign(attack, cell, number, left)?;
        }
        Ok(())
    }

    /// Adds a campaign of `most` accounts at most, and returns how many it has without successors.
    fn add_campaign(
        &mut self,
        attack: &'a Attack,
        cell: Option<&'a str>,
        number: u32,
        most: usize,
    ) -> Result<usize, PlanError> {
        let mut campaign = self.campaign(attack, cell, number, most)?;
        let mut company = self.company();
        if let Some(window) = attack.window_days {
            // A campaign that lasts begins early enough to end within the stream.
            let spare = (f64::from(self.scenario.days) - window).max(0.0);
            company.start = later(self.scenario.start, spare * self.dice.unit());
        }
        let end = self.scenario.end();
        let succession = Succession::new(attack, company.start, end, &mut self.dice);
        campaign.guard = attack
            .fallback
            .map(|days| later(company.start, days.draw(&mut self.dice)));
        for account in 0..campaign.seen {
            let mut start = None;
            for generation in 0..=succession.successors() {
                let place = (account, generation);
                let end = self.add_extractor(&campaign, &company, &succession, place, start)?;
                let replaced = generation < succession.successors();
                start = replaced
                    .then(|| succession.successor(end, &mut self.dice))
                    .flatten();
                if start.is_none() {
                    break;
                }
            }
        }
        Ok(campaign.seen)
    }

    /// Adds one account, `generation` bans after the first in its place, and returns when it ends.
    fn add_extractor(
        &mut self,
        campaign: &Campaign<'a>,
        company: &Company,
        succession: &Succession,
        (account, generation): (usize, u32),
        start: Option<Timestamp>,
    ) -> Result<Timestamp, PlanError> {
        let attack = campaign.attack;
        let population = match attack.relay {
            Some(_) => Population::Reseller,
            None => campaign.guise.unwrap_or_else(|| self.guise()),
        };
        let mut home = self.company_or(campaign.shares_site.then_some(company));
        home.start = company.start;
        let exchanges = attack.exchanges.as_ref();
        let length = self.length(exchanges.unwrap_or(&self.scenario.exchanges));
        let share = self.mixture(attack);
        let harvested = (f64::from(length) * share).ceil().max(1.0) as usize;
        let matter = self.harvest_matter(campaign, account, population, harvested);
        let rest = if share < 1.0 { length as usize } else { 0 };
        let own = self.cover(attack, population, rest, read_in(&matter.language))?;
        let start = start.unwrap_or_else(|| self.start_near(&home));
        let end = succession.end_of(start, generation, &mut self.dice);
        let mut techniques = campaign.techniques.clone();
        if !own.users.is_empty() && !own.matters.is_empty() {
            techniques.push(Technique::RelayResale);
            techniques.sort_unstable();
        }
        let extraction = Extraction {
            matter,
            share,
            campaign: if generation == 0 {
                campaign.name.clone()
            } else {
                format!("{}.{}", campaign.name, generation + 1)
            },
            cell: campaign.cell.map(str::to_owned),
            techniques,
            per_day: campaign.machine_paced.then_some(attack.per_day),
            follows_releases: campaign.follows_releases,
            guard: campaign.guard,
            refused: attack.probing.map_or(0.0, |probing| probing.refused),
            life: Life { start, end },
        };
        self.add(own, &home, length, Some(extraction));
        Ok(end)
    }

    /// What an extracting account sends besides its harvest, in `count` exchanges: as its guise does, or nothing.
    fn cover(
        &mut self,
        attack: &Attack,
        population: Population,
        count: usize,
        language: &str,
    ) -> Result<Own, PlanError> {
        if population == Population::Reseller {
            let users = self.end_users(attack.relay);
            return match count {
                0 => Ok(Own::nothing(population, users)),
                _ => self.crowd(users, count),
            };
        }
        if count == 0 {
            return Ok(Own::nothing(population, Vec::new()));
        }
        // Mostly one language: two would tell on mixed accounts alone.
        let same = self.dice.chance(0.8);
        self.own(population, count, same.then_some(language))
    }

    fn campaign(
        &mut self,
        attack: &'a Attack,
        cell: Option<&'a str>,
        number: u32,
        most: usize,
    ) -> Result<Campaign<'a>, PlanError> {
        // Cells run the same pipelines in the same order, so that they differ in nothing but the setting.
        let scenario = &self.scenario.name;
        let (pick, name) = match cell {
            None => (Pick::Drawn, format!("{scenario}-{number}")),
            Some(cell) => (Pick::Paired(number), format!("{scenario}-{cell}-{number}")),
        };
        let stages = self.stages(attack, pick)?;
        let sizes: Vec<f64> = attack.campaigns.iter().map(|size| size.weight).collect();
        let size = &attack.campaigns[self.dice.weighted(&sizes)];
        let accounts = self.dice.between(size.least as usize, size.most as usize);
        let seen = size.seen.map_or(usize::MAX, |seen| seen as usize).min(most);
        let drawn = *self.dice.pick(&[
            Sharding::RoundRobin,
            Sharding::ByTopic,
            Sharding::Overlapping,
        ]);
        let mut campaign = Campaign {
            attack,
            cell,
            name,
            stages,
            // A pool that is only seen in part is as large as it is.
            accounts: if size.seen.is_some() {
                accounts
            } else {
                accounts.min(most)
            },
            seen: accounts.min(seen),
            sharding: size.sharding.unwrap_or(drawn),
            machine_paced: self.dice.chance(attack.machine_paced),
            follows_releases: self.dice.chance(attack.pivots),
            guard: None,
            shares_site: self.dice.chance(0.5),
            guise: (!self.dice.chance(0.3)).then(|| self.guise()),
            disguise: None,
            techniques: Vec::new(),
        };
        campaign.disguise = self.disguise(attack, &campaign.stages);
        campaign.techniques = self.techniques(attack, &campaign);
        Ok(campaign)
    }

    /// What all accounts of a campaign wear.
    fn disguise(&mut self, attack: &Attack, stages: &[&'a Shelf]) -> Option<Disguise> {
        let settings = &attack.disguise;
        if !settings.changes_text() {
            return None;
        }
        let mut template = Template::default();
        for stage in stages {
            let corpus = self.shelves.corpus;
            template.learn(corpus, stage.unit, &stage.records, &stage.language);
        }
        let language = stages[0].language.clone();
        let switch = settings.language;
        let inputs = if switch == Some(LanguageSwitch::Input) {
            self.foreign_inputs(&language)
        } else {
            Vec::new()
        };
        let wordings = settings.templates.unwrap_or(1) as usize;
        Some(Disguise {
            seed: self.dice.seed(),
            strength: settings.paraphrase,
            wordings: wordings.div_ceil(stages.len()),
            stages: stages.len(),
            offset: 0,
            traceless: settings.traceless,
            tongue: (switch == Some(LanguageSwitch::Answer))
                .then(|| tongue(&language, &mut self.dice)),
            inputs: inputs.into(),
            product: settings.product.then(|| product(&language, &mut self.dice)),
            template: Arc::new(template),
            language,
        })
    }

    /// The guise of an attacker: any honest population, by its share.
    fn guise(&mut self) -> Population {
        let weights = self.scenario.benign.populations.weights();
        Population::ALL[self.dice.weighted(&weights)]
    }

    fn mixture(&mut self, attack: &Attack) -> f64 {
        let weights: Vec<f64> = attack.mixtures.iter().map(|m| m.weight).collect();
        attack.mixtures[self.dice.weighted(&weights)].share
    }

    fn harvest_matter(
        &mut self,
        campaign: &Campaign<'a>,
        account: usize,
        population: Population,
        count: usize,
    ) -> Matter {
        let attack = campaign.attack;
        let stages = &campaign.stages;
        let mut piles = Vec::with_capacity(stages.len());
        let mut left = count;
        for (place, stage) in stages.iter().enumerate() {
            let wanted = left.div_ceil(stages.len() - place);
            if wanted == 0 {
                break;
            }
            left -= wanted;
            let shard = self.shard(stage, campaign, account);
            piles.push(self.shelves.harvest(stage, &shard, wanted, &mut self.dice));
        }
        let rotates = attack.disguise.templates.is_some() || attack.probing.is_some();
        let deck = if rotates {
            Deck::in_turn(piles)
        } else if self.dice.chance(0.5) {
            // Stages run side by side, or one after another.
            Deck::of(piles).shuffled(&mut self.dice)
        } else {
            Deck::of(piles)
        };
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
        let repeats = match attack.disguise.repeats {
            None => harvest_repeats(&mut self.dice),
            Some(popular) => Repeats {
                popular,
                copies: 1,
                ..Repeats::default()
            },
        };
        let mut matter = matter(stages[0], deck, manner, repeats);
        matter
            .groups
            .extend(stages.iter().map(|stage| stage.group.clone()));
        if let Some(disguise) = &campaign.disguise {
            let groups = disguise
                .inputs
                .iter()
                .map(|input| self.shelves.group(input.unit));
            matter.groups.extend(groups.map(str::to_owned));
            matter.feed.disguise = Some(Arc::new(Disguise {
                offset: self.dice.below(disguise.wordings),
                ..disguise.clone()
            }));
        }
        matter
    }

    /// The records of the dataset that fall to an account of the pool.
    fn shard(&mut self, stage: &Shelf, campaign: &Campaign<'_>, account: usize) -> Arc<[u32]> {
        let records = &stage.records;
        match campaign.sharding {
            Sharding::RoundRobin => {
                let place = account * campaign.accounts / campaign.seen;
                let shards = campaign.accounts.min(records.len() / SHARD_RECORDS).max(1);
                let every = records.iter().skip(place % shards).step_by(shards);
                every.copied().collect()
            }
            Sharding::ByTopic => {
                let size = records.len().div_ceil(campaign.accounts).max(SHARD_RECORDS);
                let cards = self.shelves.subject(stage, size, &mut self.dice);
                cards.iter().map(|card| card.frame().record).collect()
            }
            Sharding::Overlapping => Arc::clone(records),
        }
    }

    fn techniques(&self, attack: &Attack, campaign: &Campaign<'_>) -> Vec<Technique> {
        let mut techniques: Vec<Technique> = if attack.probing.is_some() {
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
        if pivots || attack.fallback.is_some() {
            techniques.push(Technique::ModelSwitching);
        }
        techniques.sort_unstable();
        techniques.dedup();
        techniques
    }

    fn family(&self, stage: &Shelf) -> &str {
        let records = self.shelves.corpus.records(stage.unit);
        &records[stage.records[0] as usize].family
    }

    /// Questions of people who speak neither the template's language nor that of its inputs.
    fn foreign_inputs(&mut self, language: &str) -> Vec<RecordRef> {
        let own = [language, read_in(language)];
        let consumers = self.shelves.consumers.iter();
        let foreign: Vec<&Shelf> = consumers
            .filter(|shelf| !own.contains(&shelf.language.as_str()))
            .collect();
        if foreign.is_empty() {
            return Vec::new();
        }
        let shelf = *self.dice.pick(&foreign);
        let records = sample(&shelf.records, INPUTS, &mut self.dice);
        let unit = shelf.unit;
        let place = |record| RecordRef { unit, record };
        records.into_iter().map(place).collect()
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
