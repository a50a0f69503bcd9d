//! Training: fits the text model, the risk model and its calibration, and writes a bundle.
//!
//! `pipeline` is the complete run; `manifest` and `examples` label requests; `vocabulary`, `table`, `text` and `wide`
//! fit the text model; `histories` folds labeled accounts as serving does; `logistic`, `calibration` and
//! `operating_points` fit the parts of the risk model, and `risk_model` combines them.
//!
//! Uses `engine`, `bundle`, `ingest`, `simulate`. Not part of serving.

pub(crate) mod benign_sample;
pub(crate) mod calibration;
pub(crate) mod card;
pub(crate) mod error;
pub(crate) mod example;
pub(crate) mod examples;
pub(crate) mod fold;
pub(crate) mod histories;
pub(crate) mod initial;
mod lexicon;
pub(crate) mod logistic;
pub(crate) mod manifest;
pub(crate) mod operating_points;
pub(crate) mod pipeline;
pub(crate) mod progress;
pub(crate) mod recipe;
pub(crate) mod risk_model;
pub(crate) mod rows;
pub(crate) mod summary;
pub(crate) mod table;
pub(crate) mod text;
mod text_models;
pub(crate) mod traffic;
mod unseen;
mod venn_abers;
pub(crate) mod vocabulary;
pub(crate) mod wide;
