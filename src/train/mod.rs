//! Fits the text model, the fusion and the calibration, and writes a bundle.
//!
//! Uses `engine`, `bundle`, `ingest`, `simulate`. Never part of serving.

pub mod boost;
pub mod examples;
pub mod fold;
pub mod manifest;
pub mod table;
pub mod text;
pub mod vocabulary;
