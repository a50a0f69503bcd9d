//! Metrics, splits, baselines and tables.
//!
//! Uses `engine`, `ingest`, `train`. Never part of serving.

<<<<<<< HEAD
pub mod accounts;
=======
pub mod baseline;
>>>>>>> h-prompts
pub mod bootstrap;
pub mod metrics;
pub mod prompts;
pub mod table;

pub use accounts::{AccountTrail, Options, Report, Trails};
