//! Small, honest detectors to compare with, fitted on the same training data as ours.
//!
//! They see the texts and labels that ours sees and share none of its code.

pub mod ngram;
