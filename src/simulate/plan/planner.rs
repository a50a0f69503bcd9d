//! The planner: the participants of a stream (benign accounts, classes, organisations and campaigns) and what each will
//! send.

use std::sync::Arc;

use super::account::{AccountPlan, AfterRefusal};
use crate::domain::{Label, Technique, Timestamp, Verdict};
use crate::simulate::behaviour::arrival_process::ArrivalProcess;
use crate::simulate::behaviour::client_profile::{ClientProfile, Site};
use crate::simulate::behaviour::end_user::Behind;
use crate::simulate::behaviour::model_preference::ModelPreference;
use crate::simulate::behaviour::population::Population;
use crate::simulate::corpus::{Corpus, CorpusView};
use crate::simulate::plan::account_replacement::later;
use crate::simulate::plan::feed::Feed;
use crate::simulate::plan::group::Group;
use crate::simulate::plan::popular::Popular;
use crate::simulate::prompt::record_sets::RecordSets;
use crate::simulate::rng::SeededRng;
use crate::simulate::scenario::Range;
use crate::simulate::scenario::{Exchanges, Model, Scenario};

/// Maximum days between the first exchanges of accounts that belong together.
const SPREAD_DAYS: f64 = 4.0;

/// Probability that the next request of an account with several end users is of a random one.
const CHANGE_OF_SPEAKER: f64 = 0.5;

/// Share of relays that mask their users, and of companies' gateways, that leave the client fields blank; the others
/// send their own.
const BLANK: f64 = 0.5;

/// Share of the other accounts that ever take a refused request to another model, an assumption.
const TRIES_ELSEWHERE: f64 = 0.2;

/// What probing accounts and researchers do after a refusal: most refused requests are tried again, on another model
/// more often than not.
pub(crate) const PROBES: AfterRefusal = AfterRefusal {
    again: 0.5,
    elsewhere: 0.7,
};

/// What an account does that tries a refused request again on the same model at most.
pub(crate) const STAYS: AfterRefusal = AfterRefusal {
    again: 0.4,
    elsewhere: 0.0,
};

/// Share of a researcher's requests that are refused, as of published probing.
const RESEARCH_REFUSED: f64 = 0.8;

/// The same maximum as a share of the period in which accounts start, for short streams.
const SPREAD_SHARE: f64 = 1.0 / 6.0;

/// The reason why a scenario cannot be planned with a corpus.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The chosen sides of the split hold no records for a population or for the extraction.
    #[error("the chosen partitions hold no records for {0}: expected at least one unit")]
    NothingFor(&'static str),
}

/// The accounts of a stream. The same scenario, corpus and seed always give the same plan.
pub struct Plan {
    /// All accounts, benign ones first.
    pub accounts: Vec<AccountPlan>,
}

impl Plan {
    /// Plans a stream from the sides of the split that the scenario names.
    ///
    /// # Errors
    /// When those sides hold no records for a population with accounts, or for the extraction.
    pub fn new(scenario: &Scenario, corpus: &Corpus, seed: u64) -> Result<Self, PlanError> {
        let view = CorpusView::new(corpus, &scenario.partitions);
        Self::of_view(scenario, view, seed)
    }

    /// Plans a stream from a part of a corpus, ignoring the partitions that the scenario names.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn of_view(
        scenario: &Scenario,
        view: CorpusView<'_>,
        seed: u64,
    ) -> Result<Self, PlanError> {
        let record_sets = RecordSets::new(view);
        let mut planner = Planner {
            scenario,
            seed,
            record_sets: &record_sets,
            models: scenario.models.clone().into(),
            rng: SeededRng::new(seed, &scenario.name),
            popular: Popular::new(&scenario.benign, &record_sets, seed),
            accounts: Vec::new(),
        };
        planner.add_benign()?;
        planner.add_extraction()?;
        Ok(Self {
            accounts: planner.accounts,
        })
    }
}

pub(crate) struct Planner<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) seed: u64,
    pub(crate) record_sets: &'a RecordSets<'a>,
    models: Arc<[Model]>,
    pub(crate) rng: SeededRng,
    pub(crate) popular: Popular,
    pub(crate) accounts: Vec<AccountPlan>,
}

/// Traffic that an account will send, with the facts that its label states about it.
pub(crate) struct Workload {
    pub(crate) feed: Feed,
    /// Name for the label: an application's group, a pipeline or a source.
    pub(crate) name: String,
    pub(crate) language: String,
    pub(crate) groups: Vec<String>,
}

/// The values shared by accounts that belong together.
pub(crate) struct Organisation {
    pub(crate) site: Site,
    pub(crate) start: Timestamp,
}

