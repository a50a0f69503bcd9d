//! Fits the text model, the fusion and the calibration, and writes a bundle.
//!
//! `pipeline` is the whole run; `manifest` and `examples` label requests, `vocabulary`, `table`, `text` and `wide` fit the
//! text model, `histories` folds labeled accounts as serving does, `logistic` and `judge` fit what is made of them. `boost` is
//! the learner of the leak test, and lends `logistic` its rows.
//!
//! Uses `engine`, `bundle`, `ingest`, `simulate`. Never part of serving.

pub mod boost;
pub mod card;
pub mod error;
pub mod examples;
pub mod fold;
pub mod histories;
pub mod initial;
pub mod judge;
mod lexicon;
pub mod logistic;
pub mod manifest;
pub mod pipeline;
pub mod progress;
pub mod recipe;
pub mod table;
pub mod text;
mod text_models;
pub mod traffic;
pub mod vocabulary;
pub mod wide;
