//! Conformal guarantees about benign accounts: thresholds for every stage of an account's history, and alert lists for
//! a team that can review a fixed number of accounts a day.
//!
//! Only reports use it; what is served is in `risk`.

pub(crate) mod alert_budget;
pub(crate) mod alpha_spending;
pub(crate) mod boundary;
pub(crate) mod e_value;
mod strata;
