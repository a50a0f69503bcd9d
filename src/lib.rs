//! Stillwatch detects coordinated capability extraction in the traffic of a language-model API.
//!
//! Data flows in one direction: `Exchange --observe--> Observation --update--> Profile --measure--> measures --judge-->
//! Assessment`. See `ARCHITECTURE.md` for the modules and their rules.

pub mod bundle;
pub mod cli;
pub mod detect;
pub mod domain;
pub mod encoder;
pub mod engine;
#[cfg(feature = "lab")]
pub mod eval;
pub mod gateway;
pub mod ingest;
pub mod observe;
pub mod privacy;
pub mod profile;
pub mod risk;
pub mod server;
pub mod service;
pub mod settings;
#[cfg(feature = "lab")]
pub mod simulate;
pub mod statistics;
pub mod store;
pub mod text;
#[cfg(feature = "lab")]
pub mod train;
pub mod wire;
