//! Who takes part in a stream: honest accounts, classes, organisations and campaigns, each with what it will send.

use std::sync::Arc;

use super::account::AccountPlan;
use super::corpus::Corpus;
use super::dice::Dice;
use super::feed::Feed;
use super::guise::{Guise, Site};
use super::habit::Habit;
use super::population::Population;
use super::rhythm::Rhythm;
use super::scenario::{Model, Scenario};
use super::shelf::Shelves;
use crate::domain::{Label, Technique, Timestamp, Verdict};

/// Most days between the first exchanges of accounts that belong together.
const SPREAD_DAYS: f64 = 4.0;

/// The same as a share of the time in which accounts begin, for short streams.
const SPREAD_SHARE: f64 = 1.0 / 6.0;

/// Why a scenario cannot be played with a corpus.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The chosen sides of the split hold nothing for a population or for the attack.
    #[error("the chosen partitions hold no records for {0}: expected at least one unit")]
    NothingFor(&'static str),
}

/// The accounts of a stream. The same scenario, corpus and seed give the same plan.
pub struct Plan {
    /// Every account, honest ones first.
    pub accounts: Vec<AccountPlan>,
}

impl Plan {
    /// Plans a stream from the sides of the split that the scenario names.
    ///
    /// # Errors
    /// When those sides hold nothing for a population with accounts, or for the attack.
    pub fn new(scenario: &Scenario, corpus: &Corpus, seed: u64) -> Result<Self, PlanError> {
        let shelves = Shelves::new(corpus, &scenario.partitions);
        let mut planner = Planner {
            scenario,
            shelves: &shelves,
            models: scenario.models.clone().into(),
            dice: Dice::new(seed, &scenario.name),
            accounts: Vec::new(),
        };
        planner.add_benign()?;
        planner.add_attack()?;
        Ok(Self {
            accounts: planner.accounts,
        })
    }
}

pub(super) struct Planner<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) shelves: &'a Shelves<'a>,
    models: Arc<[Model]>,
    pub(super) dice: Dice,
    pub(super) accounts: Vec<AccountPlan>,
}

/// Traffic that an account will send, with what its label says about it.
pub(super) struct Matter {
    pub(super) feed: Feed,
    /// Name for the label: an application's group, a pipeline or a source.
    pub(super) name: String,
    pub(super) language: String,
    pub(super) groups: Vec<String>,
}

/// What accounts that belong together share.
pub(super) struct Company {
    pub(super) site: Site,
    pub(super) start: Timestamp,
}

/// What makes an account an extracting one.
pub(super) struct Extraction {
    pub(super) matter: Matter,
    pub(super) share: f64,
    pub(super) campaign: String,
    pub(super) techniques: Vec<Technique>,
    pub(super) machine_paced: bool,
    pub(super) follows_releases: bool,
}

impl Planner<'_> {
    /// Exchanges of one account.
    pub(super) fn length(&mut self) -> u32 {
        let bounds = &self.scenario.exchanges;
        if bounds.by_rhythm {
            return bounds.most;
        }
        let drawn = f64::from(bounds.median) * (0.8 * self.dice.normal()).exp();
        (drawn.round() as u32).clamp(bounds.least, bounds.most)
    }

    /// A company of its own.
    pub(super) fn company(&mut self) -> Company {
        let days = self.days_of_beginnings();
        Company {
            site: Site::new(&mut self.dice),
            start: later(self.scenario.start, days * self.dice.unit()),
        }
    }

    /// A start near that of the company.
    pub(super) fn start_near(&mut self, company: &Company) -> Timestamp {
        let most = SPREAD_DAYS.min(self.days_of_beginnings() * SPREAD_SHARE);
        later(company.start, most * self.dice.unit())
    }

    fn days_of_beginnings(&self) -> f64 {
        f64::from(self.scenario.days) * self.scenario.beginnings
    }

    /// Adds one account; `honest` is `None` for a pure harvest, `extraction` for an honest account.
    pub(super) fn add(
        &mut self,
        population: Population,
        company: &Company,
        length: u32,
        honest: Option<Matter>,
        extraction: Option<Extraction>,
    ) {
        let start = self.start_near(company);
        let dice = &mut self.dice;
        let rhythm = if extraction.as_ref().is_some_and(|e| e.machine_paced) {
            Rhythm::machine(self.scenario.attack.per_day, start, dice)
        } else {
            let by_rhythm = self.scenario.exchanges.by_rhythm;
            let least = if by_rhythm { 0.0 } else { f64::from(length) };
            let horizon = (least, self.scenario.end());
            Rhythm::honest(
                population,
                self.scenario.benign.per_day,
                start,
                horizon,
                dice,
            )
        };
        let habit = if extraction.as_ref().is_some_and(|e| e.follows_releases) {
            Habit::released_within(6.0 * 3_600.0, dice)
        } else {
            Habit::honest(population, &self.models, start, dice)
        };
        let feeds = honest.iter().chain(extraction.iter().map(|e| &e.matter));
        let speakers = feeds.map(|matter| matter.feed.decks.len()).max();
        let speakers = speakers.unwrap_or(1);
        let mut groups: Vec<String> = honest.iter().flat_map(|m| m.groups.clone()).collect();
        groups.extend(extraction.iter().flat_map(|e| e.matter.groups.clone()));
        groups.sort_unstable();
        groups.dedup();
        let harvest_share = extraction.as_ref().map_or(0.0, |e| e.share);
        let label = label(
            dice.name("acc"),
            population,
            honest.as_ref(),
            extraction.as_ref(),
        );
        self.accounts.push(AccountPlan {
            label,
            population,
            harvest_share,
            groups,
            start,
            exchanges: length,
            seed: dice.seed(),
            end: self.scenario.end(),
            models: Arc::clone(&self.models),
            rhythm,
            habit,
            guise: Guise::new(population, &company.site, speakers, dice),
            honest: honest.map(|matter| matter.feed),
            harvest: extraction.map(|extraction| extraction.matter.feed),
        });
    }
}

fn label(
    account: String,
    population: Population,
    honest: Option<&Matter>,
    extraction: Option<&Extraction>,
) -> Label {
    let matter = extraction.map(|e| &e.matter).or(honest);
    let shown = match extraction {
        None => population.name().to_owned(),
        Some(extraction) if extraction.share >= 1.0 => "pure".to_owned(),
        Some(extraction) => format!("mixed_{:02.0}", extraction.share * 100.0),
    };
    Label {
        account,
        verdict: if extraction.is_some() {
            Verdict::Extraction
        } else {
            Verdict::Benign
        },
        techniques: extraction.map_or_else(Vec::new, |e| e.techniques.clone()),
        campaign: extraction.map(|e| e.campaign.clone()),
        conversation: None,
        source: Some("simulator".to_owned()),
        application: matter.map(|m| m.name.clone()),
        language: matter.map(|m| m.language.clone()),
        population: Some(shown),
    }
}

fn later(time: Timestamp, days: f64) -> Timestamp {
    Timestamp::from_micros(time.as_micros() + (days * 86_400.0 * 1e6) as i64)
}
