//! What can be promised of benign accounts: thresholds for every stretch of their lives, and lists for a team that can
//! look at so many accounts a day.
//!
//! Reports alone use it; what is served is in `risk`.

pub mod alert_budget;
pub mod alpha_spending;
pub mod boundary;
pub mod e_value;
mod strata;
