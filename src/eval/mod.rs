//! Metrics, splits, baselines and tables.
//!
//! Uses `engine`, `ingest`, `train`. Never part of serving.
