//! Evaluation: metrics, splits, baselines, conformal bounds and report tables.
//!
//! Uses `policy`, `engine`, `ingest`, `train`. Never part of serving.

pub(crate) mod accepted_false_positives;
pub(crate) mod accounts;
pub(crate) mod baseline;
pub(crate) mod bootstrap;
pub(crate) mod conformal;
pub(crate) mod field;
pub(crate) mod gates;
pub(crate) mod metrics;
pub(crate) mod page;
pub(crate) mod plot;
pub(crate) mod prompts;
pub(crate) mod review_policy;
pub(crate) mod table;

pub use accounts::{AccountTrail, Options, Report, Step, Trails};
