//! Who takes part in a stream: honest accounts, classes, organisations and campaigns, each with what it will send.

use std::sync::Arc;

use super::account::AccountPlan;
use super::corpus::{Corpus, CorpusView};
use super::dice::Dice;
use super::feed::Feed;
use super::guise::{Guise, Site};
use super::habit::Habit;
use super::population::Population;
use super::range::Range;
use super::rhythm::Rhythm;
use super::scenario::{Exchanges, Model, Scenario};
use super::shelf::Shelves;
use super::succession::later;
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
        let view = CorpusView::new(corpus, &scenario.partitions);
        Self::of_view(scenario, view, seed)
    }

    /// Draws the accounts of a scenario from a part of a corpus, whatever partitions the scenario names.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn of_view(
        scenario: &Scenario,
        view: CorpusView<'_>,
        seed: u64,
    ) -> Result<Self, PlanError> {
        let shelves = Shelves::new(view);
        let mut planner = Planner {
            scenario,
            seed,
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
    pub(super) seed: u64,
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
    pub(super) cell: Option<String>,
    pub(super) techniques: Vec<Technique>,
    /// Mean rates of a machine-paced account; the others keep an honest rhythm.
    pub(super) per_day: Option<Range>,
    pub(super) follows_releases: bool,
    /// When a guard appears on the newest model, and the account falls back to the one before.
    pub(super) guard: Option<Timestamp>,
    /// Share of the harvest that is refused.
    pub(super) refused: f64,
    pub(super) life: Life,
}

/// When an account acts.
#[derive(Clone, Copy)]
pub(super) struct Life {
    pub(super) start: Timestamp,
    /// The moment after its last exchange.
    pub(super) end: Timestamp,
}

/// What an account sends besides a harvest, and in whose guise.
pub(super) struct Own {
    pub(super) population: Population,
    /// One matter, that of each end user, or none for a pure harvest.
    pub(super) matters: Vec<Matter>,
    /// Who the end users are; nobody when the account has one user.
    pub(super) users: Vec<Population>,
}

impl Own {
    /// What the one user of an account sends.
    pub(super) fn one(population: Population, matter: Matter) -> Self {
        Self {
            population,
            matters: vec![matter],
            users: Vec::new(),
        }
    }

    /// Of a pure harvest, behind these end users when there are any.
    pub(super) const fn nothing(population: Population, users: Vec<Population>) -> Self {
        Self {
            population,
            matters: Vec::new(),
            users,
        }
    }
}

impl Planner<'_> {
    /// Exchanges of one account.
    pub(super) fn length(&mut self, bounds: &Exchanges) -> u32 {
        if self.scenario.exchanges.by_rhythm {
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

    /// Adds one account; `extraction` is `None` for an honest one.
    pub(super) fn add(
        &mut self,
        own: Own,
        company: &Company,
        length: u32,
        extraction: Option<Extraction>,
    ) {
        let Own {
            population,
            matters,
            users,
        } = own;
        let life = match &extraction {
            Some(extraction) => extraction.life,
            None => Life {
                start: self.start_near(company),
                end: self.scenario.end(),
            },
        };
        let Life { start, end } = life;
        let rhythm = self.rhythm(population, start, length, extraction.as_ref());
        let habit = self.habit(population, start, extraction.as_ref());
        let dice = &mut self.dice;
        let mut groups: Vec<String> = matters.iter().flat_map(|m| m.groups.clone()).collect();
        groups.extend(extraction.iter().flat_map(|e| e.matter.groups.clone()));
        groups.sort_unstable();
        groups.dedup();
        let harvest_share = extraction.as_ref().map_or(0.0, |e| e.share);
        let label = label(dice.name("acc"), population, &matters, extraction.as_ref());
        let seed = dice.seed();
        let guise = Guise::new(population, &company.site, dice);
        let users = users.into_iter();
        self.accounts.push(AccountPlan {
            label,
            population,
            harvest_share,
            groups,
            start,
            exchanges: length,
            seed,
            end,
            models: Arc::clone(&self.models),
            rhythm,
            habit,
            end_users: users.map(|user| guise.end_user(user, dice)).collect(),
            guise,
            refused: extraction.as_ref().map_or(0.0, |e| e.refused),
            honest: matters.into_iter().map(|matter| matter.feed).collect(),
            harvest: extraction.map(|extraction| extraction.matter.feed),
        });
    }

    fn rhythm(
        &mut self,
        population: Population,
        start: Timestamp,
        length: u32,
        extraction: Option<&Extraction>,
    ) -> Rhythm {
        let scenario = self.scenario;
        let dice = &mut self.dice;
        let rhythm = if let Some(per_day) = extraction.and_then(|e| e.per_day) {
            Rhythm::machine(per_day, start, dice)
        } else {
            let by_rhythm = scenario.exchanges.by_rhythm;
            let least = if by_rhythm { 0.0 } else { f64::from(length) };
            // To the end of the stream: nobody is a heavier user because of a ban to come.
            let horizon = (least, scenario.end());
            Rhythm::honest(population, scenario.benign.per_day, start, horizon, dice)
        };
        // Somebody of a crowd is always awake.
        match population {
            Population::Reseller => rhythm.sleepless(),
            _ => rhythm,
        }
    }

    fn habit(
        &mut self,
        population: Population,
        start: Timestamp,
        extraction: Option<&Extraction>,
    ) -> Habit {
        let dice = &mut self.dice;
        match extraction {
            Some(Extraction {
                guard: Some(guard), ..
            }) => Habit::retreating(*guard, dice),
            Some(extraction) if extraction.follows_releases => {
                Habit::released_within(6.0 * 3_600.0, dice)
            }
            _ => Habit::honest(population, &self.models, start, dice),
        }
    }
}

fn label(
    account: String,
    population: Population,
    matters: &[Matter],
    extraction: Option<&Extraction>,
) -> Label {
    // What end users send is of no one application.
    let own = if let [matter] = matters {
        Some(matter)
    } else {
        None
    };
    let matter = extraction.map(|e| &e.matter).or(own);
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
        cell: extraction.and_then(|e| e.cell.clone()),
    }
}
