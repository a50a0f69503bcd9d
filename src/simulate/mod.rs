//! Labeled account streams composed from prompt pools and production traces.
//!
//! Uses `domain`, `ingest`, `wire`. Never part of serving.

pub mod corpus;