/// The properties of an extracting account.
pub(crate) struct Extraction {
    /// What is extracted; `None` for a relay that serves its users alone.
    pub(crate) workload: Option<Workload>,
    pub(crate) share: f64,
    pub(crate) campaign: String,
    pub(crate) cell: Option<String>,
    /// Whether the cell is played beside the scenario's extraction, so that its accounts are told apart from it.
    pub(crate) is_beside: bool,
    pub(crate) techniques: Vec<Technique>,
    /// Range of mean rates of a machine-paced account, in exchanges per day; `None` keeps a benign arrival process.
    pub(crate) per_day: Option<Range>,
    /// Whether the typed turns of all users are passed on one by one.
    pub(crate) is_serialised: bool,
    pub(crate) follows_releases: bool,
    /// Time at which a guard appears on the newest model and the account falls back to the one before.
    pub(crate) guard: Option<Timestamp>,
    /// Share of the extraction requests that are refused.
    pub(crate) refused: f64,
    /// What follows a refusal; that of a benign account if absent.
    pub(crate) after_refusal: Option<AfterRefusal>,
    pub(crate) life: Life,
    /// The banned account that this one replaces.
    pub(crate) successor_of: Option<String>,
}

/// An account's lifetime.
#[derive(Clone, Copy)]
pub(crate) struct Life {
    pub(crate) start: Timestamp,
    /// The moment after the last exchange.
    pub(crate) end: Timestamp,
}

/// An account's benign traffic and the population whose client profile it has.
pub(crate) struct Own {
    pub(crate) population: Population,
    /// One workload, one for each end user, or none for a pure extraction.
    pub(crate) workloads: Vec<Workload>,
    /// Populations of the end users; empty for an account with one user.
    pub(crate) users: Vec<Population>,
    /// What the users have in common.
    pub(crate) behind: Behind,
    /// Probability that the next request is of another user or another use than the last.
    pub(crate) change_of_speaker: f64,
    pub(crate) group: Option<Group>,
}

impl Own {
    /// Creates the traffic of an account with one user.
    pub(crate) fn one(population: Population, workload: Workload) -> Self {
        Self {
            population,
            workloads: vec![workload],
            ..Self::nothing(population, Vec::new())
        }
    }

    /// Makes the account a member of an honest group.
    pub(crate) fn of(self, group: Group) -> Self {
        Self {
            group: Some(group),
            ..self
        }
    }

    /// Creates empty benign traffic for a pure extraction, behind these end users if there are any.
    pub(crate) const fn nothing(population: Population, users: Vec<Population>) -> Self {
        Self {
            population,
            workloads: Vec::new(),
            users,
            behind: Behind::Strangers { disclosed: false },
            change_of_speaker: CHANGE_OF_SPEAKER,
            group: None,
        }
    }
}

