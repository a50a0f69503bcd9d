//! Evaluation: metrics, splits, baselines, conformal bounds and report tables.
//!
//! Uses `engine`, `ingest`, `train`. Never part of serving.

pub mod accepted_false_positives;
pub mod accounts;
pub mod baseline;
pub mod bootstrap;
pub mod conformal;
pub mod gates;
pub mod metrics;
pub mod page;
pub mod plot;
pub mod prompts;
pub mod table;

pub use accounts::{AccountTrail, Options, Report, Step, Trails};
