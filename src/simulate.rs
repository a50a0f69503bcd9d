//! Labeled account streams composed from prompt pools and production traces.
//!
//! [`corpus`] holds the requests that can be sent and their side of the split; [`Scenario`] sets how much of each a
//! stream has; [`Plan`] assigns requests to accounts; [`AccountPlan::exchanges`] generates the exchanges of one account
//! and [`write_stream`] those of all accounts. The same scenario, corpus and seed give the same bytes. An extracting
//! account differs from a benign one in what it asks and, for some, in its pace and in how it ends; everything else
//! comes from the client profile of a benign population. The cells of a scenario vary its extraction, one setting each,
//! and labels name the cell.
//!
//! Uses `domain`. Not part of serving.

pub(crate) mod corpus;

mod behaviour;
mod evasion;
mod miniature;
pub(crate) mod own;
mod permutation;
mod plan;
mod prompt;
pub(crate) mod rng;
mod scenario;
mod statistics;
mod stream;

pub use behaviour::population::Population;
pub(crate) use own::OWN_PREFIX;
pub(crate) use plan::PlanError;
pub use plan::{AccountPlan, Plan};
pub use scenario::{PopulationShares, Scenario, ScenarioError};
pub use statistics::statistics;
pub(crate) use statistics::{COMPARED, Statistic, Traced};
pub use stream::write_stream;
