//! Why a scenario cannot be used, and the checks that say so.

/// Why a scenario cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// Not TOML, a key that is not known, or a value of the wrong type. Scenarios hold no prompts.
    #[error("not a scenario: {0}")]
    Malformed(#[from] toml::de::Error),
    /// A cell whose changes do not fit the extraction that they change.
    #[error("cell {name:?}: {reason}")]
    Cell {
        /// The cell.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A value that makes no stream.
    #[error("{key}: expected {expected}, got {got}")]
    Invalid {
        /// Where.
        key: &'static str,
        /// What would do.
        expected: &'static str,
        /// The actual value.
        got: String,
    },
}

/// Passes weights that are finite, not negative and not all 0.
pub(crate) fn check_weights(key: &'static str, weights: &[f64]) -> Result<(), ScenarioError> {
    let usable =
        weights.iter().all(|w| w.is_finite() && *w >= 0.0) && weights.iter().sum::<f64>() > 0.0;
    check(
        usable,
        key,
        "weights of 0 or more, not all 0",
        &format!("{weights:?}"),
    )
}

/// Passes when `holds`; otherwise says that `key` was expected to be `expected`.
pub(crate) fn check(
    holds: bool,
    key: &'static str,
    expected: &'static str,
    got: &dyn std::fmt::Display,
) -> Result<(), ScenarioError> {
    if holds {
        Ok(())
    } else {
        Err(ScenarioError::Invalid {
            key,
            expected,
            got: got.to_string(),
        })
    }
}

/// Passes a value of 0 to 1.
pub(crate) fn probability(key: &'static str, value: f64) -> Result<(), ScenarioError> {
    check((0.0..=1.0).contains(&value), key, "0 to 1", &value)
}
