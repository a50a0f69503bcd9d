//! Labeled account streams composed from prompt pools and production traces.
//!
//! [`corpus`] says what can be sent and on which side of the split it is, [`Scenario`] how much of what,
//! [`Plan`] deals requests to accounts, [`AccountPlan::exchanges`] plays one account and [`write_stream`] all of them.
//! The same scenario, corpus and seed give the same bytes. An extracting account differs from an honest one in what
//! it asks and, for some, in its pace and fate; everything else comes from the guise of an honest population. Cells of
//! a scenario vary its attack, one setting each, and labels name them.
//!
//! Uses `domain`. Never part of serving.

pub mod corpus;

mod account;
mod attack;
mod behaviour;
mod blend;
mod campaign;
mod card;
mod crowd;
mod deal;
mod deck;
mod dice;
mod disguise;
mod feed;
mod guise;
mod habit;
mod honest;
mod miniature;
mod own;
mod paraphrase;
mod permutation;
mod phrasebook;
mod pipeline;
mod plan;
mod population;
mod priors;
mod range;
mod rhythm;
mod scenario;
mod shelf;
mod statistics;
mod stream;
mod succession;
mod template;
mod topic;

pub use account::{AccountExchanges, AccountPlan};
pub use attack::{Attack, Bans, CampaignSize, Mixture, Probing, Relay, Sharding};
pub use disguise::{DisguiseSettings, LanguageSwitch};
pub use own::{OWN_PREFIX, OwnAuthor, OwnWritingError};
pub use plan::{Plan, PlanError};
pub use population::Population;
pub use range::Range;
pub use scenario::{Benign, Cell, Exchanges, Model, PopulationShares, Scenario, ScenarioError};
pub use statistics::{COMPARED, Statistic, Traced, statistics};
pub use stream::write_stream;
