//! Detectors: pure functions of a profile, one file per technique, each with a card.
//!
//! Uses `profile` and everything to its left. Knows nothing of thresholds.
