//! Fits the text model, the fusion and the calibration, and writes a bundle.
//!
//! Uses `engine`, `bundle`, `ingest`, `simulate`. Never part of serving.

pub mod boost;
