//! Conversion of measures to a calibrated, explained risk: fusion, calibration, operating points, reasons.
//!
//! Uses `detect` and the modules that it uses. Pure functions of their inputs.
//!
//! [`Fusion`] turns measures into log-odds that are a plain sum, [`Calibration`] turns log-odds into a probability with
//! an interval, and [`OperatingPoints`] turn log-odds into a band and a recommendation at stated false-positive rates.
//! The three are data of a bundle, fitted by `train`; a [`RiskModel`] holds them once they are validated.

mod additive;
mod calibration;
mod fusion;
mod judgement;
mod operating_point;
mod risk_model;
mod term;

pub(crate) use additive::{AdditiveModel, AdditiveModelError, Evaluation};
pub use calibration::Calibrated;
pub(crate) use calibration::{Calibration, CalibrationError, SLOPE_MIN, VennAbersFit, shift_prior};
pub(crate) use fusion::{Fusion, FusionError};
pub use judgement::Judgement;
pub(crate) use judgement::mitigations;
pub(crate) use operating_point::{OperatingPointError, OperatingPoints, TargetRates, Threshold};
pub use risk_model::RiskModel;
pub(crate) use risk_model::{AccountCalibration, RiskModelError, RiskModelFile, intent_log_odds};
pub(crate) use term::Term;
pub(crate) use term::shrinkage;
