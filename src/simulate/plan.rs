//! Which accounts a stream has, and what each one sends: the planner deals requests, an account plays them.
//!
//! Uses `behaviour`, `prompt`, `evasion` and `scenario`.

mod account;
mod account_replacement;
mod benign;
mod campaign;
mod end_users;
mod feed;
mod pipeline;
mod planner;
mod relay;

pub use account::{AccountExchanges, AccountPlan};
pub use planner::{Plan, PlanError};
