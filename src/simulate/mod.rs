//! Labeled account streams composed from prompt pools and production traces.
//!
//! [`corpus`] says what can be sent and on which side of the split it is, [`Scenario`] how much of what,
//! [`Plan`] deals requests to accounts, [`AccountPlan::exchanges`] plays one account and [`write_stream`] all of them.
//! The same scenario, corpus and seed give the same bytes. An extracting account differs from an honest one in what
//! it asks and, for some, in its pace; everything else comes from the guise of an honest population.
//!
//! Uses `domain`. Never part of serving.

pub mod corpus;

mod account;
mod behaviour;
mod blend;
mod campaign;
mod card;
mod deal;
mod deck;
mod dice;
mod feed;
mod guise;
mod habit;
mod honest;
mod miniature;
mod permutation;
mod plan;
mod population;
mod priors;
mod rhythm;
mod scenario;
mod shelf;
mod statistics;
mod stream;
mod topic;

pub use account::{AccountExchanges, AccountPlan};
pub use plan::{Plan, PlanError};
pub use population::Population;
pub use scenario::{
    Attack, Benign, CampaignSize, Exchanges, Mixture, Model, PopulationShares, Rates, Scenario,
    ScenarioError,
};
pub use statistics::{COMPARED, Statistic, Traced, statistics};
pub use stream::write_stream;
