//! Training: fits the text model, the risk model and its calibration, and writes a bundle.
//!
//! `pipeline` is the complete run; `manifest` and `examples` label requests; `vocabulary`, `table`, `text` and `wide`
//! fit the text model; `histories` folds labeled accounts as serving does; `logistic`, `calibration` and
//! `operating_points` fit the parts of the risk model, and `risk_model` combines them.
//!
//! Uses `engine`, `bundle`, `ingest`, `simulate`. Not part of serving.

pub mod benign_sample;
pub mod calibration;
pub mod card;
pub mod error;
pub mod example;
pub mod examples;
pub mod fold;
pub mod histories;
pub mod initial;
mod lexicon;
pub mod logistic;
pub mod manifest;
pub mod operating_points;
pub mod pipeline;
pub mod progress;
pub mod recipe;
pub mod risk_model;
pub mod rows;
pub mod summary;
pub mod table;
pub mod text;
mod text_models;
pub mod traffic;
mod venn_abers;
pub mod vocabulary;
pub mod wide;
