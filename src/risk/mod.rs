//! Fusion, calibration, operating points, reasons.
//!
//! Uses `detect` and everything to its left. Pure functions of their inputs.
//!
//! [`AdditiveModel`] turns features into log-odds that are a plain sum, [`Calibration`] turns log-odds
//! into a probability with an interval, and [`OperatingPoints`] turn log-odds into a band and a
//! recommendation at stated false-positive rates. The three are data of a bundle, fitted by `train`
//! and checked when loaded.
//!
//! [`boundary`] says what can be promised of honest accounts for every stretch of their lives, and [`alert_budget`]
//! which accounts to show a team that can look at so many a day, by their [`e_value`]s. Neither is served: reports use
//! them.

mod additive;
pub mod alert_budget;
mod benign_sample;
pub mod binomial;
pub mod boundary;
mod calibration;
mod decimal;
pub mod e_value;
pub mod exposure;
pub mod isotonic;
mod judge;
mod operating_point;
mod strata;
pub mod tail;

pub use additive::{
    AdditiveModel, AdditiveModelError, Evaluation, MAX_BINS, MAX_PAIRS, PairTerm, Term,
};
pub(crate) use additive::{bin_of, shrinkage};
pub use calibration::{Calibrated, Calibration, CalibrationError, CalibrationRow, shift_prior};
pub(crate) use decimal::{twelve_digits, twelve_digits_up};
pub use judge::{Judge, JudgeError, Judgement, REASONS_MAX, Stage, intent_log_odds};
pub use operating_point::{
    BenignScore, OperatingPointError, OperatingPoints, TargetRates, Threshold,
};
