//! Metrics, splits, baselines and tables.
//!
//! Uses `engine`, `ingest`, `train`. Never part of serving.

pub mod bootstrap;
pub mod metrics;
pub mod table;
