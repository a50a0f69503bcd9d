//! Numerical methods that know nothing of accounts: bounds, fits, tails, tests of normality, bit mixing.
//!
//! Uses no other module. Each file names the publication that it follows and is tested against known values.

pub mod binomial;
pub mod decimal;
#[cfg(test)]
pub(crate) mod isotonic;
pub mod logistic;
pub mod pareto_tail;
pub mod shapiro_wilk;
pub mod splitmix;
