//! Conformal guarantees about benign accounts: thresholds for every stage of an account's history, and alert lists for
//! a team that can review a fixed number of accounts a day.
//!
//! Only reports use it; what is served is in `risk`.

pub mod alert_budget;
pub mod alpha_spending;
pub mod boundary;
pub mod e_value;
mod strata;
