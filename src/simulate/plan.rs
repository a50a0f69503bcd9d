//! The plan of a stream: which accounts it has and what each of them sends. The planner assigns requests to accounts;
//! an account turns them into exchanges.
//!
//! Uses `behaviour`, `prompt`, `evasion` and `scenario`.

mod account;
mod account_replacement;
mod benign;
mod campaign;
mod disguise;
mod end_users;
mod feed;
mod group;
mod pipeline;
mod planner;
mod popular;
mod popular_use;
mod relay;
mod several_uses;
mod suites;

pub(crate) use account::AccountExchanges;
pub use account::AccountPlan;
pub use planner::Plan;
pub(crate) use planner::PlanError;