impl Planner<'_> {
    /// Draws the number of exchanges of one account.
    pub(crate) fn length(&mut self, bounds: &Exchanges) -> u32 {
        if self.scenario.exchanges.by_rhythm {
            return bounds.most;
        }
        let drawn = f64::from(bounds.median) * (0.8 * self.rng.normal()).exp();
        (drawn.round() as u32).clamp(bounds.least, bounds.most)
    }

    /// Draws a new organisation.
    pub(crate) fn organisation(&mut self) -> Organisation {
        let days = self.days_of_beginnings();
        Organisation {
            site: Site::new(&mut self.rng),
            start: later(self.scenario.start, days * self.rng.unit()),
        }
    }

    /// Draws a start near that of the organisation.
    pub(crate) fn start_near(&mut self, organisation: &Organisation) -> Timestamp {
        let most = SPREAD_DAYS.min(self.days_of_beginnings() * SPREAD_SHARE);
        later(organisation.start, most * self.rng.unit())
    }

    fn days_of_beginnings(&self) -> f64 {
        f64::from(self.scenario.days) * self.scenario.beginnings
    }

    /// Adds one account; `extraction` is `None` for a benign one.
    pub(crate) fn add(
        &mut self,
        own: Own,
        organisation: &Organisation,
        length: u32,
        extraction: Option<Extraction>,
    ) {
        let Own {
            population,
            workloads,
            users,
            behind,
            change_of_speaker,
            group,
        } = own;
        let life = match &extraction {
            Some(extraction) => extraction.life,
            None => Life {
                start: self.start_near(organisation),
                end: self.scenario.end(),
            },
        };
        let Life { start, end } = life;
        let arrivals = self.arrivals(population, start, length, extraction.as_ref());
        let mut preference = self.preference(population, start, extraction.as_ref());
        if extraction.is_none()
            && workloads
                .iter()
                .any(|workload| workload.feed.rerun.is_some())
        {
            // A run is on one model; the next run may be on another.
            preference = ModelPreference::pinned(&self.models, start, &mut self.rng);
        }
        let rng = &mut self.rng;
        let mut groups: Vec<String> = workloads.iter().flat_map(|m| m.groups.clone()).collect();
        let extracted = extraction.iter().filter_map(|e| e.workload.as_ref());
        groups.extend(extracted.flat_map(|workload| workload.groups.clone()));
        groups.sort_unstable();
        groups.dedup();
        let extraction_share = extraction.as_ref().map_or(0.0, |e| e.share);
        let mut label = label(
            rng.name("acc"),
            population,
            &workloads,
            users.is_empty(),
            extraction.as_ref(),
        );
        if let (Some(group), Verdict::Benign) = (group, label.verdict) {
            label.group = Some(group.name);
            label.group_kind = Some(group.kind);
        }
        let seed = rng.seed();
        let mut client_profile = ClientProfile::new(population, &organisation.site, rng);
        if matches!(behind, Behind::Masked | Behind::Colleagues { .. }) && rng.chance(BLANK) {
            client_profile.blank();
        }
        let researches = extraction.is_none() && population == Population::Researcher;
        let after_refusal = match &extraction {
            Some(Extraction {
                after_refusal: Some(after_refusal),
                ..
            }) => *after_refusal,
            _ if researches => PROBES,
            _ => AfterRefusal {
                again: 0.8 * rng.unit(),
                elsewhere: if rng.chance(TRIES_ELSEWHERE) {
                    rng.unit()
                } else {
                    0.0
                },
            },
        };
        let users = users.into_iter();
        self.accounts.push(AccountPlan {
            label,
            population,
            extraction_share,
            groups,
            start,
            exchanges: length,
            seed,
            end,
            models: Arc::clone(&self.models),
            arrivals,
            preference,
            end_users: users
                .map(|user| client_profile.user(user, behind, &organisation.site, rng))
                .collect(),
            client_profile,
            refused: match &extraction {
                Some(extraction) => extraction.refused,
                None if researches => RESEARCH_REFUSED,
                None => 0.0,
            },
            after_refusal,
            benign: workloads
                .into_iter()
                .map(|workload| workload.feed)
                .collect(),
            extraction: extraction
                .and_then(|extraction| extraction.workload)
                .map(|workload| workload.feed),
            change_of_speaker,
        });
    }

    fn arrivals(
        &mut self,
        population: Population,
        start: Timestamp,
        length: u32,
        extraction: Option<&Extraction>,
    ) -> ArrivalProcess {
        let scenario = self.scenario;
        let rng = &mut self.rng;
        let serialised = extraction.is_some_and(|e| e.is_serialised);
        let arrivals = if let Some(per_day) = extraction.and_then(|e| e.per_day) {
            if serialised {
                ArrivalProcess::serialised(per_day, start, rng)
            } else {
                ArrivalProcess::machine(per_day, start, rng)
            }
        } else {
            let by_rhythm = scenario.exchanges.by_rhythm;
            let least = if by_rhythm { 0.0 } else { f64::from(length) };
            // To the end of the stream, because an account does not send more because of a later ban.
            let horizon = (least, scenario.end());
            ArrivalProcess::benign(population, scenario.benign.per_day, start, horizon, rng)
        };
        // At any time some end user is active.
        match population {
            Population::Reseller => arrivals.sleepless(),
            _ => arrivals,
        }
    }

    fn preference(
        &mut self,
        population: Population,
        start: Timestamp,
        extraction: Option<&Extraction>,
    ) -> ModelPreference {
        let rng = &mut self.rng;
        match extraction {
            Some(Extraction {
                guard: Some(guard), ..
            }) => ModelPreference::retreating(*guard, rng),
            Some(extraction) if extraction.follows_releases => {
                ModelPreference::released_within(6.0 * 3_600.0, rng)
            }
            _ => ModelPreference::benign(population, &self.models, start, rng),
        }
    }
}

fn label(
    account: String,
    population: Population,
    workloads: &[Workload],
    one_user: bool,
    extraction: Option<&Extraction>,
) -> Label {
    // The traffic of end users belongs to no single application; several uses of one holder are named after the first.
    let own = workloads.first().filter(|_| one_user);
    let workload = extraction.and_then(|e| e.workload.as_ref()).or(own);
    let mut shown = match extraction {
        None => population.name().to_owned(),
        Some(extraction) if extraction.share >= 1.0 => "pure".to_owned(),
        Some(extraction) => format!("mixed_{:02.0}", extraction.share * 100.0),
    };
    if let Some(cell) = extraction.and_then(|e| e.cell.as_ref().filter(|_| e.is_beside)) {
        shown = format!("{shown}_{cell}");
    }
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
        application: workload.map(|m| m.name.clone()),
        language: workload.map(|m| m.language.clone()),
        population: Some(shown),
        cell: extraction.and_then(|e| e.cell.clone()),
        group: None,
        group_kind: None,
        successor_of: extraction.and_then(|e| e.successor_of.clone()),
    }
}
