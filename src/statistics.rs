//! Numerical methods that know nothing of accounts: bounds, fits, tails, tests of normality, bit mixing.
//!
//! Uses no other module. Each file names the publication that it follows and is tested against known values.

pub(crate) mod binomial;
pub(crate) mod decimal;
#[cfg(test)]
pub(crate) mod isotonic;
pub(crate) mod logistic;
pub(crate) mod pareto_tail;
#[cfg(feature = "lab")]
pub(crate) mod shapiro_wilk;
pub(crate) mod splitmix;
